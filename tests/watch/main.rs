//! Stories of the watch: who is seen coming and going, what is kept of it over crashes, outages and months, and what it
//! costs BattleMetrics.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "what goes wrong here fails the test")]

mod checking;
mod cost;
mod crashing;
mod history;
mod month;
mod past;
mod stage;
mod trouble;

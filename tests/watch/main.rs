//! Stories of the watch: who is seen coming and going, what is kept of it over crashes, outages and months, and what it
//! costs BattleMetrics.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "what goes wrong here fails the test, and how well records and world agree is to be read"
)]

mod busy;
mod checking;
mod clock;
mod cost;
mod crashing;
mod hiding;
mod history;
mod month;
mod moving;
mod past;
mod private;
mod stage;
mod storage;
mod trouble;
mod truth;

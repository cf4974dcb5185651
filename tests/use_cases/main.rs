//! Stories over the use cases: the real clients against the pretend services, the real database in a folder of its own.
//!
//! One file a family. No words and no layout are checked here; those belong to the faces.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "what a story takes for granted may stop it")]

mod adding;
mod changes;
mod checking;
mod hostile;
mod importing;
mod keeping;
mod news;
mod people;
mod removing;
mod rights;
mod servers;
mod stage;
mod storage;
mod suggesting;
mod trouble;

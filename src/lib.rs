//! RustOps: who is online, when the others were last seen, when they sleep.

pub mod clock;
pub mod domain;
pub mod error;
pub mod sim;
pub mod store;

//! RustOps: who is online, when the others were last seen, when they sleep.

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod error;
pub mod remote;
pub mod sim;
pub mod store;
pub mod view;

//! Words and layout: reports and notices become [`card::Card`]s, the one shape that every face can show.
//!
//! Quiet: no async, no I/O, no clock (the instant is an argument). Nothing here knows the limits of Discord or the width of a
//! terminal, and nothing here decides what is true.

pub mod board;
pub mod card;
pub mod changes;
pub mod choices;
pub mod command;
pub mod group;
pub mod help;
pub mod history;
pub mod keeping;
pub mod notice;
pub mod player;
pub mod presence;
#[cfg(test)]
pub(crate) mod samples;
pub mod server;
pub mod status;
pub mod tidings;
pub mod words;

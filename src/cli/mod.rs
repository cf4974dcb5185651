//! The terminal's door: what was typed, and answers as text or JSON.
//!
//! Parses and shows. What a command does is decided by the use cases; where settings come from is known by the configuration.

pub mod act;
pub mod args;
pub mod health;
pub mod json;
pub mod keeping;
pub mod line;
pub mod papers;
pub mod prompt;
pub mod render;
pub mod setup;
pub mod terminal;
pub mod tour;

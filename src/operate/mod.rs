//! Keeping the bot itself well on its machine: proving secrets, finding what is wrong, the system's service.
//!
//! Findings and steps, as plain data with their words. Nothing is asked or printed here, and no player is known.

use serde::Serialize;

pub mod doctor;
mod files;
pub mod prove;
pub mod unit;

/// How well something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// As it should be.
    Good,
    /// Works, or is not needed; but look at it.
    Warning,
    /// Does not work.
    Bad,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Of what, in a word or two.
    pub about: String,
    /// How well it is.
    pub state: State,
    /// What was found.
    pub says: String,
    /// What to do about it, if anything.
    pub remedy: Option<String>,
}

impl Check {
    /// A secret that nobody was asked about.
    pub fn unproven(about: &str) -> Self {
        Self::warning(about, "not proven, as you wished", "`rustops doctor` proves it.")
    }

    fn good(about: &str, says: impl Into<String>) -> Self {
        Self { about: about.to_owned(), state: State::Good, says: says.into(), remedy: None }
    }

    fn warning(about: &str, says: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { state: State::Warning, remedy: Some(remedy.into()), ..Self::good(about, says) }
    }

    fn bad(about: &str, says: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { state: State::Bad, remedy: Some(remedy.into()), ..Self::good(about, says) }
    }
}

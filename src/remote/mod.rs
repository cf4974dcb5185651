//! The outside services: BattleMetrics and Steam (Discord for setup and doctor, somebody's PostgreSQL for an import), each
//! a small client whose methods answer in `domain`'s words and fail
//! with a [`Trouble`](crate::domain::trouble::Trouble) that names what a person can do about it.
//!
//! The only room that sends requests or knows how foreign JSON is spelt. It decides nothing about players, keeps nothing
//! beyond a short memory of Steam's answers, and starts no tasks: work is done by whoever awaits it.

mod battlemetrics;
mod body;
mod discord;
#[cfg(fuzzing)]
pub mod fuzz;
#[cfg(test)]
mod hostile;
mod journal;
mod line;
#[cfg(feature = "postgres")]
pub mod postgres;
mod probe;
mod queue;
pub mod releases;
#[cfg(test)]
mod stage;
mod steam;

use std::{sync::Arc, time::Duration};

use jiff::SignedDuration;
use secrecy::SecretString;
use url::Url;

pub use self::{
    battlemetrics::BattleMetrics,
    discord::{Bot, DISCORD_URL, Discord},
    probe::{Sight, look_at},
    steam::Steam,
};
use crate::{clock::Clock, domain::budget::Plan};

/// Where BattleMetrics answers.
pub const BATTLEMETRICS_URL: &str = "https://api.battlemetrics.com";

/// Where Steam answers.
pub const STEAM_URL: &str = "https://api.steampowered.com";

/// What a program beside the bot spends on BattleMetrics. With half of the documented 300 a minute for the bot, four of them at
/// once leave it its share.
pub const BESIDE_THE_BOT: Plan = Plan { per_minute: 30, per_second: 5, first_pause: SignedDuration::from_secs(45) };

/// What a client needs to know.
#[derive(Clone)]
pub struct Options {
    /// Scheme, host and perhaps a path; a slash at the end changes nothing.
    pub base: Url,
    /// The token or key. Without one each call that needs it ends in
    /// [`TokenMissing`](crate::domain::trouble::TroubleKind::TokenMissing), and nothing is sent.
    pub secret: Option<SecretString>,
    /// The time and the waiting.
    pub clock: Arc<dyn Clock>,
    /// For one request with its whole answer.
    pub timeout: Duration,
    /// What may be spent; without one, what the client takes for its share.
    pub plan: Option<Plan>,
}

impl Options {
    /// The usual ones: ten seconds for a request, the client's own share.
    pub fn new(base: Url, secret: Option<SecretString>, clock: Arc<dyn Clock>) -> Self {
        Self { base, secret, clock, timeout: Duration::from_secs(10), plan: None }
    }
}

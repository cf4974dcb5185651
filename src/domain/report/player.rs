//! What `player check` answers.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::ServerName;
use crate::domain::{
    facts::FormerName,
    ids::{PlayerId, SteamId},
    presence::{Presence, Stale},
    session::Ending,
    trouble::Trouble,
};

/// `player check`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlayerCheck {
    /// BattleMetrics' id.
    pub player: PlayerId,
    /// Latest name: untrusted.
    pub name: String,
    /// The Steam account, if it was ever linked.
    pub steam: Option<SteamId>,
    /// Public profile switched off.
    pub private: bool,
    /// Which server was looked at.
    pub server: ServerName,
    /// What may be said.
    pub presence: Presence,
    /// First time on the server.
    pub first_seen: Option<Timestamp>,
    /// All time on the server.
    pub total: Option<SignedDuration>,
    /// The latest sessions there, newest first.
    pub sessions: Vec<SessionLine>,
    /// Why there are no sessions, if the service refused them.
    pub sessions_trouble: Option<Trouble>,
    /// Other names, latest first.
    pub names: Vec<FormerName>,
    /// Groups of this guild that hold the player.
    pub groups: Vec<String>,
    /// When the service answered.
    pub as_of: Timestamp,
    /// Why the roster is not believed.
    pub stale: Option<Stale>,
    /// What went wrong with BattleMetrics on the way, if anything.
    pub trouble: Option<Trouble>,
    /// The server seems to hide its players' names.
    pub hides_names: bool,
}

/// One session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SessionLine {
    /// From.
    pub start: Option<Timestamp>,
    /// Until; none while it runs.
    pub stop: Option<Timestamp>,
    /// How it ended.
    pub ending: Ending,
}

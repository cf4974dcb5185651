//! What the outside services tell, in our own words: servers, rosters, players, sessions, Steam personas.
//!
//! Plain data. How the services spell it is known in `remote`; what may be believed of it is decided in
//! [`super::presence`].

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::ids::{PlayerId, ServerId, SteamId};

/// What BattleMetrics says of a server's state. An unheard-of word is kept as [`ServerStatus::Other`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerStatus {
    /// Answers.
    Online,
    /// Does not answer.
    Offline,
    /// Has not answered for a long time.
    Dead,
    /// Answers with something that is not a game server's answer.
    Invalid,
    /// Was taken out of BattleMetrics.
    Removed,
    /// Absent, or a word that was not known when this was written.
    Other,
}

/// Whether BattleMetrics' last query of the server worked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueryStatus {
    /// It worked.
    Valid,
    /// The answer made no sense.
    Invalid,
    /// No answer: the player list is frozen at the last good one.
    Timeout,
    /// Absent, or a word that was not known when this was written.
    Other,
}

/// A game server. Everything but id and name may be missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// BattleMetrics' id.
    pub id: ServerId,
    /// As the owner wrote it: untrusted.
    pub name: String,
    /// State.
    pub status: ServerStatus,
    /// State of the last query.
    pub query_status: QueryStatus,
    /// When BattleMetrics last learnt something of it.
    pub updated_at: Option<Timestamp>,
    /// Players on.
    pub players: Option<u32>,
    /// Places.
    pub max_players: Option<u32>,
    /// Players waiting.
    pub queue: Option<u32>,
    /// `host:port` or `ip:port` for the console's `connect`.
    pub address: Option<String>,
    /// Two letters.
    pub country: Option<String>,
    /// Map name: untrusted.
    pub map: Option<String>,
    /// The later of the two clues `rust_born` and `rust_last_wipe`: the latter alone can be months off.
    pub last_wipe: Option<Timestamp>,
    /// As scheduled by the owner or detected.
    pub next_wipe: Option<Timestamp>,
}

/// Somebody whom BattleMetrics lists as online.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnlinePlayer {
    /// BattleMetrics' id.
    pub id: PlayerId,
    /// Untrusted.
    pub name: String,
    /// Start of the running session, when the service told.
    pub since: Option<Timestamp>,
    /// Whether the id is tied to something unique; `false` on servers known by names alone.
    pub positive_match: Option<bool>,
    /// Since when the service knows the id.
    pub created: Option<Timestamp>,
}

/// A server and everybody on it, from one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    /// The server at that moment.
    pub server: Server,
    /// Each player once. Private profiles are missing.
    pub online: Vec<OnlinePlayer>,
}

/// A player found by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlayerHit {
    /// BattleMetrics' id.
    pub id: PlayerId,
    /// Untrusted.
    pub name: String,
    /// On the server that was searched, when the service told.
    pub last_seen: Option<Timestamp>,
    /// Whether on that server now, when the service told.
    pub online: Option<bool>,
}

/// A player by id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Player {
    /// BattleMetrics' id.
    pub id: PlayerId,
    /// Current name: untrusted.
    pub name: String,
    /// Public profile switched off: never listed anywhere.
    pub private: bool,
    /// Former names with the last time each was seen; may be empty though there were some.
    pub names: Vec<FormerName>,
}

/// A name somebody had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormerName {
    /// Untrusted.
    pub name: String,
    /// When it was last seen in use.
    pub last_seen: Option<Timestamp>,
}

/// What BattleMetrics remembers of one player on one server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Acquaintance {
    /// First ever.
    pub first_seen: Option<Timestamp>,
    /// Last ever; about now when online.
    pub last_seen: Option<Timestamp>,
    /// All time together.
    pub time_played: Option<SignedDuration>,
    /// On the server now.
    pub online: bool,
}

/// One past or running session of a player on a server, as BattleMetrics tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastSession {
    /// Whose.
    pub player: PlayerId,
    /// Where.
    pub server: ServerId,
    /// Rarely unknown.
    pub start: Option<Timestamp>,
    /// `None` while it runs.
    pub stop: Option<Timestamp>,
}

/// What is told of a player's past on a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// Newest first.
    pub sessions: Vec<PastSession>,
    /// There are older ones.
    pub goes_on: bool,
}

/// A Steam account's public face.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Persona {
    /// Which account.
    pub steam: SteamId,
    /// Current display name: untrusted.
    pub name: String,
}

//! What each use case answers: plain data that the faces show and `--json` prints.
//!
//! The JSON shape is public (documented in `docs/json.md`): fields are added, never renamed or removed. No words and no
//! layout; those are in `view`.

mod board;
mod changes;
mod group;
mod history;
mod player;
mod server;
mod status;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::{
    board::{BoardRemoved, BoardReport, BoardSet, GroupAtAGlance, GuildBoards, Seen, StuckBoard},
    changes::{Audit, BoardPlace, Change, ChangeRow, Retention, Settings, SettingsPatch, SettingsReport, Undone},
    group::{
        GroupBrief, GroupCheck, GroupDeleted, GroupList, GroupPinned, GroupRenamed, GroupRow, GroupUpdated, Imported,
        ImportedLine, LastCheck, LineResult, MemberAdded, MemberRemoved, MemberState, NotUpdated, Renamed,
    },
    history::{DayTotal, Days, GroupHistory, HistoryLine, MemberHistory, Period, PlayerHistory, Total},
    player::{PlayerCheck, SessionLine},
    server::{ServerCleared, ServerGet, ServerSet},
    status::{Counts, Health, Purpose, RecentTrouble, ServiceStatus, Spent, Status, StorageTrouble, WatchRow},
};
use super::{
    facts::Server,
    ids::{MemberId, PlayerId, ServerId, SteamId},
    presence::Presence,
};

/// Either the thing is done, or the asker has to choose which of several is meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome<T> {
    /// Done; what was done.
    Done(T),
    /// Nothing was changed: choose one, and ask again with its `value`.
    Choose(Choice),
}

/// A question back to the asker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// What was asked for.
    pub input: String,
    /// At most [`CHOICES`], best first.
    pub candidates: Vec<Candidate>,
    /// How many more there were.
    pub more: usize,
    /// The Steam account that the chosen player will be linked to, when the question came from a Steam id.
    pub steam: Option<SteamId>,
}

/// The most candidates of one question: what a select menu of Discord holds.
pub const CHOICES: usize = 25;

/// One possible meaning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Candidate {
    /// A game server.
    Server {
        /// It.
        server: Server,
    },
    /// A player.
    Player {
        /// BattleMetrics' id.
        id: PlayerId,
        /// Untrusted.
        name: String,
        /// On the server now, when known.
        online: Option<bool>,
        /// On the server, when known.
        last_seen: Option<Timestamp>,
    },
    /// A member of a group.
    Member {
        /// Our id.
        id: MemberId,
        /// Untrusted.
        name: String,
        /// The linked player.
        player: Option<PlayerId>,
        /// The linked Steam account.
        steam: Option<SteamId>,
    },
}

impl Candidate {
    /// What to ask again with: an id that needs no further search.
    pub fn value(&self) -> String {
        match self {
            Self::Server { server } => server.id.to_string(),
            Self::Player { id, .. } => id.to_string(),
            Self::Member { player: Some(player), .. } => player.to_string(),
            Self::Member { id, .. } => format!("member:{id}"),
        }
    }
}

/// A server's id and name, as last known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerName {
    /// BattleMetrics' id.
    pub id: ServerId,
    /// Untrusted.
    pub name: String,
}

/// A member as the faces name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberName {
    /// Our id.
    pub id: MemberId,
    /// Latest known name: untrusted.
    pub name: String,
    /// The linked BattleMetrics player.
    pub player: Option<PlayerId>,
    /// The linked Steam account.
    pub steam: Option<SteamId>,
}

/// One entry of a list of suggestions: what completes what was typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// What is shown: untrusted.
    pub name: String,
    /// The former name that fits what was typed, where the present one does not: untrusted.
    pub once: Option<String>,
    /// A player's state, as last known.
    pub presence: Option<Presence>,
    /// What to hand to the command; needs no further search.
    pub value: String,
}

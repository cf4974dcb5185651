//! What `status` answers.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{GuildBoards, ServerName};
use crate::domain::{notice::Storage, presence::Stale, trouble::Trouble};

/// `status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// Of this program.
    pub version: String,
    /// Since the process started.
    pub uptime: SignedDuration,
    /// Resident bytes, where the system tells.
    pub memory: Option<u64>,
    /// Database file with its log, in bytes.
    pub database: u64,
    /// Why the database cannot be used, as its last use showed.
    pub storage: Option<StorageTrouble>,
    /// Bytes free on the disk of the database, when they are few.
    pub little_room: Option<u64>,
    /// What is kept; none when the database cannot be read.
    pub counts: Option<Counts>,
    /// The boards of the guild that asks; none when no guild does, or the database cannot be read.
    pub boards: Option<GuildBoards>,
    /// BattleMetrics.
    pub battlemetrics: ServiceStatus,
    /// Steam.
    pub steam: ServiceStatus,
    /// Round trip to Discord's gateway; none in the terminal or before the first heartbeat.
    pub discord_latency: Option<SignedDuration>,
    /// The latest failures, newest first.
    pub recent: Vec<RecentTrouble>,
    /// The servers that this process watches, by name; none in a command of its own.
    pub watches: Vec<WatchRow>,
    /// Looks into players' past that are still to be taken.
    pub past_due: usize,
}

/// The database cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct StorageTrouble {
    /// Why not.
    pub problem: Storage,
    /// Since when.
    pub since: Timestamp,
}

/// A watched server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WatchRow {
    /// Which.
    pub server: ServerName,
    /// Players tracked on it.
    pub tracked: usize,
    /// How often it is polled.
    pub every: SignedDuration,
    /// When it was last polled.
    pub last_poll: Option<Timestamp>,
    /// When it will be polled next.
    pub next_poll: Option<Timestamp>,
    /// What can be said of it.
    pub health: Health,
}

/// How a watch is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "health", rename_all = "snake_case")]
pub enum Health {
    /// Its list of players is believed.
    Good,
    /// It was not polled yet.
    NotAskedYet,
    /// It seems to hide its players' names.
    NamesHidden,
    /// Its list of players is not believed.
    Stale {
        /// Why not.
        #[serde(flatten)]
        why: Stale,
    },
    /// The service could not be asked.
    Trouble {
        /// What went wrong.
        #[serde(flatten)]
        trouble: Trouble,
    },
}

/// Rows in the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Guilds.
    pub guilds: u64,
    /// Living groups.
    pub groups: u64,
    /// Living members.
    pub members: u64,
    /// Players known.
    pub players: u64,
    /// Living boards.
    pub boards: u64,
    /// Boards that cannot be written until somebody mends something.
    pub boards_stuck: u64,
}

/// How an outside service stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServiceStatus {
    /// A token or key is configured.
    pub configured: bool,
    /// Requests that may be made a minute.
    pub limit: Option<u32>,
    /// Of these still free.
    pub left: Option<u32>,
    /// Requests made in the last minute, by purpose.
    pub spent: Vec<Spent>,
    /// The queue stands still until then.
    pub paused_until: Option<Timestamp>,
    /// The problem that holds at the moment.
    pub trouble: Option<Trouble>,
}

/// Requests made for a purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Spent {
    /// For what.
    pub purpose: Purpose,
    /// How many in the last minute.
    pub requests: u32,
}

/// Why a request is made; earlier ones go first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A person is waiting.
    Person,
    /// Watching a server.
    Watch,
    /// A person's long list, which may take its time.
    Bulk,
    /// Filling a gap.
    Repair,
    /// Fetching the past.
    BackFill,
}

/// A failure of the recent past.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RecentTrouble {
    /// When.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub trouble: Trouble,
}

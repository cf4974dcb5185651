//! What each use case answers: plain data that the faces show and `--json` prints.
//!
//! The JSON shape is public (documented in `docs/json.md`): fields are added, never renamed or removed. No words and no
//! layout; those are in `view`.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    facts::{FormerName, Server},
    ids::{ChangeId, ChannelId, GroupId, GuildKey, MemberId, PlayerId, RoleId, ServerId, SteamId},
    notice::Notice,
    presence::{Presence, Stale},
    session::{Ending, Source},
    trouble::Trouble,
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

/// `server set`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServerSet {
    /// The active server now.
    pub server: Server,
    /// The one before.
    pub before: Option<ServerName>,
    /// It was set already; nothing changed.
    pub unchanged: bool,
    /// Why its player list may not be believed at the moment.
    pub stale: Option<Stale>,
    /// The server seems to hide its players' names.
    pub hides_names: bool,
}

/// A server's id and name, as last known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerName {
    /// BattleMetrics' id.
    pub id: ServerId,
    /// Untrusted.
    pub name: String,
}

/// `server get`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServerGet {
    /// As last told by BattleMetrics.
    pub server: Server,
    /// When it was told to us.
    pub as_of: Timestamp,
    /// Why its player list may not be believed at the moment.
    pub stale: Option<Stale>,
    /// The service failed just now and `server` is what we remembered.
    pub trouble: Option<Trouble>,
    /// The server seems to hide its players' names.
    pub hides_names: bool,
}

/// `server clear`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServerCleared {
    /// What was set.
    pub before: ServerName,
}

/// `group list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GroupList {
    /// By name.
    pub groups: Vec<GroupRow>,
    /// The active server.
    pub server: Option<ServerName>,
}

/// A group at a glance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GroupRow {
    /// Our id.
    pub id: GroupId,
    /// As the users wrote it.
    pub name: String,
    /// Members now.
    pub members: usize,
    /// The server it is pinned to.
    pub pinned: Option<ServerName>,
    /// The last check.
    pub last_check: Option<LastCheck>,
}

/// What the last check of a group found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastCheck {
    /// Members online.
    pub active: usize,
    /// Members then.
    pub total: usize,
    /// Members of whom nothing could be said.
    pub unknown: usize,
    /// When.
    pub at: Timestamp,
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

/// `group add`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MemberAdded {
    /// The group's name.
    pub group: String,
    /// The group did not exist before.
    pub group_is_new: bool,
    /// Who.
    pub member: MemberName,
    /// Members now.
    pub members: usize,
    /// The change, for undo.
    pub change: ChangeId,
}

/// `group import`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// The group's name.
    pub group: String,
    /// The group did not exist before.
    pub group_is_new: bool,
    /// One for each line that was not blank, in order.
    pub lines: Vec<ImportedLine>,
    /// Members now.
    pub members: usize,
    /// The change, for undo; none when nobody was added.
    pub change: Option<ChangeId>,
}

/// What became of one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportedLine {
    /// From 1, blank lines counted.
    pub number: usize,
    /// The line, cut to a readable length.
    pub input: String,
    /// What became of it.
    #[serde(flatten)]
    pub result: LineResult,
}

/// What became of one line of an import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum LineResult {
    /// Added.
    Added {
        /// Who.
        member: MemberName,
    },
    /// Was a member before, or stands twice in the text.
    Already {
        /// Who.
        name: String,
    },
    /// Several players fit; add this one by itself.
    Several {
        /// How many.
        count: usize,
    },
    /// Cannot be used.
    Refused {
        /// Why.
        notice: Box<Notice>,
    },
}

/// `group remove`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MemberRemoved {
    /// The group's name.
    pub group: String,
    /// Who.
    pub member: MemberName,
    /// Members now.
    pub members: usize,
    /// The change, for undo.
    pub change: ChangeId,
}

/// `group check`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GroupCheck {
    /// Our id of the group.
    pub group_id: GroupId,
    /// The group's name.
    pub group: String,
    /// Which server was looked at.
    pub server: ServerName,
    /// Whether the group is pinned to it.
    pub pinned: bool,
    /// Online, longest first; offline, latest first; unknown.
    pub members: Vec<MemberState>,
    /// Members online.
    pub active: usize,
    /// Members of whom nothing can be said.
    pub unknown: usize,
    /// When the roster was read.
    pub as_of: Timestamp,
    /// Why the roster is not believed.
    pub stale: Option<Stale>,
    /// What went wrong with BattleMetrics on the way, if anything.
    pub trouble: Option<Trouble>,
    /// The server seems to hide its players' names.
    pub hides_names: bool,
}

/// A member and what may be said of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MemberState {
    /// Who.
    #[serde(flatten)]
    pub member: MemberName,
    /// What.
    pub presence: Presence,
}

/// `group del`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GroupDeleted {
    /// Its name.
    pub group: String,
    /// How many members it had.
    pub members: usize,
    /// Until when it can be brought back.
    pub restorable_until: Timestamp,
    /// The change, for undo.
    pub change: ChangeId,
}

/// A group before its deletion is confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GroupBrief {
    /// Our id.
    pub id: GroupId,
    /// Its name.
    pub group: String,
    /// How many members it has.
    pub members: usize,
}

/// One entry of a list of suggestions: what completes what was typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// What is shown: untrusted.
    pub name: String,
    /// A player's state, as last known.
    pub presence: Option<Presence>,
    /// What to hand to the command; needs no further search.
    pub value: String,
}

/// `group change` and `group rename`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GroupRenamed {
    /// Its name before.
    pub before: String,
    /// Its name now.
    pub group: String,
    /// The change, for undo; none when it had that name already.
    pub change: Option<ChangeId>,
}

/// `group server`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GroupPinned {
    /// The group's name.
    pub group: String,
    /// Its server now; none: it follows the active one.
    pub pinned: Option<ServerName>,
    /// Its server before.
    pub before: Option<ServerName>,
    /// The change, for undo; none when nothing changed.
    pub change: Option<ChangeId>,
}

/// `group update`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GroupUpdated {
    /// The group's name.
    pub group: String,
    /// Members whose name changed.
    pub renamed: Vec<Renamed>,
    /// Members whose name is as it was.
    pub unchanged: usize,
    /// Members who could not be asked for.
    pub failed: Vec<NotUpdated>,
}

/// A member with a new name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Renamed {
    /// Name before: untrusted.
    pub before: String,
    /// With the name now.
    pub member: MemberName,
}

/// A member whose name could not be read again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotUpdated {
    /// Who.
    pub member: MemberName,
    /// Why; none: it is known by name only.
    pub trouble: Option<Trouble>,
}

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
}

/// One session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SessionLine {
    /// From.
    pub start: Option<Timestamp>,
    /// Until; none while it runs.
    pub stop: Option<Timestamp>,
}

/// `player history`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlayerHistory {
    /// BattleMetrics' id.
    pub player: PlayerId,
    /// Latest name: untrusted.
    pub name: String,
    /// On which server.
    pub server: ServerName,
    /// Time there, in the last day, week and month, and since the wipe if that is known.
    pub totals: Vec<Total>,
    /// A page of sessions, newest first.
    pub sessions: Vec<HistoryLine>,
    /// Sessions in all.
    pub sessions_total: usize,
    /// Which page, from 1.
    pub page: usize,
    /// Of how many.
    pub pages: usize,
    /// Other names, latest first.
    pub names: Vec<FormerName>,
    /// Until when it is known.
    pub as_of: Timestamp,
    /// Why the past could not be asked for, if that was needed.
    pub trouble: Option<Trouble>,
}

/// `group history`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GroupHistory {
    /// The group's name.
    pub group: String,
    /// On which server.
    pub server: ServerName,
    /// Time in which at least one member was there.
    pub totals: Vec<Total>,
    /// A page of linked members, most time in the last week first.
    pub members: Vec<MemberHistory>,
    /// Members who are known by name only, and of whom nothing is kept.
    pub not_linked: usize,
    /// Which page, from 1.
    pub page: usize,
    /// Of how many.
    pub pages: usize,
    /// Until when it is known.
    pub as_of: Timestamp,
}

/// One member's time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MemberHistory {
    /// Who.
    #[serde(flatten)]
    pub member: MemberName,
    /// Time there.
    pub totals: Vec<Total>,
    /// When last there, as far as it is known.
    pub last_seen: Option<Timestamp>,
}

/// Time on a server in a stretch of time that ends now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Total {
    /// Which stretch.
    pub period: Period,
    /// Its beginning.
    pub since: Timestamp,
    /// How long there.
    pub online: SignedDuration,
    /// How long nothing is known: neither watched nor told.
    pub unknown: SignedDuration,
}

/// The stretches of which totals are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// 24 hours.
    Day,
    /// 7 days.
    Week,
    /// 30 days.
    Month,
    /// Since the last wipe.
    Wipe,
}

/// A session in a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct HistoryLine {
    /// From.
    pub start: Timestamp,
    /// Until; of one that runs, until when that is known.
    pub stop: Timestamp,
    /// How it ended.
    pub ending: Ending,
    /// Who vouches for it.
    pub source: Source,
}

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
    /// What is kept.
    pub counts: Counts,
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

/// `settings`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// IANA name.
    pub time_zone: String,
    /// Who may change things; none: everyone.
    pub changers: Option<RoleId>,
    /// Where problems are told.
    pub log_channel: Option<ChannelId>,
}

/// `settings` after a change, or just shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SettingsReport {
    /// Whose.
    pub guild: GuildKey,
    /// Now.
    pub settings: Settings,
    /// The change, for undo; none when nothing changed.
    pub change: Option<ChangeId>,
}

/// What to change in the settings. `None` leaves a field, `Some(None)` resets it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingsPatch {
    /// IANA name.
    pub time_zone: Option<String>,
    /// Who may change things.
    pub changers: Option<Option<RoleId>>,
    /// Where problems are told.
    pub log_channel: Option<Option<ChannelId>>,
}

/// `audit`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// Newest first.
    pub changes: Vec<ChangeRow>,
    /// How many more there are.
    pub more: u64,
}

/// A recorded change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeRow {
    /// Its number.
    pub id: ChangeId,
    /// When.
    pub at: Timestamp,
    /// Who: a Discord user id, or `terminal`.
    pub actor: String,
    /// Their name then: untrusted.
    pub actor_name: String,
    /// What.
    pub change: Change,
    /// When it was taken back.
    pub undone_at: Option<Timestamp>,
}

/// A change with what is needed to take it back. Stored as JSON: variants and fields are added, never renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// The active server was set or cleared.
    ActiveServer {
        /// Before.
        before: Option<ServerName>,
        /// After.
        after: Option<ServerName>,
    },
    /// Members were added.
    MembersAdded {
        /// Group.
        group: GroupId,
        /// Its name then.
        name: String,
        /// The group was made for them.
        group_is_new: bool,
        /// Who.
        members: Vec<MemberName>,
    },
    /// A member was removed.
    MemberRemoved {
        /// Group.
        group: GroupId,
        /// Its name then.
        name: String,
        /// Who.
        member: MemberName,
    },
    /// A group was deleted.
    GroupDeleted {
        /// Group.
        group: GroupId,
        /// Its name then.
        name: String,
        /// How many members it had.
        members: usize,
    },
    /// A group was renamed.
    GroupRenamed {
        /// Group.
        group: GroupId,
        /// Before.
        before: String,
        /// After.
        after: String,
    },
    /// A group was pinned to a server, or freed.
    GroupPinned {
        /// Group.
        group: GroupId,
        /// Its name then.
        name: String,
        /// Before.
        before: Option<ServerName>,
        /// After.
        after: Option<ServerName>,
    },
    /// The settings were changed.
    Settings {
        /// Before.
        before: Settings,
        /// After.
        after: Settings,
    },
}

/// `undo`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Undone {
    /// The change that was taken back.
    pub change: ChangeRow,
}

impl Default for Settings {
    fn default() -> Self {
        Self { time_zone: "UTC".to_owned(), changers: None, log_channel: None }
    }
}

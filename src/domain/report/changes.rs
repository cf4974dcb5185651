//! What was changed, and the settings: what `audit`, `undo` and `settings` answer.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{MemberName, ServerName};
use crate::domain::ids::{BoardId, ChangeId, ChannelId, GroupId, GuildKey, RoleId};

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
    /// For how long what is kept: the same for every guild, and changed in the configuration alone.
    pub retention: Retention,
    /// The change, for undo; none when nothing changed.
    pub change: Option<ChangeId>,
}

/// For how many days what is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Retention {
    /// When players whom nobody tracks were on, and the names they had.
    pub strangers_days: u32,
    /// When tracked players were on.
    pub members_days: u32,
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
    /// A board was put up, moved or taken away.
    Board {
        /// Its group; none: all groups.
        group: Option<GroupId>,
        /// The group's name then.
        name: Option<String>,
        /// Before.
        before: Option<BoardPlace>,
        /// After.
        after: Option<BoardPlace>,
    },
    /// Somebody's data was removed for good. Whose is not to be known any more.
    Forgotten,
    /// The settings were changed.
    Settings {
        /// Before.
        before: Settings,
        /// After.
        after: Settings,
    },
}

/// Where a board stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoardPlace {
    /// Its number.
    pub id: BoardId,
    /// Its Discord channel.
    pub channel: ChannelId,
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

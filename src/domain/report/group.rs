//! What `group` answers.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{MemberName, ServerName};
use crate::domain::{
    ids::{ChangeId, GroupId},
    notice::Notice,
    presence::{Presence, Stale},
    trouble::Trouble,
};

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
    /// The last check; while the server is watched, what the watch saw a moment ago.
    pub last_check: Option<LastCheck>,
    /// Why the watch cannot tell at the moment who is on: the list of players is not believed.
    pub stale: Option<Stale>,
    /// The same: what went wrong with BattleMetrics.
    pub trouble: Option<Trouble>,
    /// The group's server seems to hide its players' names.
    pub hides_names: bool,
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

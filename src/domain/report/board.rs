//! What `group board` answers, and what a board shows.

use jiff::Timestamp;
use serde::Serialize;

use super::GroupCheck;
use crate::domain::{
    board::Problem,
    ids::{BoardId, ChangeId, ChannelId, GroupId},
    notice::Notice,
};

/// `group board`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BoardSet {
    /// Its number.
    pub board: BoardId,
    /// The group that it shows; none: all groups.
    pub group: Option<String>,
    /// The Discord channel where it stands now.
    pub channel: ChannelId,
    /// Where it stood before.
    pub before: Option<ChannelId>,
    /// The change, for undo.
    pub change: ChangeId,
}

/// A board was taken away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BoardRemoved {
    /// The group that it showed; none: all groups.
    pub group: Option<String>,
    /// Where it stood.
    pub channel: ChannelId,
    /// The change, for undo.
    pub change: ChangeId,
}

/// The boards of a guild, for `status`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GuildBoards {
    /// All of them.
    pub total: usize,
    /// Those that cannot be written until somebody mends something.
    pub stuck: Vec<StuckBoard>,
}

/// A board that cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StuckBoard {
    /// The group that it shows; none: all groups.
    pub group: Option<String>,
    /// Where it stands.
    pub channel: ChannelId,
    /// Why not.
    #[serde(flatten)]
    pub problem: Problem,
}

/// What a board shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BoardReport {
    /// One group.
    Group(GroupAtAGlance),
    /// All groups, those with the most online first, then by name.
    Groups(Vec<GroupAtAGlance>),
}

/// A group on a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupAtAGlance {
    /// Our id.
    pub id: GroupId,
    /// Its name.
    pub group: String,
    /// What the watch knows of its members.
    pub seen: Seen,
}

/// What the watch knows of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// This.
    Check(GroupCheck),
    /// Nothing, and why there is nothing to see.
    Nothing(Notice),
    /// Nothing yet: the first look since the start is still to come.
    NotYet,
}

impl GroupAtAGlance {
    /// Members online, as far as is known.
    pub fn active(&self) -> usize {
        match &self.seen {
            Seen::Check(check) => check.active,
            Seen::Nothing(_) | Seen::NotYet => 0,
        }
    }
}

impl BoardReport {
    /// Whether it says more than that nobody has looked yet.
    pub fn is_news(&self) -> bool {
        match self {
            Self::Group(group) => group.seen != Seen::NotYet,
            Self::Groups(groups) => groups.iter().all(|group| group.seen != Seen::NotYet),
        }
    }

    /// As of when it says who is on: the oldest of the lists that it shows; none when it shows none.
    pub fn as_of(&self) -> Option<Timestamp> {
        let groups = match self {
            Self::Group(group) => std::slice::from_ref(group),
            Self::Groups(groups) => groups,
        };
        let shown = groups.iter().filter_map(|group| match &group.seen {
            Seen::Check(check) if check.stale.is_none() && check.trouble.is_none() => Some(check.as_of),
            _ => None,
        });
        shown.min()
    }
}

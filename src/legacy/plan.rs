//! What an import is going to bring: groups with members, a server, and what is to be said of single rows.
//!
//! Only what every source shares. What is here already is not known in this room.

use std::collections::HashSet;

use jiff::Timestamp;

use super::MAX_VALUE;
use crate::domain::{
    identity,
    ids::{PlayerId, SteamId},
    keeping::{Altered, Remark, RowRemark, Unusable},
    names,
    report::{LastCheck, ServerName},
};

/// What an import is going to bring.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// In an order that is the same whatever the source's form.
    pub groups: Vec<PlannedGroup>,
    /// The server to make the active one, unless there is one.
    pub server: Option<(Row, ServerName)>,
    /// What was found out while reading.
    pub remarks: Vec<RowRemark>,
    /// Rows that were read: usable ones and those among the remarks.
    pub rows: usize,
    /// The source ended in the middle.
    pub cut_short: bool,
}

/// A group with its members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedGroup {
    /// Unique among the plan's groups, folded.
    pub name: String,
    /// The row that is the group itself, where there is one.
    pub row: Option<Row>,
    /// The server it is pinned to when it is made.
    pub pinned: Option<ServerName>,
    /// In the order of the source; those with a BattleMetrics player first.
    pub members: Vec<PlannedMember>,
    /// The last check and its row.
    pub check: Option<(Row, LastCheck)>,
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedMember {
    /// Where it stands in the source.
    pub row: Row,
    /// Never empty: untrusted.
    pub name: String,
    /// The BattleMetrics player.
    pub player: Option<PlayerId>,
    /// The Steam account.
    pub steam: Option<SteamId>,
    /// When it was added there; none when that is not known.
    pub added_at: Option<Timestamp>,
}

/// A row of a source, as it can be told to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The table, file or part of the source.
    pub source: String,
    /// From 1; 0 when there are no lines.
    pub line: u64,
    /// What names it: untrusted.
    pub name: String,
}

impl Row {
    /// That it was not used.
    pub fn refused(&self, why: Unusable) -> RowRemark {
        self.told(Remark::Refused { why })
    }

    /// That it was used, but not all of it.
    pub fn changed(&self, how: Altered) -> RowRemark {
        self.told(Remark::Changed { how })
    }

    fn told(&self, remark: Remark) -> RowRemark {
        let (source, name) = (names::cut(&self.source, 80), names::cut(&self.name, 80));
        RowRemark { source, line: self.line, name, remark }
    }
}

/// Names for groups that people who compare without case or blanks can tell apart.
#[derive(Default)]
pub(super) struct GroupNames {
    taken: HashSet<String>,
}

impl GroupNames {
    /// A name of our form like `wanted`: blanks and signs put right, cut, numbered where another one looks the same. `None`
    /// when nothing is left of it.
    pub(super) fn like(&mut self, wanted: &str) -> Option<String> {
        let base = usable(wanted)?;
        let numbered = (2..).map(|number: u64| {
            let tail = format!(" ({number})");
            let room = identity::MAX_GROUP_NAME.saturating_sub(tail.chars().count());
            format!("{}{tail}", base.chars().take(room).collect::<String>().trim_end())
        });
        std::iter::once(base.clone()).chain(numbered).find(|name| self.taken.insert(names::folded(name)))
    }
}

fn usable(wanted: &str) -> Option<String> {
    if let Ok(name) = identity::group_name(wanted) {
        return Some(name);
    }
    let shown: String = names::shown(wanted).chars().take(identity::MAX_GROUP_NAME).collect();
    identity::group_name(&shown).ok()
}

/// A name that can be kept; `None` for nothing but blanks, and for the dash that stands for nobody.
pub(super) fn person(name: Option<&str>) -> Option<String> {
    let name = name?.replace('\0', "");
    let blank = name.trim().is_empty() || name.trim() == "-";
    (!blank && name.len() <= MAX_VALUE).then_some(name)
}

/// The id in a value that may as well be a pasted link; the outer `None` when there is none, `Err` when it makes no sense.
pub(super) fn player_id(value: Option<&str>) -> Option<Result<PlayerId, Altered>> {
    let value = value.map(str::trim).filter(|value| !value.is_empty() && *value != "-")?;
    Some(match identity::player(value) {
        Ok(identity::PlayerInput::Player(id)) => Ok(id),
        _ => Err(Altered::BadPlayerId),
    })
}

/// As [`player_id`], for a Steam account in any of its forms but a vanity name, which only Steam can look up.
pub(super) fn steam_id(value: Option<&str>) -> Option<Result<SteamId, Altered>> {
    let value = value.map(str::trim).filter(|value| !value.is_empty() && *value != "-")?;
    Some(match identity::player(value) {
        Ok(identity::PlayerInput::Steam(id)) => Ok(id),
        _ => Err(Altered::BadSteamId),
    })
}

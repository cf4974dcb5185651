//! What `player history` and `group history` answer.

use jiff::{SignedDuration, Timestamp, civil::Date};
use serde::Serialize;

use super::{MemberName, ServerName};
use crate::domain::{
    facts::FormerName,
    ids::{GroupId, PlayerId},
    session::{Ending, Source},
    trouble::Trouble,
};

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
    /// Time there on each of the last days.
    #[serde(flatten)]
    pub days: Days,
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
    /// The server seems to hide its players' names: whoever is not listed there may be there all the same.
    pub hides_names: bool,
    /// The profile is private: since the last session nothing is known.
    pub private: bool,
    /// Of the time before this the sessions were not asked for, and may be: an answer holds only so many.
    pub not_asked_before: Option<Timestamp>,
    /// Why the past could not be asked for, if that was needed.
    pub trouble: Option<Trouble>,
}

/// `group history`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GroupHistory {
    /// Our id of the group.
    pub group_id: GroupId,
    /// The group's name.
    pub group: String,
    /// On which server.
    pub server: ServerName,
    /// Time in which at least one member was there.
    pub totals: Vec<Total>,
    /// The same on each of the last days.
    #[serde(flatten)]
    pub days: Days,
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
    /// The server seems to hide its players' names: whoever is not listed there may be there all the same.
    pub hides_names: bool,
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
    /// The profile is private: since then nothing is known.
    pub private: bool,
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

/// Time on a server on the last days of the guild's zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Days {
    /// The zone by its IANA name.
    pub time_zone: String,
    /// The newest first: that of the last look, as far as it has gone by, and six before.
    pub days: Vec<DayTotal>,
}

/// Time on a server on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct DayTotal {
    /// Which day.
    pub date: Date,
    /// How long it was, or has been until now.
    pub length: SignedDuration,
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

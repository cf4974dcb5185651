//! Keeping data: what backups, exports, imports and removals answer, what can be wrong with a file, and which snapshots stay.
//!
//! Plain data and one rule. Files are opened elsewhere; the form of an export is in [`super::export`].

use std::{collections::BTreeSet, ops::ControlFlow};

use jiff::{Timestamp, civil::Date};
use serde::Serialize;

use super::report::{Counts, ServerName};

/// Told now and then how many bytes of how many are done; answers whether to go on.
pub type Progress = Box<dyn Fn(u64, u64) -> ControlFlow<()> + Send>;

/// For work that nobody watches and nobody stops.
pub fn unwatched() -> Progress {
    Box::new(|_, _| ControlFlow::Continue(()))
}

/// What is wrong with a file, so that it cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "problem", rename_all = "snake_case")]
pub enum FileProblem {
    /// There is none.
    Missing,
    /// There is one already, and it is not replaced.
    Exists,
    /// It cannot be read or written.
    Unusable {
        /// What the system says.
        cause: String,
    },
    /// Other running programs use the database.
    InUse {
        /// One of them is the bot.
        by_bot: bool,
    },
    /// It is neither a backup nor a database of RustOps.
    NotABackup,
    /// It is cut short or its pages do not fit together.
    Damaged {
        /// The first thing that does not fit.
        detail: String,
    },
    /// A newer RustOps wrote it.
    Newer {
        /// Its version.
        found: i64,
        /// The newest version known here.
        known: i64,
    },
    /// It is not of the expected form.
    Malformed {
        /// From 1; none when the line is not known.
        line: Option<u64>,
        /// What does not fit; never a piece of the file.
        detail: String,
    },
    /// Its text is not UTF-8.
    Encoding {
        /// What it seems to be.
        found: String,
    },
    /// A dump in a form that only `pg_restore` reads.
    NotPlain,
    /// It holds nothing that could be imported.
    NothingInside,
    /// It is larger than anything real.
    TooLarge {
        /// The most bytes or rows.
        limit: u64,
    },
}

/// `backup`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BackedUp {
    /// The file that was made.
    pub file: String,
    /// Its size.
    pub bytes: u64,
    /// The size of the database in it.
    pub database: u64,
    /// What is in it.
    pub counts: Counts,
    /// When it was begun: what came later is not in it.
    pub at: Timestamp,
}

/// `restore`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// The file it was read from.
    pub file: String,
    /// The database that was replaced.
    pub database: String,
    /// Where the replaced one was kept; none when there was none.
    pub kept: Option<String>,
    /// What is in the database now.
    pub counts: Counts,
}

/// One step of the daily snapshots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotStep {
    /// The one that was due, if one was.
    pub made: Option<BackedUp>,
    /// How many old ones were removed.
    pub removed: usize,
    /// When to take the next step.
    pub next: Timestamp,
}

/// `import python-rustops` and `import rustplusplus`. `rows` is the sum of `imported`, `already` and `refused`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Adopted {
    /// Nothing was kept: this is what would have been done.
    pub dry_run: bool,
    /// The source ended in the middle; what could be read is here.
    pub cut_short: bool,
    /// Rows that were read.
    pub rows: usize,
    /// Of these brought something new.
    pub imported: usize,
    /// Of these were here already.
    pub already: usize,
    /// Of these could not be used; each is among `remarks`.
    pub refused: usize,
    /// Groups that were made.
    pub groups: Vec<String>,
    /// Members that were added.
    pub members: usize,
    /// Of these with no BattleMetrics player, to be linked later.
    pub unlinked: usize,
    /// The server that was made the active one.
    pub server: Option<ServerName>,
    /// Whatever is not as it was in the source, row by row.
    pub remarks: Vec<RowRemark>,
}

/// Something to be said of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowRemark {
    /// The table, file or part of the source.
    pub source: String,
    /// The line or number there, from 1; 0 when there are no lines.
    pub line: u64,
    /// What names the row, cut to a readable length: untrusted.
    pub name: String,
    /// What.
    #[serde(flatten)]
    pub remark: Remark,
}

/// What is not as it was in the source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "remark", rename_all = "snake_case")]
pub enum Remark {
    /// The row was not used.
    Refused {
        /// Why.
        why: Unusable,
    },
    /// The row was used, but not all of it.
    Changed {
        /// How.
        #[serde(flatten)]
        how: Altered,
    },
}

/// Why a row was not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unusable {
    /// It is not UTF-8 text.
    NotText,
    /// A value is longer than its column can hold.
    TooLong,
    /// It is not of the form that its table has.
    WrongForm,
    /// It names nobody: neither a name nor an id.
    NoName,
    /// It has no name of a group.
    NoGroupName,
    /// A check of a group that has no members there.
    NoSuchGroup,
    /// The counts make no sense.
    BadCount,
    /// The date makes no sense.
    BadDate,
    /// The id of the server makes no sense.
    BadServer,
    /// The guild has as many groups as it may.
    TooManyGroups,
    /// The group has as many members as it may.
    TooManyMembers,
    /// An earlier row of the source says the same.
    Duplicate,
}

/// How a row that was used differs from the source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum Altered {
    /// The BattleMetrics id makes no sense; kept without.
    BadPlayerId,
    /// The Steam id makes no sense; kept without.
    BadSteamId,
    /// The date makes no sense; today is used.
    BadDate,
    /// The group is called otherwise here.
    Renamed {
        /// How.
        to: String,
    },
    /// The Steam account belongs to another member of the group; kept without.
    SteamTaken,
    /// The member has another Steam account, and keeps it.
    OtherSteam,
    /// A later check of the group is known, and stays.
    LaterCheck,
    /// Another server is the active one here, and stays so.
    OtherServerSet,
    /// The group follows the active server, since the one it had is not known to BattleMetrics.
    NoServer,
    /// Its list of players is none, and could not be read.
    NoPlayers,
    /// Its notices pinged everyone, which RustOps never does.
    PingedEveryone,
    /// It told things in the game, which RustOps does not do.
    InGame,
    /// Its clan tag was put before names; RustOps compares by id.
    ClanTag,
}

/// `import` of an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GuildImported {
    /// The guild has exactly this data already; nothing was changed.
    pub unchanged: bool,
    /// Groups, deleted ones that can still be restored among them.
    pub groups: usize,
    /// Members, removed ones among them.
    pub members: usize,
    /// Players with their names.
    pub players: usize,
    /// Recorded changes.
    pub changes: usize,
}

/// `export`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exported {
    /// The file; none when it was written to the standard output.
    pub file: Option<String>,
    /// Its size.
    pub bytes: u64,
    /// Groups, deleted ones that can still be restored among them.
    pub groups: usize,
    /// Members, removed ones among them.
    pub members: usize,
}

/// `forget player` and `forget member`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Forgotten {
    /// The name that was known, for this one last answer: untrusted.
    pub name: String,
    /// Groups that held the person.
    pub memberships: usize,
    /// Recorded changes that named the person; they name nobody now.
    pub changes: usize,
    /// Names, sightings and the like.
    pub records: usize,
}

/// How many daily snapshots stay.
const DAILY: usize = 7;

/// How many weekly ones stay beside them.
const WEEKLY: usize = 4;

/// Which of these days' snapshots are to be removed: all but the newest seven, and of each of the four weeks before them
/// the last one.
pub fn outdated(days: &BTreeSet<Date>) -> Vec<Date> {
    let mut weeks = BTreeSet::new();
    let mut old = Vec::new();
    for day in days.iter().rev().skip(DAILY) {
        let week = day.iso_week_date();
        let fresh = weeks.len() < WEEKLY && weeks.insert((week.year(), week.week()));
        if !fresh {
            old.push(*day);
        }
    }
    old
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn after_years_seven_days_and_four_weeks_are_left() {
        let mut kept = BTreeSet::new();
        let mut day = date(2024, 1, 1);
        while day < date(2026, 6, 18) {
            kept.insert(day);
            for old in outdated(&kept) {
                kept.remove(&old);
            }
            day = day.tomorrow().unwrap();
        }
        let weekly = [date(2026, 5, 17), date(2026, 5, 24), date(2026, 5, 31), date(2026, 6, 7)];
        // Sundays until the oldest of the daily ones takes the place of the week it lies in.
        let kept: Vec<Date> = kept.into_iter().collect();
        assert_eq!(kept.len(), 11);
        assert_eq!(kept[4..], [11, 12, 13, 14, 15, 16, 17].map(|day| date(2026, 6, day)));
        assert!(kept[..3].iter().all(|day| weekly.contains(day)), "{kept:?}");
    }

    #[test]
    fn a_week_without_a_machine_costs_nothing() {
        let days: BTreeSet<Date> = (1..=9).map(|month| date(2026, month, 3)).collect();
        assert_eq!(outdated(&days), []);
    }
}

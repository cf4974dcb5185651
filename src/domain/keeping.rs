//! Keeping data: what backups, exports, imports and removals answer, what can be wrong with a file, and which snapshots stay.
//!
//! Plain data and one rule. Files are opened elsewhere; the form of an export is in [`super::export`].

use std::{collections::BTreeSet, ops::ControlFlow};

use jiff::{Timestamp, civil::Date};
use serde::Serialize;

use super::report::Counts;

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

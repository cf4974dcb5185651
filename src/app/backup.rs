//! `backup`: the whole database in one file; and the snapshots of each day, of which a few stay.
//!
//! How a file is made and checked is the store's; restoring happens where no use case runs.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

use super::App;
use crate::{
    domain::keeping::{BackedUp, Progress, SnapshotStep, outdated, unwatched},
    error::Result,
    store::{Lock, copies},
};

/// When to look again at a clock that is wrong.
const CLOCK_AGAIN: SignedDuration = SignedDuration::from_hours(1);

impl App {
    /// Copies everything to `file`, or to a new file in the folder of backups. `progress` may stop it.
    ///
    /// # Errors
    /// The file exists already or cannot be written; stopped; the database failed.
    pub async fn backup(&self, file: Option<PathBuf>, progress: Progress) -> Result<BackedUp> {
        let now = self.clock.now();
        let named = || {
            let stamp = now.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ");
            self.backups().join(format!("rustops-{stamp}.db.gz"))
        };
        self.store.back_up(file.unwrap_or_else(named), now, progress).await
    }

    /// Makes the snapshot of the day (UTC) unless there is one, and removes those that have had their time. To be taken at
    /// start and then whenever it says.
    ///
    /// # Errors
    /// The disk or the database failed: to be tried again after a while.
    pub async fn snapshot_step(&self) -> Result<SnapshotStep> {
        let now = self.clock.now();
        let today = now.to_zoned(TimeZone::UTC).date();
        let folder = self.backups();
        if self.clock_holds().is_err() {
            // By a clock that is ahead, a day that has not come would keep its place for years.
            return Ok(SnapshotStep { made: None, removed: 0, next: now + CLOCK_AGAIN });
        }
        let swept = folder.clone();
        let sweep = move || copies::sweep(&swept, now).context("remove what cut off backups have left");
        self.store.beside(sweep).await?;
        let made = match self.snapshots().await?.contains_key(&today) {
            true => None,
            false => Some(self.store.back_up(folder.join(snapshot_name(today)), now, unwatched()).await?),
        };
        let found = self.snapshots().await?;
        // One of a day to come, made by a clock that was ahead, takes nobody's place.
        let old: Vec<PathBuf> = outdated(&found.keys().copied().filter(|day| *day <= today).collect())
            .iter()
            .filter_map(|day| found.get(day).cloned())
            .collect();
        let removed = old.len();
        let remove = move || old.iter().try_for_each(fs::remove_file).context("remove old snapshots");
        self.store.beside(remove).await?;
        Ok(SnapshotStep { made, removed, next: midnight_after(today)? })
    }

    /// Claims the database for the one bot that may run on it, until the lock is dropped; `None` when another bot has it.
    ///
    /// # Errors
    /// When the lock file beside the database cannot be used.
    pub fn claim_for_bot(&self) -> anyhow::Result<Option<Lock>> {
        self.store.claim_for_bot()
    }

    fn backups(&self) -> PathBuf {
        self.store.path().with_file_name(copies::FOLDER)
    }

    /// The snapshots that there are, by day. Nothing else in the folder is looked at or ever removed.
    async fn snapshots(&self) -> Result<BTreeMap<Date, PathBuf>> {
        let folder = self.backups();
        let look = move || snapshots_in(&folder).with_context(|| format!("look into {}", folder.display()));
        Ok(self.store.beside(look).await?)
    }
}

fn snapshots_in(folder: &Path) -> io::Result<BTreeMap<Date, PathBuf>> {
    let mut found = BTreeMap::new();
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        let day = path.file_name().and_then(|name| snapshot_day(name.to_str()?));
        found.extend(day.map(|day| (day, path)));
    }
    Ok(found)
}

fn snapshot_name(day: Date) -> String {
    format!("daily-{day}.db.gz")
}

fn snapshot_day(name: &str) -> Option<Date> {
    name.strip_prefix("daily-")?.strip_suffix(".db.gz")?.parse().ok()
}

fn midnight_after(day: Date) -> anyhow::Result<Timestamp> {
    let next = day.tomorrow().context("there is no tomorrow")?;
    Ok(next.to_zoned(TimeZone::UTC)?.timestamp())
}

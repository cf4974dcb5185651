//! Copies of the database: those kept beside it before a newer version changes it, and the folder of backups.
//!
//! Only naming, finding and thinning them out; how one is made is known in [`super::backup`], and when one is needed is decided
//! in `store::open` and by the use case.

use std::{
    cmp::Reverse,
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, anyhow};
use jiff::{SignedDuration, Timestamp};

use super::{backup, beside, place::folder};
use crate::{
    domain::{
        keeping::unwatched,
        notice::{Notice, Storage},
    },
    error::Error,
};

/// How many copies stay.
const KEPT: usize = 3;

/// Backs the database up to `<path>.before-v<version>.gz`, checked and compressed as every backup is. One that is there is of a
/// migration that failed, and is replaced once the new one is whole.
pub(super) fn keep(path: &Path, version: i32, now: Timestamp) -> anyhow::Result<()> {
    let whole = beside(path, &format!(".before-v{version}.gz"));
    let kept = backup::write(path, &whole, version, now, &unwatched()).map(drop).map_err(|error| match error {
        Error::Notice(notice) => match *notice {
            Notice::Storage { problem } => anyhow!(Stopped(problem)),
            other => anyhow!("{other:?}"),
        },
        Error::Failure(failure) => failure.into_cause(),
    });
    kept.with_context(|| format!("copy the database to {}", whole.display()))
}

/// Something that a person can do something about keeps the copy from being made.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("{0:?}")]
pub(super) struct Stopped(pub(super) Storage);

/// The folder of backups, beside the database.
pub const FOLDER: &str = "backups";

/// What a backup that was cut off has left is nobody's any more after this time.
const LEFT_BEHIND: SignedDuration = SignedDuration::from_hours(24);

/// The backup in the folder that was made last, and when; files that are none of ours do not count.
///
/// # Errors
/// When the folder is there and cannot be looked into.
pub fn newest_backup(folder: &Path) -> io::Result<Option<(PathBuf, Timestamp)>> {
    let backups = files(folder)?.into_iter().filter(|(path, _)| name(path).is_some_and(is_backup));
    Ok(backups.max_by_key(|(_, made)| *made))
}

/// Whether a file of that name in the folder of backups is a whole one, made by us.
fn is_backup(name: &str) -> bool {
    (name.starts_with("daily-") || name.starts_with("rustops-")) && name.ends_with(".db.gz")
}

/// Removes what backups that were cut off long ago have left in the folder: theirs were names that never come again.
///
/// # Errors
/// When the folder cannot be looked into, or a file not removed.
pub fn sweep(folder: &Path, now: Timestamp) -> io::Result<()> {
    let is_left = |path: &Path| {
        // What lies beside a copy that SQLite was about to write goes with it.
        let name = name(path)?;
        let name = ["-journal", "-wal", "-shm"].into_iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        let backup = [".copying", ".part"].into_iter().find_map(|end| name.strip_suffix(end))?;
        is_backup(backup).then_some(())
    };
    let old = |made: Timestamp| now.duration_since(made) > LEFT_BEHIND;
    let left = files(folder)?.into_iter().filter(|(path, made)| old(*made) && is_left(path).is_some());
    left.map(|(path, _)| path).try_for_each(fs::remove_file)
}

/// Plain files with the time of their last change; none where there is no folder.
fn files(folder: &Path) -> io::Result<Vec<(PathBuf, Timestamp)>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        let meta = match entry.metadata() {
            // Gone since the folder was read.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            meta => meta?,
        };
        let changed = meta.modified().ok().and_then(|changed| Timestamp::try_from(changed).ok());
        found.extend(changed.filter(|_| meta.is_file()).map(|changed| (entry.path(), changed)));
    }
    Ok(found)
}

fn name(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()
}

/// The newest copy of the database, of whatever kind.
pub(super) fn newest(database: &Path) -> Option<PathBuf> {
    let changed = |path: PathBuf| Some((Timestamp::try_from(fs::metadata(&path).ok()?.modified().ok()?).ok()?, path));
    // What cannot be looked at cannot be recommended.
    let backup = newest_backup(&database.with_file_name(FOLDER)).ok().flatten().map(|(path, made)| (made, path));
    let kept = all(database).ok().and_then(|copies| copies.into_iter().find_map(changed));
    backup.into_iter().chain(kept).max().map(|(_, path)| path)
}

/// What to type to go back to a copy.
pub(super) fn restoring(copy: &Path) -> String {
    let copy = copy.display().to_string();
    if copy.contains(char::is_whitespace) {
        format!("rustops restore \"{copy}\"")
    } else {
        format!("rustops restore {copy}")
    }
}

/// Removes all but the newest few.
pub(super) fn thin_out(path: &Path) -> io::Result<()> {
    all(path)?.into_iter().skip(KEPT).try_for_each(fs::remove_file)
}

/// Every copy, newest first. The first versions of RustOps did not compress them.
fn all(path: &Path) -> io::Result<Vec<PathBuf>> {
    let Some(file) = path.file_name().and_then(|name| name.to_str()) else { return Ok(Vec::new()) };
    let version = |path: &Path| {
        let version = name(path)?.strip_prefix(file)?.strip_prefix(".before-v")?;
        version.strip_suffix(".gz").unwrap_or(version).parse::<u32>().ok()
    };
    let found = files(folder(path))?.into_iter();
    let mut copies: Vec<_> = found.filter_map(|(path, _)| Some((Reverse(version(&path)?), path))).collect();
    copies.sort();
    Ok(copies.into_iter().map(|(_, path)| path).collect())
}

//! Copies of the database, kept beside it before a newer version changes it.
//!
//! Only making, finding and thinning them out; when one is needed is decided in [`super::open`].

use std::{
    cmp::Reverse,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, anyhow};
use rusqlite::{Connection, OpenFlags, backup::Backup};

use super::{beside, open::new_file};

/// How many copies stay.
const KEPT: usize = 3;

/// Pages copied at a time.
const STEP: i32 = 1000;

/// Copies what `source` sees to `<path>.before-v<version>`. The copy has its name only once it is whole.
pub(super) fn keep(source: &Connection, path: &Path, version: i32) -> anyhow::Result<()> {
    let whole = beside(path, &format!(".before-v{version}"));
    let part = beside(path, ".copying");
    let kept = copy(source, &part).and_then(|()| fs::rename(&part, &whole).context("name the copy"));
    if kept.is_err() {
        // What is left of it is in nobody's way, and the first error is the one to tell.
        fs::remove_file(&part).ok();
    }
    kept.with_context(|| format!("copy the database to {}", whole.display()))
}

fn copy(source: &Connection, part: &Path) -> anyhow::Result<()> {
    match fs::remove_file(part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(anyhow!(error)),
        _ => new_file(part)?,
    }
    let mut target =
        Connection::open_with_flags(part, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    Backup::new(source, &mut target)?.run_to_completion(STEP, Duration::ZERO, None)?;
    target.close().map_err(|(_, error)| error)?;
    Ok(())
}

/// The copy made last.
pub(super) fn newest(path: &Path) -> Option<PathBuf> {
    all(path).ok()?.into_iter().next()
}

/// Removes all but the newest few.
pub(super) fn thin_out(path: &Path) -> io::Result<()> {
    all(path)?.into_iter().skip(KEPT).try_for_each(fs::remove_file)
}

/// Every copy, newest first.
fn all(path: &Path) -> io::Result<Vec<PathBuf>> {
    let Some(file) = path.file_name().and_then(|name| name.to_str()) else { return Ok(Vec::new()) };
    let folder = super::open::folder(path);
    let mut copies = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let version =
            name.to_str().and_then(|name| name.strip_prefix(file)?.strip_prefix(".before-v")?.parse::<u32>().ok());
        copies.extend(version.map(|version| (Reverse(version), entry.path())));
    }
    copies.sort();
    Ok(copies.into_iter().map(|(_, path)| path).collect())
}

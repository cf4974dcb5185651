//! Copies of the database, kept beside it before a newer version changes it.
//!
//! Only naming, finding and thinning them out; how one is made is known in [`super::backup`], and when one is needed is decided
//! in [`super::open`].

use std::{
    cmp::Reverse,
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, anyhow};
use jiff::Timestamp;

use super::{backup, beside};
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

/// The copy made last.
pub(super) fn newest(path: &Path) -> Option<PathBuf> {
    all(path).ok()?.into_iter().next()
}

/// Removes all but the newest few.
pub(super) fn thin_out(path: &Path) -> io::Result<()> {
    all(path)?.into_iter().skip(KEPT).try_for_each(fs::remove_file)
}

/// Every copy, newest first. The first versions of RustOps did not compress them.
fn all(path: &Path) -> io::Result<Vec<PathBuf>> {
    let Some(file) = path.file_name().and_then(|name| name.to_str()) else { return Ok(Vec::new()) };
    let folder = super::open::folder(path);
    let mut copies = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let version = name.to_str().and_then(|name| {
            let version = name.strip_prefix(file)?.strip_prefix(".before-v")?;
            version.strip_suffix(".gz").unwrap_or(version).parse::<u32>().ok()
        });
        copies.extend(version.map(|version| (Reverse(version), entry.path())));
    }
    copies.sort();
    Ok(copies.into_iter().map(|(_, path)| path).collect())
}

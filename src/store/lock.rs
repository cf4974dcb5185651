//! Who may have the database open: many at once, or one alone that replaces the file; and that there is one bot only.
//!
//! Locks on files of their own beside the database, which the system drops with the process, however it ends. What happens
//! inside the database is SQLite's business.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    path::Path,
};

use super::{beside, place::new_file};

/// What the lock of those who have the database open is called, behind the database's name.
pub(super) const OPEN: &str = ".lock";

/// Held as long as this lives.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Taken by everybody who opens the database; waits while it is being replaced.
pub(super) fn share(database: &Path) -> io::Result<Lock> {
    let file = open(database, OPEN)?;
    unless_unsupported(file.lock_shared())?;
    Ok(Lock { _file: file })
}

/// Taken to replace the database; `None` while anybody has it open.
pub(super) fn alone(database: &Path) -> io::Result<Option<Lock>> {
    attempt(open(database, OPEN)?)
}

/// Taken by the bot for as long as it runs; `None` when another one runs on this database.
pub(super) fn bot(database: &Path) -> io::Result<Option<Lock>> {
    attempt(open(database, ".run")?)
}

fn attempt(file: File) -> io::Result<Option<Lock>> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => unless_unsupported(Err(error)).map(|()| Some(Lock { _file: file })),
        Ok(()) => Ok(Some(Lock { _file: file })),
    }
}

/// A file system without locks is no reason not to run on it.
fn unless_unsupported(locked: io::Result<()>) -> io::Result<()> {
    match locked {
        Err(error) if error.kind() == io::ErrorKind::Unsupported => Ok(()),
        other => other,
    }
}

fn open(database: &Path, suffix: &str) -> io::Result<File> {
    let path = beside(database, suffix);
    let attempt = || OpenOptions::new().read(true).write(true).open(&path);
    match attempt() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => new_file(&path).and_then(|()| attempt()),
        opened => opened,
    }
}

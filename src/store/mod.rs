//! The memory: one SQLite file, one writer, a few readers. Each file here holds all SQL of one family of tables, as plain
//! functions over a connection; nothing outside this room knows SQL.
//!
//! No rules about players or groups: what is kept, and when, is decided by the use cases.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::{Context, anyhow};
use jiff::Timestamp;
pub use rusqlite::{Connection, Transaction};
use rusqlite::{ErrorCode, TransactionBehavior, ffi};
use tokio::sync::Semaphore;

use crate::{
    domain::{
        keeping::{BackedUp, Progress},
        notice::Storage,
    },
    error::Error,
};

pub mod audit;
pub mod backup;
pub mod boards;
mod checkup;
pub mod copies;
pub mod counts;
pub mod forget;
pub mod groups;
pub mod guilds;
pub mod inquiries;
mod lock;
mod open;
mod place;
#[cfg(test)]
mod plans;
pub mod players;
pub mod pruning;
mod room;
pub mod servers;
pub mod sessions;
pub mod sightings;
pub mod tidings;
pub mod transfer;
mod values;
pub mod watch;

pub use checkup::{Checkup, checkup};
pub use counts::counts;
pub use lock::Lock;
pub use open::OpenError;
pub use place::private_file;
pub use room::{LITTLE_ROOM, NO_ROOM, read_only, room};

/// The most readers at work at the same time; more have to wait their turn.
const READERS: usize = 3;

/// The database. Clones share the same connections.
#[derive(Clone)]
pub struct Store {
    rooms: Arc<Rooms>,
    writer: Arc<tokio::sync::Mutex<Connection>>,
}

struct Rooms {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    turns: Semaphore,
    _open: Lock,
}

impl Store {
    /// Opens the file, or makes it together with missing folders (for the owner alone). A file of an older version is
    /// copied first (`<file>.before-v<N>.gz` beside it, as `backup` makes it) and then migrated. Blocks.
    ///
    /// # Errors
    /// Says what stands in the way and what to do; the file is then as it was.
    pub fn open(path: &Path, now: Timestamp) -> Result<Self, OpenError> {
        open::make_place(path)?;
        let _open = lock::share(path).map_err(|error| match error.kind() {
            io::ErrorKind::IsADirectory => OpenError::NotAFile { path: beside(path, lock::OPEN) },
            _ => OpenError::of(path, error.into()),
        })?;
        let writer = open::open(path, now)?;
        let (idle, turns) = (Mutex::new(Vec::new()), Semaphore::new(READERS));
        let rooms = Rooms { path: path.to_owned(), idle, turns, _open };
        Ok(Self { rooms: Arc::new(rooms), writer: Arc::new(tokio::sync::Mutex::new(writer)) })
    }

    /// Runs `read` on a connection that cannot write; everything it reads is from one instant.
    ///
    /// # Errors
    /// Those of `read`, and those of the database.
    pub async fn read<T, E>(&self, read: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<anyhow::Error> + Send + 'static,
    {
        let _turn = self.rooms.turns.acquire().await.map_err(|error| E::from(error.into()))?;
        let rooms = Arc::clone(&self.rooms);
        blocking(move || {
            let mut connection = rooms.reader().map_err(E::from)?;
            let answer = {
                let snapshot = connection.transaction().context("begin to read").map_err(E::from)?;
                read(&snapshot)
            };
            rooms.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            answer
        })
        .await
    }

    /// Runs `write` as the only writer of this process, in a transaction: all of it is kept when it returns `Ok`, and is
    /// safe on the disk before this returns; nothing is kept otherwise. Another process may make it wait for up to 5 s.
    ///
    /// # Errors
    /// Those of `write`, and those of the database.
    pub async fn write<T, E>(
        &self,
        write: impl FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<anyhow::Error> + Send + 'static,
    {
        self.transact(write, true).await
    }

    /// Runs `write` as [`Store::write`] does, and keeps nothing of it: to see what would come of it.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn rehearse<T, E>(
        &self,
        write: impl FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<anyhow::Error> + Send + 'static,
    {
        self.transact(write, false).await
    }

    async fn transact<T, E>(
        &self,
        write: impl FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
        keep: bool,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<anyhow::Error> + Send + 'static,
    {
        let mut writer = Arc::clone(&self.writer).lock_owned().await;
        blocking(move || {
            let transaction = writer
                .transaction_with_behavior(TransactionBehavior::Immediate)
                .context("begin to write")
                .map_err(E::from)?;
            let answer = write(&transaction)?;
            if keep {
                transaction.commit().context("keep what was written").map_err(E::from)?;
            }
            Ok(answer)
        })
        .await
    }

    /// Claims the database for the one bot that may run on it, until the lock is dropped; `None` when another bot has it.
    ///
    /// # Errors
    /// When the lock file beside the database cannot be used.
    pub fn claim_for_bot(&self) -> anyhow::Result<Option<Lock>> {
        lock::bot(&self.rooms.path).context("lock the database for the bot")
    }

    /// Copies the database, as it is at one instant, to a file that does not exist yet: compressed, unless that ends in
    /// `.db`. It has its name only once it is whole, checked and safe on the disk. Delays no reader and no writer.
    ///
    /// # Errors
    /// Says what is wrong with the file; stopped by `progress`; those of the database.
    pub async fn back_up(&self, target: PathBuf, now: Timestamp, progress: Progress) -> Result<BackedUp, Error> {
        let rooms = Arc::clone(&self.rooms);
        blocking(move || backup::make(&rooms.path, &target, now, &progress)).await
    }

    /// Takes all that stands in the log beside the file into it, and empties the log: what was removed is in neither then.
    /// Whoever reads meanwhile is waited for up to 5 s; after that, some of it may stay until the next time.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn merge_log(&self) -> anyhow::Result<()> {
        let writer = Arc::clone(&self.writer).lock_owned().await;
        blocking(move || {
            writer
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
                .context("take the log into the database")
        })
        .await
    }

    /// Runs `work` where waiting for the disk holds nobody up.
    ///
    /// # Errors
    /// Those of `work`.
    pub async fn beside<T, E>(&self, work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<anyhow::Error> + Send + 'static,
    {
        blocking(work).await
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.rooms.path
    }

    /// Bytes of the file and of the log beside it.
    ///
    /// # Errors
    /// When the file cannot be looked at.
    pub fn size(&self) -> anyhow::Result<u64> {
        let path = &self.rooms.path;
        let file = fs::metadata(path).with_context(|| format!("look at {}", path.display()))?.len();
        match fs::metadata(beside(path, "-wal")) {
            Ok(log) => Ok(file + log.len()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(file),
            Err(error) => Err(anyhow!(error).context("look at the database's log")),
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("path", &self.rooms.path).finish_non_exhaustive()
    }
}

impl Rooms {
    fn reader(&self) -> anyhow::Result<Connection> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match idle {
            Some(connection) => Ok(connection),
            None => open::reader(&self.path).context("open the database to read"),
        }
    }
}

/// Why the database could not be used, if `cause` is something that a person can do something about.
pub fn problem(cause: &anyhow::Error) -> Option<Storage> {
    cause.chain().find_map(|cause| {
        if let Some(error) = cause.downcast_ref::<rusqlite::Error>() {
            return sqlite_problem(error);
        }
        if let Some(copies::Stopped(problem)) = cause.downcast_ref() {
            return Some(*problem);
        }
        match cause.downcast_ref::<io::Error>()?.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Some(Storage::Full),
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => Some(Storage::ReadOnly),
            _ => None,
        }
    })
}

fn sqlite_problem(error: &rusqlite::Error) -> Option<Storage> {
    // A disk so full that not even the log's index can be made is told as a failure to size that index.
    if error.sqlite_extended_error_code() == Some(ffi::SQLITE_IOERR_SHMSIZE) {
        return Some(Storage::Full);
    }
    match error.sqlite_error_code()? {
        ErrorCode::SystemIoFailure => Some(Storage::Failing),
        ErrorCode::DiskFull => Some(Storage::Full),
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen => Some(Storage::ReadOnly),
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Some(Storage::Busy),
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Some(Storage::Corrupt),
        _ => None,
    }
}

/// Leaves the async world for as long as SQLite needs.
#[expect(clippy::disallowed_methods, reason = "the one place that leaves the async world")]
async fn blocking<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: From<anyhow::Error> + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(answer) => answer,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(stopped) => Err(E::from(anyhow!(stopped).context("the program is stopping"))),
        },
    }
}

/// The path with something put behind the file's name.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

#[cfg(test)]
mod tests;

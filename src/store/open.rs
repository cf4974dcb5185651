//! How the file is opened: what is refused, the settings of a connection, and the way from an older version to ours.
//!
//! No rows are read or written here but the history of versions.

use std::{
    fs,
    hash::{Hash as _, Hasher as _},
    io::{self, Read},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior, params};
use siphasher::sip::SipHasher13;

use super::{
    copies,
    place::{folder, make_folder, new_file},
    problem, sqlite_problem,
};
use crate::domain::notice::Storage;

/// A step from one version of the file to the next.
#[derive(Clone, Copy)]
pub(super) struct Migration {
    version: i32,
    name: &'static str,
    sql: &'static str,
}

/// All that there is in `migrations/`, in order.
const MIGRATIONS: [Migration; VERSION as usize] = [
    Migration { version: 1, name: "foundation", sql: include_str!("../../migrations/V1__foundation.sql") },
    Migration { version: 2, name: "watch", sql: include_str!("../../migrations/V2__watch.sql") },
    Migration { version: 3, name: "boards", sql: include_str!("../../migrations/V3__boards.sql") },
    Migration { version: 4, name: "folded_names", sql: include_str!("../../migrations/V4__folded_names.sql") },
    Migration { version: 5, name: "told", sql: include_str!("../../migrations/V5__told.sql") },
];

impl Migration {
    /// As refinery reckons it, so that its history would be recognised by it.
    fn checksum(&self) -> u64 {
        let mut hasher = SipHasher13::new();
        self.name.hash(&mut hasher);
        self.version.hash(&mut hasher);
        self.sql.hash(&mut hasher);
        hasher.finish()
    }
}

/// The newest version in `migrations/`, so that a file that has it is recognised without preparing any migration.
pub(super) const VERSION: i32 = 5;

/// By this a file is told from other programs' databases; the first migration sets it.
pub(super) const APPLICATION: i32 = 0x5255_5354;

/// How long to wait for another process.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often to try what SQLite does not wait for.
const TRIES: usize = 20;

/// The table in which refinery would keep the history of versions, in its own form.
const HISTORY: &str = "CREATE TABLE IF NOT EXISTS refinery_schema_history (
    version INT4 PRIMARY KEY, name VARCHAR(255), applied_on VARCHAR(255), checksum VARCHAR(255))";

/// Why the database was not opened. Each says what to do; the file is as it was before.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Written by a newer RustOps.
    #[error(
        "{} was written by a newer RustOps (its data has version {found}, this one knows {known}). Nothing was changed. \
         Use the newer RustOps, or another folder with --data-dir.",
        path.display()
    )]
    NewerVersion {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i32,
        /// The newest version known here.
        known: i32,
    },
    /// A database of another program.
    #[error(
        "{} is a database of another program. Nothing was changed. Choose another folder with --data-dir.",
        path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// Not a database at all.
    #[error("{} is not a database. Nothing was changed. {}", path.display(), way_back(copy.as_deref()))]
    NotADatabase {
        /// The file.
        path: PathBuf,
        /// The newest copy that was kept.
        copy: Option<PathBuf>,
    },
    /// A folder, a link or the like where the file should be.
    #[error("{} is not a plain file. Move it away, or choose another folder with --data-dir.", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// Damaged.
    #[error("The database {} is damaged. Nothing was changed. {}", path.display(), way_back(copy.as_deref()))]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The newest copy that was kept.
        copy: Option<PathBuf>,
    },
    /// The file or its folder may not be written.
    #[error(
        "{} cannot be written. Give the user who runs RustOps the right to write this file and its folder, or choose \
         another folder with --data-dir.",
        path.display()
    )]
    NoPermission {
        /// The file.
        path: PathBuf,
    },
    /// The folder is missing and cannot be made.
    #[error("The folder {} cannot be made ({cause}). Make it yourself, or choose another with --data-dir.", path.display())]
    CannotMakeDirectory {
        /// The folder.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// No space left to make or migrate the file.
    #[error("The disk of {} is full. Make room and start again; nothing was lost.", path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// Another process keeps the file locked.
    #[error("{} is in use by another process that does not let go. Stop it and start again.", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// Anything else.
    #[error("{} cannot be opened: {cause:#}", path.display())]
    Other {
        /// The file.
        path: PathBuf,
        /// What happened.
        cause: anyhow::Error,
    },
}

fn way_back(copy: Option<&Path>) -> String {
    match copy {
        Some(copy) => format!("Stop RustOps, then: {}", copies::restoring(copy)),
        None => "Put a copy in its place, or move it away to start anew.".to_owned(),
    }
}

impl OpenError {
    /// Whether it is the same at every further attempt, until a person does something about it.
    pub fn stays(&self) -> bool {
        match self {
            Self::NewerVersion { .. }
            | Self::Foreign { .. }
            | Self::NotADatabase { .. }
            | Self::NotAFile { .. }
            | Self::Corrupt { .. }
            | Self::NoPermission { .. } => true,
            Self::CannotMakeDirectory { .. } | Self::Full { .. } | Self::Busy { .. } | Self::Other { .. } => false,
        }
    }

    pub(super) fn of(path: &Path, cause: anyhow::Error) -> Self {
        let path = path.to_owned();
        match problem(&cause) {
            Some(Storage::Full) => Self::Full { path },
            Some(Storage::ReadOnly) => Self::NoPermission { path },
            Some(Storage::Busy) => Self::Busy { path },
            Some(Storage::Corrupt) => Self::Corrupt { copy: copies::newest(&path), path },
            Some(Storage::Failing) | None => Self::Other { path, cause },
        }
    }
}

/// The first bytes of every database: <https://sqlite.org/fileformat.html#the_database_header>.
pub(super) const BEGINNING: &[u8] = b"SQLite format 3\0";

/// The writer, on a file that is of our version by now.
pub(super) fn open(path: &Path, now: Timestamp) -> Result<Connection, OpenError> {
    open_as(path, now, VERSION, || MIGRATIONS.to_vec())
}

fn open_as(
    path: &Path,
    now: Timestamp,
    known: i32,
    migrations: impl FnOnce() -> Vec<Migration>,
) -> Result<Connection, OpenError> {
    let other = |cause| OpenError::of(path, cause);
    make_place(path)?;
    let found = inspect(path)?;
    if found > known {
        return Err(OpenError::NewerVersion { path: path.to_owned(), found, known });
    }
    let mut writer = writer(path).map_err(other)?;
    if found < known {
        migrate(&mut writer, path, now, &migrations()).map_err(other)?;
    }
    writer.pragma_update(None, "foreign_keys", true).map_err(|error| other(error.into()))?;
    Ok(writer)
}

/// Sees to it that there is a file that we may write, a database or empty.
pub(super) fn make_place(path: &Path) -> Result<(), OpenError> {
    let other = |error: io::Error| OpenError::of(path, error.into());
    let folder = folder(path);
    make_folder(folder).map_err(|cause| OpenError::CannotMakeDirectory { path: folder.to_owned(), cause })?;
    match fs::symlink_metadata(path) {
        Ok(found) if !found.is_file() => return Err(OpenError::NotAFile { path: path.to_owned() }),
        // Asked first, because the superuser would get past it unawares.
        Ok(found) if found.permissions().readonly() => return Err(OpenError::NoPermission { path: path.to_owned() }),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => new_file(path).map_err(other)?,
        Err(error) => return Err(other(error)),
    }
    writable(folder).map_err(other)?;
    let beginning = beginning(path).map_err(other)?;
    // SQLite takes a file of very few bytes for an empty one, and would write over it.
    if beginning.is_empty() || beginning == BEGINNING {
        Ok(())
    } else {
        Err(OpenError::NotADatabase { copy: copies::newest(path), path: path.to_owned() })
    }
}

/// The first bytes of the file, opened as for writing. To be called before SQLite has the file open: closing it again
/// drops all locks that this process has on it (<https://sqlite.org/howtocorrupt.html>, section 2.2).
fn beginning(path: &Path) -> io::Result<Vec<u8>> {
    let file = fs::OpenOptions::new().read(true).write(true).open(path)?;
    let mut beginning = Vec::new();
    file.take(16).read_to_end(&mut beginning)?;
    Ok(beginning)
}

/// SQLite has to make its log beside the file. (Windows uses the flag that is looked at here for something else.)
fn writable(folder: &Path) -> io::Result<()> {
    if cfg!(unix) && fs::metadata(folder)?.permissions().readonly() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    Ok(())
}

/// The file's version, 0 for an empty one, read without the means to change anything.
pub(super) fn inspect(path: &Path) -> Result<i32, OpenError> {
    let other = |cause| OpenError::of(path, cause);
    let connection = reader(path).map_err(other)?;
    let look = || -> anyhow::Result<_> {
        let application: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
        let tables = tables(&connection)?;
        Ok((application, tables))
    };
    let (application, tables) = look().map_err(other)?;
    if application != APPLICATION && !(application == 0 && tables.is_empty()) {
        return Err(OpenError::Foreign { path: path.to_owned() });
    }
    touch(&connection, &tables).and_then(|()| version(&connection)).map_err(other)
}

fn tables(connection: &Connection) -> anyhow::Result<Vec<String>> {
    let mut statement = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")?;
    let names = statement.query_map([], |row| row.get(0))?;
    names.collect::<rusqlite::Result<_>>().context("list the tables")
}

/// Reads the first page of each table: finds gross damage at the price of a few pages, whatever the size of the file.
fn touch(connection: &Connection, tables: &[String]) -> anyhow::Result<()> {
    for table in tables {
        let sql = format!("SELECT 1 FROM \"{}\" LIMIT 1", table.replace('"', "\"\""));
        connection.query_row(&sql, [], |_| Ok(())).optional().with_context(|| format!("read table {table}"))?;
    }
    Ok(())
}

pub(super) fn version(connection: &Connection) -> anyhow::Result<i32> {
    // Asked of the file, for what the connection remembers of its tables may be older than another process' migration.
    let history = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'refinery_schema_history'";
    if connection.query_row(history, [], |_| Ok(())).optional()?.is_none() {
        return Ok(0);
    }
    connection
        .query_row("SELECT coalesce(max(version), 0) FROM refinery_schema_history", [], |row| row.get(0))
        .context("read the version")
}

/// Settings of every connection: little memory, since the bot lives on small machines; no temporary files; and what a
/// prepared file might define as functions is not run.
const SETTINGS: &str = "PRAGMA cache_size = -512; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;";

/// A connection that can only read.
pub(super) fn reader(path: &Path) -> anyhow::Result<Connection> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(PATIENCE)?;
    connection.execute_batch(SETTINGS)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// So large the log becomes before it is merged into the file, in bytes.
const MERGED_FROM: u32 = 4 << 20;

/// The connection that writes. `synchronous = FULL` makes each commit wait for the disk: with less, a power cut could
/// take back what a user was told is done. The log does not stay larger than twice [`MERGED_FROM`]. Small
/// pages make small logs: most of what the watch writes is one row here and there, and each costs a page.
/// What is deleted is written over, so that nobody who is to be forgotten lies about in free pages.
/// Foreign keys are off until the file is of our version, for a migration that rebuilds a table would otherwise delete
/// all that refers to it: <https://sqlite.org/lang_altertable.html#otheralter>.
fn writer(path: &Path) -> anyhow::Result<Connection> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(PATIENCE)?;
    connection.execute_batch(SETTINGS)?;
    connection.execute_batch(
        "PRAGMA cache_size = -1024; PRAGMA foreign_keys = OFF; PRAGMA secure_delete = ON; PRAGMA fullfsync = ON;
         PRAGMA checkpoint_fullfsync = ON;",
    )?;
    // Both hold for a new file only. The second: what pruning frees can be given back to the file system.
    connection.pragma_update(None, "page_size", 2048)?;
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    log_ahead(&connection)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let page: u32 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
    connection.pragma_update(None, "wal_autocheckpoint", MERGED_FROM / page.max(1))?;
    connection.pragma_update(None, "journal_size_limit", 2 * MERGED_FROM)?;
    Ok(connection)
}

/// Switches the file to a log that is written ahead (WAL), unless it has one already. SQLite does not wait for other
/// processes here, lest two of them wait for one another; so this waits for a moment when it is alone, and tries again.
fn log_ahead(connection: &Connection) -> anyhow::Result<()> {
    for _ in 0..TRIES {
        match connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0)) {
            Err(error) if sqlite_problem(&error) == Some(Storage::Busy) => {
                connection.execute_batch("BEGIN EXCLUSIVE; ROLLBACK;")?;
            }
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(mode) => bail!("this place cannot hold a database (a network drive?): its log is of mode {mode}"),
            Err(error) => return Err(error.into()),
        }
    }
    bail!("other processes kept the file from being set up")
}

/// Brings the file to the newest version: all of the way, or not at all. Holding the lock of the one writer from the
/// first look to the last step, two processes that start together do it once.
fn migrate(writer: &mut Connection, path: &Path, now: Timestamp, migrations: &[Migration]) -> anyhow::Result<()> {
    let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let from = version(&transaction)?;
    let pending = || migrations.iter().filter(|migration| migration.version > from);
    let Some(to) = pending().map(|migration| migration.version).max() else { return Ok(()) };
    if from > 0 {
        copies::keep(path, to, now)?;
    }
    transaction.execute_batch(HISTORY)?;
    for migration in pending() {
        let Migration { version, name, sql } = *migration;
        transaction.execute_batch(sql).with_context(|| format!("migrate to V{version}__{name}"))?;
        transaction.execute(
            "INSERT INTO refinery_schema_history (version, name, applied_on, checksum) VALUES (?1, ?2, ?3, ?4)",
            params![version, name, now.to_string(), migration.checksum().to_string()],
        )?;
    }
    let broken = transaction.query_row("PRAGMA foreign_key_check", [], |_| Ok(())).optional()?;
    ensure!(broken.is_none(), "the migration to version {to} left rows that refer to nothing");
    transaction.commit()?;
    tracing::info!(from_version = from, to_version = to, "the database has a new version");
    if let Err(error) = copies::thin_out(path) {
        tracing::warn!(%error, "old copies of the database could not be removed");
    }
    Ok(())
}

/// A database in memory, of our version, for tests of rows.
#[cfg(test)]
pub(super) fn in_memory() -> Connection {
    let mut connection = Connection::open_in_memory().unwrap();
    migrate(&mut connection, Path::new(""), Timestamp::UNIX_EPOCH, &MIGRATIONS).unwrap();
    connection.pragma_update(None, "foreign_keys", true).unwrap();
    connection
}

#[cfg(test)]
mod tests;

//! How the file is opened: what is refused, the settings of a connection, and the way from an older version to ours.
//!
//! No rows are read or written here but the history of versions.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, ensure};
use jiff::Timestamp;
use refinery::Migration;
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior, params};

use super::{copies, problem};
use crate::domain::notice::Storage;

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// The newest version in `migrations/`, so that a file that has it is recognised without preparing any migration.
const VERSION: i32 = 1;

/// By this a file is told from other programs' databases; the first migration sets it.
const APPLICATION: i32 = 0x5255_5354;

/// How long to wait for another process.
const PATIENCE: Duration = Duration::from_secs(5);

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
        Some(copy) => format!("Stop RustOps and put a copy in its place; the newest kept here is {}.", copy.display()),
        None => "Put a copy in its place, or move it away to start anew.".to_owned(),
    }
}

impl OpenError {
    fn of(path: &Path, cause: anyhow::Error) -> Self {
        let path = path.to_owned();
        match problem(&cause) {
            Some(Storage::Full) => Self::Full { path },
            Some(Storage::ReadOnly) => Self::NoPermission { path },
            Some(Storage::Busy) => Self::Busy { path },
            Some(Storage::Corrupt) if begins_like_a_database(&path) => {
                Self::Corrupt { copy: copies::newest(&path), path }
            }
            Some(Storage::Corrupt) => Self::NotADatabase { copy: copies::newest(&path), path },
            None => Self::Other { path, cause },
        }
    }
}

/// The first bytes of every database: <https://sqlite.org/fileformat.html#the_database_header>.
fn begins_like_a_database(path: &Path) -> bool {
    let mut start = [0; 16];
    let read = fs::File::open(path).and_then(|mut file| io::Read::read_exact(&mut file, &mut start));
    read.is_ok() && start == *b"SQLite format 3\0"
}

/// The writer, on a file that is of our version by now.
pub(super) fn open(path: &Path, now: Timestamp) -> Result<Connection, OpenError> {
    open_as(path, now, VERSION, || embedded::migrations::runner().get_migrations().clone())
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

/// Sees to it that there is a file that we may write, be it an empty one.
fn make_place(path: &Path) -> Result<(), OpenError> {
    let folder = folder(path);
    make_folder(folder).map_err(|cause| OpenError::CannotMakeDirectory { path: folder.to_owned(), cause })?;
    match fs::symlink_metadata(path) {
        Ok(found) if !found.is_file() => return Err(OpenError::NotAFile { path: path.to_owned() }),
        // Asked first, because the superuser would get past it unawares.
        Ok(found) if found.permissions().readonly() => return Err(OpenError::NoPermission { path: path.to_owned() }),
        Ok(_) => fs::OpenOptions::new().read(true).write(true).open(path).map(drop),
        Err(error) if error.kind() == io::ErrorKind::NotFound => new_file(path),
        Err(error) => Err(error),
    }
    .and_then(|()| writable(folder))
    .map_err(|error| OpenError::of(path, error.into()))
}

/// The folder that `path` lies in.
pub(super) fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// An empty file for the owner alone, whose name survives a power cut. One that another process just made is fine.
pub(super) fn new_file(path: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => sync_folder(folder(path)),
    }
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// SQLite has to make its log beside the file. (Windows uses the flag that is looked at here for something else.)
fn writable(folder: &Path) -> io::Result<()> {
    if cfg!(unix) && fs::metadata(folder)?.permissions().readonly() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    Ok(())
}

/// The file's version, 0 for an empty one, read without the means to change anything.
fn inspect(path: &Path) -> Result<i32, OpenError> {
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

fn version(connection: &Connection) -> anyhow::Result<i32> {
    if !connection.table_exists(None, "refinery_schema_history")? {
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

/// The connection that writes. `synchronous = FULL` makes each commit wait for the disk: with less, a power cut could
/// take back what a user was told is done. The log is merged into the file every 4 MB and does not stay larger than 8.
/// Foreign keys are off until the file is of our version, for a migration that rebuilds a table would otherwise delete
/// all that refers to it: <https://sqlite.org/lang_altertable.html#otheralter>.
fn writer(path: &Path) -> anyhow::Result<Connection> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(PATIENCE)?;
    connection.execute_batch(SETTINGS)?;
    connection.execute_batch(
        "PRAGMA cache_size = -1024; PRAGMA foreign_keys = OFF; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;",
    )?;
    let mode: String = connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    ensure!(mode == "wal", "this place cannot hold a database (a network drive?)");
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch("PRAGMA wal_autocheckpoint = 1000; PRAGMA journal_size_limit = 8388608;")?;
    Ok(connection)
}

/// Brings the file to the newest version: all of the way, or not at all. Holding the lock of the one writer from the
/// first look to the last step, two processes that start together do it once.
fn migrate(writer: &mut Connection, path: &Path, now: Timestamp, migrations: &[Migration]) -> anyhow::Result<()> {
    let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let from = version(&transaction)?;
    let pending = || migrations.iter().filter(|migration| migration.version() > from);
    let Some(to) = pending().map(Migration::version).max() else { return Ok(()) };
    if from > 0 {
        copies::keep(&reader(path)?, path, to)?;
    }
    transaction.execute_batch(HISTORY)?;
    for migration in pending() {
        let sql = migration.sql().with_context(|| format!("{migration} has no text"))?;
        transaction.execute_batch(sql).with_context(|| format!("migrate to {migration}"))?;
        transaction.execute(
            "INSERT INTO refinery_schema_history (version, name, applied_on, checksum) VALUES (?1, ?2, ?3, ?4)",
            params![migration.version(), migration.name(), now.to_string(), migration.checksum().to_string()],
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

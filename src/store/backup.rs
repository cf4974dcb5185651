//! Backups: the whole database in one file, compressed, checked before it has its name; and the way back.
//!
//! When a snapshot is due and which ones stay is decided elsewhere. Nothing here changes a row.

use std::{
    fs::{self, File},
    io::{self, BufReader, BufWriter, Read, Write},
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use anyhow::Context;
use flate2::{Compression, read::MultiGzDecoder, write::GzEncoder};
use jiff::{Timestamp, tz::TimeZone};
use rusqlite::{
    Connection, OpenFlags,
    backup::{Backup, StepResult},
};

use super::{
    beside, counts, lock,
    open::{self, APPLICATION, BEGINNING, VERSION},
    place::{folder, make_folder, new_file, sync_folder},
    problem, room,
};
use crate::{
    domain::{
        keeping::{BackedUp, FileProblem, Progress, Restored},
        notice::{Notice, Storage},
        report::Counts,
    },
    error::{Error, Result},
};

/// Pages copied between two looks at whether to go on.
const STEP: i32 = 64;

/// Bytes moved between two looks at whether to go on.
const CHUNK: usize = 1 << 16;

/// The first bytes of a compressed file: RFC 1952, section 2.3.1.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A file that goes away unless it is given a name.
struct Scrap(PathBuf);

impl Scrap {
    /// An empty file for the owner alone, in the place of what an earlier attempt may have left.
    fn new(path: PathBuf) -> Result<Self> {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(unusable(&path, &error)),
            _ => new_file(&path).map_err(|error| unusable(&path, &error))?,
        }
        Ok(Self(path))
    }

    /// Puts it in place, so that it survives a power cut from then on.
    fn name(self, target: &Path) -> Result<()> {
        let place = || -> io::Result<()> {
            File::open(&self.0)?.sync_all()?;
            fs::rename(&self.0, target)?;
            sync_folder(folder(target))
        };
        place().map_err(|error| unusable(target, &error))
    }
}

impl Drop for Scrap {
    fn drop(&mut self) {
        // Gone already when it was named; and what is left of it is in nobody's way.
        for suffix in ["", "-wal", "-shm", "-journal"] {
            fs::remove_file(beside(&self.0, suffix)).ok();
        }
    }
}

/// Copies the database to `target`, compressed unless that ends in `.db`. Readers and writers go on meanwhile. Blocks.
pub(super) fn make(database: &Path, target: &Path, now: Timestamp, progress: &Progress) -> Result<BackedUp> {
    if target.symlink_metadata().is_ok() {
        return Err(file(target, FileProblem::Exists));
    }
    write(database, target, VERSION, now, progress)
}

/// The same in the place of whatever is at `target`, of a database of any version up to `known`.
pub(super) fn write(
    database: &Path,
    target: &Path,
    known: i32,
    now: Timestamp,
    progress: &Progress,
) -> Result<BackedUp> {
    let place = folder(target);
    if place.is_file() {
        return Err(file(
            place,
            FileProblem::Unusable { cause: "a folder is needed here, and this is a file".to_owned() },
        ));
    }
    make_folder(place).map_err(|error| unusable(place, &error))?;
    let size = fs::metadata(database).map_err(|error| unusable(database, &error))?.len();
    if room(target).is_some_and(|free| free < needed(size)) {
        return Err(Notice::Storage { problem: Storage::Full }.into());
    }
    let plain = Scrap::new(beside(target, ".copying"))?;
    copy(database, &plain.0, progress)?;
    let counts = verify(&plain.0, target, known).map_err(|error| match &error {
        // What does not fit in the copy does not fit in the database.
        Error::Notice(notice) if matches!(**notice, Notice::File { problem: FileProblem::Damaged { .. }, .. }) => {
            Notice::Storage { problem: Storage::Corrupt }.into()
        }
        _ => error,
    })?;
    let size = fs::metadata(&plain.0).map_err(|error| unusable(target, &error))?.len();
    if target.extension().is_some_and(|extension| extension == "db") {
        plain.name(target)?;
    } else {
        let packed = Scrap::new(beside(target, ".part"))?;
        pack(&plain.0, &packed.0, size, progress)?;
        drop(plain);
        packed.name(target)?;
    }
    let bytes = fs::metadata(target).map_err(|error| unusable(target, &error))?.len();
    Ok(BackedUp { file: target.display().to_string(), bytes, database: size, counts, at: now })
}

/// Bytes to make a backup of a database of so many: the copy, what it is packed into, and some for those who write
/// meanwhile, lest the backup itself fill the disk.
fn needed(size: u64) -> u64 {
    size.saturating_mul(2).saturating_add(16 << 20)
}

/// Copies one instant of the database. The instant is held by a transaction, so that writers do not make the copy begin
/// again; they wait for nothing, for they write beside the file until the copy is done.
fn copy(database: &Path, part: &Path, progress: &Progress) -> Result<()> {
    let source = open::reader(database).map_err(storage)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut target = Connection::open_with_flags(part, flags).context("open the copy")?;
    let mut steps = || -> anyhow::Result<ControlFlow<()>> {
        source.execute_batch("BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1;")?;
        let page: u32 = source.pragma_query_value(None, "page_size", |row| row.get(0))?;
        // Not yet the real thing: it is forced to the disk once, when it is whole.
        target.execute_batch("PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF;")?;
        let backup = Backup::new(&source, &mut target)?;
        while backup.step(STEP)? != StepResult::Done {
            let state = backup.progress();
            let pages = |number: i32| u64::try_from(number).unwrap_or(0) * u64::from(page);
            let all = pages(state.pagecount);
            if progress(all - pages(state.remaining).min(all), all * 2).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    };
    let went = steps().map_err(|cause| storage(cause.context("copy the database")))?;
    if went.is_break() {
        return Err(Notice::Stopped.into());
    }
    // One file that needs none beside it.
    let alone = target.pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get::<_, String>(0));
    alone.map_err(|error| storage(anyhow::Error::from(error).context("finish the copy")))?;
    Ok(())
}

/// Opens a database of a version up to `known` and reads all of it. `shown` is the file that the user knows.
fn verify(path: &Path, shown: &Path, known: i32) -> Result<Counts> {
    let damaged = |detail: String| file(shown, FileProblem::Damaged { detail });
    let other = |error: anyhow::Error| match problem(&error) {
        Some(Storage::Corrupt) => damaged(format!("{:#}", error.root_cause())),
        _ => storage(error.context("check a copy")),
    };
    let of_sqlite = |error: rusqlite::Error| other(error.into());
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(of_sqlite)?;
    connection.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;").map_err(of_sqlite)?;
    // Takes in what a log beside the file holds.
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get(0)).map_err(of_sqlite)?;
    if mode != "delete" {
        return Err(damaged(format!("its log is of mode {mode}")));
    }
    let application: i32 =
        connection.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(of_sqlite)?;
    if application != APPLICATION {
        return Err(file(shown, FileProblem::NotABackup));
    }
    let version = open::version(&connection).map_err(other)?;
    if version > known {
        let (found, known) = (version.into(), known.into());
        return Err(file(shown, FileProblem::Newer { found, known }));
    }
    let found: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(of_sqlite)?;
    if found != "ok" {
        return Err(damaged(found));
    }
    counts::counts(&connection).map_err(other)
}

/// Compresses, and reads the result back.
fn pack(plain: &Path, packed: &Path, size: u64, progress: &Progress) -> Result<()> {
    let at = |error: io::Error| unusable(packed, &error);
    let mut source = File::open(plain).map_err(at)?;
    let target = File::options().write(true).open(packed).map_err(at)?;
    let mut encoder = GzEncoder::new(BufWriter::new(target), Compression::fast());
    pass(&mut source, &mut encoder, packed, |done| progress(size + done, size * 2))?;
    encoder.finish().and_then(|mut target| target.flush()).map_err(at)?;
    let mut back = MultiGzDecoder::new(BufReader::new(File::open(packed).map_err(at)?));
    let read = pass(&mut back, &mut io::sink(), packed, |_| progress(size * 2, size * 2))?;
    if read == size {
        Ok(())
    } else {
        Err(file(packed, FileProblem::Damaged { detail: format!("it holds {read} of {size} bytes") }))
    }
}

fn pass(
    source: &mut impl Read,
    target: &mut impl Write,
    shown: &Path,
    told: impl Fn(u64) -> ControlFlow<()>,
) -> Result<u64> {
    let mut chunk = vec![0; CHUNK];
    let mut done = 0;
    loop {
        let read = source.read(&mut chunk).map_err(|error| unusable(shown, &error))?;
        let Some(piece) = chunk.get(..read).filter(|piece| !piece.is_empty()) else { return Ok(done) };
        target.write_all(piece).map_err(|error| unusable(shown, &error))?;
        done += u64::try_from(read).unwrap_or(0);
        if told(done).is_break() {
            return Err(Notice::Stopped.into());
        }
    }
}

/// Puts a backup, or a copy of a database, in the place of the database, which is kept beside it. Nothing happens to the
/// database unless all of the backup could be read and fits together.
///
/// # Errors
/// Says what is wrong with the file, or that the database is in use; stopped by `progress`.
pub async fn restore(database: PathBuf, backup: PathBuf, now: Timestamp, progress: Progress) -> Result<Restored> {
    super::blocking(move || put_back(&database, &backup, now, &progress)).await
}

fn put_back(database: &Path, backup: &Path, now: Timestamp, progress: &Progress) -> Result<Restored> {
    make_folder(folder(database)).map_err(|error| unusable(folder(database), &error))?;
    let locked = |error: io::Error| unusable(database, &error);
    let Some(bot) = lock::bot(database).map_err(locked)? else {
        return Err(file(database, FileProblem::InUse { by_bot: true }));
    };
    let Some(alone) = lock::alone(database).map_err(locked)? else {
        return Err(file(database, FileProblem::InUse { by_bot: false }));
    };
    let fresh = Scrap::new(beside(database, ".restoring"))?;
    unpack(backup, &fresh.0, progress)?;
    let counts = verify(&fresh.0, backup, VERSION)?;
    let kept = match fs::symlink_metadata(database) {
        Ok(_) => Some(set_aside(database, now)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(unusable(database, &error)),
    };
    fresh.name(database)?;
    drop((bot, alone));
    Ok(Restored {
        file: backup.display().to_string(),
        database: database.display().to_string(),
        kept: kept.map(|kept| kept.display().to_string()),
        counts,
    })
}

/// Writes the database in `backup` to `fresh`, and the log that may lie beside an uncompressed one.
fn unpack(backup: &Path, fresh: &Path, progress: &Progress) -> Result<()> {
    let at = |error: io::Error| unusable(backup, &error);
    let meta = fs::metadata(backup).map_err(at)?;
    if !meta.is_file() {
        return Err(file(backup, FileProblem::NotABackup));
    }
    let mut source = BufReader::new(File::open(backup).map_err(at)?);
    let beginning = io::BufRead::fill_buf(&mut source).map_err(at)?.get(..2).map(<[u8]>::to_vec);
    if beginning.as_deref() == Some(&GZIP) {
        return inflate(MultiGzDecoder::new(source), backup, fresh, progress);
    }
    inflate(source, backup, fresh, progress)?;
    let log = beside(backup, "-wal");
    match File::open(&log) {
        Ok(mut source) => {
            let target = beside(fresh, "-wal");
            new_file(&target).map_err(|error| unusable(&target, &error))?;
            let mut target = File::options().write(true).open(&target).map_err(|error| unusable(&log, &error))?;
            pass(&mut source, &mut target, &log, |_| ControlFlow::Continue(())).map(drop)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(unusable(&log, &error)),
    }
}

/// For `fuzz/`: reads a backup as [`restore`] does, and puts it in nobody's place.
///
/// # Errors
/// Says what is wrong with the file.
#[cfg(fuzzing)]
pub fn read(backup: &Path) -> Result<Counts> {
    let fresh = Scrap::new(beside(backup, ".reading"))?;
    unpack(backup, &fresh.0, &crate::domain::keeping::unwatched())?;
    verify(&fresh.0, backup, VERSION)
}

/// Writes as many bytes as the database says it has, so that a file made to swell fills no disk.
fn inflate(mut source: impl Read, backup: &Path, fresh: &Path, progress: &Progress) -> Result<()> {
    let cut_short = |error: io::Error| match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
            file(backup, FileProblem::Damaged { detail: "it is cut short or garbled".to_owned() })
        }
        _ => unusable(backup, &error),
    };
    let mut header = Vec::new();
    source.by_ref().take(100).read_to_end(&mut header).map_err(cut_short)?;
    if header.get(..BEGINNING.len()) != Some(BEGINNING) {
        return Err(file(backup, FileProblem::NotABackup));
    }
    let size = stated_size(&header).unwrap_or(0);
    let mut target = File::options().write(true).open(fresh).map_err(|error| unusable(fresh, &error))?;
    target.write_all(&header).map_err(|error| unusable(fresh, &error))?;
    let mut done = u64::try_from(header.len()).unwrap_or(0);
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = source.read(&mut chunk).map_err(cut_short)?;
        let Some(piece) = chunk.get(..read).filter(|piece| !piece.is_empty()) else { break };
        done += u64::try_from(read).unwrap_or(0);
        if done > size {
            let detail = format!("it holds more than the {size} bytes that it states");
            return Err(file(backup, FileProblem::Damaged { detail }));
        }
        target.write_all(piece).map_err(|error| unusable(fresh, &error))?;
        if progress(done, size).is_break() {
            return Err(Notice::Stopped.into());
        }
    }
    if done < size {
        let detail = format!("it holds {done} of the {size} bytes that it states");
        return Err(file(backup, FileProblem::Damaged { detail }));
    }
    Ok(())
}

/// Page size times pages: <https://sqlite.org/fileformat.html#the_database_header>, offsets 16 and 28.
fn stated_size(header: &[u8]) -> Option<u64> {
    let page = u16::from_be_bytes(header.get(16..18)?.try_into().ok()?);
    let pages = u32::from_be_bytes(header.get(28..32)?.try_into().ok()?);
    let page = if page == 1 { 65_536 } else { u64::from(page) };
    Some(page * u64::from(pages))
}

/// Keeps the database under another name, with its log if that cannot be taken in. The old name stays as well, until it is
/// given to the new file, so that there is a database at every instant.
fn set_aside(database: &Path, now: Timestamp) -> Result<PathBuf> {
    let at = |error: io::Error| unusable(database, &error);
    // A sound one becomes one file. A damaged one stays as it is.
    if let Err(error) = take_in_log(database) {
        tracing::warn!(cause = format!("{error:#}"), "the replaced database is kept as it is, with its log");
    }
    let stamp = now.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string();
    let kept = beside(database, &format!(".replaced-{stamp}"));
    fs::hard_link(database, &kept).or_else(|_| copied(database, &kept)).map_err(at)?;
    for suffix in ["-wal", "-shm"] {
        match fs::rename(beside(database, suffix), beside(&kept, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(error)),
            _ => {}
        }
    }
    sync_folder(folder(database)).map_err(at)?;
    Ok(kept)
}

/// For file systems without second names.
fn copied(database: &Path, kept: &Path) -> io::Result<()> {
    new_file(kept)?;
    let mut target = File::options().write(true).truncate(true).open(kept)?;
    io::copy(&mut File::open(database)?, &mut target)?;
    target.sync_all()
}

fn take_in_log(database: &Path) -> anyhow::Result<()> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(database, flags)?;
    connection.pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get::<_, String>(0))?;
    connection.close().map_err(|(_, error)| error)?;
    Ok(())
}

fn file(path: &Path, problem: FileProblem) -> Error {
    Notice::File { path: path.display().to_string(), problem }.into()
}

fn unusable(path: &Path, error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::NotFound => file(path, FileProblem::Missing),
        io::ErrorKind::AlreadyExists => file(path, FileProblem::Exists),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Notice::Storage { problem: Storage::Full }.into(),
        _ => file(path, FileProblem::Unusable { cause: error.to_string() }),
    }
}

fn storage(cause: anyhow::Error) -> Error {
    match problem(&cause) {
        Some(problem) => Notice::Storage { problem }.into(),
        None => cause.into(),
    }
}

#[cfg(test)]
mod tests;

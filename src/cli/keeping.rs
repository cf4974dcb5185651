//! The terminal's part of keeping data: backups and the way back, exports, imports, removal of a person.
//!
//! Opens files, asks, shows progress and answers. What is done is done by the use cases and, without one, by `wiring`.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use flate2::bufread::MultiGzDecoder;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    act::{Doing, Exit, complain, is_yes},
    args::{ExportForm, ForgetAction, ImportArguments, ImportFrom, joined},
    json,
    render::harmless,
    terminal::{Meter, Terminal},
};
use crate::{
    app::{PythonOptions, PythonRustops, source_error},
    domain::{
        export::{self, Export},
        keeping::{Exported, FileProblem, Forgotten, Progress, Restored},
        notice::Notice,
        report::Outcome,
    },
    error::{Error, Result},
    legacy::{ReadError, Rows, Table, csv, dump, python_rustops, rustplusplus},
    view::{self, card::Face, keeping},
};

/// The most bytes of an export: more than a guild with all it may hold.
const MAX_EXPORT: u64 = 128 << 20;

/// The most bytes of the file `.activeServer` that are looked at.
const MAX_LINE: u64 = 4096;

/// Progress in hundredths, shared with work on another thread.
pub struct Percent(Arc<Meter>);

/// Progress in hundredths on this terminal.
pub fn percent(terminal: &Terminal) -> Percent {
    Percent(Arc::new(Meter::new(terminal, "%")))
}

impl Percent {
    /// Shows what it is told, and answers whether the person wants to go on.
    pub fn progress(&self) -> Progress {
        let meter = Arc::clone(&self.0);
        Box::new(move |done, of| meter.watch(done, of))
    }

    /// Takes it off the screen.
    pub fn clear(&self) {
        self.0.clear();
    }
}

impl Doing<'_> {
    pub(super) async fn backup(&mut self, file: Option<PathBuf>) -> io::Result<Exit> {
        let meter = percent(self.terminal);
        let report = self.app.backup(file, meter.progress()).await;
        meter.clear();
        self.show(report, keeping::backed_up, false)
    }

    pub(super) async fn export(&mut self, file: Option<PathBuf>, form: ExportForm) -> io::Result<Exit> {
        let export = match self.app.export(self.asker).await {
            Ok(export) => export,
            Err(error) => return self.complain(&error),
        };
        let text = match form {
            ExportForm::Json => json::document(&export)?,
            ExportForm::Csv => export::csv(&export),
            ExportForm::CsvSessions => export::csv_sessions(&export),
        };
        let Some(file) = file else {
            self.terminal.text(&text)?;
            return Ok(Exit::Done);
        };
        let report = write_new(&file, text.as_bytes()).map(|()| Exported {
            file: Some(file.display().to_string()),
            bytes: u64::try_from(text.len()).unwrap_or(u64::MAX),
            groups: export.groups.len(),
            members: export.members(),
        });
        self.show(report, keeping::exported, false)
    }

    pub(super) async fn import_data(&mut self, arguments: ImportArguments) -> io::Result<Exit> {
        match (arguments.from, arguments.file) {
            (Some(ImportFrom::PythonRustops { source, time_zone, active_server, dry_run }), _) => {
                let (source, beside) = match self.python_rustops(&source) {
                    Ok(read) => read,
                    Err(error) => return self.complain(&error),
                };
                let active_server = match active_server.map(|file| self.line_of(&file)).transpose() {
                    Ok(line) => line.or(beside),
                    Err(error) => return self.complain(&error),
                };
                let options = PythonOptions { time_zone: Some(time_zone), active_server, dry_run };
                let report = self.app.bring_over(self.asker, source, options).await;
                self.show(report, keeping::adopted, false)
            }
            (Some(ImportFrom::Rustplusplus { file, dry_run }), _) => {
                let plan = self
                    .whole(&file, rustplusplus::MAX_BYTES)
                    .and_then(|bytes| rustplusplus::plan(&bytes))
                    .map_err(|error| source_error(&file.display().to_string(), error));
                let report = match plan {
                    Ok(plan) => self.app.adopt(self.asker, plan, dry_run).await,
                    Err(error) => Err(error),
                };
                self.show(report, keeping::adopted, false)
            }
            (None, Some(file)) => {
                let report = match self.read_export(&file) {
                    Ok(export) => self.app.import(self.asker, &file.display().to_string(), export).await,
                    Err(error) => Err(error),
                };
                self.show(report, keeping::imported, false)
            }
            (None, None) => self.terminal.usage("Name a file to import."),
        }
    }

    /// The rows of a dump or a folder of tables, with what stands in `.activeServer` there; or the address to ask.
    fn python_rustops(&mut self, source: &SecretString) -> Result<(PythonRustops, Option<String>)> {
        let named = source.expose_secret();
        if named.starts_with("postgres://") || named.starts_with("postgresql://") {
            return Ok((PythonRustops::Live(source.clone()), None));
        }
        let path = Path::new(named);
        let wrong = |error| source_error(named, error);
        if path.is_dir() {
            let mut rows = Rows::default();
            for table in Table::ALL {
                let file = path.join(format!("{}.csv", table.name()));
                if file.exists() {
                    let read = self.opened(&file).and_then(|text| csv::read(table, text));
                    read.and_then(|read| rows.extend(read)).map_err(wrong)?;
                }
            }
            let line = path.join(python_rustops::ACTIVE_SERVER_FILE);
            let line = if line.exists() { Some(self.line_of(&line)?) } else { None };
            if !rows.found_table && line.is_none() {
                return Err(wrong(ReadError::Problem(FileProblem::NothingInside)));
            }
            return Ok((PythonRustops::Rows(rows), line));
        }
        let rows = self.opened(path).and_then(dump::read).map_err(wrong)?;
        if !rows.found_table {
            return Err(wrong(ReadError::Problem(FileProblem::NothingInside)));
        }
        Ok((PythonRustops::Rows(rows), None))
    }

    /// A file, or the standard input for `-`, unpacked if it is compressed; how far it is read is shown.
    fn opened(&mut self, path: &Path) -> std::result::Result<Box<dyn BufRead>, ReadError> {
        if path == Path::new("-") {
            return Ok(Box::new(io::stdin().lock()));
        }
        let mut text = BufReader::new(self.watched(path)?);
        let packed = text.fill_buf()?.starts_with(&[0x1f, 0x8b]);
        Ok(if packed { Box::new(BufReader::new(MultiGzDecoder::new(text))) } else { Box::new(text) })
    }

    fn watched(&self, path: &Path) -> io::Result<Watched> {
        let file = File::open(path)?;
        let of = file.metadata()?.len();
        Ok(Watched { file, done: 0, of, meter: percent(self.terminal) })
    }

    /// A file of at most `limit` bytes, or the standard input for `-`.
    fn whole(&self, path: &Path, limit: u64) -> std::result::Result<Vec<u8>, ReadError> {
        let source: Box<dyn Read> =
            if path == Path::new("-") { Box::new(io::stdin()) } else { Box::new(self.watched(path)?) };
        let mut bytes = Vec::new();
        source.take(limit + 1).read_to_end(&mut bytes)?;
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit {
            return Err(ReadError::Problem(FileProblem::TooLarge { limit }));
        }
        Ok(bytes)
    }

    fn line_of(&self, path: &Path) -> Result<String> {
        let wrong = |error| source_error(&path.display().to_string(), error);
        let bytes = self.whole(path, MAX_LINE).map_err(wrong)?;
        String::from_utf8(bytes)
            .map_err(|_| wrong(ReadError::Problem(FileProblem::Encoding { found: "something else".to_owned() })))
    }

    fn read_export(&self, path: &Path) -> Result<Export> {
        let wrong = |error| source_error(&path.display().to_string(), error);
        let bytes = self.whole(path, MAX_EXPORT).map_err(wrong)?;
        serde_json::from_slice(&bytes).map_err(|error| {
            use serde_json::error::Category;
            // The place, but not the words: they may quote the file.
            let detail = match error.classify() {
                Category::Eof => "it is cut short",
                Category::Data => "something is missing here, or has another form",
                Category::Syntax | Category::Io => "it is not JSON from here on",
            };
            let line = u64::try_from(error.line()).ok();
            wrong(ReadError::Problem(FileProblem::Malformed { line, detail: detail.to_owned() }))
        })
    }

    pub(super) async fn forget(&mut self, action: ForgetAction) -> io::Result<Exit> {
        let (app, asker) = (self.app, self.asker);
        match action {
            ForgetAction::Member { user, yes } => {
                let found = match app.forget_member(asker, &user, true).await {
                    Ok(found) => found,
                    Err(error) => return self.complain(&error),
                };
                if let Some(exit) = self.confirm(&found, yes)? {
                    return Ok(exit);
                }
                self.show(app.forget_member(asker, &user, false).await, keeping::forgotten, false)
            }
            ForgetAction::Player { player, pick, yes } => {
                let mut input = joined(&player);
                let found = match app.forget_player(asker, &input, true).await {
                    Ok(Outcome::Done(found)) => found,
                    Err(error) => return self.complain(&error),
                    Ok(Outcome::Choose(choice)) => {
                        let chosen = pick.and_then(|pick| choice.candidates.get(pick.checked_sub(1)?));
                        let Some(chosen) = chosen else {
                            let now = app.now();
                            let shown = |choice: &_| view::choices::card(choice, Face::Terminal, now);
                            self.show(Ok(choice), shown, false)?;
                            return Ok(Exit::Refused);
                        };
                        input = chosen.value();
                        match app.forget_player(asker, &input, true).await {
                            Ok(Outcome::Done(found)) => found,
                            Ok(Outcome::Choose(_)) => return Ok(Exit::Refused),
                            Err(error) => return self.complain(&error),
                        }
                    }
                };
                if let Some(exit) = self.confirm(&found, yes)? {
                    return Ok(exit);
                }
                let done = app.forget_player(asker, &input, false).await;
                let now = app.now();
                let shown = |outcome: &Outcome<Forgotten>| match outcome {
                    Outcome::Done(report) => keeping::forgotten(report),
                    Outcome::Choose(choice) => view::choices::card(choice, Face::Terminal, now),
                };
                self.show(done, shown, false)
            }
        }
    }

    /// Asks whether a person is to be forgotten. `None`: yes.
    fn confirm(&mut self, found: &Forgotten, yes: bool) -> io::Result<Option<Exit>> {
        if yes {
            return Ok(None);
        }
        if self.terminal.json {
            let exit = self.terminal.usage("Nothing was removed. Add --yes to remove without being asked.")?;
            return Ok(Some(exit));
        }
        self.terminal.complaint(&keeping::confirm_forgetting(found, Face::Terminal), self.app.now())?;
        if !self.terminal.interactive() {
            return Ok(Some(Exit::Usage));
        }
        let answer = self.terminal.ask("Remove all of it for good? (y/N) ")?;
        if is_yes(&answer.unwrap_or_default()) {
            return Ok(None);
        }
        self.terminal.warn("Nothing was removed.")?;
        Ok(Some(Exit::Refused))
    }
}

/// A file whose reading is shown.
struct Watched {
    file: File,
    done: u64,
    of: u64,
    meter: Percent,
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.done += u64::try_from(read).unwrap_or(0);
        // Nothing was changed yet, so that Ctrl-C may simply end the process.
        let _on = self.meter.0.watch(self.done, self.of);
        Ok(read)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.meter.clear();
    }
}

/// Writes a file that must not be there yet, whole or not at all, for the owner alone.
fn write_new(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let write = || -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist_noclobber(path)?;
        Ok(())
    };
    write().map_err(|error| {
        let problem = match error.kind() {
            io::ErrorKind::AlreadyExists => FileProblem::Exists,
            io::ErrorKind::NotFound => FileProblem::Missing,
            _ => FileProblem::Unusable { cause: error.to_string() },
        };
        Error::from(Notice::File { path: path.display().to_string(), problem })
    })
}

/// Asks whether the database is to be replaced. `None`: yes.
///
/// # Errors
/// When the terminal cannot be written or read.
pub fn confirm_restore(file: &Path, yes: bool, terminal: &mut Terminal) -> io::Result<Option<Exit>> {
    if yes {
        return Ok(None);
    }
    if !terminal.interactive() {
        return terminal.usage("Nothing was changed. Add --yes to replace the database without being asked.").map(Some);
    }
    let file = harmless(&file.display().to_string());
    let question = format!("Replace the database by {file}? The present one is kept beside it (y/N) ");
    Ok(if is_yes(&terminal.ask(&question)?.unwrap_or_default()) { None } else { Some(Exit::Refused) })
}

/// Shows what came of a restore.
///
/// # Errors
/// When the terminal cannot be written.
pub fn restored(report: Result<Restored>, now: Timestamp, terminal: &mut Terminal) -> io::Result<Exit> {
    match report {
        Err(error) => return complain(&error, now, terminal),
        Ok(report) if terminal.json => {
            let line = json::report("restore", &report)?;
            terminal.line(&line)?;
        }
        Ok(report) => terminal.card(&keeping::restored(&report), now)?,
    }
    Ok(Exit::Done)
}

//! The terminal's part of keeping data: backups and the way back.
//!
//! Asks, shows progress and answers. What is done is done by the use cases and, without one, by `wiring`.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;

use super::{
    act::{Doing, Exit, complain, is_yes},
    json,
    render::harmless,
    terminal::{Meter, Terminal},
};
use crate::{
    domain::keeping::{Progress, Restored},
    error::Result,
    view::keeping,
};

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
    Ok(if is_yes(&terminal.ask(&question)?) { None } else { Some(Exit::Refused) })
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

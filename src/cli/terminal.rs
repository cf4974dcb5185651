//! The terminal as it is: where answers and complaints go, whether somebody sits in front of it, how wide it is.
//!
//! No commands and no wording.

use std::{
    io::{self, IsTerminal as _, Read as _, Write},
    ops::ControlFlow,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use jiff::{Timestamp, tz::TimeZone};
use rustyline::{DefaultEditor, error::ReadlineError};
use secrecy::SecretString;

use super::{
    act::Exit,
    args::Colour,
    json,
    render::{self, Screen},
};
use crate::view::card::Card;

/// Where answers go.
pub struct Terminal {
    /// One line of JSON an answer, instead of a card.
    pub json: bool,
    out: Box<dyn Write + Send>,
    complaints: Box<dyn Write + Send>,
    colour: bool,
    columns: Option<usize>,
    is_terminal: bool,
    dictated: Vec<String>,
    paragraphs: bool,
    interactive: bool,
    meter: bool,
    zone: TimeZone,
    stop: Arc<AtomicBool>,
}

impl Terminal {
    /// Standard output and standard error. `columns` overrides what the terminal says of its width.
    pub fn standard(json: bool, colour: Colour, no_colour: bool, columns: Option<usize>) -> Self {
        let is_terminal = io::stdout().is_terminal();
        Self {
            json,
            out: Box::new(io::stdout()),
            complaints: Box::new(io::stderr()),
            colour: match colour {
                Colour::Auto => is_terminal && !no_colour,
                Colour::Always => true,
                Colour::Never => false,
            },
            columns,
            is_terminal,
            dictated: Vec::new(),
            paragraphs: false,
            interactive: is_terminal && io::stdin().is_terminal() && !json,
            meter: io::stderr().is_terminal() && !json,
            zone: TimeZone::system(),
            stop: Arc::default(),
        }
    }

    /// From now on nobody is asked, complaints stand between the answers, and times are told in UTC: for a guided tour.
    pub fn watch_nobody(&mut self) {
        self.complaints = Box::new(io::stdout());
        self.interactive = false;
        self.meter = false;
        self.zone = TimeZone::UTC;
    }

    /// Whether somebody can answer a question.
    pub fn interactive(&self) -> bool {
        self.interactive
    }

    /// To be set when the person wants long work to stop.
    pub fn stop(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stop)
    }

    /// Shows an answer.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn card(&mut self, card: &Card, now: Timestamp) -> io::Result<()> {
        let text = render::card(card, &self.screen(now));
        writeln!(self.out, "{}", text.trim_end_matches('\n'))
    }

    /// Shows what there is to choose from, before the choice is asked for.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn question(&mut self, card: &Card, now: Timestamp) -> io::Result<()> {
        let text = render::card(card, &Screen { asked: true, ..self.screen(now) });
        writeln!(self.out, "{}", text.trim_end_matches('\n'))
    }

    /// Shows what went wrong, where errors go.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn complaint(&mut self, card: &Card, now: Timestamp) -> io::Result<()> {
        let text = render::card(card, &self.screen(now));
        writeln!(self.complaints, "{}", text.trim_end_matches('\n'))
    }

    /// Writes a line as it is; the caller has made it harmless.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn line(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.out, "{line}")
    }

    /// Writes a text as it is.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn text(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }

    /// Writes a line where errors go.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn warn(&mut self, line: &str) -> io::Result<()> {
        writeln!(self.complaints, "{line}")
    }

    /// Tells that a command could not be understood.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn usage(&mut self, message: &str) -> io::Result<Exit> {
        if self.json {
            let line = json::usage(message)?;
            self.line(&line)?;
        } else {
            self.warn(message)?;
        }
        Ok(Exit::Usage)
    }

    /// Tells that nothing could be started, as when the database cannot be opened.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn cannot_start(&mut self, message: &str) -> io::Result<Exit> {
        if self.json {
            let line = json::cannot_start(message)?;
            self.line(&line)?;
        } else {
            self.warn(message)?;
        }
        Ok(Exit::Refused)
    }

    /// Asks and reads one line. `None` when the input ends or Ctrl-C is pressed.
    ///
    /// # Errors
    /// When it cannot be asked or read.
    pub fn ask(&mut self, prompt: &str) -> io::Result<Option<String>> {
        let mut editor = DefaultEditor::new().map_err(io::Error::other)?;
        match editor.readline(prompt) {
            Ok(line) => Ok(Some(line)),
            Err(ReadlineError::Interrupted | ReadlineError::Eof) => Ok(None),
            Err(error) => Err(io::Error::other(error)),
        }
    }

    /// From now on a list given on the standard input ends at an empty line, since commands follow it.
    pub(super) fn read_paragraphs(&mut self) {
        self.paragraphs = true;
    }

    /// The next list is this one, instead of what stands on the standard input.
    pub(super) fn dictate(&mut self, lines: &[&str]) {
        self.dictated = lines.iter().map(|&line| line.to_owned()).collect();
    }

    /// The list of lines that a command takes from the standard input, at most about `most` bytes of it. `None` when the
    /// person at the terminal presses Ctrl-C.
    ///
    /// # Errors
    /// When it cannot be read, or is not UTF-8.
    pub(super) fn list(&mut self, most: u64) -> io::Result<Option<String>> {
        if !self.dictated.is_empty() {
            return Ok(Some(std::mem::take(&mut self.dictated).join("\n")));
        }
        let mut text = String::new();
        if !self.interactive && !self.paragraphs {
            io::stdin().lock().take(most).read_to_string(&mut text)?;
            return Ok(Some(text));
        }
        if self.interactive {
            self.line("One player a line; an empty line ends the list, Ctrl-C drops it.")?;
        }
        while text.len() as u64 <= most {
            let line = if self.interactive {
                let Some(line) = self.ask("> ")? else { return Ok(None) };
                line
            } else {
                let mut line = String::new();
                io::stdin().read_line(&mut line)?;
                line
            };
            if line.trim().is_empty() {
                break;
            }
            text.push_str(line.trim_end_matches(['\n', '\r']));
            text.push('\n');
        }
        Ok(Some(text))
    }

    /// Asks for something that is not shown as it is typed.
    ///
    /// # Errors
    /// When it cannot be asked or read, or Ctrl-D ends the input.
    pub fn ask_hidden(&mut self, prompt: &str) -> io::Result<SecretString> {
        rpassword::prompt_password(prompt).map(SecretString::from)
    }

    fn screen(&self, now: Timestamp) -> Screen {
        let measured = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        let width = if self.is_terminal { self.columns.or_else(measured) } else { None };
        Screen { width, colour: self.colour, zone: self.zone.clone(), now, asked: false }
    }
}

/// Progress of long work, on standard error, only where somebody watches.
pub(super) struct Meter {
    what: &'static str,
    stop: Arc<AtomicBool>,
    shown: bool,
    written: Mutex<String>,
}

impl Meter {
    pub(super) fn new(terminal: &Terminal, what: &'static str) -> Self {
        Self { what, stop: terminal.stop(), shown: terminal.meter, written: Mutex::default() }
    }

    /// A progress that cannot be shown is no reason to stop the work.
    pub(super) fn show(&self, done: usize, of: usize) {
        self.write(format!("{done} of {of} {}", self.what));
    }

    fn write(&self, line: String) {
        if !self.shown {
            return;
        }
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if *written != line {
            write!(io::stderr(), "\r{line}").ok();
            *written = line;
        }
    }

    /// Shows how much of something is done, in hundredths, and tells whether to go on.
    pub(super) fn watch(&self, done: u64, of: u64) -> ControlFlow<()> {
        let hundredths = done.saturating_mul(100).checked_div(of).unwrap_or(100);
        self.write(format!("{} {}", hundredths.min(100), self.what));
        if self.stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    pub(super) fn clear(&self) {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if !written.is_empty() {
            write!(io::stderr(), "\r{}\r", " ".repeat(written.len())).ok();
            written.clear();
        }
    }
}

//! The prompt: lines from a person, with history and completion, or from a pipe, one by one.
//!
//! What a line means is read in `line` and done in `act`; here is only the conversation.

use std::{
    io::{self, BufRead as _},
    path::Path,
};

use jiff::{SignedDuration, Timestamp};
use rustyline::{
    CompletionType, Config, Editor, Helper, Highlighter, Hinter, Validator,
    completion::{Completer, Pair},
    error::ReadlineError,
    history::FileHistory,
};
use tokio::runtime::Handle;

use super::{
    act::{self, Exit},
    line::{Line, parse_line},
    render::harmless,
    terminal::Terminal,
};
use crate::{
    app::{App, Asker},
    domain::report::Suggestion,
    error::Result,
    view::{
        card::Face,
        command::{Command, Right},
        help::{self, Caller},
        presence, words,
    },
};

/// Moves the time of the pretend world forward and tells what it is then.
pub type MoveTime = dyn Fn(SignedDuration) -> Timestamp;

/// A conversation: who talks with what.
pub struct Talk<'a> {
    /// The use cases.
    pub app: &'a App,
    /// Who asks.
    pub asker: Asker,
    /// Where answers go.
    pub terminal: &'a mut Terminal,
    /// Where the use cases run; the conversation itself blocks.
    pub runtime: Handle,
    /// In a pretend world, its time.
    pub time: Option<&'a MoveTime>,
}

/// What came of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// It was carried out, more or less.
    Went(Exit),
    /// The conversation is over.
    Leave,
}

impl Talk<'_> {
    /// Carries out one line.
    ///
    /// # Errors
    /// When the terminal cannot be written or read.
    pub fn say(&mut self, line: &str) -> io::Result<Said> {
        if let Some(rest) = self.time.and_then(|_| demo_words(line)) {
            return self.demo(rest).map(Said::Went);
        }
        let arguments = match parse_line(line) {
            Ok(Line::Nothing) => return Ok(Said::Went(Exit::Done)),
            Ok(Line::Leave) => return Ok(Said::Leave),
            Ok(Line::Overview) => return self.overview().map(Said::Went),
            Ok(Line::Help(text)) => {
                self.terminal.line(text.trim_end())?;
                return Ok(Said::Went(Exit::Done));
            }
            Ok(Line::Do(arguments)) => arguments,
            Err(error) => return self.terminal.usage(&error.to_string()).map(Said::Went),
        };
        let json = self.terminal.json;
        self.terminal.json |= arguments.global.json;
        let asker = arguments.global.guild.map_or_else(|| self.asker.clone(), Asker::terminal);
        let done = self.runtime.block_on(act::act(self.app, &asker, arguments.action, self.terminal));
        let exit = match done? {
            Some(exit) => exit,
            None => self.terminal.usage("That does not work at this prompt. Leave it with `exit` first.")?,
        };
        self.terminal.json = json;
        Ok(Said::Went(exit))
    }

    /// The next sensible step, and every command.
    fn overview(&mut self) -> io::Result<Exit> {
        let now = self.app.now();
        let groups = match self.runtime.block_on(self.app.group_list(&self.asker)) {
            Ok(groups) => groups,
            Err(error) => return act::complain(&error, now, self.terminal),
        };
        let caller =
            Caller { right: Right::Manage, server_is_set: groups.server.is_some(), groups: groups.groups.len() };
        self.terminal.card(&help::help(caller), now)?;
        if self.time.is_some() {
            self.terminal.line("Time passes here when you say so: demo forward 3h")?;
        }
        self.terminal.line("help group add tells more about a command; Tab completes; exit leaves.")?;
        Ok(Exit::Done)
    }

    fn demo(&mut self, rest: &str) -> io::Result<Exit> {
        let by = rest.strip_prefix("forward").map(str::trim).and_then(|text| text.parse::<SignedDuration>().ok());
        match (self.time, by) {
            (Some(time), Some(by)) if by.is_positive() => {
                let now = time(by);
                self.terminal.line(&format!("It is {} now.", now.strftime("%A %H:%M UTC")))?;
                Ok(Exit::Done)
            }
            _ => self.terminal.usage("Say how far to move the time, such as: demo forward 3h"),
        }
    }

    /// Carries out each line of the standard input. The exit is the worst of all.
    ///
    /// # Errors
    /// When the input or the terminal fails.
    pub fn obey(&mut self) -> io::Result<Exit> {
        self.terminal.read_paragraphs();
        let mut worst = Exit::Done;
        loop {
            let mut line = Vec::new();
            if io::stdin().lock().read_until(b'\n', &mut line)? == 0 {
                return Ok(worst);
            }
            let said = match str::from_utf8(&line) {
                Ok(line) => self.say(line)?,
                Err(_) => self.terminal.usage("This line is not text in UTF-8.").map(Said::Went)?,
            };
            match said {
                Said::Leave => return Ok(worst),
                Said::Went(exit) => worst = if exit as u8 > worst as u8 { exit } else { worst },
            }
        }
    }

    /// Talks with a person until they leave. `history` is kept between conversations.
    ///
    /// # Errors
    /// When the terminal fails.
    pub fn converse(&mut self, history: Option<&Path>) -> io::Result<Exit> {
        self.terminal.read_paragraphs();
        let listing = Config::builder().completion_type(CompletionType::List).build();
        let mut editor: Editor<Suggestions, FileHistory> = Editor::with_config(listing).map_err(io::Error::other)?;
        editor.set_helper(Some(Suggestions {
            app: self.app.clone(),
            asker: self.asker.clone(),
            runtime: self.runtime.clone(),
            pretend: self.time.is_some(),
        }));
        if let Some(path) = history.filter(|path| path.exists()) {
            // A history that cannot be read or kept costs nobody their work.
            if let Err(error) = editor.load_history(path) {
                tracing::debug!(%error, "no history");
            }
        }
        loop {
            match editor.readline("rustops> ") {
                Ok(line) => {
                    editor.add_history_entry(line.trim()).map_err(io::Error::other)?;
                    if let Some(Err(error)) = history.map(|path| editor.append_history(path)) {
                        tracing::debug!(%error, "the history was not kept");
                    }
                    if self.say(&line)? == Said::Leave {
                        return Ok(Exit::Done);
                    }
                    if !line.trim().is_empty() {
                        self.terminal.line("")?;
                    }
                }
                // Ctrl-C drops the line that was being typed, as in a shell.
                Err(ReadlineError::Interrupted) => {}
                Err(ReadlineError::Eof) => return Ok(Exit::Done),
                Err(error) => return Err(io::Error::other(error)),
            }
        }
    }
}

/// What follows `demo` or `/demo`.
fn demo_words(line: &str) -> Option<&str> {
    let line = line.trim();
    let rest = line.strip_prefix('/').unwrap_or(line).strip_prefix("demo")?;
    (rest.is_empty() || rest.starts_with(' ')).then_some(rest.trim())
}

/// Completes commands, groups and players from our own database.
#[derive(Helper, Highlighter, Hinter, Validator)]
struct Suggestions {
    app: App,
    asker: Asker,
    runtime: Handle,
    pretend: bool,
}

impl Completer for Suggestions {
    type Candidate = Pair;

    fn complete(&self, line: &str, pos: usize, _: &rustyline::Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let head = line.get(..pos).unwrap_or(line);
        let skipped = head.len() - head.trim_start_matches(['/', ' ']).len();
        let typed = head.get(skipped..).unwrap_or(head);
        let Some((command, argument)) = commands().find_map(|command| {
            let rest = typed.strip_prefix(command.as_str())?.strip_prefix(' ')?;
            Some((command, rest))
        }) else {
            let demo = self.pretend.then(|| "demo forward".to_owned());
            let fitting = commands().chain(demo).filter(|command| command.starts_with(typed));
            let pairs = fitting.map(|command| Pair { display: command.clone(), replacement: format!("{command} ") });
            return Ok((skipped, pairs.collect()));
        };
        let (start, argument, group) = last_argument(&command, argument, pos);
        // Completion is a courtesy: a database that fails says so when the command is run.
        let found = self.runtime.block_on(self.suggest(&command, group.as_deref(), argument)).unwrap_or_else(|error| {
            tracing::debug!(?error, "no completion");
            Vec::new()
        });
        Ok((start, found))
    }
}

impl Suggestions {
    async fn suggest(&self, command: &str, group: Option<&str>, typed: &str) -> Result<Vec<Pair>> {
        let typed = typed.trim_matches('"');
        let (suggestions, filled) = match (command, group) {
            ("group remove", Some(group)) => {
                (self.app.suggest_members(&self.asker, group, typed).await?, Filled::ByName)
            }
            ("group add", Some(_)) | ("player check" | "player history", _) => {
                (self.app.suggest_players(&self.asker, group, typed).await?, Filled::ById)
            }
            ("server set", _) | ("group server", Some(_)) => {
                (self.app.suggest_servers(&self.asker, typed).await?, Filled::ById)
            }
            (command, None) if command.starts_with("group") => {
                let more = if takes_two(command) { Filled::AndMore } else { Filled::ByName };
                (self.app.suggest_groups(&self.asker, typed).await?, more)
            }
            _ => (Vec::new(), Filled::ByName),
        };
        // Only the last one is certain; before that, typing goes on along the names.
        let by_id = filled == Filled::ById && suggestions.len() == 1;
        let pair = |suggestion: Suggestion| {
            let word = quoted(if by_id { &suggestion.value } else { &suggestion.name });
            let blank = if filled == Filled::AndMore { " " } else { "" };
            Pair { replacement: format!("{word}{blank}"), display: self.label(&suggestion) }
        };
        Ok(suggestions.into_iter().map(pair).collect())
    }

    /// A suggestion as it is listed: `Tee Higgins · last seen 8h ago`.
    fn label(&self, suggestion: &Suggestion) -> String {
        let now = self.app.now();
        let state = suggestion.presence.as_ref().map(|presence| presence::state(Face::Terminal, presence, now));
        let state = state.map(|state| format!(" · {}", words::flat(Face::Terminal, &state, now)));
        harmless(&format!("{}{}", presence::called(suggestion), state.unwrap_or_default()))
    }
}

/// What a completion puts into the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Filled {
    /// The name.
    ByName,
    /// The name, and the next argument follows.
    AndMore,
    /// The id once there is only one left, which needs no search any more.
    ById,
}

fn commands() -> impl Iterator<Item = String> {
    let ours = Command::ALL.into_iter().map(|command| command.terminal().trim_start_matches("rustops ").to_owned());
    ours.chain(["exit".to_owned()])
}

/// Where the argument under the cursor begins, what is typed of it, and the group before it if there is one.
fn last_argument<'a>(command: &str, rest: &'a str, pos: usize) -> (usize, &'a str, Option<String>) {
    let rest = rest.strip_prefix("-- ").unwrap_or(rest);
    if takes_two(command) {
        let split = match rest.strip_prefix('"') {
            Some(open) => open.split_once("\" "),
            None => rest.split_once(' '),
        };
        if let Some((group, argument)) = split {
            return (pos - argument.len(), argument, Some(group.to_owned()));
        }
    }
    (pos - rest.len(), rest, None)
}

/// Whether a group is followed by a player or a server.
fn takes_two(command: &str) -> bool {
    matches!(command, "group add" | "group remove" | "group server" | "group change")
}

/// The word as it has to be typed.
fn quoted(word: &str) -> String {
    let escaped = || word.replace('\\', "\\\\").replace('"', "\\\"");
    match word.strip_prefix('-') {
        Some(_) => format!("-- \"{}\"", escaped()),
        None if word.contains([' ', '"', '\'', ':']) => format!("\"{}\"", escaped()),
        None => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_player_is_completed_after_the_group() {
        let line = "group add \"Purple Base\" Chen";
        let (start, typed, group) = last_argument("group add", "\"Purple Base\" Chen", line.len());
        assert_eq!((line.get(start..).unwrap(), typed, group.as_deref()), ("Chen", "Chen", Some("Purple Base")));
    }

    #[test]
    fn a_group_with_a_blank_is_completed_whole() {
        let line = "group check Purple B";
        let (start, typed, group) = last_argument("group check", "Purple B", line.len());
        assert_eq!((line.get(start..).unwrap(), typed, group), ("Purple B", "Purple B", None));
    }

    #[test]
    fn the_demo_has_words_of_its_own() {
        assert_eq!(demo_words("/demo forward 3h"), Some("forward 3h"));
        assert_eq!(demo_words(" demo "), Some(""));
        assert_eq!(demo_words("demolish"), None);
        assert_eq!(demo_words("group check demo"), None);
    }
}

//! What a command line means, done: one use case, its answer shown, an exit code.
//!
//! Knows every action and no grammar: what was typed is read in `args` and `line`. No rules and no wording of answers.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

use super::{
    args::{Action, GroupAction, PlayerAction, ServerAction, joined},
    json,
    render::harmless,
    terminal::{Meter, Terminal},
};
use crate::{
    app::{App, Asker},
    domain::{
        ids::SteamId,
        notice::{Blame, Notice},
        report::{Choice, GroupHistory, Outcome, PlayerCheck, Status},
    },
    error::{Error, Result},
    view::{
        self,
        card::{Card, Face},
        help::About,
        words,
    },
};

/// What `about` says of this build.
pub const ABOUT: About = About {
    version: env!("CARGO_PKG_VERSION"),
    licence: env!("CARGO_PKG_LICENSE"),
    home: crate::domain::release::HOME,
};

/// How many changes `audit` shows.
const AUDIT_LINES: u64 = 20;

/// More than any list of players; whatever is longer was named by mistake.
const MOST_BYTES: u64 = 1 << 20;

/// How a command ended, as an exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It was done.
    Done = 0,
    /// It was refused, or what it names does not exist, or a choice is needed.
    Refused = 1,
    /// It was not understood.
    Usage = 2,
    /// An outside service failed.
    Outside = 3,
    /// Discord refused the token; starting again does not help.
    TokenRefused = 4,
    /// Discord refused the intents; starting again does not help.
    IntentsRefused = 5,
    /// The bot cannot use the database, and could not the next time.
    Database = 6,
}

/// Does `action` for `asker` and shows the answer. `None` for what is not done with an [`App`], such as `run`.
///
/// # Errors
/// Only when the terminal itself cannot be written or read.
pub async fn act(app: &App, asker: &Asker, action: Action, terminal: &mut Terminal) -> io::Result<Option<Exit>> {
    let mut doing = Doing { app, asker, terminal, name: action.name() };
    let exit = match action {
        Action::Server(action) => doing.server(action).await?,
        Action::Group(action) => doing.group(action).await?,
        Action::Player(PlayerAction::Check { player, pick }) => {
            let now = app.now();
            let mut failed = false;
            let check = async |input: String| {
                let outcome = app.player_check(asker, &input).await;
                failed = matches!(&outcome, Ok(Outcome::Done(report)) if report.trouble.is_some());
                outcome
            };
            let card = |report: &PlayerCheck| view::player::check(report, Face::Terminal, now);
            let exit = doing.choosing(joined(&player), pick, check, card).await?;
            if failed { Exit::Outside } else { exit }
        }
        Action::Player(PlayerAction::History { player, pick, page, older }) => {
            let history = async |input: String| match older {
                true => app.player_history_with_older(asker, &input, page).await,
                false => app.player_history(asker, &input, page).await,
            };
            doing
                .choosing(joined(&player), pick, history, |report| view::history::player(report, Face::Terminal))
                .await?
        }
        Action::Status => {
            let card = |report: &Status| view::status::status(report, Face::Terminal);
            doing.show(app.status_for(asker, None).await, card, false)?
        }
        Action::Settings(flags) => {
            doing.show(app.settings(asker, flags.patch()).await, view::status::settings, false)?
        }
        Action::Audit => doing.show(app.audit(asker, 0, AUDIT_LINES).await, view::changes::audit, false)?,
        Action::Undo { change } => doing.show(app.undo(asker, change).await, view::changes::undone, false)?,
        Action::Setup(_) | Action::Doctor { .. } | Action::Service(_) | Action::Health => return Ok(None),
        Action::About => doing.about()?,
        Action::Backup { file } => doing.backup(file).await?,
        Action::Export { file, format } => doing.export(file, format).await?,
        Action::Import(arguments) => doing.import_data(arguments).await?,
        Action::Forget(action) => doing.forget(action).await?,
        Action::Restore { .. }
        | Action::Demo
        | Action::Shell
        | Action::Run
        | Action::Config(_)
        | Action::Completions { .. }
        | Action::Man => {
            return Ok(None);
        }
    };
    Ok(Some(exit))
}

/// One action under way.
pub(super) struct Doing<'a> {
    pub(super) app: &'a App,
    pub(super) asker: &'a Asker,
    pub(super) terminal: &'a mut Terminal,
    name: &'static str,
}

impl Doing<'_> {
    fn about(&mut self) -> io::Result<Exit> {
        if self.terminal.json {
            let About { version, licence, home } = ABOUT;
            let line = json::report(self.name, &json!({ "version": version, "licence": licence, "home": home }))?;
            self.terminal.line(&line)?;
        } else {
            self.terminal.card(&view::help::about(ABOUT), self.app.now())?;
        }
        Ok(Exit::Done)
    }

    async fn server(&mut self, action: ServerAction) -> io::Result<Exit> {
        let (app, asker) = (self.app, self.asker);
        match action {
            ServerAction::Set { server, pick } => {
                let set = async |input: String| app.server_set(asker, &input).await;
                self.choosing(joined(&server), pick, set, view::server::set).await
            }
            ServerAction::Get => {
                let report = app.server_get(asker).await;
                let failed = report.as_ref().is_ok_and(|report| report.trouble.is_some());
                self.show(report, view::server::get, failed)
            }
            ServerAction::Clear => self.show(app.server_clear(asker).await, view::server::cleared, false),
        }
    }

    async fn group(&mut self, action: GroupAction) -> io::Result<Exit> {
        let (app, asker) = (self.app, self.asker);
        match action {
            GroupAction::List => self.show(app.group_list(asker).await, view::group::list, false),
            GroupAction::Add { group, player, steam, pick } => self.add(&group, joined(&player), steam, pick).await,
            GroupAction::Import { group, file } => self.import(&group, &file).await,
            GroupAction::Remove { group, player, pick } => {
                let remove = async |input: String| app.group_remove(asker, &group, &input).await;
                self.choosing(joined(&player), pick, remove, view::group::removed).await
            }
            GroupAction::Check { group } => {
                let report = app.group_check(asker, &joined(&group)).await;
                let failed = report.as_ref().is_ok_and(|report| report.trouble.is_some());
                self.show(report, view::group::check, failed)
            }
            GroupAction::Board { group, channel, .. } => {
                let group = Some(joined(&group)).filter(|group| !group.is_empty());
                match channel {
                    Some(channel) => {
                        let set = app.board_set(asker, group.as_deref(), channel).await;
                        self.show(set, view::board::set, false)
                    }
                    // No channel is how `--off` reads.
                    None => self.show(app.board_off(asker, group.as_deref()).await, view::board::removed, false),
                }
            }
            GroupAction::History { group, page } => {
                let shown = |report: &GroupHistory| view::history::group(report, Face::Terminal);
                self.show(app.group_history(asker, &joined(&group), page).await, shown, false)
            }
            GroupAction::Del { group, yes } => self.delete(&joined(&group), yes).await,
            GroupAction::Change { group, new_name } => {
                self.show(app.group_rename(asker, &group, &joined(&new_name)).await, view::group::renamed, false)
            }
            GroupAction::Update { group } => {
                self.show(app.group_update(asker, &joined(&group)).await, view::group::updated, false)
            }
            GroupAction::Server { group, server, pick, .. } => {
                // No server is how `--clear` reads.
                let pin = async |input: String| {
                    let server = Some(input).filter(|input| !input.is_empty());
                    app.group_pin(asker, &group, server.as_deref()).await
                };
                self.choosing(joined(&server), pick, pin, view::group::pinned).await
            }
        }
    }

    async fn add(
        &mut self,
        group: &str,
        player: String,
        mut steam: Option<SteamId>,
        pick: Option<usize>,
    ) -> io::Result<Exit> {
        let (app, asker) = (self.app, self.asker);
        let input = match (player.is_empty(), steam) {
            (true, Some(steam)) => steam.to_string(),
            _ => player,
        };
        let add = async |input: String| {
            let outcome = app.group_add(asker, group, &input, steam).await;
            // The account that led to the question belongs to whoever is chosen.
            if let Ok(Outcome::Choose(choice)) = &outcome {
                steam = choice.steam.or(steam);
            }
            outcome
        };
        self.choosing(input, pick, add, view::group::added).await
    }

    async fn import(&mut self, group: &str, file: &Path) -> io::Result<Exit> {
        let from_input = file == Path::new("-");
        let lines = if from_input { self.terminal.list(MOST_BYTES) } else { read_lines(file).map(Some) };
        let lines = match lines {
            Ok(Some(lines)) => lines,
            Ok(None) => {
                self.terminal.warn("Nothing was added.")?;
                return Ok(Exit::Refused);
            }
            Err(cause) => {
                let what = if from_input { "The standard input" } else { &harmless(&file.display().to_string()) };
                return self.terminal.usage(&format!("{what} {}", unreadable(cause.kind())));
            }
        };
        let meter = Meter::new(self.terminal, "lines");
        let report = self.app.group_import(self.asker, group, &lines, |done, of| meter.show(done, of)).await;
        meter.clear();
        self.show(report, view::group::imported, false)
    }

    /// Does something that may need a choice: the one of `--pick`, or the person's, or none.
    async fn choosing<T: Serialize>(
        &mut self,
        input: String,
        pick: Option<usize>,
        mut once: impl AsyncFnMut(String) -> Result<Outcome<T>>,
        card: impl Fn(&T) -> Card,
    ) -> io::Result<Exit> {
        let outcome = match once(input).await {
            Ok(Outcome::Choose(choice)) if pick.is_some() || self.terminal.interactive() => {
                let picked = match pick {
                    Some(pick) => pick,
                    None => match self.ask(&choice)? {
                        Some(picked) => picked,
                        None => {
                            self.terminal.warn("Nothing was changed.")?;
                            return Ok(Exit::Refused);
                        }
                    },
                };
                let candidate = picked.checked_sub(1).and_then(|index| choice.candidates.get(index));
                match candidate {
                    Some(candidate) => once(candidate.value()).await,
                    None => Err(Notice::NoSuchChoice { pick: picked, candidates: choice.candidates }.into()),
                }
            }
            outcome => outcome,
        };
        match outcome {
            Err(error) => self.complain(&error),
            Ok(outcome) => {
                let (now, done) = (self.app.now(), matches!(outcome, Outcome::Done(_)));
                let shown = |outcome: &Outcome<T>| match outcome {
                    Outcome::Done(report) => card(report),
                    Outcome::Choose(choice) => view::choices::card(choice, Face::Terminal, now),
                };
                let exit = self.show(Ok(outcome), shown, false)?;
                Ok(if done { exit } else { Exit::Refused })
            }
        }
    }

    /// Asks the person at the terminal. None when they want none of them.
    fn ask(&mut self, choice: &Choice) -> io::Result<Option<usize>> {
        let now = self.app.now();
        self.terminal.question(&view::choices::card(choice, Face::Terminal, now), now)?;
        let most = choice.candidates.len();
        loop {
            let prompt = format!("Which one (1 to {most}, Enter for none)? ");
            let answer = self.terminal.ask(&prompt)?.unwrap_or_default();
            match answer.trim() {
                "" => return Ok(None),
                number => match number.trim_end_matches('.').parse() {
                    Ok(number) if (1..=most).contains(&number) => return Ok(Some(number)),
                    _ => self.terminal.warn(&format!("Type a number from 1 to {most}."))?,
                },
            }
        }
    }

    async fn delete(&mut self, group: &str, yes: bool) -> io::Result<Exit> {
        let brief = match self.app.group_brief(self.asker, group).await {
            Ok(brief) => brief,
            Err(error) => return self.complain(&error),
        };
        if !yes {
            if self.terminal.json {
                return self.terminal.usage("Nothing was deleted. Add --yes to delete without being asked.");
            }
            if !self.terminal.interactive() {
                let card = view::group::confirm_deletion(&brief, Face::Terminal);
                self.terminal.complaint(&card, self.app.now())?;
                return Ok(Exit::Usage);
            }
            let members = words::count(brief.members, "member", "members");
            let group = harmless(&brief.group);
            let prompt = format!("Delete {group} with {members}? It can be brought back for 30 days. (y/N) ");
            if !is_yes(&self.terminal.ask(&prompt)?.unwrap_or_default()) {
                self.terminal.warn("Nothing was deleted.")?;
                return Ok(Exit::Refused);
            }
        }
        let report = self.app.group_delete(self.asker, group).await;
        self.show(report, view::group::deleted, false)
    }

    pub(super) fn show<T: Serialize>(
        &mut self,
        report: Result<T>,
        card: impl Fn(&T) -> Card,
        service_failed: bool,
    ) -> io::Result<Exit> {
        let report = match report {
            Ok(report) => report,
            Err(error) => return self.complain(&error),
        };
        if self.terminal.json {
            let line = json::report(self.name, &report)?;
            self.terminal.line(&line)?;
        } else {
            self.terminal.card(&card(&report), self.app.now())?;
        }
        Ok(if service_failed { Exit::Outside } else { Exit::Done })
    }

    pub(super) fn complain(&mut self, error: &Error) -> io::Result<Exit> {
        complain(error, self.app.now(), self.terminal)
    }
}

/// Shows an error; the chain of a failure goes to the log, once.
///
/// # Errors
/// When the terminal cannot be written.
pub fn complain(error: &Error, now: Timestamp, terminal: &mut Terminal) -> io::Result<Exit> {
    match error {
        Error::Notice(notice) => {
            if terminal.json {
                let line = json::notice(notice, now)?;
                terminal.line(&line)?;
            } else {
                terminal.complaint(&view::notice::card(notice, Face::Terminal, now), now)?;
            }
            Ok(match notice.blame() {
                Blame::Request => Exit::Refused,
                Blame::Outside => Exit::Outside,
            })
        }
        Error::Failure(failure) => {
            tracing::error!(reference = failure.reference(), cause = failure.chain(), "a command failed");
            if terminal.json {
                let line = json::failure(failure.reference())?;
                terminal.line(&line)?;
            } else {
                terminal.complaint(&view::notice::failure(failure.reference()), now)?;
            }
            Ok(Exit::Refused)
        }
    }
}

fn read_lines(file: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(file)?.take(MOST_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

/// The end of a sentence that says why a file cannot be read.
pub(super) fn unreadable(cause: io::ErrorKind) -> String {
    match cause {
        io::ErrorKind::NotFound => "does not exist.".to_owned(),
        io::ErrorKind::InvalidData => "is not text in UTF-8.".to_owned(),
        io::ErrorKind::IsADirectory => "is a folder, not a file.".to_owned(),
        cause => format!("cannot be read: {cause}."),
    }
}

pub(super) fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}

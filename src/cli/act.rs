//! What a command line means, done: one use case, its answer shown, an exit code.
//!
//! Knows every action and no grammar: what was typed is read in `args` and `line`. No rules and no wording of answers.

use std::io;

use jiff::Timestamp;
use serde::Serialize;

use super::{
    json,
    terminal::{Meter, Terminal},
};
use crate::{
    app::{App, Asker},
    domain::{
        ids::{ChangeId, SteamId},
        notice::Notice,
        report::{Choice, Outcome, SettingsPatch},
    },
    error::{Error, Result},
    view::{
        self,
        card::{Card, Face},
    },
};

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `server set`
    ServerSet {
        /// Name, id or link.
        name: String,
        /// The candidate to take, from 1.
        pick: Option<usize>,
    },
    /// `server get`
    ServerGet,
    /// `server clear`
    ServerClear,
    /// `group list`
    GroupList,
    /// `group add`
    GroupAdd {
        /// The group's name.
        group: String,
        /// Name, id or link.
        player: String,
        /// The Steam account that the player is known to be.
        steam: Option<SteamId>,
        /// The candidate to take, from 1.
        pick: Option<usize>,
    },
    /// `group import`
    GroupImport {
        /// The group's name.
        group: String,
        /// One player a line.
        lines: String,
    },
    /// `group remove`
    GroupRemove {
        /// The group's name.
        group: String,
        /// Name, id or link.
        member: String,
        /// The candidate to take, from 1.
        pick: Option<usize>,
    },
    /// `group check`
    GroupCheck {
        /// The group's name.
        group: String,
    },
    /// `group del`
    GroupDelete {
        /// The group's name.
        group: String,
        /// Confirmed already.
        yes: bool,
    },
    /// `group change`, `group rename`
    GroupRename {
        /// The group's name.
        group: String,
        /// The name to give it.
        new_name: String,
    },
    /// `group update`
    GroupUpdate {
        /// The group's name.
        group: String,
    },
    /// `group server`
    GroupPin {
        /// The group's name.
        group: String,
        /// Name, id or link; none: follow the active server.
        server: Option<String>,
        /// The candidate to take, from 1.
        pick: Option<usize>,
    },
    /// `player check`
    PlayerCheck {
        /// Name, id or link.
        player: String,
        /// The candidate to take, from 1.
        pick: Option<usize>,
    },
    /// `status`
    Status,
    /// `settings`
    Settings(SettingsPatch),
    /// `audit`
    Audit {
        /// How many changes.
        most: u64,
    },
    /// `undo`
    Undo {
        /// Which; none: the last one that stands.
        change: Option<ChangeId>,
    },
    /// `help`
    Help,
    /// `about`
    About,
}

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
}

/// Does `action` for `asker` and shows the answer.
///
/// # Errors
/// Only when the terminal itself cannot be written or read.
pub async fn act(app: &App, asker: &Asker, action: Action, terminal: &mut Terminal) -> io::Result<Exit> {
    let name = action.name();
    let mut doing = Doing { app, asker, terminal, name };
    match action {
        Action::ServerSet { name, pick } => {
            doing.choosing(name, pick, async |input| app.server_set(asker, &input).await, view::server::set).await
        }
        Action::ServerGet => {
            let report = app.server_get(asker).await;
            let failed = report.as_ref().is_ok_and(|report| report.trouble.is_some());
            doing.show(report, view::server::get, failed)
        }
        Action::ServerClear => doing.show(app.server_clear(asker).await, view::server::cleared, false),
        Action::GroupList => doing.show(app.group_list(asker).await, view::group::list, false),
        Action::GroupAdd { group, player, mut steam, pick } => {
            let add = async |input: String| {
                let outcome = app.group_add(asker, &group, &input, steam).await;
                if let Ok(Outcome::Choose(choice)) = &outcome {
                    steam = choice.steam.or(steam);
                }
                outcome
            };
            doing.choosing(player, pick, add, view::group::added).await
        }
        Action::GroupImport { group, lines } => {
            let meter = Meter::new(doing.terminal, "lines");
            let report = app.group_import(asker, &group, &lines, |done, of| meter.show(done, of)).await;
            meter.clear();
            doing.show(report, view::group::imported, false)
        }
        Action::GroupRemove { group, member, pick } => {
            let remove = async |input: String| app.group_remove(asker, &group, &input).await;
            doing.choosing(member, pick, remove, view::group::removed).await
        }
        Action::GroupCheck { group } => {
            let report = app.group_check(asker, &group).await;
            let failed = report.as_ref().is_ok_and(|report| report.trouble.is_some());
            doing.show(report, view::group::check, failed)
        }
        Action::GroupDelete { group, yes } => doing.delete(&group, yes).await,
        Action::GroupRename { group, new_name } => {
            doing.show(app.group_rename(asker, &group, &new_name).await, view::group::renamed, false)
        }
        Action::GroupUpdate { group } => {
            doing.show(app.group_update(asker, &group).await, view::group::updated, false)
        }
        Action::GroupPin { group, server: None, .. } => match app.group_pin(asker, &group, None).await {
            Ok(Outcome::Done(report)) => doing.show(Ok(report), view::group::pinned, false),
            Ok(Outcome::Choose(choice)) => doing.ask_back(&choice),
            Err(error) => doing.complain(&error),
        },
        Action::GroupPin { group, server: Some(server), pick } => {
            let pin = async |input: String| app.group_pin(asker, &group, Some(&input)).await;
            doing.choosing(server, pick, pin, view::group::pinned).await
        }
        Action::PlayerCheck { player, pick } => {
            let now = app.now();
            let check = async |input: String| app.player_check(asker, &input).await;
            doing.choosing(player, pick, check, |report| view::player::check(report, now)).await
        }
        Action::Status => doing.show(app.status(None).await, view::status::status, false),
        Action::Settings(patch) => doing.show(app.settings(asker, patch).await, view::status::settings, false),
        Action::Audit { most } => doing.show(app.audit(asker, 0, most).await, view::changes::audit, false),
        Action::Undo { change } => doing.show(app.undo(asker, change).await, view::changes::undone, false),
        Action::Help | Action::About => doing.tell_about(&action),
    }
}

/// One action under way.
struct Doing<'a> {
    app: &'a App,
    asker: &'a Asker,
    terminal: &'a mut Terminal,
    name: &'static str,
}

impl Doing<'_> {
    /// Does something that may need a choice: the one of `--pick`, or the person's, or none.
    async fn choosing<T: Serialize>(
        &mut self,
        input: String,
        pick: Option<usize>,
        mut once: impl AsyncFnMut(String) -> Result<Outcome<T>>,
        card: impl Fn(&T) -> Card,
    ) -> io::Result<Exit> {
        let choice = match once(input).await {
            Ok(Outcome::Done(report)) => return self.show(Ok(report), card, false),
            Err(error) => return self.complain(&error),
            Ok(Outcome::Choose(choice)) => choice,
        };
        let pick = match pick {
            Some(pick) => pick,
            None => match self.ask(&choice)? {
                Some(pick) => pick,
                None => return Ok(Exit::Refused),
            },
        };
        let picked = pick.checked_sub(1).and_then(|index| choice.candidates.get(index));
        let Some(candidate) = picked else {
            return self.complain(&Notice::NoSuchChoice { pick, candidates: choice.candidates }.into());
        };
        match once(candidate.value()).await {
            Ok(Outcome::Done(report)) => self.show(Ok(report), card, false),
            Ok(Outcome::Choose(choice)) => self.ask_back(&choice),
            Err(error) => self.complain(&error),
        }
    }

    /// Asks the person at the terminal. None when there is none, or when they want none of them.
    fn ask(&mut self, choice: &Choice) -> io::Result<Option<usize>> {
        self.ask_back(choice)?;
        if !self.terminal.interactive() {
            return Ok(None);
        }
        let prompt = format!("Which one (1 to {}, nothing for none)? ", choice.candidates.len());
        let answer = self.terminal.ask(&prompt)?;
        match answer.trim() {
            "" => Ok(None),
            // Zero is never a candidate, so that whatever is no number is refused with the list.
            number => Ok(Some(number.parse().unwrap_or(0))),
        }
    }

    fn ask_back(&mut self, choice: &Choice) -> io::Result<Exit> {
        let now = self.app.now();
        if self.terminal.json {
            let line = json::choice(self.name, choice)?;
            self.terminal.line(&line)?;
        } else {
            self.terminal.card(&view::choices::card(choice, Face::Terminal, now), now)?;
        }
        Ok(Exit::Refused)
    }

    async fn delete(&mut self, group: &str, yes: bool) -> io::Result<Exit> {
        let brief = match self.app.group_brief(self.asker, group).await {
            Ok(brief) => brief,
            Err(error) => return self.complain(&error),
        };
        if !yes {
            let card = view::group::confirm_deletion(&brief, Face::Terminal);
            if self.terminal.json {
                let line = json::unconfirmed(&brief)?;
                self.terminal.line(&line)?;
                return Ok(Exit::Refused);
            }
            self.terminal.card(&card, self.app.now())?;
            let confirmed = self.terminal.interactive() && is_yes(&self.terminal.ask("Delete it (y/N)? ")?);
            if !confirmed {
                return Ok(Exit::Refused);
            }
        }
        let report = self.app.group_delete(self.asker, group).await;
        self.show(report, view::group::deleted, false)
    }

    fn tell_about(&mut self, action: &Action) -> io::Result<Exit> {
        let card = match action {
            Action::About => view::help::about(view::help::About::here()),
            _ => view::help::help(view::help::Caller::owner()),
        };
        self.terminal.card(&card, self.app.now())?;
        Ok(Exit::Done)
    }

    fn show<T: Serialize>(
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

    fn complain(&mut self, error: &Error) -> io::Result<Exit> {
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
                crate::domain::notice::Blame::Request => Exit::Refused,
                crate::domain::notice::Blame::Outside => Exit::Outside,
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

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}

impl Action {
    /// How it is called in JSON answers.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ServerSet { .. } => "server set",
            Self::ServerGet => "server get",
            Self::ServerClear => "server clear",
            Self::GroupList => "group list",
            Self::GroupAdd { .. } => "group add",
            Self::GroupImport { .. } => "group import",
            Self::GroupRemove { .. } => "group remove",
            Self::GroupCheck { .. } => "group check",
            Self::GroupDelete { .. } => "group del",
            Self::GroupRename { .. } => "group change",
            Self::GroupUpdate { .. } => "group update",
            Self::GroupPin { .. } => "group server",
            Self::PlayerCheck { .. } => "player check",
            Self::Status => "status",
            Self::Settings(_) => "settings",
            Self::Audit { .. } => "audit",
            Self::Undo { .. } => "undo",
            Self::Help => "help",
            Self::About => "about",
        }
    }
}

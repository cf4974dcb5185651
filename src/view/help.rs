//! `/rustops help` and `/rustops about`: what to do next, and what the caller may do at all.
//!
//! The list is made from [`Command`]; nothing is explained here twice.

use super::{
    card::{Card, Row, Text, Tone, link, text},
    command::{Command, Right},
};

/// What help depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The most the caller may do.
    pub right: Right,
    /// An active server is set.
    pub server_is_set: bool,
    /// Living groups.
    pub groups: usize,
}

/// The answer of `help`.
pub fn help(caller: Caller) -> Card {
    let commands = Command::ALL.into_iter().filter(|command| command.right() <= caller.right);
    let rows = commands.map(|command| Row::Columns(vec![text![command], text![command.what()]]));
    Card::new(Tone::Plain, text!["RustOps"]).line(next_step(caller)).row(Row::Heading("Commands")).rows(rows)
}

fn next_step(caller: Caller) -> Text {
    let may_change = caller.right >= Right::Change;
    match caller {
        Caller { server_is_set: false, .. } if may_change => {
            text!["Next: choose your server with ", Command::ServerSet, "."]
        }
        Caller { groups: 0, .. } if may_change => text!["Next: add a player to a group with ", Command::GroupAdd, "."],
        Caller { server_is_set: false, .. } | Caller { groups: 0, .. } => {
            text!["Nothing is set up yet. Ask somebody who may change things here."]
        }
        _ => text!["Next: see who is online with ", Command::GroupCheck, "."],
    }
}

/// What this program says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// Version.
    pub version: &'static str,
    /// SPDX name.
    pub licence: &'static str,
    /// The project's page; empty when it has none.
    pub home: &'static str,
}

/// The answer of `about`.
pub fn about(about: About) -> Card {
    Card::new(Tone::Plain, text!["RustOps"])
        .line(text!["Which rivals are online, and when the others were last seen."])
        .field("Version", text![about.version])
        .field("Licence", text![about.licence])
        .field("Data", text!["BattleMetrics and Steam; kept on the machine that runs the bot"])
        .field_if("Page", (!about.home.is_empty()).then(|| text![link(about.home, about.home)]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{card::Face, samples};

    const NEW_ADMIN: Caller = Caller { right: Right::Manage, server_is_set: false, groups: 0 };

    fn first_line(caller: Caller) -> String {
        samples::sketch(&help(caller), Face::Discord).lines().nth(1).unwrap().to_owned()
    }

    #[test]
    fn help_starts_with_the_next_sensible_step() {
        let steps = [
            first_line(NEW_ADMIN),
            first_line(Caller { server_is_set: true, ..NEW_ADMIN }),
            first_line(Caller { server_is_set: true, groups: 2, ..NEW_ADMIN }),
            first_line(Caller { right: Right::Look, ..NEW_ADMIN }),
        ];
        insta::assert_snapshot!(steps.join("\n"), @"
        Next: choose your server with /server set.
        Next: add a player to a group with /group add.
        Next: see who is online with /group check.
        Nothing is set up yet. Ask somebody who may change things here.
        ");
    }

    #[test]
    fn help_lists_only_what_the_caller_may_do() {
        let looker = Caller { right: Right::Look, server_is_set: true, groups: 2 };
        insta::assert_snapshot!(samples::sketch(&help(looker), Face::Discord), @"
        Plain | RustOps
        Next: see who is online with /group check.
        # Commands
        /server get · players, map, wipes and address of the server
        /group check · who is online, and when the rest were last seen
        /group list · all groups
        /group history · how long the members were on
        /player check · one player: online or last seen, sessions, names
        /player history · how long a player was on, session by session
        /rustops status · how the bot is doing
        /rustops audit · the last changes
        /rustops help · this list
        /rustops about · version, licence, link
        ");
        assert_eq!(help(Caller { right: Right::Manage, ..looker }).rows.len(), 2 + Command::ALL.len());
    }

    #[test]
    fn about_names_version_and_licence() {
        let facts = About { version: "0.1.0", licence: "MIT", home: "" };
        insta::assert_snapshot!(samples::sketch(&about(facts), Face::Discord), @"
        Plain | RustOps
        Which rivals are online, and when the others were last seen.
        Version: 0.1.0
        Licence: MIT
        Data: BattleMetrics and Steam; kept on the machine that runs the bot
        ");
    }
}

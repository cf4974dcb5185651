//! The question back to the asker when several things are meant.
//!
//! Only how candidates look; which ones there are comes with the report.

use jiff::Timestamp;

use super::{
    card::{Card, Face, Menu, MenuChoice, Tone, name, plain, ready, text},
    presence,
};
use crate::domain::report::{Candidate, Choice};

/// A question with its menu.
pub fn card(question: &Choice, face: Face, now: Timestamp) -> Card {
    let (prompt, many) = nouns(question);
    let fit = question.candidates.len() + question.more;
    let card = Card::new(Tone::Caution, text!["Which one is \"", name(&question.input), "\"?"])
        .line(text![plain(format!("{fit} {many} fit. Nothing was changed yet."))]);
    let card = match question.more {
        0 => card,
        more => {
            card.line(text![plain(format!("{more} more are not shown; write more of the name to narrow it down."))])
        }
    };
    let card = match question.steam {
        Some(steam) => card.line(text![plain(format!("The one you choose is linked to Steam {steam}."))]),
        None => card,
    };
    card.menu(Menu {
        prompt,
        choices: question.candidates.iter().map(|candidate| choice(candidate, face, now)).collect(),
    })
}

fn nouns(question: &Choice) -> (&'static str, &'static str) {
    match question.candidates.first() {
        Some(Candidate::Server { .. }) => ("Choose a server", "servers"),
        Some(Candidate::Member { .. }) => ("Choose a member", "members"),
        Some(Candidate::Player { .. }) | None => ("Choose a player", "players"),
    }
}

/// One line of a menu.
pub fn choice(candidate: &Candidate, face: Face, now: Timestamp) -> MenuChoice {
    let (label, detail) = match candidate {
        Candidate::Server { server } => (&server.name, super::server::summary(server)),
        Candidate::Player { id, name, online, last_seen } => {
            (name, format!("{} · BattleMetrics {id}", presence::glimpse(face, *online, *last_seen, now)))
        }
        Candidate::Member { name, player, steam, .. } => {
            let player = player.map(|player| format!("BattleMetrics {player}"));
            let steam = steam.map(|steam| format!("Steam {steam}"));
            let ids: Vec<_> = player.into_iter().chain(steam).collect();
            (name, if ids.is_empty() { "no BattleMetrics player linked".to_owned() } else { ids.join(" · ") })
        }
    };
    MenuChoice { label: ready(label), detail: ready(&detail), value: candidate.value() }
}

/// Said in place of the menu when nobody chose in time.
pub fn expired() -> Card {
    Card::new(Tone::Quiet, text!["Nothing was chosen in time"])
        .line(text!["Nothing was changed. Use the command again."])
}

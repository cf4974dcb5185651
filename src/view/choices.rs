//! The question back to the asker when several things are meant.
//!
//! Only how candidates look; which ones there are comes with the report.

use jiff::Timestamp;

use super::{
    card::{Card, Face, Menu, MenuChoice, Tone, name, plain, ready, text},
    presence, words,
};
use crate::domain::report::{Candidate, Choice};

/// A question with its menu.
pub fn card(question: &Choice, face: Face, now: Timestamp) -> Card {
    let (prompt, one, many) = nouns(question);
    let fit = question.candidates.len() + question.more;
    let card = Card::new(Tone::Caution, text!["Which one is \"", name(&question.input), "\"?"])
        .line(text![plain(format!("{} found. Nothing was changed yet.", words::count(fit, one, many)))]);
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

fn nouns(question: &Choice) -> (&'static str, &'static str, &'static str) {
    match question.candidates.first() {
        Some(Candidate::Server { .. }) => ("Choose a server", "server", "servers"),
        Some(Candidate::Member { .. }) => ("Choose a member", "member", "members"),
        Some(Candidate::Player { .. }) | None => ("Choose a player", "player", "players"),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::samples;

    #[test]
    fn several_players_of_one_name_are_told_apart() {
        let card = card(&samples::which_player(""), Face::Discord, samples::now());
        insta::assert_snapshot!(samples::sketch(&card, Face::Discord), @r#"
        Caution | Which one is "Chenny"?
        7 players found. Nothing was changed yet.
        4 more are not shown; write more of the name to narrow it down.
        The one you choose is linked to Steam 76561198000000001.
        [Choose a player]
        (1100000001) Chenny | online · BattleMetrics 1100000001
        (1100000044) Chenny | last seen 3 d 4 h ago · BattleMetrics 1100000044
        (1100000057) Chenny | state unknown · BattleMetrics 1100000057
        "#);
    }

    #[test]
    fn servers_and_members_can_be_chosen_too() {
        let asked = samples::reports("").into_iter().filter(|sample| sample.discord.menu.is_some());
        let told: Vec<_> = asked
            .filter(|sample| sample.command != "group add")
            .map(|sample| samples::sketch(&sample.discord, Face::Discord))
            .collect();
        insta::assert_snapshot!(told.join("\n\n"), @r#"
        Caution | Which one is "moose"?
        1 server found. Nothing was changed yet.
        [Choose a server]
        (9565288) Rusty Moose |US Monthly| | 212 of 250, 12 in queue · US · online · 198.51.100.7:28015

        Caution | Which one is "Chenny"?
        2 members found. Nothing was changed yet.
        [Choose a member]
        (1100000001) Chenny | BattleMetrics 1100000001 · Steam 76561198000000001
        (member:2) Chenny | no BattleMetrics player linked
        "#);
    }
}

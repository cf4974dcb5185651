//! The answers of `/server`.
//!
//! Only wording and order of lines; whether a roster is believed comes with the report.

use super::{
    card::{Card, Span, Text, Tone, code, link, name, plain, strong_name, text},
    command::Command,
    group::hidden_names,
    notice, words,
};
use crate::domain::{
    facts::{Server, ServerStatus},
    report::{ServerCleared, ServerGet, ServerSet},
};

/// The answer of `server set`.
pub fn set(report: &ServerSet) -> Card {
    let tone = match report {
        ServerSet { stale: Some(_), .. } | ServerSet { hides_names: true, .. } => Tone::Caution,
        ServerSet { unchanged: true, .. } => Tone::Quiet,
        _ => Tone::Good,
    };
    let title = if report.unchanged { "Server was set already" } else { "Server set" };
    let before = report.before.as_ref().filter(|before| before.id != report.server.id);
    Card::new(tone, text![title])
        .line(text![strong_name(&report.server.name)])
        // The summary holds the address and country, which come from outside.
        .line(text![name(&summary(&report.server))])
        .line_if(before.map(|before| text!["Before: ", name(&before.name)]))
        .line_if(report.stale.as_ref().map(words::stale_line))
        .line_if(report.hides_names.then(hidden_names))
        .line_if(report.may_hide_names.then(|| {
            text!["This server may hide its players' names: too few of them are known to tell. If it does, checks will say so."]
        }))
        .line(text!["Next: add players with ", Command::GroupAdd, ", see who is on with ", Command::GroupCheck, "."])
}

/// The answer of `server get`.
pub fn get(report: &ServerGet) -> Card {
    let server = &report.server;
    let tone = match server.status {
        _ if report.stale.is_some() || report.trouble.is_some() || report.hides_names => Tone::Caution,
        ServerStatus::Online => Tone::Good,
        _ => Tone::Quiet,
    };
    Card::new(tone, text![name(&server.name)])
        .field("Status", text![words::server_status(server.status)])
        .field_if("Players", players(server).map(|players| text![plain(players)]))
        .field_if("Map", server.map.as_deref().map(|map| text![name(map)]))
        .field_if("Last wipe", server.last_wipe.map(wipe))
        .field_if("Next wipe", server.next_wipe.map(wipe))
        .field_if(
            "F1 console",
            server.address.as_deref().map(|address| text![code(&format!("client.connect {address}"))]),
        )
        .field("Page", text![page(server)])
        .line_if(report.stale.as_ref().map(words::stale_line))
        .line_if(report.trouble.as_ref().map(notice::trouble_line))
        .line_if(report.hides_names.then(hidden_names))
        .footer(text!["BattleMetrics · as of ", Span::Ago(report.as_of)])
}

fn wipe(at: jiff::Timestamp) -> Text {
    text![Span::At(at), " · ", Span::Ago(at)]
}

fn page(server: &Server) -> Span {
    link("BattleMetrics", format!("https://www.battlemetrics.com/servers/rust/{}", server.id))
}

/// The answer of `server clear`.
pub fn cleared(report: &ServerCleared) -> Card {
    Card::new(Tone::Good, text!["Server cleared"])
        .line(text![name(&report.before.name), " is not looked at any more. Groups and history stay."])
        .line(text!["Choose another with ", Command::ServerSet, "."])
}

/// A server in one plain line: `212 of 250, 12 in queue · US · online · 198.51.100.7:28015`. Holds outside text.
pub fn summary(server: &Server) -> String {
    let status = words::server_status(server.status).to_owned();
    [players(server), server.country.clone(), Some(status), server.address.clone()]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" · ")
}

fn players(server: &Server) -> Option<String> {
    let on = server.players?;
    let of = server.max_players.map(|most| format!(" of {most}")).unwrap_or_default();
    let queue = match server.queue {
        None | Some(0) => String::new(),
        Some(waiting) => format!(", {waiting} in queue"),
    };
    Some(format!("{on}{of}{queue}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::trouble::TroubleKind,
        view::{card::Face, samples},
    };

    fn on_discord(card: &Card) -> String {
        samples::sketch(card, Face::Discord)
    }

    #[test]
    fn a_server_that_was_set_says_what_to_do_next() {
        insta::assert_snapshot!(on_discord(&set(&samples::server_set(""))), @"
        Good | Server set
        Rusty Moose |US Monthly|
        212 of 250, 12 in queue · US · online · 198.51.100.7:28015
        Next: add players with /group add, see who is on with /group check.
        ");
    }

    #[test]
    fn a_server_that_hides_names_is_told_at_once() {
        let report = ServerSet { hides_names: true, stale: Some(samples::stales()[2]), ..samples::server_set("") };
        insta::assert_snapshot!(on_discord(&set(&report)), @"
        Caution | Server set
        Rusty Moose |US Monthly|
        212 of 250, 12 in queue · US · online · 198.51.100.7:28015
        Who is online cannot be told: BattleMetrics cannot query the server. Last update 1 h 5 m ago.
        This server seems to hide its players' names, so nobody can be recognised on it. Only its owner can change that.
        Next: add players with /group add, see who is on with /group check.
        ");
    }

    #[test]
    fn a_server_that_may_hide_names_is_not_accused() {
        let report = ServerSet { may_hide_names: true, ..samples::server_set("") };
        insta::assert_snapshot!(on_discord(&set(&report)), @"
        Good | Server set
        Rusty Moose |US Monthly|
        212 of 250, 12 in queue · US · online · 198.51.100.7:28015
        This server may hide its players' names: too few of them are known to tell. If it does, checks will say so.
        Next: add players with /group add, see who is on with /group check.
        ");
    }

    #[test]
    fn the_server_at_a_glance() {
        insta::assert_snapshot!(on_discord(&get(&samples::server_get(""))), @"
        Good | Rusty Moose |US Monthly|
        Status: online
        Players: 212 of 250, 12 in queue
        Map: Procedural Map
        Last wipe: 2026-06-11 22:46 UTC · 5 d ago
        Next wipe: 2026-06-25 22:46 UTC · in 9 d
        F1 console: client.connect 198.51.100.7:28015
        Page: BattleMetrics https://www.battlemetrics.com/servers/rust/9565288
        _ BattleMetrics · as of 1 m ago
        ");
    }

    #[test]
    fn what_is_remembered_of_a_server_is_shown_with_the_trouble() {
        let mut report = samples::server_get("");
        report.trouble = Some(samples::trouble(TroubleKind::TokenRefused));
        (report.server.players, report.server.map, report.server.next_wipe) = (None, None, None);
        insta::assert_snapshot!(on_discord(&get(&report)), @"
        Caution | Rusty Moose |US Monthly|
        Status: online
        Last wipe: 2026-06-11 22:46 UTC · 5 d ago
        F1 console: client.connect 198.51.100.7:28015
        Page: BattleMetrics https://www.battlemetrics.com/servers/rust/9565288
        BattleMetrics refused the token. Whoever runs the bot: make one at https://www.battlemetrics.com/developers and set it as battlemetrics_token.
        _ BattleMetrics · as of 1 m ago
        ");
    }
}

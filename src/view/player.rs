//! The answer of `/player check`.
//!
//! Only wording and order of lines.

use jiff::Timestamp;

use super::{
    card::{Card, Face, Row, Span, Text, Tone, link, name, plain, ready, text},
    command::Command,
    group::{checked, hidden_names, private_profile},
    notice, presence, words,
};
use crate::domain::{
    presence::{Presence, Unknown},
    report::{PlayerCheck, SessionLine},
    session::Ending,
};

/// The most former names and groups that are listed.
const LISTED: usize = 10;

/// The answer of `player check`.
pub fn check(report: &PlayerCheck, face: Face, now: Timestamp) -> Card {
    let tone = match report.presence {
        _ if report.stale.is_some() || report.trouble.is_some() => Tone::Caution,
        Presence::Online { .. } => Tone::Good,
        Presence::Offline { .. } => Tone::Quiet,
        Presence::Unknown { .. } => Tone::Caution,
    };
    let names: Vec<_> = report.names.iter().map(|former| former.name.as_str()).collect();
    let groups: Vec<_> = report.groups.iter().map(String::as_str).collect();
    Card::new(tone, text![name(&report.name)])
        .row(state(report, face))
        .line_if(report.private.then(private_profile))
        .line_if(report.stale.as_ref().map(words::stale_line))
        .line_if(report.trouble.as_ref().map(notice::trouble_line))
        .line_if(report.hides_names.then(hidden_names))
        .field_if("Time on this server", report.total.map(|total| text![Span::Lasting(total)]))
        .field_if("First seen", report.first_seen.map(|first| text![Span::At(first)]))
        .field_if("Other names", listed(&names))
        .field("Groups", listed(&groups).unwrap_or_else(|| text!["none yet; add with ", Command::GroupAdd]))
        .field("BattleMetrics", text![profile(report)])
        .field_if(
            "Steam",
            report.steam.map(|steam| {
                text![
                    link("profile", format!("https://steamcommunity.com/profiles/{steam}")),
                    plain(format!(" · {steam}"))
                ]
            }),
        )
        .rows(sessions(report, now))
        .footer(footer(report))
}

fn footer(report: &PlayerCheck) -> Text {
    let mut footer = text![name(&report.server.name)];
    footer.extend(checked(report.trouble.as_ref(), [&report.presence], report.as_of));
    footer
}

/// The line of state. Of a member it is said since when nothing was seen; a player who was only looked up was never added.
fn state(report: &PlayerCheck, face: Face) -> Row {
    let name = ready(&report.name);
    match report.presence {
        Presence::Unknown { cause: Unknown::NeverSeen, last_seen: None } => {
            Row::Text(presence::never_seen(face, &name))
        }
        _ => Row::Member { name, presence: report.presence.clone() },
    }
}

fn profile(report: &PlayerCheck) -> Span {
    link("profile", format!("https://www.battlemetrics.com/players/{}", report.player))
}

fn listed(names: &[&str]) -> Option<Text> {
    let mut line = Vec::new();
    for one in names.iter().take(LISTED) {
        if !line.is_empty() {
            line.extend(text![", "]);
        }
        line.push(name(one));
    }
    if names.len() > LISTED {
        line.push(plain(format!(" and {} more", names.len() - LISTED)));
    }
    (!line.is_empty()).then_some(line)
}

fn sessions(report: &PlayerCheck, now: Timestamp) -> Vec<Row> {
    let lines = report.sessions.iter().map(|session| session_row(session, now));
    // What stands above already is not said again.
    let trouble = report
        .sessions_trouble
        .as_ref()
        .filter(|trouble| report.trouble.as_ref() != Some(*trouble))
        .map(|trouble| Row::Text(notice::trouble_line(trouble)));
    let rows: Vec<_> = lines.chain(trouble).collect();
    if rows.is_empty() { rows } else { std::iter::once(Row::Heading("Last sessions")).chain(rows).collect() }
}

fn session_row(session: &SessionLine, now: Timestamp) -> Row {
    let start = match session.start {
        Some(start) => text![Span::At(start)],
        None => text!["start unknown"],
    };
    let length = match (session.start, session.stop) {
        (Some(start), Some(stop)) if session.ending == Ending::Unobserved => {
            text![Span::Lasting(stop.duration_since(start)), " at least"]
        }
        (Some(start), Some(stop)) => text![Span::Lasting(stop.duration_since(start))],
        (Some(start), None) => text![Span::Lasting(now.duration_since(start)), " so far"],
        (None, Some(stop)) => text!["until ", Span::At(stop)],
        (None, None) => text!["running"],
    };
    Row::Columns(vec![start, length])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::trouble::TroubleKind, view::samples};

    #[test]
    fn a_player_in_full() {
        let card = check(&samples::player_check(""), Face::Discord, samples::now());
        insta::assert_snapshot!(samples::sketch(&card, Face::Discord), @"
        Good | ChennyBounce
        🟢 ChennyBounce · for 2 h 13 m
        Time on this server: 3 d 15 h
        First seen: 2026-05-07 22:46 UTC
        Other names: Chenny
        Groups: Purple Base
        BattleMetrics: profile https://www.battlemetrics.com/players/1100000001
        Steam: profile https://steamcommunity.com/profiles/76561198000000001 · 76561198000000001
        # Last sessions
        2026-06-16 20:33 UTC · 2 h 13 m so far
        2026-06-15 21:46 UTC · 2 h 55 m
        _ Rusty Moose |US Monthly| · checked 40 s ago
        ");
    }

    #[test]
    fn on_a_server_that_hides_names_the_reason_is_told_on_both_faces() {
        let report = PlayerCheck {
            presence: Presence::Unknown { cause: Unknown::NamesHidden, last_seen: Some(samples::ago(75)) },
            sessions: Vec::new(),
            hides_names: true,
            ..samples::player_check("")
        };
        let head = |face| {
            let told = samples::sketch(&check(&report, face, samples::now()), face);
            told.lines().take(3).collect::<Vec<_>>().join("\n")
        };
        insta::assert_snapshot!(format!("{}\n\n{}", head(Face::Discord), head(Face::Terminal)), @"
        Caution | ChennyBounce
        ❔ ChennyBounce · unknown: this server hides names, last seen 1 h 15 m ago
        This server seems to hide its players' names, so nobody can be recognised on it. Only its owner can change that.

        Caution | ChennyBounce
        [?] ChennyBounce : unknown, this server hides names, last seen 1h 15m ago
        This server seems to hide its players' names, so nobody can be recognised on it. Only its owner can change that.
        ");
    }

    #[test]
    fn a_private_player_is_unknown_and_says_why() {
        let report = PlayerCheck {
            private: true,
            presence: Presence::Unknown { cause: Unknown::PrivateProfile, last_seen: None },
            total: None,
            first_seen: None,
            sessions: Vec::new(),
            sessions_trouble: Some(samples::trouble(TroubleKind::Forbidden)),
            names: Vec::new(),
            groups: Vec::new(),
            ..samples::player_check("")
        };
        insta::assert_snapshot!(samples::sketch(&check(&report, Face::Discord, samples::now()), Face::Discord), @"
        Caution | ChennyBounce
        ❔ ChennyBounce · unknown: the profile is private now
        BattleMetrics lists private profiles nowhere, online or not. Only the player can make it public again.
        Groups: none yet; add with /group add
        BattleMetrics: profile https://www.battlemetrics.com/players/1100000001
        Steam: profile https://steamcommunity.com/profiles/76561198000000001 · 76561198000000001
        # Last sessions
        BattleMetrics does not allow it. Whoever runs the bot: use the token of an account that may, or a larger plan.
        _ Rusty Moose |US Monthly| · checked 40 s ago
        ");
    }
}

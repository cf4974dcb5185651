//! The answer of `/player check`.
//!
//! Only wording and order of lines.

use jiff::Timestamp;

use super::{
    card::{Card, Row, Span, Text, Tone, link, name, plain, ready, text},
    command::Command,
    notice, words,
};
use crate::domain::{
    presence::Presence,
    report::{PlayerCheck, SessionLine},
};

/// The most former names and groups that are listed.
const LISTED: usize = 10;

/// The answer of `player check`.
pub fn check(report: &PlayerCheck, now: Timestamp) -> Card {
    let tone = match report.presence {
        _ if report.stale.is_some() || report.trouble.is_some() => Tone::Caution,
        Presence::Online { .. } => Tone::Good,
        Presence::Offline { .. } => Tone::Quiet,
        Presence::Unknown { .. } => Tone::Caution,
    };
    let names: Vec<_> = report.names.iter().map(|former| former.name.as_str()).collect();
    let groups: Vec<_> = report.groups.iter().map(String::as_str).collect();
    Card::new(tone, text![name(&report.name)])
        .row(Row::Member { name: ready(&report.name), presence: report.presence.clone() })
        .line_if(report.private.then(|| text!["The profile is private, so BattleMetrics lists this player nowhere."]))
        .line_if(report.stale.as_ref().map(words::stale_line))
        .line_if(report.trouble.as_ref().map(notice::trouble_line))
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
        .footer(text![name(&report.server.name), " · checked ", Span::Ago(report.as_of)])
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
    let trouble = report.sessions_trouble.as_ref().map(|trouble| Row::Text(notice::trouble_line(trouble)));
    let rows: Vec<_> = lines.chain(trouble).collect();
    if rows.is_empty() { rows } else { std::iter::once(Row::Heading("Last sessions")).chain(rows).collect() }
}

fn session_row(session: &SessionLine, now: Timestamp) -> Row {
    let start = match session.start {
        Some(start) => text![Span::At(start)],
        None => text!["start unknown"],
    };
    let length = match (session.start, session.stop) {
        (Some(start), Some(stop)) => text![Span::Lasting(stop.duration_since(start))],
        (Some(start), None) => text![Span::Lasting(now.duration_since(start)), " so far"],
        (None, Some(stop)) => text!["until ", Span::At(stop)],
        (None, None) => text!["running"],
    };
    Row::Columns(vec![start, length])
}

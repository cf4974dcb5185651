//! The answers of `/group`: lists, checks, and what was changed.
//!
//! Only wording and order of lines; the numbers come from the reports.

use jiff::Timestamp;

use super::{
    card::{Card, Face, Row, Span, Text, Title, Tone, name, plain, ready, strong_name, text},
    changes::undo_line,
    command::Command,
    notice, words,
};
use crate::domain::{
    presence::{Presence, Stale, Unknown},
    report::{
        GroupBrief, GroupCheck, GroupDeleted, GroupList, GroupPinned, GroupRenamed, GroupRow, GroupUpdated, Imported,
        ImportedLine, LineResult, MemberAdded, MemberName, MemberRemoved, NotUpdated,
    },
    trouble::Trouble,
};

fn members(number: usize) -> String {
    words::count(number, "member", "members")
}

fn now_has(group: &str, number: usize) -> Text {
    text![name(group), plain(format!(" has {} now.", members(number)))]
}

/// The answer of `group list`.
pub fn list(report: &GroupList) -> Card {
    if report.groups.is_empty() {
        let card = Card::new(Tone::Quiet, text!["No groups yet"]);
        return match &report.server {
            None => card.line(text!["First choose a server with ", Command::ServerSet, "."]),
            Some(_) => card.line(text!["Add a player with ", Command::GroupAdd, "; that makes the group."]),
        };
    }
    let why = doubts(report.groups.iter().map(|row| (row.stale.as_ref(), row.trouble.as_ref(), row.hides_names)));
    let tone = if why.is_empty() { Tone::Plain } else { Tone::Caution };
    let card = Card::new(tone, text![plain(words::count(report.groups.len(), "group", "groups"))])
        .rows(report.groups.iter().map(group_row))
        .rows(why.into_iter().map(Row::Text));
    match &report.server {
        Some(server) => card.footer(text![name(&server.name)]),
        None => card.line(text!["No server is set. Choose one with ", Command::ServerSet, "."]),
    }
}

fn group_row(group: &GroupRow) -> Row {
    let counted = match group.last_check {
        None => members(group.members),
        Some(check) if check.unknown == 0 => format!("{} of {} online", check.active, check.total),
        Some(check) => format!("{} of {} online, {} unknown", check.active, check.total, check.unknown),
    };
    let checked = match group.last_check {
        None => text!["not checked yet"],
        Some(check) => text!["checked ", Span::Ago(check.at)],
    };
    let mut cells = vec![text![strong_name(&group.name)], text![plain(counted)], checked];
    if let Some(server) = &group.pinned {
        cells.push(text!["on ", name(&server.name)]);
    }
    cells.extend(doubt(group).map(|doubt| text![plain(doubt)]));
    Row::Columns(cells)
}

/// Why what is said of a group may not be so now, in a few words.
fn doubt(group: &GroupRow) -> Option<String> {
    let cause = group.trouble.as_ref().map(words::trouble).or_else(|| group.stale.as_ref().map(words::stale));
    match cause {
        Some(cause) => Some(format!("unknown now: {cause}")),
        None => group.hides_names.then(|| words::cause(&Unknown::NamesHidden)),
    }
}

/// The answer of `group add`.
pub fn added(report: &MemberAdded) -> Card {
    let made = if report.group_is_new { "New group. " } else { "" };
    let mut counted = text![made];
    counted.extend(now_has(&report.group, report.members));
    Card::new(Tone::Good, text!["Added to ", name(&report.group)])
        .line(member(&report.member))
        .line(counted)
        .line(undo_line(report.change))
}

fn member(member: &MemberName) -> Text {
    let mut line = text![strong_name(&member.name)];
    if let Some(player) = member.player {
        line.extend(text![plain(format!(" · BattleMetrics {player}"))]);
    }
    if let Some(steam) = member.steam {
        line.extend(text![plain(format!(" · Steam {steam}"))]);
    }
    line
}

/// The answer of `group import`.
pub fn imported(report: &Imported) -> Card {
    let added = report.lines.iter().filter(|line| matches!(line.result, LineResult::Added { .. })).count();
    let left_out =
        |line: &&ImportedLine| matches!(line.result, LineResult::Refused { .. } | LineResult::Several { .. });
    let tone = match (report.lines.iter().filter(left_out).count(), added) {
        (0, 0) => Tone::Quiet,
        (0, _) => Tone::Good,
        _ => Tone::Caution,
    };
    let title = text![
        plain(format!("{added} of {} added to ", words::count(report.lines.len(), "line", "lines"))),
        name(&report.group)
    ];
    let mut counted = if report.group_is_new { text!["New group. "] } else { Vec::new() };
    counted.extend(now_has(&report.group, report.members));
    Card::new(tone, title)
        .rows(report.lines.iter().map(imported_line))
        .line(counted)
        .line_if(report.change.map(undo_line))
}

fn imported_line(line: &ImportedLine) -> Row {
    let (who, result) = match &line.result {
        LineResult::Added { member } => (name(&member.name), text!["added"]),
        LineResult::Already { name: player } => (name(player), text!["in the group already"]),
        LineResult::Several { count } => {
            let fit = words::count(*count, "player fits", "players fit");
            (name(&line.input), text![plain(fit), "; add this one with ", Command::GroupAdd])
        }
        LineResult::Refused { notice } => (name(&line.input), notice::brief(notice)),
    };
    Row::Columns(vec![text![plain(format!("{}.", line.number))], vec![who], result])
}

/// The answer of `group remove`.
pub fn removed(report: &MemberRemoved) -> Card {
    Card::new(Tone::Good, text!["Removed from ", name(&report.group)])
        .line(member(&report.member))
        .line(now_has(&report.group, report.members))
        .line(undo_line(report.change))
}

/// The answer of `group check`.
pub fn check(report: &GroupCheck) -> Card {
    let uncertain = report.unknown > 0 || report.stale.is_some() || report.trouble.is_some();
    let tone = match report.active {
        _ if uncertain => Tone::Caution,
        0 => Tone::Quiet,
        _ => Tone::Good,
    };
    let title = Title::Check {
        group: ready(&report.group),
        active: report.active,
        total: report.members.len(),
        unknown: report.unknown,
    };
    let rows = report
        .members
        .iter()
        .map(|state| Row::Member { name: ready(&state.member.name), presence: state.presence.clone() });
    let mut footer = text![name(&report.server.name)];
    if report.pinned {
        footer.extend(text![" (pinned)"]);
    }
    let presences = report.members.iter().map(|state| &state.presence);
    footer.extend(checked(report.trouble.as_ref(), presences, report.as_of));
    Card::titled(tone, title)
        .rows(rows)
        .line_if(report.stale.as_ref().map(words::stale_line))
        .line_if(report.trouble.as_ref().map(notice::trouble_line))
        .line_if(report.hides_names.then(hidden_names))
        .line_if(privacy_hint(report))
        .line_if(link_hint(report))
        .footer(footer)
}

/// When the server was looked at: not at all when a service failed and nothing is known of anybody for that reason.
pub fn checked<'a>(
    trouble: Option<&Trouble>,
    presences: impl IntoIterator<Item = &'a Presence>,
    as_of: Timestamp,
) -> Text {
    let is_untold = |presence: &Presence| {
        matches!(presence, Presence::Unknown { cause: Unknown::Trouble { .. } | Unknown::NotLinked, .. })
    };
    if trouble.is_some() && presences.into_iter().all(is_untold) {
        return text![" · could not be checked"];
    }
    text![" · checked ", Span::Ago(as_of)]
}

/// Said where a server seems to hide its players' names.
pub fn hidden_names() -> Text {
    text![
        "This server seems to hide its players' names, so nobody can be recognised on it. Only its owner can change that."
    ]
}

/// Why it is not known of several groups who is on, each reason once: the list is not believed, a service failed, names are
/// hidden.
pub(super) fn doubts<'a>(
    groups: impl IntoIterator<Item = (Option<&'a Stale>, Option<&'a Trouble>, bool)>,
) -> Vec<Text> {
    let lines = groups.into_iter().flat_map(|(stale, trouble, hides_names)| {
        [stale.map(words::stale_line), trouble.map(notice::trouble_line), hides_names.then(hidden_names)]
    });
    words::each_once(lines.flatten(), &[])
}

/// Said where somebody's profile is private.
pub fn private_profile() -> Text {
    text!["BattleMetrics lists private profiles nowhere, online or not. Only the player can make it public again."]
}

fn privacy_hint(report: &GroupCheck) -> Option<Text> {
    is_any_unknown(report, &Unknown::PrivateProfile).then(private_profile)
}

fn is_any_unknown(report: &GroupCheck, why: &Unknown) -> bool {
    report.members.iter().any(|state| matches!(&state.presence, Presence::Unknown { cause, .. } if cause == why))
}

fn link_hint(report: &GroupCheck) -> Option<Text> {
    is_any_unknown(report, &Unknown::NotLinked)
        .then(|| text!["Players without one can be added again by BattleMetrics link with ", Command::GroupAdd, "."])
}

/// The question before `group del`.
pub fn confirm_deletion(group: &GroupBrief, face: Face) -> Card {
    let card = Card::new(Tone::Caution, text!["Delete ", name(&group.group), "?"])
        .line(text![plain(format!("It has {}. It can be brought back for 30 days.", members(group.members)))]);
    match face {
        Face::Discord => card,
        Face::Terminal => card.line(text!["Add ", Span::Code("--yes".to_owned()), " to delete it."]),
    }
}

/// The answer of `group del`.
pub fn deleted(report: &GroupDeleted) -> Card {
    Card::new(Tone::Good, text!["Deleted ", name(&report.group)])
        .line(text![
            plain(format!("It had {}. It can be brought back until ", members(report.members))),
            Span::At(report.restorable_until),
            "."
        ])
        .line(undo_line(report.change))
}

/// What others in the channel are told when somebody deleted a group.
pub fn deleted_by(report: &GroupDeleted, who: &str) -> Card {
    Card::new(Tone::Quiet, text![name(who), " deleted ", name(&report.group)]).line(undo_line(report.change))
}

/// The answer of `group change` and `group rename`.
pub fn renamed(report: &GroupRenamed) -> Card {
    match report.change {
        None => Card::new(Tone::Quiet, text!["Nothing changed"])
            .line(text!["The group has that name already: ", name(&report.group)]),
        Some(change) => Card::new(Tone::Good, text!["Renamed to ", name(&report.group)])
            .line(text!["It was ", name(&report.before), "."])
            .line(undo_line(change)),
    }
}

/// The answer of `group server`.
pub fn pinned(report: &GroupPinned) -> Card {
    let where_to = match &report.pinned {
        Some(server) => text![name(&report.group), " is checked on ", strong_name(&server.name), "."],
        None => text![name(&report.group), " follows the active server."],
    };
    match report.change {
        None => Card::new(Tone::Quiet, text!["Nothing changed"]).line(where_to),
        Some(change) => {
            let title = if report.pinned.is_some() { "Group pinned" } else { "Group unpinned" };
            Card::new(Tone::Good, text![title])
                .line(where_to)
                .line_if(report.before.as_ref().map(|before| text!["Before: ", name(&before.name)]))
                .line(undo_line(change))
        }
    }
}

/// The answer of `group update`.
pub fn updated(report: &GroupUpdated) -> Card {
    let tone = match (report.failed.len(), report.renamed.len()) {
        (0, 0) => Tone::Quiet,
        (0, _) => Tone::Good,
        _ => Tone::Caution,
    };
    let counted = match report.renamed.len() {
        0 => "No new names in ".to_owned(),
        changed => format!("{} in ", words::count(changed, "new name", "new names")),
    };
    let card = Card::new(tone, text![plain(counted), name(&report.group)]).rows(
        report
            .renamed
            .iter()
            .map(|one| Row::Columns(vec![text![name(&one.before)], text!["now ", strong_name(&one.member.name)]])),
    );
    let card = match report.unchanged {
        0 => card,
        unchanged => card.line(text![plain(format!("{} as before.", words::count(unchanged, "name", "names")))]),
    };
    if report.failed.is_empty() {
        return card;
    }
    card.row(Row::Heading("Not read")).rows(report.failed.iter().map(not_updated))
}

fn not_updated(one: &NotUpdated) -> Row {
    let why = match &one.trouble {
        Some(trouble) => words::trouble(trouble),
        None => "no BattleMetrics player linked".to_owned(),
    };
    Row::Columns(vec![text![name(&one.member.name)], text![plain(why)]])
}

#[cfg(test)]
mod tests;

//! The record of changes: what each was, who made it, and that it can be taken back.
//!
//! Only wording; whether a change can be taken back is decided elsewhere.

use super::{
    card::{Card, Row, Span, Text, Tone, name, plain, ready, text},
    command::Command,
    words,
};
use crate::domain::{
    ids::ChangeId,
    report::{Audit, Change, ChangeRow, MemberName, ServerName, Settings, Undone},
};

/// The most names that one line of the record spells out.
const NAMED: usize = 3;

/// Said after every change.
pub fn undo_line(change: ChangeId) -> Text {
    text!["Not right? ", Command::Undo, plain(format!(" takes it back (change {change})."))]
}

/// The answer of `audit`.
pub fn audit(report: &Audit) -> Card {
    if report.changes.is_empty() {
        return Card::new(Tone::Quiet, text!["No changes yet"]).line(text![
            "What is set, added or removed is listed here. Start with ",
            Command::ServerSet,
            "."
        ]);
    }
    let card = Card::new(Tone::Plain, text!["Last changes"]).rows(report.changes.iter().map(audit_row));
    let card = match report.more {
        0 => card,
        more => card.line(text![plain(format!("{more} older ones are not shown."))]),
    };
    card.line(text!["Take one back with ", Command::Undo, " and its number."])
}

fn audit_row(row: &ChangeRow) -> Row {
    let mut cells = vec![
        text![plain(format!("{}.", row.id))],
        what(&row.change),
        text!["by ", actor(row)],
        text![Span::Ago(row.at)],
    ];
    if let Some(undone_at) = row.undone_at {
        cells.push(text!["taken back ", Span::Ago(undone_at)]);
    }
    Row::Columns(cells)
}

fn actor(row: &ChangeRow) -> Span {
    Span::Actor { id: ready(&row.actor), name: ready(&row.actor_name) }
}

/// The answer of `undo`.
pub fn undone(report: &Undone) -> Card {
    let row = &report.change;
    Card::new(Tone::Good, text![plain(format!("Change {} taken back", row.id))]).line(what(&row.change)).line(text![
        "It was made by ",
        actor(row),
        ", ",
        Span::Ago(row.at),
        "."
    ])
}

/// What a change was, in one phrase.
pub fn what(change: &Change) -> Text {
    match change {
        Change::ActiveServer { after: Some(after), .. } => text!["server set to ", name(&after.name)],
        Change::ActiveServer { before: Some(before), after: None } => text!["server ", name(&before.name), " cleared"],
        Change::ActiveServer { before: None, after: None } => text!["server cleared"],
        Change::MembersAdded { name: group, group_is_new, members, .. } => {
            let mut line = listed(members);
            let to = if *group_is_new { " added to the new group " } else { " added to " };
            line.extend(text![to, name(group)]);
            line
        }
        Change::MemberRemoved { name: group, member, .. } => text![name(&member.name), " removed from ", name(group)],
        Change::GroupDeleted { name: group, members, .. } => {
            text![name(group), plain(format!(" deleted ({})", words::count(*members, "member", "members")))]
        }
        Change::GroupRenamed { before, after, .. } => text![name(before), " renamed to ", name(after)],
        Change::GroupPinned { name: group, after: Some(ServerName { name: server, .. }), .. } => {
            text![name(group), " pinned to ", name(server)]
        }
        Change::GroupPinned { name: group, after: None, .. } => text![name(group), " unpinned"],
        Change::Board { name: group, before, after, .. } => {
            let did = match (before, after) {
                (Some(_), Some(_)) => " moved to ",
                (None, _) => " put up in ",
                (Some(_), None) => " taken away from ",
            };
            let mut line = board_of(group.as_deref());
            line.extend(text![did]);
            line.extend(after.or(*before).map(|place| Span::Channel(place.channel)));
            line
        }
        Change::Forgotten => text!["somebody forgotten"],
        Change::Settings { before, after } => settings(before, after),
    }
}

/// `board of Purple Base`, `board of all groups`
pub(super) fn board_of(group: Option<&str>) -> Text {
    match group {
        Some(group) => text!["board of ", name(group)],
        None => text!["board of all groups"],
    }
}

fn listed(members: &[MemberName]) -> Text {
    let mut line = Vec::new();
    for member in members.iter().take(NAMED) {
        if !line.is_empty() {
            line.extend(text![", "]);
        }
        line.push(name(&member.name));
    }
    if members.len() > NAMED {
        line.push(plain(format!(" and {} more", members.len() - NAMED)));
    }
    line
}

fn settings(before: &Settings, after: &Settings) -> Text {
    let changed = [
        (before.time_zone != after.time_zone).then_some("time zone"),
        (before.changers != after.changers).then_some("who may change things"),
        (before.log_channel != after.log_channel).then_some("log channel"),
    ];
    let changed: Vec<_> = changed.into_iter().flatten().collect();
    text![plain(format!("settings changed: {}", changed.join(", ")))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{card::Face, samples};

    #[test]
    fn the_record_says_who_changed_what_and_what_was_taken_back() {
        insta::assert_snapshot!(samples::sketch(&audit(&samples::audit("")), Face::Discord), @"
        Plain | Last changes
        18. · settings changed: time zone, who may change things, log channel · by Ann · 18 m ago
        17. · Purple Base pinned to Rusty Moose |US Monthly| · by Ann · 17 m ago
        16. · Purple Base renamed to Purple Tower · by Ann · 16 m ago
        15. · Purple Base deleted (7 members) · by Ann · 15 m ago · taken back 2 m ago
        14. · ChennyBounce removed from Purple Base · by Ann · 14 m ago
        13. · P, P, P and 2 more added to the new group Purple Base · by Ann · 13 m ago
        12. · server set to Rusty Moose |US Monthly| · by Ann · 12 m ago
        11 older ones are not shown.
        Take one back with /rustops undo and its number.
        ");
    }

    #[test]
    fn an_empty_record_teaches_the_first_step() {
        let none = Audit { changes: Vec::new(), more: 0 };
        insta::assert_snapshot!(samples::sketch(&audit(&none), Face::Terminal), @"
        Quiet | No changes yet
        What is set, added or removed is listed here. Start with rustops server set.
        ");
    }

    #[test]
    fn what_was_taken_back_is_named() {
        insta::assert_snapshot!(samples::sketch(&undone(&samples::undone("")), Face::Discord), @"
        Good | Change 14 taken back
        ChennyBounce removed from Purple Base
        It was made by Ann, 14 m ago.
        ");
    }
}

//! Boards: what stands on one, and the answers of `/group board`.
//!
//! A board is read hours after it was written, so nothing on it may age: instants, never lengths of time.

use super::{
    card::{Card, Face, Row, Span, Text, Title, Tone, name, plain, ready, strong_name, text},
    changes::{board_of, undo_line},
    command::Command,
    group::{doubts, hidden_names},
    notice, presence, words,
};
use crate::domain::{
    board::Problem,
    ids::ChannelId,
    notice::Notice,
    presence::Presence,
    report::{BoardRemoved, BoardReport, BoardSet, GroupAtAGlance, GroupCheck, MemberState, Seen},
};

/// The most names that the board of all groups spells out for each.
const NAMED: usize = 5;

/// What stands on a board.
pub fn board(report: &BoardReport) -> Card {
    match report {
        BoardReport::Group(GroupAtAGlance { seen: Seen::Check(check), .. }) => one_group(check),
        BoardReport::Group(GroupAtAGlance { group, seen, .. }) => {
            let why = match seen {
                Seen::Nothing(notice) => notice::with_remedy(notice),
                _ => text!["The first look is under way."],
            };
            Card::new(Tone::Quiet, text![name(group)]).line(why).footer(text!["updates itself"])
        }
        BoardReport::Groups(groups) => all_groups(groups),
    }
}

fn is_uncertain(check: &GroupCheck) -> bool {
    check.unknown > 0 || check.stale.is_some() || check.trouble.is_some()
}

fn one_group(check: &GroupCheck) -> Card {
    let tone = match check.active {
        _ if is_uncertain(check) => Tone::Caution,
        0 => Tone::Quiet,
        _ => Tone::Good,
    };
    let title = Title::Check {
        group: ready(&check.group),
        active: check.active,
        total: check.members.len(),
        unknown: check.unknown,
    };
    let mut footer = text![name(&check.server.name)];
    footer.extend(text![if check.pinned { " (pinned) · updates itself" } else { " · updates itself" }]);
    Card::titled(tone, title)
        .rows(check.members.iter().map(member))
        .line_if(check.stale.as_ref().map(words::stale_line))
        .line_if(check.trouble.as_ref().map(notice::trouble_line))
        .line_if(check.hides_names.then(hidden_names))
        .footer(footer)
}

fn member(state: &MemberState) -> Row {
    match &state.presence {
        Presence::Online { since } => {
            let mut who = text![presence::mark(Face::Discord, &state.presence), " "];
            who.push(strong_name(&state.member.name));
            let since = since.map_or_else(|| text!["online"], |since| text!["since ", Span::Ago(since)]);
            Row::Columns(vec![who, since])
        }
        presence => Row::Member { name: ready(&state.member.name), presence: presence.clone() },
    }
}

fn all_groups(groups: &[GroupAtAGlance]) -> Card {
    let checks = || {
        groups.iter().filter_map(|group| match &group.seen {
            Seen::Check(check) => Some(check),
            _ => None,
        })
    };
    let sum = |of: fn(&GroupCheck) -> usize| checks().map(of).sum::<usize>();
    let (online, unknown, total) =
        (sum(|check| check.active), sum(|check| check.unknown), sum(|check| check.members.len()));
    let tone = match online {
        _ if checks().any(is_uncertain) => Tone::Caution,
        0 => Tone::Quiet,
        _ => Tone::Good,
    };
    if groups.is_empty() {
        return Card::new(Tone::Quiet, text!["No groups yet"])
            .line(notice::with_remedy(&Notice::NoGroups))
            .footer(text!["updates itself"]);
    }
    // That nobody is on is said only where somebody could be seen to be on.
    let counted = match (online, total - unknown) {
        _ if total == 0 => String::new(),
        (0, 0) => format!(" · {unknown} unknown"),
        (0, _) if unknown > 0 => format!(" · 0 online, {unknown} unknown"),
        _ => format!(" · {online} online"),
    };
    let why = doubts(checks().map(|check| (check.stale.as_ref(), check.trouble.as_ref(), check.hides_names)));
    Card::new(tone, text!["All groups", plain(counted)])
        .rows(groups.iter().map(group_row))
        .rows(why.into_iter().map(Row::Text))
        .footer(text!["updates itself"])
}

fn group_row(group: &GroupAtAGlance) -> Row {
    let row = |mark, why| Row::Columns(vec![text![mark, strong_name(&group.group)], why]);
    let check = match &group.seen {
        Seen::Check(check) => check,
        Seen::Nothing(Notice::EmptyGroup { .. }) => return row("⚫ ", text!["no members"]),
        Seen::Nothing(notice) => return row("❔ ", notice::brief(notice)),
        Seen::NotYet => return row("❔ ", text!["the first look is under way"]),
    };
    let total = check.members.len();
    let (mark, counted) = match (check.active, check.unknown) {
        (0, unknown) if unknown == total => ("❔ ", format!("{total} unknown")),
        (0, 0) => ("⚫ ", format!("0 of {total}")),
        (0, unknown) => ("❔ ", format!("0 of {total}, {unknown} unknown")),
        (active, 0) => ("🟢 ", format!("{active} of {total}")),
        (active, unknown) => ("🟢 ", format!("{active} of {total}, {unknown} unknown")),
    };
    let mut cells = vec![text![mark, strong_name(&group.group)], text![plain(counted)]];
    if check.active > 0 {
        cells.push(online(check));
    }
    if check.pinned {
        cells.push(text!["on ", name(&check.server.name)]);
    }
    Row::Columns(cells)
}

fn online(check: &GroupCheck) -> Text {
    let mut line = Vec::new();
    let online = check.members.iter().filter(|state| matches!(state.presence, Presence::Online { .. }));
    for state in online.take(NAMED) {
        if !line.is_empty() {
            line.extend(text![", "]);
        }
        line.push(name(&state.member.name));
    }
    if check.active > NAMED {
        line.push(plain(format!(" and {} more", check.active - NAMED)));
    }
    line
}

/// Which board cannot be written, and why.
pub(super) fn stuck(group: Option<&str>, channel: ChannelId, problem: &Problem) -> Text {
    let mut line = text!["The "];
    line.extend(board_of(group));
    line.extend(text![" in ", Span::Channel(channel)]);
    let Problem::Forbidden { missing } = problem;
    line.push(plain(match missing.as_slice() {
        [] => ": Discord refuses it.".to_owned(),
        missing => format!(": the bot lacks {}.", missing.join(", ")),
    }));
    line
}

/// What to do about that.
pub(super) fn unstick() -> Text {
    text![
        "Allow that in the channel's settings, and it goes on by itself; or put it elsewhere with ",
        Command::GroupBoard,
        "."
    ]
}

/// The answer of `group board`.
pub fn set(report: &BoardSet) -> Card {
    let subject = report.group.as_deref().map_or_else(|| text!["All groups"], |group| text![name(group)]);
    let mut line = subject;
    line.extend(text![" in ", Span::Channel(report.channel), ". It keeps itself current while the bot runs."]);
    let moved = report.before.filter(|before| *before != report.channel);
    Card::new(Tone::Good, text![if report.before.is_some() { "Board moved" } else { "Board put up" }])
        .line(line)
        .line_if(moved.map(|before| text!["It stood in ", Span::Channel(before), " before."]))
        .line(undo_line(report.change))
}

/// The answer of a board's Off button.
pub fn removed(report: &BoardRemoved) -> Card {
    let mut line = text!["It was the "];
    line.extend(board_of(report.group.as_deref()));
    line.extend(text![" in ", Span::Channel(report.channel), "."]);
    Card::new(Tone::Good, text!["Board taken away"]).line(line).line(undo_line(report.change))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            ids::GroupId,
            notice::Notice,
            presence::{Stale, Unknown},
            trouble::{Trouble, TroubleKind},
        },
        view::samples,
    };

    fn told(report: &BoardReport) -> String {
        samples::sketch(&board(report), Face::Discord)
    }

    fn glance(number: u64, group: &str, seen: Seen) -> GroupAtAGlance {
        GroupAtAGlance { id: GroupId::new(number).unwrap(), group: group.to_owned(), seen }
    }

    #[test]
    fn a_board_says_since_when_and_not_for_how_long() {
        let check = samples::group_check("");
        insta::assert_snapshot!(told(&BoardReport::Group(glance(1, "Purple Base", Seen::Check(check)))), @"
        Caution | Purple Base · 2 of 5 online
        🟢 ChennyBounce · since 2 h 13 m ago
        🟢 ? · since just now
        ⚫ Hide Vest Enthusiast · last seen 1 h 15 m ago
        ⚫ Tee Higgins · last seen 8 h 19 m ago
        ❔ Sleepy · unknown: not seen on this server since added
        _ Rusty Moose |US Monthly| · updates itself
        ");
    }

    #[test]
    fn a_board_without_anything_to_show_says_what_to_do() {
        let empty = Notice::EmptyGroup { group: "Purple Base".to_owned() };
        let texts = [
            told(&BoardReport::Group(glance(1, "Purple Base", Seen::Nothing(empty)))),
            told(&BoardReport::Group(glance(1, "Purple Base", Seen::Nothing(Notice::NoServerSet)))),
            told(&BoardReport::Groups(Vec::new())),
        ];
        insta::assert_snapshot!(texts.join("\n\n"), @"
        Quiet | Purple Base
        Purple Base has no members. Add a player with /group add.
        _ updates itself

        Quiet | Purple Base
        No server is set. Choose one with /server set.
        _ updates itself

        Quiet | No groups yet
        There are no groups yet. Add a player with /group add.
        _ updates itself
        ");
    }

    #[test]
    fn the_board_of_all_groups_names_those_who_are_on() {
        let mut quiet = samples::group_check("");
        quiet.members.retain(|state| matches!(state.presence, Presence::Offline { .. }));
        (quiet.active, quiet.unknown, quiet.pinned) = (0, 0, true);
        let mut dark = quiet.clone();
        for state in &mut dark.members {
            state.presence = Presence::Unknown { cause: Unknown::NeverSeen, last_seen: None };
        }
        (dark.unknown, dark.pinned) = (dark.members.len(), false);
        let groups = vec![
            glance(1, "Purple Base", Seen::Check(samples::group_check(""))),
            glance(2, "Quiet ones", Seen::Check(quiet)),
            glance(3, "Dark ones", Seen::Check(dark)),
            glance(4, "New ones", Seen::NotYet),
            glance(5, "Nobody", Seen::Nothing(Notice::EmptyGroup { group: "Nobody".to_owned() })),
        ];
        insta::assert_snapshot!(told(&BoardReport::Groups(groups)), @"
        Caution | All groups · 2 online
        🟢 Purple Base · 2 of 5, 1 unknown · ChennyBounce, ?
        ⚫ Quiet ones · 0 of 2 · on Rusty Moose |US Monthly|
        ❔ Dark ones · 2 unknown
        ❔ New ones · the first look is under way
        ⚫ Nobody · no members
        _ updates itself
        ");
    }

    #[test]
    fn the_board_of_all_groups_claims_nothing_and_says_each_cause_once_when_nobody_is_known() {
        let dark = |of: fn(&mut GroupCheck, Trouble)| {
            let mut check = samples::group_check("");
            check.members.truncate(2);
            for state in &mut check.members {
                state.presence = Presence::Unknown { cause: Unknown::NeverSeen, last_seen: None };
            }
            (check.active, check.unknown) = (0, 2);
            of(&mut check, samples::trouble(TroubleKind::Down { status: 503 }));
            Seen::Check(check)
        };
        let groups = vec![
            glance(1, "Down", dark(|check, trouble| check.trouble = Some(trouble))),
            glance(2, "Down too", dark(|check, trouble| check.trouble = Some(trouble))),
            glance(
                3,
                "Frozen",
                dark(|check, _| check.stale = Some(Stale::NotQueried { since: Some(samples::ago(9)) })),
            ),
            glance(4, "Hidden", dark(|check, _| check.hides_names = true)),
            glance(5, "New ones", Seen::NotYet),
        ];
        insta::assert_snapshot!(told(&BoardReport::Groups(groups)), @"
        Caution | All groups · 8 unknown
        ❔ Down · 2 unknown
        ❔ Down too · 2 unknown
        ❔ Frozen · 2 unknown
        ❔ Hidden · 2 unknown
        ❔ New ones · the first look is under way
        BattleMetrics has a fault. Try again in a minute.
        Who is online cannot be told: BattleMetrics cannot query the server. Last update 9 m ago.
        This server seems to hide its players' names, so nobody can be recognised on it. Only its owner can change that.
        _ updates itself
        ");
        let started = BoardReport::Groups(vec![glance(1, "New ones", Seen::NotYet)]);
        assert_eq!(told(&started).lines().next(), Some("Quiet | All groups"));
    }
}

//! The answers of `player history` and `group history`.
//!
//! Only wording and order of lines; nothing is added up here.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};

use super::{
    card::{Card, Face, Row, Span, Text, Tone, name, plain, ready, text},
    group::{hidden_names, private_profile},
    notice, words,
};
use crate::domain::{
    report::{DayTotal, Days, GroupHistory, HistoryLine, MemberHistory, Period, PlayerHistory, Total},
    session::Ending,
};

/// The most former names that are listed.
const NAMES: usize = 10;

/// The answer of `player history`.
pub fn player(report: &PlayerHistory, face: Face) -> Card {
    let names: Vec<Text> = report.names.iter().take(NAMES).map(|former| text![name(&former.name)]).collect();
    let sessions = report.sessions.iter().map(session).collect();
    Card::new(Tone::Plain, text![name(&report.name), " · history"])
        .line_if(report.trouble.as_ref().map(notice::trouble_line))
        .line_if(report.hides_names.then(hidden_names))
        .line_if(report.private.then(private_profile))
        .rows(totals(&report.totals, report.as_of))
        .rows(days(&report.days, report.page))
        .field_if("Other names", listed(names))
        .rows(under("Sessions", sessions))
        .line_if(older(report, face))
        .line_if(report.sessions.is_empty().then(|| text!["No session is known."]))
        .footer(footer(face, &report.server.name, (report.page, report.pages), report.as_of))
}

/// The answer of `group history`.
pub fn group(report: &GroupHistory, face: Face) -> Card {
    let members = report.members.iter().map(|row| member(row, report.as_of)).collect();
    let not_linked = (report.not_linked > 0).then(|| {
        let who = words::count(report.not_linked, "member is", "members are");
        text![plain(format!("{who} known by name only: of them nothing is recorded."))]
    });
    let any_private = report.members.iter().any(|row| row.private);
    Card::new(Tone::Plain, text![name(&report.group), " · history"])
        .line_if(report.hides_names.then(hidden_names))
        .line(text!["Time in which at least one member was on:"])
        .rows(totals(&report.totals, report.as_of))
        .rows(days(&report.days, report.page))
        .rows(under("Members: last 24 hours, 7 days, 30 days", members))
        .line_if(any_private.then(private_profile))
        .line_if(not_linked)
        .footer(footer(face, &report.server.name, (report.page, report.pages), report.as_of))
}

/// What is said of a stretch of time.
struct Share {
    online: SignedDuration,
    unknown: SignedDuration,
    known: SignedDuration,
}

impl Share {
    fn of(total: &Total, as_of: Timestamp) -> Self {
        let Total { since, online, unknown, .. } = *total;
        Self { online, unknown, known: as_of.duration_since(since) - unknown }
    }

    /// Whether nothing can be said of all that time; a minute is no time.
    fn is_all_unknown(&self) -> bool {
        lasting(self.online).is_none() && lasting(self.unknown).is_some() && lasting(self.known).is_none()
    }

    fn time(&self) -> Span {
        match lasting(self.online) {
            Some(online) => online,
            None if self.is_all_unknown() => Span::from("not known"),
            None => Span::from("never"),
        }
    }

    fn row(&self, what: Cow<'static, str>) -> Row {
        let rest = match lasting(self.unknown).filter(|_| !self.is_all_unknown()) {
            Some(unknown) => text![unknown, " of it not known"],
            None => Vec::new(),
        };
        Row::Columns(vec![vec![Span::Strong(what)], text![self.time()], rest])
    }
}

fn totals(totals: &[Total], as_of: Timestamp) -> impl Iterator<Item = Row> {
    totals.iter().map(move |total| Share::of(total, as_of).row(period(total.period).into()))
}

/// Day by day, under the totals of the first page only: whoever turns pages looks for what else is on them.
fn days(days: &Days, page: usize) -> Vec<Row> {
    if page > 1 || days.days.is_empty() {
        return Vec::new();
    }
    let heading = Row::HeadingOf { words: "Day by day in", name: ready(&days.time_zone) };
    std::iter::once(heading).chain(days.days.iter().map(day)).collect()
}

fn day(day: &DayTotal) -> Row {
    let DayTotal { date, length, online, unknown } = *day;
    Share { online, unknown, known: length - unknown }.row(date.strftime("%a %-d %b").to_string().into())
}

fn period(period: Period) -> &'static str {
    match period {
        Period::Day => "Last 24 hours",
        Period::Week => "Last 7 days",
        Period::Month => "Last 30 days",
        Period::Wipe => "Since the wipe",
    }
}

/// None for less than a minute.
fn lasting(length: SignedDuration) -> Option<Span> {
    (length >= SignedDuration::from_mins(1)).then_some(Span::Lasting(length))
}

fn session(line: &HistoryLine) -> Row {
    let mut length = text![Span::Lasting(line.stop.duration_since(line.start))];
    length.extend(match line.ending {
        Ending::Left => Vec::new(),
        Ending::Open => text![" so far"],
        Ending::Unobserved => text![" at least"],
    });
    Row::Columns(vec![text![Span::At(line.start)], length])
}

/// Whether this is the page at whose end older sessions may be asked for.
pub fn offers_older(report: &PlayerHistory) -> bool {
    report.not_asked_before.is_some() && report.page == report.pages
}

fn older(report: &PlayerHistory, face: Face) -> Option<Text> {
    let before = report.not_asked_before.filter(|_| offers_older(report))?;
    let mut line = text!["Sessions before ", Span::At(before), " were not asked for. "];
    line.extend(match face {
        Face::Discord => text!["Press Older to see them."],
        Face::Terminal => text!["Add ", Span::Code("--older".to_owned()), " to see them."],
    });
    Some(line)
}

fn member(row: &MemberHistory, as_of: Timestamp) -> Row {
    let total = |wanted| {
        let total = row.totals.iter().find(|total| total.period == wanted);
        total.map_or_else(Vec::new, |total| text![Share::of(total, as_of).time()])
    };
    let periods = [Period::Day, Period::Week, Period::Month].map(total);
    Row::Columns(std::iter::once(text![name(&row.member.name)]).chain(periods).collect())
}

fn under(heading: &'static str, rows: Vec<Row>) -> Vec<Row> {
    if rows.is_empty() { rows } else { std::iter::once(Row::Heading(heading)).chain(rows).collect() }
}

fn listed(names: Vec<Text>) -> Option<Text> {
    let joined = names.into_iter().reduce(|mut line, next| {
        line.extend(text![", "]);
        line.extend(next);
        line
    });
    joined.filter(|line| !line.is_empty())
}

fn footer(face: Face, server: &str, (page, pages): (usize, usize), as_of: Timestamp) -> Text {
    let mut line = text![name(server), " · as of ", Span::Ago(as_of)];
    // On Discord that stands between the buttons.
    if pages > 1 && face == Face::Terminal {
        line.push(plain(format!(" · page {page} of {pages}")));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::samples;

    /// Without the empty cells, which faces leave out.
    fn told(card: &Card) -> String {
        samples::sketch(card, Face::Terminal).replace(" · \n", "\n")
    }

    #[test]
    fn a_player_over_time() {
        insta::assert_snapshot!(told(&player(&samples::player_history(""), Face::Terminal)), @"
        Plain | ChennyBounce · history
        Last 24 hours · 2h 13m
        Last 7 days · 21h 13m
        Last 30 days · 2d 16h · 1d 12h of it not known
        Since the wipe · 17h 13m
        # Day by day in Europe/Berlin
        Wed 17 Jun · 46m
        Tue 16 Jun · 4h 9m
        Mon 15 Jun · 14m
        Sun 14 Jun · not known
        Sat 13 Jun · 2h 15m · 1h 21m of it not known
        Fri 12 Jun · never
        Thu 11 Jun · never · 3h 20m of it not known
        Other names: Chenny
        # Sessions
        2026-06-16 20:33 UTC · 2h 13m so far
        2026-06-15 21:46 UTC · 2h 55m
        2026-06-13 19:46 UTC · 2h 55m at least
        2026-06-10 16:46 UTC · 3h 20m
        _ Rusty Moose |US Monthly| · as of 40s ago · page 1 of 2
        ");
    }

    #[test]
    fn the_last_page_of_a_long_history_says_how_to_see_what_is_older() {
        let mut report = samples::player_history("");
        report.not_asked_before = report.sessions.last().map(|line| line.start);
        assert!(!told(&player(&report, Face::Terminal)).contains("not asked for"), "there are more pages");
        report.page = report.pages;
        assert!(!told(&player(&report, Face::Terminal)).contains("Day by day"), "that was on the first page");
        let last = |face| samples::sketch(&player(&report, face), face).lines().rev().nth(1).unwrap().to_owned();
        insta::assert_snapshot!(last(Face::Terminal), @"Sessions before 2026-06-10 16:46 UTC were not asked for. Add --older to see them.");
        insta::assert_snapshot!(last(Face::Discord), @"Sessions before 2026-06-10 16:46 UTC were not asked for. Press Older to see them.");
    }

    #[test]
    fn where_nobody_can_be_recognised_nothing_is_said_to_be_never() {
        let mut report = samples::player_history("");
        report.hides_names = true;
        report.sessions.clear();
        for total in &mut report.totals {
            (total.online, total.unknown) = (SignedDuration::ZERO, samples::now().duration_since(total.since));
        }
        for day in &mut report.days.days {
            (day.online, day.unknown) = (SignedDuration::ZERO, day.length);
        }
        insta::assert_snapshot!(told(&player(&report, Face::Terminal)), @"
        Plain | ChennyBounce · history
        This server seems to hide its players' names, so nobody can be recognised on it. Only its owner can change that.
        Last 24 hours · not known
        Last 7 days · not known
        Last 30 days · not known
        Since the wipe · not known
        # Day by day in Europe/Berlin
        Wed 17 Jun · not known
        Tue 16 Jun · not known
        Mon 15 Jun · not known
        Sun 14 Jun · not known
        Sat 13 Jun · not known
        Fri 12 Jun · not known
        Thu 11 Jun · not known
        Other names: Chenny
        No session is known.
        _ Rusty Moose |US Monthly| · as of 40s ago · page 1 of 2
        ");
    }

    #[test]
    fn a_private_profile_is_told_with_what_helps() {
        let mut report = samples::group_history("");
        report.members[0].private = true;
        insta::assert_snapshot!(told(&group(&report, Face::Terminal)), @"
        Plain | Purple Base · history
        Time in which at least one member was on:
        Last 24 hours · 2h 13m
        Last 7 days · 21h 13m
        Last 30 days · 2d 16h · 1d 12h of it not known
        Since the wipe · 17h 13m
        # Day by day in Europe/Berlin
        Wed 17 Jun · 46m
        Tue 16 Jun · 4h 9m
        Mon 15 Jun · 14m
        Sun 14 Jun · not known
        Sat 13 Jun · 2h 15m · 1h 21m of it not known
        Fri 12 Jun · never
        Thu 11 Jun · never · 3h 20m of it not known
        # Members: last 24 hours, 7 days, 30 days
        ChennyBounce · 2h 13m · 21h 13m · 2d 16h
        BattleMetrics lists private profiles nowhere, online or not. Only the player can make it public again.
        1 member is known by name only: of them nothing is recorded.
        _ Rusty Moose |US Monthly| · as of 40s ago
        ");
    }

    #[test]
    fn a_group_over_time() {
        insta::assert_snapshot!(told(&group(&samples::group_history(""), Face::Terminal)), @"
        Plain | Purple Base · history
        Time in which at least one member was on:
        Last 24 hours · 2h 13m
        Last 7 days · 21h 13m
        Last 30 days · 2d 16h · 1d 12h of it not known
        Since the wipe · 17h 13m
        # Day by day in Europe/Berlin
        Wed 17 Jun · 46m
        Tue 16 Jun · 4h 9m
        Mon 15 Jun · 14m
        Sun 14 Jun · not known
        Sat 13 Jun · 2h 15m · 1h 21m of it not known
        Fri 12 Jun · never
        Thu 11 Jun · never · 3h 20m of it not known
        # Members: last 24 hours, 7 days, 30 days
        ChennyBounce · 2h 13m · 21h 13m · 2d 16h
        1 member is known by name only: of them nothing is recorded.
        _ Rusty Moose |US Monthly| · as of 40s ago
        ");
    }
}

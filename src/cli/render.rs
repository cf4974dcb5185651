//! Cards as text for a terminal: the head line, a rule, aligned rows, a footer.
//!
//! The last wall before the screen: whatever a span holds, no control or direction mark leaves this room. Whether there may be
//! colour, and how wide the screen is, is decided by the caller.

use jiff::{Timestamp, tz::TimeZone};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::{
    domain::presence::Presence,
    view::{
        card::{Card, Face, Menu, Row, Span, Tone},
        presence, words,
    },
};

/// What the text is made for.
#[derive(Clone, Debug)]
pub struct Screen {
    /// Columns; `None` where there is no screen, so that nothing is wrapped.
    pub width: Option<usize>,
    /// ANSI colours may be used.
    pub colour: bool,
    /// For dates.
    pub zone: TimeZone,
    /// For `8h 49m ago`.
    pub now: Timestamp,
    /// The person is asked for a choice right after, so that no other way to choose need be told.
    pub asked: bool,
}

/// The text of a card: lines without a final line break.
pub fn card(card: &Card, screen: &Screen) -> String {
    let mut lines = Vec::new();
    let title: Line = styled(&presence::title(Face::Terminal, &card.title), screen, |_| tone(card.tone));
    let rule = card.rows.iter().any(|row| !matches!(row, Row::Text(_))).then(|| title.width());
    lines.extend(title.wrapped(screen.width, 0));
    if let Some(width) = rule {
        let width = screen.width.map_or(width, |most| width.min(most));
        lines.push(Line::of("-".repeat(width), Style::Plain));
    }
    lines.extend(rows(&card.rows, screen));
    if let Some(menu) = &card.menu {
        lines.extend(choices(menu, screen));
    }
    if !card.footer.is_empty() {
        lines.extend(styled(&card.footer, screen, |_| Style::Dim).wrapped(screen.width, 0));
    }
    lines.iter().map(|line| line.print(screen.colour)).collect::<Vec<_>>().join("\n")
}

fn rows(rows: &[Row], screen: &Screen) -> Vec<Line> {
    let mut lines = Vec::new();
    // Fields keep one column of keys throughout, though other rows may stand between them.
    let keys = rows.iter().filter_map(|row| if let Row::Field { key, .. } = row { Some(key.width()) } else { None });
    let longest = keys.max().unwrap_or(0);
    let alike = |one: &Row, next: &Row| std::mem::discriminant(one) == std::mem::discriminant(next);
    for run in rows.chunk_by(alike) {
        let cells: Vec<Vec<Line>> = run.iter().map(|row| cells(row, longest, screen)).collect();
        lines.extend(table(&cells, screen.width));
    }
    lines
}

/// A row as the cells of a table; a row of text is a table of one column.
fn cells(row: &Row, longest_key: usize, screen: &Screen) -> Vec<Line> {
    match row {
        Row::Text(text) => vec![line(text, screen)],
        Row::Member { name, presence } => vec![member(name, presence, screen)],
        Row::Columns(cells) => cells.iter().map(|cell| line(cell, screen)).collect(),
        Row::Field { key, value } => vec![Line::of(format!("{key:longest_key$}"), Style::Dim), line(value, screen)],
        Row::Heading(words) => vec![Line::of((*words).to_owned(), Style::Strong)],
    }
}

fn member(name: &str, presence: &Presence, screen: &Screen) -> Line {
    let mark = match presence {
        Presence::Online { .. } => Style::Good,
        Presence::Offline { .. } => Style::Dim,
        Presence::Unknown { .. } => Style::Caution,
    };
    let spans = presence::line(Face::Terminal, name, presence, screen.now);
    let mut pieces = spans.iter();
    let mut line = Line::default();
    if let Some(first) = pieces.next() {
        line.push(&words::piece(Face::Terminal, first, screen.now, &screen.zone), mark);
    }
    for span in pieces {
        line.push(&words::piece(Face::Terminal, span, screen.now, &screen.zone), Style::Plain);
    }
    line
}

fn choices(menu: &Menu, screen: &Screen) -> Vec<Line> {
    let cells: Vec<_> = menu
        .choices
        .iter()
        .enumerate()
        .map(|(index, choice)| {
            let label = Line::of(choice.label.clone(), Style::Strong);
            vec![
                Line::of(format!("{:>2}.", index + 1), Style::Plain),
                label,
                Line::of(choice.detail.clone(), Style::Plain),
            ]
        })
        .collect();
    let mut lines = table(&cells, screen.width);
    if screen.asked {
        return lines;
    }
    let mut how = Line::of(format!("{}: the same command again with ", menu.prompt), Style::Plain);
    how.push("--pick N", Style::Accent);
    lines.extend(how.wrapped(screen.width, 0));
    lines
}

/// Rows side by side when they fit, else each on its own with the cells joined.
fn table(rows: &[Vec<Line>], width: Option<usize>) -> Vec<Line> {
    const GAP: usize = 2;
    const INDENT: usize = 4;
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(Line::width).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(widest).collect();
    let total = widths.iter().sum::<usize>() + GAP * columns.saturating_sub(1);
    let fits = width.is_none_or(|most| total <= most);
    if columns == 2 && !fits {
        // A key and its value: the value wraps beneath itself.
        let indent = widths.first().map_or(INDENT, |key| key + GAP);
        return rows.iter().flat_map(|row| beside(row, &widths, GAP).wrapped(width, indent)).collect();
    }
    if fits {
        return rows.iter().map(|row| beside(row, &widths, GAP)).collect();
    }
    rows.iter().flat_map(|row| joined(row).wrapped(width, INDENT)).collect()
}

fn beside(row: &[Line], widths: &[usize], gap: usize) -> Line {
    let mut line = Line::default();
    let mut owed = 0;
    for (cell, width) in row.iter().zip(widths) {
        line.push(&" ".repeat(owed), Style::Plain);
        line.append(cell);
        owed = width.saturating_sub(cell.width()) + gap;
    }
    line
}

fn joined(row: &[Line]) -> Line {
    let mut line = Line::default();
    for cell in row.iter().filter(|cell| cell.width() > 0) {
        let numbered = line.clusters.last().is_some_and(|(cluster, _)| cluster == ".");
        let between = if line.width() == 0 {
            ""
        } else if numbered {
            " "
        } else {
            " · "
        };
        line.push(between, Style::Plain);
        line.append(cell);
    }
    line
}

fn line(spans: &[Span], screen: &Screen) -> Line {
    styled(spans, screen, |span| match span {
        Span::Strong(_) | Span::StrongName(_) => Style::Strong,
        Span::Code(_) | Span::Command(_) => Style::Accent,
        _ => Style::Plain,
    })
}

fn styled(spans: &[Span], screen: &Screen, style: impl Fn(&Span) -> Style) -> Line {
    let mut line = Line::default();
    for span in spans {
        line.push(&words::piece(Face::Terminal, span, screen.now, &screen.zone), style(span));
    }
    line
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Plain,
    Strong,
    Dim,
    Good,
    Caution,
    Bad,
    Accent,
}

fn tone(tone: Tone) -> Style {
    match tone {
        Tone::Good => Style::Good,
        Tone::Quiet | Tone::Plain => Style::Strong,
        Tone::Caution => Style::Caution,
        Tone::Bad => Style::Bad,
    }
}

impl Style {
    /// The parameters of the ANSI sequence `SGR` (ECMA-48, 8.3.117).
    fn code(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Strong => Some("1"),
            Self::Dim => Some("2"),
            Self::Good => Some("1;32"),
            Self::Caution => Some("1;33"),
            Self::Bad => Some("1;31"),
            Self::Accent => Some("36"),
        }
    }
}

/// A line as the clusters that a reader sees as one character, each with its style.
#[derive(Clone, Debug, Default)]
struct Line {
    clusters: Vec<(String, Style)>,
}

impl Line {
    fn of(text: String, style: Style) -> Self {
        let mut line = Self::default();
        line.push(&text, style);
        line
    }

    fn push(&mut self, text: &str, style: Style) {
        let text = harmless(text);
        self.clusters.extend(text.graphemes(true).map(|cluster| (cluster.to_owned(), style)));
    }

    fn append(&mut self, other: &Self) {
        self.clusters.extend(other.clusters.iter().cloned());
    }

    fn width(&self) -> usize {
        self.clusters.iter().map(|(cluster, _)| cluster.width()).sum()
    }

    /// Broken at blanks; lines after the first are indented. A word longer than a line stays whole, to be copied.
    fn wrapped(&self, width: Option<usize>, indent: usize) -> Vec<Self> {
        let Some(most) = width.filter(|most| self.width() > *most) else { return vec![self.clone()] };
        let indent = indent.min(most / 2);
        let mut lines: Vec<Self> = Vec::new();
        let mut current = Self::default();
        for word in self.clusters.split_inclusive(|(cluster, _)| cluster == " ") {
            let word = Self { clusters: word.to_vec() };
            let bare = word.trimmed().width();
            let begun = current.clusters.iter().any(|(cluster, _)| cluster != " ");
            if begun && current.width() + bare > most {
                lines.push(std::mem::replace(&mut current, Self::of(" ".repeat(indent), Style::Plain)).trimmed());
            }
            current.append(&word);
        }
        lines.push(current.trimmed());
        lines
    }

    fn trimmed(&self) -> Self {
        let last = self.clusters.iter().rposition(|(cluster, _)| cluster != " ");
        Self { clusters: self.clusters.iter().take(last.map_or(0, |last| last + 1)).cloned().collect() }
    }

    fn print(&self, colour: bool) -> String {
        let mut out = String::new();
        for run in self.trimmed().clusters.chunk_by(|(_, one), (_, next)| one == next) {
            let text: String = run.iter().map(|(cluster, _)| cluster.as_str()).collect();
            match run.first().and_then(|(_, style)| style.code()).filter(|_| colour) {
                Some(code) => out.push_str(&format!("\x1b[{code}m{text}\x1b[0m")),
                None => out.push_str(&text),
            }
        }
        out
    }
}

/// The text without anything that a terminal obeys or that turns the direction of what follows. Blanks of any kind that would
/// move the cursor become spaces.
pub fn harmless(text: &str) -> String {
    let kept = text.chars().filter_map(|letter| match letter {
        '\t' | '\n' | '\r' | '\u{2028}' | '\u{2029}' => Some(' '),
        _ if obeyed(letter) => None,
        _ => Some(letter),
    });
    kept.collect()
}

/// Whether a terminal or its text shaping obeys the character rather than shows it: controls (general category Cc) and the
/// marks of the bidirectional algorithm (UAX #9, 2.0).
pub(super) fn obeyed(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::view::{choices as questions, group, notice, samples};

    fn screen(width: usize) -> Screen {
        Screen { width: Some(width), colour: false, zone: TimeZone::UTC, now: samples::now(), asked: false }
    }

    fn shown(answer: &Card) -> String {
        card(answer, &screen(100))
    }

    fn all_cards(tag: &str) -> Vec<Card> {
        let reports = samples::reports(tag).into_iter().map(|sample| sample.terminal);
        let notices = samples::notices(tag).into_iter().map(|what| notice::card(&what, Face::Terminal, samples::now()));
        reports.chain(samples::other_cards(tag, Face::Terminal)).chain(notices).collect()
    }

    #[test]
    fn a_check_looks_as_players_of_rustops_know_it() {
        insta::assert_snapshot!(shown(&group::check(&samples::group_check(""))), @"
        Purple Base ACTIVE PLAYERS: (2 / 5)
        -----------------------------------
        [X] ChennyBounce : ACTIVE 2h 13m
        [X] ? : ACTIVE 0s
        [ ] Hide Vest Enthusiast : last seen 1h 15m ago
        [ ] Tee Higgins : last seen 8h 19m ago
        [?] Sleepy : unknown, not seen on this server since added
        Rusty Moose |US Monthly| · checked 40s ago
        ");
    }

    #[test]
    fn colour_is_used_only_when_allowed() {
        let check = group::check(&samples::group_check(""));
        let colourful = card(&check, &Screen { colour: true, ..screen(100) });
        insta::assert_snapshot!(colourful.escape_debug().to_string().replace("\\n", "\n"), @r"
        \u{1b}[1;33mPurple Base ACTIVE PLAYERS: (2 / 5)\u{1b}[0m
        -----------------------------------
        \u{1b}[1;32m[X]\u{1b}[0m ChennyBounce : ACTIVE 2h 13m
        \u{1b}[1;32m[X]\u{1b}[0m ? : ACTIVE 0s
        \u{1b}[2m[ ]\u{1b}[0m Hide Vest Enthusiast : last seen 1h 15m ago
        \u{1b}[2m[ ]\u{1b}[0m Tee Higgins : last seen 8h 19m ago
        \u{1b}[1;33m[?]\u{1b}[0m Sleepy : unknown, not seen on this server since added
        \u{1b}[2mRusty Moose |US Monthly| · checked 40s ago\u{1b}[0m
        ");
        for answer in all_cards("") {
            assert!(!shown(&answer).contains('\x1b'));
        }
    }

    #[test]
    fn names_of_any_width_stay_in_line() {
        let mut list = samples::group_list("");
        for (group, name) in list.groups.iter_mut().zip(["日本語クラン", "e\u{301}lite", "👩‍👩‍👧 family"])
        {
            group.name = name.to_owned();
        }
        let text = shown(&group::list(&list));
        insta::assert_snapshot!(text, @"
        3 groups
        --------
        日本語クラン  7 members                 not checked yet
        élite         2 of 7 online             checked 3h ago
        👩‍👩‍👧 family     0 of 7 online, 1 unknown  checked 3h ago   on Rusty Moose |US Monthly|
        Rusty Moose |US Monthly|
        ");
    }

    #[test]
    fn a_narrow_terminal_gets_whole_words_and_no_long_lines() {
        for answer in [group::list(&samples::group_list("")), crate::view::server::get(&samples::server_get(""))] {
            let text = card(&answer, &screen(44));
            let links = |line: &&str| !line.contains("https://");
            assert!(text.lines().filter(links).all(|line| line.width() <= 44), "{text}");
        }
        insta::assert_snapshot!(card(&group::list(&samples::group_list("")), &screen(44)), @"
        3 groups
        --------
        Neighbours · 7 members · not checked yet
        Purple Base · 2 of 7 online · checked 3h ago
        Zerg · 0 of 7 online, 1 unknown · checked 3h
            ago · on Rusty Moose |US Monthly|
        Rusty Moose |US Monthly|
        ");
    }

    #[test]
    fn facts_stand_beside_their_keys_and_wrap_beneath_themselves() {
        let server = crate::view::server::get(&samples::server_get(""));
        let status = crate::view::status::status(&samples::status_report(""));
        insta::assert_snapshot!(format!("{}\n\n{}", shown(&server), card(&status, &screen(60))), @"
        Rusty Moose |US Monthly|
        ------------------------
        Status      online
        Players     212 of 250, 12 in queue
        Map         Procedural Map
        Last wipe   2026-06-11 22:46 UTC · 5d ago
        Next wipe   2026-06-25 22:46 UTC · in 9d
        F1 console  client.connect 198.51.100.7:28015
        Page        BattleMetrics https://www.battlemetrics.com/servers/rust/9565288
        BattleMetrics · as of 1m ago

        RustOps is running
        ------------------
        Version          0.1.0
        Running for      3d 3h
        Memory           48.3 MB
        Database         3.4 MB
        Discord servers  2
        Kept             3 groups · 21 members · 512 players known
        Discord          42 ms
        BattleMetrics    set up · 57 of 60 requests a minute left ·
                         last minute: 3 for commands
        Steam            not set up
        No Steam key is set. Whoever runs the bot: make one at
            https://steamcommunity.com/dev/apikey and set it as
            steam_key.
        Watched servers
        Rusty Moose |US Monthly| · watched · 7 players tracked ·
            polled 40s ago, next in 20s
        Rusty Moose |US Monthly| · BattleMetrics cannot query the
            server · 7 players tracked · polled 40s ago, next in 20s
        Rusty Moose |US Monthly| · BattleMetrics refused the token ·
            7 players tracked · polled 40s ago, next in 20s
        The past of 4 players is still to be fetched.
        Recent problems
        30m ago  BattleMetrics has a fault
        ");
    }

    #[test]
    fn the_record_of_changes_is_a_table() {
        insta::assert_snapshot!(card(&crate::view::changes::audit(&samples::audit("")), &screen(120)), @"
        Last changes
        ------------
        18.  settings changed: time zone, who may change things, log channel  by Ann  18m ago
        17.  Purple Base pinned to Rusty Moose |US Monthly|                   by Ann  17m ago
        16.  Purple Base renamed to Purple Tower                              by Ann  16m ago
        15.  Purple Base deleted (7 members)                                  by Ann  15m ago  taken back 2m ago
        14.  ChennyBounce removed from Purple Base                            by Ann  14m ago
        13.  P, P, P and 2 more added to the new group Purple Base            by Ann  13m ago
        12.  server set to Rusty Moose |US Monthly|                           by Ann  12m ago
        11 older ones are not shown.
        Take one back with rustops undo and its number.
        ");
    }

    #[test]
    fn a_notice_names_commands_as_they_are_typed() {
        let told = crate::domain::notice::Notice::NoServerSet;
        insta::assert_snapshot!(shown(&notice::card(&told, Face::Terminal, samples::now())), @"
        No server is set
        Choose one with rustops server set.
        ");
    }

    #[test]
    fn a_question_lists_numbered_choices() {
        insta::assert_snapshot!(shown(&questions::card(&samples::which_player(""), Face::Terminal, samples::now())), @r#"
        Which one is "Chenny"?
        7 players found. Nothing was changed yet.
        4 more are not shown; write more of the name to narrow it down.
        The one you choose is linked to Steam 76561198000000001.
         1.  Chenny  online · BattleMetrics 1100000001
         2.  Chenny  last seen 3d 4h ago · BattleMetrics 1100000044
         3.  Chenny  state unknown · BattleMetrics 1100000057
        Choose a player: the same command again with --pick N
        "#);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
        #[test]
        fn no_name_can_speak_to_the_terminal(
            tag in "(\\PC|[\\x00-\\x1f\\x7f-\\x9f]|[\u{202a}-\u{202e}\u{2066}-\u{2069}\u{200e}\u{200f}\u{61c}\u{2028}\u{2029}]){0,12}",
            width in proptest::option::of(1usize..120),
        ) {
            let screen = Screen { width, ..screen(0) };
            for answer in all_cards(&format!("\x1b[31m\u{9b}2J\u{202e}{tag}")) {
                let text = card(&answer, &screen);
                prop_assert!(!text.chars().any(|letter| letter != '\n' && obeyed(letter)), "{text:?}");
            }
        }
    }
}

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
        Row::HeadingOf { words, name } => vec![Line::of(format!("{words} {name}"), Style::Strong)],
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
mod tests;

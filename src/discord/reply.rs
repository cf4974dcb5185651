//! A card as a message: markdown, colours, pages, and every limit that Discord sets on what is shown.
//!
//! Facts in, JSON out. Nothing is sent from here, and no wording is made here.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::view::{
    card::{Card, Face, MenuChoice, Row, Span, Text, Tone},
    presence, words,
};

/// Characters of a title (<https://discord.com/developers/docs/resources/message#embed-object-embed-limits>).
const TITLE: usize = 256;
/// Characters of a page's body. Discord takes 4096, and 6000 of the whole; this leaves room for the rest.
const BODY: usize = 3800;
/// Characters of a footer. Discord takes 2048, which nobody reads.
const FOOTER: usize = 300;
/// Characters of one line of a body, so that a page always holds several.
const LINE: usize = 900;
/// Characters of a menu's label, detail and prompt, and of a suggestion.
const LABEL: usize = 100;
/// What fits on a phone's screen with the title and the buttons.
const LINES_A_PAGE: usize = 20;
/// More closing remarks than this are no remarks but the text itself, and are not repeated on every page.
const MOST_REMARKS: usize = 3;

/// The ids of our commands by name, for clickable mentions. Empty until Discord told them.
pub(super) type CommandIds = BTreeMap<String, u64>;

/// One page of a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Page {
    title: String,
    body: String,
    footer: String,
    colour: u32,
    made: Timestamp,
}

impl Page {
    /// Its embed.
    pub(super) fn embed(&self) -> Value {
        let mut embed = json!({ "title": self.title, "description": self.body, "color": self.colour });
        if !self.footer.is_empty() {
            set(&mut embed, "footer", json!({ "text": self.footer }));
            // Ages in a footer cannot follow the time as those in the body do; this says from when they are.
            let made = Timestamp::from_second(self.made.as_second()).unwrap_or(self.made);
            set(&mut embed, "timestamp", json!(made.to_string()));
        }
        embed
    }
}

/// The pages of a card, at least one.
pub(super) fn pages(card: &Card, ids: &CommandIds, now: Timestamp) -> Vec<Page> {
    pages_of(card, ids, now, LINES_A_PAGE)
}

/// A card that is one page of a longer report, with as much of it as Discord takes: nobody could turn to the rest.
pub(super) fn page(card: &Card, ids: &CommandIds, now: Timestamp) -> Page {
    pages_of(card, ids, now, usize::MAX).swap_remove(0)
}

fn pages_of(card: &Card, ids: &CommandIds, now: Timestamp, most_lines: usize) -> Vec<Page> {
    let writer = Writer { ids, now };
    let title = writer.bounded(&presence::title(Face::Discord, &card.title), TITLE);
    let footer = cut(&words::flat(Face::Discord, &card.footer, now), FOOTER);
    let colour = colour(card.tone);
    let bodies = writer.bodies(&card.rows, most_lines);
    let page = |body| Page { title: title.clone(), body, footer: footer.clone(), colour, made: now };
    bodies.into_iter().map(page).collect()
}

/// The colours of Discord's own palette; the words say the same.
fn colour(tone: Tone) -> u32 {
    match tone {
        Tone::Good => 0x3B_A5_5D,
        Tone::Quiet => 0x74_7F_8D,
        Tone::Caution => 0xFA_A6_1A,
        Tone::Bad => 0xED_42_45,
        Tone::Plain => 0x58_65_F2,
    }
}

struct Writer<'a> {
    ids: &'a CommandIds,
    now: Timestamp,
}

/// What stands beside what without a gap.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Prose,
    List,
}

struct Line {
    kind: Kind,
    /// Begins with a heading.
    headed: bool,
    text: String,
}

impl Writer<'_> {
    fn bodies(&self, rows: &[Row], most_lines: usize) -> Vec<String> {
        let mut lines = self.lines(rows);
        let prose = lines.iter().rev().take_while(|line| line.kind == Kind::Prose).count();
        let remarks =
            if prose < lines.len() && prose <= MOST_REMARKS { lines.split_off(lines.len() - prose) } else { vec![] };
        let room = BODY.saturating_sub(remarks.iter().map(|line| length(&line.text) + 2).sum());
        let mut pages: Vec<Vec<Line>> = vec![Vec::new()];
        let mut used = 0;
        for line in lines {
            let size = length(&line.text) + 2;
            let full = pages.last().is_some_and(|page| page.len() >= most_lines);
            if full || used + size > room {
                pages.push(Vec::new());
                used = 0;
            }
            used += size;
            if let Some(page) = pages.last_mut() {
                page.push(line);
            }
        }
        pages.iter().map(|page| joined(page.iter().chain(&remarks))).collect()
    }

    fn lines(&self, rows: &[Row]) -> Vec<Line> {
        let mut lines = Vec::with_capacity(rows.len());
        let mut heading = String::new();
        for row in rows {
            let (kind, text) = match row {
                Row::Heading(words) => {
                    heading = format!("**{words}**\n");
                    continue;
                }
                Row::HeadingOf { words, name } => {
                    heading = format!("**{words} {}**\n", escaped(name));
                    continue;
                }
                Row::Text(text) => (Kind::Prose, self.bounded(text, LINE)),
                Row::Member { name, presence } => {
                    (Kind::List, self.bounded(&presence::line(Face::Discord, name, presence, self.now), LINE))
                }
                Row::Field { key, value } => (Kind::List, format!("**{key}** · {}", self.bounded(value, LINE))),
                Row::Columns(cells) => (Kind::List, self.cells(cells)),
            };
            lines.push(Line { kind, headed: !heading.is_empty(), text: format!("{heading}{}", not_a_list(text)) });
            heading.clear();
        }
        lines
    }

    fn cells(&self, cells: &[Text]) -> String {
        let most = LINE / cells.len().max(1);
        let cells = cells.iter().map(|cell| self.bounded(cell, most)).filter(|cell| !cell.is_empty());
        cells.collect::<Vec<_>>().join(" · ")
    }

    /// The text as markdown; when that is too long, its words alone, cut.
    fn bounded(&self, text: &[Span], most: usize) -> String {
        let full: String = text.iter().map(|span| self.span(span)).collect();
        if length(&full) <= most {
            return full;
        }
        // Escaping may double the length.
        escaped(&cut(&words::flat(Face::Discord, text, self.now), most / 2))
    }

    fn span(&self, span: &Span) -> String {
        match span {
            Span::Plain(words) => words.clone().into_owned(),
            Span::Strong(words) => format!("**{words}**"),
            Span::Name(name) | Span::Actor { name, .. } => escaped(name),
            Span::StrongName(name) => format!("**{}**", escaped(name)),
            Span::Code(code) => format!("`{}`", code.replace('`', "ˋ")),
            Span::Command(command) => self.command(command.discord()),
            Span::Ago(instant) => format!("<t:{}:R>", instant.as_second()),
            Span::At(instant) => format!("<t:{}:f>", instant.as_second()),
            Span::Lasting(length) => words::lasting(Face::Discord, *length),
            Span::Link { label, url } if label == url => format!("<{url}>"),
            Span::Link { label, url } => format!("[{label}](<{url}>)"),
            Span::Role(role) => format!("<@&{role}>"),
            Span::Channel(channel) => format!("<#{channel}>"),
        }
    }

    fn command(&self, name: &str) -> String {
        let id = name.split(' ').next().and_then(|first| self.ids.get(first));
        match id {
            Some(id) => format!("</{name}:{id}>"),
            None => format!("`/{name}`"),
        }
    }
}

/// `4. …` at the beginning of a line would be counted on from the line before it.
fn not_a_list(line: String) -> String {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    match line.split_at_checked(digits) {
        Some((number, rest)) if digits > 0 && rest.starts_with('.') => format!("{number}\\{rest}"),
        _ => line,
    }
}

fn joined<'a>(lines: impl Iterator<Item = &'a Line>) -> String {
    let mut body = String::new();
    let mut before = None;
    for Line { kind, headed, text } in lines {
        match before {
            None => {}
            Some(before) if before == *kind && !headed => body.push('\n'),
            Some(_) => body.push_str("\n\n"),
        }
        body.push_str(text);
        before = Some(*kind);
    }
    body.trim().to_owned()
}

/// Text from outside with every mark taken literally. Discord's escape is a backslash before anything but letters,
/// digits and blanks; it keeps `<@1>`, `https://…` and `:x:` from taking effect too.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_ascii_punctuation() && !matches!(letter, ',' | '!' | '?' | '\'' | '"' | '%' | '&' | ';' | '=') {
            safe.push('\\');
        }
        safe.push(letter);
    }
    safe
}

/// Discord counts code points in some places and UTF-16 units in others; the larger number is safe in both.
fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// At most so many units, with an ellipsis where something was left out.
fn cut(text: &str, most: usize) -> String {
    if length(text) <= most {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 1;
    for letter in text.chars() {
        used += letter.len_utf16();
        if used > most {
            break;
        }
        kept.push(letter);
    }
    kept.push('…');
    kept
}

/// Text for a label, a suggestion or a prompt.
pub(super) fn label(text: &str) -> String {
    cut(text, LABEL)
}

/// A message: a page and what can be pressed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Message {
    page: Page,
    rows: Vec<Value>,
}

/// Only the person who asked sees it.
pub(super) const EPHEMERAL: u64 = 1 << 6;

impl Message {
    /// A page without anything to press.
    pub(super) fn new(page: Page) -> Self {
        Self { page, rows: Vec::new() }
    }

    /// Tells messages apart that look different; the hour at which they were made does not count.
    pub(super) fn fingerprint(&self) -> i64 {
        let mut timeless = self.clone();
        timeless.page.made = Timestamp::UNIX_EPOCH;
        let mut hasher = DefaultHasher::new();
        timeless.body(false).to_string().hash(&mut hasher);
        hasher.finish().cast_signed()
    }

    /// Adds a closing remark.
    pub(super) fn remark(mut self, words: &str) -> Self {
        self.page.body = format!("{}\n\n{words}", self.page.body);
        self
    }

    /// Adds a row of buttons, unless it is empty.
    pub(super) fn buttons(mut self, buttons: Vec<Value>) -> Self {
        if !buttons.is_empty() {
            self.rows.push(json!({ "type": 1, "components": buttons }));
        }
        self
    }

    /// Adds a select menu of at most 25 choices.
    pub(super) fn select(mut self, id: &str, prompt: &str, choices: &[MenuChoice]) -> Self {
        let options: Vec<_> = choices.iter().take(25).map(option).collect();
        let select =
            json!({ "type": 3, "custom_id": id, "placeholder": label(prompt), "options": options, "max_values": 1 });
        self.rows.push(json!({ "type": 1, "components": [select] }));
        self
    }

    /// The body of a request. Nothing in it can ping.
    pub(super) fn body(&self, private: bool) -> Value {
        let mut body = json!({
            "embeds": [self.page.embed()],
            "components": self.rows,
            "allowed_mentions": { "parse": [] },
        });
        if private {
            set(&mut body, "flags", json!(EPHEMERAL));
        }
        body
    }
}

fn option(choice: &MenuChoice) -> Value {
    let mut option = json!({ "label": label(&choice.label), "value": choice.value });
    if !choice.detail.is_empty() {
        set(&mut option, "description", json!(label(&choice.detail)));
    }
    option
}

fn set(object: &mut Value, key: &str, value: Value) {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(key.to_owned(), value);
    }
}

/// How a button is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Nothing special.
    Secondary = 2,
    /// What it does cannot be done over.
    Danger = 4,
}

/// A button.
pub(super) fn button(id: &str, text: &str, style: Style) -> Value {
    json!({ "type": 2, "style": style as u8, "label": text, "custom_id": id })
}

/// The same, that cannot be pressed.
pub(super) fn switched_off(mut button: Value) -> Value {
    set(&mut button, "disabled", json!(true));
    button
}

#[cfg(test)]
mod tests;

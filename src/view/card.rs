//! The one shape that both faces show: a title, a tone, rows of spans, a footer, maybe a menu.
//!
//! Plain data, no wording and no markup: escaping, colours, timestamps and limits belong to the faces.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};

use super::command::Command;
use crate::domain::{
    ids::{ChannelId, RoleId},
    names,
    presence::Presence,
};

/// Who shows the card; for the few places where the two say the same thing in another form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Face {
    /// An embed of Discord.
    Discord,
    /// Text in a terminal.
    Terminal,
}

/// An answer, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// What it is about.
    pub title: Title,
    /// How it is meant. The words say it too; a face may add a colour.
    pub tone: Tone,
    /// The body. May be split between any two rows; a heading belongs to the row after it.
    pub rows: Vec<Row>,
    /// Where it comes from and how old it is. Holds no commands and no links, since footers cannot show them.
    pub footer: Text,
    /// What the asker has to choose from.
    pub menu: Option<Menu>,
}

/// How an answer is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Done, or somebody is on.
    Good,
    /// Nobody is on, nothing changed, nothing there yet.
    Quiet,
    /// Not everything is known, or a decision is needed.
    Caution,
    /// It did not work.
    Bad,
    /// Neither good nor bad.
    Plain,
}

/// The head line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Title {
    /// Words.
    Text(Text),
    /// A checked group; the faces have a form of their own for it, see [`super::presence::title`].
    Check {
        /// The group's name, ready to be shown, untrusted.
        group: String,
        /// Members online.
        active: usize,
        /// All members.
        total: usize,
        /// Members of whom nothing can be said.
        unknown: usize,
    },
}

/// A line of text, in pieces.
pub type Text = Vec<Span>;

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// Our own words; never anything from outside.
    Plain(Cow<'static, str>),
    /// Our own words, set off.
    Strong(Cow<'static, str>),
    /// Text from outside, already [`names::shown`]. The face escapes it.
    Name(String),
    /// The same, set off.
    StrongName(String),
    /// Something to copy, already [`names::shown`], maybe from outside. The face escapes it.
    Code(String),
    /// A command of ours: clickable on Discord, as it is typed in the terminal.
    Command(Command),
    /// How long ago (or ahead) an instant is. On Discord a timestamp that stays right.
    Ago(Timestamp),
    /// An instant as date and time in the reader's zone.
    At(Timestamp),
    /// A length of time.
    Lasting(SignedDuration),
    /// A page to open. The address is built by us.
    Link {
        /// Our own words.
        label: Cow<'static, str>,
        /// `https://…`
        url: String,
    },
    /// A Discord role.
    Role(RoleId),
    /// A Discord channel.
    Channel(ChannelId),
    /// Whoever changed something.
    Actor {
        /// A Discord user id, or `terminal`; untrusted only in so far as it is stored text.
        id: String,
        /// Their name then, already [`names::shown`]. The face escapes it.
        name: String,
    },
}

/// One row of the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// A sentence or two.
    Text(Text),
    /// A player and what is known of the presence; worded by [`super::presence::line`].
    Member {
        /// Ready to be shown, untrusted.
        name: String,
        /// What may be said.
        presence: Presence,
    },
    /// Cells. Neighbouring rows of cells are one table: aligned in a terminal, joined by ` · ` on Discord, empty cells
    /// left out there.
    Columns(Vec<Text>),
    /// A key and its value.
    Field {
        /// Our own word.
        key: &'static str,
        /// What it is.
        value: Text,
    },
    /// Starts a section.
    Heading(&'static str),
    /// Starts a section about something that is named.
    HeadingOf {
        /// Our own words.
        words: &'static str,
        /// Ready to be shown, untrusted.
        name: String,
    },
}

/// What the asker has to choose from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Menu {
    /// What the empty menu says, such as `Choose a player`.
    pub prompt: &'static str,
    /// At most [`crate::domain::report::CHOICES`].
    pub choices: Vec<MenuChoice>,
}

/// One line of a menu. Plain text throughout: menus know no markup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MenuChoice {
    /// Ready to be shown, untrusted.
    pub label: String,
    /// What tells it from others with the same label; ready to be shown, untrusted.
    pub detail: String,
    /// What to ask again with.
    pub value: String,
}

/// The most characters of a piece of outside text; BattleMetrics' longest server names fit.
const NAME_LENGTH: usize = 100;

/// Outside text, made ready to be shown.
pub fn ready(text: &str) -> String {
    names::cut(&names::shown(text), NAME_LENGTH)
}

/// Outside text as a span.
pub fn name(text: &str) -> Span {
    Span::Name(ready(text))
}

/// Outside text as a span, set off.
pub fn strong_name(text: &str) -> Span {
    Span::StrongName(ready(text))
}

/// Something to copy.
pub fn code(text: &str) -> Span {
    Span::Code(ready(text))
}

/// Our own words that had to be put together, such as numbers.
pub fn plain(words: String) -> Span {
    Span::Plain(words.into())
}

/// A page to open.
pub fn link(label: &'static str, url: impl Into<String>) -> Span {
    Span::Link { label: label.into(), url: url.into() }
}

// Only `'static` text becomes a plain span by itself, so that text from outside cannot slip in unescaped.
impl From<&'static str> for Span {
    fn from(words: &'static str) -> Self {
        Self::Plain(words.into())
    }
}

impl From<Command> for Span {
    fn from(command: Command) -> Self {
        Self::Command(command)
    }
}

/// A line of text from pieces: our own words, commands and spans.
macro_rules! text {
    ($($piece:expr),* $(,)?) => { vec![$($crate::view::card::Span::from($piece)),*] };
}
pub(crate) use text;

impl Card {
    /// A card with words for a title.
    pub fn new(tone: Tone, title: Text) -> Self {
        Self::titled(tone, Title::Text(title))
    }

    /// A card with any title.
    pub fn titled(tone: Tone, title: Title) -> Self {
        Self { title, tone, rows: Vec::new(), footer: Vec::new(), menu: None }
    }

    /// Adds a sentence.
    #[must_use]
    pub fn line(self, text: Text) -> Self {
        self.row(Row::Text(text))
    }

    /// Adds a sentence, if there is one.
    #[must_use]
    pub fn line_if(self, text: Option<Text>) -> Self {
        match text {
            Some(text) => self.line(text),
            None => self,
        }
    }

    /// Adds a key and its value.
    #[must_use]
    pub fn field(self, key: &'static str, value: Text) -> Self {
        self.row(Row::Field { key, value })
    }

    /// Adds a key and its value, if there is one.
    #[must_use]
    pub fn field_if(self, key: &'static str, value: Option<Text>) -> Self {
        match value {
            Some(value) => self.field(key, value),
            None => self,
        }
    }

    /// Adds a row.
    #[must_use]
    pub fn row(mut self, row: Row) -> Self {
        self.rows.push(row);
        self
    }

    /// Adds rows.
    #[must_use]
    pub fn rows(mut self, rows: impl IntoIterator<Item = Row>) -> Self {
        self.rows.extend(rows);
        self
    }

    /// Sets the footer.
    #[must_use]
    pub fn footer(mut self, footer: Text) -> Self {
        self.footer = footer;
        self
    }

    /// Sets the menu.
    #[must_use]
    pub fn menu(mut self, menu: Menu) -> Self {
        self.menu = Some(menu);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{notice, samples};

    #[test]
    fn outside_text_stands_only_where_a_face_escapes_it() {
        let tag = "@everyone";
        for face in [Face::Discord, Face::Terminal] {
            let reports = samples::reports(tag)
                .into_iter()
                .map(|sample| if face == Face::Discord { sample.discord } else { sample.terminal });
            let notices = samples::notices(tag).into_iter().map(|told| notice::card(&told, face, samples::now()));
            for card in reports.chain(notices).chain(samples::other_cards(tag, face)) {
                for span in samples::spans(&card, face) {
                    let escaped =
                        matches!(span, Span::Name(_) | Span::StrongName(_) | Span::Code(_) | Span::Actor { .. });
                    assert!(escaped || !format!("{span:?}").contains(tag), "{span:?}");
                }
            }
        }
    }

    #[test]
    fn footers_hold_nothing_that_a_footer_cannot_show() {
        for sample in samples::reports("") {
            let odd =
                |span: &Span| matches!(span, Span::Command(_) | Span::Link { .. } | Span::Role(_) | Span::Channel(_));
            assert!(!sample.discord.footer.iter().any(odd), "{}", sample.command);
        }
    }
}

//! Names that people give themselves: made harmless to show, folded to compare and search.
//!
//! Pure text rules. Escaping for a particular face (markdown, terminal) is done there.

use std::{cmp::Reverse, collections::HashSet};

use unicode_general_category::{GeneralCategory, get_general_category};
use unicode_normalization::{UnicodeNormalization, char::canonical_combining_class};
use unicode_segmentation::UnicodeSegmentation;

/// The most combining marks that stay on one letter. Living scripts need no more; towers of them cover other lines.
const MAX_MARKS: usize = 4;

/// The most characters of a name that is made of code points.
const MAX_FALLBACK: usize = 32;

/// How alike two folded names have to be to be offered for one another (Jaro-Winkler, 0 to 1). By trial: one changed
/// letter of three passes (`rob`, `bob`), one of two does not.
const ALIKE: f64 = 0.75;

/// Joins emoji to one picture, as in families.
const JOINER: char = '\u{200D}';

/// Asks for the coloured picture of a symbol.
const EMOJI_STYLE: char = '\u{FE0F}';

/// The name as it may be shown: no control, bidirectional or zero-width marks, no line breaks, blanks trimmed and
/// collapsed; `Player_` and hexadecimal code points when nothing printable is left (`U+1CBC` is `Player_1cbc`), at most
/// 32 characters of it.
///
/// Private and unassigned code points go, and so do combining marks beyond the fourth of a letter and those that have
/// none to sit on. Blanks of every kind, among them the Hangul fillers, become a space. Emoji stay whole: their joiner
/// and their style mark are kept where they stand between or behind pictures.
pub fn shown(name: &str) -> String {
    if is_plain(name) {
        return name.to_owned();
    }
    let kept = printable(name.chars(), name.len());
    if kept.is_empty() { code_points(name) } else { kept }
}

/// The form by which names are compared and searched: NFKC, case-folded, accents removed, marks as in [`shown`].
///
/// Case folding is Unicode's full one (`ẞ` and `SS` meet), and dotted and dotless `i` meet too. Accents are the marks
/// around a letter; signs that spell (vowels of India and Thailand, the voicing mark of Japan) stay. Whatever is shown
/// alike compares alike: `folded(shown(name)) == folded(name)`. Never empty; folding twice changes nothing.
pub fn folded(name: &str) -> String {
    if name.is_ascii() {
        return folded_ascii(name);
    }
    let shown = shown(name);
    let bare = shown.nfkd().filter(|c| !is_accent(*c)).flat_map(caseless);
    let bare: String = printable(bare, shown.len()).nfc().collect();
    // A name of nothing but free-standing accents is compared as it is.
    if bare.is_empty() { shown } else { bare }
}

/// Whether two names are the same to a person who looks for one: equal when [`folded`].
pub fn same(a: &str, b: &str) -> bool {
    a == b || folded(a) == folded(b)
}

/// The names nearest to `wanted`, best first, at most `most`, none that is plainly something else.
///
/// All compared [`folded`]: the same name, then names that begin with `wanted`, then names that hold it (from two
/// characters on), then names spelt alike.
pub fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>, most: usize) -> Vec<String> {
    let wanted = folded(wanted);
    let mut met = HashSet::new();
    let mut hits: Vec<_> = names
        .into_iter()
        .filter(|name| met.insert(*name))
        .filter_map(|name| {
            let folded = folded(name);
            let near = nearness(&wanted, &folded)?;
            Some((Reverse(near), folded.len(), folded, name))
        })
        .collect();
    hits.sort_unstable();
    hits.into_iter().take(most).map(|(.., name)| name.to_owned()).collect()
}

/// How near two folded names are; more is nearer. `None`: something else.
fn nearness(wanted: &str, name: &str) -> Option<u32> {
    if name == wanted {
        return Some(u32::MAX);
    }
    if name.starts_with(wanted) {
        return Some(u32::MAX - 1);
    }
    if name.contains(wanted) && wanted.chars().nth(1).is_some() {
        return Some(u32::MAX - 2);
    }
    let alike = strsim::jaro_winkler(wanted, name);
    let rank = (alike * 1e6) as u32;
    (alike >= ALIKE).then_some(rank)
}

/// The text, or its beginning and `…` when it has more than `max_graphemes` characters as a person counts them; the `…`
/// is one of them.
pub fn cut(text: &str, max_graphemes: usize) -> String {
    let mut rest = text.grapheme_indices(true).skip(max_graphemes.saturating_sub(1));
    let last = rest.next();
    match (last, rest.next()) {
        _ if max_graphemes == 0 => String::new(),
        (Some((at, _)), Some(_)) => {
            let mut short = text.get(..at).map_or_else(String::new, |head| head.trim_end().to_owned());
            short.push('…');
            short
        }
        _ => text.to_owned(),
    }
}

/// Whether the character takes no room and says nothing by itself: bidirectional and zero-width marks, which come along
/// when a name or link is copied. The emoji joiner is not among them.
pub(super) fn is_zero_width(c: char) -> bool {
    matches!(
        c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180E}' | '\u{200B}' | '\u{200C}' | '\u{200E}' | '\u{200F}'
            | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}'
    )
}

/// Whether emoji are joined here: the joiner behind a picture.
pub(super) fn joins(before: Option<char>, c: char) -> bool {
    c == JOINER && before.is_some_and(|before| is_picture(before) || before == EMOJI_STYLE)
}

/// Whether the character looks like a blank: white space, the fillers of Hangul, the empty Braille cell.
pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{115F}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{FFA0}' | '\u{1D159}')
}

/// What a character does in a name that is shown.
#[derive(PartialEq, Eq)]
enum Part {
    Letter,
    Blank,
    /// Sits on the letter before it.
    Mark,
    /// [`JOINER`].
    Joiner,
    /// [`EMOJI_STYLE`].
    Style,
    /// Nothing that could be seen, or nothing that may be.
    Junk,
}

fn part(c: char) -> Part {
    use GeneralCategory as Is;
    match c {
        '!'..='~' => Part::Letter,
        JOINER => Part::Joiner,
        EMOJI_STYLE => Part::Style,
        _ if is_blank(c) => Part::Blank,
        // Marks without a picture of their own: joiners of letters, vowels that are never shown, variation selectors.
        '\u{34F}'
        | '\u{17B4}'
        | '\u{17B5}'
        | '\u{180B}'..='\u{180F}'
        | '\u{FE00}'..='\u{FE0E}'
        | '\u{E0100}'..='\u{E01EF}' => Part::Junk,
        _ => match get_general_category(c) {
            Is::Control | Is::Format | Is::Surrogate | Is::PrivateUse | Is::Unassigned => Part::Junk,
            Is::NonspacingMark | Is::SpacingMark | Is::EnclosingMark => Part::Mark,
            _ => Part::Letter,
        },
    }
}

/// The printable part of a name, by the rules of [`shown`]; `room` is the guess at its bytes.
fn printable(name: impl Iterator<Item = char>, room: usize) -> String {
    let mut kept = String::with_capacity(room);
    let mut last = None;
    let mut marks = 0;
    let mut name = name.peekable();
    while let Some(c) = name.next() {
        // `last` is the character that would stand right before this one: none after a blank.
        let stays = match part(c) {
            Part::Letter => {
                if last.is_none() && !kept.is_empty() {
                    kept.push(' ');
                }
                marks = 0;
                true
            }
            Part::Blank => {
                last = None;
                false
            }
            Part::Mark => {
                marks += 1;
                last.is_some() && marks <= MAX_MARKS
            }
            Part::Style => last.is_some_and(is_picture),
            Part::Joiner => joins(last, c) && name.peek().is_some_and(|next| is_picture(*next)),
            Part::Junk => false,
        };
        if stays {
            kept.push(c);
            last = Some(c);
        }
    }
    kept
}

/// Whether the character is a picture that others may be joined to: the blocks of Unicode in which emoji live.
fn is_picture(c: char) -> bool {
    matches!(c, '\u{2190}'..='\u{27BF}' | '\u{2900}'..='\u{2BFF}' | '\u{1F000}'..='\u{1FAFF}')
        && part(c) == Part::Letter
}

/// `Player_` and the code points of the name, as RustOps always called the players whose names cannot be seen.
fn code_points(name: &str) -> String {
    let digits = name.chars().flat_map(|c| format!("{:x}", u32::from(c)).into_bytes());
    "Player_".chars().chain(digits.map(char::from)).take(MAX_FALLBACK).collect()
}

/// Whether the name is printable ASCII with single blanks inside: shown as it is.
fn is_plain(name: &str) -> bool {
    let mut before = b' ';
    for byte in name.bytes() {
        if !matches!(byte, b' '..=b'~') || (byte == b' ' && before == b' ') {
            return false;
        }
        before = byte;
    }
    before != b' '
}

/// [`folded`] for the common case, in one pass.
fn folded_ascii(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    let mut blank = false;
    for byte in name.bytes() {
        match byte {
            b'!'..=b'~' => {
                if blank && !folded.is_empty() {
                    folded.push(' ');
                }
                blank = false;
                folded.push(char::from(byte.to_ascii_lowercase()));
            }
            b' ' | b'\t'..=b'\r' => blank = true,
            _ => {}
        }
    }
    if folded.is_empty() { code_points(name).to_ascii_lowercase() } else { folded }
}

/// Whether the character is left out when names are compared: emoji glue, enclosing marks, and the marks around a
/// letter. By canonical combining class (Unicode Standard Annex 44): 1 lies over the letter, 10 to 35 are the points of
/// Hebrew and Arabic, 200 and more stand around it.
fn is_accent(c: char) -> bool {
    if c < '\u{300}' {
        return false;
    }
    match canonical_combining_class(c) {
        1 | 10..=35 | 200.. => true,
        0 => matches!(c, JOINER | EMOJI_STYLE) || get_general_category(c) == GeneralCategory::EnclosingMark,
        _ => false,
    }
}

/// Full case folding by the standard library's mappings: down, since `ẞ` has no upper case; up, which spells `ß` out;
/// down again.
fn caseless(c: char) -> impl Iterator<Item = char> {
    c.to_lowercase().flat_map(char::to_uppercase).flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests;

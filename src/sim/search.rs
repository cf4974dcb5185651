//! How BattleMetrics searches by name.
//!
//! Text against text only: neither people nor servers are known here.

/// What a search for a name asks for.
pub(super) enum Wanted {
    Exactly(String),
    Words(Vec<String>, String),
}

impl Wanted {
    pub(super) fn new(text: &str) -> Self {
        let text = text.trim().to_lowercase();
        match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
            Some(exact) => Self::Exactly(exact.to_owned()),
            None => Self::Words(text.split_whitespace().map(str::to_owned).collect(), text),
        }
    }

    /// Whether the name answers the search.
    pub(super) fn fits(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        match self {
            Self::Exactly(exact) => name == *exact,
            Self::Words(words, _) => words.iter().all(|word| name.contains(word.as_str())),
        }
    }

    /// Whether the name is all of what was searched for.
    pub(super) fn is(&self, name: &str) -> bool {
        let (Self::Exactly(text) | Self::Words(_, text)) = self;
        name.to_lowercase() == *text
    }
}

/// The words of a text in lower case; whatever is neither letter nor digit parts them.
pub(super) fn words_of(text: &str) -> Vec<String> {
    let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

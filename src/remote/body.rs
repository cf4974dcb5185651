//! The bytes of an answer: read up to a bound, told apart, parsed, and picked from without trust.
//!
//! Knows JSON, and no service's vocabulary.

use jiff::Timestamp;
use reqwest::Response;
use serde::de::DeserializeOwned;
use serde_json::{Value, error::Category};

use crate::domain::trouble::{TroubleKind, Unreadable};

/// Reads a body of at most `most` bytes, counted after decompression.
///
/// # Errors
/// [`Unreadable::TooLarge`], [`Unreadable::Truncated`], or [`TroubleKind::TimedOut`].
pub(super) async fn collect(mut response: Response, most: usize) -> Result<Vec<u8>, TroubleKind> {
    let too_large = TroubleKind::Unreadable { what: Unreadable::TooLarge };
    if response.content_length().is_some_and(|told| told > most as u64) {
        return Err(too_large);
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| broken_off(&error))? {
        if bytes.len() + chunk.len() > most {
            return Err(too_large);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn broken_off(error: &reqwest::Error) -> TroubleKind {
    if error.is_timeout() { TroubleKind::TimedOut } else { TroubleKind::Unreadable { what: Unreadable::Truncated } }
}

/// Reads JSON as a `T`, which takes whatever has its outline.
///
/// # Errors
/// What it was instead.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Unreadable> {
    if bytes.trim_ascii().is_empty() {
        return Err(Unreadable::Empty);
    }
    if is_html(bytes) {
        return Err(Unreadable::Html);
    }
    serde_json::from_slice(bytes).map_err(|error| match error.classify() {
        Category::Eof => Unreadable::Truncated,
        // serde_json (1.0) names this case in its text only.
        _ if error.to_string().starts_with("recursion limit") => Unreadable::TooDeep,
        _ => Unreadable::Shape,
    })
}

/// Whether it is a page for people: an edge's, a proxy's, Steam's errors. No JSON begins like that.
pub(super) fn is_html(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().starts_with(b"<")
}

/// What lies at `pointer`: keys of objects, each behind a slash (RFC 6901 without what it escapes). Unlike serde_json's, it
/// takes no memory; a roster has thousands of places to look at.
pub(super) fn at<'a>(value: &'a Value, pointer: &str) -> Option<&'a Value> {
    pointer.split('/').skip(1).try_fold(value, |value, key| value.get(key))
}

/// The text at `pointer`, at most `most` characters of it; `None` when there is none or it is empty.
pub(super) fn text(value: &Value, pointer: &str, most: usize) -> Option<String> {
    let text: String = at(value, pointer)?.as_str()?.chars().take(most).collect();
    (!text.is_empty()).then_some(text)
}

/// The ISO 8601 instant at `pointer`.
pub(super) fn instant(value: &Value, pointer: &str) -> Option<Timestamp> {
    at(value, pointer)?.as_str()?.parse().ok()
}

/// The id at `pointer`, which travels as a decimal string.
pub(super) fn id<T: std::str::FromStr>(value: &Value, pointer: &str) -> Option<T> {
    at(value, pointer)?.as_str()?.parse().ok()
}

/// The number at `pointer`, if it is a whole one from 0.
pub(super) fn count(value: &Value, pointer: &str) -> Option<u32> {
    u32::try_from(at(value, pointer)?.as_u64()?).ok()
}

/// The truth at `pointer`.
pub(super) fn flag(value: &Value, pointer: &str) -> Option<bool> {
    at(value, pointer)?.as_bool()
}

/// The elements at `pointer`; none when it is no list.
pub(super) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    at(value, pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn whatever_is_not_data_is_told_apart() {
        let deep = "[".repeat(100_000);
        for (bytes, what) in [
            ("", Unreadable::Empty),
            (" \r\n\t", Unreadable::Empty),
            ("<!DOCTYPE html><title>Just a moment...</title>", Unreadable::Html),
            ("\n  <html>", Unreadable::Html),
            ("{\"data\":{\"id\":\"12", Unreadable::Truncated),
            ("[1,", Unreadable::Truncated),
            (&deep, Unreadable::TooDeep),
            ("error code: 1106", Unreadable::Shape),
            ("{\"a\":1} trailing", Unreadable::Shape),
        ] {
            assert_eq!(parse::<Value>(bytes.as_bytes()), Err(what), "{:?}", bytes.get(..40));
        }
        assert_eq!(parse::<Value>(b"\"\xff\""), Err(Unreadable::Shape));
        assert!(parse::<Value>(b" {\"data\":[]} ").is_ok());
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let read = parse::<Value>(&bytes);
            prop_assert_eq!(read.is_ok(), serde_json::from_slice::<Value>(&bytes).is_ok());
        }
    }
}

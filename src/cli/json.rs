//! Answers for scripts: one line of JSON, documented in `docs/json.md`.
//!
//! Only the envelope. The shape of what is in it is that of the reports and notices themselves.

use jiff::Timestamp;
use serde::Serialize;

use super::render::obeyed;
use crate::{
    domain::notice::Notice,
    view::{card::Face, notice, words},
};

#[derive(Serialize)]
struct Answer<'a, T> {
    ok: bool,
    command: &'a str,
    report: &'a T,
}

#[derive(Serialize)]
struct Refusal<E> {
    ok: bool,
    error: E,
}

#[derive(Serialize)]
struct Told<'a> {
    message: String,
    next: Option<String>,
    #[serde(flatten)]
    notice: &'a Notice,
}

#[derive(Serialize)]
struct Plain<'a> {
    code: &'static str,
    message: &'a str,
    next: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
}

/// A report: `{"ok":true,"command":"group check","report":{…}}`.
///
/// # Errors
/// When the report cannot be written as JSON, which is a mistake in its type.
pub fn report<T: Serialize>(command: &str, report: &T) -> serde_json::Result<String> {
    printed(&Answer { ok: true, command, report })
}

/// A notice: `{"ok":false,"error":{"code":…,"message":…,"next":…, …}}`.
///
/// # Errors
/// As [`report`].
pub fn notice(told: &Notice, now: Timestamp) -> serde_json::Result<String> {
    let flat = |line: &Vec<_>| words::flat(Face::Terminal, line, now);
    let message = match notice::why(told) {
        Some(why) => format!("{}. {}", flat(&notice::what(told)), flat(&why)),
        None => format!("{}.", flat(&notice::what(told))),
    };
    let next = notice::next(told).as_ref().map(flat);
    printed(&Refusal { ok: false, error: Told { message, next, notice: told } })
}

/// What nobody foresaw: code `internal`, with the reference that stands in the log.
///
/// # Errors
/// As [`report`].
pub fn failure(reference: &str) -> serde_json::Result<String> {
    let message = "Something went wrong. This is a mistake of the program.";
    let next = Some("The log says more, under the reference.");
    printed(&Refusal { ok: false, error: Plain { code: "internal", message, next, reference: Some(reference) } })
}

/// A command that could not be read: code `usage`.
///
/// # Errors
/// As [`report`].
pub fn usage(message: &str) -> serde_json::Result<String> {
    printed(&Refusal {
        ok: false,
        error: Plain { code: "usage", message, next: Some("rustops help"), reference: None },
    })
}

/// The database could not be opened, or the like: code `cannot_start`.
///
/// # Errors
/// As [`report`].
pub fn cannot_start(message: &str) -> serde_json::Result<String> {
    printed(&Refusal { ok: false, error: Plain { code: "cannot_start", message, next: None, reference: None } })
}

/// A document of several lines, such as an export.
///
/// # Errors
/// As [`report`].
pub fn document<T: Serialize>(document: &T) -> serde_json::Result<String> {
    let mut text = harmless(&serde_json::to_string_pretty(document)?, |letter| letter != '\n' && obeyed(letter));
    text.push('\n');
    Ok(text)
}

/// One line; what a terminal would obey is escaped, so that looking at the output is safe too.
fn printed(value: &impl Serialize) -> serde_json::Result<String> {
    Ok(harmless(&serde_json::to_string(value)?, obeyed))
}

/// JSON in which some characters are escaped; they may stand within strings only.
fn harmless(json: &str, escaped: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(json.len());
    for letter in json.chars() {
        if escaped(letter) {
            let mut pair = [0; 2];
            letter.encode_utf16(&mut pair).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
        } else {
            out.push(letter);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::{
        domain::trouble::{Service, Trouble, TroubleKind},
        view::samples,
    };

    fn documented() -> Vec<Value> {
        let text = include_str!("../../docs/json.md");
        let blocks = text.split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap());
        blocks.map(|block| serde_json::from_str(block).unwrap_or_else(|wrong| panic!("{wrong}: {block}"))).collect()
    }

    fn printed_now() -> Vec<Value> {
        let reports = samples::reports("").into_iter().map(|sample| report(sample.command, &sample.report).unwrap());
        let until = samples::ago(-2);
        let limit = Trouble { service: Service::BattleMetrics, kind: TroubleKind::LimitReached { until } };
        let told = [
            Notice::NoServerSet,
            Notice::UnknownGroup { input: "Purpel Base".to_owned(), nearest: vec!["Purple Base".to_owned()] },
            Notice::Outside { trouble: limit },
        ];
        let notices = told.iter().map(|told| notice(told, samples::now()).unwrap());
        let others = [usage("unrecognized subcommand 'grup'").unwrap(), failure("A1B2C3").unwrap()];
        reports.chain(notices).chain(others).map(|line| serde_json::from_str(&line).unwrap()).collect()
    }

    #[test]
    fn the_documented_examples_are_what_is_printed() {
        let (documented, printed) = (documented(), printed_now());
        for (documented, printed) in documented.iter().zip(&printed) {
            assert_eq!(documented, printed);
        }
        assert_eq!(documented.len(), printed.len());
    }

    #[test]
    fn every_code_is_documented() {
        let text = include_str!("../../docs/json.md");
        let codes: BTreeSet<String> = samples::notices("")
            .iter()
            .flat_map(|told| {
                let value = serde_json::to_value(told).unwrap();
                [value["code"].as_str().map(str::to_owned), value["trouble"].as_str().map(str::to_owned)]
            })
            .flatten()
            .collect();
        assert!(codes.len() > 30);
        for code in codes {
            assert!(text.contains(&format!("| `{code}` |")), "{code} is not in docs/json.md");
        }
    }

    #[test]
    fn a_nasty_name_is_escaped_and_comes_back_whole() {
        let tag = "\u{1b}[31m\u{9b}2J\u{202e}\"\n";
        for sample in samples::reports(tag) {
            let line = report(sample.command, &sample.report).unwrap();
            assert!(!line.chars().any(obeyed), "{line:?}");
            assert_eq!(serde_json::from_str::<Value>(&line).unwrap()["report"], sample.report);
        }
        for told in samples::notices(tag) {
            assert!(!notice(&told, samples::now()).unwrap().chars().any(obeyed));
        }
    }
}

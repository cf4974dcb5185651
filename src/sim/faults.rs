//! What goes wrong with a service now and then, and how the answer looks when it does.
//!
//! A fault spoils an answer that was right before. Standing habits are in `switches.rs`.

use std::time::Duration;

use axum::{body::Bytes, http::StatusCode};
use serde_json::{Value, json};

use super::answer::{Answer, Content, Incoming, Service};

/// One way to spoil an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// This status with the body the service uses for errors: JSON for BattleMetrics, HTML for Steam. A 429 says when
    /// to come again as the switch tells.
    Status(u16),
    /// This status with a page in HTML, as the edge in front of a service sends it.
    HtmlStatus(u16),
    /// Cloudflare's refusal: 403 and a page in HTML.
    Cloudflare,
    /// The right status and no body.
    EmptyBody,
    /// JSON that breaks off in the middle.
    TruncatedJson,
    /// A page in HTML with status 200.
    HtmlInstead,
    /// JSON with 100,000 levels.
    DeepJson,
    /// Valid JSON of 50 MB.
    HugeBody,
    /// The right answer after that time, slept through for real.
    SlowFirstByte(Duration),
    /// Half of the body, then silence.
    Stalled,
    /// The connection breaks off instead of an answer.
    Dropped,
    /// 302 to this URL.
    Redirect(String),
    /// `links.next` leads to this URL.
    ForeignNext(String),
    /// `links.next` leads to the very same page.
    EndlessNext,
    /// Every resource comes twice.
    DuplicateIds,
    /// Every name is null.
    NullNames,
    /// Every name is a number.
    NumericNames,
    /// Numbers of players are words.
    WordyPlayers,
}

impl Fault {
    /// For that many requests only.
    pub fn times(self, times: usize) -> Planned {
        Planned { left: Some(times), ..self.into() }
    }

    /// Only for paths that hold this text.
    pub fn on(self, path: &str) -> Planned {
        Planned { path: Some(path.to_owned()), ..self.into() }
    }

    /// How much later the answer comes.
    pub(super) fn delay(&self) -> Duration {
        if let Self::SlowFirstByte(delay) = self { *delay } else { Duration::ZERO }
    }
}

/// A fault, where it happens and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    fault: Fault,
    /// Requests still to be spoilt; without it, until cleared.
    left: Option<usize>,
    path: Option<String>,
}

impl Planned {
    /// For that many requests only.
    pub fn times(self, times: usize) -> Self {
        Self { left: Some(times), ..self }
    }

    /// Only for paths that hold this text.
    pub fn on(self, path: &str) -> Self {
        Self { path: Some(path.to_owned()), ..self }
    }

    /// The fault, if it is due for this path; counts it.
    pub(super) fn strike(&mut self, path: &str) -> Option<Fault> {
        if self.left == Some(0) || self.path.as_ref().is_some_and(|part| !path.contains(part.as_str())) {
            return None;
        }
        self.left = self.left.map(|left| left - 1);
        Some(self.fault.clone())
    }

    pub(super) fn is_spent(&self) -> bool {
        self.left == Some(0)
    }
}

impl From<Fault> for Planned {
    fn from(fault: Fault) -> Self {
        Self { fault, left: None, path: None }
    }
}

const CLOUDFLARE: &str = "Attention Required! | Cloudflare. Sorry, you have been blocked. Error code: 1106";
const PIECE: usize = 64 * 1024;

/// Spoils an answer. `error` is what the service sends for a status of its own.
pub(super) fn spoil(
    fault: &Fault,
    answer: Answer,
    request: &Incoming,
    error: impl FnOnce(StatusCode) -> Answer,
) -> Answer {
    match fault {
        Fault::Status(code) => Answer { expected: answer.expected, ..error(status(*code)) },
        Fault::HtmlStatus(code) => Answer { expected: answer.expected, ..Answer::html(status(*code), "") },
        Fault::Cloudflare => Answer { expected: answer.expected, ..Answer::html(StatusCode::FORBIDDEN, CLOUDFLARE) },
        Fault::HtmlInstead => Answer { expected: answer.expected, ..Answer::html(StatusCode::OK, "Just a moment...") },
        Fault::EmptyBody => Answer { content: Content::Empty, ..answer },
        Fault::TruncatedJson => Answer { content: Content::Text(half(&answer.content)), ..answer },
        Fault::Stalled => Answer { content: Content::Stalled(half(&answer.content)), ..answer },
        Fault::DeepJson => {
            let text = format!("{{\"data\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
            Answer { content: Content::Text(text), ..answer }
        }
        Fault::HugeBody => {
            let piece = Bytes::from(vec![b'x'; PIECE]);
            let content =
                Content::Repeated { opening: "{\"data\":\"", piece, times: 50 * 1024 * 1024 / PIECE, closing: "\"}" };
            Answer { content, ..answer }
        }
        Fault::SlowFirstByte(_) => answer,
        Fault::Dropped => Answer { content: Content::Dropped, ..answer },
        Fault::Redirect(target) => {
            let headers = vec![("location", target.clone())];
            Answer { status: StatusCode::FOUND, headers, content: Content::Empty, ..answer }
        }
        Fault::ForeignNext(target) => in_json(answer, |document| lead_on(document, target)),
        Fault::EndlessNext => in_json(answer, |document| lead_on(document, &request.url())),
        Fault::DuplicateIds => in_json(answer, double),
        Fault::NullNames => in_json(answer, |document| replace(document, NAMES, &Value::Null)),
        Fault::NumericNames => in_json(answer, |document| replace(document, NAMES, &json!(1234))),
        Fault::WordyPlayers => in_json(answer, |document| replace(document, &["players"], &json!("many"))),
    }
}

/// The error page or document of a service.
pub(super) fn error_of(service: Service, status: StatusCode) -> Answer {
    let title = status.canonical_reason().unwrap_or("Error");
    match service {
        Service::Steam => Answer::html(status, ""),
        Service::BattleMetrics => {
            let error = json!({"status": status.as_str(), "title": title, "detail": "The pretended fault."});
            Answer::json(status, json!({"errors": [error]}))
        }
    }
}

const NAMES: &[&str] = &["name", "personaname"];

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn half(content: &Content) -> String {
    let Content::Json(value) = content else { return "{".to_owned() };
    let whole = value.to_string();
    let length = whole.chars().count();
    whole.chars().take(length / 2).collect()
}

fn in_json(mut answer: Answer, change: impl FnOnce(&mut Value)) -> Answer {
    if let Content::Json(document) = &mut answer.content {
        change(document);
    }
    answer
}

fn lead_on(document: &mut Value, target: &str) {
    if let Some(document) = document.as_object_mut() {
        document.insert("links".to_owned(), json!({"next": target}));
    }
}

fn double(document: &mut Value) {
    for list in ["/data", "/included", "/response/players"] {
        if let Some(Value::Array(resources)) = document.pointer_mut(list) {
            resources.extend(resources.clone());
        }
    }
}

fn replace(value: &mut Value, keys: &[&str], by: &Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, keys, by)),
        Value::Object(members) => {
            for (key, member) in members {
                // `response.players` of Steam and the like are lists of resources, not numbers of players.
                if keys.contains(&key.as_str()) && !member.is_array() {
                    *member = by.clone();
                } else {
                    replace(member, keys, by);
                }
            }
        }
        _ => {}
    }
}

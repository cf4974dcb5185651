//! The manners of the BattleMetrics API: strict parameters, documents, sparse fields, pages, errors.
//!
//! No endpoint and no resource: those are in `battlemetrics.rs`.

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::answer::{Answer, link};

/// Why a request is not answered.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    detail: String,
    parameter: Option<String>,
    /// Whether a client that keeps to the reference could ask this.
    expected: bool,
}

impl Refusal {
    /// Refused although the question was a sensible one.
    pub(super) fn new(status: StatusCode, detail: &str) -> Self {
        Self { status, detail: detail.to_owned(), parameter: None, expected: true }
    }

    /// 400: a parameter or a value of one that does not exist.
    pub(super) fn malformed(parameter: &str, detail: &str) -> Self {
        let (detail, parameter) = (detail.to_owned(), Some(parameter.to_owned()));
        Self { status: StatusCode::BAD_REQUEST, detail, parameter, expected: false }
    }

    /// 404: no such resource.
    pub(super) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, &format!("{what} not found."))
    }

    /// The document; the status stands in it as text, as seen on 403, or as a number, as seen on 401.
    pub(super) fn into_answer(self) -> Answer {
        let status = match self.status {
            StatusCode::UNAUTHORIZED => json!(self.status.as_u16()),
            _ => json!(self.status.as_str()),
        };
        let mut error = json!({"status": status, "title": self.status.canonical_reason().unwrap_or("Error"), "detail": self.detail});
        if let (Some(parameter), Some(error)) = (self.parameter, error.as_object_mut()) {
            error.insert("source".to_owned(), json!({"parameter": parameter}));
        }
        let answer = Answer::json(self.status, json!({"errors": [error]}));
        if self.expected { answer } else { answer.unexpected() }
    }
}

/// Types of resources whose attributes `fields[type]` may trim.
const TYPES: &[&str] = &["server", "player", "session", "identifier", "playerServerInformation"];

/// Parameters that were found to exist and to come once.
#[derive(Clone, Debug)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Refuses every parameter that is not in the list, as BattleMetrics does. Names ending in `[]` may repeat.
    pub(super) fn check(pairs: &[(String, String)], parameters: &[&str], includes: &[&str]) -> Result<Self, Refusal> {
        for (at, (name, value)) in pairs.iter().enumerate() {
            let fields = name.strip_prefix("fields[").and_then(|name| name.strip_suffix(']'));
            let known = parameters.contains(&name.as_str())
                || fields.is_some_and(|kind| TYPES.contains(&kind))
                || (name == "include" && !includes.is_empty());
            if !known {
                return Err(Refusal::malformed(name, "must NOT have additional properties"));
            }
            if name == "include" && !value.split(',').all(|part| includes.contains(&part)) {
                return Err(Refusal::malformed(name, "must be equal to one of the allowed values"));
            }
            if !name.ends_with("[]") && pairs.iter().take(at).any(|(other, _)| other == name) {
                return Err(Refusal::malformed(name, "must be string"));
            }
        }
        Ok(Self(pairs.to_vec()))
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// A comma-separated list.
    pub(super) fn list(&self, name: &str) -> Option<Vec<&str>> {
        self.text(name).map(|value| value.split(',').collect())
    }

    /// A comma-separated list of which each item is one of the allowed.
    pub(super) fn choices(&self, name: &str, allowed: &[&str]) -> Result<Option<Vec<&str>>, Refusal> {
        let list = self.list(name);
        match list.iter().flatten().all(|item| allowed.contains(item)) {
            true => Ok(list),
            false => Err(Refusal::malformed(name, "must be equal to one of the allowed values")),
        }
    }

    /// A comma-separated list of ids.
    pub(super) fn ids(&self, name: &str) -> Result<Option<Vec<u64>>, Refusal> {
        let parse = |item: &str| item.parse().map_err(|_| Refusal::malformed(name, "must match format \"id\""));
        self.list(name).map(|list| list.into_iter().map(parse).collect()).transpose()
    }

    pub(super) fn number(&self, name: &str, low: usize, high: usize) -> Result<Option<usize>, Refusal> {
        let parse = |text: &str| text.parse().ok().filter(|number| (low..=high).contains(number));
        let refuse = || Refusal::malformed(name, &format!("must be >= {low} and <= {high}"));
        self.text(name).map(|text| parse(text).ok_or_else(refuse)).transpose()
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Refusal> {
        self.text(name).map(|text| text.parse().map_err(|_| Refusal::malformed(name, "must be boolean"))).transpose()
    }

    pub(super) fn instant(&self, name: &str) -> Result<Option<Timestamp>, Refusal> {
        self.text(name).map(|text| instant(name, text)).transpose()
    }

    /// Two instants, `from:until`.
    pub(super) fn range(&self, name: &str) -> Result<Option<(Timestamp, Timestamp)>, Refusal> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let refuse = || Refusal::malformed(name, "must be a range of two dates");
        let (from, until) = text.split_once("Z:").ok_or_else(refuse)?;
        let (from, until) = (instant(name, &format!("{from}Z"))?, instant(name, until)?);
        if from <= until { Ok(Some((from, until))) } else { Err(refuse()) }
    }

    pub(super) fn includes(&self, what: &str) -> bool {
        self.list("include").is_some_and(|list| list.contains(&what))
    }
}

fn instant(name: &str, text: &str) -> Result<Timestamp, Refusal> {
    text.parse().map_err(|_| Refusal::malformed(name, "must match format \"date-time\""))
}

/// A document in the making.
#[derive(Clone, Debug, Default)]
pub(super) struct Document {
    pub(super) data: Value,
    pub(super) included: Vec<Value>,
    /// Lists have links, if only an empty object; single resources have none.
    pub(super) links: Option<Map<String, Value>>,
}

impl Document {
    pub(super) fn single(data: Value) -> Self {
        Self { data, ..Self::default() }
    }

    pub(super) fn list(data: Vec<Value>, links: Map<String, Value>) -> Self {
        Self { data: Value::Array(data), included: Vec::new(), links: Some(links) }
    }

    pub(super) fn with(self, included: Vec<Value>) -> Self {
        Self { included, ..self }
    }

    /// The JSON, attributes trimmed as `fields[type]` asks.
    pub(super) fn into_json(mut self, query: &Query) -> Value {
        let main = match &mut self.data {
            Value::Array(resources) => resources.iter_mut().collect(),
            resource => vec![resource],
        };
        for resource in main.into_iter().chain(&mut self.included) {
            trim(resource, query);
        }
        let mut document = json!({"data": self.data, "included": self.included});
        if let (Some(links), Some(document)) = (self.links, document.as_object_mut()) {
            document.insert("links".to_owned(), Value::Object(links));
        }
        document
    }
}

fn trim(resource: &mut Value, query: &Query) {
    let kind = resource.get("type").and_then(Value::as_str).unwrap_or_default();
    let name = format!("fields[{kind}]");
    if let (Some(wanted), Some(Value::Object(attributes))) = (query.list(&name), resource.get_mut("attributes")) {
        attributes.retain(|attribute, _| wanted.contains(&attribute.as_str()));
    }
}

/// Parameters of every list.
pub(super) const PAGING: [&str; 3] = ["page[size]", "page[key]", "page[rel]"];

/// Cuts the page out of a list that the query asks for. The opaque key of a link is the key of the item at the page's
/// edge; the base and path say where links lead.
pub(super) fn page<T>(
    (base, path): (&str, &str),
    query: &Query,
    keep_size: bool,
    items: Vec<T>,
    key: impl Fn(&T) -> String,
) -> Result<(Vec<T>, Map<String, Value>), Refusal> {
    let size = query.number("page[size]", 1, 100)?.unwrap_or(10);
    let backwards = match query.text("page[rel]") {
        None | Some("next") => false,
        Some("prev") => true,
        Some(_) => return Err(Refusal::malformed("page[rel]", "must be equal to one of the allowed values")),
    };
    let edge = match query.text("page[key]") {
        None => None,
        Some(wanted) => {
            let at = items.iter().position(|item| key(item) == wanted);
            Some(at.ok_or_else(|| Refusal::malformed("page[key]", "must match format \"page key\""))?)
        }
    };
    let (from, until) = match edge {
        Some(edge) if backwards => (edge.saturating_sub(size), edge),
        Some(edge) => (edge + 1, edge + 1 + size),
        None => (0, size),
    };
    let whole = items.len();
    let items: Vec<T> = items.into_iter().skip(from).take(until - from).collect();
    let mut links = Map::new();
    let mut add = |rel: &str, item: Option<&T>| {
        if let Some(item) = item {
            let dropped =
                |name: &str| matches!(name, "page[key]" | "page[rel]") || (!keep_size && name == "page[size]");
            let mut pairs: Vec<(String, String)> = query.0.iter().filter(|(name, _)| !dropped(name)).cloned().collect();
            pairs.push(("page[key]".to_owned(), key(item)));
            pairs.push(("page[rel]".to_owned(), rel.to_owned()));
            links.insert(rel.to_owned(), Value::String(link(base, path, &pairs)));
        }
    };
    add("prev", items.first().filter(|_| from > 0));
    add("next", items.last().filter(|_| until < whole));
    Ok((items, links))
}

/// An instant as BattleMetrics writes it: ISO 8601, UTC, milliseconds.
pub(super) fn iso(at: Timestamp) -> String {
    format!("{at:.3}")
}

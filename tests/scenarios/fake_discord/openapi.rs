//! Checks request bodies against Discord's published OpenAPI document, when `DISCORD_OPENAPI` names the file
//! (https://github.com/discord/discord-api-spec, `specs/openapi.json`).
//!
//! No rules of our own: those that the document does not tell stand in `rules`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, ValidationError, Validator};
use serde_json::{Map, Value, json};

const VARIABLE: &str = "DISCORD_OPENAPI";

/// What the document says against this body; empty without the document, or for a route without a body in it.
/// The route is written as in the document: `post`, `/channels/{channel_id}/messages`.
pub fn complaints(method: &str, route: &str, body: &Value) -> Vec<String> {
    let Some(document) = document() else { return Vec::new() };
    let body = as_published(body);
    let Some(validator) = validator(document, method, route, &body["type"]) else { return Vec::new() };
    let mut complaints = Vec::new();
    for error in validator.iter_errors(&body) {
        complaints.push(deepest(&error).1);
    }
    complaints
}

/// How deep in the body a fault lies, and what it is. Of a choice that nothing fits, the fault that lies deepest is
/// the one that was meant.
fn deepest(error: &ValidationError<'_>) -> (usize, String) {
    let path = error.instance_path().to_string();
    let itself = (path.matches('/').count(), format!("{path}: {}", error.masked()));
    match error.kind() {
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            context.iter().flatten().map(deepest).fold(itself, |best, next| if next.0 > best.0 { next } else { best })
        }
        _ => itself,
    }
}

fn document() -> Option<&'static Value> {
    static DOCUMENT: OnceLock<Option<Value>> = OnceLock::new();
    DOCUMENT
        .get_or_init(|| {
            let Some(path) = std::env::var_os(VARIABLE) else {
                eprintln!("{VARIABLE} is not set: requests are not checked against Discord's OpenAPI document");
                return None;
            };
            let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{VARIABLE} names {path:?}: {error}"));
            Some(serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{VARIABLE} names {path:?}: {error}")))
        })
        .as_ref()
}

/// Compiled at the first request of a route (and, for answers to interactions, of a type of answer), then kept.
fn validator(document: &Value, method: &str, route: &str, kind: &Value) -> Option<Arc<Validator>> {
    static COMPILED: Mutex<BTreeMap<String, Option<Arc<Validator>>>> = Mutex::new(BTreeMap::new());
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    compiled
        .entry(format!("{method} {route} {kind}"))
        .or_insert_with(|| {
            let body = &document["paths"][route][method]["requestBody"];
            let schema = body["content"]["application/json"]["schema"].as_object()?;
            let schema = with_definitions(document, &for_type(document, schema, kind));
            let built =
                jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(false).build(&schema);
            Some(Arc::new(built.unwrap_or_else(|error| panic!("the schema of {method} {route}: {error}"))))
        })
        .clone()
}

/// Of a choice between schemas, the one for this `type`, so that complaints name the fault and not the choice.
fn for_type(document: &Value, schema: &Map<String, Value>, kind: &Value) -> Map<String, Value> {
    let branches = schema.get("anyOf").and_then(Value::as_array).into_iter().flatten();
    let mut fitting = branches.filter(|branch| {
        let name = branch["$ref"].as_str().and_then(|target| target.strip_prefix("#/components/schemas/"));
        let kinds = &document["components"]["schemas"][name.unwrap_or_default()]["properties"]["type"]["enum"];
        kinds.as_array().is_some_and(|kinds| kinds.contains(kind))
    });
    fitting.next().and_then(Value::as_object).unwrap_or(schema).clone()
}

/// The schema with exactly those definitions it leads to: compiling all 500 takes too long for a test.
fn with_definitions(document: &Value, schema: &Map<String, Value>) -> Value {
    let mut wanted = BTreeSet::new();
    let mut open = vec![Value::Object(schema.clone())];
    while let Some(next) = open.pop() {
        let mut names = Vec::new();
        collect_references(&next, &mut names);
        for name in names {
            if wanted.insert(name.clone()) {
                open.push(document["components"]["schemas"][&name].clone());
            }
        }
    }
    let definitions: Map<String, Value> =
        wanted.into_iter().map(|name| (name.clone(), document["components"]["schemas"][&name].clone())).collect();
    let mut whole = schema.clone();
    whole.insert("components".into(), json!({ "schemas": definitions }));
    Value::Object(whole)
}

fn collect_references(of: &Value, names: &mut Vec<String>) {
    match of {
        Value::Object(map) => {
            let target = map.get("$ref").and_then(Value::as_str);
            names.extend(target.and_then(|target| target.strip_prefix("#/components/schemas/")).map(str::to_owned));
            map.values().for_each(|value| collect_references(value, names));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_references(item, names)),
        _ => {}
    }
}

/// The body with those things rewritten that Discord takes although its document does not tell so.
fn as_published(body: &Value) -> Value {
    let mut body = body.clone();
    rewrite(&mut body);
    body
}

fn rewrite(value: &mut Value) {
    match value {
        Value::Object(map) => {
            // The document wants ids of attachments as strings; Discord's own example of an upload writes `"id": 0`,
            // and so does serenity.
            if let Some(Value::Array(attachments)) = map.get_mut("attachments") {
                for attachment in attachments.iter_mut().filter(|one| one["id"].is_u64()) {
                    attachment["id"] = json!(attachment["id"].to_string());
                }
            }
            // The document wants a number here; the prose documentation says string, as permissions are everywhere.
            let bits = map.get("default_member_permissions").and_then(Value::as_str);
            if let Some(bits) = bits.and_then(|bits| bits.parse::<u64>().ok()) {
                map.insert("default_member_permissions".into(), json!(bits));
            }
            map.values_mut().for_each(rewrite);
        }
        Value::Array(items) => items.iter_mut().for_each(rewrite),
        _ => {}
    }
}

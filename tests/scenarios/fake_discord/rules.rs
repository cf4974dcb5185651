//! What Discord accepts in a body: the limits of messages, components, modals, suggestions and commands.
//! Sources: https://discord.com/developers/docs/resources/message, …/components/reference,
//! …/interactions/application-commands. Lengths count Unicode scalar values.
//!
//! No world and no routes: a body goes in, problems come out.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// The flags a bot may set on a message: embeds hidden, only for one, silent.
const SETTABLE_FLAGS: u64 = EPHEMERAL | 1 << 2 | 1 << 12;
/// "Only you can see this".
pub const EPHEMERAL: u64 = 1 << 6;
/// The bot "is thinking…".
pub const LOADING: u64 = 1 << 7;
/// 10 MiB a file, for guilds without boosts.
const FILE_LIMIT: usize = 10 * 1024 * 1024;

/// One thing wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The way into the body: keys and list positions.
    pub path: Vec<String>,
    pub code: &'static str,
    pub message: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {} ({})", self.path.join("."), self.message, self.code)
    }
}

/// The problems as Discord nests them under `errors`.
pub fn as_errors(problems: &[Problem]) -> Value {
    let mut root = Map::new();
    for problem in problems {
        let mut at = &mut root;
        for key in &problem.path {
            let next = at.entry(key.clone()).or_insert_with(|| json!({}));
            at = next.as_object_mut().expect("only objects are made here");
        }
        let list = at.entry("_errors").or_insert_with(|| json!([]));
        let entry = json!({ "code": problem.code, "message": problem.message });
        list.as_array_mut().expect("only a list is made here").push(entry);
    }
    Value::Object(root)
}

/// Walks through a body and collects what is wrong.
#[derive(Default)]
struct Inspector {
    path: Vec<String>,
    problems: Vec<Problem>,
}

impl Inspector {
    fn inside(&mut self, key: impl ToString, inspect: impl FnOnce(&mut Self)) {
        self.path.push(key.to_string());
        inspect(self);
        self.path.pop();
    }

    fn report(&mut self, code: &'static str, message: impl Into<String>) {
        self.problems.push(Problem { path: self.path.clone(), code, message: message.into() });
    }

    /// A text of `least` to `most` characters; it may be missing when `least` is 0.
    /// Texts of embeds and labels are trimmed before they are counted.
    fn text(&mut self, of: &Value, key: &str, least: usize, most: usize) {
        self.inside(key, |here| {
            let text = match &of[key] {
                Value::Null => "",
                Value::String(text) => text.trim(),
                _ => return here.report("STRING_TYPE_CONVERT", "Could not interpret as string."),
            };
            let length = text.chars().count();
            if length < least {
                here.report("BASE_TYPE_REQUIRED", "This field is required");
            } else if length > most {
                here.report("BASE_TYPE_MAX_LENGTH", format!("Must be {most} or fewer in length."));
            }
        });
    }

    fn web_address(&mut self, of: &Value, key: &str, schemes: &[&str]) {
        self.inside(key, |here| match &of[key] {
            Value::Null => {}
            Value::String(url) if url.len() > 2048 => {
                here.report("BASE_TYPE_MAX_LENGTH", "Must be 2048 or fewer in length.");
            }
            Value::String(url) => match url.split_once("://") {
                Some((scheme, rest)) if schemes.contains(&scheme) && !rest.is_empty() => {}
                _ => here.report("URL_TYPE_INVALID_URL", "Not a well formed URL."),
            },
            _ => here.report("STRING_TYPE_CONVERT", "Could not interpret as string."),
        });
    }

    fn each(&mut self, of: &Value, key: &str, most: usize, mut inspect: impl FnMut(&mut Self, &Value)) {
        self.inside(key, |here| match &of[key] {
            Value::Null => {}
            Value::Array(items) => {
                if items.len() > most {
                    here.report("BASE_TYPE_MAX_LENGTH", format!("Must be {most} or fewer in length."));
                }
                for (at, item) in items.iter().enumerate() {
                    here.inside(at, |here| inspect(here, item));
                }
            }
            _ => here.report("LIST_TYPE_CONVERT", "Only iterables may be used in a ListType"),
        });
    }
}

/// What is wrong with the content of a message, be it sent, edited, or the `data` of an interaction's answer.
/// `files` are the uploaded names with their sizes.
pub fn message(body: &Value, files: &[(String, usize)]) -> Vec<Problem> {
    let mut all = Inspector::default();
    all.text(body, "content", 0, 2000);
    all.each(body, "embeds", 10, |here, embed| inspect_embed(here, embed, files));
    let whole: usize = list(&body["embeds"]).iter().map(embed_length).sum();
    if whole > 6000 {
        all.inside("embeds", |here| {
            here.report("MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000");
        });
    }
    let mut ids = BTreeSet::new();
    all.each(body, "components", 5, |here, row| inspect_row(here, row, &mut ids));
    all.inside("flags", |here| match body["flags"].as_u64() {
        Some(flags) if flags & !SETTABLE_FLAGS != 0 => {
            here.report("MESSAGE_FLAGS_INVALID", format!("Flags {flags} cannot be set by a bot or are not pretended"));
        }
        _ => {}
    });
    inspect_mentions(&mut all, &body["allowed_mentions"]);
    inspect_files(&mut all, body, files);
    all.problems
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn inspect_embed(here: &mut Inspector, embed: &Value, files: &[(String, usize)]) {
    let shown = ["title", "description", "fields", "image", "thumbnail", "author", "footer"];
    let empty =
        |value: &Value| value.is_null() || value.as_str() == Some("") || value.as_array().is_some_and(Vec::is_empty);
    if shown.iter().all(|key| empty(&embed[key])) {
        here.inside("description", |here| here.report("BASE_TYPE_REQUIRED", "This field is required"));
    }
    here.text(embed, "title", 0, 256);
    here.text(embed, "description", 0, 4096);
    here.web_address(embed, "url", &["http", "https"]);
    here.each(embed, "fields", 25, |here, field| {
        here.text(field, "name", 1, 256);
        here.text(field, "value", 1, 1024);
    });
    if !embed["footer"].is_null() {
        here.inside("footer", |here| here.text(&embed["footer"], "text", 1, 2048));
    }
    if !embed["author"].is_null() {
        here.inside("author", |here| here.text(&embed["author"], "name", 1, 256));
    }
    here.inside("color", |here| match &embed["color"] {
        Value::Null => {}
        colour if colour.as_u64().is_some_and(|value| value <= 0xFF_FFFF) => {}
        _ => here.report("NUMBER_TYPE_MAX", "int value should be less than or equal to 16777215."),
    });
    here.inside("timestamp", |here| match embed["timestamp"].as_str() {
        Some(text) if text.parse::<jiff::Timestamp>().is_err() => {
            here.report("DATE_TIME_TYPE_PARSE", format!("Could not parse {text}. Should be ISO8601."));
        }
        _ => {}
    });
    for picture in ["image", "thumbnail"] {
        here.inside(picture, |here| {
            here.web_address(&embed[picture], "url", &["http", "https", "attachment"]);
            let named = embed[picture]["url"].as_str().and_then(|url| url.strip_prefix("attachment://"));
            if let Some(name) = named.filter(|name| files.iter().all(|(file, _)| file != name)) {
                here.report("ATTACHMENT_NOT_FOUND", format!("The referenced attachment was not found: {name}"));
            }
        });
    }
}

fn embed_length(embed: &Value) -> usize {
    let count = |value: &Value| value.as_str().map_or(0, |text| text.trim().chars().count());
    let fields = list(&embed["fields"]).iter().map(|field| count(&field["name"]) + count(&field["value"]));
    count(&embed["title"])
        + count(&embed["description"])
        + count(&embed["footer"]["text"])
        + count(&embed["author"]["name"])
        + fields.sum::<usize>()
}

fn inspect_row(here: &mut Inspector, row: &Value, ids: &mut BTreeSet<String>) {
    if row["type"] != 1 {
        return here.inside("type", |here| {
            here.report("UNION_TYPE_CHOICES", format!("Only action rows are pretended here, not {}", row["type"]));
        });
    }
    let inner = list(&row["components"]);
    if inner.is_empty() {
        here.inside("components", |here| {
            here.report("BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.");
        });
    }
    let selects = inner.iter().filter(|one| matches!(one["type"].as_u64(), Some(3 | 5..=8))).count();
    if selects > 1 || (selects == 1 && inner.len() > 1) {
        here.inside("components", |here| {
            here.report("COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the maximum width");
        });
    }
    here.each(row, "components", 5, |here, one| {
        match one["type"].as_u64() {
            Some(2) => inspect_button(here, one),
            Some(3 | 5..=8) => inspect_select(here, one),
            _ => here.inside("type", |here| {
                here.report("UNION_TYPE_CHOICES", format!("Component {} has no place in a message", one["type"]));
            }),
        }
        inspect_custom_id(here, one, ids);
    });
}

fn inspect_custom_id(here: &mut Inspector, one: &Value, ids: &mut BTreeSet<String>) {
    let Some(id) = one["custom_id"].as_str() else { return };
    if !ids.insert(id.to_owned()) {
        here.inside("custom_id", |here| {
            here.report("COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated");
        });
    }
}

fn inspect_button(here: &mut Inspector, button: &Value) {
    here.text(button, "label", 0, 80);
    if button["label"].as_str().unwrap_or("").trim().is_empty() && button["emoji"].is_null() {
        here.report("BUTTON_COMPONENT_REQUIRES_LABEL_OR_EMOJI", "A button needs a label or an emoji");
    }
    match button["style"].as_u64() {
        Some(1..=4) => here.text(button, "custom_id", 1, 100),
        Some(5) => {
            here.web_address(button, "url", &["http", "https", "discord"]);
            if button["url"].is_null() || !button["custom_id"].is_null() {
                here.report("BUTTON_COMPONENT_CUSTOM_ID_FORBIDDEN", "A link has a url and no custom id");
            }
            here.text(button, "url", 1, 512);
        }
        other => here.inside("style", |here| {
            here.report("BASE_TYPE_CHOICES", format!("Button style {other:?} is not pretended here"));
        }),
    }
}

fn inspect_select(here: &mut Inspector, select: &Value) {
    here.text(select, "custom_id", 1, 100);
    here.text(select, "placeholder", 0, 150);
    let least = select["min_values"].as_u64().unwrap_or(1);
    let most = select["max_values"].as_u64().unwrap_or(1);
    let options = list(&select["options"]);
    let limit = if select["type"] == 3 { options.len() as u64 } else { 25 };
    if least > 25 || most == 0 || most > 25 || least > most || most > limit {
        here.inside("max_values", |here| {
            here.report("SELECT_COMPONENT_MIN_MAX_VALUES", format!("{least} to {most} of {limit} cannot be picked"));
        });
    }
    if select["type"] != 3 {
        return;
    }
    if options.is_empty() {
        here.inside("options", |here| here.report("BASE_TYPE_BAD_LENGTH", "Must be between 1 and 25 in length."));
    }
    let mut values = BTreeSet::new();
    here.each(select, "options", 25, |here, option| {
        here.text(option, "label", 1, 100);
        here.text(option, "value", 1, 100);
        here.text(option, "description", 0, 100);
        if !values.insert(option["value"].to_string()) {
            here.inside("value", |here| {
                here.report("SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "The specified option value is already used");
            });
        }
    });
    let chosen = options.iter().filter(|option| option["default"] == true).count() as u64;
    if chosen > most {
        here.report("SELECT_COMPONENT_MAX_DEFAULTS", format!("{chosen} defaults where {most} can be picked"));
    }
}

fn inspect_mentions(here: &mut Inspector, mentions: &Value) {
    here.inside("allowed_mentions", |here| {
        for kind in ["users", "roles"] {
            let named = list(&mentions[kind]);
            let parsed = list(&mentions["parse"]).iter().any(|one| one == kind);
            if named.len() > 100 {
                here.inside(kind, |here| here.report("BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length."));
            }
            if parsed && !named.is_empty() {
                here.report(
                    "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
                    format!("parse:[\"{kind}\"] and {kind}: [ids...] are mutually exclusive."),
                );
            }
        }
    });
}

fn inspect_files(here: &mut Inspector, body: &Value, files: &[(String, usize)]) {
    if files.len() > 10 {
        here.inside("files", |here| here.report("BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length."));
    }
    for (name, size) in files {
        if *size > FILE_LIMIT {
            here.inside("files", |here| here.report("FILE_TOO_LARGE", format!("{name} is larger than 10 MiB")));
        }
    }
    here.each(body, "attachments", 10, |here, one| {
        if one["id"].is_null() {
            here.inside("id", |here| here.report("BASE_TYPE_REQUIRED", "This field is required"));
        }
    });
}

/// What is wrong with a modal.
pub fn modal(data: &Value) -> Vec<Problem> {
    let mut all = Inspector::default();
    all.text(data, "custom_id", 1, 100);
    all.text(data, "title", 1, 45);
    if list(&data["components"]).is_empty() {
        all.inside("components", |here| here.report("BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length."));
    }
    let mut ids = BTreeSet::new();
    all.each(data, "components", 5, |here, row| {
        if list(&row["components"]).len() != 1 {
            here.inside("components", |here| here.report("BASE_TYPE_BAD_LENGTH", "A row of a modal holds one input."));
        }
        here.each(row, "components", 1, |here, input| {
            if input["type"] != 4 {
                here.inside("type", |here| here.report("BASE_TYPE_CHOICES", "Value must be one of (4,)."));
            }
            here.text(input, "custom_id", 1, 100);
            inspect_custom_id(here, input, &mut ids);
            here.text(input, "label", 1, 45);
            here.text(input, "placeholder", 0, 100);
            here.text(input, "value", 0, 4000);
            let least = input["min_length"].as_u64().unwrap_or(0);
            let most = input["max_length"].as_u64().unwrap_or(4000);
            if least > 4000 || most == 0 || most > 4000 || least > most {
                here.report("TEXT_INPUT_LENGTHS", format!("a text of {least} to {most} characters is impossible"));
            }
        });
    });
    all.problems
}

/// What is wrong with the suggestions of an autocomplete for an option of this type.
pub fn choices(data: &Value, option_type: u64) -> Vec<Problem> {
    let mut all = Inspector::default();
    all.each(data, "choices", 25, |here, choice| inspect_choice(here, choice, option_type));
    all.problems
}

fn inspect_choice(here: &mut Inspector, choice: &Value, option_type: u64) {
    here.text(choice, "name", 1, 100);
    match option_type {
        3 => here.text(choice, "value", 1, 100),
        4 if !choice["value"].is_i64() => {
            here.inside("value", |here| here.report("NUMBER_TYPE_COERCE", "Value is not int."));
        }
        10 if !choice["value"].is_number() => {
            here.inside("value", |here| here.report("NUMBER_TYPE_COERCE", "Value is not float."));
        }
        _ => {}
    }
}

/// What is wrong with a whole list of commands (the body of a bulk overwrite).
pub fn commands(body: &Value) -> Vec<Problem> {
    let mut all = Inspector::default();
    let Some(commands) = body.as_array() else {
        all.report("LIST_TYPE_CONVERT", "Only iterables may be used in a ListType");
        return all.problems;
    };
    let mut names = BTreeSet::new();
    let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
    for (at, command) in commands.iter().enumerate() {
        let kind = command["type"].as_u64().unwrap_or(1);
        *counts.entry(kind).or_default() += 1;
        all.inside(at, |here| {
            inspect_command(here, command, kind);
            if !names.insert((kind, command["name"].to_string())) {
                here.report("APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique");
            }
        });
    }
    // 100 slash commands; 15 of each context menu since 2025, 5 before.
    for (kind, count) in counts {
        let limit = if kind == 1 { 100 } else { 15 };
        if count > limit {
            all.report("MAX_COMMANDS", format!("{count} commands of type {kind}, {limit} are allowed"));
        }
    }
    all.problems
}

fn inspect_command(here: &mut Inspector, command: &Value, kind: u64) {
    here.text(command, "name", 1, 32);
    if kind == 1 {
        inspect_name(here, command);
        here.text(command, "description", 1, 100);
        inspect_options(here, command, 0);
        let size = command_size(command);
        if size > 8000 {
            here.report("APPLICATION_COMMAND_TOO_LARGE", format!("Command exceeds maximum size (8000), has {size}"));
        }
    } else {
        here.text(command, "description", 0, 0);
        if !list(&command["options"]).is_empty() {
            here.inside("options", |here| here.report("CONTEXT_MENU_OPTIONS", "Context menu commands have no options"));
        }
    }
}

/// Names of slash commands and options: `^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$`, in lower case.
fn inspect_name(here: &mut Inspector, of: &Value) {
    let name = of["name"].as_str().unwrap_or("");
    let allowed = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '\'');
    if !name.chars().all(allowed) || name.to_lowercase() != name {
        here.inside("name", |here| {
            here.report("APPLICATION_COMMAND_INVALID_NAME", format!("Command name is invalid: {name}"));
        });
    }
}

fn inspect_options(here: &mut Inspector, of: &Value, depth: u32) {
    let options = list(&of["options"]);
    let nests = |option: &Value| matches!(option["type"].as_u64(), Some(1 | 2));
    if options.iter().any(nests) && !options.iter().all(nests) {
        here.inside("options", |here| {
            here.report(
                "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
                "Sub-command and sub-command group option types are mutually exclusive to all other types",
            );
        });
    }
    let mut names = BTreeSet::new();
    let mut optional_seen = false;
    here.each(of, "options", 25, |here, option| {
        here.text(option, "name", 1, 32);
        inspect_name(here, option);
        here.text(option, "description", 1, 100);
        if !names.insert(option["name"].to_string()) {
            here.inside("name", |here| {
                here.report("APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", "Option names must be unique");
            });
        }
        let required = option["required"] == true;
        if required && optional_seen {
            here.report(
                "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
                "Required options must be placed before non-required options",
            );
        }
        optional_seen |= !required;
        match option["type"].as_u64() {
            Some(2) if depth > 0 => here.report("APPLICATION_COMMAND_OPTIONS_DEPTH", "a group inside a group"),
            Some(1) if depth > 1 => {
                here.report("APPLICATION_COMMAND_OPTIONS_DEPTH", "a sub-command inside a sub-command")
            }
            Some(kind @ (1 | 2)) => {
                if kind == 1 && list(&option["options"]).iter().any(nests) {
                    here.report("APPLICATION_COMMAND_OPTIONS_DEPTH", "a sub-command inside a sub-command");
                }
                inspect_options(here, option, depth + 1);
            }
            Some(kind @ 3..=11) => inspect_leaf(here, option, kind),
            other => here.report("BASE_TYPE_CHOICES", format!("option type {other:?}")),
        }
    });
}

fn inspect_leaf(here: &mut Inspector, option: &Value, kind: u64) {
    let suggests = option["autocomplete"] == true;
    let choices = list(&option["choices"]);
    if suggests && !choices.is_empty() {
        here.report("APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE", "choices and autocomplete exclude each other");
    }
    if (suggests || !choices.is_empty()) && !matches!(kind, 3 | 4 | 10) {
        here.report("APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE", "only texts and numbers have choices or autocomplete");
    }
    here.each(option, "choices", 25, |here, choice| inspect_choice(here, choice, kind));
}

/// The characters of names, descriptions and choice values, of the command and all below it.
fn command_size(of: &Value) -> usize {
    let count = |value: &Value| value.as_str().map_or(0, |text| text.chars().count());
    let choices = list(&of["choices"]).iter().map(|choice| count(&choice["name"]) + count(&choice["value"]));
    let options = list(&of["options"]).iter().map(command_size);
    count(&of["name"]) + count(&of["description"]) + choices.sum::<usize>() + options.sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where the first problem lies, with its code.
    fn first(problems: &[Problem]) -> String {
        problems.first().map_or_else(String::new, |problem| format!("{} {}", problem.path.join("."), problem.code))
    }

    fn row(components: Value) -> Value {
        json!({ "components": [{ "type": 1, "components": components }] })
    }

    fn long(length: usize) -> String {
        "é".repeat(length)
    }

    #[test]
    fn a_message_at_its_limits_is_taken() {
        let field = json!({ "name": long(256), "value": long(974) });
        let button = |at| json!({ "type": 2, "style": 1, "label": long(80), "custom_id": format!("{at:0100}") });
        let body = json!({
            "content": long(2000),
            "embeds": [{ "title": long(256), "description": long(4096), "fields": [field], "footer": { "text": long(418) } }],
            "components": (0..5).map(|row| json!({
                "type": 1,
                "components": (0..5).map(|at| button(row * 5 + at)).collect::<Vec<_>>(),
            })).collect::<Vec<_>>(),
            "flags": EPHEMERAL,
        });
        assert_eq!(message(&body, &[]), []);
    }

    #[test]
    fn a_message_beyond_a_limit_is_refused_at_the_right_place() {
        let option = |value: &str| json!({ "label": "a", "value": value });
        let select = |options: Value| json!({ "type": 3, "custom_id": "s", "options": options });
        let button = |id: &str| json!({ "type": 2, "style": 1, "label": "a", "custom_id": id });
        for (body, expected) in [
            (json!({ "content": long(2001) }), "content BASE_TYPE_MAX_LENGTH"),
            (json!({ "embeds": vec![json!({ "title": "a" }); 11] }), "embeds BASE_TYPE_MAX_LENGTH"),
            (json!({ "embeds": [{ "type": "rich" }] }), "embeds.0.description BASE_TYPE_REQUIRED"),
            (json!({ "embeds": [{ "title": long(257) }] }), "embeds.0.title BASE_TYPE_MAX_LENGTH"),
            (json!({ "embeds": [{ "description": long(4097) }] }), "embeds.0.description BASE_TYPE_MAX_LENGTH"),
            (
                json!({ "embeds": [{ "fields": [{ "name": " ", "value": "a" }] }] }),
                "embeds.0.fields.0.name BASE_TYPE_REQUIRED",
            ),
            (
                json!({ "embeds": [{ "fields": [{ "name": "a", "value": long(1025) }] }] }),
                "embeds.0.fields.0.value BASE_TYPE_MAX_LENGTH",
            ),
            (json!({ "embeds": [{ "footer": { "text": long(2049) } }] }), "embeds.0.footer.text BASE_TYPE_MAX_LENGTH"),
            (json!({ "embeds": [{ "author": { "name": long(257) } }] }), "embeds.0.author.name BASE_TYPE_MAX_LENGTH"),
            (json!({ "embeds": vec![json!({ "description": long(3001) }); 2] }), "embeds MAX_EMBED_SIZE_EXCEEDED"),
            (
                json!({ "embeds": [{ "title": "a", "image": { "url": "attachment://b.png" } }] }),
                "embeds.0.image ATTACHMENT_NOT_FOUND",
            ),
            (
                json!({ "components": vec![json!({ "type": 1, "components": [] }); 6] }),
                "components BASE_TYPE_MAX_LENGTH",
            ),
            (row(json!([])), "components.0.components BASE_TYPE_BAD_LENGTH"),
            (
                row(json!([button("a"), select(json!([option("a")]))])),
                "components.0.components COMPONENT_LAYOUT_WIDTH_EXCEEDED",
            ),
            (
                row(json!([button("a"), button("a")])),
                "components.0.components.1.custom_id COMPONENT_CUSTOM_ID_DUPLICATED",
            ),
            (row(json!([button(&long(101))])), "components.0.components.0.custom_id BASE_TYPE_MAX_LENGTH"),
            (row(json!([button("")])), "components.0.components.0.custom_id BASE_TYPE_REQUIRED"),
            (
                row(json!([{ "type": 2, "style": 1, "custom_id": "a" }])),
                "components.0.components.0 BUTTON_COMPONENT_REQUIRES_LABEL_OR_EMOJI",
            ),
            (
                row(json!([{ "type": 2, "style": 5, "label": "a" }])),
                "components.0.components.0 BUTTON_COMPONENT_CUSTOM_ID_FORBIDDEN",
            ),
            (row(json!([select(json!([]))])), "components.0.components.0.max_values SELECT_COMPONENT_MIN_MAX_VALUES"),
            (
                row(json!([select(json!([option("a"), option("a")]))])),
                "components.0.components.0.options.1.value SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
            ),
            (
                row(json!([select(json!([option(&long(101))]))])),
                "components.0.components.0.options.0.value BASE_TYPE_MAX_LENGTH",
            ),
            (json!({ "content": "a", "flags": 1 << 15 }), "flags MESSAGE_FLAGS_INVALID"),
            (
                json!({ "allowed_mentions": { "parse": ["users"], "users": ["1"] } }),
                "allowed_mentions MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
            ),
        ] {
            let problems = message(&body, &[]);
            assert!(
                problems.iter().any(|one| first(std::slice::from_ref(one)) == expected),
                "{expected}: {problems:?}"
            );
        }
        let files = vec![("a".to_owned(), FILE_LIMIT + 1)];
        assert_eq!(first(&message(&json!({ "content": "a" }), &files)), "files FILE_TOO_LARGE");
    }

    #[test]
    fn a_modal_and_suggestions_beyond_a_limit_are_refused() {
        let input =
            |label: String| json!({ "type": 1, "components": [{ "type": 4, "custom_id": "a", "label": label }] });
        let of =
            |title: String, rows: Vec<Value>| modal(&json!({ "custom_id": "m", "title": title, "components": rows }));
        assert_eq!(of(long(45), vec![input(long(45))]), []);
        assert_eq!(first(&of(long(46), vec![input("a".into())])), "title BASE_TYPE_MAX_LENGTH");
        assert_eq!(first(&of("a".into(), vec![])), "components BASE_TYPE_BAD_LENGTH");
        assert_eq!(
            first(&of("a".into(), vec![input(long(46))])),
            "components.0.components.0.label BASE_TYPE_MAX_LENGTH"
        );
        let choice = |name: String, value: Value| json!({ "choices": [{ "name": name, "value": value }] });
        assert_eq!(choices(&choice(long(100), json!(long(100))), 3), []);
        assert_eq!(first(&choices(&choice(long(101), json!("a")), 3)), "choices.0.name BASE_TYPE_MAX_LENGTH");
        assert_eq!(first(&choices(&choice("a".into(), json!(long(101))), 3)), "choices.0.value BASE_TYPE_MAX_LENGTH");
        assert_eq!(first(&choices(&choice("a".into(), json!("1")), 4)), "choices.0.value NUMBER_TYPE_COERCE");
        let many = json!({ "choices": vec![json!({ "name": "a", "value": "a" }); 26] });
        assert_eq!(first(&choices(&many, 3)), "choices BASE_TYPE_MAX_LENGTH");
    }

    #[test]
    fn commands_beyond_a_limit_are_refused() {
        let option =
            |name: &str, required: bool| json!({ "type": 3, "name": name, "description": "a", "required": required });
        let of = |name: &str, options: Value| json!([{ "name": name, "description": "a", "options": options }]);
        assert_eq!(commands(&of("group", json!([option("a", true), option("b", false)]))), []);
        for (body, expected) in [
            (of("Group", json!([])), "0.name APPLICATION_COMMAND_INVALID_NAME"),
            (of("two words", json!([])), "0.name APPLICATION_COMMAND_INVALID_NAME"),
            (of(&long(33), json!([])), "0.name BASE_TYPE_MAX_LENGTH"),
            (json!([{ "name": "a", "description": long(101) }]), "0.description BASE_TYPE_MAX_LENGTH"),
            (json!([{ "name": "a" }]), "0.description BASE_TYPE_REQUIRED"),
            (
                of("a", json!([option("b", false), option("c", true)])),
                "0.options.1 APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
            ),
            (
                of("a", json!([option("b", true), option("b", true)])),
                "0.options.1.name APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS",
            ),
            (
                of("a", json!([option("b", true), { "type": 1, "name": "c", "description": "a" }])),
                "0.options APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
            ),
            (json!(vec![json!({ "name": "a", "description": "a" }); 2]), "1 APPLICATION_COMMANDS_DUPLICATE_NAME"),
            (json!([{ "name": "a", "type": 3, "description": "a" }]), "0.description BASE_TYPE_MAX_LENGTH"),
            (
                json!((0..101).map(|at| json!({ "name": format!("c{at}"), "description": "a" })).collect::<Vec<_>>()),
                " MAX_COMMANDS",
            ),
        ] {
            assert_eq!(first(&commands(&body)), expected);
        }
    }

    #[test]
    fn problems_nest_as_discord_nests_them() {
        let problems = message(&json!({ "embeds": [{ "title": long(257) }] }), &[]);
        let expected = json!({ "embeds": { "0": { "title": { "_errors": [
            { "code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 256 or fewer in length." },
        ] } } } });
        assert_eq!(as_errors(&problems), expected);
    }
}

//! The list of commands at Discord: read once, written in one call and only when it differs.
//!
//! What the commands are is known by [`super::commands`].

use std::{collections::BTreeMap, time::Duration};

use anyhow::Context as _;
use poise::serenity_prelude as serenity;
use serde_json::{Map, Value};
use serenity::http::{LightMethod, Request, Route};

use super::{
    post::{Post, Refusal},
    reply::CommandIds,
    talk::{Talk, Trouble},
};

/// The longest pause between attempts.
const LONGEST: Duration = Duration::from_secs(300);

/// Everything about a command that is ours to say. What else Discord tells (ids, versions) is its own.
const OURS: [&str; 19] = [
    "autocomplete",
    "channel_types",
    "choices",
    "contexts",
    "default_member_permissions",
    "description",
    "description_localizations",
    "integration_types",
    "max_length",
    "max_value",
    "min_length",
    "min_value",
    "name",
    "name_localizations",
    "nsfw",
    "options",
    "required",
    "type",
    "value",
];

/// Makes Discord hold our commands; returns their ids. Goes on until it works: without it nobody can use the bot.
pub(super) async fn until_known(
    post: &Post,
    application: serenity::ApplicationId,
    commands: &[poise::Command<Talk, Trouble>],
) -> CommandIds {
    let mut pause = Duration::from_secs(5);
    let mut said = None;
    loop {
        match register(post, application, commands).await {
            Ok(ids) => return ids,
            Err(error) => {
                let words = format!("{error:#}");
                if said.as_ref() != Some(&words) {
                    tracing::error!(cause = words, "the commands could not be registered; trying on");
                    said = Some(words);
                }
            }
        }
        post.clock.sleep(pause).await;
        pause = (pause * 2).min(LONGEST);
    }
}

async fn register(
    post: &Post,
    application: serenity::ApplicationId,
    commands: &[poise::Command<Talk, Trouble>],
) -> anyhow::Result<CommandIds> {
    let wanted = wanted(commands)?;
    let route = Route::Commands { application_id: application };
    let read = || Request::new(route, LightMethod::Get).params(Some(vec![("with_localizations", "true".to_owned())]));
    let held: Vec<Value> = ask(post, read).await.context("read the list of commands")?;
    if same(&held, &wanted) {
        return Ok(ids(&held));
    }
    let body = serde_json::to_vec(&wanted).context("write the list of commands")?;
    let write = || Request::new(route, LightMethod::Put).body(Some(body.clone()));
    let now_held: Vec<Value> = ask(post, write).await.context("write the list of commands")?;
    tracing::info!(commands = now_held.len(), "registered the commands");
    Ok(ids(&now_held))
}

async fn ask<'a>(post: &'a Post, request: impl Fn() -> Request<'a> + Send + Sync) -> Result<Vec<Value>, Refusal> {
    post.tries(true, || Box::pin(post.http.fire::<Vec<Value>>(request()))).await
}

/// The commands as they are to be.
pub(super) fn wanted(commands: &[poise::Command<Talk, Trouble>]) -> anyhow::Result<Vec<Value>> {
    let commands = poise::builtins::create_application_commands(commands);
    commands.iter().map(|command| Ok(serde_json::to_value(command)?)).collect()
}

fn same(held: &[Value], wanted: &[Value]) -> bool {
    let by_name = |list: &[Value]| -> BTreeMap<(u64, String), Value> {
        list.iter().map(|one| ((one["type"].as_u64().unwrap_or(1), one["name"].to_string()), essence(one))).collect()
    };
    held.len() == wanted.len() && by_name(held) == by_name(wanted)
}

/// Only what is ours, and without what means the same as its absence.
fn essence(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(key, _)| !fields.contains_key("name") || OURS.contains(&key.as_str()));
            let kept = kept.map(|(key, value)| (key.clone(), essence_of(key, value)));
            Value::Object(kept.filter(|(_, value)| !is_nothing(value)).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(essence).collect()),
        other => other.clone(),
    }
}

fn essence_of(key: &str, value: &Value) -> Value {
    match (key, value) {
        // The default is a slash command, and installation into guilds.
        ("type", Value::Number(number)) if number.as_u64() == Some(1) => Value::Null,
        ("integration_types", Value::Array(types)) if types.as_slice() == [Value::from(0)] => Value::Null,
        // Numbers come back as they like: 1 for 1.0.
        ("min_value" | "max_value", Value::Number(number)) => number.as_f64().map_or(Value::Null, Value::from),
        (_, value) => essence(value),
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// The ids of slash commands, by name.
fn ids(held: &[Value]) -> CommandIds {
    let slash = held.iter().filter(|command| command["type"].as_u64().unwrap_or(1) == 1);
    slash
        .filter_map(|command| Some((command["name"].as_str()?.to_owned(), command["id"].as_str()?.parse().ok()?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::discord::commands;

    /// The list as Discord gives it back: with ids, versions, nulls and defaults, in another order.
    fn as_discord_holds_it(wanted: &[Value]) -> Vec<Value> {
        let mut held: Vec<Value> = wanted.to_vec();
        held.reverse();
        for (command, number) in held.iter_mut().zip(100..) {
            for (key, value) in [
                ("id", json!(number.to_string())),
                ("application_id", json!("42")),
                ("version", json!("7")),
                ("dm_permission", json!(false)),
                ("default_permission", json!(true)),
                ("name_localizations", Value::Null),
            ] {
                command[key] = value;
            }
            command["type"] = json!(command["type"].as_u64().unwrap_or(1));
        }
        held
    }

    #[test]
    fn what_discord_adds_is_no_difference_and_what_we_say_is() {
        let wanted = wanted(&commands::options().commands).unwrap();
        let held = as_discord_holds_it(&wanted);
        assert!(same(&held, &wanted));
        assert!(!same(&held[1..], &wanted));
        let mut changed = wanted.clone();
        changed[1]["options"][0]["description"] = json!("something else");
        assert!(!same(&held, &changed));
        let mut changed = wanted.clone();
        changed[1]["options"][0]["options"][0]["required"] = json!(false);
        assert!(!same(&held, &changed));
    }

    #[test]
    fn only_slash_commands_are_mentioned() {
        let held = as_discord_holds_it(&wanted(&commands::options().commands).unwrap());
        assert_eq!(ids(&held).into_keys().collect::<Vec<_>>(), ["group", "player", "rustops", "server"]);
    }
}

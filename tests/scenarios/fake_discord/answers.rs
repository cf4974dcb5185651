//! Answers to interactions: the first one, its changes, and what follows it
//! (https://discord.com/developers/docs/interactions/receiving-and-responding).
//!
//! How a message is written is told in `messages`.

use serde_json::{Value, json};

use super::messages::{Draft, create_message, edit_message, names_of_files};
use super::rest::{Call, Outcome, Reaction, check, check_message, id, refuse, unexpected};
use super::rules;
use super::world::{BOT, Choice, FirstAnswer, Kind, Snowflake, World};

/// How long Discord takes an interaction's token: 15 minutes.
const TOKEN_LIFE_MS: u64 = 15 * 60 * 1000;
const CALLBACK: &str = "/interactions/{interaction_id}/{interaction_token}/callback";

pub(super) fn callback(world: &mut World, call: &Call, interaction: Snowflake, token: &str) -> Outcome {
    let limit = world.settings.first_answer_within;
    let found = world.interactions.get(&interaction).filter(|record| record.token == token);
    let Some(record) = found else {
        world.violate(call.name(), "an answer to an interaction that never was");
        return Err(Reaction::error(404, 10062, "Unknown interaction"));
    };
    let (took, kind, source) = (record.dispatched.elapsed(), record.kind, record.source);
    if record.first.is_some() {
        world.violate(call.name(), "a second first answer");
        return Err(Reaction::error(400, 40060, "Interaction has already been acknowledged."));
    }
    if record.gave_up || took > limit {
        world.violate(call.name(), format!("a first answer after {took:?}, allowed are {limit:?}"));
        return Err(Reaction::error(404, 10062, "Unknown interaction"));
    }
    let answer = call.body["type"].as_u64().unwrap_or(0);
    let fits = match kind {
        Kind::Command => matches!(answer, 4 | 5 | 9),
        Kind::Component => matches!(answer, 4..=7 | 9),
        Kind::Autocomplete => answer == 8,
        Kind::Modal => matches!(answer, 4 | 5) || (matches!(answer, 6 | 7) && source.is_some()),
    };
    if !fits {
        let path = vec!["type".into()];
        let message = format!("an answer of type {answer} does not fit {kind:?}");
        refuse(world, call, &[rules::Problem { path, code: "BASE_TYPE_CHOICES", message }])?;
    }
    first_answer(world, call, interaction, answer)?;
    let record = world.interactions.get_mut(&interaction).expect("looked up above");
    record.first = Some(FirstAnswer { kind: answer, took });
    if !call.query.contains("with_response=true") {
        return Ok(Reaction::nothing());
    }
    let shown = record.original.or(record.source).filter(|_| matches!(answer, 4 | 5 | 7));
    let message = shown.map(|id| world.messages[&id].json.clone());
    Ok(Reaction::ok(json!({
        "interaction": { "id": interaction.to_string(), "type": kind as u8 },
        "resource": { "type": answer, "message": message },
    })))
}

/// Does what a first answer of this type asks for. The interaction is known and unanswered, the type fits.
fn first_answer(world: &mut World, call: &Call, interaction: Snowflake, answer: u64) -> Result<(), Reaction> {
    let data = &call.body["data"];
    match answer {
        4 | 5 => {
            check_message(world, call, CALLBACK, Some("data"), &[])?;
            let body = if answer == 5 {
                json!({ "flags": data["flags"].as_u64().unwrap_or(0) | rules::LOADING })
            } else {
                data.clone()
            };
            let message = answer_message(world, call, interaction, &body)?;
            world.interactions.get_mut(&interaction).expect("known").original = Some(message);
            Ok(())
        }
        6 => check(world, call, CALLBACK, Vec::new()),
        7 => {
            let source = world.interactions[&interaction].source.expect("the type fits only with a source");
            check_message(world, call, CALLBACK, Some("data"), &names_of_files(world, source))?;
            edit_message(world, call, source, data)
        }
        8 => {
            let option = world.interactions[&interaction].metadata["focused_type"].as_u64().unwrap_or(0);
            let mut problems = rules::choices(data, option);
            problems.iter_mut().for_each(|problem| problem.path.insert(0, "data".into()));
            check(world, call, CALLBACK, problems)?;
            let choices = data["choices"].as_array().into_iter().flatten().map(|choice| Choice {
                name: choice["name"].as_str().unwrap_or("").to_owned(),
                value: choice["value"].clone(),
            });
            world.interactions.get_mut(&interaction).expect("known").choices = choices.collect();
            Ok(())
        }
        9 => {
            let mut problems = rules::modal(data);
            problems.iter_mut().for_each(|problem| problem.path.insert(0, "data".into()));
            check(world, call, CALLBACK, problems)?;
            world.interactions.get_mut(&interaction).expect("known").modal = Some(data.clone());
            Ok(())
        }
        _ => Err(unexpected(world, call)),
    }
}

/// A message brought forth by an interaction, ephemeral when its flags say so.
fn answer_message(world: &mut World, call: &Call, interaction: Snowflake, body: &Value) -> Result<Snowflake, Reaction> {
    let record = world.interactions.remove(&interaction).expect("the caller has looked it up");
    let ephemeral = body["flags"].as_u64().unwrap_or(0) & rules::EPHEMERAL != 0;
    let draft = Draft {
        channel: record.channel,
        body,
        files: &call.files,
        ephemeral_to: ephemeral.then_some(record.who),
        interaction: Some(&record),
    };
    let message = create_message(world, call, &draft);
    world.interactions.insert(interaction, record);
    message
}

/// The interaction of a token that was answered and still lives.
fn by_token(world: &mut World, call: &Call, token: &str) -> Result<Snowflake, Reaction> {
    let now = world.now_ms();
    let found = world.interactions.values().rev().find(|record| record.token == token);
    let Some(record) = found else {
        world.violate(call.name(), "a token that never was");
        return Err(Reaction::error(404, 10015, "Unknown Webhook"));
    };
    let (id, age, answered) = (record.id, now - record.created_ms, record.first.is_some());
    if !answered {
        world.violate(call.name(), "a follow-up before the first answer");
        return Err(Reaction::error(404, 10015, "Unknown Webhook"));
    }
    if age > TOKEN_LIFE_MS {
        world.violate(call.name(), format!("a token that is {} s old", age / 1000));
        return Err(Reaction::error(401, 50027, "Invalid Webhook Token"));
    }
    Ok(id)
}

/// The message an interaction's `@original` means: its own answer, or the message whose button was pressed.
fn original_of(world: &World, interaction: Snowflake) -> Option<Snowflake> {
    let record = &world.interactions[&interaction];
    let updates = record.first.is_some_and(|first| matches!(first.kind, 6 | 7));
    record.original.or(record.source.filter(|_| updates))
}

/// A follow-up. The first one after a deferral takes the place of the "is thinking…" message.
pub(super) fn follow_up(world: &mut World, call: &Call, token: &str) -> Outcome {
    let interaction = by_token(world, call, token)?;
    check_message(world, call, "/webhooks/{webhook_id}/{webhook_token}", None, &[])?;
    let original = world.interactions[&interaction].original;
    let thinking = original.filter(|id| {
        world.message(*id).is_some_and(|message| message.json["flags"].as_u64().unwrap_or(0) & rules::LOADING != 0)
    });
    let message = match thinking {
        Some(waiting) => {
            edit_message(world, call, waiting, &call.body)?;
            waiting
        }
        None => {
            let message = answer_message(world, call, interaction, &call.body)?;
            world.interactions.get_mut(&interaction).expect("known").followups.push(message);
            message
        }
    };
    world.interactions.get_mut(&interaction).expect("known").acted = true;
    Ok(Reaction::ok(world.messages[&message].json.clone()))
}

pub(super) fn webhook_message(world: &mut World, call: &Call, method: &str, token: &str, message: &str) -> Outcome {
    let interaction = by_token(world, call, token)?;
    let record = &world.interactions[&interaction];
    let original = original_of(world, interaction);
    let found = if message == "@original" {
        original
    } else {
        let id = id(message)?;
        (original == Some(id) || record.followups.contains(&id)).then_some(id)
    };
    let unknown = || Reaction::error(404, 10008, "Unknown Message");
    let found = found.filter(|id| world.message(*id).is_some()).ok_or_else(unknown)?;
    match method {
        "GET" => return Ok(Reaction::ok(world.messages[&found].json.clone())),
        "PATCH" => {
            let route = if message == "@original" {
                "/webhooks/{webhook_id}/{webhook_token}/messages/@original"
            } else {
                "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}"
            };
            check_message(world, call, route, None, &names_of_files(world, found))?;
            edit_message(world, call, found, &call.body)?;
        }
        "DELETE" => world.messages.get_mut(&found).expect("looked up above").deleted = true,
        _ => return Err(unexpected(world, call)),
    }
    world.interactions.get_mut(&interaction).expect("known").acted = true;
    if method == "DELETE" {
        return Ok(Reaction::nothing());
    }
    Ok(Reaction::ok(world.messages[&found].json.clone()))
}

//! Messages: made, edited, listed and deleted, as far as the bot's permissions go.
//!
//! Answers to interactions bring messages forth too; when they may is told in `answers`.

use serde_json::{Value, json};

use super::rest::{Call, Outcome, Reaction, check_message, unexpected, visible_guild};
use super::rules;
use super::world::{BOT, ChannelRecord, InteractionRecord, MessageRecord, Snowflake, World, is_id, permission};

/// The channel, if the bot may see it.
pub(super) fn visible_channel(world: &World, channel: Snowflake) -> Result<&ChannelRecord, Reaction> {
    let found = world.channels.get(&channel).ok_or_else(|| Reaction::error(404, 10003, "Unknown Channel"))?;
    let gone = found.guild.is_some_and(|guild| visible_guild(world, guild).is_err());
    if gone || world.permissions_in(BOT, channel) & permission::VIEW_CHANNEL == 0 {
        return Err(Reaction::error(403, 50001, "Missing Access"));
    }
    Ok(found)
}

fn needs(world: &World, channel: Snowflake, bits: u64) -> Result<(), Reaction> {
    if world.permissions_in(BOT, channel) & bits == bits {
        Ok(())
    } else {
        Err(Reaction::error(403, 50013, "Missing Permissions"))
    }
}

pub(super) fn post_message(world: &mut World, call: &Call, channel: Snowflake) -> Outcome {
    let recipient = visible_channel(world, channel)?.recipient;
    if recipient.is_some_and(|person| !world.people[&person].takes_dms) {
        return Err(Reaction::error(403, 50007, "Cannot send messages to this user"));
    }
    needs(world, channel, wanted_permissions(call))?;
    check_message(world, call, "/channels/{channel_id}/messages", None, &[])?;
    if call.body["flags"].as_u64().unwrap_or(0) & rules::EPHEMERAL != 0 {
        world.violate(call.name(), "only an answer to an interaction can be ephemeral");
    }
    if let Some(same) = made_before(world, channel, &call.body) {
        return Ok(Reaction::ok(world.messages[&same].json.clone()));
    }
    let draft = Draft { channel, body: &call.body, files: &call.files, ephemeral_to: None, interaction: None };
    let message = create_message(world, call, &draft)?;
    Ok(Reaction::ok(world.messages[&message].json.clone()))
}

/// The message that was made with the same enforced nonce before: it is returned, and none is made.
fn made_before(world: &World, channel: Snowflake, body: &Value) -> Option<Snowflake> {
    let nonce = body["nonce"].as_str().filter(|_| body["enforce_nonce"] == json!(true))?;
    let made = world.messages.iter().find(|(_, message)| {
        message.json["nonce"].as_str() == Some(nonce) && is_id(&message.json["channel_id"], channel)
    });
    made.map(|(id, _)| *id)
}

fn wanted_permissions(call: &Call) -> u64 {
    let embeds = call.body["embeds"].as_array().is_some_and(|embeds| !embeds.is_empty());
    permission::SEND_MESSAGES
        | if embeds { permission::EMBED_LINKS } else { 0 }
        | if call.files.is_empty() { 0 } else { permission::ATTACH_FILES }
}

pub(super) fn list_messages(world: &World, call: &Call, channel: Snowflake) -> Outcome {
    visible_channel(world, channel)?;
    needs(world, channel, permission::READ_MESSAGE_HISTORY)?;
    let limit = call.query.split('&').find_map(|pair| pair.strip_prefix("limit=")?.parse().ok()).unwrap_or(50);
    let newest_first = world.messages.values().rev().filter(|message| {
        !message.deleted && message.ephemeral_to.is_none() && is_id(&message.json["channel_id"], channel)
    });
    Ok(Reaction::ok(json!(newest_first.take(limit).map(|message| &message.json).collect::<Vec<_>>())))
}

pub(super) fn channel_message(
    world: &mut World,
    call: &Call,
    method: &str,
    channel: Snowflake,
    message: Snowflake,
) -> Outcome {
    visible_channel(world, channel)?;
    let unknown = || Reaction::error(404, 10008, "Unknown Message");
    let record = world.message(message).filter(|record| is_id(&record.json["channel_id"], channel));
    let record = record.filter(|record| record.ephemeral_to.is_none()).ok_or_else(unknown)?;
    let own = is_id(&record.json["author"]["id"], BOT);
    match method {
        "GET" => {
            needs(world, channel, permission::READ_MESSAGE_HISTORY)?;
            Ok(Reaction::ok(record.json.clone()))
        }
        "PATCH" if !own => Err(Reaction::error(403, 50005, "Cannot edit a message authored by another user")),
        "PATCH" => {
            needs(world, channel, wanted_permissions(call) & !permission::SEND_MESSAGES)?;
            let route = "/channels/{channel_id}/messages/{message_id}";
            check_message(world, call, route, None, &names_of_files(world, message))?;
            edit_message(world, call, message, &call.body)?;
            Ok(Reaction::ok(world.messages[&message].json.clone()))
        }
        "DELETE" => {
            needs(world, channel, if own { 0 } else { permission::MANAGE_MESSAGES })?;
            world.messages.get_mut(&message).expect("looked up above").deleted = true;
            Ok(Reaction::nothing())
        }
        _ => Err(unexpected(world, call)),
    }
}

pub(super) fn names_of_files(world: &World, message: Snowflake) -> Vec<String> {
    world.messages[&message].files.iter().map(|(name, _)| name.clone()).collect()
}

pub(super) struct Draft<'a> {
    pub(super) channel: Snowflake,
    pub(super) body: &'a Value,
    pub(super) files: &'a [(String, Vec<u8>)],
    pub(super) ephemeral_to: Option<Snowflake>,
    pub(super) interaction: Option<&'a InteractionRecord>,
}

pub(super) fn create_message(world: &mut World, call: &Call, draft: &Draft<'_>) -> Result<Snowflake, Reaction> {
    let id = world.new_id();
    let mut json = blank_message(world, id, draft.channel, BOT);
    json["flags"] = json!(draft.body["flags"].as_u64().unwrap_or(0));
    if let Some(interaction) = draft.interaction {
        json["type"] = json!(interaction.message_kind);
        json["webhook_id"] = json!(BOT.to_string());
        json["application_id"] = json!(BOT.to_string());
        json["interaction_metadata"] = interaction.metadata.clone();
    }
    let mut record = MessageRecord {
        json,
        ephemeral_to: draft.ephemeral_to,
        edits: 0,
        files: Vec::new(),
        allowed_mentions: None,
        deleted: false,
    };
    if let Some(nonce) = draft.body["nonce"].as_str() {
        record.json["nonce"] = json!(nonce);
    }
    apply(&mut record, draft.body, draft.files, world);
    if draft.body["flags"].as_u64().unwrap_or(0) & rules::LOADING == 0 {
        refuse_empty(world, call, &record)?;
    }
    world.messages.insert(id, record);
    Ok(id)
}

/// A message without content, as it is before anybody writes into it.
pub(super) fn blank_message(world: &World, id: Snowflake, channel: Snowflake, author: Snowflake) -> Value {
    json!({
        "id": id.to_string(),
        "channel_id": channel.to_string(),
        "author": world.user_json(author),
        "content": "",
        "timestamp": world.timestamp(),
        "edited_timestamp": null,
        "tts": false,
        "mention_everyone": false,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "components": [],
        "pinned": false,
        "type": 0,
        "flags": 0,
    })
}

fn refuse_empty(world: &mut World, call: &Call, record: &MessageRecord) -> Result<(), Reaction> {
    let filled = |key: &str| record.json[key].as_array().is_some_and(|items| !items.is_empty());
    let text = record.json["content"].as_str().is_some_and(|text| !text.trim().is_empty());
    if text || filled("embeds") || filled("attachments") || filled("components") {
        return Ok(());
    }
    world.violate(call.name(), "an empty message");
    Err(Reaction::error(400, 50006, "Cannot send an empty message"))
}

/// Writes what the body names into the message; what it does not name stays, `null` clears.
fn apply(record: &mut MessageRecord, body: &Value, files: &[(String, Vec<u8>)], world: &mut World) {
    let named = |key: &str| body.get(key);
    if let Some(content) = named("content") {
        record.json["content"] = json!(content.as_str().unwrap_or("").trim());
    }
    for key in ["embeds", "components"] {
        if let Some(list) = named(key) {
            record.json[key] = json!(list.as_array().cloned().unwrap_or_default());
        }
    }
    if let Some(mentions) = named("allowed_mentions") {
        record.allowed_mentions = Some(mentions.clone()).filter(|mentions| !mentions.is_null());
    }
    apply_files(record, body, files, world);
    let base = format!("https://cdn.discordapp.com/attachments/{}", record.json["channel_id"].as_str().unwrap_or("0"));
    for embed in record.json["embeds"].as_array_mut().into_iter().flatten() {
        embed["type"] = json!("rich");
        for picture in ["image", "thumbnail"] {
            let name = embed[picture]["url"].as_str().and_then(|url| url.strip_prefix("attachment://"));
            if let Some(name) = name {
                embed[picture]["url"] = json!(format!("{base}/{name}"));
            }
        }
    }
}

/// `attachments` lists what stays (by id) and what is new (by position); without it, all stays and files are added.
fn apply_files(record: &mut MessageRecord, body: &Value, files: &[(String, Vec<u8>)], world: &mut World) {
    let mut attachments = record.json["attachments"].as_array().cloned().unwrap_or_default();
    if let Some(listed) = body.get("attachments") {
        let listed: Vec<_> = listed.as_array().into_iter().flatten().map(|one| one["id"].clone()).collect();
        attachments.retain(|one| listed.contains(&one["id"]));
        record.files.retain(|(name, _)| attachments.iter().any(|one| one["filename"] == name.as_str()));
    }
    let channel = record.json["channel_id"].as_str().unwrap_or("0").to_owned();
    for (name, bytes) in files {
        let id = world.new_id();
        let url = format!("https://cdn.discordapp.com/attachments/{channel}/{id}/{name}");
        attachments.push(json!({
            "id": id.to_string(),
            "filename": name,
            "size": bytes.len(),
            "url": url,
            "proxy_url": url,
        }));
        record.files.push((name.clone(), bytes.clone()));
    }
    record.json["attachments"] = json!(attachments);
}

pub(super) fn edit_message(world: &mut World, call: &Call, message: Snowflake, body: &Value) -> Result<(), Reaction> {
    let mut record = world.messages.remove(&message).expect("the caller has looked the message up");
    let before = record.json.clone();
    apply(&mut record, body, &call.files, world);
    if let Err(refusal) = refuse_empty(world, call, &record) {
        record.json = before;
        world.messages.insert(message, record);
        return Err(refusal);
    }
    let flags = record.json["flags"].as_u64().unwrap_or(0);
    if flags & rules::LOADING == 0 {
        record.edits += 1;
        record.json["edited_timestamp"] = json!(world.timestamp());
    }
    record.json["flags"] = json!(flags & !rules::LOADING);
    world.messages.insert(message, record);
    Ok(())
}

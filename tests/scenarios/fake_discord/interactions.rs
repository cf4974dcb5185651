//! Makes an interaction out of what a person did and hands it to the bot
//! (https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-object).
//!
//! No answers: those come in over `rest`.

use std::time::Instant;

use serde_json::{Value, json};

use super::world::{BOT, InteractionRecord, Kind, Snowflake, World};

/// What somebody did.
pub struct Deed {
    pub who: Snowflake,
    pub channel: Snowflake,
    pub kind: Kind,
    pub data: Value,
    /// The message whose button or select was used, also for a modal that such a button opened.
    pub source: Option<Snowflake>,
    /// `interaction_metadata` of the interaction that opened the modal.
    pub opened_by: Option<Value>,
    pub focused_type: u64,
}

/// Hands the interaction to the bot and starts its clock.
pub fn dispatch(world: &mut World, deed: Deed) -> Snowflake {
    let id = world.new_id();
    let token = format!("aW50ZXJhY3Rpb246{id}{:016x}", id.rotate_left(23) ^ 0x5bd1_e995_9d1c_e9b1);
    let guild = world.channels.get(&deed.channel).and_then(|channel| channel.guild);
    let owners = json!({ "0": guild.unwrap_or(0).to_string() });
    let channel = world.channels.get(&deed.channel).map(|channel| world.channel_json(channel)).unwrap_or_default();
    let mut payload = json!({
        "id": id.to_string(),
        "application_id": BOT.to_string(),
        "type": deed.kind as u8,
        "data": deed.data,
        "channel_id": deed.channel.to_string(),
        "channel": channel,
        "token": token,
        "version": 1,
        "app_permissions": world.permissions_in(BOT, deed.channel).to_string(),
        "locale": "en-US",
        "entitlements": [],
        "authorizing_integration_owners": owners,
        "context": u8::from(guild.is_none()),
        "attachment_size_limit": 10_485_760,
    });
    let permissions = world.permissions_in(deed.who, deed.channel).to_string();
    if let Some(guild) = guild {
        payload["guild_id"] = json!(guild.to_string());
        payload["guild_locale"] = json!("en-US");
        payload["guild"] = json!({ "id": guild.to_string(), "locale": "en-US", "features": [] });
        payload["channel"]["permissions"] = json!(permissions);
        let mut member = world.member_json(guild, deed.who).expect("only members act in a guild");
        member["permissions"] = json!(permissions);
        payload["member"] = member;
    } else {
        payload["user"] = world.user_json(deed.who);
    }
    if let Some(message) = deed.source.and_then(|source| world.message(source)) {
        payload["message"] = message.json.clone();
    }
    let mut metadata = json!({
        "id": id.to_string(),
        "type": deed.kind as u8,
        "user": world.user_json(deed.who),
        "authorizing_integration_owners": owners,
    });
    match deed.kind {
        Kind::Command => {}
        Kind::Autocomplete => metadata["focused_type"] = json!(deed.focused_type),
        Kind::Component => metadata["interacted_message_id"] = json!(deed.source.map(|source| source.to_string())),
        Kind::Modal => metadata["triggering_interaction_metadata"] = deed.opened_by.unwrap_or_default(),
    }
    let record = InteractionRecord {
        id,
        token,
        kind: deed.kind,
        who: deed.who,
        channel: deed.channel,
        guild,
        metadata,
        message_kind: message_kind(deed.kind, &payload["data"]),
        dispatched: Instant::now(),
        created_ms: world.now_ms(),
        source: deed.source,
        first: None,
        gave_up: false,
        original: None,
        acted: false,
        followups: Vec::new(),
        choices: Vec::new(),
        modal: None,
    };
    world.interactions.insert(id, record);
    world.dispatch(0, guild, "INTERACTION_CREATE", &payload);
    id
}

/// 20 for the answer to a slash command, 23 to a context menu command, 0 otherwise.
fn message_kind(kind: Kind, data: &Value) -> u64 {
    match (kind, data["type"].as_u64()) {
        (Kind::Command, Some(1)) => 20,
        (Kind::Command, _) => 23,
        _ => 0,
    }
}

//! The REST side: which routes exist, what each does to the world, and the faults a story can switch on.
//!
//! No limits of bodies (they are in `rules`) and nothing of the people's side.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::gateway::Times;
use super::world::{
    BOT, ChannelRecord, FirstAnswer, InteractionRecord, Kind, MessageRecord, OWNER, Presence, Shared, Snowflake, World,
    is_id, permission,
};
use super::{multipart, openapi, rules, world};

/// How long Discord takes an interaction's token: 15 minutes.
const TOKEN_LIFE_MS: u64 = 15 * 60 * 1000;

/// One request, as a story may look at it afterwards. The token in `Authorization` is not kept.
#[derive(Clone, Debug)]
pub struct RequestRecord {
    pub method: String,
    /// Without the `/api/v10` in front.
    pub path: String,
    pub body: Value,
    /// Names of uploaded files.
    pub files: Vec<String>,
    /// The status that it was answered with.
    pub status: u16,
}

/// A fault on the requests that match.
pub struct RestFault {
    pattern: String,
    times: Times,
    kind: FaultKind,
}

#[derive(Clone, Copy)]
enum FaultKind {
    Status(u16),
    RateLimit { retry_after: Duration, global: bool },
    Delay(Duration),
}

/// What a story makes the REST side do.
///
/// Patterns read `POST /channels/*/messages`: a method (or `*`), then a path whose `*` stand for one segment each;
/// `*` alone is every request.
pub struct RestControl<'a> {
    pub(super) shared: &'a Shared,
}

impl RestControl<'_> {
    fn add(&self, pattern: &str, times: Times, kind: FaultKind) {
        let fault = RestFault { pattern: pattern.into(), times, kind };
        self.shared.change(|world| world.rest_faults.push(fault));
    }

    /// Answers with this status (say 500 or 503) and Discord's short JSON.
    pub fn fails(&self, pattern: &str, times: Times, status: u16) {
        self.add(pattern, times, FaultKind::Status(status));
    }

    /// Answers 429 for this route alone.
    pub fn limits(&self, pattern: &str, times: Times, retry_after: Duration) {
        self.add(pattern, times, FaultKind::RateLimit { retry_after, global: false });
    }

    /// Answers 429 to everything, marked as the global limit.
    pub fn limits_globally(&self, times: Times, retry_after: Duration) {
        self.add("*", times, FaultKind::RateLimit { retry_after, global: true });
    }

    /// Lets requests wait before they are looked at.
    pub fn delays(&self, pattern: &str, times: Times, by: Duration) {
        self.add(pattern, times, FaultKind::Delay(by));
    }

    /// Ends all faults.
    pub fn recovers(&self) {
        self.shared.change(|world| world.rest_faults.clear());
    }
}

struct Call {
    method: Method,
    path: String,
    query: String,
    body: Value,
    files: Vec<(String, Vec<u8>)>,
    authorised: bool,
}

impl Call {
    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    fn sizes(&self) -> Vec<(String, usize)> {
        self.files.iter().map(|(name, bytes)| (name.clone(), bytes.len())).collect()
    }

    fn matches(&self, pattern: &str) -> bool {
        if pattern == "*" {
            return true;
        }
        let Some((method, path)) = pattern.split_once(' ') else {
            panic!("a pattern is a method and a path, not {pattern:?}");
        };
        let (wanted, had): (Vec<_>, Vec<_>) = (path.split('/').collect(), self.path.split('/').collect());
        (method == "*" || method == self.method.as_str())
            && wanted.len() == had.len()
            && wanted.iter().zip(had).all(|(wanted, had)| *wanted == "*" || *wanted == had)
    }
}

/// A status, a body, and the seconds of `Retry-After`.
struct Reaction {
    status: u16,
    body: Option<Value>,
    retry_after: Option<(Duration, bool)>,
}

impl Reaction {
    fn ok(body: Value) -> Self {
        Self { status: 200, body: Some(body), retry_after: None }
    }

    fn nothing() -> Self {
        Self { status: 204, body: None, retry_after: None }
    }

    fn error(status: u16, code: u64, message: &str) -> Self {
        Self { status, body: Some(json!({ "message": message, "code": code })), retry_after: None }
    }
}

impl IntoResponse for Reaction {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).expect("stories use real statuses");
        let mut headers = HeaderMap::new();
        if let Some((after, global)) = self.retry_after {
            let seconds = after.as_secs_f64().ceil().to_string();
            headers.insert(header::RETRY_AFTER, seconds.parse().expect("a number is a header"));
            let scope = if global { "global" } else { "user" };
            headers.insert("x-ratelimit-scope", scope.parse().expect("a word is a header"));
            if global {
                headers.insert("x-ratelimit-global", "true".parse().expect("a word is a header"));
            }
        }
        match self.body {
            Some(body) => (status, headers, axum::Json(body)).into_response(),
            None => (status, headers).into_response(),
        }
    }
}

type Outcome = Result<Reaction, Reaction>;

/// Answers any request that is not the gateway's.
pub(super) async fn answer(shared: Arc<Shared>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let call = match read_call(&shared, method, &uri, &headers, &body) {
        Ok(call) => call,
        Err(why) => {
            shared.change(|world| world.violate(uri.path(), &why));
            return Reaction::error(400, 50109, "The request body contains invalid JSON.").into_response();
        }
    };
    let (wait, forced) = shared.change(|world| strike(world, &call));
    if let Some(wait) = wait {
        tokio::time::sleep(wait).await;
    }
    let reaction = shared.change(|world| {
        let reaction = forced.unwrap_or_else(|| handle(world, &call).unwrap_or_else(|refusal| refusal));
        world.requests.push(RequestRecord {
            method: call.method.to_string(),
            path: call.path,
            body: call.body,
            files: call.files.into_iter().map(|(name, _)| name).collect(),
            status: reaction.status,
        });
        reaction
    });
    reaction.into_response()
}

fn read_call(shared: &Shared, method: Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Result<Call, String> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("");
    let (json, files) = multipart::read(text(header::CONTENT_TYPE), body)?;
    let token = shared.look(|world| world.token.clone());
    let path = uri.path();
    Ok(Call {
        method,
        path: path.strip_prefix("/api/v10").unwrap_or(path).to_owned(),
        query: uri.query().unwrap_or("").to_owned(),
        body: json,
        files,
        authorised: text(header::AUTHORIZATION) == format!("Bot {token}"),
    })
}

/// The faults that strike this request: how long it waits, and the answer that is forced upon it.
fn strike(world: &mut World, call: &Call) -> (Option<Duration>, Option<Reaction>) {
    let mut wait = None;
    for fault in &mut world.rest_faults {
        if !call.matches(&fault.pattern) || !fault.times.strike() {
            continue;
        }
        match fault.kind {
            FaultKind::Delay(by) => wait = Some(wait.unwrap_or(Duration::ZERO) + by),
            FaultKind::Status(status) => {
                let message = format!("{status}: pretended");
                return (wait, Some(Reaction::error(status, 0, &message)));
            }
            FaultKind::RateLimit { retry_after, global } => {
                let body = json!({
                    "message": "You are being rate limited.",
                    "retry_after": retry_after.as_secs_f64(),
                    "global": global,
                });
                let retry_after = Some((retry_after, global));
                return (wait, Some(Reaction { status: 429, body: Some(body), retry_after }));
            }
        }
    }
    (wait, None)
}

fn handle(world: &mut World, call: &Call) -> Outcome {
    let segments: Vec<&str> = call.path.trim_start_matches('/').split('/').collect();
    let needs_token = !matches!(segments.as_slice(), ["interactions" | "webhooks", ..] | ["gateway"]);
    if needs_token && !call.authorised {
        return Err(Reaction::error(401, 0, "401: Unauthorized"));
    }
    let bot = BOT.to_string();
    match (call.method.as_str(), segments.as_slice()) {
        ("GET", ["gateway"]) => Ok(Reaction::ok(json!({ "url": gateway_url(world) }))),
        ("GET", ["gateway", "bot"]) => Ok(Reaction::ok(gateway_bot(world))),
        ("GET", ["users", "@me"]) => Ok(Reaction::ok(world.user_json(BOT))),
        ("GET", ["oauth2", "applications", "@me"] | ["applications", "@me"]) => Ok(Reaction::ok(application(world))),
        ("GET", ["applications", app, "commands"]) if *app == bot => Ok(list_commands(world, None)),
        ("GET", ["applications", app, "guilds", guild, "commands"]) if *app == bot => {
            Ok(list_commands(world, Some(id(guild)?)))
        }
        ("PUT", ["applications", app, "commands"]) if *app == bot => {
            check(world, call, "/applications/{application_id}/commands", rules::commands(&call.body))?;
            Ok(overwrite_commands(world, None, call))
        }
        ("PUT", ["applications", app, "guilds", guild, "commands"]) if *app == bot => {
            check(
                world,
                call,
                "/applications/{application_id}/guilds/{guild_id}/commands",
                rules::commands(&call.body),
            )?;
            Ok(overwrite_commands(world, Some(id(guild)?), call))
        }
        ("POST", ["interactions", interaction, token, "callback"]) => callback(world, call, id(interaction)?, token),
        ("POST", ["webhooks", app, token]) if *app == bot => follow_up(world, call, token),
        (method, ["webhooks", app, token, "messages", message]) if *app == bot => {
            webhook_message(world, call, method, token, message)
        }
        ("GET", ["channels", channel]) => {
            let channel = visible_channel(world, id(channel)?)?;
            Ok(Reaction::ok(world.channel_json(channel)))
        }
        ("GET", ["channels", channel, "messages"]) => list_messages(world, call, id(channel)?),
        ("POST", ["channels", channel, "messages"]) => post_message(world, call, id(channel)?),
        (method, ["channels", channel, "messages", message]) => {
            channel_message(world, call, method, id(channel)?, id(message)?)
        }
        ("POST", ["users", "@me", "channels"]) => open_dm(world, call),
        ("GET", ["guilds", guild]) => {
            let guild = visible_guild(world, id(guild)?)?;
            Ok(Reaction::ok(world.guild_json(guild)))
        }
        ("GET", ["guilds", guild, "channels"]) => {
            let guild = visible_guild(world, id(guild)?)?.id;
            Ok(Reaction::ok(json!(world.channels_json(guild))))
        }
        ("GET", ["guilds", guild, "members", person]) => {
            let guild = visible_guild(world, id(guild)?)?.id;
            let member = world.member_json(guild, id(person)?);
            member.map(Reaction::ok).ok_or_else(|| Reaction::error(404, 10007, "Unknown Member"))
        }
        _ => Err(unexpected(world, call)),
    }
}

fn unexpected(world: &mut World, call: &Call) -> Reaction {
    world.violate(call.name(), "unexpected request");
    Reaction::error(404, 0, "404: Not Found")
}

fn id(text: &str) -> Result<Snowflake, Reaction> {
    text.parse().map_err(|_| Reaction::error(400, 50035, &format!("Value {text:?} is not snowflake.")))
}

/// Refuses with 50035 when our rules or Discord's document find something, and notes each finding.
fn check(world: &mut World, call: &Call, route: &str, mut problems: Vec<rules::Problem>) -> Result<(), Reaction> {
    let method = call.method.as_str().to_lowercase();
    problems.extend(openapi::complaints(&method, route, &call.body).into_iter().map(|complaint| rules::Problem {
        path: vec!["openapi".into()],
        code: "SCHEMA",
        message: complaint,
    }));
    refuse(world, call, &problems)
}

fn refuse(world: &mut World, call: &Call, problems: &[rules::Problem]) -> Result<(), Reaction> {
    if problems.is_empty() {
        return Ok(());
    }
    for problem in problems {
        world.violate(call.name(), problem.to_string());
    }
    let body = json!({ "message": "Invalid Form Body", "code": 50035, "errors": rules::as_errors(problems) });
    Err(Reaction { status: 400, body: Some(body), retry_after: None })
}

/// As `check`, for a message that lies under `under` in the body.
fn check_message(
    world: &mut World,
    call: &Call,
    route: &str,
    under: Option<&str>,
    kept: &[String],
) -> Result<(), Reaction> {
    let body = under.map_or(&call.body, |key| &call.body[key]);
    let mut files = call.sizes();
    files.extend(kept.iter().map(|name| (name.clone(), 0)));
    let mut problems = rules::message(body, &files);
    if let Some(key) = under {
        problems.iter_mut().for_each(|problem| problem.path.insert(0, key.into()));
    }
    check(world, call, route, problems)
}

fn gateway_url(world: &World) -> String {
    format!("ws://{}/ws", world.address)
}

fn gateway_bot(world: &World) -> Value {
    json!({
        "url": gateway_url(world),
        "shards": 1,
        "session_start_limit": {
            "total": 1000,
            "remaining": 1000_u32.saturating_sub(world.gateway.identifies),
            "reset_after": 14_400_000,
            "max_concurrency": 1,
        },
    })
}

fn application(world: &World) -> Value {
    json!({
        "id": BOT.to_string(),
        "name": "RustOps",
        "icon": null,
        "description": "",
        "bot_public": false,
        "bot_require_code_grant": false,
        "owner": world.user_json(OWNER),
        "verify_key": "00",
        "team": null,
        "flags": 0,
        "approximate_guild_count": world.guilds.len(),
        "redirect_uris": [],
        "interactions_endpoint_url": null,
    })
}

fn list_commands(world: &World, guild: Option<Snowflake>) -> Reaction {
    let guild = guild.map(|id| id.to_string());
    let listed = world.commands.iter().filter(|one| one["guild_id"].as_str() == guild.as_deref());
    Reaction::ok(json!(listed.collect::<Vec<_>>()))
}

/// Replaces a list of commands. One that had the same name and type keeps its id.
fn overwrite_commands(world: &mut World, guild: Option<Snowflake>, call: &Call) -> Reaction {
    let scope = guild.map(|id| id.to_string());
    let (old, others) = std::mem::take(&mut world.commands)
        .into_iter()
        .partition::<Vec<_>, _>(|one| one["guild_id"].as_str() == scope.as_deref());
    world.commands = others;
    for sent in call.body.as_array().into_iter().flatten() {
        let mut command = sent.clone();
        let kind = sent["type"].as_u64().unwrap_or(1);
        let same = old.iter().find(|one| one["name"] == sent["name"] && one["type"].as_u64() == Some(kind));
        let id = same.map_or_else(|| json!(world.new_id().to_string()), |one| one["id"].clone());
        command["id"] = id;
        command["type"] = json!(kind);
        command["application_id"] = json!(BOT.to_string());
        command["version"] = json!(world.new_id().to_string());
        if sent["description"].is_null() {
            command["description"] = json!("");
        }
        if let Some(guild) = &scope {
            command["guild_id"] = json!(guild);
        }
        world.commands.push(command);
    }
    world.registrations += 1;
    list_commands(world, guild)
}

fn visible_guild(world: &World, guild: Snowflake) -> Result<&world::GuildRecord, Reaction> {
    let found = world.guilds.get(&guild).filter(|guild| guild.bot != Presence::Gone);
    found.ok_or_else(|| Reaction::error(404, 10004, "Unknown Guild"))
}

/// The channel, if the bot may see it.
fn visible_channel(world: &World, channel: Snowflake) -> Result<&ChannelRecord, Reaction> {
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

fn post_message(world: &mut World, call: &Call, channel: Snowflake) -> Outcome {
    let recipient = visible_channel(world, channel)?.recipient;
    if recipient.is_some_and(|person| !world.people[&person].takes_dms) {
        return Err(Reaction::error(403, 50007, "Cannot send messages to this user"));
    }
    needs(world, channel, wanted_permissions(call))?;
    check_message(world, call, "/channels/{channel_id}/messages", None, &[])?;
    if call.body["flags"].as_u64().unwrap_or(0) & rules::EPHEMERAL != 0 {
        world.violate(call.name(), "only an answer to an interaction can be ephemeral");
    }
    let draft = Draft { channel, body: &call.body, files: &call.files, ephemeral_to: None, interaction: None };
    let message = create_message(world, call, &draft)?;
    Ok(Reaction::ok(world.messages[&message].json.clone()))
}

fn wanted_permissions(call: &Call) -> u64 {
    let embeds = call.body["embeds"].as_array().is_some_and(|embeds| !embeds.is_empty());
    permission::SEND_MESSAGES
        | if embeds { permission::EMBED_LINKS } else { 0 }
        | if call.files.is_empty() { 0 } else { permission::ATTACH_FILES }
}

fn list_messages(world: &World, call: &Call, channel: Snowflake) -> Outcome {
    visible_channel(world, channel)?;
    needs(world, channel, permission::READ_MESSAGE_HISTORY)?;
    let limit = call.query.split('&').find_map(|pair| pair.strip_prefix("limit=")?.parse().ok()).unwrap_or(50);
    let newest_first = world.messages.values().rev().filter(|message| {
        !message.deleted && message.ephemeral_to.is_none() && is_id(&message.json["channel_id"], channel)
    });
    Ok(Reaction::ok(json!(newest_first.take(limit).map(|message| &message.json).collect::<Vec<_>>())))
}

fn channel_message(world: &mut World, call: &Call, method: &str, channel: Snowflake, message: Snowflake) -> Outcome {
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

fn names_of_files(world: &World, message: Snowflake) -> Vec<String> {
    world.messages[&message].files.iter().map(|(name, _)| name.clone()).collect()
}

fn open_dm(world: &mut World, call: &Call) -> Outcome {
    let recipient = &call.body["recipient_id"];
    let recipient = recipient.as_str().and_then(|text| text.parse().ok()).or(recipient.as_u64());
    let Some(person) = recipient.filter(|id| world.people.contains_key(id)) else {
        return Err(Reaction::error(400, 50033, "Invalid Recipient(s)"));
    };
    let channel = world.dm_with(person);
    Ok(Reaction::ok(world.channel_json(&world.channels[&channel])))
}

struct Draft<'a> {
    channel: Snowflake,
    body: &'a Value,
    files: &'a [(String, Vec<u8>)],
    ephemeral_to: Option<Snowflake>,
    interaction: Option<&'a InteractionRecord>,
}

fn create_message(world: &mut World, call: &Call, draft: &Draft<'_>) -> Result<Snowflake, Reaction> {
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

fn edit_message(world: &mut World, call: &Call, message: Snowflake, body: &Value) -> Result<(), Reaction> {
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

const CALLBACK: &str = "/interactions/{interaction_id}/{interaction_token}/callback";

fn callback(world: &mut World, call: &Call, interaction: Snowflake, token: &str) -> Outcome {
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
            let choices = data["choices"].as_array().into_iter().flatten().map(|choice| world::Choice {
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
fn follow_up(world: &mut World, call: &Call, token: &str) -> Outcome {
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

fn webhook_message(world: &mut World, call: &Call, method: &str, token: &str, message: &str) -> Outcome {
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

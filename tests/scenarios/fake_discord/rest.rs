//! The REST side: reads a request, finds its route, checks its body. Answers the small routes itself.
//!
//! Messages of channels are in `messages`, answers to interactions in `answers`, limits of bodies in `rules`.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::answers::{callback, follow_up, webhook_message};
use super::faults::{Strike, strike};
use super::messages::{channel_message, list_messages, post_message, visible_channel};
use super::world::{BOT, GuildRecord, OWNER, Presence, Shared, Snowflake, World, role_json};
use super::{multipart, openapi, rules};

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

pub(super) struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) body: Value,
    pub(super) files: Vec<(String, Vec<u8>)>,
    pub(super) authorised: bool,
}

impl Call {
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    pub(super) fn sizes(&self) -> Vec<(String, usize)> {
        self.files.iter().map(|(name, bytes)| (name.clone(), bytes.len())).collect()
    }

    pub(super) fn matches(&self, pattern: &str) -> bool {
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
pub(super) struct Reaction {
    pub(super) status: u16,
    pub(super) body: Option<Value>,
    pub(super) retry_after: Option<(Duration, bool)>,
}

impl Reaction {
    pub(super) fn ok(body: Value) -> Self {
        Self { status: 200, body: Some(body), retry_after: None }
    }

    pub(super) fn nothing() -> Self {
        Self { status: 204, body: None, retry_after: None }
    }

    pub(super) fn error(status: u16, code: u64, message: &str) -> Self {
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

pub(super) type Outcome = Result<Reaction, Reaction>;

/// Answers any request that is not the gateway's.
pub(super) async fn answer(shared: Arc<Shared>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let call = match read_call(&shared, method, &uri, &headers, &body) {
        Ok(call) => call,
        Err(why) => {
            shared.change(|world| world.violate(uri.path(), &why));
            return Reaction::error(400, 50109, "The request body contains invalid JSON.").into_response();
        }
    };
    let Strike { wait, forced, lost } = shared.change(|world| strike(world, &call));
    if let Some(wait) = wait {
        tokio::time::sleep(wait).await;
    }
    let reaction = shared.change(|world| {
        let reaction = forced.unwrap_or_else(|| handle(world, &call).unwrap_or_else(|refusal| refusal));
        let reaction = if lost { Reaction::error(502, 0, "502: pretended") } else { reaction };
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
        ("GET", ["guilds", guild, "roles"]) => {
            let roles = &visible_guild(world, id(guild)?)?.roles;
            let roles: Vec<_> = roles.iter().enumerate().map(|(position, role)| role_json(role, position)).collect();
            Ok(Reaction::ok(json!(roles)))
        }
        ("GET", ["guilds", guild, "members", person]) => {
            let guild = visible_guild(world, id(guild)?)?.id;
            let member = world.member_json(guild, id(person)?);
            member.map(Reaction::ok).ok_or_else(|| Reaction::error(404, 10007, "Unknown Member"))
        }
        _ => Err(unexpected(world, call)),
    }
}

pub(super) fn unexpected(world: &mut World, call: &Call) -> Reaction {
    world.violate(call.name(), "unexpected request");
    Reaction::error(404, 0, "404: Not Found")
}

pub(super) fn id(text: &str) -> Result<Snowflake, Reaction> {
    text.parse().map_err(|_| Reaction::error(400, 50035, &format!("Value {text:?} is not snowflake.")))
}

/// Refuses with 50035 when our rules or Discord's document find something, and notes each finding.
pub(super) fn check(
    world: &mut World,
    call: &Call,
    route: &str,
    mut problems: Vec<rules::Problem>,
) -> Result<(), Reaction> {
    let method = call.method.as_str().to_lowercase();
    problems.extend(openapi::complaints(&method, route, &call.body).into_iter().map(|complaint| rules::Problem {
        path: vec!["openapi".into()],
        code: "SCHEMA",
        message: complaint,
    }));
    refuse(world, call, &problems)
}

pub(super) fn refuse(world: &mut World, call: &Call, problems: &[rules::Problem]) -> Result<(), Reaction> {
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
pub(super) fn check_message(
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

pub(super) fn visible_guild(world: &World, guild: Snowflake) -> Result<&GuildRecord, Reaction> {
    let found = world.guilds.get(&guild).filter(|guild| guild.bot != Presence::Gone);
    found.ok_or_else(|| Reaction::error(404, 10004, "Unknown Guild"))
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

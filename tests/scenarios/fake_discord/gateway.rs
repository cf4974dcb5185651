//! The gateway: sessions, heartbeats, resumes, and everything that can go wrong with a connection
//! (https://discord.com/developers/docs/events/gateway).
//!
//! No REST and no stories: what an event contains is made elsewhere.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::world::{BOT, Presence, Shared, Snowflake, World};

/// The intents that need a grant in the developer portal: members, presences, message content.
const PRIVILEGED_INTENTS: u64 = 1 << 1 | 1 << 8 | 1 << 15;
/// Every intent bit that Discord has given a meaning.
const KNOWN_INTENTS: u64 = 0x1_FFFF | 1 << 20 | 1 << 21 | 1 << 24 | 1 << 25;
/// The intent for guilds, channels and roles.
pub const GUILDS: u64 = 1;
/// The intent for messages in guilds.
pub const GUILD_MESSAGES: u64 = 1 << 9;

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The TCP connection goes away without a word.
    Dropped,
    /// A close frame with this code.
    Closed(u16),
    /// A close frame that names no code.
    ClosedWithoutCode,
}

/// How often a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// This many times, then all is well again.
    Next(u32),
    /// Until the story clears it.
    UntilCleared,
}

impl Times {
    pub(super) fn strike(&mut self) -> bool {
        match self {
            Self::UntilCleared => true,
            Self::Next(0) => false,
            Self::Next(left) => {
                *left -= 1;
                true
            }
        }
    }
}

const NEVER: Times = Times::Next(0);

enum Outgoing {
    Payload(Value),
    End(Ending),
}

struct Session {
    id: String,
    /// Shard number and count.
    shard: (u64, u64),
    intents: u64,
    sequence: u64,
    unconfirmed: VecDeque<(u64, Value)>,
    line: Option<Line>,
}

#[derive(Clone)]
struct Line {
    number: u64,
    out: mpsc::UnboundedSender<Outgoing>,
}

/// What the gateway has seen and what it is told to do wrong.
pub struct GatewayRecord {
    sessions: Vec<Session>,
    lines: Vec<Line>,
    pub connects: u32,
    pub identifies: u32,
    pub resumes: u32,
    pub heartbeats: u32,
    pub closed_by_bot: Vec<u16>,
    pub last_identify: Option<Value>,
    pub last_presence: Option<Value>,
    deaf: bool,
    refuse: Times,
    end_early: (Times, Ending),
    reject_resumes: Times,
}

impl Default for GatewayRecord {
    fn default() -> Self {
        Self {
            sessions: Vec::new(),
            lines: Vec::new(),
            connects: 0,
            identifies: 0,
            resumes: 0,
            heartbeats: 0,
            closed_by_bot: Vec::new(),
            last_identify: None,
            last_presence: None,
            deaf: false,
            refuse: NEVER,
            end_early: (NEVER, Ending::Dropped),
            reject_resumes: NEVER,
        }
    }
}

impl GatewayRecord {
    pub fn is_connected(&self) -> bool {
        self.sessions.iter().any(|session| session.line.is_some())
    }

    pub fn has_session(&self) -> bool {
        !self.sessions.is_empty()
    }

    fn session_on(&mut self, line: u64) -> Option<&mut Session> {
        self.sessions.iter_mut().find(|session| session.line.as_ref().is_some_and(|held| held.number == line))
    }

    fn close_line(&mut self, number: u64) {
        self.lines.retain(|line| line.number != number);
        if let Some(session) = self.session_on(number) {
            session.line = None;
        }
    }
}

impl World {
    /// Sends an event to each session that asked for this intent (0: everybody gets it) and holds the guild's shard.
    /// A session that is away for the moment gets it when it resumes.
    pub fn dispatch(&mut self, intent: u64, guild: Option<Snowflake>, name: &str, data: &Value) {
        for session in &mut self.gateway.sessions {
            let (shard, shards) = session.shard;
            // Source of the formula: https://discord.com/developers/docs/events/gateway#sharding-sharding-formula
            let at_home = guild.map_or(shard == 0, |id| (id >> 22) % shards.max(1) == shard);
            if at_home && (intent == 0 || session.intents & intent != 0) {
                session.send_event(name, data.clone());
            }
        }
    }
}

impl Session {
    fn send_event(&mut self, name: &str, data: Value) {
        self.sequence += 1;
        let payload = json!({ "op": 0, "t": name, "s": self.sequence, "d": data });
        self.unconfirmed.push_back((self.sequence, payload.clone()));
        if let Some(line) = &self.line {
            // The line may have died a moment ago; then the event waits for the resume.
            let _ = line.out.send(Outgoing::Payload(payload));
        }
    }
}

/// What a story does to the connection.
pub struct GatewayControl<'a> {
    pub(super) shared: &'a Shared,
}

impl GatewayControl<'_> {
    fn end_all(&self, ending: Ending) {
        self.shared.change(|world| {
            for line in &world.gateway.lines {
                let _ = line.out.send(Outgoing::End(ending));
            }
        });
    }

    fn send_all(&self, payload: &Value) {
        self.shared.change(|world| {
            for line in &world.gateway.lines {
                let _ = line.out.send(Outgoing::Payload(payload.clone()));
            }
        });
    }

    /// Ends the present connections this way; whatever the code says, their sessions can be resumed.
    pub fn ends_connection(&self, ending: Ending) {
        self.end_all(ending);
    }

    /// Asks the bot to reconnect (opcode 7).
    pub fn asks_to_reconnect(&self) {
        self.send_all(&json!({ "op": 7, "d": null }));
    }

    /// Tells the bot that its session is invalid (opcode 9); unless resumable, it is forgotten too.
    pub fn invalidates_session(&self, resumable: bool) {
        self.send_all(&json!({ "op": 9, "d": resumable }));
        if !resumable {
            self.shared.change(|world| world.gateway.sessions.clear());
        }
    }

    /// Hears heartbeats no more, without closing: what a dead route looks like.
    pub fn becomes_a_zombie(&self) {
        self.shared.change(|world| world.gateway.deaf = true);
    }

    /// Undoes `becomes_a_zombie`.
    pub fn comes_back_to_life(&self) {
        self.shared.change(|world| world.gateway.deaf = false);
    }

    /// Accepts connections and ends them before HELLO. `Times::Next(0)` clears it.
    pub fn ends_before_hello(&self, times: Times, ending: Ending) {
        self.shared.change(|world| world.gateway.end_early = (times, ending));
    }

    /// Answers the upgrade with 503. `Times::Next(0)` clears it.
    pub fn refuses_connects(&self, times: Times) {
        self.shared.change(|world| world.gateway.refuse = times);
    }

    /// Answers RESUME with "invalid session, not resumable". `Times::Next(0)` clears it.
    pub fn rejects_resumes(&self, times: Times) {
        self.shared.change(|world| world.gateway.reject_resumes = times);
    }

    /// How often a websocket was opened or refused.
    pub fn connects(&self) -> u32 {
        self.shared.look(|world| world.gateway.connects)
    }

    /// How often the bot identified, rightly or wrongly.
    pub fn identifies(&self) -> u32 {
        self.shared.look(|world| world.gateway.identifies)
    }

    /// How often the bot resumed with success.
    pub fn resumes(&self) -> u32 {
        self.shared.look(|world| world.gateway.resumes)
    }

    /// How many heartbeats came.
    pub fn heartbeats(&self) -> u32 {
        self.shared.look(|world| world.gateway.heartbeats)
    }

    /// Whether a session is up.
    pub fn is_connected(&self) -> bool {
        self.shared.look(|world| world.gateway.is_connected())
    }

    /// The close codes the bot itself sent (1000 is a clean farewell).
    pub fn closed_by_bot(&self) -> Vec<u16> {
        self.shared.look(|world| world.gateway.closed_by_bot.clone())
    }

    /// The intents of the last IDENTIFY.
    pub fn intents(&self) -> Option<u64> {
        self.shared.look(|world| world.gateway.last_identify.as_ref()?["intents"].as_u64())
    }

    /// The client properties (`os`, `browser`, `device`) of the last IDENTIFY.
    pub fn properties(&self) -> Option<Value> {
        self.shared.look(|world| Some(world.gateway.last_identify.as_ref()?["properties"].clone()))
    }

    /// The last presence the bot set while connected.
    pub fn presence(&self) -> Option<Value> {
        self.shared.look(|world| world.gateway.last_presence.clone())
    }
}

/// Answers the upgrade, or refuses it.
pub(super) fn accept(shared: Arc<Shared>, upgrade: WebSocketUpgrade) -> Response {
    let refused = shared.change(|world| {
        world.gateway.connects += 1;
        world.gateway.refuse.strike()
    });
    if refused {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    upgrade.on_upgrade(move |socket| serve(shared, socket))
}

async fn serve(shared: Arc<Shared>, mut socket: WebSocket) {
    let early = shared.change(|world| {
        let (times, ending) = &mut world.gateway.end_early;
        times.strike().then_some(*ending)
    });
    if let Some(ending) = early {
        return end(socket, ending).await;
    }
    let (out, mut outgoing) = mpsc::unbounded_channel();
    let (line, interval) = shared.change(|world| {
        let line = Line { number: u64::from(world.gateway.connects), out };
        world.gateway.lines.push(line.clone());
        (line, world.settings.heartbeat_interval)
    });
    let interval_ms = u64::try_from(interval.as_millis()).unwrap_or(u64::MAX);
    let hello = json!({ "op": 10, "d": { "heartbeat_interval": interval_ms } });
    let _ = line.out.send(Outgoing::Payload(hello));
    let ending = loop {
        tokio::select! {
            next = outgoing.recv() => match next {
                Some(Outgoing::Payload(payload)) => {
                    if socket.send(Message::Text(payload.to_string().into())).await.is_err() {
                        break None;
                    }
                }
                Some(Outgoing::End(ending)) => break Some(ending),
                None => break None,
            },
            heard = socket.next() => match heard {
                Some(Ok(Message::Text(text))) => shared.change(|world| hear(world, &line, &text)),
                // The answer to a close frame goes out with the next read, so the loop goes on.
                Some(Ok(Message::Close(frame))) => shared.change(|world| farewell(world, &line, frame)),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => break None,
            },
        }
    };
    shared.change(|world| world.gateway.close_line(line.number));
    if let Some(ending) = ending {
        end(socket, ending).await;
    }
}

/// Closes with a frame and waits a moment for the other side, so that the frame arrives; or just drops.
async fn end(mut socket: WebSocket, ending: Ending) {
    let frame = match ending {
        Ending::Dropped => return,
        Ending::Closed(code) => Some(CloseFrame { code, reason: "".into() }),
        Ending::ClosedWithoutCode => None,
    };
    if socket.send(Message::Close(frame)).await.is_ok() {
        let drain = async { while let Some(Ok(_)) = socket.next().await {} };
        let _ = tokio::time::timeout(Duration::from_secs(1), drain).await;
    }
}

/// The bot says good-bye. With 1000 or 1001 its session is over, with anything else it can be resumed.
fn farewell(world: &mut World, line: &Line, frame: Option<CloseFrame>) {
    let code = frame.map_or(1005, |frame| frame.code);
    world.gateway.closed_by_bot.push(code);
    if matches!(code, 1000 | 1001) {
        world.gateway.sessions.retain(|session| session.line.as_ref().is_none_or(|held| held.number != line.number));
    }
}

fn hear(world: &mut World, line: &Line, text: &str) {
    let close = |code| {
        let _ = line.out.send(Outgoing::End(Ending::Closed(code)));
    };
    let Ok(payload) = serde_json::from_str::<Value>(text) else {
        world.violate("gateway", "a message that is not JSON");
        return close(4002);
    };
    match payload["op"].as_u64() {
        Some(1) => heartbeat(world, line, &payload["d"]),
        Some(2) => match identify(world, line, &payload["d"]) {
            Ok(()) => {}
            Err(code) => close(code),
        },
        Some(6) => resume(world, line, &payload["d"]),
        Some(3) => world.gateway.last_presence = Some(payload["d"].clone()),
        Some(4 | 8 | 31 | 43) => world.violate("gateway", format!("opcode {} is not pretended here", payload["op"])),
        _ => {
            world.violate("gateway", format!("unknown opcode {}", payload["op"]));
            close(4001);
        }
    }
}

fn heartbeat(world: &mut World, line: &Line, seen: &Value) {
    world.gateway.heartbeats += 1;
    if world.gateway.deaf {
        return;
    }
    if let (Some(session), Some(seen)) = (world.gateway.session_on(line.number), seen.as_u64()) {
        session.unconfirmed.retain(|(sequence, _)| *sequence > seen);
    }
    let _ = line.out.send(Outgoing::Payload(json!({ "op": 11 })));
}

/// Starts a session, or tells the close code that refuses it.
fn identify(world: &mut World, line: &Line, data: &Value) -> Result<(), u16> {
    world.gateway.identifies += 1;
    world.gateway.last_identify = Some(without_token(data));
    if data["token"].as_str().map(|token| token.trim_start_matches("Bot ")) != Some(world.token.as_str()) {
        return Err(4004);
    }
    if world.gateway.session_on(line.number).is_some() {
        return Err(4005);
    }
    let intents = data["intents"].as_u64().unwrap_or(u64::MAX);
    if intents & !KNOWN_INTENTS != 0 {
        return Err(4013);
    }
    if intents & PRIVILEGED_INTENTS & !world.settings.privileged_intents != 0 {
        return Err(4014);
    }
    let shard = (data["shard"][0].as_u64().unwrap_or(0), data["shard"][1].as_u64().unwrap_or(1));
    if shard.0 >= shard.1 {
        return Err(4010);
    }
    world.gateway.sessions.retain(|old| old.line.is_some() || old.shard != shard);
    let id = format!("{:032x}", world.new_id());
    let mut session =
        Session { id, shard, intents, sequence: 0, unconfirmed: VecDeque::new(), line: Some(line.clone()) };
    let visible: Vec<_> = world
        .guilds
        .values()
        .filter(|guild| guild.bot != Presence::Gone && (guild.id >> 22) % shard.1 == shard.0)
        .collect();
    session.send_event(
        "READY",
        json!({
            "v": 10,
            "user": world.user_json(BOT),
            "guilds": visible.iter().map(|guild| json!({ "id": guild.id.to_string(), "unavailable": true })).collect::<Vec<_>>(),
            "session_id": session.id,
            "resume_gateway_url": format!("ws://{}/ws", world.address),
            "shard": [shard.0, shard.1],
            "application": { "id": BOT.to_string(), "flags": 0 },
        }),
    );
    if intents & GUILDS != 0 {
        for guild in visible.iter().filter(|guild| guild.bot == Presence::Here) {
            session.send_event("GUILD_CREATE", world.guild_create_json(guild));
        }
    }
    world.gateway.sessions.push(session);
    Ok(())
}

fn without_token(identify: &Value) -> Value {
    let mut kept = identify.clone();
    if let Some(map) = kept.as_object_mut() {
        map.remove("token");
    }
    kept
}

fn resume(world: &mut World, line: &Line, data: &Value) {
    let right_token = data["token"].as_str().map(|token| token.trim_start_matches("Bot ")) == Some(&world.token);
    if !right_token {
        let _ = line.out.send(Outgoing::End(Ending::Closed(4004)));
        return;
    }
    let rejected = world.gateway.reject_resumes.strike();
    let known = world.gateway.sessions.iter().position(|session| data["session_id"] == session.id.as_str());
    let seen = data["seq"].as_u64().unwrap_or(0);
    let Some(at) = known.filter(|_| !rejected) else {
        if let Some(at) = known {
            world.gateway.sessions.remove(at);
        }
        let _ = line.out.send(Outgoing::Payload(json!({ "op": 9, "d": false })));
        return;
    };
    world.gateway.resumes += 1;
    let session = &mut world.gateway.sessions[at];
    session.line = Some(line.clone());
    for (_, payload) in session.unconfirmed.iter().filter(|(sequence, _)| *sequence > seen) {
        let _ = line.out.send(Outgoing::Payload(payload.clone()));
    }
    session.send_event("RESUMED", json!({ "_trace": [] }));
    // A later resume replays what was missed, not the news of this one.
    session.unconfirmed.pop_back();
}

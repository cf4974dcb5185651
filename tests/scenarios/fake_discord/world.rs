//! What the pretend Discord knows: people, guilds, channels, messages, interactions, commands, and the time.
//! Shapes follow the public API, version 10 (https://discord.com/developers/docs).
//!
//! No sockets, no routes and no rules about what a bot may send.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use tokio::sync::watch;

use super::faults::RestFault;
use super::gateway::GatewayRecord;
use super::rest::RequestRecord;

/// A Discord id.
pub type Snowflake = u64;

/// The bot's user id, which is its application id too, as on Discord for applications made since 2016.
pub const BOT: Snowflake = 1_000_000_000_000_000_042;
/// The person who owns the application and the guilds.
pub const OWNER: Snowflake = 1_000_000_000_000_000_007;

/// 2015-01-01T00:00:00Z in milliseconds, the zero of Discord's ids.
const DISCORD_EPOCH_MS: u64 = 1_420_070_400_000;

/// The permission bits that stories speak of (`1 << n` as in Discord's documentation).
pub mod permission {
    pub const ADMINISTRATOR: u64 = 1 << 3;
    pub const MANAGE_GUILD: u64 = 1 << 5;
    pub const VIEW_CHANNEL: u64 = 1 << 10;
    pub const SEND_MESSAGES: u64 = 1 << 11;
    pub const MANAGE_MESSAGES: u64 = 1 << 13;
    pub const EMBED_LINKS: u64 = 1 << 14;
    pub const ATTACH_FILES: u64 = 1 << 15;
    pub const READ_MESSAGE_HISTORY: u64 = 1 << 16;
    pub const MENTION_EVERYONE: u64 = 1 << 17;
    pub const USE_APPLICATION_COMMANDS: u64 = 1 << 31;
    /// Everything a member holds who holds all.
    pub const ALL: u64 = (1 << 51) - 1;
    /// What @everyone may do in a fresh guild, as far as it matters here.
    pub const EVERYONE: u64 = VIEW_CHANNEL
        | SEND_MESSAGES
        | EMBED_LINKS
        | ATTACH_FILES
        | READ_MESSAGE_HISTORY
        | USE_APPLICATION_COMMANDS
        | 1 << 6;
}

/// Whether a JSON value is this id.
pub fn is_id(value: &Value, id: Snowflake) -> bool {
    value.as_str().and_then(|text| text.parse().ok()) == Some(id)
}

/// Something the bot did that Discord forbids or that no story expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Method and path, or the gateway's opcode.
    pub at: String,
    /// What is wrong, with the path inside the body where there is one.
    pub what: String,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.at, self.what)
    }
}

/// What a story may turn while the bot runs.
pub struct Settings {
    pub heartbeat_interval: Duration,
    pub first_answer_within: Duration,
    /// Privileged intents that the application was granted in the portal.
    pub privileged_intents: u64,
    /// How long a story waits for anything before it gives up.
    pub patience: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            heartbeat_interval: Duration::from_millis(41_250),
            first_answer_within: Duration::from_secs(3),
            privileged_intents: 0,
            patience: Duration::from_secs(20),
        }
    }
}

pub struct Person {
    pub name: String,
    pub is_bot: bool,
    pub takes_dms: bool,
}

#[derive(Clone)]
pub struct RoleRecord {
    pub id: Snowflake,
    pub name: String,
    pub permissions: u64,
    pub managed: bool,
    pub mentionable: bool,
}

#[derive(Clone, Default)]
pub struct MemberRecord {
    pub roles: Vec<Snowflake>,
}

/// Whether the bot can see a guild.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Here,
    Unavailable,
    Gone,
}

pub struct GuildRecord {
    pub id: Snowflake,
    pub name: String,
    pub roles: Vec<RoleRecord>,
    pub members: BTreeMap<Snowflake, MemberRecord>,
    pub bot: Presence,
}

pub struct Overwrite {
    /// A role or a person.
    pub id: Snowflake,
    pub of_role: bool,
    pub allow: u64,
    pub deny: u64,
}

pub struct ChannelRecord {
    pub id: Snowflake,
    pub name: String,
    /// `None` for a direct message.
    pub guild: Option<Snowflake>,
    pub recipient: Option<Snowflake>,
    /// The channel that a thread belongs to.
    pub parent: Option<Snowflake>,
    pub overwrites: Vec<Overwrite>,
}

pub struct MessageRecord {
    /// The message as the bot reads it back.
    pub json: Value,
    pub ephemeral_to: Option<Snowflake>,
    pub edits: u32,
    pub files: Vec<(String, Vec<u8>)>,
    pub allowed_mentions: Option<Value>,
    pub deleted: bool,
}

/// One suggestion of an autocomplete.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// What the person reads.
    pub name: String,
    /// What is sent when picked.
    pub value: Value,
}

/// What an interaction came from (the numbers are Discord's interaction types).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Command = 2,
    Component = 3,
    Autocomplete = 4,
    Modal = 5,
}

/// The first answer: its callback type and the real time it took.
#[derive(Clone, Copy)]
pub struct FirstAnswer {
    pub kind: u64,
    pub took: Duration,
}

pub struct InteractionRecord {
    pub id: Snowflake,
    pub token: String,
    pub kind: Kind,
    pub who: Snowflake,
    pub channel: Snowflake,
    pub guild: Option<Snowflake>,
    /// `interaction_metadata` of the messages it brings forth.
    pub metadata: Value,
    pub message_kind: u64,
    pub dispatched: Instant,
    pub created_ms: u64,
    pub source: Option<Snowflake>,
    pub first: Option<FirstAnswer>,
    pub gave_up: bool,
    pub original: Option<Snowflake>,
    /// After an acknowledgement without content: whether anything followed.
    pub acted: bool,
    pub followups: Vec<Snowflake>,
    pub choices: Vec<Choice>,
    pub modal: Option<Value>,
}

/// Everything, behind one lock.
pub struct World {
    pub token: String,
    pub address: String,
    pub settings: Settings,
    started: SystemTime,
    moved: Duration,
    last_id: Snowflake,
    pub people: BTreeMap<Snowflake, Person>,
    pub guilds: BTreeMap<Snowflake, GuildRecord>,
    pub channels: BTreeMap<Snowflake, ChannelRecord>,
    pub messages: BTreeMap<Snowflake, MessageRecord>,
    pub interactions: BTreeMap<Snowflake, InteractionRecord>,
    pub commands: Vec<Value>,
    pub registrations: u32,
    pub gateway: GatewayRecord,
    pub rest_faults: Vec<RestFault>,
    pub requests: Vec<RequestRecord>,
    pub violations: Vec<Violation>,
}

impl World {
    pub fn new(token: String) -> Self {
        let person = |name: &str, is_bot| Person { name: name.into(), is_bot, takes_dms: true };
        Self {
            token,
            address: String::new(),
            settings: Settings::default(),
            started: SystemTime::now(),
            moved: Duration::ZERO,
            last_id: 0,
            people: BTreeMap::from([(BOT, person("RustOps", true)), (OWNER, person("Olga", false))]),
            guilds: BTreeMap::new(),
            channels: BTreeMap::new(),
            messages: BTreeMap::new(),
            interactions: BTreeMap::new(),
            commands: Vec::new(),
            registrations: 0,
            gateway: GatewayRecord::default(),
            rest_faults: Vec::new(),
            requests: Vec::new(),
            violations: Vec::new(),
        }
    }

    /// Milliseconds since 1970 on this Discord's clock, which stories may move forward.
    pub fn now_ms(&self) -> u64 {
        let real = SystemTime::now().duration_since(self.started).unwrap_or_default();
        let start = self.started.duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from((start + real + self.moved).as_millis()).expect("a time this side of the year 500000000")
    }

    pub fn advance(&mut self, by: Duration) {
        self.moved += by;
    }

    /// A new id, larger than all before it.
    pub fn new_id(&mut self) -> Snowflake {
        let by_time = (self.now_ms() - DISCORD_EPOCH_MS) << 22;
        self.last_id = by_time.max(self.last_id + 1);
        self.last_id
    }

    pub fn timestamp(&self) -> String {
        let now = i64::try_from(self.now_ms()).expect("milliseconds of this age fit");
        jiff::Timestamp::from_millisecond(now).expect("a time this side of the year 9999").to_string()
    }

    pub fn violate(&mut self, at: impl Into<String>, what: impl Into<String>) {
        self.violations.push(Violation { at: at.into(), what: what.into() });
    }

    pub fn name_of(&self, person: Snowflake) -> String {
        self.people.get(&person).map_or_else(|| format!("<@{person}>"), |known| known.name.clone())
    }

    pub fn add_person(&mut self, name: &str) -> Snowflake {
        let known = self.people.iter().find(|(_, person)| person.name == name).map(|(id, _)| *id);
        known.unwrap_or_else(|| {
            let id = self.new_id();
            self.people.insert(id, Person { name: name.into(), is_bot: false, takes_dms: true });
            id
        })
    }

    pub fn dm_with(&mut self, person: Snowflake) -> Snowflake {
        let known = self.channels.values().find(|channel| channel.recipient == Some(person)).map(|channel| channel.id);
        known.unwrap_or_else(|| {
            let id = self.new_id();
            let name = self.name_of(person);
            let dm =
                ChannelRecord { id, name, guild: None, recipient: Some(person), parent: None, overwrites: Vec::new() };
            self.channels.insert(id, dm);
            id
        })
    }

    /// What a person may do in a channel, computed as Discord documents it
    /// (https://discord.com/developers/docs/topics/permissions#permission-overwrites).
    pub fn permissions_in(&self, person: Snowflake, channel: Snowflake) -> u64 {
        let Some(channel) = self.channels.get(&channel) else { return 0 };
        let Some(guild) = channel.guild.and_then(|id| self.guilds.get(&id)) else { return permission::EVERYONE };
        let base = guild.permissions_of(person);
        if base == permission::ALL {
            return base;
        }
        let roles = guild.members.get(&person).map(|member| member.roles.clone()).unwrap_or_default();
        let apply = |held: u64, these: Vec<&Overwrite>| {
            let deny = these.iter().fold(0, |all, one| all | one.deny);
            let allow = these.iter().fold(0, |all, one| all | one.allow);
            (held & !deny) | allow
        };
        let of = |wanted: &dyn Fn(&Overwrite) -> bool| channel.overwrites.iter().filter(|one| wanted(one)).collect();
        let held = apply(base, of(&|one| one.id == guild.id));
        let held = apply(held, of(&|one| one.of_role && roles.contains(&one.id)));
        let held = apply(held, of(&|one| !one.of_role && one.id == person));
        if held & permission::VIEW_CHANNEL == 0 { 0 } else { held }
    }

    pub fn user_json(&self, person: Snowflake) -> Value {
        let name = self.name_of(person);
        json!({
            "id": person.to_string(),
            "username": name.to_lowercase(),
            "global_name": name,
            "discriminator": "0",
            "avatar": null,
            "bot": self.people.get(&person).is_some_and(|known| known.is_bot),
            "public_flags": 0,
        })
    }

    pub fn member_json(&self, guild: Snowflake, person: Snowflake) -> Option<Value> {
        let member = self.guilds.get(&guild)?.members.get(&person)?;
        Some(json!({
            "user": self.user_json(person),
            "nick": null,
            "avatar": null,
            "roles": member.roles.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "joined_at": "2024-01-01T00:00:00+00:00",
            "premium_since": null,
            "deaf": false,
            "mute": false,
            "flags": 0,
            "pending": false,
            "communication_disabled_until": null,
        }))
    }

    pub fn channel_json(&self, channel: &ChannelRecord) -> Value {
        let overwrites = channel.overwrites.iter().map(|one| {
            json!({
                "id": one.id.to_string(),
                "type": u8::from(!one.of_role),
                "allow": one.allow.to_string(),
                "deny": one.deny.to_string(),
            })
        });
        match (channel.guild, channel.recipient) {
            (Some(guild), _) if channel.parent.is_some() => json!({
                "id": channel.id.to_string(),
                "type": 11,
                "guild_id": guild.to_string(),
                "name": channel.name,
                "parent_id": channel.parent.map(|parent| parent.to_string()),
                "owner_id": OWNER.to_string(),
                "thread_metadata": {
                    "archived": false,
                    "auto_archive_duration": 4320,
                    "archive_timestamp": "2026-06-13T20:00:00+00:00",
                    "locked": false,
                },
                "last_message_id": null,
                "rate_limit_per_user": 0,
                "message_count": 0,
                "member_count": 1,
                "flags": 0,
            }),
            (Some(guild), _) => json!({
                "id": channel.id.to_string(),
                "type": 0,
                "guild_id": guild.to_string(),
                "name": channel.name,
                "position": 0,
                "permission_overwrites": overwrites.collect::<Vec<_>>(),
                "nsfw": false,
                "topic": null,
                "parent_id": null,
                "last_message_id": null,
                "rate_limit_per_user": 0,
                "flags": 0,
            }),
            (None, recipient) => json!({
                "id": channel.id.to_string(),
                "type": 1,
                "last_message_id": null,
                "flags": 0,
                "recipients": recipient.map(|person| self.user_json(person)).into_iter().collect::<Vec<_>>(),
            }),
        }
    }

    pub fn channels_json(&self, guild: Snowflake) -> Vec<Value> {
        let of_guild = self.channels.values().filter(|one| one.guild == Some(guild) && one.parent.is_none());
        of_guild.map(|channel| self.channel_json(channel)).collect()
    }

    /// The guild as `GET /guilds/{id}` gives it.
    pub fn guild_json(&self, guild: &GuildRecord) -> Value {
        json!({
            "id": guild.id.to_string(),
            "name": guild.name,
            "icon": null,
            "splash": null,
            "discovery_splash": null,
            "owner_id": OWNER.to_string(),
            "afk_channel_id": null,
            "afk_timeout": 300,
            "verification_level": 0,
            "default_message_notifications": 0,
            "explicit_content_filter": 0,
            "roles": guild.roles.iter().enumerate().map(|(at, role)| role_json(role, at)).collect::<Vec<_>>(),
            "emojis": [],
            "features": [],
            "mfa_level": 0,
            "application_id": null,
            "system_channel_id": null,
            "system_channel_flags": 0,
            "rules_channel_id": null,
            "vanity_url_code": null,
            "description": null,
            "banner": null,
            "premium_tier": 0,
            "preferred_locale": "en-US",
            "public_updates_channel_id": null,
            "nsfw_level": 0,
            "stickers": [],
            "premium_progress_bar_enabled": false,
            "safety_alerts_channel_id": null,
        })
    }

    /// The guild as GUILD_CREATE gives it to a bot without the members intent: of the members, only the bot.
    pub fn guild_create_json(&self, guild: &GuildRecord) -> Value {
        let mut json = self.guild_json(guild);
        json["joined_at"] = json!("2024-01-01T00:00:00+00:00");
        json["large"] = json!(false);
        json["unavailable"] = json!(false);
        json["member_count"] = json!(guild.members.len());
        json["members"] = json!(self.member_json(guild.id, BOT).into_iter().collect::<Vec<_>>());
        json["channels"] = json!(self.channels_json(guild.id));
        for empty in ["voice_states", "threads", "presences", "stage_instances", "guild_scheduled_events"] {
            json[empty] = json!([]);
        }
        json
    }

    /// A registered command by name and kind (1 slash, 2 user, 3 message); a guild's own goes before a global one.
    pub fn command(&self, guild: Option<Snowflake>, name: &str, kind: u64) -> Option<&Value> {
        let guild = guild.map(|id| id.to_string());
        let mut named: Vec<_> =
            self.commands.iter().filter(|one| one["name"] == name && one["type"].as_u64() == Some(kind)).collect();
        named.sort_by_key(|one| one["guild_id"].is_null());
        named.into_iter().find(|one| one["guild_id"].is_null() || one["guild_id"].as_str() == guild.as_deref())
    }

    /// A message that can still be seen.
    pub fn message(&self, id: Snowflake) -> Option<&MessageRecord> {
        self.messages.get(&id).filter(|message| !message.deleted)
    }
}

impl GuildRecord {
    pub fn role(&self, name: &str) -> Option<&RoleRecord> {
        self.roles.iter().find(|role| role.name == name)
    }

    pub fn permissions_of(&self, person: Snowflake) -> u64 {
        if person == OWNER {
            return permission::ALL;
        }
        let Some(member) = self.members.get(&person) else { return 0 };
        let held = self.roles.iter().filter(|role| role.id == self.id || member.roles.contains(&role.id));
        let held = held.fold(0, |all, role| all | role.permissions);
        if held & permission::ADMINISTRATOR == 0 { held } else { permission::ALL }
    }
}

pub fn role_json(role: &RoleRecord, position: usize) -> Value {
    json!({
        "id": role.id.to_string(),
        "name": role.name,
        "permissions": role.permissions.to_string(),
        "color": 0,
        "colors": { "primary_color": 0, "secondary_color": null, "tertiary_color": null },
        "hoist": false,
        "icon": null,
        "unicode_emoji": null,
        "managed": role.managed,
        "mentionable": role.mentionable,
        "position": position,
        "flags": 0,
    })
}

/// The world, its lock, and a bell that rings at each change.
pub struct Shared {
    world: Mutex<World>,
    changes: watch::Sender<u64>,
}

impl Shared {
    pub fn new(world: World) -> Self {
        Self { world: Mutex::new(world), changes: watch::Sender::new(0) }
    }

    /// A story that failed while it looked must not hide its own message behind a poisoned lock.
    fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn look<T>(&self, at: impl FnOnce(&World) -> T) -> T {
        at(&self.lock())
    }

    pub fn change<T>(&self, how: impl FnOnce(&mut World) -> T) -> T {
        let out = how(&mut self.lock());
        self.changes.send_modify(|count| *count += 1);
        out
    }

    /// A bell for those who look by themselves.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// The first `Some`, looked for after each change; `None` once the time is up.
    pub async fn until<T>(&self, at_most: Duration, mut look: impl FnMut(&World) -> Option<T>) -> Option<T> {
        let mut changes = self.changes.subscribe();
        let search = async {
            loop {
                changes.mark_unchanged();
                if let Some(found) = self.look(&mut look) {
                    return found;
                }
                if changes.changed().await.is_err() {
                    return std::future::pending().await;
                }
            }
        };
        tokio::time::timeout(at_most, search).await.ok()
    }
}

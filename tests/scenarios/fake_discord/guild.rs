//! Guilds and channels: who is in them, what the bot may do there, and what becomes of them.
//!
//! People act in `user`; nothing is typed or pressed here.

use std::sync::Arc;

use serde_json::json;

use super::gateway::{GUILD_MESSAGES, GUILDS};
use super::reading::{OnScreen, SeenMessage};
use super::user::Member;
use super::world::{
    BOT, ChannelRecord, GuildRecord, MemberRecord, OWNER, Overwrite, Presence, RoleRecord, Shared, Snowflake, World,
    is_id, permission, role_json,
};

/// A guild.
#[derive(Clone)]
pub struct Guild {
    shared: Arc<Shared>,
    id: Snowflake,
}

impl Guild {
    /// The guild of this name; made, with #general and the bot in it, if there is none.
    pub(super) fn named(shared: &Arc<Shared>, name: &str) -> Self {
        let id = shared.change(|world| {
            let known = world.guilds.values().find(|guild| guild.name == name).map(|guild| guild.id);
            known.unwrap_or_else(|| found(world, name))
        });
        Self { shared: Arc::clone(shared), id }
    }

    /// The id.
    pub fn id(&self) -> Snowflake {
        self.id
    }

    /// The member of this name, who joins if unknown. They act in #general until told otherwise.
    pub fn member(&self, name: &str) -> Member {
        let (id, channel) = self.shared.change(|world| {
            let id = world.add_person(name);
            let guild = world.guilds.get_mut(&self.id).expect("guilds stay known");
            guild.members.entry(id).or_default();
            (id, channel_named(world, self.id, "general", None))
        });
        Member { shared: Arc::clone(&self.shared), guild: Some(self.id), id, channel }
    }

    /// The channel of this name, made if unknown.
    pub fn channel(&self, name: &str) -> Channel {
        let id = self.shared.change(|world| channel_named(world, self.id, name, None));
        Channel { shared: Arc::clone(&self.shared), id }
    }

    /// The thread of this name in a channel, made if unknown.
    pub fn thread(&self, name: &str, of: &Channel) -> Channel {
        let id = self.shared.change(|world| channel_named(world, self.id, name, Some(of.id)));
        Channel { shared: Arc::clone(&self.shared), id }
    }

    /// The id of the role of this name, made (without permissions, not mentionable by all) if unknown.
    pub fn role(&self, name: &str) -> Snowflake {
        self.shared.change(|world| role_named(world, self.id, name, 0))
    }

    /// Sets what the bot's own role grants, see `permission`.
    pub fn lets_bot(&self, permissions: u64) {
        self.shared.change(|world| {
            let guild = world.guilds.get_mut(&self.id).expect("guilds stay known");
            let role = guild.roles.iter_mut().find(|role| role.managed).expect("the bot has a role");
            role.permissions = permissions;
            let json = json!({ "guild_id": self.id.to_string(), "role": role_json(role, 1) });
            world.dispatch(GUILDS, Some(self.id), "GUILD_ROLE_UPDATE", &json);
        });
    }

    /// Sets what everybody may do.
    pub fn lets_everyone(&self, permissions: u64) {
        self.shared.change(|world| {
            let guild = world.guilds.get_mut(&self.id).expect("guilds stay known");
            let role = guild.roles.iter_mut().find(|role| role.id == self.id).expect("@everyone is there");
            role.permissions = permissions;
            let json = json!({ "guild_id": self.id.to_string(), "role": role_json(role, 0) });
            world.dispatch(GUILDS, Some(self.id), "GUILD_ROLE_UPDATE", &json);
        });
    }

    /// Kicks the bot out.
    pub fn removes_bot(&self) {
        self.set_presence(Presence::Gone);
    }

    /// Lets the bot in again.
    pub fn invites_bot(&self) {
        self.set_presence(Presence::Here);
    }

    /// An outage at Discord: the guild is gone for a while, the bot is still a member.
    pub fn becomes_unavailable(&self) {
        self.set_presence(Presence::Unavailable);
    }

    /// The end of the outage.
    pub fn becomes_available(&self) {
        self.set_presence(Presence::Here);
    }

    fn set_presence(&self, presence: Presence) {
        self.shared.change(|world| {
            let guild = world.guilds.get_mut(&self.id).expect("guilds stay known");
            guild.bot = presence;
            if presence == Presence::Gone {
                guild.members.remove(&BOT);
            } else {
                let role = guild.roles.iter().find(|role| role.managed).map(|role| role.id);
                guild.members.insert(BOT, MemberRecord { roles: role.into_iter().collect() });
            }
            announce(world, self.id);
        });
    }
}

/// Founds a guild; the bot is in it from the start.
fn found(world: &mut World, name: &str) -> Snowflake {
    let id = world.new_id();
    let role = |id, name: &str, permissions, managed| RoleRecord {
        id,
        name: name.into(),
        permissions,
        managed,
        mentionable: false,
    };
    let bot_role = world.new_id();
    let guild = GuildRecord {
        id,
        name: name.into(),
        roles: vec![
            role(id, "@everyone", permission::EVERYONE, false),
            role(bot_role, "RustOps", permission::EVERYONE, true),
        ],
        members: [(BOT, MemberRecord { roles: vec![bot_role] }), (OWNER, MemberRecord::default())].into(),
        bot: Presence::Here,
    };
    world.guilds.insert(id, guild);
    let general = ChannelRecord {
        id: world.new_id(),
        name: "general".into(),
        guild: Some(id),
        recipient: None,
        parent: None,
        overwrites: Vec::new(),
    };
    world.channels.insert(general.id, general);
    announce(world, id);
    id
}

/// Tells the bot what became of a guild.
fn announce(world: &mut World, guild: Snowflake) {
    let record = &world.guilds[&guild];
    let (name, json) = match record.bot {
        Presence::Here => ("GUILD_CREATE", world.guild_create_json(record)),
        Presence::Unavailable => ("GUILD_DELETE", json!({ "id": guild.to_string(), "unavailable": true })),
        Presence::Gone => ("GUILD_DELETE", json!({ "id": guild.to_string() })),
    };
    world.dispatch(GUILDS, Some(guild), name, &json);
}

fn channel_named(world: &mut World, guild: Snowflake, name: &str, parent: Option<Snowflake>) -> Snowflake {
    let mut channels = world.channels.values();
    let known = channels.find(|channel| channel.guild == Some(guild) && channel.name == name).map(|channel| channel.id);
    known.unwrap_or_else(|| {
        let id = world.new_id();
        let record = ChannelRecord {
            id,
            name: name.into(),
            guild: Some(guild),
            recipient: None,
            parent,
            overwrites: Vec::new(),
        };
        let json = world.channel_json(&record);
        world.channels.insert(id, record);
        let event = if parent.is_some() { "THREAD_CREATE" } else { "CHANNEL_CREATE" };
        world.dispatch(GUILDS, Some(guild), event, &json);
        id
    })
}

pub(super) fn role_named(world: &mut World, guild: Snowflake, name: &str, permissions: u64) -> Snowflake {
    let id = world.new_id();
    let record = world.guilds.get_mut(&guild).expect("guilds stay known");
    if let Some(role) = record.role(name) {
        return role.id;
    }
    let role = RoleRecord { id, name: name.into(), permissions, managed: false, mentionable: false };
    let json = json!({ "guild_id": guild.to_string(), "role": role_json(&role, record.roles.len()) });
    record.roles.push(role);
    world.dispatch(GUILDS, Some(guild), "GUILD_ROLE_CREATE", &json);
    id
}

/// A channel of a guild, or somebody's direct messages with the bot.
#[derive(Clone)]
pub struct Channel {
    pub(super) shared: Arc<Shared>,
    pub(super) id: Snowflake,
}

impl Channel {
    /// The id.
    pub fn id(&self) -> Snowflake {
        self.id
    }

    /// The messages that everybody in the channel sees, oldest first.
    pub fn messages(&self) -> Vec<SeenMessage> {
        let ids: Vec<_> = self.shared.look(|world| {
            let here = world.messages.iter().filter(|(_, message)| {
                !message.deleted && message.ephemeral_to.is_none() && is_id(&message.json["channel_id"], self.id)
            });
            here.map(|(id, _)| *id).collect()
        });
        ids.into_iter().filter_map(|id| SeenMessage::look(&self.shared, id)).collect()
    }

    /// Takes these permissions from the bot in this channel.
    pub fn denies_bot(&self, permissions: u64) {
        self.overwrite_bot(0, permissions);
    }

    /// Gives these permissions to the bot in this channel, whatever its role says.
    pub fn lets_bot(&self, permissions: u64) {
        self.overwrite_bot(permissions, 0);
    }

    fn overwrite_bot(&self, allow: u64, deny: u64) {
        self.shared.change(|world| {
            let channel = world.channels.get_mut(&self.id).expect("the channel was deleted");
            channel.overwrites.retain(|one| one.id != BOT);
            channel.overwrites.push(Overwrite { id: BOT, of_role: false, allow, deny });
            let guild = channel.guild;
            let json = world.channel_json(&world.channels[&self.id]);
            world.dispatch(GUILDS, guild, "CHANNEL_UPDATE", &json);
        });
    }

    /// Somebody with the right to do so deletes a message.
    pub fn loses(&self, message: &impl OnScreen) {
        let id = message.message_id();
        self.shared.change(|world| {
            world.messages.get_mut(&id).expect("messages stay known").deleted = true;
            let guild = world.channels.get(&self.id).and_then(|channel| channel.guild);
            let json = json!({
                "id": id.to_string(),
                "channel_id": self.id.to_string(),
                "guild_id": guild.map(|id| id.to_string()),
            });
            world.dispatch(GUILD_MESSAGES, guild, "MESSAGE_DELETE", &json);
        });
    }

    /// Somebody deletes the channel.
    pub fn is_deleted(&self) {
        self.shared.change(|world| {
            if let Some(channel) = world.channels.remove(&self.id) {
                let json = world.channel_json(&channel);
                world.dispatch(GUILDS, channel.guild, "CHANNEL_DELETE", &json);
            }
        });
    }
}

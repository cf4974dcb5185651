//! The people's side: guilds, channels, members who type commands and press buttons, and the replies they read.
//!
//! It reads like a story and knows no routes and no sockets. A story that asks for what a person cannot do (press a
//! button that is not there) panics and says what was on the screen.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::command_line::{compose, partial_member};
use super::gateway::{GUILD_MESSAGES, GUILDS};
use super::interactions::{Deed, dispatch};
use super::reading::{OnScreen, SeenMessage, components, is_called, render_modal};
use super::rest::blank_message;
use super::rules::LOADING;
use super::world::{
    BOT, ChannelRecord, Choice, GuildRecord, InteractionRecord, Kind, MemberRecord, MessageRecord, OWNER, Overwrite,
    Presence, RoleRecord, Shared, Snowflake, World, is_id, permission, role_json,
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
            (id, channel_named(world, self.id, "general"))
        });
        Member { shared: Arc::clone(&self.shared), guild: Some(self.id), id, channel }
    }

    /// The channel of this name, made if unknown.
    pub fn channel(&self, name: &str) -> Channel {
        let id = self.shared.change(|world| channel_named(world, self.id, name));
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

fn channel_named(world: &mut World, guild: Snowflake, name: &str) -> Snowflake {
    let mut channels = world.channels.values();
    let known = channels.find(|channel| channel.guild == Some(guild) && channel.name == name).map(|channel| channel.id);
    known.unwrap_or_else(|| {
        let id = world.new_id();
        let record =
            ChannelRecord { id, name: name.into(), guild: Some(guild), recipient: None, overwrites: Vec::new() };
        let json = world.channel_json(&record);
        world.channels.insert(id, record);
        world.dispatch(GUILDS, Some(guild), "CHANNEL_CREATE", &json);
        id
    })
}

fn role_named(world: &mut World, guild: Snowflake, name: &str, permissions: u64) -> Snowflake {
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
    shared: Arc<Shared>,
    id: Snowflake,
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

/// A person, acting in one channel.
#[derive(Clone)]
pub struct Member {
    shared: Arc<Shared>,
    /// `None` in direct messages.
    guild: Option<Snowflake>,
    id: Snowflake,
    channel: Snowflake,
}

impl Member {
    /// The id.
    pub fn id(&self) -> Snowflake {
        self.id
    }

    fn name(&self) -> String {
        self.shared.look(|world| world.name_of(self.id))
    }

    /// Gives them this role.
    pub fn with_role(self, name: &str) -> Self {
        self.given(name, 0)
    }

    /// Gives them Manage Server.
    pub fn manager(self) -> Self {
        self.given("Managers", permission::MANAGE_GUILD)
    }

    /// Takes all roles from them: what is left is what everyone may do.
    pub fn without_rights(self) -> Self {
        self.change_member(|member| member.roles.clear());
        self
    }

    fn given(self, role: &str, permissions: u64) -> Self {
        let guild = self.guild.expect("roles are for members of a guild");
        let role = self.shared.change(|world| role_named(world, guild, role, permissions));
        self.change_member(|member| {
            if !member.roles.contains(&role) {
                member.roles.push(role);
            }
        });
        self
    }

    fn change_member(&self, how: impl FnOnce(&mut MemberRecord)) {
        let guild = self.guild.expect("roles are for members of a guild");
        self.shared.change(|world| {
            let guild = world.guilds.get_mut(&guild).expect("guilds stay known");
            how(guild.members.get_mut(&self.id).expect("members stay known"));
        });
    }

    /// The same person, acting in this channel.
    pub fn in_channel(&self, channel: &Channel) -> Self {
        Self { channel: channel.id, ..self.clone() }
    }

    /// The same person, in their direct messages with the bot.
    pub fn in_private(&self) -> Self {
        let channel = self.shared.change(|world| world.dm_with(self.id));
        Self { guild: None, channel, ..self.clone() }
    }

    /// Closes their direct messages: the bot gets 50007.
    pub fn refuses_dms(&self) {
        self.shared.change(|world| world.people.get_mut(&self.id).expect("people stay known").takes_dms = false);
    }

    /// The direct messages the bot sent them.
    pub fn inbox(&self) -> Vec<SeenMessage> {
        Channel { shared: Arc::clone(&self.shared), id: self.in_private().channel }.messages()
    }

    /// Writes a message.
    pub fn says(&self, text: &str) -> SeenMessage {
        let id = self.shared.change(|world| write(world, self.channel, self.id, text));
        SeenMessage::look(&self.shared, id).expect("it was just written")
    }

    /// Types a slash command and waits for the final answer:
    /// `/group add group:"Purple Base" player:ChennyBounce`. A value reaches to the next option's name, or stands in
    /// quotes. People, roles and channels are named: `who:@Ben role:@Raiders to:#scouting`.
    pub async fn types(&self, line: &str) -> Reply {
        self.sends(line).await.final_answer().await
    }

    /// As `types`, without waiting for an answer.
    pub async fn sends(&self, line: &str) -> Pending {
        self.wait_for_the_bot().await;
        self.act(|world| {
            let composed = compose(world, self.guild, line, false).unwrap_or_else(|why| panic!("{line}: {why}"));
            offered(world, self, &composed.command)?;
            Ok(self.deed(Kind::Command, composed.data, None))
        })
    }

    /// Types a part of a command and reads the suggestions for its last option, which may be empty (`player:`).
    /// Without an answer in time there are none, as Discord says "Loading options failed".
    pub async fn starts_typing(&self, line: &str) -> Vec<Choice> {
        self.wait_for_the_bot().await;
        let pending = self.act(|world| {
            let composed = compose(world, self.guild, line, true).unwrap_or_else(|why| panic!("{line}: {why}"));
            offered(world, self, &composed.command)?;
            let deed = self.deed(Kind::Autocomplete, composed.data, None);
            Ok(Deed { focused_type: composed.focused_type, ..deed })
        });
        pending.first_answer().await;
        pending.look(|record| record.choices.clone()).unwrap_or_default()
    }

    /// Uses a context menu command on a message that `author` writes for it.
    pub async fn uses_on_message(&self, command: &str, author: &Self, text: &str) -> Reply {
        let message = author.in_channel_of(self).says(text);
        self.uses_on(command, &message).await
    }

    /// Uses a context menu command on a message that is there.
    pub async fn uses_on(&self, command: &str, message: &SeenMessage) -> Reply {
        let id = message.id();
        let resolved = json!({ "messages": { id.to_string(): message.json() } });
        self.uses_context_menu(command, 3, id, resolved).await
    }

    /// Uses a context menu command on somebody.
    pub async fn uses_on_member(&self, command: &str, target: &Self) -> Reply {
        let id = target.id.to_string();
        let resolved = self.shared.look(|world| {
            let mut resolved = json!({ "users": { &id: world.user_json(target.id) } });
            if let Some(member) = self.guild.and_then(|guild| world.member_json(guild, target.id)) {
                resolved["members"] = json!({ &id: partial_member(member, world, self.guild, target.id) });
            }
            resolved
        });
        self.uses_context_menu(command, 2, target.id, resolved).await
    }

    async fn uses_context_menu(&self, name: &str, kind: u64, target: Snowflake, resolved: Value) -> Reply {
        self.wait_for_the_bot().await;
        let pending = self.act(|world| {
            let command = world.command(self.guild, name, kind);
            let command = command.unwrap_or_else(|| panic!("no context menu command {name:?} of type {kind}")).clone();
            offered(world, self, &command)?;
            let data = json!({
                "id": command["id"],
                "name": name,
                "type": kind,
                "target_id": target.to_string(),
                "resolved": resolved,
            });
            Ok(self.deed(Kind::Command, data, None))
        });
        pending.final_answer().await
    }

    /// Presses a button by its label.
    pub async fn presses(&self, on: &impl OnScreen, button: &str) -> Reply {
        self.sends_press(on, button).final_answer().await
    }

    /// As `presses`, without waiting for an answer.
    pub fn sends_press(&self, on: &impl OnScreen, button: &str) -> Pending {
        let message = on.message_id();
        self.act(|world| {
            let json = visible(world, self, message);
            let found = components(json).find(|one| one["type"] == 2 && is_called(one, button));
            let found = usable(world, message, found, &format!("button {button:?}"));
            let data = json!({ "custom_id": found["custom_id"], "component_type": 2 });
            Ok(self.deed(Kind::Component, data, Some(message)))
        })
    }

    /// Picks an option of a select, by its label or value; of a select of people, roles or channels, by name.
    pub async fn picks(&self, on: &impl OnScreen, option: &str) -> Reply {
        self.picks_all(on, &[option]).await
    }

    /// Picks several options of one select.
    pub async fn picks_all(&self, on: &impl OnScreen, options: &[&str]) -> Reply {
        self.sends_pick(on, options).final_answer().await
    }

    /// As `picks_all`, without waiting for an answer.
    pub fn sends_pick(&self, on: &impl OnScreen, options: &[&str]) -> Pending {
        let message = on.message_id();
        self.act(|world| {
            let mut selects = components(visible(world, self, message)).filter(|one| one["type"] != 2);
            let found = selects.find_map(|select| Some((select, self.picked(world, select, options)?)));
            let (select, (values, resolved)) =
                found.unwrap_or_else(|| panic!("no select has all of {options:?} on\n{}", screen(world, message)));
            usable(world, message, Some(select), "select");
            let (least, most) =
                (select["min_values"].as_u64().unwrap_or(1), select["max_values"].as_u64().unwrap_or(1));
            let count = values.len() as u64;
            assert!((least..=most).contains(&count), "{count} picked where {least} to {most} can be");
            let data = json!({
                "custom_id": select["custom_id"],
                "component_type": select["type"],
                "values": values,
                "resolved": resolved,
            });
            Ok(self.deed(Kind::Component, data, Some(message)))
        })
    }

    /// The values that these options have in this select, and what they resolve to; `None` if one is not in it.
    fn picked(&self, world: &World, select: &Value, options: &[&str]) -> Option<(Vec<Value>, Value)> {
        let mut resolved = Map::new();
        let mut values = Vec::new();
        for option in options {
            if select["type"] == 3 {
                let listed = select["options"].as_array()?;
                values.push(listed.iter().find(|one| is_called(one, option))?["value"].clone());
                continue;
            }
            let (kind, id, what) = self.resolve(world, select["type"].as_u64()?, option)?;
            resolved.entry(kind).or_insert_with(|| json!({}))[&id] = what;
            values.push(json!(id));
        }
        Some((values, Value::Object(resolved)))
    }

    fn resolve(&self, world: &World, kind: u64, name: &str) -> Option<(&'static str, String, Value)> {
        let guild = world.guilds.get(&self.guild?)?;
        let person = || {
            let id = *guild.members.keys().find(|id| world.name_of(**id) == name)?;
            Some(("users", id.to_string(), world.user_json(id)))
        };
        let role = || guild.role(name).map(|role| ("roles", role.id.to_string(), role_json(role, 1)));
        let channel = || {
            let mut channels = world.channels.values();
            let channel = channels.find(|channel| channel.guild == self.guild && channel.name == name)?;
            let what = json!({ "id": channel.id.to_string(), "name": name, "type": 0, "permissions": "0" });
            Some(("channels", channel.id.to_string(), what))
        };
        match kind {
            5 => person(),
            6 => role(),
            7 => person().or_else(role),
            8 => channel(),
            _ => None,
        }
    }

    /// Fills a modal (inputs by label; the others keep what they hold) and sends it off.
    pub async fn submits(&self, modal: &Reply, inputs: &[(&str, &str)]) -> Reply {
        self.sends_form(modal, inputs).final_answer().await
    }

    /// As `submits`, without waiting for an answer.
    pub fn sends_form(&self, reply: &Reply, inputs: &[(&str, &str)]) -> Pending {
        let modal = reply.modal().unwrap_or_else(|| panic!("there is no modal but\n{}", reply.text()));
        for (label, _) in inputs {
            let known = components(modal).any(|input| input["label"] == *label);
            assert!(known, "no input {label:?} in\n{}", render_modal(modal));
        }
        let rows: Vec<_> =
            components(modal).map(|input| json!({ "type": 1, "components": [filled(input, inputs)] })).collect();
        let data = json!({ "custom_id": modal["custom_id"], "components": rows });
        self.act(|world| {
            let opener = &world.interactions[&reply.pending.interaction];
            let deed = self.deed(Kind::Modal, data, opener.source);
            Ok(Deed { opened_by: Some(opener.metadata.clone()), ..deed })
        })
    }

    fn in_channel_of(&self, other: &Self) -> Self {
        Self { channel: other.channel, guild: other.guild, ..self.clone() }
    }

    fn deed(&self, kind: Kind, data: Value, source: Option<Snowflake>) -> Deed {
        Deed { who: self.id, channel: self.channel, kind, data, source, opened_by: None, focused_type: 0 }
    }

    /// Does it, or keeps why Discord does not offer it.
    fn act(&self, prepare: impl FnOnce(&World) -> Result<Deed, String>) -> Pending {
        let (interaction, refused) = self.shared.change(|world| match prepare(world) {
            Ok(deed) => (dispatch(world, deed), None),
            Err(why) => (0, Some(why)),
        });
        Pending { shared: Arc::clone(&self.shared), interaction, refused }
    }

    /// Commands can be typed once the bot has a session and has registered them.
    async fn wait_for_the_bot(&self) {
        let patience = self.shared.look(|world| world.settings.patience);
        let ready = |world: &World| (world.registrations > 0 && world.gateway.has_session()).then_some(());
        let came = self.shared.until(patience, ready).await;
        came.unwrap_or_else(|| panic!("the bot did not come online with its commands within {patience:?}"));
    }
}

/// Why Discord does not show a command to somebody, if it does not.
fn offered(world: &World, member: &Member, command: &Value) -> Result<(), String> {
    let name = command["name"].as_str().unwrap_or("?");
    let not = |why: &str| Err(format!("Discord does not offer /{name} to {}: {why}", world.name_of(member.id)));
    let contexts = command["contexts"].as_array().filter(|contexts| !contexts.is_empty());
    let here = u8::from(member.guild.is_none());
    let fits =
        contexts.map_or(here == 0 || command["dm_permission"] != false, |all| all.iter().any(|one| *one == here));
    if !fits {
        return not("it is not for this kind of channel");
    }
    if member.guild.is_none() {
        return Ok(());
    }
    let held = world.permissions_in(member.id, member.channel);
    if held & permission::USE_APPLICATION_COMMANDS == 0 {
        return not("they may not use commands here");
    }
    let asked = command["default_member_permissions"].as_str().and_then(|bits| bits.parse::<u64>().ok()).unwrap_or(0);
    if held & asked != asked {
        return not("they lack the permissions it asks for");
    }
    Ok(())
}

fn write(world: &mut World, channel: Snowflake, author: Snowflake, text: &str) -> Snowflake {
    let id = world.new_id();
    let mut json = blank_message(world, id, channel, author);
    json["content"] = json!(text);
    let record =
        MessageRecord { json, ephemeral_to: None, edits: 0, files: Vec::new(), allowed_mentions: None, deleted: false };
    world.messages.insert(id, record);
    id
}

fn screen(world: &World, message: Snowflake) -> String {
    world.message(message).map_or_else(|| "(deleted)".into(), |message| super::reading::render(world, &message.json))
}

/// The message as it is now, if this person can see it.
fn visible<'a>(world: &'a World, member: &Member, message: Snowflake) -> &'a Value {
    let name = world.name_of(member.id);
    let record = world.message(message).unwrap_or_else(|| panic!("{name} looks for a message that was deleted"));
    assert!(record.ephemeral_to.is_none_or(|only| only == member.id), "{name} cannot see somebody else's message");
    &record.json
}

fn usable<'a>(world: &World, message: Snowflake, found: Option<&'a Value>, what: &str) -> &'a Value {
    let found = found.unwrap_or_else(|| panic!("there is no {what} on\n{}", screen(world, message)));
    assert!(found["disabled"] != true, "the {what} is off on\n{}", screen(world, message));
    assert!(found["custom_id"].is_string(), "the {what} is a link, the bot does not hear of it");
    found
}

/// An input as the client sends it back, after the client's own checks.
fn filled(input: &Value, inputs: &[(&str, &str)]) -> Value {
    let given = inputs.iter().find(|(label, _)| input["label"] == *label).map(|(_, text)| *text);
    let text = given.or(input["value"].as_str()).unwrap_or("");
    let count = text.chars().count() as u64;
    let label = &input["label"];
    assert!(input["required"] == false || count > 0, "the client does not send {label} empty");
    let (least, most) = (input["min_length"].as_u64().unwrap_or(0), input["max_length"].as_u64().unwrap_or(4000));
    let fits = (least..=most).contains(&count) || (count == 0 && input["required"] == false);
    assert!(fits, "the client wants {least} to {most} characters in {label}, not {count}");
    json!({ "type": 4, "custom_id": input["custom_id"], "value": text })
}

/// An interaction that is on its way.
#[derive(Clone)]
pub struct Pending {
    shared: Arc<Shared>,
    interaction: Snowflake,
    refused: Option<String>,
}

impl Pending {
    fn look<T>(&self, at: impl FnOnce(&InteractionRecord) -> T) -> Option<T> {
        self.shared.look(|world| world.interactions.get(&self.interaction).map(at))
    }

    /// Waits for the first answer and tells how long it took; `None` when it did not come in time.
    pub async fn first_answer(&self) -> Option<Duration> {
        let left = self.shared.look(|world| {
            let record = world.interactions.get(&self.interaction)?;
            Some(world.settings.first_answer_within.saturating_sub(record.dispatched.elapsed()))
        })?;
        let answered = |world: &World| world.interactions[&self.interaction].first.map(|first| first.took);
        if let Some(took) = self.shared.until(left, answered).await {
            return Some(took);
        }
        self.shared.change(|world| {
            let record = world.interactions.get_mut(&self.interaction).expect("interactions stay known");
            record.gave_up = record.first.is_none();
            record.first.map(|first| first.took)
        })
    }

    /// Waits until nothing more has to come: for a deferred answer, until it is filled. Gives up after the story's
    /// patience, and the reply shows what is there then.
    pub async fn final_answer(self) -> Reply {
        if let Some(why) = &self.refused {
            let state = State::NotOffered(why.clone());
            return Reply { pending: self, state, first: None };
        }
        let Some(took) = self.first_answer().await else {
            return Reply { pending: self, state: State::Failed, first: None };
        };
        let patience = self.shared.look(|world| world.settings.patience);
        self.shared.until(patience, |world| is_final(world, self.interaction).then_some(())).await;
        let kind = self.look(|record| record.first.map_or(0, |first| first.kind)).unwrap_or(0);
        let state = self.state(kind);
        Reply { pending: self, state, first: Some((kind, took)) }
    }

    fn state(&self, kind: u64) -> State {
        if kind == 9 {
            return State::Modal(self.look(|record| record.modal.clone()).flatten().unwrap_or_default());
        }
        let shown =
            self.look(|record| record.original.or(record.source).filter(|_| kind != 6 || record.acted)).flatten();
        match shown {
            None => State::Acknowledged,
            Some(id) => SeenMessage::look(&self.shared, id).map_or(State::Deleted, State::Message),
        }
    }
}

fn is_final(world: &World, interaction: Snowflake) -> bool {
    let record = &world.interactions[&interaction];
    match record.first.map(|first| first.kind) {
        None => false,
        Some(5) => record
            .original
            .and_then(|id| world.message(id))
            .is_none_or(|message| message.json["flags"].as_u64().unwrap_or(0) & LOADING == 0),
        Some(6) => record.acted,
        Some(_) => true,
    }
}

#[derive(Clone)]
enum State {
    NotOffered(String),
    Failed,
    Acknowledged,
    Deleted,
    Message(SeenMessage),
    Modal(Value),
}

/// What came of an interaction, as the person who caused it sees it.
#[derive(Clone)]
pub struct Reply {
    pending: Pending,
    state: State,
    /// Callback type and time of the first answer.
    first: Option<(u64, Duration)>,
}

impl OnScreen for Reply {
    fn message_id(&self) -> Snowflake {
        self.message().id()
    }
}

impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text())
    }
}

impl Reply {
    /// What is on the screen, as text for snapshots; see `SeenMessage::text`.
    pub fn text(&self) -> String {
        match &self.state {
            State::NotOffered(why) => format!("({why})"),
            State::Failed => "The application did not respond".into(),
            State::Acknowledged => "(acknowledged, nothing changed)".into(),
            State::Deleted => "(the answer was deleted)".into(),
            State::Message(message) => message.text(),
            State::Modal(modal) => render_modal(modal),
        }
    }

    /// The message that answers; for a button that changed its own message, that message.
    ///
    /// # Panics
    ///
    /// When the answer is no message.
    pub fn message(&self) -> &SeenMessage {
        match &self.state {
            State::Message(message) => message,
            _ => panic!("there is no message but\n{}", self.text()),
        }
    }

    /// The modal that opened.
    pub fn modal(&self) -> Option<&Value> {
        match &self.state {
            State::Modal(modal) => Some(modal),
            _ => None,
        }
    }

    /// "The application did not respond".
    pub fn failed(&self) -> bool {
        matches!(self.state, State::Failed)
    }

    /// Whether Discord did not even offer the command to this person.
    pub fn was_not_offered(&self) -> bool {
        matches!(self.state, State::NotOffered(_))
    }

    /// Whether only the asker sees it. A modal always is; so are failures.
    pub fn is_ephemeral(&self) -> bool {
        match &self.state {
            State::Message(message) => message.is_ephemeral(),
            _ => true,
        }
    }

    /// Whether the bot first said that it needs a while.
    pub fn was_deferred(&self) -> bool {
        matches!(self.first, Some((5 | 6, _)))
    }

    /// The real time until the first answer, which Discord wants within 3 seconds.
    ///
    /// # Panics
    ///
    /// When there was none.
    pub fn first_answer_took(&self) -> Duration {
        self.first.unwrap_or_else(|| panic!("no answer came: {}", self.text())).1
    }

    /// Further messages that the bot sent to this interaction so far and that this person sees.
    pub fn followups(&self) -> Vec<SeenMessage> {
        let ids = self.pending.look(|record| record.followups.clone()).unwrap_or_default();
        ids.into_iter().filter_map(|id| SeenMessage::look(&self.pending.shared, id)).collect()
    }

    /// The labels of the buttons that can be pressed.
    pub fn buttons(&self) -> Vec<String> {
        self.message().buttons()
    }

    /// The answer as it is now.
    ///
    /// # Panics
    ///
    /// When it was deleted or never was a message.
    pub fn latest(&self) -> SeenMessage {
        self.message().latest().expect("the answer was deleted")
    }
}

//! The people: they type commands, press buttons, fill forms.
//!
//! It reads like a story and knows no routes and no sockets. A story that asks for what a person cannot do (press a
//! button that is not there) panics and says what was on the screen.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::command_line::{compose, partial_member};
use super::guild::{Channel, role_named};
use super::interactions::{Deed, dispatch};
use super::messages::blank_message;
use super::reading::{OnScreen, SeenMessage, components, is_called, render, render_modal};
use super::reply::{Pending, Reply};
use super::world::{Choice, Kind, MemberRecord, MessageRecord, Shared, Snowflake, World, permission, role_json};

/// A person, acting in one channel.
#[derive(Clone)]
pub struct Member {
    pub(super) shared: Arc<Shared>,
    /// `None` in direct messages.
    pub(super) guild: Option<Snowflake>,
    pub(super) id: Snowflake,
    pub(super) channel: Snowflake,
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

    /// Writes a message. The bot is not told (no MESSAGE_CREATE): it reads no messages but those handed to it.
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

    /// Presses what nobody offered, as a tampered client would: a made-up custom id, on a message that is there; a menu's
    /// if something is `picked`.
    pub fn forges_press(&self, on: &impl OnScreen, id: &str, picked: Option<&str>) -> Pending {
        let message = on.message_id();
        let data = match picked {
            Some(value) => json!({ "custom_id": id, "component_type": 3, "values": [value] }),
            None => json!({ "custom_id": id, "component_type": 2 }),
        };
        self.act(|_| Ok(self.deed(Kind::Component, data, Some(message))))
    }

    /// Sends off a form with one input that nobody opened.
    pub fn forges_form(&self, on: &impl OnScreen, id: &str, text: &str) -> Pending {
        let message = on.message_id();
        let input = json!({ "type": 4, "custom_id": "text", "value": text });
        let data = json!({ "custom_id": id, "components": [{ "type": 1, "components": [input] }] });
        self.act(|world| {
            let deed = self.deed(Kind::Modal, data, Some(message));
            let opened_by = json!({ "id": "1", "type": 3, "user": world.user_json(self.id) });
            Ok(Deed { opened_by: Some(opened_by), ..deed })
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
    world.message(message).map_or_else(|| "(deleted)".into(), |message| render(world, &message.json))
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

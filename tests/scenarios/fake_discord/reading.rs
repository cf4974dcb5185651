//! A message as a person reads it: as text for snapshots, and by its parts.
//!
//! Nothing is done to a message from here.

use std::sync::Arc;

use serde_json::Value;

use super::rules::LOADING;
use super::world::{BOT, Shared, Snowflake, World, permission};

/// A message as it was when somebody looked at it.
#[derive(Clone)]
pub struct SeenMessage {
    pub(super) shared: Arc<Shared>,
    pub(super) id: Snowflake,
    json: Value,
    edits: u32,
    ephemeral_to: Option<Snowflake>,
    allowed_mentions: Option<Value>,
    files: Vec<(String, Vec<u8>)>,
}

/// A thing with buttons and selects that a person can point at.
pub trait OnScreen {
    /// The id of the message that is meant.
    ///
    /// # Panics
    ///
    /// When there is no message, say because the bot did not answer.
    fn message_id(&self) -> Snowflake;
}

impl OnScreen for SeenMessage {
    fn message_id(&self) -> Snowflake {
        self.id
    }
}

impl std::fmt::Debug for SeenMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text())
    }
}

impl SeenMessage {
    pub(super) fn look(shared: &Arc<Shared>, id: Snowflake) -> Option<Self> {
        shared.look(|world| {
            let record = world.message(id)?;
            Some(Self {
                shared: Arc::clone(shared),
                id,
                json: record.json.clone(),
                edits: record.edits,
                ephemeral_to: record.ephemeral_to,
                allowed_mentions: record.allowed_mentions.clone(),
                files: record.files.clone(),
            })
        })
    }

    /// The message as it is now; `None` once deleted.
    pub fn latest(&self) -> Option<Self> {
        Self::look(&self.shared, self.id)
    }

    /// The id, for instance to compare whether two replies are the same message.
    pub fn id(&self) -> Snowflake {
        self.id
    }

    /// The message as the bot reads it from the API.
    pub fn json(&self) -> &Value {
        &self.json
    }

    /// How often it was edited.
    pub fn edits(&self) -> u32 {
        self.edits
    }

    /// Whether only one person sees it.
    pub fn is_ephemeral(&self) -> bool {
        self.ephemeral_to.is_some()
    }

    /// Whether it came without a sound (`SUPPRESS_NOTIFICATIONS`).
    pub fn is_silent(&self) -> bool {
        self.json["flags"].as_u64().unwrap_or(0) & (1 << 12) != 0
    }

    /// The plain content, as sent.
    pub fn content(&self) -> &str {
        self.json["content"].as_str().unwrap_or("")
    }

    /// Names of the files that came with it.
    pub fn files(&self) -> Vec<&str> {
        self.files.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// The bytes of a file.
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        self.files.iter().find(|(file, _)| file == name).map(|(_, bytes)| bytes.as_slice())
    }

    /// The labels of the buttons that can be pressed.
    pub fn buttons(&self) -> Vec<String> {
        let live = components(&self.json).filter(|one| one["type"] == 2 && one["disabled"] != true);
        live.map(label).collect()
    }

    /// The labels of all options of the selects that can be used.
    pub fn options(&self) -> Vec<String> {
        let live = components(&self.json).filter(|one| one["type"] == 3 && one["disabled"] != true);
        live.flat_map(|select| items(&select["options"])).map(label).collect()
    }

    /// Whom it notifies: `@everyone`, `@here`, `@<role>`, `@<person>`, in this order. Computed from the content
    /// and `allowed_mentions` as documented at
    /// https://discord.com/developers/docs/resources/message#allowed-mentions-object. Embeds never notify.
    pub fn pings(&self) -> Vec<String> {
        self.shared.look(|world| pings(world, self))
    }

    /// The message as text: content, embeds behind `┃`, buttons in brackets, selects with their options. Mentions are
    /// written as Discord shows them (`@Ann`, `#general`, `</group add>`); times stay `<t:…>`, see `without_times`.
    pub fn text(&self) -> String {
        self.shared.look(|world| {
            let text = render(world, &self.json);
            match self.ephemeral_to {
                Some(person) => format!("{text}\n(only {} sees this)", world.name_of(person)),
                None => text,
            }
        })
    }
}

/// Replaces Discord's times (`<t:1781650000:R>`) by `<t:…:R>`, for snapshots of stories that run on the real clock.
pub fn without_times(text: &str) -> String {
    replace_tags(text, |tag| {
        let rest = tag.strip_prefix("t:")?;
        let style = rest.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '-');
        Some(format!("<t:…{style}>"))
    })
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// All buttons and selects of a message, or all inputs of a modal.
pub(super) fn components(json: &Value) -> impl Iterator<Item = &Value> {
    items(&json["components"]).flat_map(|row| items(&row["components"]))
}

/// What is written on a button or an option: the emoji, if there is nothing else.
pub(super) fn label(one: &Value) -> String {
    let emoji = one["emoji"]["name"].as_str().unwrap_or("");
    match one["label"].as_str().unwrap_or("") {
        "" => emoji.to_owned(),
        text if emoji.is_empty() => text.to_owned(),
        text => format!("{emoji} {text}"),
    }
}

/// Whether somebody who says `text` means this button or option.
pub(super) fn is_called(one: &Value, text: &str) -> bool {
    one["label"] == text || one["value"] == text || label(one) == text
}

pub(super) fn render(world: &World, json: &Value) -> String {
    let flags = json["flags"].as_u64().unwrap_or(0);
    if flags & LOADING != 0 {
        return "RustOps is thinking…".into();
    }
    let guild = json["channel_id"].as_str().and_then(|id| id.parse().ok());
    let guild = guild.and_then(|id: Snowflake| world.channels.get(&id)).and_then(|channel| channel.guild);
    let shown = |value: &Value| mentions_by_name(world, guild, value.as_str().unwrap_or(""));
    let mut lines = Vec::new();
    push_lines(&mut lines, "", &shown(&json["content"]));
    for embed in items(&json["embeds"]) {
        render_embed(&mut lines, embed, &shown);
    }
    lines.extend(items(&json["attachments"]).map(|file| format!("📎 {}", file["filename"].as_str().unwrap_or("?"))));
    for row in items(&json["components"]) {
        render_row(&mut lines, row);
    }
    lines.join("\n")
}

fn push_lines(lines: &mut Vec<String>, before: &str, text: &str) {
    lines.extend(text.lines().map(|line| format!("{before}{line}").trim_end().to_owned()));
}

fn render_embed(lines: &mut Vec<String>, embed: &Value, shown: &impl Fn(&Value) -> String) {
    let colour = embed["color"].as_u64().map(|colour| format!(" «#{colour:06x}»")).unwrap_or_default();
    let link = embed["url"].as_str().map(|url| format!(" → {url}")).unwrap_or_default();
    push_lines(lines, "┃ ", &shown(&embed["author"]["name"]));
    push_lines(lines, "┃ ", &format!("{}{link}{colour}", shown(&embed["title"])));
    push_lines(lines, "┃ ", &shown(&embed["description"]));
    for field in items(&embed["fields"]) {
        let inline = if field["inline"] == true { "▪" } else { "■" };
        push_lines(lines, "┃ ", &format!("{inline} {}", shown(&field["name"])));
        push_lines(lines, "┃   ", &shown(&field["value"]));
    }
    for picture in ["thumbnail", "image"] {
        let name = embed[picture]["url"].as_str().and_then(|url| url.rsplit('/').next());
        lines.extend(name.map(|name| format!("┃ 🖼 {name}")));
    }
    push_lines(lines, "┃ ── ", &shown(&embed["footer"]["text"]));
    lines.extend(embed["timestamp"].as_str().map(|time| format!("┃ ── {time}")));
}

fn render_row(lines: &mut Vec<String>, row: &Value) {
    let mut buttons = Vec::new();
    for one in items(&row["components"]) {
        let off = if one["disabled"] == true { " (off)" } else { "" };
        match one["type"].as_u64() {
            Some(2) => {
                let link = one["url"].as_str().map(|url| format!(" → {url}")).unwrap_or_default();
                buttons.push(format!("[{}{link}{off}]", label(one)));
            }
            Some(4) => render_input(lines, one),
            kind => {
                let what = match kind {
                    Some(5) => "a person",
                    Some(6) => "a role",
                    Some(7) => "a person or role",
                    Some(8) => "a channel",
                    _ => "an option",
                };
                let placeholder = one["placeholder"].as_str().map_or_else(|| format!("Pick {what}"), str::to_owned);
                lines.push(format!("▾ {placeholder}{off}"));
                for option in items(&one["options"]) {
                    let mark = if option["default"] == true { "•" } else { "·" };
                    let more = option["description"].as_str().map(|text| format!(" — {text}")).unwrap_or_default();
                    lines.push(format!("  {mark} {}{more}", label(option)));
                }
            }
        }
    }
    if !buttons.is_empty() {
        lines.push(buttons.join(" "));
    }
}

/// A modal as text: its title, and for each input the label, what it holds, and what it asks for.
pub(super) fn render_modal(modal: &Value) -> String {
    let mut lines = vec![format!("▢ {}", modal["title"].as_str().unwrap_or(""))];
    for row in items(&modal["components"]) {
        render_row(&mut lines, row);
    }
    lines.join("\n")
}

fn render_input(lines: &mut Vec<String>, input: &Value) {
    let size = if input["style"] == 2 { "many lines" } else { "one line" };
    let required = if input["required"] == false { "optional" } else { "required" };
    lines.push(format!("  {} ({size}, {required})", input["label"].as_str().unwrap_or("")));
    let hint = input["placeholder"].as_str().map(|hint| format!("({hint})"));
    let value = input["value"].as_str().filter(|value| !value.is_empty()).map(str::to_owned);
    push_lines(lines, "    ", &value.or(hint).unwrap_or_default());
}

/// Rewrites each `<…>` for which `rewrite` has something.
fn replace_tags(text: &str, rewrite: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once('<') {
        out.push_str(before);
        let found = tail.split_once('>').and_then(|(tag, tail)| Some((rewrite(tag)?, tail)));
        match found {
            Some((new, tail)) => {
                out.push_str(&new);
                rest = tail;
            }
            None => {
                out.push('<');
                rest = tail;
            }
        }
    }
    out + rest
}

fn mentions_by_name(world: &World, guild: Option<Snowflake>, text: &str) -> String {
    replace_tags(text, |tag| {
        if let Some(command) = tag.strip_prefix('/') {
            let (name, id) = command.rsplit_once(':')?;
            let first = name.split(' ').next()?;
            let right = world.command(guild, first, 1).is_some_and(|known| known["id"] == id);
            return Some(if right { format!("</{name}>") } else { format!("</{name}: DEAD LINK>") });
        }
        if let Some(role) = tag.strip_prefix("@&") {
            let role: Snowflake = role.parse().ok()?;
            let guild = world.guilds.get(&guild?)?;
            return guild.roles.iter().find(|known| known.id == role).map(|role| format!("@{}", role.name));
        }
        if let Some(person) = tag.strip_prefix('@') {
            let id: Snowflake = person.trim_start_matches('!').parse().ok()?;
            return world.people.get(&id).map(|person| format!("@{}", person.name));
        }
        let channel: Snowflake = tag.strip_prefix('#')?.parse().ok()?;
        world.channels.get(&channel).map(|channel| format!("#{}", channel.name))
    })
}

fn pings(world: &World, message: &SeenMessage) -> Vec<String> {
    let allowed = message.allowed_mentions.as_ref();
    let parses = |kind: &str| allowed.is_none_or(|allowed| items(&allowed["parse"]).any(|one| one == kind));
    let lists = |kind: &str, id: &str| allowed.is_some_and(|allowed| items(&allowed[kind]).any(|one| one == id));
    let channel: Snowflake = message.json["channel_id"].as_str().and_then(|id| id.parse().ok()).unwrap_or(0);
    let may_all = world.permissions_in(BOT, channel) & permission::MENTION_EVERYONE != 0;
    let mut pings = Vec::new();
    for everyone in ["@everyone", "@here"] {
        if message.content().contains(everyone) && parses("everyone") && may_all {
            pings.push(everyone.to_owned());
        }
    }
    let guild = world.channels.get(&channel).and_then(|channel| world.guilds.get(&channel.guild?));
    for role in guild.into_iter().flat_map(|guild| &guild.roles) {
        let id = role.id.to_string();
        let named = message.content().contains(&format!("<@&{id}>"));
        if named && (parses("roles") || lists("roles", &id)) && (role.mentionable || may_all) {
            pings.push(format!("@{}", role.name));
        }
    }
    for (id, person) in &world.people {
        let id = id.to_string();
        let named = [format!("<@{id}>"), format!("<@!{id}>")].iter().any(|tag| message.content().contains(tag));
        if named && (parses("users") || lists("users", &id)) {
            pings.push(format!("@{}", person.name));
        }
    }
    pings
}

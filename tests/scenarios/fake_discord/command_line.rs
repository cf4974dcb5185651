//! Turns what a person types (`/group add group:"Purple Base" player:Chen`) into the data of an interaction, as
//! Discord's client does: from the registered commands, with types and required options checked.
//!
//! Nothing is sent from here, and nothing is said about who may use a command.

use serde_json::{Map, Value, json};

use super::world::{Snowflake, World};

/// The data of a command interaction.
#[derive(Debug)]
pub struct Composed {
    pub data: Value,
    /// The registered command that was meant.
    pub command: Value,
    /// The type of the option being typed in; 0 when none is.
    pub focused_type: u64,
}

/// Composes a command; with `focus`, its last option is the one being typed. Errors say what the client would refuse.
pub fn compose(world: &World, guild: Option<Snowflake>, line: &str, focus: bool) -> Result<Composed, String> {
    let line = line.strip_prefix('/').ok_or_else(|| format!("{line:?} does not start with a slash"))?;
    let (name, mut rest) = next_word(line);
    let command = world.command(guild, name, 1).ok_or_else(|| {
        let known: Vec<_> = world.commands.iter().filter_map(|one| one["name"].as_str()).collect();
        format!("no command /{name} is registered, only: {}", known.join(", "))
    })?;
    let mut path = Vec::new();
    let mut level = command;
    while options(level).iter().any(nests) {
        let (word, tail) = next_word(rest);
        level = options(level).iter().find(|option| option["name"] == word).ok_or_else(|| {
            format!("/{name} has no sub-command {word:?}, only: {}", names(options(level)).join(", "))
        })?;
        path.push(level);
        rest = tail;
    }
    let typed = split(rest, &names(options(level)))?;
    let mut filled = Filled { world, guild, resolved: Map::new() };
    let mut values = Vec::new();
    let mut focused_type = 0;
    for (at, (option_name, text)) in typed.iter().enumerate() {
        let option = options(level).iter().find(|option| option["name"] == option_name.as_str()).expect("split knows");
        let focused = focus && at + 1 == typed.len();
        if focused && option["autocomplete"] != true {
            return Err(format!("the option {option_name} has no autocomplete"));
        }
        let kind = option["type"].as_u64().unwrap_or(3);
        let mut value = json!({ "name": option_name, "type": kind });
        if focused {
            focused_type = kind;
            value["value"] = json!(text);
            value["focused"] = json!(true);
        } else {
            value["value"] = filled.value(option, text).map_err(|why| format!("{option_name}: {why}"))?;
        }
        values.push(value);
    }
    if focus && focused_type == 0 {
        return Err("nothing is being typed: name an option".into());
    }
    if !focus {
        let missing = options(level)
            .iter()
            .filter(|option| option["required"] == true)
            .find(|option| typed.iter().all(|(name, _)| option["name"] != name.as_str()));
        if let Some(missing) = missing {
            return Err(format!("the required option {} is missing", missing["name"]));
        }
    }
    for level in path.iter().rev() {
        values = vec![json!({ "name": level["name"], "type": level["type"], "options": values })];
    }
    let mut data = json!({ "id": command["id"], "name": name, "type": 1, "options": values });
    if !filled.resolved.is_empty() {
        data["resolved"] = Value::Object(filled.resolved);
    }
    Ok(Composed { data, command: command.clone(), focused_type })
}

fn options(of: &Value) -> &[Value] {
    of["options"].as_array().map_or(&[], Vec::as_slice)
}

fn nests(option: &Value) -> bool {
    matches!(option["type"].as_u64(), Some(1 | 2))
}

fn names(options: &[Value]) -> Vec<&str> {
    options.iter().filter_map(|option| option["name"].as_str()).collect()
}

fn next_word(line: &str) -> (&str, &str) {
    let line = line.trim_start();
    line.split_once(char::is_whitespace).unwrap_or((line, ""))
}

/// Splits `name:value` pairs. A value reaches to the next known name, or stands in quotes.
fn split(line: &str, names: &[&str]) -> Result<Vec<(String, String)>, String> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        let found = names.iter().find_map(|name| Some((*name, rest.strip_prefix(name)?.strip_prefix(':')?)));
        let (name, text) =
            found.ok_or_else(|| format!("{rest:?} starts with none of the options {}", names.join(", ")))?;
        if pairs.iter().any(|(known, _)| known == name) {
            return Err(format!("the option {name} is given twice"));
        }
        let (value, tail) = match text.strip_prefix('"') {
            Some(quoted) => until_quote(quoted).ok_or_else(|| format!("the quotes of {name} are never closed"))?,
            None => {
                let next = names.iter().filter_map(|name| text.find(&format!(" {name}:"))).min();
                let (value, tail) = text.split_at(next.unwrap_or(text.len()));
                (value.trim().to_owned(), tail)
            }
        };
        pairs.push((name.to_owned(), value));
        rest = tail.trim_start();
    }
    Ok(pairs)
}

/// The text up to the closing quote, in which `\"` stands for a quote, and what comes after.
fn until_quote(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, text.split_at(at + 1).1)),
            '\\' => value.push(letters.next()?.1),
            other => value.push(other),
        }
    }
    None
}

/// Reads values, and gathers the people, roles and channels they name.
struct Filled<'a> {
    world: &'a World,
    guild: Option<Snowflake>,
    resolved: Map<String, Value>,
}

impl Filled<'_> {
    fn value(&mut self, option: &Value, text: &str) -> Result<Value, String> {
        let choices = option["choices"].as_array().filter(|choices| !choices.is_empty());
        if let Some(choices) = choices {
            let meant = |choice: &&Value| choice["name"] == text || choice["value"] == text;
            let choice = choices.iter().find(meant).ok_or_else(|| format!("{text:?} is none of the choices"))?;
            return Ok(choice["value"].clone());
        }
        match option["type"].as_u64() {
            Some(3) => within(option, "length", text.chars().count() as f64, json!(text)),
            Some(4) => {
                let number: i64 = text.parse().map_err(|_| format!("{text:?} is not a whole number"))?;
                within(option, "value", number as f64, json!(number))
            }
            Some(10) => {
                let number: f64 = text.parse().map_err(|_| format!("{text:?} is not a number"))?;
                within(option, "value", number, json!(number))
            }
            Some(5) => text.parse::<bool>().map(Value::Bool).map_err(|_| format!("{text:?} is neither true nor false")),
            Some(6) => self.person(text),
            Some(7) => self.channel(text),
            Some(8) => self.role(text),
            Some(9) => self.person(text).or_else(|_| self.role(text)),
            other => Err(format!("options of type {other:?} are not pretended here")),
        }
    }

    fn add(&mut self, kind: &str, id: Snowflake, what: Value) {
        let list = self.resolved.entry(kind).or_insert_with(|| json!({}));
        list[id.to_string()] = what;
    }

    fn person(&mut self, text: &str) -> Result<Value, String> {
        let name = text.trim_start_matches('@');
        let found = self.world.people.iter().find(|(_, person)| person.name == name);
        let (id, _) = found.ok_or_else(|| format!("there is nobody called {name:?}"))?;
        self.add("users", *id, self.world.user_json(*id));
        if let Some(member) = self.guild.and_then(|guild| self.world.member_json(guild, *id)) {
            self.add("members", *id, partial_member(member, self.world, self.guild, *id));
        }
        Ok(json!(id.to_string()))
    }

    fn channel(&mut self, text: &str) -> Result<Value, String> {
        let name = text.trim_start_matches('#');
        let mut channels = self.world.channels.values();
        let found = channels.find(|channel| channel.guild == self.guild && channel.name == name);
        let channel = found.ok_or_else(|| format!("there is no channel {name:?}"))?;
        let what = json!({ "id": channel.id.to_string(), "name": channel.name, "type": 0, "permissions": "0" });
        self.add("channels", channel.id, what);
        Ok(json!(channel.id.to_string()))
    }

    fn role(&mut self, text: &str) -> Result<Value, String> {
        // The role of all is called `@everyone` itself.
        let name = if text == "@everyone" { text } else { text.trim_start_matches('@') };
        let guild = self.guild.and_then(|guild| self.world.guilds.get(&guild)).ok_or("there are no roles here")?;
        let role = guild.role(name).ok_or_else(|| format!("there is no role {name:?}"))?;
        self.add("roles", role.id, super::world::role_json(role, 1));
        Ok(json!(role.id.to_string()))
    }
}

/// A member as `resolved` has it: with permissions, without the user.
pub fn partial_member(mut member: Value, world: &World, guild: Option<Snowflake>, person: Snowflake) -> Value {
    let held = guild.and_then(|guild| world.guilds.get(&guild)).map_or(0, |guild| guild.permissions_of(person));
    member["permissions"] = json!(held.to_string());
    if let Some(map) = member.as_object_mut() {
        for gone in ["user", "deaf", "mute"] {
            map.remove(gone);
        }
    }
    member
}

fn within(option: &Value, what: &str, measure: f64, value: Value) -> Result<Value, String> {
    let least = option[format!("min_{what}")].as_f64().unwrap_or(f64::NEG_INFINITY);
    let most = option[format!("max_{what}")].as_f64().unwrap_or(f64::INFINITY);
    if measure < least || measure > most {
        return Err(format!("{value} has a {what} outside {least} to {most}"));
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world() -> World {
        let mut world = World::new(String::new());
        let option =
            |kind: u64, name: &str, required: bool| json!({ "type": kind, "name": name, "required": required });
        let mut who = option(3, "player", true);
        who["autocomplete"] = json!(true);
        let add =
            json!({ "type": 1, "name": "add", "options": [option(3, "group", true), who, option(4, "days", false)] });
        world.commands.push(json!({ "id": "1", "type": 1, "name": "group", "options": [add] }));
        world
    }

    fn typed(line: &str) -> Result<Value, String> {
        compose(&world(), None, line, false).map(|composed| composed.data["options"][0]["options"].clone())
    }

    #[test]
    fn values_reach_to_the_next_option_or_stand_in_quotes() {
        let values = typed(r#"/group add group:Purple Base player:"a \"b\" group: c" days:3"#).unwrap();
        assert_eq!(values[0]["value"], "Purple Base");
        assert_eq!(values[1]["value"], r#"a "b" group: c"#);
        assert_eq!(values[2]["value"], 3);
    }

    #[test]
    fn what_the_client_would_not_send_is_refused() {
        for (line, why) in [
            ("group add", "does not start with a slash"),
            ("/grop", "no command /grop is registered"),
            ("/group ad group:a", "no sub-command"),
            ("/group add group:a", "the required option \"player\" is missing"),
            ("/group add group:a player:b days:x", "is not a whole number"),
            ("/group add group:a player:b group:c", "given twice"),
            ("/group add what:a", "starts with none of the options"),
            ("/group add group:\"a", "never closed"),
        ] {
            assert!(typed(line).is_err_and(|error| error.contains(why)), "{line}");
        }
    }

    #[test]
    fn the_last_option_is_the_one_being_typed() {
        let composed = compose(&world(), None, "/group add group:Purple player:", true).unwrap();
        assert_eq!(
            composed.data["options"][0]["options"][1],
            json!({ "name": "player", "type": 3, "value": "", "focused": true })
        );
        assert!(compose(&world(), None, "/group add group:Pur", true).unwrap_err().contains("no autocomplete"));
    }
}

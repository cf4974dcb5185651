//! An instance file of rustplusplus, understood: each tracker becomes a group, pinned to its server.
//!
//! Only the members that are named here are ever looked at: the file holds pairing tokens, which are neither kept nor told.
//! A file that was cut short is read as far as it goes.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{
    Plan, PlannedGroup, PlannedMember, ReadError, Row, beginning,
    plan::{GroupNames, person, player_id, steam_id},
};
use crate::domain::{
    ids::ServerId,
    keeping::{Altered, FileProblem, Unusable},
    names,
    report::ServerName,
};

/// The most bytes of a file; real ones have less than one in a hundred of it.
pub const MAX_BYTES: u64 = 16 << 20;

/// How deep brackets are followed.
const MAX_DEPTH: usize = 100;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Instance {
    #[serde(deserialize_with = "lenient")]
    trackers: BTreeMap<String, Lenient<Tracker>>,
    #[serde(rename = "activeServer", deserialize_with = "lenient")]
    active_server: Option<String>,
    #[serde(rename = "serverList", deserialize_with = "lenient")]
    servers: BTreeMap<String, Lenient<Server>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Tracker {
    #[serde(deserialize_with = "lenient")]
    name: Option<String>,
    #[serde(rename = "battlemetricsId", deserialize_with = "text")]
    battlemetrics_id: Option<String>,
    #[serde(rename = "serverId", deserialize_with = "lenient")]
    server_id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    title: Option<String>,
    #[serde(rename = "clanTag", deserialize_with = "lenient")]
    clan_tag: Option<String>,
    #[serde(deserialize_with = "lenient")]
    everyone: bool,
    #[serde(rename = "inGame", deserialize_with = "lenient")]
    in_game: bool,
    players: Option<Lenient<Vec<Lenient<Player>>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Player {
    #[serde(deserialize_with = "lenient")]
    name: Option<String>,
    #[serde(rename = "steamId", deserialize_with = "text")]
    steam_id: Option<String>,
    #[serde(rename = "playerId", deserialize_with = "text")]
    player_id: Option<String>,
}

/// Of a server only what is public.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Server {
    #[serde(deserialize_with = "lenient")]
    title: Option<String>,
    #[serde(rename = "battlemetricsId", deserialize_with = "text")]
    battlemetrics_id: Option<String>,
}

/// Something of another type than expected is as good as absent.
#[derive(Debug, Default)]
struct Lenient<T>(Option<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either<T> {
            Fits(T),
            Other(serde::de::IgnoredAny),
        }
        Ok(Self(match Either::deserialize(deserializer)? {
            Either::Fits(value) => Some(value),
            Either::Other(_) => None,
        }))
    }
}

fn lenient<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(Lenient::deserialize(deserializer)?.0.unwrap_or_default())
}

/// An id, which forks may keep as a number.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// What the file means.
///
/// # Errors
/// When it is too large, no text, or no instance file as far as it goes.
pub fn plan(bytes: &[u8]) -> Result<Plan, ReadError> {
    let problem = |problem| Err(ReadError::Problem(problem));
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_BYTES {
        return problem(FileProblem::TooLarge { limit: MAX_BYTES });
    }
    if let Some(wrong) = beginning(bytes) {
        return problem(wrong);
    }
    let text = String::from_utf8_lossy(bytes);
    let (instance, cut_short) = read(text.trim_start_matches('\u{feff}'))?;
    let plan = understand(instance, cut_short);
    if plan.groups.is_empty() && plan.server.is_none() {
        return problem(FileProblem::NothingInside);
    }
    Ok(plan)
}

/// The file, or as much of it as makes sense, and whether that is not all.
fn read(text: &str) -> Result<(Instance, bool), ReadError> {
    if let Ok(instance) = serde_json::from_str(text) {
        return Ok((instance, false));
    }
    let mended = mended(text).ok_or(ReadError::Problem(FileProblem::Malformed {
        line: None,
        detail: "it does not begin as a JSON object".to_owned(),
    }))?;
    serde_json::from_str(&mended).map(|instance| (instance, true)).map_err(|wrong| {
        // The place, but not the words: they may quote the file.
        let line = u64::try_from(wrong.line()).ok();
        ReadError::Problem(FileProblem::Malformed { line, detail: "it is not JSON from here on".to_owned() })
    })
}

/// JSON that breaks off, or turns into something else, made whole: cut behind the last value that is complete, with all
/// brackets closed. `None` when not even the first bracket is there.
fn mended(text: &str) -> Option<String> {
    /// What may come next inside of the innermost bracket.
    #[derive(Clone, Copy, PartialEq)]
    enum Next {
        KeyOrEnd,
        Key,
        Colon,
        Value,
        ValueOrEnd,
        CommaOrEnd,
    }
    let mut open: Vec<u8> = Vec::new();
    let mut next = Next::Value;
    // Up to where the text makes sense, and what has to be closed there.
    let mut good: Option<(usize, Vec<u8>)> = None;
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let inside = open.last().copied();
        let start = at;
        at += 1;
        match (byte, next) {
            (b' ' | b'\t' | b'\r' | b'\n', _) => continue,
            (b'{', Next::Value | Next::ValueOrEnd) if open.len() < MAX_DEPTH => {
                open.push(b'}');
                next = Next::KeyOrEnd;
            }
            (b'[', Next::Value | Next::ValueOrEnd) if open.len() < MAX_DEPTH && inside.is_some() => {
                open.push(b']');
                next = Next::ValueOrEnd;
            }
            (b'}', Next::KeyOrEnd | Next::CommaOrEnd) if inside == Some(b'}') => {
                open.pop();
                next = Next::CommaOrEnd;
            }
            (b']', Next::ValueOrEnd | Next::CommaOrEnd) if inside == Some(b']') => {
                open.pop();
                next = Next::CommaOrEnd;
            }
            (b',', Next::CommaOrEnd) => {
                next = if inside == Some(b'}') { Next::Key } else { Next::Value };
                continue;
            }
            (b':', Next::Colon) => {
                next = Next::Value;
                continue;
            }
            (b'"', Next::KeyOrEnd | Next::Key) => {
                let Some(end) = scalar(bytes, start) else { break };
                at = end;
                next = Next::Colon;
                continue;
            }
            (_, Next::Value | Next::ValueOrEnd) if inside.is_some() => {
                let Some(end) = scalar(bytes, start) else { break };
                at = end;
                next = Next::CommaOrEnd;
            }
            _ => break,
        }
        good = Some((at, open.clone()));
        if open.is_empty() {
            break;
        }
    }
    let (end, open) = good?;
    let mut whole = text.get(..end)?.to_owned();
    whole.extend(open.iter().rev().map(|bracket| char::from(*bracket)));
    Some(whole)
}

/// Where the string, number or word that begins at `start` ends; `None` when it is not whole. A number at the very end
/// may have lost digits, and is not.
fn scalar(bytes: &[u8], start: usize) -> Option<usize> {
    let rest = bytes.get(start..)?;
    let length = if rest.first() == Some(&b'"') {
        let mut escaped = false;
        let inner = rest.iter().skip(1).position(|byte| {
            let ends = *byte < 0x20 || *byte == b'"' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            ends
        })?;
        inner + 2
    } else {
        rest.iter().position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')))?
    };
    // The judge of what stands there.
    let piece = std::str::from_utf8(rest.get(..length)?).ok()?;
    serde_json::from_str::<serde::de::IgnoredAny>(piece).ok()?;
    Some(start + length)
}

fn understand(instance: Instance, cut_short: bool) -> Plan {
    let mut plan = Plan { cut_short, ..Plan::default() };
    let servers: BTreeMap<String, Server> =
        instance.servers.into_iter().filter_map(|(key, server)| Some((key, server.0?))).collect();
    let mut trackers: Vec<(String, Tracker)> = Vec::new();
    for (key, tracker) in instance.trackers {
        match tracker.0 {
            Some(tracker) => trackers.push((key, tracker)),
            None => {
                plan.rows += 1;
                let row = Row { source: "trackers".to_owned(), line: 0, name: key };
                plan.remarks.push(row.refused(Unusable::WrongForm));
            }
        }
    }
    let mut met = HashSet::new();
    let shared: HashSet<String> = trackers
        .iter()
        .map(|(_, tracker)| names::folded(wanted(tracker)))
        .filter(|name| !met.insert(name.clone()))
        .collect();
    let mut groups = GroupNames::default();
    for (key, tracker) in trackers {
        let group = group(&mut plan, &mut groups, &shared, &servers, &key, tracker);
        plan.groups.push(group);
    }
    if let Some((key, server)) = instance.active_server.and_then(|key| servers.get(&key).map(|server| (key, server))) {
        plan.rows += 1;
        let row = Row { source: "activeServer".to_owned(), line: 0, name: server.title.clone().unwrap_or_default() };
        match server_name(server.battlemetrics_id.as_deref(), server.title.as_deref(), &key) {
            Some(server) => plan.server = Some((row, server)),
            None => plan.remarks.push(row.refused(Unusable::BadServer)),
        }
    }
    plan
}

fn wanted(tracker: &Tracker) -> &str {
    tracker.name.as_deref().filter(|name| !name.trim().is_empty()).unwrap_or("Tracker")
}

fn group(
    plan: &mut Plan,
    names: &mut GroupNames,
    shared: &HashSet<String>,
    servers: &BTreeMap<String, Server>,
    key: &str,
    tracker: Tracker,
) -> PlannedGroup {
    plan.rows += 1;
    let listed = tracker.server_id.as_deref().and_then(|id| servers.get(id));
    let title = tracker.title.as_deref().or_else(|| listed?.title.as_deref());
    let id = tracker.battlemetrics_id.as_deref().or_else(|| listed?.battlemetrics_id.as_deref());
    let pinned = server_name(id, title, "");
    let own = wanted(&tracker).to_owned();
    let row = Row { source: "trackers".to_owned(), line: 0, name: own.clone() };
    let told = match title {
        Some(title) if shared.contains(&crate::domain::names::folded(&own)) => format!("{own} ({title})"),
        _ => own.clone(),
    };
    let name = names.like(&told).or_else(|| names.like("Tracker")).unwrap_or_else(|| key.to_owned());
    let told = [
        (name != own).then(|| Altered::Renamed { to: name.clone() }),
        pinned.is_none().then_some(Altered::NoServer),
        tracker.everyone.then_some(Altered::PingedEveryone),
        tracker.in_game.then_some(Altered::InGame),
        tracker.clan_tag.is_some_and(|tag| !tag.is_empty()).then_some(Altered::ClanTag),
        matches!(tracker.players, Some(Lenient(None))).then_some(Altered::NoPlayers),
    ];
    plan.remarks.extend(told.into_iter().flatten().map(|how| row.changed(how)));
    let mut members = Vec::new();
    for (number, player) in (1..).zip(tracker.players.and_then(|players| players.0).unwrap_or_default()) {
        plan.rows += 1;
        let player = player.0.unwrap_or_default();
        let mut row = Row { source: name.clone(), line: number, name: player.name.clone().unwrap_or_default() };
        match member(&mut row, &player, plan) {
            Some(member) => members.push(member),
            None => plan.remarks.push(row.refused(Unusable::NoName)),
        }
    }
    members.sort_by_key(|member| member.player.is_none());
    PlannedGroup { name, row: Some(row), pinned, members, check: None }
}

fn member(row: &mut Row, player: &Player, plan: &mut Plan) -> Option<PlannedMember> {
    let mut sound = Vec::new();
    let id = player_id(player.player_id.as_deref()).and_then(|read| read.map_err(|how| sound.push(how)).ok());
    let steam = steam_id(player.steam_id.as_deref()).and_then(|read| read.map_err(|how| sound.push(how)).ok());
    let name = person(player.name.as_deref());
    let name = name.or_else(|| id.map(|id| id.to_string())).or_else(|| steam.map(|id| id.to_string()))?;
    row.name.clone_from(&name);
    plan.remarks.extend(sound.into_iter().map(|how| row.changed(how)));
    Some(PlannedMember { row: row.clone(), name, player: id, steam, added_at: None })
}

fn server_name(id: Option<&str>, title: Option<&str>, otherwise: &str) -> Option<ServerName> {
    let id: ServerId = id?.trim().parse().ok()?;
    let name = person(title).or_else(|| person(Some(otherwise))).unwrap_or_else(|| id.to_string());
    Some(ServerName { id, name })
}

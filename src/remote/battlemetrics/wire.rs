//! How BattleMetrics spells things: its JSON documents read into `domain`'s facts.
//!
//! Pure. Lenient where nothing depends on it: what is missing, null or of another type is not known; an element of a
//! list that cannot be read is left out. Ids must be ids.

use std::{
    collections::{HashMap, HashSet},
    net::Ipv6Addr,
};

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use tracing::debug;

use super::{
    super::body::{at, count, flag, id, instant, list, text},
    loose::{Loose, Object, Read, Something},
};
use crate::domain::{
    facts::{
        Acquaintance, FormerName, OnlinePlayer, PastSession, Player, PlayerHit, QueryStatus, Server, ServerStatus,
    },
    ids::{PlayerId, ServerId},
};

/// BattleMetrics' id of the game.
pub(super) const RUST: &str = "rust";

/// The attributes that [`rust_server`] reads.
pub(super) const SERVER_FIELDS: &str =
    "name,status,queryStatus,updatedAt,players,maxPlayers,address,ip,port,country,details";

/// Longer names and map names are cut.
const MOST_CHARS: usize = 256;

/// Reads each element, counting in the log what could not be read.
pub(super) fn each<E, T>(
    elements: impl IntoIterator<Item = E>,
    what: &str,
    read: impl FnMut(E) -> Option<T>,
) -> Vec<T> {
    let mut skipped = 0_usize;
    let read: Vec<Option<T>> = elements.into_iter().map(read).collect();
    let told = read.into_iter().inspect(|element| skipped += usize::from(element.is_none())).flatten().collect();
    if skipped > 0 {
        debug!(what, skipped, "elements left out");
    }
    told
}

/// A server resource; `None` without an id or of another game.
pub(super) fn rust_server(resource: &Value) -> Option<Server> {
    let game = text(resource, "/relationships/game/data/id", MOST_CHARS);
    if game.is_some_and(|game| game != RUST) {
        return None;
    }
    let born = instant(resource, "/attributes/details/rust_born");
    let wiped = instant(resource, "/attributes/details/rust_last_wipe");
    Some(Server {
        id: id(resource, "/id")?,
        name: text(resource, "/attributes/name", MOST_CHARS).unwrap_or_default(),
        status: status(resource),
        query_status: query_status(resource),
        updated_at: instant(resource, "/attributes/updatedAt"),
        players: count(resource, "/attributes/players"),
        max_players: count(resource, "/attributes/maxPlayers"),
        queue: count(resource, "/attributes/details/rust_queued_players"),
        address: address(resource),
        country: country(resource),
        map: text(resource, "/attributes/details/map", MOST_CHARS),
        last_wipe: born.max(wiped),
        next_wipe: instant(resource, "/attributes/details/rust_next_wipe"),
    })
}

fn status(server: &Value) -> ServerStatus {
    match at(server, "/attributes/status").and_then(Value::as_str) {
        Some("online") => ServerStatus::Online,
        Some("offline") => ServerStatus::Offline,
        Some("dead") => ServerStatus::Dead,
        Some("invalid") => ServerStatus::Invalid,
        Some("removed") => ServerStatus::Removed,
        _ => ServerStatus::Other,
    }
}

fn query_status(server: &Value) -> QueryStatus {
    match at(server, "/attributes/queryStatus").and_then(Value::as_str) {
        Some("valid") => QueryStatus::Valid,
        Some("invalid") => QueryStatus::Invalid,
        Some("timeout") => QueryStatus::Timeout,
        _ => QueryStatus::Other,
    }
}

/// People paste it into the game's console, so only what can be a host gets in.
fn address(server: &Value) -> Option<String> {
    let port = u16::try_from(count(server, "/attributes/port")?).ok().filter(|&port| port > 0)?;
    let host = ["/attributes/address", "/attributes/ip"].iter().find_map(|part| host(&text(server, part, 253)?))?;
    Some(format!("{host}:{port}"))
}

fn host(text: &str) -> Option<String> {
    if text.parse::<Ipv6Addr>().is_ok() {
        return Some(format!("[{text}]"));
    }
    let fits = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-');
    fits.then(|| text.to_owned())
}

fn country(server: &Value) -> Option<String> {
    let country = text(server, "/attributes/country", 3)?.to_ascii_uppercase();
    (country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase())).then_some(country)
}

/// A server's document with what lies beside it: it is read every minute, and a full server's is large.
#[derive(Deserialize)]
pub(super) struct RosterDocument {
    /// The server resource.
    #[serde(default)]
    pub(super) data: Value,
    #[serde(default)]
    included: Loose<Vec<Object<Resource>>>,
}

/// A player, or a session.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Resource {
    #[serde(rename = "type")]
    kind: Loose<Kind>,
    id: Loose<PlayerId>,
    attributes: Loose<Object<Attributes>>,
    relationships: Loose<Object<Relationships>>,
    meta: Loose<Object<Meta>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Player,
    Session,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Attributes {
    name: Loose<Name>,
    positive_match: Loose<bool>,
    created_at: Loose<Timestamp>,
    start: Loose<Timestamp>,
    stop: Loose<Something>,
}

struct Name(String);

#[derive(Default, Deserialize)]
#[serde(default)]
struct Relationships {
    server: Loose<Object<Relationship<ServerId>>>,
    player: Loose<Object<Relationship<PlayerId>>>,
}

#[derive(Deserialize)]
#[serde(bound = "T: Read<'de>")]
struct Relationship<T> {
    #[serde(default)]
    data: Loose<Object<Identified<T>>>,
}

#[derive(Deserialize)]
#[serde(bound = "T: Read<'de>")]
struct Identified<T> {
    #[serde(default)]
    id: Loose<T>,
}

/// What the game's server tells of a player, as loose pairs.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Meta {
    metadata: Loose<Vec<Object<Pair>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Pair {
    key: Loose<Connected>,
    value: Loose<u32>,
}

/// The key of the seconds for which a player has been connected.
struct Connected;

impl Read<'_> for Kind {
    fn text(text: &str) -> Option<Self> {
        match text {
            "player" => Some(Self::Player),
            "session" => Some(Self::Session),
            _ => None,
        }
    }
}

impl Read<'_> for Name {
    fn text(text: &str) -> Option<Self> {
        let end = text.char_indices().nth(MOST_CHARS).map_or(text.len(), |(end, _)| end);
        text.get(..end).filter(|name| !name.is_empty()).map(|name| Self(name.to_owned()))
    }
}

impl Read<'_> for Connected {
    fn text(text: &str) -> Option<Self> {
        (text == "time").then_some(Self)
    }
}

impl<T: Copy> Loose<Object<Relationship<T>>> {
    fn id(&self) -> Option<T> {
        let Object(identified) = self.0.as_ref()?.0.data.0.as_ref()?;
        identified.id.0
    }
}

/// Everybody in a roster document, each once.
pub(super) fn online(document: RosterDocument, server: ServerId, now: Timestamp) -> Vec<OnlinePlayer> {
    let included = document.included.0.unwrap_or_default();
    let starts = open_sessions(&included, server);
    let mut seen = HashSet::new();
    let are_players = included.into_iter().filter(|Object(resource)| resource.kind.0 == Some(Kind::Player));
    let mut players = each(are_players, "players", |Object(player)| online_player(player, &starts, now));
    players.retain(|player| seen.insert(player.id));
    players
}

fn online_player(player: Resource, starts: &HashMap<PlayerId, Timestamp>, now: Timestamp) -> Option<OnlinePlayer> {
    let id = player.id.0?;
    let since = starts.get(&id).copied().or_else(|| reckoned_start(player.meta, now));
    let attributes = player.attributes.0.map(|Object(attributes)| attributes).unwrap_or_default();
    Some(OnlinePlayer {
        id,
        name: attributes.name.0.map(|Name(name)| name).unwrap_or_default(),
        since: since.map(|since| since.min(now)),
        positive_match: attributes.positive_match.0,
        created: attributes.created_at.0,
    })
}

/// Starts of the sessions that still run; the latest, should somebody have several.
fn open_sessions(included: &[Object<Resource>], server: ServerId) -> HashMap<PlayerId, Timestamp> {
    let mut starts = HashMap::new();
    for Object(session) in included.iter().filter(|Object(resource)| resource.kind.0 == Some(Kind::Session)) {
        let (Some(Object(attributes)), Some(Object(of))) = (&session.attributes.0, &session.relationships.0) else {
            continue;
        };
        let running = attributes.stop.0.is_none();
        let here = of.server.id().is_none_or(|other| other == server);
        if let (true, true, Some(player), Some(start)) = (running, here, of.player.id(), attributes.start.0) {
            starts.entry(player).and_modify(|known: &mut Timestamp| *known = start.max(*known)).or_insert(start);
        }
    }
    starts
}

/// Now minus the seconds connected.
fn reckoned_start(meta: Loose<Object<Meta>>, now: Timestamp) -> Option<Timestamp> {
    let Object(meta) = meta.0?;
    let pairs = meta.metadata.0.unwrap_or_default();
    let Object(time) = pairs.into_iter().find(|Object(pair)| pair.key.0.is_some())?;
    now.checked_sub(SignedDuration::from_secs(time.value.0?.into())).ok()
}

/// A player of a search. What the service remembers of them is that of `server` only.
pub(super) fn player_hit(player: &Value, server: Option<ServerId>) -> Option<PlayerHit> {
    let there = server.and_then(|server| {
        list(player, "/relationships/servers/data").iter().find(|entry| id(entry, "/id") == Some(server))
    });
    Some(PlayerHit {
        id: id(player, "/id")?,
        name: text(player, "/attributes/name", MOST_CHARS).unwrap_or_default(),
        last_seen: there.and_then(|entry| instant(entry, "/meta/lastSeen")),
        online: there.and_then(|entry| flag(entry, "/meta/online")),
    })
}

/// A player document with identifiers.
pub(super) fn player(document: &Value) -> Option<Player> {
    let data = at(document, "/data")?;
    let name = text(data, "/attributes/name", MOST_CHARS).unwrap_or_default();
    let is_name = |identifier: &&Value| at(identifier, "/attributes/type").and_then(Value::as_str) == Some("name");
    let identifiers = of_type(list(document, "/included"), "identifier").filter(is_name);
    let mut names = each(identifiers, "names", |identifier| {
        let name = text(identifier, "/attributes/identifier", MOST_CHARS)?;
        Some(FormerName { name, last_seen: instant(identifier, "/attributes/lastSeen") })
    });
    names.sort_by_key(|former| std::cmp::Reverse(former.last_seen));
    let mut seen = HashSet::from([name.clone()]);
    names.retain(|former| seen.insert(former.name.clone()));
    Some(Player { id: id(data, "/id")?, name, private: flag(data, "/attributes/private").unwrap_or(false), names })
}

/// What is remembered of a player on a server. `Some(None)` for an answer that holds nothing, which is one way of saying
/// that they never met; `None` for an answer of another shape.
pub(super) fn acquaintance(document: &Value) -> Option<Option<Acquaintance>> {
    let data = at(document, "/data")?;
    if data.is_null() {
        return Some(None);
    }
    let attributes = at(data, "/attributes").filter(|attributes| attributes.is_object())?;
    let seconds = count(attributes, "/timePlayed").filter(|&seconds| seconds > 0);
    let met = Acquaintance {
        first_seen: instant(attributes, "/firstSeen"),
        last_seen: instant(attributes, "/lastSeen"),
        time_played: seconds.map(|seconds| SignedDuration::from_secs(seconds.into())),
        online: flag(attributes, "/online").unwrap_or(false),
    };
    let nothing = met.first_seen.is_none() && met.last_seen.is_none() && met.time_played.is_none() && !met.online;
    Some((!nothing).then_some(met))
}

/// The sessions of a page that are `player`'s on `server`, and `new`.
pub(super) fn sessions<'a>(
    page: impl IntoIterator<Item = &'a Value>,
    player: PlayerId,
    server: ServerId,
    mut new: impl FnMut(&Value) -> Option<()>,
) -> Vec<PastSession> {
    each(page, "sessions", |session| {
        let whose = id(session, "/relationships/player/data/id").unwrap_or(player);
        let place = id(session, "/relationships/server/data/id").unwrap_or(server);
        if whose != player || place != server {
            return None;
        }
        new(session)?;
        let start = instant(session, "/attributes/start");
        let stop = match at(session, "/attributes/stop") {
            None | Some(Value::Null) => None,
            // An end that cannot be read must not pass for a session that still runs.
            Some(_) => Some(instant(session, "/attributes/stop")?),
        };
        Some(PastSession { player, server, start, stop })
    })
}

/// Latest start first; sessions without a start last.
pub(super) fn newest_first(sessions: &mut [PastSession]) {
    sessions.sort_by_key(|session| std::cmp::Reverse(session.start));
}

fn of_type<'a>(resources: &'a [Value], kind: &'a str) -> impl Iterator<Item = &'a Value> {
    resources.iter().filter(move |resource| at(resource, "/type").and_then(Value::as_str) == Some(kind))
}

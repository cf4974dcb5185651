//! Steam's Web API: vanity names and display names, the only two things that need the network.
//!
//! What a person typed is decoded in [`crate::domain::identity`]; nothing here knows game servers.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{
    Options, body,
    line::{Ask, Line},
};
use crate::{
    clock::Clock,
    domain::{
        budget::Plan,
        facts::Persona,
        ids::SteamId,
        report::{Purpose, RecentTrouble, ServiceStatus},
        trouble::{Service, Trouble, Unreadable},
    },
};

/// 60 a minute are 86,400 a day, below the 100,000 that Steam's terms allow. A 429 comes without a word on how long to
/// wait and often passes at once, so the first pause is short.
const PLAN: Plan = Plan { per_minute: 60, per_second: 10, first_pause: SignedDuration::from_secs(2) };

/// `GetPlayerSummaries` takes so many ids.
const BATCH: usize = 100;

/// A full batch has about 100 KiB.
const MOST_BYTES: usize = 1 << 20;

/// Steam itself allows 32.
const MOST_NAME_CHARS: usize = 256;

const VANITY_HOLDS: SignedDuration = SignedDuration::from_hours(24);
const NO_VANITY_HOLDS: SignedDuration = SignedDuration::from_mins(5);
const PERSONA_HOLDS: SignedDuration = SignedDuration::from_mins(10);

/// The client. Clones share budget and memory.
#[derive(Clone)]
pub struct Steam(Arc<Inner>);

struct Inner {
    line: Line,
    clock: Arc<dyn Clock>,
    vanities: Mutex<Memory<String, Option<SteamId>>>,
    personas: Mutex<Memory<SteamId, Persona>>,
}

impl Steam {
    /// A client with a budget of its own.
    ///
    /// # Errors
    /// When the base is no http address or TLS cannot be set up.
    pub fn new(options: Options) -> anyhow::Result<Self> {
        let clock = Arc::clone(&options.clock);
        let line = Line::new(Service::Steam, PLAN, options)?;
        Ok(Self(Arc::new(Inner { line, clock, vanities: Mutex::default(), personas: Mutex::default() })))
    }

    /// The account behind a vanity name (the last part of `steamcommunity.com/id/…`); `None` when nobody has it. Hits are
    /// remembered for a day, misses for five minutes.
    ///
    /// # Errors
    /// What went wrong with Steam; without a key, that there is none.
    pub async fn resolve_vanity(&self, name: &str) -> Result<Option<SteamId>, Trouble> {
        if !is_vanity(name) {
            return Ok(None);
        }
        let name = name.to_ascii_lowercase();
        if let Some(known) = remembered(&self.0.vanities, |memory| memory.get(&name, self.0.clock.now()).copied()) {
            return Ok(known);
        }
        let mut url = self.0.line.url(["ISteamUser", "ResolveVanityURL", "v1", ""]);
        url.query_pairs_mut().append_pair("vanityurl", &name).append_pair("url_type", "1");
        let document = self.get("/ISteamUser/ResolveVanityURL/v1", url).await?;
        let found = vanity(&document).ok_or_else(|| self.0.line.unreadable(Unreadable::Shape))?;
        let holds = if found.is_some() { VANITY_HOLDS } else { NO_VANITY_HOLDS };
        remembered(&self.0.vanities, |memory| memory.put(name, found, self.0.clock.now(), holds));
        Ok(found)
    }

    /// The present display names of accounts, remembered for ten minutes. Accounts that Steam does not know are missing.
    ///
    /// # Errors
    /// What went wrong with Steam; without a key, that there is none.
    pub async fn personas(&self, ids: &[SteamId]) -> Result<HashMap<SteamId, Persona>, Trouble> {
        let wanted: BTreeSet<SteamId> = ids.iter().copied().collect();
        let now = self.0.clock.now();
        let mut known: HashMap<SteamId, Persona> = remembered(&self.0.personas, |memory| {
            wanted.iter().filter_map(|id| Some((*id, memory.get(id, now)?.clone()))).collect()
        });
        let missing: Vec<SteamId> = wanted.into_iter().filter(|id| !known.contains_key(id)).collect();
        for batch in missing.chunks(BATCH) {
            for persona in self.fetch_personas(batch).await? {
                remembered(&self.0.personas, |memory| {
                    memory.put(persona.steam, persona.clone(), self.0.clock.now(), PERSONA_HOLDS);
                });
                known.insert(persona.steam, persona);
            }
        }
        Ok(known)
    }

    /// How Steam stands now.
    pub fn status(&self) -> ServiceStatus {
        self.0.line.status()
    }

    /// The last failures, newest first.
    pub fn recent(&self) -> Vec<RecentTrouble> {
        self.0.line.recent()
    }

    async fn fetch_personas(&self, ids: &[SteamId]) -> Result<Vec<Persona>, Trouble> {
        let list = ids.iter().map(SteamId::to_string).collect::<Vec<_>>().join(",");
        let mut url = self.0.line.url(["ISteamUser", "GetPlayerSummaries", "v2", ""]);
        url.query_pairs_mut().append_pair("steamids", &list);
        let document = self.get("/ISteamUser/GetPlayerSummaries/v2", url).await?;
        let players = document.pointer("/response/players").and_then(Value::as_array);
        let players = players.ok_or_else(|| self.0.line.unreadable(Unreadable::Shape))?;
        Ok(players.iter().filter_map(persona).filter(|persona| ids.contains(&persona.steam)).collect())
    }

    async fn get(&self, path: &'static str, url: url::Url) -> Result<Value, Trouble> {
        let ask = Ask { path, url, purpose: Purpose::Person, most_bytes: MOST_BYTES };
        self.0.line.get(&ask).await
    }
}

impl fmt::Debug for Steam {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Steam")
    }
}

/// Steam's rule for such a name; anything else nobody can have.
fn is_vanity(name: &str) -> bool {
    (2..=32).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

/// `Some(None)` for "no match" (42); `None` for an answer that is neither that nor a hit.
fn vanity(document: &Value) -> Option<Option<SteamId>> {
    match document.pointer("/response/success")?.as_u64()? {
        1 => body::id(document, "/response/steamid").map(Some),
        42 => Some(None),
        _ => None,
    }
}

fn persona(player: &Value) -> Option<Persona> {
    let steam = body::id(player, "/steamid")?;
    Some(Persona { steam, name: body::text(player, "/personaname", MOST_NAME_CHARS)? })
}

/// A bounded memory in which everything has its hour.
struct Memory<K, V>(HashMap<K, (Timestamp, V)>);

/// So many entries of a kind are kept.
const ROOM: usize = 2_000;

impl<K, V> Default for Memory<K, V> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Eq + Hash, V> Memory<K, V> {
    fn get(&self, key: &K, now: Timestamp) -> Option<&V> {
        self.0.get(key).filter(|(until, _)| *until > now).map(|(_, value)| value)
    }

    fn put(&mut self, key: K, value: V, now: Timestamp, holds: SignedDuration) {
        if self.0.len() >= ROOM {
            self.0.retain(|_, (until, _)| *until > now);
        }
        // Still full: starting over costs a few requests, which is cheaper than keeping account of what is oldest.
        if self.0.len() >= ROOM {
            self.0.clear();
        }
        self.0.insert(key, (now.saturating_add(holds).unwrap_or(Timestamp::MAX), value));
    }
}

fn remembered<M, T>(memory: &Mutex<M>, with: impl FnOnce(&mut M) -> T) -> T {
    with(&mut memory.lock().unwrap_or_else(PoisonError::into_inner))
}

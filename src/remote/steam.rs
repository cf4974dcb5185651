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
    pub async fn resolve_vanity(&self, name: &str, purpose: Purpose) -> Result<Option<SteamId>, Trouble> {
        if !is_vanity(name) {
            return Ok(None);
        }
        let name = name.to_ascii_lowercase();
        if let Some(known) = remembered(&self.0.vanities, |memory| memory.get(&name, self.0.clock.now()).copied()) {
            return Ok(known);
        }
        let mut url = self.0.line.url(["ISteamUser", "ResolveVanityURL", "v1", ""]);
        url.query_pairs_mut().append_pair("vanityurl", &name).append_pair("url_type", "1");
        let document = self.get("/ISteamUser/ResolveVanityURL/v1", url, purpose).await?;
        let found = vanity(&document).ok_or_else(|| self.0.line.unreadable(Unreadable::Shape))?;
        let holds = if found.is_some() { VANITY_HOLDS } else { NO_VANITY_HOLDS };
        remembered(&self.0.vanities, |memory| memory.put(name, found, self.0.clock.now(), holds));
        Ok(found)
    }

    /// The present display names of accounts, remembered for ten minutes. Accounts that Steam does not know are missing.
    ///
    /// # Errors
    /// What went wrong with Steam; without a key, that there is none.
    pub async fn personas(&self, ids: &[SteamId], purpose: Purpose) -> Result<HashMap<SteamId, Persona>, Trouble> {
        let wanted: BTreeSet<SteamId> = ids.iter().copied().collect();
        let now = self.0.clock.now();
        let mut known: HashMap<SteamId, Persona> = remembered(&self.0.personas, |memory| {
            wanted.iter().filter_map(|id| Some((*id, memory.get(id, now)?.clone()))).collect()
        });
        let missing: Vec<SteamId> = wanted.into_iter().filter(|id| !known.contains_key(id)).collect();
        for batch in missing.chunks(BATCH) {
            for persona in self.fetch_personas(batch, purpose).await? {
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

    async fn fetch_personas(&self, ids: &[SteamId], purpose: Purpose) -> Result<Vec<Persona>, Trouble> {
        let list = ids.iter().map(SteamId::to_string).collect::<Vec<_>>().join(",");
        let mut url = self.0.line.url(["ISteamUser", "GetPlayerSummaries", "v2", ""]);
        url.query_pairs_mut().append_pair("steamids", &list);
        let document = self.get("/ISteamUser/GetPlayerSummaries/v2", url, purpose).await?;
        let players = document.pointer("/response/players").and_then(Value::as_array);
        let players = players.ok_or_else(|| self.0.line.unreadable(Unreadable::Shape))?;
        Ok(players.iter().filter_map(persona).filter(|persona| ids.contains(&persona.steam)).collect())
    }

    async fn get(&self, path: &'static str, url: url::Url, purpose: Purpose) -> Result<Value, Trouble> {
        let ask = Ask { path, url, purpose, most_bytes: MOST_BYTES };
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
pub(super) fn vanity(document: &Value) -> Option<Option<SteamId>> {
    match document.pointer("/response/success")?.as_u64()? {
        1 => body::id(document, "/response/steamid").map(Some),
        42 => Some(None),
        _ => None,
    }
}

pub(super) fn persona(player: &Value) -> Option<Persona> {
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

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wiremock::ResponseTemplate;

    use super::*;
    use crate::{
        domain::trouble::TroubleKind,
        remote::stage::{self, SECRET, Stage},
    };

    const FORBIDDEN: &str =
        "<html><head><title>Forbidden</title></head><body>verify your <pre>key=</pre></body></html>";

    fn steam_id(account: u64) -> SteamId {
        SteamId::new(76_561_197_960_265_728 + account).unwrap()
    }

    fn found() -> ResponseTemplate {
        stage::json(&json!({"response": {"steamid": "76561197960389184", "success": 1}}))
    }

    fn no_match() -> ResponseTemplate {
        stage::json(&json!({"response": {"success": 42, "message": "No match"}}))
    }

    fn players(accounts: impl IntoIterator<Item = u64>) -> ResponseTemplate {
        let player = |account| json!({"steamid": steam_id(account), "personaname": format!("Name {account}")});
        stage::json(&json!({"response": {"players": accounts.into_iter().map(player).collect::<Vec<_>>()}}))
    }

    #[tokio::test]
    async fn a_vanity_name_leads_to_its_account_and_is_asked_once_a_day() {
        let stage = Stage::playing([found(), found()]).await;
        let steam = stage.steam();
        assert_eq!(steam.resolve_vanity("Alpha_1", Purpose::Person).await, Ok(Some(steam_id(123_456))));
        assert_eq!(steam.resolve_vanity("alpha_1", Purpose::Person).await, Ok(Some(steam_id(123_456))));
        let asked = format!("/ISteamUser/ResolveVanityURL/v1/ vanityurl=alpha_1&url_type=1&key={SECRET}");
        assert_eq!(stage.asked().await, [asked]);
        stage.clock.advance(SignedDuration::from_hours(24));
        steam.resolve_vanity("alpha_1", Purpose::Person).await.unwrap();
        assert_eq!(stage.requests().await.len(), 2);
    }

    #[tokio::test]
    async fn a_name_that_nobody_has_is_asked_again_after_minutes() {
        let stage = Stage::playing([no_match(), found()]).await;
        let steam = stage.steam();
        assert_eq!(steam.resolve_vanity("alpha", Purpose::Person).await, Ok(None));
        stage.clock.advance(SignedDuration::from_mins(4));
        assert_eq!(steam.resolve_vanity("alpha", Purpose::Person).await, Ok(None));
        stage.clock.advance(SignedDuration::from_mins(1));
        assert_eq!(steam.resolve_vanity("alpha", Purpose::Person).await, Ok(Some(steam_id(123_456))));
    }

    #[tokio::test]
    async fn a_name_that_steam_does_not_allow_is_not_asked_for() {
        let stage = Stage::playing([]).await;
        for name in ["", "a", "with blank", "semi;colon", "ümlaut", "../x", &"a".repeat(33)] {
            assert_eq!(stage.steam().resolve_vanity(name, Purpose::Person).await, Ok(None), "{name:?}");
        }
        assert!(stage.requests().await.is_empty());
    }

    #[tokio::test]
    async fn without_a_key_steam_says_so_and_is_not_asked() {
        let stage = Stage::playing([]).await;
        let steam = Steam::new(Options { secret: None, ..stage.options() }).unwrap();
        let missing = Trouble { service: Service::Steam, kind: TroubleKind::TokenMissing };
        assert_eq!(steam.resolve_vanity("alpha", Purpose::Person).await, Err(missing));
        assert_eq!(steam.personas(&[steam_id(1)], Purpose::Person).await, Err(missing));
        assert_eq!(steam.status().trouble, Some(missing));
        assert!(!steam.status().configured);
        assert!(stage.requests().await.is_empty());
    }

    #[tokio::test]
    async fn a_refused_key_is_named_and_not_tried_again() {
        for status in [401, 403] {
            let stage = Stage::playing([stage::status(status, FORBIDDEN)]).await;
            let steam = stage.steam();
            let refused = Trouble { service: Service::Steam, kind: TroubleKind::TokenRefused };
            assert_eq!(steam.resolve_vanity("alpha", Purpose::Person).await, Err(refused));
            assert_eq!(stage.requests().await.len(), 1);
            assert_eq!(steam.status().trouble, Some(refused));
        }
    }

    #[tokio::test]
    async fn each_odd_answer_has_its_name() {
        use TroubleKind::{Down, Forbidden, LimitReached, Rejected};
        let odd = json!({"response": {"success": 15}});
        let shape = TroubleKind::Unreadable { what: Unreadable::Shape };
        for (answer, kind, requests) in [
            (stage::status(400, "<html>Bad Request</html>"), Rejected, 1),
            (stage::status(403, "{\"success\":false}"), Forbidden, 1),
            (stage::status(404, "<html>Not Found</html>"), Rejected, 1),
            (stage::status(503, ""), Down { status: 503 }, 3),
            (stage::json(&odd), shape, 1),
            (stage::json(&json!({})), shape, 1),
            (stage::status(200, "<html>maintenance</html>"), TroubleKind::Unreadable { what: Unreadable::Html }, 1),
            (
                ResponseTemplate::new(429).insert_header("retry-after", "60"),
                LimitReached { until: stage::time("2026-10-01T12:01:00Z") },
                1,
            ),
        ] {
            let stage = Stage::playing(vec![answer; 3]).await;
            assert_eq!(
                stage.steam().resolve_vanity("alpha", Purpose::Person).await.map_err(|trouble| trouble.kind),
                Err(kind)
            );
            assert_eq!(stage.requests().await.len(), requests, "{kind:?}");
        }
    }

    #[tokio::test]
    async fn a_passing_limit_is_sat_out() {
        let stage = Stage::playing([stage::status(429, "<html>Too Many Requests</html>"), found()]).await;
        assert_eq!(stage.steam().resolve_vanity("alpha", Purpose::Person).await, Ok(Some(steam_id(123_456))));
        assert_eq!(stage.elapsed(), SignedDuration::from_secs(2));
    }

    #[tokio::test]
    async fn two_hundred_and_fifty_names_take_three_requests() {
        let stage = Stage::playing([players(1..=100), players(101..=200), players(201..=250)]).await;
        let ids: Vec<SteamId> = (1..=250).chain(1..=10).map(steam_id).collect();
        let personas = stage.steam().personas(&ids, Purpose::Person).await.unwrap();
        assert_eq!(personas.len(), 250);
        assert_eq!(personas[&steam_id(7)].name, "Name 7");
        let batches: Vec<usize> = stage.asked().await.iter().map(|asked| asked.matches(',').count() + 1).collect();
        assert_eq!(batches, [100, 100, 50]);
    }

    #[tokio::test]
    async fn names_are_remembered_for_ten_minutes_and_unknown_accounts_are_missing() {
        let stage = Stage::playing([players([2, 1, 99]), players([3]), players([1])]).await;
        let steam = stage.steam();
        let known = steam.personas(&[steam_id(1), steam_id(2), steam_id(5)], Purpose::Person).await.unwrap();
        assert_eq!(known.len(), 2, "neither the unknown account nor one that nobody asked for");
        assert_eq!(steam.personas(&[steam_id(1), steam_id(3)], Purpose::Person).await.unwrap().len(), 2);
        stage.clock.advance(SignedDuration::from_mins(10));
        assert_eq!(steam.personas(&[steam_id(1)], Purpose::Person).await.unwrap().len(), 1);
        assert!(stage.asked().await[1].contains("steamids=76561197960265731&"));
        assert_eq!(stage.requests().await.len(), 3);
        assert!(steam.personas(&[], Purpose::Person).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn the_key_and_the_names_stay_out_of_log_and_errors() {
        let (log, _guard) = stage::log();
        let stage = Stage::playing([stage::status(403, FORBIDDEN), found()]).await;
        let steam = stage.steam();
        let refused = steam.resolve_vanity("somebody", Purpose::Person).await.unwrap_err();
        steam.resolve_vanity("somebody", Purpose::Person).await.unwrap();
        let lost = Steam::new(stage::options(stage::NOBODY, &stage.clock)).unwrap();
        let unreachable = lost.resolve_vanity("somebody", Purpose::Person).await.unwrap_err();
        let told = format!("{} {refused:?} {unreachable:?} {steam:?} {:?}", log.text(), steam.recent());
        assert!(told.contains("/ISteamUser/ResolveVanityURL/v1") && told.contains("no answer"), "{told}");
        for hidden in [SECRET, "somebody", "key="] {
            assert!(!told.contains(hidden), "{hidden}: {told}");
        }
    }

    #[test]
    fn the_memory_does_not_grow_without_end() {
        let mut memory = Memory::default();
        let now = stage::now();
        for number in 0..3 * ROOM {
            memory.put(number, (), now, PERSONA_HOLDS);
        }
        assert!(memory.0.len() <= ROOM);
        assert!(memory.get(&(3 * ROOM - 1), now).is_some());
    }
}

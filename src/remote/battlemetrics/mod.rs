//! BattleMetrics' API: what is asked, with which parameters, and how often a list is followed.
//!
//! How the answers are spelt is in [`wire`]; tries, limits and errors are the line's. Parameters are only those that the
//! service is known to take: one that it does not know costs the whole request (400).

mod loose;
mod wire;

use std::{
    collections::HashSet,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use jiff::SignedDuration;
use serde_json::Value;
use url::Url;

use self::wire::RosterDocument;
use super::{
    Options, body,
    line::{Ask, Line},
};
use crate::{
    clock::Clock,
    domain::{
        budget::Plan,
        facts::{Acquaintance, Past, Player, PlayerHit, Roster, Server, ServerStatus},
        ids::{PlayerId, ServerId},
        report::{Purpose, RecentTrouble, ServiceStatus},
        trouble::{Service, Trouble, TroubleKind, Unreadable},
    },
};

/// Half of the documented 300 a minute and less than half of 45 a second: the token may serve another program too.
const PLAN: Plan = Plan { per_minute: 150, per_second: 20, first_pause: SignedDuration::from_secs(45) };

/// The largest page that lists take.
const PAGE: &str = "100";

/// Not more pages than this are followed, whatever is asked.
const MOST_PAGES: usize = 50;

/// About 700 bytes a player, and a thousand players, many times over.
const ROSTER_BYTES: usize = 8 << 20;

/// A hundred servers with long descriptions.
const MOST_BYTES: usize = 4 << 20;

/// A longer name nobody has; the rest of it would only make the address long.
const MOST_SEARCH_CHARS: usize = 128;

/// The client. Clones share one budget.
#[derive(Clone)]
pub struct BattleMetrics(Arc<Inner>);

struct Inner {
    line: Line,
    clock: Arc<dyn Clock>,
    /// `include=player,session` was refused: other plans may lack it.
    no_sessions_in_roster: AtomicBool,
}

impl BattleMetrics {
    /// A client with a budget of its own.
    ///
    /// # Errors
    /// When the base is no http address or TLS cannot be set up.
    pub fn new(options: Options) -> anyhow::Result<Self> {
        let clock = Arc::clone(&options.clock);
        let line = Line::new(Service::BattleMetrics, PLAN, options)?;
        Ok(Self(Arc::new(Inner { line, clock, no_sessions_in_roster: AtomicBool::new(false) })))
    }

    /// Up to 100 Rust servers whose names hold the words of `name`: those online first, else as the service ranks them.
    ///
    /// # Errors
    /// What went wrong with the service.
    pub async fn search_servers(&self, name: &str, purpose: Purpose) -> Result<Vec<Server>, Trouble> {
        let mut url = self.0.line.url(["servers"]);
        url.query_pairs_mut()
            .append_pair("filter[search]", &searched(name))
            .append_pair("filter[game]", wire::RUST)
            .append_pair("fields[server]", wire::SERVER_FIELDS)
            .append_pair("page[size]", PAGE);
        let document = self.get("/servers", url, purpose, MOST_BYTES).await?;
        let mut servers = wire::each(self.data_list(&document)?, "servers", wire::rust_server);
        servers.sort_by_key(|server| server.status != ServerStatus::Online);
        Ok(servers)
    }

    /// One server.
    ///
    /// # Errors
    /// What went wrong with the service; a server of another game is [`TroubleKind::NotFound`].
    pub async fn server(&self, id: ServerId, purpose: Purpose) -> Result<Server, Trouble> {
        let url = self.0.line.url(["servers", &id.to_string()]);
        let document = self.get("/servers/{id}", url, purpose, MOST_BYTES).await?;
        self.read_server(document.get("data").unwrap_or(&Value::Null), id)
    }

    /// A server with everybody who is on it. A session's start is that of the open session, else reckoned back from the
    /// connected time, else unknown.
    ///
    /// # Errors
    /// What went wrong with the service; a server of another game is [`TroubleKind::NotFound`].
    pub async fn roster(&self, id: ServerId, purpose: Purpose) -> Result<Roster, Trouble> {
        let document = self.fetch_roster(id, purpose).await?;
        let server = self.read_server(&document.data, id)?;
        Ok(Roster { server, online: wire::online(document, id, self.0.clock.now()) })
    }

    /// Up to 100 players who carry or carried `name`, as the service finds them, else those whose name holds its words.
    /// The service's idea of "the same name" is its own, so compare again. With a server only those seen there, and then with what it remembers of them there.
    ///
    /// # Errors
    /// What went wrong with the service.
    pub async fn search_players(
        &self,
        name: &str,
        server: Option<ServerId>,
        purpose: Purpose,
    ) -> Result<Vec<PlayerHit>, Trouble> {
        let exact = match exactly(name) {
            Some(search) => self.players_by(&search, server, purpose).await?,
            None => Vec::new(),
        };
        // Half a name is what people type on a phone; a second request only for those whom the first did not help.
        if exact.is_empty() { self.players_by(&words(name), server, purpose).await } else { Ok(exact) }
    }

    async fn players_by(
        &self,
        search: &str,
        server: Option<ServerId>,
        purpose: Purpose,
    ) -> Result<Vec<PlayerHit>, Trouble> {
        let mut url = self.0.line.url(["players"]);
        url.query_pairs_mut().append_pair("filter[search]", search).append_pair("page[size]", PAGE);
        if let Some(server) = server {
            url.query_pairs_mut().append_pair("filter[servers]", &server.to_string());
        }
        let document = self.get("/players", url, purpose, MOST_BYTES).await?;
        Ok(wire::each(self.data_list(&document)?, "players", |player| wire::player_hit(player, server)))
    }

    /// One player with the names that were seen before.
    ///
    /// # Errors
    /// What went wrong with the service.
    pub async fn player(&self, id: PlayerId, purpose: Purpose) -> Result<Player, Trouble> {
        let mut url = self.0.line.url(["players", &id.to_string()]);
        url.query_pairs_mut().append_pair("include", "identifier");
        let document = self.get("/players/{id}", url, purpose, MOST_BYTES).await?;
        wire::player(&document).ok_or_else(|| self.0.line.unreadable(Unreadable::Shape))
    }

    /// What is remembered of a player on a server; `None` when they never met.
    ///
    /// # Errors
    /// What went wrong with the service.
    pub async fn acquaintance(
        &self,
        player: PlayerId,
        server: ServerId,
        purpose: Purpose,
    ) -> Result<Option<Acquaintance>, Trouble> {
        let url = self.0.line.url(["players", &player.to_string(), "servers", &server.to_string()]);
        match self.get("/players/{id}/servers/{id}", url, purpose, MOST_BYTES).await {
            Ok(document) => wire::acquaintance(&document).ok_or_else(|| self.0.line.unreadable(Unreadable::Shape)),
            Err(Trouble { kind: TroubleKind::NotFound, .. }) => Ok(None),
            Err(trouble) => Err(trouble),
        }
    }

    /// A player's sessions on a server, newest first, from at most `pages` pages of a hundred.
    ///
    /// # Errors
    /// What went wrong with the service. A link to another host is [`Unreadable::Elsewhere`] and is not followed.
    pub async fn sessions(
        &self,
        player: PlayerId,
        server: ServerId,
        pages: usize,
        purpose: Purpose,
    ) -> Result<Past, Trouble> {
        let mut first = self.0.line.url(["players", &player.to_string(), "relationships", "sessions"]);
        first.query_pairs_mut().append_pair("filter[servers]", &server.to_string()).append_pair("page[size]", PAGE);
        let mut sessions = Vec::new();
        let mut seen_sessions = HashSet::new();
        let mut seen_pages = HashSet::new();
        let mut next = Some(first.clone());
        while let Some(url) = next.take_if(|_| seen_pages.len() < pages.min(MOST_PAGES)) {
            if !seen_pages.insert(url.clone()) {
                break;
            }
            let document = self.get("/players/{id}/relationships/sessions", url, purpose, MOST_BYTES).await?;
            // Pages overlap when a session begins between two requests.
            let new =
                |session: &Value| seen_sessions.insert(body::at(session, "/id")?.as_str()?.to_owned()).then_some(());
            let data: Vec<&Value> = self.data_list(&document)?.iter().collect();
            sessions.extend(wire::sessions(data, player, server, new));
            next = self.next_page(&document, &first)?;
        }
        wire::newest_first(&mut sessions);
        Ok(Past { sessions, goes_on: next.is_some() })
    }

    /// How the service stands now.
    pub fn status(&self) -> ServiceStatus {
        self.0.line.status()
    }

    /// The last failures, newest first.
    pub fn recent(&self) -> Vec<RecentTrouble> {
        self.0.line.recent()
    }

    /// By how much this machine's clock was ahead of the service's at its last answer (negative: behind); none before.
    pub fn clock_ahead(&self) -> Option<SignedDuration> {
        self.0.line.clock_ahead()
    }

    async fn fetch_roster(&self, id: ServerId, purpose: Purpose) -> Result<RosterDocument, Trouble> {
        let fetch = async |include: &str| {
            let mut url = self.0.line.url(["servers", &id.to_string()]);
            url.query_pairs_mut().append_pair("include", include);
            self.0.line.get(&Ask { path: "/servers/{id}", url, purpose, most_bytes: ROSTER_BYTES }).await
        };
        if !self.0.no_sessions_in_roster.load(Ordering::Relaxed) {
            match fetch("player,session").await {
                // The same 403 stands for a plan without sessions and for one without anything.
                Err(Trouble {
                    kind: TroubleKind::Rejected | TroubleKind::Forbidden | TroubleKind::NoSubscription,
                    ..
                }) => {}
                outcome => return outcome,
            }
        }
        let document = fetch("player").await?;
        // Only now is it known that the sessions were what it did not like.
        self.0.no_sessions_in_roster.store(true, Ordering::Relaxed);
        Ok(document)
    }

    async fn get(&self, path: &'static str, url: Url, purpose: Purpose, most_bytes: usize) -> Result<Value, Trouble> {
        self.0.line.get(&Ask { path, url, purpose, most_bytes }).await
    }

    fn read_server(&self, resource: &Value, id: ServerId) -> Result<Server, Trouble> {
        if body::id(resource, "/id") != Some(id) {
            return Err(self.0.line.unreadable(Unreadable::Shape));
        }
        wire::rust_server(resource).ok_or_else(|| self.0.line.trouble(TroubleKind::NotFound))
    }

    fn data_list<'a>(&self, document: &'a Value) -> Result<&'a [Value], Trouble> {
        let list = body::at(document, "/data").and_then(Value::as_array);
        list.map(Vec::as_slice).ok_or_else(|| self.0.line.unreadable(Unreadable::Shape))
    }

    /// Where the list goes on. The service may leave out the filters in its links, so `first`'s are put back.
    fn next_page(&self, document: &Value, first: &Url) -> Result<Option<Url>, Trouble> {
        let Some(link) = body::at(document, "/links/next").and_then(Value::as_str) else { return Ok(None) };
        let next = first.join(link).ok().filter(|next| self.0.line.is_home(next));
        let mut next = next.ok_or_else(|| self.0.line.unreadable(Unreadable::Elsewhere))?;
        for (name, value) in first.query_pairs() {
            if next.query_pairs().all(|(present, _)| present != name) {
                next.query_pairs_mut().append_pair(&name, &value);
            }
        }
        Ok(Some(next))
    }
}

/// For `fuzz/`: reads bytes as everything that they may be an answer to.
#[cfg(fuzzing)]
pub(super) fn read_all(service: &BattleMetrics, bytes: &[u8]) -> anyhow::Result<()> {
    let (server, player) = ("1".parse()?, "1".parse()?);
    let now = service.0.clock.now();
    if let Ok(roster) = body::parse::<RosterDocument>(bytes) {
        let _ = service.read_server(&roster.data, server);
        assert!(wire::online(roster, server, now).iter().all(|online| online.since.is_none_or(|since| since <= now)));
    }
    let Ok(document) = body::parse::<Value>(bytes) else { return Ok(()) };
    if let Ok(list) = service.data_list(&document) {
        wire::each(list, "servers", wire::rust_server);
        wire::each(list, "players", |hit| wire::player_hit(hit, Some(server)));
        wire::newest_first(&mut wire::sessions(list, player, server, |_| Some(())));
    }
    let _ = (wire::player(&document), wire::acquaintance(&document));
    let first = service.0.line.url(["players"]);
    if let Ok(Some(next)) = service.next_page(&document, &first) {
        assert!(service.0.line.is_home(&next), "{next} is elsewhere");
    }
    Ok(())
}

impl fmt::Debug for BattleMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BattleMetrics")
    }
}

fn searched(name: &str) -> String {
    name.trim().chars().take(MOST_SEARCH_CHARS).collect()
}

/// In quotes the service looks for the whole name; as words, a common name drowns in all that contain it. None for a
/// name that holds quotes itself.
fn exactly(name: &str) -> Option<String> {
    let name = searched(name);
    (!name.contains('"')).then(|| format!("\"{name}\""))
}

/// The words of a name, for what it is a part of.
fn words(name: &str) -> String {
    searched(name).replace('"', " ").trim().to_owned()
}

#[cfg(test)]
mod tests;

//! The pretend world: BattleMetrics and Steam on loopback, for the demo and for stories.
//!
//! This file binds the two services, holds the stage directions and keeps the record. The room names no other room but
//! the clock: its ids are plain numbers and its answers are JSON. Nobody but the demo and tests may know that it exists.

mod answer;
mod battlemetrics;
pub mod cast;
mod dice;
mod directing;
mod faults;
mod jsonapi;
pub mod names;
mod people;
mod places;
mod resources;
mod search;
mod steam;
mod switches;
#[cfg(test)]
mod tests;
mod world;

use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::to_bytes,
    extract::{Query, State},
    http::{StatusCode, header},
    response::Response,
};
use jiff::Timestamp;
use tower_http::compression::CompressionLayer;

use self::{
    answer::{Answer, Incoming},
    switches::Limiter,
};
pub use self::{
    answer::{Request, Service},
    faults::{Fault, Planned},
    places::{Details, Server},
    switches::{NeverSeen, RetryAfter, Switches, TokenState},
    world::{Account, HISTORY, Profile, START, Seat, Session, Visit, World},
};
use crate::clock::Clock;

/// What a world is made from.
#[derive(Clone)]
pub struct SimOptions {
    /// The same seed gives the same world.
    pub seed: u64,
    /// Tells the time in the world, also to the rate limit.
    pub clock: Arc<dyn Clock>,
    /// How long each answer takes at least, slept through for real.
    pub latency: Duration,
}

impl fmt::Debug for SimOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimOptions").field("seed", &self.seed).field("latency", &self.latency).finish_non_exhaustive()
    }
}

/// A handle on the pretend services; clones lead to the same ones.
#[derive(Clone)]
pub struct Sim {
    stage: Arc<Stage>,
}

struct Stage {
    clock: Arc<dyn Clock>,
    battlemetrics: SocketAddr,
    steam: SocketAddr,
    battlemetrics_token: String,
    steam_key: String,
    world: Mutex<Arc<World>>,
    switches: Mutex<Switches>,
    limiter: Mutex<Limiter>,
    faults: Mutex<Vec<(Service, Planned)>>,
    requests: Mutex<Vec<Request>>,
    latency: Mutex<Duration>,
}

impl fmt::Debug for Sim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Stage { battlemetrics, steam, .. } = &*self.stage;
        f.debug_struct("Sim").field("battlemetrics", battlemetrics).field("steam", steam).finish_non_exhaustive()
    }
}

/// Nothing is left half done when a story panics, so a poisoned lock is as good as any.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sim {
    /// Builds the world and binds a free port on loopback for each service. The services answer while the future runs;
    /// it never ends by itself. Errors when no port can be bound.
    pub fn bind(options: SimOptions) -> io::Result<(Self, impl Future<Output = ()> + Send + 'static)> {
        let (battlemetrics, steam) = (listener()?, listener()?);
        let SimOptions { seed, clock, latency } = options;
        let sim = Self {
            stage: Arc::new(Stage {
                clock,
                battlemetrics: battlemetrics.local_addr()?,
                steam: steam.local_addr()?,
                battlemetrics_token: format!("pretend-battlemetrics-token-{seed}"),
                steam_key: format!("{:032X}", u128::from(seed) + 0x5EED),
                world: Mutex::new(Arc::new(World::new(seed))),
                switches: Mutex::default(),
                limiter: Mutex::default(),
                faults: Mutex::default(),
                requests: Mutex::default(),
                latency: Mutex::new(latency),
            }),
        };
        let services = [(battlemetrics, Service::BattleMetrics), (steam, Service::Steam)]
            .map(|(listener, service)| run(sim.clone(), service, listener));
        Ok((sim, async move {
            let [battlemetrics, steam] = services;
            for result in <[io::Result<()>; 2]>::from(tokio::join!(battlemetrics, steam)) {
                if let Err(error) = result {
                    tracing::error!(%error, "a pretend service stopped");
                }
            }
        }))
    }

    /// Base URL of BattleMetrics, without a slash at the end.
    pub fn battlemetrics_url(&self) -> String {
        format!("http://{}", self.stage.battlemetrics)
    }

    /// Base URL of Steam, without a slash at the end.
    pub fn steam_url(&self) -> String {
        format!("http://{}", self.stage.steam)
    }

    /// The one token that BattleMetrics knows.
    pub fn battlemetrics_token(&self) -> &str {
        &self.stage.battlemetrics_token
    }

    /// The one key that Steam knows.
    pub fn steam_key(&self) -> &str {
        &self.stage.steam_key
    }

    /// The world as it is directed now.
    pub fn world(&self) -> Arc<World> {
        lock(&self.stage.world).clone()
    }

    /// The time in the world.
    pub fn now(&self) -> Timestamp {
        self.stage.clock.now()
    }

    /// How the services behave now.
    pub fn switches(&self) -> Switches {
        lock(&self.stage.switches).clone()
    }

    /// Changes how the services behave.
    pub fn switch(&self, change: impl FnOnce(&mut Switches)) {
        change(&mut lock(&self.stage.switches));
    }

    fn latency(&self) -> Duration {
        *lock(&self.stage.latency)
    }

    /// Changes how long each answer takes at least.
    pub fn set_latency(&self, latency: Duration) {
        *lock(&self.stage.latency) = latency;
    }

    /// Lets something go wrong with a service. Of several faults that fit a request the oldest strikes.
    pub fn fault(&self, service: Service, fault: impl Into<Planned>) {
        lock(&self.stage.faults).push((service, fault.into()));
    }

    /// Everything works again.
    pub fn clear_faults(&self) {
        lock(&self.stage.faults).clear();
    }

    /// Every request since the beginning or since they were forgotten, oldest first.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.stage.requests).clone()
    }

    /// Requests for something that does not exist: endpoint, method, parameter.
    pub fn unexpected(&self) -> Vec<Request> {
        lock(&self.stage.requests).iter().filter(|request| !request.expected).cloned().collect()
    }

    /// Starts the record anew.
    pub fn forget_requests(&self) {
        lock(&self.stage.requests).clear();
    }

    fn admit(&self, at: Timestamp, switches: &Switches) -> Result<usize, i64> {
        lock(&self.stage.limiter).admit(at, switches.per_minute, switches.per_second)
    }
}

/// Stage directions, effective at once. Whoever was directed to come or go does nothing else any more until directed
/// again.
///
/// # Panics
///
/// Each when it names a player or a server that does not exist: the story itself is wrong then.
impl Sim {
    /// The player comes onto the server now; a session elsewhere ends.
    pub fn joins(&self, player: u64, server: u64) {
        self.joins_at(player, server, self.now());
    }

    /// The player came onto the server at that instant.
    pub fn joins_at(&self, player: u64, server: u64, at: Timestamp) {
        let done = self.direct(|world| world.direct(player, Some(server), at));
        assert!(done, "no player {player} or no server {server} in this world");
    }

    /// The player leaves the server now. Also panics when the player is not there.
    pub fn leaves(&self, player: u64, server: u64) {
        self.leaves_at(player, server, self.now());
    }

    /// The player left the server at that instant. Also panics when the player was not there.
    pub fn leaves_at(&self, player: u64, server: u64, at: Timestamp) {
        let there = self.world().whereabouts(player, at);
        assert!(there == Some(server), "player {player} is not on server {server} but on {there:?}");
        assert!(self.direct(|world| world.direct(player, None, at)), "no player {player} in this world");
    }

    /// The player carries another name from now on.
    pub fn rename(&self, player: u64, name: &str) {
        let now = self.now();
        assert!(self.direct(|world| world.rename(player, name, now)), "no player {player} in this world");
    }

    /// The player switches the public profile off or on.
    pub fn set_private(&self, player: u64, private: bool) {
        assert!(self.direct(|world| world.set_private(player, private)), "no player {player} in this world");
    }

    /// Changes anything about a server.
    pub fn change_server(&self, server: u64, change: impl FnOnce(&mut Server)) {
        let done = self.direct(|world| world.server_mut(server).map(change).is_some());
        assert!(done, "no server {server} in this world");
    }

    /// BattleMetrics cannot query the server from now on: the roster stands still and says `queryStatus: timeout`.
    pub fn freeze(&self, server: u64) {
        let now = self.now();
        self.change_server(server, |server| server.frozen_since = Some(now));
    }

    /// BattleMetrics can query the server again, and knows what it missed.
    pub fn thaw(&self, server: u64) {
        self.change_server(server, |server| server.frozen_since = None);
    }

    /// The server is `online`, `offline`, `dead` … from now on. Whoever is on a server that goes down leaves it.
    pub fn set_status(&self, server: u64, status: &str) {
        let now = self.now();
        self.change_server(server, |server| {
            let open = server.outages.last_mut().filter(|(_, until)| until.is_none());
            match (status, open) {
                ("online", Some((_, until))) => *until = Some(now),
                ("online", None) | (_, Some(_)) => {}
                (_, None) => server.outages.push((now, None)),
            }
            status.clone_into(&mut server.status);
        });
    }

    /// The server says `valid`, `invalid`, `timeout` or nothing about its last query; the roster goes on changing.
    pub fn set_query_status(&self, server: u64, query_status: Option<&str>) {
        self.change_server(server, |server| server.query_status = query_status.map(str::to_owned));
    }

    /// The server says that it was last refreshed then; without an instant, within the last minute.
    pub fn set_updated_at(&self, server: u64, updated_at: Option<Timestamp>) {
        self.change_server(server, |server| server.updated_at = updated_at);
    }

    /// The server has that many places.
    pub fn set_max_players(&self, server: u64, places: u32) {
        self.change_server(server, |server| server.max_players = places);
    }

    /// A new player who does nothing until directed; the id.
    pub fn add_player(&self, name: &str) -> u64 {
        let now = self.now();
        self.direct(|world| world.add_player(name, now))
    }

    /// A new, empty, healthy server; the id.
    pub fn add_server(&self, name: &str) -> u64 {
        self.direct(|world| world.add_server(name))
    }

    fn direct<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(Arc::make_mut(&mut lock(&self.stage.world)))
    }
}

fn listener() -> io::Result<TcpListener> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

async fn run(sim: Sim, service: Service, listener: TcpListener) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let router = Router::new().fallback(serve).with_state((sim, service)).layer(CompressionLayer::new());
    axum::serve(listener, router).await
}

/// Answers as of the arrival and records at once, so that a client that gives up waiting is on record too.
async fn serve(State((sim, service)): State<(Sim, Service)>, request: axum::extract::Request) -> Response {
    let Some(request) = take_apart(&sim, service, request).await else {
        return Answer::html(StatusCode::BAD_REQUEST, "").into_response();
    };
    let mut answer = sim.answer(service, &request);
    let mut delay = sim.latency();
    if let Some(fault) = sim.next_fault(service, &request.path) {
        answer = faults::spoil(&fault, answer, &request, |status| sim.error(service, status));
        delay += fault.delay();
    }
    if service == Service::BattleMetrics {
        answer = battlemetrics::with_date(answer, sim.now());
    }
    sim.record(service, &request, &answer);
    wait(delay).await;
    answer.into_response()
}

#[expect(clippy::disallowed_methods, reason = "a slow network is slow whatever the world's clock shows")]
async fn wait(duration: Duration) {
    if !duration.is_zero() {
        tokio::time::sleep(duration).await;
    }
}

/// The parts of a request; `None` for a query that is not one or a body of more than 1 MiB.
async fn take_apart(sim: &Sim, service: Service, request: axum::extract::Request) -> Option<Incoming> {
    let (parts, body) = request.into_parts();
    let Query(query) = Query::try_from_uri(&parts.uri).ok()?;
    Some(Incoming {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query,
        headers: parts.headers,
        body: to_bytes(body, 1 << 20).await.ok()?,
        base: match service {
            Service::BattleMetrics => sim.battlemetrics_url(),
            Service::Steam => sim.steam_url(),
        },
    })
}

impl Sim {
    fn answer(&self, service: Service, request: &Incoming) -> Answer {
        match service {
            Service::BattleMetrics => battlemetrics::answer(self, request),
            Service::Steam => steam::answer(self, request),
        }
    }

    fn error(&self, service: Service, status: StatusCode) -> Answer {
        match (service, status) {
            (Service::BattleMetrics, StatusCode::TOO_MANY_REQUESTS) => {
                battlemetrics::too_many(&self.switches(), self.now(), 30)
            }
            (service, status) => faults::error_of(service, status),
        }
    }

    fn next_fault(&self, service: Service, path: &str) -> Option<Fault> {
        let mut faults = lock(&self.stage.faults);
        let fault = faults.iter_mut().filter(|(of, _)| *of == service).find_map(|(_, planned)| planned.strike(path));
        faults.retain(|(_, planned)| !planned.is_spent());
        fault
    }

    fn record(&self, service: Service, request: &Incoming, answer: &Answer) {
        let shown = |(name, value): &(String, String)| {
            let secret = matches!(name.as_str(), "key" | "access_token");
            (name.clone(), if secret { "[redacted]".to_owned() } else { value.clone() })
        };
        lock(&self.stage.requests).push(Request {
            service,
            method: request.method.to_string(),
            path: request.path.clone(),
            query: request.query.iter().map(shown).collect(),
            user_agent: request.header(header::USER_AGENT).map(str::to_owned),
            authorized: request.headers.contains_key(header::AUTHORIZATION),
            status: answer.visible_status(),
            expected: answer.expected,
        });
    }
}

//! The stage: a pretend world, the real clients, a database of its own and a clock that all of them share.
//!
//! No story is told here, and nothing is checked but that nobody asked the services for something that does not exist.

use std::{fmt::Debug, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use rustops::{
    app::{App, Asker, Rights},
    clock::{Clock as _, ManualClock},
    domain::{
        budget::Plan,
        facts::FormerName,
        ids::{GuildKey, PlayerId, RoleId, ServerId, SteamId},
        notice::Notice,
        presence::Presence,
        report::{Choice, GroupCheck, MemberAdded, Outcome, ServerSet},
        trouble::{Service, Trouble, TroubleKind},
    },
    error::{Error, Result},
    remote::{BattleMetrics, Options, Steam},
    sim::{Sim, SimOptions, World, cast},
    store::{Store, players},
};
use secrecy::SecretString;
use tempfile::TempDir;

/// The team of the cast, as the stories call it.
pub(crate) const BASE: &str = "Purple Base";

/// How long a request may take for real; the pretend services answer at once.
const TIMEOUT: Duration = Duration::from_secs(20);

pub(crate) struct Stage {
    pub(crate) sim: Sim,
    pub(crate) clock: ManualClock,
    pub(crate) app: App,
    /// The person at the terminal.
    pub(crate) me: Asker,
    store: Store,
    folder: TempDir,
}

/// What differs from story to story.
pub(crate) struct Cast {
    pub(crate) token: Option<&'static str>,
    pub(crate) steam_key: bool,
    pub(crate) timeout: Duration,
    pub(crate) plan: Option<Plan>,
}

impl Default for Cast {
    fn default() -> Self {
        Self { token: None, steam_key: true, timeout: TIMEOUT, plan: None }
    }
}

impl Stage {
    /// An empty database before the world as it begins.
    pub(crate) fn empty() -> Self {
        Self::with(Cast::default())
    }

    pub(crate) fn with(cast: Cast) -> Self {
        let clock = ManualClock::hasty(World::START);
        let options = SimOptions { seed: 7, clock: Arc::new(clock.clone()), latency: Duration::ZERO };
        let (sim, services) = Sim::bind(options).unwrap();
        spawn(services);
        let folder = tempfile::tempdir().unwrap();
        let store = open(&clock, &folder);
        let app = app(&sim, &clock, store.clone(), &cast);
        Self { sim, clock, app, me: Asker::terminal(GuildKey::local()), store, folder }
    }

    /// The same with Rusty Moose set.
    pub(crate) async fn on_the_moose() -> Self {
        let stage = Self::empty();
        stage.set_server(cast::RUSTY_MOOSE).await;
        stage.sim.forget_requests();
        stage
    }

    /// The same with the seven of Purple Base in a group.
    pub(crate) async fn with_purple_base() -> Self {
        let stage = Self::on_the_moose().await;
        for person in cast::PURPLE_BASE {
            stage.add(BASE, &person.id.to_string()).await;
        }
        stage.sim.forget_requests();
        stage
    }

    /// Another process with the same file, clock and services.
    pub(crate) fn another_process(&self) -> App {
        self.process_of(&Cast::default())
    }

    pub(crate) fn process_of(&self, cast: &Cast) -> App {
        app(&self.sim, &self.clock, open(&self.clock, &self.folder), cast)
    }

    /// The disk has no room for another page from now on, or has room again.
    pub(crate) async fn disk_is_full(&self, full: bool) {
        let pages = if full { 1 } else { 1_000_000 };
        let limit = self.store.write(move |tx| {
            tx.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).map_err(anyhow::Error::from)
        });
        limit.await.unwrap();
    }

    /// These have been seen somewhere before.
    pub(crate) async fn are_known(&self, people: &[(PlayerId, String)]) {
        let (people, now) = (people.to_vec(), self.now());
        self.store.write(move |tx| players::remember(tx, &people, now)).await.unwrap();
    }

    /// Somebody who is known had another name once.
    pub(crate) async fn were_called(&self, player: u64, name: &str) {
        let former = FormerName { name: name.to_owned(), last_seen: None };
        self.store.write(move |tx| players::remember_former(tx, player_id(player), &[former])).await.unwrap();
    }

    /// The name that is kept of somebody.
    pub(crate) async fn known_name(&self, player: u64) -> Option<String> {
        let known = self.store.read(move |conn| players::get(conn, player_id(player))).await.unwrap();
        known.map(|known| known.name)
    }

    pub(crate) async fn set_server(&self, id: u64) -> ServerSet {
        done(self.app.server_set(&self.me, &id.to_string()).await)
    }

    pub(crate) async fn add(&self, group: &str, player: &str) -> MemberAdded {
        done(self.app.group_add(&self.me, group, player, None).await)
    }

    pub(crate) async fn check(&self) -> GroupCheck {
        self.app.group_check(&self.me, BASE).await.unwrap()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn pass(&self, time: SignedDuration) {
        self.clock.advance(time);
    }

    /// Paths that were asked for since the last question, oldest first.
    pub(crate) fn asked(&self) -> Vec<String> {
        let paths = self.sim.requests().into_iter().map(|request| request.path).collect();
        self.mind();
        self.sim.forget_requests();
        paths
    }

    fn mind(&self) {
        assert_eq!(self.sim.unexpected(), [], "the services were asked for what they do not have");
        let refused: Vec<_> = self.sim.requests().into_iter().filter(|request| request.status == Some(400)).collect();
        assert_eq!(refused, [], "a parameter was not understood");
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.mind();
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a story has no wiring")]
fn spawn(services: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(services);
}

fn open(clock: &ManualClock, folder: &TempDir) -> Store {
    Store::open(&folder.path().join("rustops.db"), clock.now()).unwrap()
}

fn app(sim: &Sim, clock: &ManualClock, store: Store, cast: &Cast) -> App {
    let options = |url: String, secret: Option<&str>| Options {
        timeout: cast.timeout,
        plan: cast.plan,
        ..Options::new(url.parse().unwrap(), secret.map(SecretString::from), Arc::new(clock.clone()))
    };
    let token = cast.token.unwrap_or(sim.battlemetrics_token());
    let token = Some(token).filter(|token| !token.is_empty());
    let battlemetrics = BattleMetrics::new(options(sim.battlemetrics_url(), token)).unwrap();
    let key = cast.steam_key.then(|| sim.steam_key());
    let steam = Steam::new(options(sim.steam_url(), key)).unwrap();
    App::new(store, battlemetrics, steam, Arc::new(clock.clone()))
}

/// Somebody in a Discord guild without any special right.
pub(crate) fn member(guild: &str, roles: &[u64]) -> Asker {
    let roles = roles.iter().map(|role| RoleId::new(*role).unwrap()).collect();
    Asker {
        guild: guild.parse().unwrap(),
        actor: "200".to_owned(),
        actor_name: "Somebody".to_owned(),
        rights: Rights::Member { manages: false, roles },
    }
}

/// Somebody who may manage a Discord guild.
pub(crate) fn manager(guild: &str) -> Asker {
    Asker {
        actor: "100".to_owned(),
        actor_name: "The boss".to_owned(),
        rights: Rights::Member { manages: true, roles: Vec::new() },
        ..member(guild, &[])
    }
}

pub(crate) fn done<T: Debug>(result: Result<Outcome<T>>) -> T {
    match result.unwrap() {
        Outcome::Done(report) => report,
        Outcome::Choose(choice) => panic!("there was nothing to choose: {choice:?}"),
    }
}

pub(crate) fn choice<T: Debug>(result: Result<Outcome<T>>) -> Choice {
    match result.unwrap() {
        Outcome::Choose(choice) => choice,
        Outcome::Done(report) => panic!("it was done without a question: {report:?}"),
    }
}

/// What the user is told.
pub(crate) fn notice<T: Debug>(result: Result<T>) -> Notice {
    match result.unwrap_err() {
        Error::Notice(notice) => *notice,
        Error::Failure(failure) => panic!("a failure instead of a notice: {failure:?}"),
    }
}

pub(crate) fn outside(kind: TroubleKind) -> Notice {
    Notice::Outside { trouble: battlemetrics(kind) }
}

pub(crate) fn battlemetrics(kind: TroubleKind) -> Trouble {
    Trouble { service: Service::BattleMetrics, kind }
}

/// What is said of the member of that name.
pub(crate) fn presence(check: &GroupCheck, name: &str) -> Presence {
    let found = check.members.iter().find(|state| state.member.name == name);
    found.unwrap_or_else(|| panic!("no {name} in {check:?}")).presence.clone()
}

pub(crate) fn names(check: &GroupCheck) -> Vec<&str> {
    check.members.iter().map(|state| state.member.name.as_str()).collect()
}

pub(crate) fn player_id(id: u64) -> PlayerId {
    PlayerId::new(id).unwrap()
}

pub(crate) fn server_id(id: u64) -> ServerId {
    ServerId::new(id).unwrap()
}

pub(crate) fn steam_id(id: u64) -> SteamId {
    SteamId::new(id).unwrap()
}

pub(crate) fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

pub(crate) fn mins(mins: i64) -> SignedDuration {
    SignedDuration::from_mins(mins)
}

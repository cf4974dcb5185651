//! The stage: a pretend world, an app that watches it, a clock moved by hand.
//!
//! No story is told here.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use rustops::{
    app::{App, Asker, Step, WatchOptions},
    clock::{Clock, ManualClock},
    domain::{
        ids::{GuildKey, PlayerId, ServerId},
        report::GroupCheck,
        schedule,
        session::Span,
    },
    remote::{BattleMetrics, Options, Steam},
    sim::{Sim, SimOptions, World},
    store::{
        Store, groups, guilds, players, servers,
        sessions::{self, Visit},
        watch,
    },
};
use tempfile::TempDir;

pub(crate) const MINUTE: SignedDuration = SignedDuration::from_mins(1);

pub(crate) struct Stage {
    pub(crate) sim: Sim,
    /// The world's.
    pub(crate) clock: ManualClock,
    /// The bot's: the world's, unless somebody sets it wrong.
    pub(crate) wrong: WrongClock,
    pub(crate) app: App,
    pub(crate) me: Asker,
    pub(crate) store: Store,
    options: WatchOptions,
    folder: TempDir,
}

/// A server with one guest, who is tracked.
pub(crate) struct Corner {
    pub(crate) place: u64,
    pub(crate) guest: u64,
}

/// A clock that can be set ahead and behind.
#[derive(Clone)]
pub(crate) struct WrongClock {
    right: ManualClock,
    ahead: Arc<Mutex<SignedDuration>>,
}

impl WrongClock {
    fn new(right: &ManualClock) -> Self {
        Self { right: right.clone(), ahead: Arc::default() }
    }

    /// By how much it is ahead from now on.
    pub(crate) fn set_ahead(&self, by: SignedDuration) {
        *self.ahead.lock().unwrap() = by;
    }
}

impl Clock for WrongClock {
    fn now(&self) -> Timestamp {
        self.right.now() + *self.ahead.lock().unwrap()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.right.sleep(duration)
    }
}

impl Stage {
    pub(crate) fn new() -> Self {
        Self::with(WatchOptions::default())
    }

    pub(crate) fn with(options: WatchOptions) -> Self {
        Self::beginning_at(World::START, options)
    }

    pub(crate) fn beginning_at(start: Timestamp, options: WatchOptions) -> Self {
        Self::by(ManualClock::hasty(start), options)
    }

    /// On which whoever waits for the clock does wait.
    pub(crate) fn patient() -> Self {
        Self::by(ManualClock::new(World::START), WatchOptions::default())
    }

    fn by(clock: ManualClock, options: WatchOptions) -> Self {
        let sim_options = SimOptions { seed: 7, clock: Arc::new(clock.clone()), latency: Duration::ZERO };
        let (sim, services) = Sim::bind(sim_options).unwrap();
        spawn(services);
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&file(&folder), clock.now()).unwrap();
        let wrong = WrongClock::new(&clock);
        let app = app(&sim, &wrong, store.clone()).with_watch(options);
        Self { sim, clock, wrong, app, me: Asker::terminal(GuildKey::local()), store, options, folder }
    }

    /// The program is killed, and starts again with the same file.
    pub(crate) fn killed_and_started(&mut self) {
        self.store = Store::open(&file(&self.folder), self.clock.now()).unwrap();
        self.app = app(&self.sim, &self.wrong, self.store.clone()).with_watch(self.options);
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// How often a server with tracked players is polled.
    pub(crate) fn every(&self) -> SignedDuration {
        self.options.every
    }

    /// The guild looks at `server` and tracks `tracked` in groups of 50.
    pub(crate) async fn tracks(&self, guild: &str, server: u64, tracked: &[u64], pinned: bool) {
        let (now, guild): (_, GuildKey) = (self.now(), guild.parse().unwrap());
        let world = self.sim.world();
        let tracked: Vec<(PlayerId, String)> = tracked
            .iter()
            .map(|id| (player(*id), world.player(*id, now).map_or_else(|| format!("P{id}"), |known| known.name)))
            .collect();
        let facts = self.facts(server).await;
        let kept = self.store.write(move |tx| {
            guilds::ensure(tx, &guild, now)?;
            servers::remember(tx, &facts, now, None)?;
            if !pinned {
                guilds::set_active_server(tx, &guild, Some(facts.id), now)?;
            }
            players::remember(tx, &tracked, now)?;
            for (number, chunk) in tracked.chunks(50).enumerate() {
                let group = groups::create(tx, &guild, &format!("{} {number}", facts.id), now)?;
                if pinned {
                    groups::pin(tx, group, Some(facts.id))?;
                }
                for (player, name) in chunk {
                    groups::add_member(tx, group, Some(*player), None, name, now)?;
                }
            }
            anyhow::Ok(())
        });
        kept.await.unwrap();
    }

    async fn facts(&self, id: u64) -> rustops::domain::facts::Server {
        let token = self.sim.battlemetrics_token().into();
        let options =
            Options::new(self.sim.battlemetrics_url().parse().unwrap(), Some(token), Arc::new(self.clock.clone()));
        let client = BattleMetrics::new(options).unwrap();
        let facts = client.server(server(id), rustops::domain::report::Purpose::Person).await.unwrap();
        self.sim.forget_requests();
        facts
    }

    /// Whatever of the watch is due.
    pub(crate) async fn step(&self) -> Step {
        let mut step = self.app.watch_step().await.unwrap();
        if step.next > self.wrong.now() {
            let past = self.app.past_step().await.unwrap();
            step.next = step.next.min(past.next);
            step.changed.extend(past.changed);
        }
        step
    }

    /// What is due now is done, and what is due right behind it.
    pub(crate) async fn catches_up(&self) {
        loop {
            let pause = self.step().await.next.duration_since(self.wrong.now());
            // From then on it would only ask whether there is something new to be watched.
            if pause >= schedule::DOZE {
                break;
            }
            self.clock.advance(pause);
        }
    }

    /// The watch goes on for so long. Returns what its steps told.
    pub(crate) async fn watches_for(&self, time: SignedDuration) -> Vec<Step> {
        let until = self.now() + time;
        let mut steps = Vec::new();
        loop {
            let step = self.step().await;
            let pause = step.next.duration_since(self.wrong.now());
            steps.push(step);
            if self.now() + pause > until {
                break;
            }
            self.clock.advance(pause);
        }
        self.clock.advance(until.duration_since(self.now()).max(SignedDuration::ZERO));
        steps
    }

    /// New servers with a guest each, polled once in this order; the first is due again. Nobody has looked into the past.
    pub(crate) async fn with_corners(&self, count: usize) -> Vec<Corner> {
        let mut corners = Vec::new();
        for number in 0..count {
            let place = self.sim.add_server(&format!("Corner {number}"));
            let guest = self.sim.add_player(&format!("Guest {number}"));
            self.sim.joins(guest, place);
            self.tracks("local", place, &[guest], true).await;
            corners.push(Corner { place, guest });
        }
        let first = self.now();
        while self.sim.requests().len() < count {
            let next = self.app.watch_step().await.unwrap().next;
            if self.sim.requests().len() < count {
                self.clock.advance(next.duration_since(self.now()));
            }
        }
        self.clock.advance((first + MINUTE).duration_since(self.now()));
        let polls: Vec<_> = corners.iter().map(|corner| format!("/servers/{}", corner.place)).collect();
        assert_eq!(self.asked(), polls);
        corners
    }

    /// The group of a corner is checked, from a poll of now if `anew`.
    pub(crate) async fn checks(&self, corner: &Corner, anew: bool) -> GroupCheck {
        let name = format!("{} 0", corner.place);
        match anew {
            true => self.app.group_check_anew(&self.me, &name).await.unwrap(),
            false => self.app.group_check(&self.me, &name).await.unwrap(),
        }
    }

    /// Paths that were asked for since the last question.
    pub(crate) fn asked(&self) -> Vec<String> {
        let paths = self.sim.requests().into_iter().map(|request| request.path).collect();
        assert_eq!(self.sim.unexpected(), [], "the services were asked for what they do not have");
        self.sim.forget_requests();
        paths
    }

    /// What is kept of a player on a server, with the session that runs.
    pub(crate) async fn kept(&self, player_id: u64, server_id: u64) -> (Vec<Visit>, Option<Timestamp>) {
        let read = self.store.read(move |conn| {
            let open = watch::present(conn, server(server_id))?;
            let open = open.into_iter().find(|(present, _)| *present == player(player_id)).map(|(_, since)| since);
            anyhow::Ok((sessions::of(conn, player(player_id), server(server_id))?, open))
        });
        read.await.unwrap()
    }

    /// When the server was looked at, until now.
    pub(crate) async fn windows(&self, server_id: u64) -> Vec<Span> {
        self.app.watch_stop().await.unwrap();
        self.store.read(move |conn| watch::windows(conn, server(server_id))).await.unwrap()
    }

    /// When the player really was on the server until now.
    pub(crate) fn truth(&self, player: u64, server: u64) -> Vec<Span> {
        rustops::domain::session::union(self.true_spans(player, server))
    }

    /// When the player really left the server.
    pub(crate) fn leavings(&self, player: u64, server: u64) -> Vec<Timestamp> {
        self.true_spans(player, server).into_iter().map(Span::stop).collect()
    }

    /// Each stay; who leaves and comes back in the same second has two that touch.
    fn true_spans(&self, player: u64, server: u64) -> Vec<Span> {
        let second = |at: Timestamp| Timestamp::from_second(at.as_second()).unwrap();
        let sessions = self.sim.world().sessions(player, Some(server), self.now());
        let span = |session: rustops::sim::Session| {
            Span::new(second(session.start), second(session.stop.unwrap_or(self.now())))
        };
        sessions.into_iter().filter_map(span).collect()
    }
}

#[expect(clippy::disallowed_methods, reason = "a story has no wiring")]
fn spawn(services: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(services);
}

fn file(folder: &TempDir) -> PathBuf {
    folder.path().join("rustops.db")
}

fn app(sim: &Sim, clock: &WrongClock, store: Store) -> App {
    let options = |url: String, secret: &str| Options {
        timeout: Duration::from_secs(20),
        ..Options::new(url.parse().unwrap(), Some(secret.into()), Arc::new(clock.clone()))
    };
    let battlemetrics = BattleMetrics::new(options(sim.battlemetrics_url(), sim.battlemetrics_token())).unwrap();
    let steam = Steam::new(options(sim.steam_url(), sim.steam_key())).unwrap();
    App::new(store, battlemetrics, steam, Arc::new(clock.clone()))
}

pub(crate) fn player(id: u64) -> PlayerId {
    PlayerId::new(id).unwrap()
}

pub(crate) fn server(id: u64) -> ServerId {
    ServerId::new(id).unwrap()
}

/// Numbers that are the same in each run.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// Xorshift: <https://www.jstatsoft.org/article/view/v008i14>.
    pub(crate) fn below(&mut self, limit: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        i64::try_from(self.0 >> 2).unwrap() % limit
    }
}

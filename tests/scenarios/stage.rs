//! Where stories play: the pretend services, the pretend Discord, a database in a temporary folder, and the real bot.
//!
//! Time stands still until a story moves it. No story is told here.

#![expect(unreachable_pub, reason = "the stage is a room of the test binary, with doors like any other")]
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "test support outside of test functions: a broken stage should stop the story at once"
)]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use rustops::{
    app::{App, Asker},
    clock::{Clock, ManualClock},
    discord::{self, End, Herald},
    domain::{
        export::Export,
        ids::{GuildKey, PlayerId},
    },
    remote::{BattleMetrics, Options, Steam},
    sim::{START, Sim, SimOptions, cast::Person},
    store::{Store, guilds, players},
    wiring::{keep_past, keep_posted, keep_watch},
};
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinHandle};

use crate::fake_discord::{FakeDiscord, Guild, Member, Reply, SeenMessage};

/// Everything a story needs.
pub struct Stage {
    pub discord: FakeDiscord,
    pub sim: Sim,
    pub clock: ManualClock,
    folder: TempDir,
    services: JoinHandle<()>,
    /// Whether the bot watches servers and keeps boards; otherwise only people make it do something.
    watches: bool,
    bot: Option<Bot>,
}

struct Bot {
    /// The same watch as the bot's.
    app: App,
    stop: oneshot::Sender<()>,
    herald: Herald,
    running: JoinHandle<Result<(), End>>,
    beside: Vec<Beside>,
}

/// Something that goes on beside the bot.
struct Beside {
    running: JoinHandle<()>,
    resting: Arc<AtomicUsize>,
}

/// The stage's clock for budgets, on which nobody waits: each sleep moves it a little ahead.
struct Impatient {
    clock: ManualClock,
    ahead: Mutex<SignedDuration>,
}

impl Clock for Impatient {
    fn now(&self) -> Timestamp {
        self.clock.now() + *self.ahead.lock().unwrap()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        *self.ahead.lock().unwrap() += SignedDuration::try_from(duration).unwrap();
        Box::pin(tokio::task::yield_now())
    }
}

/// The stage's clock, which knows whether somebody waits on it.
struct Bed {
    clock: ManualClock,
    resting: Arc<AtomicUsize>,
}

impl Clock for Bed {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        struct Asleep(Arc<AtomicUsize>);
        impl Drop for Asleep {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::Relaxed);
            }
        }
        self.resting.fetch_add(1, Ordering::Relaxed);
        let (asleep, sleep) = (Asleep(Arc::clone(&self.resting)), self.clock.sleep(duration));
        Box::pin(async move {
            sleep.await;
            drop(asleep);
        })
    }
}

impl Drop for Bot {
    fn drop(&mut self) {
        self.running.abort();
        self.beside.iter().for_each(|beside| beside.running.abort());
    }
}

impl Stage {
    /// With the bot running.
    pub async fn open() -> Self {
        let mut stage = Self::dark().await;
        stage.start_bot();
        stage
    }

    /// With the bot running, which watches servers and keeps boards.
    pub async fn watching() -> Self {
        let mut stage = Self::dark().await;
        stage.watches = true;
        stage.start_bot();
        stage
    }

    /// Without a bot yet.
    pub async fn dark() -> Self {
        tracing_subscriber::fmt().with_max_level(tracing::Level::WARN).with_test_writer().try_init().ok();
        let clock = ManualClock::new(START);
        let (sim, services) =
            Sim::bind(SimOptions { seed: 7, clock: Arc::new(clock.clone()), latency: Duration::ZERO }).unwrap();
        // Time stands still, so that every request falls into the same second.
        sim.switch(|switches| (switches.per_second, switches.per_minute) = (10_000, 10_000));
        Self {
            discord: FakeDiscord::start().await,
            sim,
            clock,
            folder: tempfile::tempdir().unwrap(),
            services: tokio::spawn(services),
            watches: false,
            bot: None,
        }
    }

    /// The use cases on the stage's database, as the bot has them.
    pub fn app(&self) -> App {
        let store = Store::open(&self.folder.path().join("rustops.db"), self.clock.now()).unwrap();
        let remote = |base: String, secret: &str| {
            let clock = Arc::new(Impatient { clock: self.clock.clone(), ahead: Mutex::default() });
            Options::new(base.parse().unwrap(), Some(secret.to_owned().into()), clock)
        };
        let battlemetrics = remote(self.sim.battlemetrics_url(), self.sim.battlemetrics_token());
        let steam = remote(self.sim.steam_url(), self.sim.steam_key());
        let clock = Arc::new(self.clock.clone());
        App::new(store, BattleMetrics::new(battlemetrics).unwrap(), Steam::new(steam).unwrap(), clock)
    }

    /// Everything of a guild that people decide; not what was looked up for them.
    pub async fn kept(&self, guild: &Guild) -> Export {
        let app = &self.bot.as_ref().unwrap().app;
        let mut export = app.export(&Asker::terminal(GuildKey::discord(guild.id()))).await.unwrap();
        export.groups.iter_mut().for_each(|group| group.last_check = None);
        Export { servers: vec![], players: vec![], sightings: vec![], sessions: vec![], windows: vec![], ..export }
    }

    /// Starts the bot with the right token.
    pub fn start_bot(&mut self) {
        self.start_bot_with(self.discord.token().to_owned());
    }

    pub fn start_bot_with(&mut self, token: String) {
        let (app, clock) = (self.app(), Arc::new(self.clock.clone()));
        let bot = discord::Bot::new(discord::Options {
            token: token.into(),
            api_url: Some(self.discord.url().parse().unwrap()),
            app: app.clone(),
            clock: Arc::<ManualClock>::clone(&clock),
            connected: tokio::sync::watch::Sender::new(false),
        });
        let (mut beside, herald) = (Vec::new(), bot.herald());
        if self.watches {
            let bed = || Bed { clock: self.clock.clone(), resting: Arc::default() };
            let beds = [bed(), bed(), bed()];
            let resting = beds.each_ref().map(|bed| Arc::clone(&bed.resting));
            let [one, two, three] = beds.map(Arc::new);
            let watch = tokio::spawn(keep_watch(app.clone(), one, Some(herald.clone())));
            let past = tokio::spawn(keep_past(app.clone(), two, Some(herald.clone())));
            let boards = tokio::spawn(keep_posted(herald.clone(), three));
            let all = [watch, past, boards].into_iter().zip(resting);
            beside.extend(all.map(|(running, resting)| Beside { running, resting }));
        }
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(Box::pin(bot.run(async {
            // An error means that the story is over.
            stopped.await.ok();
        })));
        self.bot = Some(Bot { app, stop, herald, running, beside });
    }

    /// So many players have been seen somewhere before, by names of a few words.
    pub async fn knows(&self, count: u64) {
        let words = ["chenny", "Wolf", "salty", "Roof", "camper", "nïght", "Bunny", "oak", "Éclair", "yeti", "Zed"];
        let word = |number: u64| *words.get(usize::try_from(number).unwrap() % words.len()).unwrap();
        let known: Vec<(PlayerId, String)> = (0..count)
            .map(|number| {
                let name = format!("{} {} {number}", word(number), word(number / 11));
                (PlayerId::new(5_000_000_000 + number).unwrap(), name)
            })
            .collect();
        let store = Store::open(&self.folder.path().join("rustops.db"), self.clock.now()).unwrap();
        let before = self.clock.now() - SignedDuration::from_hours(24);
        store.write(move |tx| players::remember(tx, &known, before)).await.unwrap();
    }

    /// Waits until the bot has noted that it left the guild, or that it is back.
    pub async fn notes_left(&self, guild: &Guild, left: bool) {
        let store = Store::open(&self.folder.path().join("rustops.db"), self.clock.now()).unwrap();
        for _ in 0..2000 {
            let key = GuildKey::discord(guild.id());
            let known = store.read(move |conn| guilds::get(conn, &key)).await.unwrap();
            if known.is_some_and(|known| known.left_at.is_some()) == left {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("the bot never noted it");
    }

    /// The bot's watch goes on for so long.
    pub async fn watches_for(&self, seconds: i64) {
        let until = self.clock.now() + SignedDuration::from_secs(seconds);
        let app = &self.bot.as_ref().unwrap().app;
        loop {
            let next = app.watch_step().await.unwrap().next.min(app.past_step().await.unwrap().next).min(until);
            let pause = next.duration_since(self.clock.now());
            self.passes(pause.as_secs().max(1));
            if self.clock.now() >= until {
                break;
            }
        }
        app.watch_step().await.unwrap();
    }

    /// Paths that BattleMetrics was asked for since the last question.
    pub fn asked(&self) -> Vec<String> {
        let paths = self.sim.requests().into_iter().map(|request| request.path).collect();
        self.sim.forget_requests();
        paths
    }

    /// Stops the bot as SIGTERM does; returns how it ended.
    pub async fn stop_bot(&mut self) -> Result<(), End> {
        let mut bot = self.bot.take().unwrap();
        let (stop, _) = oneshot::channel();
        std::mem::replace(&mut bot.stop, stop).send(()).unwrap();
        let ended = (&mut bot.running).await.unwrap();
        bot.app.watch_stop().await.unwrap();
        ended
    }

    /// Stops the bot as the program does: boards are told.
    pub async fn stops_in_order(&mut self) {
        let herald = self.bot.as_ref().unwrap().herald.clone();
        self.stop_bot().await.unwrap();
        herald.take_leave().await;
    }

    /// Starts the bot that was stopped.
    pub async fn starts_again(&mut self) {
        self.start_bot();
        self.discord.wait_until(|discord| discord.gateway().is_connected()).await;
    }

    /// Waits for the bot to end by itself.
    pub async fn bot_ends(&mut self) -> Result<(), End> {
        (&mut self.bot.take().unwrap().running).await.unwrap()
    }

    /// Stops the bot and starts it anew on the same database.
    pub async fn restart_bot(&mut self) {
        self.stop_bot().await.unwrap();
        self.passes(1);
        self.starts_again().await;
    }

    /// Lets time go by, for the bot and the services.
    pub fn passes(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
        self.discord.advance(Duration::from_secs(seconds.try_into().unwrap()));
    }

    /// Lets time go by second by second until something holds, since others have to act in between.
    pub async fn passes_until(&self, mut holds: impl FnMut(&FakeDiscord) -> bool) -> i64 {
        for seconds in 0..3600 {
            if holds(&self.discord) {
                return seconds;
            }
            self.blink().await;
        }
        panic!("an hour went by in vain");
    }

    /// A second goes by for the bot, and a moment for everybody: whatever goes on beside it comes to rest.
    pub async fn blink(&self) {
        self.clock.advance(SignedDuration::from_secs(1));
        let beside = self.bot.iter().flat_map(|bot| &bot.beside).collect::<Vec<_>>();
        if beside.is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let mut still = 0;
        // What waits for the next second itself does not come to rest in this one.
        for _ in 0..100 {
            if still == 3 || beside.is_empty() {
                break;
            }
            let rests = beside.iter().all(|one| one.resting.load(Ordering::Relaxed) > 0);
            still = if rests { still + 1 } else { 0 };
            if rests { tokio::task::yield_now().await } else { tokio::time::sleep(Duration::from_millis(1)).await }
        }
    }

    /// What the asker is told alone: the answer itself, or the message that came after a public one was taken away.
    pub async fn told_alone(&self, reply: &Reply) -> SeenMessage {
        if !reply.text().starts_with('(') && reply.is_ephemeral() {
            return reply.message().clone();
        }
        self.discord.wait_until(|_| !reply.followups().is_empty()).await;
        let told = reply.followups().remove(0);
        assert!(told.is_ephemeral(), "others see this too:\n{}", told.text());
        told
    }

    /// A guild whose server is `Rusty Moose |US Monthly|`, and somebody in it.
    pub async fn clan(&self) -> (Guild, Member) {
        let guild = self.discord.guild("Purple clan");
        let ann = guild.member("Ann");
        let set = ann.types("/server set name:2844510").await;
        assert!(set.text().contains("Server set"), "{}", set.text());
        (guild, ann)
    }

    /// Puts people into a group by their ids.
    pub async fn tracks(&self, who: &Member, group: &str, people: &[Person]) {
        for person in people {
            let reply = who.types(&format!("/group add group:\"{group}\" player:{}", person.id)).await;
            assert!(reply.text().contains("Added to"), "{}", reply.text());
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.services.abort();
        if !std::thread::panicking() {
            let unexpected = self.sim.unexpected();
            assert!(unexpected.is_empty(), "requests for what does not exist: {unexpected:?}");
        }
    }
}

/// What a reply says, for assertions that fail with the whole of it.
pub fn says(reply: &Reply, words: &str) {
    assert!(reply.text().contains(words), "nothing of {words:?} in:\n{}", reply.text());
}

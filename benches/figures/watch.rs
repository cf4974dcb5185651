//! What it costs to know who is there: a check, a poll, ten servers, a day's writing, a suggestion.
//!
//! Time on the processor is that of all threads but those of the pretend services. Every section begins with the
//! database of a year, since a small one hides what writing costs.

use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::SignedDuration;
use rustops::{
    app::{App, Asker},
    clock::{Clock, ManualClock, SystemClock},
    domain::{
        ids::{ChannelId, GuildKey, PlayerId, ServerId},
        report::Purpose,
    },
    remote::{BattleMetrics, Options, Steam},
    sim::{Sim, SimOptions},
    store::{Store, boards, groups, guilds, inquiries, players, servers, sightings},
};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use crate::{
    bot::Bot,
    discord::timed,
    fake_discord::FakeDiscord,
    median_of, mib, ms,
    year::{self, Dice},
};

pub(crate) fn run() {
    suggestions();
    polls();
    day_of_writing();
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(ten_servers());
}

/// The pretend services on threads of their own, and the watch on ours.
struct Stage {
    sim: Sim,
    clock: ManualClock,
    app: App,
    store: Store,
    runtime: Runtime,
    _services: Runtime,
    _folder: TempDir,
}

/// By this the threads of the pretend services are told from others; the kernel keeps 15 letters.
const SERVICES: &str = "pretend";

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = year::copied_to(folder.path());
        let clock = ManualClock::hasty(year::at(year::END));
        let options = SimOptions { seed: 7, clock: Arc::new(clock.clone()), latency: Duration::ZERO };
        let (sim, services) = Sim::bind(options).unwrap();
        let threads = Builder::new_multi_thread().worker_threads(1).thread_name(SERVICES).enable_all().build().unwrap();
        drop(threads.spawn(services));
        let store = Store::open(&path, clock.now()).unwrap();
        // Threads that end take their times with them.
        let runtime =
            Builder::new_current_thread().enable_all().thread_keep_alive(Duration::from_secs(3600)).build().unwrap();
        let app = app(&sim, &clock, store.clone());
        Self { sim, clock, app, store, runtime, _services: threads, _folder: folder }
    }

    /// A new server with so many players, of whom a new guild tracks fifty; nobody else is watched.
    fn busy_server(&self, players: usize) -> Crowd {
        let crowd = Crowd::new(&self.sim, 0, players);
        let now = self.clock.now();
        let (guild, tracked) = (GuildKey::local(), crowd.members(50));
        let facts = facts(&self.runtime, &self.sim, &self.clock, crowd.server);
        let kept = self.store.write(move |tx| {
            guilds::mark_left(tx, &year::guild(), now)?;
            guilds::ensure(tx, &guild, now)?;
            servers::remember(tx, &facts, now, None)?;
            guilds::set_active_server(tx, &guild, Some(facts.id), now)?;
            players::remember(tx, &tracked, now)?;
            let group = groups::create(tx, &guild, "Purple Base", now)?;
            for (player, name) in &tracked {
                groups::add_member(tx, group, Some(*player), None, name, now)?;
                inquiries::note(tx, *player, facts.id, inquiries::Inquiry::answered(now))?;
            }
            anyhow::Ok(())
        });
        self.runtime.block_on(kept).unwrap();
        crowd
    }

    /// The watch goes on for so long.
    fn watches_for(&self, time: SignedDuration) {
        let until = self.clock.now() + time;
        loop {
            let next = self.runtime.block_on(async {
                let polled = self.app.watch_step().await.unwrap().next;
                polled.min(self.app.past_step().await.unwrap().next)
            });
            if next > until {
                break;
            }
            self.clock.advance(next.duration_since(self.clock.now()));
        }
        self.clock.advance(until.duration_since(self.clock.now()).max(SignedDuration::ZERO));
    }
}

fn app(sim: &Sim, clock: &ManualClock, store: Store) -> App {
    let (battlemetrics, steam) = clients(sim, clock);
    App::new(store, battlemetrics, steam, Arc::new(clock.clone()))
}

fn clients(sim: &Sim, clock: &ManualClock) -> (BattleMetrics, Steam) {
    let options =
        |url: String, secret: &str| Options::new(url.parse().unwrap(), Some(secret.into()), Arc::new(clock.clone()));
    let battlemetrics = BattleMetrics::new(options(sim.battlemetrics_url(), sim.battlemetrics_token())).unwrap();
    (battlemetrics, Steam::new(options(sim.steam_url(), sim.steam_key())).unwrap())
}

fn facts(runtime: &Runtime, sim: &Sim, clock: &ManualClock, server: u64) -> rustops::domain::facts::Server {
    let (battlemetrics, _) = clients(sim, clock);
    runtime.block_on(battlemetrics.server(ServerId::new(server).unwrap(), Purpose::Person)).unwrap()
}

/// The people of one server: three times as many as are on at once, coming and going.
struct Crowd {
    server: u64,
    on: Vec<(u64, String)>,
    off: Vec<(u64, String)>,
    dice: Dice,
    number: u64,
}

impl Crowd {
    fn new(sim: &Sim, number: u64, size: usize) -> Self {
        let server = sim.add_server(&format!("Busy {number}"));
        sim.set_max_players(server, 600);
        let mut crowd =
            Self { server, on: Vec::new(), off: Vec::new(), dice: Dice::new(number + 5), number: number * 100_000 };
        for _ in 0..size * 3 {
            let newcomer = crowd.newcomer(sim);
            crowd.off.push(newcomer);
        }
        for _ in 0..size {
            crowd.comes(sim);
        }
        crowd
    }

    fn newcomer(&mut self, sim: &Sim) -> (u64, String) {
        self.number += 1;
        let name = year::name(self.number + 77_000_000);
        (sim.add_player(&name), name)
    }

    fn pick(&self, from: usize) -> usize {
        usize::try_from(self.dice.below(from as u64)).unwrap()
    }

    fn comes(&mut self, sim: &Sim) {
        // Some were never there before.
        let who = match self.dice.below(u64::from(u32::MAX)) % 10 {
            0 => self.newcomer(sim),
            _ => self.off.swap_remove(self.pick(self.off.len())),
        };
        sim.joins(who.0, self.server);
        self.on.push(who);
    }

    fn goes(&mut self, sim: &Sim) {
        let who = self.on.swap_remove(self.pick(self.on.len()));
        sim.leaves(who.0, self.server);
        self.off.push(who);
    }

    /// One goes and another comes, so many times.
    fn turns_over(&mut self, sim: &Sim, times: usize) {
        for _ in 0..times {
            self.goes(sim);
            self.comes(sim);
        }
    }

    fn members(&self, count: usize) -> Vec<(PlayerId, String)> {
        let all = self.on.iter().take(count / 2).chain(self.off.iter().take(count - count / 2));
        all.map(|(id, name)| (PlayerId::new(*id).unwrap(), name.clone())).collect()
    }
}

/// Time on the processor so far of every thread but the pretend services': the first number of `schedstat`, in ns.
fn on_processor() -> Duration {
    let tasks = fs::read_dir("/proc/self/task").unwrap().map(|task| task.unwrap().path());
    let ours = tasks.filter(|task| !fs::read_to_string(task.join("comm")).unwrap().starts_with(SERVICES));
    let ns = ours.map(|task| {
        let text = fs::read_to_string(task.join("schedstat")).unwrap();
        text.split_whitespace().next().unwrap().parse::<u64>().unwrap()
    });
    Duration::from_nanos(ns.sum())
}

fn suggestions() {
    let stage = Stage::new();
    let asker = Asker::terminal(year::guild());
    let known = fs::metadata(stage.store.path()).unwrap().len();
    let players = stage.runtime.block_on(stage.store.read(|conn| {
        conn.query_row("SELECT count(*) FROM players", [], |row| row.get::<_, u32>(0)).map_err(anyhow::Error::from)
    }));
    println!("\nsuggestions among {} players ({:.1} MiB)", players.unwrap(), mib(known));
    let typed = [
        "c",
        "chenny",
        "wolf",
        "chenny wolf 42",
        "hcenny bunce",
        "xhenny wofl 42",
        "salti roofcmaper",
        "nobody is called so",
    ];
    for typed in typed {
        let mut found = 0;
        let took = median_of(15, || {
            let begun = Instant::now();
            found = stage.runtime.block_on(stage.app.suggest_players(&asker, None, typed)).unwrap().len();
            begun.elapsed()
        });
        println!("  {typed:20} {found:3} found in {:6.2} ms", ms(took));
    }
}

fn polls() {
    println!(
        "\nplayers on   poll: on the processor, from bytes to the committed transaction; 5 come and 5 go each minute"
    );
    for size in [100, 300, 500] {
        let stage = Stage::new();
        let mut crowd = stage.busy_server(size);
        stage.watches_for(SignedDuration::from_mins(3));
        let took = median_of(31, || {
            crowd.turns_over(&stage.sim, 4);
            // A tracked one, so that it is written at once.
            crowd.turns_over(&stage.sim, 1);
            stage.clock.advance(SignedDuration::from_mins(1));
            stage.sim.forget_requests();
            let before = on_processor();
            while stage.sim.requests().is_empty() {
                stage.runtime.block_on(stage.app.watch_step()).unwrap();
            }
            on_processor() - before
        });
        println!("{size:10} {:8.2} ms", ms(took));
    }
}

/// What one day of one busy server writes.
fn day_of_writing() {
    let stage = Stage::new();
    let mut crowd = stage.busy_server(300);
    let mut pass = |hours: i64| {
        for minute in 0..hours * 60 {
            // Who stays for an hour and a half on average: 200 an hour come and go.
            crowd.turns_over(&stage.sim, if minute % 3 == 0 { 4 } else { 3 });
            stage.watches_for(SignedDuration::from_mins(1));
            stage.sim.forget_requests();
        }
    };
    pass(6);
    let before = (written(), stage.store.size().unwrap());
    pass(24);
    println!(
        "\na day of a server with 300 players, 200 coming and going an hour, 50 of them tracked: {:.1} MB written to \
         disk, log and checkpoints included; the database grew by {:.2} MB",
        (written() - before.0) as f64 / 1e6,
        (stage.store.size().unwrap() as f64 - before.1 as f64) / 1e6
    );
}

/// Bytes that this process made the system write to the disk.
fn written() -> u64 {
    let io = fs::read_to_string("/proc/self/io").unwrap();
    io.lines().find_map(|line| line.strip_prefix("write_bytes: ")).unwrap().parse().unwrap()
}

/// The real bot with ten servers of 300 players and 100 boards of groups of 20, and a check of 50 members in it.
async fn ten_servers() {
    const WATCHED: Duration = Duration::from_secs(60);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (sim, services) = Sim::bind(SimOptions { seed: 7, clock, latency: Duration::ZERO }).unwrap();
    let services = tokio::spawn(services);
    let discord = FakeDiscord::start().await;
    let guild = discord.guild("Purple clan");
    let ann = guild.member("Ann");
    let folder = tempfile::tempdir().unwrap();
    let mut crowds: Vec<Crowd> = (0..10).map(|number| Crowd::new(&sim, number, 300)).collect();
    let boards = guild.channel("boards");
    found(folder.path(), &guild.id().to_string(), boards.id(), &crowds).await;

    let bot = Bot::start(&discord, &sim, folder.path());
    discord.wait_until(|discord| discord.gateway().is_connected()).await;
    // Each server has been polled once after a minute.
    tokio::time::sleep(Duration::from_secs(65)).await;
    let (before, written) = (bot.busy(), edits(&discord));
    let begun = Instant::now();
    while begun.elapsed() < WATCHED {
        for crowd in &mut crowds {
            crowd.turns_over(&sim, 1);
        }
        tokio::time::sleep(Duration::from_secs(18)).await;
    }
    let share = ms(bot.busy() - before) / ms(begun.elapsed()) * 100.0;
    let (all, own) = bot.resident();
    println!(
        "\n10 servers with 300 players each, 100 boards of 20: {share:.2} % of a core, resident {all:.1} MiB ({own:.1} of \
         them its own); {} boards stand, {} edits in {} s",
        boards.messages().len(),
        edits(&discord) - written,
        begun.elapsed().as_secs()
    );
    sim.forget_requests();
    let (first, _) = timed(&ann, "/group check group:Of fifty").await;
    let learnt = sim.requests().iter().filter(|request| !is_poll(&request.path)).count();
    sim.forget_requests();
    let mut again = 0;
    let mut deferred = first.was_deferred();
    let took = {
        let mut taken = Vec::new();
        for _ in 0..11 {
            let (reply, _) = timed(&ann, "/group check group:Of fifty").await;
            deferred |= reply.was_deferred();
            taken.push(reply.first_answer_took());
        }
        again += sim.requests().iter().filter(|request| !is_poll(&request.path)).count();
        taken.sort();
        taken.get(taken.len() / 2).copied().unwrap()
    };
    println!(
        "/group check of 50 members: {learnt} requests the first time, {again} from then on; answered in {:.1} ms, {}",
        ms(took),
        if deferred { "deferred at least once" } else { "each in the first answer" }
    );
    drop(bot);
    services.abort();
}

fn edits(discord: &FakeDiscord) -> usize {
    discord.requests().iter().filter(|request| request.method == "PATCH").count()
}

fn is_poll(path: &str) -> bool {
    path.starts_with("/servers/")
}

/// Ten groups with a board each for every server, and one of fifty for the first.
async fn found(folder: &Path, guild: &str, channel: u64, crowds: &[Crowd]) {
    let now = SystemClock.now();
    let store = Store::open(&folder.join("rustops.db"), now).unwrap();
    let guild: GuildKey = guild.parse().unwrap();
    let wanted: Vec<(ServerId, Vec<(PlayerId, String)>)> =
        crowds.iter().map(|crowd| (ServerId::new(crowd.server).unwrap(), crowd.members(200))).collect();
    let yesterday = sightings::Sighting {
        last_seen: Some(now - SignedDuration::from_hours(24)),
        first_seen: None,
        total: None,
        online: false,
        since: None,
        known_at: now,
    };
    let kept = store.write(move |tx| {
        guilds::ensure(tx, &guild, now)?;
        for (number, (server, members)) in wanted.iter().enumerate() {
            servers::remember(tx, &rustops::domain::facts::Server { id: *server, ..year::server(0) }, now, None)?;
            players::remember(tx, members, now)?;
            let mut teams: Vec<(String, &[(PlayerId, String)])> = members
                .chunks(20)
                .enumerate()
                .map(|(team, members)| (format!("Team {number} {team}"), members))
                .collect();
            if number == 0 {
                teams.push(("Of fifty".to_owned(), members.get(75..125).unwrap()));
            }
            for (name, members) in teams {
                let group = groups::create(tx, &guild, &name, now)?;
                groups::pin(tx, group, Some(*server))?;
                if name != "Of fifty" {
                    boards::create(tx, &guild, Some(group), ChannelId::new(channel).unwrap(), None)?;
                }
                for (player, name) in members {
                    groups::add_member(tx, group, Some(*player), None, name, now)?;
                    // As the look into the past leaves it that follows when somebody is added.
                    inquiries::note(tx, *player, *server, inquiries::Inquiry::answered(now))?;
                    sightings::record(tx, *server, &[(*player, yesterday)])?;
                }
            }
        }
        guilds::set_active_server(tx, &guild, wanted.first().map(|(server, _)| *server), now)?;
        anyhow::Ok(())
    });
    kept.await.unwrap();
}

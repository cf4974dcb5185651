//! What a group check costs: requests counted by the pretend service, time as a multiple of one round trip.

use std::{sync::Arc, time::Duration, time::Instant};

use rustops::{
    app::{App, Asker},
    clock::{Clock, MovableClock},
    domain::{ids::GuildKey, report::GroupCheck},
    remote::{BattleMetrics, Options, Steam},
    sim::{START, Sim, SimOptions, cast},
    store::Store,
};

const LATENCY: Duration = Duration::from_millis(150);

pub(crate) fn run() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    println!("service latency {} ms", LATENCY.as_millis());
    println!("members   first: requests  round trips   again: requests  round trips");
    for members in [1, 8, 25, 50] {
        let stage = Stage::new(&runtime);
        stage.fill(&runtime, members);
        let first = stage.check(&runtime);
        let again = stage.check(&runtime);
        println!(
            "{members:7} {:17} {:12.2} {:17} {:12.2}",
            first.requests, first.round_trips, again.requests, again.round_trips
        );
    }
}

struct Stage {
    sim: Sim,
    app: App,
    asker: Asker,
    _folder: tempfile::TempDir,
}

struct Cost {
    requests: usize,
    round_trips: f64,
}

impl Stage {
    fn new(runtime: &tokio::runtime::Runtime) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(MovableClock::starting_at(START));
        let (sim, services) =
            Sim::bind(SimOptions { seed: 7, clock: Arc::clone(&clock), latency: Duration::ZERO }).unwrap();
        drop(runtime.spawn(services));
        let folder = tempfile::tempdir().unwrap();
        let options = |url: String, secret: &str| {
            Options::new(url.parse().unwrap(), Some(secret.to_owned().into()), Arc::clone(&clock))
        };
        let battlemetrics = BattleMetrics::new(options(sim.battlemetrics_url(), sim.battlemetrics_token())).unwrap();
        let steam = Steam::new(options(sim.steam_url(), sim.steam_key())).unwrap();
        let store = Store::open(&folder.path().join("rustops.db"), clock.now()).unwrap();
        let app = App::new(store, battlemetrics, steam, clock);
        Self { sim, app, asker: Asker::terminal(GuildKey::local()), _folder: folder }
    }

    /// A group of players who know the server, half of them there now.
    fn fill(&self, runtime: &tokio::runtime::Runtime, members: usize) {
        let world = self.sim.world();
        let on = world.roster(cast::RUSTY_MOOSE, START);
        let here: Vec<u64> = on.iter().map(|seat| seat.player).take(members / 2).collect();
        let away = world
            .find_players("", &[cast::RUSTY_MOOSE], START)
            .into_iter()
            .map(|player| player.id)
            .filter(|player| !on.iter().any(|seat| seat.player == *player));
        let lines: Vec<String> =
            here.iter().copied().chain(away).take(members).map(|player| player.to_string()).collect();
        assert_eq!(lines.len(), members, "the world is too small");
        runtime.block_on(async {
            self.app.server_set(&self.asker, &cast::RUSTY_MOOSE.to_string()).await.unwrap();
            // The budget of the import must not be what the check waits for.
            for player in &lines {
                self.app.group_add(&self.asker, "Bench", player, None).await.unwrap();
            }
        });
        self.sim.set_latency(LATENCY);
    }

    fn check(&self, runtime: &tokio::runtime::Runtime) -> Cost {
        self.sim.forget_requests();
        let begun = Instant::now();
        let report: GroupCheck = runtime.block_on(self.app.group_check(&self.asker, "Bench")).unwrap();
        let round_trips = begun.elapsed().as_secs_f64() / LATENCY.as_secs_f64();
        assert!(report.trouble.is_none(), "{:?}", report.trouble);
        Cost { requests: self.sim.requests().len(), round_trips }
    }
}

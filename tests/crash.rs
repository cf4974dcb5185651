//! A power cut at any moment loses nothing that was confirmed: the real program is killed again and again under a stream of
//! writes, and what it said was done is looked for in the file.
//!
//! `RUSTOPS_CRASH_SEED` repeats the choices of a run; the moment of a kill is up to the machine all the same.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "this is a test")]

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    hash::{BuildHasher as _, RandomState},
    io::{BufRead as _, BufReader, Lines, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};

use rustops::{
    app::{App, Asker},
    clock::ManualClock,
    domain::ids::GuildKey,
    remote::{BattleMetrics, Options, Steam},
    sim::{START, Sim, SimOptions, cast},
    store::Store,
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use url::Url;

const ROUNDS: usize = 50;

/// Before so many changes the plug is pulled.
const CHANGES: u64 = 8;

/// Within so many milliseconds, a few changes long.
const MOMENT: u64 = 40;

const GROUPS: [&str; 4] = ["Purple", "Red", "Zerg", "Boat"];

/// Groups and the ids of their members, as a person sees them.
type Kept = BTreeMap<String, BTreeSet<u64>>;

#[test]
fn whatever_was_confirmed_is_there_after_a_kill() {
    let seed = env_seed().unwrap_or_else(|| RandomState::new().hash_one(()));
    println!("RUSTOPS_CRASH_SEED={seed}");
    let world = Pretend::new();
    let mut dice = Dice(seed | 1);
    let (mut kept, mut confirmed) = (Kept::new(), 0);
    for round in 0..ROUNDS {
        let told = world.stream_until_killed(&mut dice, &kept);
        confirmed += told.confirmed;
        let found = world.found();
        assert!(
            found == told.sure || Some(&found) == told.perhaps.as_ref(),
            "round {round}: {found:?} is neither {:?} nor {:?}",
            told.sure,
            told.perhaps
        );
        kept = found;
    }
    println!("{confirmed} confirmed changes survived {ROUNDS} kills");
    assert!(confirmed >= ROUNDS, "the programs hardly lived: {confirmed} changes in {ROUNDS} rounds");
}

#[test]
fn two_programs_that_write_at_once_lose_nothing() {
    let world = Pretend::new();
    let people = people();
    thread::scope(|scope| {
        for group in ["Purple", "Red"] {
            let (world, people) = (&world, &people);
            scope.spawn(move || {
                let mut shell = Shell::start(world);
                for player in people {
                    assert!(shell.says(&format!("group add {group} {player}")).is_some_and(|answer| done(&answer)));
                }
            });
        }
    });
    let all: BTreeSet<u64> = people.into_iter().collect();
    assert_eq!(world.found(), Kept::from([("Purple".to_owned(), all.clone()), ("Red".to_owned(), all)]));
}

fn people() -> Vec<u64> {
    cast::PURPLE_BASE.iter().chain(&cast::RED_ROOF).map(|person| person.id).collect()
}

fn env_seed() -> Option<u64> {
    #[expect(clippy::disallowed_methods, reason = "a test has no configuration")]
    env::var("RUSTOPS_CRASH_SEED").ok().map(|seed| seed.parse().expect("a seed is a number"))
}

/// A xorshift generator (Marsaglia 2003, 64 bits); never zero.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        let index = self.below(all.len() as u64) as usize;
        all.get(index).unwrap()
    }
}

/// The pretend services, and the folder that every program works in.
struct Pretend {
    sim: Sim,
    folder: TempDir,
    runtime: Runtime,
}

/// What a killed program leaves: what it confirmed, and what it may have done without coming to say so.
struct Told {
    sure: Kept,
    perhaps: Option<Kept>,
    confirmed: usize,
}

impl Pretend {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::new(START));
        let (sim, services) = Sim::bind(SimOptions { seed: 7, clock, latency: Duration::ZERO }).unwrap();
        sim.switch(|switches| (switches.per_minute, switches.per_second) = (100_000, 100_000));
        let runtime = Runtime::new().unwrap();
        runtime.spawn(services);
        let pretend = Self { sim, folder: tempfile::tempdir().unwrap(), runtime };
        // Whoever is known is added without asking the service, so that writing is most of what a program does.
        let mut shell = Shell::start(&pretend);
        assert!(shell.says(&format!("server set {}", cast::RUSTY_MOOSE)).is_some_and(|answer| done(&answer)));
        for player in people() {
            assert!(shell.says(&format!("group add Everybody {player}")).is_some_and(|answer| done(&answer)));
        }
        assert!(shell.says("group del Everybody --yes").is_some_and(|answer| done(&answer)));
        drop(shell);
        pretend
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Talks to a program until somebody kills it.
    fn stream_until_killed(&self, dice: &mut Dice, kept: &Kept) -> Told {
        let mut shell = Shell::start(self);
        // None at all: it may be killed while it starts.
        let mut peace = dice.below(CHANGES);
        let mut killer = None;
        let mut told = Told { sure: kept.clone(), perhaps: None, confirmed: 0 };
        // The last confirmed change, and what stood before it.
        let mut last: Option<(String, Kept)> = None;
        loop {
            if peace == 0 && killer.is_none() {
                killer = Some(shell.killed_after(Duration::from_millis(dice.below(MOMENT))));
            }
            let (line, after) = change(dice, &told.sure, last.take());
            told.perhaps = Some(after.clone());
            let Some(answer) = shell.says(&line) else { break };
            assert!(done(&answer), "{line}: {answer}");
            told.confirmed += 1;
            peace = peace.saturating_sub(1);
            last = number_of(&answer).map(|change| (change, std::mem::replace(&mut told.sure, after.clone())));
            told.sure = after;
            told.perhaps = None;
        }
        killer.expect("nobody has killed it, and yet it is dead").join().unwrap();
        told
    }

    /// What stands in the file, read by another program: this one.
    fn found(&self) -> Kept {
        let nowhere: Url = "http://127.0.0.1:9".parse().unwrap();
        let options = || Options::new(nowhere.clone(), None, Arc::new(ManualClock::new(START)));
        let store = Store::open(&self.data().join("rustops.db"), START).unwrap();
        let steam = Steam::new(options()).unwrap();
        let app = App::new(store, BattleMetrics::new(options()).unwrap(), steam, Arc::new(ManualClock::new(START)));
        let asker = Asker::terminal(GuildKey::local());
        self.runtime.block_on(async {
            let mut found = Kept::new();
            for group in app.group_list(&asker).await.unwrap().groups {
                let members = app.suggest_members(&asker, &group.name, "").await.unwrap();
                found.insert(group.name, members.iter().map(|member| member.value.parse().unwrap()).collect());
            }
            found
        })
    }
}

/// Some change that is possible now, and what stands after it. Sometimes the last one is taken back.
fn change(dice: &mut Dice, now: &Kept, last: Option<(String, Kept)>) -> (String, Kept) {
    if let Some((change, before)) = last.filter(|_| dice.below(5) == 0) {
        return (format!("undo {change}"), before);
    }
    let mut after = now.clone();
    let group = (*dice.one_of(&GROUPS)).to_owned();
    let other = (*dice.one_of(&GROUPS)).to_owned();
    let player = *dice.one_of(&people());
    let members = now.get(&group);
    let line = match (dice.below(10), members) {
        (0, Some(_)) => {
            after.remove(&group);
            format!("group del {group} --yes")
        }
        (1 | 2, Some(members)) if !now.contains_key(&other) => {
            after.remove(&group);
            after.insert(other.clone(), members.clone());
            format!("group change {group} {other}")
        }
        (_, Some(members)) if members.contains(&player) => {
            after.entry(group.clone()).or_default().remove(&player);
            format!("group remove {group} {player}")
        }
        _ => {
            after.entry(group.clone()).or_default().insert(player);
            format!("group add {group} {player}")
        }
    };
    (line, after)
}

fn done(answer: &Value) -> bool {
    answer["ok"] == true
}

fn number_of(answer: &Value) -> Option<String> {
    answer["report"]["change"].as_str().map(str::to_owned)
}

/// A running `rustops shell`, fed by a pipe.
struct Shell {
    child: Option<Child>,
    input: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Shell {
    fn start(world: &Pretend) -> Self {
        let path = |name: &str| world.folder.path().join(name);
        let mut child = Command::new(Path::new(env!("CARGO_BIN_EXE_rustops")))
            .args(["shell", "--json"])
            .env("HOME", world.folder.path())
            .env("XDG_CONFIG_HOME", path("config"))
            .env("RUSTOPS_CONFIG", "")
            .env("RUSTOPS_NOW", START.to_string())
            .env("RUSTOPS_DATA_DIR", world.data())
            .env("RUSTOPS_BATTLEMETRICS_URL", world.sim.battlemetrics_url())
            .env("RUSTOPS_STEAM_URL", world.sim.steam_url())
            .env("BATTLEMETRICS_TOKEN", world.sim.battlemetrics_token())
            .env("STEAM_KEY", world.sim.steam_key())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child: Some(child), input, answers }
    }

    /// Somebody pulls the plug after that time (SIGKILL where there are signals).
    fn killed_after(&mut self, life: Duration) -> thread::JoinHandle<()> {
        let mut child = self.child.take().unwrap();
        thread::spawn(move || {
            #[expect(clippy::disallowed_methods, reason = "the moment of a power cut cannot be awaited")]
            thread::sleep(life);
            child.kill().unwrap();
            child.wait().unwrap();
        })
    }

    /// Says a line and hears the answer; `None` when the program is dead.
    fn says(&mut self, line: &str) -> Option<Value> {
        writeln!(self.input, "{line}").ok()?;
        let answer = self.answers.next()?.ok()?;
        // Half a line was not said.
        serde_json::from_str(&answer).ok()
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().ok();
            child.wait().ok();
        }
    }
}

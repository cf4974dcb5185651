//! The plug is pulled while people use the bot: whatever somebody was told is done, is done. And while it watches: whoever
//! was seen is kept as they were seen.
//!
//! The real program as a process of its own, killed without a word.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "test support outside of test functions: a broken machine should stop the story at once"
)]

use std::{
    hash::{BuildHasher as _, RandomState},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use rustops::{
    clock::{Clock as _, MovableClock},
    domain::{
        ids::{PlayerId, ServerId},
        session::{self, Span},
    },
    sim::{START, Sim, SimOptions, cast},
    store::{Store, sessions, watch},
};

use crate::fake_discord::FakeDiscord;

const ROUNDS: usize = 10;
/// Commands that are under way at once in each round.
const AT_ONCE: usize = 6;

#[tokio::test]
async fn whatever_a_user_was_told_is_done_is_done() {
    let clock = Arc::new(MovableClock::starting_at(START));
    let (sim, services) = Sim::bind(SimOptions { seed: 7, clock, latency: Duration::ZERO }).unwrap();
    let services = tokio::spawn(services);
    let discord = FakeDiscord::start().await;
    let guild = discord.guild("Purple clan");
    let ann = guild.member("Ann");
    let folder = tempfile::tempdir().unwrap();
    let mut confirmed = Vec::new();
    for round in 0..ROUNDS {
        let identified = discord.gateway().identifies();
        let mut bot = program(&discord, &sim, folder.path(), "run").spawn().unwrap();
        discord
            .wait_until(|discord| discord.gateway().identifies() > identified && discord.gateway().is_connected())
            .await;
        let mut pending = Vec::new();
        for number in 0..AT_ONCE {
            let group = format!("Round {round} number {number}");
            let line = format!("/group add group:\"{group}\" player:{}", cast::CHENNY_BOUNCE.id);
            pending.push((group, ann.sends(&line).await));
        }
        // The plug is pulled after another count of confirmations each time.
        let mut left = round % AT_ONCE;
        for (group, pending) in pending {
            if left == 0 {
                pull_the_plug(&mut bot);
            }
            // Who has no answer by now will never have one.
            let patience = if left == 0 { Duration::from_millis(50) } else { Duration::from_secs(20) };
            let answered = tokio::time::timeout(patience, pending.final_answer()).await;
            if answered.is_ok_and(|reply| !reply.failed() && reply.text().contains("Added to")) {
                confirmed.push(group);
            }
            left = left.saturating_sub(1);
        }
        pull_the_plug(&mut bot);
    }
    let list = program(&discord, &sim, folder.path(), &format!("group list --json --guild {}", guild.id()));
    let told = String::from_utf8(output(list)).unwrap();
    let lost: Vec<_> = confirmed.iter().filter(|group| !told.contains(&format!("\"{group}\""))).collect();
    assert!(confirmed.len() >= ROUNDS, "too little was confirmed to prove anything: {confirmed:?}");
    assert_eq!(lost, Vec::<&String>::new(), "confirmed and lost");
    services.abort();
}

/// How often the watch is killed.
const KILLS: u64 = 14;

/// A server where guests come and go, of whom half are tracked, and the truth about them.
struct RevolvingDoor {
    sim: Sim,
    clock: Arc<MovableClock>,
    place: u64,
    guests: Vec<u64>,
}

impl RevolvingDoor {
    fn second(at: Timestamp) -> Timestamp {
        Timestamp::from_second(at.as_second()).unwrap()
    }

    /// Waits until a program has made so many requests.
    async fn is_asked(&self, requests: usize) {
        let asked = async {
            while self.sim.requests().len() < requests {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), asked).await.unwrap();
    }

    /// When the guest really was there until now.
    fn truth(&self, guest: u64) -> Vec<Span> {
        let sessions = self.sim.world().sessions(guest, Some(self.place), self.clock.now());
        let span = |start, stop: Option<Timestamp>| {
            Span::new(Self::second(start), Self::second(stop.unwrap_or(self.clock.now())))
        };
        session::union(sessions.into_iter().filter_map(|session| span(session.start, session.stop)))
    }

    /// Nobody's sessions are doubled, overlap, are invented or are missing where the watch looked. Returns for how long the
    /// record and the world agree.
    async fn is_kept_as_it_was(&self, store: &Store) -> SignedDuration {
        let (place, guests) = (ServerId::new(self.place).unwrap(), self.guests.clone());
        let looked = store.read(move |conn| watch::windows(conn, place)).await.unwrap();
        let present = store.read(move |conn| watch::present(conn, place)).await.unwrap();
        let until = looked.last().unwrap().stop();
        assert!(until <= self.clock.now(), "looked at what is yet to come: {looked:?}");
        let mut agreed = SignedDuration::ZERO;
        for guest in guests {
            let player = PlayerId::new(guest).unwrap();
            let mut visits = store.read(move |conn| sessions::of(conn, player, place)).await.unwrap();
            visits.sort_by_key(|visit| visit.start);
            let ordered = visits.iter().zip(visits.iter().skip(1)).all(|(one, next)| one.stop <= next.start);
            assert!(ordered && visits.iter().all(|visit| visit.start <= visit.stop), "{guest}: {visits:#?}");
            let open = present.iter().find(|(present, _)| *present == player).map(|(_, since)| *since);
            assert!(visits.iter().all(|visit| open.is_none_or(|open| visit.stop <= open)), "{guest}: {visits:#?}");
            let running = open.and_then(|open| Span::new(open, until));
            let kept = session::union(session::spans(&visits).into_iter().chain(running));
            let truth = self.truth(guest);
            assert_eq!(session::without(&kept, &truth), [], "{guest} was not there: {truth:#?} {visits:#?} {open:?}");
            let missed = session::without(&session::common(&truth, &looked), &kept);
            // From the last look that found somebody to the next, which did not.
            let longest = SignedDuration::from_secs(150);
            assert!(missed.iter().all(|span| span.length() <= longest), "{guest}: {missed:?} {visits:#?} {looked:?}");
            agreed += session::total(&session::common(&truth, &kept));
        }
        agreed
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_that_is_killed_again_and_again_tells_the_truth() {
    let clock = Arc::new(MovableClock::starting_at(START));
    let shown = Arc::clone(&clock);
    let (sim, services) = Sim::bind(SimOptions { seed: 7, clock: shown, latency: Duration::ZERO }).unwrap();
    let services = tokio::spawn(services);
    let discord = FakeDiscord::start().await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.toml"), "watch_interval = 60\n").unwrap();
    let place = sim.add_server("Revolving Door");
    let guests: Vec<u64> = (0..8).map(|number| sim.add_player(&format!("Guest {number}"))).collect();
    let door = RevolvingDoor { sim, clock, place, guests };
    let start = |line: &str| {
        let mut command = program(&discord, &door.sim, folder.path(), line);
        command.arg("--config").arg(folder.path().join("config.toml"));
        command.env("RUSTOPS_NOW", door.clock.now().to_string());
        command
    };
    assert!(start(&format!("server set {place}")).status().unwrap().success());
    for guest in door.guests.iter().take(4) {
        assert!(start(&format!("group add Tracked {guest}")).status().unwrap().success());
    }
    door.sim.forget_requests();

    let mut dice = RandomState::new().hash_one(()) | 1;
    println!("seed {dice}");
    let mut below = |end: u64| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        dice % end
    };
    let mut guests: Vec<_> = door.guests.iter().map(|guest| (*guest, Timestamp::MIN)).collect();
    let mut polls = 0;
    for _ in 0..KILLS {
        for (guest, moved) in &mut guests {
            // Two starts that are told within 90 s are taken for one, for some are reckoned from a length of time.
            let now = door.clock.now();
            if below(3) > 0 || now.duration_since(*moved) < SignedDuration::from_secs(100) {
                continue;
            }
            *moved = now;
            match door.sim.world().whereabouts(*guest, now) {
                Some(_) => door.sim.leaves(*guest, place),
                None => door.sim.joins(*guest, place),
            }
        }
        let mut bot = start("run").spawn().unwrap();
        // Some die before they have looked, most about the time when they keep what they saw.
        if below(5) > 0 {
            door.is_asked(1).await;
        }
        tokio::time::sleep(Duration::from_millis(below(120))).await;
        pull_the_plug(&mut bot);
        polls += door.sim.requests().len().min(1);
        door.sim.forget_requests();
        // Mostly so short that the window goes on.
        let gone_by = if below(4) == 0 { 600 + below(3000) } else { 30 + below(100) };
        door.clock.advance(SignedDuration::from_secs(i64::try_from(gone_by).unwrap()));
    }
    // The last two are let live until they have kept what they saw.
    for _ in 0..2 {
        let identified = discord.gateway().identifies();
        let mut bot = start("run").spawn().unwrap();
        discord.wait_until(|discord| discord.gateway().identifies() > identified).await;
        door.is_asked(1).await;
        let asked = Command::new("kill").args(["-TERM", &bot.id().to_string()]).status().unwrap();
        assert!(asked.success());
        assert_eq!(bot.wait().unwrap().code(), Some(0));
        door.sim.forget_requests();
        door.clock.advance(SignedDuration::from_secs(100));
    }

    let store = Store::open(&folder.path().join("rustops.db"), door.clock.now()).unwrap();
    let agreed = door.is_kept_as_it_was(&store).await;
    assert!(polls >= 5 && agreed > SignedDuration::from_mins(5), "{polls} polls, {agreed} agree");
    println!("{KILLS} kills, {polls} polls: {} s agree, 0 s invented", agreed.as_secs());
    services.abort();
}

fn pull_the_plug(bot: &mut Child) {
    // The second pull finds it dead.
    bot.kill().ok();
    bot.wait().unwrap();
}

fn output(mut command: Command) -> Vec<u8> {
    command.stdout(Stdio::piped()).output().unwrap().stdout
}

fn program(discord: &FakeDiscord, sim: &Sim, folder: &Path, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rustops"));
    command
        .args(line.split_whitespace())
        .args(["--discord-token", discord.token(), "--discord-api-url", discord.url()])
        .args(["--battlemetrics-url", &sim.battlemetrics_url(), "--battlemetrics-token", sim.battlemetrics_token()])
        .arg("--data-dir")
        .arg(folder)
        .env("RUSTOPS_NOW", START.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

//! The bot as a process over a pretend Discord and the pretend services: how soon it is there, what it weighs, how fast it
//! answers alone, beside a slow service and in a crowd.
//!
//! First answers are measured by the pretend Discord, from its dispatch of the interaction to the answer's arrival.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use rustops::{
    clock::{Clock, SystemClock},
    sim::{Sim, SimOptions, cast},
};

use crate::{
    bot::Bot,
    fake_discord::{FakeDiscord, Member, Reply},
    ms,
};

pub(crate) fn run() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(story());
}

async fn story() {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (sim, services) = Sim::bind(SimOptions { seed: 7, clock, latency: Duration::ZERO }).unwrap();
    let services = tokio::spawn(services);
    let discord = FakeDiscord::start().await;
    let ann = discord.guild("Purple clan").member("Ann");

    let begun = Instant::now();
    let folder = tempfile::tempdir().unwrap();
    let bot = Bot::start(&discord, &sim, folder.path());
    discord.wait_until(|discord| discord.gateway().is_connected()).await;
    println!("start to READY:           {:7.1} ms", ms(begun.elapsed()));
    ann.types("/rustops about").await;
    println!("start to a first answer:  {:7.1} ms (commands registered and usable)", ms(begun.elapsed()));

    idle(&bot).await;
    each_command(&ann).await;
    checks(&sim, &ann).await;
    beside_a_slow_service(&sim, &ann).await;
    crowd(&discord).await;
    println!("after all that: {}", weight(&bot));
    println!("violations of Discord's rules: {}", discord.take_violations().len());
    drop(bot);
    services.abort();
}

async fn idle(bot: &Bot) {
    const WATCHED: Duration = Duration::from_secs(20);
    tokio::time::sleep(Duration::from_secs(3)).await;
    let before = bot.busy();
    tokio::time::sleep(WATCHED).await;
    let share = ms(bot.busy() - before) / ms(WATCHED) * 100.0;
    println!("idle: {}, {share:.2} % of a core", weight(bot));
}

fn weight(bot: &Bot) -> String {
    let (all, own) = bot.resident();
    format!("resident {all:.1} MiB ({own:.1} of them its own), {} threads", bot.threads())
}

async fn each_command(ann: &Member) {
    println!("\ncommand                                   first ms   final ms");
    for line in [
        "/server set name:2844510".to_owned(),
        "/server get".to_owned(),
        format!("/group add group:Bench player:{}", cast::CHENNY_BOUNCE.id),
        "/group check group:Bench".to_owned(),
        "/group list".to_owned(),
        "/group update group:Bench".to_owned(),
        "/group change group:Bench new_name:Benches".to_owned(),
        format!("/player check player:{}", cast::CHENNY_BOUNCE.id),
        format!("/group remove group:Benches player:{}", cast::CHENNY_BOUNCE.id),
        "/group del group:Benches".to_owned(),
        "/rustops status".to_owned(),
        "/rustops audit".to_owned(),
        "/rustops undo".to_owned(),
        "/rustops help".to_owned(),
        "/rustops about".to_owned(),
    ] {
        let (reply, whole) = timed(ann, &line).await;
        println!("{line:40} {:9.1} {:10.1}", ms(reply.first_answer_took()), ms(whole));
    }
}

async fn checks(sim: &Sim, ann: &Member) {
    println!("\nmembers   check: requests   first ms   final ms   again: requests   final ms");
    let now = SystemClock.now();
    let world = sim.world();
    let players: Vec<u64> =
        world.find_players("", &[cast::RUSTY_MOOSE], now).into_iter().map(|player| player.id).collect();
    for members in [1, 8, 25, 50] {
        for player in players.iter().take(members) {
            ann.types(&format!("/group add group:Of{members} player:{player}")).await;
        }
        let line = format!("/group check group:Of{members}");
        sim.forget_requests();
        let (first, whole) = timed(ann, &line).await;
        let requests = sim.requests().len();
        sim.forget_requests();
        let (_, again) = timed(ann, &line).await;
        println!(
            "{members:7} {requests:17} {:10.1} {:10.1} {:17} {:10.1}",
            ms(first.first_answer_took()),
            ms(whole),
            sim.requests().len(),
            ms(again)
        );
    }
}

async fn beside_a_slow_service(sim: &Sim, ann: &Member) {
    let (_, alone) = timed(ann, "/group list").await;
    sim.set_latency(Duration::from_secs(5));
    let slow = ann.sends("/server get").await;
    slow.first_answer().await;
    let (_, beside) = timed(ann, "/group list").await;
    sim.set_latency(Duration::ZERO);
    slow.final_answer().await;
    println!("\n/group list: alone {:.1} ms, while a service takes 5 s {:.1} ms", ms(alone), ms(beside));
}

/// 500 commands in 20 guilds, 200 of them within a second.
async fn crowd(discord: &FakeDiscord) {
    let people: Vec<Member> =
        (0..20).map(|number| discord.guild(&format!("Guild {number}")).member(&format!("Person {number}"))).collect();
    for round in 0..15 {
        for person in &people {
            person.types(if round % 2 == 0 { "/group list" } else { "/rustops status" }).await;
        }
    }
    let mut pending = Vec::new();
    let begun = Instant::now();
    for person in people.iter().cycle().take(200) {
        pending.push(person.sends("/group list").await);
    }
    let sent = begun.elapsed();
    let mut answers = Vec::new();
    let mut late = 0;
    for one in pending {
        match one.first_answer().await {
            Some(took) => answers.push(took),
            None => late += 1,
        }
    }
    answers.sort();
    let median = answers.get(answers.len() / 2).copied().unwrap_or_default();
    let worst = answers.last().copied().unwrap_or_default();
    println!(
        "200 interactions sent within {:.0} ms: {late} late; first answers: median {:.0} ms, worst {:.0} ms",
        ms(sent),
        ms(median),
        ms(worst)
    );
}

pub(crate) async fn timed(ann: &Member, line: &str) -> (Reply, Duration) {
    let begun = Instant::now();
    let reply = ann.types(line).await;
    assert!(!reply.failed(), "{line} was not answered in time");
    (reply, begun.elapsed())
}

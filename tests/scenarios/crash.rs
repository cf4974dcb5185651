//! The plug is pulled while people use the bot: whatever somebody was told is done, is done.
//!
//! The real program as a process of its own, killed without a word at the count of a confirmation.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "test support outside of test functions: a broken machine should stop the story at once"
)]

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use rustops::{
    clock::MovableClock,
    sim::{START, Sim, SimOptions, cast},
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

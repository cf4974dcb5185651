//! Stories of bad days: Discord or the connection to it fails, and the bot goes on or says why it cannot.

#![expect(clippy::disallowed_methods, reason = "a story that lets real time go by")]

use std::time::Duration;

use futures_util::future::join_all;
use rustops::{
    discord::End,
    sim::{Fault, Service, cast},
};

use crate::{
    fake_discord::{Ending, Times},
    stage::{Stage, says},
};

/// A bot that has answered something.
async fn running() -> Stage {
    let stage = Stage::open().await;
    stage.clan().await;
    stage
}

async fn still_answers(stage: &Stage) {
    let ann = stage.discord.guild("Purple clan").member("Ann");
    says(&ann.types("/group list").await, "No groups yet");
}

#[tokio::test]
async fn a_dropped_connection_is_resumed() {
    let stage = running().await;
    stage.discord.gateway().ends_connection(Ending::Dropped);
    stage.passes_until(|discord| discord.gateway().resumes() == 1).await;
    assert_eq!(stage.discord.gateway().identifies(), 1);
    still_answers(&stage).await;
}

#[tokio::test]
async fn a_wish_to_reconnect_is_followed() {
    let stage = running().await;
    stage.discord.gateway().asks_to_reconnect();
    stage.passes_until(|discord| discord.gateway().resumes() == 1).await;
    assert_eq!(stage.discord.gateway().identifies(), 1);
    still_answers(&stage).await;
}

#[tokio::test]
async fn a_session_that_discord_forgot_begins_anew() {
    let stage = running().await;
    stage.discord.gateway().invalidates_session(false);
    stage.passes_until(|discord| discord.gateway().identifies() == 2 && discord.gateway().is_connected()).await;
    still_answers(&stage).await;
    assert_eq!(stage.discord.registrations(), 1);
}

#[tokio::test]
async fn a_connection_that_hears_nothing_any_more_is_given_up() {
    let stage = Stage::dark().await;
    stage.discord.heartbeat_every(Duration::from_millis(200));
    let mut stage = stage;
    stage.start_bot();
    stage.clan().await;
    stage.discord.gateway().becomes_a_zombie();
    let before = stage.discord.gateway().connects();
    stage.passes_until(|discord| discord.gateway().connects() > before).await;
    stage.discord.gateway().comes_back_to_life();
    stage.passes_until(|discord| discord.gateway().is_connected()).await;
    still_answers(&stage).await;
}

#[tokio::test]
async fn a_gateway_that_closes_before_hello_is_not_hammered() {
    let stage = running().await;
    let gateway = stage.discord.gateway();
    gateway.ends_before_hello(Times::UntilCleared, Ending::Closed(1000));
    gateway.ends_connection(Ending::Closed(4000));
    let before = gateway.connects();
    for _ in 0..180 {
        stage.blink().await;
    }
    let tries = gateway.connects() - before;
    assert!((4..=10).contains(&tries), "{tries} connections in three minutes");
    assert_eq!(gateway.identifies(), 1);
    gateway.ends_before_hello(Times::Next(0), Ending::Dropped);
    stage.passes_until(|discord| discord.gateway().is_connected()).await;
    still_answers(&stage).await;
}

#[tokio::test]
async fn a_gateway_that_refuses_connections_is_asked_ever_more_rarely() {
    let stage = running().await;
    let gateway = stage.discord.gateway();
    gateway.refuses_connects(Times::UntilCleared);
    gateway.ends_connection(Ending::Dropped);
    let before = gateway.connects();
    for _ in 0..180 {
        stage.blink().await;
    }
    let tries = gateway.connects() - before;
    assert!((1..=10).contains(&tries), "{tries} connections in three minutes");
    gateway.refuses_connects(Times::Next(0));
    stage.passes_until(|discord| discord.gateway().is_connected()).await;
    still_answers(&stage).await;
}

#[tokio::test]
async fn a_wrong_token_ends_the_bot_with_a_reason() {
    let mut stage = Stage::dark().await;
    stage.start_bot_with("wrong".to_owned());
    assert_eq!(stage.bot_ends().await, Err(End::TokenRefused));
}

#[tokio::test]
async fn a_token_revoked_while_running_ends_the_bot_with_a_reason() {
    let mut stage = running().await;
    stage.discord.gateway().ends_connection(Ending::Closed(4004));
    assert_eq!(stage.bot_ends().await, Err(End::TokenRefused));
}

#[tokio::test]
async fn refused_intents_end_the_bot_with_a_reason() {
    for code in [4013, 4014] {
        let mut stage = running().await;
        stage.discord.gateway().ends_connection(Ending::Closed(code));
        assert_eq!(stage.bot_ends().await, Err(End::IntentsRefused));
    }
}

#[tokio::test]
async fn only_guilds_are_heard_of() {
    let stage = running().await;
    assert_eq!(stage.discord.gateway().intents(), Some(1));
}

#[tokio::test]
async fn discord_may_be_down_when_the_bot_starts() {
    let mut stage = Stage::dark().await;
    stage.discord.rest().fails("GET /gateway/bot", Times::UntilCleared, 503);
    stage.start_bot();
    let asked = |discord: &crate::fake_discord::FakeDiscord| discord.requests().len() >= 7;
    let seconds = stage.passes_until(asked).await;
    assert!(seconds >= 5, "7 requests within {seconds} s");
    stage.discord.rest().recovers();
    stage.passes_until(|discord| discord.registrations() == 1).await;
    stage.clan().await;
}

#[tokio::test]
async fn commands_are_registered_as_soon_as_discord_takes_them() {
    let mut stage = Stage::dark().await;
    stage.discord.rest().fails("PUT /applications/*/commands", Times::Next(4), 500);
    stage.start_bot();
    stage.passes_until(|discord| discord.registrations() == 1).await;
    stage.clan().await;
}

#[tokio::test]
async fn an_answer_that_comes_too_late_harms_nothing() {
    let stage = running().await;
    stage.discord.first_answer_within(Duration::from_millis(300));
    stage.discord.rest().delays("POST /interactions/*/*/callback", Times::Next(1), Duration::from_millis(600));
    let ann = stage.discord.guild("Purple clan").member("Ann");
    assert!(ann.types("/group list").await.failed());
    let answered = |discord: &crate::fake_discord::FakeDiscord| {
        discord.requests().iter().any(|request| request.path.ends_with("/callback") && request.status == 404)
    };
    stage.discord.wait_until(answered).await;
    stage.discord.first_answer_within(Duration::from_secs(3));
    still_answers(&stage).await;
    assert_eq!(stage.discord.take_violations().len(), 1);
}

#[tokio::test]
async fn two_hundred_commands_at_once_are_all_answered() {
    let stage = running().await;
    let guild = stage.discord.guild("Purple clan");
    let people: Vec<_> = (0..20).map(|number| guild.member(&format!("Person {number}"))).collect();
    let mut pending = Vec::new();
    for number in 0..200 {
        pending.push(people[number % people.len()].sends("/group list").await);
    }
    let replies = join_all(pending.into_iter().map(|one| one.final_answer())).await;
    assert!(replies.iter().all(|reply| reply.text().contains("No groups yet")));
    let worst = replies.iter().map(|reply| reply.first_answer_took()).max().unwrap();
    assert!(worst < Duration::from_secs(3), "{worst:?}");
}

#[tokio::test]
async fn what_is_under_way_ends_before_the_bot_does() {
    let mut stage = running().await;
    let ann = stage.discord.guild("Purple clan").member("Ann");
    stage.sim.fault(Service::BattleMetrics, Fault::SlowFirstByte(Duration::from_millis(500)));
    let line = format!("/group add group:\"Purple Base\" player:{}", cast::TEE_HIGGINS.id);
    let pending = ann.sends(&line).await;
    pending.first_answer().await;
    assert_eq!(stage.stop_bot().await, Ok(()));
    says(&pending.final_answer().await, "Added to Purple Base");
    assert_eq!(stage.discord.gateway().closed_by_bot(), [1000]);
}

#[tokio::test]
async fn what_hangs_does_not_keep_the_bot_from_ending() {
    let mut stage = running().await;
    let ann = stage.discord.guild("Purple clan").member("Ann");
    stage.sim.fault(Service::BattleMetrics, Fault::SlowFirstByte(Duration::from_secs(60)));
    let pending = ann.sends("/server get").await;
    pending.first_answer().await;
    let clock = stage.clock.clone();
    let advance = async {
        for _ in 0..6 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            clock.advance(jiff::SignedDuration::from_secs(1));
        }
    };
    let (ended, ()) = futures_util::future::join(stage.stop_bot(), advance).await;
    assert_eq!(ended, Ok(()));
}

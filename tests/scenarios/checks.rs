//! Stories of looking: who is on, which groups there are, what a player did, what is suggested while typing.

use std::time::{Duration, Instant};

use rustops::sim::{Fault, Service, cast};

use crate::{
    fake_discord::Times,
    stage::{Stage, says},
};

#[tokio::test]
async fn a_check_tells_who_is_on_first() {
    let stage = Stage::open().await;
    let (_, ann) = stage.clan().await;
    stage.tracks(&ann, "Purple Base", &cast::PURPLE_BASE).await;
    let check = ann.types("/group check group:Purple Base").await;
    insta::assert_snapshot!("check", check.text());
    assert!(check.was_deferred() && !check.is_ephemeral());
    let list = ann.types("/group list").await;
    insta::assert_snapshot!("list", list.text());
    assert!(!list.was_deferred() && !list.is_ephemeral());
}

#[tokio::test]
async fn everybody_may_refresh_a_check() {
    let stage = Stage::open().await;
    let (guild, ann) = stage.clan().await;
    stage.tracks(&ann, "Purple Base", &cast::PURPLE_BASE).await;
    let check = ann.types("/group check group:Purple Base").await;
    stage.sim.leaves(cast::CHENNY_BOUNCE.id, cast::RUSTY_MOOSE);
    stage.passes(60);
    let newer = guild.member("Ben").presses(&check, "Refresh").await;
    assert_eq!(newer.message().id(), check.message().id());
    says(&newer, "2 of 7 online");
    assert_eq!(newer.buttons(), ["Refresh"]);
}

#[tokio::test]
async fn a_check_while_battlemetrics_is_down_says_unknown_and_why() {
    let stage = Stage::open().await;
    let (_, ann) = stage.clan().await;
    stage.tracks(&ann, "Purple Base", &[cast::CHENNY_BOUNCE]).await;
    stage.sim.fault(Service::BattleMetrics, Fault::Status(503));
    insta::assert_snapshot!("check_while_down", ann.types("/group check group:Purple Base").await.text());
}

#[tokio::test]
async fn a_frozen_and_a_nameless_server_make_nobody_offline() {
    let stage = Stage::open().await;
    let (_, ann) = stage.clan().await;
    stage.tracks(&ann, "Purple Base", &[cast::CHENNY_BOUNCE, cast::SLEEPY]).await;
    for (server, name) in [(cast::FROZEN, "check_frozen"), (cast::HIDDEN, "check_hidden"), (cast::DEAD, "check_dead")] {
        ann.types(&format!("/server set name:{server}")).await;
        insta::assert_snapshot!(name, ann.types("/group check group:Purple Base").await.text());
    }
}

#[tokio::test]
async fn what_does_not_exist_yet_names_the_next_command() {
    let stage = Stage::open().await;
    let guild = stage.discord.guild("New clan");
    let ann = guild.member("Ann");
    let mut told = Vec::new();
    for command in ["/group list", "/rustops audit", "/rustops help"] {
        told.push(ann.types(command).await.text());
    }
    for command in
        ["/group check group:x", "/server get", "/player check player:Chenny", "/server clear", "/rustops undo"]
    {
        told.push(stage.told_alone(&ann.types(command).await).await.text());
    }
    insta::assert_snapshot!("empty_states", told.join("\n\n"));
}

#[tokio::test]
async fn a_large_group_is_turned_over_page_by_page() {
    let stage = Stage::open().await;
    let (guild, ann) = stage.clan().await;
    let now = stage.sim.now();
    let players: Vec<_> = (0..45).map(|number| stage.sim.add_player(&format!("Raider {number:02}"))).collect();
    for (player, minutes) in players.iter().zip(1..30) {
        stage.sim.joins_at(*player, cast::RUSTY_MOOSE, now - jiff::SignedDuration::from_mins(minutes));
    }
    let lines: Vec<_> = players.iter().map(ToString::to_string).collect();
    let form = ann.types("/group import group:Raiders").await;
    insta::assert_snapshot!("import_form", form.text());
    let imported = ann.submits(&form, &[("Players", &lines.join("\n"))]).await;
    says(&imported, "45 of 45 lines added to Raiders");

    let first = ann.types("/group check group:Raiders").await;
    insta::assert_snapshot!("page_1", first.text());
    let ben = guild.member("Ben");
    let second = ben.presses(&first, "›").await;
    assert!(!second.was_deferred());
    let third = ben.presses(&second, "›").await;
    insta::assert_snapshot!("page_3", third.text());
    assert_eq!(third.buttons(), ["Refresh", "‹"]);
    says(&ben.presses(&third, "‹").await, "[2/3");
    for page in [&first, &second, &third] {
        assert!(page.text().lines().count() <= 25, "not to be read on a phone:\n{}", page.text());
    }
}

#[tokio::test]
async fn pages_still_turn_after_a_restart() {
    let mut stage = Stage::open().await;
    let (_, ann) = stage.clan().await;
    let form = ann.types("/group import group:Raiders").await;
    let lines: Vec<_> = (0..30).map(|number| stage.sim.add_player(&format!("Raider {number}")).to_string()).collect();
    let imported = ann.submits(&form, &[("Players", &lines.join("\n"))]).await;
    let check = ann.types("/group check group:Raiders").await;
    stage.restart_bot().await;
    says(&ann.presses(&check, "›").await, "[2/2");
    // What was done cannot be done again to see the list of it.
    let stale = ann.presses(&imported, "›").await;
    says(&stale, "from before the bot was restarted");
    assert!(stale.is_ephemeral());
}

#[tokio::test]
async fn a_player_is_told_about_and_added_from_there() {
    let stage = Stage::open().await;
    let (guild, ann) = stage.clan().await;
    stage.tracks(&ann, "Purple Base", &[cast::TEE_HIGGINS]).await;
    let told = ann.types("/player check player:ChennyBounce").await;
    insta::assert_snapshot!("player", told.text());
    let ben = guild.member("Ben");
    let which = ben.presses(&told, "Add to a group").await;
    insta::assert_snapshot!("player_which_group", which.text());
    let added = ben.picks(&which, "Purple Base").await;
    insta::assert_snapshot!("player_added", added.text());
    says(&ann.presses(&told, "Refresh").await, "**Groups** · Purple Base");
}

#[tokio::test]
async fn the_same_name_twice_asks_which_player() {
    let stage = Stage::open().await;
    let (_, ann) = stage.clan().await;
    let which = ann.types("/player check player:Blueprint").await;
    insta::assert_snapshot!("player_which", which.text());
    let told = ann.picks(&which, &cast::BLUEPRINT_AWAY.id.to_string()).await;
    says(&told, "Blueprint");
    says(&told, "last seen");
    assert_eq!(told.buttons(), ["Refresh", "Add to a group"]);
}

#[tokio::test]
async fn suggestions_come_from_what_is_known_and_ask_nobody() {
    let stage = Stage::open().await;
    let (_, ann) = stage.clan().await;
    stage.tracks(&ann, "Purple Base", &cast::PURPLE_BASE).await;
    ann.types("/group check group:Purple Base").await;
    stage.sim.forget_requests();
    let mut shown = Vec::new();
    for typed in [
        "/group check group:pur",
        "/group add group:Purple Base player:bo",
        "/group remove group:Purple Base player:",
        "/group remove group:Nobody player:",
        "/server set name:",
        "/player check player:zzzz",
    ] {
        shown.push(typed.to_owned());
        let choices = ann.starts_typing(typed).await;
        shown.extend(choices.into_iter().map(|choice| format!("  {} = {}", choice.name, choice.value)));
    }
    insta::assert_snapshot!("suggestions", shown.join("\n"));
    assert_eq!(stage.sim.requests().len(), 0);
}

/// What Discord gives for an answer to somebody who types.
const IN_TIME: Duration = Duration::from_secs(3);

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "Discord's patience is measured in real time")]
async fn among_fifty_thousand_known_players_suggestions_are_in_time_and_whoever_is_on_comes_first() {
    let stage = Stage::open().await;
    let (_, ann) = stage.clan().await;
    stage.tracks(&ann, "Purple Base", &cast::PURPLE_BASE).await;
    stage.knows(50_000).await;
    let newcomer = stage.sim.add_player("Éclair of Øre");
    stage.sim.joins(newcomer, cast::RUSTY_MOOSE);
    stage.watches_for(120).await;
    stage.sim.rename(cast::CHENNY_BOUNCE.id, "Zed Crossing");
    stage.watches_for(120).await;
    stage.asked();
    for (typed, first) in [
        ("/player check player:ECLAIR", "Éclair of Øre · online"),
        ("/player check player:eclair of", "Éclair of Øre · online"),
        ("/player check player:elcair of", "Éclair of Øre · online"),
        ("/player check player:xclair of", "Éclair of Øre · online"),
        ("/player history player:chennyb", "Zed Crossing, once ChennyBounce · online"),
        ("/group add group:New player:zed", "Zed Crossing · online"),
        ("/group remove group:Purple Base player:chenyb", "Zed Crossing, once ChennyBounce · online"),
        ("/player check player:yeti zed 1", "yeti Zed 1"),
        ("/player check player:salty wofl 1", "salty Wolf 1"),
    ] {
        let asked = Instant::now();
        let choices = ann.starts_typing(typed).await;
        assert!(asked.elapsed() < IN_TIME, "{typed}: {:?}", asked.elapsed());
        let labels: Vec<String> = choices.iter().map(|choice| choice.name.to_string()).collect();
        assert!(labels.first().is_some_and(|label| label.starts_with(first)), "{typed}: {labels:?}");
    }
    let latest = ann.starts_typing("/player check player:").await;
    assert!(latest.iter().any(|choice| choice.name == "Éclair of Øre · online"), "{latest:?}");
    // However many are called so.
    let choices = ann.starts_typing("/player check player:c").await;
    let is_on = |label: &str| label.ends_with(" · online");
    let on = choices.iter().take_while(|choice| is_on(&choice.name)).count();
    assert!((1..=25).contains(&on) && !choices.iter().skip(on).any(|choice| is_on(&choice.name)), "{choices:?}");
    assert_eq!(choices.len(), 25);
    assert_eq!(stage.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn a_slow_service_does_not_hold_up_others() {
    let stage = Stage::open().await;
    let (guild, ann) = stage.clan().await;
    stage.tracks(&ann, "Purple Base", &[cast::CHENNY_BOUNCE]).await;
    stage.sim.fault(Service::BattleMetrics, Fault::SlowFirstByte(Duration::from_millis(1500)).times(1));
    let slow = ann.sends("/group check group:Purple Base").await;
    let list = guild.member("Ben").types("/group list").await;
    assert!(list.first_answer_took() < Duration::from_millis(500), "{:?}", list.first_answer_took());
    says(&slow.final_answer().await, "1 of 1 online");
}

#[tokio::test]
async fn discord_fails_now_and_then_and_nobody_notices() {
    let stage = Stage::open().await;
    let (_, ann) = stage.clan().await;
    for (route, status) in [("POST /interactions/*/*/callback", 500), ("POST /interactions/*/*/callback", 429)] {
        stage.discord.rest().fails(route, Times::Next(1), status);
        let pending = ann.sends("/group list").await;
        let mut answered = Box::pin(pending.final_answer());
        // The pause before the second try is on the bot's clock.
        let reply = loop {
            match futures_util::future::select(answered, Box::pin(stage.blink())).await {
                futures_util::future::Either::Left((reply, _)) => break reply,
                futures_util::future::Either::Right(((), still)) => answered = still,
            }
        };
        says(&reply, "No groups yet");
    }
}

#[tokio::test]
async fn a_player_on_a_server_that_hides_names_is_told_about_with_the_reason() {
    let stage = Stage::open().await;
    let (_, ann) = stage.clan().await;
    ann.types(&format!("/server set name:{}", cast::HIDDEN)).await;
    let told = ann.types(&format!("/player check player:{}", cast::SLEEPY.id)).await;
    says(&told, "this server hides names");
    says(&told, "Only its owner can change that.");
}

#[tokio::test]
async fn the_list_of_groups_says_during_an_outage_that_it_is_not_current_and_why() {
    let stage = Stage::open().await;
    let (_, ann) = stage.clan().await;
    stage.tracks(&ann, "Purple Base", &cast::PURPLE_BASE).await;
    stage.tracks(&ann, "Dark ones", &[cast::SLEEPY]).await;
    says(&ann.types("/group check group:Purple Base").await, "3 of 7 online");
    stage.watches_for(120).await;
    stage.sim.fault(Service::BattleMetrics, Fault::Status(503).times(10_000));
    stage.watches_for(1200).await;
    let list = ann.types("/group list").await;
    insta::assert_snapshot!("list_while_down", list.text());
    stage.sim.clear_faults();
    stage.watches_for(1200).await;
    assert!(!ann.types("/group list").await.text().contains("unknown now"));
}

#[tokio::test]
async fn the_list_of_groups_says_which_are_on_a_server_that_hides_names() {
    let stage = Stage::open().await;
    let (_, ann) = stage.clan().await;
    stage.tracks(&ann, "Purple Base", &[cast::CHENNY_BOUNCE, cast::SLEEPY]).await;
    ann.types(&format!("/server set name:{}", cast::HIDDEN)).await;
    // Nobody watches yet: it was found out when the server was set.
    let before = ann.types("/group list").await;
    says(&before, "this server hides names");
    says(&before, "This server seems to hide its players' names");
    stage.watches_for(120).await;
    insta::assert_snapshot!("list_hidden", ann.types("/group list").await.text());
}

//! Stories of a watched server: what is answered at once and without asking anybody, Refresh, and histories.

use futures_util::future::join;
use jiff::SignedDuration;
use rustops::sim::{START, cast};

use crate::{
    fake_discord::{Guild, Member},
    stage::{Stage, says},
};

/// A command about ChennyBounce.
fn chenny(command: &str) -> String {
    format!("{command} player:{}", cast::CHENNY_BOUNCE.id)
}

/// Purple Base on a server that was watched for some minutes; its past is told.
async fn watched() -> (Stage, Guild, Member) {
    let stage = Stage::open().await;
    let (guild, ann) = stage.clan().await;
    stage.tracks(&ann, "Purple Base", &cast::PURPLE_BASE).await;
    stage.watches_for(120).await;
    stage.asked();
    (stage, guild, ann)
}

#[tokio::test]
async fn what_the_watch_knows_is_the_first_answer_and_costs_nothing() {
    let (stage, _, ann) = watched().await;
    for (command, words) in [
        ("/group check group:Purple Base", "3 of 7 online"),
        ("/group list", "3 of 7 online"),
        ("/server get", "Rusty Moose"),
        (chenny("/player history").as_str(), "ChennyBounce · history"),
        ("/group history group:Purple Base", "Purple Base · history"),
    ] {
        let reply = ann.types(command).await;
        says(&reply, words);
        assert!(!reply.was_deferred() && !reply.is_ephemeral(), "{command}");
    }
    assert_eq!(stage.asked(), Vec::<String>::new());
    stage.watches_for(60).await;
    stage.asked();
    says(&ann.types("/group list").await, "3 of 7 online, 1 unknown · checked");
    assert_eq!(stage.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn a_player_is_asked_for_once_and_is_at_hand_from_then_on() {
    let (stage, _, ann) = watched().await;
    for person in [cast::CHENNY_BOUNCE, cast::TEE_HIGGINS, cast::BLUEPRINT_HERE] {
        let command = format!("/player check player:{}", person.id);
        let first = ann.types(&command).await;
        assert!(first.was_deferred());
        assert!(!stage.asked().is_empty());
        let second = ann.types(&command).await;
        assert!(!second.was_deferred());
        assert_eq!(stage.asked(), Vec::<String>::new());
        assert_eq!(second.text(), first.text());
    }
    says(&ann.types(&chenny("/player check")).await, "for 2 h 15 m");
}

#[tokio::test]
async fn two_who_press_refresh_share_one_request_and_see_what_is_so_now() {
    let (stage, guild, ann) = watched().await;
    let ben = guild.member("Ben");
    let check = ann.types("/group check group:Purple Base").await;
    stage.sim.leaves(cast::CHENNY_BOUNCE.id, cast::RUSTY_MOOSE);
    stage.passes(20);
    assert_eq!(stage.asked(), Vec::<String>::new());
    let (first, second) =
        join(ann.sends_press(&check, "Refresh").final_answer(), ben.sends_press(&check, "Refresh").final_answer())
            .await;
    for reply in [&first, &second] {
        says(reply, "2 of 7 online");
        says(reply, "checked just now");
    }
    assert_eq!(stage.asked(), [format!("/servers/{}", cast::RUSTY_MOOSE)]);
    // Within 15 seconds there is nothing newer, and the answer says how old it is.
    stage.passes(10);
    says(&ann.presses(&check, "Refresh").await, "checked 10 s ago");
    assert_eq!(stage.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn refresh_on_a_player_looks_at_the_server_once() {
    let (stage, _, ann) = watched().await;
    let told = ann.types(&chenny("/player check")).await;
    says(&told, "🟢");
    stage.sim.leaves(cast::CHENNY_BOUNCE.id, cast::RUSTY_MOOSE);
    stage.passes(20);
    stage.asked();
    says(&ann.presses(&told, "Refresh").await, "⚫");
    assert_eq!(stage.asked(), [format!("/servers/{}", cast::RUSTY_MOOSE)]);
}

#[tokio::test]
async fn a_history_is_turned_over_page_by_page_even_after_a_restart() {
    let (mut stage, guild, ann) = watched().await;
    let first = ann.types(&chenny("/player history")).await;
    insta::assert_snapshot!("history_player", first.text());
    insta::assert_snapshot!("history_group", ann.types("/group history group:Purple Base").await.text());
    let second = guild.member("Ben").presses(&first, "›").await;
    assert!(!second.was_deferred());
    assert_eq!(second.message().id(), first.message().id());
    says(&second, "[2/");
    stage.restart_bot().await;
    says(&ann.presses(&second, "‹").await, "[1/");
}

#[tokio::test]
async fn older_sessions_than_were_told_at_once_come_when_somebody_presses_older() {
    let mut stage = Stage::open().await;
    let guild = stage.discord.guild("Purple clan");
    let (ann, ben) = (guild.member("Ann"), guild.member("Ben").without_rights());
    let (server, busy) = (stage.sim.add_server("Small Moose"), stage.sim.add_player("Busy"));
    let hours = |hours| SignedDuration::from_hours(hours);
    for number in 0..125 {
        let at = START - hours(24 * 60) + hours(11 * number);
        stage.sim.joins_at(busy, server, at);
        stage.sim.leaves_at(busy, server, at + hours(2));
    }
    says(&ann.types(&format!("/server set name:{server}")).await, "Server set");
    says(&ann.types(&format!("/group add group:Regulars player:{busy}")).await, "Added to");
    stage.watches_for(120).await;
    stage.asked();
    let mut last = ann.types(&format!("/player history player:{busy}")).await;
    says(&last, "[1/10");
    assert!(!last.text().contains("Older"), "{}", last.text());
    for _ in 1..10 {
        last = ann.presses(&last, "›").await;
    }
    insta::assert_snapshot!("history_older", last.text());
    assert_eq!(stage.asked(), Vec::<String>::new());
    // Whoever may look may ask.
    let older = ben.presses(&last, "Older").await;
    assert_eq!(older.message().id(), last.message().id());
    says(&older, "[10/13");
    assert!(!older.text().contains("Older"), "{}", older.text());
    assert_eq!(stage.asked(), vec![format!("/players/{busy}/relationships/sessions"); 2]);
    // From then on it is known.
    stage.restart_bot().await;
    stage.asked();
    says(&ann.presses(&older, "›").await, "[11/13");
    assert_eq!(stage.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn a_history_of_a_large_group_has_pages() {
    let stage = Stage::open().await;
    let (_, ann) = stage.clan().await;
    let form = ann.types("/group import group:Raiders").await;
    let lines: Vec<_> =
        (0..30).map(|number| stage.sim.add_player(&format!("Raider {number:02}")).to_string()).collect();
    ann.submits(&form, &[("Players", &lines.join("\n"))]).await;
    let first = ann.types("/group history group:Raiders").await;
    says(&first, "Raider 00");
    says(&first, "[1/3");
    let last = ann.presses(&ann.presses(&first, "›").await, "›").await;
    says(&last, "Raider 29");
    assert!(last.text().lines().count() <= 25, "not to be read on a phone:\n{}", last.text());
}

#[tokio::test]
async fn a_history_asks_which_player_is_meant() {
    let stage = Stage::open().await;
    let (_, ann) = stage.clan().await;
    let which = ann.types("/player history player:Blueprint").await;
    says(&which, "Which one is");
    says(&ann.picks(&which, &cast::BLUEPRINT_AWAY.id.to_string()).await, "Blueprint · history");
    let told = stage.told_alone(&ann.types("/group history group:Nobody").await).await.text();
    assert!(told.contains("There are no groups yet"), "{told}");
}

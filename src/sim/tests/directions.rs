//! Do stage directions take effect at once?

use jiff::SignedDuration;
use serde_json::Value;

use super::{Stage, moose, strings};
use crate::sim::{World, cast};

async fn ids_on(stage: &Stage, server: u64) -> Vec<String> {
    let document = stage.json(&format!("/servers/{server}?include=player")).await;
    strings(&document["included"], "/id").into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_player_who_joins_is_there_at_once_and_gone_after_leaving() {
    let stage = Stage::new();
    let tee = cast::TEE_HIGGINS.id;
    stage.sim.joins(tee, cast::RUSTY_MOOSE);
    assert!(ids_on(&stage, cast::RUSTY_MOOSE).await.contains(&tee.to_string()));
    stage.hours_pass(1);
    stage.sim.leaves(tee, cast::RUSTY_MOOSE);
    assert!(!ids_on(&stage, cast::RUSTY_MOOSE).await.contains(&tee.to_string()));
    stage.hours_pass(100);
    let sessions = stage.sim.world().sessions(tee, None, stage.sim.now());
    let evening = World::START..World::START + SignedDuration::from_hours(1);
    assert_eq!((sessions[0].start, sessions[0].stop), (evening.start, Some(evening.end)));
    let before = World::START - SignedDuration::from_mins(8 * 60 + 19);
    assert_eq!(sessions[1].stop, Some(before), "what was written for the past stays");
}

#[tokio::test]
async fn whoever_is_directed_lives_no_life_of_their_own_any_more() {
    let stage = Stage::new();
    let chenny = cast::CHENNY_BOUNCE.id;
    stage.sim.leaves(chenny, cast::RUSTY_MOOSE);
    let visit = stage.sim.world().visit(chenny, cast::RUSTY_MOOSE, World::START + SignedDuration::from_hours(24 * 90));
    assert_eq!(visit.unwrap().last_seen, World::START);
}

#[tokio::test]
async fn changing_the_server_ends_the_session_on_the_first_one() {
    let stage = Stage::new();
    let boat = cast::BOAT_ENJOYER.id;
    stage.sim.joins(boat, cast::CROWDED);
    assert!(!ids_on(&stage, cast::RUSTY_MOOSE).await.contains(&boat.to_string()));
    assert!(ids_on(&stage, cast::CROWDED).await.contains(&boat.to_string()));
}

#[tokio::test]
async fn a_direction_long_after_the_written_part_keeps_what_was_lived_between() {
    let stage = Stage::new();
    stage.hours_pass(24 * 20);
    let chenny = cast::CHENNY_BOUNCE.id;
    let lived = stage.sim.world().sessions(chenny, None, stage.sim.now());
    stage.sim.joins(chenny, cast::CROWDED);
    let mut now = stage.sim.world().sessions(chenny, None, stage.sim.now());
    let joined = now.remove(0);
    assert_eq!((joined.server, joined.start), (cast::CROWDED, stage.sim.now()));
    let begun = |sessions: &[crate::sim::Session]| sessions.iter().map(|session| session.start).collect::<Vec<_>>();
    assert_eq!(begun(&now), begun(&lived));
}

#[tokio::test]
#[should_panic(expected = "is not on server")]
async fn a_story_that_lets_somebody_leave_from_elsewhere_is_wrong() {
    Stage::new().sim.leaves(cast::TEE_HIGGINS.id, cast::RUSTY_MOOSE);
}

#[tokio::test]
async fn a_hidden_player_who_rejoins_gets_another_id() {
    let stage = Stage::new();
    let server = stage.sim.add_server("Shy");
    stage.sim.change_server(server, |server| server.hides_names = true);
    let player = stage.sim.add_player("Somebody");
    stage.sim.joins(player, server);
    let first = ids_on(&stage, server).await;
    stage.hours_pass(1);
    stage.sim.leaves(player, server);
    stage.sim.joins(player, server);
    let second = ids_on(&stage, server).await;
    assert_eq!((first.len(), second.len()), (1, 1));
    assert_ne!(first, second);
    let found = stage.json(&format!("/players/{}", second[0])).await;
    assert_eq!(found["data"]["attributes"]["positiveMatch"], false);
}

#[tokio::test]
async fn a_renamed_player_keeps_the_old_name_on_record() {
    let stage = Stage::new();
    let chenny = cast::CHENNY_BOUNCE;
    stage.sim.rename(chenny.id, "Bouncy");
    let document = stage.json(&format!("/players/{}?include=identifier", chenny.id)).await;
    assert_eq!(document["data"]["attributes"]["name"], "Bouncy");
    assert_eq!(strings(&document["included"], "/attributes/identifier"), ["Bouncy", chenny.name]);
    let roster = stage.json(&format!("{}?include=player", moose())).await;
    assert!(strings(&roster["included"], "/attributes/name").contains(&"Bouncy"));
}

#[tokio::test]
async fn a_private_player_counts_but_is_neither_listed_nor_found() {
    let stage = Stage::new();
    let chenny = cast::CHENNY_BOUNCE;
    let before = stage.json(&format!("{}?include=player", moose())).await;
    stage.sim.set_private(chenny.id, true);
    let after = stage.json(&format!("{}?include=player", moose())).await;
    let listed = |document: &Value| document["included"].as_array().unwrap().len();
    assert_eq!(listed(&after), listed(&before) - 1);
    assert_eq!(after["data"]["attributes"]["players"], before["data"]["attributes"]["players"]);
    let found = stage.json("/players?filter[search]=ChennyBounce").await;
    assert_eq!(found["data"], serde_json::json!([]));
}

#[tokio::test]
async fn a_frozen_roster_stands_still_until_thawed() {
    let stage = Stage::new();
    stage.sim.freeze(cast::RUSTY_MOOSE);
    let before = ids_on(&stage, cast::RUSTY_MOOSE).await;
    stage.hours_pass(9);
    assert_eq!(ids_on(&stage, cast::RUSTY_MOOSE).await, before);
    let server = stage.json(&moose()).await;
    let attributes = &server["data"]["attributes"];
    assert_eq!((&attributes["status"], &attributes["queryStatus"]), (&"online".into(), &"timeout".into()));
    assert_eq!(attributes["updatedAt"], "2026-06-13T20:15:00.000Z");
    stage.sim.thaw(cast::RUSTY_MOOSE);
    assert_ne!(ids_on(&stage, cast::RUSTY_MOOSE).await, before);
}

#[tokio::test]
async fn everybody_leaves_a_server_that_goes_down() {
    let stage = Stage::new();
    stage.sim.set_status(cast::RUSTY_MOOSE, "offline");
    assert_eq!(ids_on(&stage, cast::RUSTY_MOOSE).await, Vec::<String>::new());
    let visit = stage.sim.world().visit(cast::CHENNY_BOUNCE.id, cast::RUSTY_MOOSE, stage.sim.now()).unwrap();
    assert_eq!((visit.online, visit.last_seen), (false, World::START));
    stage.hours_pass(24);
    stage.sim.set_status(cast::RUSTY_MOOSE, "online");
    stage.hours_pass(24);
    assert!(!ids_on(&stage, cast::RUSTY_MOOSE).await.is_empty());
}

#[tokio::test]
async fn what_a_server_says_of_itself_can_be_changed() {
    let stage = Stage::new();
    stage.sim.set_query_status(cast::RUSTY_MOOSE, Some("invalid"));
    stage.sim.set_max_players(cast::RUSTY_MOOSE, 250);
    stage.sim.set_updated_at(cast::RUSTY_MOOSE, Some(World::START - SignedDuration::from_mins(6)));
    let server = stage.json(&moose()).await;
    let attributes = &server["data"]["attributes"];
    assert_eq!((&attributes["queryStatus"], &attributes["maxPlayers"]), (&"invalid".into(), &250.into()));
    assert_eq!(attributes["updatedAt"], "2026-06-13T20:09:00.000Z");
}

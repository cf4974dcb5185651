//! What a check answers while the server is watched.

use jiff::SignedDuration;
use rustops::{
    domain::presence::{Presence, Stale, Unknown},
    sim::{World, cast},
};

use crate::stage::{MINUTE, Stage, server};

async fn purple_base() -> Stage {
    let stage = Stage::new();
    let members = cast::PURPLE_BASE.map(|person| person.id);
    stage.tracks("local", cast::RUSTY_MOOSE, &members, false).await;
    stage
}

async fn presence(stage: &Stage, name: &str) -> Presence {
    let check = stage.app.group_check(&stage.me, &format!("{} 0", cast::RUSTY_MOOSE)).await.unwrap();
    check.members.into_iter().find(|state| state.member.name == name).unwrap().presence
}

#[tokio::test]
async fn a_check_of_a_watched_server_asks_nobody() {
    let stage = purple_base().await;
    stage.watches_for(MINUTE * 3).await;
    stage.asked();
    let check = stage.app.group_check(&stage.me, &format!("{} 0", cast::RUSTY_MOOSE)).await.unwrap();
    assert_eq!(stage.asked(), Vec::<String>::new());
    assert_eq!((check.active, check.members.len(), check.stale, check.trouble), (3, 7, None, None));
    assert!(stage.now().duration_since(check.as_of) <= MINUTE);
    let since = World::START - SignedDuration::from_mins(133);
    assert_eq!(check.members[0].presence, Presence::Online { since: Some(since) });
    let gone = World::START - SignedDuration::from_mins(8 * 60 + 19);
    assert_eq!(presence(&stage, "Tee Higgins").await, Presence::Offline { last_seen: gone });
    assert!(matches!(presence(&stage, "Sleepy").await, Presence::Unknown { cause: Unknown::NeverSeen, .. }));
}

#[tokio::test]
async fn who_leaves_is_gone_within_a_minute_and_was_last_seen_then() {
    let stage = purple_base().await;
    stage.watches_for(MINUTE * 3).await;
    let left = stage.now();
    stage.sim.leaves(cast::CHENNY_BOUNCE.id, cast::RUSTY_MOOSE);
    let steps = stage.watches_for(MINUTE * 2).await;
    assert!(steps.iter().any(|step| step.changed == [server(cast::RUSTY_MOOSE)]), "a board would be told");
    let Presence::Offline { last_seen } = presence(&stage, "ChennyBounce").await else { panic!() };
    assert!(left.duration_since(last_seen).abs() <= MINUTE * 2, "{last_seen} instead of {left}");
}

#[tokio::test]
async fn a_frozen_roster_makes_nobody_leave_and_says_since_when() {
    let stage = purple_base().await;
    stage.watches_for(MINUTE * 3).await;
    stage.sim.freeze(cast::RUSTY_MOOSE);
    stage.watches_for(MINUTE * 30).await;
    let before = stage.kept(cast::CHENNY_BOUNCE.id, cast::RUSTY_MOOSE).await;
    assert!(before.1.is_some(), "the session is not ended");
    let Presence::Unknown { cause: Unknown::Stale { why: Stale::NotQueried { since: Some(_) } }, .. } =
        presence(&stage, "ChennyBounce").await
    else {
        panic!()
    };
    stage.sim.thaw(cast::RUSTY_MOOSE);
    stage.watches_for(MINUTE * 5).await;
    assert!(matches!(presence(&stage, "ChennyBounce").await, Presence::Online { .. }));
    assert_eq!(stage.windows(cast::RUSTY_MOOSE).await.len(), 2, "what lies between was not observed");
}

#[tokio::test]
async fn two_who_press_refresh_share_one_request() {
    let stage = purple_base().await;
    stage.watches_for(MINUTE).await;
    stage.clock.advance(SignedDuration::from_secs(20));
    stage.asked();
    let moose = server(cast::RUSTY_MOOSE);
    let (one, other) = futures_util::join!(stage.app.watch_forced(moose), stage.app.watch_forced(moose));
    assert!(one.is_ok() && other.is_ok());
    assert_eq!(stage.asked().len(), 1);
    stage.app.watch_forced(moose).await.unwrap();
    assert_eq!(stage.asked().len(), 0, "one in 15 seconds is enough");
}

#[tokio::test]
async fn a_rename_is_learnt_from_the_roster() {
    let stage = purple_base().await;
    stage.watches_for(MINUTE * 2).await;
    stage.sim.rename(cast::CHENNY_BOUNCE.id, "Chenny the Great");
    stage.watches_for(MINUTE * 2).await;
    assert!(matches!(presence(&stage, "Chenny the Great").await, Presence::Online { .. }));
}

#[tokio::test]
async fn on_a_server_that_hides_names_nobody_is_called_offline() {
    let stage = Stage::new();
    stage.tracks("local", cast::HIDDEN, &[cast::SLEEPY.id], false).await;
    stage.watches_for(MINUTE * 2).await;
    let check = stage.app.group_check(&stage.me, &format!("{} 0", cast::HIDDEN)).await.unwrap();
    assert!(check.hides_names);
    assert!(matches!(check.members[0].presence, Presence::Unknown { cause: Unknown::NamesHidden, .. }));
    let (status, kept) = (stage.app.status(None).await.unwrap(), stage.kept(cast::SLEEPY.id, cast::HIDDEN).await);
    assert_eq!(status.watches[0].health, rustops::domain::report::Health::NamesHidden);
    assert_eq!(kept.0, []);
}

#[tokio::test]
async fn suggestions_forgive_a_slip_and_show_who_is_on() {
    let stage = purple_base().await;
    stage.watches_for(MINUTE * 2).await;
    stage.asked();
    let suggested = stage.app.suggest_players(&stage.me, None, "Cehnny").await.unwrap();
    assert_eq!(suggested[0].name, "ChennyBounce");
    assert!(matches!(suggested[0].presence, Some(Presence::Online { .. })));
    let suggested = stage.app.suggest_players(&stage.me, None, "tee").await.unwrap();
    assert!(
        suggested.iter().any(|one| one.name == "Tee Higgins" && matches!(one.presence, Some(Presence::Offline { .. })))
    );
    assert_eq!(stage.asked(), Vec::<String>::new());
}

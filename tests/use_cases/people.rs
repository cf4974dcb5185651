//! Stories about one player: state, times, sessions, names, groups.

use rustops::{
    domain::{
        notice::Notice,
        presence::{Presence, Stale, Unknown},
        report::{Candidate, PlayerCheck},
        trouble::TroubleKind,
    },
    sim::{Fault, Service, cast},
};

use crate::stage::{BASE, Stage, battlemetrics, choice, done, hours, mins, notice, outside, steam_id};

async fn player(stage: &Stage, input: &str) -> PlayerCheck {
    done(stage.app.player_check(&stage.me, input).await)
}

#[tokio::test]
async fn somebody_who_is_on_is_shown_with_since_when_total_and_sessions() {
    let stage = Stage::on_the_moose().await;
    let now = stage.now();
    let check = player(&stage, "ChennyBounce").await;
    assert_eq!(check.presence, Presence::Online { since: Some(now - mins(133)) });
    assert_eq!((check.sessions[0].start, check.sessions[0].stop), (Some(now - mins(133)), None));
    assert_eq!(check.sessions[1].stop, Some(now - hours(23)));
    assert!(check.sessions.len() <= 5);
    assert!(check.total.unwrap() >= mins(133), "an hour count of somebody who is on, too");
    assert!(check.first_seen.unwrap() <= now - hours(120));
    assert_eq!((check.trouble, check.sessions_trouble, check.groups.len()), (None, None, 0));
    assert_eq!(check.server.name, "Rusty Moose |US Monthly|");
}

#[tokio::test]
async fn somebody_never_heard_of_who_is_not_on_can_be_looked_up() {
    let stage = Stage::on_the_moose().await;
    let check = player(&stage, "tee higgins").await;
    assert_eq!(check.presence, Presence::Offline { last_seen: stage.now() - mins(8 * 60 + 19) });
    assert!(check.total.is_some());
    assert_eq!(check.name, "Tee Higgins");
    let by_id = player(&stage, &cast::HIDE_VEST_ENTHUSIAST.id.to_string()).await;
    assert_eq!(by_id.presence, Presence::Offline { last_seen: stage.now() - hours(22) });
}

#[tokio::test]
async fn on_a_server_that_hides_names_the_answer_says_so() {
    let stage = Stage::with_purple_base().await;
    let id = cast::CHENNY_BOUNCE.id.to_string();
    assert!(!player(&stage, &id).await.hides_names);
    stage.set_server(cast::HIDDEN).await;
    let check = player(&stage, &id).await;
    assert_eq!(check.presence, Presence::Unknown { cause: Unknown::NamesHidden, last_seen: None });
    assert!(check.hides_names);
    // Typed out rather than picked: BattleMetrics knows nobody of that name there, and we do.
    assert_eq!(player(&stage, "chennybounce").await.player.get(), cast::CHENNY_BOUNCE.id);
}

#[tokio::test]
async fn somebody_never_seen_on_this_server_is_unknown() {
    let stage = Stage::on_the_moose().await;
    let check = player(&stage, &cast::SLEEPY.id.to_string()).await;
    assert_eq!(check.presence, Presence::Unknown { cause: Unknown::NeverSeen, last_seen: None });
    assert_eq!((check.total, check.first_seen, check.sessions.len()), (None, None, 0));
}

#[tokio::test]
async fn the_groups_and_the_steam_account_are_told() {
    let stage = Stage::with_purple_base().await;
    let id = cast::CHENNY_BOUNCE.id.to_string();
    done(stage.app.group_add(&stage.me, "Alphas", &id, Some(steam_id(cast::CHENNY_BOUNCE.steam))).await);
    let check = player(&stage, &id).await;
    assert_eq!(check.groups, ["Alphas", BASE]);
    assert_eq!(check.steam, Some(steam_id(cast::CHENNY_BOUNCE.steam)));
}

#[tokio::test]
async fn former_names_are_listed() {
    let stage = Stage::on_the_moose().await;
    player(&stage, "ChennyBounce").await;
    stage.pass(hours(1));
    stage.sim.rename(cast::CHENNY_BOUNCE.id, "Mr Bounce");
    stage.pass(hours(1));
    let check = player(&stage, &cast::CHENNY_BOUNCE.id.to_string()).await;
    assert_eq!(check.name, "Mr Bounce");
    let former: Vec<&str> = check.names.iter().map(|former| former.name.as_str()).collect();
    assert_eq!(former, ["ChennyBounce"]);
}

#[tokio::test]
async fn two_of_that_name_open_a_choice() {
    let stage = Stage::on_the_moose().await;
    let asked = choice(stage.app.player_check(&stage.me, "Blueprint").await);
    let picked = asked.candidates.iter().map(Candidate::value).next_back().unwrap();
    assert_eq!(player(&stage, &picked).await.player.to_string(), cast::BLUEPRINT_AWAY.id.to_string());
}

#[tokio::test]
async fn half_a_name_is_a_question_even_when_only_one_fits() {
    let stage = Stage::on_the_moose().await;
    let asked = choice(stage.app.player_check(&stage.me, "chenny").await);
    assert_eq!(asked.candidates.len(), 1);
    assert_eq!(asked.candidates[0].value(), cast::CHENNY_BOUNCE.id.to_string());
}

#[tokio::test]
async fn a_private_profile_is_said_and_is_unknown() {
    let stage = Stage::on_the_moose().await;
    stage.sim.set_private(cast::CHENNY_BOUNCE.id, true);
    let check = player(&stage, &cast::CHENNY_BOUNCE.id.to_string()).await;
    assert!(check.private);
    assert_eq!(check.presence, Presence::Unknown { cause: Unknown::NeverSeen, last_seen: None });
}

#[tokio::test]
async fn without_a_server_nobody_can_be_looked_up() {
    let stage = Stage::empty();
    assert_eq!(notice(stage.app.player_check(&stage.me, "ChennyBounce").await), Notice::NoServerSet);
    assert_eq!(stage.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn a_plan_without_sessions_leaves_them_out_and_says_so() {
    let stage = Stage::on_the_moose().await;
    stage.sim.switch(|switches| switches.sessions_in_plan = false);
    let check = player(&stage, "ChennyBounce").await;
    assert!(check.sessions.is_empty());
    assert_eq!(check.sessions_trouble, Some(battlemetrics(TroubleKind::Forbidden)));
    assert!(matches!(check.presence, Presence::Online { .. }));
}

#[tokio::test]
async fn a_known_player_is_unknown_with_the_cause_while_the_service_is_down_and_a_stranger_is_an_error() {
    let stage = Stage::with_purple_base().await;
    stage.check().await;
    stage.pass(hours(1));
    stage.sim.fault(Service::BattleMetrics, Fault::Status(401));
    let check = player(&stage, &cast::TEE_HIGGINS.id.to_string()).await;
    let trouble = battlemetrics(TroubleKind::TokenRefused);
    assert!(
        matches!(check.presence, Presence::Unknown { cause: Unknown::Trouble { trouble: said }, last_seen: Some(_) } if said == trouble)
    );
    assert_eq!((check.trouble, check.sessions_trouble), (Some(trouble), Some(trouble)));
    assert_eq!((check.name.as_str(), check.groups.as_slice()), ("Tee Higgins", [BASE.to_owned()].as_slice()));
    let stranger = notice(stage.app.player_check(&stage.me, "1234567890").await);
    assert_eq!(stranger, outside(TroubleKind::TokenRefused));
}

#[tokio::test]
async fn on_a_frozen_server_a_player_is_unknown() {
    let stage = Stage::empty();
    stage.set_server(cast::FROZEN).await;
    let check = player(&stage, &cast::CHENNY_BOUNCE.id.to_string()).await;
    assert!(matches!(check.presence, Presence::Unknown { cause: Unknown::Stale { .. }, .. }));
    assert!(matches!(check.stale, Some(Stale::NotQueried { .. })));
}

#[tokio::test]
async fn a_number_that_is_no_player_is_said_back() {
    let stage = Stage::on_the_moose().await;
    let told = notice(stage.app.player_check(&stage.me, "1234567890").await);
    assert_eq!(told, Notice::UnknownPlayer { input: "1234567890".to_owned(), nearest: Vec::new() });
}

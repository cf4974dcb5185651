//! Stories about the check of a group: who is on, who was, of whom nothing can be said, and what it costs.

use jiff::SignedDuration;
use rustops::{
    domain::{
        notice::Notice,
        presence::{Presence, Stale, Unknown},
        report::LastCheck,
    },
    sim::{NeverSeen, cast},
};

use crate::stage::{BASE, Stage, hours, mins, names, notice, presence};

const NEVER: Presence = Presence::Unknown { cause: Unknown::NeverSeen, last_seen: None };

#[tokio::test]
async fn the_team_is_shown_online_first_then_by_last_seen_then_the_unknown() {
    let stage = Stage::with_purple_base().await;
    let now = stage.now();
    let check = stage.check().await;
    assert_eq!(
        names(&check),
        ["ChennyBounce", "Boat Enjoyer", "?", "Tee Higgins", "Hide Vest Enthusiast", "Player_1cbc", "Sleepy"]
    );
    assert_eq!((check.active, check.unknown, check.members.len()), (3, 1, 7));
    assert_eq!(presence(&check, "ChennyBounce"), Presence::Online { since: Some(now - mins(133)) });
    assert_eq!(presence(&check, "?"), Presence::Online { since: Some(now - SignedDuration::from_secs(40)) });
    assert_eq!(presence(&check, "Tee Higgins"), Presence::Offline { last_seen: now - mins(8 * 60 + 19) });
    assert_eq!(presence(&check, "Player_1cbc"), Presence::Offline { last_seen: now - hours(72) });
    assert_eq!(presence(&check, "Sleepy"), NEVER);
    assert_eq!((check.as_of, check.stale, check.trouble, check.pinned), (now, None, None, false));
}

#[tokio::test]
async fn a_first_check_asks_once_for_the_server_and_once_for_each_absent_member_a_second_one_only_for_the_server() {
    let stage = Stage::with_purple_base().await;
    let first = stage.check().await;
    let asked = stage.asked();
    assert_eq!(asked.len(), 1 + 4, "{asked:?}");
    assert_eq!(asked[0], format!("/servers/{}", cast::RUSTY_MOOSE));
    stage.pass(mins(2));
    let again = stage.check().await;
    assert_eq!(stage.asked().len(), 1);
    assert_eq!(presence(&again, "Tee Higgins"), presence(&first, "Tee Higgins"));
    assert_eq!(presence(&again, "Sleepy"), NEVER);
    stage.pass(mins(2));
    stage.check().await;
    assert_eq!(stage.asked().len(), 1);
}

#[tokio::test]
async fn the_check_is_recorded_for_the_list() {
    let stage = Stage::with_purple_base().await;
    assert_eq!(stage.app.group_list(&stage.me).await.unwrap().groups[0].last_check, None);
    let at = stage.now();
    stage.check().await;
    stage.pass(mins(3));
    let list = stage.app.group_list(&stage.me).await.unwrap();
    assert_eq!(list.groups[0].last_check, Some(LastCheck { active: 3, total: 7, unknown: 1, at }));
}

#[tokio::test]
async fn people_come_and_go() {
    let stage = Stage::with_purple_base().await;
    stage.check().await;
    stage.pass(mins(4));
    stage.sim.leaves(cast::CHENNY_BOUNCE.id, cast::RUSTY_MOOSE);
    let left = stage.now();
    stage.sim.joins(cast::TEE_HIGGINS.id, cast::RUSTY_MOOSE);
    stage.pass(mins(1));
    let check = stage.check().await;
    assert_eq!(presence(&check, "Tee Higgins"), Presence::Online { since: Some(left) });
    assert_eq!(presence(&check, "ChennyBounce"), Presence::Offline { last_seen: left });
    assert_eq!(check.active, 3);
    stage.pass(mins(1));
    let again = stage.check().await;
    assert_eq!(presence(&again, "ChennyBounce"), Presence::Offline { last_seen: left }, "said the same twice");
}

#[tokio::test]
async fn who_came_and_went_unseen_is_asked_for_again() {
    let stage = Stage::with_purple_base().await;
    stage.check().await;
    stage.pass(mins(20));
    stage.sim.joins(cast::HIDE_VEST_ENTHUSIAST.id, cast::RUSTY_MOOSE);
    stage.pass(mins(30));
    stage.sim.leaves(cast::HIDE_VEST_ENTHUSIAST.id, cast::RUSTY_MOOSE);
    let left = stage.now();
    stage.pass(mins(5));
    let check = stage.check().await;
    assert_eq!(presence(&check, "Hide Vest Enthusiast"), Presence::Offline { last_seen: left });
}

#[tokio::test]
async fn a_list_that_is_minutes_old_does_not_make_somebody_seen_now() {
    let stage = Stage::with_purple_base().await;
    stage.check().await;
    let stood = stage.now();
    stage.pass(mins(4));
    // BattleMetrics looked four minutes ago, and has not noticed the leaving three minutes ago.
    stage.sim.set_updated_at(cast::RUSTY_MOOSE, Some(stood));
    stage.check().await;
    stage.sim.leaves_at(cast::CHENNY_BOUNCE.id, cast::RUSTY_MOOSE, stood + mins(1));
    stage.sim.set_updated_at(cast::RUSTY_MOOSE, None);
    for _ in 0..2 {
        let check = stage.check().await;
        assert_eq!(presence(&check, "ChennyBounce"), Presence::Offline { last_seen: stood + mins(1) });
        stage.pass(mins(1));
    }
}

#[tokio::test]
async fn somebody_who_hides_the_profile_is_unknown_and_not_offline() {
    let stage = Stage::with_purple_base().await;
    let before = stage.check().await;
    let Presence::Offline { last_seen } = presence(&before, "Tee Higgins") else { panic!("{before:?}") };
    for habit in [NeverSeen::NotFound, NeverSeen::Zeros] {
        stage.sim.switch(|switches| switches.never_seen = habit);
        stage.sim.set_private(cast::TEE_HIGGINS.id, true);
        stage.pass(hours(1));
        for _ in 0..2 {
            let check = stage.check().await;
            let expected = Presence::Unknown { cause: Unknown::PrivateProfile, last_seen: Some(last_seen) };
            assert_eq!(presence(&check, "Tee Higgins"), expected, "{habit:?}");
            stage.pass(mins(1));
        }
    }
}

#[tokio::test]
async fn a_player_never_seen_there_is_unknown_whichever_way_the_service_says_so() {
    let stage = Stage::with_purple_base().await;
    for habit in [NeverSeen::Zeros, NeverSeen::NotFound] {
        stage.sim.switch(|switches| switches.never_seen = habit);
        stage.pass(mins(30));
        assert_eq!(presence(&stage.check().await, "Sleepy"), NEVER, "{habit:?}");
    }
}

#[tokio::test]
async fn a_frozen_list_is_not_believed_and_changes_nothing() {
    let stage = Stage::with_purple_base().await;
    let before = stage.check().await;
    let seen = stage.now();
    stage.sim.freeze(cast::RUSTY_MOOSE);
    stage.pass(hours(2));
    stage.sim.forget_requests();
    let frozen = stage.check().await;
    let why = Stale::NotQueried { since: Some(seen) };
    assert_eq!(frozen.stale, Some(why));
    assert_eq!((frozen.active, frozen.unknown), (0, 7));
    for state in &frozen.members {
        assert!(
            matches!(state.presence, Presence::Unknown { cause: Unknown::Stale { why: said }, .. } if said == why),
            "{state:?}"
        );
    }
    assert_eq!(stage.asked().len(), 1, "nobody is asked for on a server that stands still");
    let list = stage.app.group_list(&stage.me).await.unwrap();
    assert_eq!(list.groups[0].last_check.unwrap().at, before.as_of, "the last real check stands");

    stage.sim.thaw(cast::RUSTY_MOOSE);
    let thawed = stage.check().await;
    let Presence::Offline { last_seen } = presence(&thawed, "Boat Enjoyer") else { panic!("{thawed:?}") };
    assert_eq!(last_seen, seen + mins(90), "left while nobody looked, and was not seen at the frozen end");
}

#[tokio::test]
async fn what_was_known_before_a_freeze_is_still_told_as_the_last_time() {
    let stage = Stage::with_purple_base().await;
    let before = stage.check().await;
    let Presence::Offline { last_seen } = presence(&before, "Tee Higgins") else { panic!("{before:?}") };
    stage.sim.set_query_status(cast::RUSTY_MOOSE, Some("invalid"));
    match presence(&stage.check().await, "Tee Higgins") {
        Presence::Unknown { cause: Unknown::Stale { .. }, last_seen: told } => assert_eq!(told, Some(last_seen)),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn nobody_is_offline_because_the_server_went_down() {
    let stage = Stage::with_purple_base().await;
    stage.check().await;
    stage.sim.set_status(cast::RUSTY_MOOSE, "offline");
    stage.pass(mins(1));
    let check = stage.check().await;
    assert!(matches!(check.stale, Some(Stale::ServerDown { .. })));
    assert_eq!((check.active, check.unknown), (0, 7));
}

#[tokio::test]
async fn on_a_server_that_hides_names_absence_means_nothing() {
    let stage = Stage::with_purple_base().await;
    stage.set_server(cast::HIDDEN).await;
    stage.sim.forget_requests();
    let check = stage.check().await;
    assert!(check.hides_names);
    assert_eq!((check.active, check.unknown), (0, 7));
    for state in &check.members {
        assert_eq!(state.presence, Presence::Unknown { cause: Unknown::NamesHidden, last_seen: None });
    }
    assert_eq!(stage.asked().len(), 1);
    let known = stage.app.status(None).await.unwrap().counts.unwrap().players;
    assert_eq!(known, 7, "only the members: invented people are not remembered");
}

#[tokio::test]
async fn a_server_that_hides_names_does_so_still_when_hardly_anybody_is_on() {
    let stage = Stage::with_purple_base().await;
    stage.set_server(cast::HIDDEN).await;
    let seats = stage.sim.world().roster(cast::HIDDEN, stage.now());
    assert!(seats.len() > 5, "the evening is busy");
    // Everybody leaves when the server goes down; it comes back with one player.
    stage.sim.set_status(cast::HIDDEN, "offline");
    stage.pass(mins(5));
    stage.sim.set_status(cast::HIDDEN, "online");
    stage.sim.joins(cast::BOAT_ENJOYER.id, cast::HIDDEN);
    stage.pass(mins(1));
    assert!(stage.sim.world().roster(cast::HIDDEN, stage.now()).len() < 5);
    let check = stage.check().await;
    assert!(check.hides_names);
    assert_eq!((check.active, check.unknown), (0, 7), "nobody is called offline there");
}

#[tokio::test]
async fn a_pinned_group_is_checked_on_its_own_server() {
    let stage = Stage::with_purple_base().await;
    stage.set_server(cast::CROWDED).await;
    let pinned = stage.app.group_pin(&stage.me, BASE, Some(&cast::RUSTY_MOOSE.to_string())).await;
    assert!(crate::stage::done(pinned).change.is_some());
    let check = stage.check().await;
    assert!(check.pinned);
    assert_eq!((check.server.name.as_str(), check.active), ("Rusty Moose |US Monthly|", 3));
    crate::stage::done(stage.app.group_pin(&stage.me, BASE, None).await);
    let check = stage.check().await;
    assert_eq!((check.pinned, check.server.name.as_str()), (false, "Crowded Coast EU Main"));
}

#[tokio::test]
async fn a_pinned_group_needs_no_active_server() {
    let stage = Stage::with_purple_base().await;
    crate::stage::done(stage.app.group_pin(&stage.me, BASE, Some("Rusty Moose |US Monthly|")).await);
    stage.app.server_clear(&stage.me).await.unwrap();
    assert_eq!(stage.check().await.active, 3);
}

#[tokio::test]
async fn a_group_that_does_not_exist_or_is_empty_says_what_to_do() {
    let stage = Stage::on_the_moose().await;
    assert_eq!(notice(stage.app.group_check(&stage.me, "Purple").await), Notice::NoGroups);
    stage.add(BASE, &cast::SLEEPY.id.to_string()).await;
    let near = notice(stage.app.group_check(&stage.me, "purpel base").await);
    assert_eq!(near, Notice::UnknownGroup { input: "purpel base".to_owned(), nearest: vec![BASE.to_owned()] });
    crate::stage::done(stage.app.group_remove(&stage.me, BASE, "Sleepy").await);
    assert_eq!(notice(stage.app.group_check(&stage.me, BASE).await), Notice::EmptyGroup { group: BASE.to_owned() });
}

#[tokio::test]
async fn a_group_is_found_however_its_name_is_written() {
    let stage = Stage::with_purple_base().await;
    for name in ["purple base", " PURPLE  BASE ", "Ｐurple Base", "Purple\u{200b} Base"] {
        assert_eq!(stage.app.group_check(&stage.me, name).await.unwrap().group, BASE, "{name:?}");
    }
}

#[tokio::test]
async fn a_plan_without_sessions_beside_players_costs_one_more_request_once() {
    for status in [400, 403] {
        let stage = Stage::with_purple_base().await;
        stage.sim.switch(|switches| switches.sessions_beside_players_refused = Some(status));
        let now = stage.now();
        let check = stage.check().await;
        assert_eq!(presence(&check, "ChennyBounce"), Presence::Online { since: Some(now - mins(133)) }, "{status}");
        stage.sim.forget_requests();
        stage.check().await;
        assert_eq!(stage.asked().len(), 1, "{status}");
    }
}

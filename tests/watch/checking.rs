//! What a check answers while the server is watched.

use jiff::SignedDuration;
use rustops::{
    app::WatchOptions,
    domain::{
        ids::ChannelId,
        presence::{Presence, Stale, Unknown},
        report::{BoardReport, GroupAtAGlance, Seen},
    },
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
    let frozen = stage.now();
    stage.watches_for(MINUTE * 30).await;
    let before = stage.kept(cast::CHENNY_BOUNCE.id, cast::RUSTY_MOOSE).await;
    assert!(before.1.is_some(), "the session is not ended");
    let Presence::Unknown { cause: Unknown::Stale { why: Stale::NotQueried { since: Some(since) } }, last_seen } =
        presence(&stage, "ChennyBounce").await
    else {
        panic!()
    };
    assert!(frozen.duration_since(since).abs() <= MINUTE * 2, "{since} instead of {frozen}");
    assert_eq!(last_seen, Some(since), "on, when it was last known who was");
    stage.sim.thaw(cast::RUSTY_MOOSE);
    stage.watches_for(MINUTE * 5).await;
    assert!(matches!(presence(&stage, "ChennyBounce").await, Presence::Online { .. }));
    assert_eq!(stage.windows(cast::RUSTY_MOOSE).await.len(), 2, "what lies between was not observed");
}

#[tokio::test]
async fn a_server_that_is_down_is_unknown_since_the_last_list_however_fresh_its_page_is() {
    let stage = purple_base().await;
    stage.watches_for(MINUTE * 3).await;
    let down = stage.now();
    stage.sim.set_status(cast::RUSTY_MOOSE, "dead");
    let mut told = Vec::new();
    for _ in 0..3 {
        stage.watches_for(MINUTE * 5).await;
        stage.sim.set_updated_at(cast::RUSTY_MOOSE, Some(stage.now()));
        let Presence::Unknown { cause: Unknown::Stale { why: Stale::ServerDown { since: Some(since), .. } }, .. } =
            presence(&stage, "ChennyBounce").await
        else {
            panic!()
        };
        assert!(down.duration_since(since).abs() <= MINUTE * 2, "{since} instead of {down}");
        told.push(since);
    }
    assert!(told.iter().all(|since| *since == told[0]), "a board would change for nothing: {told:?}");
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
async fn what_was_seen_is_believed_for_five_minutes_however_rare_the_polls() {
    let stage = Stage::with(WatchOptions { every: MINUTE * 10, ..WatchOptions::default() });
    let corner = stage.with_corners(1).await.remove(0);
    stage.watches_for(MINUTE).await;
    stage.asked();
    stage.clock.advance(MINUTE * 3);
    stage.checks(&corner, false).await;
    assert_eq!(stage.asked(), Vec::<String>::new());
    stage.sim.leaves(corner.guest, corner.place);
    stage.clock.advance(MINUTE * 2);
    let check = stage.checks(&corner, false).await;
    assert!(matches!(check.members[0].presence, Presence::Offline { .. }), "{:?}", check.members);
    assert_eq!(stage.asked(), [format!("/servers/{}", corner.place)], "it is looked at for whoever asks");
}

#[tokio::test]
async fn however_rare_the_polls_a_board_stays_between_them_and_says_when_one_is_missing() {
    let stage = Stage::with(WatchOptions { every: MINUTE * 10, ..WatchOptions::default() });
    let corner = stage.with_corners(1).await.remove(0);
    stage.watches_for(MINUTE).await;
    let name = format!("{} 0", corner.place);
    let set = stage.app.board_set(&stage.me, Some(&name), ChannelId::new(7).unwrap()).await.unwrap();
    let board = stage.app.board(&stage.me.guild, set.board).await.unwrap();
    let shown = async || match stage.app.board_report(&board).await.unwrap() {
        BoardReport::Group(GroupAtAGlance { seen: Seen::Check(check), .. }) => check,
        report => panic!("{report:?}"),
    };
    stage.clock.advance(MINUTE * 8);
    let check = shown().await;
    assert_eq!((check.active, check.stale), (1, None));
    stage.clock.advance(MINUTE * 4);
    assert!(matches!(shown().await.stale, Some(Stale::TooOld { .. })));
}

#[tokio::test]
async fn a_check_of_now_that_tells_an_old_list_tells_its_age() {
    let stage = Stage::new();
    let corner = stage.with_corners(1).await.remove(0);
    let listed = stage.now();
    stage.sim.set_updated_at(corner.place, Some(listed));
    stage.watches_for(MINUTE * 4).await;
    let check = stage.checks(&corner, true).await;
    assert_eq!((check.as_of, check.stale), (listed, None));
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
async fn before_anything_is_typed_those_are_suggested_who_were_there_last_though_nobody_is_on() {
    let stage = Stage::new();
    let place = stage.sim.add_server("Small Moose");
    let [early, late, on] = ["Early", "Late", "On"].map(|name| stage.sim.add_player(name));
    [early, late].iter().for_each(|guest| stage.sim.joins(*guest, place));
    stage.tracks("local", place, &[cast::TEE_HIGGINS.id], false).await;
    for guest in [early, late] {
        stage.watches_for(MINUTE * 12).await;
        stage.sim.leaves(guest, place);
    }
    stage.watches_for(MINUTE * 12).await;
    let suggested = async || {
        let suggested = stage.app.suggest_players(&stage.me, None, "").await.unwrap();
        suggested.into_iter().map(|one| one.name).collect::<Vec<_>>()
    };
    assert_eq!(suggested().await, ["Late", "Early"]);
    stage.sim.joins(on, place);
    stage.watches_for(MINUTE * 2).await;
    assert_eq!(suggested().await, ["On", "Late", "Early"]);
    stage.sim.freeze(place);
    stage.watches_for(MINUTE * 12).await;
    assert_eq!(suggested().await, ["On", "Late", "Early"]);
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

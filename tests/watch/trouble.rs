//! What the watch does when BattleMetrics fails or refuses.

use jiff::SignedDuration;
use rustops::{
    domain::{
        presence::{Presence, Unknown},
        report::Health,
        trouble::TroubleKind,
    },
    sim::{Fault, Service, TokenState, cast},
};

use crate::stage::{MINUTE, Stage};

async fn watching_chenny() -> Stage {
    let stage = Stage::new();
    stage.tracks("local", cast::RUSTY_MOOSE, &[cast::CHENNY_BOUNCE.id], false).await;
    stage.tracks("local", cast::CROWDED, &[cast::SLEEPY.id], true).await;
    stage.watches_for(MINUTE * 3).await;
    stage.asked();
    stage
}

async fn presence(stage: &Stage) -> Presence {
    let check = stage.app.group_check(&stage.me, &format!("{} 0", cast::RUSTY_MOOSE)).await.unwrap();
    check.members[0].presence.clone()
}

#[tokio::test]
async fn a_refused_token_stops_the_polls_is_told_once_and_mends_itself() {
    let stage = watching_chenny().await;
    stage.sim.switch(|switches| switches.token = TokenState::Refused);
    let steps = stage.watches_for(SignedDuration::from_hours(1)).await;
    let told: Vec<_> = steps.iter().filter_map(|step| step.refused).map(|trouble| trouble.kind).collect();
    assert_eq!(told, [TroubleKind::TokenRefused]);
    assert!((4..=6).contains(&stage.asked().len()), "a probe now and then");
    let status = stage.app.status(None).await.unwrap();
    assert!(status.watches.iter().all(|row| matches!(row.health, Health::Trouble { .. })));
    assert!(matches!(presence(&stage).await, Presence::Unknown { cause: Unknown::Trouble { .. }, .. }));

    stage.sim.switch(|switches| switches.token = TokenState::Good);
    stage.watches_for(MINUTE * 20).await;
    assert!(matches!(presence(&stage).await, Presence::Online { .. }));
    let status = stage.app.status(None).await.unwrap();
    assert!(status.watches.iter().all(|row| row.health == Health::Good), "{:?}", status.watches);
}

#[tokio::test]
async fn while_everything_is_refused_every_server_says_so_and_checks_do_not_ask_again_and_again() {
    let stage = watching_chenny().await;
    stage.sim.switch(|switches| switches.token = TokenState::Refused);
    stage.watches_for(MINUTE * 10).await;
    stage.asked();
    for server in [cast::RUSTY_MOOSE, cast::CROWDED, cast::RUSTY_MOOSE, cast::CROWDED] {
        let check = stage.app.group_check(&stage.me, &format!("{server} 0")).await.unwrap();
        let Presence::Unknown { cause: Unknown::Trouble { trouble }, .. } = check.members[0].presence else {
            panic!("{:?}", check.members);
        };
        assert_eq!(trouble.kind, TroubleKind::TokenRefused);
    }
    assert_eq!(stage.asked().len(), 1);
}

#[tokio::test]
async fn a_server_that_may_not_be_looked_at_stops_no_other() {
    let stage = Stage::new();
    let corners = stage.with_corners(2).await;
    let forbidden = format!("/servers/{}", corners[0].place);
    stage.sim.fault(Service::BattleMetrics, Fault::Status(403).on(&forbidden));
    let steps = stage.watches_for(SignedDuration::from_hours(2)).await;
    assert!(steps.iter().all(|step| step.refused.is_none()), "nobody is told that everything is refused");
    let (no, yes): (Vec<_>, Vec<_>) = stage.asked().into_iter().partition(|path| *path == forbidden);
    assert!(yes.len() >= 119, "{} polls of the other in two hours", yes.len());
    assert!(no.len() <= 2 * 9, "tried now and then: {}", no.len());
    let check = stage.checks(&corners[1], false).await;
    assert!(matches!(check.members[0].presence, Presence::Online { .. }), "{:?}", check.members);
    let status = stage.app.status(None).await.unwrap();
    let ill: Vec<_> = status.watches.iter().filter(|row| matches!(row.health, Health::Trouble { .. })).collect();
    assert_eq!(ill.len(), 1, "{:?}", status.watches);

    stage.sim.fault(Service::BattleMetrics, Fault::Status(403));
    let steps = stage.watches_for(SignedDuration::from_hours(1)).await;
    let told: Vec<_> = steps.iter().filter_map(|step| step.refused).map(|trouble| trouble.kind).collect();
    assert_eq!(told, [TroubleKind::Forbidden], "nothing is left that may be looked at");
    stage.sim.clear_faults();
    stage.watches_for(MINUTE * 20).await;
    let status = stage.app.status(None).await.unwrap();
    assert!(status.watches.iter().all(|row| row.health == Health::Good), "{:?}", status.watches);
}

#[tokio::test]
async fn a_list_that_stood_still_before_it_failed_is_a_gap_from_where_it_stood() {
    let stage = Stage::new();
    let corner = stage.with_corners(1).await.remove(0);
    stage.watches_for(MINUTE * 3).await;
    let stood = stage.now();
    stage.sim.set_updated_at(corner.place, Some(stood));
    // The list is believed for five minutes; two polls later it goes on, without the guest.
    stage.watches_for(MINUTE * 6 + MINUTE / 2).await;
    stage.sim.leaves(corner.guest, corner.place);
    stage.sim.set_updated_at(corner.place, None);
    stage.watches_for(MINUTE * 5).await;
    let windows = stage.windows(corner.place).await;
    assert_eq!(windows.len(), 2, "{windows:?}");
    assert!(windows[0].stop() <= stood && windows[1].start() >= stood + MINUTE * 5, "{windows:?}");
}

#[tokio::test]
async fn a_poll_that_fails_once_leaves_no_gap() {
    let stage = watching_chenny().await;
    stage.sim.fault(Service::BattleMetrics, Fault::Status(404).times(1));
    stage.sim.fault(Service::BattleMetrics, Fault::TruncatedJson.times(1));
    stage.watches_for(MINUTE * 5).await;
    assert_eq!(stage.windows(cast::CROWDED).await.len(), 1);
}

#[tokio::test]
async fn an_outage_is_a_gap_in_which_nobody_left() {
    let stage = watching_chenny().await;
    stage.sim.fault(Service::BattleMetrics, Fault::Status(503));
    stage.watches_for(MINUTE * 10).await;
    assert!(matches!(presence(&stage).await, Presence::Unknown { cause: Unknown::Trouble { .. }, .. }));
    assert!(stage.kept(cast::CHENNY_BOUNCE.id, cast::RUSTY_MOOSE).await.1.is_some());
    stage.sim.clear_faults();
    stage.watches_for(MINUTE * 5).await;
    assert_eq!(stage.windows(cast::RUSTY_MOOSE).await.len(), 2);
    assert!(matches!(presence(&stage).await, Presence::Online { .. }));
}

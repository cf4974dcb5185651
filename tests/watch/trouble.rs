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

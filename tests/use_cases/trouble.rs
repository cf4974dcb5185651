//! Stories about services that fail: each kind of failure is named, and nothing is made up or lost over it.

use std::time::Duration;

use rustops::{
    domain::{
        notice::Notice,
        presence::{Presence, Unknown},
        report::Outcome,
        trouble::{TroubleKind, Unreadable},
    },
    remote::BESIDE_THE_BOT,
    sim::{Fault, Service, TokenState, cast},
};

use crate::stage::{BASE, Cast, Stage, battlemetrics, hours, mins, notice, outside, player_id, presence};

/// Every member unknown with that cause, and nothing recorded.
async fn all_unknown(stage: &Stage, expected: TroubleKind) {
    let list = stage.app.group_list(&stage.me).await.unwrap();
    let check = stage.check().await;
    assert_eq!(check.trouble, Some(battlemetrics(expected)));
    assert_eq!((check.active, check.unknown), (0, check.members.len()));
    for state in &check.members {
        match &state.presence {
            Presence::Unknown { cause: Unknown::Trouble { trouble }, .. } => assert_eq!(trouble.kind, expected),
            other => panic!("{expected:?}: {other:?}"),
        }
    }
    assert_eq!(stage.app.group_list(&stage.me).await.unwrap(), list, "nothing was recorded");
}

fn unreadable(what: Unreadable) -> TroubleKind {
    TroubleKind::Unreadable { what }
}

#[tokio::test]
async fn whatever_the_service_answers_instead_every_member_is_unknown_with_that_cause() {
    let stage = Stage::with_purple_base().await;
    for (fault, expected) in [
        (Fault::Status(401), TroubleKind::TokenRefused),
        (Fault::Status(403), TroubleKind::Forbidden),
        (Fault::Cloudflare, TroubleKind::Blocked),
        (Fault::Status(404), TroubleKind::NotFound),
        (Fault::Status(500), TroubleKind::Down { status: 500 }),
        (Fault::HtmlStatus(502), TroubleKind::Down { status: 502 }),
        (Fault::Status(503), TroubleKind::Down { status: 503 }),
        (Fault::HtmlInstead, unreadable(Unreadable::Html)),
        (Fault::EmptyBody, unreadable(Unreadable::Empty)),
        (Fault::TruncatedJson, unreadable(Unreadable::Truncated)),
        (Fault::DeepJson, unreadable(Unreadable::TooDeep)),
        (Fault::HugeBody, unreadable(Unreadable::TooLarge)),
        (Fault::Dropped, TroubleKind::Unreachable),
        (Fault::Redirect("https://evil.example/".to_owned()), unreadable(Unreadable::Elsewhere)),
    ] {
        stage.sim.fault(Service::BattleMetrics, fault);
        all_unknown(&stage, expected).await;
        stage.sim.clear_faults();
        stage.pass(mins(1));
    }
    assert_eq!(stage.check().await.active, 3, "all is well again");
}

#[tokio::test]
async fn a_service_that_does_not_answer_in_time_leaves_everybody_unknown() {
    let timeout = Duration::from_millis(40);
    let stage = Stage::with(Cast { timeout, ..Cast::default() });
    stage.sim.joins(cast::SLEEPY.id, cast::RUSTY_MOOSE);
    stage.set_server(cast::RUSTY_MOOSE).await;
    stage.add(BASE, &cast::SLEEPY.id.to_string()).await;
    for fault in [Fault::SlowFirstByte(timeout * 50), Fault::Stalled] {
        stage.sim.fault(Service::BattleMetrics, fault);
        all_unknown(&stage, TroubleKind::TimedOut).await;
        stage.sim.clear_faults();
    }
}

#[tokio::test]
async fn an_account_without_a_subscription_is_named_as_such() {
    let stage = Stage::with_purple_base().await;
    stage.sim.switch(|switches| switches.token = TokenState::Unpaid);
    all_unknown(&stage, TroubleKind::NoSubscription).await;
    assert_eq!(notice(stage.app.server_set(&stage.me, "Moose").await), outside(TroubleKind::NoSubscription));
}

#[tokio::test]
async fn without_a_token_nothing_is_sent_and_the_answer_says_so() {
    let stage = Stage::with(Cast { token: Some(""), ..Cast::default() });
    for result in [
        notice(stage.app.server_set(&stage.me, "Moose").await),
        notice(stage.app.group_add(&stage.me, BASE, "1034857211", None).await),
    ] {
        assert_eq!(result, outside(TroubleKind::TokenMissing));
    }
    assert_eq!(stage.asked(), Vec::<String>::new());
    assert!(stage.app.group_list(&stage.me).await.unwrap().groups.is_empty());
}

#[tokio::test]
async fn a_limit_that_was_reached_says_until_when() {
    let stage = Stage::with_purple_base().await;
    stage.sim.fault(Service::BattleMetrics, Fault::Status(429));
    let until = stage.now() + jiff::SignedDuration::from_secs(30);
    all_unknown(&stage, TroubleKind::LimitReached { until }).await;
    assert_eq!(stage.app.status(None).await.unwrap().battlemetrics.paused_until, Some(until));
    stage.sim.clear_faults();
    stage.sim.forget_requests();
    all_unknown(&stage, TroubleKind::LimitReached { until }).await;
    assert_eq!(stage.asked(), Vec::<String>::new(), "the queue stands still");
    stage.pass(mins(1));
    assert_eq!(stage.check().await.active, 3);
}

#[tokio::test]
async fn what_runs_beside_the_bot_leaves_it_the_most_and_says_when_to_ask_again() {
    let stage = Stage::on_the_moose().await;
    let terminal = stage.process_of(&Cast { plan: Some(BESIDE_THE_BOT), ..Cast::default() });
    let began = stage.now();
    // A script without end.
    let refused = loop {
        if let Err(error) = terminal.server_set(&stage.me, "Nobody's Land").await {
            match notice::<()>(Err(error)) {
                Notice::Outside { trouble } => break trouble,
                Notice::UnknownServer { .. } => {}
                other => panic!("{other:?}"),
            }
        }
    };
    assert_eq!(stage.asked().len(), 30);
    assert_eq!(refused, battlemetrics(TroubleKind::LimitReached { until: began + mins(1) }));
    assert!(stage.now() < began + mins(1), "a person is told and does not wait");
    assert_eq!(notice(terminal.server_set(&stage.me, "Nobody's Land").await), outside(refused.kind));
    assert_eq!(stage.asked(), Vec::<String>::new());
    // The bot has all of its own.
    assert_eq!(stage.app.status(None).await.unwrap().battlemetrics.limit, Some(150));
    stage.set_server(cast::RUSTY_MOOSE).await;
    stage.pass(mins(1));
    assert!(matches!(terminal.server_set(&stage.me, &cast::RUSTY_MOOSE.to_string()).await, Ok(Outcome::Done(_))));
}

#[tokio::test]
async fn a_short_hiccup_is_not_even_noticed() {
    let stage = Stage::with_purple_base().await;
    for fault in [Fault::Status(503), Fault::Dropped, Fault::HtmlStatus(522)] {
        stage.sim.fault(Service::BattleMetrics, fault.times(1));
        let check = stage.check().await;
        assert_eq!((check.active, check.trouble), (3, None));
    }
}

#[tokio::test]
async fn one_member_who_cannot_be_asked_for_is_unknown_and_the_others_are_not() {
    let stage = Stage::with_purple_base().await;
    let path = format!("/players/{}/servers", cast::TEE_HIGGINS.id);
    stage.sim.fault(Service::BattleMetrics, Fault::Status(500).on(&path));
    let check = stage.check().await;
    let down = battlemetrics(TroubleKind::Down { status: 500 });
    let unknown = Presence::Unknown { cause: Unknown::Trouble { trouble: down }, last_seen: None };
    assert_eq!(presence(&check, "Tee Higgins"), unknown);
    assert_eq!((check.active, check.unknown, check.trouble), (3, 2, Some(down)));
    let recorded = stage.app.group_list(&stage.me).await.unwrap().groups[0].last_check.unwrap();
    assert_eq!((recorded.active, recorded.unknown), (3, 2), "the roster was read, so this was a check");
    stage.sim.clear_faults();
    stage.sim.forget_requests();
    assert!(matches!(presence(&stage.check().await, "Tee Higgins"), Presence::Offline { .. }));
    assert_eq!(stage.asked().len(), 2, "only who could not be asked for is asked for again");
}

#[tokio::test]
async fn while_the_service_is_down_the_last_known_time_is_told_as_such() {
    let stage = Stage::with_purple_base().await;
    stage.check().await;
    let seen = stage.now();
    stage.pass(hours(5));
    stage.sim.fault(Service::BattleMetrics, Fault::Status(502));
    match presence(&stage.check().await, "ChennyBounce") {
        Presence::Unknown { cause: Unknown::Trouble { .. }, last_seen: Some(last_seen) } => {
            assert!(last_seen <= seen && last_seen > seen - mins(2));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn nothing_is_added_while_the_service_fails() {
    let stage = Stage::on_the_moose().await;
    for (fault, expected) in [
        (Fault::Status(401), TroubleKind::TokenRefused),
        (Fault::Status(503), TroubleKind::Down { status: 503 }),
        (Fault::HugeBody, unreadable(Unreadable::TooLarge)),
    ] {
        stage.sim.fault(Service::BattleMetrics, fault);
        for player in ["ChennyBounce", "1034857211"] {
            let told = notice(stage.app.group_add(&stage.me, BASE, player, None).await);
            assert_eq!(told, outside(expected));
        }
        stage.sim.clear_faults();
    }
    assert_eq!(notice(stage.app.group_check(&stage.me, BASE).await), Notice::NoGroups);
}

#[tokio::test]
async fn a_known_player_can_be_added_while_the_service_is_down() {
    let stage = Stage::with_purple_base().await;
    stage.sim.fault(Service::BattleMetrics, Fault::Status(503));
    let added = stage.add("Second", &cast::SLEEPY.id.to_string()).await;
    assert_eq!(added.member.player, Some(player_id(cast::SLEEPY.id)));
    assert_eq!(added.member.name, "Sleepy");
}

#[tokio::test]
async fn an_update_that_reaches_nobody_is_an_error_and_changes_nothing() {
    let stage = Stage::with_purple_base().await;
    stage.sim.rename(cast::SLEEPY.id, "Wide Awake");
    stage.sim.fault(Service::BattleMetrics, Fault::Status(401));
    assert_eq!(notice(stage.app.group_update(&stage.me, BASE).await), outside(TroubleKind::TokenRefused));
    let suggested = stage.app.suggest_players(&stage.me, None, "wide").await.unwrap();
    assert!(suggested.iter().all(|one| one.name != "Wide Awake"), "{suggested:?}");
}

#[tokio::test]
async fn recent_troubles_stand_in_the_status() {
    let stage = Stage::with_purple_base().await;
    stage.sim.fault(Service::BattleMetrics, Fault::Status(401));
    stage.check().await;
    let status = stage.app.status(None).await.unwrap();
    assert_eq!(status.recent[0].trouble, battlemetrics(TroubleKind::TokenRefused));
    assert_eq!(status.battlemetrics.trouble, Some(battlemetrics(TroubleKind::TokenRefused)));
    stage.sim.clear_faults();
    stage.check().await;
    let status = stage.app.status(None).await.unwrap();
    assert_eq!(status.battlemetrics.trouble, None, "it works again");
    assert_eq!(status.recent.len(), 1, "and is not forgotten");
}

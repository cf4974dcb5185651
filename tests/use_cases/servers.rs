//! Stories about the server that a guild looks at.

use rustops::{
    domain::{
        facts::ServerStatus,
        notice::{Notice, What, Wrong},
        presence::Stale,
        report::{CHOICES, Candidate},
        trouble::TroubleKind,
    },
    sim::{Fault, Service, cast},
};

use crate::stage::{Stage, battlemetrics, choice, done, hours, notice, outside, server_id};

#[tokio::test]
async fn a_name_that_one_server_has_is_set_at_once() {
    let stage = Stage::empty();
    let set = done(stage.app.server_set(&stage.me, "rusty moose |us monthly|").await);
    assert_eq!(set.server.id, server_id(cast::RUSTY_MOOSE));
    assert_eq!((set.before, set.unchanged, set.stale, set.hides_names), (None, false, None, false));
    let got = stage.app.server_get(&stage.me).await.unwrap();
    assert_eq!(got.server.name, "Rusty Moose |US Monthly|");
    assert_eq!((got.as_of, got.trouble), (stage.now(), None));
}

#[tokio::test]
async fn a_word_that_many_servers_have_opens_a_choice_and_the_picked_id_is_set() {
    let stage = Stage::empty();
    let asked = choice(stage.app.server_set(&stage.me, "Moose").await);
    let ids: Vec<String> = asked.candidates.iter().map(Candidate::value).collect();
    assert_eq!(asked.input, "Moose");
    assert!(ids.contains(&cast::RUSTY_MOOSE.to_string()) && ids.contains(&cast::RUSTY_MOOSE_SMALL.to_string()));
    assert!(!ids.contains(&cast::RUSTY_MOOSE_OF_ANOTHER_GAME.to_string()));
    assert_eq!(notice(stage.app.server_get(&stage.me).await), Notice::NoServerSet);
    let set = done(stage.app.server_set(&stage.me, &cast::RUSTY_MOOSE_SMALL.to_string()).await);
    assert_eq!(set.server.id, server_id(cast::RUSTY_MOOSE_SMALL));
}

#[tokio::test]
async fn two_servers_of_the_same_name_are_never_guessed_between() {
    let stage = Stage::empty();
    let asked = choice(stage.app.server_set(&stage.me, "Vanilla Valley").await);
    let mut ids: Vec<String> = asked.candidates.iter().take(2).map(Candidate::value).collect();
    ids.sort();
    assert_eq!(ids, cast::NAMESAKES.map(|id| id.to_string()));
}

#[tokio::test]
async fn a_menu_never_holds_more_than_discord_can_show_and_says_how_many_are_left_out() {
    let stage = Stage::empty();
    for number in 0..30 {
        stage.sim.add_server(&format!("Clone Wars {number}"));
    }
    let asked = choice(stage.app.server_set(&stage.me, "clone").await);
    assert_eq!((asked.candidates.len(), asked.more), (CHOICES, 5));
}

#[tokio::test]
async fn a_server_is_set_by_its_link() {
    let stage = Stage::empty();
    for link in ["https://www.battlemetrics.com/servers/rust/2844510", "battlemetrics.com/servers/rust/2844510/"] {
        let set = done(stage.app.server_set(&stage.me, link).await);
        assert_eq!(set.server.id, server_id(cast::RUSTY_MOOSE));
    }
}

#[tokio::test]
async fn setting_the_same_server_again_changes_nothing() {
    let stage = Stage::on_the_moose().await;
    let again = stage.set_server(cast::RUSTY_MOOSE).await;
    assert!(again.unchanged);
    assert_eq!(stage.app.audit(&stage.me, 0, 10).await.unwrap().changes.len(), 1);
    let other = stage.set_server(cast::CROWDED).await;
    assert_eq!(other.before.unwrap().id, server_id(cast::RUSTY_MOOSE));
}

#[tokio::test]
async fn a_server_of_another_game_is_refused() {
    let stage = Stage::empty();
    let id = cast::RUSTY_MOOSE_OF_ANOTHER_GAME.to_string();
    let refused = notice(stage.app.server_set(&stage.me, &id).await);
    assert_eq!(refused, Notice::NotARustServer { input: id });
    let nobody = notice(stage.app.server_set(&stage.me, "99999999").await);
    assert_eq!(nobody, Notice::NotARustServer { input: "99999999".to_owned() });
}

#[tokio::test]
async fn a_name_that_no_server_has_is_said_back() {
    let stage = Stage::empty();
    let refused = notice(stage.app.server_set(&stage.me, "Zebra Crossing").await);
    assert_eq!(refused, Notice::UnknownServer { input: "Zebra Crossing".to_owned() });
}

#[tokio::test]
async fn what_can_be_no_server_is_refused_before_anybody_is_asked() {
    let stage = Stage::empty();
    let long = "x".repeat(2000);
    for (input, expected) in [
        ("", Wrong::Empty),
        ("  \u{200b} ", Wrong::Empty),
        ("a\nb", Wrong::Control),
        (long.as_str(), Wrong::TooLong { limit: 128 }),
        ("https://example.com/servers/rust/1", Wrong::ForeignSite { host: "example.com".to_owned() }),
        ("https://www.battlemetrics.com/servers/ark/1904417", Wrong::OtherPage),
        ("https://www.battlemetrics.com/players/1034857211", Wrong::OtherPage),
        ("99999999999999999999999999", Wrong::BareNumber),
    ] {
        match notice(stage.app.server_set(&stage.me, input).await) {
            Notice::BadInput { what: What::Server, wrong, input: said } => {
                assert_eq!(wrong, expected, "{input:?}");
                assert!(said.chars().count() <= 80);
            }
            other => panic!("{input:?}: {other:?}"),
        }
    }
    assert_eq!(stage.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn a_server_that_hides_names_is_set_with_a_warning() {
    let stage = Stage::empty();
    assert!(stage.set_server(cast::HIDDEN).await.hides_names);
    assert!(stage.app.server_get(&stage.me).await.unwrap().hides_names);
}

#[tokio::test]
async fn the_warning_stays_when_nobody_is_on_to_judge_by() {
    let stage = Stage::empty();
    stage.set_server(cast::HIDDEN).await;
    stage.set_server(cast::RUSTY_MOOSE).await;
    stage.sim.freeze(cast::HIDDEN);
    stage.pass(hours(1));
    let set = stage.set_server(cast::HIDDEN).await;
    assert!(set.hides_names, "it hid its names an hour ago");
}

#[tokio::test]
async fn a_frozen_server_is_set_and_its_staleness_said() {
    let stage = Stage::empty();
    let set = stage.set_server(cast::FROZEN).await;
    let since = Some(stage.now() - hours(9));
    assert_eq!(set.stale, Some(Stale::NotQueried { since }));
    assert_eq!(stage.app.server_get(&stage.me).await.unwrap().stale, Some(Stale::NotQueried { since }));
    let down = stage.set_server(cast::OFFLINE).await;
    assert!(matches!(down.stale, Some(Stale::ServerDown { status: ServerStatus::Offline, .. })), "{down:?}");
}

#[tokio::test]
async fn the_server_is_remembered_while_the_service_is_down() {
    let stage = Stage::on_the_moose().await;
    let told = stage.now();
    stage.pass(hours(2));
    stage.sim.fault(Service::BattleMetrics, Fault::Status(503));
    let got = stage.app.server_get(&stage.me).await.unwrap();
    assert_eq!(got.trouble, Some(battlemetrics(TroubleKind::Down { status: 503 })));
    assert_eq!((got.server.id, got.as_of), (server_id(cast::RUSTY_MOOSE), told));
    assert!(matches!(got.stale, Some(Stale::TooOld { .. })), "two hours old: {got:?}");
}

#[tokio::test]
async fn nothing_is_set_while_the_service_is_down() {
    let stage = Stage::empty();
    stage.sim.fault(Service::BattleMetrics, Fault::Status(401));
    for input in ["Rusty Moose", "2844510"] {
        assert_eq!(notice(stage.app.server_set(&stage.me, input).await), outside(TroubleKind::TokenRefused));
    }
    assert_eq!(notice(stage.app.server_get(&stage.me).await), Notice::NoServerSet);
}

#[tokio::test]
async fn a_server_is_set_although_its_list_cannot_be_read() {
    let stage = Stage::empty();
    // The server itself comes first, its list second.
    stage.sim.fault(Service::BattleMetrics, Fault::SlowFirstByte(std::time::Duration::ZERO).times(1));
    stage.sim.fault(Service::BattleMetrics, Fault::TruncatedJson);
    let set = stage.set_server(cast::RUSTY_MOOSE).await;
    assert!(!set.hides_names && !set.unchanged);
}

#[tokio::test]
async fn clearing_the_server_keeps_groups_and_what_is_known() {
    let stage = Stage::with_purple_base().await;
    stage.check().await;
    let cleared = stage.app.server_clear(&stage.me).await.unwrap();
    assert_eq!(cleared.before.id, server_id(cast::RUSTY_MOOSE));
    assert_eq!(notice(stage.app.server_get(&stage.me).await), Notice::NoServerSet);
    assert_eq!(notice(stage.app.server_clear(&stage.me).await), Notice::NoServerSet);
    assert_eq!(notice(stage.app.group_check(&stage.me, "Purple Base").await), Notice::NoServerSet);
    let list = stage.app.group_list(&stage.me).await.unwrap();
    assert_eq!((list.groups[0].members, list.server), (7, None));
    stage.set_server(cast::RUSTY_MOOSE).await;
    stage.sim.forget_requests();
    stage.check().await;
    assert_eq!(stage.asked().len(), 1, "what was known a moment ago is known still");
}

#[tokio::test]
async fn servers_used_before_are_suggested_latest_first() {
    let stage = Stage::on_the_moose().await;
    stage.set_server(cast::CROWDED).await;
    stage.sim.forget_requests();
    let all = stage.app.suggest_servers(&stage.me, "").await.unwrap();
    let names: Vec<&str> = all.iter().map(|suggestion| suggestion.name.as_str()).collect();
    assert_eq!(names, ["Crowded Coast EU Main", "Rusty Moose |US Monthly|"]);
    let moose = stage.app.suggest_servers(&stage.me, "moo").await.unwrap();
    assert_eq!(moose[0].value, cast::RUSTY_MOOSE.to_string());
    assert_eq!(moose.len(), 1);
    assert_eq!(stage.asked(), Vec::<String>::new());
}

//! Stories about what completes a half-typed argument: from our own database, never by asking a service.

use jiff::SignedDuration;
use rustops::{
    domain::{ids::PlayerId, presence::Presence, report::Suggestion},
    sim::cast,
};

use crate::stage::{BASE, Stage, done, hours, mins, player_id};

#[tokio::test]
async fn nothing_typed_yet_suggests_everything_and_no_service_is_asked() {
    let stage = Stage::with_purple_base().await;
    stage.add("Red Roof", "1055210834").await;
    stage.sim.forget_requests();
    let groups = stage.app.suggest_groups(&stage.me, "").await.unwrap();
    let names: Vec<&str> = groups.iter().map(|group| group.value.as_str()).collect();
    assert_eq!(names, [BASE, "Red Roof"]);
    assert_eq!(stage.app.suggest_members(&stage.me, BASE, " ").await.unwrap().len(), 7);
    assert!(stage.app.suggest_players(&stage.me, None, "").await.unwrap().is_empty(), "everybody is too many");
    assert_eq!(stage.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn groups_that_begin_with_what_was_typed_come_first() {
    let stage = Stage::on_the_moose().await;
    for group in ["A red roof", "Redwood", "Blue"] {
        stage.add(group, "1034857211").await;
    }
    let groups = stage.app.suggest_groups(&stage.me, "RED").await.unwrap();
    let names: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
    assert_eq!(names, ["Redwood", "A red roof"]);
}

#[tokio::test]
async fn a_suggested_member_is_removed_without_any_question() {
    let stage = Stage::with_purple_base().await;
    let suggested = stage.app.suggest_members(&stage.me, "purple base", "higg").await.unwrap();
    assert_eq!((suggested.len(), suggested[0].name.as_str()), (1, "Tee Higgins"));
    assert_eq!(done(stage.app.group_remove(&stage.me, BASE, &suggested[0].value).await).member.name, "Tee Higgins");
    assert!(stage.app.suggest_members(&stage.me, "No such group", "x").await.unwrap().is_empty());
    assert!(stage.app.suggest_members(&stage.me, "", "").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_suggested_player_is_added_without_any_search() {
    let stage = Stage::with_purple_base().await;
    stage.check().await;
    stage.sim.forget_requests();
    let suggested = stage.app.suggest_players(&stage.me, None, "every").await.unwrap();
    assert_eq!(suggested[0].value, cast::EVERYONE.id.to_string(), "seen on the server's list");
    stage.add("Red Roof", &suggested[0].value).await;
    assert_eq!(stage.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn a_state_is_suggested_only_while_it_is_still_true() {
    let stage = Stage::with_purple_base().await;
    stage.check().await;
    let state = async |typed: &str| {
        let suggested = stage.app.suggest_players(&stage.me, None, typed).await.unwrap();
        suggested.into_iter().find(|suggestion| suggestion.name.to_lowercase() == typed).unwrap().presence
    };
    assert!(matches!(state("chennybounce").await, Some(Presence::Online { .. })));
    assert!(matches!(state("tee higgins").await, Some(Presence::Offline { .. })));
    assert_eq!(state("sleepy").await, None);
    stage.pass(mins(9));
    assert!(matches!(state("chennybounce").await, Some(Presence::Online { .. })));
    stage.pass(hours(3));
    assert_eq!(state("chennybounce").await, None, "who was on three hours ago is not said to be on");
    assert_eq!(state("tee higgins").await, None, "nor said to be off");
}

/// The bot watches for so long.
async fn watches(stage: &Stage, time: SignedDuration) {
    let until = stage.now() + time;
    while stage.now() < until {
        let next = stage.app.watch_step().await.unwrap().next;
        stage.pass(next.min(until).duration_since(stage.now()).max(SignedDuration::from_secs(1)));
    }
    stage.app.watch_step().await.unwrap();
    stage.sim.forget_requests();
}

async fn watched() -> Stage {
    let stage = Stage::with_purple_base().await;
    watches(&stage, mins(2)).await;
    stage
}

async fn players(stage: &Stage, typed: &str) -> Vec<Suggestion> {
    let found = stage.app.suggest_players(&stage.me, None, typed).await.unwrap();
    assert_eq!(stage.asked(), Vec::<String>::new());
    found
}

fn is_on(suggested: &Suggestion) -> bool {
    matches!(suggested.presence, Some(Presence::Online { .. }))
}

#[tokio::test]
async fn whoever_is_on_comes_first_however_many_others_are_called_so() {
    let stage = watched().await;
    let many = async |first: u64, name: &str| {
        let known: Vec<(PlayerId, String)> =
            (1..300).map(|number| (player_id(first + number), format!("{name} {number:03}"))).collect();
        stage.are_known(&known).await;
    };
    many(5_000_000_000, "Chen").await;
    let suggested = players(&stage, "chen").await;
    assert_eq!((suggested[0].name.as_str(), suggested.len()), ("ChennyBounce", 25));
    assert!(is_on(&suggested[0]) && !is_on(&suggested[1]));
    // By a name of years ago as well.
    stage.were_called(cast::CHENNY_BOUNCE.id, "Zebra").await;
    many(6_000_000_000, "Zebra").await;
    let suggested = players(&stage, "ZEB").await;
    assert_eq!((suggested[0].name.as_str(), suggested[0].once.as_deref()), ("ChennyBounce", Some("Zebra")));
    assert_eq!(suggested[1].once, None);
}

#[tokio::test]
async fn whoever_just_joined_is_suggested_though_nothing_is_kept_of_them_yet() {
    let stage = watched().await;
    let newcomer = stage.sim.add_player("Zyxön the Neù");
    stage.sim.joins(newcomer, cast::RUSTY_MOOSE);
    watches(&stage, mins(2)).await;
    assert_eq!(stage.known_name(newcomer).await, None, "strangers are gathered for a while");
    for typed in ["zyx", "NEU", "zxyon", "zyxn", "yxon"] {
        let suggested = players(&stage, typed).await;
        assert!(suggested.iter().any(|one| one.value == newcomer.to_string() && is_on(one)), "{typed}: {suggested:?}");
    }
    let suggested = players(&stage, "").await;
    assert_eq!(suggested.len(), 25);
    assert!(suggested.iter().any(|one| one.value == newcomer.to_string()), "whoever came last: {suggested:?}");
    let since = |one: &Suggestion| match one.presence {
        Some(Presence::Online { since }) => since,
        _ => panic!("{one:?} is not on"),
    };
    assert!(suggested.is_sorted_by(|one, next| since(one) >= since(next)));
    // Gone again before anything was written.
    stage.sim.leaves(newcomer, cast::RUSTY_MOOSE);
    watches(&stage, mins(2)).await;
    assert_eq!(stage.known_name(newcomer).await, None);
    let suggested = players(&stage, "zyx").await;
    assert!(matches!(suggested[0].presence, Some(Presence::Offline { .. })), "{suggested:?}");
}

#[tokio::test]
async fn a_stranger_who_left_is_suggested_with_the_time_and_before_those_of_other_servers() {
    let stage = watched().await;
    stage.are_known(&[(player_id(7_000_000_001), "Quagga alone".to_owned())]).await;
    let stranger = stage.sim.add_player("Quagga here");
    stage.sim.joins(stranger, cast::RUSTY_MOOSE);
    watches(&stage, mins(5)).await;
    stage.sim.leaves(stranger, cast::RUSTY_MOOSE);
    watches(&stage, mins(30)).await;
    let suggested = players(&stage, "quagga").await;
    let names: Vec<&str> = suggested.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["Quagga here", "Quagga alone"]);
    let Some(Presence::Offline { last_seen }) = suggested[0].presence else { panic!("{suggested:?}") };
    let ago = stage.now().duration_since(last_seen);
    assert!((mins(25)..mins(40)).contains(&ago), "{ago}");
    assert_eq!(suggested[1].presence, None);
}

#[tokio::test]
async fn for_a_group_on_another_server_those_of_that_server_come_first() {
    let stage = watched().await;
    stage.add("Elsewhere", &cast::SLEEPY.id.to_string()).await;
    done(stage.app.group_pin(&stage.me, "Elsewhere", Some(&cast::CROWDED.to_string())).await);
    for (name, server) in [("Okapi A", cast::RUSTY_MOOSE), ("Okapi B", cast::CROWDED)] {
        let player = stage.sim.add_player(name);
        stage.sim.joins(player, server);
    }
    watches(&stage, mins(3)).await;
    for (group, first) in [
        (None, "Okapi A"),
        (Some("Elsewhere"), "Okapi B"),
        (Some("A new group"), "Okapi A"),
        (Some("group:77"), "Okapi A"),
    ] {
        let suggested = stage.app.suggest_players(&stage.me, group, "okapi").await.unwrap();
        assert_eq!(suggested[0].name, first, "{group:?}");
    }
}

#[tokio::test]
async fn members_are_suggested_with_what_the_watch_shows_by_every_name_and_in_spite_of_slips() {
    let stage = watched().await;
    watches(&stage, mins(30)).await;
    stage.were_called(cast::SLEEPY.id, "Dréamer").await;
    let members = async |typed: &str| stage.app.suggest_members(&stage.me, BASE, typed).await.unwrap();
    let all = members("").await;
    assert_eq!(all.len(), 7);
    assert!(all.iter().take(3).all(is_on) && all.is_sorted_by_key(|one| !is_on(one)), "{all:?}");
    for (typed, id) in [
        ("BOUNCE", cast::CHENNY_BOUNCE.id),
        ("xhenny", cast::CHENNY_BOUNCE.id),
        ("hgigins", cast::TEE_HIGGINS.id),
        ("dreamer", cast::SLEEPY.id),
    ] {
        let suggested = members(typed).await;
        assert_eq!(suggested[0].value, id.to_string(), "{typed}: {suggested:?}");
    }
    assert_eq!(members("dream").await[0].once.as_deref(), Some("Dréamer"));
    assert!(members("zzzz").await.is_empty());
}

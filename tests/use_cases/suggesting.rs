//! Stories about what completes a half-typed argument: from our own database, never by asking a service.

use rustops::{domain::presence::Presence, sim::cast};

use crate::stage::{BASE, Stage, done, hours, mins};

#[tokio::test]
async fn nothing_typed_yet_suggests_everything_and_no_service_is_asked() {
    let stage = Stage::with_purple_base().await;
    stage.add("Red Roof", "1055210834").await;
    stage.sim.forget_requests();
    let groups = stage.app.suggest_groups(&stage.me, "").await.unwrap();
    let names: Vec<&str> = groups.iter().map(|group| group.value.as_str()).collect();
    assert_eq!(names, [BASE, "Red Roof"]);
    assert_eq!(stage.app.suggest_members(&stage.me, BASE, " ").await.unwrap().len(), 7);
    assert!(stage.app.suggest_players(&stage.me, "").await.unwrap().is_empty(), "everybody is too many");
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
    let suggested = stage.app.suggest_players(&stage.me, "every").await.unwrap();
    assert_eq!(suggested[0].value, cast::EVERYONE.id.to_string(), "seen on the server's list");
    stage.add("Red Roof", &suggested[0].value).await;
    assert_eq!(stage.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn a_state_is_suggested_only_while_it_is_still_true() {
    let stage = Stage::with_purple_base().await;
    stage.check().await;
    let state = async |typed: &str| {
        let suggested = stage.app.suggest_players(&stage.me, typed).await.unwrap();
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

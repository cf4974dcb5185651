//! Stories about taking a member out of a group.

use rustops::{
    domain::{
        notice::{Notice, What, Wrong},
        report::Candidate,
    },
    sim::cast,
};

use crate::stage::{BASE, Stage, choice, done, names, notice, player_id, steam_id};

#[tokio::test]
async fn a_member_is_removed_by_id_link_or_name_and_no_service_is_asked() {
    let stage = Stage::with_purple_base().await;
    for (input, name, left) in [
        ("1034857211", "ChennyBounce", 6),
        ("https://www.battlemetrics.com/players/1102330918", "Boat Enjoyer", 5),
        ("  tEE  higgins ", "Tee Higgins", 4),
        ("?", "?", 3),
        ("\u{1cbc}", "Player_1cbc", 2),
    ] {
        let removed = done(stage.app.group_remove(&stage.me, "purple base", input).await);
        assert_eq!(rustops::domain::names::shown(&removed.member.name), name);
        assert_eq!((removed.group.as_str(), removed.members), (BASE, left));
    }
    assert_eq!(stage.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn a_name_without_letters_is_removed_by_the_name_it_is_shown_under() {
    let stage = Stage::with_purple_base().await;
    let removed = done(stage.app.group_remove(&stage.me, BASE, "Player_1cbc").await);
    assert_eq!(removed.member.player, Some(player_id(cast::UNPRINTABLE.id)));
}

#[tokio::test]
async fn of_two_with_the_same_name_one_is_chosen() {
    let stage = Stage::on_the_moose().await;
    stage.add(BASE, &cast::BLUEPRINT_HERE.id.to_string()).await;
    stage.add(BASE, &cast::BLUEPRINT_AWAY.id.to_string()).await;
    let asked = choice(stage.app.group_remove(&stage.me, BASE, "blueprint").await);
    assert_eq!(asked.candidates.len(), 2);
    assert_eq!(stage.app.group_list(&stage.me).await.unwrap().groups[0].members, 2);
    let picked = asked.candidates.iter().map(Candidate::value).next_back().unwrap();
    let removed = done(stage.app.group_remove(&stage.me, BASE, &picked).await);
    assert_eq!((removed.member.player, removed.members), (Some(player_id(cast::BLUEPRINT_AWAY.id)), 1));
}

#[tokio::test]
async fn a_player_whose_name_is_a_number_is_removed_by_that_number() {
    let stage = Stage::on_the_moose().await;
    let numeric = stage.sim.add_player("123456");
    let steamlike = stage.sim.add_player("76561198058480105");
    for id in [numeric, steamlike] {
        stage.add(BASE, &id.to_string()).await;
    }
    for (name, id) in [("123456", numeric), ("76561198058480105", steamlike)] {
        let removed = done(stage.app.group_remove(&stage.me, BASE, name).await);
        assert_eq!(removed.member.player, Some(player_id(id)));
    }
}

#[tokio::test]
async fn a_player_whose_name_is_a_link_can_be_removed_by_it() {
    let stage = Stage::on_the_moose().await;
    let id = stage.sim.add_player("https://skins.example/free");
    stage.add(BASE, &id.to_string()).await;
    let told = notice(stage.app.group_remove(&stage.me, BASE, "https://skins.example/other").await);
    let host = "skins.example".to_owned();
    assert!(
        matches!(&told, Notice::BadInput { what: What::Member, wrong, .. } if *wrong == Wrong::ForeignSite { host }),
        "{told:?}"
    );
    let removed = done(stage.app.group_remove(&stage.me, BASE, "https://skins.example/free").await);
    assert_eq!(removed.members, 0);
}

#[tokio::test]
async fn a_member_is_removed_by_the_linked_steam_account() {
    let stage = Stage::on_the_moose().await;
    let (id, steam) = (cast::CHENNY_BOUNCE.id.to_string(), cast::CHENNY_BOUNCE.steam);
    for link in [steam.to_string(), "https://steamcommunity.com/id/chennybounce".to_owned()] {
        done(stage.app.group_add(&stage.me, BASE, &id, Some(steam_id(steam))).await);
        let removed = done(stage.app.group_remove(&stage.me, BASE, &link).await);
        assert_eq!(removed.member.steam, Some(steam_id(steam)));
    }
}

#[tokio::test]
async fn who_is_no_member_is_said_with_the_nearest_names() {
    let stage = Stage::with_purple_base().await;
    let told = notice(stage.app.group_remove(&stage.me, BASE, "Slepy").await);
    assert_eq!(
        told,
        Notice::UnknownMember { input: "Slepy".to_owned(), group: BASE.to_owned(), nearest: vec!["Sleepy".to_owned()] }
    );
    for input in ["", "\u{200b}"] {
        let told = notice(stage.app.group_remove(&stage.me, BASE, input).await);
        assert!(matches!(told, Notice::BadInput { what: What::Member, wrong: Wrong::Empty, .. }), "{told:?}");
    }
    let told = notice(stage.app.group_remove(&stage.me, BASE, &"y".repeat(2000)).await);
    assert!(matches!(told, Notice::BadInput { wrong: Wrong::TooLong { .. }, .. }), "{told:?}");
    assert_eq!(stage.check().await.members.len(), 7);
}

#[tokio::test]
async fn who_was_removed_can_be_added_again() {
    let stage = Stage::with_purple_base().await;
    done(stage.app.group_remove(&stage.me, BASE, "Sleepy").await);
    assert!(!names(&stage.check().await).contains(&"Sleepy"));
    assert_eq!(stage.add(BASE, "1021556740").await.members, 7);
}

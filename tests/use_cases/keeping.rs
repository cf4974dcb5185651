//! Stories about keeping the groups themselves: list, delete, rename, pin, update.

use rustops::{
    domain::{
        notice::{CannotUndo, Notice, What, Wrong},
        report::Change,
        trouble::TroubleKind,
    },
    sim::{Fault, Service, cast},
};

use crate::stage::{BASE, Stage, battlemetrics, choice, done, hours, notice, player_id, server_id};

#[tokio::test]
async fn groups_are_listed_by_name_with_their_pins() {
    let stage = Stage::on_the_moose().await;
    for group in ["zebra", "Alpha", "éclair"] {
        stage.add(group, "1034857211").await;
    }
    done(stage.app.group_pin(&stage.me, "Alpha", Some(&cast::CROWDED.to_string())).await);
    let list = stage.app.group_list(&stage.me).await.unwrap();
    let names: Vec<&str> = list.groups.iter().map(|group| group.name.as_str()).collect();
    assert_eq!(names, ["Alpha", "éclair", "zebra"]);
    assert_eq!(list.groups[0].pinned.as_ref().unwrap().id, server_id(cast::CROWDED));
    assert_eq!(list.server.unwrap().name, "Rusty Moose |US Monthly|");
}

#[tokio::test]
async fn a_deleted_group_comes_back_with_all_its_members_within_thirty_days() {
    let stage = Stage::with_purple_base().await;
    let brief = stage.app.group_brief(&stage.me, "purple BASE").await.unwrap();
    assert_eq!((brief.group.as_str(), brief.members), (BASE, 7));
    let deleted = stage.app.group_delete(&stage.me, BASE).await.unwrap();
    assert_eq!((deleted.members, deleted.restorable_until), (7, stage.now() + hours(30 * 24)));
    assert_eq!(notice(stage.app.group_check(&stage.me, BASE).await), Notice::NoGroups);
    stage.pass(hours(30 * 24 - 1));
    assert_eq!(stage.app.purge().await.unwrap(), 0);
    stage.app.undo(&stage.me, None).await.unwrap();
    assert_eq!(stage.check().await.members.len(), 7);
}

#[tokio::test]
async fn after_thirty_days_a_deleted_group_is_gone_for_good() {
    let stage = Stage::with_purple_base().await;
    let deleted = stage.app.group_delete(&stage.me, BASE).await.unwrap();
    stage.pass(hours(30 * 24 + 1));
    assert_eq!(stage.app.purge().await.unwrap(), 1);
    let told = notice(stage.app.undo(&stage.me, Some(deleted.change)).await);
    assert_eq!(told, Notice::CannotUndo { change: deleted.change, why: CannotUndo::Gone });
    assert_eq!(stage.app.purge().await.unwrap(), 0);
}

#[tokio::test]
async fn a_member_who_was_removed_is_purged_too() {
    let stage = Stage::with_purple_base().await;
    let removed = done(stage.app.group_remove(&stage.me, BASE, "Sleepy").await);
    stage.pass(hours(31 * 24));
    assert_eq!(stage.app.purge().await.unwrap(), 1);
    let told = notice(stage.app.undo(&stage.me, Some(removed.change)).await);
    assert_eq!(told, Notice::CannotUndo { change: removed.change, why: CannotUndo::Gone });
}

#[tokio::test]
async fn a_deleted_groups_name_is_free_and_its_return_does_not_overwrite_the_new_one() {
    let stage = Stage::with_purple_base().await;
    let deleted = stage.app.group_delete(&stage.me, BASE).await.unwrap();
    stage.add("purple base", "1034857211").await;
    let told = notice(stage.app.undo(&stage.me, Some(deleted.change)).await);
    let why = CannotUndo::NameTaken { name: BASE.to_owned() };
    assert_eq!(told, Notice::CannotUndo { change: deleted.change, why });
    stage.app.group_rename(&stage.me, "purple base", "Other").await.unwrap();
    stage.app.undo(&stage.me, Some(deleted.change)).await.unwrap();
    assert_eq!(stage.app.group_list(&stage.me).await.unwrap().groups.len(), 2);
}

#[tokio::test]
async fn a_group_is_renamed_and_keeps_everything() {
    let stage = Stage::with_purple_base().await;
    stage.check().await;
    let renamed = stage.app.group_rename(&stage.me, "purple base", " Violet  Fort ").await.unwrap();
    assert_eq!((renamed.before.as_str(), renamed.group.as_str()), (BASE, "Violet Fort"));
    let list = stage.app.group_list(&stage.me).await.unwrap();
    assert_eq!((list.groups[0].members, list.groups[0].last_check.unwrap().active), (7, 3));
    let again = stage.app.group_rename(&stage.me, "Violet Fort", "Violet Fort").await.unwrap();
    assert_eq!(again.change, None);
    let louder = stage.app.group_rename(&stage.me, "Violet Fort", "VIOLET FORT").await.unwrap();
    assert!(louder.change.is_some(), "its own name in other letters is its to take");
}

#[tokio::test]
async fn a_name_that_another_group_has_is_refused() {
    let stage = Stage::with_purple_base().await;
    stage.add("Red Roof", "1055210834").await;
    let told = notice(stage.app.group_rename(&stage.me, "Red Roof", "PURPLE BASE").await);
    assert_eq!(told, Notice::GroupExists { name: BASE.to_owned() });
    for (name, wrong) in [("", Wrong::Empty), ("a\tb\u{0}", Wrong::Control)] {
        let told = notice(stage.app.group_rename(&stage.me, "Red Roof", name).await);
        assert!(matches!(&told, Notice::BadInput { what: What::Group, wrong: said, .. } if *said == wrong), "{told:?}");
    }
    assert!(matches!(
        notice(stage.app.group_rename(&stage.me, "Red Rof", "New").await),
        Notice::UnknownGroup { nearest, .. } if nearest == ["Red Roof"]
    ));
}

#[tokio::test]
async fn pinning_asks_which_server_when_several_fit_and_refuses_unknown_groups_first() {
    let stage = Stage::with_purple_base().await;
    let told = notice(stage.app.group_pin(&stage.me, "Nothing", Some("Moose")).await);
    assert!(matches!(told, Notice::UnknownGroup { .. }), "{told:?}");
    assert_eq!(stage.asked(), Vec::<String>::new());
    assert!(choice(stage.app.group_pin(&stage.me, BASE, Some("Moose")).await).candidates.len() > 1);
    let pinned = done(stage.app.group_pin(&stage.me, BASE, Some(&cast::CROWDED.to_string())).await);
    assert_eq!((pinned.before, pinned.pinned.unwrap().id), (None, server_id(cast::CROWDED)));
    let again = done(stage.app.group_pin(&stage.me, BASE, Some(&cast::CROWDED.to_string())).await);
    assert_eq!(again.change, None);
    let freed = done(stage.app.group_pin(&stage.me, BASE, None).await);
    assert_eq!((freed.before.unwrap().id, freed.pinned), (server_id(cast::CROWDED), None));
    let used = stage.app.suggest_servers(&stage.me, "crowded").await.unwrap();
    assert_eq!(used.len(), 1, "a pinned server was used before");
}

#[tokio::test]
async fn an_update_says_who_is_called_otherwise_and_the_old_name_stays_searchable() {
    let stage = Stage::with_purple_base().await;
    stage.sim.rename(cast::SLEEPY.id, "Wide Awake");
    stage.pass(hours(1));
    let updated = stage.app.group_update(&stage.me, BASE).await.unwrap();
    assert_eq!((updated.renamed.len(), updated.unchanged, updated.failed.len()), (1, 6, 0));
    assert_eq!((updated.renamed[0].before.as_str(), updated.renamed[0].member.name.as_str()), ("Sleepy", "Wide Awake"));
    assert_eq!(stage.asked().len(), 7);
    for typed in ["wide", "sleep"] {
        let found = stage.app.suggest_players(&stage.me, None, typed).await.unwrap();
        assert_eq!(found[0].value, cast::SLEEPY.id.to_string(), "{typed}");
        assert_eq!(found[0].name, "Wide Awake");
    }
    let again = stage.app.group_update(&stage.me, BASE).await.unwrap();
    assert_eq!((again.renamed.len(), again.unchanged), (0, 7));
}

#[tokio::test]
async fn a_check_alone_notices_new_names_of_who_is_on() {
    let stage = Stage::with_purple_base().await;
    stage.check().await;
    stage.sim.rename(cast::BOAT_ENJOYER.id, "Ship Enjoyer");
    stage.pass(hours(1));
    stage.check().await;
    assert!(crate::stage::names(&stage.check().await).contains(&"Ship Enjoyer"));
}

#[tokio::test]
async fn an_update_names_who_could_not_be_asked_for() {
    let stage = Stage::with_purple_base().await;
    let path = format!("/players/{}", cast::SLEEPY.id);
    stage.sim.fault(Service::BattleMetrics, Fault::Status(404).on(&path));
    let updated = stage.app.group_update(&stage.me, BASE).await.unwrap();
    assert_eq!((updated.unchanged, updated.failed.len()), (6, 1));
    assert_eq!(updated.failed[0].member.player, Some(player_id(cast::SLEEPY.id)));
    assert_eq!(updated.failed[0].trouble, Some(battlemetrics(TroubleKind::NotFound)));
}

#[tokio::test]
async fn a_group_whose_only_player_is_gone_is_told_so_and_is_no_outage() {
    let stage = Stage::on_the_moose().await;
    stage.add(BASE, "1034857211").await;
    stage.sim.fault(Service::BattleMetrics, Fault::Status(404));
    let updated = stage.app.group_update(&stage.me, BASE).await.unwrap();
    assert_eq!((updated.unchanged, updated.failed.len()), (0, 1));
}

#[tokio::test]
async fn every_change_stands_in_the_audit_newest_first() {
    let stage = Stage::with_purple_base().await;
    stage.app.group_rename(&stage.me, BASE, "Fort").await.unwrap();
    stage.pass(hours(1));
    stage.app.group_delete(&stage.me, "Fort").await.unwrap();
    let audit = stage.app.audit(&stage.me, 0, 2).await.unwrap();
    assert_eq!((audit.changes.len(), audit.more), (2, 8));
    assert!(matches!(&audit.changes[0].change, Change::GroupDeleted { name, members: 7, .. } if name == "Fort"));
    assert!(matches!(&audit.changes[1].change, Change::GroupRenamed { before, .. } if before == BASE));
    assert_eq!(audit.changes[0].at, stage.now());
    assert_eq!((audit.changes[0].actor.as_str(), audit.changes[0].actor_name.as_str()), ("terminal", "terminal"));
    let rest = stage.app.audit(&stage.me, 9, 10).await.unwrap();
    assert_eq!((rest.changes.len(), rest.more), (1, 0));
    assert!(matches!(&rest.changes[0].change, Change::ActiveServer { before: None, .. }));
    let beyond = stage.app.audit(&stage.me, u64::MAX, u64::MAX).await.unwrap();
    assert_eq!((beyond.changes.len(), beyond.more), (0, 0));
}

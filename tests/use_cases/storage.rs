//! Stories about the disk: full, shared, and written by several at once.

use futures_util::future::join_all;
use rustops::{
    domain::notice::{Notice, Storage},
    sim::cast,
};

use crate::stage::{BASE, Stage, done, notice};

#[tokio::test]
async fn two_processes_write_at_once_and_nothing_is_lost() {
    let stage = Stage::on_the_moose().await;
    let other = stage.another_process();
    let (app, me) = (&stage.app, &stage.me);
    let ids: Vec<String> = (0..40).map(|number| stage.sim.add_player(&format!("Racer {number}")).to_string()).collect();
    let added = ids.iter().enumerate().map(|(number, id)| {
        let app = if number % 2 == 0 { app } else { &other };
        async move { done(app.group_add(me, BASE, id, None).await) }
    });
    let added = join_all(added).await;
    assert_eq!(added.iter().filter(|added| added.group_is_new).count(), 1, "one of them made the group");
    let mut counts: Vec<usize> = added.iter().map(|added| added.members).collect();
    counts.sort_unstable();
    assert_eq!(counts, (1..=40).collect::<Vec<_>>());
    assert_eq!(other.group_list(me).await.unwrap().groups[0].members, 40);
}

#[tokio::test]
async fn the_same_player_added_twice_at_once_is_one_member() {
    let stage = Stage::on_the_moose().await;
    let other = stage.another_process();
    let id = cast::SLEEPY.id.to_string();
    let (first, second) = futures_util::future::join(
        stage.app.group_add(&stage.me, BASE, &id, None),
        other.group_add(&stage.me, BASE, &id, None),
    )
    .await;
    assert_eq!(u8::from(first.is_ok()) + u8::from(second.is_ok()), 1);
    let told = notice(if first.is_ok() { second } else { first });
    assert!(matches!(told, Notice::AlreadyMember { .. }), "{told:?}");
    assert_eq!(stage.check().await.members.len(), 1);
}

#[tokio::test]
async fn what_one_process_changed_the_other_sees_and_can_take_back() {
    let stage = Stage::with_purple_base().await;
    let other = stage.another_process();
    other.group_delete(&stage.me, BASE).await.unwrap();
    assert_eq!(notice(stage.app.group_check(&stage.me, BASE).await), Notice::NoGroups);
    stage.app.undo(&stage.me, None).await.unwrap();
    assert_eq!(other.group_list(&stage.me).await.unwrap().groups[0].members, 7);
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let stage = Stage::with_purple_base().await;
    let before = stage.check().await;
    let restarted = stage.another_process();
    assert_eq!(restarted.group_check(&stage.me, BASE).await.unwrap(), before);
}

#[tokio::test]
async fn a_full_disk_is_said_so_nothing_is_half_done_and_room_mends_it() {
    let stage = Stage::with_purple_base().await;
    let before = stage.app.group_list(&stage.me).await.unwrap();
    let crowd: Vec<String> =
        (0..500).map(|number| stage.sim.add_player(&format!("Extra {number}")).to_string()).collect();
    let crowd = crowd.join("\n");
    stage.disk_is_full(true).await;
    let full = Notice::Storage { problem: Storage::Full };
    assert_eq!(notice(stage.app.group_import(&stage.me, BASE, &crowd, |_, _| ()).await), full);
    assert_eq!(notice(stage.app.group_import(&stage.me, "New", &crowd, |_, _| ()).await), full);
    assert_eq!(stage.app.group_list(&stage.me).await.unwrap(), before);
    stage.disk_is_full(false).await;
    assert_eq!(stage.app.group_import(&stage.me, BASE, &crowd, |_, _| ()).await.unwrap().members, 500);
}

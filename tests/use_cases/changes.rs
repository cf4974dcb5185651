//! Stories about taking changes back, and the property behind them: whatever was done, undoing all of it in turn leads
//! back to where it began.

use proptest::{prelude::*, test_runner::Config};
use rustops::{
    domain::{
        ids::{ChangeId, ChannelId, RoleId},
        notice::{CannotUndo, Notice},
        report::{GroupList, Settings, SettingsPatch},
    },
    sim::cast,
};

use crate::stage::{BASE, Stage, done, names, notice, server_id};

/// What users can see of everything that can be changed; checks are not changes.
async fn state(stage: &Stage) -> (GroupList, Vec<Vec<String>>, Settings) {
    let list = stage.app.group_list(&stage.me).await.unwrap();
    let mut members = Vec::new();
    for group in &list.groups {
        let suggested = stage.app.suggest_members(&stage.me, &group.name, "").await.unwrap();
        members.push(suggested.into_iter().map(|suggestion| suggestion.value).collect());
    }
    let settings = stage.app.settings(&stage.me, SettingsPatch::default()).await.unwrap().settings;
    (list, members, settings)
}

fn cannot(change: ChangeId, why: CannotUndo) -> Notice {
    Notice::CannotUndo { change, why }
}

async fn newest(stage: &Stage) -> ChangeId {
    stage.app.audit(&stage.me, 0, 1).await.unwrap().changes[0].id
}

#[tokio::test]
async fn every_kind_of_change_can_be_taken_back_one_by_one() {
    let stage = Stage::with_purple_base().await;
    let mut states = Vec::new();
    states.push(state(&stage).await);
    stage.set_server(cast::CROWDED).await;
    states.push(state(&stage).await);
    stage.app.server_clear(&stage.me).await.unwrap();
    states.push(state(&stage).await);
    stage.add("Red Roof", &cast::EVERYONE.id.to_string()).await;
    states.push(state(&stage).await);
    let ids = cast::RED_ROOF.map(|person| person.id.to_string()).join("\n");
    stage.app.group_import(&stage.me, "Red Roof", &ids, |_, _| ()).await.unwrap();
    states.push(state(&stage).await);
    done(stage.app.group_remove(&stage.me, BASE, "Sleepy").await);
    states.push(state(&stage).await);
    stage.app.group_rename(&stage.me, BASE, "Violet Fort").await.unwrap();
    states.push(state(&stage).await);
    done(stage.app.group_pin(&stage.me, "Violet Fort", Some(&cast::RUSTY_MOOSE.to_string())).await);
    states.push(state(&stage).await);
    stage.app.group_delete(&stage.me, "Red Roof").await.unwrap();
    states.push(state(&stage).await);
    let patch = SettingsPatch { time_zone: Some("Europe/Berlin".to_owned()), ..SettingsPatch::default() };
    stage.app.settings(&stage.me, patch).await.unwrap();
    stage.sim.forget_requests();
    while let Some(before) = states.pop() {
        let undone = stage.app.undo(&stage.me, None).await.unwrap();
        assert_eq!(undone.change.undone_at, Some(stage.now()));
        assert_eq!(state(&stage).await, before, "{undone:?}");
    }
    assert_eq!(stage.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn a_change_is_taken_back_once() {
    let stage = Stage::with_purple_base().await;
    let removed = done(stage.app.group_remove(&stage.me, BASE, "Sleepy").await);
    stage.app.undo(&stage.me, Some(removed.change)).await.unwrap();
    let told = notice(stage.app.undo(&stage.me, Some(removed.change)).await);
    assert_eq!(told, Notice::AlreadyUndone { change: removed.change });
    let next = stage.app.undo(&stage.me, None).await.unwrap();
    assert!(next.change.id < removed.change, "the one before is next");
}

#[tokio::test]
async fn with_nothing_done_there_is_nothing_to_take_back() {
    let stage = Stage::empty();
    assert_eq!(notice(stage.app.undo(&stage.me, None).await), Notice::NothingToUndo);
    let change = ChangeId::new(99).unwrap();
    assert_eq!(notice(stage.app.undo(&stage.me, Some(change)).await), Notice::UnknownChange { change });
}

#[tokio::test]
async fn a_server_that_was_changed_since_stays() {
    let stage = Stage::on_the_moose().await;
    let first = newest(&stage).await;
    stage.set_server(cast::CROWDED).await;
    assert_eq!(notice(stage.app.undo(&stage.me, Some(first)).await), cannot(first, CannotUndo::ChangedSince));
    stage.app.undo(&stage.me, None).await.unwrap();
    let server = stage.app.group_list(&stage.me).await.unwrap().server.unwrap();
    assert_eq!(server.id, server_id(cast::RUSTY_MOOSE));
    stage.app.undo(&stage.me, Some(first)).await.unwrap();
    assert_eq!(stage.app.group_list(&stage.me).await.unwrap().server, None);
}

#[tokio::test]
async fn a_rename_over_a_rename_has_to_go_first() {
    let stage = Stage::with_purple_base().await;
    let first = stage.app.group_rename(&stage.me, BASE, "One").await.unwrap().change.unwrap();
    let second = stage.app.group_rename(&stage.me, "One", "Two").await.unwrap().change.unwrap();
    assert_eq!(notice(stage.app.undo(&stage.me, Some(first)).await), cannot(first, CannotUndo::ChangedSince));
    stage.add(BASE, "1034857211").await;
    stage.app.undo(&stage.me, Some(second)).await.unwrap();
    let why = CannotUndo::NameTaken { name: BASE.to_owned() };
    assert_eq!(notice(stage.app.undo(&stage.me, Some(first)).await), cannot(first, why));
}

#[tokio::test]
async fn a_pin_that_was_moved_since_stays() {
    let stage = Stage::with_purple_base().await;
    let pin = async |server: u64| done(stage.app.group_pin(&stage.me, BASE, Some(&server.to_string())).await);
    let first = pin(cast::CROWDED).await.change.unwrap();
    pin(cast::HIDDEN).await;
    assert_eq!(notice(stage.app.undo(&stage.me, Some(first)).await), cannot(first, CannotUndo::ChangedSince));
}

#[tokio::test]
async fn an_addition_whose_member_was_removed_since_is_gone() {
    let stage = Stage::on_the_moose().await;
    let added = stage.add(BASE, "1034857211").await.change;
    done(stage.app.group_remove(&stage.me, BASE, "ChennyBounce").await);
    assert_eq!(notice(stage.app.undo(&stage.me, Some(added)).await), cannot(added, CannotUndo::Gone));
}

#[tokio::test]
async fn undoing_an_import_takes_those_who_are_left_and_keeps_those_who_were_there() {
    let stage = Stage::on_the_moose().await;
    stage.add(BASE, "1034857211").await;
    let ids = cast::PURPLE_BASE.map(|person| person.id.to_string()).join("\n");
    let imported = stage.app.group_import(&stage.me, BASE, &ids, |_, _| ()).await.unwrap();
    done(stage.app.group_remove(&stage.me, BASE, "Sleepy").await);
    stage.app.undo(&stage.me, imported.change).await.unwrap();
    assert_eq!(names(&stage.check().await), ["ChennyBounce"]);
}

#[tokio::test]
async fn undoing_the_first_addition_takes_the_group_unless_others_joined() {
    let stage = Stage::on_the_moose().await;
    let first = stage.add(BASE, "1034857211").await.change;
    let second = stage.add(BASE, "1102330918").await.change;
    stage.app.undo(&stage.me, Some(first)).await.unwrap();
    assert_eq!(names(&stage.check().await), ["Boat Enjoyer"]);
    stage.app.undo(&stage.me, Some(second)).await.unwrap();
    assert_eq!(notice(stage.app.group_check(&stage.me, BASE).await), Notice::EmptyGroup { group: BASE.to_owned() });
}

#[tokio::test]
async fn a_removed_member_who_is_back_by_another_way_is_not_doubled() {
    let stage = Stage::with_purple_base().await;
    let removed = done(stage.app.group_remove(&stage.me, BASE, "Sleepy").await).change;
    stage.add(BASE, "1021556740").await;
    assert_eq!(notice(stage.app.undo(&stage.me, Some(removed)).await), cannot(removed, CannotUndo::ChangedSince));
    assert_eq!(stage.check().await.members.len(), 7);
}

#[tokio::test]
async fn changes_of_a_deleted_group_wait_for_its_return() {
    let stage = Stage::with_purple_base().await;
    let removed = done(stage.app.group_remove(&stage.me, BASE, "Sleepy").await).change;
    let deleted = stage.app.group_delete(&stage.me, BASE).await.unwrap().change;
    assert_eq!(notice(stage.app.undo(&stage.me, Some(removed)).await), cannot(removed, CannotUndo::Gone));
    stage.app.undo(&stage.me, Some(deleted)).await.unwrap();
    stage.app.undo(&stage.me, Some(removed)).await.unwrap();
    assert_eq!(stage.check().await.members.len(), 7);
}

fn patches() -> impl Strategy<Value = SettingsPatch> {
    let zone = proptest::option::of(proptest::sample::select(vec!["UTC", "europe/berlin", "America/New_York"]));
    let id = || proptest::option::of(proptest::option::of(1_u64..4));
    (zone, id(), id()).prop_map(|(zone, role, channel)| SettingsPatch {
        time_zone: zone.map(str::to_owned),
        changers: role.map(|role| role.and_then(RoleId::new)),
        log_channel: channel.map(|channel| channel.and_then(ChannelId::new)),
    })
}

/// One thing that a user does to the groups; what cannot be done is refused and is no change.
#[derive(Clone, Debug)]
enum Deed {
    Add(usize, usize),
    Remove(usize, usize),
    Delete(usize),
    Rename(usize, usize),
    Set(SettingsPatch),
}

const GROUPS: [&str; 3] = ["One", "two", "Drei"];

fn deeds() -> impl Strategy<Value = Deed> {
    let (group, person) = (0..GROUPS.len(), 0..cast::PURPLE_BASE.len());
    prop_oneof![
        3 => (group.clone(), person.clone()).prop_map(|(group, person)| Deed::Add(group, person)),
        2 => (group.clone(), person).prop_map(|(group, person)| Deed::Remove(group, person)),
        1 => group.clone().prop_map(Deed::Delete),
        1 => (group.clone(), group).prop_map(|(from, to)| Deed::Rename(from, to)),
        1 => patches().prop_map(Deed::Set),
    ]
}

async fn carry_out(stage: &Stage, deed: Deed) {
    let (app, me) = (&stage.app, &stage.me);
    let id = |person: usize| cast::PURPLE_BASE[person].id.to_string();
    let refusal = match deed {
        Deed::Add(group, person) => app.group_add(me, GROUPS[group], &id(person), None).await.err(),
        Deed::Remove(group, person) => app.group_remove(me, GROUPS[group], &id(person)).await.err(),
        Deed::Delete(group) => app.group_delete(me, GROUPS[group]).await.err(),
        Deed::Rename(from, to) => app.group_rename(me, GROUPS[from], GROUPS[to]).await.err(),
        Deed::Set(patch) => app.settings(me, patch).await.err(),
    };
    if let Some(refusal) = refusal {
        assert!(matches!(refusal, rustops::error::Error::Notice(_)), "{refusal:?}");
    }
}

#[test]
fn undoing_everything_leads_back_to_the_beginning() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let guard = runtime.enter();
    let stage = Stage::empty();
    drop(guard);
    let sequences = proptest::collection::vec(deeds(), 1..12);
    proptest!(Config { cases: 24, failure_persistence: None, ..Config::default() }, |(sequence in sequences)| {
        runtime.block_on(async {
            let before = state(&stage).await;
            let done_before = stage.app.audit(&stage.me, 0, 0).await.unwrap().more;
            for deed in sequence {
                carry_out(&stage, deed).await;
            }
            let changes = stage.app.audit(&stage.me, 0, 0).await.unwrap().more - done_before;
            for _ in 0..changes {
                stage.app.undo(&stage.me, None).await.unwrap();
            }
            assert_eq!(state(&stage).await, before);
        });
    });
    let changes = runtime.block_on(stage.app.audit(&stage.me, 0, 0)).unwrap().more;
    assert!(changes > 24, "the sequences did hardly anything: {changes}");
}

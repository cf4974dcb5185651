//! Stories of `groups`.

use super::*;
use crate::store::{open, players, problem, servers::tests::server};

fn home() -> GuildKey {
    GuildKey::local()
}

fn day(day: i64) -> Timestamp {
    Timestamp::from_second(day * 86_400).unwrap()
}

fn player(connection: &Connection, number: u64, name: &str, at: Timestamp) -> PlayerId {
    let id = PlayerId::new(number).unwrap();
    players::remember(connection, &[(id, name.to_owned())], at).unwrap();
    id
}

fn steam(number: u64) -> SteamId {
    SteamId::new(76_561_197_960_265_728 + number).unwrap()
}

fn member_names(connection: &Connection, group: GroupId) -> Vec<String> {
    members(connection, group).unwrap().into_iter().map(|member| member.name.name).collect()
}

#[test]
fn groups_are_listed_by_name_with_all_that_is_seen_at_a_glance() {
    let connection = open::in_memory();
    let moose = server(5, "Moose");
    servers::remember(&connection, &moose, day(0), None).unwrap();
    let purple = create(&connection, &home(), "purple base", day(0)).unwrap();
    let blue = create(&connection, &home(), "blue base", day(0)).unwrap();
    create(&connection, &"2".parse().unwrap(), "elsewhere", day(0)).unwrap();
    let wolf = player(&connection, 1, "Wolf", day(0));
    add_member(&connection, purple, Some(wolf), None, "Wolf", day(0)).unwrap();
    let gone = add_member(&connection, purple, None, None, "Bear", day(0)).unwrap();
    remove_member(&connection, gone, day(1)).unwrap();
    pin(&connection, purple, Some(moose.id)).unwrap();
    let check = LastCheck { active: 1, total: 2, unknown: 0, at: day(1) };
    record_check(&connection, purple, &check).unwrap();

    let plain = GroupRow {
        id: blue,
        name: "blue base".to_owned(),
        members: 0,
        pinned: None,
        last_check: None,
        stale: None,
        trouble: None,
        hides_names: false,
    };
    let pinned = Some(ServerName { id: moose.id, name: moose.name });
    let full = GroupRow {
        id: purple,
        name: "purple base".to_owned(),
        members: 1,
        pinned,
        last_check: Some(check),
        ..plain.clone()
    };
    assert_eq!(list(&connection, &home()).unwrap(), [plain, full]);
    assert_eq!(names(&connection, &home()).unwrap(), ["blue base", "purple base"]);
}

#[test]
fn a_group_is_found_by_name_and_by_id_in_its_own_guild_only() {
    let connection = open::in_memory();
    let id = create(&connection, &home(), "Purple", day(0)).unwrap();
    let group = Group { id, name: "Purple".to_owned(), pinned: None };
    let elsewhere = "2".parse().unwrap();
    assert_eq!(find(&connection, &home(), "Purple").unwrap(), Some(group.clone()));
    assert_eq!(by_id(&connection, &home(), id).unwrap(), Some(group));
    assert_eq!(find(&connection, &elsewhere, "Purple").unwrap(), None);
    assert_eq!(by_id(&connection, &elsewhere, id).unwrap(), None);
}

#[test]
fn names_that_differ_by_case_alone_clash() {
    let connection = open::in_memory();
    let id = create(&connection, &home(), "Purple Base", day(0)).unwrap();
    assert!(name_taken(&connection, &home(), "PURPLE base").unwrap());
    assert_eq!(find(&connection, &home(), "purple BASE").unwrap().unwrap().id, id);
    let refused = create(&connection, &home(), "purple base", day(0)).unwrap_err();
    assert_eq!(problem(&refused), None, "{refused:#}");
    create(&connection, &"2".parse().unwrap(), "purple base", day(0)).unwrap();
}

#[test]
fn a_group_is_renamed_unless_the_name_is_taken() {
    let connection = open::in_memory();
    let blue = create(&connection, &home(), "Blue", day(0)).unwrap();
    create(&connection, &home(), "Red", day(0)).unwrap();
    rename(&connection, blue, "BLUE").unwrap();
    assert!(rename(&connection, blue, "Red").is_err());
    assert_eq!(names(&connection, &home()).unwrap(), ["BLUE", "Red"]);
}

#[test]
fn a_deleted_group_comes_back_with_its_members() {
    let connection = open::in_memory();
    let id = create(&connection, &home(), "Purple", day(0)).unwrap();
    add_member(&connection, id, None, None, "Wolf", day(0)).unwrap();
    delete(&connection, id, day(1)).unwrap();
    assert_eq!(names(&connection, &home()).unwrap(), [""; 0]);
    assert_eq!(by_id(&connection, &home(), id).unwrap(), None);
    assert!(!name_taken(&connection, &home(), "Purple").unwrap());
    let (group, at) = deleted_group(&connection, &home(), id).unwrap().unwrap();
    assert_eq!((group.name.as_str(), at), ("Purple", day(1)));

    restore(&connection, id).unwrap();
    assert_eq!(deleted_group(&connection, &home(), id).unwrap(), None);
    assert_eq!(member_names(&connection, id), ["Wolf"]);
}

#[test]
fn a_deleted_group_whose_name_was_given_away_does_not_come_back() {
    let connection = open::in_memory();
    let old = create(&connection, &home(), "Purple", day(0)).unwrap();
    delete(&connection, old, day(1)).unwrap();
    let new = create(&connection, &home(), "Purple", day(2)).unwrap();
    assert_ne!(old, new);
    assert!(restore(&connection, old).is_err());
    assert_eq!(find(&connection, &home(), "Purple").unwrap().unwrap().id, new);
}

#[test]
fn a_linked_member_goes_by_the_players_current_name() {
    let connection = open::in_memory();
    let id = create(&connection, &home(), "Purple", day(0)).unwrap();
    let wolf = player(&connection, 1, "Wolf", day(0));
    add_member(&connection, id, Some(wolf), None, "Wolf", day(0)).unwrap();
    add_member(&connection, id, None, None, "Sleepy", day(1)).unwrap();
    player(&connection, 1, "Bear", day(1));
    players::link_steam(&connection, wolf, steam(1)).unwrap();

    let found = members(&connection, id).unwrap();
    assert_eq!((found[0].name.name.as_str(), found[0].name.steam), ("Bear", Some(steam(1))));
    assert_eq!((found[1].name.name.as_str(), found[1].added_at), ("Sleepy", day(1)));
}

#[test]
fn nobody_is_in_a_group_twice() {
    let connection = open::in_memory();
    let id = create(&connection, &home(), "Purple", day(0)).unwrap();
    let (wolf, bear) = (player(&connection, 1, "Wolf", day(0)), player(&connection, 2, "Bear", day(0)));
    let member = add_member(&connection, id, Some(wolf), Some(steam(1)), "Wolf", day(0)).unwrap();
    assert!(add_member(&connection, id, Some(wolf), None, "Wolf", day(0)).is_err());
    assert!(add_member(&connection, id, Some(bear), Some(steam(1)), "Bear", day(0)).is_err());
    assert_eq!(find_member_by_player(&connection, id, wolf).unwrap().unwrap().name.id, member);
    assert_eq!(find_member_by_steam(&connection, id, steam(1)).unwrap().unwrap().name.id, member);
    assert_eq!(find_member_by_player(&connection, id, bear).unwrap(), None);
    for name in ["Wolf", "Wolf"] {
        add_member(&connection, id, None, None, name, day(0)).unwrap();
    }
    assert_eq!(members(&connection, id).unwrap().len(), 3);
}

#[test]
fn a_member_is_found_by_the_steam_account_of_its_player() {
    let connection = open::in_memory();
    let id = create(&connection, &home(), "Purple", day(0)).unwrap();
    let wolf = player(&connection, 1, "Wolf", day(0));
    add_member(&connection, id, Some(wolf), None, "Wolf", day(0)).unwrap();
    assert_eq!(find_member_by_steam(&connection, id, steam(1)).unwrap(), None);
    players::link_steam(&connection, wolf, steam(1)).unwrap();
    assert_eq!(find_member_by_steam(&connection, id, steam(1)).unwrap().unwrap().name.player, Some(wolf));
}

#[test]
fn the_missing_id_of_a_member_is_learnt_and_the_other_stays() {
    let connection = open::in_memory();
    let id = create(&connection, &home(), "Purple", day(0)).unwrap();
    let member = add_member(&connection, id, None, Some(steam(1)), "Wolf", day(0)).unwrap();
    let wolf = player(&connection, 1, "Wolf", day(0));
    link_member(&connection, member, Some(wolf), None).unwrap();
    let linked = find_member_by_player(&connection, id, wolf).unwrap().unwrap().name;
    assert_eq!((linked.id, linked.steam), (member, Some(steam(1))));
}

#[test]
fn a_removed_member_comes_back_unless_the_player_is_there_again() {
    let connection = open::in_memory();
    let id = create(&connection, &home(), "Purple", day(0)).unwrap();
    let wolf = player(&connection, 1, "Wolf", day(0));
    let first = add_member(&connection, id, Some(wolf), None, "Wolf", day(0)).unwrap();
    assert!(!restore_member(&connection, first).unwrap(), "was never away");
    remove_member(&connection, first, day(1)).unwrap();
    assert_eq!(member_names(&connection, id), [""; 0]);
    assert!(restore_member(&connection, first).unwrap());
    assert_eq!(member_names(&connection, id), ["Wolf"]);

    remove_member(&connection, first, day(2)).unwrap();
    add_member(&connection, id, Some(wolf), None, "Wolf", day(3)).unwrap();
    assert!(!restore_member(&connection, first).unwrap());
    assert!(!restore_member(&connection, MemberId::new(99).unwrap()).unwrap());
    assert_eq!(member_names(&connection, id), ["Wolf"]);
}

#[test]
fn the_groups_that_hold_a_player_are_told() {
    let connection = open::in_memory();
    let wolf = player(&connection, 1, "Wolf", day(0));
    let mut made = Vec::new();
    for (guild, name) in [("local", "zulu"), ("local", "alpha"), ("local", "deleted"), ("2", "elsewhere")] {
        let group = create(&connection, &guild.parse().unwrap(), name, day(0)).unwrap();
        add_member(&connection, group, Some(wolf), None, "Wolf", day(0)).unwrap();
        made.push(group);
    }
    create(&connection, &home(), "without", day(0)).unwrap();
    delete(&connection, made[2], day(1)).unwrap();
    assert_eq!(holding(&connection, &home(), wolf).unwrap(), ["alpha", "zulu"]);
}

#[test]
fn after_the_time_to_restore_things_are_gone_for_good() {
    let connection = open::in_memory();
    let left: GuildKey = "2".parse().unwrap();
    let kept = create(&connection, &home(), "kept", day(0)).unwrap();
    let old = create(&connection, &home(), "old", day(0)).unwrap();
    let recent = create(&connection, &home(), "recent", day(0)).unwrap();
    let lost = create(&connection, &left, "lost", day(0)).unwrap();
    for group in [kept, old, lost] {
        add_member(&connection, group, None, None, "Wolf", day(0)).unwrap();
    }
    let removed = add_member(&connection, kept, None, None, "Bear", day(0)).unwrap();
    remove_member(&connection, removed, day(1)).unwrap();
    delete(&connection, old, day(1)).unwrap();
    delete(&connection, recent, day(2)).unwrap();
    guilds::mark_left(&connection, &left, day(1)).unwrap();

    assert_eq!(purge(&connection, day(2)).unwrap(), 3, "a guild, a group and a member");
    assert_eq!(guilds::get(&connection, &left).unwrap(), None);
    assert_eq!(deleted_group(&connection, &home(), old).unwrap(), None);
    assert!(!restore_member(&connection, removed).unwrap());
    assert!(deleted_group(&connection, &home(), recent).unwrap().is_some());
    assert_eq!(member_names(&connection, kept), ["Wolf"]);
    assert_eq!(purge(&connection, day(2)).unwrap(), 0);
    assert_eq!(crate::store::counts::counts(&connection).unwrap().members, 1);
}

#[test]
fn a_number_that_was_given_to_a_group_is_never_given_again() {
    let connection = open::in_memory();
    let old = create(&connection, &home(), "old", day(0)).unwrap();
    delete(&connection, old, day(1)).unwrap();
    purge(&connection, day(2)).unwrap();
    assert!(create(&connection, &home(), "new", day(3)).unwrap() > old);
}

//! Stories of `players`.

use super::*;
use crate::store::open;

fn id(number: u64) -> PlayerId {
    PlayerId::new(number).unwrap()
}

fn hour(hour: i64) -> Timestamp {
    Timestamp::from_second(hour * 3600).unwrap()
}

fn learn(connection: &Connection, number: u64, name: &str, at: Timestamp) -> Vec<(PlayerId, String, String)> {
    remember(connection, &[(id(number), name.to_owned())], at).unwrap()
}

fn found(connection: &Connection, text: &str) -> Vec<(u64, String)> {
    let hits = search(connection, &names::folded(text), 25, |_| 0).unwrap();
    hits.into_iter().map(|hit| (hit.id.get(), hit.matched_name)).collect()
}

fn former(connection: &Connection, number: u64) -> Vec<(String, Option<Timestamp>)> {
    let player = get(connection, id(number)).unwrap().unwrap();
    player.names.into_iter().map(|former| (former.name, former.last_seen)).collect()
}

#[test]
fn a_mistyped_name_is_found() {
    let connection = open::in_memory();
    for (number, name) in [(1, "ChennyBounce"), (2, "Old Chenille"), (3, "Wolf")] {
        learn(&connection, number, name, hour(0));
    }
    let nearly = |typed| {
        let hits = search_like(&connection, &Typed::new(typed).unwrap(), 9, 5, |_| 0).unwrap();
        hits.into_iter().map(|hit| hit.id.get()).collect::<Vec<_>>()
    };
    assert_eq!(nearly("Cehnny"), [1]);
    assert_eq!(nearly("chenybuonce"), [1]);
    assert_eq!(nearly("hcenny"), [1]);
    assert_eq!(nearly("xhenny"), [1]);
    assert_eq!(nearly("henny"), [1]);
    assert_eq!(nearly("chenile"), [2]);
    assert_eq!(nearly("bear"), [0_u64; 0]);
    assert_eq!(nearly("wlf"), [0_u64; 0], "three letters are too few to guess by");
}

#[test]
fn who_is_nearly_called_so_comes_after_those_who_are_and_only_when_they_are_few() {
    let connection = open::in_memory();
    for (number, name) in [(1, "Wofl"), (2, "Wolf"), (3, "Bad Wolf"), (4, "Wolfgang")] {
        learn(&connection, number, name, hour(0));
    }
    learn(&connection, 2, "Wolf Wofl", hour(1));
    let found = |few| {
        let hits = search_like(&connection, &Typed::new("wolf").unwrap(), 9, few, |_| 0).unwrap();
        hits.into_iter().map(|hit| hit.id.get()).collect::<Vec<_>>()
    };
    assert_eq!(found(5), [2, 3, 4, 1]);
    assert_eq!(found(3), [2, 3, 4]);
}

#[test]
fn those_of_a_lower_rank_come_first_however_many_there_are() {
    let connection = open::in_memory();
    for number in 1..100 {
        learn(&connection, number, &format!("Wolf {number:02}"), hour(0));
    }
    let rank = |player: PlayerId| match player.get() {
        77 => 0,
        12 => 1,
        _ => 2,
    };
    let ids = |hits: Vec<FoundPlayer>| hits.into_iter().map(|hit| hit.id.get()).collect::<Vec<_>>();
    assert_eq!(ids(search(&connection, "wolf", 3, rank).unwrap()), [77, 12, 1]);
    assert_eq!(ids(search_like(&connection, &Typed::new("wlof").unwrap(), 3, 5, rank).unwrap()), [77, 12, 1]);
}

#[test]
fn a_renamed_player_keeps_the_old_name_searchable() {
    let connection = open::in_memory();
    assert_eq!(learn(&connection, 1, "Wolf", hour(0)), []);
    assert_eq!(learn(&connection, 1, "Bear", hour(1)), [(id(1), "Wolf".to_owned(), "Bear".to_owned())]);
    assert_eq!(get(&connection, id(1)).unwrap().unwrap().name, "Bear");
    assert_eq!(former(&connection, 1), [("Wolf".to_owned(), Some(hour(0)))]);
    let hit = FoundPlayer { id: id(1), name: "Bear".to_owned(), matched_name: "Wolf".to_owned() };
    assert_eq!(search(&connection, &names::folded("wol"), 9, |_| 0).unwrap(), [hit]);
}

#[test]
fn a_player_who_takes_the_old_name_again_has_it_once() {
    let connection = open::in_memory();
    for (at, name) in [(0, "Wolf"), (1, "Bear"), (2, "Wolf")] {
        learn(&connection, 1, name, hour(at));
    }
    assert_eq!(get(&connection, id(1)).unwrap().unwrap().name, "Wolf");
    assert_eq!(former(&connection, 1), [("Bear".to_owned(), Some(hour(1)))]);
}

#[test]
fn a_late_answer_renames_nobody_back() {
    let connection = open::in_memory();
    learn(&connection, 1, "Bear", hour(5));
    assert_eq!(learn(&connection, 1, "Wolf", hour(4)), []);
    assert_eq!(get(&connection, id(1)).unwrap().unwrap().name, "Bear");
    assert_eq!(former(&connection, 1), [("Wolf".to_owned(), Some(hour(4)))]);
}

#[test]
fn a_name_that_stays_is_written_once_a_day() {
    let connection = open::in_memory();
    learn(&connection, 1, "Wolf", hour(0));
    let written = connection.total_changes();
    learn(&connection, 1, "Wolf", hour(167));
    assert_eq!(connection.total_changes(), written);
    learn(&connection, 1, "Wolf", hour(168));
    learn(&connection, 1, "Bear", hour(169));
    assert_eq!(former(&connection, 1), [("Wolf".to_owned(), Some(hour(168)))]);
}

#[test]
fn names_from_before_may_be_learnt_first() {
    let mut connection = open::in_memory();
    let tx = connection.transaction().unwrap();
    let old = FormerName { name: "Wolf".to_owned(), last_seen: Some(hour(1)) };
    let undated = FormerName { name: "Pup".to_owned(), last_seen: None };
    remember_former(&tx, id(1), &[undated, old]).unwrap();
    remember(&tx, &[(id(1), "Bear".to_owned())], hour(9)).unwrap();
    tx.commit().unwrap();
    assert_eq!(former(&connection, 1), [("Wolf".to_owned(), Some(hour(1))), ("Pup".to_owned(), None)]);
    assert_eq!(found(&connection, "pup"), [(1, "Pup".to_owned())]);

    let dated = FormerName { name: "Pup".to_owned(), last_seen: Some(hour(2)) };
    remember_former(&connection, id(1), &[dated]).unwrap();
    assert_eq!(former(&connection, 1), [("Pup".to_owned(), Some(hour(2))), ("Wolf".to_owned(), Some(hour(1)))]);
}

#[test]
fn a_search_finds_the_beginning_of_every_word() {
    let connection = open::in_memory();
    for (number, name) in [(1, "[ABC] purple_wolf"), (2, "Wolfgang"), (3, "wolf"), (4, "Werewolf")] {
        learn(&connection, number, name, hour(0));
    }
    let ids = |text: &str| found(&connection, text).into_iter().map(|(id, _)| id).collect::<Vec<_>>();
    assert_eq!(ids("wolf"), [1, 3, 2]);
    assert_eq!(ids("wolfg"), [2]);
    assert_eq!(ids("purple_w"), [1]);
    assert_eq!(ids("[abc"), [1]);
    assert_eq!(ids("olf"), [0; 0]);
    assert_eq!(search(&connection, "w", 2, |_| 0).unwrap().len(), 2);
}

#[test]
fn a_search_does_not_care_for_case_or_accents() {
    let connection = open::in_memory();
    learn(&connection, 1, "ÉCLAIR", hour(0));
    assert_eq!(found(&connection, "ecl"), [(1, "ÉCLAIR".to_owned())]);
}

#[test]
fn a_player_is_found_once_however_many_names_fit() {
    let connection = open::in_memory();
    for (at, name) in [(0, "wolf one"), (1, "wolf two"), (2, "wolf wolf")] {
        learn(&connection, 1, name, hour(at));
    }
    assert_eq!(found(&connection, "wolf"), [(1, "wolf wolf".to_owned())]);
    assert_eq!(found(&connection, "wolf o"), [(1, "wolf one".to_owned())]);
}

#[test]
fn hostile_names_come_back_as_they_were() {
    let connection = open::in_memory();
    let hostile = [
        "'; DROP TABLE players; --",
        "\"quoted\" %_*?",
        "nul\u{0}inside",
        "\u{202E}sdrawkcab",
        "\u{1CBC}",
        "👨‍👩‍👧 family",
        "\u{10FFFF}\u{10FFFF}",
        " ",
        &"a ".repeat(5000),
    ];
    for (number, name) in (1..).zip(hostile) {
        learn(&connection, number, name, hour(0));
        learn(&connection, number, "renamed", hour(1));
        assert_eq!(former(&connection, number), [(name.to_owned(), Some(hour(0)))]);
    }
    assert_eq!(found(&connection, "nul\u{0}in").len(), found(&connection, "nul").len());
}

#[test]
fn the_steam_account_leads_to_the_player_seen_last() {
    let connection = open::in_memory();
    let steam = SteamId::new(76_561_197_960_265_729).unwrap();
    assert_eq!(by_steam(&connection, steam).unwrap(), None);
    learn(&connection, 1, "Wolf", hour(1));
    learn(&connection, 2, "Wolf", hour(0));
    link_steam(&connection, id(1), steam).unwrap();
    link_steam(&connection, id(2), steam).unwrap();
    assert_eq!(by_steam(&connection, steam).unwrap(), Some(id(1)));
    assert_eq!(get(&connection, id(2)).unwrap().unwrap().steam, Some(steam));
    assert!(link_steam(&connection, id(3), steam).is_err());
}

#[test]
fn a_private_profile_is_remembered_as_such() {
    let connection = open::in_memory();
    learn(&connection, 1, "Wolf", hour(1));
    assert!(!get(&connection, id(1)).unwrap().unwrap().private);
    set_private(&connection, id(1), true).unwrap();
    assert!(get(&connection, id(1)).unwrap().unwrap().private);
    assert!(set_private(&connection, id(2), true).is_err());
    assert_eq!(get(&connection, id(2)).unwrap(), None);
}

//! Proof that no query of a hot path reads a whole table.
//!
//! Tests only.

use rusqlite::Connection;

use super::{audit, boards, groups, guilds, inquiries, open, players, servers, sessions, sightings, watch};

/// The queries behind every command and suggestion, and the poll of a roster.
const HOT: &[&str] = &[
    audit::GET,
    audit::LATEST_STANDING,
    audit::LIST,
    audit::TOTAL,
    boards::FIND,
    boards::GET,
    boards::OF,
    boards::TOTAL,
    groups::BY_ID,
    groups::FIND,
    groups::FIND_MEMBER_BY_PLAYER,
    groups::FIND_MEMBER_BY_STEAM,
    groups::HOLDING,
    groups::LIST,
    groups::MEMBERS,
    groups::NAMES,
    groups::PLAYER_BY_STEAM,
    groups::STEAM_OF_PLAYER,
    guilds::GET,
    inquiries::OF,
    players::BY_STEAM,
    players::CURRENT_NAME,
    players::FORMER,
    players::GET,
    players::IS_PRIVATE,
    servers::GET,
    servers::USED_BEFORE,
    sessions::LAST,
    sessions::LATELY,
    sessions::OF,
    sightings::GET,
    watch::PLACE,
    watch::PRESENT,
    watch::WINDOWS,
];

/// What SQLite means to do, step by step: <https://sqlite.org/eqp.html>.
fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    for parameter in 1..=statement.parameter_count() {
        statement.raw_bind_parameter(parameter, 1).unwrap();
    }
    let mut rows = statement.raw_query();
    let mut steps = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        steps.push(row.get(3).unwrap());
    }
    steps
}

#[test]
fn every_query_of_a_hot_path_goes_by_an_index() {
    let connection = open::in_memory();
    for sql in HOT {
        let steps = plan(&connection, sql);
        let by_index = |step: &&String| step.starts_with("SEARCH") && step.contains("USING");
        assert!(steps.iter().any(|step| by_index(&step)), "{sql}\n{steps:#?}");
        assert!(!steps.iter().any(|step| step.starts_with("SCAN")), "{sql}\n{steps:#?}");
    }
}

#[test]
fn lists_come_sorted_out_of_their_index() {
    let connection = open::in_memory();
    for sql in [groups::LIST, groups::NAMES, sessions::LATELY, audit::LIST, audit::LATEST_STANDING] {
        let steps = plan(&connection, sql);
        assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "{sql}\n{steps:#?}");
    }
}

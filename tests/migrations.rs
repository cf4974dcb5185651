//! Files of every version there was: each migration is applied to rows of the one before, and the result is opened.
//!
//! `tests/migrations/` has rows for each version, under the migration's name. What opening refuses, copies and undoes
//! is told beside `store::open`.

#![expect(clippy::unwrap_used, reason = "what goes wrong here fails the test")]

use std::{fs, path::Path};

use jiff::Timestamp;
use rusqlite::Connection;
use rustops::{
    domain::ids::{GroupId, GuildKey, PlayerId, ServerId},
    store::{Store, audit, groups, guilds, players, servers, sightings},
};

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// A file that went through every version one at a time and got rows at each.
fn file_with_a_past(path: &Path) {
    let mut connection = Connection::open(path).unwrap();
    connection.pragma_update(None, "foreign_keys", true).unwrap();
    for migration in embedded::migrations::runner().get_migrations() {
        embedded::migrations::runner()
            .set_grouped(true)
            .set_target(refinery::Target::Version(migration.version()))
            .run(&mut connection)
            .unwrap();
        let rows = format!("{}/tests/migrations/{migration}.sql", env!("CARGO_MANIFEST_DIR"));
        let rows = fs::read_to_string(&rows).unwrap_or_else(|error| panic!("{rows}: {error}"));
        connection.execute_batch(&rows).unwrap();
    }
}

#[tokio::test]
async fn a_file_that_is_as_old_as_can_be_still_holds_everything() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rustops.db");
    file_with_a_past(&path);
    let store = Store::open(&path, Timestamp::UNIX_EPOCH).unwrap();
    store
        .read(|connection| {
            let home = GuildKey::local();
            let (moose, chenny) = (ServerId::new(5).unwrap(), PlayerId::new(1_100_000_001).unwrap());
            let guild = guilds::get(connection, &home)?.unwrap();
            assert_eq!((guild.settings.time_zone.as_str(), guild.active_server), ("Europe/Berlin", Some(moose)));
            assert_eq!(servers::get(connection, moose)?.unwrap().server.players, Some(200));
            assert_eq!(servers::used_before(connection, &home, "rusty", 9)?.len(), 1);

            let listed = groups::list(connection, &home)?;
            assert_eq!(listed.iter().map(|group| group.name.as_str()).collect::<Vec<_>>(), ["Purple Base"]);
            assert_eq!((listed[0].members, listed[0].last_check.unwrap().active), (2, 1));
            let members = groups::members(connection, listed[0].id)?;
            let names: Vec<_> = members.iter().map(|member| member.name.name.as_str()).collect();
            assert_eq!(names, ["ChennyBounce", "Sleepy"]);
            assert!(groups::deleted_group(connection, &home, GroupId::new(2).unwrap())?.is_some());

            assert_eq!(players::get(connection, chenny)?.unwrap().names[0].name, "Chenny");
            assert_eq!(players::search(connection, "chen", 9, |_| 0)?.len(), 1);
            assert!(sightings::get(connection, moose, &[chenny])?[&chenny].online);
            assert_eq!(audit::list(connection, &home, 0, 9)?.1, 1);
            anyhow::Ok(())
        })
        .await
        .unwrap();
}

#[test]
fn a_file_made_step_by_step_is_the_same_as_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old.db"), folder.path().join("new.db"));
    file_with_a_past(&old);
    drop(Store::open(&new, Timestamp::UNIX_EPOCH).unwrap());
    let schema = |path| -> Vec<(String, Option<String>)> {
        let connection = Connection::open(path).unwrap();
        let mut statement = connection
            .prepare("SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE '%refinery%' ORDER BY name")
            .unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    };
    assert_eq!(schema(&old), schema(&new));
    let history = |path| -> Vec<(i64, String, String)> {
        let connection = Connection::open(path).unwrap();
        let mut statement = connection.prepare("SELECT version, name, checksum FROM refinery_schema_history").unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    };
    assert_eq!(history(&old), history(&new));
}

#[test]
fn every_table_is_strict_and_every_column_explained() {
    for migration in embedded::migrations::runner().get_migrations() {
        let sql = migration.sql().unwrap();
        let mut lines = sql.lines();
        let mut columns = 0;
        while let Some(line) = lines.next() {
            if !line.starts_with("CREATE TABLE") {
                continue;
            }
            let table = line;
            let mut explained = false;
            for line in lines.by_ref() {
                if line.starts_with(')') {
                    assert!(line.contains("STRICT"), "{migration}: {table}");
                    break;
                }
                let line = line.trim();
                let is_column = line.starts_with(|first: char| first.is_ascii_lowercase());
                assert!(!is_column || explained, "{migration}: {table} {line}");
                columns += usize::from(is_column);
                explained = line.starts_with("--");
            }
        }
        assert!(columns > 0 || !sql.contains("CREATE TABLE"), "{migration}");
    }
}

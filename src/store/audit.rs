//! The record of changes: who did what, when, and whether it was taken back.
//!
//! How a change is taken back is a use case; here is only what it has to know.

use anyhow::{Context, ensure};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params, types::Type};

use super::{
    guilds,
    values::{Count, Seconds},
};
use crate::domain::{
    ids::{ChangeId, GuildKey},
    report::{Change, ChangeRow},
};

/// Records a change. `actor` is a Discord user id, or `terminal`.
///
/// # Errors
/// Those of the database.
pub fn record(
    connection: &Connection,
    guild: &GuildKey,
    actor: &str,
    actor_name: &str,
    change: &Change,
    now: Timestamp,
) -> anyhow::Result<ChangeId> {
    guilds::ensure(connection, guild, now)?;
    let change = serde_json::to_string(change).context("write a change as JSON")?;
    connection
        .query_row(
            "INSERT INTO changes (guild, at, actor, actor_name, change) VALUES (?1, ?2, ?3, ?4, ?5) RETURNING id",
            params![guild, Seconds(now), actor, actor_name, change],
            |row| row.get(0),
        )
        .context("record a change")
}

pub(super) const LIST: &str = "SELECT id, at, actor, actor_name, change, undone_at
 FROM changes WHERE guild = ?1 ORDER BY id DESC LIMIT ?3 OFFSET ?2";

pub(super) const TOTAL: &str = "SELECT count(*) FROM changes WHERE guild = ?1";

/// A page of the guild's changes, the newest first, and how many there are in all.
///
/// # Errors
/// Those of the database; a change that cannot be read.
pub fn list(connection: &Connection, guild: &GuildKey, skip: u64, limit: u64) -> anyhow::Result<(Vec<ChangeRow>, u64)> {
    let changes = connection
        .prepare_cached(LIST)?
        .query_map(params![guild, Count(skip), Count(limit)], change_row)?
        .collect::<rusqlite::Result<_>>()
        .context("list the changes")?;
    let total: Count = connection.query_row(TOTAL, [guild], |row| row.get(0)).context("count the changes")?;
    Ok((changes, total.0))
}

pub(super) const GET: &str = "SELECT id, at, actor, actor_name, change, undone_at
 FROM changes WHERE id = ?2 AND guild = ?1";

/// The change of that number, if it is this guild's.
///
/// # Errors
/// Those of the database; a change that cannot be read.
pub fn get(connection: &Connection, guild: &GuildKey, id: ChangeId) -> anyhow::Result<Option<ChangeRow>> {
    connection.query_row(GET, params![guild, id], change_row).optional().context("read a change")
}

pub(super) const LATEST_STANDING: &str = "SELECT id, at, actor, actor_name, change, undone_at
 FROM changes WHERE guild = ?1 AND undone_at IS NULL AND change ->> '$.change' <> 'forgotten' ORDER BY id DESC LIMIT 1";

/// The newest change that was not taken back, of those that can be.
///
/// # Errors
/// Those of the database; a change that cannot be read.
pub fn latest_standing(connection: &Connection, guild: &GuildKey) -> anyhow::Result<Option<ChangeRow>> {
    connection.query_row(LATEST_STANDING, [guild], change_row).optional().context("read the latest change")
}

/// Notes that a change was taken back.
///
/// # Errors
/// Those of the database; no such change, or one that was taken back before.
pub fn mark_undone(connection: &Connection, id: ChangeId, now: Timestamp) -> anyhow::Result<()> {
    let changed = connection
        .execute("UPDATE changes SET undone_at = ?2 WHERE id = ?1 AND undone_at IS NULL", params![id, Seconds(now)])
        .context("note that a change was taken back")?;
    ensure!(changed == 1, "change {id} does not stand");
    Ok(())
}

/// Forgets changes that were made before an instant. Returns how many.
///
/// # Errors
/// Those of the database.
pub fn prune(connection: &Connection, before: Timestamp) -> anyhow::Result<usize> {
    connection.execute("DELETE FROM changes WHERE at < ?1", [Seconds(before)]).context("forget changes")
}

fn change_row(row: &Row<'_>) -> rusqlite::Result<ChangeRow> {
    let change = serde_json::from_str(row.get_ref(4)?.as_str()?)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(4, Type::Text, error.into()))?;
    Ok(ChangeRow {
        id: row.get(0)?,
        at: row.get::<_, Seconds>(1)?.0,
        actor: row.get(2)?,
        actor_name: row.get(3)?,
        change,
        undone_at: row.get::<_, Option<Seconds>>(5)?.map(|at| at.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::ids::GroupId, store::open};

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn renamed(after: &str) -> Change {
        Change::GroupRenamed {
            group: GroupId::new(1).unwrap(),
            before: "'; DROP TABLE changes; --\u{0}".to_owned(),
            after: after.to_owned(),
        }
    }

    #[test]
    fn changes_are_listed_page_by_page_the_newest_first() {
        let connection = open::in_memory();
        let home = GuildKey::local();
        for number in 0..5 {
            record(&connection, &home, "42", "Ann \u{202E}", &renamed(&number.to_string()), second(number)).unwrap();
        }
        record(&connection, &"2".parse().unwrap(), "terminal", "ann", &renamed("other"), second(9)).unwrap();

        let (page, total) = list(&connection, &home, 1, 2).unwrap();
        assert_eq!(total, 5);
        assert_eq!(page.iter().map(|row| row.at).collect::<Vec<_>>(), [second(3), second(2)]);
        assert_eq!((page[0].actor.as_str(), page[0].actor_name.as_str()), ("42", "Ann \u{202E}"));
        assert_eq!(page[0].change, renamed("3"));
        assert_eq!(list(&connection, &home, 5, 9).unwrap(), (Vec::new(), 5));
    }

    #[test]
    fn a_change_that_was_taken_back_does_not_stand() {
        let connection = open::in_memory();
        let home = GuildKey::local();
        assert_eq!(latest_standing(&connection, &home).unwrap(), None);
        let first = record(&connection, &home, "42", "Ann", &renamed("a"), second(1)).unwrap();
        let second_change = record(&connection, &home, "42", "Ann", &renamed("b"), second(2)).unwrap();
        assert_eq!(latest_standing(&connection, &home).unwrap().unwrap().id, second_change);
        mark_undone(&connection, second_change, second(3)).unwrap();
        assert_eq!(latest_standing(&connection, &home).unwrap().unwrap().id, first);
        assert_eq!(get(&connection, &home, second_change).unwrap().unwrap().undone_at, Some(second(3)));
        assert!(mark_undone(&connection, second_change, second(4)).is_err());
    }

    #[test]
    fn another_guilds_change_is_not_shown() {
        let connection = open::in_memory();
        let change = record(&connection, &GuildKey::local(), "42", "Ann", &renamed("a"), second(1)).unwrap();
        assert_eq!(get(&connection, &"2".parse().unwrap(), change).unwrap(), None);
    }

    #[test]
    fn old_changes_are_forgotten_and_their_numbers_not_given_again() {
        let connection = open::in_memory();
        let home = GuildKey::local();
        let numbers = [1, 2].map(|at| record(&connection, &home, "42", "Ann", &renamed("a"), second(at)).unwrap());
        assert_eq!(prune(&connection, second(2)).unwrap(), 1);
        let (left, total) = list(&connection, &home, 0, 9).unwrap();
        assert_eq!((left[0].id, total), (numbers[1], 1));
        assert_eq!(prune(&connection, second(9)).unwrap(), 1);
        assert!(record(&connection, &home, "42", "Ann", &renamed("b"), second(9)).unwrap() > numbers[1]);
    }
}

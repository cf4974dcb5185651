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
 FROM changes WHERE guild = ?1 AND undone_at IS NULL ORDER BY id DESC LIMIT 1";

/// The newest change that was not taken back.
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

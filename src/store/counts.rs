//! How much is kept, for `status`.
//!
//! Numbers only.

use anyhow::Context;
use rusqlite::Connection;

use super::values::Count;
use crate::domain::report::Counts;

/// Guilds that the bot is in, their living groups and members, and all players. Reads an index of each table to its end.
///
/// # Errors
/// Those of the database.
pub fn counts(connection: &Connection) -> anyhow::Result<Counts> {
    let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, Count>(0)).map(|count| count.0);
    let living = "FROM guilds JOIN groups ON groups.guild = guilds.key AND groups.deleted_at IS NULL";
    let read = || -> rusqlite::Result<_> {
        Ok(Counts {
            guilds: count("SELECT count(*) FROM guilds WHERE left_at IS NULL")?,
            groups: count(&format!("SELECT count(*) {living} WHERE guilds.left_at IS NULL"))?,
            members: count(&format!(
                "SELECT count(*) {living}
                 JOIN members ON members.group_id = groups.id AND members.removed_at IS NULL
                 WHERE guilds.left_at IS NULL"
            ))?,
            players: count("SELECT count(*) FROM players")?,
        })
    };
    read().context("count what is kept")
}

//! Removal of a person for good: from every family of tables, and out of the record of changes.
//!
//! Who is meant, and who may ask for it, is decided by the use case.

use std::collections::HashSet;

use anyhow::Context;
use rusqlite::{Connection, params};

use crate::domain::{
    ids::{GuildKey, MemberId, PlayerId, SteamId},
    report::{Change, MemberName},
};

/// What stands in the record of changes in place of somebody.
pub const NOBODY: &str = "(forgotten)";

/// One person, by everything they are known by.
#[derive(Clone, Debug, Default)]
pub struct Person {
    /// As BattleMetrics counts them; one person may be several players there.
    pub players: HashSet<PlayerId>,
    /// The Steam account.
    pub steam: Option<SteamId>,
    /// Members that are linked to none of these.
    pub members: HashSet<MemberId>,
}

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Memberships, removed ones among them.
    pub members: usize,
    /// Changes that name nobody in their place now.
    pub changes: usize,
    /// Players, names, places to search by, sightings, sessions.
    pub records: usize,
}

/// Members that belong to the person, of any guild: by link, by account, or named one by one.
///
/// # Errors
/// Those of the database.
pub fn memberships(connection: &Connection, person: &Person) -> anyhow::Result<HashSet<MemberId>> {
    let mut found = person.members.clone();
    for player in &person.players {
        collect(connection, "SELECT id FROM members WHERE player = ?1", player, &mut found)?;
    }
    if let Some(steam) = person.steam {
        collect(connection, "SELECT id FROM members WHERE steam = ?1", steam, &mut found)?;
    }
    Ok(found)
}

fn collect(
    connection: &Connection,
    sql: &str,
    id: impl rusqlite::ToSql,
    found: &mut HashSet<MemberId>,
) -> anyhow::Result<()> {
    for id in connection.prepare_cached(sql)?.query_map([id], |row| row.get(0))? {
        found.insert(id.context("look for memberships")?);
    }
    Ok(())
}

/// The players that share a Steam account.
///
/// # Errors
/// Those of the database.
pub fn players_of(connection: &Connection, steam: SteamId) -> anyhow::Result<HashSet<PlayerId>> {
    connection
        .prepare_cached("SELECT id FROM players WHERE steam = ?1")?
        .query_map([steam], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()
        .context("look for the players of a Steam account")
}

/// Members of any guild that are linked to no player, with their names.
///
/// # Errors
/// Those of the database.
pub fn unlinked(connection: &Connection) -> anyhow::Result<Vec<MemberName>> {
    connection
        .prepare_cached("SELECT id, name, steam FROM members WHERE player IS NULL ORDER BY id")?
        .query_map([], |row| Ok(MemberName { id: row.get(0)?, name: row.get(1)?, player: None, steam: row.get(2)? }))?
        .collect::<rusqlite::Result<_>>()
        .context("read the members without a player")
}

/// Removes the person. The bytes are written over, not only given free (`secure_delete`).
///
/// # Errors
/// Those of the database.
pub fn person(connection: &Connection, person: &Person) -> anyhow::Result<Removed> {
    let members = memberships(connection, person)?;
    let mut removed = Removed { members: members.len(), ..Removed::default() };
    for id in &members {
        connection.execute("DELETE FROM members WHERE id = ?1", [id]).context("remove a membership")?;
    }
    for player in &person.players {
        for sql in [
            "DELETE FROM sightings WHERE player = ?1",
            "DELETE FROM sessions WHERE subject = ?1 AND place IN (SELECT id FROM places WHERE kind = 1)",
            "DELETE FROM passages WHERE subject = ?1 AND place IN (SELECT id FROM places WHERE kind = 1)",
            "DELETE FROM present WHERE subject = ?1 AND place IN (SELECT id FROM places WHERE kind = 1)",
            "DELETE FROM inquiries WHERE subject = ?1 AND place IN (SELECT id FROM places WHERE kind = 1)",
            "DELETE FROM player_name_starts WHERE player = ?1",
            "DELETE FROM player_names WHERE player = ?1",
            "DELETE FROM players WHERE id = ?1",
        ] {
            removed.records += connection.execute(sql, [player]).context("remove what is known of a player")?;
        }
    }
    let is_meant = |name: &MemberName| {
        members.contains(&name.id)
            || name.player.is_some_and(|player| person.players.contains(&player))
            || name.steam.is_some() && name.steam == person.steam
    };
    removed.changes = scrub(connection, |change| {
        let named = match change {
            Change::MembersAdded { members, .. } => members.iter_mut().collect(),
            Change::MemberRemoved { member, .. } => vec![member],
            Change::ActiveServer { .. }
            | Change::GroupDeleted { .. }
            | Change::GroupRenamed { .. }
            | Change::GroupPinned { .. }
            | Change::Board { .. }
            | Change::Settings { .. } => Vec::new(),
        };
        let mut met = false;
        for name in named.into_iter().filter(|name| is_meant(name)) {
            *name = MemberName { id: name.id, name: NOBODY.to_owned(), player: None, steam: None };
            met = true;
        }
        met
    })?;
    Ok(removed)
}

/// Rewrites each change that `blot` has changed; returns how many.
fn scrub(connection: &Connection, blot: impl Fn(&mut Change) -> bool) -> anyhow::Result<usize> {
    let all: Vec<(i64, String)> = connection
        .prepare("SELECT id, change FROM changes")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()
        .context("read the record of changes")?;
    let mut scrubbed = 0;
    for (id, text) in all {
        let mut change: Change = serde_json::from_str(&text).context("read a change")?;
        if blot(&mut change) {
            let text = serde_json::to_string(&change).context("write a change as JSON")?;
            connection.execute("UPDATE changes SET change = ?2 WHERE id = ?1", params![id, text])?;
            scrubbed += 1;
        }
    }
    Ok(scrubbed)
}

/// Takes a user of the bot out of the record of changes, in one guild or in all. Returns the name that stood there last, and
/// in how many changes; none when there is no such user.
///
/// # Errors
/// Those of the database.
pub fn actor(
    connection: &Connection,
    actor: &str,
    guild: Option<&GuildKey>,
) -> anyhow::Result<Option<(String, usize)>> {
    let names: Vec<String> = connection
        .prepare("SELECT actor_name FROM changes WHERE actor = ?1 AND (?2 IS NULL OR guild = ?2) ORDER BY id")?
        .query_map(params![actor, guild], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()
        .context("look for a user's changes")?;
    let Some(last) = names.last().cloned() else { return Ok(None) };
    let sql = "UPDATE changes SET actor = 'forgotten', actor_name = ?3 WHERE actor = ?1 AND (?2 IS NULL OR guild = ?2)";
    let changed = connection.execute(sql, params![actor, guild, NOBODY]).context("forget a user")?;
    Ok(Some((last, changed)))
}

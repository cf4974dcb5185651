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

/// Whether a member is of the guild `?2`, or of any when there is none.
const IS_OF: &str = "(?2 IS NULL OR group_id IN (SELECT id FROM groups WHERE guild = ?2))";

/// Members that belong to the person, of one guild or of all: by link, by account, or named one by one.
fn memberships(
    connection: &Connection,
    person: &Person,
    guild: Option<&GuildKey>,
) -> anyhow::Result<HashSet<MemberId>> {
    let mut found = person.members.clone();
    for player in &person.players {
        found.extend(members_by(connection, "player", player, guild)?);
    }
    if let Some(steam) = person.steam {
        found.extend(members_by(connection, "steam", steam, guild)?);
    }
    Ok(found)
}

fn members_by(
    connection: &Connection,
    column: &str,
    id: impl rusqlite::ToSql,
    guild: Option<&GuildKey>,
) -> anyhow::Result<Vec<MemberId>> {
    connection
        .prepare_cached(&format!("SELECT id FROM members WHERE {column} = ?1 AND {IS_OF}"))?
        .query_map(params![id, guild], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()
        .context("look for memberships")
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

/// Members of one guild or of all that are linked to no player, with their names.
///
/// # Errors
/// Those of the database.
pub fn unlinked(connection: &Connection, guild: Option<&GuildKey>) -> anyhow::Result<Vec<MemberName>> {
    connection
        .prepare_cached(&format!("SELECT id, name, steam FROM members WHERE player IS ?1 AND {IS_OF} ORDER BY id"))?
        .query_map(params![None::<i64>, guild], |row| {
            Ok(MemberName { id: row.get(0)?, name: row.get(1)?, player: None, steam: row.get(2)? })
        })?
        .collect::<rusqlite::Result<_>>()
        .context("read the members without a player")
}

/// Removes the person from one guild or from all. What is known of the player goes as well, unless another guild tracks
/// them. The bytes are written over, not only given free (`secure_delete`).
///
/// # Errors
/// Those of the database.
pub fn person(connection: &Connection, person: &Person, guild: Option<&GuildKey>) -> anyhow::Result<Removed> {
    let members = memberships(connection, person, guild)?;
    let mut removed = Removed { members: members.len(), ..Removed::default() };
    for id in &members {
        connection.execute("DELETE FROM members WHERE id = ?1", [id]).context("remove a membership")?;
    }
    for player in &person.players {
        if !members_by(connection, "player", player, None)?.is_empty() {
            continue;
        }
        for sql in [
            "DELETE FROM sightings WHERE player = ?1",
            "DELETE FROM sessions WHERE subject = ?1 AND place IN (SELECT id FROM places WHERE kind = 1)",
            "DELETE FROM passages WHERE subject = ?1 AND place IN (SELECT id FROM places WHERE kind = 1)",
            "DELETE FROM present WHERE subject = ?1 AND place IN (SELECT id FROM places WHERE kind = 1)",
            "DELETE FROM inquiries WHERE subject = ?1 AND place IN (SELECT id FROM places WHERE kind = 1)",
            "DELETE FROM folded_names WHERE player = ?1",
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
    removed.changes = scrub(connection, guild, |change| {
        let named = match change {
            Change::MembersAdded { members, .. } => members.iter_mut().collect(),
            Change::MemberRemoved { member, .. } => vec![member],
            Change::ActiveServer { .. }
            | Change::GroupDeleted { .. }
            | Change::GroupRenamed { .. }
            | Change::GroupPinned { .. }
            | Change::Board { .. }
            | Change::Forgotten
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

/// Rewrites each change that `blot` has changed, in one guild or in all; returns how many.
fn scrub(
    connection: &Connection,
    guild: Option<&GuildKey>,
    blot: impl Fn(&mut Change) -> bool,
) -> anyhow::Result<usize> {
    let all: Vec<(i64, String)> = connection
        .prepare("SELECT id, change FROM changes WHERE ?1 IS NULL OR guild = ?1")?
        .query_map([guild], |row| Ok((row.get(0)?, row.get(1)?)))?
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
    for sql in [
        "UPDATE boards SET maker = NULL WHERE maker = ?1 AND (?2 IS NULL OR guild = ?2)",
        "UPDATE tidings SET person = NULL WHERE person = ?1 AND (?2 IS NULL OR guild = ?2)",
    ] {
        connection.execute(sql, params![actor.parse::<i64>().ok(), guild]).context("forget who put boards up")?;
    }
    Ok(Some((last, changed)))
}

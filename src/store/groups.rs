//! Groups of tracked players and their members: living ones, and removed ones until they are purged.
//!
//! Names of players are in [`super::players`]; who may do what is decided by the use cases.

use anyhow::{Context, ensure};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Params, Row, params};

use super::{
    guilds, servers,
    values::{Count, Seconds},
};
use crate::domain::{
    ids::{GroupId, GuildKey, MemberId, PlayerId, ServerId, SteamId},
    names as player_names,
    report::{GroupRow, LastCheck, MemberName, ServerName},
};

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Our id.
    pub id: GroupId,
    /// As the users wrote it.
    pub name: String,
    /// The server it is checked on; none: the guild's active one.
    pub pinned: Option<ServerId>,
}

/// A member of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// With the player's current name when linked, else with the name it was added by.
    pub name: MemberName,
    /// When.
    pub added_at: Timestamp,
}

pub(super) const LIST: &str = "SELECT g.id, g.name,
        (SELECT count(*) FROM members m WHERE m.group_id = g.id AND m.removed_at IS NULL),
        s.id, s.name, g.checked_at, g.check_active, g.check_total, g.check_unknown
 FROM groups g LEFT JOIN servers s ON s.id = g.pinned
 WHERE g.guild = ?1 AND g.deleted_at IS NULL
 ORDER BY g.folded";

/// The guild's groups at a glance, by name; of their servers nothing.
///
/// # Errors
/// Those of the database.
pub fn list(connection: &Connection, guild: &GuildKey) -> anyhow::Result<Vec<GroupRow>> {
    connection
        .prepare_cached(LIST)?
        .query_map([guild], |row| {
            Ok(GroupRow {
                id: row.get(0)?,
                name: row.get(1)?,
                members: row.get::<_, Count>(2)?.size(),
                pinned: pinned_name(row)?,
                last_check: last_check(row)?,
                stale: None,
                trouble: None,
                hides_names: false,
            })
        })?
        .collect::<rusqlite::Result<_>>()
        .context("list the groups")
}

fn pinned_name(row: &Row<'_>) -> rusqlite::Result<Option<ServerName>> {
    let Some(id) = row.get(3)? else { return Ok(None) };
    Ok(Some(ServerName { id, name: row.get(4)? }))
}

fn last_check(row: &Row<'_>) -> rusqlite::Result<Option<LastCheck>> {
    let Some(Seconds(at)) = row.get(5)? else { return Ok(None) };
    let count = |column| Ok::<_, rusqlite::Error>(row.get::<_, Count>(column)?.size());
    Ok(Some(LastCheck { active: count(6)?, total: count(7)?, unknown: count(8)?, at }))
}

pub(super) const FIND: &str =
    "SELECT id, name, pinned FROM groups WHERE guild = ?1 AND folded = ?2 AND deleted_at IS NULL";

/// The living group of that name, however it is written.
///
/// # Errors
/// Those of the database.
pub fn find(connection: &Connection, guild: &GuildKey, name: &str) -> anyhow::Result<Option<Group>> {
    connection
        .prepare_cached(FIND)?
        .query_row(params![guild, player_names::folded(name)], group)
        .optional()
        .context("look for a group")
}

pub(super) const BY_ID: &str =
    "SELECT id, name, pinned FROM groups WHERE id = ?2 AND guild = ?1 AND deleted_at IS NULL";

/// The living group with that id, if it is this guild's.
///
/// # Errors
/// Those of the database.
pub fn by_id(connection: &Connection, guild: &GuildKey, id: GroupId) -> anyhow::Result<Option<Group>> {
    connection.prepare_cached(BY_ID)?.query_row(params![guild, id], group).optional().context("read a group")
}

fn group(row: &Row<'_>) -> rusqlite::Result<Group> {
    Ok(Group { id: row.get(0)?, name: row.get(1)?, pinned: row.get(2)? })
}

/// The deleted group with that id, if it is this guild's, and when it was deleted.
///
/// # Errors
/// Those of the database.
pub fn deleted_group(
    connection: &Connection,
    guild: &GuildKey,
    id: GroupId,
) -> anyhow::Result<Option<(Group, Timestamp)>> {
    connection
        .query_row(
            "SELECT id, name, pinned, deleted_at FROM groups WHERE id = ?2 AND guild = ?1 AND deleted_at IS NOT NULL",
            params![guild, id],
            |row| Ok((group(row)?, row.get::<_, Seconds>(3)?.0)),
        )
        .optional()
        .context("read a deleted group")
}

pub(super) const NAMES: &str = "SELECT name FROM groups WHERE guild = ?1 AND deleted_at IS NULL ORDER BY folded";

/// The names of the guild's groups, by name.
///
/// # Errors
/// Those of the database.
pub fn names(connection: &Connection, guild: &GuildKey) -> anyhow::Result<Vec<String>> {
    connection
        .prepare_cached(NAMES)?
        .query_map([guild], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()
        .context("read the groups' names")
}

/// Whether a living group has that name, however it is written.
///
/// # Errors
/// Those of the database.
pub fn name_taken(connection: &Connection, guild: &GuildKey, name: &str) -> anyhow::Result<bool> {
    Ok(find(connection, guild, name)?.is_some())
}

/// Makes a group.
///
/// # Errors
/// Those of the database; a name that is taken.
pub fn create(connection: &Connection, guild: &GuildKey, name: &str, now: Timestamp) -> anyhow::Result<GroupId> {
    guilds::ensure(connection, guild, now)?;
    connection
        .query_row(
            "INSERT INTO groups (guild, name, folded, created_at) VALUES (?1, ?2, ?3, ?4) RETURNING id",
            params![guild, name, player_names::folded(name), Seconds(now)],
            |row| row.get(0),
        )
        .context("make a group")
}

/// Makes a group that is deleted already, so that its name may be any.
pub(super) fn create_deleted(
    connection: &Connection,
    guild: &GuildKey,
    name: &str,
    now: Timestamp,
) -> anyhow::Result<GroupId> {
    connection
        .query_row(
            "INSERT INTO groups (guild, name, folded, created_at, deleted_at) VALUES (?1, ?2, ?3, ?4, ?4) RETURNING id",
            params![guild, name, player_names::folded(name), Seconds(now)],
            |row| row.get(0),
        )
        .context("make a deleted group")
}

/// Renames a group.
///
/// # Errors
/// Those of the database; a name that is taken; no such group.
pub fn rename(connection: &Connection, id: GroupId, name: &str) -> anyhow::Result<()> {
    let sql = "UPDATE groups SET name = ?2, folded = ?3 WHERE id = ?1";
    change_one(connection, sql, params![id, name, player_names::folded(name)]).context("rename a group")
}

/// Pins a group to a server, which has to be known already, or frees it.
///
/// # Errors
/// Those of the database; a server that is not known; no such group.
pub fn pin(connection: &Connection, id: GroupId, server: Option<ServerId>) -> anyhow::Result<()> {
    change_one(connection, "UPDATE groups SET pinned = ?2 WHERE id = ?1", params![id, server])
        .context("pin a group")?;
    let Some(server) = server else { return Ok(()) };
    let guild: String = connection.query_row("SELECT guild FROM groups WHERE id = ?1", [id], |row| row.get(0))?;
    servers::note_use(connection, &guild.parse()?, server)
}

/// Deletes a group; it can be restored until it is purged.
///
/// # Errors
/// Those of the database; no such living group.
pub fn delete(connection: &Connection, id: GroupId, now: Timestamp) -> anyhow::Result<()> {
    let sql = "UPDATE groups SET deleted_at = ?2 WHERE id = ?1 AND deleted_at IS NULL";
    change_one(connection, sql, params![id, Seconds(now)]).context("delete a group")
}

/// Brings a deleted group back with all its members.
///
/// # Errors
/// Those of the database; a name that is taken by now; no such deleted group.
pub fn restore(connection: &Connection, id: GroupId) -> anyhow::Result<()> {
    let sql = "UPDATE groups SET deleted_at = NULL WHERE id = ?1 AND deleted_at IS NOT NULL";
    change_one(connection, sql, [id]).context("restore a group")
}

/// Keeps what a check of the group found.
///
/// # Errors
/// Those of the database; no such group.
pub fn record_check(connection: &Connection, id: GroupId, check: &LastCheck) -> anyhow::Result<()> {
    change_one(
        connection,
        "UPDATE groups SET checked_at = ?2, check_active = ?3, check_total = ?4, check_unknown = ?5 WHERE id = ?1",
        params![id, Seconds(check.at), Count::of(check.active), Count::of(check.total), Count::of(check.unknown)],
    )
    .context("keep a check")
}

fn change_one(connection: &Connection, sql: &str, params: impl Params) -> anyhow::Result<()> {
    let changed = connection.execute(sql, params)?;
    ensure!(changed == 1, "there is no such row");
    Ok(())
}

/// The columns of [`member`]. Whoever is linked is shown by the current name and, in want of an own one, by the
/// player's Steam account.
macro_rules! select_member {
    ($rest:literal) => {
        concat!(
            "SELECT m.id, coalesce(p.name, m.name), m.player, coalesce(m.steam, p.steam), m.added_at
             FROM members m LEFT JOIN players p ON p.id = m.player ",
            $rest
        )
    };
}

fn member(row: &Row<'_>) -> rusqlite::Result<Member> {
    let name = MemberName { id: row.get(0)?, name: row.get(1)?, player: row.get(2)?, steam: row.get(3)? };
    Ok(Member { name, added_at: row.get::<_, Seconds>(4)?.0 })
}

pub(super) const MEMBERS: &str = select_member!("WHERE m.group_id = ?1 AND m.removed_at IS NULL ORDER BY m.id");

/// The group's members, the oldest first.
///
/// # Errors
/// Those of the database.
pub fn members(connection: &Connection, group: GroupId) -> anyhow::Result<Vec<Member>> {
    connection
        .prepare_cached(MEMBERS)?
        .query_map([group], member)?
        .collect::<rusqlite::Result<_>>()
        .context("read the members")
}

/// The names by which the group's members were added, whatever they are called by now.
///
/// # Errors
/// Those of the database.
pub fn added_names(connection: &Connection, group: GroupId) -> anyhow::Result<Vec<(MemberId, String)>> {
    connection
        .prepare_cached("SELECT id, name FROM members WHERE group_id = ?1 AND removed_at IS NULL ORDER BY id")?
        .query_map([group], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()
        .context("read the names by which members were added")
}

pub(super) const FIND_MEMBER_BY_PLAYER: &str =
    select_member!("WHERE m.group_id = ?1 AND m.player = ?2 AND m.removed_at IS NULL");

/// The member linked to that player.
///
/// # Errors
/// Those of the database.
pub fn find_member_by_player(
    connection: &Connection,
    group: GroupId,
    player: PlayerId,
) -> anyhow::Result<Option<Member>> {
    connection
        .prepare_cached(FIND_MEMBER_BY_PLAYER)?
        .query_row(params![group, player], member)
        .optional()
        .context("look for a member")
}

pub(super) const FIND_MEMBER_BY_STEAM: &str = select_member!(
    "WHERE m.group_id = ?1 AND m.removed_at IS NULL AND (m.steam = ?2 OR p.steam = ?2)
     ORDER BY m.steam IS NULL, m.id LIMIT 1"
);

/// The member linked to that Steam account, by itself or through its player.
///
/// # Errors
/// Those of the database.
pub fn find_member_by_steam(connection: &Connection, group: GroupId, steam: SteamId) -> anyhow::Result<Option<Member>> {
    connection
        .prepare_cached(FIND_MEMBER_BY_STEAM)?
        .query_row(params![group, steam], member)
        .optional()
        .context("look for a member")
}

pub(super) const PLAYER_BY_STEAM: &str = "SELECT p.id, p.name
 FROM groups g JOIN members m ON m.group_id = g.id AND m.steam = ?2 AND m.removed_at IS NULL
 JOIN players p ON p.id = m.player
 WHERE g.guild = ?1 AND g.deleted_at IS NULL
 ORDER BY m.id DESC LIMIT 1";

/// The player to whom the guild linked that Steam account last, among its living members: id and current name.
///
/// # Errors
/// Those of the database.
pub fn player_by_steam(
    connection: &Connection,
    guild: &GuildKey,
    steam: SteamId,
) -> anyhow::Result<Option<(PlayerId, String)>> {
    connection
        .prepare_cached(PLAYER_BY_STEAM)?
        .query_row(params![guild, steam], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
        .context("look for a Steam account")
}

pub(super) const STEAM_OF_PLAYER: &str = "SELECT m.steam
 FROM members m JOIN groups g ON g.id = m.group_id
 WHERE m.player = ?2 AND m.removed_at IS NULL AND m.steam IS NOT NULL AND g.guild = ?1 AND g.deleted_at IS NULL
 ORDER BY m.id DESC LIMIT 1";

/// The Steam account that the guild linked to a player last, among its living members.
///
/// # Errors
/// Those of the database.
pub fn steam_of_player(connection: &Connection, guild: &GuildKey, player: PlayerId) -> anyhow::Result<Option<SteamId>> {
    connection
        .prepare_cached(STEAM_OF_PLAYER)?
        .query_row(params![guild, player], |row| row.get(0))
        .optional()
        .context("look for a player's Steam account")
}

/// Adds a member. A linked player has to be known already.
///
/// # Errors
/// Those of the database; a player who is not known; a player or Steam account that is a living member already.
pub fn add_member(
    connection: &Connection,
    group: GroupId,
    player: Option<PlayerId>,
    steam: Option<SteamId>,
    name: &str,
    now: Timestamp,
) -> anyhow::Result<MemberId> {
    connection
        .query_row(
            "INSERT INTO members (group_id, player, steam, name, added_at) VALUES (?1, ?2, ?3, ?4, ?5) RETURNING id",
            params![group, player, steam, name, Seconds(now)],
            |row| row.get(0),
        )
        .context("add a member")
}

/// Learns a member's player, who has to be known, or Steam account; `None` leaves what is there.
///
/// # Errors
/// Those of the database; a player who is not known; another living member with that link; no such member.
pub fn link_member(
    connection: &Connection,
    member: MemberId,
    player: Option<PlayerId>,
    steam: Option<SteamId>,
) -> anyhow::Result<()> {
    let sql = "UPDATE members SET player = coalesce(?2, player), steam = coalesce(?3, steam) WHERE id = ?1";
    change_one(connection, sql, params![member, player, steam]).context("link a member")
}

/// Removes a member, unless that was done before; it can be restored until it is purged.
///
/// # Errors
/// Those of the database.
pub fn remove_member(connection: &Connection, member: MemberId, now: Timestamp) -> anyhow::Result<()> {
    let sql = "UPDATE members SET removed_at = ?2 WHERE id = ?1 AND removed_at IS NULL";
    connection.execute(sql, params![member, Seconds(now)]).context("remove a member")?;
    Ok(())
}

/// Brings a removed member back; `false` when there is none, or when its player or Steam account is a living member of
/// the group again.
///
/// # Errors
/// Those of the database.
pub fn restore_member(connection: &Connection, member: MemberId) -> anyhow::Result<bool> {
    let restored = connection
        .execute("UPDATE OR IGNORE members SET removed_at = NULL WHERE id = ?1 AND removed_at IS NOT NULL", [member])
        .context("restore a member")?;
    Ok(restored == 1)
}

pub(super) const HOLDING: &str = "SELECT g.name FROM members m JOIN groups g ON g.id = m.group_id
 WHERE m.player = ?2 AND m.removed_at IS NULL AND g.guild = ?1 AND g.deleted_at IS NULL
 ORDER BY g.folded";

/// The names of the guild's groups that hold a player, by name.
///
/// # Errors
/// Those of the database.
pub fn holding(connection: &Connection, guild: &GuildKey, player: PlayerId) -> anyhow::Result<Vec<String>> {
    connection
        .prepare_cached(HOLDING)?
        .query_map(params![guild, player], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()
        .context("look for a player's groups")
}

/// Removes for good what was deleted, and guilds that were left with all they hold, before that instant. Returns how
/// many guilds, groups, members and boards that were; what went with its guild or group is not counted.
///
/// # Errors
/// Those of the database.
pub fn purge(connection: &Connection, before: Timestamp) -> anyhow::Result<usize> {
    let mut purged = 0;
    for sql in [
        "DELETE FROM guilds WHERE left_at < ?1",
        "DELETE FROM groups WHERE deleted_at < ?1",
        "DELETE FROM members WHERE removed_at < ?1",
        "DELETE FROM boards WHERE removed_at < ?1",
    ] {
        purged += connection.execute(sql, [Seconds(before)]).context("purge")?;
    }
    Ok(purged)
}

#[cfg(test)]
mod tests;

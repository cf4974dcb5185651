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

/// The guild's groups at a glance, by name.
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
/// many guilds, groups and members that were; what went with its guild or group is not counted.
///
/// # Errors
/// Those of the database.
pub fn purge(connection: &Connection, before: Timestamp) -> anyhow::Result<usize> {
    let mut purged = 0;
    for sql in [
        "DELETE FROM guilds WHERE left_at < ?1",
        "DELETE FROM groups WHERE deleted_at < ?1",
        "DELETE FROM members WHERE removed_at < ?1",
    ] {
        purged += connection.execute(sql, [Seconds(before)]).context("purge")?;
    }
    Ok(purged)
}

#[cfg(test)]
mod tests {
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

        let plain = GroupRow { id: blue, name: "blue base".to_owned(), members: 0, pinned: None, last_check: None };
        let pinned = Some(ServerName { id: moose.id, name: moose.name });
        let full = GroupRow { id: purple, name: "purple base".to_owned(), members: 1, pinned, last_check: Some(check) };
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
}

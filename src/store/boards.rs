//! Boards: where each stands, what it shows, and what is wrong with it.
//!
//! When one is written is decided in [`crate::domain::board`], what it shows by the use cases.

use anyhow::{Context, ensure};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Params, Row, params, types::Type};

use super::values::{Count, Seconds};
use crate::domain::{
    board::{Board, Problem},
    ids::{BoardId, ChannelId, GroupId, GuildKey, MessageId, UserId},
};

/// The columns of [`board`]. A group follows its pin, else the guild's server; all groups follow several.
macro_rules! select_board {
    ($rest:literal) => {
        concat!(
            "SELECT b.id, b.guild, b.group_id,
                    CASE WHEN b.group_id IS NULL THEN NULL ELSE coalesce(r.pinned, g.active_server) END,
                    r.deleted_at IS NOT NULL, b.channel, b.message, b.shown, b.shown_at, b.maker, b.problem
             FROM boards b JOIN guilds g ON g.key = b.guild LEFT JOIN groups r ON r.id = b.group_id ",
            $rest
        )
    };
}

fn board(row: &Row<'_>) -> rusqlite::Result<Board> {
    let problem = row.get_ref(10)?.as_str_or_null()?.map(serde_json::from_str).transpose();
    Ok(Board {
        id: row.get(0)?,
        guild: guild(row.get_ref(1)?.as_str()?)?,
        group: row.get(2)?,
        server: row.get(3)?,
        is_shut: row.get(4)?,
        channel: row.get(5)?,
        message: row.get(6)?,
        shown: row.get(7)?,
        shown_at: row.get::<_, Option<Seconds>>(8)?.map(|at| at.0),
        maker: row.get(9)?,
        problem: problem.map_err(|error| rusqlite::Error::FromSqlConversionFailure(10, Type::Text, error.into()))?,
    })
}

fn guild(key: &str) -> rusqlite::Result<GuildKey> {
    key.parse().map_err(|_| rusqlite::Error::FromSqlConversionFailure(1, Type::Text, "no guild's key".into()))
}

const LIVING: &str = select_board!("WHERE b.removed_at IS NULL AND g.left_at IS NULL ORDER BY b.id");

/// Every living board of the guilds that the bot is in.
///
/// # Errors
/// Those of the database.
pub fn living(connection: &Connection) -> anyhow::Result<Vec<Board>> {
    connection.prepare_cached(LIVING)?.query_map([], board)?.collect::<rusqlite::Result<_>>().context("list the boards")
}

pub(super) const GET: &str = select_board!("WHERE b.id = ?2 AND b.guild = ?1 AND b.removed_at IS NULL");

/// The living board with that id, if it is this guild's.
///
/// # Errors
/// Those of the database.
pub fn get(connection: &Connection, guild: &GuildKey, id: BoardId) -> anyhow::Result<Option<Board>> {
    connection.prepare_cached(GET)?.query_row(params![guild, id], board).optional().context("read a board")
}

pub(super) const FIND: &str =
    select_board!("WHERE b.guild = ?1 AND coalesce(b.group_id, 0) = coalesce(?2, 0) AND b.removed_at IS NULL");

/// The living board of a group, or of all groups.
///
/// # Errors
/// Those of the database.
pub fn find(connection: &Connection, guild: &GuildKey, group: Option<GroupId>) -> anyhow::Result<Option<Board>> {
    connection.prepare_cached(FIND)?.query_row(params![guild, group], board).optional().context("look for a board")
}

pub(super) const OF: &str = select_board!("WHERE b.guild = ?1 AND b.removed_at IS NULL ORDER BY b.id");

/// Every living board of a guild.
///
/// # Errors
/// Those of the database.
pub fn of(connection: &Connection, guild: &GuildKey) -> anyhow::Result<Vec<Board>> {
    let mut query = connection.prepare_cached(OF)?;
    query.query_map([guild], board)?.collect::<rusqlite::Result<_>>().context("list the boards of a guild")
}

pub(super) const TOTAL: &str = "SELECT count(*) FROM boards WHERE guild = ?1 AND removed_at IS NULL";

/// How many living boards a guild has.
///
/// # Errors
/// Those of the database.
pub fn total(connection: &Connection, guild: &GuildKey) -> anyhow::Result<usize> {
    let total: Count = connection.query_row(TOTAL, [guild], |row| row.get(0)).context("count the boards")?;
    Ok(total.size())
}

/// Makes a board without a message yet.
///
/// # Errors
/// Those of the database; a living board of the same.
pub fn create(
    connection: &Connection,
    guild: &GuildKey,
    group: Option<GroupId>,
    channel: ChannelId,
    maker: Option<UserId>,
) -> anyhow::Result<BoardId> {
    connection
        .query_row(
            "INSERT INTO boards (guild, group_id, channel, maker) VALUES (?1, ?2, ?3, ?4) RETURNING id",
            params![guild, group, channel, maker],
            |row| row.get(0),
        )
        .context("make a board")
}

/// Takes a board away; its message is left to be deleted.
///
/// # Errors
/// Those of the database; no such living board.
pub fn remove(connection: &Connection, id: BoardId, now: Timestamp) -> anyhow::Result<()> {
    let sql = "UPDATE boards SET removed_at = ?2 WHERE id = ?1 AND removed_at IS NULL";
    change_one(connection, sql, params![id, Seconds(now)]).context("take a board away")
}

/// Brings a group's board back that was taken away; `false` when it is not there any more, or another stands in its
/// place.
///
/// # Errors
/// Those of the database.
pub fn restore(connection: &Connection, guild: &GuildKey, group: Option<GroupId>, id: BoardId) -> anyhow::Result<bool> {
    let sql = "UPDATE OR IGNORE boards SET removed_at = NULL, problem = NULL
               WHERE id = ?3 AND guild = ?1 AND group_id IS ?2 AND removed_at IS NOT NULL";
    Ok(connection.execute(sql, params![guild, group, id]).context("bring a board back")? == 1)
}

/// Notes the message that shows the board now, and what it shows. What was wrong is mended by that.
///
/// # Errors
/// Those of the database; no such board.
pub fn shown(
    connection: &Connection,
    id: BoardId,
    message: MessageId,
    shown: i64,
    now: Timestamp,
) -> anyhow::Result<()> {
    let sql = "UPDATE boards SET message = ?2, shown = ?3, shown_at = ?4, problem = NULL WHERE id = ?1";
    change_one(connection, sql, params![id, message, shown, Seconds(now)]).context("note what a board shows")
}

/// Notes that this message is gone, if it is still the board's.
///
/// # Errors
/// Those of the database.
pub fn message_gone(connection: &Connection, id: BoardId, message: MessageId) -> anyhow::Result<()> {
    connection
        .execute("UPDATE boards SET message = NULL, shown = NULL WHERE id = ?1 AND message = ?2", params![id, message])
        .context("note that a board's message is gone")?;
    Ok(())
}

/// Notes what is wrong with a board.
///
/// # Errors
/// Those of the database; no such board.
pub fn stuck(connection: &Connection, id: BoardId, problem: &Problem) -> anyhow::Result<()> {
    let problem = serde_json::to_string(problem).context("write a problem as JSON")?;
    change_one(connection, "UPDATE boards SET problem = ?2 WHERE id = ?1", params![id, problem])
        .context("note what is wrong with a board")
}

/// A message that is to be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// The board that it showed.
    pub board: BoardId,
    /// Where.
    pub channel: ChannelId,
    /// Which.
    pub message: MessageId,
}

pub(super) const LEFTOVERS: &str = "SELECT id, channel, message FROM boards
 WHERE removed_at IS NOT NULL AND message IS NOT NULL
 AND (SELECT left_at FROM guilds WHERE key = boards.guild) IS NULL
 ORDER BY id";

/// The messages of boards that were taken away.
///
/// # Errors
/// Those of the database.
pub fn leftovers(connection: &Connection) -> anyhow::Result<Vec<Leftover>> {
    connection
        .prepare_cached(LEFTOVERS)?
        .query_map([], |row| Ok(Leftover { board: row.get(0)?, channel: row.get(1)?, message: row.get(2)? }))?
        .collect::<rusqlite::Result<_>>()
        .context("list the boards' leftovers")
}

fn change_one(connection: &Connection, sql: &str, params: impl Params) -> anyhow::Result<()> {
    let changed = connection.execute(sql, params)?;
    ensure!(changed == 1, "there is no such row");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{groups, guilds, open};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn channel(number: u64) -> ChannelId {
        ChannelId::new(number).unwrap()
    }

    fn message(number: u64) -> MessageId {
        MessageId::new(number).unwrap()
    }

    #[test]
    fn a_board_is_written_moved_and_leaves_nothing_behind() {
        let connection = open::in_memory();
        let home = GuildKey::local();
        let group = groups::create(&connection, &home, "Base", at(0)).unwrap();
        let first = create(&connection, &home, Some(group), channel(7), UserId::new(42)).unwrap();
        let all = create(&connection, &home, None, channel(7), None).unwrap();
        assert!(create(&connection, &home, Some(group), channel(8), None).is_err());
        assert!(create(&connection, &home, None, channel(8), None).is_err());
        assert_eq!(total(&connection, &home).unwrap(), 2);

        shown(&connection, first, message(1), -5, at(9)).unwrap();
        stuck(&connection, first, &Problem::Forbidden { missing: vec!["Send Messages".to_owned()] }).unwrap();
        let board = find(&connection, &home, Some(group)).unwrap().unwrap();
        assert_eq!(
            (board.id, board.message, board.shown, board.shown_at),
            (first, Some(message(1)), Some(-5), Some(at(9)))
        );
        assert!(board.problem.is_some() && board.maker == UserId::new(42));
        shown(&connection, first, message(1), 6, at(10)).unwrap();
        assert_eq!(get(&connection, &home, first).unwrap().unwrap().problem, None);

        remove(&connection, first, at(11)).unwrap();
        let leftover = Leftover { board: first, channel: channel(7), message: message(1) };
        assert_eq!(leftovers(&connection).unwrap(), [leftover]);
        let second = create(&connection, &home, Some(group), channel(8), None).unwrap();
        assert!(!restore(&connection, &home, Some(group), first).unwrap());
        message_gone(&connection, first, message(2)).unwrap();
        assert_eq!(leftovers(&connection).unwrap().len(), 1);
        message_gone(&connection, first, message(1)).unwrap();
        assert_eq!(leftovers(&connection).unwrap(), []);
        remove(&connection, second, at(12)).unwrap();
        assert!(restore(&connection, &home, Some(group), first).unwrap());
        let ids: Vec<_> = living(&connection).unwrap().into_iter().map(|board| board.id).collect();
        assert_eq!(ids, [first, all]);
    }

    #[test]
    fn boards_of_a_guild_that_was_left_rest_and_those_of_a_deleted_group_are_shut() {
        let connection = open::in_memory();
        let home = GuildKey::local();
        let group = groups::create(&connection, &home, "Base", at(0)).unwrap();
        create(&connection, &home, Some(group), channel(7), None).unwrap();
        groups::delete(&connection, group, at(1)).unwrap();
        assert!(living(&connection).unwrap()[0].is_shut);
        guilds::mark_left(&connection, &home, at(2)).unwrap();
        assert_eq!(living(&connection).unwrap(), []);
    }

    #[test]
    fn another_guilds_board_is_not_there() {
        let connection = open::in_memory();
        let other: GuildKey = "2".parse().unwrap();
        guilds::ensure(&connection, &GuildKey::local(), at(0)).unwrap();
        let board = create(&connection, &GuildKey::local(), None, channel(7), None).unwrap();
        assert_eq!(get(&connection, &other, board).unwrap(), None);
        assert_eq!(find(&connection, &other, None).unwrap(), None);
        let ids = |guild| of(&connection, guild).unwrap().into_iter().map(|board| board.id).collect::<Vec<_>>();
        assert_eq!((ids(&GuildKey::local()), ids(&other)), (vec![board], vec![]));
        assert!(!restore(&connection, &other, None, board).unwrap());
    }
}

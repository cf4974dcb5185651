//! How much is kept, for `status`.
//!
//! Numbers only.

use anyhow::Context;
use rusqlite::Connection;

use super::values::Count;
use crate::domain::{ids::GuildKey, report::Counts};

/// Discord guilds that the bot is in, the living groups and members, and all players. Reads an index of each table to its end.
///
/// # Errors
/// Those of the database.
pub fn counts(connection: &Connection) -> anyhow::Result<Counts> {
    let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, Count>(0)).map(|count| count.0);
    let living = "FROM guilds JOIN groups ON groups.guild = guilds.key AND groups.deleted_at IS NULL";
    let boards = "FROM guilds JOIN boards ON boards.guild = guilds.key AND boards.removed_at IS NULL
                  WHERE guilds.left_at IS NULL";
    let read = || -> rusqlite::Result<_> {
        // A backup may be of the time before there were boards.
        let sql = "SELECT count(*) FROM sqlite_schema WHERE name = 'boards'";
        let has_boards = count(sql)? > 0;
        let boards_that =
            |also: &str| if has_boards { count(&format!("SELECT count(*) {boards}{also}")) } else { Ok(0) };
        Ok(Counts {
            guilds: connection
                .query_row(
                    "SELECT count(*) FROM guilds WHERE left_at IS NULL AND key <> ?1",
                    [GuildKey::local()],
                    |row| row.get::<_, Count>(0),
                )?
                .0,
            groups: count(&format!("SELECT count(*) {living} WHERE guilds.left_at IS NULL"))?,
            members: count(&format!(
                "SELECT count(*) {living}
                 JOIN members ON members.group_id = groups.id AND members.removed_at IS NULL
                 WHERE guilds.left_at IS NULL"
            ))?,
            players: count("SELECT count(*) FROM players")?,
            boards: boards_that("")?,
            boards_stuck: boards_that(" AND boards.problem IS NOT NULL")?,
        })
    };
    read().context("count what is kept")
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::{
        domain::ids::PlayerId,
        store::{groups, guilds, open, players},
    };

    #[test]
    fn only_what_lives_is_counted() {
        let connection = open::in_memory();
        let (now, home, left) = (Timestamp::UNIX_EPOCH, GuildKey::local(), "2".parse().unwrap());
        assert_eq!(counts(&connection).unwrap(), Counts::default());
        players::remember(&connection, &[(PlayerId::new(1).unwrap(), "Wolf".to_owned())], now).unwrap();
        for guild in [&home, &left] {
            for name in ["living", "deleted"] {
                let group = groups::create(&connection, guild, name, now).unwrap();
                groups::add_member(&connection, group, None, None, "Bear", now).unwrap();
                let member = groups::add_member(&connection, group, None, None, "Bear", now).unwrap();
                groups::remove_member(&connection, member, now).unwrap();
                if name == "deleted" {
                    groups::delete(&connection, group, now).unwrap();
                }
            }
        }
        guilds::mark_left(&connection, &left, now).unwrap();
        let home_alone = Counts { groups: 1, members: 1, players: 1, ..Counts::default() };
        assert_eq!(counts(&connection).unwrap(), home_alone, "the terminal is no Discord server");
        guilds::ensure(&connection, &"3".parse().unwrap(), now).unwrap();
        assert_eq!(counts(&connection).unwrap(), Counts { guilds: 1, ..home_alone });
    }
}

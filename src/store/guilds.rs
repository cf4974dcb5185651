//! Guilds: settings, the active server, and whether the bot is still there.
//!
//! Nothing of what a guild holds; groups and changes have files of their own.

use anyhow::Context;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::{servers, values::Seconds};
use crate::domain::{
    ids::{GuildKey, ServerId},
    report::Settings,
};

/// What is kept of a guild itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guild {
    /// Zone, rights and log channel.
    pub settings: Settings,
    /// The server that groups without a pin are checked on.
    pub active_server: Option<ServerId>,
    /// When the bot was removed from it.
    pub left_at: Option<Timestamp>,
}

pub(super) const GET: &str =
    "SELECT time_zone, changers, log_channel, active_server, left_at FROM guilds WHERE key = ?1";

/// The guild; none when nothing was ever kept of it: its settings are the defaults then.
///
/// # Errors
/// Those of the database.
pub fn get(connection: &Connection, guild: &GuildKey) -> anyhow::Result<Option<Guild>> {
    connection
        .prepare_cached(GET)?
        .query_row([guild], |row| {
            Ok(Guild {
                settings: Settings { time_zone: row.get(0)?, changers: row.get(1)?, log_channel: row.get(2)? },
                active_server: row.get(3)?,
                left_at: row.get::<_, Option<Seconds>>(4)?.map(|at| at.0),
            })
        })
        .optional()
        .context("read a guild")
}

/// Makes a row for the guild if there is none.
///
/// # Errors
/// Those of the database.
pub fn ensure(connection: &Connection, guild: &GuildKey, now: Timestamp) -> anyhow::Result<()> {
    connection
        .execute("INSERT OR IGNORE INTO guilds (key, known_since) VALUES (?1, ?2)", params![guild, Seconds(now)])
        .context("keep a guild")?;
    Ok(())
}

/// Sets or clears the active server, which has to be known already.
///
/// # Errors
/// Those of the database; a server that is not known.
pub fn set_active_server(
    connection: &Connection,
    guild: &GuildKey,
    server: Option<ServerId>,
    now: Timestamp,
) -> anyhow::Result<()> {
    ensure(connection, guild, now)?;
    connection
        .execute("UPDATE guilds SET active_server = ?2 WHERE key = ?1", params![guild, server])
        .context("set the active server")?;
    server.map_or(Ok(()), |server| servers::note_use(connection, guild, server))
}

/// Replaces the settings.
///
/// # Errors
/// Those of the database.
pub fn set_settings(connection: &Connection, guild: &GuildKey, settings: &Settings) -> anyhow::Result<()> {
    connection
        .execute(
            "INSERT INTO guilds (key, time_zone, changers, log_channel) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (key) DO UPDATE SET time_zone = ?2, changers = ?3, log_channel = ?4",
            params![guild, settings.time_zone, settings.changers, settings.log_channel],
        )
        .context("keep the settings")?;
    Ok(())
}

/// Every guild that the bot is in as far as is known, and the terminal's.
///
/// # Errors
/// Those of the database.
pub fn present(connection: &Connection) -> anyhow::Result<Vec<GuildKey>> {
    connection
        .prepare_cached("SELECT key FROM guilds WHERE left_at IS NULL")?
        .query_map([], |row| row.get::<_, String>(0))?
        .map(|key| Ok(key?.parse()?))
        .collect::<anyhow::Result<_>>()
        .context("list the guilds")
}

/// Notes that the bot was removed from the guild; its data stays until it is purged.
///
/// # Errors
/// Those of the database.
pub fn mark_left(connection: &Connection, guild: &GuildKey, now: Timestamp) -> anyhow::Result<()> {
    connection
        .execute("UPDATE guilds SET left_at = ?2 WHERE key = ?1 AND left_at IS NULL", params![guild, Seconds(now)])
        .context("note that a guild was left")?;
    Ok(())
}

/// Notes that the bot is in the guild again.
///
/// # Errors
/// Those of the database.
pub fn mark_back(connection: &Connection, guild: &GuildKey) -> anyhow::Result<()> {
    connection
        .execute("UPDATE guilds SET left_at = NULL WHERE key = ?1", [guild])
        .context("note that a guild is back")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::ids::{ChannelId, RoleId},
        store::{open, servers::tests::server},
    };

    fn guild() -> GuildKey {
        "123456789012345678".parse().unwrap()
    }

    #[test]
    fn nothing_is_kept_of_a_guild_before_something_is_set() {
        let connection = open::in_memory();
        assert_eq!(get(&connection, &guild()).unwrap(), None);
        ensure(&connection, &guild(), Timestamp::UNIX_EPOCH).unwrap();
        let fresh = get(&connection, &guild()).unwrap().unwrap();
        assert_eq!(fresh.settings, Settings { time_zone: "UTC".to_owned(), changers: None, log_channel: None });
        assert_eq!((fresh.active_server, fresh.left_at), (None, None));
    }

    #[test]
    fn settings_and_active_server_stand_beside_each_other() {
        let connection = open::in_memory();
        let settings = Settings {
            time_zone: "Europe/Berlin".to_owned(),
            changers: RoleId::new(7),
            log_channel: ChannelId::new(i64::MAX as u64),
        };
        set_settings(&connection, &guild(), &settings).unwrap();
        crate::store::servers::remember(&connection, &server(5, "Moose"), Timestamp::UNIX_EPOCH, None).unwrap();
        set_active_server(&connection, &guild(), ServerId::new(5), Timestamp::UNIX_EPOCH).unwrap();
        let kept = get(&connection, &guild()).unwrap().unwrap();
        assert_eq!((kept.settings, kept.active_server), (settings, ServerId::new(5)));

        set_active_server(&connection, &guild(), None, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(get(&connection, &guild()).unwrap().unwrap().active_server, None);
        assert_eq!(get(&connection, &GuildKey::local()).unwrap(), None);
    }

    #[test]
    fn a_guild_that_is_joined_again_is_as_it_was_left() {
        let connection = open::in_memory();
        let day = |day: i64| Timestamp::from_second(day * 86_400).unwrap();
        ensure(&connection, &guild(), day(0)).unwrap();
        mark_left(&connection, &guild(), day(1)).unwrap();
        mark_left(&connection, &guild(), day(9)).unwrap();
        assert_eq!(get(&connection, &guild()).unwrap().unwrap().left_at, Some(day(1)));
        mark_back(&connection, &guild()).unwrap();
        assert_eq!(get(&connection, &guild()).unwrap().unwrap().left_at, None);
    }
}

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

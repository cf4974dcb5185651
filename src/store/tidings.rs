//! What is still to be told on Discord, and what was told and is not to be told again.
//!
//! Written in the same transaction as what it tells of, so that nothing is told twice or lost by a stop.

use anyhow::Context;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params, types::Type};

use super::values::Seconds;
use crate::domain::{
    ids::{ChannelId, GuildKey, UserId},
    tidings::Tidings,
};

/// Something to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Its number.
    pub id: i64,
    /// Whom it concerns.
    pub guild: GuildKey,
    /// Where it is told: the guild's log channel.
    pub channel: Option<ChannelId>,
    /// Who is told where there is no log channel.
    pub person: Option<UserId>,
    /// What.
    pub tidings: Tidings,
    /// Since when.
    pub at: Timestamp,
}

/// Notes something to tell a guild.
///
/// # Errors
/// Those of the database; no such guild.
pub fn add(
    connection: &Connection,
    guild: &GuildKey,
    tidings: &Tidings,
    person: Option<UserId>,
    now: Timestamp,
) -> anyhow::Result<()> {
    let tidings = serde_json::to_string(tidings).context("write tidings as JSON")?;
    connection
        .prepare_cached("INSERT INTO tidings (guild, tidings, person, at) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![guild, tidings, person, Seconds(now)])
        .context("note tidings")?;
    Ok(())
}

/// Notes something to tell every guild that has a log channel.
///
/// # Errors
/// Those of the database.
pub fn add_for_all(connection: &Connection, tidings: &Tidings, now: Timestamp) -> anyhow::Result<()> {
    let tidings = serde_json::to_string(tidings).context("write tidings as JSON")?;
    connection
        .execute(
            "INSERT INTO tidings (guild, tidings, person, at)
             SELECT key, ?1, NULL, ?2 FROM guilds WHERE left_at IS NULL AND log_channel IS NOT NULL",
            params![tidings, Seconds(now)],
        )
        .context("note tidings for all")?;
    Ok(())
}

const DUE: &str = "SELECT t.id, t.guild, g.log_channel, t.person, t.tidings, t.at
 FROM tidings t JOIN guilds g ON g.key = t.guild WHERE g.left_at IS NULL ORDER BY t.id";

/// What is to be told, in order.
///
/// # Errors
/// Those of the database; tidings that cannot be read.
pub fn due(connection: &Connection) -> anyhow::Result<Vec<Due>> {
    connection
        .prepare_cached(DUE)?
        .query_map([], |row| {
            let unreadable = |error| rusqlite::Error::FromSqlConversionFailure(4, Type::Text, error);
            Ok(Due {
                id: row.get(0)?,
                guild: row.get_ref(1)?.as_str()?.parse().map_err(|_| unreadable("no guild's key".into()))?,
                channel: row.get(2)?,
                person: row.get(3)?,
                tidings: serde_json::from_str(row.get_ref(4)?.as_str()?).map_err(|error| unreadable(error.into()))?,
                at: row.get::<_, Seconds>(5)?.0,
            })
        })?
        .collect::<rusqlite::Result<_>>()
        .context("list the tidings")
}

/// Something was told, or need not be any more.
///
/// # Errors
/// Those of the database.
pub fn done(connection: &Connection, id: i64) -> anyhow::Result<()> {
    connection.execute("DELETE FROM tidings WHERE id = ?1", [id]).context("note that tidings were told")?;
    Ok(())
}

/// What was told of a topic, and when.
///
/// # Errors
/// Those of the database.
pub fn told(connection: &Connection, topic: &str) -> anyhow::Result<Option<(String, Timestamp)>> {
    connection
        .prepare_cached("SELECT what, at FROM told WHERE topic = ?1")?
        .query_row([topic], |row| Ok((row.get(0)?, row.get::<_, Seconds>(1)?.0)))
        .optional()
        .context("look when something was told")
}

/// Notes what was told of a topic; `None` when it does not hold any more.
///
/// # Errors
/// Those of the database.
pub fn set_told(connection: &Connection, topic: &str, what: Option<&str>, now: Timestamp) -> anyhow::Result<()> {
    match what {
        Some(what) => connection.execute(
            "INSERT INTO told (topic, what, at) VALUES (?1, ?2, ?3) ON CONFLICT (topic) DO UPDATE SET what = ?2, at = ?3",
            params![topic, what, Seconds(now)],
        ),
        None => connection.execute("DELETE FROM told WHERE topic = ?1", [topic]),
    }
    .context("note what was told")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::report::Settings,
        store::{guilds, open},
    };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn tidings_wait_in_order_until_they_were_told() {
        let connection = open::in_memory();
        let (home, other): (_, GuildKey) = (GuildKey::local(), "2".parse().unwrap());
        let settings = Settings { log_channel: ChannelId::new(7), ..Settings::default() };
        guilds::set_settings(&connection, &home, &settings).unwrap();
        guilds::ensure(&connection, &other, at(0)).unwrap();
        add(&connection, &other, &Tidings::BoardLost { group: Some("Base".to_owned()) }, UserId::new(42), at(1))
            .unwrap();
        add_for_all(&connection, &Tidings::WatchResumed, at(2)).unwrap();
        let waiting = due(&connection).unwrap();
        assert_eq!(
            waiting.iter().map(|due| (&due.guild, due.channel, due.person, due.at)).collect::<Vec<_>>(),
            [(&other, None, UserId::new(42), at(1)), (&home, ChannelId::new(7), None, at(2)),]
        );
        done(&connection, waiting[0].id).unwrap();
        assert_eq!(due(&connection).unwrap(), waiting[1..]);
        guilds::mark_left(&connection, &home, at(3)).unwrap();
        assert_eq!(due(&connection).unwrap(), []);
    }

    #[test]
    fn what_was_told_is_known_until_it_holds_no_more() {
        let connection = open::in_memory();
        assert_eq!(told(&connection, "refusal").unwrap(), None);
        set_told(&connection, "refusal", Some("a"), at(1)).unwrap();
        set_told(&connection, "refusal", Some("b"), at(2)).unwrap();
        assert_eq!(told(&connection, "refusal").unwrap(), Some(("b".to_owned(), at(2))));
        set_told(&connection, "refusal", None, at(3)).unwrap();
        assert_eq!(told(&connection, "refusal").unwrap(), None);
    }
}

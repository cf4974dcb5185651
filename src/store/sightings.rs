//! What is known of a player on a server: first and last time, total, and whether online when last looked.
//!
//! What may be said of it is decided in [`crate::domain::presence`].

use std::collections::HashMap;

use anyhow::Context;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use super::values::{Length, Seconds};
use crate::domain::ids::{PlayerId, ServerId};

/// What is known of a player on a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// Last time there.
    pub last_seen: Option<Timestamp>,
    /// First time there.
    pub first_seen: Option<Timestamp>,
    /// All time there.
    pub total: Option<SignedDuration>,
    /// Was on at `known_at`.
    pub online: bool,
    /// Start of the session that ran at `known_at`.
    pub since: Option<Timestamp>,
    /// When this was so.
    pub known_at: Timestamp,
}

pub(super) const GET: &str = "SELECT last_seen, first_seen, total_seconds, online, since, known_at
 FROM sightings WHERE player = ?1 AND server = ?2";

/// What is known of these players on this server; who is missing was never looked for.
///
/// # Errors
/// Those of the database.
pub fn get(
    connection: &Connection,
    server: ServerId,
    players: &[PlayerId],
) -> anyhow::Result<HashMap<PlayerId, Sighting>> {
    let mut statement = connection.prepare_cached(GET)?;
    let mut found = HashMap::new();
    for player in players {
        let sighting = statement
            .query_row(params![player, server], |row| {
                let instant = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<Seconds>>(column)?.map(|at| at.0));
                Ok(Sighting {
                    last_seen: instant(0)?,
                    first_seen: instant(1)?,
                    total: row.get::<_, Option<Length>>(2)?.map(|length| length.0),
                    online: row.get(3)?,
                    since: instant(4)?,
                    known_at: row.get::<_, Seconds>(5)?.0,
                })
            })
            .optional()
            .context("read a sighting")?;
        found.extend(sighting.map(|sighting| (*player, sighting)));
    }
    Ok(found)
}

/// Keeps what was learnt of players on a server, which has to be known already. What is known from a later time stays. A first
/// time, last time or total that was not told this time does not take back the one that was.
///
/// # Errors
/// Those of the database; a server that is not known.
pub fn record(connection: &Connection, server: ServerId, sightings: &[(PlayerId, Sighting)]) -> anyhow::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO sightings (player, server, first_seen, last_seen, total_seconds, online, since, known_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (player, server) DO UPDATE
         SET first_seen = coalesce(min(first_seen, excluded.first_seen), first_seen, excluded.first_seen),
             last_seen = coalesce(max(last_seen, excluded.last_seen), last_seen, excluded.last_seen),
             total_seconds = coalesce(excluded.total_seconds, total_seconds),
             online = excluded.online, since = excluded.since, known_at = excluded.known_at
         WHERE excluded.known_at >= known_at",
    )?;
    for (player, sighting) in sightings {
        statement
            .execute(params![
                player,
                server,
                sighting.first_seen.map(Seconds),
                sighting.last_seen.map(Seconds),
                sighting.total.map(Length),
                sighting.online,
                sighting.since.map(Seconds),
                Seconds(sighting.known_at),
            ])
            .context("keep a sighting")?;
    }
    Ok(())
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{open, servers, servers::tests::server};

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    const ABSENT: Sighting = Sighting {
        last_seen: None,
        first_seen: None,
        total: None,
        online: false,
        since: None,
        known_at: Timestamp::UNIX_EPOCH,
    };

    /// What is known after all of these were recorded for one player.
    fn after(recorded: &[Sighting]) -> Option<Sighting> {
        let connection = open::in_memory();
        let moose = server(1, "Moose");
        servers::remember(&connection, &moose, second(0), None).unwrap();
        let player = PlayerId::new(7).unwrap();
        for sighting in recorded {
            record(&connection, moose.id, &[(player, *sighting)]).unwrap();
        }
        let known = get(&connection, moose.id, &[player, PlayerId::new(8).unwrap()]).unwrap();
        assert!(known.len() <= 1);
        known.get(&player).copied()
    }

    #[test]
    fn nothing_is_known_of_who_was_never_looked_for() {
        assert_eq!(after(&[]), None);
        assert_eq!(after(&[ABSENT]), Some(ABSENT));
    }

    #[test]
    fn what_is_known_comes_back_as_it_was() {
        let sighting = Sighting {
            last_seen: Some(second(50)),
            first_seen: Some(second(10)),
            total: Some(SignedDuration::from_secs(30)),
            online: true,
            since: Some(second(40)),
            known_at: second(50),
        };
        assert_eq!(after(&[sighting]), Some(sighting));
    }

    #[test]
    fn what_was_not_told_this_time_is_not_forgotten() {
        let told = Sighting {
            last_seen: Some(second(50)),
            first_seen: Some(second(10)),
            total: Some(SignedDuration::from_secs(30)),
            online: true,
            since: Some(second(40)),
            known_at: second(50),
        };
        let left = Sighting { known_at: second(60), ..ABSENT };
        let known = Sighting { online: false, since: None, known_at: second(60), ..told };
        assert_eq!(after(&[told, left]), Some(known));
    }

    #[test]
    fn first_and_last_time_only_widen() {
        let told = |first, last, known_at| Sighting {
            first_seen: Some(second(first)),
            last_seen: Some(second(last)),
            known_at: second(known_at),
            ..ABSENT
        };
        assert_eq!(after(&[told(10, 50, 60), told(20, 40, 70)]), Some(told(10, 50, 70)));
        assert_eq!(after(&[told(10, 50, 60), told(5, 80, 90)]), Some(told(5, 80, 90)));
    }

    #[test]
    fn a_late_answer_changes_nothing() {
        let now = Sighting { online: true, since: Some(second(90)), known_at: second(100), ..ABSENT };
        let late = Sighting { last_seen: Some(second(80)), known_at: second(85), ..ABSENT };
        assert_eq!(after(&[now, late]), Some(now));
    }
}

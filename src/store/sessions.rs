//! Sessions that are over: tracked players' by player, strangers' by the time they ended.
//!
//! Who is there now is in [`super::watch`]; what was asked for of the past, in [`super::inquiries`]; how sessions go again,
//! in [`super::pruning`]; how they are merged and added up, in [`crate::domain::session`].

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::Context;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    values::{Length, Seconds},
    watch::{ensure_place, place},
};
use crate::domain::{
    ids::{PlayerId, ServerId},
    session::{Ending, Session, Source},
};

/// A player's session on a server.
pub type Visit = Session<PlayerId, ServerId>;

/// Adds sessions that are over, of tracked players.
///
/// # Errors
/// Those of the database.
pub fn add<'a>(
    connection: &Connection,
    server: ServerId,
    visits: impl IntoIterator<Item = &'a Visit>,
) -> anyhow::Result<()> {
    let place = ensure_place(connection, server)?;
    let mut statement = connection.prepare_cached(
        "INSERT INTO sessions (subject, place, start, length, ending, source) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (subject, place, start) DO UPDATE SET length = ?4, ending = ?5, source = ?6",
    )?;
    for visit in visits {
        statement
            .execute(params![
                visit.subject,
                place,
                Seconds(visit.start),
                Length(visit.stop.duration_since(visit.start)),
                ending_number(visit.ending),
                source_number(visit.source),
            ])
            .context("keep a session")?;
    }
    Ok(())
}

/// Adds sessions that are over, of strangers.
///
/// # Errors
/// Those of the database.
pub fn add_passages<'a>(
    connection: &Connection,
    server: ServerId,
    visits: impl IntoIterator<Item = &'a Visit>,
) -> anyhow::Result<()> {
    let place = ensure_place(connection, server)?;
    let mut statement = connection.prepare_cached(
        "INSERT INTO passages (place, stop, subject, length, ending) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (place, stop, subject) DO UPDATE SET length = max(length, ?4)",
    )?;
    for visit in visits {
        statement
            .execute(params![
                place,
                Seconds(visit.stop),
                visit.subject,
                Length(visit.stop.duration_since(visit.start)),
                ending_number(visit.ending),
            ])
            .context("keep a passage")?;
    }
    Ok(())
}

pub(super) const OF: &str =
    "SELECT start, length, ending, source FROM sessions WHERE subject = ?1 AND place = ?2 ORDER BY start";

/// Reads all that is kept of strangers on the server.
const PASSAGES_OF: &str =
    "SELECT stop - length, length, ending, 0 FROM passages WHERE place = ?2 AND subject = ?1 ORDER BY stop";

/// All sessions of the player on the server that are over, in order. Of a stranger, all that is kept of the server has to
/// be read.
///
/// # Errors
/// Those of the database.
pub fn of(connection: &Connection, player: PlayerId, server: ServerId) -> anyhow::Result<Vec<Visit>> {
    let mut visits = query(connection, OF, player, server)?;
    visits.extend(query(connection, PASSAGES_OF, player, server)?);
    visits.sort_by_key(|visit| visit.start);
    Ok(visits)
}

/// As [`of`], without what was kept while the player was a stranger.
///
/// # Errors
/// Those of the database.
pub fn of_tracked(connection: &Connection, player: PlayerId, server: ServerId) -> anyhow::Result<Vec<Visit>> {
    query(connection, OF, player, server)
}

/// All sessions of these players on the server, over or running, as they would stand if nobody had looked any more since:
/// by player and time. Reads all that is kept of the server once.
///
/// # Errors
/// Those of the database.
pub fn of_all(connection: &Connection, players: &BTreeSet<PlayerId>, server: ServerId) -> anyhow::Result<Vec<Visit>> {
    let Some(place) = place(connection, server)? else { return Ok(Vec::new()) };
    let mut found: BTreeMap<(PlayerId, Timestamp), Visit> = BTreeMap::new();
    let mut passages =
        connection.prepare_cached("SELECT subject, stop - length, length, ending, 0 FROM passages WHERE place = ?1")?;
    let mut rows = passages.query([place])?;
    while let Some(row) = rows.next().context("read the passages")? {
        let player = row.get(0)?;
        if players.contains(&player) {
            let visit = visit_from(row, 1, player, server)?;
            found.insert((player, visit.start), visit);
        }
    }
    for player in players {
        let visits = query(connection, OF, *player, server)?;
        found.extend(visits.into_iter().map(|visit| ((*player, visit.start), visit)));
    }
    if let Some(window) = super::watch::window(connection, server)? {
        let (ending, source) = (Ending::Unobserved, Source::Watched);
        for (player, start) in super::watch::present(connection, server)? {
            if players.contains(&player) {
                let stop = window.until.max(start);
                let visit = Session { subject: player, place: server, start, stop, ending, source };
                found.entry((player, start)).or_insert(visit);
            }
        }
    }
    Ok(found.into_values().collect())
}

fn query(connection: &Connection, sql: &str, player: PlayerId, server: ServerId) -> anyhow::Result<Vec<Visit>> {
    let Some(place) = place(connection, server)? else { return Ok(Vec::new()) };
    connection
        .prepare_cached(sql)?
        .query_map(params![player, place], |row| visit(row, player, server))?
        .collect::<rusqlite::Result<_>>()
        .context("read sessions")
}

fn visit(row: &Row<'_>, player: PlayerId, server: ServerId) -> rusqlite::Result<Visit> {
    visit_from(row, 0, player, server)
}

/// From the columns start, length, ending and source, of which the first is `first`.
fn visit_from(row: &Row<'_>, first: usize, player: PlayerId, server: ServerId) -> rusqlite::Result<Visit> {
    let start = row.get::<_, Seconds>(first)?.0;
    let length = row.get::<_, Length>(first + 1)?.0;
    Ok(Session {
        subject: player,
        place: server,
        start,
        stop: start.saturating_add(length).unwrap_or(start),
        ending: if row.get::<_, i64>(first + 2)? == 0 { Ending::Left } else { Ending::Unobserved },
        source: if row.get::<_, i64>(first + 3)? == 0 { Source::Watched } else { Source::Told },
    })
}

fn ending_number(ending: Ending) -> i64 {
    i64::from(ending != Ending::Left)
}

fn source_number(source: Source) -> i64 {
    i64::from(source == Source::Told)
}

pub(super) const LAST: &str = "SELECT start + length FROM sessions WHERE subject = ?1 AND place = ?2
 ORDER BY start DESC LIMIT 1";

/// When each of these tracked players was last on the server, as far as sessions are kept.
///
/// # Errors
/// Those of the database.
pub fn last_seen(
    connection: &Connection,
    server: ServerId,
    players: &[PlayerId],
) -> anyhow::Result<HashMap<PlayerId, Timestamp>> {
    let Some(place) = place(connection, server)? else { return Ok(HashMap::new()) };
    let mut statement = connection.prepare_cached(LAST)?;
    let mut found = HashMap::new();
    for player in players {
        let last = statement
            .query_row(params![player, place], |row| row.get::<_, Seconds>(0))
            .optional()
            .context("read the last session")?;
        found.extend(last.map(|at| (*player, at.0)));
    }
    Ok(found)
}

pub(super) const LATELY: &str = "SELECT subject, stop FROM passages WHERE place = ?1 ORDER BY stop DESC LIMIT ?2";

/// Strangers who were on the server lately, and when last; so many visits are looked at.
///
/// # Errors
/// Those of the database.
pub fn lately(connection: &Connection, server: ServerId, most: u32) -> anyhow::Result<HashMap<PlayerId, Timestamp>> {
    let Some(place) = place(connection, server)? else { return Ok(HashMap::new()) };
    let mut statement = connection.prepare_cached(LATELY)?;
    let mut rows = statement.query(params![place, most])?;
    let mut lately = HashMap::new();
    while let Some(row) = rows.next().context("read the latest passages")? {
        lately.entry(row.get(0)?).or_insert(row.get::<_, Seconds>(1)?.0);
    }
    Ok(lately)
}

/// Puts these sessions in the place of those that are kept of the player on the server as of somebody tracked.
///
/// # Errors
/// Those of the database.
pub fn replace(connection: &Connection, player: PlayerId, server: ServerId, visits: &[Visit]) -> anyhow::Result<()> {
    let place = ensure_place(connection, server)?;
    connection
        .prepare_cached("DELETE FROM sessions WHERE subject = ?1 AND place = ?2")?
        .execute(params![player, place])
        .context("replace sessions")?;
    add(connection, server, visits)
}

/// Forgets what was kept of the player on the server as of a stranger. Reads all that is kept of strangers there.
///
/// # Errors
/// Those of the database.
pub fn forget_passages(connection: &Connection, player: PlayerId, server: ServerId) -> anyhow::Result<()> {
    let place = ensure_place(connection, server)?;
    connection
        .prepare_cached("DELETE FROM passages WHERE place = ?2 AND subject = ?1")?
        .execute(params![player, place])
        .context("forget a player's passages")?;
    Ok(())
}

/// Takes back that the player was seen leaving the server, if that was the last session, was watched by us and was after
/// `known`: the last instant at which it is sure that the player was in sight.
///
/// # Errors
/// Those of the database.
pub fn lose_sight(
    connection: &Connection,
    player: PlayerId,
    server: ServerId,
    known: Option<Timestamp>,
) -> anyhow::Result<()> {
    let Some(place) = place(connection, server)? else { return Ok(()) };
    connection
        .prepare_cached(
            "UPDATE sessions SET ending = 1
             WHERE subject = ?1 AND place = ?2 AND source = 0 AND (?3 IS NULL OR start + length > ?3)
               AND start = (SELECT max(start) FROM sessions WHERE subject = ?1 AND place = ?2)",
        )?
        .execute(params![player, place, known.map(Seconds)])
        .context("take back a leaving")?;
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::store::open;

    pub(in crate::store) fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    pub(in crate::store) fn id(number: u64) -> PlayerId {
        PlayerId::new(number).unwrap()
    }

    pub(in crate::store) fn moose() -> ServerId {
        ServerId::new(5).unwrap()
    }

    pub(in crate::store) fn visit(player: u64, start: i64, stop: i64) -> Visit {
        Session {
            subject: id(player),
            place: moose(),
            start: at(start),
            stop: at(stop),
            ending: Ending::Left,
            source: Source::Watched,
        }
    }

    #[test]
    fn what_was_seen_of_a_stranger_is_known_of_the_member() {
        let connection = open::in_memory();
        let (earlier, later) = (visit(1, 0, 100), visit(1, 200, 300));
        add_passages(&connection, moose(), &[earlier, visit(2, 0, 100)]).unwrap();
        add(&connection, moose(), &[Visit { ending: Ending::Unobserved, source: Source::Told, ..later }]).unwrap();
        let all = of(&connection, id(1), moose()).unwrap();
        assert_eq!(all, [earlier, Visit { ending: Ending::Unobserved, source: Source::Told, ..later }]);
        assert_eq!(of_tracked(&connection, id(1), moose()).unwrap().len(), 1);
        replace(&connection, id(1), moose(), &all).unwrap();
        forget_passages(&connection, id(1), moose()).unwrap();
        assert_eq!(of_tracked(&connection, id(1), moose()).unwrap(), all);
        assert_eq!(of(&connection, id(1), moose()).unwrap(), all);
        assert_eq!(of(&connection, id(2), moose()).unwrap(), [visit(2, 0, 100)]);
        assert_eq!(last_seen(&connection, moose(), &[id(1), id(2)]).unwrap(), HashMap::from([(id(1), at(300))]));
    }

    #[test]
    fn strangers_who_were_there_lately_are_known_by_their_last_visit() {
        let connection = open::in_memory();
        assert!(lately(&connection, moose(), 9).unwrap().is_empty());
        add_passages(&connection, moose(), &[visit(1, 0, 100), visit(2, 0, 150), visit(1, 200, 300)]).unwrap();
        let known = HashMap::from([(id(1), at(300)), (id(2), at(150))]);
        assert_eq!(lately(&connection, moose(), 9).unwrap(), known);
        assert_eq!(lately(&connection, moose(), 1).unwrap(), HashMap::from([(id(1), at(300))]));
    }

    #[test]
    fn a_session_kept_twice_is_one() {
        let connection = open::in_memory();
        for _ in 0..2 {
            add(&connection, moose(), &[visit(1, 0, 100)]).unwrap();
            add_passages(&connection, moose(), &[visit(2, 0, 100)]).unwrap();
        }
        assert_eq!(of(&connection, id(1), moose()).unwrap().len(), 1);
        assert_eq!(of(&connection, id(2), moose()).unwrap().len(), 1);
    }
}

//! Sessions that are over: tracked players' by player, strangers' by the time they ended.
//!
//! Who is there now is in [`super::watch`]; how sessions are merged and added up, in [`crate::domain::session`].

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::Context;
use jiff::{SignedDuration, Timestamp};
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

pub(super) const PASSAGES_OF: &str =
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

/// Puts these sessions in the place of all that are kept of the player on the server.
///
/// # Errors
/// Those of the database.
pub fn replace(connection: &Connection, player: PlayerId, server: ServerId, visits: &[Visit]) -> anyhow::Result<()> {
    let place = ensure_place(connection, server)?;
    connection
        .prepare_cached("DELETE FROM sessions WHERE subject = ?1 AND place = ?2")?
        .execute(params![player, place])
        .context("replace sessions")?;
    connection
        .prepare_cached("DELETE FROM passages WHERE place = ?2 AND subject = ?1")?
        .execute(params![player, place])
        .context("replace passages")?;
    add(connection, server, visits)
}

pub(super) const INQUIRIES: &str = "SELECT places.number, inquiries.subject, inquiries.at
 FROM inquiries JOIN places ON places.id = inquiries.place WHERE places.kind = 1";

/// When the past of each player on each server was last asked for.
///
/// # Errors
/// Those of the database.
pub fn inquiries(connection: &Connection) -> anyhow::Result<HashMap<(ServerId, PlayerId), Timestamp>> {
    connection
        .prepare_cached(INQUIRIES)?
        .query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get::<_, Seconds>(2)?.0)))?
        .collect::<rusqlite::Result<_>>()
        .context("read the inquiries")
}

pub(super) const INQUIRY: &str = "SELECT at FROM inquiries WHERE subject = ?1 AND place = ?2";

/// When the past of these players on the server was last asked for.
///
/// # Errors
/// Those of the database.
pub fn inquiries_of(
    connection: &Connection,
    server: ServerId,
    players: &[PlayerId],
) -> anyhow::Result<HashMap<PlayerId, Timestamp>> {
    let Some(place) = place(connection, server)? else { return Ok(HashMap::new()) };
    let mut statement = connection.prepare_cached(INQUIRY)?;
    let mut found = HashMap::new();
    for player in players {
        let at = statement
            .query_row(params![player, place], |row| row.get::<_, Seconds>(0))
            .optional()
            .context("read an inquiry")?;
        found.extend(at.map(|at| (*player, at.0)));
    }
    Ok(found)
}

/// Notes that all of the player's past on the server until `at` was asked for and answered.
///
/// # Errors
/// Those of the database.
pub fn note_inquiry(connection: &Connection, player: PlayerId, server: ServerId, at: Timestamp) -> anyhow::Result<()> {
    let place = ensure_place(connection, server)?;
    connection
        .prepare_cached("INSERT OR REPLACE INTO inquiries (subject, place, at) VALUES (?1, ?2, ?3)")?
        .execute(params![player, place, Seconds(at)])
        .context("note an inquiry")?;
    Ok(())
}

/// Lets the player's past on every server be asked for again.
///
/// # Errors
/// Those of the database.
pub fn forget_inquiries(connection: &Connection, player: PlayerId) -> anyhow::Result<()> {
    connection
        .prepare_cached("DELETE FROM inquiries WHERE subject = ?1")?
        .execute([player])
        .context("forget the inquiries")?;
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

/// Where pruning goes on: it takes a bite at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bookmark {
    subject: i64,
    player: i64,
}

/// Strangers' sessions of one place that are forgotten in one bite: more than come to a busy server in an hour.
const PASSAGES: i64 = 2000;

/// Players whose names are looked at in one bite. Rows that lie together and go together cost the disk one write.
const NAMES: i64 = 500;

/// Players whose sessions are looked at in one bite.
const SUBJECTS: i64 = 50;

/// Forgets a bite of what is old: strangers' sessions that ended before `strangers`, sessions of members that ended
/// before `members`, and names of strangers not noted since `strangers`. Returns where to go on.
///
/// # Errors
/// Those of the database.
pub fn prune(
    connection: &Connection,
    strangers: Timestamp,
    members: Timestamp,
    from: Bookmark,
) -> anyhow::Result<Bookmark> {
    prune_passages(connection, strangers)?;
    let subject = prune_sessions(connection, strangers, members, from.subject)?;
    let player = prune_names(connection, strangers, from.player)?;
    Ok(Bookmark { subject, player })
}

fn prune_passages(connection: &Connection, before: Timestamp) -> anyhow::Result<()> {
    let places: Vec<i64> = connection
        .prepare_cached("SELECT id FROM places")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for place in places {
        connection
            .prepare_cached(
                "DELETE FROM passages WHERE (place, stop, subject) IN
                     (SELECT place, stop, subject FROM passages WHERE place = ?1 AND stop < ?2 ORDER BY stop LIMIT ?3)",
            )?
            .execute(params![place, Seconds(before), PASSAGES])
            .context("forget passages")?;
    }
    Ok(())
}

/// Whether somebody is a member of a group, living or restorable.
const IS_MEMBER: &str = "EXISTS (SELECT 1 FROM members WHERE members.player = ?1)";

fn prune_sessions(
    connection: &Connection,
    strangers: Timestamp,
    members: Timestamp,
    after: i64,
) -> anyhow::Result<i64> {
    let sql = format!(
        "DELETE FROM sessions WHERE subject = ?1 AND start + length < CASE WHEN {IS_MEMBER} THEN ?2 ELSE ?3 END"
    );
    let mut subject = after;
    for _ in 0..SUBJECTS {
        // From one subject to the next by the index: a list of all would be read whole each time.
        let next: Option<i64> = connection
            .prepare_cached("SELECT subject FROM sessions WHERE subject > ?1 ORDER BY subject LIMIT 1")?
            .query_row([subject], |row| row.get(0))
            .optional()?;
        let Some(next) = next else { return Ok(0) };
        subject = next;
        connection
            .prepare_cached(&sql)?
            .execute(params![subject, Seconds(members), Seconds(strangers)])
            .context("forget sessions")?;
    }
    Ok(subject)
}

fn prune_names(connection: &Connection, before: Timestamp, after: i64) -> anyhow::Result<i64> {
    let looked_at: Vec<(i64, i64)> = connection
        .prepare_cached("SELECT id, name_at FROM players WHERE id > ?1 ORDER BY id LIMIT ?2")?
        .query_map([after, NAMES], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (player, _) in looked_at.iter().filter(|(_, name_at)| *name_at < before.as_second()) {
        let kept: bool = connection
            .prepare_cached(&format!("SELECT {IS_MEMBER} OR EXISTS (SELECT 1 FROM sessions WHERE subject = ?1)"))?
            .query_row([player], |row| row.get(0))?;
        if !kept {
            super::players::forget(connection, *player)?;
        }
    }
    Ok(looked_at.last().map_or(0, |(player, _)| *player))
}

/// Until when a session may have ended to be forgotten at `now`.
pub fn forgotten_before(now: Timestamp, days: u32) -> Timestamp {
    now.checked_sub(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{groups, open, players, servers, servers::tests::server, sightings};

    const DAY: i64 = 86_400;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn id(number: u64) -> PlayerId {
        PlayerId::new(number).unwrap()
    }

    fn moose() -> ServerId {
        ServerId::new(5).unwrap()
    }

    fn visit(player: u64, start: i64, stop: i64) -> Visit {
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

    #[test]
    fn an_inquiry_is_remembered() {
        let connection = open::in_memory();
        note_inquiry(&connection, id(1), moose(), at(7)).unwrap();
        note_inquiry(&connection, id(1), moose(), at(9)).unwrap();
        assert_eq!(inquiries(&connection).unwrap(), HashMap::from([((moose(), id(1)), at(9))]));
        assert_eq!(inquiries_of(&connection, moose(), &[id(1), id(2)]).unwrap(), HashMap::from([(id(1), at(9))]));
    }

    fn prune_all(connection: &Connection, strangers: i64, members: i64) {
        let mut bookmark = Bookmark::default();
        for _ in 0..20 {
            bookmark = prune(connection, at(strangers * DAY), at(members * DAY), bookmark).unwrap();
        }
    }

    #[test]
    fn strangers_are_forgotten_sooner_than_members() {
        let connection = open::in_memory();
        servers::remember(&connection, &server(5, "Moose"), at(0), None).unwrap();
        for (number, name) in [(1, "Wolf"), (2, "Bear"), (3, "Former Fox")] {
            players::remember(&connection, &[(id(number), name.to_owned())], at(0)).unwrap();
        }
        let group = groups::create(&connection, &crate::domain::ids::GuildKey::local(), "Zoo", at(0)).unwrap();
        groups::add_member(&connection, group, Some(id(1)), None, "Wolf", at(0)).unwrap();
        for player in [1, 3] {
            add(&connection, moose(), &[visit(player, 0, 100), visit(player, 50 * DAY, 50 * DAY + 9)]).unwrap();
        }
        add_passages(&connection, moose(), &[visit(2, 0, 100), visit(4, 50 * DAY, 50 * DAY + 9)]).unwrap();
        let sighting = sightings::Sighting {
            last_seen: None,
            first_seen: None,
            total: None,
            online: false,
            since: None,
            known_at: at(0),
        };
        sightings::record(&connection, moose(), &[(id(2), sighting)]).unwrap();

        prune_all(&connection, 45, 0);
        let kept = |player| of(&connection, id(player), moose()).unwrap().len();
        assert_eq!((kept(1), kept(2), kept(3), kept(4)), (2, 0, 1, 1));
        let named = |player| players::get(&connection, id(player)).unwrap().is_some();
        assert_eq!((named(1), named(2), named(3)), (true, false, true), "who has sessions has a name");
        assert!(players::search(&connection, "bear", 9, |_| 0).unwrap().is_empty());
        assert_eq!(players::search(&connection, "fox", 9, |_| 0).unwrap().len(), 1);

        prune_all(&connection, 60, 45);
        assert_eq!((kept(1), kept(3), kept(4), named(3)), (1, 0, 0, false));
    }
}

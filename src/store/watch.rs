//! What the watch keeps of each place: its observation windows, and who was there at the last look.
//!
//! Sessions that are over are in [`super::sessions`]; what a look means is decided in [`crate::domain::attendance`].

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::values::Seconds;
use crate::domain::{
    attendance::Window,
    ids::{PlayerId, ServerId},
    session::{Span, union},
};

/// What `places.kind` says of game servers.
const SERVER: i64 = 1;

/// What `places.kind` says of game servers as another machine looked at them, whose record was brought here: that says
/// nothing of players of whom the record does not tell.
const ELSEWHERE: i64 = 3;

/// Which servers are to be watched, and who is tracked on each.
pub type Demand = BTreeMap<ServerId, BTreeSet<PlayerId>>;

pub(super) const DEMAND: &str = "SELECT coalesce(groups.pinned, guilds.active_server), members.player
 FROM guilds
 JOIN groups ON groups.guild = guilds.key AND groups.deleted_at IS NULL
 JOIN members ON members.group_id = groups.id AND members.removed_at IS NULL AND members.player IS NOT NULL
 WHERE guilds.left_at IS NULL AND coalesce(groups.pinned, guilds.active_server) IS NOT NULL
 UNION
 SELECT active_server, NULL FROM guilds WHERE left_at IS NULL AND active_server IS NOT NULL
 UNION
 SELECT groups.pinned, NULL FROM guilds JOIN groups ON groups.guild = guilds.key
 WHERE guilds.left_at IS NULL AND groups.deleted_at IS NULL AND groups.pinned IS NOT NULL";

/// Every server that a guild has active or a living group is pinned to, with the players of the groups that look at it.
///
/// # Errors
/// Those of the database.
pub fn demand(connection: &Connection) -> anyhow::Result<Demand> {
    let mut statement = connection.prepare_cached(DEMAND)?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, ServerId>(0)?, row.get::<_, Option<PlayerId>>(1)?)))?;
    let mut demand = Demand::new();
    for row in rows {
        let (server, player) = row.context("read what is to be watched")?;
        demand.entry(server).or_default().extend(player);
    }
    Ok(demand)
}

pub(super) const PLACE: &str = "SELECT id, window_start, observed_until FROM places WHERE kind = ?1 AND number = ?2";

/// The number under which a server's sessions are kept; none for one that was never watched.
pub(super) fn place(connection: &Connection, server: ServerId) -> anyhow::Result<Option<i64>> {
    connection
        .prepare_cached(PLACE)?
        .query_row(params![SERVER, server], |row| row.get(0))
        .optional()
        .context("look for a place")
}

/// As [`place`], made now if need be.
pub(super) fn ensure_place(connection: &Connection, server: ServerId) -> anyhow::Result<i64> {
    if let Some(place) = place(connection, server)? {
        return Ok(place);
    }
    connection
        .query_row("INSERT INTO places (kind, number) VALUES (?1, ?2) RETURNING id", params![SERVER, server], |row| {
            row.get(0)
        })
        .context("make a place")
}

/// The running window of a server, as last kept; none when it was never looked at.
///
/// # Errors
/// Those of the database.
pub fn window(connection: &Connection, server: ServerId) -> anyhow::Result<Option<Window>> {
    let bounds = connection
        .prepare_cached(PLACE)?
        .query_row(params![SERVER, server], |row| {
            Ok((row.get::<_, Option<Seconds>>(1)?, row.get::<_, Option<Seconds>>(2)?))
        })
        .optional()
        .context("read a window")?;
    Ok(match bounds {
        Some((Some(since), Some(until))) => Some(Window { since: since.0, until: until.0 }),
        _ => None,
    })
}

pub(super) const PRESENT: &str =
    "SELECT subject, start FROM present WHERE place = (SELECT id FROM places WHERE kind = ?1 AND number = ?2)";

/// Who was on the server at the last look that was kept, and since when.
///
/// # Errors
/// Those of the database.
pub fn present(connection: &Connection, server: ServerId) -> anyhow::Result<Vec<(PlayerId, Timestamp)>> {
    connection
        .prepare_cached(PRESENT)?
        .query_map(params![SERVER, server], |row| Ok((row.get(0)?, row.get::<_, Seconds>(1)?.0)))?
        .collect::<rusqlite::Result<_>>()
        .context("read who was there")
}

pub(super) const WINDOWS: &str = "SELECT start, stop FROM windows
 WHERE place = (SELECT id FROM places WHERE kind = ?1 AND number = ?2) ORDER BY start";

/// When the server was looked at, as far as that is kept: windows that are over, and the running one.
///
/// # Errors
/// Those of the database.
pub fn windows(connection: &Connection, server: ServerId) -> anyhow::Result<Vec<Span>> {
    let mut statement = connection.prepare_cached(WINDOWS)?;
    let over = statement
        .query_map(params![SERVER, server], |row| Ok((row.get::<_, Seconds>(0)?.0, row.get::<_, Seconds>(1)?.0)))?
        .collect::<rusqlite::Result<Vec<_>>>()
        .context("read the windows")?;
    let running = window(connection, server)?.and_then(Window::span);
    Ok(union(over.into_iter().filter_map(|(start, stop)| Span::new(start, stop)).chain(running)))
}

/// When the server was looked at by the machine whose record was brought here.
///
/// # Errors
/// Those of the database.
pub fn windows_elsewhere(connection: &Connection, server: ServerId) -> anyhow::Result<Vec<Span>> {
    let spans = connection
        .prepare_cached(WINDOWS)?
        .query_map(params![ELSEWHERE, server], |row| Ok((row.get::<_, Seconds>(0)?.0, row.get::<_, Seconds>(1)?.0)))?
        .collect::<rusqlite::Result<Vec<_>>>()
        .context("read the windows of elsewhere")?;
    Ok(union(spans.into_iter().filter_map(|(start, stop)| Span::new(start, stop))))
}

/// Adds when another machine looked at the server.
///
/// # Errors
/// Those of the database.
pub fn add_windows_elsewhere(connection: &Connection, server: ServerId, windows: &[Span]) -> anyhow::Result<()> {
    let all = union(windows_elsewhere(connection, server)?.into_iter().chain(windows.iter().copied()));
    connection
        .execute("INSERT OR IGNORE INTO places (kind, number) VALUES (?1, ?2)", params![ELSEWHERE, server])
        .context("make a place")?;
    let place: i64 =
        connection.prepare_cached(PLACE)?.query_row(params![ELSEWHERE, server], |row| row.get(0)).context("a place")?;
    connection.execute("DELETE FROM windows WHERE place = ?1", [place]).context("unite windows")?;
    let mut insert = connection.prepare_cached("INSERT INTO windows (place, start, stop) VALUES (?1, ?2, ?3)")?;
    for span in all {
        insert.execute(params![place, Seconds(span.start()), Seconds(span.stop())]).context("keep a window")?;
    }
    Ok(())
}

/// Servers that were ever looked at.
///
/// # Errors
/// Those of the database.
pub fn servers(connection: &Connection) -> anyhow::Result<Vec<ServerId>> {
    connection
        .prepare_cached("SELECT number FROM places WHERE kind = ?1 ORDER BY number")?
        .query_map([SERVER], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()
        .context("read the places")
}

/// Keeps the windows that ended and the running one.
///
/// # Errors
/// Those of the database.
pub fn keep_windows(
    connection: &Connection,
    server: ServerId,
    ended: &[Window],
    running: Window,
) -> anyhow::Result<()> {
    let place = ensure_place(connection, server)?;
    for window in ended {
        connection
            .prepare_cached("INSERT OR REPLACE INTO windows (place, start, stop) VALUES (?1, ?2, ?3)")?
            .execute(params![place, Seconds(window.since), Seconds(window.until)])
            .context("keep a window")?;
    }
    connection
        .prepare_cached("UPDATE places SET window_start = ?2, observed_until = ?3 WHERE id = ?1")?
        .execute(params![place, Seconds(running.since), Seconds(running.until)])
        .context("keep the running window")?;
    Ok(())
}

/// Keeps for each of these players whether they are on the server, and since when.
///
/// # Errors
/// Those of the database.
pub fn keep_present(
    connection: &Connection,
    server: ServerId,
    players: impl IntoIterator<Item = (PlayerId, Option<Timestamp>)>,
) -> anyhow::Result<()> {
    let place = ensure_place(connection, server)?;
    for (player, since) in players {
        match since {
            Some(since) => connection
                .prepare_cached(
                    "INSERT INTO present (place, subject, start) VALUES (?1, ?2, ?3)
                     ON CONFLICT (place, subject) DO UPDATE SET start = ?3",
                )?
                .execute(params![place, player, Seconds(since)]),
            None => connection
                .prepare_cached("DELETE FROM present WHERE place = ?1 AND subject = ?2")?
                .execute(params![place, player]),
        }
        .context("keep who is there")?;
    }
    Ok(())
}

/// Forgets windows that ended before an instant.
///
/// # Errors
/// Those of the database.
pub fn prune_windows(connection: &Connection, before: Timestamp) -> anyhow::Result<usize> {
    connection.execute("DELETE FROM windows WHERE stop < ?1", [Seconds(before)]).context("forget windows")
}

/// Ends, for a server that nobody has looked at since an instant, the sessions that ran at the last look: nobody will look
/// who could. Members' are kept as not observed any more, strangers' are forgotten. One server at a time.
///
/// # Errors
/// Those of the database.
pub fn prune_present(connection: &Connection, before: Timestamp) -> anyhow::Result<()> {
    let place: Option<i64> = connection
        .prepare_cached(
            "SELECT id FROM places WHERE observed_until < ?1
                 AND EXISTS (SELECT 1 FROM present WHERE present.place = places.id) LIMIT 1",
        )?
        .query_row([Seconds(before)], |row| row.get(0))
        .optional()
        .context("look for a place that nobody looks at")?;
    let Some(place) = place else { return Ok(()) };
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO sessions (subject, place, start, length, ending, source)
             SELECT subject, place, start, max(observed_until - start, 0), 1, 0
             FROM present JOIN places ON places.id = present.place
             WHERE place = ?1 AND EXISTS (SELECT 1 FROM members WHERE members.player = present.subject)",
        )?
        .execute([place])
        .context("end the sessions of members")?;
    connection
        .prepare_cached("DELETE FROM present WHERE place = ?1")?
        .execute([place])
        .context("forget who was there")?;
    Ok(())
}

/// Gives pages that nothing lies in back to the file system when there are many, a few at a time.
///
/// # Errors
/// Those of the database.
pub fn shrink(connection: &Connection) -> anyhow::Result<()> {
    let count = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (free, all) = (count("freelist_count")?, count("page_count")?);
    // What is deleted every day is filled again every day; only more than that is worth writing for.
    if free > 1000 && free * 4 > all {
        // Each step gives one page back.
        let mut vacuum = connection.prepare_cached("PRAGMA incremental_vacuum(100)")?;
        let mut pages = vacuum.query([])?;
        while pages.next().context("shrink the file")?.is_some() {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::{
        domain::{ids::GuildKey, session::Ending},
        store::{groups, guilds, open, players, servers, servers::tests::server, sessions},
    };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn id(number: u64) -> PlayerId {
        PlayerId::new(number).unwrap()
    }

    fn group_of(connection: &Connection, guild: &GuildKey, name: &str, player: u64) -> crate::domain::ids::GroupId {
        let group = groups::create(connection, guild, name, at(0)).unwrap();
        players::remember(connection, &[(id(player), "Wolf".to_owned())], at(0)).unwrap();
        groups::add_member(connection, group, Some(id(player)), None, "Wolf", at(0)).unwrap();
        groups::add_member(connection, group, None, None, "by name only", at(0)).unwrap();
        group
    }

    #[test]
    fn a_server_is_watched_once_for_all_who_need_it_and_not_for_those_who_left() {
        let connection = open::in_memory();
        let (moose, small) = (server(5, "Moose"), server(6, "Small"));
        for server in [&moose, &small] {
            servers::remember(&connection, server, at(0), None).unwrap();
        }
        let (home, other, left): (_, GuildKey, GuildKey) =
            (GuildKey::local(), "2".parse().unwrap(), "3".parse().unwrap());
        assert_eq!(demand(&connection).unwrap(), Demand::new());
        group_of(&connection, &home, "follows nothing yet", 1);
        assert_eq!(demand(&connection).unwrap(), Demand::new());
        for guild in [&home, &other, &left] {
            guilds::ensure(&connection, guild, at(0)).unwrap();
            guilds::set_active_server(&connection, guild, Some(moose.id), at(0)).unwrap();
        }
        group_of(&connection, &other, "the same player and server", 1);
        group_of(&connection, &left, "gone", 9);
        guilds::mark_left(&connection, &left, at(1)).unwrap();
        let pinned = group_of(&connection, &other, "pinned", 2);
        groups::pin(&connection, pinned, Some(small.id)).unwrap();
        let deleted = group_of(&connection, &home, "deleted", 8);
        groups::delete(&connection, deleted, at(1)).unwrap();
        let expected = [(moose.id, BTreeSet::from([id(1)])), (small.id, BTreeSet::from([id(2)]))];
        assert_eq!(demand(&connection).unwrap(), Demand::from(expected));
    }

    #[test]
    fn who_was_there_and_when_we_looked_is_there_after_a_restart() {
        let connection = open::in_memory();
        let moose = ServerId::new(5).unwrap();
        assert_eq!(window(&connection, moose).unwrap(), None);
        let (first, second) = (Window { since: at(10), until: at(50) }, Window { since: at(90), until: at(100) });
        keep_windows(&connection, moose, &[], first).unwrap();
        keep_present(&connection, moose, [(id(1), Some(at(5))), (id(2), Some(at(20)))]).unwrap();
        keep_windows(&connection, moose, &[first], second).unwrap();
        keep_present(&connection, moose, [(id(1), None), (id(2), Some(at(25)))]).unwrap();
        assert_eq!(window(&connection, moose).unwrap(), Some(second));
        assert_eq!(present(&connection, moose).unwrap(), [(id(2), at(25))]);
        let spans = [(10, 50), (90, 100)].map(|(start, stop)| Span::new(at(start), at(stop)).unwrap());
        assert_eq!(windows(&connection, moose).unwrap(), spans);
    }

    #[test]
    fn who_was_there_when_a_server_was_given_up_is_not_there_for_ever() {
        let connection = open::in_memory();
        let (given_up, watched) = (ServerId::new(5).unwrap(), ServerId::new(6).unwrap());
        group_of(&connection, &GuildKey::local(), "Zoo", 1);
        for (server, until) in [(given_up, 100), (watched, 900)] {
            keep_windows(&connection, server, &[], Window { since: at(10), until: at(until) }).unwrap();
            keep_present(&connection, server, [(id(1), Some(at(5))), (id(2), Some(at(20)))]).unwrap();
        }
        for _ in 0..3 {
            prune_present(&connection, at(500)).unwrap();
        }
        assert_eq!(present(&connection, given_up).unwrap(), []);
        assert_eq!(present(&connection, watched).unwrap().len(), 2);
        let of = |player| sessions::of(&connection, id(player), given_up).unwrap();
        assert_eq!(of(2), [], "a stranger");
        let [last] = of(1)[..] else { panic!("{:?}", of(1)) };
        assert_eq!((last.start, last.stop, last.ending), (at(5), at(100), Ending::Unobserved));
    }

    #[test]
    fn a_file_in_which_much_lies_empty_becomes_smaller_step_by_step() {
        let folder = tempfile::tempdir().unwrap();
        let connection = Connection::open(folder.path().join("a.db")).unwrap();
        let set = "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA page_size = 4096; CREATE TABLE old (what BLOB) STRICT;";
        connection.execute_batch(set).unwrap();
        let size = || fs::metadata(folder.path().join("a.db")).unwrap().len() / 4096;
        let fill = "WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < 2500)
                    INSERT INTO old SELECT zeroblob(4000) FROM many";
        connection.execute_batch(fill).unwrap();
        let full = size();
        shrink(&connection).unwrap();
        assert_eq!(size(), full, "all of it is in use");

        connection.execute_batch("DELETE FROM old").unwrap();
        assert_eq!(size(), full, "what is empty may be filled again");
        shrink(&connection).unwrap();
        assert!((90..=110).contains(&(full - size())), "{} of {full} pages went at once", full - size());
        for _ in 0..50 {
            shrink(&connection).unwrap();
        }
        assert!((900..=1100).contains(&size()), "{} pages stay to be filled", size());
    }
}

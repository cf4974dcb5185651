//! Game servers as last told, and which of them a guild has used.
//!
//! Which one is active or pinned is kept with the guild and the group.

use anyhow::Context;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::values::Seconds;
use crate::domain::{
    facts::{QueryStatus, Server, ServerStatus},
    ids::{GuildKey, ServerId},
    names,
    report::ServerName,
    typed,
};

/// A server as last told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownServer {
    /// What was told.
    pub server: Server,
    /// When.
    pub as_of: Timestamp,
    /// It seems to hide its players' names.
    pub hides_names: bool,
}

/// Keeps what was told of a server; what is known from a later time stays. `hides_names: None` leaves that as it is.
///
/// # Errors
/// Those of the database.
pub fn remember(
    connection: &Connection,
    server: &Server,
    as_of: Timestamp,
    hides_names: Option<bool>,
) -> anyhow::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO servers (id, name, status, query_status, updated_at, players, max_players, queue, address,
                                  country, map, last_wipe, next_wipe, as_of, hides_names)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, coalesce(?15, 0))
             ON CONFLICT (id) DO UPDATE
             SET name = ?2, status = ?3, query_status = ?4, updated_at = ?5, players = ?6, max_players = ?7, queue = ?8,
                 address = ?9, country = ?10, map = ?11, last_wipe = ?12, next_wipe = ?13, as_of = ?14,
                 hides_names = coalesce(?15, hides_names)
             WHERE excluded.as_of >= as_of",
        )?
        .execute(params![
            server.id,
            server.name,
            status_word(server.status),
            query_word(server.query_status),
            server.updated_at.map(Seconds),
            server.players,
            server.max_players,
            server.queue,
            server.address,
            server.country,
            server.map,
            server.last_wipe.map(Seconds),
            server.next_wipe.map(Seconds),
            Seconds(as_of),
            hides_names,
        ])
        .context("keep a server")?;
    Ok(())
}

pub(super) const GET: &str = "SELECT id, name, status, query_status, updated_at, players, max_players, queue, address,
        country, map, last_wipe, next_wipe, as_of, hides_names
 FROM servers WHERE id = ?1";

/// The server as last told.
///
/// # Errors
/// Those of the database.
pub fn get(connection: &Connection, id: ServerId) -> anyhow::Result<Option<KnownServer>> {
    connection.prepare_cached(GET)?.query_row([id], known).optional().context("read a server")
}

fn known(row: &Row<'_>) -> rusqlite::Result<KnownServer> {
    let instant = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<Seconds>>(column)?.map(|at| at.0));
    Ok(KnownServer {
        server: Server {
            id: row.get(0)?,
            name: row.get(1)?,
            status: status(row.get_ref(2)?.as_str()?),
            query_status: query_status(row.get_ref(3)?.as_str()?),
            updated_at: instant(4)?,
            players: row.get(5)?,
            max_players: row.get(6)?,
            queue: row.get(7)?,
            address: row.get(8)?,
            country: row.get(9)?,
            map: row.get(10)?,
            last_wipe: instant(11)?,
            next_wipe: instant(12)?,
        },
        as_of: row.get::<_, Seconds>(13)?.0,
        hides_names: row.get(14)?,
    })
}

pub(super) const USED_BEFORE: &str = "SELECT servers.id, servers.name
 FROM server_uses JOIN servers ON servers.id = server_uses.server
 WHERE server_uses.guild = ?1
 ORDER BY server_uses.id DESC";

/// Servers that the guild had active or pinned and whose name, or a word of it, begins like this; the latest first.
///
/// # Errors
/// Those of the database.
pub fn used_before(
    connection: &Connection,
    guild: &GuildKey,
    folded_prefix: &str,
    limit: usize,
) -> anyhow::Result<Vec<ServerName>> {
    let mut statement = connection.prepare_cached(USED_BEFORE)?;
    let used = statement.query_map([guild], |row| Ok(ServerName { id: row.get(0)?, name: row.get(1)? }))?;
    let fits = |server: &ServerName| {
        let folded = names::folded(&server.name);
        typed::starts(&folded).any(|start| start.starts_with(folded_prefix))
    };
    used.filter(|server| server.as_ref().map_or(true, fits))
        .take(limit)
        .collect::<rusqlite::Result<_>>()
        .context("read the servers used before")
}

/// Notes that a guild uses a server now.
pub(super) fn note_use(connection: &Connection, guild: &GuildKey, server: ServerId) -> anyhow::Result<()> {
    connection
        .execute("INSERT OR REPLACE INTO server_uses (guild, server) VALUES (?1, ?2)", params![guild, server])
        .context("note the use of a server")?;
    Ok(())
}

fn status_word(status: ServerStatus) -> &'static str {
    match status {
        ServerStatus::Online => "online",
        ServerStatus::Offline => "offline",
        ServerStatus::Dead => "dead",
        ServerStatus::Invalid => "invalid",
        ServerStatus::Removed => "removed",
        ServerStatus::Other => "other",
    }
}

fn status(word: &str) -> ServerStatus {
    match word {
        "online" => ServerStatus::Online,
        "offline" => ServerStatus::Offline,
        "dead" => ServerStatus::Dead,
        "invalid" => ServerStatus::Invalid,
        "removed" => ServerStatus::Removed,
        _ => ServerStatus::Other,
    }
}

fn query_word(status: QueryStatus) -> &'static str {
    match status {
        QueryStatus::Valid => "valid",
        QueryStatus::Invalid => "invalid",
        QueryStatus::Timeout => "timeout",
        QueryStatus::Other => "other",
    }
}

fn query_status(word: &str) -> QueryStatus {
    match word {
        "valid" => QueryStatus::Valid,
        "invalid" => QueryStatus::Invalid,
        "timeout" => QueryStatus::Timeout,
        _ => QueryStatus::Other,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::store::{groups, guilds, open};

    pub(in crate::store) fn server(id: u64, name: &str) -> Server {
        Server {
            id: ServerId::new(id).unwrap(),
            name: name.to_owned(),
            status: ServerStatus::Online,
            query_status: QueryStatus::Valid,
            updated_at: None,
            players: None,
            max_players: None,
            queue: None,
            address: None,
            country: None,
            map: None,
            last_wipe: None,
            next_wipe: None,
        }
    }

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_server_is_kept_with_all_that_was_told() {
        let connection = open::in_memory();
        let full = Server {
            updated_at: Some(second(1)),
            players: Some(0),
            max_players: Some(u32::MAX),
            queue: Some(3),
            address: Some("1.2.3.4:28015".to_owned()),
            country: Some("DE".to_owned()),
            map: Some("Procedural '\";--\u{0} Map".to_owned()),
            last_wipe: Some(second(2)),
            next_wipe: Some(second(3)),
            ..server(9, "Rusty Moose |US Monthly| 🫎")
        };
        remember(&connection, &full, second(10), Some(true)).unwrap();
        let known = KnownServer { server: full.clone(), as_of: second(10), hides_names: true };
        assert_eq!(get(&connection, full.id).unwrap(), Some(known));
        assert_eq!(get(&connection, ServerId::new(10).unwrap()).unwrap(), None);
    }

    #[test]
    fn every_state_of_a_server_comes_back_as_it_was() {
        let connection = open::in_memory();
        use {QueryStatus as Q, ServerStatus as S};
        for status in [S::Online, S::Offline, S::Dead, S::Invalid, S::Removed, S::Other] {
            for query_status in [Q::Valid, Q::Invalid, Q::Timeout, Q::Other] {
                let told = Server { status, query_status, ..server(1, "Moose") };
                remember(&connection, &told, second(0), None).unwrap();
                assert_eq!(get(&connection, told.id).unwrap().unwrap().server, told);
            }
        }
    }

    #[test]
    fn older_news_of_a_server_change_nothing() {
        let connection = open::in_memory();
        remember(&connection, &server(1, "New"), second(10), Some(true)).unwrap();
        remember(&connection, &server(1, "Old"), second(9), Some(false)).unwrap();
        let known = get(&connection, ServerId::new(1).unwrap()).unwrap().unwrap();
        assert_eq!((known.server.name.as_str(), known.hides_names), ("New", true));

        remember(&connection, &server(1, "Newer"), second(11), None).unwrap();
        let known = get(&connection, ServerId::new(1).unwrap()).unwrap().unwrap();
        assert_eq!((known.server.name.as_str(), known.hides_names), ("Newer", true));
    }

    #[test]
    fn servers_used_before_are_offered_the_latest_first() {
        let connection = open::in_memory();
        let (guild, now) = (GuildKey::local(), second(0));
        for (id, name) in [(1, "Rusty Moose"), (2, "Moose Island"), (3, "Vital"), (4, "Moose unused")] {
            remember(&connection, &server(id, name), now, None).unwrap();
        }
        for id in [1, 2, 1] {
            guilds::set_active_server(&connection, &guild, ServerId::new(id), now).unwrap();
        }
        let group = groups::create(&connection, &guild, "A", now).unwrap();
        groups::pin(&connection, group, ServerId::new(3)).unwrap();
        guilds::ensure(&connection, &"2".parse().unwrap(), now).unwrap();

        let offered = |folded_prefix, limit| -> Vec<_> {
            let used = used_before(&connection, &guild, folded_prefix, limit).unwrap();
            used.into_iter().map(|server| server.name).collect()
        };
        assert_eq!(offered("", 9), ["Vital", "Rusty Moose", "Moose Island"]);
        assert_eq!(offered("", 2), ["Vital", "Rusty Moose"]);
        assert_eq!(offered("moo", 9), ["Rusty Moose", "Moose Island"]);
        assert_eq!(offered("oose", 9), [""; 0]);
        assert_eq!(used_before(&connection, &"2".parse().unwrap(), "", 9).unwrap(), []);
    }
}

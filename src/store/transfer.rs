//! A whole guild out of the database and into another one, across all families of tables.
//!
//! Reads and writes rows as they are. What has to hold in an export is known in [`crate::domain::export`].

use std::collections::{BTreeSet, HashMap};

use anyhow::Context;
use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::{
    groups, guilds, players, servers, sessions, sightings,
    values::{Count, Seconds},
    watch,
};
use crate::domain::{
    export::{
        Export, ExportedGroup, ExportedMember, ExportedName, ExportedPlayer, ExportedServer, ExportedSession,
        ExportedSighting, ExportedWindow, FORMAT, VERSION, remap,
    },
    ids::{GroupId, GuildKey, MemberId, PlayerId, ServerId},
    report::LastCheck,
    session,
};

/// Everything that is kept for a guild.
///
/// # Errors
/// Those of the database.
pub fn export(connection: &Connection, guild: &GuildKey, now: Timestamp) -> anyhow::Result<Export> {
    let kept = guilds::get(connection, guild)?;
    let groups = exported_groups(connection, guild)?;
    let linked: BTreeSet<PlayerId> =
        groups.iter().flat_map(|group| &group.members).filter_map(|member| member.player).collect();
    let mut players = Vec::with_capacity(linked.len());
    let mut sightings = Vec::new();
    for &id in &linked {
        players.push(exported_player(connection, id)?);
        sightings.extend(exported_sightings(connection, id)?);
    }
    let sessions = exported_sessions(connection, &linked)?;
    let used_servers: Vec<ServerId> = connection
        .prepare("SELECT server FROM server_uses WHERE guild = ?1 ORDER BY id")?
        .query_map([guild], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()
        .context("read the used servers")?;
    let active_server = kept.as_ref().and_then(|kept| kept.active_server);
    let named: BTreeSet<ServerId> = used_servers
        .iter()
        .copied()
        .chain(active_server)
        .chain(groups.iter().filter_map(|group| group.pinned))
        .chain(sightings.iter().map(|seen| seen.server))
        .chain(sessions.iter().map(|session| session.server))
        .collect();
    let mut windows = Vec::new();
    for &server in &named {
        let here = watch::windows(connection, server)?;
        let all = session::union(here.into_iter().chain(watch::windows_elsewhere(connection, server)?));
        windows.extend(all.into_iter().map(|span| ExportedWindow { server, start: span.start(), stop: span.stop() }));
    }
    let mut described = Vec::with_capacity(named.len());
    for id in named {
        let known = servers::get(connection, id)?.context("a server is not described")?;
        let servers::KnownServer { server, as_of, hides_names } = known;
        described.push(ExportedServer { server, as_of, hides_names });
    }
    let (mut changes, _) = super::audit::list(connection, guild, 0, i64::MAX.unsigned_abs())?;
    changes.reverse();
    let mut export = Export {
        format: FORMAT.to_owned(),
        version: VERSION,
        exported_at: now,
        guild: guild.clone(),
        settings: kept.map(|kept| kept.settings).unwrap_or_default(),
        active_server,
        used_servers,
        servers: described,
        players,
        sightings,
        sessions,
        windows,
        groups,
        changes,
    };
    export.renumber();
    Ok(export)
}

fn exported_sessions(connection: &Connection, players: &BTreeSet<PlayerId>) -> anyhow::Result<Vec<ExportedSession>> {
    let mut found = Vec::new();
    for server in watch::servers(connection)? {
        let visits = sessions::of_all(connection, players, server)?;
        found.extend(visits.into_iter().map(|visit| ExportedSession {
            player: visit.subject,
            server,
            start: visit.start,
            stop: visit.stop,
            ending: visit.ending,
            source: visit.source,
        }));
    }
    found.sort_by_key(|session| (session.player, session.server, session.start));
    Ok(found)
}

/// Takes over what does not touch what was seen here: of that, the own record is right.
fn import_sessions(connection: &Connection, export: &Export) -> anyhow::Result<()> {
    for group in export.sessions.chunk_by(|one, next| (one.player, one.server) == (next.player, next.server)) {
        let Some(ExportedSession { player, server, .. }) = group.first() else { continue };
        let own = session::spans(&sessions::of_tracked(connection, *player, *server)?);
        let own = session::union(own.into_iter().chain(watch::windows(connection, *server)?));
        let is_new = |visit: &sessions::Visit| {
            let touches = |span: &session::Span| span.start() <= visit.stop && visit.start <= span.stop();
            !own.iter().any(touches)
        };
        let visits = group.iter().map(|session| session::Session {
            subject: *player,
            place: *server,
            start: session.start,
            stop: session.stop,
            ending: session.ending,
            source: session.source,
        });
        let visits: Vec<sessions::Visit> = visits.filter(is_new).collect();
        sessions::add(connection, *server, &visits)?;
    }
    for group in export.windows.chunk_by(|one, next| one.server == next.server) {
        let Some(ExportedWindow { server, .. }) = group.first() else { continue };
        let spans: Vec<session::Span> =
            group.iter().filter_map(|window| session::Span::new(window.start, window.stop)).collect();
        watch::add_windows_elsewhere(connection, *server, &spans)?;
    }
    Ok(())
}

fn exported_groups(connection: &Connection, guild: &GuildKey) -> anyhow::Result<Vec<ExportedGroup>> {
    let mut found: Vec<ExportedGroup> = connection
        .prepare(
            "SELECT id, name, pinned, created_at, deleted_at, checked_at, check_active, check_total, check_unknown
             FROM groups WHERE guild = ?1 ORDER BY id",
        )?
        .query_map([guild], |row| {
            let count = |column| Ok::<_, rusqlite::Error>(row.get::<_, Count>(column)?.size());
            let last_check = match row.get::<_, Option<Seconds>>(5)? {
                Some(Seconds(at)) => Some(LastCheck { active: count(6)?, total: count(7)?, unknown: count(8)?, at }),
                None => None,
            };
            Ok(ExportedGroup {
                id: row.get(0)?,
                name: row.get(1)?,
                pinned: row.get(2)?,
                created_at: row.get::<_, Seconds>(3)?.0,
                deleted_at: row.get::<_, Option<Seconds>>(4)?.map(|at| at.0),
                last_check,
                members: Vec::new(),
            })
        })?
        .collect::<rusqlite::Result<_>>()
        .context("read the groups")?;
    let mut members = connection
        .prepare("SELECT id, player, steam, name, added_at, removed_at FROM members WHERE group_id = ?1 ORDER BY id")?;
    for group in &mut found {
        group.members = members
            .query_map([group.id], |row| {
                Ok(ExportedMember {
                    id: row.get(0)?,
                    player: row.get(1)?,
                    steam: row.get(2)?,
                    name: row.get(3)?,
                    added_at: row.get::<_, Seconds>(4)?.0,
                    removed_at: row.get::<_, Option<Seconds>>(5)?.map(|at| at.0),
                })
            })?
            .collect::<rusqlite::Result<_>>()
            .context("read the members")?;
    }
    Ok(found)
}

fn exported_player(connection: &Connection, id: PlayerId) -> anyhow::Result<ExportedPlayer> {
    let mut player = connection
        .prepare_cached("SELECT name, name_at, steam, private FROM players WHERE id = ?1")?
        .query_row([id], |row| {
            Ok(ExportedPlayer {
                id,
                name: row.get(0)?,
                name_at: row.get::<_, Seconds>(1)?.0,
                steam: row.get(2)?,
                private: row.get(3)?,
                names: Vec::new(),
            })
        })
        .context("read a player")?;
    player.names = connection
        .prepare_cached("SELECT name, first_seen, last_seen FROM player_names WHERE player = ?1 ORDER BY name")?
        .query_map([id], |row| {
            let instant = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<Seconds>>(column)?.map(|at| at.0));
            Ok(ExportedName { name: row.get(0)?, first_seen: instant(1)?, last_seen: instant(2)? })
        })?
        .collect::<rusqlite::Result<_>>()
        .context("read a player's names")?;
    Ok(player)
}

fn exported_sightings(connection: &Connection, player: PlayerId) -> anyhow::Result<Vec<ExportedSighting>> {
    let places: Vec<ServerId> = connection
        .prepare_cached("SELECT server FROM sightings WHERE player = ?1 ORDER BY server")?
        .query_map([player], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()
        .context("read where a player was seen")?;
    let mut found = Vec::with_capacity(places.len());
    for server in places {
        let sighting = sightings::get(connection, server, &[player])?.remove(&player);
        found.extend(sighting.map(|seen| ExportedSighting {
            player,
            server,
            first_seen: seen.first_seen,
            last_seen: seen.last_seen,
            total: seen.total,
            online: seen.online,
            since: seen.since,
            known_at: seen.known_at,
        }));
    }
    Ok(found)
}

/// Whether the guild holds anything that an import would mix with: a group, living or deleted, or a recorded change.
///
/// # Errors
/// Those of the database.
pub fn holds_data(connection: &Connection, guild: &GuildKey) -> anyhow::Result<bool> {
    let sql =
        "SELECT EXISTS (SELECT 1 FROM groups WHERE guild = ?1) OR EXISTS (SELECT 1 FROM changes WHERE guild = ?1)";
    connection.query_row(sql, [guild], |row| row.get(0)).context("look whether a guild holds data")
}

/// Writes a checked export into a guild that holds nothing yet. What is known of players and servers from a later time
/// stays.
///
/// # Errors
/// Those of the database.
pub fn import(connection: &Connection, guild: &GuildKey, export: &Export, now: Timestamp) -> anyhow::Result<()> {
    guilds::ensure(connection, guild, now)?;
    guilds::set_settings(connection, guild, &export.settings)?;
    for known in &export.servers {
        servers::remember(connection, &known.server, known.as_of, Some(known.hides_names))?;
    }
    for player in &export.players {
        players::take_over(connection, player)?;
    }
    for seen in &export.sightings {
        let sighting = sightings::Sighting {
            last_seen: seen.last_seen,
            first_seen: seen.first_seen,
            total: seen.total,
            online: seen.online,
            since: seen.since,
            known_at: seen.known_at,
        };
        sightings::record(connection, seen.server, &[(seen.player, sighting)])?;
    }
    import_sessions(connection, export)?;
    let mut ids = Ids { connection, guild, groups: HashMap::new(), members: HashMap::new(), grave: None };
    for group in &export.groups {
        ids.group(group)?;
    }
    guilds::set_active_server(connection, guild, export.active_server, now)?;
    connection.execute("DELETE FROM server_uses WHERE guild = ?1", [guild]).context("forget the used servers")?;
    for server in &export.used_servers {
        servers::note_use(connection, guild, *server)?;
    }
    for row in &export.changes {
        ids.change(row)?;
    }
    ids.bury()
}

/// The ids that groups and members of an export have here.
struct Ids<'a> {
    connection: &'a Connection,
    guild: &'a GuildKey,
    groups: HashMap<GroupId, GroupId>,
    members: HashMap<MemberId, MemberId>,
    /// Holds, for a moment, what changes name and is not there any more, so that its ids are never used again.
    grave: Option<GroupId>,
}

impl Ids<'_> {
    fn group(&mut self, group: &ExportedGroup) -> anyhow::Result<()> {
        let id = groups::create_deleted(self.connection, self.guild, &group.name, group.created_at)?;
        let check = group.last_check;
        let count = |count: Option<usize>| count.map_or(Count(0), Count::of);
        self.connection
            .execute(
                "UPDATE groups SET pinned = ?2, deleted_at = ?3, checked_at = ?4, check_active = ?5, check_total = ?6,
                        check_unknown = ?7
                 WHERE id = ?1",
                params![
                    id,
                    group.pinned,
                    group.deleted_at.map(Seconds),
                    check.map(|check| Seconds(check.at)),
                    count(check.map(|check| check.active)),
                    count(check.map(|check| check.total)),
                    count(check.map(|check| check.unknown)),
                ],
            )
            .context("take over a group")?;
        self.groups.insert(group.id, id);
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO members (group_id, player, steam, name, added_at, removed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             RETURNING id",
        )?;
        for member in &group.members {
            let removed_at = member.removed_at.map(Seconds);
            let values = params![id, member.player, member.steam, member.name, Seconds(member.added_at), removed_at];
            let new = insert.query_row(values, |row| row.get(0)).context("take over a member")?;
            self.members.insert(member.id, new);
        }
        Ok(())
    }

    fn change(&mut self, row: &crate::domain::report::ChangeRow) -> anyhow::Result<()> {
        let mut named = (Vec::new(), Vec::new());
        let mut change = row.change.clone();
        remap(&mut change, |id| named.0.push(*id), |id| named.1.push(*id));
        for id in named.0 {
            self.known_group(id)?;
        }
        for id in named.1 {
            self.known_member(id)?;
        }
        let (groups, members) = (&self.groups, &self.members);
        remap(
            &mut change,
            |id| *id = groups.get(id).copied().unwrap_or(*id),
            |id| *id = members.get(id).copied().unwrap_or(*id),
        );
        let id = super::audit::record(self.connection, self.guild, &row.actor, &row.actor_name, &change, row.at)?;
        row.undone_at.map_or(Ok(()), |at| super::audit::mark_undone(self.connection, id, at))
    }

    fn known_group(&mut self, id: GroupId) -> anyhow::Result<()> {
        if !self.groups.contains_key(&id) {
            let gone = groups::create_deleted(self.connection, self.guild, "gone", Timestamp::UNIX_EPOCH)?;
            self.connection.execute("DELETE FROM groups WHERE id = ?1", [gone])?;
            self.groups.insert(id, gone);
        }
        Ok(())
    }

    fn known_member(&mut self, id: MemberId) -> anyhow::Result<()> {
        if !self.members.contains_key(&id) {
            let grave = match self.grave {
                Some(grave) => grave,
                None => groups::create_deleted(self.connection, self.guild, "gone", Timestamp::UNIX_EPOCH)?,
            };
            self.grave = Some(grave);
            let gone = groups::add_member(self.connection, grave, None, None, "gone", Timestamp::UNIX_EPOCH)?;
            self.members.insert(id, gone);
        }
        Ok(())
    }

    fn bury(self) -> anyhow::Result<()> {
        let Some(grave) = self.grave else { return Ok(()) };
        self.connection.execute("DELETE FROM groups WHERE id = ?1", [grave]).context("remove what is gone")?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;

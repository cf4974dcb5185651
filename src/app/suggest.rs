//! What completes a half-typed argument, from our own database only: no service is ever asked.

use std::collections::HashMap;

use jiff::Timestamp;

use super::{App, Asker, group_named};
use crate::{
    domain::{
        ids::ServerId,
        names,
        presence::{LAST_SEEN_HOLDS_FOR, Presence},
        report::{CHOICES, Suggestion},
    },
    error::{Error, Result},
    store::{
        self, groups, guilds, players, servers,
        sightings::{self, Sighting},
    },
};

impl App {
    /// Groups whose name holds what was typed, those that begin with it first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn suggest_groups(&self, asker: &Asker, typed: &str) -> Result<Vec<Suggestion>> {
        let (guild, typed) = (asker.guild.clone(), folded(typed));
        self.read(move |conn| {
            let mut all = groups::names(conn, &guild)?;
            all.retain(|name| names::folded(name).contains(&typed));
            all.sort_by_key(|name| !names::folded(name).starts_with(&typed));
            all.truncate(CHOICES);
            Ok(all.into_iter().map(|name| Suggestion { value: name.clone(), name, presence: None }).collect())
        })
        .await
    }

    /// Members of `group`; nothing when there is no such group (yet).
    ///
    /// # Errors
    /// The database failed.
    pub async fn suggest_members(&self, asker: &Asker, group: &str, typed: &str) -> Result<Vec<Suggestion>> {
        let now = self.clock.now();
        let (guild, group, typed) = (asker.guild.clone(), group.to_owned(), folded(typed));
        self.read(move |conn| {
            let group = match group_named(conn, &guild, &group) {
                Ok(group) => group,
                Err(Error::Notice(_)) => return Ok(Vec::new()),
                Err(failure) => return Err(failure),
            };
            let mut members = groups::members(conn, group.id)?;
            members.retain(|member| names::folded(&member.name.name).contains(&typed));
            members.truncate(CHOICES);
            let ids: Vec<_> = members.iter().filter_map(|member| member.name.player).collect();
            let active = guilds::get(conn, &guild)?.and_then(|guild| guild.active_server);
            let sightings = match group.pinned.or(active) {
                Some(server) => sightings::get(conn, server, &ids)?,
                None => HashMap::new(),
            };
            let suggestions = members
                .into_iter()
                .map(|member| Suggestion {
                    presence: member
                        .name
                        .player
                        .and_then(|player| sightings.get(&player))
                        .and_then(|sighting| still_true(sighting, now)),
                    value: match member.name.player {
                        Some(player) => player.to_string(),
                        None => format!("member:{}", member.name.id),
                    },
                    name: names::shown(&member.name.name),
                })
                .collect();
            Ok(suggestions)
        })
        .await
    }

    /// Everyone ever seen, by current or former name, with what a look at the active server showed a moment ago.
    ///
    /// # Errors
    /// The database failed.
    pub async fn suggest_players(&self, asker: &Asker, typed: &str) -> Result<Vec<Suggestion>> {
        let now = self.clock.now();
        let (guild, typed) = (asker.guild.clone(), folded(typed));
        self.read(move |conn| {
            if typed.is_empty() {
                return Ok(Vec::new());
            }
            let active = guilds::get(conn, &guild)?.and_then(|guild| guild.active_server);
            suggestions(conn, active, &typed, now)
        })
        .await
    }

    /// Servers that this guild used before.
    ///
    /// # Errors
    /// The database failed.
    pub async fn suggest_servers(&self, asker: &Asker, typed: &str) -> Result<Vec<Suggestion>> {
        let (guild, typed) = (asker.guild.clone(), folded(typed));
        self.read(move |conn| {
            let used = servers::used_before(conn, &guild, &typed, CHOICES)?;
            let suggestion = |server: crate::domain::report::ServerName| Suggestion {
                value: server.id.to_string(),
                name: names::shown(&server.name),
                presence: None,
            };
            Ok(used.into_iter().map(suggestion).collect())
        })
        .await
    }
}

/// Nothing stays nothing: as a name it would be one without a printable character.
fn folded(typed: &str) -> String {
    if typed.trim().is_empty() { String::new() } else { names::folded(typed) }
}

fn suggestions(
    conn: &store::Connection,
    server: Option<ServerId>,
    typed: &str,
    now: Timestamp,
) -> Result<Vec<Suggestion>> {
    let found = players::search(conn, typed, CHOICES)?;
    let ids: Vec<_> = found.iter().map(|player| player.id).collect();
    let sightings = match server {
        Some(server) => sightings::get(conn, server, &ids)?,
        None => HashMap::new(),
    };
    let mut all: Vec<Suggestion> = found
        .into_iter()
        .map(|player| Suggestion {
            name: names::shown(&player.name),
            presence: sightings.get(&player.id).and_then(|sighting| still_true(sighting, now)),
            value: player.id.to_string(),
        })
        .collect();
    all.sort_by_key(|suggestion| !matches!(suggestion.presence, Some(Presence::Online { .. })));
    Ok(all)
}

/// What was seen so lately that it may be said of the present.
fn still_true(sighting: &Sighting, now: Timestamp) -> Option<Presence> {
    if now.duration_since(sighting.known_at) > LAST_SEEN_HOLDS_FOR {
        return None;
    }
    match (sighting.online, sighting.last_seen) {
        (true, _) => Some(Presence::Online { since: sighting.since }),
        (false, Some(last_seen)) => Some(Presence::Offline { last_seen }),
        (false, None) => None,
    }
}

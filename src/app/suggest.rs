//! What completes a half-typed argument, from our own database only: no service is ever asked.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use super::{
    App, Asker, group_named,
    watch::{Outcome, View},
};
use crate::{
    domain::{
        ids::{PlayerId, ServerId},
        names,
        presence::{LAST_SEEN_HOLDS_FOR, Presence},
        report::{CHOICES, Suggestion},
    },
    error::{Error, Result},
    store::{
        self, groups, guilds,
        players::{self, FoundPlayer},
        servers, sessions,
        sightings::{self, Sighting},
    },
};

/// With fewer suggestions than this, names that are nearly like what was typed are looked for too.
const FEW: usize = 5;

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

    /// Everyone ever seen, by current or former name, nearly so called when they are few, with what
    /// the watch of the active server shows, or a look at it a moment ago.
    ///
    /// # Errors
    /// The database failed.
    pub async fn suggest_players(&self, asker: &Asker, typed: &str) -> Result<Vec<Suggestion>> {
        let now = self.clock.now();
        let (guild, typed) = (asker.guild.clone(), folded(typed));
        if typed.is_empty() {
            return Ok(Vec::new());
        }
        let (active, found) = self
            .read(move |conn| {
                let active = guilds::get(conn, &guild)?.and_then(|guild| guild.active_server);
                Ok((active, players_like(conn, &typed)?))
            })
            .await?;
        let ids: Vec<PlayerId> = found.iter().map(|player| player.id).collect();
        let view = active.and_then(|server| self.watch.view(server, &ids, now));
        self.read(move |conn| suggestions(conn, active, found, view.as_ref(), now)).await
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

/// Who is called like this, and when those are few, who is called nearly so.
fn players_like(conn: &store::Connection, typed: &str) -> Result<Vec<FoundPlayer>> {
    let mut found = players::search(conn, typed, CHOICES)?;
    if found.len() < FEW {
        let known: HashSet<PlayerId> = found.iter().map(|player| player.id).collect();
        let near = players::search_nearly(conn, typed, CHOICES)?;
        found.extend(near.into_iter().filter(|player| !known.contains(&player.id)));
        found.truncate(CHOICES);
    }
    Ok(found)
}

fn suggestions(
    conn: &store::Connection,
    server: Option<ServerId>,
    found: Vec<FoundPlayer>,
    view: Option<&View>,
    now: Timestamp,
) -> Result<Vec<Suggestion>> {
    let ids: Vec<_> = found.iter().map(|player| player.id).collect();
    let private = players::private_among(conn, &ids)?;
    let (sightings, last_seen) = match server {
        Some(server) => (sightings::get(conn, server, &ids)?, sessions::last_seen(conn, server, &ids)?),
        None => (HashMap::new(), HashMap::new()),
    };
    let presence = |player: PlayerId| {
        let sighting = sightings.get(&player);
        match view.filter(|view| view.outcome == Outcome::Believed) {
            Some(view) if view.online.contains_key(&player) => {
                Some(Presence::Online { since: view.online.get(&player).copied() })
            }
            Some(view) if view.hides_names || private.contains(&player) => None,
            Some(view) => {
                let since = view.window?.since;
                let told = sighting.filter(|sighting| sighting.known_at >= since).and_then(|known| known.last_seen);
                let last_seen = last_seen.get(&player).copied().max(told)?;
                Some(Presence::Offline { last_seen })
            }
            None => sighting.and_then(|sighting| still_true(sighting, now)),
        }
    };
    let mut all: Vec<Suggestion> = found
        .into_iter()
        .map(|player| Suggestion {
            name: names::shown(&player.name),
            presence: presence(player.id),
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

//! One look at a server: who is on, and when the others were there last. What is learnt is kept.
//!
//! The one place that decides which requests a check makes: one for the roster, and one for each player whose last visit
//! is not known well enough.

use std::collections::HashMap;

use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;

use super::{AT_ONCE, App, named};
use crate::{
    domain::{
        facts::{Acquaintance, OnlinePlayer, Roster, Server},
        ids::{PlayerId, ServerId},
        presence::{self, LAST_SEEN_HOLDS_FOR, Presence, Stale, Unknown},
        report::{Purpose, ServerName},
        trouble::Trouble,
    },
    error::Result,
    store::{
        players, servers,
        sightings::{self, Sighting},
    },
};

/// What one look showed.
pub(super) struct Look {
    pub(super) server: ServerName,
    /// When the roster was read; when BattleMetrics failed, when the server was last read.
    pub(super) as_of: Timestamp,
    pub(super) stale: Option<Stale>,
    /// The first thing that went wrong with BattleMetrics, if anything did.
    pub(super) trouble: Option<Trouble>,
    pub(super) hides_names: bool,
    /// Whether the list of players could be read at all.
    has_roster: bool,
    online: HashMap<PlayerId, Option<Timestamp>>,
    sightings: HashMap<PlayerId, Sighting>,
    /// Players who could not be asked for, and why.
    failed: HashMap<PlayerId, Trouble>,
}

impl Look {
    /// What may be said of a player.
    pub(super) fn presence(&self, player: PlayerId) -> Presence {
        let sighting = self.sightings.get(&player);
        let last_seen = sighting.and_then(|sighting| sighting.last_seen);
        let unknown = |cause| Presence::Unknown { cause, last_seen };
        if let Some(why) = self.stale {
            return unknown(Unknown::Stale { why });
        }
        match (self.has_roster, self.trouble) {
            (false, Some(trouble)) => return unknown(Unknown::Trouble { trouble }),
            _ if self.online.contains_key(&player) => {
                return Presence::Online { since: self.online.get(&player).copied().flatten() };
            }
            _ if self.hides_names => return unknown(Unknown::NamesHidden),
            _ => {}
        }
        if let Some(trouble) = self.failed.get(&player) {
            return unknown(Unknown::Trouble { trouble: *trouble });
        }
        match (sighting, last_seen) {
            (Some(Sighting { online: true, since, .. }), _) => Presence::Online { since: *since },
            (_, Some(last_seen)) => Presence::Offline { last_seen },
            (_, None) => unknown(Unknown::NeverSeen),
        }
    }

    /// All that is known of a player on this server.
    pub(super) fn sighting(&self, player: PlayerId) -> Option<&Sighting> {
        self.sightings.get(&player)
    }
}

impl App {
    /// Looks at `server` for `wanted`, each once.
    pub(super) async fn look(&self, server: ServerId, wanted: Vec<PlayerId>) -> Result<Look> {
        let asked = wanted.clone();
        let (known, sightings) =
            self.read(move |conn| Ok((servers::get(conn, server)?, sightings::get(conn, server, &asked)?))).await?;
        let now = self.clock.now();
        let roster = match self.battlemetrics.roster(server, Purpose::Person).await {
            Ok(roster) => roster,
            Err(trouble) => {
                return Ok(Look {
                    server: known.as_ref().map_or_else(
                        || ServerName { id: server, name: server.to_string() },
                        |known| named(&known.server),
                    ),
                    as_of: known.as_ref().map_or(now, |known| known.as_of),
                    stale: None,
                    trouble: Some(trouble),
                    hides_names: known.is_some_and(|known| known.hides_names),
                    has_roster: false,
                    online: HashMap::new(),
                    sightings,
                    failed: HashMap::new(),
                });
            }
        };
        let stale = presence::believable(&roster.server, now).err();
        // An empty list shows nothing either way; what was found out before still holds.
        let hides_names = match roster.online.is_empty() {
            true => known.is_some_and(|known| known.hides_names),
            false => presence::hides_names(&roster),
        };
        let mut look = Look {
            server: named(&roster.server),
            as_of: now,
            stale,
            trouble: None,
            hides_names,
            has_roster: true,
            online: roster.online.iter().map(|player| (player.id, player.since)).collect(),
            sightings,
            failed: HashMap::new(),
        };
        let mut learnt = Vec::new();
        if stale.is_none() {
            self.ask_for_the_absent(&mut look, &wanted, &mut learnt).await;
            learnt.extend(roster.online.iter().map(|player| (player.id, seen_now(&look, player, now))));
            look.sightings.extend(learnt.iter().cloned());
        }
        self.keep_look(roster, learnt, stale.is_none(), hides_names, now).await?;
        Ok(look)
    }

    /// Asks for the last visit of each wanted player who is not on and of whom it is not known well enough.
    async fn ask_for_the_absent(&self, look: &mut Look, wanted: &[PlayerId], learnt: &mut Vec<(PlayerId, Sighting)>) {
        let now = look.as_of;
        let absent: Vec<PlayerId> = wanted
            .iter()
            .copied()
            .filter(|player| !look.online.contains_key(player) && !look.hides_names)
            .filter(|player| look.sightings.get(player).is_none_or(|sighting| !holds(sighting, now)))
            .collect();
        let server = look.server.id;
        let mut answers =
            stream::iter(absent)
                .map(|player| async move {
                    (player, self.battlemetrics.acquaintance(player, server, Purpose::Person).await)
                })
                .buffer_unordered(AT_ONCE);
        while let Some((player, answer)) = answers.next().await {
            match answer {
                Ok(acquaintance) => learnt.push((player, told(acquaintance, now))),
                Err(trouble) => {
                    look.trouble.get_or_insert(trouble);
                    look.failed.insert(player, trouble);
                }
            }
        }
    }

    async fn keep_look(
        &self,
        roster: Roster,
        learnt: Vec<(PlayerId, Sighting)>,
        believed: bool,
        hides_names: bool,
        now: Timestamp,
    ) -> Result<()> {
        self.write(move |tx| {
            let Roster { server, online } = roster;
            keep_server(tx, &server, believed, hides_names, now)?;
            let names: Vec<_> = online.into_iter().map(|player| (player.id, player.name)).collect();
            // Invented names would fill the list of known players with people who do not exist.
            if believed && !hides_names {
                players::remember(tx, &names, now)?;
                sightings::record(tx, server.id, &learnt)?;
            }
            Ok(())
        })
        .await
    }
}

fn keep_server(
    tx: &crate::store::Transaction<'_>,
    server: &Server,
    believed: bool,
    hides_names: bool,
    now: Timestamp,
) -> Result<()> {
    Ok(servers::remember(tx, server, now, believed.then_some(hides_names))?)
}

/// Whether nothing can have happened since that a user would want to know.
fn holds(sighting: &Sighting, now: Timestamp) -> bool {
    !sighting.online && now.duration_since(sighting.known_at) <= LAST_SEEN_HOLDS_FOR
}

/// Somebody on the roster, seen at this very moment.
fn seen_now(look: &Look, player: &OnlinePlayer, now: Timestamp) -> Sighting {
    let before = look.sightings.get(&player.id);
    Sighting {
        last_seen: Some(now),
        first_seen: before.and_then(|sighting| sighting.first_seen),
        total: before.and_then(|sighting| sighting.total),
        online: true,
        since: player.since,
        known_at: now,
    }
}

/// What BattleMetrics remembers of somebody who is not on the roster.
fn told(acquaintance: Option<Acquaintance>, now: Timestamp) -> Sighting {
    let told =
        acquaintance.unwrap_or(Acquaintance { first_seen: None, last_seen: None, time_played: None, online: false });
    Sighting {
        last_seen: told.last_seen,
        first_seen: told.first_seen,
        total: told.time_played,
        online: told.online,
        since: None,
        known_at: now,
    }
}

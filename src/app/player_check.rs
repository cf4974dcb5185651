//! `player check`: all that can be said of one player on the active server.

use futures_util::future::join3;

use super::{App, Asker, group_update::keep_facts, look::Look, server_of};
use crate::{
    domain::{
        facts::{Acquaintance, FormerName},
        ids::PlayerId,
        names,
        presence::Presence,
        report::{Outcome, PlayerCheck, Purpose, SessionLine},
    },
    error::Result,
    store::{groups, players},
};

/// How many of the latest sessions are told.
const SESSIONS: usize = 5;

impl App {
    /// State, sessions, names and groups of the player that `player` means.
    ///
    /// # Errors
    /// Unusable input, unknown player, no server set; a service refused or the database failed.
    pub async fn player_check(&self, asker: &Asker, player: &str) -> Result<Outcome<PlayerCheck>> {
        let guild = asker.guild.clone();
        let server = self.read(move |conn| server_of(conn, &guild, None)).await?;
        let found = match self.find_player(&asker.guild, player, Some(server), Purpose::Person).await? {
            Outcome::Done(found) => found,
            Outcome::Choose(choice) => return Ok(Outcome::Choose(choice)),
        };
        let (now, named) = (self.clock.now(), found.clone());
        self.keep_by_the_way(move |tx| named.remember(tx, now)).await?;
        let look = self.look(server, vec![found.id]).await?;
        let (facts, sessions, times) = join3(
            self.battlemetrics.player(found.id, Purpose::Person),
            self.battlemetrics.sessions(found.id, server, 1, Purpose::Person),
            self.times_of_the_present(&look, found.id),
        )
        .await;

        let now = self.clock.now();
        let guild = asker.guild.clone();
        let learnt = facts.as_ref().ok().cloned();
        if let Some(player) = learnt {
            self.keep_by_the_way(move |tx| keep_facts(tx, player, now).map(drop)).await?;
        }
        let (known, groups, steam) = self
            .read(move |conn| {
                let groups = groups::holding(conn, &guild, found.id)?;
                Ok((players::get(conn, found.id)?, groups, groups::steam_of_player(conn, &guild, found.id)?))
            })
            .await?;

        let sighting = look.sighting(found.id);
        let (sessions, sessions_trouble) = match sessions {
            Ok(sessions) => (sessions, None),
            Err(trouble) => (Vec::new(), Some(trouble)),
        };
        Ok(Outcome::Done(PlayerCheck {
            player: found.id,
            name: names::shown(known.as_ref().map_or(&found.name, |known| &known.name)),
            steam,
            private: known.as_ref().is_some_and(|known| known.private),
            presence: look.presence(found.id),
            first_seen: times.first_seen.or_else(|| sighting?.first_seen),
            total: times.time_played.or_else(|| sighting?.total),
            sessions: sessions
                .into_iter()
                .take(SESSIONS)
                .map(|session| SessionLine { start: session.start, stop: session.stop })
                .collect(),
            sessions_trouble,
            names: known.map_or_else(Vec::new, |known| {
                let shown = |former: FormerName| FormerName { name: names::shown(&former.name), ..former };
                known.names.into_iter().map(shown).collect()
            }),
            groups,
            as_of: look.as_of,
            stale: look.stale,
            trouble: look.trouble.or(facts.err()),
            server: look.server,
        }))
    }

    /// First visit and total of somebody who is on: a look asks for those of the absent only.
    async fn times_of_the_present(&self, look: &Look, player: PlayerId) -> Acquaintance {
        let told = match look.presence(player) {
            Presence::Online { .. } => {
                self.battlemetrics.acquaintance(player, look.server.id, Purpose::Person).await.ok().flatten()
            }
            _ => None,
        };
        told.unwrap_or(Acquaintance { first_seen: None, last_seen: None, time_played: None, online: false })
    }
}

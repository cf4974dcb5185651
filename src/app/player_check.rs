//! `player check`: all that can be said of one player on the active server.

use futures_util::future::join;

use super::{App, Asker, server_of};
use crate::{
    domain::{
        facts::FormerName,
        names,
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
        let found = match self.find_player(player, Some(server), Purpose::Person).await? {
            Outcome::Done(found) => found,
            Outcome::Choose(choice) => return Ok(Outcome::Choose(choice)),
        };
        let look = self.look(server, vec![found.id]).await?;
        let (facts, sessions) = join(
            self.battlemetrics.player(found.id, Purpose::Person),
            self.battlemetrics.sessions(found.id, server, 1, Purpose::Person),
        )
        .await;

        let now = self.clock.now();
        let guild = asker.guild.clone();
        let learnt = facts.as_ref().ok().cloned();
        let fallback = found.name.clone();
        let (known, groups) = self
            .write(move |tx| {
                if let Some(player) = learnt {
                    players::remember_former(tx, player.id, &player.names)?;
                    players::remember(tx, &[(player.id, player.name)], now)?;
                    players::set_private(tx, player.id, player.private)?;
                } else {
                    players::remember(tx, &[(found.id, fallback)], now)?;
                }
                Ok((players::get(tx, found.id)?, groups::holding(tx, &guild, found.id)?))
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
            steam: known.as_ref().and_then(|known| known.steam),
            private: known.as_ref().is_some_and(|known| known.private),
            presence: look.presence(found.id),
            first_seen: sighting.and_then(|sighting| sighting.first_seen),
            total: sighting.and_then(|sighting| sighting.total),
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
}

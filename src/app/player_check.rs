//! `player check`: all that can be said of one player on the active server.

use futures_util::future::join3;
use jiff::{SignedDuration, Timestamp};

use super::{
    App, Asker, certain,
    group_update::keep_facts,
    look::{Look, Reach},
    server_of,
    storage::kept,
    watch,
};
use crate::{
    domain::{
        facts::{Acquaintance, FormerName, Past, PastSession, Player},
        ids::{PlayerId, ServerId},
        names,
        presence::{PROFILE_HOLDS_FOR, Presence},
        report::{Outcome, PlayerCheck, Purpose, SessionLine},
        session::{self, Ending, Span},
        trouble::Trouble,
    },
    error::Result,
    store::{self, groups, inquiries, players, sessions},
};

/// How many of the latest sessions are told.
const SESSIONS: usize = 5;

/// What is told of a player besides the presence.
struct File {
    first_seen: Option<Timestamp>,
    total: Option<SignedDuration>,
    /// Newest first.
    sessions: std::result::Result<Vec<SessionLine>, Trouble>,
    /// Why the profile could not be read.
    trouble: Option<Trouble>,
}

/// What BattleMetrics answered.
struct Answers {
    profile: std::result::Result<Player, Trouble>,
    sessions: std::result::Result<Past, Trouble>,
    /// None when it was not asked for, or not answered.
    acquaintance: Option<Acquaintance>,
}

impl App {
    /// State, sessions, names and groups of the player that `player` means.
    ///
    /// # Errors
    /// Unusable input, unknown player, no server set; a service refused or the database failed.
    pub async fn player_check(&self, asker: &Asker, player: &str) -> Result<Outcome<PlayerCheck>> {
        self.player_check_within(asker, player, Reach::Outside).await.and_then(certain)
    }

    /// As [`Self::player_check`], from a poll of now if the server is watched: several who ask share one, and none is made
    /// within 15 s of the last.
    ///
    /// # Errors
    /// As [`Self::player_check`].
    pub async fn player_check_anew(&self, asker: &Asker, player: &str) -> Result<Outcome<PlayerCheck>> {
        self.player_check_within(asker, player, Reach::Anew).await.and_then(certain)
    }

    /// As [`Self::player_check`], without asking any service; none when that takes one. Names are looked up outside.
    ///
    /// # Errors
    /// As [`Self::player_check`].
    pub async fn player_check_at_hand(&self, asker: &Asker, player: &str) -> Result<Option<Outcome<PlayerCheck>>> {
        self.player_check_within(asker, player, Reach::AtHand).await
    }

    async fn player_check_within(
        &self,
        asker: &Asker,
        player: &str,
        reach: Reach,
    ) -> Result<Option<Outcome<PlayerCheck>>> {
        let guild = asker.guild.clone();
        let server = self.read(move |conn| server_of(conn, &guild, None)).await?;
        let found = match self.find_player_within(&asker.guild, player, server, reach).await? {
            Some(Outcome::Done(found)) => found,
            Some(Outcome::Choose(choice)) => return Ok(Some(Outcome::Choose(choice))),
            None => return Ok(None),
        };
        let (now, named) = (self.clock.now(), found.clone());
        if found.is_news {
            self.keep_by_the_way(move |tx| named.remember(tx, now)).await?;
        }
        let Some(look) = self.look(server, vec![found.id], reach).await? else { return Ok(None) };
        let file = match self.file_at_hand(server, found.id).await? {
            Some(file) => file,
            None if reach == Reach::AtHand => return Ok(None),
            None => self.file_from_outside(&look, found.id).await?,
        };
        let guild = asker.guild.clone();
        let (known, groups, steam) = self
            .read(move |conn| {
                let groups = groups::holding(conn, &guild, found.id)?;
                Ok((players::get(conn, found.id)?, groups, groups::steam_of_player(conn, &guild, found.id)?))
            })
            .await?;
        let (sessions, sessions_trouble) = match file.sessions {
            Ok(sessions) => (sessions.into_iter().take(SESSIONS).collect(), None),
            Err(trouble) => (Vec::new(), Some(trouble)),
        };
        let presence = look.presence(found.id);
        Ok(Some(Outcome::Done(PlayerCheck {
            player: found.id,
            name: names::shown(known.as_ref().map_or(&found.name, |known| &known.name)),
            steam,
            // Whoever is on the list is listed.
            private: !matches!(presence, Presence::Online { .. }) && known.as_ref().is_some_and(|known| known.private),
            presence,
            first_seen: file.first_seen,
            total: file.total,
            sessions,
            sessions_trouble,
            names: known.map_or_else(Vec::new, |known| {
                let shown = |former: FormerName| FormerName { name: names::shown(&former.name), ..former };
                known.names.into_iter().map(shown).collect()
            }),
            groups,
            as_of: look.as_of,
            stale: look.stale,
            trouble: look.trouble.or(file.trouble),
            hides_names: look.hides_names,
            server: look.server,
        })))
    }

    /// The file of a player on a watched server of whom everything was asked for before; none otherwise.
    async fn file_at_hand(&self, server: ServerId, player: PlayerId) -> Result<Option<File>> {
        let now = self.clock.now();
        let is_read = self.watch.profile_read(player).is_some_and(|read| now.duration_since(read) < PROFILE_HOLDS_FOR);
        let view = self.watch.view(server, &[player], now).filter(|_| is_read);
        let (Some(view), Some((told, at))) = (view, self.watch.acquaintance(server, player)) else { return Ok(None) };
        let kept = self.read(move |conn| {
            let is_asked = inquiries::of(conn, server, &[player])?.contains_key(&player);
            Ok(if is_asked { Some(sessions::of(conn, player, server)?) } else { None })
        });
        let Some(kept) = kept.await? else { return Ok(None) };
        let mut visits = watch::with_waiting(kept, &view.waiting, player);
        visits.extend(view.running(server, player));
        let since = Span::new(at, now).map(|since| session::total_within(&session::spans(&visits), since));
        let line = |visit: &sessions::Visit| SessionLine {
            start: Some(visit.start),
            stop: (visit.ending != Ending::Open).then_some(visit.stop),
            ending: visit.ending,
        };
        Ok(Some(File {
            first_seen: told.first_seen,
            total: told.time_played.map(|total| total + since.unwrap_or_default()),
            sessions: Ok(visits.iter().rev().map(line).collect()),
            trouble: None,
        }))
    }

    /// The same from BattleMetrics; of a watched server it is kept, so that it is at hand the next time.
    async fn file_from_outside(&self, look: &Look, player: PlayerId) -> Result<File> {
        let (server, now) = (look.server.id, self.clock.now());
        let answers = self.ask_for_the_file(look, player).await;
        let before = self.watch.profile_read(player);
        let learnt = answers.profile.as_ref().ok().cloned();
        if let Some(profile) = learnt {
            let keep = move |tx: &store::Transaction<'_>| {
                watch::note_privacy(tx, server, (player, profile.private), before)?;
                keep_facts(tx, profile, now)
            };
            if self.keep_by_the_way(keep).await? {
                self.watch.note_profile(player, now);
            }
        }
        if let (Ok(told), Ok(profile)) = (&answers.sessions, &answers.profile) {
            let told = watch::Told::new(told.clone(), !profile.private);
            kept(self.learn_the_past(server, player, told, now).await)?;
        }
        let trouble = answers.profile.err();
        if let (None, Some(file)) = (trouble, self.file_at_hand(server, player).await?) {
            return Ok(file);
        }
        let sighting = look.sighting(player);
        let told = answers.acquaintance;
        let line = |told: PastSession| SessionLine {
            start: told.start,
            stop: told.stop,
            ending: if told.stop.is_some() { Ending::Left } else { Ending::Open },
        };
        Ok(File {
            first_seen: told.and_then(|told| told.first_seen).or_else(|| sighting?.first_seen),
            total: told.and_then(|told| told.time_played).or_else(|| sighting?.total),
            sessions: answers.sessions.map(|told| told.sessions.into_iter().map(line).collect()),
            trouble,
        })
    }

    async fn ask_for_the_file(&self, look: &Look, player: PlayerId) -> Answers {
        let (server, purpose) = (look.server.id, Purpose::Person);
        // A look asks for the first visit and the total of the absent only.
        let is_on = matches!(look.presence(player), Presence::Online { .. });
        let is_told = self.watch.acquaintance(server, player).is_some();
        let is_wanted = is_on || (self.watch.is_watching(server) && !is_told && look.is_telling());
        let acquaintance = async {
            if !is_wanted {
                return None;
            }
            let told = self.battlemetrics.acquaintance(player, server, purpose).await.ok()?;
            self.watch.note_acquaintance(server, player, told.unwrap_or_default(), self.clock.now());
            told
        };
        let (profile, sessions, acquaintance) = join3(
            self.battlemetrics.player(player, purpose),
            self.battlemetrics.sessions(player, server, 1, purpose),
            acquaintance,
        )
        .await;
        Answers { profile, sessions, acquaintance }
    }
}

//! One look at a server: who is on, and when the others were there last. What is learnt is kept.
//!
//! The one place that decides which requests a check makes: none for the roster of a server that is watched, else one; and
//! one for each player whose last visit is not known well enough.

use std::collections::{HashMap, HashSet};

use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;

use super::{
    AT_ONCE, App, named,
    watch::{Outcome, View},
};
use crate::{
    domain::{
        facts::{Acquaintance, OnlinePlayer, Roster, Server},
        hiding::Names,
        ids::{PlayerId, ServerId},
        presence::{self, LAST_SEEN_HOLDS_FOR, Presence, Stale, Unknown},
        report::{Purpose, ServerName},
        trouble::{Trouble, TroubleKind},
    },
    error::{Error, Result},
    store::{
        self, inquiries, players, servers, sessions,
        sightings::{self, Sighting},
        watch as kept,
    },
};

/// How far somebody's question may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Nobody is asked.
    AtHand,
    /// Services are asked where what is at hand does not do.
    Outside,
    /// The server is asked for now, for somebody who will not wait for the next poll.
    Anew,
}

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
    /// Absent players of whom nothing is known from one instant to another, at which the watch began to look again.
    unobserved: HashMap<PlayerId, (Timestamp, Timestamp)>,
    /// Players whose profile is private, as far as we know.
    private: HashSet<PlayerId>,
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
        if self.private.contains(&player) {
            return unknown(Unknown::PrivateProfile);
        }
        if let Some(trouble) = self.failed.get(&player) {
            return unknown(Unknown::Trouble { trouble: *trouble });
        }
        if let Some((from, until)) = self.unobserved.get(&player) {
            return unknown(Unknown::NotObserved { from: *from, until: *until });
        }
        match (sighting, last_seen) {
            (Some(Sighting { online: true, since, .. }), _) => Presence::Online { since: *since },
            (_, Some(last_seen)) => Presence::Offline { last_seen },
            (_, None) => unknown(Unknown::NeverSeen),
        }
    }

    /// Whether the list of players was read and is believed, so that this was a look at all.
    pub(super) fn is_telling(&self) -> bool {
        self.has_roster && self.stale.is_none()
    }

    /// Those who are not on and of whose last visit too little is known.
    fn to_ask_for(&self, wanted: impl Iterator<Item = PlayerId>) -> Vec<PlayerId> {
        let is_unknown = |player: &PlayerId| {
            let is_known = self.sightings.get(player).is_some_and(|sighting| holds(sighting, self.as_of));
            !self.online.contains_key(player) && !self.hides_names && !is_known
        };
        wanted.filter(is_unknown).collect()
    }

    /// Takes in what was learnt; a time that was known and is not told now still holds.
    fn learn(&mut self, learnt: Vec<(PlayerId, Sighting)>) {
        for (player, sighting) in learnt {
            let known = self.sightings.get(&player);
            let sighting = Sighting {
                last_seen: sighting.last_seen.max(known.and_then(|known| known.last_seen)),
                first_seen: known.and_then(|known| known.first_seen).into_iter().chain(sighting.first_seen).min(),
                total: sighting.total.or_else(|| known?.total),
                ..sighting
            };
            self.sightings.insert(player, sighting);
            self.unobserved.remove(&player);
        }
    }

    /// All that is known of a player on this server.
    pub(super) fn sighting(&self, player: PlayerId) -> Option<&Sighting> {
        self.sightings.get(&player)
    }
}

impl App {
    /// Looks at `server` for `wanted`, who have to be known already, each once: from the watch if that is fresh. None when
    /// that does not reach.
    pub(super) async fn look(&self, server: ServerId, wanted: Vec<PlayerId>, reach: Reach) -> Result<Option<Look>> {
        let is_watched = self.watch.is_watching(server);
        let is_old = || {
            let now = self.clock.now();
            is_watched && self.watch.view(server, &[], now).is_none() && !self.watch.is_refused(now)
        };
        let hindered = if reach == Reach::Anew || (reach == Reach::Outside && is_old()) {
            self.watch_forced(server).await?
        } else {
            None
        };
        let now = self.clock.now();
        if let Some(view) = self.watch.view(server, &wanted, now) {
            let mut look = self.look_at_the_watch(server, wanted, view, reach).await?;
            if let Some(look) = &mut look {
                look.trouble = look.trouble.or(hindered);
            }
            return Ok(look);
        }
        if reach == Reach::AtHand {
            return Ok(None);
        }
        // A second request would not be told more than the first.
        match self.watch.last_view(server, &wanted, now).filter(|_| is_watched) {
            Some(mut view) => {
                view.outcome = hindered.map_or(view.outcome, Outcome::Trouble);
                self.look_at_the_watch(server, wanted, view, reach).await
            }
            None => self.look_itself(server, wanted).await.map(Some),
        }
    }

    /// What the watch knows by itself, however old: asks nobody. None before it has polled the server at all.
    pub(super) async fn glance(&self, server: ServerId, wanted: &[PlayerId]) -> Result<Option<Look>> {
        match self.watch.last_view(server, wanted, self.clock.now()) {
            Some(view) => self.recall(server, wanted.to_vec(), view).await.map(Some),
            None => Ok(None),
        }
    }

    /// What the watch saw, and for the absent what it knows not well enough, what BattleMetrics tells.
    async fn look_at_the_watch(
        &self,
        server: ServerId,
        wanted: Vec<PlayerId>,
        view: View,
        reach: Reach,
    ) -> Result<Option<Look>> {
        let mut look = self.recall(server, wanted.clone(), view).await?;
        if look.is_telling() {
            // Whoever was absent all the time since their last visit became known need not be asked for.
            let is_new = |player: &PlayerId| !look.sightings.contains_key(player);
            let unsure = wanted.into_iter().filter(|player| {
                (is_new(player) || look.unobserved.contains_key(player)) && !look.private.contains(player)
            });
            let unsure = look.to_ask_for(unsure);
            if reach == Reach::AtHand {
                // What happened while nobody looked is asked for anyway, and nobody waits for that.
                let is_enough = !unsure.iter().any(is_new);
                self.watch.hurry(server, &unsure);
                return Ok(is_enough.then_some(look));
            }
            let mut learnt = Learnt::default();
            self.ask_for_the_absent(&mut look, unsure, &mut learnt).await;
            if !learnt.is_empty() {
                let kept = learnt.clone();
                self.keep_by_the_way(move |tx| kept.keep(tx, server)).await?;
                look.learn(learnt.sightings);
            }
        }
        Ok(Some(look))
    }

    /// What the watch saw, and what its sessions and earlier looks tell of the absent.
    async fn recall(&self, server: ServerId, wanted: Vec<PlayerId>, view: View) -> Result<Look> {
        let (now, as_of) = (self.clock.now(), view.as_of());
        let (asked, window, just_seen) = (wanted.clone(), view.window, view.just_seen().collect::<Vec<_>>());
        let known = self.read(move |conn| {
            let mut sightings = sightings::get(conn, server, &asked)?;
            let inquiries = inquiries::of(conn, server, &asked)?;
            for (player, last) in sessions::last_seen(conn, server, &asked)?.into_iter().chain(just_seen) {
                let sighting = sightings.entry(player).or_insert(Sighting { known_at: last, ..never_seen(last) });
                sighting.last_seen = sighting.last_seen.max(Some(last));
                sighting.known_at = sighting.known_at.max(last);
            }
            for (player, sighting) in &mut sightings {
                sighting.online = false;
                sighting.known_at =
                    inquiries.get(player).map_or(sighting.known_at, |inquiry| sighting.known_at.max(inquiry.at));
            }
            let before = window.map(|window| Ok::<_, Error>((window, kept::windows(conn, server)?))).transpose()?;
            Ok((sightings, players::private_among(conn, &asked)?, before))
        });
        let (sightings, private, before) = known.await?;
        let unobserved = before.map_or_else(HashMap::new, |(window, looked)| {
            let last = looked.iter().map(|span| span.stop()).filter(|stop| *stop < window.since).max();
            let unknown = sightings.iter().filter(|(_, known)| known.known_at < window.since);
            unknown
                .map(|(player, known)| (*player, (last.max(Some(known.known_at)), window.since)))
                .filter_map(|(player, (from, until))| Some((player, (from?, until))))
                .collect()
        });
        let (stale, trouble) = match view.outcome {
            Outcome::Believed => (None, None),
            Outcome::Stale(why) => (Some(why), None),
            Outcome::Trouble(trouble) => (None, Some(trouble)),
        };
        let look = Look {
            server: view.server.as_ref().map_or_else(|| ServerName { id: server, name: server.to_string() }, named),
            as_of,
            stale,
            trouble,
            hides_names: view.hides_names,
            has_roster: trouble.is_none(),
            online: view.online.into_iter().map(|(player, since)| (player, Some(since))).collect(),
            sightings,
            failed: HashMap::new(),
            unobserved,
            private,
        };
        if look.is_telling() && !look.hides_names {
            let missing = wanted.into_iter().filter(|player| !look.online.contains_key(player));
            let missing: Vec<_> =
                missing.map(|player| (player, look.sighting(player).and_then(|sighting| sighting.last_seen))).collect();
            self.watch.misses(server, &missing, now);
        }
        Ok(look)
    }

    async fn look_itself(&self, server: ServerId, wanted: Vec<PlayerId>) -> Result<Look> {
        let asked = wanted.clone();
        let (known, sightings, private) = self
            .read(move |conn| {
                let sightings = sightings::get(conn, server, &asked)?;
                Ok((servers::get(conn, server)?, sightings, players::private_among(conn, &asked)?))
            })
            .await?;
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
                    unobserved: HashMap::new(),
                    private,
                });
            }
        };
        let stale = self.stale(&roster.server, now);
        let hides_names = Names::of(&roster, now).are_hidden(known.is_some_and(|known| known.hides_names));
        let mut look = Look {
            server: named(&roster.server),
            as_of: if stale.is_none() { presence::as_of(roster.server.updated_at, now) } else { now },
            stale,
            trouble: None,
            hides_names,
            has_roster: true,
            online: roster.online.iter().map(|player| (player.id, player.since)).collect(),
            sightings,
            failed: HashMap::new(),
            unobserved: HashMap::new(),
            private,
        };
        let mut learnt = Learnt::default();
        if stale.is_none() {
            learnt
                .sightings
                .extend(roster.online.iter().map(|player| (player.id, on_the_list(player, &roster.server, now))));
            let absent = look.to_ask_for(wanted.iter().copied());
            self.ask_for_the_absent(&mut look, absent, &mut learnt).await;
        }
        self.keep_look(roster, learnt.clone(), &look, now).await?;
        if !look.hides_names {
            look.learn(learnt.sightings);
        }
        Ok(look)
    }

    /// Asks for the last visit of each of these players.
    async fn ask_for_the_absent(&self, look: &mut Look, absent: Vec<PlayerId>, learnt: &mut Learnt) {
        let now = self.clock.now();
        let server = look.server.id;
        let asked = absent.into_iter().map(|player| {
            let was_seen = look.sightings.get(&player).is_some_and(|sighting| sighting.last_seen.is_some());
            (player, was_seen, look.private.contains(&player))
        });
        let asked: Vec<_> = asked.collect();
        let mut answers = stream::iter(asked)
            .map(|(player, was_seen, was_private)| async move {
                (player, self.last_visit((player, server), was_seen, was_private, Purpose::Person).await)
            })
            .buffer_unordered(AT_ONCE);
        while let Some((player, answer)) = answers.next().await {
            match answer {
                Ok(told) => {
                    match told.private {
                        Some(true) => look.private.insert(player),
                        _ => look.private.remove(&player),
                    };
                    if let Some(acquaintance) = told.acquaintance {
                        self.watch.note_acquaintance(server, player, acquaintance, now);
                    }
                    learnt.add(player, &told, now);
                }
                Err(trouble) => {
                    look.trouble.get_or_insert(trouble);
                    look.failed.insert(player, trouble);
                }
            }
        }
    }

    /// Asks for somebody's last visit; of somebody who hid the profile, and where nothing is told of somebody who was there,
    /// whether the profile is private.
    pub(super) async fn last_visit(
        &self,
        (player, server): (PlayerId, ServerId),
        was_seen: bool,
        was_private: bool,
        purpose: Purpose,
    ) -> std::result::Result<LastVisit, Trouble> {
        let told = self.battlemetrics.acquaintance(player, server, purpose).await?;
        let acquaintance = told.filter(|told| told.last_seen.is_some() || told.online);
        if !was_private && (!was_seen || acquaintance.is_some()) {
            return Ok(LastVisit { acquaintance, private: None });
        }
        match self.battlemetrics.player(player, purpose).await {
            Ok(profile) => Ok(LastVisit { acquaintance, private: Some(profile.private) }),
            // A player whom BattleMetrics has forgotten hides nothing: there is what we saw.
            Err(Trouble { kind: TroubleKind::NotFound, .. }) => Ok(LastVisit { acquaintance, private: None }),
            Err(trouble) => Err(trouble),
        }
    }

    /// Keeps what was learnt, if the disk takes it.
    async fn keep_look(&self, roster: Roster, learnt: Learnt, look: &Look, now: Timestamp) -> Result<()> {
        let (believed, hides_names) = (look.stale.is_none(), look.hides_names);
        self.keep_by_the_way(move |tx| {
            let Roster { server, online } = roster;
            servers::remember(tx, &server, now, believed.then_some(hides_names))?;
            // Invented names would fill the list of known players with people who do not exist.
            if believed && !hides_names {
                let names: Vec<_> = online.into_iter().map(|player| (player.id, player.name)).collect();
                players::remember(tx, &names, now)?;
                learnt.keep(tx, server.id)?;
            }
            Ok(())
        })
        .await?;
        Ok(())
    }
}

/// What is told of a player's last visit.
pub(super) struct LastVisit {
    acquaintance: Option<Acquaintance>,
    /// Whether the profile is private, if that was asked.
    pub(super) private: Option<bool>,
}

/// What a look brought to light, to be kept.
#[derive(Clone, Default)]
pub(super) struct Learnt {
    sightings: Vec<(PlayerId, Sighting)>,
    /// Whose profile is private, and whose is not.
    private: Vec<(PlayerId, bool)>,
}

impl Learnt {
    fn is_empty(&self) -> bool {
        self.sightings.is_empty() && self.private.is_empty()
    }

    /// Takes in what was told of a player at `now`.
    pub(super) fn add(&mut self, player: PlayerId, told: &LastVisit, now: Timestamp) {
        self.private.extend(told.private.map(|private| (player, private)));
        if told.private != Some(true) {
            // Noted also when there is none, so as not to be asked again soon.
            self.sightings.push((player, told.acquaintance.map_or(never_seen(now), |told| last_told(told, now))));
        }
    }

    pub(super) fn keep(&self, tx: &store::Transaction<'_>, server: ServerId) -> Result<()> {
        sightings::record(tx, server, &self.sightings)?;
        for (player, sighting) in &self.sightings {
            if sighting.last_seen.is_some() {
                players::is_listed(tx, *player)?;
            }
        }
        self.private.iter().try_for_each(|(player, private)| Ok(players::set_private(tx, *player, *private)?))
    }
}

/// Whether nothing can have happened since that a user would want to know.
fn holds(sighting: &Sighting, now: Timestamp) -> bool {
    !sighting.online && now.duration_since(sighting.known_at) <= LAST_SEEN_HOLDS_FOR
}

/// Somebody on the roster: seen when BattleMetrics last looked, which is some minutes ago at the most.
fn on_the_list(player: &OnlinePlayer, server: &Server, now: Timestamp) -> Sighting {
    let looked = server.updated_at.map_or(now, |updated_at| updated_at.min(now));
    Sighting {
        last_seen: Some(player.since.map_or(looked, |since| since.max(looked))),
        first_seen: None,
        total: None,
        online: true,
        since: player.since,
        known_at: now,
    }
}

/// What BattleMetrics remembers of somebody who is not on the roster.
fn last_told(acquaintance: Acquaintance, now: Timestamp) -> Sighting {
    let Acquaintance { first_seen, last_seen, time_played, online } = acquaintance;
    Sighting { last_seen, first_seen, total: time_played, online, since: None, known_at: now }
}

fn never_seen(now: Timestamp) -> Sighting {
    Sighting { last_seen: None, first_seen: None, total: None, online: false, since: None, known_at: now }
}

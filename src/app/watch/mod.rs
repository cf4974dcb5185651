//! The watch: one step of background work at a time. Polls each server that somebody needs, keeps who came and went, and
//! fills in the past behind that.
//!
//! Wiring owns the loop. What a look means and what is due is decided in `domain`; what is told, by the use cases.

mod past;
mod place;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

use self::{
    past::Past,
    place::{Place, second},
};
pub(super) use self::{past::note_privacy, place::Outcome};
use super::{App, named, storage};
use crate::{
    domain::{
        attendance::Window,
        facts::{Acquaintance, Roster, Server},
        ids::{PlayerId, ServerId},
        presence::Stale,
        report::{Health, Purpose, ServerName, WatchRow},
        schedule,
        session::{Ending, Session, Source},
        trouble::Trouble,
    },
    error::{Error, Result},
    store::{
        sessions::{self, Bookmark, Visit},
        watch::{self as kept, Demand},
    },
};

/// How the watch is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchOptions {
    /// How often a server with tracked players is polled.
    pub every: SignedDuration,
    /// For how many days strangers' sessions and names are kept.
    pub keep_strangers_days: u32,
    /// For how many days members' sessions are kept.
    pub keep_members_days: u32,
}

impl Default for WatchOptions {
    fn default() -> Self {
        Self { every: SignedDuration::from_mins(1), keep_strangers_days: 45, keep_members_days: 400 }
    }
}

/// What a step did, and when the next one is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// When to call again.
    pub next: Timestamp,
    /// Servers on which something that may be shown has changed: boards and alerts look at these.
    pub changed: Vec<ServerId>,
    /// The service has begun to refuse everything; told once. Nothing is polled until it works again.
    pub refused: Option<Trouble>,
}

/// How often a bite of what is old is forgotten: rarely, for what goes together costs the disk least.
const PRUNED_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// Players of whom it is remembered what was told; more are asked for again.
const MOST_ACQUAINTANCES: usize = 4096;

/// What the watch remembers between its steps.
pub(super) struct Watch {
    options: WatchOptions,
    state: Mutex<State>,
    /// One step at a time, whoever takes it.
    steps: tokio::sync::Mutex<()>,
    /// One poll of a server at a time, whoever wants it.
    turns: Mutex<HashMap<ServerId, Arc<tokio::sync::Mutex<()>>>>,
}

#[derive(Default)]
struct State {
    places: BTreeMap<ServerId, Place>,
    demand: Demand,
    refused: Option<Trouble>,
    past: Past,
    pruned: Option<Timestamp>,
    /// When the last step was taken.
    stepped: Option<Timestamp>,
    bookmark: Bookmark,
    /// What was told of players on servers, and when.
    acquaintances: HashMap<(ServerId, PlayerId), (Acquaintance, Timestamp)>,
    /// Servers on which something changed since the last step told of them.
    changed: BTreeSet<ServerId>,
}

/// What the watch shows of a server.
pub(super) struct View {
    pub(super) server: Option<Server>,
    pub(super) outcome: Outcome,
    /// When the last poll ended.
    pub(super) at: Timestamp,
    pub(super) hides_names: bool,
    pub(super) window: Option<Window>,
    /// Those of the wanted players who are on, and since when.
    pub(super) online: HashMap<PlayerId, Timestamp>,
    /// When those of them left whose leaving is not kept yet.
    pub(super) left: HashMap<PlayerId, Timestamp>,
}

impl View {
    /// The session of a wanted player that runs.
    pub(super) fn running(&self, server: ServerId, player: PlayerId) -> Option<Visit> {
        let (start, window) = (*self.online.get(&player)?, self.window?);
        let stop = window.until.max(start);
        Some(Session { subject: player, place: server, start, stop, ending: Ending::Open, source: Source::Watched })
    }
}

impl Watch {
    pub(super) fn new(options: WatchOptions) -> Self {
        Self { options, state: Mutex::default(), steps: tokio::sync::Mutex::default(), turns: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing is left half done when a holder panics.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turn(&self, server: ServerId) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(server).or_default())
    }

    /// What the last poll of the server showed, if it is one of the present.
    pub(super) fn view(&self, server: ServerId, wanted: &[PlayerId], now: Timestamp) -> Option<View> {
        self.state().places.get(&server).filter(|place| place.is_fresh(now))?.view(wanted)
    }

    /// As [`Self::view`], but also of a poll long ago, which is not believed then.
    pub(super) fn last_view(&self, server: ServerId, wanted: &[PlayerId], now: Timestamp) -> Option<View> {
        let state = self.state();
        let place = state.places.get(&server)?;
        let mut view = place.view(wanted)?;
        if view.outcome == Outcome::Believed && !place.is_fresh(now) {
            view.outcome = Outcome::Stale(Stale::TooOld { since: Some(view.at) });
        }
        Some(view)
    }

    /// Who is on the server, and who was there a moment ago, by name.
    pub(super) fn met(&self, server: ServerId) -> HashMap<PlayerId, String> {
        self.state().places.get(&server).map(Place::met).unwrap_or_default()
    }

    /// Takes note of tracked players who are missing and of whom it should be found out whether they hid the profile;
    /// with each, when they were last seen.
    pub(super) fn misses(&self, server: ServerId, missing: &[(PlayerId, Option<Timestamp>)], now: Timestamp) {
        let mut state = self.state();
        let State { past, demand, .. } = &mut *state;
        let Some(tracked) = demand.get(&server) else { return };
        let missing = missing.iter().filter(|(player, _)| tracked.contains(player));
        missing.for_each(|(player, last_seen)| past.doubt(server, *player, *last_seen, now));
    }

    /// What BattleMetrics told of a player since when the server has been watched without a gap, and when.
    pub(super) fn acquaintance(&self, server: ServerId, player: PlayerId) -> Option<(Acquaintance, Timestamp)> {
        let state = self.state();
        let since = state.places.get(&server)?.attendance.window()?.since;
        state.acquaintances.get(&(server, player)).copied().filter(|(_, at)| *at >= since)
    }

    /// Remembers the same.
    pub(super) fn note_acquaintance(&self, server: ServerId, player: PlayerId, told: Acquaintance, at: Timestamp) {
        let known = &mut self.state().acquaintances;
        if known.len() >= MOST_ACQUAINTANCES {
            known.clear();
        }
        known.insert((server, player), (told, at));
    }

    /// When a player's profile was last read.
    pub(super) fn profile_read(&self, player: PlayerId) -> Option<Timestamp> {
        self.state().past.profile_read(player)
    }

    /// Remembers the same.
    pub(super) fn note_profile(&self, player: PlayerId, at: Timestamp) {
        self.state().past.note_profile(player, at);
    }

    /// Whether this process watches the server.
    pub(super) fn is_watching(&self, server: ServerId) -> bool {
        self.state().places.get(&server).is_some_and(|place| place.asked.is_some())
    }
}

impl App {
    /// One step of background work, whatever is due: a poll, a look into the past, some forgetting.
    ///
    /// On a disk that takes nothing it goes on in memory: see [`App::storage_trouble`].
    ///
    /// # Errors
    /// The database failed otherwise, or cannot be read. Nothing is lost by that: what could not be kept is kept with a
    /// later step.
    pub async fn watch_step(&self) -> Result<Step> {
        let _step = self.watch.steps.lock().await;
        self.heed_demand().await?;
        let now = self.clock.now();
        self.watch.state().mind_the_clock(now);
        let due = self.watch.state().next_poll(now);
        let mut step = Step { next: now, changed: Vec::new(), refused: None };
        match due {
            Some((server, at)) if at <= now => {
                let was_refused = self.watch.state().refused.is_some();
                self.poll(server, Purpose::Watch).await?;
                step.refused = self.watch.state().refused.filter(|_| !was_refused);
            }
            _ => {
                let told = self.fill_in_the_past().await?;
                self.watch.state().changed.extend(told);
                self.forget_a_bite().await?;
            }
        }
        let now = self.clock.now();
        let mut state = self.watch.state();
        step.next = state.next_step(now);
        step.changed = std::mem::take(&mut state.changed).into_iter().collect();
        Ok(step)
    }

    /// Polls a watched server for a person who will not wait for its turn. Of several who ask, one poll serves all, and
    /// none is made within 15 s of the last. Returns whether anything changed that may be shown.
    ///
    /// # Errors
    /// The database failed.
    pub async fn watch_forced(&self, server: ServerId) -> Result<bool> {
        let turn = self.watch.turn(server);
        let _turn = turn.lock().await;
        let now = self.clock.now();
        let asked = self.watch.state().places.get(&server).map(|place| place.asked);
        match asked {
            None => Ok(false),
            Some(Some(asked)) if now.duration_since(asked) < schedule::FORCED => Ok(false),
            Some(_) => self.poll_in_turn(server, Purpose::Person).await,
        }
    }

    /// Keeps what was gathered. To be called before the program ends.
    ///
    /// # Errors
    /// The database failed.
    pub async fn watch_stop(&self) -> Result<()> {
        let servers: Vec<_> = self.watch.state().places.keys().copied().collect();
        for server in servers {
            self.keep_watched(server, true).await?;
        }
        Ok(())
    }

    /// Holds nothing of these players in memory any more. Whoever of them is on is met anew by the next poll.
    pub(super) fn watch_forgets(&self, players: &[PlayerId]) {
        self.watch.state().places.values_mut().for_each(|place| place.forget(players));
    }

    /// Each watched server, by name.
    pub(super) fn watches(&self) -> Vec<WatchRow> {
        let state = self.watch.state();
        let mut rows: Vec<WatchRow> = state.places.values().map(|place| state.row(place)).collect();
        rows.sort_by(|one, other| one.server.name.cmp(&other.server.name));
        rows
    }

    /// How many looks into the past are still to be taken.
    pub(super) fn past_due(&self) -> usize {
        self.watch.state().past.len()
    }

    async fn poll(&self, server: ServerId, purpose: Purpose) -> Result<bool> {
        let turn = self.watch.turn(server);
        let _turn = turn.lock().await;
        self.poll_in_turn(server, purpose).await
    }

    async fn poll_in_turn(&self, server: ServerId, purpose: Purpose) -> Result<bool> {
        let asked = self.clock.now();
        if let Some(place) = self.watch.state().places.get_mut(&server) {
            place.asked = Some(asked);
        }
        let answer = self.battlemetrics.roster(server, purpose).await;
        let now = self.clock.now();
        let (changed, refused, is_heard) = {
            let mut state = self.watch.state();
            let is_heard = answer.is_ok();
            let changed = state.take_in(server, answer, self.clock_holds(), now);
            if changed {
                state.changed.insert(server);
            }
            (changed, state.refused, is_heard)
        };
        // On a disk that takes nothing it is held in memory, and kept with the first poll after that is mended.
        storage::kept(self.keep_watched(server, false).await)?;
        // A service that cannot be reached says nothing about the token either way.
        if is_heard || refused.is_some() {
            storage::kept(self.note_refusal(refused).await)?;
        }
        Ok(changed)
    }

    /// Writes what is to be kept of a server, in one transaction. Its turn must be held, or no poll be under way.
    async fn keep_watched(&self, server: ServerId, all: bool) -> Result<()> {
        let now = self.clock.now();
        let keep = self.watch.state().places.get(&server).and_then(|place| place.to_keep(now, all));
        let Some(keep) = keep else { return Ok(()) };
        let is_back = self.write(move |tx| keep.write(tx)).await?;
        let mut state = self.watch.state();
        if let Some(place) = state.places.get_mut(&server) {
            place.is_kept(now);
        }
        if is_back {
            state.past.look_again();
        }
        Ok(())
    }

    /// Begins to watch what somebody needs now and stops to watch the rest.
    async fn heed_demand(&self) -> Result<()> {
        let known: Vec<ServerId> = self.watch.state().places.keys().copied().collect();
        let has = known.clone();
        let read = self.read(move |conn| {
            let demand = kept::demand(conn)?;
            let missing = demand.keys().filter(|server| !has.contains(server));
            let new = missing.map(|server| Place::restored(conn, *server)).collect::<Result<Vec<_>>>()?;
            Ok((demand, new))
        });
        let (demand, new) = match read.await {
            // What is watched already can be watched further.
            Err(Error::Notice(_)) if !known.is_empty() => return Ok(()),
            read => read?,
        };
        for server in known.into_iter().filter(|server| !demand.contains_key(server)) {
            if storage::kept(self.keep_watched(server, true).await)? {
                self.watch.state().places.remove(&server);
            }
        }
        let mut state = self.watch.state();
        state.places.extend(new.into_iter().map(|place| (place.id, place)));
        if state.demand != demand {
            let every = self.watch.options.every;
            for (server, tracked) in &demand {
                if let Some(place) = state.places.get_mut(server) {
                    place.every = if tracked.is_empty() { every.max(schedule::IDLE) } else { every };
                    place.tracked.clone_from(tracked);
                }
            }
            state.demand = demand;
            state.past.look_again();
        }
        Ok(())
    }

    async fn forget_a_bite(&self) -> Result<()> {
        let now = self.clock.now();
        let bookmark = {
            let mut state = self.watch.state();
            if state.pruned.is_some_and(|pruned| now.duration_since(pruned) < PRUNED_EVERY) {
                return Ok(());
            }
            // A clock that is years ahead would make everything old. Where a list is believed, it agrees with the service's.
            if !state.places.values().any(|place| place.is_live(now)) {
                return Ok(());
            }
            state.pruned = Some(now);
            state.bookmark
        };
        let WatchOptions { keep_strangers_days, keep_members_days, .. } = self.watch.options;
        let strangers = sessions::forgotten_before(now, keep_strangers_days);
        let members = sessions::forgotten_before(now, keep_members_days.max(keep_strangers_days));
        let forgotten = self.write(move |tx| {
            let bookmark = sessions::prune(tx, strangers, members, bookmark)?;
            kept::prune_windows(tx, members)?;
            kept::shrink(tx)?;
            Ok(bookmark)
        });
        let forgotten = forgotten.await.map(|bookmark| self.watch.state().bookmark = bookmark);
        storage::kept(forgotten)?;
        Ok(())
    }
}

impl State {
    /// Whoever waits for an hour that a clock set back will show again would wait too long.
    fn mind_the_clock(&mut self, now: Timestamp) {
        let before = self.stepped.replace(now);
        if before.is_some_and(|before| schedule::is_set_back(before, now)) {
            self.places.values_mut().for_each(|place| place.clock_was_set_back(now));
            self.past.clock_was_set_back();
            self.pruned = None;
        }
    }

    fn next_poll(&self, now: Timestamp) -> Option<(ServerId, Timestamp)> {
        let rounds: Vec<_> = self.places.values().map(Place::round).collect();
        schedule::next_poll(&rounds, now)
    }

    fn next_step(&self, now: Timestamp) -> Timestamp {
        let poll = self.next_poll(now).map_or(Timestamp::MAX, |(_, at)| at);
        let past = self.past.next().filter(|_| self.refused.is_none()).unwrap_or(Timestamp::MAX);
        poll.min(past).min(schedule::later(now, schedule::DOZE)).max(now)
    }

    fn take_in(
        &mut self,
        server: ServerId,
        answer: std::result::Result<Roster, Trouble>,
        clock: std::result::Result<(), Stale>,
        now: Timestamp,
    ) -> bool {
        let trouble = answer.as_ref().err().copied();
        let Some(place) = self.places.get_mut(&server) else { return false };
        let window = place.attendance.window().map(|window| window.since);
        let changed = place.take_in(answer, clock, now);
        if place.attendance.window().map(|window| window.since) != window {
            self.past.look_again();
        }
        match trouble.filter(|trouble| schedule::is_refusal(*trouble)) {
            // One of them is tried in a while; the others would be refused as well.
            Some(trouble) => {
                self.refused = Some(trouble);
                let until = schedule::after_failure(trouble, now);
                self.places.values_mut().for_each(|place| place.not_before = until);
            }
            None if trouble.is_none() && self.refused.take().is_some() => {
                self.places.values_mut().for_each(|place| place.not_before = None);
            }
            None => {}
        }
        changed
    }

    fn row(&self, place: &Place) -> WatchRow {
        let health = match (self.refused, place.outcome) {
            (Some(trouble), _) | (None, Some((Outcome::Trouble(trouble), _))) => Health::Trouble { trouble },
            (None, Some((Outcome::Stale(why), _))) => Health::Stale { why },
            (None, Some((Outcome::Believed, _))) if place.hides_names => Health::NamesHidden,
            (None, Some((Outcome::Believed, _))) => Health::Good,
            (None, None) => Health::NotAskedYet,
        };
        let round = place.round();
        WatchRow {
            server: place
                .server
                .as_ref()
                .map_or_else(|| ServerName { id: place.id, name: place.id.to_string() }, named),
            tracked: place.tracked.len(),
            every: place.every,
            last_poll: place.asked,
            next_poll: place.asked.map(|_| round.due()),
            health,
        }
    }
}

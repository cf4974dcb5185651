//! The watch: one step of background work at a time. Polls each server that somebody needs and keeps who came and went; fills
//! in the past beside that, so that no poll waits for it.
//!
//! Wiring owns the loops. What a look means and what is due is decided in `domain`; what is told, by the use cases.

mod merging;
mod past;
mod place;
mod state;

use std::{
    collections::HashMap,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::future::{Either, select};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::OwnedMutexGuard;

pub(super) use self::{merging::Told, past::note_privacy, place::Outcome};
use self::{
    place::{Place, second},
    state::State,
};
use super::{App, storage};
use crate::{
    domain::{
        attendance::Window,
        facts::{Acquaintance, Roster, Server},
        ids::{PlayerId, ServerId},
        presence::{self, Stale},
        report::{Purpose, Retention, WatchRow},
        schedule,
        session::{Ending, Session, Source},
        trouble::{Service, Trouble, TroubleKind},
    },
    error::{Error, Result},
    store::{
        Connection, pruning,
        sessions::{self, Visit},
        watch as kept,
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

impl WatchOptions {
    /// What is shown of it. Somebody tracked is kept no shorter than a stranger.
    pub(super) fn retention(&self) -> Retention {
        let (strangers_days, members_days) = (self.keep_strangers_days, self.keep_members_days);
        Retention { strangers_days, members_days: members_days.max(strangers_days) }
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

/// How long a person waits for a poll that is under way; behind it may be a service that hangs, or a pause that it demanded.
const PATIENCE: SignedDuration = SignedDuration::from_secs(8);

/// For how long it holds that everything is refused: a check after that tries whether it still is.
const REFUSAL_HOLDS_FOR: SignedDuration = SignedDuration::from_mins(1);

/// What the watch remembers between its steps.
pub(super) struct Watch {
    pub(super) options: WatchOptions,
    state: Mutex<State>,
    /// What is to be polled is decided by one at a time, whoever takes the step.
    steps: tokio::sync::Mutex<()>,
    /// One look into the past at a time, whoever takes it.
    past_steps: tokio::sync::Mutex<()>,
    /// One poll of a server at a time, whoever wants it.
    turns: Mutex<HashMap<ServerId, Arc<tokio::sync::Mutex<()>>>>,
    lately: Mutex<Option<Lately>>,
}

/// Strangers who were on a server lately, and when last, as read a moment ago: whoever types a name asks for it at each letter.
struct Lately {
    server: ServerId,
    read: Timestamp,
    seen: Arc<HashMap<PlayerId, Timestamp>>,
}

/// For how long that is good enough to say who is meant more likely.
const LATELY_HOLDS_FOR: SignedDuration = SignedDuration::from_mins(1);

/// Visits that are looked at for it: some days of a busy server.
const LATEST_VISITS: u32 = 10_000;

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
    /// Visits of theirs that are over and wait to be kept.
    pub(super) waiting: Vec<Visit>,
}

impl View {
    /// As of when it speaks.
    pub(super) fn as_of(&self) -> Timestamp {
        let read = self.window.map(|window| window.until);
        match self.outcome {
            Outcome::Believed => presence::as_of(read, self.at),
            Outcome::Stale(_) => self.at,
            Outcome::Trouble(_) => read.unwrap_or(self.at),
        }
    }

    /// When wanted players left whose leaving waits to be kept.
    pub(super) fn left(&self) -> impl Iterator<Item = (PlayerId, Timestamp)> {
        self.waiting.iter().map(|visit| (visit.subject, visit.stop))
    }

    /// When wanted players were there who may not be there now: those of [`Self::left`], and while the list cannot be
    /// believed, those on the last one that could.
    pub(super) fn just_seen(&self) -> impl Iterator<Item = (PlayerId, Timestamp)> {
        let window = self.window.filter(|_| self.outcome != Outcome::Believed);
        let seen = |window: Window| self.online.iter().map(move |(player, since)| (*player, window.until.max(*since)));
        self.left().chain(window.into_iter().flat_map(seen))
    }

    /// The session of a wanted player that runs.
    pub(super) fn running(&self, server: ServerId, player: PlayerId) -> Option<Visit> {
        let (start, window) = (*self.online.get(&player)?, self.window?);
        let stop = window.until.max(start);
        Some(Session { subject: player, place: server, start, stop, ending: Ending::Open, source: Source::Watched })
    }
}

/// A player's visits in order: those that the database told, and those of `waiting` that it did not hold yet.
pub(super) fn with_waiting(mut kept: Vec<Visit>, waiting: &[Visit], player: PlayerId) -> Vec<Visit> {
    for visit in waiting.iter().filter(|visit| visit.subject == player) {
        if !kept.iter().any(|known| known.start == visit.start) {
            kept.push(*visit);
        }
    }
    kept.sort_by_key(|visit| visit.start);
    kept
}

impl Watch {
    pub(super) fn new(options: WatchOptions) -> Self {
        Self {
            options,
            state: Mutex::default(),
            steps: tokio::sync::Mutex::default(),
            past_steps: tokio::sync::Mutex::default(),
            turns: Mutex::default(),
            lately: Mutex::default(),
        }
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

    /// As [`Self::view`], but also of a poll that was not followed by the next, which is not believed then.
    pub(super) fn last_view(&self, server: ServerId, wanted: &[PlayerId], now: Timestamp) -> Option<View> {
        let state = self.state();
        let place = state.places.get(&server)?;
        let mut view = place.view(wanted)?;
        if !place.is_fresh(now) && (place.trouble.is_some() || place.is_overdue(now)) {
            match (view.outcome, place.trouble) {
                (_, Some(trouble)) => view.outcome = Outcome::Trouble(trouble),
                (Outcome::Believed, None) => view.outcome = Outcome::Stale(Stale::TooOld { since: Some(view.as_of()) }),
                _ => {}
            }
        }
        Some(view)
    }

    /// Whether BattleMetrics refused everything a moment ago, so that asking it again would only tell the same.
    pub(super) fn is_refused(&self, now: Timestamp) -> bool {
        let state = self.state();
        let latest = state.places.values().filter_map(|place| place.asked).max();
        state.refused.is_some() && latest.is_some_and(|asked| now.duration_since(asked) < REFUSAL_HOLDS_FOR)
    }

    /// Who is on the server, and who was there a moment ago, by name.
    pub(super) fn met(&self, server: ServerId) -> HashMap<PlayerId, String> {
        self.state().places.get(&server).map(Place::met).unwrap_or_default()
    }

    /// Strangers who were on the server lately, and when last: as of a minute ago at most.
    pub(super) fn lately(
        &self,
        conn: &Connection,
        server: ServerId,
        now: Timestamp,
    ) -> Result<Arc<HashMap<PlayerId, Timestamp>>> {
        let lately = || self.lately.lock().unwrap_or_else(PoisonError::into_inner);
        let holds = |known: &&Lately| known.server == server && now.duration_since(known.read).abs() < LATELY_HOLDS_FOR;
        if let Some(known) = lately().as_ref().filter(holds) {
            return Ok(Arc::clone(&known.seen));
        }
        let seen = Arc::new(sessions::lately(conn, server, LATEST_VISITS)?);
        *lately() = Some(Lately { server, read: now, seen: Arc::clone(&seen) });
        Ok(seen)
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

    /// Somebody waits to hear what these players did while nobody looked: they come before all others.
    pub(super) fn hurry(&self, server: ServerId, players: &[PlayerId]) {
        self.state().past.hurry(server, players);
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

    /// From before when nothing is kept of strangers, and of members.
    pub(super) fn forgotten_before(&self, now: Timestamp) -> (Timestamp, Timestamp) {
        let Retention { strangers_days, members_days } = self.options.retention();
        (pruning::forgotten_before(now, strangers_days), pruning::forgotten_before(now, members_days))
    }

    /// Whether this process watches the server.
    pub(super) fn is_watching(&self, server: ServerId) -> bool {
        self.state().places.get(&server).is_some_and(|place| place.asked.is_some())
    }
}

impl App {
    /// Polls a server, if one is due. Steps may be taken beside each other: a server that hangs holds up no other.
    ///
    /// On a disk that takes nothing it goes on in memory: see [`App::storage_trouble`].
    ///
    /// # Errors
    /// The database failed otherwise, or cannot be read. Nothing is lost by that: what could not be kept is kept with a
    /// later step.
    pub async fn watch_step(&self) -> Result<Step> {
        let due = {
            let _step = self.watch.steps.lock().await;
            self.heed_demand().await?;
            let now = self.clock.now();
            let mut state = self.watch.state();
            state.mind_the_clock(now);
            state.take_due(now)
        };
        if let Some(server) = due {
            let turn = self.watch.turn(server);
            let _turn = turn.lock().await;
            let (answer, _) = self.ask(server, Purpose::Watch).await;
            self.hear(server, answer).await?;
        }
        let now = self.clock.now();
        let mut state = self.watch.state();
        let refused = state.untold.take();
        let next = state.next_poll(now).map_or(Timestamp::MAX, |(_, at)| at);
        Ok(state.step(next, refused, now))
    }

    /// A look into the past or some forgetting, if either is due: what waits behind everything else, for a minute when there
    /// is much to do.
    ///
    /// # Errors
    /// As [`Self::watch_step`].
    pub async fn past_step(&self) -> Result<Step> {
        let _step = self.watch.past_steps.lock().await;
        let told = self.fill_in_the_past().await?;
        self.watch.state().changed.extend(told);
        self.forget_a_bite().await?;
        let now = self.clock.now();
        let mut state = self.watch.state();
        let next = state.past.next().filter(|_| state.refused.is_none()).unwrap_or(Timestamp::MAX);
        Ok(state.step(next, None, now))
    }

    /// Polls a watched server for a person who will not wait for its turn. Of several who ask, one poll serves all, and
    /// none is made within 15 s of the last. Returns why it was not, if it could not be.
    ///
    /// # Errors
    /// The database failed.
    pub async fn watch_forced(&self, server: ServerId) -> Result<Option<Trouble>> {
        let Some(_turn) = self.turn_soon(server).await else { return Ok(Some(self.no_turn())) };
        let now = self.clock.now();
        let before = self.watch.state().places.get(&server).map(|place| place.asked);
        let Some(before) = before else { return Ok(None) };
        if before.is_some_and(|asked| now.duration_since(asked) < schedule::FORCED) {
            return Ok(None);
        }
        let (answer, asked) = self.ask(server, Purpose::Person).await;
        let trouble = answer.as_ref().err().copied();
        if matches!(trouble, Some(Trouble { kind: TroubleKind::LimitReached { .. }, .. })) {
            // That a person may not ask now says nothing about the server, and is no reason to poll it later.
            if let Some(place) = self.watch.state().places.get_mut(&server).filter(|place| place.asked == Some(asked)) {
                place.asked = before;
            }
        } else {
            self.hear(server, answer).await?;
        }
        Ok(trouble)
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
        *self.watch.lately.lock().unwrap_or_else(PoisonError::into_inner) = None;
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

    /// A server's turn, for somebody who will not wait for it long.
    async fn turn_soon(&self, server: ServerId) -> Option<OwnedMutexGuard<()>> {
        let turn = self.watch.turn(server);
        if let Ok(turn) = Arc::clone(&turn).try_lock_owned() {
            return Some(turn);
        }
        match select(pin!(turn.lock_owned()), self.clock.sleep(PATIENCE.unsigned_abs())).await {
            Either::Left((turn, _)) => Some(turn),
            Either::Right(_) => None,
        }
    }

    /// Why a poll that is under way takes so long.
    fn no_turn(&self) -> Trouble {
        let paused = self.battlemetrics.status().paused_until;
        let kind = paused.map_or(TroubleKind::TimedOut, |until| TroubleKind::LimitReached { until });
        Trouble { service: Service::BattleMetrics, kind }
    }

    /// Asks for a server's list, and tells since when. Its turn must be held.
    async fn ask(&self, server: ServerId, purpose: Purpose) -> (std::result::Result<Roster, Trouble>, Timestamp) {
        let asked = self.clock.now();
        if let Some(place) = self.watch.state().places.get_mut(&server) {
            place.asked = Some(asked);
        }
        (self.battlemetrics.roster(server, purpose).await, asked)
    }

    /// Takes in what was told of a server. Its turn must be held.
    async fn hear(&self, server: ServerId, answer: std::result::Result<Roster, Trouble>) -> Result<()> {
        let now = self.clock.now();
        let is_heard = answer.is_ok();
        let refused = {
            let mut state = self.watch.state();
            state.take_in(server, answer, self.clock_holds(), now);
            state.refused
        };
        // On a disk that takes nothing it is held in memory, and kept with the first poll after that is mended.
        storage::kept(self.keep_watched(server, false).await)?;
        // A service that cannot be reached says nothing about the token either way.
        if is_heard || refused.is_some() {
            storage::kept(self.note_refusal(refused).await)?;
        }
        Ok(())
    }

    /// Writes what is to be kept of a server, in one transaction. Its turn must be held, or no poll be under way.
    async fn keep_watched(&self, server: ServerId, all: bool) -> Result<()> {
        let now = self.clock.now();
        let keep = self.watch.state().places.get(&server).and_then(|place| place.to_keep(now, all));
        let Some(keep) = keep else { return Ok(()) };
        let of = keep.of.clone();
        let is_back = self.write(move |tx| keep.write(tx)).await?;
        let mut state = self.watch.state();
        if let Some(place) = state.places.get_mut(&server) {
            place.is_kept(of, now);
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
            let missing = demand.iter().filter(|(server, _)| !has.contains(server));
            let new = missing.map(|(server, tracked)| Place::restored(conn, *server, tracked));
            let new = new.collect::<Result<Vec<_>>>()?;
            Ok((demand, new))
        });
        let (demand, new) = match read.await {
            // What is watched already can be watched further.
            Err(Error::Notice(_)) if !known.is_empty() => return Ok(()),
            read => read?,
        };
        for server in known.into_iter().filter(|server| !demand.contains_key(server)) {
            let turn = self.watch.turn(server);
            // A poll is under way, or the past is looked into: let go with a later step.
            let Ok(_turn) = turn.try_lock() else { continue };
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
            // A clock that is years ahead would make everything old. Where a list is believed, it agrees with the service's;
            // where nothing is watched, it has to have agreed when last compared.
            let agrees = match state.places.is_empty() {
                true => self.battlemetrics.clock_ahead().is_some() && self.clock_holds().is_ok(),
                false => state.places.values().any(|place| place.is_live(now)),
            };
            if !agrees {
                return Ok(());
            }
            state.pruned = Some(now);
            state.bookmark
        };
        let (strangers, members) = self.watch.forgotten_before(now);
        let forgotten = self.write(move |tx| {
            let bookmark = pruning::prune(tx, strangers, members, bookmark)?;
            kept::prune_windows(tx, members)?;
            kept::prune_present(tx, strangers)?;
            kept::shrink(tx)?;
            Ok(bookmark)
        });
        let forgotten = forgotten.await.map(|bookmark| self.watch.state().bookmark = bookmark);
        storage::kept(forgotten)?;
        Ok(())
    }
}

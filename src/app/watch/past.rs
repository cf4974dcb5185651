//! The past of tracked players: what happened before they were tracked, and while nobody looked, asked for once each in a
//! slow queue behind everything else.
//!
//! How what is told is kept beside what was seen is in `merging.rs`.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use jiff::{SignedDuration, Timestamp};

use super::{
    super::look::{LastVisit, Learnt},
    App,
    merging::{Merging, Told},
};
use crate::{
    domain::{
        attendance::Window,
        facts::{Past as ToldPast, Player},
        ids::{PlayerId, ServerId},
        presence,
        report::Purpose,
        schedule,
        trouble::{Trouble, TroubleKind},
    },
    error::{Error, Result},
    store::{Connection, Transaction, inquiries, players, pruning, sessions, sightings, watch::Demand},
};

/// How long to leave the past alone after a failure that may pass.
const AFTER_FAILURE: SignedDuration = SignedDuration::from_secs(30);

/// How long to leave it alone when all that may be asked is refused.
const AFTER_REFUSAL: SignedDuration = SignedDuration::from_hours(1);

/// For how long it holds that sessions are refused, as some plans may do: after that they are asked for again.
const NO_SESSIONS_FOR: SignedDuration = SignedDuration::from_hours(24);

/// Whose past is to be asked for.
#[derive(Default)]
pub(super) struct Past {
    is_known: bool,
    queue: VecDeque<Debt>,
    /// Who is missing, and may only have switched the profile to private.
    doubts: BTreeSet<(ServerId, PlayerId)>,
    /// When each profile was last told.
    profiles: HashMap<PlayerId, Timestamp>,
    not_before: Option<Timestamp>,
    /// Since when sessions are refused although the token works; the last visit is asked for in their place.
    no_sessions: Option<Timestamp>,
    /// Whose profile is public again: what was known of them before says nothing of the time since.
    revealed: HashSet<PlayerId>,
}

/// One request to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Debt {
    /// Gaps come before what lies long back.
    purpose: Purpose,
    server: ServerId,
    player: PlayerId,
}

impl Past {
    /// Somebody is newly tracked, or there is a new gap.
    pub(super) fn look_again(&mut self) {
        self.is_known = false;
    }

    pub(super) fn clock_was_set_back(&mut self) {
        self.not_before = None;
        self.hope_for_sessions();
    }

    /// Whether sessions are told, as far as that is known. If not, it is looked again for whom to ask after a day.
    fn tells_sessions(&mut self, now: Timestamp) -> bool {
        if self.no_sessions.is_some_and(|since| now.duration_since(since) >= NO_SESSIONS_FOR) {
            self.hope_for_sessions();
        }
        self.no_sessions.is_none()
    }

    fn hope_for_sessions(&mut self) {
        if self.no_sessions.take().is_some() {
            self.look_again();
        }
    }

    /// Sessions are refused, and the last visit is not.
    fn do_without_sessions(&mut self, now: Timestamp) {
        if self.no_sessions.is_none() {
            self.no_sessions = Some(now);
            // Of whom the last visit is known already, nothing more would be told.
            self.look_again();
        }
    }

    /// Asks for these players first.
    pub(super) fn hurry(&mut self, server: ServerId, players: &[PlayerId]) {
        let queue = self.queue.make_contiguous();
        queue.sort_by_key(|debt| !(debt.server == server && players.contains(&debt.player)));
    }

    pub(super) fn len(&self) -> usize {
        self.queue.len() + self.doubts.len()
    }

    /// When a player's profile was last read.
    pub(super) fn profile_read(&self, player: PlayerId) -> Option<Timestamp> {
        self.profiles.get(&player).copied()
    }

    /// Remembers that a player's profile was read; returns when it was read before.
    pub(super) fn note_profile(&mut self, player: PlayerId, at: Timestamp) -> Option<Timestamp> {
        self.profiles.insert(player, at)
    }

    /// Somebody who is looked for is missing.
    pub(super) fn doubt(&mut self, server: ServerId, player: PlayerId, last_seen: Option<Timestamp>, now: Timestamp) {
        if presence::may_be_private(last_seen, self.profiles.get(&player).copied(), now) {
            self.doubts.insert((server, player));
        }
    }

    /// When there is something to do.
    pub(super) fn next(&self) -> Option<Timestamp> {
        let waits = !self.is_known || !self.queue.is_empty() || !self.doubts.is_empty();
        waits.then(|| self.not_before.unwrap_or(Timestamp::MIN))
    }
}

/// What came of one debt.
enum Answer {
    Past(Told),
    /// Where sessions are refused.
    LastVisit(LastVisit),
}

impl Answer {
    /// How many requests that took.
    fn requests(&self) -> i32 {
        let with_profile = match self {
            Self::Past(told) => told.profile.is_some(),
            Self::LastVisit(told) => told.private.is_some(),
        };
        if with_profile { 2 } else { 1 }
    }
}

/// What tells who need not be asked for where sessions are refused.
struct WithoutSessions {
    tracked: Demand,
    profiles: HashMap<PlayerId, Timestamp>,
    revealed: HashSet<PlayerId>,
}

impl WithoutSessions {
    /// When the last visit of each became known, or that the profile hides it.
    fn known(&self, conn: &Connection) -> Result<Vec<((ServerId, PlayerId), Timestamp)>> {
        let mut known = Vec::new();
        for (&server, players) in &self.tracked {
            let players: Vec<PlayerId> = players.iter().copied().collect();
            let private = players::private_among(conn, &players)?;
            let hidden = private.iter().filter_map(|player| Some((*player, *self.profiles.get(player)?)));
            let sightings = sightings::get(conn, server, &players)?.into_iter();
            let seen = sightings.filter(|(player, _)| !private.contains(player) && !self.revealed.contains(player));
            let seen = seen.map(|(player, sighting)| (player, sighting.known_at));
            known.extend(hidden.chain(seen).map(|(player, at)| ((server, player), at)));
        }
        Ok(known)
    }
}

/// When each was last asked for.
fn asked(
    conn: &Connection,
    without_sessions: Option<WithoutSessions>,
) -> Result<HashMap<(ServerId, PlayerId), Timestamp>> {
    let mut asked = inquiries::all(conn)?;
    if let Some(without) = without_sessions {
        for (whom, at) in without.known(conn)? {
            asked.entry(whom).and_modify(|asked| *asked = at.max(*asked)).or_insert(at);
        }
    }
    Ok(asked)
}

/// Who was never asked for, and whose last inquiry was before the present window, with all between unknown.
fn debts(
    demand: &Demand,
    windows: &HashMap<ServerId, Window>,
    asked: &HashMap<(ServerId, PlayerId), Timestamp>,
) -> VecDeque<Debt> {
    let mut debts = Vec::new();
    for (&server, players) in demand {
        for &player in players {
            let purpose = match (asked.get(&(server, player)), windows.get(&server)) {
                (None, _) => Purpose::BackFill,
                (Some(asked), Some(window)) if *asked < window.since => Purpose::Repair,
                _ => continue,
            };
            debts.push(Debt { purpose, server, player });
        }
    }
    debts.sort_unstable();
    debts.into()
}

impl App {
    /// Makes the next request about the past, if one is due. Returns the servers on which something came to light.
    pub(super) async fn fill_in_the_past(&self) -> Result<Vec<ServerId>> {
        let now = self.clock.now();
        let (was_known, without_sessions) = {
            let mut state = self.watch.state();
            let tells_sessions = state.past.tells_sessions(now);
            // What comes up while this is read is looked at again.
            let was_known = std::mem::replace(&mut state.past.is_known, true);
            let without_sessions = (!was_known && !tells_sessions).then(|| WithoutSessions {
                tracked: state.demand.clone(),
                profiles: state.past.profiles.clone(),
                revealed: state.past.revealed.clone(),
            });
            (was_known, without_sessions)
        };
        if !was_known {
            let asked = self.read(move |conn| asked(conn, without_sessions)).await;
            let mut state = self.watch.state();
            let windows =
                state.places.values().filter_map(|place| Some((place.id, place.attendance.window()?))).collect();
            match asked {
                Ok(asked) => state.past.queue = debts(&state.demand, &windows, &asked),
                Err(error) => {
                    state.past.look_again();
                    return Err(error);
                }
            }
        }
        if self.clock_holds().is_err() {
            // The hour of an inquiry is kept, and has to be true.
            self.watch.state().past.not_before = Some(schedule::later(now, AFTER_FAILURE));
            return Ok(Vec::new());
        }
        let Some(debt) = self.watch.state().next_debt(now) else { return self.settle_a_doubt(now).await };
        let (answer, pause) = match self.pay(debt, now).await {
            Ok(answer) => (Some(answer), schedule::PAST),
            Err(trouble) => (None, pause_after(trouble, now)),
        };
        let pause = answer.as_ref().map_or(pause, |answer| pause * answer.requests());
        self.watch.state().past.not_before = Some(schedule::later(now, pause));
        let absorbed = match answer {
            Some(answer) => {
                let turn = self.watch.turn(debt.server);
                let _turn = turn.lock().await;
                let changed = match answer {
                    Answer::Past(told) => self.absorb(debt, told, now).await,
                    Answer::LastVisit(told) => self.note_the_last_visit(debt, told, now).await,
                };
                changed.map(Some)
            }
            None => Ok(None),
        };
        {
            let past = &mut self.watch.state().past;
            if matches!(absorbed, Ok(Some(_))) {
                past.revealed.remove(&debt.player);
            } else {
                past.queue.push_back(debt);
                past.not_before = past.not_before.max(Some(schedule::later(now, AFTER_FAILURE)));
            }
        }
        let changed = match absorbed {
            // Asked for again once the disk takes it.
            Err(Error::Notice(_)) => false,
            absorbed => absorbed?.unwrap_or(false),
        };
        Ok(changed.then_some(debt.server).into_iter().collect())
    }

    /// Asks what is to be asked: for the past, or where sessions are refused, for the last visit.
    async fn pay(&self, debt: Debt, now: Timestamp) -> std::result::Result<Answer, Trouble> {
        let Debt { purpose, server, player } = debt;
        let tells_sessions = self.watch.state().past.tells_sessions(now);
        if tells_sessions {
            match self.ask_for_the_past(player, server, 1, purpose).await {
                Err(trouble) if may_be_the_plan(trouble) => {}
                answer => return answer.map(Answer::Past),
            }
        }
        // Where none is told, it is asked whether the profile is private, as it is with sessions.
        let told = self.last_visit((player, server), true, false, purpose).await?;
        // Only now is it known that the sessions were what it did not like.
        self.watch.state().past.do_without_sessions(now);
        Ok(Answer::LastVisit(told))
    }

    /// Keeps when somebody was last seen. Always news: of somebody who is asked for, that was not known.
    async fn note_the_last_visit(&self, debt: Debt, told: LastVisit, asked: Timestamp) -> Result<bool> {
        let Debt { server, player, .. } = debt;
        let before = match told.private {
            Some(_) => self.watch.state().past.note_profile(player, asked),
            None => None,
        };
        self.write(move |tx| {
            if let Some(private) = told.private {
                note_privacy(tx, server, (player, private), before)?;
            }
            let mut learnt = Learnt::default();
            learnt.add(player, &told, asked);
            learnt.keep(tx, server)
        })
        .await?;
        Ok(true)
    }

    /// Asks for a player's past on a server, so many pages of it; where none is told, also whether the profile is private, unless that is known.
    pub(in crate::app) async fn ask_for_the_past(
        &self,
        player: PlayerId,
        server: ServerId,
        pages: usize,
        purpose: Purpose,
    ) -> std::result::Result<Told, Trouble> {
        let is_unknown = |trouble: &Trouble| trouble.kind == TroubleKind::NotFound;
        let past = match self.battlemetrics.sessions(player, server, pages, purpose).await {
            Ok(past) => past,
            Err(trouble) if is_unknown(&trouble) => return Ok(Told::new(ToldPast::default(), false)),
            Err(trouble) => return Err(trouble),
        };
        if !past.sessions.is_empty() {
            return Ok(Told::new(past, true));
        }
        match self.battlemetrics.player(player, purpose).await {
            Ok(profile) => {
                let is_public = !profile.private;
                Ok(Told { profile: Some(profile), ..Told::new(past, is_public) })
            }
            Err(trouble) if is_unknown(&trouble) => Ok(Told::new(past, false)),
            Err(trouble) => Err(trouble),
        }
    }

    /// Asks whether somebody who is missing has a private profile now. Returns the server if that is news.
    async fn settle_a_doubt(&self, now: Timestamp) -> Result<Vec<ServerId>> {
        let Some((server, player)) = self.watch.state().next_doubt(now) else { return Ok(Vec::new()) };
        let answer = self.battlemetrics.player(player, Purpose::Repair).await;
        let (told, pause) = match answer {
            Ok(told) => (Some(told), schedule::PAST),
            Err(Trouble { kind: TroubleKind::NotFound, .. }) => (None, schedule::PAST),
            Err(trouble) => {
                // Whoever is looked for again is doubted again.
                self.watch.state().past.not_before = Some(schedule::later(now, pause_after(trouble, now)));
                return Ok(Vec::new());
            }
        };
        let before = {
            let mut state = self.watch.state();
            state.past.not_before = Some(schedule::later(now, pause));
            state.past.note_profile(player, now)
        };
        let Some(told) = told else { return Ok(Vec::new()) };
        let turn = self.watch.turn(server);
        let _turn = turn.lock().await;
        let Player { id, name, private, .. } = told;
        let changed = self
            .write(move |tx| {
                players::remember(tx, &[(id, name)], now)?;
                note_privacy(tx, server, (id, private), before)
            })
            .await?;
        if changed {
            let past = &mut self.watch.state().past;
            if !private {
                past.revealed.insert(player);
            }
            past.look_again();
        }
        Ok(changed.then_some(server).into_iter().collect())
    }

    /// Keeps a player's past that was asked for in passing, on a server that is watched.
    pub(in crate::app) async fn learn_the_past(
        &self,
        server: ServerId,
        player: PlayerId,
        told: Told,
        asked: Timestamp,
    ) -> Result<()> {
        let may_be_told = self.watch.state().may_be_told(server, player, asked);
        if !may_be_told {
            return Ok(());
        }
        // Nobody waits for a poll that hangs to have something kept that can be asked for again.
        let Some(_turn) = self.turn_soon(server).await else { return Ok(()) };
        self.absorb(Debt { purpose: Purpose::BackFill, server, player }, told, asked).await?;
        Ok(())
    }

    /// Merges what was told of a player with what was seen. The server's turn must be held.
    async fn absorb(&self, debt: Debt, told: Told, asked: Timestamp) -> Result<bool> {
        let Debt { purpose, server, player } = debt;
        // Of somebody who was a stranger a moment ago, the last minutes may not be kept yet.
        self.keep_watched(server, purpose == Purpose::BackFill).await?;
        let (running, window, is_live) = {
            let state = self.watch.state();
            // Nobody can be recognised where names are hidden.
            let place = state.places.get(&server).filter(|place| !place.hides_names);
            let Some(place) = place else { return Ok(false) };
            let is_live = place.is_live(self.clock.now());
            (place.attendance.since(player), place.attendance.window(), is_live)
        };
        // What was seen of strangers longer ago is forgotten: there, what is told is all there is.
        let remembered = match purpose {
            Purpose::BackFill => {
                pruning::forgotten_before(asked, self.watch.options.keep_strangers_days.saturating_sub(1))
            }
            _ => Timestamp::MIN,
        };
        let is_read = told.profile.is_some();
        let read = if is_read { self.watch.profile_read(player) } else { None };
        let merging = Merging { purpose, server, player, told, read, asked, running, window, is_live, remembered };
        let (changed, began) = self.write(move |tx| merging.write(tx)).await?;
        if is_read {
            self.watch.note_profile(player, asked);
        }
        if let Some(began) = began {
            if let Some(place) = self.watch.state().places.get_mut(&server) {
                place.began_earlier(player, began);
            }
            // Of a stranger, the earlier start is kept nowhere else, and never asked for again.
            self.keep_watched(server, true).await?;
        }
        Ok(changed)
    }
}

/// Notes whether a player's profile is private; it was read before at `before`. Returns whether that is news.
pub(in crate::app) fn note_privacy(
    tx: &Transaction<'_>,
    server: ServerId,
    (player, private): (PlayerId, bool),
    before: Option<Timestamp>,
) -> Result<bool> {
    if players::private_among(tx, &[player])?.contains(&player) == private {
        return Ok(false);
    }
    players::set_private(tx, player, private)?;
    if private {
        sessions::lose_sight(tx, player, server, before)?;
    } else {
        // What happened meanwhile is told now.
        inquiries::forget(tx, player)?;
    }
    Ok(true)
}

/// Whether that is what a plan without sessions would answer. The same stands for one without anything.
fn may_be_the_plan(trouble: Trouble) -> bool {
    matches!(trouble.kind, TroubleKind::Rejected | TroubleKind::Forbidden | TroubleKind::NoSubscription)
}

fn pause_after(trouble: Trouble, now: Timestamp) -> SignedDuration {
    match trouble.kind {
        TroubleKind::LimitReached { until } => until.duration_since(now).max(AFTER_FAILURE),
        TroubleKind::Rejected | TroubleKind::Forbidden => AFTER_REFUSAL,
        _ if schedule::is_refusal(trouble) => AFTER_REFUSAL,
        _ => AFTER_FAILURE,
    }
}

impl super::State {
    fn next_debt(&mut self, now: Timestamp) -> Option<Debt> {
        if self.refused.is_some() || self.past.not_before.is_some_and(|not_before| not_before > now) {
            return None;
        }
        // Who is not tracked any more need not be asked for.
        let demand = &self.demand;
        let hides_names = |server| self.places.get(&server).is_some_and(|place| place.hides_names);
        let is_tracked = |debt: &Debt| {
            demand.get(&debt.server).is_some_and(|players| players.contains(&debt.player)) && !hides_names(debt.server)
        };
        // Without sessions, nothing would be told of whoever is on.
        let does_without = !self.past.tells_sessions(now);
        let places = &self.places;
        let is_on =
            |debt: &Debt| places.get(&debt.server).is_some_and(|place| place.attendance.since(debt.player).is_some());
        self.past.queue.retain(|debt| is_tracked(debt) && !(does_without && is_on(debt)));
        let is_due = |debt: &Debt| self.is_polled(debt.server) && self.may_be_told(debt.server, debt.player, now);
        match self.past.queue.iter().position(is_due) {
            Some(position) => self.past.queue.remove(position),
            None if self.past.queue.is_empty() || !self.past.doubts.is_empty() => None,
            None => {
                self.past.not_before = Some(schedule::later(now, AFTER_FAILURE));
                None
            }
        }
    }

    /// Whether the past of the server's players is to be asked for yet: the first poll after a start shows what of it is
    /// missing.
    fn is_polled(&self, server: ServerId) -> bool {
        self.places.get(&server).is_some_and(|place| place.outcome.is_some())
    }

    /// What became of a session that ran when we lost sight of it is told by the next look.
    fn may_be_told(&self, server: ServerId, player: PlayerId, now: Timestamp) -> bool {
        let place = self.places.get(&server);
        place.is_some_and(|place| place.is_live(now) || place.attendance.since(player).is_none())
    }

    fn next_doubt(&mut self, now: Timestamp) -> Option<(ServerId, PlayerId)> {
        if self.refused.is_some() || self.past.not_before.is_some_and(|not_before| not_before > now) {
            return None;
        }
        while let Some((server, player)) = self.past.doubts.pop_first() {
            // Whoever is back meanwhile is in sight.
            let is_back = self.places.get(&server).is_none_or(|place| place.attendance.since(player).is_some());
            if !is_back {
                return Some((server, player));
            }
        }
        None
    }
}

//! What the watch remembers between its steps, and what follows from each answer: what is polled next, and whether
//! BattleMetrics refuses everything.
//!
//! Asks nobody and keeps nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

use super::{
    Step,
    past::Past,
    place::{Outcome, Place},
};
use crate::{
    app::named,
    domain::{
        facts::{Acquaintance, Roster},
        ids::{PlayerId, ServerId},
        presence::Stale,
        report::{Health, ServerName, WatchRow},
        schedule,
        trouble::{Trouble, TroubleKind},
    },
    store::{pruning::Bookmark, watch::Demand},
};

#[derive(Default)]
pub(super) struct State {
    pub(super) places: BTreeMap<ServerId, Place>,
    pub(super) demand: Demand,
    pub(super) refused: Option<Trouble>,
    /// The same, until a step has told of it.
    pub(super) untold: Option<Trouble>,
    pub(super) past: Past,
    pub(super) pruned: Option<Timestamp>,
    /// When the last step was taken.
    pub(super) stepped: Option<Timestamp>,
    pub(super) bookmark: Bookmark,
    /// What was told of players on servers, and when.
    pub(super) acquaintances: HashMap<(ServerId, PlayerId), (Acquaintance, Timestamp)>,
    /// Servers on which something changed since the last step told of them.
    pub(super) changed: BTreeSet<ServerId>,
}

impl State {
    /// Whoever waits for an hour that a clock set back will show again would wait too long.
    pub(super) fn mind_the_clock(&mut self, now: Timestamp) {
        let before = self.stepped.replace(now);
        if before.is_some_and(|before| schedule::is_set_back(before, now)) {
            self.places.values_mut().for_each(|place| place.clock_was_set_back(now));
            self.past.clock_was_set_back();
            self.pruned = None;
        }
    }

    pub(super) fn next_poll(&self, now: Timestamp) -> Option<(ServerId, Timestamp)> {
        let rounds: Vec<_> = self.places.values().map(Place::round).collect();
        schedule::next_poll(&rounds, now)
    }

    /// Which server is to be polled now. It counts as asked for from then on.
    pub(super) fn take_due(&mut self, now: Timestamp) -> Option<ServerId> {
        let (server, _) = self.next_poll(now).filter(|(_, at)| *at <= now)?;
        self.places.get_mut(&server)?.asked = Some(now);
        Some(server)
    }

    /// The end of a step, after which there is more to do at `next`.
    pub(super) fn step(&mut self, next: Timestamp, refused: Option<Trouble>, now: Timestamp) -> Step {
        let changed = std::mem::take(&mut self.changed).into_iter().collect();
        Step { next: next.min(schedule::later(now, schedule::DOZE)).max(now), changed, refused }
    }

    pub(super) fn take_in(
        &mut self,
        server: ServerId,
        answer: std::result::Result<Roster, Trouble>,
        clock: std::result::Result<(), Stale>,
        now: Timestamp,
    ) {
        let trouble = answer.as_ref().err().copied();
        let Some(place) = self.places.get_mut(&server) else { return };
        let window = place.attendance.window().map(|window| window.since);
        if place.take_in(answer, clock, now) {
            self.changed.insert(server);
        }
        if place.attendance.window().map(|window| window.since) != window {
            self.past.look_again();
        }
        match trouble {
            Some(trouble) if self.is_refused_everywhere(trouble) => self.refuse(trouble, now),
            None if self.refused.take().is_some() => {
                self.places.values_mut().for_each(|place| place.not_before = None);
            }
            _ => {}
        }
    }

    /// Whether a failure holds for every server: what may not be asked for of one may be of another.
    fn is_refused_everywhere(&self, trouble: Trouble) -> bool {
        let is_forbidden = |place: &Place| place.trouble.is_some_and(|trouble| trouble.kind == TroubleKind::Forbidden);
        schedule::is_refusal(trouble) || self.places.values().all(is_forbidden)
    }

    fn refuse(&mut self, trouble: Trouble, now: Timestamp) {
        if self.refused.replace(trouble).is_none() {
            self.untold = Some(trouble);
            self.changed.extend(self.places.keys());
        }
        // One of them is tried in a while; the others would be refused as well.
        let until = schedule::after_failure(trouble, now);
        for place in self.places.values_mut() {
            place.refuse(trouble, now);
            if schedule::is_refusal(trouble) {
                place.not_before = until;
            }
        }
    }

    pub(super) fn row(&self, place: &Place) -> WatchRow {
        let health = match (self.refused.or(place.trouble), place.outcome) {
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

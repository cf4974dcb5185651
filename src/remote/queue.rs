//! Who may send next: one line of waiting requests a service, the urgent ones first, held to the budget.
//!
//! Nothing here knows what is sent. There is no task behind it: whoever stands at the head waits for the budget, and
//! rings for the next one on leaving, also when dropped in the middle of waiting.

use std::{
    collections::BTreeMap,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::future::select;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;

use crate::{
    clock::Clock,
    domain::{
        budget::{Budget, Plan},
        report::Purpose,
    },
};

/// How long a person is let wait for the budget; background work waits as long as it takes.
const PATIENCE: SignedDuration = SignedDuration::from_secs(10);

/// Requests that may be under way at the same time.
const AT_ONCE: usize = 8;

/// The line of one service.
pub(super) struct Queue {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

struct State {
    budget: Budget,
    running: usize,
    arrivals: u64,
    waiting: BTreeMap<Place, Arc<Notify>>,
}

/// Sorted as they are served.
type Place = (Purpose, u64);

enum Turn {
    Go,
    AfterOthers,
    In(Duration),
    TooLate(Timestamp),
}

impl Queue {
    pub(super) fn new(plan: Plan, clock: Arc<dyn Clock>) -> Self {
        let state = State { budget: Budget::new(plan), running: 0, arrivals: 0, waiting: BTreeMap::new() };
        Self { clock, state: Mutex::new(state) }
    }

    /// Waits for a turn. The request counts as sent from then on; it is under way until the permit is dropped.
    ///
    /// # Errors
    /// When a person would wait longer than [`PATIENCE`]: the time from which it is worth asking again.
    pub(super) async fn enter(&self, purpose: Purpose) -> Result<Permit<'_>, Timestamp> {
        let waiting = self.join(purpose);
        loop {
            match self.turn(waiting.place) {
                Turn::Go => return Ok(Permit { queue: self }),
                Turn::TooLate(until) => return Err(until),
                Turn::AfterOthers => waiting.bell.notified().await,
                Turn::In(pause) => {
                    select(self.clock.sleep(pause), pin!(waiting.bell.notified())).await;
                }
            }
        }
    }

    /// Reads or changes the account at this instant; whoever is at the head then looks again.
    pub(super) fn with_budget<T>(&self, change: impl FnOnce(&mut Budget, Timestamp) -> T) -> T {
        let now = self.clock.now();
        self.with(|state| {
            let told = change(&mut state.budget, now);
            state.ring();
            told
        })
    }

    fn join(&self, purpose: Purpose) -> Waiting<'_> {
        let bell = Arc::new(Notify::new());
        let place = self.with(|state| {
            state.arrivals += 1;
            let place = (purpose, state.arrivals);
            state.waiting.insert(place, Arc::clone(&bell));
            place
        });
        Waiting { queue: self, place, bell }
    }

    fn turn(&self, place: Place) -> Turn {
        let now = self.clock.now();
        let (purpose, _) = place;
        self.with(|state| {
            if state.waiting.keys().next() != Some(&place) {
                return Turn::AfterOthers;
            }
            let ready = state.budget.ready_at(purpose, now);
            let wait = ready.duration_since(now);
            if wait > PATIENCE && purpose == Purpose::Person {
                return Turn::TooLate(ready);
            }
            if wait.is_positive() {
                return Turn::In(wait.unsigned_abs());
            }
            if state.running >= AT_ONCE {
                return Turn::AfterOthers;
            }
            state.budget.spend(purpose, now);
            state.running += 1;
            Turn::Go
        })
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    fn ring(&self) {
        if let Some(bell) = self.waiting.values().next() {
            bell.notify_one();
        }
    }
}

/// A place in the line, given up on drop.
struct Waiting<'a> {
    queue: &'a Queue,
    place: Place,
    bell: Arc<Notify>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.queue.with(|state| {
            state.waiting.remove(&self.place);
            state.ring();
        });
    }
}

/// Leave to send one request.
pub(super) struct Permit<'a> {
    queue: &'a Queue,
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.queue.with(|state| {
            state.running -= 1;
            state.ring();
        });
    }
}

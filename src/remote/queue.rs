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

/// Of these the background leaves so many free, so that no person waits behind eight polls that hang.
const FOR_PEOPLE: usize = 2;

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
            let kept_free = if purpose == Purpose::Person { 0 } else { FOR_PEOPLE };
            if state.running + kept_free >= AT_ONCE {
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

#[cfg(test)]
mod tests {
    use std::pin::Pin;

    use futures_util::{FutureExt, poll};

    use super::*;
    use crate::clock::ManualClock;

    const PLAN: Plan = Plan { per_minute: 150, per_second: 20, first_pause: SignedDuration::from_secs(45) };

    type Entering<'a> = Pin<Box<dyn Future<Output = Result<Permit<'a>, Timestamp>> + 'a>>;

    fn queue() -> (Queue, ManualClock) {
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        (Queue::new(PLAN, Arc::new(clock.clone())), clock)
    }

    fn enter(queue: &Queue, purpose: Purpose) -> Entering<'_> {
        Box::pin(queue.enter(purpose))
    }

    /// Eight requests under way: nobody else may start before one of them ends.
    fn busy(queue: &Queue) -> Vec<Permit<'_>> {
        (0..AT_ONCE).map(|_| queue.enter(Purpose::Person).now_or_never().unwrap().unwrap()).collect()
    }

    #[tokio::test]
    async fn a_person_goes_before_the_watch_and_the_watch_before_the_past() {
        let (queue, _clock) = queue();
        let mut running = busy(&queue);
        let mut past = enter(&queue, Purpose::BackFill);
        let mut watch = enter(&queue, Purpose::Watch);
        let mut person = enter(&queue, Purpose::Person);
        for waiting in [&mut past, &mut watch, &mut person] {
            assert!(poll!(waiting).is_pending());
        }

        running.truncate(4);
        assert!(poll!(&mut past).is_pending());
        assert!(poll!(&mut watch).is_pending());
        let person = poll!(&mut person);
        assert!(person.is_ready());

        assert!(poll!(&mut past).is_pending());
        let watch = poll!(&mut watch);
        assert!(watch.is_ready());

        assert!(poll!(&mut past).is_pending());
        drop(watch);
        assert!(poll!(&mut past).is_ready());
    }

    #[tokio::test]
    async fn polls_that_hang_leave_room_for_people() {
        let (queue, _clock) = queue();
        let hanging: Vec<_> = (0..6).map(|_| queue.enter(Purpose::Watch).now_or_never().unwrap().unwrap()).collect();
        let mut watch = enter(&queue, Purpose::Watch);
        assert!(poll!(&mut watch).is_pending());
        assert!(enter(&queue, Purpose::Person).now_or_never().unwrap().is_ok());
        assert!(poll!(&mut watch).is_pending());
        drop(hanging);
        assert!(poll!(&mut watch).is_ready());
    }

    #[tokio::test]
    async fn among_equals_the_first_to_come_goes_first() {
        let (queue, _clock) = queue();
        let mut running = busy(&queue);
        let mut first = enter(&queue, Purpose::Person);
        let mut second = enter(&queue, Purpose::Person);
        assert!(poll!(&mut first).is_pending());
        assert!(poll!(&mut second).is_pending());
        running.pop();
        assert!(poll!(&mut second).is_pending());
        assert!(poll!(&mut first).is_ready());
    }

    #[tokio::test]
    async fn whoever_gives_up_waiting_leaves_the_place_to_the_next() {
        let (queue, clock) = queue();
        let pause = SignedDuration::from_secs(5);
        queue.with_budget(|budget, now| budget.refused(Some(pause), now));
        let mut head = enter(&queue, Purpose::Person);
        let mut next = enter(&queue, Purpose::Watch);
        assert!(poll!(&mut head).is_pending());
        assert!(poll!(&mut next).is_pending());
        drop(head);
        assert!(poll!(&mut next).is_pending());
        clock.advance(pause);
        assert!(poll!(&mut next).is_ready());
    }

    #[tokio::test]
    async fn a_request_that_is_dropped_under_way_frees_its_place() {
        let (queue, _clock) = queue();
        let mut running = busy(&queue);
        let mut next = enter(&queue, Purpose::Watch);
        assert!(poll!(&mut next).is_pending());
        running.clear();
        assert!(poll!(&mut next).is_ready());
    }

    #[tokio::test]
    async fn a_pause_holds_the_background_and_sends_people_away_at_once() {
        let (queue, clock) = queue();
        let mut early = enter(&queue, Purpose::Person);
        let running = busy(&queue);
        assert!(poll!(&mut early).is_pending());
        let until = queue.with_budget(|budget, now| budget.refused(None, now));
        let told = poll!(&mut early).map(|turn| turn.err());
        assert_eq!(told, std::task::Poll::Ready(Some(until)), "also whoever waited before the pause began");

        let mut watch = enter(&queue, Purpose::Watch);
        assert!(poll!(&mut watch).is_pending());
        assert_eq!(enter(&queue, Purpose::Person).now_or_never().unwrap().err(), Some(until));
        drop(running);
        clock.advance(SignedDuration::from_secs(44));
        assert!(poll!(&mut watch).is_pending());
        clock.advance(SignedDuration::from_secs(1));
        assert!(poll!(&mut watch).is_ready());
    }

    #[tokio::test]
    async fn a_person_overtakes_the_background_that_waits_for_the_budget() {
        let (queue, clock) = queue();
        queue.with_budget(|budget, now| budget.report(Some(300), Some(20), now));
        let mut past = enter(&queue, Purpose::BackFill);
        assert!(poll!(&mut past).is_pending());
        assert!(enter(&queue, Purpose::Person).now_or_never().unwrap().is_ok());
        clock.advance(SignedDuration::from_secs(59));
        assert!(poll!(&mut past).is_ready());
    }

    #[tokio::test]
    async fn nobody_waits_on_a_hasty_clock_and_the_budget_still_holds() {
        let clock = ManualClock::hasty(Timestamp::UNIX_EPOCH);
        let queue = Queue::new(PLAN, Arc::new(clock.clone()));
        for _ in 0..200 {
            drop(queue.enter(Purpose::Watch).await.unwrap());
        }
        assert!(clock.now() >= Timestamp::from_second(60).unwrap());
    }
}

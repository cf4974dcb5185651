//! The time: what `now` is and how to wait, as one trait with a system clock and a clock moved by hand.
//!
//! The only room that reads the time. Nothing here knows why somebody wants to know it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::oneshot;

/// The one seam for time: use cases ask it for `now`, clients wait on it between tries.
pub trait Clock: Send + Sync + 'static {
    /// This instant, UTC.
    fn now(&self) -> Timestamp;

    /// Returns once `duration` has gone by on this clock.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
}

/// The machine's own clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's time")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that waits by the machine's time")]
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// A clock that stands still until it is moved. Sleepers wake when it is moved past their hour.
#[derive(Clone, Debug)]
pub struct ManualClock {
    state: Arc<Mutex<Manual>>,
}

#[derive(Debug)]
struct Manual {
    now: Timestamp,
    hasty: bool,
    ticket: u64,
    sleepers: BTreeMap<(Timestamp, u64), oneshot::Sender<()>>,
}

impl ManualClock {
    /// A clock that shows `now`.
    pub fn new(now: Timestamp) -> Self {
        Self { state: Arc::new(Mutex::new(Manual { now, hasty: false, ticket: 0, sleepers: BTreeMap::new() })) }
    }

    /// A clock on which nobody waits: each sleep moves the time forward by itself and returns at once.
    pub fn hasty(now: Timestamp) -> Self {
        let clock = Self::new(now);
        clock.with(|manual| manual.hasty = true);
        clock
    }

    /// Moves the time forward and wakes whoever waited for it.
    pub fn advance(&self, by: SignedDuration) {
        self.with(|manual| {
            manual.now = manual.now.saturating_add(by).unwrap_or(Timestamp::MAX);
            let later = manual.sleepers.split_off(&(manual.now, u64::MAX));
            for (_, sleeper) in std::mem::replace(&mut manual.sleepers, later) {
                // A sleeper that gave up waiting has dropped its end; nobody is left to wake.
                sleeper.send(()).ok();
            }
        });
    }

    fn with<T>(&self, change: impl FnOnce(&mut Manual) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.with(|manual| manual.now)
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let by = SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX);
        let woken = self.with(|manual| {
            let at = manual.now.saturating_add(by).unwrap_or(Timestamp::MAX);
            if manual.hasty || duration.is_zero() {
                manual.now = manual.now.max(at);
                return None;
            }
            let (waker, woken) = oneshot::channel();
            manual.ticket += 1;
            let ticket = manual.ticket;
            manual.sleepers.insert((at, ticket), waker);
            Some(woken)
        });
        Box::pin(async move {
            if let Some(woken) = woken {
                // An error means that the clock itself is gone, and with it the reason to wait.
                woken.await.ok();
            }
        })
    }
}

/// A clock that runs on by itself from a chosen instant and can be moved forward: the time of the pretend world.
#[derive(Clone, Debug)]
pub struct MovableClock {
    started: Timestamp,
    shown: Arc<Mutex<Timestamp>>,
}

impl MovableClock {
    /// A clock that shows `now` and runs at the machine's pace.
    pub fn starting_at(now: Timestamp) -> Self {
        Self { started: SystemClock.now(), shown: Arc::new(Mutex::new(now)) }
    }

    /// Moves the time forward at once; whoever sleeps goes on sleeping as long as before.
    pub fn advance(&self, by: SignedDuration) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        *shown = shown.saturating_add(by).unwrap_or(Timestamp::MAX);
    }
}

impl Clock for MovableClock {
    fn now(&self) -> Timestamp {
        let shown = *self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let run = SystemClock.now().duration_since(self.started);
        shown.saturating_add(run).unwrap_or(Timestamp::MAX)
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        SystemClock.sleep(duration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    #[expect(clippy::disallowed_methods, reason = "a sleeper sleeps beside the story")]
    async fn a_sleeper_wakes_when_the_clock_is_moved_past_its_hour() {
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        let mut sleep = tokio::spawn(clock.sleep(Duration::from_secs(60)));
        clock.advance(SignedDuration::from_secs(59));
        assert!(futures_util::poll!(&mut sleep).is_pending());
        clock.advance(SignedDuration::from_secs(1));
        sleep.await.unwrap();
    }

    #[tokio::test]
    async fn nobody_waits_on_a_hasty_clock() {
        let clock = ManualClock::hasty(Timestamp::UNIX_EPOCH);
        clock.sleep(Duration::from_secs(90)).await;
        assert_eq!(clock.now().as_second(), 90);
    }
}

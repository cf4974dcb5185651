//! The pause between connections to the gateway, which serenity 0.12.5 lacks while it holds a session: a gateway that
//! accepts and closes before Hello was seen to be tried 79,000 times in a minute.
//!
//! Serenity locks the gateway's address before each connection, and tokio's lock is fair. A turnstile holds that lock
//! and lets one connection through at a time. It knows nothing of commands or messages.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::future::{Either, select};
use jiff::{SignedDuration, Timestamp};
use poise::serenity_prelude as serenity;
use serenity::ConnectionStage;
use tokio::sync::{Notify, OwnedMutexGuard};

use crate::clock::Clock;

/// How often the turnstile is looked after, and the first pause.
const LOOK: Duration = Duration::from_secs(1);
/// The longest pause while only the connection fails.
const LONGEST: Duration = Duration::from_secs(60);
/// The longest pause while sessions begin and break: Discord takes 1000 IDENTIFY a day, then resets the token.
const LONGEST_IDENTIFYING: Duration = Duration::from_secs(300);
/// So many sessions may begin and break before the longer pauses.
const IDENTIFIES: u32 = 15;
/// A connection that held so long was a good one.
const HEALTHY: SignedDuration = SignedDuration::from_secs(60);
/// The first connection is not held up, nor is anything before it.
const SETTLE: Duration = Duration::from_secs(3);

/// The brake.
pub(super) struct Brake {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    moving: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Connections let through since the last good one.
    tries: u32,
    /// Sessions begun since the last good connection.
    identifies: u32,
    connected_since: Option<Timestamp>,
}

impl Brake {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Mutex::default(), moving: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hears how the connection stands.
    pub(super) fn stage(&self, stage: ConnectionStage) {
        let now = self.clock.now();
        let mut state = self.state();
        match stage {
            ConnectionStage::Connected => state.connected_since = Some(now),
            stage => {
                if state.connected_since.take().is_some_and(|since| now.duration_since(since) >= HEALTHY) {
                    *state = State::default();
                }
                if stage == ConnectionStage::Identifying {
                    state.identifies += 1;
                }
            }
        }
        self.moving.notify_one();
    }

    /// Keeps the turnstile at `address` for ever. The first connection finds it open.
    pub(super) async fn hold(&self, address: Arc<tokio::sync::Mutex<String>>) {
        let settled = std::pin::pin!(self.moving.notified());
        if let Either::Left(_) = select(settled, self.clock.sleep(SETTLE)).await {
            tracing::debug!("the brake is on");
        }
        let mut held = Arc::clone(&address).lock_owned().await;
        loop {
            let (next, pause) = self.step(held, &address).await;
            held = next;
            self.clock.sleep(pause).await;
        }
    }

    /// Opens the turnstile for whoever waits first. Returns the lock, held again, and how long to keep it.
    async fn step(
        &self,
        held: OwnedMutexGuard<String>,
        address: &Arc<tokio::sync::Mutex<String>>,
    ) -> (OwnedMutexGuard<String>, Duration) {
        drop(held);
        // A fair lock goes to whoever waits already; only when nobody does is it still to be had.
        if let Ok(held) = Arc::clone(address).try_lock_owned() {
            return (held, LOOK);
        }
        let held = Arc::clone(address).lock_owned().await;
        let pause = {
            let mut state = self.state();
            let pause = state.pause();
            state.tries = state.tries.saturating_add(1);
            pause
        };
        if pause > LOOK {
            tracing::info!(pause_s = pause.as_secs(), "connecting to Discord again and again; pausing");
        }
        (held, pause)
    }
}

impl State {
    /// 1 s, doubling, less up to a quarter so that many bots do not come back at once.
    fn pause(&self) -> Duration {
        let longest = if self.identifies > IDENTIFIES { LONGEST_IDENTIFYING } else { LONGEST };
        let doubled = Duration::from_secs(1 << self.tries.min(16)).min(longest);
        let quarter = u64::try_from(doubled.as_millis() / 4).unwrap_or_default();
        let less = RandomState::new().hash_one(()) % quarter.max(1);
        (doubled - Duration::from_millis(less)).max(LOOK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;

    fn brake() -> (ManualClock, Brake) {
        let clock = ManualClock::hasty(Timestamp::UNIX_EPOCH);
        (clock.clone(), Brake::new(Arc::new(clock)))
    }

    /// How many connections pass in a day when each breaks at once.
    fn in_a_day(identifying: bool) -> u32 {
        let mut state = State::default();
        let (mut passed, mut tries) = (Duration::ZERO, 0);
        while passed < Duration::from_secs(86_400) {
            passed += state.pause();
            state.tries = state.tries.saturating_add(1);
            state.identifies += u32::from(identifying);
            tries += 1;
        }
        tries
    }

    #[test]
    fn a_day_of_broken_sessions_stays_far_below_what_discord_allows() {
        assert!((280..500).contains(&in_a_day(true)), "{}", in_a_day(true));
    }

    #[test]
    fn a_day_without_a_gateway_is_tried_every_minute() {
        assert!((1400..2000).contains(&in_a_day(false)), "{}", in_a_day(false));
    }

    #[test]
    fn pauses_double_up_to_a_minute() {
        let pauses: Vec<_> = (0..9).map(|tries| State { tries, ..State::default() }.pause().as_secs_f64()).collect();
        for (pause, most) in pauses.iter().zip([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]) {
            assert!((most * 0.75 - 0.01..=most).contains(pause) || *pause == 1.0, "{pause} of {most}");
        }
    }

    #[test]
    fn a_good_minute_forgives_everything() {
        let (clock, brake) = brake();
        brake.state().tries = 9;
        brake.stage(ConnectionStage::Connected);
        clock.advance(SignedDuration::from_secs(59));
        brake.stage(ConnectionStage::Resuming);
        assert_eq!(brake.state().tries, 9);
        brake.stage(ConnectionStage::Connected);
        clock.advance(SignedDuration::from_secs(60));
        brake.stage(ConnectionStage::Disconnected);
        assert_eq!(brake.state().tries, 0);
    }

    #[tokio::test]
    async fn one_connection_passes_at_a_time() {
        let (_, brake) = brake();
        let address = Arc::new(tokio::sync::Mutex::new("wss://example.com".to_owned()));
        let held = Arc::clone(&address).lock_owned().await;
        let (held, pause) = brake.step(held, &address).await;
        assert_eq!((pause, brake.state().tries), (LOOK, 0), "nobody waits");
        let waiting = [address.lock(), address.lock()].map(Box::pin);
        let [mut first, mut second] = waiting;
        assert!(futures_util::poll!(&mut first).is_pending() && futures_util::poll!(&mut second).is_pending());
        let step = brake.step(held, &address);
        let mut step = std::pin::pin!(step);
        assert!(futures_util::poll!(&mut step).is_pending());
        drop(first.await);
        assert!(futures_util::poll!(&mut step).is_pending(), "the second waits before us");
        drop(second.await);
        step.await;
        assert_eq!(brake.state().tries, 1);
    }
}

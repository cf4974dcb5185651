//! What to ask next, and when: polls of watched places spread evenly over their interval, and the slow queue behind them.
//!
//! Pure; the instant is an argument. Nothing here asks or waits.

use jiff::{SignedDuration, Timestamp};

use super::trouble::{Trouble, TroubleKind};

/// How often a place is looked at that nobody is tracked on.
pub const IDLE: SignedDuration = SignedDuration::from_mins(5);

/// How often a service that refuses us is tried again.
pub const PROBE: SignedDuration = SignedDuration::from_mins(15);

/// How often a thing that does not exist is asked for again.
pub const MISSING: SignedDuration = SignedDuration::from_mins(30);

/// Requests about the past keep this distance.
pub const PAST: SignedDuration = SignedDuration::from_secs(2);

/// The shortest time between two forced polls of one place.
pub const FORCED: SignedDuration = SignedDuration::from_secs(15);

/// How long nothing need be looked at before asking again whether something is to be watched.
pub const DOZE: SignedDuration = SignedDuration::from_secs(10);

/// How often BattleMetrics queries a healthy server at the least, as observed.
const SLOWEST: SignedDuration = SignedDuration::from_mins(5);

/// The machine's clock is put right by seconds all the time. More than this back, and it was set.
const SET_BACK: SignedDuration = SignedDuration::from_secs(30);

/// Whether the clock, which shows `now`, was set back since it showed `before`.
pub fn is_set_back(before: Timestamp, now: Timestamp) -> bool {
    before.duration_since(now) > SET_BACK
}

/// A watched place, as far as its timetable goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Round<P> {
    /// Which.
    pub place: P,
    /// How often.
    pub every: SignedDuration,
    /// When it was last asked for, successful or not.
    pub asked: Option<Timestamp>,
    /// Not to be asked for before.
    pub not_before: Option<Timestamp>,
}

impl<P> Round<P> {
    /// When it falls due; at the beginning of time when it was never asked for.
    pub fn due(&self) -> Timestamp {
        let by_rhythm = self.asked.map_or(Timestamp::MIN, |asked| later(asked, self.every));
        by_rhythm.max(self.not_before.unwrap_or(Timestamp::MIN))
    }
}

/// Which place is polled next, and when: the one that is due for longest. Polls that are late together, as after a
/// start, keep such a distance that all are done within one interval; from then on each keeps its own rhythm.
pub fn next_poll<P: Copy + Ord>(rounds: &[Round<P>], now: Timestamp) -> Option<(P, Timestamp)> {
    let next = rounds.iter().min_by_key(|round| (round.due(), round.place))?;
    let latest = rounds.iter().filter_map(|round| round.asked).max();
    let shortest = rounds.iter().map(|round| round.every).min().unwrap_or(IDLE);
    let distance = shortest / i32::try_from(rounds.len()).unwrap_or(i32::MAX).max(1);
    let after_the_last = latest.map_or(Timestamp::MIN, |latest| later(latest, distance));
    let due = next.due();
    // Who is on time keeps the hour that was found at the start.
    let is_late = later(due, distance) <= now;
    Some((next.place, if is_late { after_the_last } else { due }.max(now)))
}

/// How long a place may go unobserved without a gap in what is known: two polls may fail.
pub fn longest_gap(every: SignedDuration) -> SignedDuration {
    every * 5 / 2
}

/// How far the times of two lists that follow each other without a gap may lie apart. Most servers are queried each minute,
/// so that a list may be a minute old; some only each five minutes.
pub fn longest_silence(every: SignedDuration) -> SignedDuration {
    (longest_gap(every) + SignedDuration::from_mins(1)).max(SLOWEST + SignedDuration::from_mins(1))
}

/// Whether a poll failed in a way that holds for all of the service's places, until somebody mends it.
pub fn is_refusal(trouble: Trouble) -> bool {
    matches!(
        trouble.kind,
        TroubleKind::TokenMissing | TroubleKind::TokenRefused | TroubleKind::NoSubscription | TroubleKind::Blocked
    )
}

/// When a place may be asked for again after a failure, other than at its next turn.
pub fn after_failure(trouble: Trouble, now: Timestamp) -> Option<Timestamp> {
    match trouble.kind {
        TroubleKind::LimitReached { until } => Some(until),
        TroubleKind::NotFound | TroubleKind::Rejected => Some(later(now, MISSING)),
        TroubleKind::Forbidden => Some(later(now, PROBE)),
        _ if is_refusal(trouble) => Some(later(now, PROBE)),
        _ => None,
    }
}

/// `at` and `by` later, or the end of time.
pub fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::domain::trouble::Service;

    const MINUTE: SignedDuration = SignedDuration::from_mins(1);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_780_000_000 + second).unwrap()
    }

    fn rounds(count: u32, every: SignedDuration) -> Vec<Round<u32>> {
        (0..count).map(|place| Round { place, every, asked: None, not_before: None }).collect()
    }

    /// Polls as they fall due for so many seconds: when each place was asked for.
    fn run(rounds: &mut [Round<u32>], seconds: i64) -> BTreeMap<u32, Vec<i64>> {
        let mut polls: BTreeMap<u32, Vec<i64>> = BTreeMap::new();
        let mut now = at(0);
        loop {
            let (place, when) = next_poll(rounds, now).unwrap();
            if when > at(seconds) {
                return polls;
            }
            now = when;
            polls.entry(place).or_default().push(when.duration_since(at(0)).as_secs());
            rounds.iter_mut().find(|round| round.place == place).unwrap().asked = Some(when);
        }
    }

    #[test]
    fn each_server_is_polled_once_a_minute_and_never_in_a_burst() {
        let polls = run(&mut rounds(6, MINUTE), 600);
        assert_eq!(polls[&0], (0..=10).map(|minute| minute * 60).collect::<Vec<_>>());
        let mut all: Vec<_> = polls.into_values().flatten().collect();
        all.sort_unstable();
        assert!(all.windows(2).all(|pair| pair[1] - pair[0] == 10), "{all:?}");
    }

    #[test]
    fn a_single_server_keeps_its_rhythm() {
        assert_eq!(run(&mut rounds(1, MINUTE), 200)[&0], [0, 60, 120, 180]);
    }

    #[test]
    fn a_quiet_server_is_polled_beside_a_busy_one() {
        let mut both = rounds(2, MINUTE);
        both[1].every = IDLE;
        let polls = run(&mut both, 900);
        assert_eq!(polls[&0].len(), 16);
        assert_eq!(polls[&1].len(), 3);
    }

    #[test]
    fn nothing_to_watch_is_nothing_to_do() {
        assert_eq!(next_poll::<u32>(&[], at(0)), None);
    }

    #[test]
    fn a_poll_that_was_slept_through_is_done_at_once() {
        let mut one = rounds(1, MINUTE);
        one[0].asked = Some(at(0));
        assert_eq!(next_poll(&one, at(7200)), Some((0, at(7200))));
    }

    #[test]
    fn a_server_that_is_queried_each_five_minutes_has_no_gaps_and_a_list_that_stood_for_longer_has_one() {
        let seconds = |every| longest_silence(every).as_secs();
        assert_eq!((seconds(MINUTE), seconds(MINUTE * 2), seconds(IDLE)), (360, 360, 810));
    }

    #[test]
    fn a_refused_token_is_tried_again_rarely_and_a_limit_when_it_ends() {
        let trouble = |kind| Trouble { service: Service::BattleMetrics, kind };
        for kind in [TroubleKind::TokenRefused, TroubleKind::NoSubscription] {
            assert!(is_refusal(trouble(kind)));
            assert_eq!(after_failure(trouble(kind), at(0)), Some(at(900)));
        }
        assert!(!is_refusal(trouble(TroubleKind::Forbidden)), "one server may be closed to us, and the others not");
        assert_eq!(after_failure(trouble(TroubleKind::Forbidden), at(0)), Some(at(900)));
        assert_eq!(after_failure(trouble(TroubleKind::LimitReached { until: at(45) }), at(0)), Some(at(45)));
        assert_eq!(after_failure(trouble(TroubleKind::Down { status: 503 }), at(0)), None);
    }
}

//! How many requests a service may be asked, and when the next one may go: two rolling windows, the service's own
//! word on what is left, and pauses it demanded.
//!
//! Pure arithmetic, the instant is an argument. Nothing here waits, queues or sends.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use super::report::{Purpose, Spent};

/// The window in which [`Plan::per_minute`] requests may start. It rolls, as BattleMetrics' own does.
const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// The window in which [`Plan::per_second`] requests may start.
const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// No pause is longer, whatever the service says: a mistaken header must not silence the program for a day.
pub const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(10);

/// What may be spent on a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Requests in any 60 seconds, all purposes together.
    pub per_minute: u32,
    /// Requests in any one second.
    pub per_second: u32,
    /// The pause after "too many requests" without a word on how long; doubled each time it happens again.
    pub first_pause: SignedDuration,
}

/// The running account of one service.
#[derive(Clone, Debug)]
pub struct Budget {
    plan: Plan,
    started: VecDeque<(Timestamp, Purpose)>,
    reported: Option<Reported>,
    paused_until: Option<Timestamp>,
    refusals: u32,
}

/// What the service said of the rest, and what was started since.
#[derive(Clone, Copy, Debug)]
struct Reported {
    at: Timestamp,
    limit: Option<u32>,
    left: Option<u32>,
    started_since: u32,
}

impl Budget {
    /// Nothing spent yet.
    pub fn new(plan: Plan) -> Self {
        Self { plan, started: VecDeque::new(), reported: None, paused_until: None, refusals: 0 }
    }

    /// When a request for `purpose` may start: `now`, or later. A later answer may move when other things happen.
    pub fn ready_at(&mut self, purpose: Purpose, now: Timestamp) -> Timestamp {
        self.forget(now);
        let open = self.limit().saturating_sub(self.reserve(purpose));
        [
            self.paused_until(now),
            self.window_opens(open, MINUTE, now),
            self.window_opens(self.plan.per_second, SECOND, now),
            self.reported_ready(purpose),
        ]
        .into_iter()
        .flatten()
        .fold(now, Timestamp::max)
    }

    /// A request starts.
    pub fn spend(&mut self, purpose: Purpose, now: Timestamp) {
        self.forget(now);
        self.started.push_back((now, purpose));
        if let Some(reported) = &mut self.reported {
            reported.started_since = reported.started_since.saturating_add(1);
        }
    }

    /// The service told its limit a minute and what is left of it; either may be missing.
    pub fn report(&mut self, limit: Option<u32>, left: Option<u32>, now: Timestamp) {
        let limit = limit.filter(|&limit| limit > 0);
        if limit.is_some() || left.is_some() {
            self.reported = Some(Reported { at: now, limit, left, started_since: 0 });
        }
    }

    /// The service answered otherwise than with "too many requests".
    pub fn answered(&mut self) {
        self.refusals = 0;
    }

    /// The service said "too many requests", perhaps with how long to wait. Returns when the pause ends.
    pub fn refused(&mut self, retry_after: Option<SignedDuration>, now: Timestamp) -> Timestamp {
        let running = self.paused_until(now);
        let pause = match (retry_after, running) {
            (Some(pause), _) => pause,
            // Several requests in flight hear the same refusal; it counts once.
            (None, Some(until)) => return until,
            (None, None) => self.plan.first_pause.saturating_mul(1 << self.refusals.min(8)),
        };
        if running.is_none() {
            self.refusals = self.refusals.saturating_add(1);
        }
        let until = now.saturating_add(pause.clamp(SECOND, LONGEST_PAUSE)).unwrap_or(Timestamp::MAX);
        let until = running.map_or(until, |running| running.max(until));
        self.paused_until = Some(until);
        until
    }

    /// Until when nothing may start, if the service demanded a pause that still runs.
    pub fn paused_until(&self, now: Timestamp) -> Option<Timestamp> {
        // The upper bound matters when the machine's clock was set back.
        self.paused_until.filter(|&until| until > now && until.duration_since(now) <= LONGEST_PAUSE)
    }

    /// Requests a minute: the plan's, or fewer if the service allows fewer.
    pub fn limit(&self) -> u32 {
        let reported = self.reported.and_then(|reported| reported.limit);
        reported.map_or(self.plan.per_minute, |limit| limit.min(self.plan.per_minute))
    }

    /// What a person could spend at once.
    pub fn left(&mut self, now: Timestamp) -> u32 {
        self.forget(now);
        let own = self.limit().saturating_sub(count(self.started.len()));
        let theirs = self.reported.and_then(|reported| {
            let millis = now.duration_since(reported.at).as_millis().clamp(0, 60_000);
            let regained = i128::from(self.limit()) * millis / 60_000;
            let left = i128::from(reported.left?) - i128::from(reported.started_since) + regained;
            Some(u32::try_from(left.max(0)).unwrap_or(u32::MAX))
        });
        theirs.map_or(own, |theirs| theirs.min(own))
    }

    /// Requests that started in the last minute, by purpose; purposes without any are left out.
    pub fn spent(&mut self, now: Timestamp) -> Vec<Spent> {
        self.forget(now);
        [Purpose::Person, Purpose::Watch, Purpose::Bulk, Purpose::Repair, Purpose::BackFill]
            .into_iter()
            .map(|purpose| {
                let requests = count(self.started.iter().filter(|(_, of)| *of == purpose).count());
                Spent { purpose, requests }
            })
            .filter(|spent| spent.requests > 0)
            .collect()
    }

    /// What `purpose` leaves to the more urgent ones: shares of the limit, so that a small limit starves nobody.
    fn reserve(&self, purpose: Purpose) -> u32 {
        let limit = self.limit();
        match purpose {
            Purpose::Person => 0,
            Purpose::Watch => limit / 15,
            Purpose::Bulk => limit / 5,
            Purpose::Repair => limit / 5 * 2,
            Purpose::BackFill => limit / 2,
        }
    }

    /// When fewer than `most` requests lie within `window`; `None` if that is so already.
    fn window_opens(&self, most: u32, window: SignedDuration, now: Timestamp) -> Option<Timestamp> {
        let inside = |&&(at, _): &&(Timestamp, Purpose)| now.duration_since(at) < window;
        let most = usize::try_from(most.max(1)).unwrap_or(usize::MAX);
        let (blocking, _) = self.started.iter().rev().take_while(inside).nth(most - 1)?;
        Some(blocking.saturating_add(window).unwrap_or(Timestamp::MAX))
    }

    /// When the service's own count lets `purpose` through. Since its window rolls, what is left is taken to grow back
    /// evenly: the whole limit in a minute.
    fn reported_ready(&self, purpose: Purpose) -> Option<Timestamp> {
        let reported = self.reported?;
        let left = i64::from(reported.left?) - i64::from(reported.started_since);
        let missing = (i64::from(self.reserve(purpose)) + 1 - left).clamp(0, i64::from(self.limit()));
        // Rounded up: a millisecond late is right, one early is a request too many.
        let millis = missing * 60_000 / i64::from(self.limit().max(1)) + 1;
        let wait = SignedDuration::from_millis(if missing == 0 { 0 } else { millis });
        Some(reported.at.saturating_add(wait).unwrap_or(Timestamp::MAX))
    }

    /// Drops what has left the minute, and what lies ahead because the machine's clock was set back.
    fn forget(&mut self, now: Timestamp) {
        let holds = |at: Timestamp| at <= now && now.duration_since(at) < MINUTE;
        self.started.retain(|&(at, _)| holds(at));
        if let Some(reported) = self.reported.as_mut().filter(|reported| !holds(reported.at)) {
            reported.left = None;
        }
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PLAN: Plan = Plan { per_minute: 150, per_second: 20, first_pause: SignedDuration::from_secs(45) };

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(1_790_000_000_000 + millis).unwrap()
    }

    /// Starts `requests` for `purpose` as early as each may, from `now`. Returns when the last one started.
    fn run(budget: &mut Budget, purpose: Purpose, requests: usize, mut now: Timestamp) -> Timestamp {
        for _ in 0..requests {
            now = budget.ready_at(purpose, now);
            budget.spend(purpose, now);
        }
        now
    }

    #[test]
    fn a_first_check_of_fifty_members_is_through_in_three_seconds() {
        let mut budget = Budget::new(PLAN);
        assert!(run(&mut budget, Purpose::Person, 51, at(0)) <= at(3_000));
    }

    #[test]
    fn the_twenty_first_request_of_a_second_waits_for_the_next() {
        let mut budget = Budget::new(PLAN);
        assert_eq!(run(&mut budget, Purpose::Person, 20, at(0)), at(0));
        assert_eq!(budget.ready_at(Purpose::Person, at(400)), at(1_000));
    }

    #[test]
    fn whoever_spent_the_minute_waits_until_the_oldest_request_leaves_it() {
        let mut budget = Budget::new(PLAN);
        run(&mut budget, Purpose::Person, 150, at(0));
        assert_eq!(budget.left(at(8_000)), 0);
        assert_eq!(budget.ready_at(Purpose::Person, at(8_000)), at(60_000));
        assert_eq!(budget.left(at(60_000)), 20);
    }

    #[test]
    fn fetching_the_past_leaves_room_for_people_and_the_watch() {
        let mut budget = Budget::new(PLAN);
        let now = run(&mut budget, Purpose::BackFill, 75, at(0));
        let next = now + SECOND;
        assert_eq!(budget.ready_at(Purpose::BackFill, next), at(60_000));
        assert_eq!(budget.ready_at(Purpose::Repair, next), next);
        assert_eq!(budget.ready_at(Purpose::Watch, next), next);
        assert_eq!(run(&mut budget, Purpose::Person, 51, next), next + SignedDuration::from_secs(2));
    }

    #[test]
    fn the_last_few_that_the_service_has_left_are_for_people() {
        let mut budget = Budget::new(PLAN);
        budget.report(Some(300), Some(5), at(0));
        assert_eq!(budget.left(at(0)), 5);
        assert_eq!(budget.ready_at(Purpose::Person, at(0)), at(0));
        for background in [Purpose::Watch, Purpose::Repair, Purpose::BackFill] {
            assert!(budget.ready_at(background, at(0)) > at(0), "{background:?}");
        }
        assert!(budget.ready_at(Purpose::Watch, at(0)) < budget.ready_at(Purpose::BackFill, at(0)));
    }

    #[test]
    fn what_the_service_has_left_shrinks_with_each_request_and_grows_back_within_a_minute() {
        let mut budget = Budget::new(PLAN);
        budget.report(None, Some(2), at(0));
        run(&mut budget, Purpose::Person, 2, at(0));
        assert_eq!(budget.left(at(0)), 0);
        let ready = budget.ready_at(Purpose::Person, at(0));
        assert!((at(400)..=at(402)).contains(&ready), "{ready}");
        assert_eq!(budget.ready_at(Purpose::BackFill, at(60_100)), at(60_100));
    }

    #[test]
    fn a_service_that_allows_less_than_planned_is_obeyed_and_still_lets_the_background_in() {
        let mut budget = Budget::new(PLAN);
        budget.report(Some(10), Some(10), at(0));
        assert_eq!(budget.limit(), 10);
        assert_eq!(run(&mut budget, Purpose::BackFill, 5, at(0)), at(0));
        assert!(budget.ready_at(Purpose::BackFill, at(1_000)) > at(1_000));
        assert_eq!(budget.ready_at(Purpose::Person, at(1_000)), at(1_000));
    }

    #[test]
    fn a_limit_of_nothing_is_a_mistake_and_is_not_believed() {
        let mut budget = Budget::new(PLAN);
        budget.report(Some(0), None, at(0));
        assert_eq!(budget.limit(), 150);
        assert_eq!(budget.ready_at(Purpose::BackFill, at(0)), at(0));
    }

    #[test]
    fn a_refusal_stops_everything_for_as_long_as_the_service_asks() {
        let mut budget = Budget::new(PLAN);
        assert_eq!(budget.refused(Some(SignedDuration::from_secs(30)), at(0)), at(30_000));
        assert_eq!(budget.ready_at(Purpose::Person, at(10)), at(30_000));
        assert_eq!(budget.paused_until(at(30_000)), None);
        assert_eq!(budget.ready_at(Purpose::BackFill, at(30_000)), at(30_000));
    }

    #[test]
    fn refusals_without_a_word_are_waited_out_longer_each_time() {
        let mut budget = Budget::new(PLAN);
        assert_eq!(budget.refused(None, at(0)), at(45_000));
        assert_eq!(budget.refused(None, at(5)), at(45_000), "the same refusal, heard by a second request");
        assert_eq!(budget.refused(None, at(50_000)), at(140_000));
        budget.answered();
        assert_eq!(budget.refused(None, at(200_000)), at(245_000));
    }

    #[test]
    fn a_day_long_pause_is_cut_to_ten_minutes() {
        let mut budget = Budget::new(PLAN);
        assert_eq!(budget.refused(Some(SignedDuration::from_hours(24)), at(0)), at(600_000));
        assert_eq!(budget.refused(Some(SignedDuration::MIN), at(700_000)), at(701_000));
    }

    #[test]
    fn a_clock_that_is_set_back_blocks_nobody() {
        let mut budget = Budget::new(PLAN);
        run(&mut budget, Purpose::Person, 150, at(0));
        budget.report(Some(300), Some(0), at(10_000));
        budget.refused(None, at(10_000));
        assert_eq!(budget.ready_at(Purpose::Person, at(-3_600_000)), at(-3_600_000));
    }

    #[test]
    fn what_was_spent_is_told_by_purpose() {
        let mut budget = Budget::new(PLAN);
        budget.spend(Purpose::Watch, at(0));
        budget.spend(Purpose::Person, at(1));
        budget.spend(Purpose::Person, at(2));
        let told =
            vec![Spent { purpose: Purpose::Person, requests: 2 }, Spent { purpose: Purpose::Watch, requests: 1 }];
        assert_eq!(budget.spent(at(3)), told);
        assert!(budget.spent(at(60_002)).is_empty());
    }

    proptest! {
        #[test]
        fn no_order_of_events_ever_exceeds_the_plan(steps in prop::collection::vec((0i64..400, 0u8..4, 0u32..400), 1..300)) {
            let mut budget = Budget::new(PLAN);
            let mut now = at(0);
            let mut started: Vec<Timestamp> = Vec::new();
            for (millis, purpose, left) in steps {
                now += SignedDuration::from_millis(millis);
                let purpose = [Purpose::Person, Purpose::Watch, Purpose::Bulk, Purpose::Repair, Purpose::BackFill][usize::from(purpose)];
                if left < 50 {
                    budget.report(Some(300), Some(left), now);
                }
                if budget.ready_at(purpose, now) == now {
                    budget.spend(purpose, now);
                    started.push(now);
                }
                let within = |window| started.iter().filter(|at| now.duration_since(**at) < window).count();
                prop_assert!(within(MINUTE) <= 150 && within(SECOND) <= 20);
            }
        }

        #[test]
        fn whoever_waits_as_told_may_start(requests in 0usize..400, left in 0u32..300, purpose in 0u8..4) {
            let mut budget = Budget::new(PLAN);
            let purpose = [Purpose::Person, Purpose::Watch, Purpose::Bulk, Purpose::Repair, Purpose::BackFill][usize::from(purpose)];
            let now = run(&mut budget, purpose, requests, at(0));
            budget.report(Some(300), Some(left), now);
            let ready = budget.ready_at(purpose, now);
            prop_assert_eq!(budget.ready_at(purpose, ready), ready);
            prop_assert!(ready.duration_since(now) <= MINUTE + SECOND);
        }
    }
}

//! What went wrong lately with one service, and what is wrong now: for `/rustops status`.
//!
//! Only remembering. What counts as trouble is told by the caller.

use std::collections::VecDeque;

use jiff::Timestamp;

use crate::domain::{
    report::RecentTrouble,
    trouble::{Trouble, TroubleKind},
};

/// How many failures are remembered.
const KEPT: usize = 20;

/// Newest first.
#[derive(Debug, Default)]
pub(super) struct Journal {
    recent: VecDeque<RecentTrouble>,
    holding: Option<Trouble>,
}

impl Journal {
    /// A request worked.
    pub(super) fn fine(&mut self) {
        self.holding = None;
    }

    /// A request failed. The same failure again only moves the time, so that one outage does not push all else out.
    pub(super) fn failed(&mut self, trouble: Trouble, at: Timestamp) {
        self.holding = Some(trouble);
        if self.recent.front().is_some_and(|newest| same_kind(newest.trouble, trouble)) {
            self.recent.pop_front();
        }
        self.recent.push_front(RecentTrouble { at, trouble });
        self.recent.truncate(KEPT);
    }

    /// The last failures, newest first.
    pub(super) fn recent(&self) -> Vec<RecentTrouble> {
        self.recent.iter().copied().collect()
    }

    /// What is wrong at `now`, if anything.
    pub(super) fn holding(&self, now: Timestamp) -> Option<Trouble> {
        self.holding.filter(|trouble| !matches!(trouble.kind, TroubleKind::LimitReached { until } if until <= now))
    }
}

fn same_kind(one: Trouble, other: Trouble) -> bool {
    let limits = matches!((one.kind, other.kind), (TroubleKind::LimitReached { .. }, TroubleKind::LimitReached { .. }));
    one == other || (limits && one.service == other.service)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::trouble::Service;

    fn trouble(kind: TroubleKind) -> Trouble {
        Trouble { service: Service::BattleMetrics, kind }
    }

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_long_outage_is_one_line_and_does_not_hide_what_was_before() {
        let mut journal = Journal::default();
        journal.failed(trouble(TroubleKind::TimedOut), second(1));
        for at in 2..100 {
            journal.failed(trouble(TroubleKind::Down { status: 503 }), second(at));
        }
        let told: Vec<_> = journal.recent().iter().map(|recent| (recent.at, recent.trouble.kind)).collect();
        assert_eq!(told, [(second(99), TroubleKind::Down { status: 503 }), (second(1), TroubleKind::TimedOut)]);
    }

    #[test]
    fn only_the_last_twenty_are_kept() {
        let mut journal = Journal::default();
        for status in 500..550 {
            journal.failed(trouble(TroubleKind::Down { status }), second(i64::from(status)));
        }
        assert_eq!(journal.recent().len(), 20);
        assert_eq!(journal.recent()[0].trouble.kind, TroubleKind::Down { status: 549 });
    }

    #[test]
    fn a_limit_stops_being_the_problem_when_its_pause_is_over() {
        let mut journal = Journal::default();
        journal.failed(trouble(TroubleKind::LimitReached { until: second(10) }), second(1));
        assert!(journal.holding(second(9)).is_some());
        assert_eq!(journal.holding(second(10)), None);
    }

    #[test]
    fn a_success_ends_the_problem_but_not_its_memory() {
        let mut journal = Journal::default();
        journal.failed(trouble(TroubleKind::TokenRefused), second(1));
        assert_eq!(journal.holding(second(2)), Some(trouble(TroubleKind::TokenRefused)));
        journal.fine();
        assert_eq!(journal.holding(second(3)), None);
        assert_eq!(journal.recent().len(), 1);
    }
}

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

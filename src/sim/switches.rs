//! What nobody outside BattleMetrics knows for sure, as switches that a story sets either way, and the rate limit.
//!
//! A switch is a standing habit of the service. What goes wrong now and then is in `faults.rs`.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

/// How BattleMetrics takes the token of the simulation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenState {
    /// Accepted.
    #[default]
    Good,
    /// Revoked or expired: 401.
    Refused,
    /// The account has no subscription: 403.
    Unpaid,
}

/// How a 429 says when to come again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RetryAfter {
    /// A number of seconds.
    #[default]
    Seconds,
    /// An HTTP date.
    Date,
    /// Not at all.
    Absent,
}

/// The answer about a player who was never seen on a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NeverSeen {
    /// 404.
    #[default]
    NotFound,
    /// 200 with nulls and zero seconds.
    Zeros,
}

/// Standing habits of the services.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switches {
    /// How the token is taken.
    pub token: TokenState,
    /// Whether Steam accepts the key.
    pub steam_key_good: bool,
    /// Requests a minute.
    pub per_minute: usize,
    /// Requests a second.
    pub per_second: usize,
    /// Whether answers carry `X-Rate-Limit-Limit` and `-Remaining`.
    pub rate_headers: bool,
    /// How a 429 says when to come again.
    pub retry_after: RetryAfter,
    /// The status, 400 or 403, with which `include=player,session` is refused, if it is.
    pub sessions_beside_players_refused: Option<u16>,
    /// Whether a player on a roster comes with the seconds connected.
    pub tells_time_connected: bool,
    /// The status, 400 or 403, with which several players in one `/sessions` request are refused, if they are.
    pub many_players_refused: Option<u16>,
    /// Whether the plan includes the endpoints about sessions; else 403.
    pub sessions_in_plan: bool,
    /// The answer about a pair never seen.
    pub never_seen: NeverSeen,
    /// Whether servers in a list carry `details`.
    pub details_in_lists: bool,
    /// Whether `links.next` repeats `page[size]`.
    pub links_keep_size: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            token: TokenState::Good,
            steam_key_good: true,
            per_minute: 300,
            per_second: 45,
            rate_headers: true,
            retry_after: RetryAfter::Seconds,
            sessions_beside_players_refused: None,
            tells_time_connected: true,
            many_players_refused: None,
            sessions_in_plan: true,
            never_seen: NeverSeen::NotFound,
            details_in_lists: true,
            links_keep_size: true,
        }
    }
}

/// The requests of the last minute: the window rolls, and what was refused does not count.
#[derive(Debug, Default)]
pub(super) struct Limiter {
    admitted: VecDeque<Timestamp>,
}

impl Limiter {
    /// How many requests are left in this minute, or how many seconds to wait.
    pub(super) fn admit(&mut self, now: Timestamp, per_minute: usize, per_second: usize) -> Result<usize, i64> {
        let minute_ago = now - SignedDuration::from_mins(1);
        let second_ago = now - SignedDuration::from_secs(1);
        while self.admitted.front().is_some_and(|at| *at <= minute_ago) {
            self.admitted.pop_front();
        }
        if let Some(oldest) = self.admitted.front().filter(|_| self.admitted.len() >= per_minute) {
            return Err(oldest.duration_since(minute_ago).as_secs().max(1));
        }
        if self.admitted.iter().rev().take_while(|at| **at > second_ago).count() >= per_second {
            return Err(1);
        }
        self.admitted.push_back(now);
        Ok(per_minute - self.admitted.len())
    }
}

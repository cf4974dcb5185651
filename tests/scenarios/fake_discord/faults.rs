//! What REST does wrong on request: refusals, rate limits, delays.
//!
//! The gateway's faults are the gateway's own.

use std::time::Duration;

use serde_json::json;

use super::gateway::Times;
use super::rest::{Call, Reaction};
use super::world::{Shared, World};

/// A fault on the requests that match.
pub struct RestFault {
    pattern: String,
    times: Times,
    kind: FaultKind,
}

#[derive(Clone, Copy)]
enum FaultKind {
    Status(u16),
    RateLimit { retry_after: Duration, global: bool },
    Delay(Duration),
    LostAnswer,
}

/// What a story makes the REST side do.
///
/// Patterns read `POST /channels/*/messages`: a method (or `*`), then a path whose `*` stand for one segment each;
/// `*` alone is every request.
pub struct RestControl<'a> {
    pub(super) shared: &'a Shared,
}

impl RestControl<'_> {
    fn add(&self, pattern: &str, times: Times, kind: FaultKind) {
        let fault = RestFault { pattern: pattern.into(), times, kind };
        self.shared.change(|world| world.rest_faults.push(fault));
    }

    /// Answers with this status (say 500 or 503) and Discord's short JSON.
    pub fn fails(&self, pattern: &str, times: Times, status: u16) {
        self.add(pattern, times, FaultKind::Status(status));
    }

    /// Answers 429 for this route alone.
    pub fn limits(&self, pattern: &str, times: Times, retry_after: Duration) {
        self.add(pattern, times, FaultKind::RateLimit { retry_after, global: false });
    }

    /// Answers 429 to everything, marked as the global limit.
    pub fn limits_globally(&self, times: Times, retry_after: Duration) {
        self.add("*", times, FaultKind::RateLimit { retry_after, global: true });
    }

    /// Lets requests wait before they are looked at.
    pub fn delays(&self, pattern: &str, times: Times, by: Duration) {
        self.add(pattern, times, FaultKind::Delay(by));
    }

    /// Does what is asked, and answers 502 all the same.
    pub fn loses_answers(&self, pattern: &str, times: Times) {
        self.add(pattern, times, FaultKind::LostAnswer);
    }

    /// Ends all faults.
    pub fn recovers(&self) {
        self.shared.change(|world| world.rest_faults.clear());
    }
}

/// What the faults do to a request.
#[derive(Default)]
pub(super) struct Strike {
    /// How long it waits.
    pub(super) wait: Option<Duration>,
    /// The answer that is forced upon it.
    pub(super) forced: Option<Reaction>,
    /// Whether its own answer is lost.
    pub(super) lost: bool,
}

/// The faults that strike this request.
pub(super) fn strike(world: &mut World, call: &Call) -> Strike {
    let mut wait = None;
    for fault in &mut world.rest_faults {
        if !call.matches(&fault.pattern) || !fault.times.strike() {
            continue;
        }
        match fault.kind {
            FaultKind::Delay(by) => wait = Some(wait.unwrap_or(Duration::ZERO) + by),
            FaultKind::LostAnswer => return Strike { wait, lost: true, ..Strike::default() },
            FaultKind::Status(status) => {
                let message = format!("{status}: pretended");
                let forced = Some(Reaction::error(status, 0, &message));
                return Strike { wait, forced, lost: false };
            }
            FaultKind::RateLimit { retry_after, global } => {
                let body = json!({
                    "message": "You are being rate limited.",
                    "retry_after": retry_after.as_secs_f64(),
                    "global": global,
                });
                let retry_after = Some((retry_after, global));
                let forced = Some(Reaction { status: 429, body: Some(body), retry_after });
                return Strike { wait, forced, lost: false };
            }
        }
    }
    Strike { wait, ..Strike::default() }
}

//! What can go wrong with an outside service, named for what a person can do about it.
//!
//! Only the kinds. How they are told apart on the wire is known in `remote`; how they are worded, in `view`.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Somebody else's service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// api.battlemetrics.com
    #[serde(rename = "battlemetrics")]
    BattleMetrics,
    /// api.steampowered.com
    Steam,
}

/// A failure of an outside service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// Whose.
    pub service: Service,
    /// Of what kind.
    #[serde(flatten)]
    pub kind: TroubleKind,
}

/// The kinds of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "trouble", rename_all = "snake_case")]
pub enum TroubleKind {
    /// No token or key is configured.
    TokenMissing,
    /// The token or key is malformed, revoked or expired.
    TokenRefused,
    /// The token is fine, its account has no subscription (BattleMetrics since July 2026).
    NoSubscription,
    /// The token is fine but may not do this.
    Forbidden,
    /// An edge in front of the service turned us away.
    Blocked,
    /// Too many requests.
    LimitReached {
        /// When to ask again.
        until: Timestamp,
    },
    /// No such thing there.
    NotFound,
    /// The service did not understand the request: a mistake of ours, or a capability it lacks.
    Rejected,
    /// The service answered with a fault of its own.
    Down {
        /// The HTTP status.
        status: u16,
    },
    /// No connection: no network, no such host, refused, dropped.
    Unreachable,
    /// No answer in time.
    TimedOut,
    /// An answer that cannot be read.
    Unreadable {
        /// What it was.
        what: Unreadable,
    },
}

/// What an unreadable answer was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unreadable {
    /// A web page instead of data.
    Html,
    /// Nothing.
    Empty,
    /// Data that stops in the middle.
    Truncated,
    /// Data nested so deep that reading it is refused.
    TooDeep,
    /// More bytes than such an answer can have.
    TooLarge,
    /// Data of another shape than the service documents.
    Shape,
    /// A link or redirect that leads elsewhere.
    Elsewhere,
}

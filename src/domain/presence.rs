//! What may be said of a player's presence, and when a roster may be believed.
//!
//! Pure rules; the instant is an argument. Nothing here fetches or remembers.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{
    facts::{QueryStatus, Server, ServerStatus},
    trouble::Trouble,
};

/// The oldest `updated_at` of a server whose player list is still believed.
pub const FRESH_FOR: SignedDuration = SignedDuration::from_secs(300);

/// How long a last-seen time stays true for somebody who has not been observed since it was learnt: shorter than a
/// session worth knowing of, longer than an impatient user's second look.
pub const LAST_SEEN_HOLDS_FOR: SignedDuration = SignedDuration::from_mins(10);

/// The only three things that are ever said of a player.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Presence {
    /// On the server.
    Online {
        /// Start of the session, when known.
        since: Option<Timestamp>,
    },
    /// Not on the server, and known to have been there last at that time.
    Offline {
        /// End of the last session.
        last_seen: Timestamp,
    },
    /// Not known.
    Unknown {
        /// Why not.
        #[serde(flatten)]
        cause: Unknown,
        /// The last time that is known, however old.
        last_seen: Option<Timestamp>,
    },
}

/// Why a presence is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum Unknown {
    /// BattleMetrics never saw this player on this server: plays elsewhere, has a private profile, or was never on.
    NeverSeen,
    /// The member is known by name only, no BattleMetrics player is linked.
    NotLinked,
    /// The server shows invented names: who is not in its list may be on it all the same.
    NamesHidden,
    /// The list of players cannot be trusted.
    Stale {
        /// Why not.
        #[serde(flatten)]
        why: Stale,
    },
    /// The service could not be asked.
    Trouble {
        /// What went wrong.
        trouble: Trouble,
    },
}

/// Why a roster is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Stale {
    /// The server is not online: nobody can be on it, but nobody was seen leaving either.
    ServerDown {
        /// Its state.
        status: ServerStatus,
        /// Since when nothing new is known.
        since: Option<Timestamp>,
    },
    /// BattleMetrics cannot query the server; the list is frozen.
    NotQueried {
        /// Since when nothing new is known.
        since: Option<Timestamp>,
    },
    /// The last update is too old.
    TooOld {
        /// When it was.
        since: Option<Timestamp>,
    },
}

/// Whether `server`'s player list may be believed at `now`.
///
/// A list is trusted only if the server is online, its last query worked and the update is at most [`FRESH_FOR`] old.
/// A missing query status is tolerated; a missing `updated_at` is not, for then nothing says that the list is alive.
///
/// # Errors
/// Says why it may not.
pub fn believable(server: &Server, now: Timestamp) -> Result<(), Stale> {
    let since = server.updated_at;
    if !matches!(server.status, ServerStatus::Online | ServerStatus::Other) {
        return Err(Stale::ServerDown { status: server.status, since });
    }
    if matches!(server.query_status, QueryStatus::Timeout | QueryStatus::Invalid) {
        return Err(Stale::NotQueried { since });
    }
    match since {
        Some(at) if now.duration_since(at) <= FRESH_FOR => Ok(()),
        _ => Err(Stale::TooOld { since }),
    }
}
/// tmp
pub fn order(_: &mut [super::report::MemberState]) {}
/// tmp
pub fn hides_names(_: &super::facts::Roster) -> bool {
    false
}

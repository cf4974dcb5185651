//! What `server` answers.

use jiff::Timestamp;
use serde::Serialize;

use super::ServerName;
use crate::domain::{facts::Server, presence::Stale, trouble::Trouble};

/// `server set`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServerSet {
    /// The active server now.
    pub server: Server,
    /// The one before.
    pub before: Option<ServerName>,
    /// It was set already; nothing changed.
    pub unchanged: bool,
    /// Why its player list may not be believed at the moment.
    pub stale: Option<Stale>,
    /// The server seems to hide its players' names.
    pub hides_names: bool,
    /// It may, and too few players are known to tell.
    pub may_hide_names: bool,
}

/// `server get`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServerGet {
    /// As last told by BattleMetrics.
    pub server: Server,
    /// As of when it is so.
    pub as_of: Timestamp,
    /// Why its player list may not be believed at the moment.
    pub stale: Option<Stale>,
    /// The service failed just now and `server` is what we remembered.
    pub trouble: Option<Trouble>,
    /// The server seems to hide its players' names.
    pub hides_names: bool,
}

/// `server clear`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServerCleared {
    /// What was set.
    pub before: ServerName,
}

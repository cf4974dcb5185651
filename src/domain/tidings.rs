//! What the bot tells by itself, to a guild's log channel or to whoever made a board: problems, their end, news.
//!
//! Data alone: each is kept until it was told. The words are in `view::tidings`.

use serde::{Deserialize, Serialize};

use super::{board::Problem, ids::ChannelId, trouble::Trouble};

/// One thing to tell. Stored as JSON: variants and fields are added, never renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "tidings", rename_all = "snake_case")]
pub enum Tidings {
    /// BattleMetrics refuses everything; nothing can be watched.
    WatchRefused {
        /// How.
        trouble: Trouble,
    },
    /// BattleMetrics answers again.
    WatchResumed,
    /// A board cannot be written.
    BoardStuck {
        /// Its group's name; none: all groups.
        group: Option<String>,
        /// Where it should stand.
        channel: ChannelId,
        /// Why not.
        problem: Problem,
    },
    /// There is a newer version of this program.
    NewRelease {
        /// Which.
        version: String,
        /// Where it is described, if that is known; built by us.
        page: Option<String>,
    },
    /// A board's channel was deleted, and the board with it.
    BoardLost {
        /// Its group's name; none: all groups.
        group: Option<String>,
    },
}

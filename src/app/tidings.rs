//! What the bot tells by itself: noted where it happens, told once, in the guild's log channel or to one person.
//!
//! How it is sent is known by the door.

use super::App;
use crate::{
    domain::{tidings::Tidings, trouble::Trouble},
    error::Result,
    store::tidings::{self, Due},
};

/// What was told of BattleMetrics.
const REFUSAL: &str = "refusal";

impl App {
    /// What is to be told, in order.
    ///
    /// # Errors
    /// The database failed.
    pub async fn tidings(&self) -> Result<Vec<Due>> {
        self.read(|conn| Ok(tidings::due(conn)?)).await
    }

    /// Something was told, or cannot be told to anybody.
    ///
    /// # Errors
    /// The database failed.
    pub async fn tidings_told(&self, id: i64) -> Result<()> {
        self.write(move |tx| Ok(tidings::done(tx, id)?)).await
    }

    /// Notes that BattleMetrics refuses everything, or none of it any more: told once, however often the bot is
    /// started in between.
    pub(super) async fn note_refusal(&self, refused: Option<Trouble>) -> Result<()> {
        let known = self.read(|conn| Ok(tidings::told(conn, REFUSAL)?)).await?;
        if known.is_some() == refused.is_some() {
            return Ok(());
        }
        let now = self.clock.now();
        self.write(move |tx| {
            let (what, tidings) = match refused {
                Some(trouble) => (Some("refused"), Tidings::WatchRefused { trouble }),
                None => (None, Tidings::WatchResumed),
            };
            tidings::set_told(tx, REFUSAL, what, now)?;
            Ok(tidings::add_for_all(tx, &tidings, now)?)
        })
        .await
    }
}

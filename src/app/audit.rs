//! `audit`: the last changes, newest first.

use super::{App, Asker};
use crate::{domain::report::Audit, error::Result, store::audit};

impl App {
    /// `limit` changes after the first `skip`.
    ///
    /// # Errors
    /// The database failed.
    pub async fn audit(&self, asker: &Asker, skip: u64, limit: u64) -> Result<Audit> {
        let guild = asker.guild.clone();
        // More than the database can count is more than there is.
        let [skip, limit] = [skip, limit].map(|number| number.min(i64::MAX.unsigned_abs()));
        self.read(move |conn| {
            let (changes, total) = audit::list(conn, &guild, skip, limit)?;
            let shown = u64::try_from(changes.len()).unwrap_or(u64::MAX);
            Ok(Audit { changes, more: total.saturating_sub(skip).saturating_sub(shown) })
        })
        .await
    }
}

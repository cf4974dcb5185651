//! `status`: how the program and its services stand.

use std::fs;

use jiff::SignedDuration;

use super::{App, Asker};
use crate::{
    domain::report::Status,
    error::{Error, Result},
    store,
};

impl App {
    /// As [`Self::status`], for a guild: with how its own boards stand.
    ///
    /// # Errors
    /// As [`Self::status`].
    pub async fn status_for(&self, asker: &Asker, discord_latency: Option<SignedDuration>) -> Result<Status> {
        let boards = match self.guild_boards(&asker.guild).await {
            Ok(boards) => Some(boards),
            Err(Error::Notice(_)) => None,
            Err(failure) => return Err(failure),
        };
        Ok(Status { boards, ..self.status(discord_latency).await? })
    }

    /// Version, uptime, memory, database, services, recent troubles. `discord_latency` is what the door measured. A database
    /// that cannot be read is part of the answer.
    ///
    /// # Errors
    /// The database failed in a way that nobody can mend.
    pub async fn status(&self, discord_latency: Option<SignedDuration>) -> Result<Status> {
        let counts = match self.read(|conn| Ok(store::counts(conn)?)).await {
            Ok(counts) => Some(counts),
            Err(Error::Notice(_)) => None,
            Err(failure) => return Err(failure),
        };
        let mut recent = self.battlemetrics.recent();
        recent.extend(self.steam.recent());
        recent.sort_by_key(|trouble| std::cmp::Reverse(trouble.at));
        Ok(Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            uptime: self.clock.now().duration_since(self.started),
            memory: resident_bytes(),
            database: self.store.size()?,
            storage: self.storage_trouble(),
            little_room: self.little_room(),
            counts,
            boards: None,
            battlemetrics: self.battlemetrics.status(),
            steam: self.steam.status(),
            discord_latency,
            recent,
            watches: self.watches(),
            past_due: self.past_due(),
        })
    }
}

/// Memory in use, from Linux' `/proc/self/status` (`VmRSS`, in kB); none elsewhere.
fn resident_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1024)
}

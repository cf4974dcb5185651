//! Where somebody stands in a guild, which group a name means, and a guild's coming and going: what a door asks before it
//! opens.
//!
//! Nothing of what a guild holds is changed here.

use super::{App, Asker, access, find_group};
use crate::{
    domain::ids::{GroupId, GuildKey},
    error::Result,
    store::{groups, guilds},
};

/// What somebody may do, and what is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// May change groups and the server.
    pub may_change: bool,
    /// May change the settings.
    pub may_manage: bool,
    /// An active server is set.
    pub server_is_set: bool,
    /// Living groups.
    pub groups: usize,
}

impl App {
    /// What the asker may do here, and what is set up.
    ///
    /// # Errors
    /// The database failed.
    pub async fn standing(&self, asker: &Asker) -> Result<Standing> {
        let asker = asker.clone();
        self.read(move |conn| {
            let settings = access::settings(conn, &asker.guild)?;
            Ok(Standing {
                may_change: asker.is_changer(&settings),
                may_manage: asker.may_manage().is_ok(),
                server_is_set: guilds::get(conn, &asker.guild)?.is_some_and(|guild| guild.active_server.is_some()),
                groups: groups::names(conn, &asker.guild)?.len(),
            })
        })
        .await
    }

    /// Whether the asker may change things, before they are asked for more. The use case looks again.
    ///
    /// # Errors
    /// No right to change, the database failed.
    pub async fn may_change(&self, asker: &Asker) -> Result<()> {
        let asker = asker.clone();
        self.read(move |conn| asker.may_change(conn)).await
    }

    /// The id of the group that `group` means, if there is one.
    ///
    /// # Errors
    /// The group of an id is gone, the database failed.
    pub async fn group_id(&self, asker: &Asker, group: &str) -> Result<Option<GroupId>> {
        let (guild, group) = (asker.guild.clone(), group.to_owned());
        self.read(move |conn| Ok(find_group(conn, &guild, &group)?.map(|group| group.id))).await
    }

    /// The bot was removed from a guild: what is kept of it is purged in [`super::RESTORABLE_FOR`].
    ///
    /// # Errors
    /// The database failed.
    pub async fn guild_left(&self, guild: &GuildKey) -> Result<()> {
        let (now, guild) = (self.clock.now(), guild.clone());
        self.write(move |tx| Ok(guilds::mark_left(tx, &guild, now)?)).await
    }

    /// The bot is in these guilds: it was removed from the others while it was not running. The terminal's stays.
    ///
    /// # Errors
    /// The database failed.
    pub async fn guilds_met(&self, met: Vec<GuildKey>) -> Result<()> {
        let now = self.clock.now();
        let known = self.read(move |conn| Ok(guilds::present(conn)?)).await?;
        let gone: Vec<_> =
            known.into_iter().filter(|guild| *guild != GuildKey::local() && !met.contains(guild)).collect();
        if gone.is_empty() {
            return Ok(());
        }
        self.write(move |tx| {
            for guild in gone {
                guilds::mark_left(tx, &guild, now)?;
            }
            Ok(())
        })
        .await
    }

    /// The bot is in a guild, maybe again.
    ///
    /// # Errors
    /// The database failed.
    pub async fn guild_back(&self, guild: &GuildKey) -> Result<()> {
        let known = guild.clone();
        let had_left =
            self.read(move |conn| Ok(guilds::get(conn, &known)?.is_some_and(|guild| guild.left_at.is_some()))).await?;
        // Each start meets every guild; only a return is worth a write.
        if had_left {
            let guild = guild.clone();
            self.write(move |tx| Ok(guilds::mark_back(tx, &guild)?)).await?;
        }
        Ok(())
    }
}

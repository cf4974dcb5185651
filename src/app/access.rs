//! Who asks, and whether they may change things. Every changing use case passes through [`Asker::may_change`].
//!
//! No other rule is here; what Discord's own permission settings say is the door's business and is not relied on.

use jiff::Timestamp;

use crate::{
    domain::{
        ids::{ChangeId, GuildKey, RoleId},
        notice::{Needs, Notice},
        report::{Change, Settings},
    },
    error::Result,
    store::{self, audit, guilds},
};

/// Who asks, from where.
#[derive(Clone, Debug)]
pub struct Asker {
    /// Whose data.
    pub guild: GuildKey,
    /// A Discord user id, or `terminal`.
    pub actor: String,
    /// The name shown in the audit.
    pub actor_name: String,
    /// What they may do.
    pub rights: Rights,
}

/// What somebody may do in a guild.
#[derive(Clone, Debug)]
pub enum Rights {
    /// Whoever holds the machine.
    Owner,
    /// A member of a Discord guild.
    Member {
        /// Has Manage Server there.
        manages: bool,
        /// Roles there.
        roles: Vec<RoleId>,
    },
}

impl Asker {
    /// The person at the terminal.
    pub fn terminal(guild: GuildKey) -> Self {
        Self { guild, actor: "terminal".to_owned(), actor_name: "terminal".to_owned(), rights: Rights::Owner }
    }

    fn manages(&self) -> bool {
        matches!(self.rights, Rights::Owner | Rights::Member { manages: true, .. })
    }

    /// Whether the asker may change groups and servers under these settings.
    pub fn is_changer(&self, settings: &Settings) -> bool {
        match (settings.changers, &self.rights) {
            (None, _) | (_, Rights::Owner | Rights::Member { manages: true, .. }) => true,
            (Some(role), Rights::Member { roles, .. }) => roles.contains(&role),
        }
    }

    pub(super) fn may_change(&self, conn: &store::Connection) -> Result<()> {
        let settings = settings(conn, &self.guild)?;
        match settings.changers {
            Some(role) if !self.is_changer(&settings) => Err(Notice::NotAllowed { needs: Needs::Role { role } }.into()),
            _ => Ok(()),
        }
    }

    /// Writes a change of this asker into the audit.
    pub(super) fn record(&self, tx: &store::Transaction<'_>, change: &Change, now: Timestamp) -> Result<ChangeId> {
        Ok(audit::record(tx, &self.guild, &self.actor, &self.actor_name, change, now)?)
    }

    pub(super) fn may_manage(&self) -> Result<()> {
        if self.manages() { Ok(()) } else { Err(Notice::NotAllowed { needs: Needs::ManageServer }.into()) }
    }
}

/// A guild's settings; those of one that has none yet are the defaults.
pub(super) fn settings(conn: &store::Connection, guild: &GuildKey) -> Result<Settings> {
    Ok(guilds::get(conn, guild)?.map_or_else(Settings::default, |guild| guild.settings))
}

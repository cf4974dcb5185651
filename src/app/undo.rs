//! `undo`: takes a change back, the last one unless another is named.

use super::{App, Asker};
use crate::{
    domain::{
        ids::{ChangeId, GroupId, GuildKey},
        notice::{CannotUndo, Notice},
        report::{Change, ChangeRow, MemberName, Undone},
    },
    error::Result,
    store::{
        self, audit, boards,
        groups::{self, Group},
        guilds,
    },
};

impl App {
    /// Takes `change` back, or the newest that still stands.
    ///
    /// # Errors
    /// Nothing to take back, no such change, it cannot be taken back any more, no right to change, the database failed.
    pub async fn undo(&self, asker: &Asker, change: Option<ChangeId>) -> Result<Undone> {
        let now = self.clock.now();
        let asker = asker.clone();
        self.write(move |tx| {
            asker.may_change(tx)?;
            let mut row = match change {
                None => audit::latest_standing(tx, &asker.guild)?.ok_or(Notice::NothingToUndo)?,
                Some(change) => audit::get(tx, &asker.guild, change)?.ok_or(Notice::UnknownChange { change })?,
            };
            if row.undone_at.is_some() {
                return Err(Notice::AlreadyUndone { change: row.id }.into());
            }
            take_back(tx, &asker, &row, now)?;
            audit::mark_undone(tx, row.id, now)?;
            row.undone_at = Some(now);
            Ok(Undone { change: row })
        })
        .await
    }
}

fn take_back(tx: &store::Transaction<'_>, asker: &Asker, row: &ChangeRow, now: jiff::Timestamp) -> Result<()> {
    let guild = &asker.guild;
    let cannot = |why| Notice::CannotUndo { change: row.id, why };
    match &row.change {
        Change::ActiveServer { before, after } => {
            let active = guilds::get(tx, guild)?.and_then(|guild| guild.active_server);
            if active != after.as_ref().map(|server| server.id) {
                return Err(cannot(CannotUndo::ChangedSince).into());
            }
            guilds::set_active_server(tx, guild, before.as_ref().map(|server| server.id), now)?;
        }
        Change::MembersAdded { group, group_is_new, members, .. } => {
            let group = living(tx, guild, *group)?.ok_or_else(|| cannot(CannotUndo::Gone))?;
            // Who was removed since is gone already.
            let (added, others): (Vec<_>, Vec<_>) = groups::members(tx, group.id)?
                .into_iter()
                .partition(|living| members.iter().any(|member| member.id == living.name.id));
            if added.is_empty() {
                return Err(cannot(CannotUndo::Gone).into());
            }
            for member in added {
                groups::remove_member(tx, member.name.id, now)?;
            }
            if *group_is_new && others.is_empty() {
                groups::delete(tx, group.id, now)?;
            }
        }
        Change::MemberRemoved { group, member, .. } => {
            let group = living(tx, guild, *group)?.ok_or_else(|| cannot(CannotUndo::Gone))?;
            if !groups::restore_member(tx, member.id)? {
                let is_back = groups::members(tx, group.id)?.iter().any(|living| is_same(&living.name, member));
                let why = if is_back { CannotUndo::ChangedSince } else { CannotUndo::Gone };
                return Err(cannot(why).into());
            }
        }
        Change::GroupDeleted { group, name, .. } => {
            groups::deleted_group(tx, guild, *group)?.ok_or_else(|| cannot(CannotUndo::Gone))?;
            if groups::name_taken(tx, guild, name)? {
                return Err(cannot(CannotUndo::NameTaken { name: name.clone() }).into());
            }
            groups::restore(tx, *group)?;
        }
        Change::GroupRenamed { group, before, after } => {
            let group = living(tx, guild, *group)?.ok_or_else(|| cannot(CannotUndo::Gone))?;
            if group.name != *after {
                return Err(cannot(CannotUndo::ChangedSince).into());
            }
            if groups::find(tx, guild, before)?.is_some_and(|other| other.id != group.id) {
                return Err(cannot(CannotUndo::NameTaken { name: before.clone() }).into());
            }
            groups::rename(tx, group.id, before)?;
        }
        Change::GroupPinned { group, before, after, .. } => {
            let group = living(tx, guild, *group)?.ok_or_else(|| cannot(CannotUndo::Gone))?;
            if group.pinned != after.as_ref().map(|server| server.id) {
                return Err(cannot(CannotUndo::ChangedSince).into());
            }
            groups::pin(tx, group.id, before.as_ref().map(|server| server.id))?;
        }
        Change::Board { group, before, after, .. } => {
            let stands = boards::find(tx, guild, *group)?;
            if stands.as_ref().map(|board| board.id) != after.map(|after| after.id) {
                return Err(cannot(CannotUndo::ChangedSince).into());
            }
            if let Some(board) = stands {
                boards::remove(tx, board.id, now)?;
            }
            if let Some(before) = before
                && !boards::restore(tx, guild, *group, before.id)?
            {
                return Err(cannot(CannotUndo::Gone).into());
            }
        }
        Change::Forgotten => return Err(cannot(CannotUndo::Gone).into()),
        Change::Settings { before, after } => {
            asker.may_manage()?;
            if super::access::settings(tx, guild)? != *after {
                return Err(cannot(CannotUndo::ChangedSince).into());
            }
            guilds::set_settings(tx, guild, before)?;
        }
    }
    Ok(())
}

/// Whether two members stand for the same person.
fn is_same(one: &MemberName, other: &MemberName) -> bool {
    (one.player.is_some() && one.player == other.player) || (one.steam.is_some() && one.steam == other.steam)
}

fn living(tx: &store::Transaction<'_>, guild: &GuildKey, group: GroupId) -> Result<Option<Group>> {
    Ok(groups::by_id(tx, guild, group)?)
}

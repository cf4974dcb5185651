//! `group list`, `group del`, `group change` (`rename`) and `group server`: keeping the groups themselves.

use super::{App, Asker, RESTORABLE_FOR, bad, board, group_check, group_named, named, server_name};
use crate::{
    domain::{
        identity,
        notice::{Notice, What},
        report::{Change, GroupBrief, GroupDeleted, GroupList, GroupPinned, GroupRenamed, Outcome},
    },
    error::Result,
    store::{groups, guilds, servers},
};

impl App {
    /// Every group with what the watch sees of it, or else with its last check and why there is nothing newer.
    ///
    /// # Errors
    /// The database failed.
    pub async fn group_list(&self, asker: &Asker) -> Result<GroupList> {
        let guild = asker.guild.clone();
        let (mut list, subjects) = self
            .read(move |conn| {
                let active = guilds::get(conn, &guild)?.and_then(|guild| guild.active_server);
                let server = active.map(|id| server_name(conn, id)).transpose()?;
                let list = GroupList { groups: groups::list(conn, &guild)?, server };
                let mut subjects = Vec::new();
                for subject in board::subjects(conn, &guild, None)? {
                    // There is nothing to tell of a group without members, nor of one without a server.
                    if let (Ok(server), false) = (&subject.server, subject.members.is_empty()) {
                        let known = servers::get(conn, *server)?;
                        subjects.push((*server, known.is_some_and(|known| known.hides_names), subject));
                    }
                }
                Ok((list, subjects))
            })
            .await?;
        for (server, hid_names, subject) in subjects {
            let Some(row) = list.groups.iter_mut().find(|row| row.id == subject.group.id) else { continue };
            let linked: Vec<_> = subject.members.iter().filter_map(|member| member.name.player).collect();
            let Some(look) = self.glance(server, &linked).await? else {
                row.hides_names = hid_names;
                continue;
            };
            (row.stale, row.trouble, row.hides_names) = (look.stale, look.trouble, look.hides_names);
            if look.is_telling() {
                row.last_check = Some(group_check::counted(&group_check::found(subject.group, subject.members, &look)));
            }
        }
        Ok(list)
    }

    /// What a deletion would delete, for the question before it.
    ///
    /// # Errors
    /// No such group, no right to change, the database failed.
    pub async fn group_brief(&self, asker: &Asker, group: &str) -> Result<GroupBrief> {
        let (asker, group) = (asker.clone(), group.to_owned());
        self.read(move |conn| {
            asker.may_change(conn)?;
            let group = group_named(conn, &asker.guild, &group)?;
            let members = groups::members(conn, group.id)?.len();
            Ok(GroupBrief { id: group.id, group: group.name, members })
        })
        .await
    }

    /// Deletes a group, restorable for [`RESTORABLE_FOR`].
    ///
    /// # Errors
    /// No such group, no right to change, the database failed.
    pub async fn group_delete(&self, asker: &Asker, group: &str) -> Result<GroupDeleted> {
        let now = self.clock.now();
        let (asker, group) = (asker.clone(), group.to_owned());
        self.write(move |tx| {
            asker.may_change(tx)?;
            let group = group_named(tx, &asker.guild, &group)?;
            let members = groups::members(tx, group.id)?.len();
            groups::delete(tx, group.id, now)?;
            let change = Change::GroupDeleted { group: group.id, name: group.name.clone(), members };
            let change = asker.record(tx, &change, now)?;
            Ok(GroupDeleted { group: group.name, members, restorable_until: now + RESTORABLE_FOR, change })
        })
        .await
    }

    /// Gives a group another name.
    ///
    /// # Errors
    /// No such group, unusable or taken name, no right to change, the database failed.
    pub async fn group_rename(&self, asker: &Asker, group: &str, new_name: &str) -> Result<GroupRenamed> {
        let new_name = identity::group_name(new_name).map_err(|wrong| bad(What::Group, new_name, wrong))?;
        let now = self.clock.now();
        let (asker, group) = (asker.clone(), group.to_owned());
        self.write(move |tx| {
            asker.may_change(tx)?;
            let group = group_named(tx, &asker.guild, &group)?;
            if group.name == new_name {
                return Ok(GroupRenamed { before: group.name, group: new_name, change: None });
            }
            // The same name in other letters is this very group's to take.
            if let Some(other) = groups::find(tx, &asker.guild, &new_name)?.filter(|other| other.id != group.id) {
                return Err(Notice::GroupExists { name: other.name }.into());
            }
            groups::rename(tx, group.id, &new_name)?;
            let change = Change::GroupRenamed { group: group.id, before: group.name.clone(), after: new_name.clone() };
            let change = asker.record(tx, &change, now)?;
            Ok(GroupRenamed { before: group.name, group: new_name, change: Some(change) })
        })
        .await
    }

    /// Pins a group to the server that `server` means; without one, the group follows the active server again.
    ///
    /// # Errors
    /// No such group or server, no right to change; BattleMetrics or the database failed.
    pub async fn group_pin(&self, asker: &Asker, group: &str, server: Option<&str>) -> Result<Outcome<GroupPinned>> {
        let (guild, name) = (asker.clone(), group.to_owned());
        // Before the search, so that nobody picks a server only to hear that the group does not exist.
        self.read(move |conn| {
            guild.may_change(conn)?;
            group_named(conn, &guild.guild, &name)
        })
        .await?;
        let server = match server {
            None => None,
            Some(input) => match self.find_server(input).await? {
                Outcome::Done(server) => Some(server),
                Outcome::Choose(choice) => return Ok(Outcome::Choose(choice)),
            },
        };
        let now = self.clock.now();
        let (asker, group) = (asker.clone(), group.to_owned());
        self.write(move |tx| {
            asker.may_change(tx)?;
            let group = group_named(tx, &asker.guild, &group)?;
            let before = group.pinned.map(|id| server_name(tx, id)).transpose()?;
            let pinned = server.as_ref().map(named);
            if let Some(server) = &server {
                servers::remember(tx, server, now, None)?;
            }
            if group.pinned == pinned.as_ref().map(|server| server.id) {
                return Ok(Outcome::Done(GroupPinned { group: group.name, pinned, before, change: None }));
            }
            groups::pin(tx, group.id, pinned.as_ref().map(|server| server.id))?;
            let change = Change::GroupPinned {
                group: group.id,
                name: group.name.clone(),
                before: before.clone(),
                after: pinned.clone(),
            };
            let change = asker.record(tx, &change, now)?;
            Ok(Outcome::Done(GroupPinned { group: group.name, pinned, before, change: Some(change) }))
        })
        .await
    }
}

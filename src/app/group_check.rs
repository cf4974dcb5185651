//! `group check`: what may be said of each member, right now.

use super::{
    App, Asker, certain, group_named,
    look::{Look, Reach},
    server_of,
};
use crate::{
    domain::{
        names,
        notice::Notice,
        presence::{self, Presence, Unknown},
        report::{GroupCheck, LastCheck, MemberState},
    },
    error::Result,
    store::groups::{self, Group, Member},
};

impl App {
    /// Looks at the group's server for each member, and records the result for `group list`.
    ///
    /// A service that fails is part of the answer (every member unknown, with the cause), not an error.
    ///
    /// # Errors
    /// No such group, nobody in it, no server set, the database failed.
    pub async fn group_check(&self, asker: &Asker, group: &str) -> Result<GroupCheck> {
        self.group_check_within(asker, group, Reach::Outside).await.and_then(certain)
    }

    /// As [`Self::group_check`], from a poll of now if the server is watched: several who ask share one, and none is made
    /// within 15 s of the last.
    ///
    /// # Errors
    /// As [`Self::group_check`].
    pub async fn group_check_anew(&self, asker: &Asker, group: &str) -> Result<GroupCheck> {
        self.group_check_within(asker, group, Reach::Anew).await.and_then(certain)
    }

    /// As [`Self::group_check`], without asking any service; none when that takes one.
    ///
    /// # Errors
    /// As [`Self::group_check`].
    pub async fn group_check_at_hand(&self, asker: &Asker, group: &str) -> Result<Option<GroupCheck>> {
        self.group_check_within(asker, group, Reach::AtHand).await
    }

    async fn group_check_within(&self, asker: &Asker, group: &str, reach: Reach) -> Result<Option<GroupCheck>> {
        let (guild, name) = (asker.guild.clone(), group.to_owned());
        let (group, members, server) = self
            .read(move |conn| {
                let group = group_named(conn, &guild, &name)?;
                let members = groups::members(conn, group.id)?;
                if members.is_empty() {
                    return Err(Notice::EmptyGroup { group: group.name }.into());
                }
                let server = server_of(conn, &guild, Some(&group))?;
                Ok((group, members, server))
            })
            .await?;
        let linked = members.iter().filter_map(|member| member.name.player).collect();
        let Some(look) = self.look(server, linked, reach).await? else { return Ok(None) };
        let check = found(group, members, &look);
        // What could not be looked at was not checked.
        if look.is_telling() {
            let (group, last) = (check.group_id, counted(&check));
            self.keep_by_the_way(move |tx| Ok(groups::record_check(tx, group, &last)?)).await?;
        }
        Ok(Some(check))
    }
}

/// What a look says of a group.
pub(super) fn found(group: Group, members: Vec<Member>, look: &Look) -> GroupCheck {
    let mut members: Vec<MemberState> = members
        .into_iter()
        .map(|member| {
            let presence = match member.name.player {
                Some(player) => look.presence(player),
                None => Presence::Unknown { cause: Unknown::NotLinked, last_seen: None },
            };
            let mut member = member.name;
            member.name = names::shown(&member.name);
            MemberState { member, presence }
        })
        .collect();
    presence::order(&mut members);
    GroupCheck {
        group_id: group.id,
        group: group.name,
        server: look.server.clone(),
        pinned: group.pinned.is_some(),
        active: count(&members, |presence| matches!(presence, Presence::Online { .. })),
        unknown: count(&members, |presence| matches!(presence, Presence::Unknown { .. })),
        members,
        as_of: look.as_of,
        stale: look.stale,
        trouble: look.trouble,
        hides_names: look.hides_names,
    }
}

/// A check in numbers.
pub(super) fn counted(check: &GroupCheck) -> LastCheck {
    LastCheck { active: check.active, total: check.members.len(), unknown: check.unknown, at: check.as_of }
}

fn count(members: &[MemberState], what: impl Fn(&Presence) -> bool) -> usize {
    members.iter().filter(|member| what(&member.presence)).count()
}

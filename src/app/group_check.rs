//! `group check`: what may be said of each member, right now.

use super::{App, Asker, group_named, server_of};
use crate::{
    domain::{
        names,
        notice::Notice,
        presence::{self, Presence, Unknown},
        report::{GroupCheck, LastCheck, MemberState},
    },
    error::Result,
    store::groups,
};

impl App {
    /// Looks at the group's server for each member, and records the result for `group list`.
    ///
    /// A service that fails is part of the answer (every member unknown, with the cause), not an error.
    ///
    /// # Errors
    /// No such group, nobody in it, no server set, the database failed.
    pub async fn group_check(&self, asker: &Asker, group: &str) -> Result<GroupCheck> {
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
        let look = self.look(server, linked).await?;
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

        let active = count(&members, |presence| matches!(presence, Presence::Online { .. }));
        let unknown = count(&members, |presence| matches!(presence, Presence::Unknown { .. }));
        let check = LastCheck { active, total: members.len(), unknown, at: look.as_of };
        // What could not be looked at was not checked.
        if look.is_telling() {
            self.keep_by_the_way(move |tx| Ok(groups::record_check(tx, group.id, &check)?)).await?;
        }
        Ok(GroupCheck {
            group_id: group.id,
            group: group.name,
            server: look.server,
            pinned: group.pinned.is_some(),
            members,
            active,
            unknown,
            as_of: look.as_of,
            stale: look.stale,
            trouble: look.trouble,
            hides_names: look.hides_names,
        })
    }
}

fn count(members: &[MemberState], what: impl Fn(&Presence) -> bool) -> usize {
    members.iter().filter(|member| what(&member.presence)).count()
}

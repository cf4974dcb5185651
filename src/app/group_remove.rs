//! `group remove`: one member out of a group, by suggestion, id, link or exact name.

use super::{App, Asker, bad, group_named};
use crate::{
    domain::{
        identity::{self, PlayerInput},
        names,
        notice::{Notice, What},
        report::{CHOICES, Candidate, Change, Choice, MemberName, MemberRemoved, Outcome, Purpose},
    },
    error::Result,
    store::groups,
};

impl App {
    /// Removes the member that `member` means; asks when two carry that name.
    ///
    /// # Errors
    /// Unusable input, no such group or member, no right to change; Steam (for a vanity link) or the database failed.
    pub async fn group_remove(&self, asker: &Asker, group: &str, member: &str) -> Result<Outcome<MemberRemoved>> {
        let mut wanted = identity::player(member);
        if let Ok(PlayerInput::Vanity(vanity)) = &wanted {
            wanted = Ok(PlayerInput::Steam(self.steam_by_vanity(vanity, Purpose::Person).await?));
        }
        let now = self.clock.now();
        let (asker, group, typed) = (asker.clone(), group.to_owned(), member.trim().to_owned());
        self.write(move |tx| {
            asker.may_change(tx)?;
            let group = group_named(tx, &asker.guild, &group)?;
            let members: Vec<MemberName> =
                groups::members(tx, group.id)?.into_iter().map(|member| member.name).collect();
            let member = match pick(&members, wanted.as_ref().ok(), &typed).as_slice() {
                [] => {
                    wanted.map_err(|wrong| bad(What::Member, &typed, wrong))?;
                    let nearest = names::nearest(&typed, members.iter().map(|member| member.name.as_str()), 3);
                    let input = names::cut(&typed, 80);
                    return Err(Notice::UnknownMember { input, group: group.name, nearest }.into());
                }
                [member] => (*member).clone(),
                several => return Ok(Outcome::Choose(choose(&typed, several))),
            };
            groups::remove_member(tx, member.id, now)?;
            let change = Change::MemberRemoved { group: group.id, name: group.name.clone(), member: member.clone() };
            let change = asker.record(tx, &change, now)?;
            Ok(Outcome::Done(MemberRemoved { group: group.name, member, members: members.len() - 1, change }))
        })
        .await
    }
}

/// The members that are meant: by id, else (a name may look like an id, or like a link that leads nowhere) by name.
fn pick<'a>(members: &'a [MemberName], wanted: Option<&PlayerInput>, typed: &str) -> Vec<&'a MemberName> {
    let by_id = |member: &&MemberName| match wanted {
        Some(PlayerInput::Player(id)) => member.player == Some(*id),
        Some(PlayerInput::Steam(id)) => member.steam == Some(*id),
        Some(PlayerInput::Member(id)) => member.id == *id,
        Some(PlayerInput::Name(_) | PlayerInput::Vanity(_)) | None => false,
    };
    let found: Vec<_> = members.iter().filter(by_id).collect();
    if !found.is_empty() {
        return found;
    }
    let name = match wanted {
        Some(PlayerInput::Name(name)) => name,
        _ => typed,
    };
    members.iter().filter(|member| names::same(&member.name, name)).collect()
}

fn choose(typed: &str, members: &[&MemberName]) -> Choice {
    let candidates = members
        .iter()
        .take(CHOICES)
        .map(|member| Candidate::Member {
            id: member.id,
            name: member.name.clone(),
            player: member.player,
            steam: member.steam,
        })
        .collect();
    Choice { input: typed.to_owned(), candidates, more: members.len().saturating_sub(CHOICES), steam: None }
}

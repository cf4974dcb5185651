//! `group add`: one player into a group, which is made when it does not exist.

use jiff::Timestamp;

use super::{App, Asker, MAX_GROUPS, MAX_MEMBERS, bad, find_group, find_player::Found};
use crate::{
    domain::{
        identity::{self, PlayerInput},
        ids::{GroupId, ServerId, SteamId},
        names,
        notice::{Notice, What},
        report::{Change, MemberAdded, MemberName, Outcome, Purpose},
    },
    error::Result,
    store::{
        self,
        groups::{self, Group},
        guilds, inquiries,
    },
};

/// How an attempt to add somebody ended.
pub(super) enum Entry {
    /// Is a member now.
    Added(MemberName),
    /// Was one before.
    Already { name: String, learnt_steam_id: bool },
}

impl App {
    /// Adds the player that `player` means to `group`. `steam` is the account that led to a choice which `player` now
    /// answers.
    ///
    /// # Errors
    /// Unusable input, unknown player, member already, no right to change; a service or the database failed.
    pub async fn group_add(
        &self,
        asker: &Asker,
        group: &str,
        player: &str,
        steam: Option<SteamId>,
    ) -> Result<Outcome<MemberAdded>> {
        let group = identity::group_name(group).map_err(|wrong| bad(What::Group, group, wrong))?;
        let server = self.place_for(asker, &group).await?;
        if let Ok(PlayerInput::Steam(steam)) = identity::player(player) {
            self.refuse_known_steam(asker, &group, steam).await?;
        }
        let mut found = match self.find_player(&asker.guild, player, server, Purpose::Person).await? {
            Outcome::Done(found) => found,
            Outcome::Choose(choice) => return Ok(Outcome::Choose(choice)),
        };
        found.steam = found.steam.or(steam);
        Ok(Outcome::Done(self.join(asker, group, found).await?))
    }

    /// Where the names of `group` are looked for; also the first look at whether the asker may change it.
    pub(super) async fn place_for(&self, asker: &Asker, group: &str) -> Result<Option<ServerId>> {
        let (asker, group) = (asker.clone(), group.to_owned());
        self.read(move |conn| {
            asker.may_change(conn)?;
            let pinned = find_group(conn, &asker.guild, &group)?.and_then(|group| group.pinned);
            let active = guilds::get(conn, &asker.guild)?.and_then(|guild| guild.active_server);
            Ok(pinned.or(active))
        })
        .await
    }

    /// A member is recognised by its Steam account before any service is asked.
    async fn refuse_known_steam(&self, asker: &Asker, group: &str, steam: SteamId) -> Result<()> {
        let (guild, group) = (asker.guild.clone(), group.to_owned());
        self.read(move |conn| {
            let Some(group) = find_group(conn, &guild, &group)? else { return Ok(()) };
            match groups::find_member_by_steam(conn, group.id, steam)? {
                Some(member) => {
                    let (group, player) = (group.name, member.name.name);
                    Err(Notice::AlreadyMember { group, player, learnt_steam_id: false }.into())
                }
                None => Ok(()),
            }
        })
        .await
    }

    async fn join(&self, asker: &Asker, group: String, found: Found) -> Result<MemberAdded> {
        let now = self.clock.now();
        let asker = asker.clone();
        let outcome = self
            .write(move |tx| {
                asker.may_change(tx)?;
                guilds::ensure(tx, &asker.guild, now)?;
                let (group, group_is_new) = open_group(tx, &asker, &group, now)?;
                let member = match enter(tx, &asker, group.id, &found, now)? {
                    Entry::Added(member) => member,
                    // Not an error of the transaction: a Steam account that was learnt on the way is kept.
                    Entry::Already { name: player, learnt_steam_id } => {
                        return Ok(Err(Notice::AlreadyMember { group: group.name, player, learnt_steam_id }));
                    }
                };
                let members = groups::members(tx, group.id)?.len();
                let change = Change::MembersAdded {
                    group: group.id,
                    name: group.name.clone(),
                    group_is_new,
                    members: vec![member.clone()],
                };
                let change = asker.record(tx, &change, now)?;
                Ok(Ok(MemberAdded { group: group.name, group_is_new, member, members, change }))
            })
            .await?;
        outcome.map_err(Into::into)
    }
}

/// The group of that name, made now if there is none.
pub(super) fn open_group(
    tx: &store::Transaction<'_>,
    asker: &Asker,
    name: &str,
    now: Timestamp,
) -> Result<(Group, bool)> {
    if let Some(group) = find_group(tx, &asker.guild, name)? {
        return Ok((group, false));
    }
    if groups::names(tx, &asker.guild)?.len() >= MAX_GROUPS {
        return Err(Notice::TooMany { what: What::Group, limit: MAX_GROUPS }.into());
    }
    let id = groups::create(tx, &asker.guild, name, now)?;
    Ok((Group { id, name: name.to_owned(), pinned: None }, true))
}

/// Makes `found` a member unless it is one by either of its ids; whichever id was missing is learnt.
pub(super) fn enter(
    tx: &store::Transaction<'_>,
    asker: &Asker,
    group: GroupId,
    found: &Found,
    now: Timestamp,
) -> Result<Entry> {
    found.remember(tx, now)?;
    let by_player = groups::find_member_by_player(tx, group, found.id)?;
    let by_steam = match found.steam {
        Some(steam) => groups::find_member_by_steam(tx, group, steam)?,
        None => None,
    };
    if let Some(member) = by_player {
        let learnt_steam_id = member.name.steam.is_none() && by_steam.is_none() && found.steam.is_some();
        if learnt_steam_id {
            groups::link_member(tx, member.name.id, Some(found.id), found.steam)?;
        }
        return Ok(Entry::Already { name: member.name.name, learnt_steam_id });
    }
    if let Some(member) = by_steam {
        if member.name.player.is_none() {
            groups::link_member(tx, member.name.id, Some(found.id), found.steam)?;
        }
        return Ok(Entry::Already { name: member.name.name, learnt_steam_id: false });
    }
    if groups::members(tx, group)?.len() >= MAX_MEMBERS {
        return Err(Notice::TooMany { what: What::Member, limit: MAX_MEMBERS }.into());
    }
    let steam = match found.steam {
        Some(steam) => Some(steam),
        None => groups::steam_of_player(tx, &asker.guild, found.id)?,
    };
    let id = groups::add_member(tx, group, Some(found.id), steam, &found.name, now)?;
    // What was kept of a stranger is to be kept as a member's, with what lies before it.
    inquiries::forget(tx, found.id)?;
    Ok(Entry::Added(MemberName { id, name: names::shown(&found.name), player: Some(found.id), steam }))
}

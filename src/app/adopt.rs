//! `import` from other bots: a plan becomes groups and members of a guild. What is here already is recognised, so that a
//! second run changes nothing.
//!
//! How the plan was read is known in `legacy`. All or nothing; each group's new members are one change, for `undo`.

use std::{
    cmp::Ordering,
    collections::{HashMap, HashSet},
};

use jiff::Timestamp;

use super::{App, Asker, MAX_GROUPS, MAX_MEMBERS};
use crate::{
    domain::{
        facts::{FormerName, QueryStatus, Server, ServerStatus},
        ids::{GroupId, MemberId, PlayerId, SteamId},
        keeping::{Adopted, Altered, Remark, Unusable},
        names,
        report::{Change, LastCheck, MemberName, ServerName},
    },
    error::Result,
    legacy::{Plan, PlannedGroup, PlannedMember, Row},
    store::{self, groups, guilds, players, servers},
};

impl App {
    /// Brings what `plan` says into the asker's guild; with `dry_run` only tells what would come of it.
    ///
    /// # Errors
    /// No right to manage; the database failed.
    pub async fn adopt(&self, asker: &Asker, plan: Plan, dry_run: bool) -> Result<Adopted> {
        asker.may_manage()?;
        let now = self.clock.now();
        let asker = asker.clone();
        let work = move |tx: &store::Transaction<'_>| {
            guilds::ensure(tx, &asker.guild, now)?;
            let mut checks = HashMap::new();
            for row in groups::list(tx, &asker.guild)? {
                checks.extend(row.last_check.map(|check| (row.id, check)));
            }
            Adopting { tx, asker: &asker, now, checks, report: empty(dry_run) }.all(plan)
        };
        if dry_run { self.rehearse(work).await } else { self.write(work).await }
    }
}

fn empty(dry_run: bool) -> Adopted {
    Adopted {
        dry_run,
        cut_short: false,
        rows: 0,
        imported: 0,
        already: 0,
        refused: 0,
        groups: Vec::new(),
        members: 0,
        unlinked: 0,
        server: None,
        remarks: Vec::new(),
    }
}

struct Adopting<'a> {
    tx: &'a store::Transaction<'a>,
    asker: &'a Asker,
    now: Timestamp,
    /// The last check of each group that was here before.
    checks: HashMap<GroupId, LastCheck>,
    report: Adopted,
}

/// The members of a group by what they are recognised by.
#[derive(Default)]
struct Members {
    all: Vec<MemberName>,
    by_player: HashMap<PlayerId, usize>,
    by_steam: HashMap<SteamId, usize>,
    /// By every name, folded: those they have and those they were added by.
    by_name: HashMap<String, Vec<usize>>,
    /// What the rows of this source said so far of those whom they meant.
    told: HashMap<usize, HashSet<Fact>>,
}

/// Something that a row says of a member, and that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Fact {
    Player(PlayerId),
    Steam(SteamId),
    /// Folded; of a player, whose names are all kept.
    Name(String),
}

impl Members {
    fn of(tx: &store::Transaction<'_>, group: GroupId) -> Result<Self> {
        let mut members = Self::default();
        for member in groups::members(tx, group)? {
            members.add(member.name);
        }
        let places: HashMap<MemberId, usize> =
            members.all.iter().enumerate().map(|(at, member)| (member.id, at)).collect();
        for (id, name) in groups::added_names(tx, group)? {
            if let Some(at) = places.get(&id) {
                members.by_name.entry(names::folded(&name)).or_default().push(*at);
            }
        }
        Ok(members)
    }

    fn add(&mut self, member: MemberName) {
        let at = self.all.len();
        self.by_player.extend(member.player.map(|player| (player, at)));
        self.by_steam.extend(member.steam.map(|steam| (steam, at)));
        self.by_name.entry(names::folded(&member.name)).or_default().push(at);
        self.all.push(member);
    }

    fn at(&self, at: usize) -> Option<&MemberName> {
        self.all.get(at)
    }

    /// Who is meant by a row that names them: the same name, no other Steam account, and not two different players.
    fn called(&self, wanted: &PlannedMember) -> Option<usize> {
        let fits = |at: &&usize| {
            self.at(**at).is_some_and(|member| {
                let other_steam = matches!((member.steam, wanted.steam), (Some(one), Some(other)) if one != other);
                let other_player = matches!((member.player, wanted.player), (Some(_), Some(_)));
                !other_steam && !other_player
            })
        };
        self.by_name.get(&names::folded(&wanted.name))?.iter().find(fits).copied()
    }

    /// Notes what a row says of the member there; false when earlier rows had said all of it.
    fn note(&mut self, at: usize, wanted: &PlannedMember) -> bool {
        let Some(member) = self.all.get(at) else { return false };
        let steam = wanted.steam.filter(|steam| member.steam == Some(*steam)).map(Fact::Steam);
        let player = wanted.player.map(Fact::Player);
        let name = wanted.player.map(|_| Fact::Name(names::folded(&wanted.name)));
        let is_first = !self.told.contains_key(&at);
        let told = self.told.entry(at).or_default();
        let before = told.len();
        told.extend([steam, player, name].into_iter().flatten());
        is_first || told.len() > before
    }

    /// Learns whichever id was missing.
    fn link(&mut self, at: usize, player: Option<PlayerId>, steam: Option<SteamId>) {
        let Some(member) = self.all.get_mut(at) else { return };
        member.player = member.player.or(player);
        member.steam = member.steam.or(steam);
        self.by_player.extend(player.map(|player| (player, at)));
        self.by_steam.extend(steam.map(|steam| (steam, at)));
    }
}

impl Adopting<'_> {
    fn all(mut self, plan: Plan) -> Result<Adopted> {
        self.report.remarks = plan.remarks;
        self.report.cut_short = plan.cut_short;
        self.report.rows = plan.rows;
        for group in plan.groups {
            self.group(group)?;
        }
        if let Some((row, server)) = plan.server {
            self.server(&row, server)?;
        }
        let refused = |remark: &Remark| matches!(remark, Remark::Refused { .. });
        self.report.refused = self.report.remarks.iter().filter(|told| refused(&told.remark)).count();
        self.report.already = self.report.rows.saturating_sub(self.report.imported + self.report.refused);
        Ok(self.report)
    }

    fn group(&mut self, planned: PlannedGroup) -> Result<()> {
        let (guild, now) = (&self.asker.guild, self.now);
        let (id, name, is_new) = match groups::find(self.tx, guild, &planned.name)? {
            Some(group) => (group.id, group.name, false),
            None if groups::names(self.tx, guild)?.len() >= MAX_GROUPS => {
                self.refuse_all(&planned);
                return Ok(());
            }
            None => (groups::create(self.tx, guild, &planned.name, now)?, planned.name, true),
        };
        if is_new {
            self.report.groups.push(name.clone());
            self.report.imported += usize::from(planned.row.is_some());
            if let Some(server) = &planned.pinned {
                self.know(server)?;
                groups::pin(self.tx, id, Some(server.id))?;
            }
        }
        let mut members = Members::of(self.tx, id)?;
        let mut added = Vec::new();
        for member in planned.members {
            added.extend(self.member(id, &mut members, member)?);
        }
        if let Some((row, check)) = planned.check {
            self.check(id, &row, check)?;
        }
        if is_new || !added.is_empty() {
            let change = Change::MembersAdded { group: id, name, group_is_new: is_new, members: added };
            self.asker.record(self.tx, &change, now)?;
        }
        Ok(())
    }

    fn refuse_all(&mut self, planned: &PlannedGroup) {
        let rows = planned.members.iter().map(|member| &member.row);
        let rows = rows.chain(planned.row.as_ref()).chain(planned.check.as_ref().map(|(row, _)| row));
        self.report.remarks.extend(rows.map(|row| row.refused(Unusable::TooManyGroups)));
    }

    /// A check that was made later here is not overwritten.
    fn check(&mut self, group: GroupId, row: &Row, check: LastCheck) -> Result<()> {
        let check = LastCheck { at: check.at.min(self.now), ..check };
        match self.checks.get(&group).map(|known| known.at.cmp(&check.at)) {
            None | Some(Ordering::Less) => {
                groups::record_check(self.tx, group, &check)?;
                self.report.imported += 1;
            }
            Some(Ordering::Equal) => {}
            Some(Ordering::Greater) => self.report.remarks.push(row.changed(Altered::LaterCheck)),
        }
        Ok(())
    }

    /// Adds the member, or learns what is missing of the one that is here.
    fn member(&mut self, group: GroupId, members: &mut Members, wanted: PlannedMember) -> Result<Option<MemberName>> {
        let added_at = wanted.added_at.unwrap_or(self.now).min(self.now);
        let learnt = match wanted.player {
            Some(player) => self.learn(player, &wanted, added_at)?,
            None => false,
        };
        let by_steam = wanted.steam.and_then(|steam| members.by_steam.get(&steam).copied());
        let two_players = by_steam
            .and_then(|at| members.at(at)?.player)
            .is_some_and(|known| wanted.player.is_some_and(|player| player != known));
        let by_player = wanted.player.and_then(|player| members.by_player.get(&player).copied());
        let same_steam = if two_players { None } else { by_steam };
        if let Some(at) = by_player.or(same_steam).or_else(|| members.called(&wanted)) {
            let steam = if by_steam.is_none() { wanted.steam } else { None };
            let linked = self.link(members, at, wanted.player, steam)?;
            let other_steam = match (wanted.steam, by_steam, members.at(at).and_then(|member| member.steam)) {
                (Some(_), Some(owner), _) if owner != at => Some(Altered::SteamTaken),
                (Some(told), None, Some(known)) if told != known => Some(Altered::OtherSteam),
                _ => None,
            };
            let says_more = members.note(at, &wanted);
            if linked || learnt {
                self.report.imported += 1;
            } else if !says_more && other_steam.is_none() {
                self.report.remarks.push(wanted.row.refused(Unusable::Duplicate));
            }
            self.report.remarks.extend(other_steam.map(|how| wanted.row.changed(how)));
            return Ok(None);
        }
        if members.all.len() >= MAX_MEMBERS {
            self.report.remarks.push(wanted.row.refused(Unusable::TooManyMembers));
            return Ok(None);
        }
        if two_players {
            self.report.remarks.push(wanted.row.changed(Altered::SteamTaken));
        }
        let steam = if two_players { None } else { wanted.steam };
        let id = groups::add_member(self.tx, group, wanted.player, steam, &wanted.name, added_at)?;
        let member = MemberName { id, name: wanted.name.clone(), player: wanted.player, steam };
        members.add(member.clone());
        members.note(members.all.len() - 1, &wanted);
        self.report.imported += 1;
        self.report.members += 1;
        self.report.unlinked += usize::from(member.player.is_none());
        Ok(Some(member))
    }

    /// Gives the member whichever id was missing; tells whether one was.
    fn link(
        &mut self,
        members: &mut Members,
        at: usize,
        player: Option<PlayerId>,
        steam: Option<SteamId>,
    ) -> Result<bool> {
        let Some(known) = members.at(at) else { return Ok(false) };
        let player = player.filter(|_| known.player.is_none());
        let steam = steam.filter(|_| known.steam.is_none());
        if player.is_none() && steam.is_none() {
            return Ok(false);
        }
        groups::link_member(self.tx, known.id, player, steam)?;
        members.link(at, player, steam);
        Ok(true)
    }

    /// A name that is not known yet: the current one of a player nobody heard of, else a former one. Tells whether it was
    /// new for somebody who was known.
    fn learn(&self, player: PlayerId, wanted: &PlannedMember, at: Timestamp) -> Result<bool> {
        let known = players::get(self.tx, player)?;
        let is_new = match &known {
            None => {
                players::remember(self.tx, &[(player, wanted.name.clone())], at)?;
                false
            }
            Some(known) => {
                let mut all = known.names.iter().map(|former| &former.name).chain([&known.name]);
                let is_new = wanted.name != player.to_string() && !all.any(|name| names::same(name, &wanted.name));
                if is_new {
                    let former = FormerName { name: wanted.name.clone(), last_seen: wanted.added_at.map(|_| at) };
                    players::remember_former(self.tx, player, &[former])?;
                }
                is_new
            }
        };
        if let Some(steam) = wanted.steam.filter(|_| known.is_none_or(|known| known.steam.is_none())) {
            players::link_steam(self.tx, player, steam)?;
        }
        Ok(is_new)
    }

    fn server(&mut self, row: &Row, server: ServerName) -> Result<()> {
        let active = guilds::get(self.tx, &self.asker.guild)?.and_then(|guild| guild.active_server);
        match active {
            Some(active) if active != server.id => self.report.remarks.push(row.changed(Altered::OtherServerSet)),
            Some(_) => {}
            None => {
                self.know(&server)?;
                guilds::set_active_server(self.tx, &self.asker.guild, Some(server.id), self.now)?;
                let change = Change::ActiveServer { before: None, after: Some(server.clone()) };
                self.asker.record(self.tx, &change, self.now)?;
                self.report.imported += 1;
                self.report.server = Some(server);
            }
        }
        Ok(())
    }

    /// A server that nobody heard of is known by its name until it is asked.
    fn know(&self, server: &ServerName) -> Result<()> {
        if servers::get(self.tx, server.id)?.is_some() {
            return Ok(());
        }
        let server = Server {
            id: server.id,
            name: server.name.clone(),
            status: ServerStatus::Other,
            query_status: QueryStatus::Other,
            updated_at: None,
            players: None,
            max_players: None,
            queue: None,
            address: None,
            country: None,
            map: None,
            last_wipe: None,
            next_wipe: None,
        };
        Ok(servers::remember(self.tx, &server, self.now, None)?)
    }
}

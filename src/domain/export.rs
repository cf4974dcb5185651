//! The form of an export: everything that is kept for one guild, as it is documented in `docs/export.md`.
//!
//! Plain data and what has to hold in it. Where it is read from and written to is known elsewhere.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    facts::Server,
    identity::MAX_GROUP_NAME,
    ids::{ChangeId, GroupId, GuildKey, MemberId, PlayerId, ServerId, SteamId},
    names,
    report::{Change, ChangeRow, LastCheck, Settings},
    session::{Ending, Source},
};

/// What stands in `format`.
pub const FORMAT: &str = "rustops-export";

/// The version that is written, and the newest that is read.
pub const VERSION: i64 = 1;

/// A guild.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Export {
    /// [`FORMAT`].
    pub format: String,
    /// [`VERSION`].
    pub version: i64,
    /// When it was made.
    pub exported_at: Timestamp,
    /// Which guild it was.
    pub guild: GuildKey,
    /// Zone, rights and log channel.
    pub settings: Settings,
    /// The server that groups without a pin are checked on.
    pub active_server: Option<ServerId>,
    /// Servers that were active or pinned, the latest last.
    pub used_servers: Vec<ServerId>,
    /// Every server that is named here.
    pub servers: Vec<ExportedServer>,
    /// Every linked player.
    pub players: Vec<ExportedPlayer>,
    /// What is known of these players on servers.
    pub sightings: Vec<ExportedSighting>,
    /// When these players were on servers, by player, server and time.
    #[serde(default)]
    pub sessions: Vec<ExportedSession>,
    /// When these servers were looked at, by server and time.
    #[serde(default)]
    pub windows: Vec<ExportedWindow>,
    /// Living and deleted ones.
    pub groups: Vec<ExportedGroup>,
    /// The record of changes, the oldest first.
    pub changes: Vec<ChangeRow>,
}

/// A server as last told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportedServer {
    /// What was told.
    pub server: Server,
    /// When.
    pub as_of: Timestamp,
    /// It seems to hide its players' names.
    pub hides_names: bool,
}

/// A player with every name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportedPlayer {
    /// BattleMetrics' id.
    pub id: PlayerId,
    /// Current name: untrusted.
    pub name: String,
    /// When it was last noted.
    pub name_at: Timestamp,
    /// The Steam account.
    pub steam: Option<SteamId>,
    /// Public profile switched off.
    pub private: bool,
    /// Every name ever, the current one among them, by name.
    pub names: Vec<ExportedName>,
}

/// A name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportedName {
    /// As it was written: untrusted.
    pub name: String,
    /// First time in use that is known of.
    pub first_seen: Option<Timestamp>,
    /// Last time in use that is known of.
    pub last_seen: Option<Timestamp>,
}

/// What is known of a player on a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportedSighting {
    /// Who.
    pub player: PlayerId,
    /// Where.
    pub server: ServerId,
    /// First time there.
    pub first_seen: Option<Timestamp>,
    /// Last time there.
    pub last_seen: Option<Timestamp>,
    /// All time there.
    pub total: Option<SignedDuration>,
    /// Was on at `known_at`.
    pub online: bool,
    /// Start of the session that ran then.
    pub since: Option<Timestamp>,
    /// When this was so.
    pub known_at: Timestamp,
}

/// A player's time on a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportedSession {
    /// Who.
    pub player: PlayerId,
    /// Where.
    pub server: ServerId,
    /// From.
    pub start: Timestamp,
    /// Until; of one that ran at the export, the last look.
    pub stop: Timestamp,
    /// How it ended. One that ran at the export was not observed any more after it.
    pub ending: Ending,
    /// Who vouches for it.
    pub source: Source,
}

/// A stretch of time over which a server was looked at without a gap.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportedWindow {
    /// Which.
    pub server: ServerId,
    /// The first look.
    pub start: Timestamp,
    /// The last look.
    pub stop: Timestamp,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportedGroup {
    /// A number within this export, from 1.
    pub id: GroupId,
    /// As the users wrote it.
    pub name: String,
    /// Its server; none: the active one.
    pub pinned: Option<ServerId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was deleted; none: it lives.
    pub deleted_at: Option<Timestamp>,
    /// The last check.
    pub last_check: Option<LastCheck>,
    /// Living and removed ones.
    pub members: Vec<ExportedMember>,
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportedMember {
    /// A number within this export, from 1.
    pub id: MemberId,
    /// The linked player, who stands among the players.
    pub player: Option<PlayerId>,
    /// The linked Steam account.
    pub steam: Option<SteamId>,
    /// The name it was added by: untrusted.
    pub name: String,
    /// When.
    pub added_at: Timestamp,
    /// When it was removed; none: it lives.
    pub removed_at: Option<Timestamp>,
}

impl Export {
    /// Whether both hold the same, whenever and from whichever guild they were made.
    pub fn same_data(&self, other: &Self) -> bool {
        let bare =
            |export: &Self| Self { exported_at: Timestamp::UNIX_EPOCH, guild: GuildKey::local(), ..export.clone() };
        bare(self) == bare(other)
    }

    /// Living and removed members.
    pub fn members(&self) -> usize {
        self.groups.iter().map(|group| group.members.len()).sum()
    }

    /// Knows of no log channel any more, nor of any that a change could be taken back to.
    pub fn drop_log_channel(&mut self) {
        self.settings.log_channel = None;
        for row in &mut self.changes {
            if let Change::Settings { before, after } = &mut row.change {
                (before.log_channel, after.log_channel) = (None, None);
            }
        }
    }

    /// Gives groups, members and changes numbers from 1 in their order. What a change names and is not here any more gets
    /// the numbers behind, in the order of the changes.
    pub fn renumber(&mut self) {
        let mut groups = Numbers::default();
        let mut members = Numbers::default();
        for group in &mut self.groups {
            group.id = GroupId::new(groups.of(group.id.get())).unwrap_or(group.id);
            for member in &mut group.members {
                member.id = MemberId::new(members.of(member.id.get())).unwrap_or(member.id);
            }
        }
        for (number, row) in (1..).zip(&mut self.changes) {
            row.id = ChangeId::new(number).unwrap_or(row.id);
            remap(
                &mut row.change,
                |id| *id = GroupId::new(groups.of(id.get())).unwrap_or(*id),
                |id| *id = MemberId::new(members.of(id.get())).unwrap_or(*id),
            );
        }
    }

    /// What does not hold, in a few words that quote nothing.
    ///
    /// # Errors
    /// The first thing that would not fit into the database.
    pub fn check(&self, most_groups: usize, most_members: usize) -> Result<(), String> {
        let servers = unique(self.servers.iter().map(|known| known.server.id), "two servers have the same id")?;
        let players = unique(self.players.iter().map(|player| player.id), "two players have the same id")?;
        unique(self.groups.iter().map(|group| group.id), "two groups have the same id")?;
        let members = self.groups.iter().flat_map(|group| &group.members);
        unique(members.map(|member| member.id), "two members have the same id")?;
        unique(&self.used_servers, "a used server stands there twice")?;
        unique(self.sightings.iter().map(|seen| (seen.player, seen.server)), "a sighting stands there twice")?;
        unique(self.changes.iter().map(|row| row.id), "two changes have the same number")?;
        for player in &self.players {
            unique(player.names.iter().map(|name| &name.name), "a name of a player stands there twice")?;
        }
        let pinned = self.groups.iter().filter_map(|group| group.pinned);
        let seen = self.sightings.iter().map(|seen| seen.server);
        let been = self.sessions.iter().map(|session| session.server);
        let looked = self.windows.iter().map(|window| window.server);
        let named = pinned.chain(seen).chain(self.active_server).chain(self.used_servers.iter().copied());
        let mut named = named.chain(been).chain(looked);
        ensure(named.all(|server| servers.contains(&server)), "a server is named but not described")?;
        self.check_times(&players)?;
        let living = || self.groups.iter().filter(|group| group.deleted_at.is_none());
        unique(living().map(|group| names::folded(&group.name)), "two groups have the same name")?;
        ensure(living().count() <= most_groups, "there are too many groups")?;
        self.groups.iter().try_for_each(|group| group.check(&players, most_members))
    }
}

impl Export {
    fn check_times(&self, players: &HashSet<PlayerId>) -> Result<(), String> {
        let mut sessions = self.sessions.iter();
        ensure(sessions.all(|session| players.contains(&session.player)), "a player is named but not described")?;
        let mut sessions = self.sessions.iter();
        let is_over = |session: &ExportedSession| session.start <= session.stop && session.ending != Ending::Open;
        ensure(sessions.all(is_over), "a session ends before it begins, or not at all")?;
        let mut windows = self.windows.iter();
        ensure(windows.all(|window| window.start < window.stop), "a window ends before it begins")?;
        let pairs = self.sessions.iter().zip(self.sessions.iter().skip(1));
        let mut same = pairs.filter(|(one, next)| (one.player, one.server) == (next.player, next.server));
        ensure(same.all(|(one, next)| one.stop <= next.start && one.start < next.start), "two sessions overlap")?;
        let pairs = self.windows.iter().zip(self.windows.iter().skip(1));
        let mut same = pairs.filter(|(one, next)| one.server == next.server);
        ensure(same.all(|(one, next)| one.stop < next.start), "two windows overlap")?;
        let order = self.sessions.iter().map(|session| (session.player, session.server));
        ensure(order.is_sorted(), "the sessions are in no order")?;
        ensure(self.windows.iter().map(|window| window.server).is_sorted(), "the windows are in no order")
    }
}

impl ExportedGroup {
    fn check(&self, players: &HashSet<PlayerId>, most: usize) -> Result<(), String> {
        let length = self.name.chars().count();
        ensure((1..=MAX_GROUP_NAME).contains(&length), "a group's name is empty or too long")?;
        let living = || self.members.iter().filter(|member| member.removed_at.is_none());
        ensure(living().count() <= most, "a group has too many members")?;
        unique(living().filter_map(|member| member.player), "a player is in a group twice")?;
        unique(living().filter_map(|member| member.steam), "a Steam account is in a group twice")?;
        let mut linked = self.members.iter().filter_map(|member| member.player);
        ensure(linked.all(|player| players.contains(&player)), "a player is named but not described")
    }
}

fn ensure(holds: bool, otherwise: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise.to_owned()) }
}

fn unique<T: Eq + std::hash::Hash>(all: impl IntoIterator<Item = T>, otherwise: &str) -> Result<HashSet<T>, String> {
    let mut met = HashSet::new();
    for one in all {
        ensure(met.insert(one), otherwise)?;
    }
    Ok(met)
}

#[derive(Default)]
struct Numbers {
    given: HashMap<u64, u64>,
}

impl Numbers {
    fn of(&mut self, id: u64) -> u64 {
        let next = u64::try_from(self.given.len()).unwrap_or(u64::MAX).saturating_add(1);
        *self.given.entry(id).or_insert(next)
    }
}

/// Hands every id of a group or member in a change to these.
pub fn remap(change: &mut Change, mut group: impl FnMut(&mut GroupId), mut member: impl FnMut(&mut MemberId)) {
    match change {
        Change::ActiveServer { .. }
        | Change::Settings { .. }
        | Change::Forgotten
        | Change::Board { group: None, .. } => {}
        Change::MembersAdded { group: id, members, .. } => {
            group(id);
            members.iter_mut().for_each(|name| member(&mut name.id));
        }
        Change::MemberRemoved { group: id, member: name, .. } => {
            group(id);
            member(&mut name.id);
        }
        Change::GroupDeleted { group: id, .. }
        | Change::GroupRenamed { group: id, .. }
        | Change::GroupPinned { group: id, .. }
        | Change::Board { group: Some(id), .. } => group(id),
    }
}

/// The columns of [`csv`].
const COLUMNS: [&str; 8] = ["group", "server_id", "server", "member", "player_id", "steam_id", "added_at", "names"];

/// The living members as a table: RFC 4180, all values quoted. A value that a spreadsheet would take for a formula begins
/// with an apostrophe: <https://owasp.org/www-community/attacks/CSV_Injection>.
pub fn csv(export: &Export) -> String {
    let servers: HashMap<ServerId, &str> =
        export.servers.iter().map(|known| (known.server.id, known.server.name.as_str())).collect();
    let players: HashMap<PlayerId, &ExportedPlayer> = export.players.iter().map(|player| (player.id, player)).collect();
    let mut text = line(COLUMNS.map(str::to_owned));
    for group in export.groups.iter().filter(|group| group.deleted_at.is_none()) {
        let server = group.pinned.or(export.active_server);
        for member in group.members.iter().filter(|member| member.removed_at.is_none()) {
            let player = member.player.and_then(|id| players.get(&id));
            let name = player.map_or(&member.name, |player| &player.name);
            let others = player.into_iter().flat_map(|player| &player.names).map(|other| other.name.as_str());
            let others: Vec<&str> = others.filter(|other| other != name).collect();
            text.push_str(&line([
                group.name.clone(),
                server.map(|id| id.to_string()).unwrap_or_default(),
                server.and_then(|id| servers.get(&id)).copied().unwrap_or_default().to_owned(),
                name.clone(),
                member.player.map(|id| id.to_string()).unwrap_or_default(),
                member.steam.map(|id| id.to_string()).unwrap_or_default(),
                member.added_at.to_string(),
                others.join("; "),
            ]));
        }
    }
    text
}

/// The columns of [`csv_sessions`].
const SESSION_COLUMNS: [&str; 8] = ["server_id", "server", "player_id", "player", "start", "stop", "ending", "source"];

/// The sessions of all players as a table, as [`csv`] is written.
pub fn csv_sessions(export: &Export) -> String {
    let servers: HashMap<ServerId, &str> =
        export.servers.iter().map(|known| (known.server.id, known.server.name.as_str())).collect();
    let players: HashMap<PlayerId, &str> =
        export.players.iter().map(|player| (player.id, player.name.as_str())).collect();
    let mut text = line(SESSION_COLUMNS.map(str::to_owned));
    for session in &export.sessions {
        text.push_str(&line([
            session.server.to_string(),
            servers.get(&session.server).copied().unwrap_or_default().to_owned(),
            session.player.to_string(),
            players.get(&session.player).copied().unwrap_or_default().to_owned(),
            session.start.to_string(),
            session.stop.to_string(),
            if session.ending == Ending::Left { "left" } else { "unobserved" }.to_owned(),
            if session.source == Source::Watched { "watched" } else { "told" }.to_owned(),
        ]));
    }
    text
}

fn line(values: [String; 8]) -> String {
    let mut line = values.map(|value| cell(&value)).join(",");
    line.push_str("\r\n");
    line
}

fn cell(value: &str) -> String {
    const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
    // Without control characters and line breaks, which some programs take for the beginning of something.
    let value = if value.is_empty() { String::new() } else { names::shown(value) };
    let mark = if value.starts_with(FORMULA) { "'" } else { "" };
    format!("\"{mark}{}\"", value.replace('"', "\"\""))
}

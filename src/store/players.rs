//! Players with every name they ever had, searchable; their Steam accounts.
//!
//! Where they were seen is in [`super::sightings`]; who tracks them in [`super::groups`].

use std::collections::HashSet;

use anyhow::{Context, ensure};
use jiff::{SignedDuration, Timestamp};
use memchr::memmem::Finder;
use rusqlite::{Connection, OptionalExtension, params};

use super::values::Seconds;
use crate::domain::{
    export::ExportedPlayer,
    facts::FormerName,
    ids::{PlayerId, SteamId},
    names,
    typed::{Typed, starts},
};

/// How exact the times of a name are: a name that stays is noted again only after this long, to spare the disk.
const NOTED_EVERY: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A player as last told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownPlayer {
    /// BattleMetrics' id.
    pub id: PlayerId,
    /// Current name: untrusted.
    pub name: String,
    /// The Steam account, if it was ever linked.
    pub steam: Option<SteamId>,
    /// Public profile switched off.
    pub private: bool,
    /// All names but the current one, latest first.
    pub names: Vec<FormerName>,
}

/// A player found by a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundPlayer {
    /// BattleMetrics' id.
    pub id: PlayerId,
    /// Current name: untrusted.
    pub name: String,
    /// The name that fits what was searched, current or former: untrusted.
    pub matched_name: String,
}

pub(super) const CURRENT_NAME: &str = "SELECT name, name_at FROM players WHERE id = ?1";

/// Learns the names that players had at an instant. Returns who is called otherwise since: id, name before, name now.
///
/// An instant before the one at which the current name was noted adds a former name and renames nobody. A name that
/// stayed the same is not written again within a week.
///
/// # Errors
/// Those of the database.
pub fn remember(
    connection: &Connection,
    players: &[(PlayerId, String)],
    at: Timestamp,
) -> anyhow::Result<Vec<(PlayerId, String, String)>> {
    let mut renamed = Vec::new();
    for (id, name) in players {
        let known = connection
            .prepare_cached(CURRENT_NAME)?
            .query_row([id], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Seconds>(1)?.0)))
            .optional()
            .context("read a player's name")?;
        let is_now = match known {
            Some((before, noted)) if before == *name && at.duration_since(noted) < NOTED_EVERY => continue,
            Some((before, noted)) if before != *name && at >= noted => {
                renamed.push((*id, before, name.clone()));
                true
            }
            Some((_, noted)) => at >= noted,
            None => true,
        };
        if is_now {
            set_name(connection, *id, name, at)?;
        }
        add_name(connection, *id, name, Some(at), Some(at))?;
    }
    Ok(renamed)
}

fn set_name(connection: &Connection, id: PlayerId, name: &str, at: Timestamp) -> anyhow::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO players (id, name, name_at) VALUES (?1, ?2, ?3)
             ON CONFLICT (id) DO UPDATE SET name = ?2, name_at = ?3",
        )?
        .execute(params![id, name, Seconds(at)])
        .context("keep a player's name")?;
    Ok(())
}

/// Adds a name to those a player ever had; widens its time when it is there.
fn add_name(
    connection: &Connection,
    id: PlayerId,
    name: &str,
    first_seen: Option<Timestamp>,
    last_seen: Option<Timestamp>,
) -> anyhow::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO player_names (player, name, first_seen, last_seen) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (player, name) DO UPDATE
             SET first_seen = coalesce(min(first_seen, excluded.first_seen), first_seen, excluded.first_seen),
                 last_seen = coalesce(max(last_seen, excluded.last_seen), last_seen, excluded.last_seen)",
        )?
        .execute(params![id, name, first_seen.map(Seconds), last_seen.map(Seconds)])
        .context("keep a name")?;
    connection
        .prepare_cached("INSERT OR IGNORE INTO folded_names (player, folded) VALUES (?1, ?2)")?
        .execute(params![id, names::folded(name)])
        .context("make a name searchable")?;
    Ok(())
}

/// Takes over a player from an export. A current name that was noted later here stays, and nothing that is known is lost.
///
/// # Errors
/// Those of the database.
pub(super) fn take_over(connection: &Connection, player: &ExportedPlayer) -> anyhow::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO players (id, name, name_at, steam, private) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (id) DO UPDATE
             SET name = iif(?3 > name_at, ?2, name), name_at = max(?3, name_at), steam = coalesce(steam, ?4),
                 private = max(private, ?5)",
        )?
        .execute(params![player.id, player.name, Seconds(player.name_at), player.steam, player.private])
        .context("take over a player")?;
    for name in &player.names {
        add_name(connection, player.id, &name.name, name.first_seen, name.last_seen)?;
    }
    Ok(())
}

/// Learns names that a player had before. The player has to be known by the end of the transaction.
///
/// # Errors
/// Those of the database.
pub fn remember_former(connection: &Connection, id: PlayerId, former: &[FormerName]) -> anyhow::Result<()> {
    former.iter().try_for_each(|former| add_name(connection, id, &former.name, None, former.last_seen))
}

/// Notes whether the public profile is switched off. The player has to be known.
///
/// # Errors
/// Those of the database; a player who is not known.
pub fn set_private(connection: &Connection, id: PlayerId, private: bool) -> anyhow::Result<()> {
    let changed = connection
        .execute("UPDATE players SET private = ?2 WHERE id = ?1", params![id, private])
        .context("keep whether a profile is private")?;
    ensure!(changed == 1, "player {id} is not known");
    Ok(())
}

pub(super) const IS_PRIVATE: &str = "SELECT private FROM players WHERE id = ?1";

/// Those of these players whose public profile is switched off, as far as we know.
///
/// # Errors
/// Those of the database.
pub fn private_among(connection: &Connection, players: &[PlayerId]) -> anyhow::Result<HashSet<PlayerId>> {
    let mut statement = connection.prepare_cached(IS_PRIVATE)?;
    let mut private = HashSet::new();
    for player in players {
        let is_private = statement.query_row([player], |row| row.get(0)).optional().context("read a profile")?;
        private.extend(is_private.unwrap_or(false).then_some(*player));
    }
    Ok(private)
}

/// Notes that a player is on a list, so that the profile is public. Returns whether it was private before.
///
/// # Errors
/// Those of the database.
pub fn is_listed(connection: &Connection, id: PlayerId) -> anyhow::Result<bool> {
    let changed = connection
        .prepare_cached("UPDATE players SET private = 0 WHERE id = ?1 AND private = 1")?
        .execute([id])
        .context("note a public profile")?;
    Ok(changed > 0)
}

/// Links a Steam account. The player has to be known.
///
/// # Errors
/// Those of the database; a player who is not known.
pub fn link_steam(connection: &Connection, id: PlayerId, steam: SteamId) -> anyhow::Result<()> {
    let changed = connection
        .execute("UPDATE players SET steam = ?2 WHERE id = ?1", params![id, steam])
        .context("link a Steam account")?;
    ensure!(changed == 1, "player {id} is not known");
    Ok(())
}

/// Forgets a player whom nothing refers to, with all names and sightings.
pub(super) fn forget(connection: &Connection, player: i64) -> anyhow::Result<()> {
    for sql in [
        "DELETE FROM folded_names WHERE player = ?1",
        "DELETE FROM player_names WHERE player = ?1",
        "DELETE FROM sightings WHERE player = ?1",
        "DELETE FROM players WHERE id = ?1",
    ] {
        connection.prepare_cached(sql)?.execute([player]).context("forget a player")?;
    }
    Ok(())
}

pub(super) const BY_STEAM: &str = "SELECT id FROM players WHERE steam = ?1 ORDER BY name_at DESC, id DESC LIMIT 1";

/// The player that a Steam account is linked to; of several the one noted last.
///
/// # Errors
/// Those of the database.
pub fn by_steam(connection: &Connection, steam: SteamId) -> anyhow::Result<Option<PlayerId>> {
    connection
        .prepare_cached(BY_STEAM)?
        .query_row([steam], |row| row.get(0))
        .optional()
        .context("look for a Steam account")
}

pub(super) const GET: &str = "SELECT id, name, steam, private FROM players WHERE id = ?1";

pub(super) const FORMER: &str = "SELECT name, last_seen FROM player_names
 WHERE player = ?1 AND name <> ?2
 ORDER BY last_seen DESC NULLS LAST, name";

/// The player with all names.
///
/// # Errors
/// Those of the database.
pub fn get(connection: &Connection, id: PlayerId) -> anyhow::Result<Option<KnownPlayer>> {
    let found = connection
        .prepare_cached(GET)?
        .query_row([id], |row| {
            Ok(KnownPlayer {
                id: row.get(0)?,
                name: row.get(1)?,
                steam: row.get(2)?,
                private: row.get(3)?,
                names: Vec::new(),
            })
        })
        .optional()
        .context("read a player")?;
    let Some(mut player) = found else { return Ok(None) };
    player.names = connection
        .prepare_cached(FORMER)?
        .query_map(params![id, player.name], |row| {
            Ok(FormerName { name: row.get(0)?, last_seen: row.get::<_, Option<Seconds>>(1)?.map(|at| at.0) })
        })?
        .collect::<rusqlite::Result<_>>()
        .context("read a player's names")?;
    Ok(Some(player))
}

const FOLDED: &str = "SELECT player, folded FROM folded_names";

/// Most names are told apart by SQLite itself, which is several times as quick.
const HOLDING: &str = "SELECT player, folded FROM folded_names WHERE instr(folded, ?1)";

/// Players who have or had a name that begins like this, or has a word that begins like this; each once. Those of the
/// lowest rank come first, of one rank the exact name, then by what follows. Reads every name.
///
/// # Errors
/// Those of the database.
pub fn search(
    connection: &Connection,
    folded: &str,
    limit: usize,
    rank: impl Fn(PlayerId) -> u8,
) -> anyhow::Result<Vec<FoundPlayer>> {
    let mut statement = connection.prepare_cached(HOLDING)?;
    let mut rows = statement.query([folded])?;
    let mut best = Best::of(limit);
    while let Some(row) = rows.next().context("read the names")? {
        let name = row.get_ref(1)?.as_str()?;
        if let Some(start) = starts(name).find(|start| start.starts_with(folded)) {
            let player = row.get(0)?;
            best.add(rank(player), 0, start, player);
        }
    }
    best.found(connection, Some(folded))
}

/// From so many letters on, a slip is forgiven among all names: of three, too many of thousands of names are nearly so.
const NEARLY_FROM: usize = 4;

/// The players whom [`search`] finds; where those are fewer than `few`, then those too whose name, or a word of it, begins
/// nearly like what was typed, by rank and how near. Reads every name, once.
///
/// # Errors
/// Those of the database.
pub fn search_like(
    connection: &Connection,
    typed: &Typed,
    limit: usize,
    few: usize,
    rank: impl Fn(PlayerId) -> u8,
) -> anyhow::Result<Vec<FoundPlayer>> {
    if typed.letters().len() < NEARLY_FROM {
        return search(connection, typed.folded(), limit, rank);
    }
    let typed_text = Finder::new(typed.folded());
    let (mut sure, mut nearly) = (Best::of(limit), Best::of(limit));
    let mut statement = connection.prepare_cached(FOLDED)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next().context("read the names")? {
        let bytes = row.get_ref(1)?.as_bytes()?;
        let holds_it = typed_text.find(bytes).is_some();
        if !holds_it && !typed.may_be_near(bytes) {
            continue;
        }
        let name = str::from_utf8(bytes)?;
        let player = row.get(0)?;
        let begins = |start: &&str| start.starts_with(typed.folded());
        if let Some(start) = holds_it.then(|| starts(name).find(begins)).flatten() {
            sure.add(rank(player), 0, start, player);
        } else if let Some((slips, start)) = typed.nearly(name) {
            nearly.add(rank(player), slips, start, player);
        }
    }
    let mut found = sure.found(connection, Some(typed.folded()))?;
    if found.len() < few {
        let others = nearly.found(connection, None)?;
        let is_new = |other: &FoundPlayer| !found.iter().any(|player| player.id == other.id);
        let others: Vec<_> = others.into_iter().filter(is_new).collect();
        found.extend(others);
    }
    Ok(found)
}

/// The best of many hits.
struct Best {
    limit: usize,
    hits: Vec<Hit>,
    /// Better than this has to be what is worth keeping.
    worst: Option<Hit>,
}

/// A place in a name that fits: the rank of whose it is, the slips, the name from there on, and whose name.
type Hit = (u8, usize, String, PlayerId);

/// Hits that may gather before the worst are let go.
const TIDIED_FROM: usize = 1024;

impl Best {
    fn of(limit: usize) -> Self {
        Self { limit, hits: Vec::new(), worst: None }
    }

    fn add(&mut self, rank: u8, slips: usize, start: &str, player: PlayerId) {
        let is_worse = |(r, s, name, _): &Hit| (rank, slips, start) > (*r, *s, name.as_str());
        if self.worst.as_ref().is_some_and(is_worse) {
            return;
        }
        self.hits.push((rank, slips, start.to_owned(), player));
        if self.hits.len() >= TIDIED_FROM.max(2 * self.limit) {
            self.tidy();
        }
    }

    fn tidy(&mut self) {
        self.hits.sort_unstable();
        let mut seen = HashSet::new();
        self.hits.retain(|(.., player)| seen.len() < self.limit && seen.insert(*player));
        self.worst = self.hits.last().filter(|_| self.hits.len() == self.limit).cloned();
    }

    /// The players, each once, best first; with each, the name in which there is `folded`, or else what fitted.
    fn found(mut self, connection: &Connection, folded: Option<&str>) -> anyhow::Result<Vec<FoundPlayer>> {
        self.tidy();
        let mut found = Vec::new();
        for (.., start, player) in self.hits {
            let player = get(connection, player)?;
            found.extend(player.map(|player| matched(player, folded.unwrap_or(&start))));
        }
        Ok(found)
    }
}

/// The current name is preferred where several fit.
fn matched(player: KnownPlayer, folded: &str) -> FoundPlayer {
    let fits = |name: &str| starts(&names::folded(name)).any(|start| start.starts_with(folded));
    let former = player.names.into_iter().map(|former| former.name).find(|name| fits(name));
    let matched_name = match former {
        Some(former) if !fits(&player.name) => former,
        _ => player.name.clone(),
    };
    FoundPlayer { id: player.id, name: player.name, matched_name }
}

#[cfg(test)]
mod tests;

//! What completes a half-typed argument, from our own database only: no service is ever asked.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
    sync::Arc,
};

use jiff::Timestamp;

use super::{
    App, Asker, find_group, group_named, server_of,
    watch::{Outcome, View, Watch},
};
use crate::{
    domain::{
        ids::{GuildKey, PlayerId, ServerId},
        names,
        presence::{LAST_SEEN_HOLDS_FOR, Presence},
        report::{CHOICES, Suggestion},
        typed::{Fit, Typed},
    },
    error::{Error, Result},
    store::{
        self,
        groups::{self, Member},
        players, servers, sessions,
        sightings::{self, Sighting},
    },
};

/// With fewer suggestions than this, names that are nearly like what was typed are suggested too.
const FEW: usize = 5;

/// Of how many who fit it is found out who was on the server, so that those come first.
const CONSIDERED: usize = 4 * CHOICES;

impl App {
    /// Groups whose name holds what was typed, those that begin with it first.
    ///
    /// # Errors
    /// The database failed.
    pub async fn suggest_groups(&self, asker: &Asker, typed: &str) -> Result<Vec<Suggestion>> {
        let (guild, typed) = (asker.guild.clone(), folded(typed));
        self.read(move |conn| {
            let mut all = groups::names(conn, &guild)?;
            all.retain(|name| names::folded(name).contains(&typed));
            all.sort_by_key(|name| !names::folded(name).starts_with(&typed));
            all.truncate(CHOICES);
            let suggestion = |name: String| Suggestion { value: name.clone(), name, once: None, presence: None };
            Ok(all.into_iter().map(suggestion).collect())
        })
        .await
    }

    /// Members of `group`, by present or former name, ranked as in [`Self::suggest_players`]; nothing when there is no such
    /// group (yet).
    ///
    /// # Errors
    /// The database failed.
    pub async fn suggest_members(&self, asker: &Asker, group: &str, typed: &str) -> Result<Vec<Suggestion>> {
        let (now, watch) = (self.clock.now(), Arc::clone(&self.watch));
        let (guild, group, typed) = (asker.guild.clone(), group.to_owned(), Typed::new(typed));
        self.read(move |conn| {
            let group = match group_named(conn, &guild, &group) {
                Ok(group) => group,
                Err(Error::Notice(_)) => return Ok(Vec::new()),
                Err(failure) => return Err(failure),
            };
            let server = server_meant(conn, &guild, Some(&group))?;
            let mut hits = Vec::new();
            for member in groups::members(conn, group.id)? {
                hits.extend(member_like(conn, member, typed.as_ref())?);
            }
            let ids: Vec<PlayerId> = hits.iter().filter_map(|hit| hit.player).collect();
            Ok(best(hits, &Known::of(conn, server, &watch, &ids, HashMap::new(), now)?))
        })
        .await
    }

    /// Players by present or former name: whoever is on, and everybody ever seen. Those first who are on the server of
    /// `group`, or on the active one where no group is given; then those who were on it. Those who are nearly called so come
    /// last, and only when they are few. While nothing is typed, whoever came on last, then whoever was there last.
    ///
    /// # Errors
    /// The database failed.
    pub async fn suggest_players(&self, asker: &Asker, group: Option<&str>, typed: &str) -> Result<Vec<Suggestion>> {
        let (now, watch) = (self.clock.now(), Arc::clone(&self.watch));
        let (guild, group, typed) = (asker.guild.clone(), group.map(str::to_owned), Typed::new(typed));
        self.read(move |conn| {
            let group = match group.map(|group| find_group(conn, &guild, &group)).transpose() {
                Ok(group) => group.flatten(),
                Err(Error::Notice(_)) => None,
                Err(failure) => return Err(failure),
            };
            let server = server_meant(conn, &guild, group.as_ref())?;
            let met = server.map(|server| watch.met(server)).unwrap_or_default();
            let ids: Vec<PlayerId> = met.keys().copied().collect();
            let view = server.and_then(|server| watch.view(server, &ids, now));
            let just_seen: HashMap<PlayerId, Timestamp> = view.iter().flat_map(View::just_seen).collect();
            let online = view.filter(|view| view.outcome == Outcome::Believed).map(|view| view.online);
            let online = online.unwrap_or_default();
            let lately = server.map(|server| watch.lately(conn, server, now)).transpose()?.unwrap_or_default();
            let seen = |player: PlayerId| just_seen.get(&player).or_else(|| lately.get(&player)).copied();
            let rank = |player: PlayerId| match (online.contains_key(&player), seen(player)) {
                (true, _) => 0,
                (false, Some(_)) => 1,
                (false, None) => 2,
            };
            let hits = match typed {
                Some(typed) => players_like(conn, &typed, &met, rank)?,
                None => latest(conn, &online, lately.keys().chain(just_seen.keys()), seen, &met)?,
            };
            let ids: Vec<PlayerId> = hits.iter().filter_map(|hit| hit.player).collect();
            let seen = ids.iter().filter_map(|player| Some((*player, seen(*player)?))).collect();
            Ok(best(hits, &Known::of(conn, server, &watch, &ids, seen, now)?))
        })
        .await
    }

    /// Servers that this guild used before.
    ///
    /// # Errors
    /// The database failed.
    pub async fn suggest_servers(&self, asker: &Asker, typed: &str) -> Result<Vec<Suggestion>> {
        let (guild, typed) = (asker.guild.clone(), folded(typed));
        self.read(move |conn| {
            let used = servers::used_before(conn, &guild, &typed, CHOICES)?;
            let suggestion = |server: crate::domain::report::ServerName| Suggestion {
                value: server.id.to_string(),
                name: names::shown(&server.name),
                once: None,
                presence: None,
            };
            Ok(used.into_iter().map(suggestion).collect())
        })
        .await
    }
}

/// Nothing stays nothing: as a name it would be one without a printable character.
fn folded(typed: &str) -> String {
    if typed.trim().is_empty() { String::new() } else { names::folded(typed) }
}

/// The server that a group follows, or the active one; none when none is set.
fn server_meant(conn: &store::Connection, guild: &GuildKey, group: Option<&groups::Group>) -> Result<Option<ServerId>> {
    match server_of(conn, guild, group) {
        Ok(server) => Ok(Some(server)),
        Err(Error::Notice(_)) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Somebody who may be meant.
struct Hit {
    player: Option<PlayerId>,
    value: String,
    name: String,
    once: Option<String>,
    fit: Fit,
}

impl Hit {
    /// Whoever begins so, by name or by a word, is meant more likely than somebody in whose name it is somewhere; whoever is
    /// only nearly called so, least.
    fn class(&self) -> u8 {
        match self.fit {
            Fit::Exact | Fit::Begins | Fit::Word => 0,
            Fit::Holds => 1,
            Fit::Nearly(_) => 2,
        }
    }
}

/// The member, if a present or former name is like this.
fn member_like(conn: &store::Connection, member: Member, typed: Option<&Typed>) -> Result<Option<Hit>> {
    let player = member.name.player;
    let name = member.name.name;
    let (mut fit, mut once) = (typed.map_or(Some(Fit::Exact), |typed| typed.fit(&name)), None);
    if let (Some(typed), Some(player), false) = (typed, player, fit.is_some_and(Fit::is_sure)) {
        let former = players::get(conn, player)?.map(|known| known.names).unwrap_or_default();
        for former in former {
            let was = typed.fit(&former.name);
            if was.is_some_and(|was| fit.is_none_or(|fit| was < fit)) {
                (fit, once) = (was, Some(former.name));
            }
        }
    }
    let value = player.map_or_else(|| format!("member:{}", member.name.id), |player| player.to_string());
    Ok(fit.map(|fit| Hit { player, value, name, once, fit }))
}

/// Whoever is called like this, and when those are few, whoever is called nearly so.
fn players_like(
    conn: &store::Connection,
    typed: &Typed,
    met: &HashMap<PlayerId, String>,
    rank: impl Fn(PlayerId) -> u8,
) -> Result<Vec<Hit>> {
    let mut hits: HashMap<PlayerId, Hit> = HashMap::new();
    let note = |hits: &mut HashMap<PlayerId, Hit>, player: PlayerId, name: &str, called: &str| {
        let Some(fit) = typed.fit(called) else { return };
        if hits.get(&player).is_none_or(|known| fit < known.fit) {
            // What the watch has heard is newer than what is kept.
            let name = met.get(&player).map_or(name, String::as_str).to_owned();
            let once = (called != name).then(|| called.to_owned());
            hits.insert(player, Hit { player: Some(player), value: player.to_string(), name, once, fit });
        }
    };
    for (player, name) in met {
        note(&mut hits, *player, name, name);
    }
    for found in players::search_like(conn, typed, CONSIDERED, FEW, rank)? {
        note(&mut hits, found.id, &found.name, &found.matched_name);
    }
    let mut hits: Vec<Hit> = hits.into_values().collect();
    hits.sort_by(|one, other| (&one.name, one.player).cmp(&(&other.name, other.player)));
    Ok(hits)
}

/// Those who are on, the latest first, then those of `others` who were `seen` last.
fn latest<'a>(
    conn: &store::Connection,
    online: &HashMap<PlayerId, Timestamp>,
    others: impl Iterator<Item = &'a PlayerId>,
    seen: impl Fn(PlayerId) -> Option<Timestamp>,
    met: &HashMap<PlayerId, String>,
) -> Result<Vec<Hit>> {
    let mut on: Vec<(PlayerId, Timestamp)> = online.iter().map(|(player, since)| (*player, *since)).collect();
    let others: HashSet<PlayerId> = others.copied().filter(|player| !online.contains_key(player)).collect();
    let mut gone: Vec<_> = others.into_iter().filter_map(|player| Some((player, seen(player)?))).collect();
    for latest in [&mut on, &mut gone] {
        latest.sort_by_key(|(player, at)| (Reverse(*at), *player));
    }
    let mut hits = Vec::new();
    for (player, _) in on.into_iter().chain(gone) {
        let name = match met.get(&player) {
            Some(name) => Some(name.clone()),
            None => players::get(conn, player)?.map(|known| known.name),
        };
        hits.extend(name.map(|name| Hit {
            player: Some(player),
            value: player.to_string(),
            name,
            once: None,
            fit: Fit::Exact,
        }));
        if hits.len() == CHOICES {
            break;
        }
    }
    Ok(hits)
}

/// The best of these, best first; in the order in which they came where nothing else decides.
fn best(mut hits: Vec<Hit>, known: &Known) -> Vec<Suggestion> {
    if hits.iter().filter(|hit| hit.fit.is_sure()).count() >= FEW {
        hits.retain(|hit| hit.fit.is_sure());
    }
    let mut all: Vec<(Hit, Option<Presence>)> = hits
        .into_iter()
        .map(|hit| {
            let presence = hit.player.and_then(|player| known.presence(player));
            (hit, presence)
        })
        .collect();
    all.sort_by_key(|(hit, presence)| {
        let seen = hit.player.and_then(|player| known.seen(player));
        let (distance, seen) = match presence {
            Some(Presence::Online { .. }) => (0, None),
            _ if seen.is_some() => (1, seen),
            _ => (2, None),
        };
        (hit.class(), distance, hit.fit, Reverse(seen))
    });
    all.truncate(CHOICES);
    let suggestion = |(hit, presence): (Hit, _)| Suggestion {
        name: names::shown(&hit.name),
        once: hit.once.map(|once| names::shown(&once)),
        presence,
        value: hit.value,
    };
    all.into_iter().map(suggestion).collect()
}

/// What is known of some players on a server without asking anybody.
struct Known {
    view: Option<View>,
    private: HashSet<PlayerId>,
    sightings: HashMap<PlayerId, Sighting>,
    last_seen: HashMap<PlayerId, Timestamp>,
    now: Timestamp,
}

impl Known {
    /// `last_seen` holds what is known of strangers already.
    fn of(
        conn: &store::Connection,
        server: Option<ServerId>,
        watch: &Watch,
        players: &[PlayerId],
        mut last_seen: HashMap<PlayerId, Timestamp>,
        now: Timestamp,
    ) -> Result<Self> {
        let private = players::private_among(conn, players)?;
        let Some(server) = server else {
            return Ok(Self { view: None, private, sightings: HashMap::new(), last_seen, now });
        };
        let view = watch.view(server, players, now).filter(|view| view.outcome == Outcome::Believed);
        let left = view.iter().flat_map(View::left);
        for (player, at) in sessions::last_seen(conn, server, players)?.into_iter().chain(left) {
            let last = last_seen.entry(player).or_insert(at);
            *last = at.max(*last);
        }
        Ok(Self { view, private, sightings: sightings::get(conn, server, players)?, last_seen, now })
    }

    /// When the player was last on the server, as far as is known.
    fn seen(&self, player: PlayerId) -> Option<Timestamp> {
        let told = self.sightings.get(&player).and_then(|sighting| sighting.last_seen);
        self.last_seen.get(&player).copied().max(told)
    }

    /// What may be said of the present.
    fn presence(&self, player: PlayerId) -> Option<Presence> {
        let sighting = self.sightings.get(&player);
        match &self.view {
            Some(view) if view.online.contains_key(&player) => {
                Some(Presence::Online { since: view.online.get(&player).copied() })
            }
            Some(view) if view.hides_names || self.private.contains(&player) => None,
            Some(view) => {
                let since = view.window?.since;
                let told = sighting.filter(|sighting| sighting.known_at >= since).and_then(|known| known.last_seen);
                let last_seen = self.last_seen.get(&player).copied().max(told)?;
                Some(Presence::Offline { last_seen })
            }
            None => sighting.and_then(|sighting| still_true(sighting, self.now)),
        }
    }
}

/// What was seen so lately that it may be said of the present.
fn still_true(sighting: &Sighting, now: Timestamp) -> Option<Presence> {
    if now.duration_since(sighting.known_at) > LAST_SEEN_HOLDS_FOR {
        return None;
    }
    match (sighting.online, sighting.last_seen) {
        (true, _) => Some(Presence::Online { since: sighting.since }),
        (false, Some(last_seen)) => Some(Presence::Offline { last_seen }),
        (false, None) => None,
    }
}

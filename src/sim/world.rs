//! The pretend world: servers and people, and who was where from when to when. The same seed gives the same world.
//!
//! No network, no waiting, no clock: the instant is always an argument, in the past or years ahead. Nothing changes the
//! world here; stories do that through `directing.rs`.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use super::{
    dice::Dice,
    names,
    people::{self, Crew, Player, Stay},
    places::{self, Server},
    search::{self, Wanted},
};

/// The beginning: a Saturday evening in Europe, the afternoon in America.
pub const START: Timestamp = Timestamp::constant(1_781_381_700, 0);
/// The oldest instant anybody was seen, 60 days before [`START`].
pub const HISTORY: Timestamp = Timestamp::constant(1_781_381_700 - 60 * people::DAY, 0);

/// Player ids from here on are the fresh ones of servers that hide names.
const ALIASES: u64 = 3_000_000_000;
/// Room in an alias for the index of a player.
const PEOPLE: u64 = 8192;
/// Room in an alias for the stays of a day.
pub(super) const SLOTS: u64 = 16;

/// Servers and people. Changing it is directing: what is asked afterwards is answered anew.
#[derive(Clone, Debug)]
pub struct World {
    pub(super) seed: u64,
    pub(super) servers: Vec<Server>,
    pub(super) crews: Vec<Crew>,
    pub(super) players: Vec<Player>,
    pub(super) servers_by_id: HashMap<u64, usize>,
    pub(super) players_by_id: HashMap<u64, usize>,
    /// For each server, the players who may ever be met there.
    pub(super) visitors: Vec<BTreeSet<usize>>,
}

/// Somebody on a server's roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// BattleMetrics player id.
    pub player: u64,
    /// Name as shown.
    pub name: String,
    /// Counted, but not listed.
    pub private: bool,
    /// Whether id and person belong together for certain.
    pub positive_match: bool,
    /// Since when BattleMetrics knows the id.
    pub created: Timestamp,
    /// When the session began.
    pub start: Timestamp,
}

/// Somebody as BattleMetrics knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// BattleMetrics player id.
    pub id: u64,
    /// Present name.
    pub name: String,
    /// Every name with the instant since which it is carried, oldest first.
    pub names: Vec<(Timestamp, String)>,
    /// Has switched the public profile off.
    pub private: bool,
    /// Whether id and person belong together for certain.
    pub positive_match: bool,
    /// Since when BattleMetrics knows the id.
    pub created: Timestamp,
}

/// What is known of a player on one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// Begin of the first session.
    pub first_seen: Timestamp,
    /// End of the last session, or the present for somebody online.
    pub last_seen: Timestamp,
    /// Seconds in all sessions together.
    pub time_played: i64,
    /// Whether the last session is still open.
    pub online: bool,
}

/// One stay of a player on a server as BattleMetrics tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// BattleMetrics player id.
    pub player: u64,
    /// BattleMetrics server id.
    pub server: u64,
    /// Beginning.
    pub start: Timestamp,
    /// End; `None` while it goes on.
    pub stop: Option<Timestamp>,
    /// Name carried at the beginning.
    pub name: String,
    /// Whether this was the first visit to the server.
    pub first_time: bool,
}

/// A Steam account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// SteamID64.
    pub id: u64,
    /// Display name on Steam, often the one in the game.
    pub persona: String,
    /// Last part of the profile URL, for those who chose one.
    pub vanity: Option<String>,
    /// Whether everybody may see the profile.
    pub public: bool,
    /// Whether Rust is running, on whatever server.
    pub in_rust: bool,
    /// When the account was made.
    pub created: Timestamp,
}

/// An id leads to a person, or to one connection to a server that hides names.
enum Who {
    Person(usize),
    Alias(usize, Stay),
}

impl World {
    /// When the world begins.
    pub const START: Timestamp = START;

    /// The world of a seed.
    pub fn new(seed: u64) -> Self {
        let places = places::all(seed);
        let (crews, players) = people::settle(seed, &places);
        let mut visitors = vec![BTreeSet::new(); places.len()];
        for (index, player) in players.iter().enumerate() {
            let crew = crews.get(player.crew);
            let haunts = crew.map(|crew| crew.home).into_iter().chain(crew.and_then(|crew| crew.second));
            let written = player.script.iter().flat_map(|script| script.stays.iter().map(|stay| stay.place));
            for place in haunts.chain(written) {
                visitors.get_mut(place).map(|known: &mut BTreeSet<usize>| known.insert(index));
            }
        }
        let servers: Vec<Server> = places.into_iter().map(|place| place.server).collect();
        Self {
            seed,
            servers_by_id: servers.iter().map(|server| server.id).zip(0..).collect(),
            players_by_id: players.iter().map(|player| player.id).zip(0..).collect(),
            servers,
            crews,
            players,
            visitors,
        }
    }

    /// Every server, in no promised order.
    pub fn servers(&self) -> &[Server] {
        &self.servers
    }

    /// The server with this BattleMetrics id.
    pub fn server(&self, id: u64) -> Option<&Server> {
        self.servers.get(*self.servers_by_id.get(&id)?)
    }

    /// Servers in whose name every word of the text begins a word, or whose address is the text.
    pub fn find_servers(&self, text: &str) -> Vec<&Server> {
        let words = search::words_of(text);
        let address = text.trim();
        let named = |server: &&Server| {
            let own = search::words_of(&server.name);
            words.iter().all(|word| own.iter().any(|own| own.starts_with(word.as_str())))
                || server.ip == address
                || format!("{}:{}", server.ip, server.port) == address
        };
        self.servers.iter().filter(named).collect()
    }

    /// Who BattleMetrics believes to be on the server, private players included, longest first.
    pub fn roster(&self, server: u64, at: Timestamp) -> Vec<Seat> {
        let Some((place, known)) = self.servers_by_id.get(&server).and_then(|at| Some((*at, self.servers.get(*at)?)))
        else {
            return Vec::new();
        };
        let as_of = seconds(known.known_as_of(at));
        let visitors = self.visitors.get(place).into_iter().flatten();
        let mut seats: Vec<Seat> = visitors
            .filter_map(|index| {
                let stay = self.stay_at(*index, as_of).filter(|stay| stay.place == place)?;
                self.seat(*index, stay, known, as_of)
            })
            .collect();
        seats.sort_by_key(|seat| (seat.start, seat.player));
        seats
    }

    /// The player with this BattleMetrics id, as known at `at`.
    pub fn player(&self, id: u64, at: Timestamp) -> Option<Profile> {
        match self.who(id)? {
            Who::Person(index) => self.profile(index, seconds(at)),
            Who::Alias(index, stay) => (stay.start <= seconds(at)).then(|| self.alias_profile(index, stay)),
        }
    }

    /// Players whose present name holds every word of the text, or is the text if it stands in quotes; with servers,
    /// only those who were seen on one of them. Private players are not found. Exact matches come first.
    pub fn find_players(&self, text: &str, servers: &[u64], at: Timestamp) -> Vec<Profile> {
        let wanted = Wanted::new(text);
        let mut found: Vec<Profile> = if servers.is_empty() {
            (0..self.players.len()).filter_map(|index| self.profile(index, seconds(at))).collect()
        } else {
            self.seen_on(servers, at)
        };
        found.retain(|profile| !profile.private && wanted.fits(&profile.name));
        found.sort_by_key(|profile| (!wanted.is(&profile.name), profile.id));
        found.dedup_by_key(|profile| profile.id);
        found
    }

    /// What is known of the player on the server; `None` when never seen there.
    pub fn visit(&self, player: u64, server: u64, at: Timestamp) -> Option<Visit> {
        let sessions = self.sessions(player, Some(server), at);
        let (newest, oldest) = (sessions.first()?, sessions.last()?);
        let as_of = self.server(server)?.known_as_of(at);
        let end = |session: &Session| session.stop.unwrap_or(as_of);
        Some(Visit {
            first_seen: oldest.start,
            last_seen: end(newest),
            time_played: sessions.iter().map(|session| seconds(end(session)) - seconds(session.start)).sum(),
            online: newest.stop.is_none(),
        })
    }

    /// Where the player was ever seen.
    pub fn servers_of(&self, player: u64, at: Timestamp) -> Vec<u64> {
        let servers: BTreeSet<u64> = self.sessions(player, None, at).iter().map(|session| session.server).collect();
        servers.into_iter().collect()
    }

    /// Sessions of the player, on one server or on all, that had begun at `at`; newest first.
    pub fn sessions(&self, player: u64, server: Option<u64>, at: Timestamp) -> Vec<Session> {
        let mut sessions: Vec<Session> = match self.who(player) {
            Some(Who::Person(index)) => {
                let mut seen = BTreeSet::new();
                let stays = self.life(index, seconds(at)).into_iter();
                stays.filter_map(|stay| self.session(index, player, stay, at, seen.insert(stay.place))).collect()
            }
            Some(Who::Alias(index, stay)) => self.alias_session(index, player, stay, at).into_iter().collect(),
            None => Vec::new(),
        };
        sessions.retain(|session| server.is_none_or(|server| session.server == server));
        sessions.reverse();
        sessions
    }

    /// The Steam account with this SteamID64.
    pub fn account(&self, steam: u64, at: Timestamp) -> Option<Account> {
        let index = self.players.iter().position(|player| player.steam == steam)?;
        let player = self.players.get(index)?;
        Some(Account {
            id: steam,
            persona: player.persona.clone(),
            vanity: player.vanity.clone(),
            public: player.steam_public,
            in_rust: self.stay_at(index, seconds(at)).is_some(),
            created: stamp(player.created),
        })
    }

    /// The SteamID64 behind the last part of a profile URL, compared without case.
    pub fn steam_id_of(&self, vanity: &str) -> Option<u64> {
        let owns = |player: &&Player| player.vanity.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(vanity));
        self.players.iter().find(owns).map(|player| player.steam)
    }

    /// The SteamID64 of a player; none for the ids of a server that hides names.
    pub fn steam_id_of_player(&self, player: u64) -> Option<u64> {
        self.players_by_id.get(&player).and_then(|index| self.players.get(*index)).map(|player| player.steam)
    }

    fn seen_on(&self, servers: &[u64], at: Timestamp) -> Vec<Profile> {
        let mut seen = Vec::new();
        for server in servers {
            let Some(place) = self.servers_by_id.get(server).copied() else { continue };
            if self.servers.get(place).is_some_and(|server| server.hides_names) {
                // Of those who came and went under invented names only the present ones are worth finding.
                let seats = self.roster(*server, at);
                seen.extend(seats.iter().filter_map(|seat| self.player(seat.player, at)));
                continue;
            }
            let visitors = self.visitors.get(place).into_iter().flatten();
            let been = visitors.filter(|index| self.has_been(**index, place, at));
            seen.extend(been.filter_map(|index| self.profile(*index, seconds(at))));
        }
        seen
    }

    /// Whether the player was seen on the server by then.
    fn has_been(&self, index: usize, place: usize, at: Timestamp) -> bool {
        self.first_stay(index, place, seconds(at)).is_some()
    }

    /// Whether the session of this seat is the player's first on the server.
    pub fn is_first_time(&self, server: u64, seat: &Seat) -> bool {
        let (Some(place), Some(Who::Person(index))) = (self.servers_by_id.get(&server), self.who(seat.player)) else {
            return true;
        };
        self.first_stay(index, *place, seconds(seat.start)).is_none_or(|stay| stay.start == seconds(seat.start))
    }

    fn first_stay(&self, index: usize, place: usize, until: i64) -> Option<Stay> {
        let as_of = seconds(self.servers.get(place)?.known_as_of(stamp(until)));
        let written = self.players.get(index)?.script.iter().flat_map(|script| &script.stays);
        let written =
            written.filter_map(|stay| self.cut(*stay)).filter(|stay| stay.place == place).min_by_key(|stay| stay.start);
        let natural = self
            .days(index, as_of)
            .find_map(|day| self.natural(index, day).into_iter().find(|stay| stay.place == place));
        [natural, written].into_iter().flatten().min_by_key(|stay| stay.start).filter(|stay| stay.start <= as_of)
    }

    fn who(&self, id: u64) -> Option<Who> {
        if let Some(index) = self.players_by_id.get(&id) {
            return Some(Who::Person(*index));
        }
        let code = id.checked_sub(ALIASES)?;
        let index = usize::try_from(code / SLOTS % PEOPLE).ok()?;
        let day = i64::try_from(code / SLOTS / PEOPLE).ok()? + self.crew(index)?.day_of(seconds(HISTORY));
        let written = self.players.get(index)?.script.iter().flat_map(|script| script.stays.iter().copied());
        let mut stays = self.natural(index, day).into_iter().chain(written.filter_map(|stay| self.cut(stay)));
        let stay = stays.find(|stay| self.alias(index, *stay) == Some(id))?;
        self.servers.get(stay.place)?.hides_names.then_some(Who::Alias(index, stay))
    }

    /// The id that stands for one connection to a server that hides names.
    fn alias(&self, index: usize, stay: Stay) -> Option<u64> {
        let crew = self.crew(index)?;
        let day = u64::try_from(crew.day_of(stay.start) - crew.day_of(seconds(HISTORY))).ok()?;
        Some(ALIASES + (day * PEOPLE + index as u64) * SLOTS + stay.slot)
    }

    fn invented_name(&self, index: usize, stay: Stay) -> &'static str {
        names::invented(&mut Dice::new(&[self.seed, ALIASES, index as u64, stay.start as u64]))
    }

    fn profile(&self, index: usize, at: i64) -> Option<Profile> {
        let player = self.players.get(index)?;
        let names = player.names.iter().filter(|(since, _)| *since <= at);
        Some(Profile {
            id: player.id,
            name: player.name_at(at).to_owned(),
            names: names.map(|(since, name)| (stamp(*since), name.clone())).collect(),
            private: player.private,
            positive_match: true,
            created: stamp(player.created),
        })
    }

    fn alias_profile(&self, index: usize, stay: Stay) -> Profile {
        let name = self.invented_name(index, stay).to_owned();
        let created = stamp(stay.start);
        Profile {
            id: self.alias(index, stay).unwrap_or(ALIASES),
            names: vec![(created, name.clone())],
            name,
            private: false,
            positive_match: false,
            created,
        }
    }

    fn seat(&self, index: usize, stay: Stay, server: &Server, at: i64) -> Option<Seat> {
        let player = self.players.get(index)?;
        let hidden = server.hides_names;
        let start = stamp(stay.start);
        let (id, name, created) = if hidden {
            (self.alias(index, stay)?, self.invented_name(index, stay), start)
        } else {
            (player.id, player.name_at(at), stamp(player.created))
        };
        Some(Seat {
            player: id,
            name: name.to_owned(),
            private: player.private && !hidden,
            positive_match: !hidden && !server.query_only,
            created,
            start,
        })
    }

    fn session(&self, index: usize, id: u64, stay: Stay, at: Timestamp, first_time: bool) -> Option<Session> {
        let server = self.servers.get(stay.place).filter(|server| !server.hides_names)?;
        let name = self.players.get(index)?.name_at(stay.start).to_owned();
        known_session(server, id, stay, at, name, first_time)
    }

    fn alias_session(&self, index: usize, id: u64, stay: Stay, at: Timestamp) -> Option<Session> {
        known_session(self.servers.get(stay.place)?, id, stay, at, self.invented_name(index, stay).to_owned(), true)
    }

    /// Where the player is at that second.
    pub(super) fn stay_at(&self, index: usize, at: i64) -> Option<Stay> {
        let script = self.players.get(index)?.script.as_ref();
        let written = script.into_iter().flat_map(|script| script.stays.iter());
        let mut written = written.filter_map(|stay| self.cut(*stay));
        let covers = |stay: &Stay| stay.start <= at && at < stay.stop;
        written.find(covers).or_else(|| self.natural(index, self.crew(index)?.day_of(at)).into_iter().find(covers))
    }

    /// Everything the player did that had begun by then, oldest first.
    pub(super) fn life(&self, index: usize, until: i64) -> Vec<Stay> {
        let written = self.players.get(index).and_then(|player| player.script.as_ref());
        let written = written.into_iter().flat_map(|script| script.stays.iter()).filter_map(|stay| self.cut(*stay));
        let natural = self.days(index, until).flat_map(|day| self.natural(index, day));
        let mut stays: Vec<Stay> = natural.chain(written).filter(|stay| stay.start <= until).collect();
        stays.sort_by_key(|stay| stay.start);
        stays
    }

    fn days(&self, index: usize, until: i64) -> impl Iterator<Item = i64> + use<> {
        let crew = self.crew(index);
        crew.map(|crew| crew.day_of(seconds(HISTORY))..=crew.day_of(until)).into_iter().flatten()
    }

    /// A day without the hours for which the player has a script.
    fn natural(&self, index: usize, day: i64) -> Vec<Stay> {
        let (Some(player), Some(crew)) = (self.players.get(index), self.crew(index)) else { return Vec::new() };
        if player.script.as_ref().is_some_and(|script| crew.is_within(day, script.from, script.until)) {
            return Vec::new();
        }
        let mut stays = people::natural_day(self.seed, index, player, crew, day);
        if let Some(script) = &player.script {
            stays.retain(|stay| stay.start < script.from || stay.start >= script.until);
            for stay in stays.iter_mut().filter(|stay| stay.start < script.from) {
                stay.stop = stay.stop.min(script.from);
            }
        }
        stays.retain(|stay| stay.start >= seconds(HISTORY));
        stays.into_iter().filter_map(|stay| self.cut(stay)).collect()
    }

    /// The stay as far as the server was up.
    fn cut(&self, stay: Stay) -> Option<Stay> {
        let stop = self.servers.get(stay.place)?.cut(stay.start, stay.stop);
        (stop > stay.start).then_some(Stay { stop, ..stay })
    }

    fn crew(&self, index: usize) -> Option<&Crew> {
        self.crews.get(self.players.get(index)?.crew)
    }
}

fn known_session(
    server: &Server,
    player: u64,
    stay: Stay,
    at: Timestamp,
    name: String,
    first_time: bool,
) -> Option<Session> {
    let as_of = seconds(server.known_as_of(at));
    (stay.start <= as_of).then(|| Session {
        player,
        server: server.id,
        start: stamp(stay.start),
        stop: (stay.stop <= as_of).then(|| stamp(stay.stop)),
        name,
        first_time,
    })
}

/// A UUID made from a player and the beginning of a session.
pub(super) fn session_id(player: u64, start: Timestamp) -> String {
    let mut dice = Dice::new(&[player, seconds(start) as u64]);
    let (high, low) = (dice.next(), dice.next());
    let (version, variant) = (0x4000 | (high & 0xfff), 0x8000 | (low >> 48 & 0x3fff));
    format!(
        "{:08x}-{:04x}-{version:04x}-{variant:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        low & 0xffff_ffff_ffff
    )
}

/// Whole seconds since 1970.
pub(super) fn seconds(at: Timestamp) -> i64 {
    at.as_second()
}

/// The instant of a second since 1970; the last instant there is for one too far away.
pub(super) fn stamp(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap_or(Timestamp::MAX)
}

//! The people of the world: who they are, with whom they play, and how they spend a day.
//!
//! A day is worked out from the seed, the crew and the day alone. What a story orders instead is in `world.rs`.

use std::collections::HashSet;

use super::{
    cast,
    dice::Dice,
    names,
    places::Place,
    world::{START, seconds},
};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
/// A day, in seconds.
pub(super) const DAY: i64 = 24 * HOUR;
/// People's days begin and end at six in the morning, when nobody plays: no session crosses that hour.
const DAWN: i64 = 6 * HOUR;
/// People of the world at its beginning.
pub(super) const POPULATION: usize = 3000;
/// The first SteamID64: <https://developer.valvesoftware.com/wiki/SteamID>, individual accounts of the public universe.
const FIRST_STEAM_ID: u64 = 76_561_197_960_265_728;

/// What a throw of the dice is about; keeps the questions apart.
mod about {
    pub(super) const CREW: u64 = 1;
    pub(super) const PERSON: u64 = 2;
    pub(super) const PLAN: u64 = 3;
    pub(super) const DAY: u64 = 4;
}

/// Somebody with a Steam account and a BattleMetrics id.
#[derive(Clone, Debug)]
pub(super) struct Player {
    pub(super) id: u64,
    /// Every name with the second since which it is carried, oldest first; never empty.
    pub(super) names: Vec<(i64, String)>,
    pub(super) private: bool,
    pub(super) created: i64,
    pub(super) steam: u64,
    pub(super) vanity: Option<String>,
    pub(super) persona: String,
    pub(super) steam_public: bool,
    /// Index of the crew; nobody's life is without one, if only of one.
    pub(super) crew: usize,
    /// How likely the player comes along when the crew plays.
    pub(super) reliability: f64,
    /// What the player does from one second to another instead of living.
    pub(super) script: Option<Script>,
}

impl Player {
    /// The name carried at that second.
    pub(super) fn name_at(&self, at: i64) -> &str {
        let carried = self.names.iter().rev().find(|(since, _)| *since <= at);
        carried.or(self.names.first()).map_or("", |(_, name)| name)
    }
}

/// Written stays in place of a natural life.
#[derive(Clone, Debug)]
pub(super) struct Script {
    pub(super) from: i64,
    pub(super) until: i64,
    pub(super) stays: Vec<Stay>,
}

/// Time spent on a server: seconds, `stop` not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stay {
    /// Index of the server.
    pub(super) place: usize,
    pub(super) start: i64,
    pub(super) stop: i64,
    /// Tells apart the stays of one day.
    pub(super) slot: u64,
}

/// People who play together, and when they do.
#[derive(Clone, Debug)]
pub(super) struct Crew {
    /// Seconds east of UTC.
    pub(super) zone: i64,
    pub(super) home: usize,
    pub(super) second: Option<usize>,
    /// How likely they play on a working day, and on a day of the weekend.
    keen: (f64, f64),
    /// Usual hour of the evening's beginning, local; past 24 after midnight.
    evening: f64,
    /// Usual length of an evening in hours.
    hours: f64,
}

impl Crew {
    /// The day that `at` belongs to, counted from 1970, changing at six in the morning local.
    pub(super) fn day_of(&self, at: i64) -> i64 {
        (at + self.zone - DAWN).div_euclid(DAY)
    }

    /// Makes a crew of those who fill a server: long evenings, hardly one left out.
    fn devote(&mut self) {
        self.keen = (0.75, 0.95);
        self.hours = self.hours.max(4.0);
        self.second = None;
    }

    /// Whether all of a day lies between two seconds.
    pub(super) fn is_within(&self, day: i64, from: i64, until: i64) -> bool {
        let dawn = self.midnight(day) + DAWN;
        from <= dawn && dawn + DAY <= until
    }

    fn midnight(&self, day: i64) -> i64 {
        day * DAY - self.zone
    }
}

/// Fills the servers with crews until the world has its population.
pub(super) fn settle(seed: u64, places: &[Place]) -> (Vec<Crew>, Vec<Player>) {
    let mut settlers = Settlers { seed, places, crews: Vec::new(), players: Vec::new(), taken: HashSet::new() };
    for crew in cast::CREWS {
        settlers.admit_cast(crew);
    }
    for (home, place) in places.iter().enumerate() {
        let full = settlers.players.len() + place.regulars;
        while settlers.players.len() < full.min(POPULATION) {
            settlers.admit_crew(home, place);
        }
    }
    while let Some(place) = places.first().filter(|_| settlers.players.len() < POPULATION) {
        settlers.admit_crew(0, place);
    }
    settlers.players.truncate(POPULATION);
    (settlers.crews, settlers.players)
}

struct Settlers<'a> {
    seed: u64,
    places: &'a [Place],
    crews: Vec<Crew>,
    players: Vec<Player>,
    taken: HashSet<u64>,
}

impl Settlers<'_> {
    fn admit_crew(&mut self, home: usize, place: &Place) {
        let mut dice = Dice::new(&[self.seed, about::CREW, self.crews.len() as u64]);
        let alike = |other: &(usize, &Place)| other.0 != home && other.1.region == place.region && other.1.regulars > 0;
        let others: Vec<usize> = self.places.iter().enumerate().filter(alike).map(|(index, _)| index).collect();
        let second = dice.chance(0.35).then(|| dice.pick(&others));
        let mut crew = make_crew(&mut dice, place.region.zones(), home, second);
        if matches!(place.server.id, cast::CROWDED | cast::RUSTY_MOOSE) {
            crew.devote();
        }
        self.crews.push(crew);
        for _ in 0..dice.pick(&[1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 6, 8]) {
            self.admit_stranger();
        }
    }

    fn admit_stranger(&mut self) {
        let index = self.players.len() as u64;
        let mut dice = Dice::new(&[self.seed, about::PERSON, index]);
        let id = self.fresh(|| dice.between(1_000_000_000, 1_199_999_999) as u64);
        let steam = self.fresh(|| FIRST_STEAM_ID + dice.between(20_000, 4_000_000_000) as u64);
        let name = match index % 40 {
            7 => names::STRANGE.get(index as usize / 40 % names::STRANGE.len()).copied().unwrap_or_default().to_owned(),
            19 => dice.pick(names::COMMON).to_owned(),
            _ => names::ordinary(&mut dice),
        };
        let mut player = self.newcomer(id, name, steam);
        player.private = dice.chance(0.03);
        player.steam_public = dice.chance(0.8);
        player.reliability = 0.55 + 0.4 * dice.unit();
        player.created = seconds(START) - dice.between(61, 2500) * DAY;
        player.vanity = dice.chance(0.25).then(|| format!("player-{index}"));
        if dice.chance(0.3) {
            player.persona = names::ordinary(&mut dice);
        }
        if dice.chance(0.12) {
            add_former_names(&mut dice, &mut player);
        }
        self.players.push(player);
    }

    fn admit_cast(&mut self, crew: cast::Crew) {
        let mut dice = Dice::new(&[self.seed, about::CREW, self.crews.len() as u64]);
        let home = crew.first().map_or(0, |(_, server, _)| self.index_of(*server));
        self.crews.push(make_crew(&mut dice, &[-5], home, None));
        for (person, _, parts) in crew {
            self.taken.extend([person.id, person.steam]);
            let mut player = self.newcomer(person.id, person.name.to_owned(), person.steam);
            player.vanity = person.vanity.map(str::to_owned);
            player.script = (!parts.is_empty()).then(|| self.written(parts));
            self.players.push(player);
        }
    }

    fn newcomer(&self, id: u64, name: String, steam: u64) -> Player {
        let created = seconds(START) - 400 * DAY;
        Player {
            id,
            persona: name.clone(),
            names: vec![(created, name)],
            private: false,
            created,
            steam,
            vanity: None,
            steam_public: true,
            crew: self.crews.len().saturating_sub(1),
            reliability: 0.8,
            script: None,
        }
    }

    fn written(&self, parts: &[cast::Part]) -> Script {
        let start = seconds(START);
        let stays = parts.iter().zip(0..).map(|((server, from, until), slot)| Stay {
            place: self.index_of(*server),
            start: start + from,
            stop: start + until,
            slot: SCRIPTED_SLOT + slot,
        });
        Script { from: start - cast::WRITTEN_BEFORE, until: start + cast::WRITTEN_AFTER, stays: stays.collect() }
    }

    fn index_of(&self, server: u64) -> usize {
        self.places.iter().position(|place| place.server.id == server).unwrap_or(0)
    }

    fn fresh(&mut self, mut draw: impl FnMut() -> u64) -> u64 {
        loop {
            let number = draw();
            if self.taken.insert(number) {
                return number;
            }
        }
    }
}

/// Slots from here on number written stays, those below natural ones.
pub(super) const SCRIPTED_SLOT: u64 = 4;

fn make_crew(dice: &mut Dice, zones: &[i64], home: usize, second: Option<usize>) -> Crew {
    let keen = 0.25 + 0.6 * dice.unit();
    let (evening, hours) = match dice.between(0, 10) {
        0 => (22.5 + 2.0 * dice.unit(), 4.5),
        1 => (13.0 + 3.0 * dice.unit(), 2.5),
        _ => (18.0 + 2.5 * dice.unit(), 1.5 + 3.0 * dice.unit()),
    };
    Crew { zone: dice.pick(zones) * HOUR, home, second, keen: (keen, (keen + 0.2).min(0.95)), evening, hours }
}

fn add_former_names(dice: &mut Dice, player: &mut Player) {
    let mut since = seconds(START);
    for _ in 0..dice.between(1, 4) {
        since -= dice.between(DAY, 40 * DAY);
        let Some(oldest) = player.names.first_mut() else { return };
        oldest.0 = since;
        player.names.insert(0, (player.created, names::ordinary(dice)));
    }
}

/// When the crew plays on a day, and where: at most an afternoon and an evening, in that order.
fn plan(seed: u64, crew_index: usize, crew: &Crew, day: i64) -> Vec<Stay> {
    let mut dice = Dice::new(&[seed, about::PLAN, crew_index as u64, day as u64]);
    // Day 0 was a Thursday.
    let weekend = matches!((day + 4).rem_euclid(7), 0 | 6);
    let keen = if weekend { crew.keen.1 } else { crew.keen.0 };
    let place = crew.second.filter(|_| dice.chance(0.2)).unwrap_or(crew.home);
    let evening = crew.evening + 1.5 * (dice.unit() + dice.unit() - 1.0);
    let mut blocks = Vec::new();
    if weekend && dice.chance(0.8 * keen) {
        let from = 11.5 + 3.5 * dice.unit();
        let until = (from + 1.5 + 3.0 * dice.unit()).min(evening - 0.7);
        blocks.push((from, until));
    }
    if dice.chance(keen) {
        blocks.push((evening, evening + crew.hours * (0.5 + dice.unit())));
    }
    let second_of = |hour: f64| crew.midnight(day) + (hour * HOUR as f64) as i64;
    let stay = |(from, until)| Stay { place, start: second_of(from), stop: second_of(until), slot: 0 };
    blocks.into_iter().map(stay).collect()
}

/// What a player does on a day when left alone: at most four stays, in order, within the day of the crew.
pub(super) fn natural_day(seed: u64, player_index: usize, player: &Player, crew: &Crew, day: i64) -> Vec<Stay> {
    let mut dice = Dice::new(&[seed, about::DAY, player_index as u64, day as u64]);
    let mut diary =
        Diary { earliest: crew.midnight(day) + DAWN, latest: crew.midnight(day) + DAWN + DAY, stays: Vec::new() };
    for block in plan(seed, player.crew, crew, day) {
        if !dice.chance(player.reliability) {
            continue;
        }
        let (start, stop) = (block.start + dice.between(-600, 1500), block.stop + dice.between(-2400, 1200));
        if stop - start > HOUR && dice.chance(0.2) {
            let middle = dice.between(start + 900, stop - 900);
            diary.write(block.place, start, middle);
            diary.write(block.place, middle + dice.between(5 * MINUTE, 30 * MINUTE), stop);
        } else {
            diary.write(block.place, start, stop);
        }
    }
    if diary.stays.is_empty() && dice.chance(0.12) {
        let start = crew.midnight(day) + dice.between(15 * HOUR, 22 * HOUR);
        diary.write(crew.home, start, start + dice.between(20 * MINUTE, 2 * HOUR));
    }
    diary.stays
}

struct Diary {
    earliest: i64,
    latest: i64,
    stays: Vec<Stay>,
}

impl Diary {
    /// Notes a stay unless it would be too short to be noticed, kept apart from the one before.
    fn write(&mut self, place: usize, start: i64, stop: i64) {
        let start = start.max(self.stays.last().map_or(self.earliest, |stay| stay.stop) + 2 * MINUTE);
        let stop = stop.min(self.latest - 5 * MINUTE);
        if stop - start >= 4 * MINUTE {
            self.stays.push(Stay { place, start, stop, slot: self.stays.len() as u64 });
        }
    }
}

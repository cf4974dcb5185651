//! The servers of the world: what each is called, how big it is, when it wipes, what BattleMetrics knows of it.
//!
//! Nobody lives here: who plays where is decided in `people.rs` and `world.rs`.

use jiff::{SignedDuration, Timestamp};

use super::{
    cast,
    dice::Dice,
    world::{START, seconds, stamp},
};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// A game server. The fields are the stage: a story may change any of them.
#[derive(Clone, Debug)]
pub struct Server {
    /// BattleMetrics server id.
    pub id: u64,
    /// BattleMetrics' name for the game, `rust` for all but one or two.
    pub game: String,
    /// Name, not unique.
    pub name: String,
    /// Host name, where one is known.
    pub address: Option<String>,
    /// IPv4 address.
    pub ip: String,
    /// Game port; the query port is the next one.
    pub port: u16,
    /// Places.
    pub max_players: u32,
    /// Two-letter country code, where known.
    pub country: Option<String>,
    /// Longitude and latitude, where known.
    pub location: Option<[f64; 2]>,
    /// Rank among all servers, where there is one.
    pub rank: Option<u32>,
    /// `online`, `offline`, `dead`, `invalid` or `removed`.
    pub status: String,
    /// `valid`, `invalid` or `timeout`; a frozen server says `timeout` whatever stands here.
    pub query_status: Option<String>,
    /// When the data was last refreshed; without it, within the last minute of whenever somebody asks.
    pub updated_at: Option<Timestamp>,
    /// Since when BattleMetrics cannot query it; the roster stays as it was then.
    pub frozen_since: Option<Timestamp>,
    /// When it was down, oldest first: from, and until when if it came back.
    pub outages: Vec<(Timestamp, Option<Timestamp>)>,
    /// Shows invented names and a fresh player id at each connection (`server.censorplayerlist`).
    pub hides_names: bool,
    /// Known to BattleMetrics by queries alone: true names, and no id that is certain.
    pub query_only: bool,
    /// `official`, `community` or `modded`.
    pub kind: String,
    /// Map name.
    pub map: String,
    /// One of its wipes; all others follow from `wipe_days`.
    pub some_wipe: Timestamp,
    /// Days from wipe to wipe.
    pub wipe_days: u32,
    /// Whether `rust_last_wipe` is four months too old.
    pub wrong_wipe: bool,
    /// How much of `details` is there.
    pub details: Details,
}

/// How complete a server's `details` are: every key may be missing or null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Details {
    /// Everything that is usually there.
    Full,
    /// Map and little else.
    Sparse,
    /// The usual keys, most of them null.
    Nulls,
    /// No `details` at all.
    Missing,
}

impl Server {
    /// Start of the save that runs at `at`.
    pub fn born(&self, at: Timestamp) -> Timestamp {
        let every = i64::from(self.wipe_days.max(1)) * DAY;
        let since = (seconds(at) - seconds(self.some_wipe)).div_euclid(every);
        stamp(seconds(self.some_wipe) + since * every)
    }

    /// The wipe after the one that runs at `at`.
    pub fn next_wipe(&self, at: Timestamp) -> Timestamp {
        stamp(seconds(self.born(at)) + i64::from(self.wipe_days.max(1)) * DAY)
    }

    /// The instant as of which BattleMetrics knows this server, when asked at `at`: earlier than `at` while frozen.
    pub fn known_as_of(&self, at: Timestamp) -> Timestamp {
        self.frozen_since.map_or(at, |since| since.min(at))
    }

    /// When BattleMetrics says it last refreshed this server.
    pub fn refreshed(&self, at: Timestamp) -> Timestamp {
        let phase = (self.id % 60) as i64;
        let polled = seconds(at) - (seconds(at) - phase).rem_euclid(60);
        self.updated_at.or(self.frozen_since).unwrap_or_else(|| stamp(polled)).min(at)
    }

    /// Where the outage begins that a stay from `start` to `stop` runs into; its start when it falls into one.
    pub(super) fn cut(&self, start: i64, stop: i64) -> i64 {
        let mut stop = stop;
        for (from, until) in &self.outages {
            let (from, until) = (seconds(*from), until.map_or(i64::MAX, seconds));
            if start < until && stop > from {
                stop = from.max(start);
            }
        }
        stop
    }
}

/// Where the people of a server live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Region {
    Europe,
    NorthAmerica,
    SouthAmerica,
    Asia,
}

impl Region {
    /// Hours from UTC in summer. The world knows no change of the clocks.
    pub(super) fn zones(self) -> &'static [i64] {
        match self {
            Self::Europe => &[1, 2, 2, 2, 3],
            Self::NorthAmerica => &[-4, -4, -5, -6, -7],
            Self::SouthAmerica => &[-3],
            Self::Asia => &[7, 8, 9, 10],
        }
    }
}

/// A server, where its people live and how many call it home.
pub(super) struct Place {
    pub(super) server: Server,
    pub(super) region: Region,
    pub(super) regulars: usize,
}

type Row = (u64, &'static str, &'static str, Region, u32, usize, &'static str, u32);

use Region::{Asia, Europe, NorthAmerica, SouthAmerica};

/// Id, name, country, region, places, regulars, kind, days between wipes.
const ROWS: &[Row] = &[
    (cast::RUSTY_MOOSE, "Rusty Moose |US Monthly|", "US", NorthAmerica, 200, 290, "community", 28),
    (cast::RUSTY_MOOSE_SMALL, "Rusty Moose |US Monthly Small|", "US", NorthAmerica, 100, 60, "community", 28),
    (2_844_622, "Rusty Moose |EU Biweekly|", "DE", Europe, 150, 80, "community", 14),
    (cast::CROWDED, "Crowded Coast EU Main", "DE", Europe, 300, 560, "community", 7),
    (9_565_301, "Crowded Coast US Main", "US", NorthAmerica, 300, 120, "community", 7),
    (10_238_447, "[EU] Example 2x | Solo/Duo/Trio", "NL", Europe, 150, 80, "modded", 7),
    (10_238_448, "[US] Example 2x | Solo/Duo/Trio", "US", NorthAmerica, 150, 80, "modded", 7),
    (cast::NAMESAKES[0], "Vanilla Valley", "SE", Europe, 100, 50, "community", 14),
    (cast::NAMESAKES[1], "Vanilla Valley", "US", NorthAmerica, 100, 40, "community", 14),
    (cast::COLON, "EU 5x: No BPs : Fresh Wipe: Today", "FR", Europe, 120, 70, "modded", 3),
    (cast::HIDDEN, "Lighthouse Premium | Names Hidden", "GB", Europe, 150, 90, "community", 14),
    (cast::FROZEN, "Frostbite Bay EU", "FI", Europe, 120, 70, "community", 14),
    (cast::OFFLINE, "Harbour Town | Weekly", "DE", Europe, 100, 50, "community", 7),
    (cast::DEAD, "Ghost Ship Vanilla", "US", NorthAmerica, 80, 25, "community", 28),
    (cast::WRONG_WIPE, "Iron Ridge EU | Monthly", "DE", Europe, 150, 60, "community", 28),
    (cast::BARE, "bare bones", "", Europe, 50, 20, "community", 28),
    (3_461_009, "Official EU Server #12", "GB", Europe, 200, 80, "official", 28),
    (3_461_118, "Official US Server #7", "US", NorthAmerica, 200, 60, "official", 28),
    (12_905_117, "Deutsches Rust 🇩🇪 | Max 4", "DE", Europe, 100, 50, "community", 7),
    (12_905_940, "Rust France [FR] *Kits*", "FR", Europe, 100, 55, "modded", 7),
    (13_077_265, "Русский Rust x3", "RU", Europe, 120, 50, "modded", 7),
    (13_480_552, "BR Sobrevivente | Quinzenal", "BR", SouthAmerica, 120, 80, "community", 14),
    (13_480_619, "Andes Rust 3x", "CL", SouthAmerica, 80, 40, "modded", 7),
    (15_112_874, "Tokyo Rust 初心者歓迎", "JP", Asia, 80, 45, "community", 14),
    (15_113_031, "한국 러스트 서버", "KR", Asia, 100, 55, "community", 7),
    (15_200_386, "Down Under Vanilla |AU Monthly|", "AU", Asia, 100, 60, "community", 28),
    (16_004_218, "100x Sandbox Build Server", "NL", Europe, 60, 25, "modded", 30),
    (16_311_790, "PVE Paradise | Friendly", "US", NorthAmerica, 80, 45, "modded", 28),
    (16_772_045, "Low Pop EU 1.5x", "NL", Europe, 60, 30, "modded", 14),
    (16_990_314, "Battlefield 1000x", "DE", Europe, 100, 45, "modded", 1),
    (17_203_551, "Nightfall Hardcore", "PL", Europe, 80, 40, "community", 14),
    (17_418_806, "The `Backtick` Server", "US", NorthAmerica, 60, 25, "community", 7),
    (17_655_129, "**Bold Claims** @everyone welcome", "US", NorthAmerica, 60, 25, "modded", 7),
    (17_901_444, "Medieval Rust RP", "GB", Europe, 60, 30, "modded", 28),
    (18_122_630, "2x Quad Monday | 2x Quad Thursday", "US", NorthAmerica, 120, 65, "modded", 7),
    (18_540_019, "Arctic Outpost [NO]", "NO", Europe, 60, 30, "community", 14),
    (18_777_208, "Solo Only EU", "NL", Europe, 100, 55, "community", 7),
    (18_990_665, "Desert Duo US West", "US", NorthAmerica, 80, 40, "community", 7),
    (19_240_173, "Mediterraneo [IT/ES] Max 3", "IT", Europe, 80, 40, "community", 7),
    (19_388_902, "Empty Fields", "CA", NorthAmerica, 50, 0, "community", 28),
];

/// Every server of the world, those of other games last.
pub(super) fn all(seed: u64) -> Vec<Place> {
    let mut places: Vec<Place> = ROWS.iter().zip(1..).map(|(row, rank)| from_row(seed, *row, rank)).collect();
    places.push(of_another_game());
    places
}

fn from_row(seed: u64, (id, name, country, region, places, regulars, kind, wipe_days): Row, rank: u32) -> Place {
    let mut dice = Dice::new(&[seed, 0, id]);
    let mut server = plain(id, name);
    server.max_players = places;
    server.country = Some(country.to_owned()).filter(|code| !code.is_empty());
    server.location = location(country);
    server.rank = Some(rank * 37 + dice.between(0, 20) as u32);
    server.kind = kind.to_owned();
    server.map = (if dice.chance(0.85) { "Procedural Map" } else { "Barren" }).to_owned();
    server.ip = format!("203.0.113.{}", dice.between(1, 255));
    server.port = 28_015 + 10 * dice.between(0, 40) as u16;
    server.address = dice.chance(0.4).then(|| format!("play{id}.example"));
    server.wipe_days = wipe_days;
    // A Thursday evening at which servers of any rhythm could have wiped.
    server.some_wipe = stamp(seconds(START) - 9 * DAY - 2 * HOUR - 15 * 60 + dice.between(0, 6) * DAY);
    server.details = match dice.between(0, 12) {
        0 => Details::Sparse,
        1 => Details::Nulls,
        _ => Details::Full,
    };
    special(&mut server);
    Place { server, region, regulars }
}

fn special(server: &mut Server) {
    match server.id {
        cast::RUSTY_MOOSE => {
            server.details = Details::Full;
            server.address = None;
            server.some_wipe = stamp(seconds(START) - 9 * DAY - 2 * HOUR - 15 * 60);
        }
        cast::CROWDED => server.details = Details::Full,
        cast::HIDDEN => server.hides_names = true,
        cast::FROZEN => server.frozen_since = Some(START - SignedDuration::from_hours(9)),
        cast::OFFLINE => {
            server.status = "offline".to_owned();
            server.outages.push((START - SignedDuration::from_hours(2), None));
        }
        cast::DEAD => {
            server.status = "dead".to_owned();
            server.outages.push((START - SignedDuration::from_hours(20 * 24), None));
        }
        cast::WRONG_WIPE => {
            server.wrong_wipe = true;
            server.details = Details::Full;
        }
        cast::BARE => {
            server.details = Details::Missing;
            server.rank = None;
            server.address = None;
        }
        _ => {}
    }
}

fn of_another_game() -> Place {
    let mut server = plain(cast::RUSTY_MOOSE_OF_ANOTHER_GAME, "Rusty Moose |US Monthly|");
    server.game = "ark".to_owned();
    server.rank = Some(14);
    server.country = Some("US".to_owned());
    server.details = Details::Sparse;
    Place { server, region: NorthAmerica, regulars: 0 }
}

/// A healthy Rust server that nobody knows yet.
pub(super) fn plain(id: u64, name: &str) -> Server {
    Server {
        id,
        game: "rust".to_owned(),
        name: name.to_owned(),
        address: None,
        ip: format!("198.51.100.{}", id % 254 + 1),
        port: 28_015,
        max_players: 100,
        country: Some("DE".to_owned()),
        location: location("DE"),
        rank: Some(9000),
        status: "online".to_owned(),
        query_status: Some("valid".to_owned()),
        updated_at: None,
        frozen_since: None,
        outages: Vec::new(),
        hides_names: false,
        query_only: false,
        kind: "community".to_owned(),
        map: "Procedural Map".to_owned(),
        some_wipe: START - SignedDuration::from_hours(50),
        wipe_days: 7,
        wrong_wipe: false,
        details: Details::Full,
    }
}

fn location(country: &str) -> Option<[f64; 2]> {
    Some(match country {
        "US" => [-96.8, 32.78],
        "CA" => [-73.57, 45.5],
        "DE" => [8.68, 50.11],
        "NL" => [4.9, 52.37],
        "SE" | "NO" | "FI" => [18.07, 59.33],
        "FR" | "IT" => [2.35, 48.85],
        "GB" => [-0.13, 51.51],
        "PL" | "RU" => [21.01, 52.23],
        "BR" | "CL" => [-46.63, -23.55],
        "JP" | "KR" => [139.69, 35.69],
        "AU" => [151.21, -33.87],
        _ => return None,
    })
}

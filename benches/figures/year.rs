//! A database as a year of three servers leaves it: 200 players on each of them on average, and 20 groups of 25.
//!
//! The rows are those that the watch would have written, forgotten in between as the watch forgets. A day is written at
//! once, not poll by poll, so that this takes a minute and not a week: what it weighs comes out, not what the disk had to
//! do for it.

use std::{
    cell::Cell,
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
    time::Instant,
};

use jiff::Timestamp;
use rustops::{
    domain::{
        attendance::Window,
        facts::{QueryStatus, Server, ServerStatus},
        ids::{GuildKey, PlayerId, ServerId},
        report::LastCheck,
        session::{Ending, Session, Source},
    },
    store::{
        Store, Transaction, groups, guilds, inquiries, players,
        pruning::{self, Bookmark},
        servers,
        sessions::{self, Visit},
        watch,
    },
};

use crate::mib;

/// When the year is over.
pub(crate) const END: i64 = 1_790_000_000;

const DAYS: i64 = 365;
const DAY: i64 = 86_400;
const SERVERS: u64 = 3;
/// 200 players at any time, who stay for an hour and a half on average.
const VISITS_A_DAY: u64 = 3_200;
/// Who comes again and again to one server.
const REGULARS: u64 = 2_500;
/// One visit in so many is somebody's who was never there before: 300 a day and server.
const NEWCOMERS: u64 = 11;
/// One visit of a regular in so many is under a new name.
const RENAMED: u64 = 400;
const GROUPS: u64 = 20;
const MEMBERS: u64 = 25;
/// Something fails every third day.
const GAP_EVERY: i64 = 3;

static MADE: OnceLock<PathBuf> = OnceLock::new();

/// The file, made once a run.
pub(crate) fn file() -> &'static Path {
    MADE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("figures-year");
        fs::remove_dir_all(&folder).ok();
        let path = folder.join("rustops.db");
        let begun = Instant::now();
        make(&path);
        let file = fs::metadata(&path).unwrap().len();
        println!(
            "a year of {SERVERS} servers with 200 players on average, simulated day by day in {:.0} s: {:.1} MiB",
            begun.elapsed().as_secs_f64(),
            mib(file)
        );
        path
    })
}

/// A copy in an empty folder.
pub(crate) fn copied_to(folder: &Path) -> PathBuf {
    let path = folder.join("rustops.db");
    fs::copy(file(), &path).unwrap();
    path
}

pub(crate) fn guild() -> GuildKey {
    "900000000000000001".parse().unwrap()
}

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

pub(crate) fn server(number: u64) -> Server {
    Server {
        id: ServerId::new(30_000_000 + number).unwrap(),
        name: format!("Year |EU {number}|"),
        status: ServerStatus::Online,
        query_status: QueryStatus::Valid,
        updated_at: None,
        players: Some(200),
        max_players: Some(250),
        queue: None,
        address: None,
        country: None,
        map: None,
        last_wipe: None,
        next_wipe: None,
    }
}

/// Numbers that are the same in each run. Xorshift: <https://www.jstatsoft.org/article/view/v008i14>.
pub(crate) struct Dice(Cell<u64>);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Cell::new(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1))
    }

    pub(crate) fn below(&self, limit: u64) -> u64 {
        let mut state = self.0.get();
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        self.0.set(state);
        (state >> 2) % limit
    }
}

/// A name such as people choose.
pub(crate) fn name(number: u64) -> String {
    const FIRST: &[&str] = &[
        "Salty",
        "Angry",
        "Big",
        "Chenny",
        "Dirty",
        "Eager",
        "Fast",
        "Grim",
        "Happy",
        "Iron",
        "Jolly",
        "Kinky",
        "Lone",
        "Mad",
        "Naked",
        "Old",
        "Purple",
        "Quiet",
        "Rusty",
        "Silent",
        "Tiny",
        "Ugly",
        "Vile",
        "Wild",
        "xX",
        "Young",
        "Zesty",
        "Ünïcødé",
        "Страж",
        "名無し",
    ];
    const SECOND: &[&str] = &[
        "Wolf",
        "Bear",
        "Bounce",
        "Scrap",
        "Roofcamper",
        "Farmer",
        "Enjoyer",
        "Sniper",
        "Ghost",
        "Builder",
        "Raider",
        "Bandit",
        "Higgins",
        "Base",
        "Torch",
        "Pickaxe",
        "Hatchet",
        "Boat",
        "Cook",
        "Nomad",
    ];
    fn pick<'a>(words: &[&'a str], number: u64) -> &'a str {
        words.get((number % words.len() as u64) as usize).copied().unwrap()
    }
    let mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let (first, second) = (pick(FIRST, mixed >> 17), pick(SECOND, mixed >> 29));
    match mixed >> 61 {
        0 => format!("{first}{second}"),
        1 => format!("{second}{}", mixed % 100),
        2 => format!("[{}] {first} {second}", pick(&["TTV", "EU", "ZERG", "RCK", "FPS"], mixed >> 41)),
        _ => format!("{first} {second} {}", mixed % 1000),
    }
}

fn player(number: u64) -> PlayerId {
    PlayerId::new(1_000_000_000 + number).unwrap()
}

/// Whoever of the regulars of a server is a member of a group.
fn is_tracked(server: u64, regular: u64) -> bool {
    regular < GROUPS * MEMBERS / SERVERS + u64::from(server < GROUPS * MEMBERS % SERVERS)
}

fn make(path: &Path) {
    let begin = at(END - DAYS * DAY);
    let store = Store::open(path, begin).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(store.write(move |tx| found(tx, begin))).unwrap();
    let mut year = Year {
        dice: Dice::new(3),
        newcomers: SERVERS * REGULARS,
        names: HashMap::new(),
        bookmark: Bookmark::default(),
    };
    for day in 0..DAYS {
        year = runtime
            .block_on(store.write(move |tx| {
                year.day(tx, END - (DAYS - day) * DAY, day)?;
                anyhow::Ok(year)
            }))
            .unwrap();
    }
}

/// The groups and their members.
fn found(tx: &Transaction<'_>, now: Timestamp) -> anyhow::Result<()> {
    let guild = guild();
    guilds::ensure(tx, &guild, now)?;
    for number in 0..SERVERS {
        servers::remember(tx, &server(number), now, Some(false))?;
    }
    guilds::set_active_server(tx, &guild, Some(server(0).id), now)?;
    let tracked = (0..SERVERS).flat_map(|place| {
        (0..REGULARS).filter(move |regular| is_tracked(place, *regular)).map(move |regular| (place, regular))
    });
    let tracked: Vec<(u64, u64)> = tracked.map(|(place, regular)| (place, place * REGULARS + regular)).collect();
    for (group, members) in tracked.chunks(MEMBERS as usize).enumerate() {
        let id = groups::create(tx, &guild, &format!("Group {group}"), now)?;
        groups::pin(tx, id, members.first().map(|(place, _)| server(*place).id))?;
        for (place, number) in members {
            let name = name(*number);
            players::remember(tx, &[(player(*number), name.clone())], now)?;
            groups::add_member(tx, id, Some(player(*number)), None, &name, now)?;
            inquiries::note(tx, player(*number), server(*place).id, inquiries::Inquiry::answered(now))?;
        }
        groups::record_check(tx, id, &LastCheck { active: 3, total: members.len(), unknown: 1, at: now })?;
    }
    Ok(())
}

struct Year {
    dice: Dice,
    newcomers: u64,
    /// How often each regular has taken a new name.
    names: HashMap<u64, u64>,
    bookmark: Bookmark,
}

impl Year {
    fn day(&mut self, tx: &Transaction<'_>, midnight: i64, day: i64) -> anyhow::Result<()> {
        let night = at(midnight + DAY);
        for place in 0..SERVERS {
            let id = server(place).id;
            let (mut tracked, mut strangers, mut called) = (Vec::new(), Vec::new(), Vec::new());
            for _ in 0..VISITS_A_DAY {
                let regular = self.dice.below(REGULARS);
                let is_new = self.dice.below(NEWCOMERS) == 0;
                let (number, carried) = if is_new {
                    self.newcomers += 1;
                    (self.newcomers, name(self.newcomers))
                } else {
                    let number = place * REGULARS + regular;
                    let names = self.names.entry(number).or_default();
                    *names += u64::from(self.dice.below(RENAMED) == 0);
                    (number, name(number + *names * 1_000_003))
                };
                let start = midnight + self.dice.below(DAY as u64) as i64;
                let length = 300 + self.dice.below(10_200) as i64;
                let visit = Session {
                    subject: player(number),
                    place: id,
                    start: at(start),
                    stop: at(start + length),
                    ending: if self.dice.below(50) == 0 { Ending::Unobserved } else { Ending::Left },
                    source: Source::Watched,
                };
                called.push((visit.subject, carried));
                if !is_new && is_tracked(place, regular) { tracked.push(visit) } else { strangers.push(visit) }
            }
            strangers.sort_by_key(|visit: &Visit| visit.stop);
            tracked.sort_by_key(|visit: &Visit| visit.stop);
            players::remember(tx, &called, night)?;
            sessions::add(tx, id, &tracked)?;
            sessions::add_passages(tx, id, &strangers)?;
            let since = at(midnight - day % GAP_EVERY * DAY);
            let over = Window { since: at(midnight - GAP_EVERY * DAY), until: at(midnight - 300) };
            let ended: &[Window] = if day % GAP_EVERY == 0 && day > 0 { &[over] } else { &[] };
            watch::keep_windows(tx, id, ended, Window { since, until: night })?;
            let present = strangers.iter().rev().take(200).map(|visit| (visit.subject, Some(visit.start)));
            let before: Vec<_> = watch::present(tx, id)?.into_iter().map(|(who, _)| (who, None)).collect();
            watch::keep_present(tx, id, before)?;
            watch::keep_present(tx, id, present)?;
        }
        for _ in 0..24 {
            let (strangers, members) = (pruning::forgotten_before(night, 45), pruning::forgotten_before(night, 400));
            self.bookmark = pruning::prune(tx, strangers, members, self.bookmark)?;
            watch::prune_windows(tx, members)?;
            watch::shrink(tx)?;
        }
        Ok(())
    }
}

//! A month of a busy server as the watch sees it: with everything that goes wrong in a month, and the night in which the
//! clocks are put back.

use jiff::{SignedDuration, Timestamp, civil::date, tz::TimeZone};
use rustops::{
    app::WatchOptions,
    domain::{
        calendar,
        session::{self, Span},
    },
    sim::{Fault, Service},
    store::players,
};

use crate::{
    stage::{Dice, Stage, player},
    truth::compare,
};

/// 2026-10-15T00:00:00Z.
const BEGINNING: Timestamp = Timestamp::constant(1_792_022_400, 0);
const DAYS: i64 = 31;
/// The slowest that can be set: a month is four thousand polls so, and what they miss is largest.
const EVERY: SignedDuration = SignedDuration::from_mins(10);
const GUESTS: usize = 50;
const TRACKED: usize = GUESTS / 2;
const HOUR: SignedDuration = SignedDuration::from_hours(1);
/// The longest between the last look that found somebody and the leaving, without a gap: two polls may fail, and a list is
/// up to a minute old.
const EDGE: SignedDuration = SignedDuration::from_mins(26);

/// How much of everything there was.
#[derive(Debug, Default)]
struct Tally {
    joins: u32,
    leaves: u32,
    renames: u32,
    restarts: u32,
    freezes: u32,
    outages: u32,
    failures: u32,
}

struct Month {
    stage: Stage,
    dice: Dice,
    place: u64,
    /// The first half is tracked.
    guests: Vec<u64>,
    /// BattleMetrics cannot query the server.
    frozen: bool,
    /// The server is down.
    down: bool,
    /// BattleMetrics answers nothing for hours.
    away: bool,
    /// The program does not run.
    stopped: bool,
    /// The first guest is on, and nothing brings the server down meanwhile.
    night: bool,
    tally: Tally,
}

impl Month {
    async fn new() -> Self {
        let stage = Stage::beginning_at(BEGINNING, WatchOptions { every: EVERY, ..WatchOptions::default() });
        let place = stage.sim.add_server("Revolving Door");
        let guests: Vec<u64> = (0..GUESTS).map(|number| stage.sim.add_player(&format!("Guest {number}"))).collect();
        stage.tracks("local", place, &guests[..TRACKED], false).await;
        let (dice, tally) = (Dice::new(31), Tally::default());
        Self {
            stage,
            dice,
            place,
            guests,
            frozen: false,
            down: false,
            away: false,
            stopped: false,
            night: false,
            tally,
        }
    }

    fn one_in(&mut self, times: i64) -> bool {
        self.dice.below(times) == 0
    }

    /// Somebody comes or goes. Those who are on stay for two hours on average.
    fn somebody_moves(&mut self) {
        let guest = self.guests[1 + usize::try_from(self.dice.below(GUESTS as i64 - 1)).unwrap()];
        let is_on = self.stage.sim.world().whereabouts(guest, self.stage.now()).is_some();
        if is_on {
            self.stage.sim.leaves(guest, self.place);
            self.tally.leaves += 1;
        } else if !self.down && self.one_in(3) {
            self.stage.sim.joins(guest, self.place);
            self.tally.joins += 1;
        }
        if self.one_in(30) {
            self.tally.renames += 1;
            self.stage.sim.rename(guest, &format!("Guest of name {}", self.tally.renames));
        }
    }

    /// Something breaks, or is mended.
    fn something_happens(&mut self) {
        let sim = self.stage.sim.clone();
        if self.one_in(if self.frozen { 6 } else { 150 }) {
            self.frozen = !self.frozen;
            if self.frozen {
                sim.freeze(self.place)
            } else {
                sim.thaw(self.place)
            }
            self.tally.freezes += u32::from(self.frozen);
        }
        if self.one_in(if self.down { 6 } else { 300 }) && !self.night {
            self.down = !self.down;
            sim.set_status(self.place, if self.down { "offline" } else { "online" });
            self.tally.outages += u32::from(self.down);
        }
        if self.one_in(if self.away { 12 } else { 250 }) {
            self.away = !self.away;
            sim.clear_faults();
            if self.away {
                let fault = if self.one_in(2) { Fault::Status(503) } else { Fault::Dropped };
                sim.fault(Service::BattleMetrics, fault);
                self.tally.outages += 1;
            }
        }
        if !self.away && self.one_in(25) {
            let faults = [Fault::Status(504), Fault::Dropped, Fault::TruncatedJson, Fault::HtmlInstead];
            let fault = faults[usize::try_from(self.dice.below(4)).unwrap()].clone();
            sim.fault(Service::BattleMetrics, fault.times(1 + usize::try_from(self.dice.below(8)).unwrap()));
            self.tally.failures += 1;
        }
    }

    /// The program is killed, or started again.
    fn is_killed_or_started(&mut self) {
        if self.one_in(if self.stopped { 6 } else { 60 }) {
            self.tally.restarts += u32::from(!self.stopped);
            // Often something starts it again at once.
            self.stopped = !self.stopped && self.one_in(3);
            if !self.stopped {
                self.stage.killed_and_started();
            }
        }
    }

    /// From one poll to the next.
    async fn goes_on(&mut self) {
        let until = self.stage.now() + EVERY;
        if !self.stopped {
            self.stage.catches_up().await;
        }
        let mut left = until.duration_since(self.stage.now()).as_secs().max(3);
        for _ in 0..self.dice.below(11) {
            let pause = 1 + self.dice.below((left / 4).max(1));
            self.stage.clock.advance(SignedDuration::from_secs(pause));
            left -= pause;
            self.somebody_moves();
        }
        self.something_happens();
        self.is_killed_or_started();
        self.stage.clock.advance(until.duration_since(self.stage.now()).max(SignedDuration::ZERO));
    }

    /// Everything is mended, and what is still to be asked for is.
    async fn ends_well(&mut self) {
        let sim = &self.stage.sim;
        sim.clear_faults();
        sim.thaw(self.place);
        sim.set_status(self.place, "online");
        if self.stopped {
            self.stage.killed_and_started();
        }
        self.stage.watches_for(HOUR).await;
        assert_eq!(self.stage.app.status(None).await.unwrap().past_due, 0);
    }

    /// What is kept of a guest, with the session that runs.
    async fn kept(&self, guest: u64) -> Vec<Span> {
        let (visits, open) = self.stage.kept(guest, self.place).await;
        let windows = self.stage.windows(self.place).await;
        let running = open.and_then(|open| Span::new(open, windows.last()?.stop().max(open)));
        session::union(session::spans(&visits).into_iter().chain(running))
    }

    /// Of those who are tracked, nothing is missing from the time at which nobody looked either.
    async fn gaps_are_filled(&self) {
        for guest in &self.guests[..TRACKED] {
            let (truth, kept) = (self.stage.truth(*guest, self.place), self.kept(*guest).await);
            let missed = session::without(&truth, &kept);
            assert!(missed.iter().all(|span| span.length() <= EDGE), "{guest}: {missed:?} {kept:?}");
        }
    }

    /// What is told of each day in Berlin, where the 25th has 25 hours. Returns how many days of guests that were.
    async fn days_add_up(&self) -> usize {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let windows = self.stage.windows(self.place).await;
        let mut compared = 0;
        for guest in &self.guests {
            let truth = self.stage.truth(*guest, self.place);
            let kept = session::common(&self.kept(*guest).await, &windows);
            let told = calendar::days(&kept, &berlin);
            for (day, length) in calendar::days(&session::common(&truth, &windows), &berlin) {
                // Each leaving may be noted early, perhaps on the day before.
                let left_on = |date| truth.iter().filter(|span| berlin.to_datetime(span.stop()).date() == date).count();
                let leavings = left_on(day) + left_on(day.tomorrow().unwrap());
                let apart = (length - told.get(&day).copied().unwrap_or_default()).abs();
                assert!(apart <= EDGE * i32::try_from(leavings).unwrap(), "{guest}, {day}: {length}, {apart} apart");
                compared += 1;
            }
        }
        let night = calendar::days(&self.kept(self.guests[0]).await, &berlin);
        for (day, hours) in [(date(2026, 10, 24), 24), (date(2026, 10, 25), 25), (date(2026, 10, 26), 24)] {
            assert_eq!(night.get(&day), Some(&(HOUR * hours)), "{day}");
        }
        compared
    }

    /// Everybody who is on is known by the name they carry.
    async fn names_are_known(&self) {
        let now = self.stage.now();
        for guest in &self.guests {
            let world = self.stage.sim.world();
            if world.whereabouts(*guest, now).is_none() {
                continue;
            }
            let (id, carried) = (player(*guest), world.player(*guest, now).unwrap().name);
            let known = self.stage.store.read(move |conn| players::get(conn, id)).await.unwrap().unwrap();
            assert_eq!(known.name, carried);
        }
    }
}

#[tokio::test]
async fn a_month_is_told_as_it_was_wherever_somebody_looked() {
    let mut month = Month::new().await;
    let first = month.guests[0];
    for day in 0..DAYS {
        // The first guest stays from the 23rd on for four days, through the night with an hour more.
        if day == 8 {
            month.stage.sim.set_status(month.place, "online");
            month.stage.sim.joins(first, month.place);
            (month.down, month.night) = (false, true);
        } else if day == 12 {
            month.stage.sim.leaves(first, month.place);
            month.night = false;
        }
        let midnight = BEGINNING + HOUR * 24 * (i32::try_from(day).unwrap() + 1);
        while month.stage.now() < midnight {
            month.goes_on().await;
        }
        // All that was asked for exists.
        month.stage.asked();
    }
    month.ends_well().await;

    let agreement = compare(&month.stage, month.place, &month.guests).await;
    month.gaps_are_filled().await;
    month.names_are_known().await;
    let days = month.days_add_up().await;
    let gaps = month.stage.windows(month.place).await.len() - 1;
    let Tally { joins, leaves, renames, restarts, freezes, outages, failures } = month.tally;
    println!(
        "{joins} joins, {leaves} leavings, {renames} renames, {restarts} restarts, {freezes} frozen lists, {outages} \
         outages, {failures} failures, {gaps} gaps: {agreement}; {days} days of guests in Berlin agree"
    );
    assert!(joins > 4000 && leaves > 4000 && renames > 400, "{:?}", month.tally);
    assert!(restarts > 40 && freezes > 15 && outages > 15 && failures > 100 && gaps > 50, "{:?}", month.tally);
}

//! A month of a busy server, poll by poll: what is said of it must be true, and nothing may be missing where we looked.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, date},
    tz::TimeZone,
};
use rustops::domain::{
    attendance::{Attendance, Gone, Seen, Window},
    session::{self, Span},
};

use crate::stage::Dice;

const DAY: i64 = 86_400;

/// 2026-10-01T00:00:00Z. On the 25th, at 01:00 UTC, Berlin's clocks go back from 3 to 2.
const BEGINNING: i64 = 1_790_812_800;
const CLOCKS_GO_BACK: i64 = 24 * DAY + 3600;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(BEGINNING + second).unwrap()
}

/// The day of October, from 0, on Berlin's clock.
fn day_on_the_wall(second: i64) -> usize {
    let offset = if second < CLOCKS_GO_BACK { 2 * 3600 } else { 3600 };
    usize::try_from((second + offset).div_euclid(DAY)).unwrap()
}

fn span(start: i64, stop: i64) -> Span {
    Span::new(at(start), at(stop)).unwrap()
}

/// What really happened, in seconds from the beginning.
struct Truth {
    visits: BTreeMap<u32, Vec<(i64, i64)>>,
    /// When nothing could be learnt: outages of the service, frozen rosters, the bot itself down.
    blind: Vec<(i64, i64)>,
}

impl Truth {
    fn new(days: i64, people: u32) -> Self {
        let mut dice = Dice::new(11);
        let mut visits = BTreeMap::new();
        for person in 0..people {
            let mut all = Vec::new();
            let mut second = dice.below(DAY);
            while second < days * DAY {
                let stop = second + 120 + dice.below(4 * 3600);
                all.push((second, stop));
                // Some come back within a minute, most the next day.
                second = stop + if dice.below(5) == 0 { 5 + dice.below(60) } else { 600 + dice.below(DAY) };
            }
            visits.insert(person, all);
        }
        let mut blind = Vec::new();
        let mut second = dice.below(DAY);
        while second < days * DAY {
            let stop = second + 200 + dice.below(6 * 3600);
            blind.push((second, stop));
            second = stop + 3600 + dice.below(2 * DAY);
        }
        Self { visits, blind }
    }

    fn is_blind(&self, second: i64) -> bool {
        self.blind.iter().any(|(start, stop)| (*start..*stop).contains(&second))
    }
}

#[test]
fn a_month_is_told_as_it_was_wherever_we_looked() {
    let (days, people) = (31, 120);
    let truth = Truth::new(days, people);
    let mut attendance = Attendance::default();
    let mut ours: BTreeMap<u32, Vec<Span>> = BTreeMap::new();
    let mut windows: Vec<Window> = Vec::new();
    let note = |ours: &mut BTreeMap<u32, Vec<Span>>, gone: &Gone<u32>| {
        ours.entry(gone.subject).or_default().extend(Span::new(gone.start, gone.stop));
    };
    // Who is on, kept up as the month goes by.
    let mut events: Vec<(i64, u32, Option<i64>)> = Vec::new();
    for (person, visits) in &truth.visits {
        events
            .extend(visits.iter().flat_map(|(start, stop)| [(*start, *person, Some(*start)), (*stop, *person, None)]));
    }
    events.sort_unstable();
    let mut events = events.into_iter().peekable();
    let mut on: BTreeMap<u32, i64> = BTreeMap::new();
    let mut last_look = None;
    for second in (0..days * DAY).step_by(60) {
        while let Some((_, person, start)) = events.next_if(|(when, ..)| *when <= second) {
            match start {
                Some(start) => on.insert(person, start),
                None => on.remove(&person),
            };
        }
        if truth.is_blind(second) {
            continue;
        }
        let list: Vec<_> =
            on.iter().map(|(person, start)| Seen { subject: *person, since: Some(at(*start)) }).collect();
        let gapless = last_look.is_none_or(|last| second - last <= 150);
        last_look = Some(second);
        let turn = attendance.look(&list, at(second), gapless);
        windows.extend(turn.lost);
        turn.went.iter().for_each(|gone| note(&mut ours, gone));
    }
    windows.extend(attendance.window());
    attendance.release(|_| false).iter().for_each(|gone| note(&mut ours, gone));

    let windows = session::union(windows.into_iter().filter_map(Window::span));
    let (mut right, mut late, mut visits) = (SignedDuration::ZERO, SignedDuration::ZERO, 0_i64);
    for (person, told) in &ours {
        let counted = told.len();
        let told = session::union(told.iter().copied());
        assert_eq!(told.len(), counted, "no two sessions of one player touch or overlap");
        let true_spans: Vec<Span> = truth.visits[person].iter().map(|(start, stop)| span(*start, *stop)).collect();
        assert_eq!(session::without(&told, &true_spans), [], "nothing is invented");
        let seen = session::common(&true_spans, &windows);
        right += session::total(&session::common(&seen, &told));
        let missed = session::without(&seen, &told);
        // Between the last look that found somebody and the leaving lies less than a poll.
        assert!(missed.iter().all(|span| span.length() <= SignedDuration::from_secs(150)), "{missed:?}");
        late += session::total(&missed);
        visits += i64::try_from(seen.len()).unwrap();
    }
    the_days_add_up(&truth, &ours, &windows);
    let everybody: BTreeSet<_> = truth.visits.keys().collect();
    assert_eq!(ours.keys().collect::<BTreeSet<_>>(), everybody);
    assert!(windows.len() > 10 && visits > 2000, "{} windows, {visits} visits", windows.len());
    assert!(late.as_secs() <= visits * 60, "less than a minute a visit: {late:?}");
    println!(
        "{visits} visits in {} windows: {} s agree, {} s ({:.2} %) lie between the last look and the leaving, 0 s invented",
        windows.len(),
        right.as_secs(),
        late.as_secs(),
        late.as_secs_f64() * 100.0 / right.as_secs_f64(),
    );
}

/// What is told of each day in the guild's zone, against the minutes that its clock shows for that day.
fn the_days_add_up(truth: &Truth, ours: &BTreeMap<u32, Vec<Span>>, windows: &[Span]) {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let midnight = |date: Date| date.to_zoned(zone.clone()).unwrap().timestamp();
    let dates = date(2026, 10, 1).series(jiff::Span::new().days(1));
    let days: Vec<Span> =
        dates.take(31).map(|date| Span::new(midnight(date), midnight(date.tomorrow().unwrap())).unwrap()).collect();
    assert_eq!(days.iter().map(|day| day.length().as_hours()).sum::<i64>(), 31 * 24 + 1, "the 25th has 25 hours");
    let observed: Vec<bool> = (0..31 * DAY)
        .step_by(60)
        .map(|second| windows.iter().any(|window| window.start() <= at(second) && at(second) < window.stop()))
        .collect();
    for (person, told) in ours {
        let (mut minutes, mut ends) = ([0_i64; 33], [0_i64; 33]);
        for (start, stop) in &truth.visits[person] {
            for minute in (start + 59) / 60..(stop + 59) / 60 {
                let is_observed = observed.get(usize::try_from(minute).unwrap()).copied().unwrap_or(false);
                minutes[day_on_the_wall(minute * 60)] += i64::from(is_observed);
            }
            ends[day_on_the_wall(*start)] += 1;
            ends[day_on_the_wall(*stop)] += 1;
        }
        // Who is still there after a gap was there all the time; only what we saw is counted here.
        let told = session::common(&session::union(told.iter().copied()), windows);
        for (number, day) in days.iter().enumerate() {
            let told = session::total_within(&told, *day);
            // A session ends with the last look that found somebody, up to 150 s early; and minutes are whole.
            let slack = SignedDuration::from_secs(180 * (ends[number] + 1));
            let apart = (told - SignedDuration::from_mins(minutes[number])).abs();
            assert!(apart <= slack, "day {number}, person {person}: {told:?} told, {} minutes really", minutes[number]);
        }
    }
}

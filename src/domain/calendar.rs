//! Time by the calendar of a zone: how much of some spans lies in which hour of the week, on which day, in which week.
//!
//! A clock on the wall is put on and back, shows an hour twice or skips midnight; what is counted here is time that
//! really went by, under the hour and day that the clock showed meanwhile.

use std::collections::BTreeMap;

use jiff::{
    SignedDuration, Timestamp, ToSpan as _,
    civil::{Date, DateTime},
    tz::{Offset, TimeZone},
};

use super::session::Span;

/// Hours of a week.
pub const HOURS: usize = 7 * 24;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// How much of the spans lies in each hour of the week of a zone, Monday's first hour first. An hour of the clock that
/// happens twice counts twice, one that is skipped not at all.
pub fn hours_of_week(spans: &[Span], zone: &TimeZone) -> [SignedDuration; HOURS] {
    let mut hours = [SignedDuration::ZERO; HOURS];
    each_piece(spans, zone, HOUR, |shown, length| {
        let hour = i32::from(weekday(shown.date())) * 24 + i32::from(shown.hour());
        if let Some(hour) = usize::try_from(hour).ok().and_then(|hour| hours.get_mut(hour)) {
            *hour += length;
        }
    });
    hours
}

/// How much of the spans lies on each day of a zone. Days without any of it are left out.
pub fn days(spans: &[Span], zone: &TimeZone) -> BTreeMap<Date, SignedDuration> {
    let mut days = BTreeMap::new();
    each_piece(spans, zone, DAY, |shown, length| *days.entry(shown.date()).or_default() += length);
    days
}

/// The last so many days of a zone before an instant, and what has gone by of the day that it lies on. From the beginning of
/// a day on; `None` where the calendar ends.
pub fn last_days(number: i64, until: Timestamp, zone: &TimeZone) -> Option<Span> {
    let first = zone.to_datetime(until).date().checked_sub(number.days()).ok()?;
    Span::new(zone.to_timestamp(first.at(0, 0, 0, 0)).ok()?, until)
}

/// How much of the spans lies in each week of a zone, by its Monday. Weeks without any of it are left out.
pub fn weeks(spans: &[Span], zone: &TimeZone) -> BTreeMap<Date, SignedDuration> {
    let mut weeks = BTreeMap::new();
    for (day, length) in days(spans, zone) {
        let monday = day.saturating_sub(i64::from(weekday(day)).days());
        *weeks.entry(monday).or_default() += length;
    }
    weeks
}

/// Days since Monday.
fn weekday(date: Date) -> i8 {
    date.weekday().to_monday_zero_offset()
}

/// Cuts the spans where the clock on the wall shows a multiple of `unit` seconds, and where it is put on or back. Tells of
/// each piece what the clock showed at its beginning, and how long it is.
fn each_piece(spans: &[Span], zone: &TimeZone, unit: i64, mut tell: impl FnMut(DateTime, SignedDuration)) {
    for span in spans {
        let mut at = span.start();
        while at < span.stop() {
            let (offset, until) = offset_at(zone, at);
            let until = until.min(span.stop());
            while at < until {
                let local = at.as_second() + i64::from(offset.seconds());
                let left = SignedDuration::from_secs(unit - local.rem_euclid(unit))
                    - SignedDuration::from_nanos(at.subsec_nanosecond().into());
                let next = at.saturating_add(left).unwrap_or(Timestamp::MAX).min(until);
                tell(offset.to_datetime(at), next.duration_since(at));
                at = next;
            }
        }
    }
}

/// The offset that holds at an instant, and when another begins to hold.
fn offset_at(zone: &TimeZone, at: Timestamp) -> (Offset, Timestamp) {
    let until = zone.following(at).next().map_or(Timestamp::MAX, |transition| transition.timestamp());
    (zone.to_offset(at), until)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    const HOUR: SignedDuration = SignedDuration::from_hours(1);

    /// Zones whose clocks do what clocks should not: half an hour on, back for a month of fasting, a quarter beside
    /// everybody else, a midnight that does not exist or happens twice.
    const ZONES: [&str; 9] = [
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Africa/Casablanca",
        "Asia/Kathmandu",
        "America/Sao_Paulo",
        "America/Havana",
        "Asia/Beirut",
        "America/St_Johns",
    ];

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn span(from: &str, to: &str) -> Span {
        Span::new(from.parse().unwrap(), to.parse().unwrap()).unwrap()
    }

    /// Three spans with gaps between, in whole minutes, the first of which begins within three days of a change of the
    /// zone's clocks.
    fn around_a_change() -> impl Strategy<Value = (TimeZone, Vec<Span>)> {
        const DAYS: i64 = 3 * 24 * 60;
        let [from, until] = ["2005-01-01T00:00:00Z", "2037-01-01T00:00:00Z"].map(|at| at.parse::<Timestamp>().unwrap());
        let lengths = proptest::collection::vec(1_i64..DAYS, 5);
        (0..ZONES.len(), any::<prop::sample::Index>(), -DAYS..DAYS, lengths).prop_map(
            move |(name, which, off, lengths)| {
                let zone = zone(ZONES[name]);
                let changes: Vec<Timestamp> = zone
                    .following(from)
                    .take_while(|change| change.timestamp() < until)
                    .map(|change| change.timestamp())
                    .chain([from])
                    .collect();
                let mut at = *which.get(&changes) + SignedDuration::from_mins(off);
                let mut spans = Vec::new();
                for (number, length) in lengths.into_iter().enumerate() {
                    let stop = at + SignedDuration::from_mins(length);
                    spans.extend(Span::new(at, stop).filter(|_| number % 2 == 0));
                    at = stop;
                }
                (zone, spans)
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn each_minute_is_counted_where_the_clock_on_the_wall_shows_it((zone, spans) in around_a_change()) {
            let mut in_hours = [SignedDuration::ZERO; HOURS];
            let (mut in_days, mut in_weeks) = (BTreeMap::<Date, SignedDuration>::new(), BTreeMap::new());
            let minute = SignedDuration::from_mins(1);
            for span in &spans {
                let mut at = span.start();
                while at < span.stop() {
                    let shown = zone.to_datetime(at);
                    let monday = shown.date().series(-1.day()).find(|day| day.weekday() == jiff::civil::Weekday::Monday);
                    let weekday = usize::try_from(shown.weekday().to_monday_zero_offset()).unwrap();
                    in_hours[weekday * 24 + usize::try_from(shown.hour()).unwrap()] += minute;
                    *in_days.entry(shown.date()).or_default() += minute;
                    *in_weeks.entry(monday.unwrap()).or_default() += minute;
                    at += minute;
                }
            }
            prop_assert_eq!(hours_of_week(&spans, &zone), in_hours);
            prop_assert_eq!(days(&spans, &zone), in_days);
            prop_assert_eq!(weeks(&spans, &zone), in_weeks);
        }

        #[test]
        fn no_second_is_lost_or_counted_twice(
            start in 1_600_000_000_000_i64..1_900_000_000_000, length in 1_i64..4_000_000_000, name in 0..ZONES.len(),
        ) {
            let at = |millisecond| Timestamp::from_millisecond(millisecond).unwrap();
            let (spans, zone) = ([Span::new(at(start), at(start + length)).unwrap()], zone(ZONES[name]));
            let length = SignedDuration::from_millis(length);
            prop_assert_eq!(hours_of_week(&spans, &zone).iter().sum::<SignedDuration>(), length);
            prop_assert_eq!(days(&spans, &zone).values().sum::<SignedDuration>(), length);
            prop_assert_eq!(weeks(&spans, &zone).values().sum::<SignedDuration>(), length);
        }
    }

    fn hours(from: &str, to: &str, name: &str) -> Vec<(usize, SignedDuration)> {
        let hours = hours_of_week(&[span(from, to)], &zone(name));
        hours.into_iter().enumerate().filter(|(_, length)| !length.is_zero()).collect()
    }

    #[test]
    fn an_evening_lies_in_the_evening_of_the_guild() {
        // A Friday, 20:30 to 22:00 in Berlin.
        let friday = hours("2026-07-03T18:30:00Z", "2026-07-03T20:00:00Z", "Europe/Berlin");
        assert_eq!(friday, [(4 * 24 + 20, HOUR / 2), (4 * 24 + 21, HOUR)]);
    }

    #[test]
    fn the_hour_that_happens_twice_counts_twice_and_the_skipped_one_never() {
        // Sunday, 2026-10-25, 02:00 to 04:00 on the clock: three hours.
        let autumn = hours("2026-10-25T00:00:00Z", "2026-10-25T03:00:00Z", "Europe/Berlin");
        assert_eq!(autumn, [(6 * 24 + 2, HOUR * 2), (6 * 24 + 3, HOUR)]);
        // Sunday, 2026-03-29, 01:00 to 04:00 on the clock: two hours.
        let spring = hours("2026-03-29T00:00:00Z", "2026-03-29T02:00:00Z", "Europe/Berlin");
        assert_eq!(spring, [(6 * 24 + 1, HOUR), (6 * 24 + 3, HOUR)]);
    }

    #[test]
    fn a_night_lies_on_two_days_and_the_one_from_sunday_in_two_weeks() {
        // Sunday, 22:00, to Monday, 03:00, in Berlin: the second day begins two hours before that of Greenwich.
        let (night, berlin) = ([span("2026-07-05T20:00:00Z", "2026-07-06T01:00:00Z")], zone("Europe/Berlin"));
        let (sunday, monday) = (date(2026, 7, 5), date(2026, 7, 6));
        assert_eq!(days(&night, &berlin), BTreeMap::from([(sunday, HOUR * 2), (monday, HOUR * 3)]));
        let expected = [(date(2026, 6, 29), HOUR * 2), (monday, HOUR * 3)];
        assert_eq!(weeks(&night, &berlin), BTreeMap::from(expected));
    }

    #[test]
    fn the_last_days_begin_when_a_day_does() {
        let last = |until: &str, name| {
            let span = last_days(2, until.parse().unwrap(), &zone(name)).unwrap();
            (span.start().to_string(), days(&[span], &zone(name)).into_values().collect::<Vec<_>>())
        };
        let expected = ("2026-10-23T22:00:00Z".to_owned(), vec![HOUR * 24, HOUR * 25, HOUR]);
        assert_eq!(last("2026-10-26T00:00:00Z", "Europe/Berlin"), expected);
        // In Beirut the second of them begins at one o'clock. At midnight, nothing has gone by of the third.
        let expected = ("2026-03-27T22:00:00Z".to_owned(), vec![HOUR * 24, HOUR * 23]);
        assert_eq!(last("2026-03-29T21:00:00Z", "Asia/Beirut"), expected);
        assert_eq!(last_days(2, Timestamp::MIN, &TimeZone::UTC), None);
    }

    #[test]
    fn a_day_has_as_many_hours_as_went_by() {
        let october = [span("2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z")];
        let days_of_october = days(&october, &zone("Europe/Berlin"));
        assert_eq!(days_of_october.len(), 31);
        for (day, length) in days_of_october {
            assert_eq!(length, if day == date(2026, 10, 25) { HOUR * 25 } else { HOUR * 24 }, "{day}");
        }
        // In Beirut the day begins at one o'clock when summer time begins.
        let spring = [span("2026-03-27T22:00:00Z", "2026-03-29T21:00:00Z")];
        let expected = [(date(2026, 3, 28), HOUR * 24), (date(2026, 3, 29), HOUR * 23)];
        assert_eq!(days(&spring, &zone("Asia/Beirut")), BTreeMap::from(expected));
    }
}

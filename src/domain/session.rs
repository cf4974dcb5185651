//! Presence over time: who was where from when to when, and when anybody looked at all. The arithmetic of it, for players
//! on a game server and whoever else can be somewhere.
//!
//! Pure. What a roster says of the present is in [`super::attendance`], hours and days of a zone are in
//! [`super::calendar`]; nothing here asks, keeps or words anything.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// A stretch of time, never empty: from its start up to, and without, its stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    start: Timestamp,
    stop: Timestamp,
}

impl Span {
    /// From `start` to `stop`; `None` unless time lies between them.
    pub fn new(start: Timestamp, stop: Timestamp) -> Option<Self> {
        (start < stop).then_some(Self { start, stop })
    }

    /// The `length` before `stop`.
    pub fn before(stop: Timestamp, length: SignedDuration) -> Option<Self> {
        Self::new(stop.checked_sub(length).unwrap_or(Timestamp::MIN), stop)
    }

    /// Its first instant.
    pub fn start(self) -> Timestamp {
        self.start
    }

    /// The instant at which it is over.
    pub fn stop(self) -> Timestamp {
        self.stop
    }

    /// How long it is.
    pub fn length(self) -> SignedDuration {
        self.stop.duration_since(self.start)
    }

    /// What lies in both.
    pub fn clip(self, to: Self) -> Option<Self> {
        Self::new(self.start.max(to.start), self.stop.min(to.stop))
    }
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The subject left.
    Left,
    /// Nobody looked any more: the subject was last known there at `stop`, and may have stayed.
    Unobserved,
    /// It runs still; `stop` is the last instant at which that was known.
    Open,
}

/// Who vouches for a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// We watched, at least in part.
    Watched,
    /// It was told afterwards.
    Told,
}

/// A subject at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session<S, P> {
    /// Who.
    pub subject: S,
    /// Where.
    pub place: P,
    /// From.
    pub start: Timestamp,
    /// Until, or until when it is known: see `ending`. Not before `start`.
    pub stop: Timestamp,
    /// How it ended.
    pub ending: Ending,
    /// Who vouches for it.
    pub source: Source,
}

impl<S, P> Session<S, P> {
    /// Its time; `None` for one of no length.
    pub fn span(&self) -> Option<Span> {
        Span::new(self.start, self.stop)
    }
}

/// The time of each session.
pub fn spans<'a, S: 'a, P: 'a>(sessions: impl IntoIterator<Item = &'a Session<S, P>>) -> Vec<Span> {
    union(sessions.into_iter().filter_map(Session::span))
}

/// The same time in the fewest spans: sorted, none touching another.
pub fn union(spans: impl IntoIterator<Item = Span>) -> Vec<Span> {
    let mut sorted: Vec<Span> = spans.into_iter().collect();
    sorted.sort_unstable();
    let mut united: Vec<Span> = Vec::with_capacity(sorted.len());
    for span in sorted {
        match united.last_mut() {
            Some(last) if span.start <= last.stop => last.stop = last.stop.max(span.stop),
            _ => united.push(span),
        }
    }
    united
}

/// The time that lies in both of two lists, each as [`union`] makes them.
pub fn common(one: &[Span], other: &[Span]) -> Vec<Span> {
    let (mut ones, mut others) = (one.iter().peekable(), other.iter().peekable());
    let mut both = Vec::new();
    while let (Some(a), Some(b)) = (ones.peek(), others.peek()) {
        both.extend(a.clip(**b));
        if a.stop < b.stop {
            ones.next()
        } else {
            others.next()
        };
    }
    both
}

/// The time of `spans` that lies outside `holes`, each as [`union`] makes them.
pub fn without(spans: &[Span], holes: &[Span]) -> Vec<Span> {
    let mut rest = Vec::new();
    let mut first = 0;
    for span in spans {
        let mut start = span.start;
        // Holes before this span are before all later ones too.
        first += holes.iter().skip(first).take_while(|hole| hole.stop <= span.start).count();
        for hole in holes.iter().skip(first).take_while(|hole| hole.start < span.stop) {
            rest.extend(Span::new(start, hole.start));
            start = start.max(hole.stop);
        }
        rest.extend(Span::new(start, span.stop));
    }
    rest
}

/// When nobody looked, of `of`: all that lies outside the observation windows, which are as [`union`] makes them.
pub fn gaps(windows: &[Span], of: Span) -> Vec<Span> {
    without(&[of], windows)
}

/// When one subject was out of sight although its place was looked at: from where a session was lost sight of within a
/// window up to the subject's next session, or to `until`. `sessions` are in order, windows as [`union`] makes them.
pub fn out_of_sight<S, P>(sessions: &[Session<S, P>], windows: &[Span], until: Timestamp) -> Vec<Span> {
    let starts = sessions.iter().skip(1).map(|session| session.start).chain([until]);
    let lost = sessions.iter().zip(starts).filter(|(session, _)| {
        // At the end of a window everybody is lost sight of, and the next window tells who is there.
        let goes_on = |window: &Span| window.start <= session.stop && session.stop < window.stop;
        session.ending == Ending::Unobserved && windows.iter().any(goes_on)
    });
    union(lost.filter_map(|(session, next)| Span::new(session.stop, next)))
}

/// All time of spans that [`union`] made.
pub fn total(spans: &[Span]) -> SignedDuration {
    spans.iter().map(|span| span.length()).sum()
}

/// The time within `window` of spans that [`union`] made.
pub fn total_within(spans: &[Span], window: Span) -> SignedDuration {
    spans.iter().filter_map(|span| span.clip(window)).map(Span::length).sum()
}

/// Where a window of ours cuts a session that was told, a rest shorter than this that touches nothing of ours is not a
/// visit but the difference between two clocks.
const SLIVER: SignedDuration = SignedDuration::from_mins(2);

/// Adds to one subject's sessions at a place what was told of the time in which nobody looked.
///
/// `own` are in order and do not overlap. `observed` is when we looked, as [`union`] makes it: there our own record holds
/// and nothing is added. What was told is taken where it lies outside of both; where it touches a session of ours it
/// prolongs that. The result is in order and does not overlap, and merging the same again changes nothing.
pub fn merge<S: Copy, P: Copy>(own: &[Session<S, P>], observed: &[Span], told: &[Session<S, P>]) -> Vec<Session<S, P>> {
    let known = union(spans(own).into_iter().chain(observed.iter().copied()));
    let mut all = own.to_vec();
    let mut sorted = told.to_vec();
    sorted.sort_by_key(|session| (session.start, session.stop));
    let mut taken = known;
    for session in sorted {
        let Some(whole) = session.span() else { continue };
        for piece in without(&[whole], &taken) {
            let touches = |own: &Session<S, P>| own.stop == piece.start || own.start == piece.stop;
            if piece == whole || piece.length() >= SLIVER || own.iter().any(touches) {
                // Cut off by a window of ours, nobody was told to have left then.
                let ending = if piece.stop == whole.stop { session.ending } else { Ending::Unobserved };
                all.push(Session { start: piece.start, stop: piece.stop, ending, source: Source::Told, ..session });
            }
        }
        taken = union(taken.into_iter().chain([whole]));
    }
    all.sort_by_key(|session| (session.start, session.stop));
    joined(all)
}

/// Makes one of sessions that touch, when the first did not end with leaving.
fn joined<S: Copy, P: Copy>(sessions: Vec<Session<S, P>>) -> Vec<Session<S, P>> {
    let mut result: Vec<Session<S, P>> = Vec::with_capacity(sessions.len());
    for session in sessions {
        match result.last_mut() {
            Some(last) if last.stop == session.start && last.ending != Ending::Left => {
                last.stop = session.stop;
                last.ending = session.ending;
                if session.source == Source::Watched {
                    last.source = Source::Watched;
                }
            }
            _ => result.push(session),
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Visit = Session<u8, u8>;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn span(start: i64, stop: i64) -> Span {
        Span::new(at(start), at(stop)).unwrap()
    }

    fn visit(start: i64, stop: i64, ending: Ending, source: Source) -> Visit {
        Session { subject: 1, place: 1, start: at(start), stop: at(stop), ending, source }
    }

    fn watched(start: i64, stop: i64, ending: Ending) -> Visit {
        visit(start, stop, ending, Source::Watched)
    }

    fn told(start: i64, stop: i64) -> Visit {
        visit(start, stop, Ending::Left, Source::Told)
    }

    /// Which of the first seconds lie in the spans.
    fn seconds(spans: &[Span]) -> Vec<bool> {
        (0..400).map(|second| spans.iter().any(|span| span.start <= at(second) && at(second) < span.stop)).collect()
    }

    fn any_spans() -> impl Strategy<Value = Vec<Span>> {
        let one = (0_i64..390, 1_i64..60).prop_map(|(start, length)| span(start, (start + length).min(400)));
        proptest::collection::vec(one, 0..12)
    }

    /// Sessions in order that do not overlap.
    fn any_visits(source: Source) -> impl Strategy<Value = Vec<Visit>> {
        any_spans().prop_map(move |spans| {
            let turn = |(number, span): (usize, Span)| {
                let ending = if number % 3 == 0 { Ending::Unobserved } else { Ending::Left };
                Session { subject: 1, place: 1, start: span.start, stop: span.stop, ending, source }
            };
            union(spans).into_iter().enumerate().map(turn).collect()
        })
    }

    #[test]
    fn somebody_lost_sight_of_while_we_looked_is_out_of_sight_until_seen_again() {
        let windows = [span(0, 100), span(200, 300)];
        let sessions = [
            watched(10, 20, Ending::Left),
            watched(30, 50, Ending::Unobserved),
            watched(70, 100, Ending::Unobserved),
            watched(210, 220, Ending::Unobserved),
        ];
        assert_eq!(out_of_sight(&sessions, &windows, at(290)), [span(50, 70), span(220, 290)]);
        assert_eq!(out_of_sight::<u8, u8>(&[], &windows, at(290)), []);
    }

    proptest! {
        #[test]
        fn spans_add_meet_and_part_second_by_second(a in any_spans(), b in any_spans()) {
            let (a, b) = (union(a), union(b));
            let (in_a, in_b) = (seconds(&a), seconds(&b));
            let both: Vec<_> = in_a.iter().zip(&in_b).map(|(a, b)| *a && *b).collect();
            let only: Vec<_> = in_a.iter().zip(&in_b).map(|(a, b)| *a && !*b).collect();
            prop_assert_eq!(seconds(&common(&a, &b)), both);
            prop_assert_eq!(seconds(&without(&a, &b)), only);
            let count = in_a.iter().filter(|inside| **inside).count();
            prop_assert_eq!(total(&a), SignedDuration::from_secs(i64::try_from(count).unwrap()));
        }

        #[test]
        fn a_union_is_sorted_and_nothing_in_it_touches(spans in any_spans()) {
            let united = union(spans.clone());
            prop_assert!(united.windows(2).all(|pair| pair[0].stop < pair[1].start));
            prop_assert_eq!(seconds(&united), seconds(&spans));
        }

        #[test]
        fn time_is_either_observed_or_a_gap(windows in any_spans()) {
            let windows = union(windows);
            let all = span(0, 400);
            let gaps = gaps(&windows, all);
            prop_assert_eq!(total(&gaps) + total(&windows), all.length());
            prop_assert!(common(&gaps, &windows).is_empty());
        }

        #[test]
        fn what_is_told_fills_gaps_and_nothing_else(
            own in any_visits(Source::Watched), windows in any_spans(), told in any_visits(Source::Told),
        ) {
            let windows = union(windows);
            let merged = merge(&own, &windows, &told);
            prop_assert!(merged.windows(2).all(|pair| pair[0].stop <= pair[1].start), "{merged:?}");
            let (before, after) = (spans(&own), spans(&merged));
            prop_assert!(without(&before, &after).is_empty(), "our own record stays");
            let added = without(&after, &before);
            prop_assert!(common(&added, &windows).is_empty(), "nothing is added where we looked");
            prop_assert!(without(&added, &spans(&told)).is_empty(), "nothing is invented");
        }

        #[test]
        fn being_told_the_same_again_changes_nothing(
            own in any_visits(Source::Watched), windows in any_spans(), told in any_visits(Source::Told),
        ) {
            let windows = union(windows);
            let once = merge(&own, &windows, &told);
            prop_assert_eq!(merge(&once, &windows, &told), once);
        }
    }

    #[test]
    fn a_session_that_we_lost_sight_of_is_prolonged_by_what_is_told() {
        let own = [watched(0, 1000, Ending::Unobserved)];
        let merged = merge(&own, &[span(0, 1000)], &[told(5, 1500)]);
        assert_eq!(merged, [watched(0, 1500, Ending::Left)]);
    }

    #[test]
    fn a_visit_while_nobody_looked_is_added_whole() {
        let own = [watched(0, 1000, Ending::Left), watched(5000, 6000, Ending::Left)];
        let merged = merge(&own, &[span(0, 1200), span(4500, 7000)], &[told(10, 1010), told(2000, 2060)]);
        assert_eq!(merged, [own[0], told(2000, 2060), own[1]]);
    }

    #[test]
    fn the_last_seconds_before_a_window_closed_are_no_visit_of_their_own() {
        let own = [watched(0, 940, Ending::Left)];
        assert_eq!(merge(&own, &[span(0, 1000)], &[told(0, 1020)]), own);
    }

    #[test]
    fn somebody_told_to_be_on_since_before_we_looked_has_one_session() {
        let own = [watched(3000, 4000, Ending::Open)];
        let running = visit(2000, 4000, Ending::Open, Source::Told);
        assert_eq!(merge(&own, &[span(3000, 4000)], &[running]), [watched(2000, 4000, Ending::Open)]);
    }

    #[test]
    fn a_session_told_while_it_ran_grows_when_it_is_told_again() {
        let running = visit(0, 500, Ending::Unobserved, Source::Told);
        let once = merge(&[], &[], &[running]);
        assert_eq!(merge(&once, &[], &[told(0, 900)]), [told(0, 900)]);
    }

    #[test]
    fn totals_are_cut_to_the_window_asked_for() {
        let sessions = spans(&[told(0, 100), told(200, 300)]);
        assert_eq!(total_within(&sessions, span(50, 250)), SignedDuration::from_secs(100));
    }

    #[test]
    fn two_players_were_on_together_for_as_long_as_both_were() {
        let (one, other) = (spans(&[told(0, 100), told(200, 300)]), spans(&[told(50, 250)]));
        assert_eq!(total(&common(&one, &other)), SignedDuration::from_secs(100));
    }
}

//! The attendance of one place: who is there now and since when, and what each new look at it changes.
//!
//! Pure. Whether a list may be believed is decided in [`super::presence`] before it gets here; what is kept of the
//! changes, elsewhere.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
};

use jiff::{SignedDuration, Timestamp};

use super::session::{Ending, Span};

/// Two tellings of one session's start differ by less: some are reckoned back from a rounded length.
const JITTER: SignedDuration = SignedDuration::from_secs(90);

/// Who is at a place, as of the last look. The stretch of time over which it was looked at without a gap is its window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attendance<S: Eq + Hash> {
    window: Option<Window>,
    present: HashMap<S, Timestamp>,
    /// Until the first look after a restart: when those were there of whom something later is kept than the last look.
    later: HashMap<S, Timestamp>,
}

/// From the first look to the last, without a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first look.
    pub since: Timestamp,
    /// The last look.
    pub until: Timestamp,
}

impl Window {
    /// As a span; `None` before the second look.
    pub fn span(self) -> Option<Span> {
        Span::new(self.since, self.until)
    }
}

/// Somebody on a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen<S> {
    /// Who.
    pub subject: S,
    /// Since when, if the list tells.
    pub since: Option<Timestamp>,
}

/// What a look changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn<S> {
    /// Who came, and when.
    pub came: Vec<(S, Timestamp)>,
    /// Whose session is over.
    pub went: Vec<Gone<S>>,
    /// The window that ended because nobody had looked for too long; another has begun.
    pub lost: Option<Window>,
}

impl<S> Turn<S> {
    /// Nobody came or went.
    pub fn is_quiet(&self) -> bool {
        self.came.is_empty() && self.went.is_empty() && self.lost.is_none()
    }
}

/// A session that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone<S> {
    /// Whose.
    pub subject: S,
    /// From.
    pub start: Timestamp,
    /// The last look that found the subject there.
    pub stop: Timestamp,
    /// Left while we looked, or was lost sight of.
    pub ending: Ending,
}

impl<S: Eq + Hash> Default for Attendance<S> {
    fn default() -> Self {
        Self { window: None, present: HashMap::new(), later: HashMap::new() }
    }
}

impl<S: Copy + Eq + Hash> Attendance<S> {
    /// As it was kept. Of some subjects, something later than the last look may be kept: when it was `known` last that they
    /// were there.
    pub fn restored(
        window: Window,
        present: impl IntoIterator<Item = (S, Timestamp)>,
        known: impl IntoIterator<Item = (S, Timestamp)>,
    ) -> Self {
        let present: HashMap<S, Timestamp> = present.into_iter().collect();
        let mut later = HashMap::new();
        let starts = present.iter().map(|(subject, start)| (*subject, *start));
        for (subject, at) in starts.chain(known).filter(|(_, at)| *at > window.until) {
            let last = later.entry(subject).or_insert(at);
            *last = at.max(*last);
        }
        Self { window: Some(window), present, later }
    }

    /// The present window; `None` before the first look.
    pub fn window(&self) -> Option<Window> {
        self.window
    }

    /// Since when the subject is there; `None` when it was not there at the last look.
    pub fn since(&self, subject: S) -> Option<Timestamp> {
        self.present.get(&subject).copied()
    }

    /// Everybody there at the last look, in no order, and since when.
    pub fn present(&self) -> impl Iterator<Item = (S, Timestamp)> {
        self.present.iter().map(|(subject, since)| (*subject, *since))
    }

    /// Takes in the list of everybody who is there at `at`. Unless it follows the last look without a gap, what lies
    /// between is not known: who is missing now was lost sight of at the last look, and whose session is told to have
    /// begun before that was there all the time.
    ///
    /// A list as of the last look or of before tells nobody's leaving later than that look.
    pub fn look(&mut self, list: &[Seen<S>], at: Timestamp, gapless: bool) -> Turn<S> {
        let Some(window) = self.window else {
            self.window = Some(Window { since: at, until: at });
            let came: Vec<_> = list.iter().map(|seen| (seen.subject, seen.since.unwrap_or(at))).collect();
            self.present.extend(came.iter().copied());
            return Turn { came, went: Vec::new(), lost: None };
        };
        let later = std::mem::take(&mut self.later);
        let until = |subject: &S| later.get(subject).copied().unwrap_or(window.until);
        let mut turn = Turn { came: Vec::new(), went: Vec::new(), lost: (!gapless).then_some(window) };
        let here: HashSet<S> = list.iter().map(|seen| seen.subject).collect();
        self.present.retain(|subject, start| {
            let stays = here.contains(subject);
            if !stays {
                turn.went.push(gone(*subject, *start, until(subject), gapless));
            }
            stays
        });
        for seen in list {
            let known = self.present.get(&seen.subject).copied();
            let until = until(&seen.subject);
            if let Some(start) = known {
                if is_same(start, seen.since, until, gapless) {
                    continue;
                }
                turn.went.push(gone(seen.subject, start, until, gapless));
            }
            // Nobody came before the last look, for that look would have seen it.
            let earliest = known.map_or(until, |start| until.max(start));
            let start = seen.since.unwrap_or(at).max(earliest);
            self.present.insert(seen.subject, start);
            turn.came.push((seen.subject, start));
        }
        // A clock that was set back makes no window begin within another.
        let at = at.max(window.until);
        self.window = Some(Window { since: if gapless { window.since } else { at }, until: at });
        turn
    }

    /// Learns that a session that runs began earlier. Returns whether that was news.
    pub fn began_earlier(&mut self, subject: S, start: Timestamp) -> bool {
        match self.present.get_mut(&subject) {
            Some(known) if start < *known => {
                *known = start;
                true
            }
            _ => false,
        }
    }

    /// Lets go of everybody but those who are to be kept: the list will not tell of the others any more.
    pub fn release(&mut self, keep: impl Fn(S) -> bool) -> Vec<Gone<S>> {
        let Some(window) = self.window else { return Vec::new() };
        let mut released = Vec::new();
        self.present.retain(|subject, start| {
            let stays = keep(*subject);
            if !stays {
                released.push(gone(*subject, *start, window.until, false));
            }
            stays
        });
        released
    }
}

fn gone<S>(subject: S, start: Timestamp, until: Timestamp, gapless: bool) -> Gone<S> {
    let ending = if gapless { Ending::Left } else { Ending::Unobserved };
    Gone { subject, start, stop: until.max(start), ending }
}

/// Whether a session that began at `start` and ran at `until` is the one told now.
fn is_same(start: Timestamp, told: Option<Timestamp>, until: Timestamp, gapless: bool) -> bool {
    match told {
        Some(told) => told <= until || told.duration_since(start).abs() <= JITTER,
        None => gapless,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// A list of people with the starts told, 0 for none.
    fn list(people: &[(u8, i64)]) -> Vec<Seen<u8>> {
        let seen = |&(subject, since): &(u8, i64)| Seen {
            subject,
            since: Some(at(since)).filter(|since| since.as_second() > 0),
        };
        people.iter().map(seen).collect()
    }

    fn quiet() -> Turn<u8> {
        Turn { came: Vec::new(), went: Vec::new(), lost: None }
    }

    fn left(subject: u8, start: i64, stop: i64) -> Gone<u8> {
        Gone { subject, start: at(start), stop: at(stop), ending: Ending::Left }
    }

    fn lost(subject: u8, start: i64, stop: i64) -> Gone<u8> {
        Gone { ending: Ending::Unobserved, ..left(subject, start, stop) }
    }

    fn looking(people: &[(u8, i64)], second: i64) -> Attendance<u8> {
        let mut attendance = Attendance::default();
        attendance.look(&list(people), at(second), true);
        attendance
    }

    #[test]
    fn the_first_look_finds_people_and_since_when_they_are_there() {
        let attendance = looking(&[(1, 400), (2, 0)], 1000);
        assert_eq!(
            (attendance.since(1), attendance.since(2), attendance.since(3)),
            (Some(at(400)), Some(at(1000)), None)
        );
    }

    #[test]
    fn a_minute_in_which_nothing_happens_changes_nothing() {
        let mut attendance = looking(&[(1, 400), (2, 0)], 1000);
        assert_eq!(attendance.look(&list(&[(1, 400), (2, 0)]), at(1060), true), quiet());
        assert_eq!(attendance.window(), Some(Window { since: at(1000), until: at(1060) }));
    }

    #[test]
    fn who_leaves_was_last_seen_at_the_look_before() {
        let mut attendance = looking(&[(1, 400)], 1000);
        let turn = attendance.look(&list(&[(2, 1030)]), at(1060), true);
        assert_eq!(turn, Turn { came: vec![(2, at(1030))], went: vec![left(1, 400, 1000)], lost: None });
    }

    #[test]
    fn leaving_and_coming_back_between_two_looks_is_two_sessions() {
        let mut attendance = looking(&[(1, 400)], 1000);
        let turn = attendance.look(&list(&[(1, 1040)]), at(1060), true);
        assert_eq!(turn, Turn { came: vec![(1, at(1040))], went: vec![left(1, 400, 1000)], lost: None });
    }

    #[test]
    fn a_start_reckoned_from_rounded_minutes_does_not_end_a_session() {
        let mut attendance = looking(&[(1, 990)], 1000);
        assert_eq!(attendance.look(&list(&[(1, 1020)]), at(1060), true), quiet());
        assert_eq!(attendance.since(1), Some(at(990)));
    }

    #[test]
    fn nobody_came_before_a_look_that_did_not_find_them() {
        let mut attendance = looking(&[], 1000);
        let turn = attendance.look(&list(&[(1, 300)]), at(1060), true);
        assert_eq!(turn.came, [(1, at(1000))]);
    }

    #[test]
    fn after_a_gap_the_missing_were_lost_sight_of_and_nobody_left() {
        let mut attendance = looking(&[(1, 400), (2, 500), (3, 600)], 1000);
        // 1 stays on, 2 came anew, 3 is gone, 4 is new.
        let turn = attendance.look(&list(&[(1, 400), (2, 4000), (4, 4500)]), at(5000), false);
        assert_eq!(turn.lost, Some(Window { since: at(1000), until: at(1000) }));
        assert_eq!(turn.went, [lost(3, 600, 1000), lost(2, 500, 1000)]);
        assert_eq!(turn.came, [(2, at(4000)), (4, at(4500))]);
        assert_eq!(attendance.window(), Some(Window { since: at(5000), until: at(5000) }));
        assert_eq!(attendance.since(1), Some(at(400)));
    }

    #[test]
    fn of_whom_more_is_kept_than_of_the_others_that_is_what_counts() {
        let window = Window { since: at(0), until: at(1000) };
        // 1 came after the last look that is kept whole, 2 left and 3 left and came back; of 4 nothing more is kept.
        let present = [(1, at(1100)), (3, at(1300)), (4, at(400))];
        let mut attendance = Attendance::restored(window, present, [(2, at(1200)), (3, at(1250)), (5, at(900))]);
        // Each of them is told to have been there for long.
        let turn = attendance.look(&list(&[(2, 300), (4, 400)]), at(1360), false);
        let mut went = turn.went;
        went.sort_by_key(|gone| gone.subject);
        assert_eq!(went, [lost(1, 1100, 1100), lost(3, 1300, 1300)], "nobody was seen leaving");
        assert_eq!((turn.came, turn.lost), (vec![(2, at(1200))], Some(window)));
        let next = attendance.look(&list(&[(4, 400)]), at(1420), true);
        assert_eq!((next.went, next.lost), (vec![left(2, 1200, 1360)], None));
    }

    #[test]
    fn after_a_gap_somebody_whose_start_is_not_told_begins_anew() {
        let mut attendance = looking(&[(1, 400)], 1000);
        let turn = attendance.look(&list(&[(1, 0)]), at(5000), false);
        assert_eq!((turn.went, turn.came), (vec![lost(1, 400, 1000)], vec![(1, at(5000))]));
    }

    #[test]
    fn a_list_that_is_older_than_the_last_look_moves_no_time_back() {
        let mut attendance = looking(&[(1, 400)], 1000);
        let turn = attendance.look(&list(&[]), at(940), true);
        assert_eq!(turn.went, [left(1, 400, 1000)]);
        assert_eq!(attendance.window(), Some(Window { since: at(1000), until: at(1000) }));
    }

    #[test]
    fn a_server_that_begins_to_hide_names_makes_nobody_leave() {
        let mut attendance = looking(&[(1, 400), (2, 500)], 1000);
        assert_eq!(attendance.release(|subject| subject == 1), [lost(2, 500, 1000)]);
        assert_eq!(attendance.present().count(), 1);
    }
}

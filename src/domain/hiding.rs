//! Whether a server hides its players' names: each connection is somebody new then, under a name that nobody had before, and
//! is never met again.
//!
//! Pure. What follows from it is decided where players are followed.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use super::{
    facts::{OnlinePlayer, Roster},
    ids::PlayerId,
};

/// By so many players it is judged: those who are on, and if they are fewer, those who were on before them.
const ENOUGH: usize = 20;

/// The fewest players whose flags hint at anything.
const A_FEW: usize = 5;

/// An id that is so young at the beginning of a session was made for that session: BattleMetrics asks servers about every
/// minute, and a start reckoned from minutes is off by some.
const MADE_FOR_IT: SignedDuration = SignedDuration::from_mins(10);

/// What the lists of players show of a server's habit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// They are invented.
    Hidden,
    /// They are not.
    Shown,
    /// They may be: that needs more players than were seen.
    MayBeHidden,
    /// Nothing either way.
    Untold,
}

impl Names {
    /// Whether names are hidden, if that was so before.
    pub fn are_hidden(self, before: bool) -> bool {
        match self {
            Self::Hidden => true,
            Self::Shown => false,
            Self::MayBeHidden | Self::Untold => before,
        }
    }

    /// From one list alone.
    pub fn of(roster: &Roster, at: Timestamp) -> Self {
        Strangers::default().look(roster, at, false)
    }
}

/// Whom the latest lists of a server showed, and who of them was new to BattleMetrics when the session began.
#[derive(Clone, Debug, Default)]
pub struct Strangers {
    /// Since when those are on who were on the last list, as far as that is known.
    here: HashMap<PlayerId, Option<Timestamp>>,
    /// With each, whether the id is as young as the session: the present ones first.
    latest: Vec<(PlayerId, bool)>,
}

impl Strangers {
    /// Takes in a list of `at`. When it follows the last one without a gap, those who were not on that came since.
    ///
    /// Names are said to be hidden when at least 90 % of 20 players can be told by their names alone
    /// (`positive_match` is false; so it is on every server that is only queried, whether it hides names or not) *and* have
    /// an id that was made for this session. On a server that shows true names most ids are older than the session, since
    /// people come back. It is taken back when that holds for less than half of them; what lies between changes nothing.
    pub fn look(&mut self, roster: &Roster, at: Timestamp, gapless: bool) -> Names {
        let mut here = HashMap::with_capacity(roster.online.len());
        let mut latest = Vec::with_capacity(roster.online.len().max(ENOUGH));
        for player in &roster.online {
            let came = match self.here.get(&player.id) {
                Some(known) => *known,
                None => gapless.then_some(at),
            };
            let since = player.since.or(came);
            here.insert(player.id, since);
            latest.extend(made_for_it(player, since).map(|is_new| (player.id, is_new)));
        }
        let listed: HashSet<PlayerId> = roster.online.iter().map(|player| player.id).collect();
        let room = ENOUGH.saturating_sub(latest.len());
        latest.extend(self.latest.iter().filter(|(player, _)| !listed.contains(player)).take(room).copied());
        (self.here, self.latest) = (here, latest);

        let new = self.latest.iter().filter(|(_, is_new)| *is_new).count();
        let (judged, by_name) = (self.latest.len(), roster.online.iter().filter(|player| is_by_name(player)).count());
        if judged >= ENOUGH {
            return match new {
                new if is_nearly_all(new, judged) => Names::Hidden,
                new if new * 2 < judged => Names::Shown,
                _ => Names::Untold,
            };
        }
        let hints = by_name >= A_FEW && is_nearly_all(by_name, roster.online.len()) && is_nearly_all(new, judged);
        if hints { Names::MayBeHidden } else { Names::Untold }
    }
}

/// None when it cannot be told.
fn made_for_it(player: &OnlinePlayer, since: Option<Timestamp>) -> Option<bool> {
    if !is_by_name(player) {
        return Some(false);
    }
    Some(since?.duration_since(player.created?) <= MADE_FOR_IT)
}

fn is_by_name(player: &OnlinePlayer) -> bool {
    player.positive_match == Some(false)
}

fn is_nearly_all(some: usize, all: usize) -> bool {
    some * 10 >= all * 9
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        facts::{QueryStatus, Server, ServerStatus},
        ids::ServerId,
    };

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_780_000_000 + minute * 60).unwrap()
    }

    /// Somebody known by name alone whose session and id began at these minutes.
    fn player(number: u64, since: i64, created: i64) -> OnlinePlayer {
        OnlinePlayer {
            id: PlayerId::new(number).unwrap(),
            name: format!("player {number}"),
            since: Some(at(since)),
            positive_match: Some(false),
            created: Some(at(created)),
        }
    }

    fn old(number: u64) -> OnlinePlayer {
        player(number, -30, -90_000)
    }

    fn new(number: u64) -> OnlinePlayer {
        player(number, -30, -30)
    }

    fn roster(online: impl IntoIterator<Item = OnlinePlayer>) -> Roster {
        let server = Server {
            id: ServerId::new(1).unwrap(),
            name: "Rusty Moose".to_owned(),
            status: ServerStatus::Online,
            query_status: QueryStatus::Valid,
            updated_at: None,
            players: None,
            max_players: None,
            queue: None,
            address: None,
            country: None,
            map: None,
            last_wipe: None,
            next_wipe: None,
        };
        Roster { server, online: online.into_iter().collect() }
    }

    fn seen(online: impl IntoIterator<Item = OnlinePlayer>) -> Names {
        Names::of(&roster(online), at(0))
    }

    #[test]
    fn where_everybody_is_somebody_new_names_are_hidden() {
        assert_eq!(seen((1..=20).map(new)), Names::Hidden);
        assert_eq!(seen((1..=18).map(new).chain([old(19), old(20)])), Names::Hidden, "nine in ten");
        assert_eq!(seen((1..=17).map(new).chain((18..=20).map(old))), Names::Untold, "not quite");
    }

    #[test]
    fn a_server_that_is_only_queried_shows_people_who_come_back() {
        assert_eq!(seen((1..=20).map(old)), Names::Shown);
        assert_eq!(seen((1..=5).map(old)), Names::Untold);
        assert_eq!(seen((1..=12).map(old).chain((13..=21).map(new))), Names::Shown, "an evening full of newcomers");
    }

    #[test]
    fn whoever_is_known_for_certain_is_nobody_new() {
        let sure = |number| OnlinePlayer { positive_match: Some(true), ..new(number) };
        assert_eq!(seen((1..=20).map(sure)), Names::Shown);
        let unsaid = |number| OnlinePlayer { positive_match: None, ..new(number) };
        assert_eq!(seen((1..=20).map(unsaid)), Names::Shown);
    }

    #[test]
    fn a_server_is_not_accused_on_thin_grounds() {
        assert_eq!(seen([]), Names::Untold);
        assert_eq!(seen((1..=4).map(new)), Names::Untold);
        assert_eq!(seen((1..=19).map(new)), Names::MayBeHidden);
        let bare = |number| OnlinePlayer { created: None, ..new(number) };
        assert_eq!(seen((1..=50).map(bare)), Names::MayBeHidden, "the service does not say how old an id is");
        assert!(Names::MayBeHidden.are_hidden(true) && !Names::MayBeHidden.are_hidden(false));
    }

    #[test]
    fn on_a_small_server_it_shows_after_some_coming_and_going() {
        let mut strangers = Strangers::default();
        let mut told = Vec::new();
        for hour in 0..5 {
            let online = (0..6).map(|number| player(10 * (hour + 1) + number, 0, 0));
            told.push(strangers.look(&roster(online), at(1), hour > 0));
        }
        let before = [Names::MayBeHidden; 3];
        assert_eq!((&told[..3], &told[3..]), (&before[..], &[Names::Hidden; 2][..]));
    }

    #[test]
    fn when_nobody_tells_the_start_of_a_session_it_shows_by_who_comes() {
        let untold = |number, created| OnlinePlayer { since: None, ..player(number, 0, created) };
        let mut strangers = Strangers::default();
        let first = roster((1..=30).map(|number| untold(number, -60)));
        assert_eq!(strangers.look(&first, at(0), false), Names::MayBeHidden, "they may have come long ago");
        let second = roster((31..=60).map(|number| untold(number, 1)));
        assert_eq!(strangers.look(&second, at(2), true), Names::Hidden);
        assert_eq!(strangers.look(&second, at(60), true), Names::Hidden, "they came at the second look");
    }

    #[test]
    fn it_is_taken_back_when_people_are_seen_again() {
        let mut strangers = Strangers::default();
        assert_eq!(strangers.look(&roster((1..=20).map(new)), at(0), false), Names::Hidden);
        assert_eq!(strangers.look(&roster((30..=40).map(old)), at(1), true), Names::Shown);
    }
}

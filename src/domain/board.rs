//! Boards: messages on Discord that keep themselves current. What one is, and when it may be looked at and written.
//!
//! Pure; the instant is an argument. What a board shows is a report; how it is sent is the door's business.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    ids::{BoardId, ChannelId, GroupId, GuildKey, MessageId, ServerId, UserId},
    schedule::later,
};

/// A board is written at most once in this time.
pub const WRITTEN_AT_MOST_EVERY: SignedDuration = SignedDuration::from_secs(15);

/// A board that nothing is known to have changed on is looked at all the same: the terminal may have changed something.
pub const LOOKED_AT_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// While a board shows what is so, it is looked for this often whether its message still stands: somebody may have deleted
/// it.
pub const LOOKED_FOR_EVERY: SignedDuration = SignedDuration::from_mins(30);

/// The first and the longest pause after a failure.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(15);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(10);

/// A board as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Board {
    /// Ours.
    pub id: BoardId,
    /// Whose.
    pub guild: GuildKey,
    /// The group that it shows; none: all of the guild's.
    pub group: Option<GroupId>,
    /// The server that the group is on; none for all groups, and where no server is set.
    pub server: Option<ServerId>,
    /// Whether its group was deleted: then no message is to stand there until it is back.
    pub is_shut: bool,
    /// Where it stands.
    pub channel: ChannelId,
    /// The message, if one stands there.
    pub message: Option<MessageId>,
    /// What the message shows, as a fingerprint.
    pub shown: Option<i64>,
    /// When it was last written.
    pub shown_at: Option<Timestamp>,
    /// Who put it there.
    pub maker: Option<UserId>,
    /// Why it cannot be written; told already.
    pub problem: Option<Problem>,
}

/// Why a board's message cannot be written, until somebody mends it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "problem", rename_all = "snake_case")]
pub enum Problem {
    /// The bot lacks permissions in the channel.
    Forbidden {
        /// Which, by Discord's names; empty when Discord did not say.
        missing: Vec<String>,
    },
}

/// When a board has its next turn, as remembered between turns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    looked: Option<Timestamp>,
    stirred: bool,
    failures: u32,
    not_before: Option<Timestamp>,
    looked_for: Option<Timestamp>,
}

impl Pace {
    /// Something that the board shows may have changed.
    pub fn stir(&mut self) {
        self.stirred = true;
    }

    /// Somebody mended something: what was put off is tried at once.
    pub fn hurry(&mut self) {
        *self = Self { stirred: true, looked_for: self.looked_for, ..Self::default() };
    }

    /// The earliest instant of the next turn of a board that was last written then.
    pub fn due(&self, shown_at: Option<Timestamp>) -> Timestamp {
        let look = match self.looked {
            Some(looked) if !self.stirred => later(looked, LOOKED_AT_EVERY),
            _ => Timestamp::MIN,
        };
        let write = shown_at.map_or(Timestamp::MIN, |shown_at| later(shown_at, WRITTEN_AT_MOST_EVERY));
        look.max(write).max(self.not_before.unwrap_or(Timestamp::MIN))
    }

    /// The board was looked at, and written where needed.
    pub fn done(&mut self, now: Timestamp) {
        *self = Self { looked: Some(now), looked_for: self.looked_for, ..Self::default() };
    }

    /// Whether it is time to look if the board's message still stands. Many boards are looked for one after the other.
    pub fn is_to_be_looked_for(&mut self, board: &Board, now: Timestamp) -> bool {
        let spread = board.id.get().wrapping_mul(7919) % LOOKED_FOR_EVERY.as_secs().unsigned_abs();
        let share = SignedDuration::from_secs(i64::try_from(spread).unwrap_or(0));
        let first = later(now, -share);
        let last = *self.looked_for.get_or_insert(first);
        now.duration_since(board.shown_at.map_or(last, |shown_at| last.max(shown_at))) >= LOOKED_FOR_EVERY
    }

    /// The message was looked for.
    pub fn looked_for(&mut self, now: Timestamp) {
        self.looked_for = Some(now);
    }

    /// Whether the last turn went wrong.
    pub fn has_failed(&self) -> bool {
        self.failures > 0
    }

    /// It could not be written: tried again after a pause that doubles each time.
    pub fn failed(&mut self, now: Timestamp) {
        let pause = FIRST_PAUSE.saturating_mul(1_i32.checked_shl(self.failures.min(20)).unwrap_or(i32::MAX));
        self.failures = self.failures.saturating_add(1);
        self.not_before = Some(later(now, pause.min(LONGEST_PAUSE)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_780_000_000 + second).unwrap()
    }

    #[test]
    fn a_change_is_shown_at_once_but_never_twice_within_a_quarter_of_a_minute() {
        let mut pace = Pace::default();
        assert!(pace.due(None) <= at(0));
        pace.done(at(0));
        assert_eq!(pace.due(Some(at(0))), at(60));
        pace.stir();
        assert_eq!(pace.due(Some(at(0))), at(15));
        assert!(pace.due(Some(at(-20))) <= at(1));
    }

    #[test]
    fn a_message_is_looked_for_now_and_then_and_not_those_of_all_boards_at_once() {
        let board = |id| Board {
            id: BoardId::new(id).unwrap(),
            guild: GuildKey::local(),
            group: None,
            server: None,
            is_shut: false,
            channel: ChannelId::new(1).unwrap(),
            message: None,
            shown: None,
            shown_at: None,
            maker: None,
            problem: None,
        };
        let first = |board: &Board| {
            let mut pace = Pace::default();
            (0..).find(|second| pace.is_to_be_looked_for(board, at(*second))).unwrap()
        };
        let firsts: Vec<i64> = (1..6).map(|id| first(&board(id))).collect();
        assert_eq!(firsts, [1081, 362, 1443, 724, 5]);
        let mut pace = Pace::default();
        pace.looked_for(at(0));
        pace.done(at(60));
        assert!(!pace.is_to_be_looked_for(&board(1), at(1799)));
        assert!(pace.is_to_be_looked_for(&board(1), at(1800)));
        let written = Board { shown_at: Some(at(600)), ..board(1) };
        assert!(!pace.is_to_be_looked_for(&written, at(1800)));
    }

    #[test]
    fn what_fails_is_tried_ever_more_rarely_until_somebody_mends_it() {
        let mut pace = Pace::default();
        let pauses: Vec<i64> = (0..8)
            .map(|_| {
                pace.failed(at(0));
                pace.due(None).as_second() - at(0).as_second()
            })
            .collect();
        assert_eq!(pauses, [15, 30, 60, 120, 240, 480, 600, 600]);
        pace.stir();
        assert_eq!(pace.due(None), at(600));
        pace.hurry();
        assert!(pace.due(None) <= at(0));
        pace.failed(at(0));
        assert_eq!(pace.due(None), at(15));
    }
}

//! What is remembered between a message and a press on it: cards of several pages, players of a message, used menus.
//!
//! All of it bounded and in memory alone; whatever is missing after a restart is made anew or politely refused.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;

use super::components::Ticket;
use crate::view::card::Card;

/// A card of 500 members takes about 60 kB; few are so large, and few are turned over after a while.
const MOST_CARDS: usize = 64;

/// Texts with players of a message, each at most a message long.
const MOST_TEXTS: usize = 64;

/// Tickets that are known to be given.
const MOST_TICKETS: usize = 1024;

/// The memory.
#[derive(Debug, Default)]
pub(super) struct Shelf(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    last: u64,
    cards: VecDeque<(u64, Card)>,
    texts: VecDeque<(u64, String)>,
    used: BTreeSet<Ticket>,
    /// The hours of tickets.
    given: BTreeSet<u64>,
}

/// What comes of trying to use a menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// Nobody had; it is used up now.
    Granted,
    /// Somebody had already.
    Used,
    /// Its time is over.
    Late,
}

impl Shelf {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a card; returns its number.
    pub(super) fn keep_card(&self, card: Card, now: Timestamp) -> u64 {
        let mut kept = self.kept();
        let stamp = kept.stamp(now);
        kept.cards.push_back((stamp, card));
        if kept.cards.len() > MOST_CARDS {
            kept.cards.pop_front();
        }
        stamp
    }

    /// The card of that number, unless it was forgotten.
    pub(super) fn card(&self, stamp: u64) -> Option<Card> {
        self.kept().cards.iter().find(|(known, _)| *known == stamp).map(|(_, card)| card.clone())
    }

    /// Keeps a text; returns its number.
    pub(super) fn keep_text(&self, text: String, now: Timestamp) -> u64 {
        let mut kept = self.kept();
        let stamp = kept.stamp(now);
        kept.texts.push_back((stamp, text));
        if kept.texts.len() > MOST_TEXTS {
            kept.texts.pop_front();
        }
        stamp
    }

    /// The text of that number, unless it was forgotten.
    pub(super) fn text(&self, stamp: u64) -> Option<String> {
        self.kept().texts.iter().find(|(known, _)| *known == stamp).map(|(_, text)| text.clone())
    }

    /// A menu's ticket. No two are alike: one that would be lasts a millisecond longer.
    pub(super) fn ticket(&self, asker: u64, until: Timestamp) -> Ticket {
        let mut kept = self.kept();
        let mut until = milliseconds(until);
        while !kept.given.insert(until) {
            until += 1;
        }
        // Menus are open for minutes, so that many given at once are all that has to be known.
        if kept.given.len() > MOST_TICKETS {
            kept.given.pop_first();
        }
        Ticket { until, asker }
    }

    /// Uses a menu, exactly once.
    pub(super) fn claim(&self, ticket: Ticket, now: Timestamp) -> Claim {
        let now = milliseconds(now);
        if ticket.until < now {
            return Claim::Late;
        }
        let mut kept = self.kept();
        // Late ones are refused by their time, so there is no need to know that they were used.
        kept.used = kept.used.split_off(&Ticket { until: now, asker: 0 });
        if kept.used.insert(ticket) { Claim::Granted } else { Claim::Used }
    }
}

impl Kept {
    /// A number that was never given out, not even before a restart.
    fn stamp(&mut self, now: Timestamp) -> u64 {
        self.last = milliseconds(now).max(self.last + 1);
        self.last
    }
}

fn milliseconds(at: Timestamp) -> u64 {
    at.as_millisecond().try_into().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::card::{Tone, text};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_menu_is_used_once_and_not_after_its_time() {
        let shelf = Shelf::default();
        let ticket = shelf.ticket(7, at(60));
        assert_eq!(shelf.claim(ticket, at(1)), Claim::Granted);
        assert_eq!(shelf.claim(ticket, at(2)), Claim::Used);
        assert_ne!(shelf.ticket(7, at(60)), ticket);
        assert_eq!(shelf.claim(shelf.ticket(8, at(60)), at(61)), Claim::Late);
    }

    #[test]
    fn old_cards_make_room_for_new_ones() {
        let shelf = Shelf::default();
        let card = Card::new(Tone::Plain, text!["Groups"]);
        let stamps: Vec<_> = (0..=MOST_CARDS).map(|_| shelf.keep_card(card.clone(), at(1))).collect();
        assert_eq!(shelf.card(stamps[0]), None);
        assert_eq!(shelf.card(stamps[1]), Some(card));
    }
}

//! What is remembered between a message and a press on it: cards of several pages, players of a message, used menus.
//!
//! All of it bounded and in memory alone; whatever is missing after a restart is made anew or politely refused.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;

use super::components::Ticket;
use crate::{domain::ids::GuildKey, view::card::Card};

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
    cards: VecDeque<(GuildKey, u64, Card)>,
    texts: VecDeque<(GuildKey, u64, String)>,
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

    /// Keeps a card of a guild; returns its number.
    pub(super) fn keep_card(&self, guild: &GuildKey, card: Card, now: Timestamp) -> u64 {
        let mut kept = self.kept();
        let stamp = kept.stamp(now);
        kept.cards.push_back((guild.clone(), stamp, card));
        if kept.cards.len() > MOST_CARDS {
            kept.cards.pop_front();
        }
        stamp
    }

    /// The guild's card of that number, unless it was forgotten.
    pub(super) fn card(&self, guild: &GuildKey, stamp: u64) -> Option<Card> {
        found(&self.kept().cards, guild, stamp)
    }

    /// Keeps a text of a guild; returns its number.
    pub(super) fn keep_text(&self, guild: &GuildKey, text: String, now: Timestamp) -> u64 {
        let mut kept = self.kept();
        let stamp = kept.stamp(now);
        kept.texts.push_back((guild.clone(), stamp, text));
        if kept.texts.len() > MOST_TEXTS {
            kept.texts.pop_front();
        }
        stamp
    }

    /// The guild's text of that number, unless it was forgotten.
    pub(super) fn text(&self, guild: &GuildKey, stamp: u64) -> Option<String> {
        found(&self.kept().texts, guild, stamp)
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

/// What has that number, in that guild alone: numbers can be guessed.
fn found<T: Clone>(kept: &VecDeque<(GuildKey, u64, T)>, guild: &GuildKey, stamp: u64) -> Option<T> {
    kept.iter().find(|(whose, known, _)| whose == guild && *known == stamp).map(|(_, _, one)| one.clone())
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
    fn what_one_guild_left_no_other_guild_finds() {
        let (shelf, home, other) = (Shelf::default(), GuildKey::local(), GuildKey::discord(7));
        let card = Card::new(Tone::Plain, text!["Groups"]);
        let (card_stamp, text_stamp) =
            (shelf.keep_card(&home, card.clone(), at(1)), shelf.keep_text(&home, "pTee".to_owned(), at(1)));
        assert_eq!((shelf.card(&other, card_stamp), shelf.text(&other, text_stamp)), (None, None));
        assert_eq!(
            (shelf.card(&home, card_stamp), shelf.text(&home, text_stamp)),
            (Some(card), Some("pTee".to_owned()))
        );
    }

    #[test]
    fn old_cards_make_room_for_new_ones() {
        let (shelf, home) = (Shelf::default(), GuildKey::local());
        let card = Card::new(Tone::Plain, text!["Groups"]);
        let stamps: Vec<_> = (0..=MOST_CARDS).map(|_| shelf.keep_card(&home, card.clone(), at(1))).collect();
        assert_eq!(shelf.card(&home, stamps[0]), None);
        assert_eq!(shelf.card(&home, stamps[1]), Some(card));
    }
}

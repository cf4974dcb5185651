//! What was told of a player's past, and how it is kept beside what was seen.
//!
//! Who is asked for and when is in `past.rs`; the arithmetic, in [`crate::domain::session`].

use jiff::Timestamp;

use super::{kept, past::note_privacy, second};
use crate::{
    domain::{
        attendance::Window,
        facts::{Past, PastSession, Player},
        ids::{PlayerId, ServerId},
        report::Purpose,
        session::{self, Ending, Session, Source, Span},
    },
    error::Result,
    store::{
        Transaction,
        inquiries::{self, Inquiry},
        players,
        sessions::{self, Visit},
        sightings::{self, Sighting},
    },
};

/// What came of asking for a player's past on a server.
#[derive(Clone)]
pub(in crate::app) struct Told {
    pub(in crate::app) sessions: Vec<PastSession>,
    /// From when on these are all; none when that nothing was told means nothing.
    pub(in crate::app) since: Option<Timestamp>,
    /// Until when, if only what was before that was wanted: from then on, what is known stays as it is.
    pub(super) before: Option<Timestamp>,
    /// The profile, if it was read with that.
    pub(super) profile: Option<Player>,
}

impl Told {
    /// Of a private profile nothing is told, and that answers nothing.
    pub(in crate::app) fn new(past: Past, is_public: bool) -> Self {
        let Past { sessions, goes_on } = past;
        let since = match goes_on {
            true => sessions.iter().filter_map(|told| told.start).min(),
            false => Some(Timestamp::MIN).filter(|_| is_public || !sessions.is_empty()),
        };
        Self { sessions, since, before: None, profile: None }
    }

    /// What of it began earlier than that: the rest was told before.
    pub(in crate::app) fn older_than(mut self, before: Timestamp) -> Self {
        // Somebody of whom sessions were told once has not been nowhere.
        self.since = self.since.filter(|_| !self.sessions.is_empty());
        self.sessions.retain(|told| told.start.is_some_and(|start| second(start) < before));
        self.before = Some(before);
        self
    }

    /// The time in which all is known, with what is older.
    pub(in crate::app) fn prolonged(&self, known: Span) -> Option<Span> {
        Span::new(self.since.map_or(known.start(), |since| since.min(known.start())), known.stop())
    }
}

/// What was told of a player, and what is known besides.
pub(super) struct Merging {
    pub(super) purpose: Purpose,
    pub(super) server: ServerId,
    pub(super) player: PlayerId,
    pub(super) told: Told,
    /// When the profile was read before.
    pub(super) read: Option<Timestamp>,
    pub(super) asked: Timestamp,
    /// Since when the player is on, by our own watch.
    pub(super) running: Option<Timestamp>,
    pub(super) window: Option<Window>,
    /// Whether the window goes on: then all that is later is for the next look to tell.
    pub(super) is_live: bool,
    /// What was seen before that may be forgotten.
    pub(super) remembered: Timestamp,
}

impl Merging {
    /// Returns whether anything was news, and when the running session began.
    pub(super) fn write(&self, tx: &Transaction<'_>) -> Result<(bool, Option<Timestamp>)> {
        let Self { server, player, .. } = *self;
        if let Some(Player { id, name, private, .. }) = &self.told.profile {
            players::remember(tx, &[(*id, name.clone())], self.asked)?;
            note_privacy(tx, server, (*id, *private), self.read)?;
        }
        // Whose past is repaired was tracked before; what is kept of all strangers on a busy server takes long to read.
        let was_tracked = self.purpose == Purpose::Repair;
        let own = if was_tracked { sessions::of_tracked } else { sessions::of }(tx, player, server)?;
        let all: Vec<Visit> = own.iter().copied().chain(self.running_session()).collect();
        let looked = kept::windows(tx, server)?.into_iter().chain(self.window.and_then(Window::span));
        let looked = looked.filter_map(|span| Span::new(span.start().max(self.remembered), span.stop()));
        let looked = session::union(looked);
        let seen = session::without(&looked, &session::out_of_sight(&all, &looked, self.asked));
        let told: Vec<Visit> = self.told.sessions.iter().filter_map(|told| self.visit(told)).collect();
        let merged = session::merge(&all, &seen, &told);
        let began = merged.iter().find(|visit| visit.ending == Ending::Open).map(|visit| visit.start);
        let over: Vec<Visit> = merged.into_iter().filter(|visit| visit.ending != Ending::Open).collect();
        let changed = over != own;
        // Also when nothing is new: what was kept of a stranger is to be kept as a member's.
        sessions::replace(tx, player, server, &over)?;
        if !was_tracked {
            sessions::forget_passages(tx, player, server)?;
        }
        let before = inquiries::of(tx, server, &[player])?.remove(&player);
        if let Some(inquiry) = self.inquiry(!own.is_empty(), before) {
            inquiries::note(tx, player, server, inquiry)?;
        }
        // What was long ago says nothing of today.
        if self.told.before.is_none() {
            sightings::record(tx, server, &[(player, self.sighting(&told))])?;
        }
        Ok((changed, began.filter(|began| self.running.is_some_and(|running| *began < running))))
    }

    /// What is to be noted. Of what was before the rest, only the beginning: whatever came after the last inquiry is still
    /// to be asked for. None where what is told now no longer adjoins what was told then.
    fn inquiry(&self, was_seen: bool, before: Option<Inquiry>) -> Option<Inquiry> {
        let known = before.and_then(|before| before.known);
        let Some(limit) = self.told.before else {
            return Some(Inquiry { at: second(self.asked), known: self.known(was_seen, known) });
        };
        let (before, known) = (before?, known.filter(|known| known.start() <= limit)?);
        Some(Inquiry { known: self.told.prolonged(known), ..before })
    }

    /// When all is known by what is told now, and was told before.
    fn known(&self, was_seen: bool, before: Option<Span>) -> Option<Span> {
        // That nobody was ever there says nothing of somebody whom we saw.
        let is_answer = !was_seen || !self.told.sessions.is_empty();
        let now = self.told.since.filter(|_| is_answer).and_then(|since| Span::new(since, second(self.asked)));
        match (now, before) {
            (Some(now), Some(before)) if now.start() <= before.stop() => {
                Span::new(now.start().min(before.start()), now.stop())
            }
            (Some(now), _) => Some(now),
            (None, before) => before,
        }
    }

    fn running_session(&self) -> Option<Visit> {
        let (start, window) = (self.running?, self.window?);
        Some(self.session(start, window.until.max(start), Ending::Open, Source::Watched))
    }

    /// Up to where our own looks go on; without such, only what is over. Whoever is told to have been on at that look is, or
    /// left after it: the next look tells.
    fn visit(&self, told: &PastSession) -> Option<Visit> {
        let start = second(told.start?);
        let limit = self.window.filter(|_| self.is_live).map(|window| window.until);
        let stop = match (told.stop.map(second), limit) {
            (Some(stop), Some(limit)) => stop.min(limit),
            (None, Some(limit)) => limit,
            (Some(stop), None) => stop,
            (None, None) => return None,
        };
        let is_over = told.stop.is_some_and(|told| self.running.is_none() || second(told) <= stop);
        let ending = if is_over { Ending::Left } else { Ending::Unobserved };
        (start < stop).then(|| self.session(start, stop, ending, Source::Told))
    }

    fn session(&self, start: Timestamp, stop: Timestamp, ending: Ending, source: Source) -> Visit {
        Session { subject: self.player, place: self.server, start, stop, ending, source }
    }

    fn sighting(&self, told: &[Visit]) -> Sighting {
        let running = self.told.sessions.iter().find(|told| told.stop.is_none());
        Sighting {
            last_seen: told.iter().map(|visit| visit.stop).max(),
            first_seen: None,
            total: None,
            online: running.is_some(),
            since: running.and_then(|running| running.start),
            known_at: self.asked,
        }
    }
}

//! One watched server in memory: what the last polls showed, and what of it is still to be kept.
//!
//! Decides nothing about when to poll and asks nobody; the rules of coming and going are in
//! [`crate::domain::attendance`].

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use super::View;
use crate::{
    domain::{
        attendance::{Attendance, Gone, Seen, Window},
        facts::{OnlinePlayer, QueryStatus, Roster, Server},
        hiding::Strangers,
        ids::{PlayerId, ServerId},
        presence::{self, Stale},
        schedule::{self, Round},
        session::{Session, Source},
        trouble::Trouble,
    },
    error::Result,
    store::{
        Connection, Transaction, inquiries, players, servers,
        sessions::{self, Visit},
        watch,
    },
};

/// How long changes among strangers may wait to be kept together; a crash makes that much unobserved.
const GATHERED_FOR: SignedDuration = SignedDuration::from_mins(10);

/// How a poll ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The list is believed.
    Believed,
    /// There is a list, and it is not believed.
    Stale(Stale),
    /// There is none.
    Trouble(Trouble),
}

pub(super) struct Place {
    pub(super) id: ServerId,
    pub(super) every: SignedDuration,
    pub(super) tracked: BTreeSet<PlayerId>,
    /// When it was last polled.
    pub(super) asked: Option<Timestamp>,
    pub(super) not_before: Option<Timestamp>,
    /// What the last poll that told anything showed, and when it ended; why there is nothing to show, when that is too long
    /// ago.
    pub(super) outcome: Option<(Outcome, Timestamp)>,
    /// Why the polls since then failed.
    pub(super) trouble: Option<Trouble>,
    /// As told by the last poll that told anything, or as kept.
    pub(super) server: Option<Server>,
    pub(super) hides_names: bool,
    strangers: Strangers,
    /// While names are hidden: tracked players who are listed all the same, and since when.
    listed: HashMap<PlayerId, Timestamp>,
    pub(super) attendance: Attendance<PlayerId>,
    /// When a list was last believed, and how long one may be missing before there is a gap.
    believed: Option<(Timestamp, SignedDuration)>,
    /// The names of those present.
    names: HashMap<PlayerId, Box<str>>,
    pending: Pending,
    /// When all that was pending was last kept.
    gathered: Option<Timestamp>,
}

/// What is not kept yet.
#[derive(Clone, Default)]
struct Pending {
    touched: HashSet<PlayerId>,
    gone: Vec<Visit>,
    ended: Vec<Window>,
    names: BTreeMap<PlayerId, String>,
    is_urgent: bool,
}

impl Pending {
    /// Of these players nothing waits any more.
    fn let_go(&mut self, is_meant: impl Fn(&PlayerId) -> bool) {
        self.touched.retain(|player| !is_meant(player));
        self.names.retain(|player, _| !is_meant(player));
        self.gone.retain(|visit| !is_meant(&visit.subject));
    }
}

/// All that a transaction has to write.
#[derive(Clone)]
pub(super) struct Keep {
    /// Whose changes these are; `None`: everybody's, and besides, how far they go and what the server says of itself.
    pub(super) of: Option<BTreeSet<PlayerId>>,
    server: Option<Server>,
    hides_names: bool,
    id: ServerId,
    window: Option<Window>,
    ended: Vec<Window>,
    present: Vec<(PlayerId, Option<Timestamp>)>,
    tracked: Vec<Visit>,
    strangers: Vec<Visit>,
    names: Vec<(PlayerId, String)>,
    at: Timestamp,
}

impl Keep {
    /// Returns whether somebody is in sight again whose profile was private.
    pub(super) fn write(&self, tx: &Transaction<'_>) -> Result<bool> {
        if let Some(server) = &self.server {
            servers::remember(tx, server, self.at, Some(self.hides_names))?;
        }
        players::remember(tx, &self.names, self.at)?;
        if let Some(window) = self.window {
            watch::keep_windows(tx, self.id, &self.ended, window)?;
        }
        watch::keep_present(tx, self.id, self.present.iter().copied())?;
        sessions::add(tx, self.id, &self.tracked)?;
        sessions::add_passages(tx, self.id, &self.strangers)?;
        let mut is_back = false;
        for (player, _) in self.present.iter().filter(|(_, since)| since.is_some()) {
            if players::is_listed(tx, *player)? {
                // What happened meanwhile is told now.
                inquiries::forget(tx, *player)?;
                is_back = true;
            }
        }
        Ok(is_back)
    }
}

impl Place {
    /// As it was kept when the program last ran. Of those who are tracked, more may be kept than of the others.
    pub(super) fn restored(conn: &Connection, id: ServerId, tracked: &BTreeSet<PlayerId>) -> Result<Self> {
        let known = servers::get(conn, id)?;
        let window = watch::window(conn, id)?;
        let attendance = match window {
            Some(window) => {
                let tracked: Vec<PlayerId> = tracked.iter().copied().collect();
                Attendance::restored(window, watch::present(conn, id)?, sessions::last_seen(conn, id, &tracked)?)
            }
            None => Attendance::default(),
        };
        Ok(Self {
            id,
            every: schedule::IDLE,
            tracked: BTreeSet::new(),
            asked: None,
            not_before: None,
            outcome: None,
            trouble: None,
            hides_names: known.as_ref().is_some_and(|known| known.hides_names),
            server: known.map(|known| known.server),
            strangers: Strangers::default(),
            listed: HashMap::new(),
            attendance,
            believed: None,
            names: HashMap::new(),
            pending: Pending::default(),
            gathered: None,
        })
    }

    /// What the last poll showed; none before there was one.
    pub(super) fn view(&self, wanted: &[PlayerId]) -> Option<View> {
        let (outcome, at) = self.outcome?;
        let since = |player: PlayerId| match self.hides_names {
            true => self.listed.get(&player).copied(),
            false => self.attendance.since(player),
        };
        Some(View {
            server: self.server.clone(),
            outcome,
            at,
            hides_names: self.hides_names,
            window: self.attendance.window().filter(|_| !self.hides_names),
            online: wanted.iter().filter_map(|player| Some((*player, since(*player)?))).collect(),
            waiting: self.pending.gone.iter().filter(|visit| wanted.contains(&visit.subject)).copied().collect(),
        })
    }

    /// Those present, and those who were there so lately that their names are not kept yet.
    pub(super) fn met(&self) -> HashMap<PlayerId, String> {
        let present = self.names.iter().map(|(player, name)| (*player, name.to_string()));
        let lately = self.pending.names.iter().map(|(player, name)| (*player, name.clone()));
        lately.chain(present).collect()
    }

    pub(super) fn round(&self) -> Round<ServerId> {
        Round { place: self.id, every: self.every, asked: self.asked, not_before: self.not_before }
    }

    /// Takes in the answer of a poll. Returns whether that changed anything somebody may see.
    /// `clock` says whether this machine's clock can be kept times by.
    pub(super) fn take_in(
        &mut self,
        answer: std::result::Result<Roster, Trouble>,
        clock: std::result::Result<(), Stale>,
        now: Timestamp,
    ) -> bool {
        let before = self.outcome.map(|(outcome, _)| outcome);
        self.trouble = answer.as_ref().err().copied();
        let (outcome, at, moved) = match answer {
            Err(trouble) => {
                self.not_before = schedule::after_failure(trouble, now);
                let shown =
                    self.outcome.filter(|(shown, _)| self.is_fresh(now) && !matches!(shown, Outcome::Trouble(_)));
                // What was told a moment ago says more than that there is nothing newer.
                let (outcome, at) = shown.unwrap_or((Outcome::Trouble(trouble), now));
                (outcome, at, false)
            }
            Ok(roster) => {
                self.not_before = None;
                match clock.and_then(|()| believable(&roster, now)) {
                    Err(why) => {
                        self.server = Some(roster.server);
                        (Outcome::Stale(self.since_when(why)), now, false)
                    }
                    Ok(()) => (Outcome::Believed, now, self.look(roster, now)),
                }
            }
        };
        self.outcome = Some((outcome, at));
        let is_news = before.map(kind) != Some(kind(outcome));
        if let (true, Outcome::Stale(Stale::WrongClock { ahead })) = (is_news, outcome) {
            let server = self.id;
            tracing::warn!(%server, %ahead, "this machine's clock is wrong: set it (timedatectl set-ntp true); until then nothing is recorded");
        }
        moved || is_news
    }

    /// Since when nothing is known: since the last list that was believed, whatever is told of a later update. As long as
    /// none was, since what was told first, so that it stays the same.
    fn since_when(&self, why: Stale) -> Stale {
        let window = self.attendance.window().map(|window| window.until);
        let believed = self.believed.map(|(at, _)| at);
        let before = match self.outcome {
            Some((outcome @ Outcome::Stale(before), _)) if kind(outcome) == kind(Outcome::Stale(why)) => before.since(),
            _ => None,
        };
        let last = if self.hides_names { believed } else { window };
        why.known_until(last.or(before).or(why.since()))
    }

    fn look(&mut self, roster: Roster, now: Timestamp) -> bool {
        let hid_names = self.hides_names;
        let looked = second(roster.server.updated_at.map_or(now, |updated_at| updated_at.min(now)));
        let gapless = self.is_gapless(looked, now);
        let follows = gapless && self.believed.is_some();
        self.hides_names = self.strangers.look(&roster, looked, follows).are_hidden(hid_names);
        if self.hides_names != hid_names {
            self.gathered = None;
        }
        let renamed = self.hear_names(&roster);
        self.believed = Some((now, schedule::longest_gap(self.every)));
        if self.hides_names {
            let moved = self.look_past_the_invented(&roster, looked);
            self.server = Some(roster.server);
            return moved || renamed || !hid_names;
        }
        self.listed.clear();
        let seen = |player: &OnlinePlayer| Seen { subject: player.id, since: player.since.map(second) };
        let list: Vec<Seen<PlayerId>> = roster.online.iter().map(seen).collect();
        self.server = Some(roster.server);
        // While names were hidden, nobody was seen to be absent.
        let gapless = gapless && !hid_names;

        let turn = self.attendance.look(&list, looked, gapless);
        let is_quiet = turn.is_quiet();
        if let Some(lost) = turn.lost {
            self.pending.ended.push(lost);
            self.gathered = None;
        }
        for (player, _) in turn.came {
            self.pending.is_urgent |= self.tracked.contains(&player);
            self.pending.touched.insert(player);
        }
        self.went(turn.went);
        !is_quiet || renamed || hid_names
    }

    /// Takes in a list of invented names: who is not on it may be there all the same, so that it ends what was observed,
    /// and those who left by it did not leave. Returns whether another tracked player is listed now.
    fn look_past_the_invented(&mut self, roster: &Roster, looked: Timestamp) -> bool {
        let released = self.attendance.release(|_| false);
        self.went(released);
        let before = std::mem::take(&mut self.listed);
        let tracked = roster.online.iter().filter(|player| self.tracked.contains(&player.id));
        let listed = tracked.map(|player| {
            let since = player.since.map(second).or_else(|| before.get(&player.id).copied());
            (player.id, since.unwrap_or(looked))
        });
        self.listed = listed.collect();
        self.listed.len() != before.len() || self.listed.keys().any(|player| !before.contains_key(player))
    }

    /// Everything is refused until somebody mends that: nothing is to be shown but why.
    pub(super) fn refuse(&mut self, trouble: Trouble, now: Timestamp) {
        self.trouble = Some(trouble);
        self.outcome = Some((Outcome::Trouble(trouble), now));
    }

    /// Whether so little time has gone by since a list was believed that nothing was missed, and the list as of `looked`
    /// follows the one before.
    fn is_gapless(&self, looked: Timestamp, now: Timestamp) -> bool {
        let window = self.attendance.window();
        let (last, longest) = match (self.believed, window) {
            (Some(believed), _) => believed,
            (None, Some(window)) => (window.until, schedule::longest_gap(self.every)),
            (None, None) => return true,
        };
        let silence = window.map_or(SignedDuration::ZERO, |window| looked.duration_since(window.until));
        // Set back in between, the clock does not tell how long it was.
        now.duration_since(last) <= longest
            && silence <= schedule::longest_silence(self.every)
            && !schedule::is_set_back(last, now)
    }

    /// The clock was set back: what is due at times that are yet to come is due now.
    pub(super) fn clock_was_set_back(&mut self, now: Timestamp) {
        self.asked = self.asked.map(|_| now.saturating_sub(self.every).unwrap_or(Timestamp::MIN));
        self.not_before = None;
        self.outcome = None;
        self.trouble = None;
        self.gathered = None;
    }

    fn went(&mut self, gone: Vec<Gone<PlayerId>>) {
        for Gone { subject, start, stop, ending } in gone {
            self.pending.is_urgent |= self.tracked.contains(&subject);
            self.pending.touched.insert(subject);
            self.names.remove(&subject);
            let source = Source::Watched;
            self.pending.gone.push(Session { subject, place: self.id, start, stop, ending, source });
        }
    }

    /// Notes names that are new or changed, but none that are invented. Returns whether a tracked player is called otherwise now.
    fn hear_names(&mut self, roster: &Roster) -> bool {
        let mut renamed = false;
        for player in roster.online.iter().filter(|player| !self.hides_names || self.tracked.contains(&player.id)) {
            let before = self.names.get(&player.id);
            if before.is_none_or(|before| **before != *player.name) {
                let is_tracked = self.tracked.contains(&player.id);
                self.pending.is_urgent |= is_tracked;
                renamed |= is_tracked && before.is_some();
                self.names.insert(player.id, player.name.as_str().into());
                self.pending.names.insert(player.id, player.name.clone());
            }
        }
        renamed
    }

    /// Holds nothing of these players any more.
    pub(super) fn forget(&mut self, players: &[PlayerId]) {
        let is_meant = |player: &PlayerId| players.contains(player);
        // They did not leave; nobody is to be told.
        drop(self.attendance.release(|player| !is_meant(&player)));
        self.names.retain(|player, _| !is_meant(player));
        self.pending.let_go(is_meant);
    }

    /// A session that runs began earlier than was known.
    pub(super) fn began_earlier(&mut self, player: PlayerId, start: Timestamp) {
        if self.attendance.began_earlier(player, start) {
            self.pending.touched.insert(player);
            self.pending.is_urgent |= self.tracked.contains(&player);
        }
    }

    /// What is to be kept now: at once what concerns tracked players, everything now and then or when `all` is asked for.
    /// Each page that is written wears the disk out. Until when the place was observed moves on with everything only, for
    /// that is said of strangers too.
    pub(super) fn to_keep(&self, now: Timestamp, all: bool) -> Option<Keep> {
        let window = self.attendance.window();
        if window.is_none() && !self.hides_names {
            return None;
        }
        let waited = self.gathered.is_none_or(|gathered| now.duration_since(gathered) >= GATHERED_FOR);
        let is_whole = all || waited;
        if !(is_whole || self.pending.is_urgent) {
            return None;
        }
        let of = (!is_whole).then(|| self.tracked.clone());
        let is_meant = |player: &PlayerId| of.as_ref().is_none_or(|of| of.contains(player));
        let touched = self.pending.touched.iter().filter(|player| is_meant(player));
        let gone = self.pending.gone.iter().filter(|visit| is_meant(&visit.subject));
        let (tracked, strangers) = gone.partition(|visit| self.tracked.contains(&visit.subject));
        let names = self.pending.names.iter().filter(|(player, _)| is_meant(player));
        Some(Keep {
            server: self.server.clone().filter(|_| is_whole),
            hides_names: self.hides_names,
            id: self.id,
            window: window.filter(|_| is_whole),
            ended: self.pending.ended.iter().copied().filter(|_| is_whole).collect(),
            present: touched.map(|player| (*player, self.attendance.since(*player))).collect(),
            tracked,
            strangers,
            names: names.map(|(player, name)| (*player, name.clone())).collect(),
            at: now,
            of,
        })
    }

    /// All that [`Self::to_keep`] gave is on the disk.
    pub(super) fn is_kept(&mut self, of: Option<BTreeSet<PlayerId>>, now: Timestamp) {
        self.pending.is_urgent = false;
        match of {
            Some(of) => self.pending.let_go(|player| of.contains(player)),
            None => {
                self.pending = Pending::default();
                self.gathered = Some(now);
            }
        }
    }

    /// Whether the window goes on.
    pub(super) fn is_live(&self, now: Timestamp) -> bool {
        let holds = |at, longest| now.duration_since(at) <= longest && !schedule::is_set_back(at, now);
        !self.hides_names && self.believed.is_some_and(|(at, longest)| holds(at, longest))
    }

    /// Whether the next poll should have told something by now.
    pub(super) fn is_overdue(&self, now: Timestamp) -> bool {
        let next = self.every + SignedDuration::from_mins(1);
        self.outcome.is_none_or(|(_, at)| now.duration_since(at) > next || schedule::is_set_back(at, now))
    }

    /// Whether what the last poll told is recent enough to speak of the present.
    pub(super) fn is_fresh(&self, now: Timestamp) -> bool {
        let longest = schedule::longest_gap(self.every).min(presence::FRESH_FOR);
        self.outcome.is_some_and(|(_, at)| now.duration_since(at) <= longest)
    }
}

/// Besides what the server says of itself: a list without anybody on a server that counts players is a fault.
fn believable(roster: &Roster, now: Timestamp) -> std::result::Result<(), Stale> {
    presence::believable(&roster.server, now)?;
    let counted = roster.server.players.unwrap_or(0);
    let is_queried = roster.server.query_status == QueryStatus::Valid;
    if roster.online.is_empty() && counted >= 5 && is_queried {
        return Err(Stale::NotQueried { since: roster.server.updated_at });
    }
    Ok(())
}

/// The same trouble again is no news, though it may name another instant.
fn kind(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Believed => 0,
        Outcome::Stale(Stale::ServerDown { .. }) => 1,
        Outcome::Stale(Stale::NotQueried { .. }) => 2,
        Outcome::Stale(Stale::TooOld { .. }) => 3,
        Outcome::Stale(Stale::WrongClock { .. }) => 4,
        Outcome::Trouble(_) => 5,
    }
}

/// As it is kept: whole seconds.
pub(super) fn second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

//! `player history` and `group history`: who was on when, from our own record, and how much of the time is not known.
//!
//! Of somebody whose past was never asked for, it is asked now. Nothing is kept here.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

use super::{App, Asker, access, certain, group_named, look::Reach, server_name, server_of, watch::with_waiting};
use crate::{
    domain::{
        calendar,
        facts::FormerName,
        ids::{PlayerId, ServerId},
        names,
        notice::Notice,
        report::{
            DayTotal, Days, GroupHistory, HistoryLine, MemberHistory, MemberName, Outcome, Period, PlayerHistory,
            Purpose, ServerName, Total,
        },
        session::{self, Ending, Session, Source, Span},
        trouble::Trouble,
    },
    error::Result,
    store::{
        groups, inquiries, players, servers,
        sessions::{self, Visit},
        watch as kept,
    },
};

/// Sessions on a page.
const SESSIONS: usize = 10;

/// Sessions in one answer of BattleMetrics.
const TOLD_AT_ONCE: usize = 100;

/// Members on a page: with the totals, what a phone shows at once.
const MEMBERS: usize = 12;

/// Days that are told one by one.
const DAYS: u8 = 7;

/// How much of a past is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Depth {
    /// What is known, or told at once.
    Known,
    /// All that is told.
    All,
}

/// What is known of one player on one server.
struct Record {
    visits: Vec<Visit>,
    /// When we looked, or know otherwise; as [`session::union`] makes it.
    known: Vec<Span>,
}

/// What holds for everybody on a server.
struct Place {
    server: ServerName,
    windows: Vec<Span>,
    /// When the machine looked whose record was brought here; it tells of those whom it saw.
    elsewhere: Vec<Span>,
    /// The last look that the record is right for.
    until: Timestamp,
    /// Whether that look is the latest one.
    is_live: bool,
    /// Nobody can be recognised there.
    hides_names: bool,
    /// Those whose sessions are kept for long; of the others, nothing is claimed from before `strangers_since`.
    tracked: BTreeSet<PlayerId>,
    strangers_since: Timestamp,
    members_since: Timestamp,
    wiped: Option<Timestamp>,
    /// Visits that are over and wait to be kept.
    waiting: Vec<Visit>,
    now: Timestamp,
}

impl App {
    /// Totals, sessions and names of the player that `player` means, on the active server.
    ///
    /// # Errors
    /// Unusable input, unknown player, no server set, a page that is not there; the database failed.
    pub async fn player_history(&self, asker: &Asker, player: &str, page: usize) -> Result<Outcome<PlayerHistory>> {
        self.player_history_within(asker, player, page, (Reach::Outside, Depth::Known)).await.and_then(certain)
    }

    /// As [`Self::player_history`], with the sessions before those that were told at once: they are asked for now.
    ///
    /// # Errors
    /// As [`Self::player_history`].
    pub async fn player_history_with_older(
        &self,
        asker: &Asker,
        player: &str,
        page: usize,
    ) -> Result<Outcome<PlayerHistory>> {
        self.player_history_within(asker, player, page, (Reach::Outside, Depth::All)).await.and_then(certain)
    }

    /// As [`Self::player_history`], without asking any service; none when that takes one. Names are looked up outside.
    ///
    /// # Errors
    /// As [`Self::player_history`].
    pub async fn player_history_at_hand(
        &self,
        asker: &Asker,
        player: &str,
        page: usize,
    ) -> Result<Option<Outcome<PlayerHistory>>> {
        self.player_history_within(asker, player, page, (Reach::AtHand, Depth::Known)).await
    }

    async fn player_history_within(
        &self,
        asker: &Asker,
        player: &str,
        page: usize,
        (reach, depth): (Reach, Depth),
    ) -> Result<Option<Outcome<PlayerHistory>>> {
        let guild = asker.guild.clone();
        let (server, zone) = self
            .read(move |conn| Ok((server_of(conn, &guild, None)?, access::settings(conn, &guild)?.time_zone)))
            .await?;
        let found = match self.find_player_within(&asker.guild, player, server, reach).await? {
            Some(Outcome::Done(found)) => found,
            Some(Outcome::Choose(choice)) => return Ok(Some(Outcome::Choose(choice))),
            None => return Ok(None),
        };
        let (place, present) = self.place(server, vec![found.id]).await?;
        let since = present.first().and_then(|(_, since)| *since);
        let id = found.id;
        let (asked, visits) = self
            .read(move |conn| Ok((inquiries::of(conn, server, &[id])?.remove(&id), sessions::of(conn, id, server)?)))
            .await?;
        let visits = place.completed(visits, id, since);
        let known = asked.and_then(|asked| asked.known);
        let begins = |known: &Span| known.start() > Timestamp::MIN;
        let is_told = asked.is_some() && (depth == Depth::Known || !known.as_ref().is_some_and(begins));
        // Of a server that hides names nothing would be told.
        let is_enough = is_told || place.hides_names;
        if !is_enough && reach == Reach::AtHand {
            return Ok(None);
        }
        let answers = match depth {
            Depth::All => usize::MAX,
            // Nothing is kept of servers that are not watched: whoever turns the pages asks for as much as they hold.
            Depth::Known => page.saturating_mul(SESSIONS).div_ceil(TOLD_AT_ONCE).max(1),
        };
        let told = match is_enough {
            true => Ok(None),
            false => self.tell_the_past(&place, id, (&visits, known), answers).await.map(Some),
        };
        let (told, trouble) = told.map_or_else(|trouble| (None, Some(trouble)), |told| (told, None));
        // Once all was asked for that may be, more would not be told.
        let is_all = depth == Depth::All && trouble.is_none();
        let (visits, known) = told.unwrap_or((visits, known));
        let profile = self.read(move |conn| Ok(players::get(conn, id)?)).await?;
        let private = profile.as_ref().is_some_and(|profile| profile.private) && since.is_none();
        let may_be_told = !is_all && !private && !place.hides_names;
        let not_asked_before = known.filter(|known| may_be_told && begins(known)).map(Span::start);
        let record = place.record(id, visits, known, private);
        let sessions_total = record.visits.len();
        let lines = record.visits.iter().rev().map(|visit| HistoryLine {
            start: visit.start,
            stop: visit.stop,
            ending: visit.ending,
            source: visit.source,
        });
        let (page, pages, sessions) = paged(lines.collect(), page, SESSIONS);
        let spans = session::spans(&record.visits);
        let shown = |former: FormerName| FormerName { name: names::shown(&former.name), ..former };
        Ok(Some(Outcome::Done(PlayerHistory {
            player: id,
            name: names::shown(profile.as_ref().map_or(&found.name, |profile| &profile.name)),
            totals: place.totals(&spans, &record.known),
            days: place.days(&spans, &record.known, &zone),
            server: place.server,
            sessions,
            sessions_total,
            page,
            pages,
            names: profile.map_or_else(Vec::new, |profile| profile.names.into_iter().map(shown).collect()),
            as_of: place.until,
            hides_names: place.hides_names,
            private,
            not_asked_before,
            trouble,
        })))
    }

    /// Totals of a group and of each of its members, on the group's server.
    ///
    /// # Errors
    /// No such group, nobody in it, no server set; the database failed.
    pub async fn group_history(&self, asker: &Asker, group: &str, page: usize) -> Result<GroupHistory> {
        let (guild, name) = (asker.guild.clone(), group.to_owned());
        let (group, members, server, zone) = self
            .read(move |conn| {
                let group = group_named(conn, &guild, &name)?;
                let members = groups::members(conn, group.id)?;
                if members.is_empty() {
                    return Err(Notice::EmptyGroup { group: group.name }.into());
                }
                let server = server_of(conn, &guild, Some(&group))?;
                Ok((group, members, server, access::settings(conn, &guild)?.time_zone))
            })
            .await?;
        let linked: Vec<(PlayerId, MemberName)> =
            members.iter().filter_map(|member| Some((member.name.player?, member.name.clone()))).collect();
        let not_linked = members.len() - linked.len();
        let ids: Vec<PlayerId> = linked.iter().map(|(player, _)| *player).collect();
        let (place, present) = self.place(server, ids.clone()).await?;
        let kept = self
            .read(move |conn| {
                let asked = inquiries::of(conn, server, &ids)?;
                let private = players::private_among(conn, &ids)?;
                let visits = ids.iter().map(|id| {
                    let known = asked.get(id).and_then(|asked| asked.known);
                    Ok((sessions::of_tracked(conn, *id, server)?, known, private.contains(id)))
                });
                visits.collect::<Result<Vec<_>>>()
            })
            .await?;
        let mut together = Vec::new();
        let mut known_of_all: Option<Vec<Span>> = None;
        let mut rows = Vec::new();
        for (((player, member), (visits, told, private)), (_, since)) in linked.into_iter().zip(kept).zip(present) {
            let visits = place.completed(visits, player, since);
            let private = private && since.is_none();
            let record = place.record(player, visits, told, private);
            let spans = session::spans(&record.visits);
            let member = MemberName { name: names::shown(&member.name), ..member };
            let last_seen = record.visits.iter().map(|visit| visit.stop).max();
            rows.push(MemberHistory { member, totals: place.totals(&spans, &record.known), last_seen, private });
            together.extend(spans);
            known_of_all = Some(match known_of_all {
                Some(known) => session::common(&known, &record.known),
                None => record.known,
            });
        }
        let of_week = |row: &MemberHistory| {
            row.totals.iter().find(|total| total.period == Period::Week).map(|total| total.online)
        };
        rows.sort_by_key(|row| (std::cmp::Reverse((of_week(row), row.last_seen)), names::folded(&row.member.name)));
        let (page, pages, members) = paged(rows, page, MEMBERS);
        let (together, known) = (session::union(together), known_of_all.unwrap_or_else(|| place.windows.clone()));
        Ok(GroupHistory {
            group_id: group.id,
            group: group.name,
            totals: place.totals(&together, &known),
            days: place.days(&together, &known, &zone),
            server: place.server,
            members,
            not_linked,
            page,
            pages,
            as_of: place.until,
            hides_names: place.hides_names,
        })
    }

    /// What holds for everybody on the server, and since when each of these is on, in this order.
    async fn place(
        &self,
        server: ServerId,
        wanted: Vec<PlayerId>,
    ) -> Result<(Place, Vec<(PlayerId, Option<Timestamp>)>)> {
        let now = self.clock.now();
        let view = self.watch.view(server, &wanted, now);
        let forgotten = self.watch.forgotten_before(now);
        self.read(move |conn| {
            let mut windows = kept::windows(conn, server)?;
            let known = servers::get(conn, server)?;
            let (window, online, waiting, is_live, hides_names) = match view {
                Some(view) => (view.window, view.online, view.waiting, !view.hides_names, view.hides_names),
                None => {
                    let present = kept::present(conn, server)?.into_iter().collect();
                    let hides_names = known.as_ref().is_some_and(|known| known.hides_names);
                    (kept::window(conn, server)?, present, Vec::new(), false, hides_names)
                }
            };
            windows.extend(window.and_then(|window| window.span()));
            let place = Place {
                server: server_name(conn, server)?,
                windows: session::union(windows),
                elsewhere: kept::windows_elsewhere(conn, server)?,
                until: window.map_or(now, |window| window.until),
                is_live,
                hides_names,
                tracked: kept::demand(conn)?.remove(&server).unwrap_or_default(),
                strangers_since: forgotten.0,
                members_since: forgotten.1,
                wiped: known.and_then(|known| known.server.last_wipe),
                waiting,
                now,
            };
            Ok((place, wanted.into_iter().map(|player| (player, online.get(&player).copied())).collect()))
        })
        .await
    }

    /// Asks for the past of somebody of whom it is not known, or for what was before the time that is. Returns all sessions
    /// then, and when all are known by what was told.
    async fn tell_the_past(
        &self,
        place: &Place,
        player: PlayerId,
        (visits, known): (&[Visit], Option<Span>),
        answers: usize,
    ) -> std::result::Result<(Vec<Visit>, Option<Span>), Trouble> {
        let server = place.server.id;
        let told = self.ask_for_the_past(player, server, answers, Purpose::Person).await?;
        let (told, known) = match known {
            Some(known) => {
                let older = told.older_than(known.start());
                let known = older.prolonged(known);
                (older, known)
            }
            None => {
                let known = told.since.and_then(|since| Span::new(since, place.now));
                (told, known)
            }
        };
        let sessions = told.sessions.clone();
        if let Err(error) = self.learn_the_past(server, player, told, place.now).await {
            tracing::warn!(?error, "a past that was told could not be kept");
        }
        let told = sessions.iter().filter_map(|told| {
            let (start, stop) = (told.start?, told.stop.unwrap_or(place.now));
            let ending = if told.stop.is_some() { Ending::Left } else { Ending::Open };
            Some(Session { subject: player, place: server, start, stop, ending, source: Source::Told })
        });
        let told: Vec<Visit> = told.filter(|visit| visit.start < visit.stop).collect();
        // What was seen of strangers longer ago is forgotten: there, what is told is all there is.
        let remembered = Span::new(place.strangers_since, Timestamp::MAX);
        Ok((session::merge(visits, &session::common(&place.windows, remembered.as_slice()), &told), known))
    }
}

impl Place {
    /// The player's visits that the database told, with those that it did not hold yet.
    fn completed(&self, kept: Vec<Visit>, player: PlayerId, since: Option<Timestamp>) -> Vec<Visit> {
        let mut visits = with_waiting(kept, &self.waiting, player);
        visits.extend(self.running(player, since));
        visits
    }

    /// The session that runs, or ran when we lost sight of it.
    fn running(&self, player: PlayerId, since: Option<Timestamp>) -> Option<Visit> {
        let start = since?;
        let ending = if self.is_live { Ending::Open } else { Ending::Unobserved };
        let (place, stop) = (self.server.id, self.until.max(start));
        Some(Session { subject: player, place, start, stop, ending, source: Source::Watched })
    }

    /// What is known of a player: what was told, and what we saw, as far as that is kept. Since somebody with a private
    /// profile was last on, nothing was seen.
    fn record(&self, player: PlayerId, visits: Vec<Visit>, told: Option<Span>, private: bool) -> Record {
        let is_seen_elsewhere = |visit: &Visit| {
            let begins_in = |span: &Span| span.start() <= visit.stop && visit.start <= span.stop();
            visit.source == Source::Watched && self.elsewhere.iter().any(begins_in)
        };
        let elsewhere = if visits.iter().any(is_seen_elsewhere) { self.elsewhere.as_slice() } else { &[] };
        let windows = session::union(self.windows.iter().chain(elsewhere).copied());
        let mut seen = session::without(&windows, &session::out_of_sight(&visits, &windows, self.now));
        if private {
            let last = visits.iter().map(|visit| visit.stop).max().unwrap_or(Timestamp::MIN);
            seen = session::common(&seen, Span::new(Timestamp::MIN, last).as_slice());
        }
        let known = session::union(seen.into_iter().chain(told));
        let since = if self.tracked.contains(&player) { self.members_since } else { self.strangers_since };
        let kept = Span::new(since, Timestamp::MAX);
        Record { known: session::common(&known, kept.as_slice()), visits }
    }

    fn totals(&self, online: &[Span], known: &[Span]) -> Vec<Total> {
        let day = SignedDuration::from_hours(24);
        let periods = [
            (Period::Day, Span::before(self.now, day)),
            (Period::Week, Span::before(self.now, day * 7)),
            (Period::Month, Span::before(self.now, day * 30)),
            (Period::Wipe, self.wiped.and_then(|wiped| Span::new(wiped, self.now))),
        ];
        periods
            .into_iter()
            .filter_map(|(period, span)| {
                let span = span?;
                let (online, unknown) = shares(online, known, span);
                let (online, unknown) = (session::total(&online), session::total(&unknown));
                // Between the last look and now lies no gap while the watch goes on.
                let pending = self.now.duration_since(self.until.max(span.start()));
                let unknown = if self.is_live { unknown.saturating_sub(pending) } else { unknown };
                Some(Total { period, since: span.start(), online, unknown: unknown.max(SignedDuration::ZERO) })
            })
            .collect()
    }

    /// The last days of a zone that is named.
    fn days(&self, online: &[Span], known: &[Span], zone: &str) -> Days {
        // What a newer list of zones knew is not lost with it: the clock is only another one.
        let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        // Between the last look and now lies no gap while the watch goes on, and nothing else either.
        let until = if self.is_live { self.until.min(self.now) } else { self.now };
        // One day more than is told: at midnight nothing has gone by of the last one.
        let days = calendar::last_days(DAYS.into(), until, &zone).map_or_else(Vec::new, |span| {
            let (online, unknown) = shares(online, known, span);
            let (online, unknown) = (calendar::days(&online, &zone), calendar::days(&unknown, &zone));
            let all = calendar::days(&[span], &zone).into_iter().rev().take(DAYS.into());
            all.map(|(date, length)| {
                let of = |lengths: &BTreeMap<Date, SignedDuration>| lengths.get(&date).copied().unwrap_or_default();
                DayTotal { date, length, online: of(&online), unknown: of(&unknown) }
            })
            .collect()
        });
        Days { time_zone: zone.iana_name().unwrap_or("UTC").to_owned(), days }
    }
}

/// When somebody was there within a stretch of time, and when it is not known.
fn shares(online: &[Span], known: &[Span], within: Span) -> (Vec<Span>, Vec<Span>) {
    let known = session::union(known.iter().chain(online).copied());
    (session::common(online, &[within]), session::gaps(&known, within))
}

/// The wanted page, or the last one; which it is, and of how many.
fn paged<T>(all: Vec<T>, page: usize, size: usize) -> (usize, usize, Vec<T>) {
    let pages = all.len().div_ceil(size).max(1);
    let page = page.clamp(1, pages);
    (page, pages, all.into_iter().skip((page - 1) * size).take(size).collect())
}

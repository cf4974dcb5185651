//! How what is old goes again: a bite at a time, so that nobody waits for it and the disk has little to write.
//!
//! When a bite is taken, and for how long what is kept, is decided by the watch. Whoever asks to be forgotten is forgotten by
//! [`super::forget`].

use anyhow::Context;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use super::values::Seconds;

/// Where pruning goes on: it takes a bite at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bookmark {
    subject: i64,
    player: i64,
    sighting: i64,
}

/// Strangers' sessions of one place that are forgotten in one bite: more than come to a busy server in an hour.
const PASSAGES: i64 = 2000;

/// Players whose names are looked at in one bite. Rows that lie together and go together cost the disk one write.
const NAMES: i64 = 500;

/// Players whose sessions are looked at in one bite.
const SUBJECTS: i64 = 50;

/// Forgets a bite of what is old: strangers' sessions that ended before `strangers`, sessions of members that ended
/// before `members`, and what else was noted of strangers before `strangers`: names, visits, inquiries. Returns where to
/// go on.
///
/// # Errors
/// Those of the database.
pub fn prune(
    connection: &Connection,
    strangers: Timestamp,
    members: Timestamp,
    from: Bookmark,
) -> anyhow::Result<Bookmark> {
    prune_passages(connection, strangers)?;
    prune_inquiries(connection, strangers)?;
    let subject = prune_sessions(connection, strangers, members, from.subject)?;
    let player = prune_names(connection, strangers, from.player)?;
    let sighting = prune_sightings(connection, strangers, from.sighting)?;
    Ok(Bookmark { subject, player, sighting })
}

fn prune_passages(connection: &Connection, before: Timestamp) -> anyhow::Result<()> {
    let places: Vec<i64> = connection
        .prepare_cached("SELECT id FROM places")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for place in places {
        connection
            .prepare_cached(
                "DELETE FROM passages WHERE (place, stop, subject) IN
                     (SELECT place, stop, subject FROM passages WHERE place = ?1 AND stop < ?2 ORDER BY stop LIMIT ?3)",
            )?
            .execute(params![place, Seconds(before), PASSAGES])
            .context("forget passages")?;
    }
    Ok(())
}

/// Whether somebody is a member of a group, living or restorable.
const IS_MEMBER: &str = "EXISTS (SELECT 1 FROM members WHERE members.player = ?1)";

fn prune_sessions(
    connection: &Connection,
    strangers: Timestamp,
    members: Timestamp,
    after: i64,
) -> anyhow::Result<i64> {
    let sql = format!(
        "DELETE FROM sessions WHERE subject = ?1 AND start + length < CASE WHEN {IS_MEMBER} THEN ?2 ELSE ?3 END"
    );
    let mut subject = after;
    for _ in 0..SUBJECTS {
        // From one subject to the next by the index: a list of all would be read whole each time.
        let next: Option<i64> = connection
            .prepare_cached("SELECT subject FROM sessions WHERE subject > ?1 ORDER BY subject LIMIT 1")?
            .query_row([subject], |row| row.get(0))
            .optional()?;
        let Some(next) = next else { return Ok(0) };
        subject = next;
        let forgotten = connection
            .prepare_cached(&sql)?
            .execute(params![subject, Seconds(members), Seconds(strangers)])
            .context("forget sessions")?;
        if forgotten > 0 {
            claim_no_more(connection, subject, strangers)?;
        }
    }
    Ok(subject)
}

/// What was told of a stranger from before is not known any more. A member's inquiry stays as it is: that time is shown as
/// what is kept no longer.
fn claim_no_more(connection: &Connection, subject: i64, before: Timestamp) -> anyhow::Result<()> {
    for sql in [
        "DELETE FROM inquiries WHERE subject = ?1 AND told_until <= ?2",
        "UPDATE inquiries SET told_from = ?2 WHERE subject = ?1 AND (told_from IS NULL OR told_from < ?2)",
    ] {
        connection
            .prepare_cached(&format!("{sql} AND NOT {IS_MEMBER}"))?
            .execute(params![subject, Seconds(before)])
            .context("claim no more of the past")?;
    }
    Ok(())
}

fn prune_names(connection: &Connection, before: Timestamp, after: i64) -> anyhow::Result<i64> {
    let looked_at: Vec<(i64, i64)> = connection
        .prepare_cached("SELECT id, name_at FROM players WHERE id > ?1 ORDER BY id LIMIT ?2")?
        .query_map([after, NAMES], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (player, _) in looked_at.iter().filter(|(_, name_at)| *name_at < before.as_second()) {
        let kept: bool = connection
            .prepare_cached(&format!("SELECT {IS_MEMBER} OR EXISTS (SELECT 1 FROM sessions WHERE subject = ?1)"))?
            .query_row([player], |row| row.get(0))?;
        if !kept {
            super::players::forget(connection, *player)?;
        }
    }
    Ok(looked_at.last().map_or(0, |(player, _)| *player))
}

/// What an inquiry of a stranger told is forgotten by then.
fn prune_inquiries(connection: &Connection, before: Timestamp) -> anyhow::Result<()> {
    connection
        .prepare_cached(
            "DELETE FROM inquiries
             WHERE at < ?1 AND NOT EXISTS (SELECT 1 FROM members WHERE members.player = inquiries.subject)",
        )?
        .execute([Seconds(before)])
        .context("forget inquiries")?;
    Ok(())
}

/// Of somebody who was looked for and never got a name, nothing else would ever remind.
fn prune_sightings(connection: &Connection, before: Timestamp, after: i64) -> anyhow::Result<i64> {
    let last: Option<i64> = connection
        .prepare_cached(
            "SELECT max(player) FROM (SELECT player FROM sightings WHERE player > ?1 ORDER BY player LIMIT ?2)",
        )?
        .query_row([after, NAMES], |row| row.get(0))?;
    let Some(last) = last else { return Ok(0) };
    connection
        .prepare_cached(
            "DELETE FROM sightings WHERE player > ?1 AND player <= ?2 AND known_at < ?3
                 AND NOT EXISTS (SELECT 1 FROM players WHERE players.id = sightings.player)",
        )?
        .execute(params![after, last, Seconds(before)])
        .context("forget sightings")?;
    Ok(last)
}

/// Until when a session may have ended to be forgotten at `now`.
pub fn forgotten_before(now: Timestamp, days: u32) -> Timestamp {
    now.checked_sub(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::session::Span,
        store::{
            groups, inquiries, open, players, servers,
            servers::tests::server,
            sessions::{
                self,
                tests::{at, id, moose, visit},
            },
            sightings,
        },
    };

    const DAY: i64 = 86_400;

    #[test]
    fn of_strangers_nothing_stays_that_was_noted_in_passing() {
        let connection = open::in_memory();
        servers::remember(&connection, &server(5, "Moose"), at(0), None).unwrap();
        players::remember(&connection, &[(id(1), "Wolf".to_owned())], at(60 * DAY)).unwrap();
        let group = groups::create(&connection, &crate::domain::ids::GuildKey::local(), "Zoo", at(0)).unwrap();
        groups::add_member(&connection, group, Some(id(1)), None, "Wolf", at(0)).unwrap();
        for (player, day) in [(1, 0), (2, 0), (3, 50)] {
            inquiries::note(&connection, id(player), moose(), inquiries::Inquiry::answered(at(day * DAY))).unwrap();
            let nothing = sightings::Sighting {
                last_seen: None,
                first_seen: None,
                total: None,
                online: false,
                since: None,
                known_at: at(day * DAY),
            };
            sightings::record(&connection, moose(), &[(id(player), nothing)]).unwrap();
        }
        prune_all(&connection, 45, 0);
        let all = [1, 2, 3].map(id);
        let asked = inquiries::of(&connection, moose(), &all).unwrap();
        let noted = sightings::get(&connection, moose(), &all).unwrap();
        for (player, is_kept) in [(1, true), (2, false), (3, true)] {
            assert_eq!(asked.contains_key(&id(player)), is_kept, "the inquiry of {player}");
            assert_eq!(noted.contains_key(&id(player)), is_kept, "the sighting of {player}");
        }
    }

    #[test]
    fn a_file_from_which_strangers_go_again_does_not_grow_without_end() {
        let connection = open::in_memory();
        let pages = |connection: &Connection| {
            connection.pragma_query_value(None, "page_count", |row| row.get::<_, i64>(0)).unwrap()
        };
        let mut sizes = Vec::new();
        for week in 0..40 {
            let come = |number: i64| {
                let start = week * 7 * DAY + number * 300;
                visit(u64::try_from(week * 1000 + number % 700 + 1).unwrap(), start, start + 3600)
            };
            sessions::add_passages(&connection, moose(), &(0..1000).map(come).collect::<Vec<_>>()).unwrap();
            prune(&connection, at((week * 7 - 45) * DAY), at(-400 * DAY), Bookmark::default()).unwrap();
            sizes.push(pages(&connection));
        }
        let (early, late) = (sizes[9], sizes[39]);
        assert!(late <= early + early / 10, "{sizes:?}");
    }

    #[test]
    fn what_was_told_of_somebody_who_is_a_stranger_again_is_claimed_no_longer_than_it_is_kept() {
        let connection = open::in_memory();
        servers::remember(&connection, &server(5, "Moose"), at(0), None).unwrap();
        players::remember(&connection, &[(id(1), "Wolf".to_owned())], at(60 * DAY)).unwrap();
        let group = groups::create(&connection, &crate::domain::ids::GuildKey::local(), "Zoo", at(0)).unwrap();
        groups::add_member(&connection, group, Some(id(1)), None, "Wolf", at(0)).unwrap();
        for player in [1, 2, 3] {
            sessions::add(&connection, moose(), &[visit(player, 0, 100), visit(player, 50 * DAY, 50 * DAY + 9)])
                .unwrap();
        }
        let everything = inquiries::Inquiry::answered(at(60 * DAY));
        let long_ago = inquiries::Inquiry { known: Span::new(at(0), at(9 * DAY)), ..everything };
        for (player, inquiry) in [(1, everything), (2, everything), (3, long_ago)] {
            inquiries::note(&connection, id(player), moose(), inquiry).unwrap();
        }
        prune_all(&connection, 45, 0);
        let asked = inquiries::of(&connection, moose(), &[1, 2, 3].map(id)).unwrap();
        assert_eq!(asked[&id(1)], everything);
        assert_eq!(asked[&id(2)].known, Span::new(at(45 * DAY), at(60 * DAY)));
        assert_eq!(asked.get(&id(3)), None, "nothing is left of it");
    }

    fn prune_all(connection: &Connection, strangers: i64, members: i64) {
        let mut bookmark = Bookmark::default();
        for _ in 0..20 {
            bookmark = prune(connection, at(strangers * DAY), at(members * DAY), bookmark).unwrap();
        }
    }

    #[test]
    fn strangers_are_forgotten_sooner_than_members() {
        let connection = open::in_memory();
        servers::remember(&connection, &server(5, "Moose"), at(0), None).unwrap();
        for (number, name) in [(1, "Wolf"), (2, "Bear"), (3, "Former Fox")] {
            players::remember(&connection, &[(id(number), name.to_owned())], at(0)).unwrap();
        }
        let group = groups::create(&connection, &crate::domain::ids::GuildKey::local(), "Zoo", at(0)).unwrap();
        groups::add_member(&connection, group, Some(id(1)), None, "Wolf", at(0)).unwrap();
        for player in [1, 3] {
            sessions::add(&connection, moose(), &[visit(player, 0, 100), visit(player, 50 * DAY, 50 * DAY + 9)])
                .unwrap();
        }
        sessions::add_passages(&connection, moose(), &[visit(2, 0, 100), visit(4, 50 * DAY, 50 * DAY + 9)]).unwrap();
        let sighting = sightings::Sighting {
            last_seen: None,
            first_seen: None,
            total: None,
            online: false,
            since: None,
            known_at: at(0),
        };
        sightings::record(&connection, moose(), &[(id(2), sighting)]).unwrap();

        prune_all(&connection, 45, 0);
        let kept = |player| sessions::of(&connection, id(player), moose()).unwrap().len();
        assert_eq!((kept(1), kept(2), kept(3), kept(4)), (2, 0, 1, 1));
        let named = |player| players::get(&connection, id(player)).unwrap().is_some();
        assert_eq!((named(1), named(2), named(3)), (true, false, true), "who has sessions has a name");
        assert!(players::search(&connection, "bear", 9, |_| 0).unwrap().is_empty());
        assert_eq!(players::search(&connection, "fox", 9, |_| 0).unwrap().len(), 1);

        prune_all(&connection, 60, 45);
        assert_eq!((kept(1), kept(3), kept(4), named(3)), (1, 0, 0, false));
    }
}

//! When the past of players on servers was asked for, and how far back it was told.
//!
//! The sessions that were told are in [`super::sessions`]; whom to ask for is decided by the watch.

use std::collections::HashMap;

use anyhow::Context;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    values::Seconds,
    watch::{ensure_place, place},
};
use crate::domain::{
    ids::{PlayerId, ServerId},
    session::Span,
};

/// When the past of a player on a server was last asked for, and what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inquiry {
    /// When.
    pub at: Timestamp,
    /// From when until when all sessions are known by what was told; none when nothing was: so it is of private profiles.
    pub known: Option<Span>,
}

impl Inquiry {
    /// One that was answered with everything until then.
    pub fn answered(at: Timestamp) -> Self {
        Self { at, known: Span::new(Timestamp::MIN, at) }
    }
}

pub(super) const ALL: &str = "SELECT places.number, inquiries.subject, inquiries.at
 FROM inquiries JOIN places ON places.id = inquiries.place WHERE places.kind = 1";

/// When the past of each player on each server was last asked for.
///
/// # Errors
/// Those of the database.
pub fn all(connection: &Connection) -> anyhow::Result<HashMap<(ServerId, PlayerId), Timestamp>> {
    connection
        .prepare_cached(ALL)?
        .query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get::<_, Seconds>(2)?.0)))?
        .collect::<rusqlite::Result<_>>()
        .context("read the inquiries")
}

pub(super) const OF: &str = "SELECT at, told_from, told_until FROM inquiries WHERE subject = ?1 AND place = ?2";

/// When the past of these players on the server was last asked for, and what came of it.
///
/// # Errors
/// Those of the database.
pub fn of(
    connection: &Connection,
    server: ServerId,
    players: &[PlayerId],
) -> anyhow::Result<HashMap<PlayerId, Inquiry>> {
    let Some(place) = place(connection, server)? else { return Ok(HashMap::new()) };
    let mut statement = connection.prepare_cached(OF)?;
    let mut found = HashMap::new();
    for player in players {
        let inquiry = statement
            .query_row(params![player, place], |row| {
                let instant = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<Seconds>>(column)?.map(|at| at.0));
                let at = row.get::<_, Seconds>(0)?.0;
                let known = Span::new(instant(1)?.unwrap_or(Timestamp::MIN), instant(2)?.unwrap_or(at));
                Ok(Inquiry { at, known })
            })
            .optional()
            .context("read an inquiry")?;
        found.extend(inquiry.map(|inquiry| (*player, inquiry)));
    }
    Ok(found)
}

/// Notes that the player's past on the server was asked for.
///
/// # Errors
/// Those of the database.
pub fn note(connection: &Connection, player: PlayerId, server: ServerId, inquiry: Inquiry) -> anyhow::Result<()> {
    let place = ensure_place(connection, server)?;
    let Inquiry { at, known } = inquiry;
    let (from, until) = known.map_or((at, at), |known| (known.start(), known.stop()));
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO inquiries (subject, place, at, told_from, told_until) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            player,
            place,
            Seconds(at),
            (from > Timestamp::MIN).then_some(Seconds(from)),
            (until != at || known.is_none()).then_some(Seconds(until)),
        ])
        .context("note an inquiry")?;
    Ok(())
}

/// Lets the player's past on every server be asked for again.
///
/// # Errors
/// Those of the database.
pub fn forget(connection: &Connection, player: PlayerId) -> anyhow::Result<()> {
    connection
        .prepare_cached("DELETE FROM inquiries WHERE subject = ?1")?
        .execute([player])
        .context("forget the inquiries")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        open,
        sessions::tests::{at, id, moose},
    };

    #[test]
    fn an_inquiry_is_remembered() {
        let connection = open::in_memory();
        let inquiries = [
            Inquiry { at: at(7), known: None },
            Inquiry::answered(at(9)),
            Inquiry { at: at(9), known: Span::new(at(3), at(9)) },
            Inquiry { at: at(12), known: Span::new(at(3), at(9)) },
            Inquiry { at: at(12), known: Span::new(Timestamp::MIN, at(9)) },
        ];
        for inquiry in inquiries {
            note(&connection, id(1), moose(), inquiry).unwrap();
            let known = of(&connection, moose(), &[id(1), id(2)]).unwrap();
            assert_eq!(known, HashMap::from([(id(1), inquiry)]));
        }
        assert_eq!(all(&connection).unwrap(), HashMap::from([((moose(), id(1)), at(12))]));
    }
}

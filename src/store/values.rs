//! How our own types lie in a column: ids as INTEGER, instants as whole seconds UTC, lengths of time as seconds.
//!
//! No SQL, and no type that only one table has.

use jiff::{SignedDuration, Timestamp};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

use crate::domain::ids::{
    BoardId, ChangeId, ChannelId, GroupId, GuildKey, MemberId, MessageId, PlayerId, RoleId, ServerId, SteamId, UserId,
};

macro_rules! id_column {
    ($($id:ident),*) => {$(
        impl ToSql for $id {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                integer(self.get())
            }
        }

        impl FromSql for $id {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                let number = value.as_i64()?;
                u64::try_from(number).ok().and_then(Self::new).ok_or(FromSqlError::OutOfRange(number))
            }
        }
    )*};
}

id_column!(BoardId, ChangeId, ChannelId, GroupId, MemberId, MessageId, PlayerId, RoleId, ServerId, SteamId, UserId);

impl ToSql for GuildKey {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.as_str().into())
    }
}

/// An instant as a column holds it.
pub(super) struct Seconds(pub(super) Timestamp);

impl ToSql for Seconds {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.as_second().into())
    }
}

impl FromSql for Seconds {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let second = value.as_i64()?;
        Timestamp::from_second(second).map(Self).map_err(|_| FromSqlError::OutOfRange(second))
    }
}

/// A length of time as a column holds it.
pub(super) struct Length(pub(super) SignedDuration);

impl ToSql for Length {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.as_secs().into())
    }
}

impl FromSql for Length {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Ok(Self(SignedDuration::from_secs(value.as_i64()?)))
    }
}

/// A count as a column holds it; what `count(*)` gives fits everywhere.
pub(super) struct Count(pub(super) u64);

impl Count {
    /// Of things in memory.
    pub(super) fn of(number: usize) -> Self {
        Self(u64::try_from(number).unwrap_or(u64::MAX))
    }

    /// As a length of something in memory.
    pub(super) fn size(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl ToSql for Count {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        integer(self.0)
    }
}

impl FromSql for Count {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let number = value.as_i64()?;
        u64::try_from(number).map(Self).map_err(|_| FromSqlError::OutOfRange(number))
    }
}

fn integer(number: u64) -> rusqlite::Result<ToSqlOutput<'static>> {
    let number = i64::try_from(number).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    Ok(number.into())
}

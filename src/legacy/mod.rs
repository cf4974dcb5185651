//! What other bots left behind: their dumps, tables and instance files, read into rows, and the rows into one [`Plan`].
//!
//! Pure: text in, data out. Every byte is hostile: what is kept of a source is bounded, the rest of it is only passed over.
//! No files, no network; what is here already, and what is kept of a plan, is decided by the use case.

pub mod csv;
pub mod dump;
mod lexer;
mod plan;
pub mod python_rustops;
pub mod rustplusplus;
#[cfg(test)]
mod tests;

use std::io;

pub use self::plan::{Plan, PlannedGroup, PlannedMember, Row};
use crate::domain::keeping::{FileProblem, Unusable};

/// The most rows of one source: more than any guild may hold.
pub const MAX_ROWS: usize = 300_000;

/// The most bytes that are kept of one source.
pub const MAX_KEPT: usize = 256 << 20;

/// The most bytes of a value: `varchar(255)` of the widest characters.
pub const MAX_VALUE: usize = 1020;

/// Why a source could not be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// What is in it cannot be used.
    #[error("{0:?}")]
    Problem(FileProblem),
}

/// The tables of the Python RustOps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// One row a member; a group exists only as its rows.
    Groups,
    /// One row a group: what its last check found.
    LastChecked,
    /// Usually empty.
    ActiveServer,
}

impl Table {
    /// All of them, in the order in which they are used.
    pub const ALL: [Self; 3] = [Self::Groups, Self::LastChecked, Self::ActiveServer];

    /// As it is called in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Groups => "groups",
            Self::LastChecked => "last_checked",
            Self::ActiveServer => "active_server",
        }
    }

    /// In the order in which the guide creates them.
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Groups => &["id", "name", "member", "steam_id", "battle_id", "date"],
            Self::LastChecked => &["id", "group_name", "active_count", "total_count", "date"],
            Self::ActiveServer => &["server_id", "server_name", "date"],
        }
    }

    /// What tells it from another program's table of the same name.
    fn needed(self) -> &'static [&'static str] {
        match self {
            Self::Groups => &["name", "member"],
            Self::LastChecked => &["group_name", "active_count", "total_count"],
            Self::ActiveServer => &["server_id", "server_name"],
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }

    /// Where each of our columns stands among `columns`; `None` when this is not our table.
    fn layout<T: AsRef<str>>(self, columns: &[T]) -> Option<Vec<Option<usize>>> {
        let place = |wanted: &&str| columns.iter().position(|column| column.as_ref() == *wanted);
        let ours = self.needed().iter().all(|needed| place(needed).is_some());
        ours.then(|| self.columns().iter().map(place).collect())
    }
}

/// A row as it was found: the values in the order of [`Table::columns`], NULL and absent ones as `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawRow {
    /// Of which table.
    pub table: Table,
    /// The line where it begins, from 1; 0 when there are no lines.
    pub line: u64,
    /// The values, or why they cannot be used.
    pub values: Result<Vec<Option<String>>, Unusable>,
}

/// Rows of the tables, as many as there were.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// In the order of the source.
    pub rows: Vec<RawRow>,
    /// The source ended in the middle of a table.
    pub cut_short: bool,
    /// At least one of the tables was there, if only empty.
    pub found_table: bool,
    kept: usize,
}

impl Rows {
    /// Keeps a row whose values stand as `layout` says.
    fn add(
        &mut self,
        table: Table,
        line: u64,
        layout: &[Option<usize>],
        mut values: Vec<Value>,
        expected: usize,
    ) -> Result<(), ReadError> {
        let mut read = |place: &Option<usize>| match place.and_then(|place| values.get_mut(place)) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::TooLong) => Err(Unusable::TooLong),
            Some(Value::Text(text)) => String::from_utf8(std::mem::take(text)).map(Some).map_err(|_| Unusable::NotText),
        };
        let row: Result<Vec<_>, _> = layout.iter().map(&mut read).collect();
        let values = if values.len() == expected { row } else { Err(Unusable::WrongForm) };
        self.push(RawRow { table, line, values })
    }

    /// Keeps a row.
    ///
    /// # Errors
    /// When there are too many.
    pub fn push(&mut self, row: RawRow) -> Result<(), ReadError> {
        let bytes: usize = row.values.iter().flatten().flatten().map(String::len).sum();
        self.kept += bytes + size_of::<RawRow>();
        if self.rows.len() >= MAX_ROWS || self.kept > MAX_KEPT {
            let limit = MAX_ROWS.try_into().unwrap_or(u64::MAX);
            return Err(ReadError::Problem(FileProblem::TooLarge { limit }));
        }
        self.rows.push(row);
        Ok(())
    }

    /// Appends what another source held.
    ///
    /// # Errors
    /// When there are too many.
    pub fn extend(&mut self, other: Self) -> Result<(), ReadError> {
        self.cut_short |= other.cut_short;
        self.found_table |= other.found_table;
        other.rows.into_iter().try_for_each(|row| self.push(row))
    }
}

/// A value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Null,
    Text(Vec<u8>),
    TooLong,
}

impl Value {
    fn of(bytes: &[u8]) -> Self {
        if bytes.len() > MAX_VALUE { Self::TooLong } else { Self::Text(bytes.to_vec()) }
    }

    fn push(&mut self, byte: u8) {
        match self {
            Self::Text(text) if text.len() < MAX_VALUE => text.push(byte),
            Self::Text(_) => *self = Self::TooLong,
            Self::Null | Self::TooLong => {}
        }
    }
}

/// What the first bytes of a text file say against it.
fn beginning(bytes: &[u8]) -> Option<FileProblem> {
    match bytes {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some(FileProblem::Encoding { found: "UTF-16".to_owned() }),
        [b'P', b'G', b'D', b'M', b'P', ..] => Some(FileProblem::NotPlain),
        _ => None,
    }
}

/// The mark that some editors put before UTF-8 text.
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

//! `import python-rustops`: rows of that bot, from wherever they come, become a plan and then groups.
//!
//! Opening files is the door's business; what a plan does is in [`super::adopt`].

use secrecy::SecretString;

use super::{App, Asker, settings};
use crate::{
    domain::{
        keeping::{Adopted, FileProblem},
        notice::Notice,
    },
    error::{Error, Result},
    legacy::{MAX_ROWS, ReadError, Rows, python_rustops},
};

/// Where that bot's rows are.
pub enum PythonRustops {
    /// Read from files.
    Rows(Rows),
    /// `postgres://…`, with the password in it.
    Live(SecretString),
}

/// How to understand them.
#[derive(Clone, Debug, Default)]
pub struct PythonOptions {
    /// The IANA name of the zone in which that bot's host wrote its dates; UTC unless given.
    pub time_zone: Option<String>,
    /// The text of its file `.activeServer`.
    pub active_server: Option<String>,
    /// Keep nothing, only tell.
    pub dry_run: bool,
}

impl App {
    /// Brings everything that bot knew into the asker's guild.
    ///
    /// # Errors
    /// No such time zone; nothing of that bot in the source; no right to manage; a service or the database failed.
    pub async fn bring_over(&self, asker: &Asker, source: PythonRustops, options: PythonOptions) -> Result<Adopted> {
        asker.may_manage()?;
        let zone = options.time_zone.as_deref().unwrap_or("UTC");
        let zone = settings::zone(zone)?;
        let zone = jiff::tz::TimeZone::get(&zone).map_err(anyhow::Error::from)?;
        let rows = match source {
            PythonRustops::Rows(rows) => rows,
            PythonRustops::Live(url) => live(&url).await?,
        };
        let plan = python_rustops::plan(rows, &zone, options.active_server.as_deref());
        self.adopt(asker, plan, options.dry_run).await
    }
}

#[cfg(feature = "postgres")]
async fn live(url: &SecretString) -> Result<Rows> {
    use crate::{
        legacy::{MAX_KEPT, Table, csv},
        remote::postgres::{self, PostgresError},
    };
    let path = postgres::place(url);
    let names = Table::ALL.map(Table::name);
    let found = postgres::tables(url, &names, MAX_KEPT).await.map_err(|error| {
        let problem = match error {
            PostgresError::TooLarge => FileProblem::TooLarge { limit: MAX_ROWS as u64 },
            other => FileProblem::Unusable { cause: other.to_string() },
        };
        Error::from(Notice::File { path: path.clone(), problem })
    })?;
    let mut rows = Rows::default();
    for (table, bytes) in Table::ALL.into_iter().zip(found) {
        let Some(bytes) = bytes else { continue };
        let read = csv::read(table, bytes.as_slice()).and_then(|read| rows.extend(read));
        read.map_err(|error| source_error(&path, error))?;
    }
    if !rows.found_table {
        return Err(Notice::File { path, problem: FileProblem::NothingInside }.into());
    }
    Ok(rows)
}

#[cfg(not(feature = "postgres"))]
async fn live(_: &SecretString) -> Result<Rows> {
    let cause = "this build cannot connect to PostgreSQL: make a dump with pg_dump".to_owned();
    Err(Notice::File { path: "postgres://".to_owned(), problem: FileProblem::Unusable { cause } }.into())
}

/// Why a source could not be read, for the user.
pub fn source_error(path: &str, error: ReadError) -> Error {
    let problem = match error {
        ReadError::Problem(problem) => problem,
        ReadError::Io(error) if error.kind() == std::io::ErrorKind::NotFound => FileProblem::Missing,
        ReadError::Io(error) => FileProblem::Unusable { cause: error.to_string() },
    };
    Notice::File { path: path.to_owned(), problem }.into()
}

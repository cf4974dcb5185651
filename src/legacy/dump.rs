//! A plain `pg_dump` of any kind: COPY blocks, `--inserts`, `--column-inserts`, several rows an INSERT.
//!
//! Finds the rows of our tables and passes over everything else. What a row means is known in [`super::python_rustops`].

use std::{
    collections::HashMap,
    io::{self, BufRead, Read as _},
};

use super::{
    BYTE_ORDER_MARK, MAX_VALUE, ReadError, Rows, Table, Value, beginning,
    lexer::{Lexer, Line, Token, unescaped},
};
use crate::domain::keeping::FileProblem;

/// The most bytes of a line of COPY data that are looked at: six values, each byte escaped as `\x00`.
const MAX_LINE: usize = 6 * 4 * MAX_VALUE;

/// The most columns of a table that are looked at.
const MAX_COLUMNS: usize = 64;

/// The rows of our tables in a plain dump.
///
/// # Errors
/// When the source fails, is no plain dump in UTF-8, or holds more than anybody has.
pub fn read(mut source: impl BufRead) -> Result<Rows, ReadError> {
    // A pipe may hand over less than asked for, so the beginning is read apart and put before the rest.
    let mut start = Vec::new();
    source.by_ref().take(5).read_to_end(&mut start)?;
    if let Some(problem) = beginning(&start) {
        return Err(ReadError::Problem(problem));
    }
    let start = start.strip_prefix(&BYTE_ORDER_MARK).map(<[u8]>::to_vec).unwrap_or(start);
    let mut dump = Dump {
        lexer: Lexer::new(io::Cursor::new(start).chain(source)),
        created: HashMap::new(),
        found: Rows::default(),
    };
    dump.statements()?;
    dump.found.cut_short |= dump.lexer.cut_short || dump.lexer.unfinished;
    Ok(dump.found)
}

struct Dump<R> {
    lexer: Lexer<R>,
    /// The columns of our tables as CREATE TABLE told them, in their order; `None` when only another program's was made.
    created: HashMap<Table, Option<Vec<String>>>,
    found: Rows,
}

/// Our table and where its columns stand, or one that is not ours.
struct Target {
    table: Table,
    layout: Vec<Option<usize>>,
    columns: usize,
}

impl<R: BufRead> Dump<R> {
    fn statements(&mut self) -> Result<(), ReadError> {
        loop {
            match self.lexer.next()? {
                Token::End => return Ok(()),
                Token::Sign(b';') => {}
                Token::Word(word) => match word.as_str() {
                    "copy" => self.copy()?,
                    "insert" => self.insert()?,
                    "create" => self.create()?,
                    "set" => self.set()?,
                    _ => self.skip_statement()?,
                },
                _ => self.skip_statement()?,
            }
        }
    }

    fn skip_statement(&mut self) -> io::Result<()> {
        while !matches!(self.lexer.next()?, Token::Sign(b';') | Token::End) {}
        Ok(())
    }

    /// `SET client_encoding = 'UTF8'`, `SET standard_conforming_strings = on`
    fn set(&mut self) -> Result<(), ReadError> {
        let mut said = Vec::new();
        loop {
            match self.lexer.next()? {
                Token::Sign(b';') | Token::End => break,
                Token::Word(word) | Token::Name(word) if said.len() < 4 => said.push(word),
                Token::Text(Value::Text(text)) if said.len() < 4 => {
                    said.push(String::from_utf8_lossy(&text).to_lowercase());
                }
                _ => {}
            }
        }
        if self.lexer.cut_short {
            return Ok(());
        }
        match said.iter().map(String::as_str).filter(|word| *word != "to").collect::<Vec<_>>().as_slice() {
            ["client_encoding", encoding] if !matches!(*encoding, "utf8" | "utf-8" | "unicode" | "sql_ascii") => {
                let found = crate::domain::names::cut(&encoding.to_uppercase(), 40);
                Err(ReadError::Problem(FileProblem::Encoding { found }))
            }
            ["standard_conforming_strings", value] => {
                self.lexer.escapes = *value == "off";
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// A table's name, of which only the last part counts, and the token behind it.
    fn table(&mut self) -> io::Result<(Option<Table>, Token)> {
        let mut table = None;
        loop {
            match self.lexer.next()? {
                Token::Word(name) if table.is_none() && matches!(name.as_str(), "only" | "if" | "not" | "exists") => {}
                Token::Word(name) | Token::Name(name) => {
                    table = Table::named(&name);
                    match self.lexer.next()? {
                        Token::Sign(b'.') => {}
                        token => return Ok((table, token)),
                    }
                }
                token => return Ok((table, token)),
            }
        }
    }

    /// The names in `(a, b, …)`, of which the bracket was read.
    fn columns(&mut self) -> io::Result<Vec<String>> {
        let mut columns = Vec::new();
        loop {
            match self.lexer.next()? {
                Token::Word(name) | Token::Name(name) if columns.len() < MAX_COLUMNS => columns.push(name),
                Token::Sign(b')') | Token::End => return Ok(columns),
                _ => {}
            }
        }
    }

    fn target(&mut self, table: Option<Table>, columns: Option<Vec<String>>) -> Option<Target> {
        let table = table?;
        let told = match columns {
            Some(columns) => Some(columns),
            None => self.created.get(&table).cloned().unwrap_or_else(|| {
                let usual = table.columns().iter();
                Some(usual.map(|column| (*column).to_owned()).collect())
            }),
        }?;
        let (layout, columns) = (table.layout(&told)?, told.len());
        self.found.found_table = true;
        Some(Target { table, layout, columns })
    }

    /// `CREATE TABLE t (a integer NOT NULL, b varchar(255), CONSTRAINT …);`
    fn create(&mut self) -> io::Result<()> {
        loop {
            match self.lexer.next()? {
                Token::Word(word) if word == "table" => break,
                Token::Word(word)
                    if matches!(word.as_str(), "unlogged" | "temporary" | "temp" | "global" | "local") => {}
                Token::Sign(b';') | Token::End => return Ok(()),
                _ => return self.skip_statement(),
            }
        }
        let (Some(table), Token::Sign(b'(')) = self.table()? else { return self.skip_statement() };
        let mut columns = Vec::new();
        let mut depth = 0_u64;
        let mut begins = true;
        loop {
            let token = self.lexer.next()?;
            match token {
                Token::End => return Ok(()),
                Token::Sign(b'(') => depth += 1,
                Token::Sign(b')') if depth == 0 => break,
                Token::Sign(b')') => depth -= 1,
                Token::Sign(b',') if depth == 0 => {
                    begins = true;
                    continue;
                }
                Token::Word(ref word)
                    if begins && matches!(word.as_str(), "constraint" | "primary" | "unique" | "check" | "like") => {}
                Token::Word(name) | Token::Name(name) if begins && columns.len() < MAX_COLUMNS => columns.push(name),
                _ => {}
            }
            begins = false;
        }
        // A table of that name in another schema does not hide ours.
        if table.layout(&columns).is_some() {
            self.created.insert(table, Some(columns));
            self.found.found_table = true;
        } else {
            self.created.entry(table).or_insert(None);
        }
        self.skip_statement()
    }

    /// `COPY t (a, b) FROM stdin;` and the lines behind it.
    fn copy(&mut self) -> Result<(), ReadError> {
        let (table, mut token) = self.table()?;
        let mut columns = None;
        if token == Token::Sign(b'(') {
            columns = Some(self.columns()?);
            token = self.lexer.next()?;
        }
        let from = token == Token::Word("from".to_owned());
        let stdin = from && self.lexer.next()? == Token::Word("stdin".to_owned());
        if !stdin {
            return if token == Token::Sign(b';') { Ok(()) } else { Ok(self.skip_statement()?) };
        }
        self.skip_statement()?;
        self.lexer.skip_line()?;
        let target = self.target(table, columns);
        loop {
            let line = self.lexer.line();
            let Some(Line { text, fits }) = self.lexer.whole_line(MAX_LINE)? else {
                self.found.cut_short = true;
                return Ok(());
            };
            if text == b"\\." {
                return Ok(());
            }
            if let Some(target) = &target {
                let mut values = copied(&text);
                if !fits {
                    values.fill(Value::TooLong);
                }
                self.found.add(target.table, line, &target.layout, values, target.columns)?;
            }
        }
    }

    /// `INSERT INTO t (a, b) VALUES (1, 'x'), (2, 'y') ON CONFLICT DO NOTHING;`
    fn insert(&mut self) -> Result<(), ReadError> {
        if self.lexer.next()? != Token::Word("into".to_owned()) {
            return Ok(self.skip_statement()?);
        }
        let (table, mut token) = self.table()?;
        let mut columns = None;
        if token == Token::Sign(b'(') {
            columns = Some(self.columns()?);
            token = self.lexer.next()?;
        }
        let Some(target) = self.target(table, columns) else {
            return if token == Token::Sign(b';') { Ok(()) } else { Ok(self.skip_statement()?) };
        };
        // OVERRIDING SYSTEM VALUE may stand in between.
        while matches!(&token, Token::Word(word) if word != "values") {
            token = self.lexer.next()?;
        }
        loop {
            match self.lexer.next()? {
                Token::Sign(b'(') => {
                    let line = self.lexer.line();
                    let Some(values) = self.values()? else {
                        self.found.cut_short = true;
                        return Ok(());
                    };
                    self.found.add(target.table, line, &target.layout, values, target.columns)?;
                }
                Token::Sign(b',') => {}
                Token::Sign(b';') | Token::End => return Ok(()),
                _ => return Ok(self.skip_statement()?),
            }
        }
    }

    /// The values up to the closing bracket; `None` when the source ends before it.
    fn values(&mut self) -> io::Result<Option<Vec<Value>>> {
        let mut values = Vec::new();
        let mut value = None;
        let mut depth = 0_u64;
        loop {
            match self.lexer.next()? {
                Token::End => return Ok(None),
                Token::Sign(b'(') => depth += 1,
                Token::Sign(b')') if depth > 0 => depth -= 1,
                sign @ Token::Sign(b',' | b')') if depth == 0 => {
                    if values.len() < MAX_COLUMNS {
                        values.push(value.take().unwrap_or(Value::Null));
                    }
                    if sign == Token::Sign(b')') {
                        return Ok((!self.lexer.cut_short).then_some(values));
                    }
                }
                // Only the first piece counts: what follows is a cast.
                Token::Text(text) if value.is_none() => value = Some(text),
                Token::Word(word) if value.is_none() && word == "null" => value = Some(Value::Null),
                Token::Word(word) if value.is_none() => value = Some(Value::Text(word.into_bytes())),
                _ => {}
            }
        }
    }
}

/// The values of a line of COPY data: <https://www.postgresql.org/docs/current/sql-copy.html>, "Text Format".
fn copied(line: &[u8]) -> Vec<Value> {
    let value = |bytes: &[u8]| if bytes == b"\\N" { Value::Null } else { unescaped(bytes) };
    line.split(|byte| *byte == b'\t').take(MAX_COLUMNS).map(value).collect()
}

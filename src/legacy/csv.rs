//! A table as comma-separated values, as `\copy … csv header` writes it (RFC 4180): an empty value is NULL unless quoted.
//!
//! Reads row by row. What a row means is known in [`super::python_rustops`].

use std::io::{self, BufRead, Read as _};

use super::{BYTE_ORDER_MARK, ReadError, Rows, Table, Value, beginning, lexer::Lexer};

/// The most columns that are looked at.
const MAX_COLUMNS: usize = 64;

/// The rows of `table`. The first line may name the columns; without it they stand in the order of the guide.
///
/// # Errors
/// When the source fails, is not UTF-8 text, or holds more than anybody has.
pub fn read(table: Table, mut source: impl BufRead) -> Result<Rows, ReadError> {
    let mut start = Vec::new();
    source.by_ref().take(5).read_to_end(&mut start)?;
    if let Some(problem) = beginning(&start) {
        return Err(ReadError::Problem(problem));
    }
    let start = start.strip_prefix(&BYTE_ORDER_MARK).map(<[u8]>::to_vec).unwrap_or(start);
    let mut lexer = Lexer::new(io::Cursor::new(start).chain(source));
    let mut found = Rows { found_table: true, ..Rows::default() };
    let usual = table.columns();
    let mut layout: Vec<Option<usize>> = (0..usual.len()).map(Some).collect();
    let mut columns = usual.len();
    let mut first = true;
    loop {
        let line = lexer.line();
        let Some(values) = record(&mut lexer)? else { break };
        if let Some((names, named)) = first.then(|| header(table, &values)).flatten() {
            (layout, columns) = (named, names);
        } else if values != [Value::Null] {
            found.add(table, line, &layout, values, columns)?;
        }
        first = false;
    }
    found.cut_short = lexer.cut_short;
    Ok(found)
}

/// How many columns a header names, and where ours stand; `None` when it is a row.
fn header(table: Table, values: &[Value]) -> Option<(usize, Vec<Option<usize>>)> {
    let name = |value: &Value| match value {
        Value::Text(text) => String::from_utf8_lossy(text).trim().to_lowercase(),
        _ => String::new(),
    };
    let names: Vec<String> = values.iter().map(name).collect();
    Some((names.len(), table.layout(&names)?))
}

fn record(lexer: &mut Lexer<impl BufRead>) -> io::Result<Option<Vec<Value>>> {
    if lexer.peek()?.is_none() {
        return Ok(None);
    }
    let mut values = Vec::new();
    loop {
        let (value, end) = field(lexer)?;
        if values.len() < MAX_COLUMNS {
            values.push(value);
        }
        if end {
            return Ok(Some(values));
        }
    }
}

/// A value, and whether it is the last of its row.
fn field(lexer: &mut Lexer<impl BufRead>) -> io::Result<(Value, bool)> {
    let mut value = Value::Text(Vec::new());
    let mut quoted = false;
    let mut inside = false;
    loop {
        let Some(byte) = lexer.bump()? else {
            lexer.cut_short |= inside;
            return Ok((finished(value, quoted), true));
        };
        match byte {
            b'"' if inside => {
                if lexer.peek()? == Some(b'"') {
                    lexer.bump()?;
                    value.push(b'"');
                } else {
                    inside = false;
                }
            }
            byte if inside => value.push(byte),
            b'"' if value == Value::Text(Vec::new()) => (quoted, inside) = (true, true),
            b',' => return Ok((finished(value, quoted), false)),
            b'\n' => return Ok((finished(value, quoted), true)),
            b'\r' if lexer.peek()? == Some(b'\n') => {}
            byte => value.push(byte),
        }
    }
}

fn finished(value: Value, quoted: bool) -> Value {
    if !quoted && value == Value::Text(Vec::new()) { Value::Null } else { value }
}

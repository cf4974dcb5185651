//! SQL as `pg_dump` writes it, cut into tokens: <https://www.postgresql.org/docs/current/sql-syntax-lexical.html>.
//!
//! Reads byte by byte and keeps one token at a time. What the tokens mean is known in [`super::dump`].

use std::io::{self, BufRead};

use super::{MAX_VALUE, Value};

/// A piece of SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A key word, an unquoted name (lower case) or a number.
    Word(String),
    /// A quoted name.
    Name(String),
    /// A string.
    Text(Value),
    /// Any other sign.
    Sign(u8),
    /// Something that is not needed, such as a function's body.
    Other,
    /// The end of the source.
    End,
}

/// Longer words are none of ours.
const MAX_WORD: usize = 64;

/// The most bytes of a string before its escapes are resolved: four for each.
const MAX_RAW: usize = 4 * MAX_VALUE;

/// A line of COPY data.
pub(super) struct Line {
    pub(super) text: Vec<u8>,
    /// It is not longer than what is kept of it.
    pub(super) fits: bool,
}

pub(super) struct Lexer<R> {
    source: R,
    line: u64,
    /// Backslashes are escapes in all strings: `standard_conforming_strings = off`.
    pub(super) escapes: bool,
    /// The source ended inside a token.
    pub(super) cut_short: bool,
    /// `pg_dump` said at its beginning that a dump follows, and not yet that it is complete.
    pub(super) unfinished: bool,
}

/// What `pg_dump` writes before everything else, and behind it. `pg_dumpall` writes both for each database.
const BEGINS: &[u8] = b" PostgreSQL database dump";
const ENDS: &[u8] = b" PostgreSQL database dump complete";

impl<R: BufRead> Lexer<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source, line: 1, escapes: false, cut_short: false, unfinished: false }
    }

    /// The line that is being read, from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    pub(super) fn peek(&mut self) -> io::Result<Option<u8>> {
        Ok(self.source.fill_buf()?.first().copied())
    }

    pub(super) fn bump(&mut self) -> io::Result<Option<u8>> {
        let byte = self.peek()?;
        if let Some(byte) = byte {
            self.source.consume(1);
            self.line += u64::from(byte == b'\n');
        }
        Ok(byte)
    }

    fn bump_if(&mut self, wanted: u8) -> io::Result<bool> {
        let found = self.peek()? == Some(wanted);
        if found {
            self.bump()?;
        }
        Ok(found)
    }

    /// Passes over the rest of the line.
    pub(super) fn skip_line(&mut self) -> io::Result<()> {
        while !matches!(self.bump()?, None | Some(b'\n')) {}
        Ok(())
    }

    /// The next line without its end; `None` when the source ends before the line does.
    pub(super) fn whole_line(&mut self, limit: usize) -> io::Result<Option<Line>> {
        let mut line = Line { text: Vec::new(), fits: true };
        loop {
            match self.bump()? {
                // The end mark of the data needs no line break behind it.
                None => return Ok((line.text == b"\\.").then_some(line)),
                Some(b'\n') => break,
                Some(byte) if line.text.len() < limit => line.text.push(byte),
                Some(_) => line.fits = false,
            }
        }
        if line.text.last() == Some(&b'\r') {
            line.text.pop();
        }
        Ok(Some(line))
    }

    pub(super) fn next(&mut self) -> io::Result<Token> {
        loop {
            let Some(byte) = self.bump()? else { return Ok(Token::End) };
            return match byte {
                b' ' | b'\t' | b'\r' | b'\n' | 0x0b | 0x0c => continue,
                b'-' if self.bump_if(b'-')? => {
                    self.remark()?;
                    continue;
                }
                b'/' if self.bump_if(b'*')? => {
                    self.skip_comment()?;
                    continue;
                }
                // An instruction to psql, such as \restrict.
                b'\\' => {
                    self.skip_line()?;
                    continue;
                }
                b'\'' => self.text(self.escapes),
                b'"' => self.name(),
                b'$' => self.dollar(),
                byte if is_word(byte) => self.word(byte),
                byte => Ok(Token::Sign(byte)),
            };
        }
    }

    /// A comment up to the end of its line.
    fn remark(&mut self) -> io::Result<()> {
        let mut said = Vec::new();
        while let Some(byte) = self.bump()?.filter(|byte| *byte != b'\n') {
            if said.len() <= ENDS.len() {
                said.push(byte);
            }
        }
        match said.trim_ascii_end() {
            BEGINS => self.unfinished = true,
            ENDS => self.unfinished = false,
            _ => {}
        }
        Ok(())
    }

    fn skip_comment(&mut self) -> io::Result<()> {
        let mut depth = 1_u64;
        while depth > 0 {
            match self.bump()? {
                None => {
                    self.cut_short = true;
                    return Ok(());
                }
                Some(b'*') if self.bump_if(b'/')? => depth -= 1,
                Some(b'/') if self.bump_if(b'*')? => depth += 1,
                Some(_) => {}
            }
        }
        Ok(())
    }

    fn word(&mut self, first: u8) -> io::Result<Token> {
        let mut word = vec![first];
        while let Some(byte) = self.peek()?.filter(|byte| is_word(*byte) || *byte == b'.' && first.is_ascii_digit()) {
            self.bump()?;
            if word.len() < MAX_WORD {
                word.push(byte);
            }
        }
        if matches!(word.as_slice(), [b'e' | b'E']) && self.bump_if(b'\'')? {
            return self.text(true);
        }
        let word = String::from_utf8(word).map(|word| word.to_lowercase());
        Ok(word.map_or(Token::Other, Token::Word))
    }

    fn name(&mut self) -> io::Result<Token> {
        let mut name = Vec::new();
        loop {
            match self.bump()? {
                None => self.cut_short = true,
                Some(b'"') if !self.bump_if(b'"')? => {}
                Some(byte) => {
                    if name.len() < MAX_WORD {
                        name.push(byte);
                    }
                    continue;
                }
            }
            return Ok(String::from_utf8(name).map_or(Token::Other, Token::Name));
        }
    }

    fn text(&mut self, escapes: bool) -> io::Result<Token> {
        let mut raw = Vec::new();
        let mut keep = |byte| {
            if raw.len() <= MAX_RAW {
                raw.push(byte);
            }
        };
        loop {
            match self.bump()? {
                None => {
                    self.cut_short = true;
                    break;
                }
                Some(b'\'') if !self.bump_if(b'\'')? => break,
                Some(b'\\') if escapes => {
                    keep(b'\\');
                    self.bump()?.into_iter().for_each(&mut keep);
                }
                Some(byte) => keep(byte),
            }
        }
        Ok(Token::Text(match escapes {
            true => unescaped(&raw),
            false => Value::of(&raw),
        }))
    }

    /// `$tag$ … $tag$`, or a parameter such as `$1`.
    fn dollar(&mut self) -> io::Result<Token> {
        let mut tag = vec![b'$'];
        loop {
            match self.peek()? {
                Some(b'$') => {
                    self.bump()?;
                    tag.push(b'$');
                    break;
                }
                Some(byte) if is_word(byte) && tag.len() < MAX_WORD => {
                    self.bump()?;
                    tag.push(byte);
                }
                _ => return Ok(Token::Other),
            }
        }
        // The last bytes read, as many as the tag has.
        let mut last: std::collections::VecDeque<u8> = std::collections::VecDeque::with_capacity(tag.len());
        loop {
            let Some(byte) = self.bump()? else {
                self.cut_short = true;
                return Ok(Token::Other);
            };
            if last.len() == tag.len() {
                last.pop_front();
            }
            last.push_back(byte);
            if last.iter().eq(&tag) {
                return Ok(Token::Other);
            }
        }
    }
}

/// Text with what stands behind its backslashes, in strings and in COPY data alike: a letter, 1 to 3 octal digits, or `x`
/// and 1 to 2 hexadecimal ones. All else stands for itself.
pub(super) fn unescaped(raw: &[u8]) -> Value {
    let mut value = Value::Text(Vec::new());
    let mut rest = raw;
    while let Some((byte, after)) = rest.split_first() {
        let (byte, read) = if *byte == b'\\' { escape(after) } else { (*byte, 0) };
        value.push(byte);
        rest = after.get(read..).unwrap_or_default();
    }
    value
}

/// The byte that an escape stands for, and how many bytes behind the backslash it takes.
fn escape(after: &[u8]) -> (u8, usize) {
    let digits = |from: &[u8], most, radix| -> Vec<u32> {
        from.iter().take(most).map_while(|byte| char::from(*byte).to_digit(radix)).collect()
    };
    let code = |digits: &[u32], radix| digits.iter().fold(0, |code: u32, digit| code * radix + digit).to_le_bytes()[0];
    match after {
        [] => (b'\\', 0),
        [b'x', rest @ ..] => match digits(rest, 2, 16).as_slice() {
            [] => (b'x', 1),
            found => (code(found, 16), 1 + found.len()),
        },
        [b'0'..=b'7', ..] => {
            let found = digits(after, 3, 8);
            (code(&found, 8), found.len())
        }
        [b'b', ..] => (0x08, 1),
        [b'f', ..] => (0x0c, 1),
        [b'n', ..] => (b'\n', 1),
        [b'r', ..] => (b'\r', 1),
        [b't', ..] => (b'\t', 1),
        [b'v', ..] => (0x0b, 1),
        [other, ..] => (*other, 1),
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

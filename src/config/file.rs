//! Files as they are read: with an end, for the owner alone, and `config.toml` key by key.
//!
//! Nothing here quotes a line of a file: it may hold a token.

use std::{
    fmt, fs,
    io::{self, Read as _},
    path::Path,
};

use serde::Deserialize;

use super::ConfigError;

/// More bytes than any configuration or secret has.
const MOST_BYTES: u64 = 64 << 10;

/// The keys of `config.toml`. An unknown one is an error, for it is most often a misspelt known one.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    discord_token: Option<String>,
    discord_token_file: Option<String>,
    battlemetrics_token: Option<String>,
    battlemetrics_token_file: Option<String>,
    steam_key: Option<String>,
    steam_key_file: Option<String>,
    data_dir: Option<String>,
    log: Option<String>,
    discord_api_url: Option<String>,
    battlemetrics_url: Option<String>,
    steam_url: Option<String>,
    release_url: Option<String>,
    watch_interval: Option<u32>,
    keep_strangers_days: Option<u32>,
    keep_members_days: Option<u32>,
}

impl File {
    pub(super) fn take(&mut self, key: &str) -> Option<String> {
        let number = match key {
            "watch_interval" => self.watch_interval.take(),
            "keep_strangers_days" => self.keep_strangers_days.take(),
            "keep_members_days" => self.keep_members_days.take(),
            _ => None,
        };
        if let Some(number) = number {
            return Some(number.to_string());
        }
        let field = match key {
            "discord_token" => &mut self.discord_token,
            "discord_token_file" => &mut self.discord_token_file,
            "battlemetrics_token" => &mut self.battlemetrics_token,
            "battlemetrics_token_file" => &mut self.battlemetrics_token_file,
            "steam_key" => &mut self.steam_key,
            "steam_key_file" => &mut self.steam_key_file,
            "data_dir" => &mut self.data_dir,
            "log" => &mut self.log,
            "discord_api_url" => &mut self.discord_api_url,
            "battlemetrics_url" => &mut self.battlemetrics_url,
            "steam_url" => &mut self.steam_url,
            "release_url" => &mut self.release_url,
            _ => return None,
        };
        field.take().filter(|text| !text.trim().is_empty())
    }
}

/// Why a file of ours could not be read.
#[derive(Debug)]
pub enum Unread {
    /// What the system says.
    Io(io::ErrorKind),
    /// It goes on and on.
    TooLong,
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(io::ErrorKind::NotFound) => f.write_str("it does not exist"),
            Self::Io(io::ErrorKind::IsADirectory) => f.write_str("it is a folder"),
            Self::Io(io::ErrorKind::InvalidData) => f.write_str("it is not text in UTF-8"),
            Self::Io(kind) => kind.fmt(f),
            Self::TooLong => write!(f, "it has more than {} KiB", MOST_BYTES >> 10),
        }
    }
}

/// The text in a file. A pipe will do as well, such as `<(pass show discord)` or `/dev/stdin`; whatever it is, it has an end.
pub(super) fn read(path: &Path) -> Result<String, Unread> {
    let look = || -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        fs::File::open(path)?.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = look().map_err(|error| Unread::Io(error.kind()))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MOST_BYTES) {
        return Err(Unread::TooLong);
    }
    String::from_utf8(bytes).map_err(|_| Unread::Io(io::ErrorKind::InvalidData))
}

/// TOML's own error message quotes the line: only its place and the key are passed on.
pub(super) fn parse(path: &Path, text: &str) -> Result<File, ConfigError> {
    toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let key = text
            .lines()
            .nth(line - 1)
            .and_then(|line| line.split_once('='))
            .map(|(key, _)| format!(" ({})", key.trim()))
            .unwrap_or_default();
        ConfigError::Malformed { path: path.to_owned(), line, key, what: what_is_wrong(error.message()) }
    })
}

fn what_is_wrong(message: &str) -> String {
    let first = message.lines().next().unwrap_or_default();
    match first {
        unknown if unknown.starts_with("unknown field") => "this key is not known".to_owned(),
        kind if kind.starts_with("invalid type") => "the value has to be a text in quotes".to_owned(),
        twice if twice.starts_with("duplicate key") => "this key stands twice".to_owned(),
        _ => "this is not TOML; a line reads like: key = \"value\"".to_owned(),
    }
}

#[cfg(unix)]
pub(super) fn too_open(path: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt as _;
    let found = fs::metadata(path).ok()?;
    (found.is_file() && found.permissions().mode() & 0o077 != 0)
        .then(|| format!("{0} can be read by other users of this machine. Mend it with: chmod 600 {0}", path.display()))
}

#[cfg(not(unix))]
pub(super) fn too_open(_: &Path) -> Option<String> {
    None
}

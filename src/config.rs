//! Configuration: flags, then environment, then `config.toml`, then defaults, made into one validated [`Config`].
//!
//! The only room that reads the environment, looks for standard folders or knows TOML. Secrets leave it wrapped, and its
//! own errors never quote a line of the file.

use std::{
    collections::BTreeMap,
    fmt, fs, io,
    ops::RangeInclusive,
    path::{Path, PathBuf},
};

use directories::ProjectDirs;
use secrecy::SecretString;
use serde::Serialize;
use url::Url;

use crate::domain::release;

pub mod edit;
mod file;

pub use self::file::Unread;
use self::file::{File, parse, read, too_open};

/// The commented example, printed by `rustops config default`.
pub const EXAMPLE: &str = include_str!("../dist/config.example.toml");

const BATTLEMETRICS: &str = "https://api.battlemetrics.com";
const STEAM: &str = "https://api.steampowered.com";

/// Said in place of an address to have nobody ask there.
const OFF: &str = "off";

/// The configuration of the bot as a system service. Read by those who may, if they have none of their own, so that
/// `sudo rustops doctor` and the like see what the service sees.
pub const SYSTEM_FILE: &str = "/etc/rustops/config.toml";

/// The data of the bot as a system service.
pub const SYSTEM_DATA: &str = "/var/lib/rustops";

/// Where systemd puts a service's credentials, <https://systemd.io/CREDENTIALS/>.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// Where Docker puts a container's secrets.
const DOCKER_SECRETS: &str = "/run/secrets";

/// Everything the program can be told from outside, checked.
#[derive(Debug)]
pub struct Config {
    /// Where the file is looked for, whether it exists or not.
    pub config_file: PathBuf,
    /// Where the database lies.
    pub data_dir: PathBuf,
    /// The bot's token.
    pub discord_token: Option<SecretString>,
    /// BattleMetrics' personal access token.
    pub battlemetrics_token: Option<SecretString>,
    /// Steam's Web API key.
    pub steam_key: Option<SecretString>,
    /// A REST proxy that is trusted to keep Discord's limits; none: Discord itself.
    pub discord_api_url: Option<Url>,
    /// BattleMetrics' API.
    pub battlemetrics_url: Url,
    /// Steam's Web API.
    pub steam_url: Url,
    /// Where the latest release is told of; none: nobody asks.
    pub release_url: Option<Url>,
    /// A level, or levels by part of the program: see [`crate::log::start`].
    pub log: String,
    /// How often a server with tracked players is polled, in seconds: 30 to 600.
    pub watch_interval: u32,
    /// For how many days sessions and names of strangers are kept: 1 to 3650.
    pub keep_strangers_days: u32,
    /// For how many days sessions of members are kept: 1 to 3650.
    pub keep_members_days: u32,
    /// Where each value came from, by key; secrets are told as `set`.
    pub told: BTreeMap<&'static str, Told>,
    /// What works but should be mended.
    pub warnings: Vec<String>,
    /// What could not be used, where that is no reason to stop.
    pub faults: Vec<ConfigError>,
}

/// One value as `rustops config show` tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// The value, or `set` for a secret; none: not set.
    pub value: Option<String>,
    /// Where it came from.
    pub from: Origin,
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "origin", content = "name", rename_all = "snake_case")]
pub enum Origin {
    /// A flag of this name.
    Flag(String),
    /// An environment variable of this name.
    Environment(String),
    /// `config.toml`.
    File,
    /// Nobody said anything.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "flag --{name}"),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::File => f.write_str("config.toml"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// What the configuration is wanted for: how much may be wrong with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// To be used: nothing may be wrong.
    #[default]
    ToUse,
    /// To be written: the file may be missing, and a secret in it that cannot be used counts as not set.
    ToWrite,
    /// To be looked at: whatever cannot be used is kept as a fault, and its default stands in.
    ToExamine,
}

/// What was typed on the command line, not yet checked.
#[derive(Clone, Default)]
pub struct Flags {
    /// `--config`
    pub config: Option<PathBuf>,
    /// What the configuration is wanted for.
    pub wanted: Wanted,
    /// Every other flag by the name of its key (`data_dir`, `discord_token`, `discord_token_file` …).
    pub values: BTreeMap<&'static str, String>,
}

/// Why there is no usable configuration. Says the file, line and key, never a value.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// No home, so no standard folders.
    #[error(
        "There is no home directory to keep configuration and data in. Say where with --config FILE and --data-dir DIR."
    )]
    NoHome,
    /// The file exists and cannot be read.
    #[error("{path} cannot be read: {cause}. Check its owner and rights, or name another file with --config FILE.")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: Unread,
    },
    /// `--config` names a file that is not there.
    #[error("{path} does not exist. Make it with: rustops config default > {path}")]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The file is not as it should be.
    #[error("{path}, line {line}{key}: {what}. See all keys with: rustops config default")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// ` (key)`, or nothing.
        key: String,
        /// What is wrong.
        what: String,
    },
    /// A value cannot be used.
    #[error("{key} (from {from}) {what}.")]
    BadValue {
        /// Its key.
        key: &'static str,
        /// Where it came from.
        from: Origin,
        /// What is wrong, as the end of a sentence.
        what: String,
    },
}

/// The environment's names of a key, the preferred one first.
fn environment_names(key: &str) -> &'static [&'static str] {
    match key {
        "discord_token" => &["DISCORD_TOKEN"],
        "discord_token_file" => &["DISCORD_TOKEN_FILE"],
        // The second is how the Python RustOps spelt it.
        "battlemetrics_token" => &["BATTLEMETRICS_TOKEN", "BATTLEMETTRIC_TOKEN"],
        "battlemetrics_token_file" => &["BATTLEMETRICS_TOKEN_FILE"],
        "steam_key" => &["STEAM_KEY"],
        "steam_key_file" => &["STEAM_KEY_FILE"],
        "config" => &["RUSTOPS_CONFIG"],
        "data_dir" => &["RUSTOPS_DATA_DIR"],
        "log" => &["RUSTOPS_LOG"],
        "discord_api_url" => &["RUSTOPS_DISCORD_API_URL"],
        "battlemetrics_url" => &["RUSTOPS_BATTLEMETRICS_URL"],
        "steam_url" => &["RUSTOPS_STEAM_URL"],
        "release_url" => &["RUSTOPS_RELEASE_URL"],
        "watch_interval" => &["RUSTOPS_WATCH_INTERVAL"],
        "keep_strangers_days" => &["RUSTOPS_KEEP_STRANGERS_DAYS"],
        "keep_members_days" => &["RUSTOPS_KEEP_MEMBERS_DAYS"],
        _ => &[],
    }
}

/// Reads the process' environment; a value that is no Unicode counts as not there.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Where this program lies.
///
/// # Errors
/// When the system does not say.
pub fn program() -> io::Result<PathBuf> {
    std::env::current_exe()
}

/// Where a user's own units of systemd lie.
pub fn user_units() -> Option<PathBuf> {
    Some(directories::BaseDirs::new()?.config_dir().join("systemd/user"))
}

/// Whether just this word stands in what the process was called with, for when it could not be read otherwise.
pub fn was_typed(word: &str) -> bool {
    std::env::args_os().any(|typed| typed == word)
}

impl Config {
    /// Puts the configuration together. `environment` is [`environment`] but for tests.
    ///
    /// # Errors
    /// Names the file, line, key or flag that cannot be used.
    pub fn load(flags: &Flags, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let folders = ProjectDirs::from("", "", "rustops");
        let config_file = config_file(flags, environment, folders.as_ref())?;
        let (told, warnings, faults) = (BTreeMap::new(), Vec::new(), Vec::new());
        let mut sources = Sources { flags, environment, file: File::default(), told, warnings, faults };
        let file = sources.read_file(&config_file);
        sources.file = sources.or_default(file)?;

        let discord_token = sources.secret("discord_token", "discord_token_file")?;
        let battlemetrics_token = sources.secret("battlemetrics_token", "battlemetrics_token_file")?;
        let steam_key = sources.secret("steam_key", "steam_key_file")?;
        let discord_api_url = sources.url("discord_api_url");
        let discord_api_url = sources.or_default(discord_api_url)?;
        let battlemetrics_url = sources.url_or("battlemetrics_url", BATTLEMETRICS)?;
        let steam_url = sources.url_or("steam_url", STEAM)?;
        let release_url = sources.release_url();
        let release_url = sources.or_default(release_url)?;
        let log = sources.text("log").map_or_else(|| "info".to_owned(), |(text, _)| text);
        let watch_interval = sources.number("watch_interval", 60, 30..=600)?;
        let keep_strangers_days = sources.number("keep_strangers_days", 45, 1..=3650)?;
        let keep_members_days = sources.number("keep_members_days", 400, 1..=3650)?;
        let data_dir = match (sources.text("data_dir"), &folders) {
            (Some((text, _)), _) => PathBuf::from(text),
            (None, Some(folders)) => folders.data_dir().to_owned(),
            (None, None) => return Err(ConfigError::NoHome),
        };
        sources.tell("data_dir", &data_dir.display().to_string());
        sources.tell("log", &log);

        Ok(Self {
            config_file,
            data_dir,
            discord_token,
            battlemetrics_token,
            steam_key,
            discord_api_url,
            battlemetrics_url,
            steam_url,
            release_url,
            log,
            watch_interval,
            keep_strangers_days,
            keep_members_days,
            told: sources.told,
            warnings: sources.warnings,
            faults: sources.faults,
        })
    }

    /// What to log, if anybody said so.
    pub fn log_if_told(&self) -> Option<&str> {
        self.told.get("log").filter(|told| told.from != Origin::Default).map(|_| self.log.as_str())
    }

    /// The database's file.
    pub fn database(&self) -> PathBuf {
        self.data_dir.join("rustops.db")
    }
}

/// All places a value can come from, asked in their order.
struct Sources<'a> {
    flags: &'a Flags,
    environment: &'a dyn Fn(&str) -> Option<String>,
    file: File,
    told: BTreeMap<&'static str, Told>,
    warnings: Vec<String>,
    faults: Vec<ConfigError>,
}

impl Sources<'_> {
    /// What was found, or nothing where a fault is no reason to stop.
    fn or_default<T: Default>(&mut self, found: Result<T, ConfigError>) -> Result<T, ConfigError> {
        match found {
            Err(fault) if self.flags.wanted == Wanted::ToExamine => {
                self.faults.push(fault);
                Ok(T::default())
            }
            found => found,
        }
    }

    fn read_file(&mut self, path: &Path) -> Result<File, ConfigError> {
        let must_exist = self.flags.wanted != Wanted::ToWrite && named(self.flags, self.environment).is_some();
        match read(path) {
            Ok(text) => {
                self.warn_if_too_open(path);
                parse(path, &text)
            }
            Err(Unread::Io(io::ErrorKind::NotFound)) if !must_exist => Ok(File::default()),
            Err(Unread::Io(io::ErrorKind::NotFound)) => Err(ConfigError::Missing { path: path.to_owned() }),
            Err(cause) => Err(ConfigError::Unreadable { path: path.to_owned(), cause }),
        }
    }

    fn warn_if_too_open(&mut self, path: &Path) {
        // Systemd shuts others out of its credentials by an access list, which looks like rights of the group. Docker's
        // secrets lie in a container that has one user.
        let kept_apart = path.starts_with(DOCKER_SECRETS)
            || (self.environment)(CREDENTIALS).is_some_and(|folder| path.starts_with(folder));
        self.warnings.extend(too_open(path).filter(|_| !kept_apart));
    }

    /// The value of `key` and where it came from; an empty one counts as not there.
    fn text(&mut self, key: &'static str) -> Option<(String, Origin)> {
        let found = self.find(key);
        let from = found.as_ref().map_or(Origin::Default, |(_, from)| from.clone());
        self.told.insert(key, Told { value: found.as_ref().map(|(text, _)| text.clone()), from });
        found
    }

    fn find(&mut self, key: &'static str) -> Option<(String, Origin)> {
        if let Some(text) = self.flags.values.get(key) {
            return Some((text.trim().to_owned(), Origin::Flag(key.replace('_', "-"))));
        }
        for name in environment_names(key) {
            if let Some(text) = (self.environment)(name).filter(|text| !text.trim().is_empty()) {
                return Some((text.trim().to_owned(), Origin::Environment((*name).to_owned())));
            }
        }
        if let Some(path) = self.credential(key) {
            return Some((path, Origin::Environment(CREDENTIALS.to_owned())));
        }
        self.file.take(key).map(|text| (text.trim().to_owned(), Origin::File))
    }

    /// The file that systemd has put there for `discord_token_file` and the like.
    fn credential(&self, key: &'static str) -> Option<String> {
        let secret = key.strip_suffix("_file")?;
        let path = Path::new(&(self.environment)(CREDENTIALS)?).join(format!("rustops.{secret}"));
        path.exists().then(|| path.display().to_string())
    }

    fn tell(&mut self, key: &'static str, value: &str) {
        if let Some(told) = self.told.get_mut(key) {
            told.value = Some(value.to_owned());
        }
    }

    /// A secret, given itself or as a file that holds it. Of the two, the one from the stronger place wins.
    fn secret(&mut self, key: &'static str, file_key: &'static str) -> Result<Option<SecretString>, ConfigError> {
        let itself = self.find(key);
        let in_file = self.find(file_key);
        let from = match (&itself, &in_file) {
            (Some((_, itself)), Some((_, in_file))) if strength(in_file) > strength(itself) => in_file.clone(),
            (Some((_, from)), _) | (None, Some((_, from))) => from.clone(),
            (None, None) => Origin::Default,
        };
        let found = match (itself, in_file) {
            (Some((text, its)), _) if its == from => usable_secret(key, &from, text).map(Some),
            (_, Some((path, _))) => {
                self.warn_if_too_open(Path::new(&path));
                read_secret(file_key, &from, &path).and_then(|text| usable_secret(file_key, &from, text)).map(Some)
            }
            _ => Ok(None),
        };
        let found = match found {
            // A better one is about to be asked for.
            Err(fault) if self.flags.wanted == Wanted::ToWrite && from == Origin::File => {
                self.faults.push(fault);
                None
            }
            found => self.or_default(found)?,
        };
        let from = if found.is_some() { from } else { Origin::Default };
        self.told.insert(key, Told { value: found.as_ref().map(|_| "set".to_owned()), from });
        Ok(found)
    }

    fn url(&mut self, key: &'static str) -> Result<Option<Url>, ConfigError> {
        let Some((text, from)) = self.text(key) else { return Ok(None) };
        let bad = |what: &str| ConfigError::BadValue { key, from: from.clone(), what: what.to_owned() };
        let url = Url::parse(&text).map_err(|_| bad("is not a URL; it should look like https://example.org"))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(bad("is not a web address; it should begin with https:// or http://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad("holds a user name or password; that is not supported"));
        }
        Ok(Some(url))
    }

    fn number(&mut self, key: &'static str, default: u32, allowed: RangeInclusive<u32>) -> Result<u32, ConfigError> {
        let Some((text, from)) = self.text(key) else {
            self.tell(key, &default.to_string());
            return Ok(default);
        };
        let number = text.parse().ok().filter(|number| allowed.contains(number)).ok_or_else(|| {
            let what = format!("is not a whole number from {} to {}", allowed.start(), allowed.end());
            ConfigError::BadValue { key, from, what }
        });
        Ok(self.or_default(number.map(Some))?.unwrap_or(default))
    }

    /// Unless somebody says otherwise, where our own repository tells of releases.
    fn release_url(&mut self) -> Result<Option<Url>, ConfigError> {
        let key = "release_url";
        match self.text(key) {
            Some((text, _)) if text.eq_ignore_ascii_case(OFF) => Ok(None),
            Some(_) => self.url(key),
            None => {
                let url = release::told_at(release::HOME);
                self.tell(key, url.as_deref().unwrap_or(OFF));
                Ok(url.and_then(|url| Url::parse(&url).ok()))
            }
        }
    }

    fn url_or(&mut self, key: &'static str, default: &'static str) -> Result<Url, ConfigError> {
        let from = Origin::Default;
        let url = self.url(key);
        match self.or_default(url)? {
            Some(url) => Ok(url),
            None => {
                self.tell(key, default);
                Url::parse(default).map_err(|cause| ConfigError::BadValue { key, from, what: cause.to_string() })
            }
        }
    }
}

fn strength(from: &Origin) -> u8 {
    match from {
        Origin::Flag(_) => 3,
        Origin::Environment(_) => 2,
        Origin::File => 1,
        Origin::Default => 0,
    }
}

fn read_secret(key: &'static str, from: &Origin, path: &str) -> Result<String, ConfigError> {
    let bad = |cause| {
        let what = format!("names the file {path}, which cannot be read: {cause}");
        ConfigError::BadValue { key, from: from.clone(), what }
    };
    read(Path::new(path)).map(|text| text.trim().to_owned()).map_err(bad)
}

/// A secret goes into an HTTP header or a query: anything else than visible ASCII is a copying accident.
fn usable_secret(key: &'static str, from: &Origin, text: String) -> Result<SecretString, ConfigError> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        let what = "is empty or holds blanks or special characters; copy it again".to_owned();
        return Err(ConfigError::BadValue { key, from: from.clone(), what });
    }
    Ok(SecretString::from(text))
}

/// The file that somebody has named.
fn named(flags: &Flags, environment: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let from_environment =
        || environment_names("config").iter().find_map(|name| environment(name)).filter(|path| !path.is_empty());
    flags.config.clone().or_else(|| from_environment().map(PathBuf::from))
}

fn config_file(
    flags: &Flags,
    environment: &dyn Fn(&str) -> Option<String>,
    folders: Option<&ProjectDirs>,
) -> Result<PathBuf, ConfigError> {
    match (named(flags, environment), folders.map(|folders| folders.config_dir().join("config.toml"))) {
        (Some(path), _) => Ok(path),
        (None, Some(own)) if own.exists() || !readable(Path::new(SYSTEM_FILE)) => Ok(own),
        (None, _) if readable(Path::new(SYSTEM_FILE)) => Ok(PathBuf::from(SYSTEM_FILE)),
        (None, _) => Err(ConfigError::NoHome),
    }
}

fn readable(path: &Path) -> bool {
    fs::File::open(path).is_ok()
}

#[cfg(test)]
mod tests;

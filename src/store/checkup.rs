//! A look at the database without changing it: which version, whether it is sound, which channels it knows.
//!
//! For `doctor`, beside a bot that may be running. What follows from it is not decided here.

use std::{fs, io, path::Path};

use anyhow::Context as _;
use rusqlite::Connection;

use super::{OpenError, copies, open};
use crate::domain::ids::{ChannelId, GuildKey};

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkup {
    /// The file's version.
    pub version: i32,
    /// The newest that this program knows.
    pub newest: i32,
    /// Bytes.
    pub size: u64,
    /// What SQLite finds wrong, at most ten findings; empty: sound.
    pub damage: Vec<String>,
    /// Where the bot writes by itself, in each guild that it is in: where problems are told, and where boards stand.
    pub channels: Vec<(GuildKey, ChannelId)>,
    /// What to type to go back to the newest copy, if there is one.
    pub way_back: Option<String>,
}

/// Looks at the file; `None` when there is none yet. Blocks, for about a second for each gigabyte.
///
/// # Errors
/// When it cannot be opened.
pub fn checkup(path: &Path) -> Result<Option<Checkup>, OpenError> {
    let size = match fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => found.len(),
        Ok(_) => return Err(OpenError::NotAFile { path: path.to_owned() }),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(OpenError::of(path, cause.into())),
    };
    let version = open::inspect(path)?;
    let newest = open::VERSION;
    let look = || -> anyhow::Result<_> {
        let connection = open::reader(path)?;
        let channels = if version == newest { channels(&connection)? } else { Vec::new() };
        Ok((damage(&connection)?, channels))
    };
    let (damage, channels) = look().map_err(|cause| OpenError::of(path, cause))?;
    let way_back = copies::newest(path).map(|copy| copies::restoring(&copy));
    Ok(Some(Checkup { version, newest, size, damage, channels, way_back }))
}

/// All but the agreement of tables and indexes, which would take many times as long:
/// <https://sqlite.org/pragma.html#pragma_quick_check>.
fn damage(connection: &Connection) -> anyhow::Result<Vec<String>> {
    let mut statement = connection.prepare("PRAGMA quick_check(10)")?;
    let lines = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>();
    Ok(lines.context("check the database")?.into_iter().filter(|line| line != "ok").collect())
}

fn channels(connection: &Connection) -> anyhow::Result<Vec<(GuildKey, ChannelId)>> {
    let mut statement = connection.prepare(
        "SELECT key, log_channel FROM guilds WHERE left_at IS NULL AND log_channel IS NOT NULL
         UNION SELECT key, channel FROM boards JOIN guilds ON key = guild WHERE left_at IS NULL AND removed_at IS NULL
         ORDER BY 1, 2",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
    let rows: Vec<_> = rows.collect::<rusqlite::Result<_>>().context("read the channels")?;
    Ok(rows.into_iter().filter_map(|(guild, channel)| Some((guild.parse().ok()?, channel))).collect())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::store::{Store, guilds};

    #[test]
    fn a_bot_that_was_never_started_has_no_database() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(checkup(&folder.path().join("rustops.db")).unwrap(), None);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "looking makes nothing");
    }

    #[tokio::test]
    async fn a_sound_database_says_its_version_and_its_channels_while_it_is_in_use() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rustops.db");
        let store = Store::open(&path, Timestamp::UNIX_EPOCH).unwrap();
        let guild: GuildKey = "42".parse().unwrap();
        let (known, channel) = (guild.clone(), ChannelId::new(7).unwrap());
        store
            .write(move |tx| {
                guilds::ensure(tx, &guild, Timestamp::UNIX_EPOCH)?;
                let mut settings = guilds::get(tx, &guild)?.unwrap().settings;
                settings.log_channel = Some(channel);
                guilds::set_settings(tx, &guild, &settings)
            })
            .await
            .unwrap();
        let found = checkup(&path).unwrap().unwrap();
        assert_eq!((found.version, found.damage.len()), (found.newest, 0));
        assert_eq!(found.channels, [(known, channel)]);
    }

    #[test]
    fn a_damaged_page_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rustops.db");
        drop(Store::open(&path, Timestamp::UNIX_EPOCH).unwrap());
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle..middle + 8192].fill(0xAA);
        fs::write(&path, bytes).unwrap();
        match checkup(&path) {
            Ok(Some(found)) => assert!(!found.damage.is_empty()),
            other => assert!(matches!(other, Err(OpenError::Corrupt { .. })), "{other:?}"),
        }
    }
}

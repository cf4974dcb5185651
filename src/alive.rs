//! How the outside learns that the bot lives: a heartbeat file beside the database for `health` and `doctor`, and systemd's
//! readiness and watchdog messages.
//!
//! One step each; the loop that calls them is owned by the wiring, so that they stop when it stands still. No tasks, no clock.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The file's name in the data directory.
const FILE: &str = "heartbeat";

/// How often the heart beats if systemd wants nothing faster.
const USUAL_PAUSE: Duration = Duration::from_secs(15);

/// After so long without a beat the bot counts as dead: several beats may be late on a busy machine.
const DEAD_AFTER: SignedDuration = SignedDuration::from_secs(90);

/// A file of ours has some hundred bytes; a longer one is none.
const MOST_BYTES: u64 = 4096;

/// One beat of the heart, as the file holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beat {
    /// When the heart beat.
    pub at: Timestamp,
    /// When the process started.
    pub since: Timestamp,
    /// Its number on this machine (in a container: there).
    pub process: u32,
    /// Whether Discord has said that the bot is in.
    pub connected: bool,
}

impl Beat {
    /// Reads what the file holds; none when that is no heartbeat.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// What this beat says at a later time.
    pub fn pulse(self, now: Timestamp) -> Pulse {
        // A beat of the future is one of before the clock was set back: who lives beats again, by the new time.
        if now.duration_since(self.at).abs() > DEAD_AFTER { Pulse::Stopped(self) } else { Pulse::Beats(self) }
    }
}

/// What a heartbeat says at some later time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pulse {
    /// It beats.
    Beats(Beat),
    /// It stopped: killed, hung, or the machine went off.
    Stopped(Beat),
    /// Nothing runs: never started, or ended in order.
    None,
}

/// The heart of a running bot. Its end is told by [`Heart::end`]; without that the file stays and ages.
#[derive(Debug)]
pub struct Heart {
    file: PathBuf,
    since: Timestamp,
}

impl Heart {
    /// The heart of a bot that starts `now` and keeps its data in `data_dir`. Nothing is written yet.
    pub fn new(data_dir: &Path, now: Timestamp) -> Self {
        Self { file: data_dir.join(FILE), since: now }
    }

    /// How long to wait between two beats: three of them fit into the time that systemd's watchdog gives.
    pub fn pause() -> Duration {
        watchdog().map_or(USUAL_PAUSE, |patience| (patience / 3).min(USUAL_PAUSE))
    }

    /// One beat: systemd hears of it even if the file cannot be written, and the file is written even if systemd cannot hear.
    ///
    /// # Errors
    /// When one of both failed; the bot can go on without.
    pub fn beat(&self, connected: bool, now: Timestamp) -> io::Result<()> {
        let told = tell(Word::Alive);
        let beat = Beat { at: now, since: self.since, process: std::process::id(), connected };
        // Renamed into its place, so that nobody reads half of one.
        let part = self.file.with_extension("part");
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&part)?.write_all(&serde_json::to_vec(&beat)?)?;
        fs::rename(&part, &self.file)?;
        told
    }

    /// Tells systemd that the bot is ready: once Discord has said so.
    ///
    /// # Errors
    /// When systemd waits for the word and cannot be reached.
    pub fn ready(&self) -> io::Result<()> {
        tell(Word::Ready)
    }

    /// Tells that the bot ends in order.
    ///
    /// # Errors
    /// When the file cannot be removed or systemd cannot be reached.
    pub fn end(&self) -> io::Result<()> {
        let told = tell(Word::Stopping);
        match fs::remove_file(&self.file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => told,
        }
    }
}

/// What the heartbeat in `data_dir` says `now`.
///
/// # Errors
/// When the file is there and cannot be read, or is not a heartbeat.
pub fn pulse(data_dir: &Path, now: Timestamp) -> io::Result<Pulse> {
    let file = data_dir.join(FILE);
    let not_ours = || io::Error::new(io::ErrorKind::InvalidData, "not a heartbeat");
    match fs::symlink_metadata(&file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Pulse::None),
        Err(error) => return Err(error),
        Ok(found) if !found.is_file() || found.len() > MOST_BYTES => return Err(not_ours()),
        Ok(_) => {}
    }
    Ok(Beat::read(&fs::read(&file)?).ok_or_else(not_ours)?.pulse(now))
}

enum Word {
    Ready,
    Alive,
    Stopping,
}

/// Nothing happens where no systemd waits for it: `NOTIFY_SOCKET` is not set then.
#[cfg(unix)]
fn tell(word: Word) -> io::Result<()> {
    use sd_notify::NotifyState;
    sd_notify::notify(&[match word {
        Word::Ready => NotifyState::Ready,
        Word::Alive => NotifyState::Watchdog,
        Word::Stopping => NotifyState::Stopping,
    }])
}

#[cfg(unix)]
fn watchdog() -> Option<Duration> {
    sd_notify::watchdog_enabled().filter(|patience| !patience.is_zero())
}

#[cfg(not(unix))]
fn tell(_: Word) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn watchdog() -> Option<Duration> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_bot_that_was_never_started_has_no_pulse() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(pulse(folder.path(), second(0)).unwrap(), Pulse::None);
        assert_eq!(pulse(&folder.path().join("missing"), second(0)).unwrap(), Pulse::None);
    }

    #[test]
    fn a_running_bot_is_told_from_a_dead_one_by_the_age_of_its_last_beat() {
        let folder = tempfile::tempdir().unwrap();
        let heart = Heart::new(folder.path(), second(10));
        heart.beat(true, second(100)).unwrap();
        let beat = Beat { at: second(100), since: second(10), process: std::process::id(), connected: true };
        assert_eq!(pulse(folder.path(), second(190)).unwrap(), Pulse::Beats(beat));
        assert_eq!(pulse(folder.path(), second(191)).unwrap(), Pulse::Stopped(beat));
        assert_eq!(pulse(folder.path(), second(10)).unwrap(), Pulse::Beats(beat), "the clock was set back a little");
        assert_eq!(pulse(folder.path(), second(9)).unwrap(), Pulse::Stopped(beat), "the clock was set back");
    }

    #[test]
    fn a_bot_that_ended_in_order_is_not_taken_for_dead() {
        let folder = tempfile::tempdir().unwrap();
        let heart = Heart::new(folder.path(), second(0));
        heart.beat(false, second(1)).unwrap();
        heart.end().unwrap();
        assert_eq!(pulse(folder.path(), second(500)).unwrap(), Pulse::None);
        Heart::new(folder.path(), second(0)).end().unwrap();
    }

    #[test]
    fn what_is_no_heartbeat_is_said_and_not_believed() {
        for wrong in ["", "{}", "null", "{\"at\":1}"] {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join(FILE), wrong).unwrap();
            assert_eq!(pulse(folder.path(), second(0)).unwrap_err().kind(), io::ErrorKind::InvalidData, "{wrong}");
        }
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(FILE)).unwrap();
        pulse(folder.path(), second(0)).unwrap_err();
        Heart::new(folder.path(), second(0)).beat(true, second(0)).unwrap_err();
    }
}

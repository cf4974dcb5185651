//! The real program as a process: the bot until it is dropped, single commands, and what the system says of them.
//!
//! Measures; what is measured, and why, is said by the sections.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rustops::sim::Sim;

use crate::fake_discord::FakeDiscord;

/// The program: the one built along, or that which `FIGURES_PROGRAM` names, to compare builds.
pub(crate) fn program() -> PathBuf {
    env::var_os("FIGURES_PROGRAM").map_or_else(|| env!("CARGO_BIN_EXE_rustops").into(), PathBuf::from)
}

/// The bot; ends with its owner.
pub(crate) struct Bot {
    process: Child,
}

impl Bot {
    pub(crate) fn start(discord: &FakeDiscord, sim: &Sim, folder: &Path) -> Self {
        let process = Command::new(program())
            .args(["run", "--discord-token", discord.token(), "--discord-api-url", discord.url()])
            .args(["--battlemetrics-url", &sim.battlemetrics_url(), "--battlemetrics-token", sim.battlemetrics_token()])
            .args(["--steam-url", &sim.steam_url(), "--steam-key", sim.steam_key()])
            .arg("--data-dir")
            .arg(folder)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { process }
    }

    fn status(&self, key: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    }

    /// In MiB: all that is resident, and of that what is the process' own (the rest are pages of its file).
    pub(crate) fn resident(&self) -> (f64, f64) {
        (self.status("VmRSS:") as f64 / 1024.0, self.status("RssAnon:") as f64 / 1024.0)
    }

    pub(crate) fn threads(&self) -> u64 {
        self.status("Threads:")
    }

    /// User and system time so far: fields 14 and 15 of `/proc/PID/stat`, counted behind the name's closing bracket, in
    /// ticks of 10 ms (USER_HZ).
    pub(crate) fn busy(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id())).unwrap();
        let fields = stat.rsplit(')').next().unwrap();
        let ticks: u64 = fields.split_whitespace().skip(11).take(2).map(|field| field.parse::<u64>().unwrap()).sum();
        Duration::from_millis(ticks * 10)
    }
}

impl Drop for Bot {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// How long one command takes as a process of its own.
pub(crate) fn answer(folder: &Path, words: &[&str]) -> Duration {
    let begun = Instant::now();
    let output = Command::new(program()).arg("--data-dir").arg(folder).args(words).output().unwrap();
    let took = begun.elapsed();
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    took
}

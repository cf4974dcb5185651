//! Stories of secrets, however they were given: by flag, by the configuration, and to a bot that is connected and used. None is
//! ever said, and none is in any file but the one it was written into.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "test support outside of test functions: a broken machine should stop the story at once"
)]

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::Arc,
    time::Duration,
};

use rustops::{
    clock::MovableClock,
    sim::{START, Sim, SimOptions, cast},
};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::fake_discord::FakeDiscord;

/// Commands that look, as far as they can without a bot.
const LOOKING: &[&str] = &[
    "server set Rusty Moose",
    "group add Purple https://steamcommunity.com/id/chennybounce",
    "group check Purple",
    "player check ChennyBounce",
    "status",
    "settings",
    "doctor",
    "health",
    "config show",
    "backup",
    "export",
    "setup --non-interactive",
];

/// A home of its own, and the services that it can reach.
struct Machine {
    home: TempDir,
    discord: FakeDiscord,
    sim: Sim,
    services: JoinHandle<()>,
}

impl Machine {
    async fn new() -> Self {
        let clock = Arc::new(MovableClock::starting_at(START));
        let (sim, services) = Sim::bind(SimOptions { seed: 7, clock, latency: Duration::ZERO }).unwrap();
        let services = tokio::spawn(services);
        Self { home: tempfile::tempdir().unwrap(), discord: FakeDiscord::start().await, sim, services }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.home.path().join(path)
    }

    /// Discord's token, BattleMetrics' and Steam's key: right ones, so that commands get as far as they can.
    fn secrets(&self) -> [(&'static str, String); 3] {
        [
            ("discord_token", self.discord.token().to_owned()),
            ("battlemetrics_token", self.sim.battlemetrics_token().to_owned()),
            ("steam_key", self.sim.steam_key().to_owned()),
        ]
    }

    fn program(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rustops"));
        command
            .args(line.split_whitespace())
            .env_clear()
            .env("PATH", self.home.path())
            .envs([
                ("HOME", self.home.path()),
                ("XDG_CONFIG_HOME", &self.at("config")),
                ("XDG_DATA_HOME", &self.at("data")),
            ])
            .env("RUSTOPS_NOW", START.to_string())
            .env("RUSTOPS_RELEASE_URL", "off")
            .env("RUSTOPS_DISCORD_API_URL", self.discord.url())
            .env("RUSTOPS_BATTLEMETRICS_URL", self.sim.battlemetrics_url())
            .env("RUSTOPS_STEAM_URL", self.sim.steam_url())
            .stdin(Stdio::null());
        command
    }

    /// Every form in which a line is answered.
    fn said(&self, line: &str, flags: &[String]) -> String {
        let formats = ["", "--json", "-vv --log-format json"];
        let one = |format: &str| told(&self.program(&format!("{line} {format}")).args(flags).output().unwrap());
        formats.map(one).join("\n")
    }

    fn is_nowhere_in(&self, said: &str, what: &str) {
        for (key, secret) in self.secrets() {
            assert!(!said.contains(&secret), "{what} tells {key}:\n{said}");
        }
    }

    /// Searches every file but one.
    fn is_in_no_file_but(&self, exception: &Path) {
        let files = every_file(self.home.path());
        assert!(files.iter().any(|path| path.ends_with("rustops.db")), "{files:?}");
        for path in files.iter().filter(|path| **path != exception) {
            let bytes = fs::read(path).unwrap();
            for (key, secret) in self.secrets() {
                let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
                assert!(!found, "{} holds {key}", path.display());
            }
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.services.abort();
    }
}

/// A bot that is killed if a story ends badly.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Already ended is as good.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn every_file(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { every_file(&path) } else { vec![path] }).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_given_by_flag_is_neither_said_nor_kept() {
    let machine = Machine::new().await;
    let flag = |(key, secret): (&str, String)| [format!("--{}", key.replace('_', "-")), secret];
    let flags: Vec<String> = machine.secrets().into_iter().flat_map(flag).collect();
    for line in LOOKING.iter().filter(|line| !line.starts_with("setup")) {
        machine.is_nowhere_in(&machine.said(line, &flags), line);
    }
    machine.is_in_no_file_but(Path::new(""));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_of_the_configuration_stays_there() {
    let machine = Machine::new().await;
    let config = machine.at("config/rustops/config.toml");
    fs::create_dir_all(config.parent().unwrap()).unwrap();
    let lines = machine.secrets().map(|(key, secret)| format!("{key} = \"{secret}\"\n"));
    fs::write(&config, lines.concat()).unwrap();
    for line in LOOKING {
        machine.is_nowhere_in(&machine.said(line, &[]), line);
    }
    // What is wrong in the file is told by its place.
    for (key, secret) in machine.secrets() {
        fs::write(&config, format!("{}{key} = {secret}\n", lines.concat())).unwrap();
        let said = machine.said("status", &[]);
        assert!(said.contains("config.toml"), "{said}");
        machine.is_nowhere_in(&said, key);
    }
    machine.is_in_no_file_but(&config);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bot_that_is_connected_and_used_tells_no_secret() {
    let machine = Machine::new().await;
    let log = machine.at("log");
    let mut command = machine.program("run -vv --log-format json");
    let names = ["DISCORD_TOKEN", "BATTLEMETRICS_TOKEN", "STEAM_KEY"];
    command.envs(names.into_iter().zip(machine.secrets().map(|(_, secret)| secret)));
    command.stdout(File::create(machine.at("out")).unwrap()).stderr(File::create(&log).unwrap());
    let mut bot = Running(command.spawn().unwrap());
    let ann = machine.discord.guild("Purple clan").member("Ann").manager();
    let mut said = String::new();
    for line in [
        "/server set name:2844510",
        "/group add group:Purple player:https://steamcommunity.com/id/chennybounce",
        "/group check group:Purple",
        "/player history player:ChennyBounce",
        "/rustops status",
        "/rustops settings",
        "/rustops about",
    ] {
        said.push_str(&ann.types(line).await.text());
    }
    assert!(said.contains(cast::CHENNY_BOUNCE.name), "{said}");
    machine.is_nowhere_in(&said, "the bot");
    let asked = Command::new("kill").args(["-TERM", &bot.0.id().to_string()]).status().unwrap();
    assert!(asked.success());
    assert_eq!(bot.0.wait().unwrap().code(), Some(0));
    let written = fs::read_to_string(&log).unwrap();
    assert!(
        written.contains("GetPlayerSummaries") || written.contains("ResolveVanityURL"),
        "Steam was asked:\n{written}"
    );
    machine.is_in_no_file_but(Path::new(""));
}

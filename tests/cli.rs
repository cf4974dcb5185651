//! What stands on the screen: transcripts in `tests/cli/`, played with the real program against the pretend services.
//!
//! `TRYCMD=overwrite cargo test --test cli` writes what is printed now into them; read the difference. Stories about what a
//! command does live with the use cases; here is only what somebody at a terminal or a script sees of it.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "this is a test")]

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::Arc,
    time::Duration,
};

use rustops::{
    clock::ManualClock,
    sim::{Fault, START, Service, Sim, SimOptions, TokenState, cast},
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A machine with nothing on it, beside the pretend services, when the pretend world begins.
struct Machine {
    home: TempDir,
    sim: Sim,
    _services: Runtime,
}

impl Machine {
    fn new() -> Self {
        // Time stands still in the world, so that a slow machine sees the same; and so must the limit, which counts by it.
        let clock = Arc::new(ManualClock::new(START));
        let (sim, services) = Sim::bind(SimOptions { seed: 7, clock, latency: Duration::ZERO }).unwrap();
        sim.switch(|switches| (switches.per_minute, switches.per_second) = (10_000, 10_000));
        let runtime = Runtime::new().unwrap();
        runtime.spawn(services);
        let home = tempfile::tempdir().unwrap();
        for (name, secret) in [("battlemetrics", sim.battlemetrics_token()), ("steam", sim.steam_key())] {
            fs::write(home.path().join(name), secret).unwrap();
            #[cfg(unix)]
            fs::set_permissions(home.path().join(name), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        }
        Self { home, sim, _services: runtime }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn data(&self) -> PathBuf {
        self.path("data")
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        let path = |name| self.path(name).display().to_string();
        vec![
            ("HOME", path("")),
            ("XDG_CONFIG_HOME", path("config")),
            ("XDG_DATA_HOME", path("share")),
            ("RUSTOPS_DATA_DIR", path("data")),
            ("RUSTOPS_NOW", START.to_string()),
            ("RUSTOPS_BATTLEMETRICS_URL", self.sim.battlemetrics_url()),
            ("RUSTOPS_STEAM_URL", self.sim.steam_url()),
            ("BATTLEMETRICS_TOKEN_FILE", path("battlemetrics")),
            ("STEAM_KEY_FILE", path("steam")),
            // What the machine that runs the tests has set does not count.
            ("DISCORD_TOKEN", String::new()),
            ("BATTLEMETRICS_TOKEN", String::new()),
            ("BATTLEMETTRIC_TOKEN", String::new()),
            ("STEAM_KEY", String::new()),
            ("RUSTOPS_CONFIG", String::new()),
            ("RUSTOPS_LOG", String::new()),
            ("COLUMNS", String::new()),
            ("TZ", "UTC".to_owned()),
        ]
    }

    /// Plays a transcript.
    fn plays(&self, transcript: &str) {
        self.plays_with(transcript, &[]);
    }

    fn plays_with(&self, transcript: &str, more: &[(&str, String)]) {
        let cases = trycmd::TestCases::new();
        for (name, value) in self.environment() {
            cases.env(name, value);
        }
        for (name, value) in more {
            cases.env(*name, value.clone());
        }
        cases.default_bin_path(binary()).timeout(Duration::from_secs(30));
        cases.insert_var("[HOME]", self.home.path().display().to_string()).unwrap();
        cases.case(format!("tests/cli/{transcript}")).run();
    }

    fn runs(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = Command::new(binary())
            .args(arguments)
            .envs(self.environment())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that ends without reading all of it has closed its end.
        child.stdin.take().unwrap().write_all(input.as_bytes()).ok();
        child.wait_with_output().unwrap()
    }

    /// Runs a command that has to work.
    fn done(&self, arguments: &[&str], input: &str) -> Value {
        let output = self.runs(&[arguments, &["--json"]].concat(), input);
        let answer: Value = serde_json::from_slice(&output.stdout).expect("one line of JSON");
        assert_eq!(answer["ok"], true, "{answer}");
        answer["report"].clone()
    }
}

fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_rustops"))
}

/// What is printed where somebody reads it.
fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn help_tells_every_command() {
    Machine::new().plays("help.trycmd");
}

#[test]
fn the_guided_tour_shows_every_command() {
    Machine::new().plays("tour.toml");
}

#[test]
fn a_first_evening_goes_from_a_server_to_a_group() {
    Machine::new().plays("first_evening.trycmd");
}

#[test]
fn commands_from_a_pipe_run_one_by_one() {
    Machine::new().plays("shell.toml");
}

#[test]
fn scripts_read_json() {
    Machine::new().plays("json.trycmd");
}

#[test]
fn nasty_names_stay_text() {
    Machine::new().plays("names.trycmd");
}

#[test]
fn a_server_that_hides_names_is_told_as_the_reason() {
    let machine = Machine::new();
    machine.runs(&["server", "set", &cast::HIDDEN.to_string()], "");
    machine.runs(&["group", "add", "Dark ones", &cast::SLEEPY.id.to_string()], "");
    machine.plays("hidden.trycmd");
}

#[test]
fn what_cannot_be_used_is_refused_with_a_remedy() {
    Machine::new().plays("bad_input.trycmd");
}

#[test]
fn without_tokens_each_command_says_what_to_do() {
    let machine = Machine::new();
    machine.done(&["server", "set", "2844510"], "");
    machine.done(&["group", "add", "Purple Base", "1034857211"], "");
    let none = [("BATTLEMETRICS_TOKEN_FILE", String::new()), ("STEAM_KEY_FILE", String::new())];
    machine.plays_with("no_tokens.trycmd", &none);
}

#[test]
fn a_token_without_a_subscription_is_told_apart_from_a_wrong_one() {
    let machine = Machine::new();
    machine.sim.switch(|switches| switches.token = TokenState::Unpaid);
    machine.plays("no_subscription.trycmd");
    machine.sim.switch(|switches| switches.token = TokenState::Refused);
    machine.plays("token_refused.trycmd");
}

#[test]
fn a_command_leaves_most_of_the_requests_to_the_bot() {
    let machine = Machine::new();
    let limit = || machine.done(&["status"], "")["battlemetrics"]["limit"].clone();
    assert_eq!(limit(), 150, "alone it is as free as a bot");
    rustops::alive::Heart::new(&machine.data(), START).beat(true, START).unwrap();
    assert_eq!(limit(), 30);
}

#[test]
fn a_service_that_fails_is_named() {
    let machine = Machine::new();
    machine.done(&["server", "set", "2844510"], "");
    machine.done(&["group", "add", "Purple Base", "1034857211"], "");
    machine.sim.fault(Service::BattleMetrics, Fault::HtmlInstead);
    machine.plays("web_page.trycmd");
}

#[test]
fn a_configuration_with_a_mistake_is_refused_by_line_and_key() {
    let machine = Machine::new();
    let private = |name: &str, text: &str| {
        fs::write(machine.path(name), text).unwrap();
        #[cfg(unix)]
        fs::set_permissions(machine.path(name), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    };
    private("unknown.toml", "log = \"warn\"\nbattlemetrics_tokn = \"hunter2\"\n");
    private("malformed.toml", "log = \"warn\"\n\nsteam_key = hunter 2\n");
    private("number.toml", "data_dir = 7\n");
    private("address.toml", "steam_url = \"steam\"\n");
    private("good.toml", "log = \"error\"\nsteam_key = \"hunter2\"\n");
    let inside = |name: &str| machine.path(name).display().to_string();
    let no_file = ("STEAM_KEY_FILE", String::new());
    for (transcript, file) in [
        ("config_unknown_key.trycmd", "unknown.toml"),
        ("config_malformed.trycmd", "malformed.toml"),
        ("config_number.trycmd", "number.toml"),
        ("config_address.trycmd", "address.toml"),
        ("config_show.trycmd", "good.toml"),
        ("config_missing.trycmd", "nowhere.toml"),
    ] {
        let more = [("RUSTOPS_CONFIG", inside(file)), no_file.clone(), ("RUSTOPS_STEAM_URL", String::new())];
        machine.plays_with(transcript, &more);
    }
}

#[test]
fn a_database_that_cannot_be_used_is_left_as_it_was() {
    let machine = Machine::new();
    fs::create_dir(machine.data()).unwrap();
    let database = machine.data().join("rustops.db");
    fs::write(&database, "Dear diary, today I was raided again.").unwrap();
    machine.plays("no_database.trycmd");
    assert_eq!(fs::read_to_string(&database).unwrap(), "Dear diary, today I was raided again.");
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let machine = Machine::new();
    fs::write(machine.path("file"), "").unwrap();
    let inside = machine.path("file").join("data").display().to_string();
    machine.plays_with("no_folder.trycmd", &[("RUSTOPS_DATA_DIR", inside)]);
}

#[test]
fn of_an_import_of_500_lines_each_of_the_30_bad_ones_is_named() {
    let machine = Machine::new();
    // A check learns everybody on the server, so that the import need not ask for each.
    let world = machine.sim.world();
    let listed = |server: u64| world.roster(server, START).into_iter().filter(|seat| !seat.private);
    let mut busy: Vec<u64> = world.servers().iter().filter(|place| !place.hides_names).map(|place| place.id).collect();
    busy.sort_by_key(|server| std::cmp::Reverse(listed(*server).count()));
    let mut known = Vec::new();
    for server in busy.into_iter().take(10) {
        machine.done(&["server", "set", &server.to_string()], "");
        machine.done(&["group", "add", "Watched", &cast::CHENNY_BOUNCE.id.to_string()], "");
        machine.done(&["group", "check", "Watched"], "");
        machine.done(&["group", "del", "Watched", "--yes"], "");
        known.extend(listed(server).map(|seat| seat.player));
    }
    known.sort_unstable();
    known.dedup();
    assert!(known.len() >= 470, "only {} players are on those servers", known.len());
    let bad = |line: usize| line % 17 == 5 && line < 30 * 17;
    let mut good = known.iter();
    let lines: Vec<String> = (0..500)
        .map(|line| match bad(line) {
            true => format!("https://gametracker.com/player/{line}"),
            false => good.next().unwrap().to_string(),
        })
        .collect();
    fs::write(machine.path("many.txt"), lines.join("\n")).unwrap();
    let report = machine.done(&["group", "import", "Zerg", &machine.path("many.txt").display().to_string()], "");
    let refused: Vec<_> =
        report["lines"].as_array().unwrap().iter().filter(|line| line["result"] == "refused").collect();
    let numbers: Vec<_> = refused.iter().map(|line| line["number"].as_u64().unwrap()).collect();
    let expected: Vec<u64> = (0..500).filter(|line| bad(*line)).map(|line| line as u64 + 1).collect();
    assert_eq!((numbers.len(), &numbers), (30, &expected));
    assert_eq!(report["members"], 470);
}

#[test]
fn whoever_reads_only_the_first_lines_hears_no_complaint() {
    let mut child = Command::new(binary())
        .args(["completions", "bash"])
        .envs(Machine::new().environment())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(0), ""));
}

#[test]
fn colour_is_for_terminals_unless_asked_for() {
    let machine = Machine::new();
    let piped = machine.runs(&["group", "list"], "");
    assert!(!text(&piped.stdout).contains('\u{1b}'));
    let asked = machine.runs(&["group", "list", "--color", "always"], "");
    assert!(text(&asked.stdout).contains("\u{1b}["));
}

#[test]
fn a_secret_is_never_printed() {
    let machine = Machine::new();
    let token = machine.sim.battlemetrics_token().to_owned();
    machine.sim.fault(Service::BattleMetrics, Fault::HtmlInstead);
    for line in [["config", "show"], ["server", "get"], ["group", "list"]] {
        let output = machine.runs(&[&line[..], &["-vv"]].concat(), "");
        let all = text(&output.stdout) + &text(&output.stderr);
        assert!(!all.contains(&token) && !all.contains(machine.sim.steam_key()), "{all}");
    }
    let asked = machine.runs(&["player", "check", "1034857211", "-vv"], "");
    assert!(!text(&asked.stderr).contains(&token), "{}", text(&asked.stderr));
}

//! Self-hosting, as a person at the machine meets it: the real program against the pretend services: setup, doctor, the
//! running bot's heartbeat and its words to systemd, and that no secret ever shows.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "test support outside of test functions: a broken machine should stop the story at once"
)]

use std::{
    fs,
    os::unix::{fs::PermissionsExt as _, net::UnixDatagram},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::Arc,
    time::Duration,
};

use clap::CommandFactory as _;
use rustops::{
    cli::args::Arguments,
    clock::MovableClock,
    sim::{START, Sim, SimOptions},
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::fake_discord::FakeDiscord;

/// Marked, so that it is found wherever it should not be.
const STEAM_MARK: &str = "STEAMMARK0123456789ABCDEF01234567";

/// A home of its own and the services that it can reach.
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

    fn config(&self) -> PathBuf {
        self.at("config/rustops/config.toml")
    }

    fn data(&self) -> PathBuf {
        self.at("data/rustops")
    }

    /// A secret in a file of its own; returns its path.
    fn secret(&self, name: &str, secret: &str) -> String {
        let path = self.at(name);
        fs::write(&path, format!("{secret}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path.display().to_string()
    }

    fn program(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rustops"));
        command
            .args(line.split_whitespace())
            .env_clear()
            // Nothing of this machine's own, such as its systemctl, can be found.
            .env("PATH", self.home.path())
            .envs([
                ("HOME", self.home.path()),
                ("XDG_CONFIG_HOME", &self.at("config")),
                ("XDG_DATA_HOME", &self.at("data")),
            ])
            .env("RUSTOPS_DISCORD_API_URL", self.discord.url())
            .env("RUSTOPS_BATTLEMETRICS_URL", self.sim.battlemetrics_url())
            .env("RUSTOPS_STEAM_URL", self.sim.steam_url())
            .stdin(Stdio::null());
        command
    }

    fn run(&self, line: &str) -> Said {
        Said::from(self.program(line).output().unwrap())
    }

    /// Sets everything up from files, as a script does.
    fn set_up(&self) -> Said {
        let discord = self.secret("d", self.discord.token());
        let battlemetrics = self.secret("b", self.sim.battlemetrics_token());
        let steam = self.secret("s", self.sim.steam_key());
        self.run(&format!(
            "setup --json --discord-token-file {discord} --battlemetrics-token-file {battlemetrics} --steam-key-file {steam}"
        ))
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.services.abort();
    }
}

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Said {
    fn report(&self) -> Value {
        let answer: Value = serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("{}{}", self.out, self.err));
        answer["report"].clone()
    }

    /// The state of the finding about something.
    fn state_of(&self, about: &str) -> String {
        let report = self.report();
        let checks = report["checks"].as_array().unwrap().clone();
        let found = checks.iter().find(|check| check["about"] == about);
        found.unwrap_or_else(|| panic!("nothing about {about}: {report}"))["state"].as_str().unwrap().to_owned()
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

/// The words that systemd hears until `last` is among them.
fn heard(socket: &UnixDatagram, last: &str) -> Vec<String> {
    let mut words = Vec::new();
    while words.last().is_none_or(|word: &String| word != last) {
        let mut bytes = [0; 512];
        let length = socket.recv(&mut bytes).unwrap_or_else(|error| panic!("no {last} after {words:?}: {error}"));
        words.push(String::from_utf8(bytes[..length].to_vec()).unwrap().trim().to_owned());
    }
    words
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_script_sets_everything_up_and_the_doctor_is_content() {
    let machine = Machine::new().await;
    let said = machine.set_up();
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    let link = said.report()["invitation"].as_str().unwrap().to_owned();
    assert!(link.ends_with("&scope=bot+applications.commands&permissions=19456"), "{link}");
    assert_eq!(fs::metadata(machine.config()).unwrap().permissions().mode() & 0o777, 0o600);

    let doctor = machine.run("doctor --json");
    for about in ["configuration", "discord_token", "Discord", "BattleMetrics", "Steam", "way to Discord", "clock"] {
        assert_eq!(doctor.state_of(about), "good", "{about}: {}", doctor.out);
    }
    assert_eq!(doctor.code, Some(0), "{}", doctor.out);
    assert!(!machine.data().exists(), "looking makes nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn setting_up_again_keeps_what_is_there() {
    let machine = Machine::new().await;
    machine.set_up();
    let text = fs::read_to_string(machine.config()).unwrap();
    let mine = text.replace("# What to log", "# My own words, see #12\n# What to log");
    fs::write(machine.config(), &mine).unwrap();
    assert_eq!(machine.run("setup --json").code, Some(0));
    assert_eq!(fs::read_to_string(machine.config()).unwrap(), mine);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_discord_refuses_is_not_written() {
    let machine = Machine::new().await;
    let wrong = machine.secret("d", "WRONGMARK");
    let said = machine.run(&format!("setup --discord-token-file {wrong}"));
    assert_eq!(said.code, Some(1));
    assert!(said.out.contains("Discord refuses the token") && said.out.contains("Reset Token"), "{}", said.out);
    assert!(!machine.config().exists());
    assert!(!said.out.contains("WRONGMARK") && !said.err.contains("WRONGMARK"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_without_subscription_is_told_where_to_get_one() {
    let machine = Machine::new().await;
    machine.sim.switch(|switches| switches.token = rustops::sim::TokenState::Unpaid);
    let token = machine.secret("b", machine.sim.battlemetrics_token());
    let said = machine.run(&format!("setup --battlemetrics-token-file {token}"));
    assert_eq!(said.code, Some(1));
    assert!(
        said.out.contains("no subscription") && said.out.contains("battlemetrics.com/subscription"),
        "{}",
        said.out
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_network_the_tokens_are_kept_and_said_to_be_unproven() {
    let machine = Machine::new().await;
    let token = machine.secret("d", machine.discord.token());
    let line = format!("setup --discord-token-file {token} --discord-api-url http://127.0.0.1:1");
    let said = machine.run(&line);
    assert_eq!(said.code, Some(3), "{}{}", said.out, said.err);
    assert!(said.out.contains("cannot be reached"));
    assert!(machine.config().exists());
    assert_eq!(machine.run("doctor --json --discord-api-url http://127.0.0.1:1").state_of("way to Discord"), "bad");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_asked_where_nobody_can_answer() {
    let machine = Machine::new().await;
    let said = machine.run("setup");
    assert_eq!((said.code, said.out.as_str()), (Some(2), ""));
    assert!(said.err.contains("--discord-token-file"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_bot_is_ready_for_systemd_and_healthy_for_docker_until_it_is_asked_to_end() {
    let machine = Machine::new().await;
    machine.set_up();
    assert_eq!(machine.run("health").code, Some(1));

    let address = machine.at("notify");
    let systemd = UnixDatagram::bind(&address).unwrap();
    systemd.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut command = machine.program("run");
    // Systemd's patience of 600 ms asks for a beat each 200 ms.
    command.env("NOTIFY_SOCKET", &address).env("WATCHDOG_USEC", "600000").stderr(Stdio::null());
    let mut bot = Running(command.spawn().unwrap());
    heard(&systemd, "READY=1");
    let health = machine.run("health");
    assert_eq!(health.code, Some(0), "{}", health.out);
    assert!(health.out.contains("connected to Discord"), "{}", health.out);
    assert_eq!(machine.run("doctor --json").state_of("bot"), "good");
    // Three more beats come by themselves.
    (0..3).for_each(|_| drop(heard(&systemd, "WATCHDOG=1")));

    let asked = Command::new("kill").args(["-TERM", &bot.0.id().to_string()]).status().unwrap();
    assert!(asked.success());
    heard(&systemd, "STOPPING=1");
    assert_eq!(bot.0.wait().unwrap().code(), Some(0));
    assert_eq!(machine.run("health").code, Some(1));
    assert_eq!(machine.run("health --json").state_of("bot"), "bad");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bot_with_a_refused_token_ends_with_the_code_that_systemd_does_not_restart() {
    let machine = Machine::new().await;
    let wrong = machine.secret("d", "WRONGMARK");
    let said = machine.run(&format!("run --log-format json --discord-token-file {wrong}"));
    assert_eq!(said.code, Some(4), "{}{}", said.out, said.err);
    for line in said.err.lines() {
        serde_json::from_str::<Value>(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
    }
    let unit = include_str!("../../dist/rustops.service");
    assert!(unit.contains("RestartPreventExitStatus=2 4 5 6"));
    assert_eq!(machine.run("run").code, Some(2), "no token at all");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bot_whose_database_is_damaged_names_the_newest_copy_and_is_not_restarted() {
    let machine = Machine::new().await;
    machine.set_up();
    let backups = machine.data().join("backups");
    fs::create_dir_all(&backups).unwrap();
    fs::write(machine.data().join("rustops.db"), "Dear diary").unwrap();
    fs::write(machine.data().join("rustops.db.before-v3"), "").unwrap();
    fs::write(backups.join("daily-2026-11-27.db.gz"), "").unwrap();
    fs::write(backups.join("daily-2026-11-28.db.gz.copying"), "").unwrap();
    let old = fs::File::options().write(true).open(machine.data().join("rustops.db.before-v3")).unwrap();
    old.set_modified(std::time::UNIX_EPOCH).unwrap();
    let newest = backups.join("daily-2026-11-27.db.gz");
    let way_back = format!("Stop RustOps, then: rustops restore {}", newest.display());
    let said = machine.run("run");
    assert_eq!(said.code, Some(6), "{}", said.err);
    assert!(said.err.contains(&way_back), "{}", said.err);
    let said = machine.run("group list");
    assert!(said.code == Some(1) && said.err.contains(&way_back), "{}", said.err);
    let doctor = machine.run("doctor --offline");
    assert!(doctor.out.contains(&way_back), "{}", doctor.out);
    for unit in [include_str!("../../dist/rustops.service"), include_str!("../../dist/rustops.user.service")] {
        assert!(unit.contains("\nRestartPreventExitStatus=2 4 5 6\n"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_root_makes_in_a_services_folder_belongs_to_the_service() {
    use std::os::unix::fs::{MetadataExt as _, chown};
    const SERVICE: u32 = 61_234;
    let machine = Machine::new().await;
    if fs::metadata(machine.home.path()).unwrap().uid() != 0 {
        eprintln!("skipped: only root can give a folder away");
        return;
    }
    machine.set_up();
    let backup = machine.at("all.db.gz").display().to_string();
    assert_eq!(machine.run(&format!("backup {backup}")).code, Some(0));
    fs::remove_dir_all(machine.data()).unwrap();
    fs::create_dir(machine.data()).unwrap();
    chown(machine.data(), Some(SERVICE), Some(SERVICE)).unwrap();
    for line in [&format!("restore {backup} --yes"), "group list", "backup", &format!("restore {backup} --yes")] {
        let said = machine.run(line);
        assert_eq!(said.code, Some(0), "{line}: {}{}", said.out, said.err);
        let backups = machine.data().join("backups");
        let made = every_file(&machine.data()).into_iter().chain(backups.exists().then_some(backups));
        for path in made {
            let found = fs::symlink_metadata(&path).unwrap();
            assert_eq!((found.uid(), found.gid()), (SERVICE, SERVICE), "{line}: {}", path.display());
        }
    }
    assert_eq!(machine.run("doctor --offline --json").state_of("files"), "good");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_line_of_the_configuration_is_one_finding_among_others_and_setup_mends_it() {
    let machine = Machine::new().await;
    machine.set_up();
    let text = fs::read_to_string(machine.config()).unwrap();
    let broken = text.replace(machine.discord.token(), "abc def").replace("#watch_interval = 60", "watch_interval = 5");
    fs::write(machine.config(), &broken).unwrap();
    let doctor = machine.run("doctor --json");
    assert_eq!(doctor.code, Some(1), "{}", doctor.err);
    assert_eq!(
        ["configuration", "database", "BattleMetrics"].map(|about| doctor.state_of(about)),
        ["bad", "good", "good"]
    );
    assert!(
        doctor.out.contains("watch_interval (from config.toml)") && !doctor.out.contains("abc def"),
        "{}",
        doctor.out
    );
    fs::write(machine.config(), broken.replace("watch_interval = 5", "#")).unwrap();
    let said = machine.run(&format!("setup --discord-token-file {}", machine.secret("d", machine.discord.token())));
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    let unusable = machine.secret("e", "abc def");
    fs::write(machine.config(), format!("discord_token_file = \"{unusable}\"\n")).unwrap();
    let said = machine.run("setup --steam-key STEAMKEY --offline");
    assert!(
        said.err.contains("discord_token_file (from config.toml)") && said.err.contains("counts as not set"),
        "{}",
        said.err
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_finds_the_channel_that_the_bot_may_not_write_to() {
    let machine = Machine::new().await;
    machine.set_up();
    let guild = machine.discord.guild("Purple clan");
    let (log, board) = (guild.channel("log"), guild.channel("board"));
    let done = |line: &str| {
        let said = machine.run(&format!("{line} --guild {}", guild.id()));
        assert_eq!(said.code, Some(0), "{line}: {}{}", said.out, said.err);
    };
    done("server set 2844510");
    done(&format!("group add Purple {}", rustops::sim::cast::CHENNY_BOUNCE.id));
    done(&format!("settings --log-channel {}", log.id()));
    done(&format!("group board Purple --channel {}", board.id()));
    let about = |channel: &crate::fake_discord::Channel| format!("channel {}", channel.id());
    let doctor = machine.run("doctor --json");
    assert_eq!([&log, &board].map(|channel| doctor.state_of(&about(channel))), ["good", "good"], "{}", doctor.out);
    board.denies_bot(crate::fake_discord::permission::EMBED_LINKS);
    let doctor = machine.run("doctor --json");
    assert_eq!([&log, &board].map(|channel| doctor.state_of(&about(channel))), ["good", "bad"], "{}", doctor.out);
    assert!(doctor.code == Some(1) && doctor.out.contains("the bot lacks: Embed Links"), "{}", doctor.out);
}

/// A line for every command there is.
const EVERY_COMMAND: &[&str] = &[
    "server set Rusty Moose",
    "server set 1",
    "server get",
    "server clear",
    "group add Purple https://steamcommunity.com/id/somebody",
    "group add Purple 1100000001",
    "group list",
    "group import Purple /dev/null",
    "group remove Purple nobody",
    "group check Purple",
    "group history Purple",
    "group change Purple Red",
    "group update Red",
    "group history Red",
    "group board --off",
    "group server Red --clear",
    "group del Red --yes",
    "player check somebody",
    "player history somebody",
    "status",
    "settings",
    "audit",
    "undo",
    "about",
    "backup",
    "restore /dev/null --yes",
    "export",
    "import /dev/null",
    "import python-rustops postgres://ann:OTHERMARK.of.a.token@127.0.0.1:1/old --guild local",
    "import rustplusplus /dev/null --guild local",
    "forget player nobody --yes",
    "forget member 1 --yes",
    "shell",
    "setup",
    "setup --non-interactive",
    "doctor",
    "health",
    "service install --user",
    "service status",
    "service logs",
    "service remove",
    "config default",
    "config path",
    "config show",
    "completions bash",
    "man",
    "demo",
    "run",
];

/// The commands that `EVERY_COMMAND` has to name, as far as a test can run them without harm.
fn all_commands(command: &clap::Command, before: &str) -> Vec<String> {
    let named = |part: &clap::Command| format!("{before} {}", part.get_name()).trim().to_owned();
    let parts = command.get_subcommands().filter(|part| part.get_name() != "help");
    parts
        .flat_map(|part| if part.has_subcommands() { all_commands(part, &named(part)) } else { vec![named(part)] })
        .collect()
}

fn every_file(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { every_file(&path) } else { vec![path] }).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_command_ever_shows_or_keeps_a_secret() {
    let machine = Machine::new().await;
    let lines = EVERY_COMMAND.iter();
    let forgotten: Vec<_> = all_commands(&Arguments::command(), "")
        .into_iter()
        .filter(|command| !lines.clone().any(|line| line.starts_with(command.as_str())))
        .collect();
    assert_eq!(forgotten, [""; 0], "these commands are not looked at");

    // Right ones, so that they get as far as possible; and one that is refused.
    let secrets = [machine.discord.token(), machine.sim.battlemetrics_token(), STEAM_MARK].map(str::to_owned);
    // The bot ends by itself, for its token is refused.
    let other = "OTHERMARK.of.a.token".to_owned();
    let mut searched = 0;
    for line in EVERY_COMMAND {
        let discord = if *line == "run" { &other } else { &secrets[0] };
        let formats: &[&str] = if *line == "demo" { &[""] } else { &["", "--json", "-vv --log-format json"] };
        for format in formats {
            let said = Said::from(
                machine
                    .program(&format!("{line} {format}"))
                    .envs([
                        ("DISCORD_TOKEN", discord),
                        ("BATTLEMETRICS_TOKEN", &secrets[1]),
                        ("STEAM_KEY", &secrets[2]),
                    ])
                    .output()
                    .unwrap(),
            );
            let told = format!("{}{}", said.out, said.err);
            searched += told.len();
            for secret in secrets.iter().chain([&other]) {
                assert!(!told.contains(secret.as_str()), "{line} {format} shows a secret:\n{told}");
            }
        }
    }
    assert!(searched > 100_000, "only {searched} bytes were said");
    let files = every_file(machine.home.path());
    assert!(files.iter().any(|path| path.ends_with("rustops.db")), "{files:?}");
    for path in files.iter().filter(|path| **path != machine.config()) {
        let bytes = fs::read(path).unwrap();
        for secret in &secrets {
            let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!found, "{} holds a secret", path.display());
        }
    }
}

impl Machine {
    /// The program at a terminal of its own, with these lines typed into it, and then Ctrl-D. What stood on
    /// the screen, and the exit code; nothing where the machine has no `script` to make a terminal with.
    fn at_a_terminal(&self, line: &str, typed: &[&str]) -> Option<Said> {
        use std::io::Write as _;
        if !Path::new("/usr/bin/script").exists() {
            return None;
        }
        let mut command = Command::new("/usr/bin/script");
        let program = self.program(line);
        command.args(["-q", "-e", "-c", &format!("{} {line}", env!("CARGO_BIN_EXE_rustops")), "/dev/null"]).env_clear();
        command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("SHELL", "/bin/sh");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // At the end of what is typed, the terminal hears Ctrl-D.
        child
            .stdin
            .take()
            .unwrap()
            .write_all(typed.iter().map(|line| format!("{line}\n")).collect::<String>().as_bytes())
            .unwrap();
        Some(Said::from(child.wait_with_output().unwrap()))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_is_asked_until_the_token_works_and_enter_keeps_it() {
    let machine = Machine::new().await;
    let Some(left) = machine.at_a_terminal("setup", &["abc def", "WRONGMARK"]) else {
        eprintln!("skipped: no /usr/bin/script to make a terminal with");
        return;
    };
    assert_eq!(left.code, Some(1), "{}", left.out);
    for told in ["holds blanks", "Discord refuses the token", "Try another one", "Nothing was written."] {
        assert!(left.out.contains(told), "no {told:?} in:\n{}", left.out);
    }
    assert!(!machine.config().exists());
    let done = machine.at_a_terminal("setup", &["WRONGMARK", machine.discord.token(), "", ""]).unwrap();
    assert_eq!(done.code, Some(0), "{}", done.out);
    assert!(done.out.contains("is written") && done.out.contains("permissions=19456"), "{}", done.out);
    let text = fs::read_to_string(machine.config()).unwrap();
    assert!(text.contains(machine.discord.token()));
    let kept = machine.at_a_terminal("setup", &["", "", ""]).unwrap();
    assert!(kept.code == Some(0) && kept.out.contains("Enter keeps the one from config.toml"), "{}", kept.out);
    assert_eq!(fs::read_to_string(machine.config()).unwrap(), text);
    fs::write(machine.config(), "discord_token = \"abc def\"\n").unwrap();
    let mended = machine.at_a_terminal("setup", &["", "", ""]).unwrap();
    assert!(mended.out.contains("It counts as not set."), "{}", mended.out);
    assert_eq!(machine.run("config show").code, Some(0), "what could not be used is gone");
}

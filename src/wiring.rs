//! Builds every room once, starts what runs in the background, waits for the end, joins.
//!
//! The only room that names all others. No rules: what is decided is decided further in.

mod loops;
mod stopping;

use std::{
    collections::BTreeMap,
    io::{self, IsTerminal as _},
    path::Path,
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use tokio::{
    runtime::{Builder, Runtime},
    sync::watch,
    task::JoinHandle,
};
use url::Url;

pub use self::loops::{keep_past, keep_posted, keep_watch};
use self::{
    loops::{look_for_releases, pulse, snapshots, upkeep},
    stopping::{interruptible, signals, stoppable},
};
use crate::{
    alive::{self, Heart, Pulse},
    app::{App, Asker, WatchOptions},
    cli::{
        act::{self, Exit},
        args::{self, Action, Colour, ConfigAction, Global, LogFormat, ServiceAction, SetupFlags},
        health, keeping, line, papers,
        prompt::{Talk, Work},
        setup,
        terminal::Terminal,
        tour,
    },
    clock::{Clock, MovableClock, SystemClock},
    config::{self, Config, ConfigError, Flags, Wanted},
    discord::{self, End},
    domain::{budget::Plan, ids::GuildKey},
    log::{self, Look},
    operate::{
        doctor,
        prove::Services,
        unit::{Scope, Systemd, UnitError},
    },
    remote::{BESIDE_THE_BOT, BattleMetrics, Options, Steam},
    sim::{START, Sim, SimOptions},
    store::{self, OpenError, Store, backup},
};

/// The demo's world is always the same one.
const DEMO_SEED: u64 = 7;

/// Long enough to be felt, short enough for a tour.
const DEMO_LATENCY: Duration = Duration::from_millis(20);

/// The most steps that follow at once on a move of the pretend world's time.
const CATCHING_UP: usize = 20;

/// How often the pretend world is looked at. Its time goes on in steps that the watch takes without a gap, unless it is
/// moved very far: nobody likes to wait.
const DEMO_POLL: SignedDuration = SignedDuration::from_mins(2);
const DEMO_STEP: SignedDuration = SignedDuration::from_mins(4);
const DEMO_FAR: SignedDuration = SignedDuration::from_hours(24);

/// How long boards may take to be told that the bot stops.
const BOARDS_TOLD_WITHIN: Duration = Duration::from_secs(3);

/// Why nothing could be started. Each says what to do.
#[derive(Debug, thiserror::Error)]
enum StartError {
    #[error("{0}")]
    Config(#[from] ConfigError),
    #[error("{0}")]
    Open(#[from] OpenError),
    #[error("{0}")]
    Unit(#[from] UnitError),
    #[error("{0:#}")]
    Other(#[from] anyhow::Error),
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Does what was asked for, from the first to the last line of the process.
pub fn run() -> ExitCode {
    let arguments = match args::read_process() {
        Ok(arguments) => arguments,
        Err(told) => {
            let mut terminal = terminal(config::was_typed("--json"), Colour::Auto);
            return ExitCode::from(line::not_understood(&told, &mut terminal) as u8);
        }
    };
    let global = arguments.global;
    let mut terminal = terminal(global.json, global.color);
    let ended = perform(&global, arguments.action, &mut terminal);
    let exit = ended.or_else(|error| match &error {
        // Whoever reads our output has closed it, as `head` does: no reason to complain.
        StartError::Io(cause) if cause.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Done),
        StartError::Config(_) => terminal.usage(&error.to_string()),
        _ => terminal.cannot_start(&error.to_string()),
    });
    // A terminal that cannot be written leaves nobody to tell.
    ExitCode::from(exit.unwrap_or(Exit::Refused) as u8)
}

fn terminal(json: bool, colour: Colour) -> Terminal {
    let set = |name| config::environment(name).is_some_and(|value| !value.is_empty());
    let dumb = config::environment("TERM").is_some_and(|terminal| terminal == "dumb");
    let columns = config::environment("COLUMNS").and_then(|columns| columns.parse().ok());
    Terminal::standard(json, colour, set("NO_COLOR") || dumb, columns)
}

fn perform(global: &Global, action: Action, terminal: &mut Terminal) -> Result<Exit, StartError> {
    match action {
        Action::Config(ConfigAction::Default) => terminal.line(config::EXAMPLE.trim_end())?,
        Action::Config(ConfigAction::Path) => {
            let path = Config::load(&flags(global), &config::environment)?.config_file;
            papers::show_path(&path, terminal)?;
        }
        Action::Config(ConfigAction::Show) => {
            let config = Config::load(&flags(global), &config::environment)?;
            papers::show_config(&config, terminal)?;
        }
        Action::Completions { shell } => terminal.text(&papers::completions(shell))?,
        Action::Man => terminal.text(&papers::manual()?)?,
        Action::Demo => return demo(global, terminal),
        Action::Shell => return shell(global, terminal),
        Action::Run => return bot(global, terminal),
        Action::Restore { file, yes } => return restore(global, &file, yes, terminal),
        Action::Setup(flags) => return setup(global, flags, terminal),
        Action::Doctor { offline } => return doctor(global, offline, terminal),
        Action::Service(action) => return service(global, action, terminal),
        Action::Health => {
            let config = Config::load(&flags(global), &config::environment)?;
            let check = doctor::health(&config.data_dir, SystemClock.now());
            return Ok(health::show("health", &[check], terminal)?);
        }
        action => return command(global, action, terminal),
    }
    Ok(Exit::Done)
}

/// One command on the real data and services.
fn command(global: &Global, action: Action, terminal: &mut Terminal) -> Result<Exit, StartError> {
    let config = configured(global, terminal)?;
    let app = app(&config, share(&config)?)?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    if global.guild.is_none() && matches!(&action, Action::Import(import) if import.from.is_some()) {
        return Ok(
            terminal.usage("Say for whom: --guild with a Discord server's id, or --guild local for the terminal.")?
        );
    }
    let asker = Asker::terminal(guild(global));
    let tidy = action.leaves_traces().then(|| terminal.stop());
    let acting = act::act(&app, &asker, action, terminal);
    Ok(runtime.block_on(stoppable(acting, tidy))??.unwrap_or(Exit::Usage))
}

/// Another database in the place of ours. No use case runs meanwhile.
fn restore(global: &Global, file: &Path, yes: bool, terminal: &mut Terminal) -> Result<Exit, StartError> {
    let config = configured(global, terminal)?;
    let now = SystemClock.now();
    if let Some(exit) = keeping::confirm_restore(file, yes, terminal)? {
        return Ok(exit);
    }
    let meter = keeping::percent(terminal);
    let work = backup::restore(config.database(), file.to_owned(), now, meter.progress());
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let report = runtime.block_on(stoppable(work, Some(terminal.stop())))?;
    meter.clear();
    Ok(keeping::restored(report, now, terminal)?)
}

/// The conversation that writes the configuration.
fn setup(global: &Global, chosen: SetupFlags, terminal: &mut Terminal) -> Result<Exit, StartError> {
    let mut given = Flags { wanted: Wanted::ToWrite, ..flags(global) };
    if chosen.system {
        given.config = Some(config::SYSTEM_FILE.into());
    }
    let config = Config::load(&given, &config::environment)?;
    log(global, &log_filter(global, "warn"));
    for warning in &config.warnings {
        terminal.warn(&format!("Warning: {warning}"))?;
    }
    let services = Services::of(&config, Arc::new(SystemClock))?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(setup::setup(&config, &services, chosen, discord::invitation, terminal))?)
}

/// All that can be wrong.
fn doctor(global: &Global, offline: bool, terminal: &mut Terminal) -> Result<Exit, StartError> {
    let config = Config::load(&Flags { wanted: Wanted::ToExamine, ..flags(global) }, &config::environment)?;
    log(global, &log_filter(global, "error"));
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let (mut checks, found) = doctor::at_home(&config, clock.now());
    if !offline {
        let services = Services::of(&config, clock)?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        checks.extend(runtime.block_on(doctor::outside(&config, &services, found.as_ref())));
    }
    Ok(health::show("doctor", &checks, terminal)?)
}

/// The system's service. What it prints itself goes past us.
fn service(global: &Global, action: ServiceAction, terminal: &mut Terminal) -> Result<Exit, StartError> {
    let installed = || Systemd::installed().map(|(_, systemd)| systemd);
    let done = match action {
        ServiceAction::Install { user } => install(global, user)?,
        ServiceAction::Remove => installed()?.remove()?,
        ServiceAction::Status => {
            return Ok(if installed()?.status()? { Exit::Done } else { Exit::Refused });
        }
        ServiceAction::Logs { lines, follow } => {
            installed()?.logs(lines, follow)?;
            return Ok(Exit::Done);
        }
    };
    health::steps(Action::Service(action).name(), &done, terminal)?;
    Ok(Exit::Done)
}

fn install(global: &Global, user: bool) -> Result<Vec<String>, StartError> {
    let scope = if user { Scope::User } else { Scope::System };
    let systemd = Systemd::of(scope)?;
    let program = config::program()?;
    if !user {
        if !Path::new(config::SYSTEM_FILE).exists() {
            let missing = UnitError::NotSetUp { what: "configuration for it", with: "sudo rustops setup --system" };
            return Err(missing.into());
        }
        return Ok(systemd.install(&program, &[])?);
    }
    let config = Config::load(&flags(global), &config::environment)?;
    if config.discord_token.is_none() {
        return Err(UnitError::NotSetUp { what: "bot token", with: "rustops setup" }.into());
    }
    let mut chosen = Vec::new();
    for (flag, path) in [("--config", &global.config), ("--data-dir", &global.data_dir)] {
        if let Some(path) = path {
            chosen.extend([flag.to_owned(), std::path::absolute(path)?.display().to_string()]);
        }
    }
    Ok(systemd.install(&program, &chosen)?)
}

/// The prompt on the real data and services.
fn shell(global: &Global, terminal: &mut Terminal) -> Result<Exit, StartError> {
    let config = configured(global, terminal)?;
    let app = app(&config, share(&config)?)?;
    let runtime = workers()?;
    let asker = Asker::terminal(guild(global));
    let stop = terminal.stop();
    let wait = |tidy, work: Work<'_>| interruptible(&runtime, &stop, tidy, work);
    let mut talk = Talk { app: &app, asker, terminal, runtime: runtime.handle().clone(), wait: &wait, time: None };
    if io::stdin().is_terminal() {
        let history = config.data_dir.join("history");
        // Without one, the prompt works as well.
        if let Err(error) = store::private_file(&history) {
            tracing::debug!(%error, "no history can be kept");
        }
        tour::greet(&mut talk)?;
        Ok(talk.converse(Some(&history))?)
    } else {
        Ok(talk.obey()?)
    }
}

/// The bot, until a signal or until going on would not help.
fn bot(global: &Global, terminal: &mut Terminal) -> Result<Exit, StartError> {
    let config = Config::load(&flags(global), &config::environment)?;
    log(global, &log_filter(global, &config.log));
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let Some(token) = config.discord_token.clone() else {
        return Ok(terminal.usage("No Discord token is set. `rustops setup` asks for it and says where to get one.")?);
    };
    let app = match app(&config, None) {
        Err(StartError::Open(error)) if error.stays() => {
            terminal.cannot_start(&error.to_string())?;
            return Ok(Exit::Database);
        }
        app => app?,
    };
    let Some(_claim) = app.claim_for_bot()? else {
        return Err(
            anyhow::anyhow!("Another bot runs on this database. Stop it first, or use another --data-dir.").into()
        );
    };
    if config.battlemetrics_token.is_none() {
        tracing::warn!("no BattleMetrics token is set: commands that need it will say so");
    }
    // One thread is enough for what waits nearly always, and each more would keep memory of its own.
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let heart = Arc::new(Heart::new(&config.data_dir, clock.now()));
    let (connected, connection) = watch::channel(false);
    let options =
        discord::Options { token, api_url: config.discord_api_url, app: app.clone(), clock: clock.clone(), connected };
    let ended = runtime.block_on(async {
        let stop = signals()?;
        let bot = discord::Bot::new(options);
        let herald = bot.herald();
        let farewell = herald.clone();
        let tasks = [
            beside(pulse(Arc::clone(&heart), connection, Arc::clone(&clock))),
            beside(snapshots(app.clone(), Arc::clone(&clock))),
            beside(upkeep(app.clone(), Arc::clone(&clock))),
            beside(keep_watch(app.clone(), Arc::clone(&clock), Some(herald.clone()))),
            beside(keep_past(app.clone(), Arc::clone(&clock), Some(herald.clone()))),
            beside(look_for_releases(app.clone(), Arc::clone(&clock), config.release_url.clone())),
            beside(keep_posted(herald, clock)),
        ];
        let ended = bot.run(stop).await;
        for task in tasks {
            task.abort();
        }
        if let Err(error) = app.watch_stop().await {
            tracing::warn!(?error, "the last minutes of the watch could not be kept");
        }
        if ended.is_ok() {
            // Whoever stops the bot does not wait for long: boards that are not reached by then stay as they are.
            drop(tokio::time::timeout(BOARDS_TOLD_WITHIN, farewell.take_leave()).await);
        }
        io::Result::Ok(ended)
    })?;
    if let Err(error) = heart.end() {
        tracing::warn!(%error, "the heartbeat could not be taken away");
    }
    // Whatever still runs holds no data that was promised to anybody.
    runtime.shutdown_timeout(Duration::from_secs(1));
    match ended {
        Ok(()) => Ok(Exit::Done),
        Err(end) => {
            let (exit, next) = match end {
                End::TokenRefused => (
                    Exit::TokenRefused,
                    "Make a new one at https://discord.com/developers/applications (Bot, Reset Token) and give it to `rustops setup`.",
                ),
                End::IntentsRefused => {
                    (Exit::IntentsRefused, "RustOps needs no privileged intent; report this, please.")
                }
                End::Lost => (Exit::Outside, "Starting again may help."),
            };
            tracing::error!("{end}. {next}");
            Ok(exit)
        }
    }
}

/// Starts work that goes on beside everything else until it is aborted.
#[expect(clippy::disallowed_methods, reason = "the one place where tasks begin")]
fn beside(work: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(work)
}

/// The prompt, or the guided tour where nobody can type, in the pretend world.
fn demo(global: &Global, terminal: &mut Terminal) -> Result<Exit, StartError> {
    log(global, &log_filter(global, "warn"));
    let runtime = workers()?;
    let clock = MovableClock::starting_at(START);
    let shown = Arc::new(clock.clone());
    let (sim, services) = Sim::bind(SimOptions { seed: DEMO_SEED, clock: shown.clone(), latency: DEMO_LATENCY })?;
    spawn(&runtime, services);
    let folder = tempfile::tempdir()?;
    let app = demo_app(&sim, shown.clone(), folder.path())?;
    spawn(&runtime, keep_watch(app.clone(), Arc::<MovableClock>::clone(&shown), None));
    spawn(&runtime, keep_past(app.clone(), shown, None));
    let (watched, handle) = (app.clone(), runtime.handle().clone());
    let time = move |by: SignedDuration| {
        // Nobody waits for the services meanwhile.
        sim.set_latency(Duration::ZERO);
        let mut left = by;
        while left > SignedDuration::ZERO {
            let step = if by > DEMO_FAR { left } else { left.min(DEMO_STEP) };
            clock.advance(step);
            handle.block_on(catch_up(&watched));
            left -= step;
        }
        sim.set_latency(DEMO_LATENCY);
        clock.now()
    };
    let typed = io::stdin().is_terminal();
    if !typed {
        terminal.watch_nobody();
    }
    let asker = Asker::terminal(GuildKey::local());
    let stop = terminal.stop();
    let wait = |tidy, work: Work<'_>| interruptible(&runtime, &stop, tidy, work);
    let mut talk =
        Talk { app: &app, asker, terminal, runtime: runtime.handle().clone(), wait: &wait, time: Some(&time) };
    if typed {
        tour::welcome(&mut talk)?;
        Ok(talk.converse(None)?)
    } else {
        Ok(tour::guide(&mut talk)?)
    }
}

/// Looks at the pretend world once more, so that whoever came and went is seen.
async fn catch_up(app: &App) {
    for _ in 0..CATCHING_UP {
        match both_steps(app).await {
            Ok(next) if next <= app.now() => {}
            Ok(_) => return,
            Err(error) => {
                tracing::warn!(?error, "the watch could not go on");
                return;
            }
        }
    }
}

/// What is due of the watch, then of the past. Returns when there is more to do.
async fn both_steps(app: &App) -> Result<Timestamp, crate::error::Error> {
    let polled = app.watch_step().await?.next;
    if polled <= app.now() { Ok(polled) } else { Ok(polled.min(app.past_step().await?.next)) }
}

fn demo_app(sim: &Sim, clock: Arc<dyn Clock>, folder: &Path) -> Result<App, StartError> {
    let address = |text: String| Url::parse(&text).map_err(anyhow::Error::from);
    let battlemetrics =
        Options::new(address(sim.battlemetrics_url())?, Some(sim.battlemetrics_token().into()), Arc::clone(&clock));
    let steam = Options::new(address(sim.steam_url())?, Some(sim.steam_key().into()), Arc::clone(&clock));
    let store = Store::open(&folder.join("rustops.db"), clock.now())?;
    let watch = WatchOptions { every: DEMO_POLL, ..WatchOptions::default() };
    Ok(App::new(store, BattleMetrics::new(battlemetrics)?, Steam::new(steam)?, clock).with_watch(watch))
}

/// What a command may spend on BattleMetrics beside a bot that runs here; alone, as much as a bot.
fn share(config: &Config) -> Result<Option<Plan>, StartError> {
    let pulse = alive::pulse(&config.data_dir, clock()?.now());
    Ok(matches!(pulse, Ok(Pulse::Beats(_))).then_some(BESIDE_THE_BOT))
}

/// Every room on the real services; `plan` is what it may spend on BattleMetrics, if not what the bot may.
fn app(config: &Config, plan: Option<Plan>) -> Result<App, StartError> {
    let clock = clock()?;
    let store = Store::open(&config.database(), clock.now())?;
    let battlemetrics = Options {
        plan,
        ..Options::new(config.battlemetrics_url.clone(), config.battlemetrics_token.clone(), Arc::clone(&clock))
    };
    let steam = Options::new(config.steam_url.clone(), config.steam_key.clone(), Arc::clone(&clock));
    let watch = WatchOptions {
        every: SignedDuration::from_secs(config.watch_interval.into()),
        keep_strangers_days: config.keep_strangers_days,
        keep_members_days: config.keep_members_days,
    };
    Ok(App::new(store, BattleMetrics::new(battlemetrics)?, Steam::new(steam)?, clock).with_watch(watch))
}

/// The machine's clock. For transcripts and tests against a pretend world, `RUSTOPS_NOW` (RFC 3339) says what its time is
/// when the program starts.
fn clock() -> Result<Arc<dyn Clock>, StartError> {
    let Some(now) = config::environment("RUSTOPS_NOW").filter(|now| !now.is_empty()) else {
        return Ok(Arc::new(SystemClock));
    };
    let now = now.parse().map_err(|_| anyhow::anyhow!("RUSTOPS_NOW is no instant such as 2026-06-13T20:15:00Z."))?;
    Ok(Arc::new(MovableClock::starting_at(now)))
}

/// The configuration, with the log started as it says and its warnings told.
fn configured(global: &Global, terminal: &mut Terminal) -> Result<Config, StartError> {
    let config = Config::load(&flags(global), &config::environment)?;
    log(global, &log_filter(global, config.log_if_told().unwrap_or("warn")));
    for warning in &config.warnings {
        terminal.warn(&format!("Warning: {warning}"))?;
    }
    Ok(config)
}

/// Threads of their own for what runs beside a conversation that blocks.
fn workers() -> io::Result<Runtime> {
    Builder::new_multi_thread().worker_threads(2).enable_all().build()
}

fn spawn(runtime: &Runtime, services: impl Future<Output = ()> + Send + 'static) {
    // Ends with the runtime.
    drop(runtime.spawn(services));
}

fn guild(global: &Global) -> GuildKey {
    global.guild.clone().unwrap_or_else(GuildKey::local)
}

/// What was typed, by key.
fn flags(global: &Global) -> Flags {
    use secrecy::ExposeSecret as _;
    let secret = |value: &Option<secrecy::SecretString>| value.as_ref().map(|value| value.expose_secret().to_owned());
    let path = |value: &Option<std::path::PathBuf>| value.as_ref().map(|path| path.display().to_string());
    let given = [
        ("data_dir", path(&global.data_dir)),
        ("discord_token", secret(&global.discord_token)),
        ("discord_token_file", path(&global.discord_token_file)),
        ("battlemetrics_token", secret(&global.battlemetrics_token)),
        ("battlemetrics_token_file", path(&global.battlemetrics_token_file)),
        ("steam_key", secret(&global.steam_key)),
        ("steam_key_file", path(&global.steam_key_file)),
        ("discord_api_url", global.discord_api_url.clone()),
        ("battlemetrics_url", global.battlemetrics_url.clone()),
        ("steam_url", global.steam_url.clone()),
    ];
    let values: BTreeMap<_, _> = given.into_iter().filter_map(|(key, value)| value.map(|value| (key, value))).collect();
    Flags { config: global.config.clone(), wanted: Wanted::ToUse, values }
}

/// `-v` shows what we do, `-vv` what others do for us; else what the configuration or `usual` says.
fn log_filter(global: &Global, usual: &str) -> String {
    match global.verbose {
        0 => usual.to_owned(),
        1 => "info,rustops=debug".to_owned(),
        _ => "debug".to_owned(),
    }
}

/// Starts the log on standard error.
fn log(global: &Global, filter: &str) {
    let look = match (global.log_format, io::stderr().is_terminal()) {
        (LogFormat::Json, _) => Look::Json,
        (LogFormat::Text, true) => Look::Terminal,
        (LogFormat::Text, false) => Look::Plain,
    };
    log::start(look, filter, Arc::new(SystemClock));
}

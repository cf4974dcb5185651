//! What is wrong with this installation, and what to do about it: one finding after another, each with its remedy.
//!
//! Looks and mends nothing: the database is opened for reading only, files are only looked at.

use std::{io, path::Path, time::Duration};

use futures_util::future;
use jiff::{SignedDuration, Timestamp};

use super::{
    Check, State, files,
    prove::{PERMISSIONS, Proof, Services, Whose},
    unit::{Scope, Systemd, UnitError},
};
use crate::{
    alive::{self, Pulse},
    config::{self, Config, Origin},
    domain::{
        ids::{ChannelId, GuildKey},
        trouble::TroubleKind,
    },
    remote::{Bot, Discord, Sight, look_at},
    store::{self, Checkup, copies},
    view::{card::Face, words},
};

/// By so much a clock may be wrong before times on the screen look wrong, …
const CLOCK_OFF: SignedDuration = SignedDuration::from_secs(30);

/// … and by so much before certificates and sessions are.
const CLOCK_BAD: SignedDuration = SignedDuration::from_mins(10);

/// An answer that takes longer makes commands feel slow.
const SLOW: SignedDuration = SignedDuration::from_secs(2);

/// Looks at all that lies on this machine. Blocks.
pub fn at_home(config: &Config, now: Timestamp) -> (Vec<Check>, Option<Checkup>) {
    let mut checks = configuration(config);
    checks.extend(config.told.iter().map(|(key, told)| value(key, told.value.as_deref(), &told.from)));
    checks.push(files::data_dir(&config.data_dir));
    checks.extend(files::rights(&config.data_dir));
    checks.extend(files::space(&config.data_dir));
    let (database, found) = database(&config.database());
    checks.push(database);
    checks.push(files::backup(&config.data_dir.join(copies::FOLDER), now));
    checks.push(running(&config.data_dir, now));
    checks.push(unit(config));
    (checks, found)
}

/// Asks all services at once: whether they answer, what their clocks say, whether they take the secrets, what the bot may do.
pub async fn outside(config: &Config, services: &Services, found: Option<&Checkup>) -> Vec<Check> {
    let timeout = Duration::from_secs(10);
    let sights = Whose::ALL.map(|whose| look_at(services.base(whose), &services.clock, timeout));
    let proofs = Whose::ALL.map(async |whose| match whose.of(config) {
        Some(secret) => Some(services.prove(whose, secret.clone()).await),
        None => None,
    });
    let (sights, proofs) = future::join(future::join_all(sights), future::join_all(proofs)).await;
    let mut checks = vec![clock(&sights)];
    let mut bot = None;
    for (whose, (sight, proof)) in Whose::ALL.into_iter().zip(sights.into_iter().zip(proofs)) {
        // Where there is no way, nothing can be proven; said once is enough.
        checks.extend(proof.as_ref().filter(|proof| sight.is_ok() || proof.refused()).map(|proof| proof.check(whose)));
        checks.push(reached(whose, sight, proof.is_some()));
        if let Some(Proof::Works(Some(found))) = proof {
            bot = Some(found);
        }
    }
    if let (Some(bot), Some(found), Some(token)) = (bot, found, &config.discord_token)
        && let Ok(discord) = Discord::new(services.options(Whose::Discord, token.clone()))
    {
        let channels = found.channels.iter();
        checks.extend(future::join_all(channels.map(|(guild, id)| channel(&discord, &bot, guild, *id))).await);
    }
    checks
}

/// Whether the bot lives, for containers and watchdogs.
pub fn health(data_dir: &Path, now: Timestamp) -> Check {
    const ABOUT: &str = "bot";
    let ago = |at| words::ago(Face::Terminal, at, now);
    match alive::pulse(data_dir, now) {
        Ok(Pulse::Beats(beat)) if beat.connected => {
            Check::good(ABOUT, format!("runs and is connected to Discord (started {})", ago(beat.since)))
        }
        Ok(Pulse::Beats(beat)) => {
            Check::good(ABOUT, format!("runs and waits for Discord (started {})", ago(beat.since)))
        }
        Ok(Pulse::Stopped(beat)) => Check::bad(
            ABOUT,
            format!("gave its last sign of life {} and has not ended in order", ago(beat.at)),
            if by_systemd() {
                "See why: rustops service logs. Then start it again."
            } else {
                "See its log, and start it again."
            },
        ),
        Ok(Pulse::None) if by_systemd() => {
            Check::bad(ABOUT, "does not run", "Start it with: rustops run, or: rustops service install")
        }
        Ok(Pulse::None) => Check::bad(ABOUT, "does not run", "Start it with: rustops run"),
        Err(error) => Check::bad(
            ABOUT,
            format!("left a heartbeat that cannot be read: {}", reason(&error)),
            format!("Check the rights of {}", data_dir.join("heartbeat").display()),
        ),
    }
}

/// Whether there is anything that `rustops service` could do.
fn by_systemd() -> bool {
    !matches!(Systemd::installed(), Err(UnitError::NoSystemd))
}

fn running(data_dir: &Path, now: Timestamp) -> Check {
    let check = health(data_dir, now);
    match alive::pulse(data_dir, now) {
        // Nobody has to run the bot to use the terminal.
        Ok(Pulse::None) => Check::warning(&check.about, check.says, check.remedy.unwrap_or_default()),
        _ => check,
    }
}

fn configuration(config: &Config) -> Vec<Check> {
    const ABOUT: &str = "configuration";
    let bad = |told: &str| {
        let (says, remedy) = told
            .split_once(". ")
            .unwrap_or((told.trim_end_matches('.'), "Mend it there; `rustops setup` asks for tokens anew."));
        Check::bad(ABOUT, says, remedy)
    };
    let faults = config.faults.iter().map(|fault| bad(&fault.to_string()));
    let mut checks: Vec<_> = faults.chain(config.warnings.iter().map(|warning| bad(warning))).collect();
    let file = config.config_file.display();
    if checks.is_empty() {
        checks.push(if config.config_file.exists() {
            Check::good(ABOUT, format!("{file}, for nobody else to read"))
        } else {
            Check::warning(ABOUT, format!("{file} is not there yet"), "Make it with: rustops setup")
        });
    }
    checks
}

fn value(key: &str, value: Option<&str>, from: &Origin) -> Check {
    match (value, key) {
        (Some(value), _) => Check::good(key, format!("{value} ({from})")),
        (None, "discord_token") => {
            Check::warning(key, "not set; the bot cannot run without it", "Set it with: rustops setup")
        }
        (None, "battlemetrics_token") => {
            Check::warning(key, "not set; nobody's presence can be looked up", "Set it with: rustops setup")
        }
        (None, _) => Check::good(key, "not set (optional)"),
    }
}

fn database(path: &Path) -> (Check, Option<Checkup>) {
    const ABOUT: &str = "database";
    let found = match store::checkup(path) {
        Ok(Some(found)) => found,
        Ok(None) => return (Check::good(ABOUT, "will be made at the first start"), None),
        Err(error) => {
            let told = error.to_string();
            let (says, remedy) = told.split_once(". ").unwrap_or((&told, "See the lines above."));
            return (Check::bad(ABOUT, says, remedy), None);
        }
    };
    let size = words::bytes(found.size);
    let back = found.way_back.as_deref().unwrap_or("rustops restore FILE");
    let check = match found.damage.first() {
        Some(first) => Check::bad(
            ABOUT,
            format!("damaged: {first}"),
            format!("Stop the bot and put a backup in its place: {back}"),
        ),
        None if found.version < found.newest => Check::warning(
            ABOUT,
            format!("sound, {size}, of version {} where this program has {}", found.version, found.newest),
            "Nothing to do: the next start copies it and brings it up to date.",
        ),
        None => Check::good(ABOUT, format!("sound, {size}, version {}", found.version)),
    };
    (check, Some(found))
}

fn unit(config: &Config) -> Check {
    const ABOUT: &str = "service";
    let (scope, systemd) = match Systemd::installed() {
        Ok(found) => found,
        Err(UnitError::NoSystemd) => {
            return Check::good(
                ABOUT,
                "not looked at: this machine is not run by systemd (a container starts the bot by its own rules; for macOS \
                 and Windows see docs/hosting.md)",
            );
        }
        Err(_) => {
            return Check::warning(
                ABOUT,
                "none is installed, so the bot does not start with the machine",
                "Install it with: rustops service install (not needed in a container)",
            );
        }
    };
    if scope == Scope::System && config.config_file != Path::new(config::SYSTEM_FILE) {
        return Check::warning(
            ABOUT,
            format!("the system's is installed; it reads {}, this looks at another one", config::SYSTEM_FILE),
            "Look at what it sees: sudo rustops doctor",
        );
    }
    let (enabled, active) = (systemd.ask("is-enabled"), systemd.ask("is-active"));
    started(scope, enabled.as_deref(), active.as_deref(), systemd.starts_with_machine())
}

/// What systemd's words mean.
fn started(scope: Scope, enabled: Option<&str>, active: Option<&str>, with_machine: bool) -> Check {
    const ABOUT: &str = "service";
    let (sudo, user) = if scope == Scope::User { ("", " --user") } else { ("sudo ", "") };
    match (enabled, active) {
        (Some("enabled"), Some("active")) if with_machine => Check::good(ABOUT, "starts with the machine, and runs"),
        (Some("enabled"), Some("active")) => Check::warning(
            ABOUT,
            "runs, but starts only when you log in",
            "Have it start with the machine: sudo loginctl enable-linger $USER",
        ),
        (Some("enabled"), Some(state @ ("activating" | "deactivating" | "reloading"))) => Check::warning(
            ABOUT,
            format!("is {state} at the moment"),
            format!("Look again in a minute. If it stays so, see why: {sudo}rustops service logs"),
        ),
        (Some("enabled"), Some(state)) => Check::bad(
            ABOUT,
            format!("is to start by itself, but is {state} now"),
            format!("See why: {sudo}rustops service logs. Start it: {sudo}systemctl{user} start rustops"),
        ),
        (Some(state), _) => Check::warning(
            ABOUT,
            format!("is {state}, so the bot does not start with the machine"),
            format!("Switch it on: {sudo}systemctl{user} enable --now rustops"),
        ),
        (None, _) => Check::warning(ABOUT, "is installed, but systemd does not answer", "Is this a container?"),
    }
}

fn clock(sights: &[Result<Sight, TroubleKind>]) -> Check {
    const ABOUT: &str = "clock";
    let mut ahead: Vec<_> = sights.iter().filter_map(|sight| sight.as_ref().ok()?.clock_ahead).collect();
    ahead.sort();
    // The middle one, so that one service with a wrong clock does not matter.
    let Some(ahead) = ahead.get(ahead.len() / 2).copied() else {
        return Check::warning(ABOUT, "could not be compared, for no service told the time", "See the lines below.");
    };
    let off = ahead.abs();
    let says =
        format!("{} {}", words::lasting(Face::Terminal, off), if ahead.is_negative() { "behind" } else { "ahead" });
    let remedy = "Switch on the machine's time synchronisation: timedatectl set-ntp true";
    if off <= CLOCK_OFF {
        Check::good(ABOUT, "agrees with the services")
    } else if off <= CLOCK_BAD {
        Check::warning(ABOUT, says, remedy)
    } else {
        Check::bad(ABOUT, says, remedy)
    }
}

fn reached(whose: Whose, sight: Result<Sight, TroubleKind>, needed: bool) -> Check {
    let about = format!("way to {}", whose.name());
    match sight {
        Ok(sight) if sight.took > SLOW => Check::warning(
            &about,
            format!("it answers, but only after {:.1} s", sight.took.as_secs_f64()),
            "Is this machine's network slow or busy?",
        ),
        Ok(sight) => Check::good(&about, format!("it answers in {} ms", sight.took.as_millis())),
        Err(kind) => {
            let told = Proof::Fails(kind).check(whose);
            let state = if needed { State::Bad } else { State::Warning };
            Check { about, state, ..told }
        }
    }
}

async fn channel(discord: &Discord, bot: &Bot, guild: &GuildKey, id: ChannelId) -> Check {
    let about = format!("channel {id}");
    let choose = "Choose another one (/rustops settings, /group board), or let the bot in there.";
    match discord.permissions(guild, id, bot.user).await {
        Ok(held) => {
            let missing: Vec<_> =
                PERMISSIONS.iter().filter(|(bit, _)| held & bit == 0).map(|(_, name)| *name).collect();
            if missing.is_empty() {
                Check::good(&about, format!("the bot may write there (Discord server {guild})"))
            } else {
                let missing = missing.join(", ");
                Check::bad(
                    &about,
                    format!("the bot lacks: {missing}"),
                    "Give it these permissions in the channel's settings.",
                )
            }
        }
        Err(TroubleKind::NotFound | TroubleKind::Forbidden) => {
            Check::bad(&about, format!("the bot cannot see it (Discord server {guild})"), choose)
        }
        Err(kind) => Check { about, ..Proof::Fails(kind).check(Whose::Discord) },
    }
}

pub(super) fn reason(error: &io::Error) -> String {
    error.kind().to_string()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::{alive::Heart, store::Store};

    fn now() -> Timestamp {
        "2026-10-01T12:00:00Z".parse().unwrap()
    }

    fn seen(ahead: i64) -> Result<Sight, TroubleKind> {
        let clock_ahead = Some(SignedDuration::from_secs(ahead));
        Ok(Sight { took: SignedDuration::from_millis(80), clock_ahead })
    }

    #[test]
    fn a_clock_is_judged_by_the_middle_of_what_the_services_say() {
        assert_eq!(clock(&[seen(0), seen(1), seen(9999)]).state, State::Good);
        let behind = clock(&[seen(-7200), seen(-7201), Err(TroubleKind::TimedOut)]);
        assert_eq!((behind.state, behind.says.as_str()), (State::Bad, "2h behind"));
        assert_eq!(clock(&[seen(60)]).state, State::Warning);
        assert_eq!(clock(&[Err(TroubleKind::Unreachable)]).state, State::Warning);
    }

    #[test]
    fn a_bot_tells_how_it_is_by_its_heartbeat() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(health(folder.path(), now()).state, State::Bad);
        assert_eq!(running(folder.path(), now()).state, State::Warning);
        let heart = Heart::new(folder.path(), now());
        heart.beat(true, now()).unwrap();
        let hour = now() + SignedDuration::from_hours(1);
        assert_eq!(health(folder.path(), now()).says, "runs and is connected to Discord (started just now)");
        assert_eq!(health(folder.path(), hour).says, "gave its last sign of life 1h ago and has not ended in order");
        assert_eq!(running(folder.path(), hour).state, State::Bad);
    }

    #[test]
    fn a_database_is_there_sound_or_broken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rustops.db");
        assert_eq!(database(&path).0.says, "will be made at the first start");
        drop(Store::open(&path, now()).unwrap());
        let (check, found) = database(&path);
        assert!(check.state == State::Good && check.says.starts_with("sound, "), "{check:?}");
        assert!(found.is_some());
        fs::write(&path, "SQLite format 3\0 and no more").unwrap();
        assert_eq!(database(&path).0.state, State::Bad);
    }

    #[test]
    fn a_service_that_is_about_to_start_is_not_broken() {
        let state =
            |enabled, active, with_machine| started(Scope::User, Some(enabled), Some(active), with_machine).state;
        assert_eq!(state("enabled", "active", true), State::Good);
        assert_eq!(state("enabled", "active", false), State::Warning);
        assert_eq!(state("enabled", "activating", true), State::Warning);
        assert_eq!(state("enabled", "failed", true), State::Bad);
        assert_eq!(state("disabled", "active", true), State::Warning);
    }

    #[test]
    fn a_missing_token_is_told_by_what_it_costs() {
        let missing = |key| value(key, None, &Origin::Default).state;
        assert_eq!(["discord_token", "steam_key"].map(missing), [State::Warning, State::Good]);
        assert_eq!(value("steam_key", Some("set"), &Origin::File).says, "set (config.toml)");
    }
}

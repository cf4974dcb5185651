//! What is wrong with this installation, and what to do about it: one finding after another, each with its remedy.
//!
//! Looks and mends nothing: the database is opened for reading only, files are only looked at.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use futures_util::future;
use jiff::{SignedDuration, Timestamp};

use super::{
    Check, State,
    prove::{PERMISSIONS, Proof, Services, Whose},
    unit::{Scope, Systemd},
};
use crate::{
    alive::{self, Pulse},
    config::{Config, Origin},
    domain::{
        ids::{ChannelId, GuildKey},
        trouble::TroubleKind,
    },
    remote::{Bot, Discord, Sight, look_at},
    store::{self, Checkup, LITTLE_ROOM, NO_ROOM},
    view::{card::Face, words},
};

/// Backups are made daily; one may be missed.
const OLD_BACKUP: SignedDuration = SignedDuration::from_hours(48);

/// By so much a clock may be wrong before times on the screen look wrong, …
const CLOCK_OFF: SignedDuration = SignedDuration::from_secs(30);

/// … and by so much before certificates and sessions are.
const CLOCK_BAD: SignedDuration = SignedDuration::from_mins(10);

/// An answer that takes longer makes commands feel slow.
const SLOW: SignedDuration = SignedDuration::from_secs(2);

/// Looks at all that lies on this machine. Blocks.
pub fn at_home(config: &Config, now: Timestamp) -> (Vec<Check>, Option<Checkup>) {
    let mut checks = vec![configuration(config)];
    checks.extend(config.told.iter().map(|(key, told)| value(key, told.value.as_deref(), &told.from)));
    checks.push(data_dir(&config.data_dir));
    checks.extend(space(&config.data_dir));
    let (database, found) = database(&config.database());
    checks.push(database);
    checks.push(backup(&config.data_dir.join("backups"), now));
    checks.push(running(&config.data_dir, now));
    checks.push(unit());
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
        let channels = found.log_channels.iter();
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
            "See why: rustops service logs. Then start it again.",
        ),
        Ok(Pulse::None) => Check::bad(ABOUT, "does not run", "Start it with: rustops run, or: rustops service install"),
        Err(error) => Check::bad(
            ABOUT,
            format!("left a heartbeat that cannot be read: {}", reason(&error)),
            format!("Check the rights of {}", data_dir.join("heartbeat").display()),
        ),
    }
}

fn running(data_dir: &Path, now: Timestamp) -> Check {
    let check = health(data_dir, now);
    match alive::pulse(data_dir, now) {
        // Nobody has to run the bot to use the terminal.
        Ok(Pulse::None) => Check::warning(&check.about, check.says, check.remedy.unwrap_or_default()),
        _ => check,
    }
}

fn configuration(config: &Config) -> Check {
    const ABOUT: &str = "configuration";
    let file = config.config_file.display();
    match (config.warnings.first(), config.config_file.exists()) {
        (Some(warning), _) => {
            let (says, remedy) = warning.split_once(". ").unwrap_or((warning, ""));
            Check::bad(ABOUT, says, remedy)
        }
        (None, true) => Check::good(ABOUT, format!("{file}, for nobody else to read")),
        (None, false) => Check::warning(ABOUT, format!("{file} is not there yet"), "Make it with: rustops setup"),
    }
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

fn data_dir(path: &Path) -> Check {
    const ABOUT: &str = "data directory";
    let shown = path.display();
    match fs::metadata(path) {
        Ok(found) if !found.is_dir() => {
            Check::bad(ABOUT, format!("{shown} is no directory"), "Move it away, or choose another with --data-dir.")
        }
        Ok(found) if open_to_others(&found) => Check::warning(
            ABOUT,
            format!("other users of this machine can look into {shown}"),
            format!("Shut them out: chmod 700 {shown}"),
        ),
        Ok(_) => Check::good(ABOUT, shown.to_string()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Check::good(ABOUT, format!("{shown} will be made at the first start"))
        }
        Err(error) => Check::bad(
            ABOUT,
            format!("{shown} cannot be looked at: {}", reason(&error)),
            "Run this as the user who owns it (for the system service: with sudo).",
        ),
    }
}

#[cfg(unix)]
fn open_to_others(found: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    found.permissions().mode() & 0o007 != 0
}

#[cfg(not(unix))]
fn open_to_others(_: &fs::Metadata) -> bool {
    false
}

fn space(data_dir: &Path) -> Option<Check> {
    const ABOUT: &str = "disk";
    let free = store::room(data_dir)?;
    let says = format!("{} free", words::bytes(free));
    let remedy = "Make room on the disk of the data directory, or choose another with --data-dir.";
    Some(match free {
        ..NO_ROOM => Check::bad(ABOUT, says, remedy),
        NO_ROOM..LITTLE_ROOM => Check::warning(ABOUT, says, remedy),
        LITTLE_ROOM.. => Check::good(ABOUT, says),
    })
}

fn database(path: &Path) -> (Check, Option<Checkup>) {
    const ABOUT: &str = "database";
    let back = "Stop the bot and put a backup in its place: rustops restore FILE";
    let found = match store::checkup(path) {
        Ok(Some(found)) => found,
        Ok(None) => return (Check::good(ABOUT, "will be made at the first start"), None),
        Err(error) => {
            let told = error.to_string();
            let (says, remedy) = told.split_once(". ").unwrap_or((&told, back));
            return (Check::bad(ABOUT, says, remedy), None);
        }
    };
    let size = words::bytes(found.size);
    let check = match found.damage.first() {
        Some(first) => Check::bad(ABOUT, format!("damaged: {first}"), back),
        None if found.version < found.newest => Check::warning(
            ABOUT,
            format!("sound, {size}, of version {} where this program has {}", found.version, found.newest),
            "Nothing to do: the next start copies it and brings it up to date.",
        ),
        None => Check::good(ABOUT, format!("sound, {size}, version {}", found.version)),
    };
    (check, Some(found))
}

fn backup(folder: &Path, now: Timestamp) -> Check {
    const ABOUT: &str = "backup";
    match newest(folder) {
        Ok(Some((path, at))) => {
            let says = format!("{}, {}", path.display(), words::ago(Face::Terminal, at, now));
            if now.duration_since(at) > OLD_BACKUP {
                Check::warning(ABOUT, says, "The running bot makes one a day. Make one now with: rustops backup")
            } else {
                Check::good(ABOUT, says)
            }
        }
        Ok(None) => Check::warning(
            ABOUT,
            format!("none yet in {}", folder.display()),
            "The running bot makes one a day. Make one now with: rustops backup",
        ),
        Err(error) => Check::bad(
            ABOUT,
            format!("{} cannot be looked into: {}", folder.display(), reason(&error)),
            "Check its owner and rights.",
        ),
    }
}

fn newest(folder: &Path) -> io::Result<Option<(PathBuf, Timestamp)>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        entries => entries?,
    };
    let mut newest = None;
    for entry in entries {
        let entry = entry?;
        let found = entry.metadata()?;
        let made = found.modified().ok().and_then(|made| Timestamp::try_from(made).ok());
        if let (true, Some(made)) = (found.is_file(), made) {
            newest = newest.max(Some((made, entry.path())));
        }
    }
    Ok(newest.map(|(at, path)| (path, at)))
}

fn unit() -> Check {
    const ABOUT: &str = "service";
    let Some((scope, systemd)) = Systemd::installed() else {
        return Check::warning(
            ABOUT,
            "none is installed, so the bot does not start with the machine",
            "Install it with: rustops service install (not needed in a container)",
        );
    };
    let (sudo, user) = if scope == Scope::User { ("", " --user") } else { ("sudo ", "") };
    match (systemd.ask("is-enabled").as_deref(), systemd.ask("is-active").as_deref()) {
        (Some("enabled"), Some("active")) => Check::good(ABOUT, "starts with the machine, and runs"),
        (Some("enabled"), Some(state)) => Check::bad(
            ABOUT,
            format!("starts with the machine, but is {state} now"),
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
    let about = format!("log channel {id}");
    let choose = "Choose a channel with /rustops settings, or invite the bot again.";
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

fn reason(error: &io::Error) -> String {
    error.kind().to_string()
}

#[cfg(test)]
mod tests {
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
    fn a_backup_gets_old() {
        let folder = tempfile::tempdir().unwrap();
        let backups = folder.path().join("backups");
        assert_eq!(backup(&backups, now()).state, State::Warning);
        fs::create_dir(&backups).unwrap();
        fs::create_dir(backups.join("a folder is no backup")).unwrap();
        assert_eq!(backup(&backups, now()).state, State::Warning);
        fs::write(backups.join("rustops-1.db.gz"), "").unwrap();
        let made = newest(&backups).unwrap().unwrap().1;
        assert_eq!(backup(&backups, made).state, State::Good);
        assert_eq!(backup(&backups, made + SignedDuration::from_hours(49)).state, State::Warning);
    }

    #[test]
    fn a_missing_token_is_told_by_what_it_costs() {
        let missing = |key| value(key, None, &Origin::Default).state;
        assert_eq!(["discord_token", "steam_key"].map(missing), [State::Warning, State::Good]);
        assert_eq!(value("steam_key", Some("set"), &Origin::File).says, "set (config.toml)");
    }
}

//! What `doctor` finds on the disk: the data directory, whose its files are and who may read them, room, backups.
//!
//! Looks and mends nothing.

use std::{fs, io, path::Path};

use jiff::{SignedDuration, Timestamp};

use super::{Check, doctor::reason};
use crate::{
    store::{self, LITTLE_ROOM, NO_ROOM, copies, copies::newest_backup},
    view::{card::Face, words},
};

/// Backups are made daily; one may be missed.
const OLD_BACKUP: SignedDuration = SignedDuration::from_hours(48);

pub(super) fn data_dir(path: &Path) -> Check {
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

/// Whether the files in the data directory and its backups are the folder's owner's, and nobody else's to read. Nothing is
/// said where there is no folder yet, or no such rights.
#[cfg(unix)]
pub(super) fn rights(data_dir: &Path) -> Option<Check> {
    use std::os::unix::fs::MetadataExt as _;
    const ABOUT: &str = "files";
    let owner = fs::metadata(data_dir).ok()?;
    let mut files = Vec::new();
    for folder in [data_dir, &data_dir.join(copies::FOLDER)] {
        // One that cannot be looked into is told of elsewhere.
        let Ok(entries) = fs::read_dir(folder) else { continue };
        for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
            if let Ok(found) = fs::symlink_metadata(&path)
                && (found.is_file() || path.ends_with(copies::FOLDER))
            {
                files.push((path, found));
            }
        }
    }
    let shown = data_dir.display();
    if let Some((path, found)) = files.iter().find(|(_, found)| found.uid() != owner.uid()) {
        let (user, group) = (owner.uid(), owner.gid());
        return Some(Check::bad(
            ABOUT,
            format!(
                "{} belongs to user {}, the folder to user {user}: the bot may not open it",
                path.display(),
                found.uid()
            ),
            format!("Stop the bot, then: sudo chown -R {user}:{group} {shown}/"),
        ));
    }
    if let Some((path, _)) = files.iter().find(|(_, found)| open_to_others(found)) {
        return Some(Check::bad(
            ABOUT,
            format!("other users of this machine may read {}", path.display()),
            format!("Shut them out: chmod -R go= {shown}/"),
        ));
    }
    Some(Check::good(ABOUT, "their owner's, and nobody else's to read"))
}

#[cfg(not(unix))]
pub(super) fn rights(_: &Path) -> Option<Check> {
    None
}

#[cfg(unix)]
fn open_to_others(found: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    found.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn open_to_others(_: &fs::Metadata) -> bool {
    false
}

pub(super) fn space(data_dir: &Path) -> Option<Check> {
    const ABOUT: &str = "disk";
    if store::read_only(data_dir) {
        return Some(Check::bad(
            ABOUT,
            "can only be read, so nothing can be kept",
            "See why (dmesg, mount) and mount it for writing, or choose another folder with --data-dir.",
        ));
    }
    let free = store::room(data_dir)?;
    let says = format!("{} free", words::bytes(free));
    let remedy = "Make room on the disk of the data directory, or choose another with --data-dir.";
    Some(match free {
        ..NO_ROOM => Check::bad(ABOUT, says, remedy),
        NO_ROOM..LITTLE_ROOM => Check::warning(ABOUT, says, remedy),
        LITTLE_ROOM.. => Check::good(ABOUT, says),
    })
}

pub(super) fn backup(folder: &Path, now: Timestamp) -> Check {
    const ABOUT: &str = "backup";
    match newest_backup(folder) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operate::State;

    #[test]
    fn a_backup_gets_old() {
        let folder = tempfile::tempdir().unwrap();
        let backups = folder.path().join("backups");
        assert_eq!(backup(&backups, NOW).state, State::Warning);
        fs::create_dir(&backups).unwrap();
        fs::create_dir(backups.join("a folder is no backup")).unwrap();
        assert_eq!(backup(&backups, NOW).state, State::Warning);
        fs::write(backups.join("rustops-1.db.gz.copying"), "").unwrap();
        fs::write(backups.join("shopping.txt"), "").unwrap();
        assert_eq!(backup(&backups, NOW).state, State::Warning, "half of one is none");
        fs::write(backups.join("rustops-1.db.gz"), "").unwrap();
        let made = newest_backup(&backups).unwrap().unwrap().1;
        assert_eq!(backup(&backups, made).state, State::Good);
        assert_eq!(backup(&backups, made + SignedDuration::from_hours(49)).state, State::Warning);
    }

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_or_that_is_somebody_elses_is_found() {
        use std::os::unix::fs::{PermissionsExt as _, chown};
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        let file = |name: &str| {
            fs::write(data.join(name), "").unwrap();
            fs::set_permissions(data.join(name), fs::Permissions::from_mode(0o600)).unwrap();
            data.join(name)
        };
        let database = file("rustops.db");
        assert_eq!(rights(data).unwrap().state, State::Good);
        fs::set_permissions(&database, fs::Permissions::from_mode(0o640)).unwrap();
        let check = rights(data).unwrap();
        assert!(check.state == State::Bad && check.remedy.unwrap().starts_with("Shut them out: chmod -R go= "));
        assert_eq!(rights(&data.join("none")), None);
        // Only the superuser can give a folder away.
        if chown(data, Some(61_234), Some(61_234)).is_ok() {
            let remedy = rights(data).unwrap().remedy.unwrap();
            assert!(remedy.contains("sudo chown -R 61234:61234 "), "{remedy}");
        }
    }
}

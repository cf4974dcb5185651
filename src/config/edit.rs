//! Writing `config.toml`: values are put in, all else in the file stays as it was, comments included.
//!
//! Writing only. What is in force, and from where, is known one floor up.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret as _, SecretString};
use toml_edit::{DocumentMut, value};

use super::EXAMPLE;

/// Why nothing was written. Never quotes the file.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The file is no TOML.
    #[error("{} is not TOML and was left as it is. Mend it, or move it away and begin anew.", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be read or written.
    #[error("{} cannot be written: {}. Check the rights of the file and its folder (for --system: use sudo).", path.display(), cause.kind())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
}

/// Sets keys of the file at `path` to texts; a file that is not there begins as the commented example. Afterwards only the
/// owner can read it. The file is replaced as a whole, so that a power cut leaves the old or the new one.
///
/// # Errors
/// The file is as it was before.
pub fn set(path: &Path, values: &[(&str, SecretString)]) -> Result<(), EditError> {
    let failed = |cause| EditError::Io { path: path.to_owned(), cause };
    // A link stays a link: what it leads to is replaced.
    let target = if path.is_symlink() { fs::canonicalize(path).map_err(failed)? } else { path.to_owned() };
    let text = match fs::read_to_string(&target) {
        Ok(text) => text,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => EXAMPLE.to_owned(),
        Err(cause) => return Err(failed(cause)),
    };
    let text = edited(&text, values).ok_or_else(|| EditError::Malformed { path: path.to_owned() })?;
    replace(&target, &text).map_err(failed)
}

/// Whether the file could be written, so that nobody types secrets in vain. Leaves no trace.
///
/// # Errors
/// When it could not.
pub fn try_out(path: &Path) -> Result<(), EditError> {
    let there = path.ancestors().skip(1).find(|folder| folder.exists());
    let there = there.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    tempfile::tempfile_in(there).map(drop).map_err(|cause| EditError::Io { path: path.to_owned(), cause })
}

/// The text of a file with keys set to texts, all else as it was; none when it is no TOML.
pub fn edited(text: &str, values: &[(&str, SecretString)]) -> Option<String> {
    let mut document: DocumentMut = text.parse().ok()?;
    let missing = values.iter().map(|(key, _)| *key).filter(|key| !document.contains_key(key));
    let awake = missing.fold(text.to_owned(), |text, key| awoken(&text, key));
    if awake != text {
        document = awake.parse().ok()?;
    }
    for (key, text) in values {
        let mut new = value(text.expose_secret());
        match document.get_mut(key) {
            // In its place: an insertion would take the comments away.
            Some(item) => {
                if let (Some(new), Some(old)) = (new.as_value_mut(), item.as_value()) {
                    *new.decor_mut() = old.decor().clone();
                }
                *item = new;
            }
            None => {
                document.insert(key, new);
            }
        }
    }
    Some(document.to_string())
}

/// The text with the line `#key = …` of the example switched on, so that a value stands below its explanation.
fn awoken(text: &str, key: &str) -> String {
    let asleep = |line: &&str| {
        let rest = line.strip_prefix('#').map(str::trim_start).and_then(|line| line.strip_prefix(key));
        rest.is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    match text.lines().find(asleep) {
        Some(line) => text.replacen(line, &format!("{key} = \"\""), 1),
        None => text.to_owned(),
    }
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    if path.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    // For the owner alone from the beginning.
    let mut part = tempfile::Builder::new().prefix(".config").suffix(".toml").tempfile_in(folder)?;
    part.write_all(text.as_bytes())?;
    part.as_file().sync_all()?;
    part.persist(path)?;
    #[cfg(unix)]
    fs::File::open(folder)?.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(text: &str, values: &[(&str, &str)]) -> Option<String> {
        let values: Vec<_> = values.iter().map(|(key, text)| (*key, SecretString::from(*text))).collect();
        edited(text, &values)
    }

    #[test]
    fn a_value_stands_below_its_explanation() {
        let text = changed(EXAMPLE, &[("battlemetrics_token", "abc")]).unwrap();
        assert!(text.contains("subscription).\nbattlemetrics_token = \"abc\"\n"), "{text}");
        assert_eq!(text.lines().count(), EXAMPLE.lines().count());
        assert!(text.contains("#discord_token = \"\""), "the others sleep on");
    }

    #[test]
    fn what_a_person_wrote_stays() {
        let text = "# mine\nlog = 'debug' # loud\ndiscord_token   = \"old\" # do not lose\n\n# end\n";
        let expected =
            "# mine\nlog = 'debug' # loud\ndiscord_token   = \"new\" # do not lose\nsteam_key = \"k\"\n\n# end\n";
        assert_eq!(changed(text, &[("discord_token", "new"), ("steam_key", "k")]).unwrap(), expected);
    }

    #[test]
    fn the_key_of_a_file_is_not_taken_for_the_secret_itself() {
        let text = changed("#discord_token_file = \"x\"\n", &[("discord_token", "new")]).unwrap();
        assert_eq!(text, "discord_token = \"new\"\n#discord_token_file = \"x\"\n");
    }

    #[test]
    fn no_text_can_break_out_of_its_quotes() {
        for hostile in ["\"", "\\", "\n[x]\ny = 1", "'''", "\u{1}"] {
            let text = changed("", &[("data_dir", hostile)]).unwrap();
            let read: DocumentMut = text.parse().unwrap();
            assert_eq!(read["data_dir"].as_str(), Some(hostile));
            assert_eq!(read.len(), 1);
        }
    }

    #[test]
    fn a_broken_file_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        fs::write(&path, "discord_token = SECRET").unwrap();
        let error = set(&path, &[("log", "info".into())]).unwrap_err();
        assert!(!error.to_string().contains("SECRET"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "discord_token = SECRET");
    }

    #[test]
    fn whether_it_can_be_written_is_known_beforehand() {
        let folder = tempfile::tempdir().unwrap();
        try_out(&folder.path().join("a/b/config.toml")).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        fs::write(folder.path().join("file"), "").unwrap();
        try_out(&folder.path().join("file/config.toml")).unwrap_err();
    }

    #[test]
    fn a_folder_in_its_place_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let error = set(folder.path(), &[("log", "info".into())]).unwrap_err();
        assert!(matches!(error, EditError::Io { .. }), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_it_and_links_stay() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made").join("config.toml");
        set(&path, &[("log", "info".into())]).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let link = folder.path().join("link.toml");
        symlink(&path, &link).unwrap();
        set(&link, &[("log", "debug".into())]).unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(fs::read_to_string(&path).unwrap().contains("\nlog = \"debug\"\n"));
    }
}

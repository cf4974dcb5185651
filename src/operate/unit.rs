//! The bot as a service of systemd: the unit's text for this machine, and the few steps to put it there and take it away.
//!
//! What the unit allows is written in `dist/`, not here. Other systems have a file there too, to be installed by hand.

use std::{
    fmt, fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
};

use crate::config;

const SYSTEM_UNIT: &str = include_str!("../../dist/rustops.service");
const USER_UNIT: &str = include_str!("../../dist/rustops.user.service");

/// Its name for systemd.
const NAME: &str = "rustops.service";

/// Where a unit of root's own lies.
const SYSTEM_FOLDER: &str = "/etc/systemd/system";

/// Where packages put theirs.
const PACKAGED: [&str; 2] = ["/usr/lib/systemd/system", "/lib/systemd/system"];

/// Where the system's service finds the program: homes are hidden from it.
const SYSTEM_PROGRAM: &str = "/usr/local/bin/rustops";

/// Where systemd notes, by a file of their name, whose services start with the machine.
const LINGERING: &str = "/var/lib/systemd/linger";

/// Whose service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The machine's: starts at boot, with a user of its own.
    System,
    /// The user's who runs the command.
    User,
}

/// Why something could not be done. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum UnitError {
    /// No systemd here.
    #[error(
        "This machine is not run by systemd. For macOS there is dist/rustops.plist, for Windows dist/rustops-task.xml, for \
         containers dist/Dockerfile: each says at its top how to use it."
    )]
    NoSystemd,
    /// Nothing to look at or remove.
    #[error(
        "No service is installed. Install it with: sudo rustops service install (or, without root: rustops service install --user)"
    )]
    NotInstalled,
    /// The service would not start.
    #[error("There is no {what} yet. Make it with: {with}")]
    NotSetUp {
        /// What is missing.
        what: &'static str,
        /// The command.
        with: &'static str,
    },
    /// No home.
    #[error("There is no home directory to keep a user's service in. Use the system's: sudo rustops service install")]
    NoHome,
    /// A file could not be written or removed.
    #[error("{} cannot be changed: {}. {}", path.display(), cause.kind(), if cause.kind() == io::ErrorKind::PermissionDenied { "Try again with sudo, or use --user." } else { "Check the disk and the folder's rights." })]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// systemctl could not be run, or said no.
    #[error("`{command}` failed{how}. Its own words stand above.")]
    Failed {
        /// As typed.
        command: String,
        /// How, or nothing.
        how: String,
    },
}

/// Systemd as seen from one scope.
#[derive(Clone, Debug)]
pub struct Systemd {
    scope: Scope,
    /// Where the unit lies or will lie.
    unit: PathBuf,
    systemctl: PathBuf,
    journalctl: PathBuf,
    loginctl: PathBuf,
    /// Where systemd notes whose services start with the machine.
    lingering: PathBuf,
}

impl Systemd {
    /// The systemd of this machine.
    ///
    /// # Errors
    /// When there is none, or no home for a user's unit.
    pub fn of(scope: Scope) -> Result<Self, UnitError> {
        if !Path::new("/run/systemd/system").is_dir() {
            return Err(UnitError::NoSystemd);
        }
        let folder = match scope {
            Scope::System => PathBuf::from(SYSTEM_FOLDER),
            Scope::User => config::user_units().ok_or(UnitError::NoHome)?,
        };
        Ok(Self {
            scope,
            unit: folder.join(NAME),
            systemctl: "systemctl".into(),
            journalctl: "journalctl".into(),
            loginctl: "loginctl".into(),
            lingering: LINGERING.into(),
        })
    }

    /// The one in which the bot is installed, the system's first.
    ///
    /// # Errors
    /// When there is no systemd, or the bot is not installed.
    pub fn installed() -> Result<(Scope, Self), UnitError> {
        for scope in [Scope::System, Scope::User] {
            match Self::of(scope) {
                Ok(systemd) if systemd.is_installed() => return Ok((scope, systemd)),
                // Without a home there is no service of a user.
                Ok(_) | Err(UnitError::NoHome) => {}
                Err(error) => return Err(error),
            }
        }
        Err(UnitError::NotInstalled)
    }

    /// Writes the unit unless a package has brought it, has it start with the machine, and starts it now. Returns what was
    /// done, line by line.
    ///
    /// # Errors
    /// What stands in the way.
    pub fn install(&self, program: &Path, flags: &[String]) -> Result<Vec<String>, UnitError> {
        let mut done = Vec::new();
        if self.packaged() {
            done.push("The unit of the package is used.".to_owned());
        } else {
            let program = match self.scope {
                Scope::System if !program.starts_with("/usr") => {
                    copy(program, Path::new(SYSTEM_PROGRAM))?;
                    done.push(format!("Copied the program to {SYSTEM_PROGRAM}, for a service cannot see homes."));
                    PathBuf::from(SYSTEM_PROGRAM)
                }
                _ => program.to_owned(),
            };
            write(&self.unit, &text(self.scope, &program, flags))?;
            done.push(format!("Wrote {}.", self.unit.display()));
        }
        self.run(&["daemon-reload"])?;
        self.run(&["enable", NAME])?;
        // Whether it gets ready is told by `status`; the first start may wait for the network.
        self.run(&["restart", "--no-block", NAME])?;
        done.push(match self.linger() {
            Ok(()) => "It starts now and with the machine.".to_owned(),
            Err(error) => format!(
                "It starts now and whenever you log in. It does not yet start with the machine: {error} Type: sudo loginctl \
                 enable-linger $USER"
            ),
        });
        Ok(done)
    }

    /// Has a user's services start with the machine, rather than with the first login. The system's always do.
    fn linger(&self) -> Result<(), UnitError> {
        match self.scope {
            Scope::System => Ok(()),
            Scope::User => {
                good(Command::new(&self.loginctl).args(["--no-ask-password", "enable-linger"]).stdin(Stdio::null()))
            }
        }
    }

    /// Whether it starts before anybody logs in, once it is enabled.
    pub fn starts_with_machine(&self) -> bool {
        let user = || {
            let output = Command::new("id").arg("-un").stdin(Stdio::null()).output().ok()?;
            Some(String::from_utf8(output.stdout).ok()?.trim().to_owned()).filter(|user| !user.is_empty())
        };
        self.scope == Scope::System || user().is_some_and(|user| self.lingering.join(user).exists())
    }

    /// Stops it and takes the unit away. Data and configuration stay.
    ///
    /// # Errors
    /// What stands in the way.
    pub fn remove(&self) -> Result<Vec<String>, UnitError> {
        if !self.is_installed() {
            return Err(UnitError::NotInstalled);
        }
        self.run(&["disable", "--now", NAME])?;
        let mut done = vec!["Stopped it; it does not start with the machine any more.".to_owned()];
        if self.unit.exists() {
            fs::remove_file(&self.unit).map_err(|cause| UnitError::File { path: self.unit.clone(), cause })?;
            done.push(format!("Removed {}.", self.unit.display()));
        }
        self.run(&["daemon-reload"])?;
        if self.scope == Scope::User && self.starts_with_machine() {
            // Other services may need it.
            done.push(
                "Your other services still start with the machine; if none shall: loginctl disable-linger".to_owned(),
            );
        }
        Ok(done)
    }

    /// Shows systemd's own words about it. Returns whether it runs.
    ///
    /// # Errors
    /// When systemctl cannot be run.
    pub fn status(&self) -> Result<bool, UnitError> {
        let mut command = self.command(&self.systemctl);
        command.args(["--no-pager", "--lines=0", "status", NAME]);
        Ok(ran(&mut command)?.success())
    }

    /// Shows the last lines of its log, and goes on showing new ones if so wanted.
    ///
    /// # Errors
    /// When journalctl cannot be run or fails.
    pub fn logs(&self, lines: u32, follow: bool) -> Result<(), UnitError> {
        let mut command = self.command(&self.journalctl);
        command.args(["--no-pager", "--lines", &lines.to_string()]);
        command.arg(if self.scope == Scope::User { "--user-unit" } else { "--unit" }).arg(NAME);
        if follow {
            command.arg("--follow");
        }
        good(&mut command)
    }

    /// One word of systemctl, such as `active` for `is-active`; none: it does not answer.
    pub fn ask(&self, verb: &str) -> Option<String> {
        let mut command = self.command(&self.systemctl);
        let output = command.args([verb, NAME]).stderr(Stdio::null()).output().ok()?;
        let word = String::from_utf8(output.stdout).ok()?.trim().to_owned();
        (!word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')).then_some(word)
    }

    fn is_installed(&self) -> bool {
        self.unit.exists() || self.packaged()
    }

    fn packaged(&self) -> bool {
        self.scope == Scope::System && PACKAGED.iter().any(|folder| Path::new(folder).join(NAME).exists())
    }

    fn run(&self, arguments: &[&str]) -> Result<(), UnitError> {
        good(self.command(&self.systemctl).args(arguments))
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.stdin(Stdio::null());
        if self.scope == Scope::User {
            command.arg("--user");
        }
        command
    }
}

/// The unit with this program and these flags of every command.
fn text(scope: Scope, program: &Path, flags: &[String]) -> String {
    let template = match scope {
        Scope::System => SYSTEM_UNIT,
        Scope::User => USER_UNIT,
    };
    let words: Vec<String> = std::iter::once(program.display().to_string())
        .chain(flags.iter().cloned())
        .chain(["run".to_owned()])
        .map(|word| quoted(&word))
        .collect();
    let start = format!("ExecStart={}", words.join(" "));
    let line = |line| if str::starts_with(line, "ExecStart=") { start.as_str() } else { line };
    template.lines().map(line).fold(String::new(), |text, line| text + line + "\n")
}

/// As a word of a command line in a unit, <https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html#Command%20lines>.
fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+@:,=".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        return word.to_owned();
    }
    let mut quoted = String::from("\"");
    for letter in word.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            '%' | '$' => quoted.extend([letter, letter]),
            '\n' => quoted.push_str("\\n"),
            _ => quoted.push(letter),
        }
    }
    quoted + "\""
}

fn write(path: &Path, text: &str) -> Result<(), UnitError> {
    let place = || -> io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("/"));
        fs::create_dir_all(folder)?;
        let mut part = readable_by_all(folder)?;
        part.write_all(text.as_bytes())?;
        part.persist(path)?;
        Ok(())
    };
    place().map_err(|cause| UnitError::File { path: path.to_owned(), cause })
}

fn copy(from: &Path, to: &Path) -> Result<(), UnitError> {
    let place = || -> io::Result<()> {
        let folder = to.parent().unwrap_or(Path::new("/"));
        fs::create_dir_all(folder)?;
        let mut part = readable_by_all(folder)?;
        io::copy(&mut fs::File::open(from)?, &mut part)?;
        fs::set_permissions(part.path(), fs::metadata(from)?.permissions())?;
        // Renamed, for a program that runs cannot be written over.
        part.persist(to)?;
        Ok(())
    };
    place().map_err(|cause| UnitError::File { path: to.to_owned(), cause })
}

fn readable_by_all(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    let builder = builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    builder.prefix(".rustops").tempfile_in(folder)
}

fn good(command: &mut Command) -> Result<(), UnitError> {
    let status = ran(command)?;
    if status.success() { Ok(()) } else { Err(failed(command, &format!(" ({status})"))) }
}

fn ran(command: &mut Command) -> Result<ExitStatus, UnitError> {
    command.status().map_err(|error| failed(command, &format!(": {}", error.kind())))
}

fn failed(command: &Command, how: &impl fmt::Display) -> UnitError {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let typed: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    UnitError::Failed { command: typed.join(" "), how: how.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word_for_systemd_whatever_it_holds() {
        for (word, expected) in [
            ("/usr/bin/rustops", "/usr/bin/rustops"),
            ("/home/a b/rustops", "\"/home/a b/rustops\""),
            ("/x/100%/$HOME", "\"/x/100%%/$$HOME\""),
            ("a\"b\\c", "\"a\\\"b\\\\c\""),
            ("a\nExecStart=b", "\"a\\nExecStart=b\""),
            ("", "\"\""),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }

    #[test]
    fn the_unit_names_the_program_and_the_flags_and_changes_nothing_else() {
        let flags = ["--data-dir".to_owned(), "/srv/my data".to_owned()];
        let unit = text(Scope::User, Path::new("/home/me/rustops"), &flags);
        let changed: Vec<_> = unit.lines().filter(|line| !USER_UNIT.contains(line)).collect();
        assert_eq!(changed, ["ExecStart=/home/me/rustops --data-dir \"/srv/my data\" run"]);
        assert_eq!(unit.lines().count(), USER_UNIT.lines().count());
        assert_eq!(text(Scope::System, Path::new("/usr/bin/rustops"), &[]), SYSTEM_UNIT);
    }

    #[cfg(unix)]
    mod with_a_pretend_systemctl {
        use std::os::unix::fs::PermissionsExt as _;

        use super::*;

        /// A systemctl that writes down what it was asked and ends with `code`.
        fn systemd(folder: &Path, code: u8) -> Systemd {
            let log = folder.join("log");
            let systemctl = folder.join("systemctl");
            fs::write(&systemctl, format!("#!/bin/sh\necho \"$@\" >>{}\nexit {code}\n", log.display())).unwrap();
            fs::set_permissions(&systemctl, fs::Permissions::from_mode(0o700)).unwrap();
            let unit = folder.join("units").join(NAME);
            let (journalctl, loginctl) = (systemctl.clone(), systemctl.clone());
            Systemd { scope: Scope::User, unit, systemctl, journalctl, loginctl, lingering: folder.join("linger") }
        }

        fn asked(folder: &Path) -> String {
            fs::read_to_string(folder.join("log")).unwrap()
        }

        #[test]
        fn installing_twice_and_removing_leaves_no_unit_behind() {
            let folder = tempfile::tempdir().unwrap();
            let systemd = systemd(folder.path(), 0);
            let program = Path::new("/opt/rustops");
            systemd.install(program, &[]).unwrap();
            let told = systemd.install(program, &[]).unwrap();
            assert_eq!(told.last().unwrap(), "It starts now and with the machine.");
            let unit = fs::read_to_string(&systemd.unit).unwrap();
            assert!(unit.contains("\nExecStart=/opt/rustops run\n"));
            assert_eq!(fs::metadata(&systemd.unit).unwrap().permissions().mode() & 0o777, 0o644);
            systemd.remove().unwrap();
            assert!(!systemd.unit.exists());
            assert!(matches!(systemd.remove(), Err(UnitError::NotInstalled)));
            let start = "--user daemon-reload\n--user enable rustops.service\n--user restart --no-block rustops.service\n\
                 --no-ask-password enable-linger\n";
            let end = "--user disable --now rustops.service\n--user daemon-reload\n";
            assert_eq!(asked(folder.path()), [start, start, end].concat());
        }

        #[test]
        fn a_machine_that_lets_nobody_linger_is_not_said_to_start_the_bot() {
            let folder = tempfile::tempdir().unwrap();
            let refusing = folder.path().join("refusing");
            fs::create_dir(&refusing).unwrap();
            let loginctl = self::systemd(&refusing, 1).loginctl;
            let systemd = Systemd { loginctl, ..systemd(folder.path(), 0) };
            let told = systemd.install(Path::new("/opt/rustops"), &[]).unwrap();
            let last = told.last().unwrap();
            assert!(last.contains("whenever you log in") && last.contains("sudo loginctl enable-linger"), "{last}");
            assert!(!systemd.starts_with_machine());
            let me = Command::new("id").arg("-un").output().unwrap().stdout;
            let mine = systemd.lingering.join(String::from_utf8(me).unwrap().trim());
            fs::create_dir_all(&systemd.lingering).unwrap();
            fs::write(mine, "").unwrap();
            assert!(systemd.starts_with_machine());
        }

        #[test]
        fn a_no_of_systemctl_is_passed_on_with_the_command() {
            let folder = tempfile::tempdir().unwrap();
            let error = systemd(folder.path(), 1).install(Path::new("/opt/rustops"), &[]).unwrap_err();
            assert!(error.to_string().contains("systemctl --user daemon-reload` failed (exit status: 1)"), "{error}");
        }

        #[test]
        fn a_machine_without_systemctl_is_said() {
            let folder = tempfile::tempdir().unwrap();
            let systemd = Systemd { systemctl: folder.path().join("none"), ..systemd(folder.path(), 0) };
            assert!(matches!(systemd.status(), Err(UnitError::Failed { .. })));
            assert_eq!(systemd.ask("is-active"), None);
        }
    }
}

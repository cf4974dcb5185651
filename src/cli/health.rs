//! How findings are shown: a line each, the remedy below it; and what the worst of them makes of the exit code.
//!
//! Nothing is looked at here.

use std::io;

use super::{act::Exit, json, render::harmless, terminal::Terminal};
use crate::operate::{Check, State};

/// Shows all findings.
///
/// # Errors
/// When the terminal cannot be written.
pub fn show(command: &str, checks: &[Check], terminal: &mut Terminal) -> io::Result<Exit> {
    let worst = checks.iter().map(|check| check.state).max().unwrap_or(State::Good);
    if terminal.json {
        let report = serde_json::json!({ "state": worst, "checks": checks });
        let line = json::report(command, &report)?;
        terminal.line(&line)?;
    } else {
        let longest = checks.iter().map(|check| check.about.chars().count()).max().unwrap_or(0);
        for check in checks {
            terminal.line(&line(check, longest))?;
        }
        if checks.len() > 1 {
            terminal.line(&summary(checks))?;
        }
    }
    Ok(if worst == State::Bad { Exit::Refused } else { Exit::Done })
}

/// Shows what was done.
///
/// # Errors
/// When the terminal cannot be written.
pub fn steps(command: &str, done: &[String], terminal: &mut Terminal) -> io::Result<()> {
    if terminal.json {
        let line = json::report(command, &done)?;
        return terminal.line(&line);
    }
    done.iter().try_for_each(|step| terminal.line(&harmless(step)))
}

/// One finding, its subject padded to `width` characters, its remedy on a line of its own.
pub fn line(check: &Check, width: usize) -> String {
    let state = match check.state {
        State::Good => "good   ",
        State::Warning => "warning",
        State::Bad => "bad    ",
    };
    let line = format!("{state}  {:width$}  {}", check.about, harmless(&check.says));
    match &check.remedy {
        Some(remedy) => format!("{line}\n{:1$}→ {2}", "", 11 + width, harmless(remedy)),
        None => line,
    }
}

fn summary(checks: &[Check]) -> String {
    let count = |state| checks.iter().filter(|check| check.state == state).count();
    match (count(State::Bad), count(State::Warning)) {
        (0, 0) => "All is well.".to_owned(),
        (0, warnings) => format!("It works. Worth a look: {warnings}."),
        (bad, warnings) => format!("To be mended: {bad}. Worth a look: {warnings}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(state: State, says: &str, remedy: Option<&str>) -> Check {
        Check { about: "disk".to_owned(), state, says: says.to_owned(), remedy: remedy.map(str::to_owned) }
    }

    #[test]
    fn a_finding_is_a_line_and_its_remedy_another() {
        let told = [check(State::Good, "12 GB free", None), check(State::Bad, "\u{1b}[31mfull", Some("Make room."))];
        let lines: Vec<_> = told.iter().map(|check| line(check, 6)).collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        good     disk    12 GB free
        bad      disk    [31mfull
                         → Make room.
        ");
        assert_eq!(summary(&told), "To be mended: 1. Worth a look: 0.");
        assert_eq!(summary(&told[..1]), "All is well.");
    }
}

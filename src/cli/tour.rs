//! The guided tour of the demo: every command once, on the pretend world's cast.
//!
//! Only the script and its telling; the commands are the real ones.

use std::io;

use super::{
    act::Exit,
    prompt::{Said, Talk},
};

/// A step: what is said before, what is typed, how it has to end.
type Step = (&'static str, &'static str, Exit);

/// The people and servers are those of `sim::cast`.
const STEPS: &[Step] = &[
    ("Choose the server to look at. Two are named nearly alike, so pick one.", "server set Rusty Moose", Exit::Refused),
    ("", "server set Rusty Moose --pick 1", Exit::Done),
    ("What is going on there?", "server get", Exit::Done),
    (
        "A group is a team you keep an eye on. It is made with its first player.",
        "group add \"Purple Base\" ChennyBounce",
        Exit::Done,
    ),
    (
        "By BattleMetrics id, link, Steam link or name; here by Steam id.",
        "group add \"Purple Base\" 76561198191275574 --pick 1",
        Exit::Done,
    ),
    ("", "group add \"Purple Base\" https://www.battlemetrics.com/players/998120467", Exit::Done),
    ("", "group add \"Purple Base\" 1088643109", Exit::Done),
    ("", "group add \"Purple Base\" 1021556740", Exit::Done),
    ("Nobody stands in a group twice.", "group add \"Purple Base\" ChennyBounce", Exit::Refused),
    ("Who is on?", "group check Purple Base", Exit::Done),
    ("Three hours later …", "demo forward 3h", Exit::Done),
    ("", "group check Purple Base", Exit::Done),
    ("More about one of them.", "player check 998120467", Exit::Done),
    (
        "Everything of the last weeks; the bot has watched since it was asked to.",
        "player history 998120467",
        Exit::Done,
    ),
    ("", "group history Purple Base", Exit::Done),
    ("Scripts get the same as JSON.", "group list --json", Exit::Done),
    ("All groups at a glance.", "group list", Exit::Done),
    ("Names change; read them again.", "group update Purple Base", Exit::Done),
    ("", "group rename \"Purple Base\" Purple Tower", Exit::Done),
    ("A group can have a server of its own.", "group server \"Purple Tower\" 9565288", Exit::Done),
    ("", "group server \"Purple Tower\" --clear", Exit::Done),
    ("", "group remove \"Purple Tower\" Sleepy", Exit::Done),
    ("Many at once, one a line; whatever is wrong is named. Nasty names stay text.", IMPORT, Exit::Done),
    ("", "group check Red Roof", Exit::Done),
    ("A misspelt name is met with the nearest.", "group check Purple Towr", Exit::Refused),
    ("What is deleted can be brought back for 30 days.", "group del Purple Tower --yes", Exit::Done),
    ("", "undo", Exit::Done),
    ("Who changed what?", "audit", Exit::Done),
    ("", "settings --time-zone Europe/Berlin", Exit::Done),
    ("How are we doing?", "status", Exit::Done),
    ("", "server clear", Exit::Done),
    ("", "about", Exit::Done),
];

const IMPORT: &str = "group import \"Red Roof\"";

/// What the tour types after [`IMPORT`].
const IMPORTED: [&str; 6] = [
    "@everyone",
    "1120774651",
    "battlemetrics.com/players/1093318275",
    "1148006197",
    "998120467",
    "gametracker.com/player/7",
];

/// What somebody sees who starts the prompt on the real data.
///
/// # Errors
/// When the terminal cannot be written.
pub fn greet(talk: &mut Talk<'_>) -> io::Result<()> {
    talk.terminal.line(concat!(
        "RustOps ",
        env!("CARGO_PKG_VERSION"),
        ". help lists all commands; Tab completes, exit leaves."
    ))?;
    talk.terminal.line("")
}

/// What somebody sees who starts the demo at a terminal.
///
/// # Errors
/// When the terminal cannot be written.
pub fn welcome(talk: &mut Talk<'_>) -> io::Result<()> {
    let lines = [
        "RustOps in a pretend world: 40 servers, 3,000 players.",
        "No token, no network, and nothing is kept. Try:",
        "",
        "  server set Rusty Moose",
        "  group add \"Purple Base\" ChennyBounce",
        "  group add \"Purple Base\" 998120467",
        "  group check Purple Base",
        "  demo forward 3h",
        "  help",
        "",
        "Tab completes, exit leaves.",
        "",
    ];
    lines.into_iter().try_for_each(|line| talk.terminal.line(line))
}

/// Tells and carries out every step. Ends at the first that does not end as it has to.
///
/// # Errors
/// When the terminal cannot be written.
pub fn guide(talk: &mut Talk<'_>) -> io::Result<Exit> {
    for (before, line, expected) in STEPS {
        talk.terminal.line("")?;
        if !before.is_empty() {
            talk.terminal.line(&format!("# {before}"))?;
        }
        talk.terminal.line(&format!("rustops> {line}"))?;
        if *line == IMPORT {
            IMPORTED.into_iter().try_for_each(|line| talk.terminal.line(&format!("> {line}")))?;
            talk.terminal.dictate(&IMPORTED);
        }
        if talk.say(line)? != Said::Went(*expected) {
            talk.terminal.warn("The tour ends here: this step did not go as it should.")?;
            return Ok(Exit::Refused);
        }
    }
    talk.terminal.line("")?;
    talk.terminal.line("That was every command but group board, which puts a message that updates itself into a Discord channel. Start `rustops demo` in a terminal to try them yourself.")?;
    Ok(Exit::Done)
}

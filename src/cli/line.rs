//! One line at the prompt: split into words as a shell does, in the form of the terminal or of Discord.
//!
//! Only reading. What a command means is defined in [`super::args`].

use std::fmt;

use super::{
    act::Exit,
    args::{self, Action, Arguments},
    render::harmless,
    terminal::Terminal,
};

/// What a line asks for.
#[derive(Clone, Debug)]
pub enum Line {
    /// Nothing: the line is empty or a comment.
    Nothing,
    /// To leave the prompt.
    Leave,
    /// The list of all commands.
    Overview,
    /// A help text.
    Help(String),
    /// A command.
    Do(Box<Arguments>),
}

/// Why a line cannot be read; the text is for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineError {
    /// A double quote has no partner.
    OpenQuote,
    /// The command makes no sense at a prompt.
    NotHere(&'static str),
    /// The command or its arguments are wrong; says how.
    Usage(String),
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OpenQuote => f.write_str("A double quote is not closed."),
            Self::NotHere(command) => {
                write!(f, "`{command}` does not work at this prompt. Leave it with `exit` first.")
            }
            Self::Usage(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for LineError {}

/// Reads a line such as `group check Purple Base`, `rustops group check "Purple Base"`, `/group check Purple Base` or
/// `/group add group:"Purple Base" player:Chenny`.
///
/// # Errors
/// Says what is wrong with it.
pub fn parse_line(line: &str) -> Result<Line, LineError> {
    let mut words = split(line)?;
    if words.is_empty() {
        return Ok(Line::Nothing);
    }
    if let Some(first) = words.first_mut().filter(|first| !first.quoted) {
        first.text = first.text.trim_start_matches('/').to_owned();
    }
    if words.first().is_some_and(|first| first.text == "rustops") {
        words.remove(0);
    }
    match words.first().map(|first| first.text.as_str()) {
        None | Some("?" | "") => return Ok(Line::Overview),
        Some("help") => return help(&words),
        Some(comment) if comment.starts_with('#') => return Ok(Line::Nothing),
        Some("exit" | "quit") if words.len() == 1 => return Ok(Line::Leave),
        Some(_) => {}
    }
    match named(&words) {
        Some(arguments) => read(&arguments),
        None => read(&words.into_iter().map(|word| word.text).collect::<Vec<_>>()),
    }
}

/// `help`, or `help group add`.
fn help(words: &[Word]) -> Result<Line, LineError> {
    let mut about: Vec<_> = words.iter().skip(1).map(|word| word.text.clone()).collect();
    if about.is_empty() {
        return Ok(Line::Overview);
    }
    about.push("-h".to_owned());
    read(&about)
}

fn read(words: &[String]) -> Result<Line, LineError> {
    use clap::error::ErrorKind;
    let all = std::iter::once("rustops").chain(words.iter().map(String::as_str));
    match args::read(all) {
        Ok(arguments) => match arguments.action {
            Action::Demo | Action::Shell | Action::Run | Action::Restore { .. } => {
                Err(LineError::NotHere(arguments.action.name()))
            }
            _ => Ok(Line::Do(Box::new(arguments))),
        },
        Err(told) => match told.kind() {
            ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => Ok(Line::Help(told.render().to_string())),
            _ => Err(LineError::Usage(complaint(&told))),
        },
    }
}

/// Answers a command line of which nothing can be done: help and the version were asked for, or a mistake is told.
pub fn not_understood(told: &clap::Error, terminal: &mut Terminal) -> Exit {
    let mistake = told.use_stderr();
    // A terminal that cannot be written leaves nobody to tell.
    if mistake && terminal.json {
        terminal.usage(&complaint(told)).ok();
    } else {
        told.print().ok();
    }
    if mistake { Exit::Usage } else { Exit::Done }
}

/// The complaint with its tips and the usage, without the prefix and the hint at `--help`.
fn complaint(error: &clap::Error) -> String {
    let rendered = error.render().to_string();
    let lines = rendered.lines().filter(|line| !line.starts_with("For more information") && !line.trim().is_empty());
    let kept: Vec<_> = lines.map(|line| harmless(line.strip_prefix("error: ").unwrap_or(line))).collect();
    kept.join("\n")
}

/// A word, and whether it began with a quote, which makes it text and nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Word {
    text: String,
    quoted: bool,
}

/// Splits at blanks outside double quotes. Within them `\"` and `\\` stand for themselves. Single quotes are letters, as they
/// are in many names, unless they enclose a whole word.
fn split(line: &str) -> Result<Vec<Word>, LineError> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let (word, after) = match single_quoted(rest) {
            Some(found) => found,
            None => next_word(rest)?,
        };
        words.push(word);
        rest = after.trim_start();
    }
    Ok(words)
}

fn single_quoted(rest: &str) -> Option<(Word, &str)> {
    let (inner, after) = rest.strip_prefix('\'')?.split_once('\'')?;
    let ends = after.chars().next().is_none_or(char::is_whitespace);
    ends.then(|| (Word { text: inner.to_owned(), quoted: true }, after))
}

fn next_word(rest: &str) -> Result<(Word, &str), LineError> {
    let mut word = Word { quoted: rest.starts_with('"'), ..Word::default() };
    let mut inside = false;
    let mut letters = rest.chars();
    loop {
        let after = letters.as_str();
        match letters.next() {
            None if inside => return Err(LineError::OpenQuote),
            None => return Ok((word, after)),
            Some(blank) if blank.is_whitespace() && !inside => return Ok((word, after)),
            Some('"') => inside = !inside,
            Some('\\') if inside && letters.as_str().starts_with(['"', '\\']) => word.text.extend(letters.next()),
            Some(letter) => word.text.push(letter),
        }
    }
}

/// The options of a command on Discord, in the order in which the terminal takes them; those with dashes are flags there.
fn options(command: &str) -> &'static [(&'static str, &'static str)] {
    match command {
        "server set" => &[("name", "")],
        "group add" | "group remove" => &[("group", ""), ("player", "")],
        "group check" | "group del" | "group update" | "group import" => &[("group", "")],
        "group change" | "group rename" => &[("group", ""), ("new_name", "")],
        "group server" => &[("group", ""), ("server", "")],
        "player check" => &[("player", "")],
        "undo" => &[("change", "")],
        "settings" => &[("time_zone", "--time-zone"), ("changers", "--changers"), ("log_channel", "--log-channel")],
        _ => &[],
    }
}

/// The line in the form of the terminal, if it was in that of Discord (`group:"Purple Base" player:Chenny`).
fn named(words: &[Word]) -> Option<Vec<String>> {
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    let length = [1, 2]
        .into_iter()
        .find(|length| texts.get(..*length).is_some_and(|verb| !options(&verb.join(" ")).is_empty()))?;
    let (verb, _) = texts.split_at_checked(length)?;
    let known = options(&verb.join(" "));
    let mut values: Vec<(usize, String)> = Vec::new();
    for word in words.iter().skip(length) {
        let option = word.text.split_once(':').filter(|_| !word.quoted);
        let found = option.and_then(|(name, value)| Some((known.iter().position(|(one, _)| *one == name)?, value)));
        match (found, values.last_mut()) {
            (Some((place, value)), _) => values.push((place, value.to_owned())),
            (None, Some((_, value))) => {
                value.push(' ');
                value.push_str(&word.text);
            }
            (None, None) => return None,
        }
    }
    if values.is_empty() {
        return None;
    }
    values.sort_by_key(|(place, _)| *place);
    let mut arguments: Vec<String> = verb.iter().map(|&word| word.to_owned()).collect();
    let mut positional = vec!["--".to_owned()];
    for (place, value) in values {
        match known.get(place) {
            Some((_, flag)) if !flag.is_empty() => arguments.push(format!("{flag}={value}")),
            _ => positional.push(value),
        }
    }
    arguments.extend(positional);
    Some(arguments)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cli::args::{GroupAction, PlayerAction, ServerAction, joined};

    /// What the line asks for, short.
    fn asked(line: &str) -> String {
        match parse_line(line) {
            Ok(Line::Do(read)) => match read.action {
                Action::Group(GroupAction::Check { group }) => format!("check <{}>", joined(&group)),
                Action::Group(GroupAction::Add { group, player, .. }) => format!("add <{group}> <{}>", joined(&player)),
                Action::Group(GroupAction::Change { group, new_name }) => {
                    format!("rename <{group}> <{}>", joined(&new_name))
                }
                Action::Server(ServerAction::Set { server, .. }) => format!("set <{}>", joined(&server)),
                Action::Player(PlayerAction::Check { player, .. }) => format!("player <{}>", joined(&player)),
                Action::Settings(flags) => format!("{:?}", flags.patch()),
                other => other.name().to_owned(),
            },
            Ok(Line::Help(text)) => format!("help: {}", text.lines().next().unwrap_or_default()),
            Ok(other) => format!("{other:?}"),
            Err(wrong) => format!("wrong: {wrong}"),
        }
    }

    #[test]
    fn a_command_is_understood_in_every_form() {
        for line in [
            "group check Purple Base",
            "rustops group check Purple Base",
            "/group check Purple Base",
            "  /group   check   \"Purple Base\" ",
            "group check 'Purple Base'",
            "/group check group:Purple Base",
            "/group check group:\"Purple Base\"",
            "/group check group: \"Purple Base\"",
        ] {
            assert_eq!(asked(line).replace("< ", "<"), "check <Purple Base>", "{line}");
        }
    }

    #[test]
    fn the_form_of_discord_is_understood_in_any_order() {
        assert_eq!(asked("/group add group:\"Purple Base\" player:Chenny"), "add <Purple Base> <Chenny>");
        assert_eq!(asked("/group add player:Tee Higgins group:Purple Base"), "add <Purple Base> <Tee Higgins>");
        assert_eq!(asked("/group change group:A new_name:B C"), "rename <A> <B C>");
        assert_eq!(asked("/server set name:Rusty Moose"), "set <Rusty Moose>");
        assert_eq!(asked("/rustops status"), "status");
        assert_eq!(asked("/rustops undo change:12"), "undo");
        insta::assert_snapshot!(asked("/rustops settings time_zone:Europe/Berlin changers:everyone"), @r#"SettingsPatch { time_zone: Some("Europe/Berlin"), changers: Some(None), log_channel: None }"#);
    }

    #[test]
    fn names_keep_their_apostrophes_dashes_and_colons() {
        assert_eq!(asked("group add Purple Tee's"), "add <Purple> <Tee's>");
        assert_eq!(asked("group add Purple 'Nam vet"), "add <Purple> <'Nam vet>");
        assert_eq!(asked("/group add group:Purple player:-=x=-"), "add <Purple> <-=x=->");
        assert_eq!(asked("group check -- -=Clan=-"), "check <-=Clan=->");
        assert_eq!(
            asked("player check https://www.battlemetrics.com/players/1"),
            "player <https://www.battlemetrics.com/players/1>"
        );
        assert_eq!(asked(r#"player check "say \"hi\" \\o/""#), r#"player <say "hi" \o/>"#);
        assert_eq!(asked(r#"group check "group:x""#), "check <group:x>");
    }

    #[test]
    fn an_empty_line_does_nothing_and_exit_leaves() {
        assert_eq!(asked("   "), "Nothing");
        assert_eq!(asked("# a remark"), "Nothing");
        assert_eq!(asked("exit"), "Leave");
        assert_eq!(asked("/quit"), "Leave");
    }

    #[test]
    fn help_can_be_asked_for_in_many_ways() {
        for line in ["help", "?", "/", "/rustops help", "rustops"] {
            assert!(matches!(parse_line(line), Ok(Line::Overview)), "{line}: {}", asked(line));
        }
        for line in ["group --help", "help group", "help group add", "/help group add", "group add -h"] {
            assert!(matches!(parse_line(line), Ok(Line::Help(_))), "{line}: {}", asked(line));
        }
    }

    #[test]
    fn what_cannot_be_read_is_answered_kindly() {
        let lines = ["grup check x", "group chek x", "group check", "group check \"x", "run", "undo x"];
        let answers = lines.map(|line| format!("> {line}\n{}", asked(line)));
        insta::assert_snapshot!(answers.join("\n"), @r#"
        > grup check x
        wrong: unrecognized subcommand 'grup'
          tip: some similar subcommands exist: 'run', 'group'
        Usage: rustops [OPTIONS] <COMMAND>
        > group chek x
        wrong: unrecognized subcommand 'chek'
          tip: a similar subcommand exists: 'check'
        Usage: rustops group <COMMAND>
        > group check
        wrong: the following required arguments were not provided:
          <GROUP>...
        Usage: rustops group check <GROUP>...
        > group check "x
        wrong: A double quote is not closed.
        > run
        wrong: `run` does not work at this prompt. Leave it with `exit` first.
        > undo x
        wrong: invalid value 'x' for '[CHANGE]': use the number of a change, as `rustops audit` shows it
        "#);
    }

    proptest! {
        #[test]
        fn no_line_makes_the_prompt_fall_over(line in "(\\PC|[\\x00-\\x1f]|/group add |group:|\"|'|\\\\){0,30}") {
            if let Err(wrong) = parse_line(&line) {
                prop_assert!(!wrong.to_string().contains('\x1b'));
            }
        }

        #[test]
        fn a_quoted_name_comes_back_whole(name in "[^\"\\\\-][^\"\\\\]{0,20}") {
            prop_assert_eq!(asked(&format!("group check -- \"{name}\"")), format!("check <{name}>"));
        }
    }
}

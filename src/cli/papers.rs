//! What the program can print about itself: completions, the manual page, the configuration in force.
//!
//! No answers of use cases.

use std::{io, path::Path};

use clap::{Command, CommandFactory as _};
use clap_complete::Shell;
use clap_mangen::{
    Man,
    roff::{Roff, bold, italic, roman},
};
use serde_json::json;

use super::{
    args::{self, Arguments},
    render::harmless,
    terminal::Terminal,
};
use crate::config::Config;

/// A completion script.
pub fn completions(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "rustops", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// The manual page, in roff: every command with its options, then what holds for all of them.
///
/// # Errors
/// When it cannot be rendered.
pub fn manual() -> io::Result<String> {
    let grammar = args::grammar().after_help("").mut_args(|option| option.hide_short_help(false));
    let mut page = Roff::new();
    let about = grammar.get_about().map(ToString::to_string).unwrap_or_default();
    page.control("TH", ["rustops", "1", "", concat!("rustops ", env!("CARGO_PKG_VERSION")), ""]);
    page.control("SH", ["NAME"]).text([roman(format!("rustops - {}", first_small(about.trim_end_matches('.'))))]);
    page.control("SH", ["SYNOPSIS"]).text([bold("rustops"), roman(" [options] "), italic("command"), roman(" …")]);
    page.control("SH", ["COMMANDS"]);
    for part in commands(&grammar) {
        let actions: Vec<_> = commands(part).collect();
        if actions.is_empty() {
            describe(&mut page, "", part);
        }
        for action in actions {
            describe(&mut page, part.get_name(), action);
        }
    }
    let mut page = page.to_roff();
    let mut options = Vec::new();
    Man::new(grammar).render_options_section(&mut options)?;
    page.push_str(&String::from_utf8_lossy(&options));
    page.push_str(&more_sections());
    Ok(page)
}

fn commands(of: &Command) -> impl Iterator<Item = &Command> {
    of.get_subcommands().filter(|command| command.get_name() != "help")
}

/// How a command is typed, what it does, what its options mean.
fn describe(page: &mut Roff, part: &str, command: &Command) {
    let options = || command.get_arguments().filter(|option| !option.is_hide_set() && option.get_id() != "help");
    let mut usage = vec![bold(format!("rustops {part} {}", command.get_name()).replace("  ", " "))];
    for option in options() {
        let shown = option.to_string();
        let needed = option.is_required_set() || !option.is_positional();
        let shown = if option.is_positional() { shown } else { format!("[{shown}]") };
        usage.push(italic(format!(" {}", if needed { shown } else { shown.replace(['<', '>'], "") })));
    }
    page.control("TP", []).text(usage);
    page.text([roman(command.get_about().map(ToString::to_string).unwrap_or_default())]);
    for option in options() {
        let help = option.get_help().map(ToString::to_string).unwrap_or_default();
        page.control("br", []).text([italic(option.to_string()), roman(format!(": {help}"))]);
    }
}

fn more_sections() -> String {
    let mut page = Roff::new();
    page.control("SH", ["EXIT STATUS"]);
    let statuses = [
        ("0", "done"),
        ("1", "refused, or not found, or a choice is needed (--pick)"),
        ("2", "the command or the configuration could not be understood"),
        ("3", "an outside service failed, or its token is missing"),
    ];
    for (status, meaning) in statuses {
        page.control("TP", []).text([bold(status)]).text([roman(meaning)]);
    }
    page.control("SH", ["FILES"]).text([
        bold("rustops config path"),
        roman(" prints where the configuration file is looked for, "),
        bold("rustops config show"),
        roman(" what is in force and where the database lies, "),
        bold("rustops config default"),
        roman(" a file with every setting explained."),
    ]);
    page.control("SH", ["ENVIRONMENT"]).text([roman(
        "Every setting can stand in the environment: DISCORD_TOKEN, BATTLEMETRICS_TOKEN, STEAM_KEY (each also with _FILE), \
         RUSTOPS_CONFIG, RUSTOPS_DATA_DIR, RUSTOPS_LOG, RUSTOPS_DISCORD_API_URL, RUSTOPS_BATTLEMETRICS_URL, \
         RUSTOPS_STEAM_URL. Flags win over it, it wins over the file. NO_COLOR switches colours off.",
    )]);
    page.to_roff()
}

fn first_small(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// Where the configuration file is looked for.
///
/// # Errors
/// When the terminal cannot be written.
pub fn show_path(path: &Path, terminal: &mut Terminal) -> io::Result<()> {
    let file = path.display().to_string();
    let line = match terminal.json {
        true => super::json::report("config path", &json!({ "config_file": file }))?,
        false => harmless(&file),
    };
    terminal.line(&line)
}

/// Each value with where it came from; secrets only as `set`.
///
/// # Errors
/// When the terminal cannot be written.
pub fn show_config(config: &Config, terminal: &mut Terminal) -> io::Result<()> {
    let file = config.config_file.display().to_string();
    if terminal.json {
        let report = json!({ "config_file": file, "values": config.told, "warnings": config.warnings });
        let line = super::json::report("config show", &report)?;
        return terminal.line(&line);
    }
    terminal.line(&format!("Configuration file: {}", harmless(&file)))?;
    let longest = config.told.keys().map(|key| key.len()).max().unwrap_or(0);
    for (key, told) in &config.told {
        let value = told.value.as_deref().map_or_else(|| "not set".to_owned(), harmless);
        terminal.line(&format!("{key:longest$}  {value}  ({})", told.from))?;
    }
    for warning in &config.warnings {
        terminal.warn(&format!("Warning: {warning}"))?;
    }
    Ok(())
}

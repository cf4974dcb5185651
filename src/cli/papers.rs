//! What the program can print about itself: completions, the manual page, the configuration in force.
//!
//! No answers of use cases.

use std::io;

use clap::CommandFactory as _;
use clap_complete::Shell;
use serde_json::json;

use super::{args::Arguments, render::harmless, terminal::Terminal};
use crate::config::Config;

/// A completion script.
pub fn completions(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "rustops", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// The manual page, in roff, with a section for each command.
///
/// # Errors
/// When it cannot be rendered.
pub fn manual() -> io::Result<String> {
    let mut page = Vec::new();
    let command = Arguments::command();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    for part in command.get_subcommands().filter(|part| part.has_subcommands()) {
        for action in part.get_subcommands() {
            let name = format!("rustops {} {}", part.get_name(), action.get_name());
            let man = clap_mangen::Man::new(action.clone().name(name.clone()).bin_name(name.clone()));
            page.extend(format!(".SH {}\n", name.to_uppercase()).bytes());
            man.render_description_section(&mut page)?;
            man.render_options_section(&mut page)?;
        }
    }
    Ok(String::from_utf8_lossy(&page).into_owned())
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

//! What may be typed after `rustops`: commands, flags and their help.
//!
//! Only reading. The environment and the configuration file are read elsewhere; nothing here acts.

use std::{path::PathBuf, str::FromStr};

use clap::{ArgGroup, Args, Command, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};
use secrecy::SecretString;

use crate::domain::{
    ids::{ChangeId, ChannelId, GuildKey, RoleId, SteamId},
    report::SettingsPatch,
};

/// Which rivals are online on your Rust server, and when the others were last seen.
#[derive(Clone, Debug, Parser)]
#[command(name = "rustops", version, max_term_width = 100, arg_required_else_help = true)]
pub struct Arguments {
    /// Flags for every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// Flags that stand before or after any command.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Options for every command")]
pub struct Global {
    /// Configuration file to read instead of the standard one
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Directory of the database instead of the standard one
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Whose groups: a Discord server's id, or `local`
    #[arg(long, global = true, value_name = "KEY", value_parser = guild)]
    pub guild: Option<GuildKey>,
    /// Answer in JSON, one line, for scripts
    #[arg(long, global = true)]
    pub json: bool,
    /// Colours
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value = "auto")]
    pub color: Colour,
    /// How the log on stderr is written
    #[arg(long, global = true, value_name = "FORMAT", value_enum, default_value = "text", hide_short_help = true)]
    pub log_format: LogFormat,
    /// Say more of what happens (on stderr); twice for still more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Discord bot token. Others on this machine can see it in the process list; better use the file or the configuration
    #[arg(long, global = true, value_name = "TOKEN", hide_short_help = true, value_parser = secret, conflicts_with = "discord_token_file")]
    pub discord_token: Option<SecretString>,
    /// File that holds the Discord bot token
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    pub discord_token_file: Option<PathBuf>,
    /// BattleMetrics token. Others on this machine can see it in the process list; better use the file or the configuration
    #[arg(long, global = true, value_name = "TOKEN", hide_short_help = true, value_parser = secret, conflicts_with = "battlemetrics_token_file")]
    pub battlemetrics_token: Option<SecretString>,
    /// File that holds the BattleMetrics token
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    pub battlemetrics_token_file: Option<PathBuf>,
    /// Steam key. Others on this machine can see it in the process list; better use the file or the configuration
    #[arg(long, global = true, value_name = "KEY", hide_short_help = true, value_parser = secret, conflicts_with = "steam_key_file")]
    pub steam_key: Option<SecretString>,
    /// File that holds the Steam key
    #[arg(long, global = true, value_name = "FILE", hide_short_help = true)]
    pub steam_key_file: Option<PathBuf>,
    /// Where Discord's REST interface is
    #[arg(long, global = true, value_name = "URL", hide_short_help = true)]
    pub discord_api_url: Option<String>,
    /// Where the BattleMetrics interface is
    #[arg(long, global = true, value_name = "URL", hide_short_help = true)]
    pub battlemetrics_url: Option<String>,
    /// Where the Steam interface is
    #[arg(long, global = true, value_name = "URL", hide_short_help = true)]
    pub steam_url: Option<String>,
}

#[expect(clippy::unnecessary_wraps, reason = "clap asks for a parser that may fail")]
fn secret(text: &str) -> Result<SecretString, std::convert::Infallible> {
    Ok(SecretString::from(text))
}

fn guild(text: &str) -> Result<GuildKey, &'static str> {
    text.parse().map_err(|_| "use a Discord server's id, or a name of 1 to 32 of a-z, 0-9, - and _")
}

fn change(text: &str) -> Result<ChangeId, &'static str> {
    text.parse().map_err(|_| "use the number of a change, as `rustops audit` shows it")
}

fn steam(text: &str) -> Result<SteamId, &'static str> {
    text.parse().map_err(|_| "use the account's number of 17 digits, such as 76561198000000001")
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Also into pipes and files
    Always,
    /// Not at all
    Never,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people; without colours and time where no terminal is, for journald adds its own
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

/// A command.
#[derive(Clone, Debug, Subcommand)]
pub enum Action {
    /// The Rust server to look at
    #[command(subcommand)]
    Server(ServerAction),
    /// Groups of players
    #[command(subcommand)]
    Group(GroupAction),
    /// Single players
    #[command(subcommand)]
    Player(PlayerAction),
    /// How the program and the outside services are doing
    Status,
    /// Show or change the settings
    Settings(SettingsFlags),
    /// The last changes
    Audit,
    /// Take a change back
    Undo {
        /// Its number, as `audit` shows it; the last change if left out
        #[arg(value_parser = change)]
        change: Option<ChangeId>,
    },
    /// Version, licence, where the data comes from
    About,
    /// Try everything in a pretend world, without tokens and network
    Demo,
    /// A prompt for several commands
    Shell,
    /// Run the Discord bot
    Run,
    /// Copy everything to one file, while the bot runs
    Backup {
        /// File to make, compressed unless it ends in .db; a new one in the data directory if left out
        file: Option<PathBuf>,
    },
    /// Put a backup in the place of the database, which is kept beside it
    Restore {
        /// File that `backup` made, or a copy of a database
        file: PathBuf,
        /// Replace without asking
        #[arg(long)]
        yes: bool,
    },
    /// Write a guild's data to a file
    Export {
        /// File to make; the standard output if left out
        file: Option<PathBuf>,
        /// Everything, or a table for a spreadsheet
        #[arg(long, value_name = "FORM", value_enum, default_value = "json")]
        format: ExportForm,
    },
    /// Bring in an export, or what another bot left
    Import(ImportArguments),
    /// Remove what is kept of a person, for good
    #[command(subcommand)]
    Forget(ForgetAction),
    /// Ask for the tokens, prove each, write the configuration, print the invitation link
    Setup(SetupFlags),
    /// Say what is wrong with this installation, and what to do about it
    Doctor {
        /// Ask no outside service
        #[arg(long)]
        offline: bool,
    },
    /// Have the bot start with the machine (systemd)
    #[command(subcommand)]
    Service(ServiceAction),
    /// Tell by the exit code whether the bot lives: 0 yes, 1 no
    Health,
    /// The configuration file
    #[command(subcommand)]
    Config(ConfigAction),
    /// Print a completion script for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

/// `rustops import …`
#[derive(Args, Clone, Debug)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct ImportArguments {
    /// File that `export` made; `-` for the standard input
    #[arg(required = true)]
    pub file: Option<PathBuf>,
    /// Where else from
    #[command(subcommand)]
    pub from: Option<ImportFrom>,
}

/// What another bot left.
#[derive(Clone, Debug, Subcommand)]
pub enum ImportFrom {
    /// The database of the Python RustOps
    PythonRustops {
        /// A plain pg_dump, a folder with groups.csv and so on, or postgres://user:password@host/database
        #[arg(value_parser = secret)]
        source: SecretString,
        /// Zone in which that bot's host wrote its dates
        #[arg(long, value_name = "ZONE", default_value = "UTC")]
        time_zone: String,
        /// That bot's file .activeServer
        #[arg(long, value_name = "FILE")]
        active_server: Option<PathBuf>,
        /// Only tell what would be done
        #[arg(long)]
        dry_run: bool,
    },
    /// An instance file of rustplusplus
    Rustplusplus {
        /// `instances/GUILD.json`
        file: PathBuf,
        /// Only tell what would be done
        #[arg(long)]
        dry_run: bool,
    },
}

/// The form of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportForm {
    /// Everything, to be imported again
    Json,
    /// A table of the members, for a spreadsheet
    Csv,
    /// A table of their sessions, for a spreadsheet
    CsvSessions,
}

/// `rustops forget …`
#[derive(Clone, Debug, Subcommand)]
pub enum ForgetAction {
    /// Somebody who is tracked: names, sightings, memberships and mentions in the record of changes
    Player {
        /// BattleMetrics or Steam id or link, or the exact name
        #[arg(required = true)]
        player: Vec<String>,
        /// Which of several, if the last answer was a list
        #[arg(long, value_name = "N")]
        pick: Option<usize>,
        /// Forget without asking
        #[arg(long)]
        yes: bool,
    },
    /// Somebody who used the bot: their id and name in the record of changes
    Member {
        /// Discord user id
        user: String,
        /// Forget without asking
        #[arg(long)]
        yes: bool,
    },
}

/// `rustops server …`
#[derive(Clone, Debug, Subcommand)]
pub enum ServerAction {
    /// Choose the server by name, BattleMetrics id or link
    Set {
        /// Name, BattleMetrics id or link
        #[arg(required = true, value_name = "SERVER")]
        server: Vec<String>,
        /// Which of several, if the last answer was a list
        #[arg(long, value_name = "N")]
        pick: Option<usize>,
    },
    /// Players, map, wipes and address
    Get,
    /// Look at no server; groups and history stay
    Clear,
}

/// `rustops group …`
#[derive(Clone, Debug, Subcommand)]
pub enum GroupAction {
    /// All groups
    List,
    /// Add a player, and make the group if it is new
    Add {
        /// Name of the group; in quotes if it has blanks
        group: String,
        /// Name, BattleMetrics or Steam link, or id
        #[arg(required_unless_present = "steam")]
        player: Vec<String>,
        /// The player's Steam account, if you know it too
        #[arg(long, value_name = "ID", value_parser = steam)]
        steam: Option<SteamId>,
        /// Which of several, if the last answer was a list
        #[arg(long, value_name = "N")]
        pick: Option<usize>,
    },
    /// Add many players, one a line
    Import {
        /// Name of the group; in quotes if it has blanks
        group: String,
        /// File to read; `-` or nothing for the standard input
        #[arg(default_value = "-")]
        file: PathBuf,
    },
    /// Remove a player
    Remove {
        /// Name of the group; in quotes if it has blanks
        group: String,
        /// Name or id
        #[arg(required = true)]
        player: Vec<String>,
        /// Which of several, if the last answer was a list
        #[arg(long, value_name = "N")]
        pick: Option<usize>,
    },
    /// Who is online, and when the rest were last seen
    Check {
        /// Name of the group
        #[arg(required = true)]
        group: Vec<String>,
    },
    /// Delete a group; it can be brought back for 30 days
    Del {
        /// Name of the group
        #[arg(required = true)]
        group: Vec<String>,
        /// Delete without asking
        #[arg(long)]
        yes: bool,
    },
    /// Rename a group
    #[command(visible_alias = "rename")]
    Change {
        /// Its name; in quotes if it has blanks
        group: String,
        /// The new name
        #[arg(required = true)]
        new_name: Vec<String>,
    },
    /// Read the members' names again
    Update {
        /// Name of the group
        #[arg(required = true)]
        group: Vec<String>,
    },
    /// Give a group a server of its own, or let it follow the active one
    #[command(override_usage = "rustops group server <GROUP> <SERVER|--clear> [--pick <N>]")]
    #[command(group(ArgGroup::new("where").required(true).args(["server", "clear"])))]
    Server {
        /// Name of the group; in quotes if it has blanks
        group: String,
        /// Name, BattleMetrics id or link
        server: Vec<String>,
        /// Follow the active server again
        #[arg(long)]
        clear: bool,
        /// Which of several, if the last answer was a list
        #[arg(long, value_name = "N", conflicts_with = "clear")]
        pick: Option<usize>,
    },
    /// Have the bot keep a message on Discord current
    #[command(override_usage = "rustops --guild <ID> group board [GROUP] <--channel <ID>|--off>")]
    #[command(group(ArgGroup::new("what").required(true).args(["channel", "off"])))]
    Board {
        /// Name of the group; without one, all groups
        group: Vec<String>,
        /// The Discord channel where it is to stand
        #[arg(long, value_name = "ID")]
        channel: Option<ChannelId>,
        /// Take it away
        #[arg(long)]
        off: bool,
    },
    /// How long the members were on, day, week, month and wipe
    History {
        /// Name of the group
        #[arg(required = true)]
        group: Vec<String>,
        /// Which page
        #[arg(long, value_name = "N", default_value_t = 1)]
        page: usize,
    },
}

/// `rustops player …`
#[derive(Clone, Debug, Subcommand)]
pub enum PlayerAction {
    /// Online or last seen, time on the server, sessions, names, groups
    Check {
        /// Name, BattleMetrics or Steam link, or id
        #[arg(required = true)]
        player: Vec<String>,
        /// Which of several, if the last answer was a list
        #[arg(long, value_name = "N")]
        pick: Option<usize>,
    },
    /// Every session, totals, former names
    History {
        /// Name, BattleMetrics or Steam link, or id
        #[arg(required = true)]
        player: Vec<String>,
        /// Which of several, if the last answer was a list
        #[arg(long, value_name = "N")]
        pick: Option<usize>,
        /// Which page
        #[arg(long, value_name = "N", default_value_t = 1)]
        page: usize,
        /// Ask for sessions before the last hundred, too
        #[arg(long)]
        older: bool,
    },
}

/// `rustops settings …`; without flags they are shown.
#[derive(Args, Clone, Debug)]
pub struct SettingsFlags {
    /// Time zone, such as Europe/Berlin
    #[arg(long, value_name = "ZONE")]
    pub time_zone: Option<String>,
    /// Who may change things on Discord: `everyone`, or a role's id
    #[arg(long, value_name = "WHO", value_parser = changers)]
    pub changers: Option<OrNobody<RoleId>>,
    /// Where problems are told on Discord: a channel's id, or `none`
    #[arg(long, value_name = "ID", value_parser = log_channel)]
    pub log_channel: Option<OrNobody<ChannelId>>,
}

impl SettingsFlags {
    /// What to change.
    pub fn patch(&self) -> SettingsPatch {
        SettingsPatch {
            time_zone: self.time_zone.clone(),
            changers: self.changers.map(|given| given.0),
            log_channel: self.log_channel.map(|given| given.0),
        }
    }
}

/// An id, or the word that resets the setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrNobody<Id>(pub Option<Id>);

fn changers(text: &str) -> Result<OrNobody<RoleId>, &'static str> {
    or_nobody(text, "everyone").ok_or("use `everyone` or the id of a role")
}

fn log_channel(text: &str) -> Result<OrNobody<ChannelId>, &'static str> {
    or_nobody(text, "none").ok_or("use `none` or the id of a channel")
}

fn or_nobody<Id: FromStr>(text: &str, nobody: &str) -> Option<OrNobody<Id>> {
    if text == nobody { Some(OrNobody(None)) } else { text.parse().ok().map(|id| OrNobody(Some(id))) }
}

/// `rustops setup …`
#[derive(Args, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SetupFlags {
    /// Ask nothing: take the tokens from flags and environment, prove them and write them
    #[arg(long)]
    pub non_interactive: bool,
    /// Prove nothing
    #[arg(long)]
    pub offline: bool,
    /// For the system's service: write /etc/rustops/config.toml, keep data in /var/lib/rustops (with sudo)
    #[arg(long, conflicts_with = "config")]
    pub system: bool,
}

/// `rustops service …`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub enum ServiceAction {
    /// Have it start now and with the machine (with sudo, or with --user)
    Install {
        /// For yourself alone, without sudo
        #[arg(long)]
        user: bool,
    },
    /// How it is
    Status,
    /// What it said lately
    Logs {
        /// How many lines
        #[arg(short = 'n', long, value_name = "N", default_value_t = 100)]
        lines: u32,
        /// Go on showing new lines
        #[arg(short, long)]
        follow: bool,
    },
    /// Stop it and take it away; data and configuration stay
    Remove,
}

/// `rustops config …`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub enum ConfigAction {
    /// Print a configuration file with every setting explained
    Default,
    /// Print where the configuration file is looked for
    Path,
    /// Print what is in force, without secrets
    Show,
}

/// The grammar. The options for every command are listed once, at the top, and not again with each command.
pub fn grammar() -> Command {
    let mut grammar = Arguments::command();
    grammar.build();
    grammar.mut_subcommands(|command| command.mut_subcommands(brief).mut_args(hidden_if_global).after_help(ELSEWHERE))
}

const ELSEWHERE: &str = "Options for every command (--json, --data-dir, tokens …): rustops --help";

fn brief(command: Command) -> Command {
    command.mut_args(hidden_if_global).after_help(ELSEWHERE)
}

fn hidden_if_global(option: clap::Arg) -> clap::Arg {
    let global = option.is_global_set();
    option.hide(global)
}

/// Reads a command line, the program's name first.
///
/// # Errors
/// Also when help or the version was asked for.
pub fn read<'a>(line: impl IntoIterator<Item = &'a str>) -> Result<Arguments, clap::Error> {
    understood(grammar().try_get_matches_from(line))
}

/// Why there are no arguments: help was asked for, or something was mistyped.
pub type NotRead = clap::Error;

/// Reads what the process was called with.
///
/// # Errors
/// As [`read`].
pub fn read_process() -> Result<Arguments, NotRead> {
    understood(grammar().try_get_matches())
}

fn understood(read: Result<clap::ArgMatches, clap::Error>) -> Result<Arguments, clap::Error> {
    Arguments::from_arg_matches(&read?)
}

/// The words of a name that was typed without quotes.
pub fn joined(words: &[String]) -> String {
    words.join(" ")
}

impl Action {
    /// Whether it leaves something behind when it is cut off.
    pub fn leaves_traces(&self) -> bool {
        matches!(self, Self::Backup { .. } | Self::Export { .. })
    }

    /// The command's name as in JSON: `group check`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Server(ServerAction::Set { .. }) => "server set",
            Self::Server(ServerAction::Get) => "server get",
            Self::Server(ServerAction::Clear) => "server clear",
            Self::Group(GroupAction::List) => "group list",
            Self::Group(GroupAction::Add { .. }) => "group add",
            Self::Group(GroupAction::Import { .. }) => "group import",
            Self::Group(GroupAction::Remove { .. }) => "group remove",
            Self::Group(GroupAction::Check { .. }) => "group check",
            Self::Group(GroupAction::Del { .. }) => "group del",
            Self::Group(GroupAction::Change { .. }) => "group change",
            Self::Group(GroupAction::Update { .. }) => "group update",
            Self::Group(GroupAction::Server { .. }) => "group server",
            Self::Group(GroupAction::Board { .. }) => "group board",
            Self::Group(GroupAction::History { .. }) => "group history",
            Self::Player(PlayerAction::Check { .. }) => "player check",
            Self::Player(PlayerAction::History { .. }) => "player history",
            Self::Status => "status",
            Self::Settings(_) => "settings",
            Self::Audit => "audit",
            Self::Undo { .. } => "undo",
            Self::About => "about",
            Self::Demo => "demo",
            Self::Shell => "shell",
            Self::Run => "run",
            Self::Backup { .. } => "backup",
            Self::Restore { .. } => "restore",
            Self::Export { .. } => "export",
            Self::Import(ImportArguments { from: None, .. }) => "import",
            Self::Import(ImportArguments { from: Some(ImportFrom::PythonRustops { .. }), .. }) => {
                "import python-rustops"
            }
            Self::Import(ImportArguments { from: Some(ImportFrom::Rustplusplus { .. }), .. }) => "import rustplusplus",
            Self::Forget(ForgetAction::Player { .. }) => "forget player",
            Self::Forget(ForgetAction::Member { .. }) => "forget member",
            Self::Setup(_) => "setup",
            Self::Doctor { .. } => "doctor",
            Self::Service(ServiceAction::Install { .. }) => "service install",
            Self::Service(ServiceAction::Status) => "service status",
            Self::Service(ServiceAction::Logs { .. }) => "service logs",
            Self::Service(ServiceAction::Remove) => "service remove",
            Self::Health => "health",
            Self::Config(_) => "config",
            Self::Completions { .. } => "completions",
            Self::Man => "man",
        }
    }
}

#[cfg(test)]
mod tests;

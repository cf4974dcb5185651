//! Stories of `args`.

use clap::CommandFactory;

use super::*;

fn typed(line: &[&str]) -> Result<Arguments, clap::Error> {
    read(std::iter::once("rustops").chain(line.iter().copied()))
}

fn checked_group(line: &[&str]) -> String {
    match typed(line).unwrap().action {
        Action::Group(GroupAction::Check { group }) => joined(&group),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_definitions_are_sound() {
    Arguments::command().debug_assert();
}

#[test]
fn a_group_with_blanks_may_be_quoted_or_not() {
    assert_eq!(checked_group(&["group", "check", "Purple Base"]), "Purple Base");
    assert_eq!(checked_group(&["group", "check", "Purple", "Base"]), "Purple Base");
    assert_eq!(checked_group(&["group", "check", "Purple", "Base", "--json"]), "Purple Base");
}

#[test]
fn a_name_may_begin_with_a_dash() {
    assert_eq!(checked_group(&["group", "check", "--", "-=Clan=-", "--json"]), "-=Clan=- --json");
}

#[test]
fn flags_stand_before_or_after_the_command() {
    for line in [
        ["--json", "--guild", "42", "group", "list"],
        ["group", "--json", "list", "--guild", "42"],
        ["group", "list", "--guild", "42", "--json"],
    ] {
        let read = typed(&line).unwrap();
        assert!(read.global.json, "{line:?}");
        assert_eq!(read.global.guild.unwrap().as_str(), "42");
        assert_eq!(read.action.name(), "group list");
    }
}

#[test]
fn adding_takes_a_player_or_a_steam_account_or_both() {
    assert!(typed(&["group", "add", "Purple Base"]).is_err());
    assert!(typed(&["group", "add", "Purple Base", "--steam", "76561198000000001"]).is_ok());
    let both = typed(&["group", "add", "Purple Base", "Tee", "Higgins", "--steam", "76561198000000001", "--pick", "2"]);
    let Action::Group(GroupAction::Add { group, player, steam, pick }) = both.unwrap().action else { panic!() };
    assert_eq!((group.as_str(), joined(&player).as_str(), pick), ("Purple Base", "Tee Higgins", Some(2)));
    assert_eq!(steam, SteamId::new(76_561_198_000_000_001));
}

#[test]
fn settings_can_be_set_and_reset() {
    let line = ["settings", "--changers", "everyone", "--log-channel", "77", "--time-zone", "Europe/Berlin"];
    let Action::Settings(flags) = typed(&line).unwrap().action else { panic!() };
    let expected = SettingsPatch {
        time_zone: Some("Europe/Berlin".to_owned()),
        changers: Some(None),
        log_channel: Some(ChannelId::new(77)),
    };
    assert_eq!(flags.patch(), expected);
    let Action::Settings(shown) = typed(&["settings"]).unwrap().action else { panic!() };
    assert_eq!(shown.patch(), SettingsPatch::default());
}

#[test]
fn a_group_is_pinned_or_freed_but_not_both() {
    assert!(typed(&["group", "server", "Zerg", "Rusty", "Moose"]).is_ok());
    assert!(typed(&["group", "server", "Zerg", "--clear"]).is_ok());
    assert!(typed(&["group", "server", "Zerg"]).is_err());
    assert!(typed(&["group", "server", "Zerg", "Moose", "--clear"]).is_err());
}

#[test]
fn the_old_name_of_renaming_still_works() {
    assert_eq!(typed(&["group", "rename", "A", "B"]).unwrap().action.name(), "group change");
}

#[test]
fn an_import_reads_the_standard_input_unless_a_file_is_named() {
    let Action::Group(GroupAction::Import { file, .. }) = typed(&["group", "import", "A"]).unwrap().action else {
        panic!()
    };
    assert_eq!(file, PathBuf::from("-"));
}

#[test]
fn secrets_stay_out_of_errors_and_debug_output() {
    let read = typed(&["--discord-token", "hunter2", "status", "--steam-key=hunter2"]).unwrap();
    assert!(!format!("{read:?}").contains("hunter2"));
    let wrong = typed(&["--discord-token", "hunter2", "status", "--nonsense"]).unwrap_err();
    assert!(!wrong.render().to_string().contains("hunter2"));
}

#[test]
fn help_warns_of_the_process_list() {
    let help = Arguments::command().render_long_help().to_string();
    assert_eq!(help.matches("process list").count(), 3);
}

#[test]
fn the_commands_at_a_glance() {
    insta::assert_snapshot!(Arguments::command().render_help(), @"
    Which rivals are online on your Rust server, and when the others were last seen

    Usage: rustops [OPTIONS] <COMMAND>

    Commands:
      server       The Rust server to look at
      group        Groups of players
      player       Single players
      status       How the program and the outside services are doing
      settings     Show or change the settings
      audit        The last changes
      undo         Take a change back
      about        Version, licence, where the data comes from
      demo         Try everything in a pretend world, without tokens and network
      shell        A prompt for several commands
      run          Run the Discord bot
      backup       Copy everything to one file, while the bot runs
      restore      Put a backup in the place of the database, which is kept beside it
      export       Write a guild's data to a file
      import       Bring in an export, or what another bot left
      forget       Remove what is kept of a person, for good
      setup        Ask for the tokens, prove each, write the configuration, print the invitation link
      doctor       Say what is wrong with this installation, and what to do about it
      service      Have the bot start with the machine (systemd)
      health       Tell by the exit code whether the bot lives: 0 yes, 1 no
      config       The configuration file
      completions  Print a completion script for a shell
      man          Print the manual page
      help         Print this message or the help of the given subcommand(s)

    Options:
      -h, --help     Print help (see more with '--help')
      -V, --version  Print version

    Options for every command:
          --config <FILE>   Configuration file to read instead of the standard one
          --data-dir <DIR>  Directory of the database instead of the standard one
          --guild <KEY>     Whose groups: a Discord server's id, or `local`
          --json            Answer in JSON, one line, for scripts
          --color <WHEN>    Colours [default: auto] [possible values: auto, always, never]
      -v, --verbose...      Say more of what happens (on stderr); twice for still more
    ");
}

//! Stories of `config`.

use secrecy::ExposeSecret as _;

use super::*;

fn nothing(_: &str) -> Option<String> {
    None
}

fn config_with(text: &str) -> (tempfile::TempDir, Flags) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    fs::write(&path, text).unwrap();
    let mut flags = Flags { config: Some(path), ..Flags::default() };
    flags.values.insert("data_dir", folder.path().display().to_string());
    (folder, flags)
}

fn load(text: &str) -> Result<Config, String> {
    let (folder, flags) = config_with(text);
    let name = folder.path().display().to_string();
    Config::load(&flags, &nothing).map_err(|error| error.to_string().replace(&name, ""))
}

#[test]
fn the_example_is_a_valid_file_that_says_nothing() {
    let config = load(EXAMPLE).unwrap();
    assert!(config.discord_token.is_none());
    assert_eq!(config.battlemetrics_url.as_str(), "https://api.battlemetrics.com/");
}

#[test]
fn every_line_of_the_example_may_be_switched_on() {
    let on: String = EXAMPLE
        .lines()
        .filter_map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')))
        .filter(|line| !line.contains("_file") && !line.contains("= \"\""))
        .map(|line| format!("{line}\n"))
        .collect();
    assert!(on.contains("steam_url"));
    load(&on).unwrap();
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let (_folder, mut flags) =
        config_with("battlemetrics_token = \"file\"\nsteam_key = \"file\"\ndiscord_token = \"file\"");
    flags.values.insert("battlemetrics_token", "flag".to_owned());
    let environment =
        |name: &str| matches!(name, "BATTLEMETRICS_TOKEN" | "STEAM_KEY").then(|| "environment".to_owned());
    let config = Config::load(&flags, &environment).unwrap();
    assert_eq!(config.battlemetrics_token.unwrap().expose_secret(), "flag");
    assert_eq!(config.steam_key.unwrap().expose_secret(), "environment");
    assert_eq!(config.discord_token.unwrap().expose_secret(), "file");
    assert_eq!(config.told["steam_key"].from, Origin::Environment("STEAM_KEY".to_owned()));
    assert_eq!(config.told["steam_key"].value.as_deref(), Some("set"));
}

#[test]
fn somebody_coming_from_the_python_bot_keeps_the_old_spelling() {
    let (_folder, flags) = config_with("");
    let environment = |name: &str| (name == "BATTLEMETTRIC_TOKEN").then(|| "old".to_owned());
    let config = Config::load(&flags, &environment).unwrap();
    assert_eq!(config.battlemetrics_token.unwrap().expose_secret(), "old");
}

#[test]
fn a_secret_may_lie_in_a_file_of_its_own() {
    let (folder, mut flags) = config_with("");
    let secret = folder.path().join("token");
    fs::write(&secret, "abc\n").unwrap();
    flags.values.insert("discord_token_file", secret.display().to_string());
    let config = Config::load(&flags, &nothing).unwrap();
    assert_eq!(config.discord_token.unwrap().expose_secret(), "abc");
}

#[cfg(unix)]
#[test]
fn a_secret_is_read_from_whatever_has_an_end() {
    let (folder, mut flags) = config_with("");
    let endless = ["/dev/zero", "/dev/null", folder.path().to_str().unwrap(), "/nowhere"].map(|path| {
        flags.values.insert("discord_token_file", path.to_owned());
        Config::load(&flags, &nothing).unwrap_err().to_string().replace(path, "PATH")
    });
    insta::assert_snapshot!(endless.join("\n"), @r"
    discord_token_file (from flag --discord-token-file) names the file PATH, which cannot be read: it has more than 64 KiB.
    discord_token_file (from flag --discord-token-file) is empty or holds blanks or special characters; copy it again.
    discord_token_file (from flag --discord-token-file) names the file PATH, which cannot be read: it is a folder.
    discord_token_file (from flag --discord-token-file) names the file PATH, which cannot be read: it does not exist.
    ");
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let writer = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::write(pipe, "abc\n").unwrap()
    });
    flags.values.insert("discord_token_file", pipe.display().to_string());
    assert_eq!(Config::load(&flags, &nothing).unwrap().discord_token.unwrap().expose_secret(), "abc");
    writer.join().unwrap();
    flags.config = Some("/dev/zero".into());
    assert!(Config::load(&flags, &nothing).unwrap_err().to_string().contains("more than 64 KiB"));
}

#[cfg(unix)]
#[test]
fn a_file_with_a_secret_that_others_can_read_is_reported() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, mut flags) = config_with("");
    fs::set_permissions(flags.config.as_ref().unwrap(), fs::Permissions::from_mode(0o600)).unwrap();
    let secret = folder.path().join("token");
    fs::write(&secret, "abc\n").unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o644)).unwrap();
    flags.values.insert("discord_token_file", secret.display().to_string());
    let warnings = Config::load(&flags, &nothing).unwrap().warnings;
    assert!(warnings.len() == 1 && warnings[0].contains("token can be read by other users"), "{warnings:?}");
}

#[test]
fn a_setup_mends_what_cannot_be_used_in_the_file_but_not_what_was_typed() {
    for wrong in ["discord_token = \"abc def\"", "discord_token_file = \"/nowhere\""] {
        let (_folder, mut flags) = config_with(&format!("{wrong}\nsteam_key = \"good\"\n"));
        assert!(matches!(Config::load(&flags, &nothing), Err(ConfigError::BadValue { .. })));
        flags.wanted = Wanted::ToWrite;
        let config = Config::load(&flags, &nothing).unwrap();
        assert!(config.discord_token.is_none() && config.steam_key.is_some());
        assert_eq!((config.faults.len(), &config.told["discord_token"].value), (1, &None));
        flags.values.insert("discord_token", "abc def".to_owned());
        Config::load(&flags, &nothing).unwrap_err();
    }
}

#[test]
fn to_be_examined_nothing_is_bad_enough() {
    let text = "discord_token = \"a b\"\nsteam_url = \"x\"\nwatch_interval = 5\nlog = \"debug\"";
    let (_folder, mut flags) = config_with(text);
    flags.wanted = Wanted::ToExamine;
    let config = Config::load(&flags, &nothing).unwrap();
    assert_eq!((config.faults.len(), config.watch_interval, config.log.as_str()), (3, 60, "debug"));
    for text in ["log = 5", "nonsense"] {
        let (_folder, mut flags) = config_with(text);
        flags.wanted = Wanted::ToExamine;
        assert_eq!(Config::load(&flags, &nothing).unwrap().faults.len(), 1);
    }
}

#[cfg(unix)]
#[test]
fn a_service_finds_its_secrets_among_its_credentials() {
    use std::os::unix::fs::PermissionsExt as _;
    let (folder, flags) = config_with("discord_token = \"file\"\nsteam_key = \"file\"");
    fs::write(folder.path().join("rustops.discord_token"), "credential\n").unwrap();
    fs::set_permissions(flags.config.as_ref().unwrap(), fs::Permissions::from_mode(0o440)).unwrap();
    let environment = |name: &str| (name == CREDENTIALS).then(|| folder.path().display().to_string());
    let config = Config::load(&flags, &environment).unwrap();
    assert_eq!(config.discord_token.unwrap().expose_secret(), "credential");
    assert_eq!(config.steam_key.unwrap().expose_secret(), "file");
    assert_eq!(config.warnings, [""; 0]);
}

#[test]
fn a_file_that_is_about_to_be_made_need_not_exist() {
    let (folder, mut flags) = config_with("");
    flags.config = Some(folder.path().join("new.toml"));
    assert!(matches!(Config::load(&flags, &nothing), Err(ConfigError::Missing { .. })));
    flags.wanted = Wanted::ToWrite;
    assert_eq!(Config::load(&flags, &nothing).unwrap().config_file, folder.path().join("new.toml"));
}

#[test]
fn a_misspelt_key_is_named_with_its_line() {
    let error = load("log = \"info\"\ndiscord_tokn = \"SECRET\"\n").unwrap_err();
    insta::assert_snapshot!(error, @"/config.toml, line 2 (discord_tokn): this key is not known. See all keys with: rustops config default");
}

#[test]
fn a_broken_line_is_named_and_never_quoted() {
    for broken in ["discord_token = \"SECRET", "discord_token = SECRET", "discord_token = [\"SECRET\"]", "SECRET"] {
        let error = load(&format!("\n{broken}\n")).unwrap_err();
        assert!(error.contains("line 2"), "{error}");
        assert!(!error.contains("SECRET"), "{error}");
    }
}

#[test]
fn an_address_that_is_none_is_refused() {
    for wrong in ["api.battlemetrics.com", "ftp://x", "file:///etc", "https://user:pw@host", "https://"] {
        let error = load(&format!("battlemetrics_url = \"{wrong}\"")).unwrap_err();
        assert!(error.starts_with("battlemetrics_url (from config.toml) "), "{error}");
        assert!(!error.contains("pw"), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_read_is_reported() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_folder, flags) = config_with("");
    let path = flags.config.clone().unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(Config::load(&flags, &nothing).unwrap().warnings[0].contains("chmod 600"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(Config::load(&flags, &nothing).unwrap().warnings.is_empty());
}

#[test]
fn secrets_do_not_show_in_debug_output() {
    let config = load("discord_token = \"SECRET\"").unwrap();
    assert!(!format!("{config:?}").contains("SECRET"));
}

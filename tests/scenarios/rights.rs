//! Stories of rights: who may change things, told to the one who may not, in every command and component.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "what goes wrong here fails the test")]

use rustops::sim::cast;

use crate::{
    fake_discord::{Guild, Member},
    stage::{Stage, says},
};

/// Lines that only look, at least one for every command that may be used for that.
const LOOKING: &[&str] = &[
    "/server get",
    "/group list",
    "/group check group:Purple Base",
    "/group history group:Purple Base",
    "/player check player:ChennyBounce",
    "/player history player:ChennyBounce",
    "/rustops status",
    "/rustops audit",
    "/rustops about",
    "/rustops help",
];

/// Lines that would change something, at least one for every other command.
const CHANGING: &[&str] = &[
    "/server set name:2844511",
    "/server clear",
    "/group add group:Purple Base player:ChennyBounce",
    "/group import group:Purple Base",
    "/group remove group:Purple Base player:Blueprint",
    "/group del group:Purple Base",
    "/group change group:Purple Base new_name:x",
    "/group rename group:Purple Base new_name:x",
    "/group update group:Purple Base",
    "/group server group:Purple Base server:2844511",
    "/group server group:Purple Base",
    "/group board",
    "/group board group:Purple Base channel:#general",
    "/rustops undo",
    "/rustops undo change:1",
    "/rustops settings time_zone:Europe/Berlin",
    "/rustops settings no_log_channel:true",
    "/rustops forget player:ChennyBounce",
    "/rustops forget user:@Sue",
];

/// What of the above takes the right to manage the Discord server.
const MANAGING: &[&str] = &["/rustops settings", "/rustops forget"];

/// The commands of the context menus: every one puts players into a group.
const ON_MESSAGES: &[&str] = &["Track players"];

/// Every slash command as it is typed, and every one of a context menu.
fn registered(stage: &Stage) -> (Vec<String>, Vec<String>) {
    let (mut slash, mut menus) = (Vec::new(), Vec::new());
    for command in stage.discord.registered_commands() {
        let name = command["name"].as_str().unwrap();
        if command["type"].as_u64().unwrap_or(1) != 1 {
            menus.push(name.to_owned());
            continue;
        }
        for part in command["options"].as_array().unwrap() {
            assert_eq!(part["type"], 1, "a command of another form");
            slash.push(format!("/{name} {}", part["name"].as_str().unwrap()));
        }
    }
    (slash, menus)
}

/// A guild in which only Scouts may change things; Sue is one, Ben is none.
async fn guarded(stage: &Stage) -> (Guild, Member, Member) {
    let (guild, ann) = stage.clan().await;
    stage.tracks(&ann, "Purple Base", &[cast::BLUEPRINT_HERE, cast::BLUEPRINT_AWAY]).await;
    guild.role("Scouts");
    let changed = guild.member("Max").manager().types("/rustops settings changers:@Scouts").await;
    says(&changed, "@Scouts");
    let sue = guild.member("Sue").with_role("Scouts");
    let ben = guild.member("Ben").without_rights();
    (guild, sue, ben)
}

#[tokio::test]
async fn every_command_is_known_to_look_or_to_change() {
    let stage = Stage::open().await;
    guarded(&stage).await;
    let (slash, menus) = registered(&stage);
    let is_of = |line: &str, command: &str| line == command || line.starts_with(&format!("{command} "));
    for command in &slash {
        let looks = LOOKING.iter().any(|line| is_of(line, command));
        let changes = CHANGING.iter().any(|line| is_of(line, command));
        assert!(looks != changes, "say of {command} whether it looks or changes something");
    }
    assert_eq!(menus, ON_MESSAGES);
    assert!(slash.len() > 20, "{slash:?}");
}

#[tokio::test]
async fn whoever_lacks_the_role_is_refused_by_every_changing_command() {
    let stage = Stage::open().await;
    let (guild, sue, ben) = guarded(&stage).await;
    let before = stage.kept(&guild).await;
    for line in CHANGING {
        let told = stage.told_alone(&ben.types(line).await).await.text();
        let refused = if MANAGING.iter().any(|command| line.starts_with(command)) {
            told.contains("It takes the right to manage this Discord server.")
        } else {
            told.contains("You may not do this here") && told.contains("@Scouts")
        };
        assert!(refused, "{line}\n{told}");
    }
    for command in ON_MESSAGES {
        let told = stage.told_alone(&ben.uses_on_message(command, &sue, "ChennyBounce").await).await.text();
        assert!(told.contains("You may not do this here"), "{command}\n{told}");
    }
    assert_eq!(stage.kept(&guild).await, before);
    insta::assert_snapshot!("not_allowed", ben.types("/group del group:Purple Base").await.text());
}

#[tokio::test]
async fn looking_is_free_for_all() {
    let stage = Stage::open().await;
    let (_, _, ben) = guarded(&stage).await;
    for line in LOOKING {
        let reply = ben.types(line).await;
        assert!(!reply.is_ephemeral(), "{line}\n{}", reply.text());
    }
    let help = ben.types("/rustops help").await;
    insta::assert_snapshot!("help_for_lookers", help.text());
}

#[tokio::test]
async fn a_right_that_was_taken_since_counts_in_menus_too() {
    let stage = Stage::open().await;
    let (guild, sue, ben) = guarded(&stage).await;
    let which = sue.types("/group remove group:Purple Base player:Blueprint").await;
    let server = sue.types("/server set name:Rusty Moose").await;
    let question = sue.types("/group del group:Purple Base").await;
    let form = sue.types("/group import group:Purple Base").await;
    let sue = guild.member("Sue").without_rights();
    let mut told = vec![
        stage.told_alone(&sue.picks(&which, &cast::BLUEPRINT_HERE.id.to_string()).await).await.text(),
        stage.told_alone(&sue.picks(&server, "2844511").await).await.text(),
        stage.told_alone(&sue.presses(&question, "Delete").await).await.text(),
        stage.told_alone(&sue.submits(&form, &[("Players", "ChennyBounce")]).await).await.text(),
    ];
    let player = ben.types("/player check player:ChennyBounce").await;
    told.push(stage.told_alone(&ben.presses(&player, "Add to a group").await).await.text());
    for told in told {
        assert!(told.contains("You may not do this here"), "{told}");
    }
    says(&ben.types("/group list").await, "2 members");
}

#[tokio::test]
async fn settings_are_not_offered_without_manage_server_and_refused_if_they_are() {
    let stage = Stage::open().await;
    let (guild, sue, _) = guarded(&stage).await;
    // An admin may let everybody see the command in Discord's own settings; the bot looks for itself.
    let told = sue.types("/rustops settings time_zone:Europe/Berlin").await;
    says(&told, "It takes the right to manage this Discord server.");
    assert!(told.is_ephemeral());
    says(&guild.member("Max").types("/rustops settings").await, "UTC");
}

#[tokio::test]
async fn two_guilds_never_see_each_others_data() {
    let stage = Stage::open().await;
    let (_, ann) = stage.clan().await;
    stage.tracks(&ann, "Purple Base", &[cast::CHENNY_BOUNCE]).await;
    let stranger = stage.discord.guild("Red clan").member("Rex");
    says(&stranger.types("/group list").await, "No groups yet");
    says(&stranger.types("/rustops audit").await, "No changes yet");
    for line in [
        "/server get",
        "/group check group:Purple Base",
        "/group check group:group:1",
        "/group del group:group:1",
        "/group update group:Purple Base",
        "/rustops undo change:1",
    ] {
        let told = stage.told_alone(&stranger.types(line).await).await.text();
        assert!(!told.contains("ChennyBounce") && !told.contains("Moose"), "{line}\n{told}");
    }
    assert!(stranger.starts_typing("/group check group:").await.is_empty());
    assert!(stranger.starts_typing("/server set name:").await.is_empty());
    assert!(stranger.starts_typing("/group remove group:Purple Base player:").await.is_empty());
    says(&ann.types("/group list").await, "Purple Base");
}

#[tokio::test]
async fn in_private_there_is_nothing_to_keep() {
    let stage = Stage::open().await;
    let (_, ann) = stage.clan().await;
    assert!(ann.in_private().types("/group list").await.was_not_offered());
}

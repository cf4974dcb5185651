//! Stories of coming and going: guilds joined and left while the bot runs, and the list of commands at Discord.

use rustops::sim::cast;

use crate::stage::{Stage, says};

#[tokio::test]
async fn the_list_of_commands_reads_well() {
    let stage = Stage::open().await;
    stage.clan().await;
    let commands = stage.discord.registered_commands();
    insta::assert_snapshot!("commands", serde_json::to_string_pretty(&commands).unwrap());
}

#[tokio::test]
async fn commands_are_written_only_when_they_differ() {
    let mut stage = Stage::open().await;
    stage.clan().await;
    assert_eq!(stage.discord.registrations(), 1);
    stage.restart_bot().await;
    let ann = stage.discord.guild("Purple clan").member("Ann");
    says(&ann.types("/rustops about").await, "RustOps");
    stage
        .discord
        .wait_until(|discord| discord.requests().iter().filter(|one| one.path.ends_with("/commands")).count() == 3)
        .await;
    assert_eq!(stage.discord.registrations(), 1);
    // The mentions are clickable from the list that was read.
    says(&ann.types("/group list").await, "</group add>");
}

#[tokio::test]
async fn a_guild_joined_while_running_works_at_once() {
    let stage = Stage::open().await;
    stage.clan().await;
    let rex = stage.discord.guild("Red clan").member("Rex");
    says(&rex.types("/group list").await, "No groups yet");
    stage.tracks(&rex, "Raiders", &[cast::TEE_HIGGINS]).await;
    assert_eq!(stage.discord.registrations(), 1);
}

#[tokio::test]
async fn a_guild_that_left_and_came_back_within_a_month_has_everything() {
    let stage = Stage::open().await;
    let (guild, ann) = stage.clan().await;
    stage.tracks(&ann, "Purple Base", &[cast::TEE_HIGGINS]).await;
    let app = stage.app();
    guild.removes_bot();
    stage.notes_left(&guild, true).await;
    stage.passes(20 * 24 * 3600);
    assert_eq!(app.purge().await.unwrap(), 0);
    guild.invites_bot();
    stage.notes_left(&guild, false).await;
    says(&ann.types("/group list").await, "Purple Base");
    stage.passes(20 * 24 * 3600);
    assert_eq!(app.purge().await.unwrap(), 0);
    says(&ann.types("/group list").await, "Purple Base");
}

#[tokio::test]
async fn a_guild_that_left_for_good_is_forgotten_after_a_month() {
    let stage = Stage::open().await;
    let (guild, ann) = stage.clan().await;
    stage.tracks(&ann, "Purple Base", &[cast::TEE_HIGGINS]).await;
    guild.removes_bot();
    stage.notes_left(&guild, true).await;
    stage.passes(31 * 24 * 3600);
    assert_eq!(stage.app().purge().await.unwrap(), 1);
    guild.invites_bot();
    says(&ann.types("/group list").await, "No groups yet");
}

#[tokio::test]
async fn an_outage_is_no_farewell() {
    let stage = Stage::open().await;
    let (guild, ann) = stage.clan().await;
    guild.becomes_unavailable();
    says(&stage.discord.guild("Red clan").member("Rex").types("/group list").await, "No groups yet");
    stage.passes(31 * 24 * 3600);
    assert_eq!(stage.app().purge().await.unwrap(), 0);
    guild.becomes_available();
    says(&ann.types("/server get").await, "Rusty Moose");
}

#[tokio::test]
async fn a_name_that_is_a_trap_stays_text_everywhere() {
    let stage = Stage::open().await;
    let (guild, ann) = stage.clan().await;
    let evil = "**x** [y](http://evil) @everyone <@&1> `z` # - 1.";
    let added = ann.types(&format!("/group add group:\"{evil}\" player:{}", cast::EVERYONE.id)).await;
    says(&added, "Added to");
    let mut seen = vec![added.text()];
    for person in cast::RED_ROOF.into_iter().skip(1) {
        ann.types(&format!("/group add group:\"{evil}\" player:{}", person.id)).await;
    }
    let group = format!("group:\"{evil}\"");
    for line in [
        format!("/group check {group}"),
        "/group list".to_owned(),
        format!("/group update {group}"),
        format!("/player check player:{}", cast::MARKDOWN.id),
        "/rustops audit".to_owned(),
        format!("/group remove {group} player:{}", cast::BACKWARDS.id),
        format!("/group rename {group} new_name:\"> -# {evil}\""),
        format!("/group check group:\"no such {evil}\""),
        "/rustops undo".to_owned(),
    ] {
        let reply = ann.types(&line).await;
        seen.push(match reply.text().starts_with('(') {
            true => stage.told_alone(&reply).await.text(),
            false => reply.text(),
        });
    }
    insta::assert_snapshot!("hostile", seen.join("\n\n"));
    let messages = guild.channel("general").messages();
    assert!(messages.len() > 8);
    for message in messages {
        assert!(message.pings().is_empty(), "{}", message.text());
        let text = message.text();
        assert!(!text.contains("**free**") && !text.contains("](http"), "{text}");
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text:?}");
    }
}

#[tokio::test]
async fn a_farewell_while_the_bot_was_off_is_noted_at_the_next_start() {
    let mut stage = Stage::open().await;
    let (guild, ann) = stage.clan().await;
    stage.tracks(&ann, "Purple Base", &[cast::TEE_HIGGINS]).await;
    let rex = stage.discord.guild("Red clan").member("Rex");
    stage.stop_bot().await.unwrap();
    guild.removes_bot();
    stage.start_bot();
    stage.discord.wait_until(|discord| discord.gateway().is_connected()).await;
    says(&rex.types("/group list").await, "No groups yet");
    stage.notes_left(&guild, true).await;
    stage.passes(31 * 24 * 3600);
    assert_eq!(stage.app().purge().await.unwrap(), 1);
}

//! Stories of many at once: imports, and players of a message.

use rustops::sim::{Fault, Service, cast};

use crate::{
    fake_discord::permission,
    stage::{Stage, says},
};

#[tokio::test]
async fn many_players_are_added_at_once_with_a_line_for_each() {
    let stage = Stage::open().await;
    let (_, ann) = stage.clan().await;
    let form = ann.types("/group import group:Purple Base").await;
    let lines = [
        "ChennyBounce".to_owned(),
        format!("https://www.battlemetrics.com/players/{}", cast::TEE_HIGGINS.id),
        String::new(),
        "Blueprint".to_owned(),
        "chennybounce".to_owned(),
        "nobody by this name".to_owned(),
        "https://example.com/x".to_owned(),
    ];
    let imported = ann.submits(&form, &[("Players", &lines.join("\n"))]).await;
    insta::assert_snapshot!("imported", imported.text());
    says(&ann.types("/rustops undo").await, "added to the new group Purple Base");
}

#[tokio::test]
async fn an_import_that_battlemetrics_refuses_changes_nothing() {
    let stage = Stage::open().await;
    let (_, ann) = stage.clan().await;
    let form = ann.types("/group import group:Purple Base").await;
    stage.sim.fault(Service::BattleMetrics, Fault::Status(401));
    let told = stage.told_alone(&ann.submits(&form, &[("Players", "ChennyBounce\nTee Higgins")]).await).await;
    assert!(told.text().contains("BattleMetrics refused the token"), "{}", told.text());
    says(&ann.types("/group list").await, "No groups yet");
}

#[tokio::test]
async fn a_long_import_tells_how_far_it_has_come() {
    let stage = Stage::open().await;
    let (_, ann) = stage.clan().await;
    let form = ann.types("/group import group:Purple Base").await;
    let slow = Fault::SlowFirstByte(std::time::Duration::from_millis(400));
    stage.sim.fault(Service::BattleMetrics, slow.on("/players"));
    let lines: Vec<_> = (0..12).map(|number| stage.sim.add_player(&format!("Raider {number}")).to_string()).collect();
    let pending = ann.sends_form(&form, &[("Players", &lines.join("\n"))]);
    let seen = |text: &str| {
        let messages = stage.discord.guild("Purple clan").channel("general").messages();
        messages.last().is_some_and(|message| message.text().contains(text))
    };
    stage.passes_until(|_| seen("of 12 done.")).await;
    let imported = pending.final_answer().await;
    stage.discord.wait_until(|_| seen("12 of 12 lines added")).await;
    assert_eq!(imported.latest().json()["embeds"][0]["title"], "12 of 12 lines added to Purple Base");
}

#[tokio::test]
async fn an_answer_after_fifteen_minutes_becomes_a_message_of_the_channel() {
    let stage = Stage::open().await;
    let (guild, ann) = stage.clan().await;
    let form = ann.types("/group import group:Purple Base").await;
    stage.sim.fault(Service::BattleMetrics, Fault::SlowFirstByte(std::time::Duration::from_millis(600)));
    let pending = ann.sends_form(&form, &[("Players", "1034857211")]);
    pending.first_answer().await;
    stage.passes(16 * 60);
    let general = guild.channel("general");
    stage.discord.wait_until(|_| general.messages().iter().any(|one| one.text().contains("1 of 1 line added"))).await;
    let late = general.messages().pop().unwrap();
    insta::assert_snapshot!("late", late.text());
    assert!(late.pings().is_empty());
}

#[tokio::test]
async fn a_late_answer_that_may_not_be_written_harms_nobody() {
    let stage = Stage::open().await;
    let (guild, ann) = stage.clan().await;
    let general = guild.channel("general");
    general.denies_bot(permission::SEND_MESSAGES);
    let form = ann.types("/group import group:Purple Base").await;
    stage.sim.fault(Service::BattleMetrics, Fault::SlowFirstByte(std::time::Duration::from_millis(600)).times(1));
    let pending = ann.sends_form(&form, &[("Players", "1034857211")]);
    pending.first_answer().await;
    stage.passes(16 * 60);
    let posted = |discord: &crate::fake_discord::FakeDiscord| {
        discord.requests().iter().any(|request| request.method == "POST" && request.path.starts_with("/channels/"))
    };
    stage.discord.wait_until(posted).await;
    says(&ann.types("/group list").await, "1 member");
    stage.discord.take_violations();
}

#[tokio::test]
async fn the_players_of_a_message_go_into_a_group() {
    let stage = Stage::open().await;
    let (guild, ann) = stage.clan().await;
    stage.tracks(&ann, "Purple Base", &[cast::TEE_HIGGINS]).await;
    let ben = guild.member("Ben");
    let text = format!(
        "saw these: https://www.battlemetrics.com/players/{} and steamcommunity.com/profiles/{}",
        cast::CHENNY_BOUNCE.id,
        cast::BOAT_ENJOYER.steam
    );
    let which = ann.uses_on_message("Track players", &ben, &text).await;
    insta::assert_snapshot!("track_which", which.text());
    assert!(which.is_ephemeral());
    let added = ann.picks(&which, "Purple Base").await;
    insta::assert_snapshot!("track_added", added.text());
}

#[tokio::test]
async fn the_names_of_a_message_go_into_a_new_group() {
    let stage = Stage::open().await;
    let (guild, ann) = stage.clan().await;
    let ben = guild.member("Ben");
    let which = ann.uses_on_message("Track players", &ben, "ChennyBounce\nTee Higgins\nBoat Enjoyer").await;
    let form = ann.picks(&which, "New group…").await;
    insta::assert_snapshot!("track_new_form", form.text());
    let added = ann.submits(&form, &[("Name of the new group", "Purple Base")]).await;
    says(&added, "3 of 3 lines added to Purple Base");
    says(&ann.types("/group list").await, "**Purple Base** · 3 members");
    let nothing = ann.uses_on_message("Track players", &ben, "").await;
    insta::assert_snapshot!("track_nothing", nothing.text());
}

#[tokio::test]
async fn a_message_read_before_a_restart_is_politely_refused() {
    let mut stage = Stage::open().await;
    let (guild, ann) = stage.clan().await;
    stage.tracks(&ann, "Purple Base", &[cast::TEE_HIGGINS]).await;
    let which = ann.uses_on_message("Track players", &guild.member("Ben"), "ChennyBounce").await;
    stage.restart_bot().await;
    let told = ann.picks(&which, "Purple Base").await;
    says(&told, "from before the bot was restarted");
    says(&ann.types("/group list").await, "1 member");
}

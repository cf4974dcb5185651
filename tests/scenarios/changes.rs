//! Stories of changing: servers, groups, members, settings, and taking back.

use rustops::sim::{Fault, Service, cast};

use crate::stage::{Stage, says};

#[tokio::test]
async fn a_server_is_set_by_link_id_or_name_shown_and_cleared() {
    let stage = Stage::open().await;
    let ann = stage.discord.guild("Purple clan").member("Ann");
    let set = ann.types("/server set name:https://www.battlemetrics.com/servers/rust/2844510").await;
    insta::assert_snapshot!("server_set", set.text());
    assert!(set.was_deferred() && !set.is_ephemeral());
    insta::assert_snapshot!("server_get", ann.types("/server get").await.text());
    says(&ann.types("/server set name:Rusty Moose |US Monthly Small|").await, "Server set");
    says(&ann.types("/server set name:2844511").await, "Server was set already");
    let clear = ann.types("/server clear").await;
    insta::assert_snapshot!("server_clear", clear.text());
    assert!(!clear.was_deferred());
}

#[tokio::test]
async fn several_servers_ask_which() {
    let stage = Stage::open().await;
    let ann = stage.discord.guild("Purple clan").member("Ann");
    let which = ann.types("/server set name:Rusty Moose").await;
    insta::assert_snapshot!("server_which", which.text());
    let set = ann.picks(&which, "2844510").await;
    assert_eq!(set.message().id(), which.message().id());
    says(&set, "Server set");
    assert!(set.buttons().is_empty() && set.message().options().is_empty());
}

#[tokio::test]
async fn a_server_that_cannot_be_found_is_told_to_the_asker_alone() {
    let stage = Stage::open().await;
    let guild = stage.discord.guild("Purple clan");
    let ann = guild.member("Ann");
    let mut told = Vec::new();
    for name in ["no such server anywhere", "99999999", "https://example.com/servers/1"] {
        told.push(stage.told_alone(&ann.types(&format!("/server set name:\"{name}\"")).await).await.text());
    }
    stage.sim.fault(Service::BattleMetrics, Fault::Status(401));
    told.push(stage.told_alone(&ann.types("/server set name:2844510").await).await.text());
    insta::assert_snapshot!("server_errors", told.join("\n\n"));
    assert!(guild.channel("general").messages().is_empty());
}

#[tokio::test]
async fn a_player_is_added_by_whatever_people_paste() {
    let stage = Stage::open().await;
    let (_, ann) = stage.clan().await;
    let added = ann.types("/group add group:Purple Base player:ChennyBounce").await;
    insta::assert_snapshot!("added", added.text());
    let link = format!("https://www.battlemetrics.com/players/{}", cast::TEE_HIGGINS.id);
    says(&ann.types(&format!("/group add group:\"purple base\" player:\"{link}\"")).await, "**Tee Higgins**");
    let again = stage.told_alone(&ann.types("/group add group:Purple Base player:ChennyBounce").await).await;
    insta::assert_snapshot!("added_already", again.text());
    let unknown = stage.told_alone(&ann.types("/group add group:Purple Base player:ChenyBonce").await).await;
    insta::assert_snapshot!("added_unknown", unknown.text());
}

#[tokio::test]
async fn a_steam_account_asks_which_player_it_is_and_is_remembered() {
    let stage = Stage::open().await;
    let (_, ann) = stage.clan().await;
    let which = ann.types(&format!("/group add group:Purple Base player:{}", cast::CHENNY_BOUNCE.steam)).await;
    insta::assert_snapshot!("steam_which", which.text());
    let added = ann.picks(&which, &which.message().options()[0].clone()).await;
    says(&added, &format!("Steam {}", cast::CHENNY_BOUNCE.steam));
    let by_steam = format!("/group remove group:\"Purple Base\" player:{}", cast::CHENNY_BOUNCE.steam);
    says(&ann.types(&by_steam).await, "Removed from Purple Base");
}

#[tokio::test]
async fn a_member_is_removed_by_name_and_asked_for_when_two_carry_it() {
    let stage = Stage::open().await;
    let (_, ann) = stage.clan().await;
    stage.tracks(&ann, "Prints", &[cast::BLUEPRINT_HERE, cast::BLUEPRINT_AWAY, cast::TEE_HIGGINS]).await;
    let removed = ann.types("/group remove group:Prints player:TEE HIGGINS").await;
    insta::assert_snapshot!("removed", removed.text());
    assert!(!removed.was_deferred());
    let which = ann.types("/group remove group:Prints player:blueprint").await;
    insta::assert_snapshot!("removed_which", which.text());
    says(&ann.picks(&which, &cast::BLUEPRINT_AWAY.id.to_string()).await, "Removed from Prints");
    let nobody = ann.types("/group remove group:Prints player:Tea").await;
    assert!(nobody.is_ephemeral());
    insta::assert_snapshot!("removed_nobody", nobody.text());
}

#[tokio::test]
async fn a_group_changes_its_name_under_both_commands() {
    let stage = Stage::open().await;
    let (_, ann) = stage.clan().await;
    stage.tracks(&ann, "Purple Base", &[cast::TEE_HIGGINS]).await;
    stage.tracks(&ann, "Red Roof", &[cast::TEE_HIGGINS]).await;
    let renamed = ann.types("/group change group:Purple Base new_name:Green Base").await;
    insta::assert_snapshot!("renamed", renamed.text());
    says(&ann.types("/group rename group:green base new_name:Blue Base").await, "Renamed to Blue Base");
    let clash = ann.types("/group rename group:Blue Base new_name:RED ROOF").await;
    assert!(clash.is_ephemeral());
    insta::assert_snapshot!("renamed_clash", clash.text());
    let unknown = ann.types("/group rename group:Blu Base new_name:x").await;
    insta::assert_snapshot!("renamed_unknown", unknown.text());
}

#[tokio::test]
async fn a_group_is_deleted_after_a_question_and_brought_back() {
    let stage = Stage::open().await;
    let (_, ann) = stage.clan().await;
    stage.tracks(&ann, "Purple Base", &[cast::TEE_HIGGINS, cast::SLEEPY]).await;
    let question = ann.types("/group del group:Purple Base").await;
    insta::assert_snapshot!("delete_question", question.text());
    says(&ann.presses(&question, "Keep").await, "Nothing was changed");
    says(&ann.types("/group list").await, "Purple Base");

    let question = ann.types("/group del group:Purple Base").await;
    let deleted = ann.presses(&question, "Delete").await;
    insta::assert_snapshot!("deleted", deleted.text());
    stage.discord.wait_until(|_| !deleted.followups().is_empty()).await;
    let told = deleted.followups().remove(0);
    assert!(!told.is_ephemeral(), "others used the group too");
    insta::assert_snapshot!(told.text(), @"
    ┃ Ann deleted Purple Base «#747f8d»
    ┃ Not right? </rustops undo> takes it back (change 4).
    ");
    says(&ann.types("/group list").await, "No groups yet");
    insta::assert_snapshot!("undone", ann.types("/rustops undo").await.text());
    says(&ann.types("/group list").await, "2 members");
}

#[tokio::test]
async fn a_group_has_a_server_of_its_own_and_follows_again() {
    let stage = Stage::open().await;
    let (_, ann) = stage.clan().await;
    stage.tracks(&ann, "Purple Base", &[cast::SLEEPY]).await;
    let which = ann.types("/group server group:Purple Base server:Rusty Moose").await;
    says(&ann.picks(&which, "2844511").await, "Group pinned");
    let pinned = ann.types(&format!("/group server group:\"Purple Base\" server:{}", cast::CROWDED)).await;
    insta::assert_snapshot!("pinned", pinned.text());
    says(&ann.types("/group check group:Purple Base").await, "(pinned)");
    let free = ann.types("/group server group:Purple Base").await;
    insta::assert_snapshot!("unpinned", free.text());
    assert!(!free.was_deferred());
}

#[tokio::test]
async fn new_names_are_read_and_old_ones_still_found() {
    let stage = Stage::open().await;
    let (_, ann) = stage.clan().await;
    stage.tracks(&ann, "Purple Base", &[cast::TEE_HIGGINS, cast::CHENNY_BOUNCE]).await;
    stage.sim.rename(cast::TEE_HIGGINS.id, "Coffee Higgins");
    insta::assert_snapshot!("updated", ann.types("/group update group:Purple Base").await.text());
    let found = ann.starts_typing("/player check player:tee hig").await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].name.starts_with("Coffee Higgins"), "{found:?}");
}

#[tokio::test]
async fn changes_are_listed_and_taken_back_by_number() {
    let stage = Stage::open().await;
    let (guild, ann) = stage.clan().await;
    stage.tracks(&ann, "Purple Base", &[cast::TEE_HIGGINS, cast::CHENNY_BOUNCE]).await;
    guild.member("Ben").types("/group remove group:Purple Base player:Tee Higgins").await;
    insta::assert_snapshot!("audit", ann.types("/rustops audit").await.text());
    says(&ann.types("/rustops undo change:3").await, "Change 3 taken back");
    let again = ann.types("/rustops undo change:3").await;
    assert!(again.is_ephemeral());
    insta::assert_snapshot!("undone_already", again.text());
    insta::assert_snapshot!("undo_unknown", ann.types("/rustops undo change:99").await.text());
    insta::assert_snapshot!("audit_after", ann.types("/rustops audit").await.text());
}

#[tokio::test]
async fn many_changes_are_listed_on_pages() {
    let stage = Stage::open().await;
    let (_, ann) = stage.clan().await;
    stage.tracks(&ann, "Group 0", &[cast::TEE_HIGGINS]).await;
    for number in 0..24 {
        ann.types(&format!("/group rename group:\"Group {number}\" new_name:\"Group {}\"", number + 1)).await;
    }
    let first = ann.types("/rustops audit").await;
    says(&first, "26\\. · Group 23 renamed to Group 24");
    says(&ann.presses(&first, "›").await, "1\\. · server set to");
}

#[tokio::test]
async fn settings_are_for_those_who_manage_and_say_who_may_change() {
    let stage = Stage::open().await;
    let guild = stage.discord.guild("Purple clan");
    guild.role("Scouts");
    guild.channel("log");
    let max = guild.member("Max").manager();
    insta::assert_snapshot!("settings", max.types("/rustops settings").await.text());
    let changed = max.types("/rustops settings time_zone:europe/berlin changers:@Scouts log_channel:#log").await;
    insta::assert_snapshot!("settings_changed", changed.text());
    let back = max.types("/rustops settings changers:@everyone no_log_channel:true").await;
    insta::assert_snapshot!("settings_back", back.text());
    let wrong = max.types("/rustops settings time_zone:Berlin").await;
    assert!(wrong.is_ephemeral());
    insta::assert_snapshot!("settings_wrong", wrong.text());
}

#[tokio::test]
async fn the_bot_tells_about_itself() {
    let stage = Stage::open().await;
    let (_, ann) = stage.clan().await;
    stage.sim.fault(Service::BattleMetrics, Fault::Status(503));
    stage.told_alone(&ann.types("/server set name:2844511").await).await;
    let status = ann.types("/rustops status").await;
    let told = ["Version", "Running for", "Memory", "Database", "BattleMetrics", "Steam", "Recent problems"];
    for word in told {
        says(&status, word);
    }
    insta::assert_snapshot!("about", ann.types("/rustops about").await.text());
}

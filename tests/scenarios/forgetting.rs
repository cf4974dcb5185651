//! Stories of forgetting: a person's data is removed for good, by whoever manages the Discord server, after a question.

use rustops::sim::cast;

use crate::stage::{Stage, says};

#[tokio::test]
async fn a_player_is_forgotten_after_a_question_and_the_record_does_not_say_who() {
    let stage = Stage::open().await;
    let (guild, ann) = stage.clan().await;
    stage.tracks(&ann, "Purple Base", &[cast::CHENNY_BOUNCE, cast::TEE_HIGGINS]).await;
    let max = guild.member("Max").manager();
    let question = max.types("/rustops forget player:ChennyBounce").await;
    insta::assert_snapshot!("forget_question", question.text());
    assert!(question.is_ephemeral(), "whom somebody wants forgotten is nobody's business");
    assert_eq!(question.buttons(), ["Forget", "Keep"]);
    says(&max.presses(&question, "Keep").await, "Nothing was changed");
    says(&ann.types("/group list").await, "2 members");

    let question = max.types("/rustops forget player:ChennyBounce").await;
    let forgotten = max.presses(&question, "Forget").await;
    insta::assert_snapshot!("forgotten", forgotten.text());
    assert!(forgotten.buttons().is_empty());
    says(&ann.types("/group list").await, "1 member");
    let audit = ann.types("/rustops audit").await.text();
    assert!(!audit.contains("Chenny") && !audit.contains(&cast::CHENNY_BOUNCE.id.to_string()), "{audit}");
    insta::assert_snapshot!("audit_after_forgetting", audit);
    // It cannot be taken back itself, and what was done before it still can.
    says(&ann.types("/rustops undo").await, "Tee Higgins added to");
    let told = stage.told_alone(&max.types("/rustops forget player:ChennyBounce").await).await;
    assert!(told.text().contains("No player found for"), "{}", told.text());
}

#[tokio::test]
async fn nobody_without_manage_server_forgets_anybody() {
    let stage = Stage::open().await;
    let (guild, ann) = stage.clan().await;
    stage.tracks(&ann, "Purple Base", &[cast::CHENNY_BOUNCE]).await;
    let max = guild.member("Max").manager();
    let told = stage.told_alone(&ann.types("/rustops forget player:ChennyBounce").await).await;
    assert!(told.text().contains("It takes the right to manage this Discord server."), "{}", told.text());
    let question = max.types("/rustops forget player:ChennyBounce").await;
    // The right was taken away while the question was on the screen.
    let max = guild.member("Max").without_rights();
    let told = stage.told_alone(&max.presses(&question, "Forget").await).await;
    assert!(told.text().contains("It takes the right to manage this Discord server."), "{}", told.text());
    says(&ann.types("/group list").await, "1 member");
}

#[tokio::test]
async fn of_two_of_one_name_the_asker_says_which() {
    let stage = Stage::open().await;
    let (guild, ann) = stage.clan().await;
    stage.tracks(&ann, "Purple Base", &[cast::BLUEPRINT_HERE, cast::BLUEPRINT_AWAY]).await;
    let max = guild.member("Max").manager();
    let which = max.types("/rustops forget player:Blueprint").await;
    assert!(which.is_ephemeral(), "{}", which.text());
    let question = max.picks(&which, &cast::BLUEPRINT_AWAY.id.to_string()).await;
    says(&question, "Forget Blueprint?");
    says(&max.presses(&question, "Forget").await, "is forgotten");
    says(&ann.types("/group list").await, "1 member");
}

#[tokio::test]
async fn whoever_used_the_bot_is_taken_out_of_the_record() {
    let stage = Stage::open().await;
    let (guild, ann) = stage.clan().await;
    stage.tracks(&ann, "Purple Base", &[cast::CHENNY_BOUNCE]).await;
    let max = guild.member("Max").manager();
    let question = max.types("/rustops forget user:@Ann").await;
    says(&question, "Forget Ann?");
    says(&max.presses(&question, "Forget").await, "is forgotten");
    let audit = max.types("/rustops audit").await.text();
    assert!(!audit.contains("Ann") && audit.contains("forgotten"), "{audit}");
    let told = stage.told_alone(&max.types("/rustops forget").await).await;
    assert!(told.text().contains("No player given"), "{}", told.text());
}

#[tokio::test]
async fn what_one_guild_forgets_another_keeps() {
    let stage = Stage::open().await;
    let (guild, ann) = stage.clan().await;
    stage.tracks(&ann, "Purple Base", &[cast::CHENNY_BOUNCE]).await;
    let rex = stage.discord.guild("Red clan").member("Rex");
    says(&rex.types("/server set name:2844510").await, "Server set");
    stage.tracks(&rex, "Prey", &[cast::CHENNY_BOUNCE]).await;
    let max = guild.member("Max").manager();
    let question = max.types("/rustops forget player:ChennyBounce").await;
    max.presses(&question, "Forget").await;
    says(&ann.types("/group list").await, "0 members");
    says(&rex.types("/group check group:Prey").await, "ChennyBounce");
    says(&rex.types("/rustops audit").await, "ChennyBounce");
}

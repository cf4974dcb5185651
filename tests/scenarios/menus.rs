//! Stories of menus and confirmations: whose they are, how long they wait, that they act once.

use futures_util::future::join;
use rustops::sim::cast;

use crate::{
    fake_discord::{Member, Reply},
    stage::{Stage, says},
};

/// A menu that asks which of two players is to be added.
async fn asks_which(ann: &Member) -> Reply {
    let which = ann.types("/group add group:Prints player:Blueprint").await;
    says(&which, "Which one is \"Blueprint\"?");
    which
}

fn here() -> String {
    cast::BLUEPRINT_HERE.id.to_string()
}

#[tokio::test]
async fn a_menu_belongs_to_the_one_who_asked() {
    let stage = Stage::open().await;
    let (guild, ann) = stage.clan().await;
    let which = asks_which(&ann).await;
    let refused = guild.member("Ben").picks(&which, &here()).await;
    insta::assert_snapshot!("menu_of_another", refused.text());
    assert!(refused.is_ephemeral());
    says(&ann.types("/group list").await, "No groups yet");
    says(&ann.picks(&which, &here()).await, "Added to Prints");
}

#[tokio::test]
async fn a_menu_nobody_used_says_so_after_a_minute() {
    let stage = Stage::open().await;
    let (_, ann) = stage.clan().await;
    let which = asks_which(&ann).await;
    let question = ann.types("/group add group:Prints player:Tee Higgins").await;
    says(&question, "Added");
    let deletion = ann.types("/group del group:Prints").await;
    // The menu's minute begins once the bot has heard that it is on the screen.
    stage.passes_until(|_| which.latest().options().is_empty() && deletion.latest().buttons().is_empty()).await;
    insta::assert_snapshot!("menu_expired", which.latest().text());
    insta::assert_snapshot!("question_expired", deletion.latest().text());
    says(&ann.types("/group list").await, "Prints");
}

#[tokio::test]
async fn a_used_menu_stays_as_it_is() {
    let stage = Stage::open().await;
    let (_, ann) = stage.clan().await;
    let which = asks_which(&ann).await;
    let added = ann.picks(&which, &here()).await;
    for _ in 0..70 {
        stage.blink().await;
    }
    assert_eq!(added.latest().text(), added.text());
}

#[tokio::test]
async fn a_menu_works_after_a_restart_and_is_refused_when_too_old() {
    let mut stage = Stage::open().await;
    let (_, ann) = stage.clan().await;
    let (early, late) = (asks_which(&ann).await, asks_which(&ann).await);
    stage.restart_bot().await;
    says(&ann.picks(&early, &here()).await, "Added to Prints");
    stage.passes(61);
    let too_late = ann.picks(&late, &here()).await;
    says(&too_late, "Nothing was chosen in time");
    assert!(too_late.message().options().is_empty());
}

#[tokio::test]
async fn a_double_press_acts_once_and_answers_twice() {
    let stage = Stage::open().await;
    let (_, ann) = stage.clan().await;
    stage.tracks(&ann, "Purple Base", &[cast::TEE_HIGGINS]).await;
    let question = ann.types("/group del group:Purple Base").await;
    let presses = (ann.sends_press(&question, "Delete"), ann.sends_press(&question, "Delete"));
    let (first, second) = join(presses.0.final_answer(), presses.1.final_answer()).await;
    let told: Vec<_> = [&first, &second].iter().map(|reply| reply.text()).collect();
    assert_eq!(told.iter().filter(|text| text.contains("Deleted Purple Base")).count(), 1, "{told:#?}");
    assert_eq!(told.iter().filter(|text| text.contains("This was used already")).count(), 1, "{told:#?}");
    let audit = ann.types("/rustops audit").await.text();
    assert_eq!(audit.matches("Purple Base deleted").count(), 1, "{audit}");
}

#[tokio::test]
async fn a_double_choice_acts_once_and_answers_twice() {
    let stage = Stage::open().await;
    let (_, ann) = stage.clan().await;
    let which = asks_which(&ann).await;
    let picks = (ann.sends_pick(&which, &[&here()]), ann.sends_pick(&which, &[&here()]));
    let (first, second) = join(picks.0.final_answer(), picks.1.final_answer()).await;
    let told: Vec<_> = [&first, &second].iter().map(|reply| reply.text()).collect();
    assert_eq!(told.iter().filter(|text| text.contains("This was used already")).count(), 1, "{told:#?}");
    says(&ann.types("/group list").await, "1 member");
}

#[tokio::test]
async fn two_people_on_the_same_refresh_both_see_it() {
    let stage = Stage::open().await;
    let (guild, ann) = stage.clan().await;
    stage.tracks(&ann, "Purple Base", &[cast::CHENNY_BOUNCE]).await;
    let check = ann.types("/group check group:Purple Base").await;
    let ben = guild.member("Ben");
    let presses = (ann.sends_press(&check, "Refresh"), ben.sends_press(&check, "Refresh"));
    let (first, second) = join(presses.0.final_answer(), presses.1.final_answer()).await;
    for reply in [&first, &second] {
        assert_eq!(reply.message().id(), check.message().id());
        says(reply, "1 of 1 online");
    }
}

#[tokio::test]
async fn a_menu_for_a_group_that_is_gone_changes_nothing() {
    let stage = Stage::open().await;
    let (guild, ann) = stage.clan().await;
    stage.tracks(&ann, "Prints", &[cast::BLUEPRINT_HERE, cast::BLUEPRINT_AWAY]).await;
    let remove = ann.types("/group remove group:Prints player:Blueprint").await;
    let pin = ann.types("/group server group:Prints server:Rusty Moose").await;
    let check = ann.types("/group check group:Prints").await;
    let question = ann.types("/group del group:Prints").await;
    stage.tracks(&ann, "Others", &[cast::TEE_HIGGINS]).await;
    let ben = guild.member("Ben");
    let deletion = ben.types("/group del group:Prints").await;
    says(&ben.presses(&deletion, "Delete").await, "Deleted Prints");

    let mut told = Vec::new();
    told.push(stage.told_alone(&ann.picks(&remove, &here()).await).await.text());
    told.push(stage.told_alone(&ann.picks(&pin, "2844511").await).await.text());
    told.push(stage.told_alone(&ann.presses(&question, "Delete").await).await.text());
    insta::assert_snapshot!("group_gone", told.join("\n\n"));
    let refreshed = ann.presses(&check, "Refresh").await;
    stage.discord.wait_until(|_| !refreshed.followups().is_empty()).await;
    assert!(refreshed.followups()[0].text().contains("There is no group \"Prints\""));
    assert_eq!(check.latest().text(), check.text());
}

#[tokio::test]
async fn a_choice_for_a_deleted_group_does_not_bring_it_back() {
    let stage = Stage::open().await;
    let (_, ann) = stage.clan().await;
    stage.tracks(&ann, "Prints", &[cast::TEE_HIGGINS]).await;
    let which = asks_which(&ann).await;
    let question = ann.types("/group del group:Prints").await;
    ann.presses(&question, "Delete").await;
    let told = stage.told_alone(&ann.picks(&which, &here()).await).await;
    assert!(told.text().contains("no group \"Prints\""), "{}", told.text());
    says(&ann.types("/group list").await, "No groups yet");
}

#[tokio::test]
async fn the_same_command_twice_at_once_changes_once() {
    let stage = Stage::open().await;
    let (_, ann) = stage.clan().await;
    let line = format!("/group add group:\"Purple Base\" player:{}", cast::TEE_HIGGINS.id);
    let (first, second) = (ann.sends(&line).await, ann.sends(&line).await);
    let (first, second) = join(first.final_answer(), second.final_answer()).await;
    let added = [&first, &second].iter().filter(|reply| reply.text().contains("Added to Purple Base")).count();
    assert_eq!(added, 1, "{first:?}\n{second:?}");
    says(&ann.types("/group list").await, "1 member");
}

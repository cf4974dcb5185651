//! Stories of boards: put up, kept current, moved, lost, brought back.

use rustops::sim::{Fault, Service, cast};

use crate::{
    fake_discord::{Channel, Guild, Member, Reply, SeenMessage, Times, permission, without_times},
    stage::{Stage, says},
};

const GROUP: &str = "group:\"Purple Base\"";

/// A guild that tracks the seven of Purple Base, with a channel for boards, while the server is watched.
async fn purple_base() -> (Stage, Guild, Member, Channel) {
    let stage = Stage::watching().await;
    let (guild, ann) = stage.clan().await;
    stage.tracks(&ann, "Purple Base", &cast::PURPLE_BASE).await;
    let scouting = guild.channel("scouting");
    (stage, guild, ann, scouting)
}

/// Puts the board up and waits until it shows somebody.
async fn put_up(stage: &Stage, ann: &Member, channel: &Channel) -> SeenMessage {
    let reply = ann.types(&format!("/group board {GROUP} channel:#scouting")).await;
    says(&reply, "Board put up");
    assert!(reply.is_ephemeral(), "the board speaks for itself");
    stage.passes_until(|_| shows(channel, "3 of 7 online")).await;
    // What BattleMetrics remembers of the absent is fetched one by one.
    minutes(stage, 1).await;
    channel.messages().remove(0)
}

fn shows(channel: &Channel, words: &str) -> bool {
    channel.messages().last().is_some_and(|message| message.text().contains(words))
}

/// What it says, whatever the hour.
fn timeless(message: &SeenMessage) -> String {
    let text = without_times(&message.text());
    text.lines().filter(|line| !line.starts_with("┃ ── 20")).collect::<Vec<_>>().join("\n")
}

fn edits(stage: &Stage) -> usize {
    let is_edit = |path: &str| path.starts_with("/channels/");
    stage.discord.requests().iter().filter(|one| one.method == "PATCH" && is_edit(&one.path)).count()
}

/// Everything that changed a message of the channel, Refresh as well.
fn writings(stage: &Stage) -> usize {
    let is_message = |path: &str| path.starts_with("/channels/") || path.ends_with("/messages/@original");
    stage.discord.requests().iter().filter(|one| one.method == "PATCH" && is_message(&one.path)).count()
}

async fn minutes(stage: &Stage, minutes: usize) {
    for _ in 0..minutes * 60 {
        stage.blink().await;
    }
}

#[tokio::test]
async fn a_board_shows_who_is_on_and_changes_when_somebody_leaves() {
    let (stage, _, ann, scouting) = purple_base().await;
    let board = put_up(&stage, &ann, &scouting).await;
    insta::assert_snapshot!(timeless(&board));
    assert_eq!(board.pings(), Vec::<String>::new());

    stage.sim.leaves(cast::CHENNY_BOUNCE.id, cast::RUSTY_MOOSE);
    let took = stage.passes_until(|_| shows(&scouting, "2 of 7 online")).await;
    // BattleMetrics itself learns of it within a minute, the watch asks within another.
    assert!(took <= 150, "{took} s");
    assert_eq!(scouting.messages().len(), 1, "the same message");
    assert!(shows(&scouting, "⚫ ChennyBounce · last seen"));
}

#[tokio::test]
async fn nothing_is_written_while_nothing_changes() {
    let (stage, _, ann, scouting) = purple_base().await;
    put_up(&stage, &ann, &scouting).await;
    let before = edits(&stage);
    let polls = stage.sim.requests().len();
    minutes(&stage, 5).await;
    assert!(stage.sim.requests().len() >= polls + 4, "it was watched all the time");
    assert_eq!(edits(&stage), before);
}

#[tokio::test]
async fn however_much_changes_a_board_is_written_once_in_fifteen_seconds() {
    let (stage, _, ann, scouting) = purple_base().await;
    put_up(&stage, &ann, &scouting).await;
    let before = edits(&stage);
    for number in 0..6 {
        let reply = ann.types(&format!("/group change {} new_name:\"Base {number}\"", named(number))).await;
        says(&reply, "Renamed");
        for _ in 0..5 {
            stage.blink().await;
        }
    }
    stage.passes_until(|_| shows(&scouting, "Base 5")).await;
    let written = edits(&stage) - before;
    assert!((1..=3).contains(&written), "{written} edits in half a minute");
}

fn named(number: usize) -> String {
    match number {
        0 => GROUP.to_owned(),
        later => format!("group:\"Base {}\"", later - 1),
    }
}

#[tokio::test]
async fn a_board_that_somebody_deleted_comes_back_with_the_next_change() {
    let (stage, _, ann, scouting) = purple_base().await;
    let board = put_up(&stage, &ann, &scouting).await;
    scouting.loses(&board);
    stage.sim.leaves(cast::CHENNY_BOUNCE.id, cast::RUSTY_MOOSE);
    stage.passes_until(|_| shows(&scouting, "2 of 7 online")).await;
    assert_eq!(scouting.messages().len(), 1);
    // It is followed from then on.
    stage.sim.joins(cast::CHENNY_BOUNCE.id, cast::RUSTY_MOOSE);
    stage.passes_until(|_| shows(&scouting, "3 of 7 online")).await;
    assert_eq!(scouting.messages().len(), 1);
}

#[tokio::test]
async fn the_command_again_moves_the_board_and_undo_moves_it_back() {
    let (stage, guild, ann, scouting) = purple_base().await;
    put_up(&stage, &ann, &scouting).await;
    let raids = guild.channel("raids");
    let reply = ann.types(&format!("/group board {GROUP} channel:#raids")).await;
    says(&reply, "Board moved");
    says(&reply, "It stood in #scouting before");
    stage.passes_until(|_| scouting.messages().is_empty()).await;
    assert!(shows(&raids, "3 of 7 online"));

    says(&ann.types("/rustops audit").await, "board of Purple Base moved to #raids · by Ann");
    says(&ann.types("/rustops undo").await, "taken back");
    stage.passes_until(|_| raids.messages().is_empty() && shows(&scouting, "3 of 7 online")).await;
}

#[tokio::test]
async fn off_takes_the_board_away_and_undo_brings_it_back() {
    let (stage, guild, ann, scouting) = purple_base().await;
    let board = put_up(&stage, &ann, &scouting).await;
    let ben = guild.member("Ben").in_channel(&scouting);
    let reply = ben.presses(&board, "Off").await;
    says(&reply, "Board taken away");
    assert!(reply.is_ephemeral());
    stage.passes_until(|_| scouting.messages().is_empty()).await;
    says(&ann.types("/rustops undo").await, "taken back");
    stage.passes_until(|_| shows(&scouting, "3 of 7 online")).await;
}

#[tokio::test]
async fn only_those_who_may_change_things_put_boards_up_or_take_them_away() {
    let (stage, guild, ann, scouting) = purple_base().await;
    let board = put_up(&stage, &ann, &scouting).await;
    let boss = guild.member("Boss").with_role("Raiders").manager();
    says(&boss.types("/rustops settings changers:@Raiders").await, "Settings changed");
    let ben = guild.member("Ben").in_channel(&scouting);
    let told = stage.told_alone(&ben.presses(&board, "Off").await).await;
    assert!(told.text().contains("You may not do this here"), "{}", told.text());
    let told = stage.told_alone(&ben.types(&format!("/group board {GROUP}")).await).await;
    assert!(told.text().contains("You may not do this here"), "{}", told.text());
    assert_eq!(scouting.messages().len(), 1);
}

#[tokio::test]
async fn where_the_bot_may_not_write_no_board_is_put_up_and_it_says_what_is_missing() {
    let (stage, guild, ann, scouting) = purple_base().await;
    scouting.denies_bot(permission::SEND_MESSAGES | permission::EMBED_LINKS);
    let told = stage.told_alone(&ann.types(&format!("/group board {GROUP} channel:#scouting")).await).await;
    assert!(told.text().contains("It lacks Send Messages, Embed Links in #scouting"), "{}", told.text());
    scouting.denies_bot(permission::VIEW_CHANNEL);
    let told = stage.told_alone(&ann.types(&format!("/group board {GROUP} channel:#scouting")).await).await;
    assert!(told.text().contains("It lacks View Channel in #scouting"), "{}", told.text());
    let secret = guild.channel("secret");
    secret.denies_bot(permission::SEND_MESSAGES);
    let told = stage.told_alone(&ann.in_channel(&secret).types(&format!("/group board {GROUP}")).await).await;
    assert!(told.text().contains("It lacks Send Messages in #secret"), "{}", told.text());
    assert!(stage.app().boards().await.unwrap().living.is_empty());
}

#[tokio::test]
async fn a_lost_permission_is_told_once_and_the_board_goes_on_when_it_is_back() {
    let (stage, guild, ann, scouting) = purple_base().await;
    put_up(&stage, &ann, &scouting).await;
    let log = guild.channel("bot-log");
    says(&guild.member("Boss").manager().types("/rustops settings log_channel:#bot-log").await, "Settings changed");
    scouting.denies_bot(permission::VIEW_CHANNEL);
    stage.sim.leaves(cast::CHENNY_BOUNCE.id, cast::RUSTY_MOOSE);
    stage.passes_until(|_| shows(&log, "A board cannot be updated")).await;
    assert!(shows(&log, "the bot lacks View Channel"), "{}", log.messages()[0].text());
    minutes(&stage, 20).await;
    assert_eq!(log.messages().len(), 1, "told once");
    assert!(shows(&scouting, "3 of 7 online"));

    scouting.lets_bot(permission::VIEW_CHANNEL);
    stage.passes_until(|_| shows(&scouting, "2 of 7 online")).await;
    assert_eq!(scouting.messages().len(), 1);
}

#[tokio::test]
async fn without_a_log_channel_whoever_put_the_board_up_is_told() {
    let (stage, _, ann, scouting) = purple_base().await;
    put_up(&stage, &ann, &scouting).await;
    scouting.is_deleted();
    stage.sim.leaves(cast::CHENNY_BOUNCE.id, cast::RUSTY_MOOSE);
    stage.passes_until(|_| !ann.inbox().is_empty()).await;
    assert!(ann.inbox()[0].text().contains("The channel of the board of Purple Base was deleted"));
    minutes(&stage, 2).await;
    assert_eq!(ann.inbox().len(), 1);
    assert!(stage.app().boards().await.unwrap().living.is_empty());
}

#[tokio::test]
async fn a_restart_changes_nothing_on_a_board_that_shows_the_truth() {
    let (mut stage, _, ann, scouting) = purple_base().await;
    put_up(&stage, &ann, &scouting).await;
    let before = edits(&stage);
    stage.restart_bot().await;
    minutes(&stage, 3).await;
    assert_eq!((edits(&stage), scouting.messages().len()), (before, 1));
    stage.sim.leaves(cast::CHENNY_BOUNCE.id, cast::RUSTY_MOOSE);
    stage.passes_until(|_| shows(&scouting, "2 of 7 online")).await;
    assert_eq!(scouting.messages().len(), 1);
}

#[tokio::test]
async fn a_board_of_a_bot_that_was_stopped_says_that_it_stands_still_until_it_runs_again() {
    let (mut stage, _, ann, scouting) = purple_base().await;
    let before = timeless(&put_up(&stage, &ann, &scouting).await);
    stage.stops_in_order().await;
    assert!(shows(&scouting, "The bot was stopped"), "{:?}", scouting.messages());
    assert!(shows(&scouting, "3 of 7 online"), "what was known last stays");
    stage.passes(7200);
    stage.starts_again().await;
    stage.passes_until(|_| !shows(&scouting, "The bot was stopped")).await;
    assert_eq!(scouting.messages().len(), 1);
    minutes(&stage, 3).await;
    assert!(shows(&scouting, "Purple Base") && before.contains("Purple Base"));
}

#[tokio::test]
async fn two_who_press_refresh_on_a_board_share_one_request() {
    let (stage, guild, ann, scouting) = purple_base().await;
    let board = put_up(&stage, &ann, &scouting).await;
    for _ in 0..20 {
        stage.blink().await;
    }
    stage.sim.forget_requests();
    let before = writings(&stage);
    let (ann, ben) = (ann.in_channel(&scouting), guild.member("Ben").in_channel(&scouting));
    for (one, other) in [both_press(&ann, &ben, &board).await, both_press(&ben, &ann, &board).await] {
        for reply in [one, other] {
            let told = stage.told_alone(&reply).await;
            assert!(told.text().contains("Nothing new"), "{}", told.text());
        }
    }
    assert_eq!(stage.sim.requests().len(), 1, "{:?}", stage.sim.requests());
    assert_eq!((writings(&stage), scouting.messages().len()), (before, 1), "nothing visible changed");
}

async fn both_press(one: &Member, other: &Member, board: &SeenMessage) -> (Reply, Reply) {
    futures_util::join!(one.presses(board, "Refresh"), other.presses(board, "Refresh"))
}

#[tokio::test]
async fn two_who_press_refresh_when_somebody_left_write_the_board_once() {
    let (stage, guild, ann, scouting) = purple_base().await;
    let board = put_up(&stage, &ann, &scouting).await;
    for _ in 0..20 {
        stage.blink().await;
    }
    stage.sim.leaves(cast::CHENNY_BOUNCE.id, cast::RUSTY_MOOSE);
    let before = writings(&stage);
    let ben = guild.member("Ben").in_channel(&scouting);
    both_press(&ann.in_channel(&scouting), &ben, &board).await;
    assert!(shows(&scouting, "2 of 7 online"), "{}", scouting.messages()[0].text());
    assert_eq!(writings(&stage), before + 1);

    // What changes right after that is shown as soon as the board may be written again.
    says(&ann.types(&format!("/group change {GROUP} new_name:\"Blue Base\"")).await, "Renamed");
    let told = stage.told_alone(&ben.presses(&board, "Refresh").await).await;
    assert!(told.text().contains("it shows this by itself in a moment"), "{}", told.text());
    assert_eq!(writings(&stage), before + 1);
    let took = stage.passes_until(|_| shows(&scouting, "Blue Base")).await;
    assert!(took <= 17, "{took} s");
    // What is written is noted a moment later.
    stage.blink().await;
    assert_eq!(writings(&stage), before + 2);
}

#[tokio::test]
async fn a_board_that_somebody_deleted_comes_back_though_nothing_changes() {
    let (stage, _, ann, scouting) = purple_base().await;
    stage.tracks(&ann, "Dark ones", &[cast::SLEEPY]).await;
    says(&ann.types("/group board group:\"Dark ones\" channel:#scouting").await, "Board put up");
    stage.passes_until(|_| shows(&scouting, "Sleepy")).await;
    minutes(&stage, 2).await;
    let (before, board) = (writings(&stage), scouting.messages().remove(0));
    scouting.loses(&board);
    let took = stage.passes_until(|_| !scouting.messages().is_empty()).await;
    assert!(took <= 31 * 60, "{took} s");
    assert!(shows(&scouting, "Sleepy"));
    assert_eq!(writings(&stage), before);
    let looks =
        stage.discord.requests().iter().filter(|one| one.method == "GET" && one.path.contains("/messages/")).count();
    assert_eq!(looks, 1, "it is not looked for all the time");
}

#[tokio::test]
async fn a_large_group_fits_on_a_board_and_show_all_shows_the_rest_to_whoever_asks() {
    let stage = Stage::watching().await;
    let (guild, ann) = stage.clan().await;
    let ids: Vec<String> = stage
        .sim
        .world()
        .roster(cast::RUSTY_MOOSE, stage.sim.now())
        .into_iter()
        .take(45)
        .map(|seat| seat.player.to_string())
        .collect();
    let form = ann.types("/group import group:Everybody").await;
    says(&ann.submits(&form, &[("Players", &ids.join("\n"))]).await, "45 of 45");
    let scouting = guild.channel("scouting");
    says(&ann.types("/group board group:Everybody channel:#scouting").await, "Board put up");
    stage.passes_until(|_| shows(&scouting, "of 45 online")).await;
    let board = scouting.messages().pop().unwrap();
    assert!(board.text().contains("2 further pages: press **Show all**"), "{}", board.text());

    let ben = guild.member("Ben").in_channel(&scouting);
    let all = ben.presses(&board, "Show all").await;
    assert!(all.is_ephemeral());
    says(&all, "2/3");
    says(&ben.presses(&all, "›").await, "3/3");
    assert!(shows(&scouting, "further pages"), "nobody else's board was turned");
}

#[tokio::test]
async fn the_board_of_a_deleted_group_goes_and_comes_back_with_it() {
    let (stage, _, ann, scouting) = purple_base().await;
    put_up(&stage, &ann, &scouting).await;
    let question = ann.types(&format!("/group del {GROUP}")).await;
    ann.presses(&question, "Delete").await;
    stage.passes_until(|_| scouting.messages().is_empty()).await;
    says(&ann.types("/rustops undo").await, "taken back");
    stage.passes_until(|_| shows(&scouting, "3 of 7 online")).await;
}

#[tokio::test]
async fn one_board_can_show_all_groups() {
    let (stage, _, ann, scouting) = purple_base().await;
    stage.tracks(&ann, "Dark ones", &[cast::SLEEPY]).await;
    says(&ann.types("/group board channel:#scouting").await, "All groups in #scouting");
    stage.passes_until(|_| shows(&scouting, "All groups · 3 online")).await;
    minutes(&stage, 1).await;
    insta::assert_snapshot!(timeless(&scouting.messages()[0]));
}

#[tokio::test]
async fn while_discord_is_down_nothing_is_lost() {
    let (stage, _, ann, scouting) = purple_base().await;
    put_up(&stage, &ann, &scouting).await;
    stage.discord.rest().fails("PATCH /channels/*/messages/*", Times::UntilCleared, 503);
    stage.sim.leaves(cast::CHENNY_BOUNCE.id, cast::RUSTY_MOOSE);
    minutes(&stage, 10).await;
    let tried = edits(&stage);
    assert!((2..60).contains(&tried), "{tried} tries in ten minutes");
    stage.discord.rest().recovers();
    stage.passes_until(|_| shows(&scouting, "2 of 7 online")).await;
    assert_eq!(scouting.messages().len(), 1);
}

#[tokio::test]
async fn an_answer_that_is_lost_does_not_make_a_second_board() {
    let (stage, _, ann, scouting) = purple_base().await;
    stage.discord.rest().loses_answers("POST /channels/*/messages", Times::Next(2));
    says(&ann.types(&format!("/group board {GROUP} channel:#scouting")).await, "it appears by itself");
    stage.passes_until(|_| shows(&scouting, "3 of 7 online")).await;
    minutes(&stage, 1).await;
    assert_eq!(scouting.messages().len(), 1);
}

#[tokio::test]
async fn a_board_of_a_server_that_cannot_be_asked_says_unknown_and_why() {
    let (stage, _, ann, scouting) = purple_base().await;
    put_up(&stage, &ann, &scouting).await;
    stage.sim.fault(Service::BattleMetrics, Fault::Status(503).times(10_000));
    stage.passes_until(|_| shows(&scouting, "7 unknown")).await;
    assert!(shows(&scouting, "BattleMetrics has a fault"), "{}", scouting.messages()[0].text());
    stage.sim.clear_faults();
    stage.passes_until(|_| shows(&scouting, "3 of 7 online")).await;
}

#[tokio::test]
async fn a_refused_token_is_told_to_the_log_channel_once_and_so_is_its_end() {
    let (mut stage, guild, _, _) = purple_base().await;
    let log = guild.channel("bot-log");
    says(&guild.member("Boss").manager().types("/rustops settings log_channel:#bot-log").await, "Settings changed");
    stage.sim.fault(Service::BattleMetrics, Fault::Status(401).times(10_000));
    stage.passes_until(|_| shows(&log, "Nothing can be watched")).await;
    stage.restart_bot().await;
    minutes(&stage, 20).await;
    assert_eq!(log.messages().len(), 1, "told once, over restarts");
    stage.sim.clear_faults();
    stage.passes_until(|_| shows(&log, "BattleMetrics answers again")).await;
    assert_eq!(log.messages().len(), 2);
}

#[tokio::test]
async fn what_a_closed_log_channel_did_not_take_is_told_once_it_is_open_again() {
    let (stage, guild, ann, scouting) = purple_base().await;
    let log = guild.channel("bot-log");
    says(&guild.member("Boss").manager().types("/rustops settings log_channel:#bot-log").await, "Settings changed");
    log.denies_bot(permission::VIEW_CHANNEL);
    stage.sim.fault(Service::BattleMetrics, Fault::Status(401).times(10_000));
    minutes(&stage, 20).await;
    assert!(log.messages().is_empty());
    let to_log = format!("/channels/{}/messages", log.id());
    let tries = stage.discord.requests().iter().filter(|one| one.method == "POST" && one.path == to_log).count();
    assert!((2..=8).contains(&tries), "{tries} tries in twenty minutes");
    // Others do not wait for that.
    says(&ann.types(&format!("/group board {GROUP} channel:#scouting")).await, "Board put up");
    stage.passes_until(|_| !scouting.messages().is_empty()).await;
    log.lets_bot(permission::VIEW_CHANNEL);
    // Once this is answered, the bot has heard of what came before it.
    says(&ann.types("/rustops about").await, "RustOps");
    let took = stage.passes_until(|_| shows(&log, "Nothing can be watched")).await;
    assert!(took <= 5, "{took} s");
    minutes(&stage, 2).await;
    assert_eq!(log.messages().len(), 1);
}

#[tokio::test]
async fn refresh_while_battlemetrics_is_down_says_so_and_how_old_the_board_is() {
    let (stage, guild, ann, scouting) = purple_base().await;
    let board = put_up(&stage, &ann, &scouting).await;
    for _ in 0..20 {
        stage.blink().await;
    }
    stage.sim.fault(Service::BattleMetrics, Fault::Status(503).times(10_000));
    // The second press asks nobody: that it failed is known.
    for who in ["Ann", "Ben"] {
        let told = stage.told_alone(&guild.member(who).in_channel(&scouting).presses(&board, "Refresh").await).await;
        let text = told.text();
        assert!(text.contains("BattleMetrics has a fault"), "{text}");
        assert!(text.contains("The board shows what was so <t:"), "{text}");
        assert!(!text.contains("what is so now"), "{text}");
    }
    assert!(shows(&scouting, "3 of 7 online"), "what was seen a moment ago still stands");

    // Once it is on the board itself that nothing is known, there is no age to tell.
    stage.passes_until(|_| shows(&scouting, "7 unknown")).await;
    minutes(&stage, 1).await;
    let told = stage.told_alone(&ann.in_channel(&scouting).presses(&board, "Refresh").await).await;
    let text = told.text();
    assert!(text.contains("BattleMetrics has a fault") && !text.contains("what was so"), "{text}");

    stage.sim.clear_faults();
    stage.passes_until(|_| shows(&scouting, "3 of 7 online")).await;
    // What happened meanwhile is found out.
    minutes(&stage, 3).await;
    let told = stage.told_alone(&ann.in_channel(&scouting).presses(&board, "Refresh").await).await;
    assert!(told.text().contains("The board shows what is so now"), "{}", told.text());
}

#[tokio::test]
async fn refresh_before_the_first_look_does_not_call_the_board_current() {
    let stage = Stage::open().await;
    let (guild, ann) = stage.clan().await;
    stage.tracks(&ann, "Purple Base", &cast::PURPLE_BASE).await;
    let scouting = guild.channel("scouting");
    says(&ann.types(&format!("/group board {GROUP} channel:#scouting")).await, "Board put up");
    let board = scouting.messages().remove(0);
    let told = stage.told_alone(&ann.in_channel(&scouting).presses(&board, "Refresh").await).await;
    assert!(told.text().contains("The first look is under way"), "{}", told.text());
}

#[tokio::test]
async fn the_board_of_all_groups_says_why_nobody_is_known() {
    let (stage, _, ann, scouting) = purple_base().await;
    stage.tracks(&ann, "Dark ones", &[cast::TEE_HIGGINS]).await;
    says(&ann.types("/group board channel:#scouting").await, "All groups in #scouting");
    stage.passes_until(|_| shows(&scouting, "All groups · 3 online")).await;
    stage.sim.fault(Service::BattleMetrics, Fault::Status(503).times(10_000));
    stage.passes_until(|_| shows(&scouting, "All groups · 8 unknown")).await;
    let text = scouting.messages()[0].text();
    assert_eq!(text.matches("BattleMetrics has a fault. Try again in a minute.").count(), 1, "{text}");
    stage.sim.clear_faults();
    stage.passes_until(|_| shows(&scouting, "All groups · 3 online")).await;
}

#[tokio::test]
async fn the_status_says_which_board_is_stuck_and_what_to_do_also_without_a_log_channel() {
    let (stage, _, ann, scouting) = purple_base().await;
    put_up(&stage, &ann, &scouting).await;
    scouting.denies_bot(permission::SEND_MESSAGES | permission::EMBED_LINKS);
    scouting.loses(&scouting.messages()[0]);
    stage.sim.leaves(cast::CHENNY_BOUNCE.id, cast::RUSTY_MOOSE);
    stage.passes_until(|_| !ann.inbox().is_empty()).await;
    let status = ann.types("/rustops status").await;
    says(&status, "RustOps is running, with problems");
    says(&status, "1, of which 1 cannot be written");
    says(&status, "The board of Purple Base in #scouting: the bot lacks Send Messages, Embed Links.");
    says(&status, "Allow that in the channel's settings, and it goes on by itself");
    assert!(!status.text().contains("log channel"), "{}", status.text());

    let other = stage.discord.guild("Neighbours").member("Nora").types("/rustops status").await;
    says(&other, "RustOps is running «");
    for foreign in ["Purple Base", "scouting", "Boards"] {
        assert!(!other.text().contains(foreign), "{}", other.text());
    }

    scouting.lets_bot(permission::SEND_MESSAGES | permission::EMBED_LINKS);
    stage.passes_until(|_| shows(&scouting, "2 of 7 online")).await;
    let status = ann.types("/rustops status").await;
    assert!(!status.text().contains("cannot be written"), "{}", status.text());
}

#[tokio::test]
async fn in_a_thread_no_board_is_put_up_and_it_says_where_to() {
    let (stage, guild, ann, scouting) = purple_base().await;
    let thread = guild.thread("raid of friday", &scouting);
    let in_thread = ann.in_channel(&thread);
    let told = stage.told_alone(&in_thread.types(&format!("/group board {GROUP}")).await).await;
    assert!(told.text().contains("A board cannot stand in a thread"), "{}", told.text());
    assert!(told.text().contains("with the option **channel**"), "{}", told.text());
    assert!(stage.app().boards().await.unwrap().living.is_empty() && thread.messages().is_empty());
    says(&in_thread.types(&format!("/group board {GROUP} channel:#scouting")).await, "Board put up");
    stage.passes_until(|_| shows(&scouting, "3 of 7 online")).await;
}

//! `/group`: the tracked groups, their members, and who of them is on.
//!
//! Arguments, one use case, one reply; no rules and no wording.

use std::{
    pin::pin,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use futures_util::future::{Either, select};
use poise::serenity_prelude as serenity;

use super::{
    super::{
        components::{Press, Question, Report, Target},
        phrases, presses,
        reply::{Style, button},
        talk::{Done, Talk, Trouble},
    },
    Ctx, suggest,
};
use crate::{
    domain::{
        identity::{self, PlayerInput},
        ids::{ChannelId, SteamId},
        report::{GroupCheck, Outcome},
    },
    view::{self, card::Face},
};

/// How often a long import tells how far it has come.
const PROGRESS: Duration = Duration::from_secs(5);

/// What a modal of Discord holds at most.
const MODAL: usize = 4000;

/// Groups of players
#[poise::command(
    slash_command,
    subcommands(
        "check", "list", "history", "add", "import", "remove", "change", "rename", "server", "board", "update", "del"
    ),
    subcommand_required,
    interaction_context = "Guild",
    install_context = "Guild"
)]
#[expect(clippy::unused_async, reason = "the command library asks for it")]
pub(in super::super) async fn group(_: Ctx<'_>) -> Done {
    Ok(())
}

/// Who is online, and when the rest were last seen
#[poise::command(slash_command)]
async fn check(
    ctx: Ctx<'_>,
    #[description = "Which group"]
    #[autocomplete = "suggest::groups"]
    #[min_length = 1]
    #[max_length = 64]
    group: String,
) -> Result<(), Trouble> {
    let talk = ctx.data();
    if let Some(report) = talk.app().group_check_at_hand(talk.asker(), &group).await? {
        return tell_check(talk, &report).await;
    }
    talk.later().await?;
    show_check(talk, &group).await
}

/// Checks the group and shows it.
pub(in super::super) async fn show_check(talk: &Talk, group: &str) -> Done {
    tell_check(talk, &talk.app().group_check(talk.asker(), group).await?).await
}

/// The same from a look of now, for somebody who pressed Refresh.
pub(in super::super) async fn show_check_anew(talk: &Talk, group: &str) -> Done {
    tell_check(talk, &talk.app().group_check_anew(talk.asker(), group).await?).await
}

async fn tell_check(talk: &Talk, report: &GroupCheck) -> Done {
    let anew = Report::Check(report.group_id);
    talk.report(view::group::check(report), anew, presses::buttons(anew)).await
}

/// How long the members were on: day, week, month, wipe
#[poise::command(slash_command)]
async fn history(
    ctx: Ctx<'_>,
    #[description = "Which group"]
    #[autocomplete = "suggest::groups"]
    #[min_length = 1]
    #[max_length = 64]
    group: String,
) -> Result<(), Trouble> {
    super::history::of_group(ctx.data(), &group).await
}

/// All groups with their last check
#[poise::command(slash_command)]
async fn list(ctx: Ctx<'_>) -> Result<(), Trouble> {
    show_list(ctx.data()).await
}

/// Lists the groups.
pub(in super::super) async fn show_list(talk: &Talk) -> Done {
    let card = view::group::list(&talk.app().group_list(talk.asker()).await?);
    talk.report(card, Report::Groups, Vec::new()).await
}

/// Add a player, and make the group if it is new
#[poise::command(slash_command)]
async fn add(
    ctx: Ctx<'_>,
    #[description = "Which group; a new name makes a new one"]
    #[autocomplete = "suggest::groups"]
    #[min_length = 1]
    #[max_length = 64]
    group: String,
    #[description = "Name, BattleMetrics or Steam link, or id"]
    #[autocomplete = "suggest::players"]
    #[min_length = 1]
    #[max_length = 128]
    player: String,
) -> Result<(), Trouble> {
    let talk = ctx.data();
    talk.later().await?;
    show_add(talk, &group, &player, None).await
}

/// Adds the player and says so, or asks which is meant.
pub(in super::super) async fn show_add(talk: &Talk, group: &str, player: &str, steam: Option<SteamId>) -> Done {
    match talk.app().group_add(talk.asker(), group, player, steam).await? {
        Outcome::Done(report) => talk.say(view::group::added(&report)).await,
        Outcome::Choose(choice) => {
            let target = target(talk, group).await?;
            talk.ask(&choice, Question::Add(target)).await
        }
    }
}

/// The group by its id if there is one, so that a new name in between does not matter.
async fn target(talk: &Talk, group: &str) -> Result<Target, Trouble> {
    let known = talk.app().group_id(talk.asker(), group).await?;
    Ok(known.map_or_else(|| Target::New(group.trim().to_owned()), Target::Known))
}

/// Add many players at once, one a line
#[poise::command(slash_command)]
async fn import(
    ctx: Ctx<'_>,
    #[description = "Which group; a new name makes a new one"]
    #[autocomplete = "suggest::groups"]
    #[min_length = 1]
    #[max_length = 64]
    group: String,
) -> Result<(), Trouble> {
    let talk = ctx.data();
    talk.app().may_change(talk.asker()).await?;
    let target = target(talk, &group).await?;
    let hint = "One a line: names, BattleMetrics or Steam links, ids";
    talk.form(&Press::Import(target), "Add players", presses::input("Players", true, MODAL, hint)).await
}

/// Adds each line's player and shows what became of it. Long lists tell how far they have come.
pub(in super::super) async fn import_lines(talk: &Talk, target: &Target, text: &str) -> Done {
    let (done, of) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let note = |now, all| {
        done.store(now, Ordering::Relaxed);
        of.store(all, Ordering::Relaxed);
    };
    let group = target.input();
    let mut import = pin!(talk.app().group_import(talk.asker(), &group, text, note));
    let report = loop {
        match select(import, talk.door.clock.sleep(PROGRESS)).await {
            Either::Left((report, _)) => break report?,
            Either::Right(((), still)) => import = still,
        }
        let (done, of) = (done.load(Ordering::Relaxed), of.load(Ordering::Relaxed));
        if of > 0 {
            talk.progress(&phrases::looking_up(done, of)).await;
        }
    };
    talk.say(view::group::imported(&report)).await
}

/// Remove a player
#[poise::command(slash_command)]
async fn remove(
    ctx: Ctx<'_>,
    #[description = "Which group"]
    #[autocomplete = "suggest::groups"]
    #[min_length = 1]
    #[max_length = 64]
    group: String,
    #[description = "Which member: name, link or id"]
    #[autocomplete = "suggest::members"]
    #[min_length = 1]
    #[max_length = 128]
    player: String,
) -> Result<(), Trouble> {
    let talk = ctx.data();
    // Of all that names a member, only this has to be looked up outside.
    if matches!(identity::player(&player), Ok(PlayerInput::Vanity(_))) {
        talk.later().await?;
    }
    show_remove(talk, &group, &player).await
}

/// Removes the member and says so, or asks which is meant.
pub(in super::super) async fn show_remove(talk: &Talk, group: &str, member: &str) -> Done {
    match talk.app().group_remove(talk.asker(), group, member).await? {
        Outcome::Done(report) => talk.say(view::group::removed(&report)).await,
        Outcome::Choose(choice) => {
            let brief = talk.app().group_brief(talk.asker(), group).await?;
            talk.ask(&choice, Question::Remove(brief.id)).await
        }
    }
}

/// Rename a group
#[poise::command(slash_command)]
async fn change(
    ctx: Ctx<'_>,
    #[description = "Which group"]
    #[autocomplete = "suggest::groups"]
    #[min_length = 1]
    #[max_length = 64]
    group: String,
    #[description = "Its new name"]
    #[min_length = 1]
    #[max_length = 64]
    new_name: String,
) -> Result<(), Trouble> {
    show_rename(ctx.data(), &group, &new_name).await
}

/// Rename a group; the same as /group change
#[poise::command(slash_command)]
async fn rename(
    ctx: Ctx<'_>,
    #[description = "Which group"]
    #[autocomplete = "suggest::groups"]
    #[min_length = 1]
    #[max_length = 64]
    group: String,
    #[description = "Its new name"]
    #[min_length = 1]
    #[max_length = 64]
    new_name: String,
) -> Result<(), Trouble> {
    show_rename(ctx.data(), &group, &new_name).await
}

async fn show_rename(talk: &Talk, group: &str, new_name: &str) -> Done {
    talk.say(view::group::renamed(&talk.app().group_rename(talk.asker(), group, new_name).await?)).await
}

/// Give a group a server of its own, or none again
#[poise::command(slash_command)]
async fn server(
    ctx: Ctx<'_>,
    #[description = "Which group"]
    #[autocomplete = "suggest::groups"]
    #[min_length = 1]
    #[max_length = 64]
    group: String,
    #[description = "Name, BattleMetrics link or id; without one the group follows the active server"]
    #[autocomplete = "suggest::servers"]
    #[min_length = 1]
    #[max_length = 200]
    server: Option<String>,
) -> Result<(), Trouble> {
    let talk = ctx.data();
    if server.is_some() {
        talk.later().await?;
    }
    show_pin(talk, &group, server.as_deref()).await
}

/// Pins the group and says so, or asks which server is meant.
pub(in super::super) async fn show_pin(talk: &Talk, group: &str, server: Option<&str>) -> Done {
    match talk.app().group_pin(talk.asker(), group, server).await? {
        Outcome::Done(report) => talk.say(view::group::pinned(&report)).await,
        Outcome::Choose(choice) => {
            let brief = talk.app().group_brief(talk.asker(), group).await?;
            talk.ask(&choice, Question::Pin(brief.id)).await
        }
    }
}

/// A message that keeps itself current; used again, it moves
#[poise::command(slash_command)]
async fn board(
    ctx: Ctx<'_>,
    #[description = "Which group; without one, all groups"]
    #[autocomplete = "suggest::groups"]
    #[min_length = 1]
    #[max_length = 64]
    group: Option<String>,
    #[description = "Where; without one, here"]
    #[channel_types("Text", "News")]
    channel: Option<serenity::PartialChannel>,
) -> Result<(), Trouble> {
    let channel = channel.and_then(|channel| ChannelId::new(channel.id.get()));
    let here = ctx.interaction.channel.as_ref().map(|channel| channel.kind);
    super::board::put_up(ctx.data(), group.as_deref(), channel, here).await
}

/// Read the members' names again; old ones stay searchable
#[poise::command(slash_command)]
async fn update(
    ctx: Ctx<'_>,
    #[description = "Which group"]
    #[autocomplete = "suggest::groups"]
    #[min_length = 1]
    #[max_length = 64]
    group: String,
) -> Result<(), Trouble> {
    let talk = ctx.data();
    talk.later().await?;
    talk.say(view::group::updated(&talk.app().group_update(talk.asker(), &group).await?)).await
}

/// Delete a group; it can be brought back for 30 days
#[poise::command(slash_command)]
async fn del(
    ctx: Ctx<'_>,
    #[description = "Which group"]
    #[autocomplete = "suggest::groups"]
    #[min_length = 1]
    #[max_length = 64]
    group: String,
) -> Result<(), Trouble> {
    let talk = ctx.data();
    let brief = talk.app().group_brief(talk.asker(), &group).await?;
    let ticket = talk.open();
    let buttons = vec![
        button(&Press::Delete(ticket, brief.id).id(), "Delete", Style::Danger),
        button(&Press::Keep(ticket).id(), "Keep", Style::Secondary),
    ];
    let question = talk.plain(&view::group::confirm_deletion(&brief, Face::Discord)).buttons(buttons);
    talk.show_privately(&question).await
}

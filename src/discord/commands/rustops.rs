//! `/rustops`: the bot itself, its settings, and the record of changes.
//!
//! Arguments, one use case, one reply; no rules and no wording.

use poise::serenity_prelude as serenity;

use super::{
    super::{
        components::Report,
        talk::{Done, Talk, Trouble},
    },
    Ctx,
};
use crate::{
    domain::{
        ids::{ChangeId, ChannelId, RoleId},
        notice::Notice,
        report::SettingsPatch,
    },
    view,
};

/// How many changes are listed.
const CHANGES: u64 = 50;

/// The bot: help, status, settings, record of changes
#[poise::command(
    slash_command,
    subcommands("status", "settings", "audit", "undo", "help", "about"),
    subcommand_required,
    interaction_context = "Guild",
    install_context = "Guild"
)]
#[expect(clippy::unused_async, reason = "the command library asks for it")]
pub(in super::super) async fn rustops(_: Ctx<'_>) -> Done {
    Ok(())
}

/// How the bot is doing: version, memory, requests left, recent problems
#[poise::command(slash_command)]
async fn status(ctx: Ctx<'_>) -> Result<(), Trouble> {
    let talk = ctx.data();
    let latency = talk.door.latency().await;
    talk.say(view::status::status(&talk.app().status(latency).await?)).await
}

/// Time zone, who may change things, log channel; needs Manage Server
#[poise::command(slash_command)]
async fn settings(
    ctx: Ctx<'_>,
    #[description = "Time zone, such as Europe/Berlin"]
    #[min_length = 1]
    #[max_length = 64]
    time_zone: Option<String>,
    #[description = "Who may change groups and the server: a role, or @everyone"] changers: Option<serenity::Role>,
    #[description = "Where problems are told"]
    #[channel_types("Text")]
    log_channel: Option<serenity::PartialChannel>,
    #[description = "Tell problems nowhere"] no_log_channel: Option<bool>,
) -> Result<(), Trouble> {
    let talk = ctx.data();
    let everyone = ctx.interaction.guild_id.map(|guild| guild.everyone_role());
    let changers = changers.map(|role| if Some(role.id) == everyone { None } else { RoleId::new(role.id.get()) });
    let log_channel = match (no_log_channel, log_channel) {
        (Some(true), _) => Some(None),
        (_, Some(channel)) => Some(ChannelId::new(channel.id.get())),
        (_, None) => None,
    };
    let patch = SettingsPatch { time_zone, changers, log_channel };
    talk.say(view::status::settings(&talk.app().settings(talk.asker(), patch).await?)).await
}

/// The last changes: who, what, when
#[poise::command(slash_command)]
async fn audit(ctx: Ctx<'_>) -> Result<(), Trouble> {
    show_audit(ctx.data()).await
}

/// Lists the changes.
pub(in super::super) async fn show_audit(talk: &Talk) -> Done {
    let card = view::changes::audit(&talk.app().audit(talk.asker(), 0, CHANGES).await?);
    talk.report(card, Report::Changes, Vec::new()).await
}

/// Take a change back
#[poise::command(slash_command)]
async fn undo(
    ctx: Ctx<'_>,
    #[description = "Its number; the last change without one"]
    #[min = 1]
    change: Option<u64>,
) -> Result<(), Trouble> {
    let talk = ctx.data();
    let change = match change {
        Some(number) => Some(ChangeId::new(number).ok_or_else(|| crate::error::Error::from(Notice::NothingToUndo))?),
        None => None,
    };
    talk.say(view::changes::undone(&talk.app().undo(talk.asker(), change).await?)).await
}

/// What you can do here, and what to do next
#[poise::command(slash_command)]
async fn help(ctx: Ctx<'_>) -> Result<(), Trouble> {
    show_help(ctx.data()).await
}

/// Lists the commands that the asker may use.
pub(in super::super) async fn show_help(talk: &Talk) -> Done {
    let standing = talk.app().standing(talk.asker()).await?;
    let right = match (standing.may_manage, standing.may_change) {
        (true, _) => view::command::Right::Manage,
        (false, true) => view::command::Right::Change,
        (false, false) => view::command::Right::Look,
    };
    let caller = view::help::Caller { right, server_is_set: standing.server_is_set, groups: standing.groups };
    talk.report(view::help::help(caller), Report::Help, Vec::new()).await
}

/// Version, licence, link
#[poise::command(slash_command)]
async fn about(ctx: Ctx<'_>) -> Result<(), Trouble> {
    let about = view::help::About {
        version: env!("CARGO_PKG_VERSION"),
        licence: env!("CARGO_PKG_LICENSE"),
        home: env!("CARGO_PKG_HOMEPAGE"),
    };
    ctx.data().say(view::help::about(about)).await
}

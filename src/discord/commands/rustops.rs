//! `/rustops`: the bot itself, its settings, and the record of changes.
//!
//! Arguments, one use case, one reply; no rules and no wording.

use poise::serenity_prelude as serenity;

use super::{
    super::{
        components::{Press, Question, Report, Ticket},
        phrases,
        reply::{Style, button},
        talk::{Done, Talk, Trouble},
    },
    Ctx,
};
use crate::{
    domain::{
        ids::{ChangeId, ChannelId, RoleId},
        keeping::Forgotten,
        notice::Notice,
        report::{Outcome, SettingsPatch},
    },
    error::Error,
    view::{self, card::Face},
};

/// How many changes are listed.
const CHANGES: u64 = 50;

/// The bot: help, status, settings, record of changes
#[poise::command(
    slash_command,
    subcommands("status", "settings", "audit", "undo", "forget", "help", "about"),
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
    let status = talk.app().status_for(talk.asker(), latency).await?;
    talk.say(view::status::status(&status, Face::Discord)).await
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

/// Remove a person's data for good; needs Manage Server
#[poise::command(slash_command)]
async fn forget(
    ctx: Ctx<'_>,
    #[description = "Somebody tracked: link, id or exact name"]
    #[min_length = 1]
    #[max_length = 128]
    player: Option<String>,
    #[description = "Somebody who used the bot: taken out of the record of changes"] user: Option<serenity::User>,
) -> Result<(), Trouble> {
    let whom = match (player, user) {
        (Some(player), _) => Whom::Player(player),
        (None, Some(user)) => Whom::User(user.id.to_string()),
        (None, None) => Whom::Player(String::new()),
    };
    confirm_forgetting(ctx.data(), &whom).await
}

/// Who is to be forgotten.
pub(in super::super) enum Whom {
    /// Somebody tracked, as typed.
    Player(String),
    /// Somebody who used the bot, by Discord id.
    User(String),
}

impl Whom {
    /// As one text, for the shelf.
    fn text(&self) -> String {
        match self {
            Self::Player(player) => format!("p{player}"),
            Self::User(user) => format!("u{user}"),
        }
    }

    fn read(text: &str) -> Option<Self> {
        let user = text.strip_prefix('u').map(|user| Self::User(user.to_owned()));
        user.or_else(|| Some(Self::Player(text.strip_prefix('p')?.to_owned())))
    }

    async fn forget(&self, talk: &Talk, dry_run: bool) -> Result<Outcome<Forgotten>, Error> {
        match self {
            Self::Player(player) => talk.app().forget_player(talk.asker(), player, dry_run).await,
            Self::User(user) => talk.app().forget_member(talk.asker(), user, dry_run).await.map(Outcome::Done),
        }
    }
}

/// Tells the asker alone what would be removed, or asks which of several is meant.
pub(in super::super) async fn confirm_forgetting(talk: &Talk, whom: &Whom) -> Done {
    let found = match whom.forget(talk, true).await? {
        Outcome::Done(found) => found,
        Outcome::Choose(choice) => return talk.ask_privately(&choice, Question::Forget).await,
    };
    let (ticket, stamp) = (talk.open(), talk.door.shelf.keep_text(&talk.asker().guild, whom.text(), talk.now()));
    let buttons = vec![
        button(&Press::Forget(ticket, stamp).id(), "Forget", Style::Danger),
        button(&Press::Keep(ticket).id(), "Keep", Style::Secondary),
    ];
    let question = talk.plain(&view::keeping::confirm_forgetting(&found, Face::Discord)).buttons(buttons);
    talk.show(&question, true).await
}

/// Forgets whoever is kept on the shelf under that number.
pub(in super::super) async fn forget_kept(talk: &Talk, ticket: Ticket, stamp: u64) -> Done {
    if !talk.claim(ticket).await? {
        return Ok(());
    }
    let whom = talk
        .door
        .shelf
        .text(&talk.asker().guild, stamp)
        .and_then(|text| Whom::read(&text))
        .ok_or_else(phrases::stale)?;
    match whom.forget(talk, false).await? {
        Outcome::Done(report) => talk.turn(&talk.plain(&view::keeping::forgotten(&report))).await,
        // Another of that name came up in between.
        Outcome::Choose(_) => Err(phrases::stale().into()),
    }
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
        home: crate::domain::release::HOME,
    };
    ctx.data().say(view::help::about(about)).await
}

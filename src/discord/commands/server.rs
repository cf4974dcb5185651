//! `/server`: which game server this guild looks at.
//!
//! Arguments, one use case, one reply; no rules and no wording.

use super::{
    super::{
        components::Question,
        talk::{Done, Talk, Trouble},
    },
    Ctx, suggest,
};
use crate::{domain::report::Outcome, view};

/// The Rust server that is looked at
#[poise::command(
    slash_command,
    subcommands("set", "get", "clear"),
    subcommand_required,
    interaction_context = "Guild",
    install_context = "Guild"
)]
#[expect(clippy::unused_async, reason = "the command library asks for it")]
pub(in super::super) async fn server(_: Ctx<'_>) -> Done {
    Ok(())
}

/// Choose the Rust server to look at
#[poise::command(slash_command)]
async fn set(
    ctx: Ctx<'_>,
    #[description = "Its name, or its BattleMetrics link or id"]
    #[autocomplete = "suggest::servers"]
    #[min_length = 1]
    #[max_length = 200]
    name: String,
) -> Result<(), Trouble> {
    let talk = ctx.data();
    talk.later().await?;
    show_set(talk, &name).await
}

/// Sets it and says so, or asks which is meant.
pub(in super::super) async fn show_set(talk: &Talk, name: &str) -> Done {
    match talk.app().server_set(talk.asker(), name).await? {
        Outcome::Done(report) => talk.say(view::server::set(&report)).await,
        Outcome::Choose(choice) => talk.ask(&choice, Question::Server).await,
    }
}

/// Players, queue, map, wipes and address of the server
#[poise::command(slash_command)]
async fn get(ctx: Ctx<'_>) -> Result<(), Trouble> {
    let talk = ctx.data();
    let report = match talk.app().server_get_at_hand(talk.asker()).await? {
        Some(report) => report,
        None => {
            talk.later().await?;
            talk.app().server_get(talk.asker()).await?
        }
    };
    talk.say(view::server::get(&report)).await
}

/// Stop looking at the server; groups and history stay
#[poise::command(slash_command)]
async fn clear(ctx: Ctx<'_>) -> Result<(), Trouble> {
    let talk = ctx.data();
    talk.say(view::server::cleared(&talk.app().server_clear(talk.asker()).await?)).await
}

//! `/player`: one player on the server.
//!
//! Arguments, one use case, one reply; no rules and no wording.

use super::{
    super::{
        components::{Question, Report},
        presses,
        talk::{Done, Talk, Trouble},
    },
    Ctx, suggest,
};
use crate::{
    domain::report::{Outcome, PlayerCheck},
    view::{self, card::Face},
};

/// One player
#[poise::command(
    slash_command,
    subcommands("check", "history"),
    subcommand_required,
    interaction_context = "Guild",
    install_context = "Guild"
)]
#[expect(clippy::unused_async, reason = "the command library asks for it")]
pub(in super::super) async fn player(_: Ctx<'_>) -> Done {
    Ok(())
}

/// Online or last seen, time on the server, last sessions, known names, groups
#[poise::command(slash_command)]
async fn check(
    ctx: Ctx<'_>,
    #[description = "Name, BattleMetrics or Steam link, or id"]
    #[autocomplete = "suggest::players"]
    #[min_length = 1]
    #[max_length = 128]
    player: String,
) -> Result<(), Trouble> {
    let talk = ctx.data();
    if let Some(outcome) = talk.app().player_check_at_hand(talk.asker(), &player).await? {
        return tell_check(talk, outcome).await;
    }
    talk.later().await?;
    show_check(talk, &player).await
}

/// How long a player was on: day, week, month, wipe; every session
#[poise::command(slash_command)]
async fn history(
    ctx: Ctx<'_>,
    #[description = "Name, BattleMetrics or Steam link, or id"]
    #[autocomplete = "suggest::players"]
    #[min_length = 1]
    #[max_length = 128]
    player: String,
) -> Result<(), Trouble> {
    super::history::of_player(ctx.data(), &player).await
}

/// Tells about the player, or asks which is meant.
pub(in super::super) async fn show_check(talk: &Talk, player: &str) -> Done {
    tell_check(talk, talk.app().player_check(talk.asker(), player).await?).await
}

/// The same from a look of now, for somebody who pressed Refresh.
pub(in super::super) async fn show_check_anew(talk: &Talk, player: &str) -> Done {
    tell_check(talk, talk.app().player_check_anew(talk.asker(), player).await?).await
}

async fn tell_check(talk: &Talk, outcome: Outcome<PlayerCheck>) -> Done {
    match outcome {
        Outcome::Done(report) => {
            let anew = Report::Player(report.player);
            talk.report(view::player::check(&report, Face::Discord, talk.now()), anew, presses::buttons(anew)).await
        }
        Outcome::Choose(choice) => talk.ask(&choice, Question::Player).await,
    }
}

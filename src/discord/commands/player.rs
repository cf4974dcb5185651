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
    domain::report::Outcome,
    view::{self, card::Face},
};

/// One player
#[poise::command(
    slash_command,
    subcommands("check"),
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
    talk.later().await?;
    show_check(talk, &player).await
}

/// Tells about the player, or asks which is meant.
pub(in super::super) async fn show_check(talk: &Talk, player: &str) -> Done {
    match talk.app().player_check(talk.asker(), player).await? {
        Outcome::Done(report) => {
            let anew = Report::Player(report.player);
            talk.report(view::player::check(&report, Face::Discord, talk.now()), anew, presses::buttons(anew)).await
        }
        Outcome::Choose(choice) => talk.ask(&choice, Question::Player).await,
    }
}

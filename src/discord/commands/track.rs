//! `Track players`, in the menu of a message: whoever is mentioned there, into a group.
//!
//! Discord hands the message over with the command, so no message has to be read otherwise.

use poise::serenity_prelude as serenity;

use super::{
    super::{components::Who, phrases, talk::Trouble, track},
    Ctx,
};

/// Reads every player in the message and asks for the group.
#[poise::command(context_menu_command = "Track players", interaction_context = "Guild", install_context = "Guild")]
pub(super) async fn track_players(ctx: Ctx<'_>, message: serenity::Message) -> Result<(), Trouble> {
    let talk = ctx.data();
    let players = track::lines(&message.content);
    if players.is_empty() {
        return talk.whisper(&phrases::no_players()).await;
    }
    let kept = talk.door.shelf.keep_text(&talk.asker().guild, players.join("\n"), talk.now());
    track::which_group(talk, Who::Kept(kept), &players).await
}

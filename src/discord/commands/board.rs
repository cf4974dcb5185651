//! Boards as people meet them: put one up, look again, see all of it, take it away.
//!
//! How a board keeps itself current is in [`super::super::herald`].

use poise::serenity_prelude::ChannelType;

use super::super::{
    components::Report,
    herald::Stuck,
    phrases,
    post::Refusal,
    talk::{Done, Talk, Trouble},
};
use crate::{
    domain::ids::{BoardId, ChannelId},
    view,
};

/// Puts a board up, or moves it, and says so to the asker alone: the board speaks for itself. `kind` is of the channel in
/// which this is asked.
pub(in super::super) async fn put_up(
    talk: &Talk,
    group: Option<&str>,
    channel: Option<ChannelId>,
    kind: Option<ChannelType>,
) -> Done {
    talk.later_privately().await?;
    let (here, missing_here) = talk.channel();
    // Discord archives threads by and by, posts of forums too; what stands there cannot be changed any more.
    let is_thread =
        matches!(kind, Some(ChannelType::PublicThread | ChannelType::PrivateThread | ChannelType::NewsThread));
    if channel.is_none() && is_thread {
        return Err(phrases::board_in_thread().into());
    }
    let channel = channel.or(here).ok_or_else(|| anyhow::anyhow!("a command without a channel"))?;
    talk.app().may_change(talk.asker()).await?;
    let guild = &talk.asker().guild;
    let missing = match here {
        Some(here) if here == channel => Some(missing_here),
        _ => talk.herald().missing(guild, channel).await,
    };
    // Where it cannot be found out, Discord says it when the board is written.
    if let Some(missing) = missing.filter(|missing| !missing.is_empty()) {
        return Err(phrases::board_forbidden(channel, &missing).into());
    }
    let set = talk.app().board_set(talk.asker(), group, channel).await?;
    let card = view::board::set(&set);
    match talk.herald().keep_current(set.board, guild, true).await {
        Ok(()) => talk.whisper(&card).await,
        Err(Stuck::Post(Refusal::Forbidden(_) | Refusal::NoChannel)) => {
            talk.app().undo(talk.asker(), Some(set.change)).await?;
            Err(phrases::board_forbidden(channel, &[]).into())
        }
        Err(Stuck::Post(refusal)) => {
            tracing::warn!(%channel, %refusal, "a new board could not be written yet");
            talk.whisper(&card.line(phrases::board_delayed())).await
        }
        Err(Stuck::App(error)) => Err(error.into()),
    }
}

/// Looks again for everybody who sees the board. Several who press at once share one request.
pub(in super::super) async fn refresh(talk: &Talk, id: BoardId) -> Done {
    talk.touch(true).await?;
    let board = talk.app().board(&talk.asker().guild, id).await?;
    if talk.pressed() != board.message {
        return Err(phrases::stale().into());
    }
    let hindered = talk.app().board_look_again(&board).await?;
    talk.herald().show_through(talk, id, hindered).await
}

/// Every page of the board, for the asker alone.
pub(in super::super) async fn show_all(talk: &Talk, id: BoardId) -> Done {
    let card = card(talk, id).await?;
    talk.show_privately(&talk.leaf(&card, Report::Board(id), Vec::new(), None, 1)).await
}

/// The pages made anew, in place of those that were forgotten.
pub(in super::super) async fn show(talk: &Talk, id: BoardId) -> Done {
    let card = card(talk, id).await?;
    talk.report(card, Report::Board(id), Vec::new()).await
}

async fn card(talk: &Talk, id: BoardId) -> Result<view::card::Card, Trouble> {
    let board = talk.app().board(&talk.asker().guild, id).await?;
    Ok(view::board::board(&talk.app().board_report(&board).await?))
}

/// Takes the board away.
pub(in super::super) async fn off(talk: &Talk, id: BoardId) -> Done {
    let removed = talk.app().board_off_by_id(talk.asker(), id).await?;
    talk.whisper(&view::board::removed(&removed)).await
}

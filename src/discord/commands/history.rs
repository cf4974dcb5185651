//! `/player history` and `/group history`: how long somebody was on, page by page. Each page is made anew, so that pages
//! turn after any restart.
//!
//! Arguments come from the families of commands; no rules and no wording.

use super::super::{
    components::{Press, Question, Report, Target},
    reply::{Style, button},
    talk::{Done, Talk},
};
use crate::{
    domain::{
        ids::{GroupId, PlayerId},
        report::{GroupHistory, Outcome, PlayerHistory},
    },
    view::{self, card::Face},
};

/// Tells how long a player was on, or asks which is meant.
pub(in super::super) async fn of_player(talk: &Talk, player: &str) -> Done {
    let at_hand = talk.app().player_history_at_hand(talk.asker(), player, 1).await?;
    match at_hand {
        Some(Outcome::Done(history)) => show_player(talk, &history).await,
        _ => {
            talk.later().await?;
            of_chosen_player(talk, player).await
        }
    }
}

/// The same after something was said already.
pub(in super::super) async fn of_chosen_player(talk: &Talk, player: &str) -> Done {
    match talk.app().player_history(talk.asker(), player, 1).await? {
        Outcome::Done(history) => show_player(talk, &history).await,
        Outcome::Choose(choice) => talk.ask(&choice, Question::PlayerHistory).await,
    }
}

/// Tells how long the members of a group were on.
pub(in super::super) async fn of_group(talk: &Talk, group: &str) -> Done {
    let history = talk.app().group_history(talk.asker(), group, 1).await?;
    show_group(talk, &history).await
}

/// Turns to a page of a player's history, from 0.
pub(in super::super) async fn turn_player(talk: &Talk, player: PlayerId, page: usize) -> Done {
    let (player, page) = (player.to_string(), page.saturating_add(1));
    let at_hand = talk.app().player_history_at_hand(talk.asker(), &player, page).await?;
    let history = match at_hand {
        Some(Outcome::Done(history)) => history,
        _ => {
            talk.touch(true).await?;
            match talk.app().player_history(talk.asker(), &player, page).await? {
                Outcome::Done(history) => history,
                Outcome::Choose(_) => return Err(anyhow::anyhow!("an id means several players").into()),
            }
        }
    };
    show_player(talk, &history).await
}

/// Asks for what is older than what was told of a player at once, and goes on with a page, from 0.
pub(in super::super) async fn with_older(talk: &Talk, player: PlayerId, page: usize) -> Done {
    talk.touch(true).await?;
    let page = page.saturating_add(1);
    match talk.app().player_history_with_older(talk.asker(), &player.to_string(), page).await? {
        Outcome::Done(history) => show_player(talk, &history).await,
        Outcome::Choose(_) => Err(anyhow::anyhow!("an id means several players").into()),
    }
}

/// Turns to a page of a group's history, from 0.
pub(in super::super) async fn turn_group(talk: &Talk, group: GroupId, page: usize) -> Done {
    let group = Target::Known(group).input();
    let history = talk.app().group_history(talk.asker(), &group, page.saturating_add(1)).await?;
    show_group(talk, &history).await
}

async fn show_player(talk: &Talk, history: &PlayerHistory) -> Done {
    let report = Report::PlayerHistory(history.player);
    let older = view::history::offers_older(history).then(|| {
        let press = Press::Older { player: history.player, page: history.page.saturating_sub(1) };
        button(&press.id(), "Older", Style::Secondary)
    });
    let card = view::history::player(history, Face::Discord);
    talk.one_page(&card, report, (history.page, history.pages), older).await
}

async fn show_group(talk: &Talk, history: &GroupHistory) -> Done {
    let report = Report::GroupHistory(history.group_id);
    talk.one_page(&view::history::group(history, Face::Discord), report, (history.page, history.pages), None).await
}

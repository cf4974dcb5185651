//! What a press on a button, a choice from a menu or a modal does: read the id, call one use case, show the answer.
//!
//! Whoever pressed is the asker now, with their own rights. Nothing in an id is taken for true.

use poise::serenity_prelude as serenity;
use serde_json::json;
use serenity::{ActionRowComponent, ComponentInteractionData, ComponentInteractionDataKind, ModalInteractionData};

use super::{
    commands::{board, group, history, player, rustops, server},
    components::{Press, Question, Report, Target, Ticket, Who, read_choice},
    phrases,
    reply::{Style, button},
    talk::{Done, Talk, Trouble},
    track,
};

use crate::{
    domain::ids::{GroupId, SteamId},
    view,
};

/// A component was used.
pub(super) async fn pressed(talk: &Talk, data: &ComponentInteractionData) -> Done {
    let press = Press::read(&data.custom_id).ok_or_else(phrases::stale)?;
    let choice = match &data.kind {
        ComponentInteractionDataKind::StringSelect { values } => values.first().map(String::as_str),
        _ => None,
    };
    match (press, choice) {
        (Press::Refresh(report), _) => refresh(talk, report).await,
        (Press::Page { report, stamp, page }, _) => turn(talk, report, stamp, page).await,
        (Press::Older { player, page }, _) => history::with_older(talk, player, page).await,
        (Press::Pick(ticket, question), Some(choice)) => pick(talk, ticket, question, choice).await,
        (Press::Delete(ticket, group), _) => delete(talk, ticket, group).await,
        (Press::Forget(ticket, stamp), _) => rustops::forget_kept(talk, ticket, stamp).await,
        (Press::Keep(ticket), _) => keep(talk, ticket).await,
        (Press::Gather(player), _) => track::which_group(talk, Who::Player(player), &[]).await,
        (Press::Into(ticket, who), Some(choice)) => track::into(talk, ticket, who, choice).await,
        (Press::More(board), _) => board::show_all(talk, board).await,
        (Press::Off(board), _) => board::off(talk, board).await,
        // Modals, the page number, and menus without a choice are no presses that Discord sends.
        _ => Err(phrases::stale().into()),
    }
}

/// A modal was sent off.
pub(super) async fn sent_off(talk: &Talk, data: &ModalInteractionData) -> Done {
    let text = data.components.iter().flat_map(|row| &row.components).find_map(|component| match component {
        ActionRowComponent::InputText(input) => input.value.as_deref(),
        _ => None,
    });
    match (Press::read(&data.custom_id), text) {
        (Some(Press::Import(target)), Some(text)) => {
            talk.later().await?;
            group::import_lines(talk, &target, text).await
        }
        (Some(Press::NewGroup(ticket, who)), Some(name)) => track::into_new(talk, ticket, who, name).await,
        _ => Err(phrases::stale().into()),
    }
}

async fn refresh(talk: &Talk, report: Report) -> Done {
    if let Report::Board(board) = report {
        return board::refresh(talk, board).await;
    }
    talk.touch(true).await?;
    match report {
        Report::Check(id) => group::show_check_anew(talk, &Target::Known(id).input()).await,
        Report::Player(id) => player::show_check_anew(talk, &id.to_string()).await,
        report => show_anew(talk, report).await,
    }
}

/// Makes a report anew in place of the old one.
async fn show_anew(talk: &Talk, report: Report) -> Done {
    match report {
        Report::Check(id) => group::show_check(talk, &Target::Known(id).input()).await,
        Report::Player(id) => player::show_check(talk, &id.to_string()).await,
        Report::PlayerHistory(id) => history::of_chosen_player(talk, &id.to_string()).await,
        Report::GroupHistory(id) => history::of_group(talk, &Target::Known(id).input()).await,
        Report::Board(id) => board::show(talk, id).await,
        Report::Groups => group::show_list(talk).await,
        Report::Changes => rustops::show_audit(talk).await,
        Report::Help => rustops::show_help(talk).await,
        Report::Once => Err(phrases::stale().into()),
    }
}

async fn turn(talk: &Talk, report: Report, stamp: u64, page: usize) -> Done {
    match report {
        Report::PlayerHistory(id) => return history::turn_player(talk, id, page).await,
        Report::GroupHistory(id) => return history::turn_group(talk, id, page).await,
        _ => {}
    }
    match talk.door.shelf.card(&talk.asker().guild, stamp) {
        Some(card) => talk.turn(&talk.leaf(&card, report, buttons(report), Some(stamp), page)).await,
        // Forgotten, say after a restart.
        None if report == Report::Once => Err(phrases::stale().into()),
        None => {
            talk.open_at(page);
            talk.touch(true).await?;
            show_anew(talk, report).await
        }
    }
}

/// The buttons of a report, besides those that turn its pages.
pub(super) fn buttons(report: Report) -> Vec<serde_json::Value> {
    match report {
        Report::Check(_) => vec![button(&Press::Refresh(report).id(), "Refresh", Style::Secondary)],
        Report::Player(id) => vec![
            button(&Press::Refresh(report).id(), "Refresh", Style::Secondary),
            button(&Press::Gather(id).id(), "Add to a group", Style::Secondary),
        ],
        Report::PlayerHistory(_)
        | Report::GroupHistory(_)
        | Report::Board(_)
        | Report::Groups
        | Report::Changes
        | Report::Help
        | Report::Once => Vec::new(),
    }
}

async fn pick(talk: &Talk, ticket: Ticket, question: Question, choice: &str) -> Done {
    if !talk.claim(ticket).await? {
        return Ok(());
    }
    talk.touch(false).await?;
    let (value, steam): (&str, Option<SteamId>) = read_choice(choice);
    match question {
        Question::Server => server::show_set(talk, value).await,
        Question::Pin(group) => group::show_pin(talk, &Target::Known(group).input(), Some(value)).await,
        Question::Add(target) => group::show_add(talk, &target.input(), value, steam).await,
        Question::Remove(group) => group::show_remove(talk, &Target::Known(group).input(), value).await,
        Question::Player => player::show_check(talk, value).await,
        Question::Forget => rustops::confirm_forgetting(talk, &rustops::Whom::Player(value.to_owned())).await,
        Question::PlayerHistory => history::of_chosen_player(talk, value).await,
    }
}

async fn delete(talk: &Talk, ticket: Ticket, group: GroupId) -> Done {
    if !talk.claim(ticket).await? {
        return Ok(());
    }
    let deleted = talk.app().group_delete(talk.asker(), &Target::Known(group).input()).await?;
    talk.turn(&talk.plain(&view::group::deleted(&deleted))).await?;
    // The question was for the asker alone; the group was everybody's.
    talk.say(view::group::deleted_by(&deleted, &talk.asker().actor_name)).await
}

async fn keep(talk: &Talk, ticket: Ticket) -> Done {
    if !talk.claim(ticket).await? {
        return Ok(());
    }
    talk.turn(&talk.plain(&phrases::kept())).await
}

/// The one input of a modal.
pub(super) fn input(label: &str, many_lines: bool, most: usize, hint: &str) -> serde_json::Value {
    let style = if many_lines { 2 } else { 1 };
    json!({
        "type": 4,
        "custom_id": "text",
        "style": style,
        "label": label,
        "min_length": 1,
        "max_length": most,
        "placeholder": hint,
        "required": true,
    })
}

impl From<Box<dyn std::error::Error + Send + Sync>> for Trouble {
    fn from(error: Box<dyn std::error::Error + Send + Sync>) -> Self {
        anyhow::anyhow!("{error}").into()
    }
}

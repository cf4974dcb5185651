//! Putting players into a group that is chosen afterwards: the menu of groups, the name of a new one.
//!
//! Who the players are comes from a message or a report; adding them is the use cases' work.

use super::{
    commands::group,
    components::{Press, Target, Ticket, Who},
    phrases, presses,
    talk::{Done, PATIENCE, Talk},
};
use crate::{
    domain::{
        identity::{self, MAX_GROUP_NAME, PlayerInput},
        ids::GroupId,
    },
    view::card::MenuChoice,
};

/// A menu holds 25 lines; one is for a new group.
const GROUPS: usize = 24;

/// The value of the line for a new group. No id of a group looks like this.
const NEW: &str = "new";

/// Typing a name takes longer than choosing.
const PATIENCE_FOR_A_NAME: i32 = 10;

/// Every player that a message mentions, one a line, as an import takes them.
pub(super) fn lines(message: &str) -> Vec<String> {
    identity::references(message).into_iter().filter_map(line).collect()
}

fn line(player: PlayerInput) -> Option<String> {
    match player {
        PlayerInput::Player(id) => Some(id.to_string()),
        PlayerInput::Steam(id) => Some(id.to_string()),
        PlayerInput::Vanity(name) => Some(format!("https://steamcommunity.com/id/{name}")),
        // In quotes it is a name whatever it looks like.
        PlayerInput::Name(name) => Some(format!("\"{name}\"")),
        PlayerInput::Member(_) => None,
    }
}

/// Asks which group `players` are to be put into; they may be left out when it is plain who is meant.
pub(super) async fn which_group(talk: &Talk, who: Who, players: &[String]) -> Done {
    talk.app().may_change(talk.asker()).await?;
    let groups = talk.app().group_list(talk.asker()).await?.groups;
    let card = phrases::which_group(players, groups.len().saturating_sub(GROUPS));
    let mut choices: Vec<MenuChoice> = groups
        .iter()
        .take(GROUPS)
        .map(|group| MenuChoice {
            label: group.name.clone(),
            detail: crate::view::words::count(group.members, "member", "members"),
            value: group.id.to_string(),
        })
        .collect();
    choices.push(MenuChoice { label: "New group…".to_owned(), detail: String::new(), value: NEW.to_owned() });
    let id = Press::Into(talk.open(), who).id();
    talk.show_privately(&talk.plain(&card).select(&id, "Choose a group", &choices)).await
}

/// A group was chosen.
pub(super) async fn into(talk: &Talk, ticket: Ticket, who: Who, choice: &str) -> Done {
    if choice == NEW {
        if ticket.asker != talk.person() {
            return Err(phrases::not_yours(None).into());
        }
        let until = talk.now() + PATIENCE * PATIENCE_FOR_A_NAME;
        let press = Press::NewGroup(talk.door.shelf.ticket(talk.person(), until), who);
        let input = presses::input("Name of the new group", false, MAX_GROUP_NAME, "Purple Base");
        return talk.form(&press, "New group", input).await;
    }
    let group: GroupId = choice.parse().map_err(|_| phrases::stale())?;
    put(talk, ticket, who, &Target::Known(group)).await
}

/// A new group was named.
pub(super) async fn into_new(talk: &Talk, ticket: Ticket, who: Who, name: &str) -> Done {
    put(talk, ticket, who, &Target::New(name.to_owned())).await
}

async fn put(talk: &Talk, ticket: Ticket, who: Who, target: &Target) -> Done {
    /// As a use case takes them.
    enum Players {
        One(String),
        Lines(String),
    }
    let players = match who {
        Who::Player(player) => Players::One(player.to_string()),
        Who::Kept(stamp) => {
            Players::Lines(talk.door.shelf.text(&talk.asker().guild, stamp).ok_or_else(phrases::stale)?)
        }
    };
    if !talk.claim(ticket).await? {
        return Ok(());
    }
    talk.touch(false).await?;
    match players {
        Players::One(player) => group::show_add(talk, &target.input(), &player, None).await,
        Players::Lines(lines) => group::import_lines(talk, target, &lines).await,
    }
}

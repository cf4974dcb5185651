//! What only this door has to say: whose menu it is, what is out of date, which permission is missing.
//!
//! Wording alone; everything about players and groups is worded in [`crate::view`].

use jiff::Timestamp;

use super::reply::escaped;
use crate::{
    domain::{ids::ChannelId, trouble::Trouble},
    view::{
        card::{Card, Span, Text, Tone, name, plain, text},
        command::Command,
        notice,
    },
};

/// Somebody pressed on another's menu.
pub(super) fn not_yours(command: Option<Command>) -> Card {
    let card = Card::new(Tone::Quiet, text!["This menu belongs to somebody else"]);
    match command {
        Some(command) => card.line(text!["Get one of your own with ", command, "."]),
        None => card.line(text!["Use the command yourself to get one."]),
    }
}

/// A menu was used already, say by a second press.
pub(super) fn used() -> Card {
    Card::new(Tone::Quiet, text!["This was used already"]).line(text!["Nothing more was changed."])
}

/// A component of an older version, or one whose memory went with a restart.
pub(super) fn stale() -> Card {
    Card::new(Tone::Quiet, text!["This is from before the bot was restarted"])
        .line(text!["Nothing was changed. Use the command again."])
}

/// Whoever was asked did not want to.
pub(super) fn kept() -> Card {
    Card::new(Tone::Quiet, text!["Nothing was changed"])
}

/// Outside a guild there is nothing to keep.
pub(super) fn guild_only() -> Card {
    Card::new(Tone::Quiet, text!["This works on a Discord server only"])
        .line(text!["Groups belong to a Discord server. Use the command there."])
}

/// Discord showed a command as it was before an update.
pub(super) fn outdated() -> Card {
    Card::new(Tone::Caution, text!["Discord still shows an old form of this command"])
        .line(text!["Nothing was changed. Press Ctrl+R or restart Discord, then try again."])
}

/// Permissions of the bot that are missing in this channel.
pub(super) fn forbidden(missing: &[&'static str]) -> Card {
    let card = Card::new(Tone::Bad, text!["The bot may not write here"]);
    if missing.is_empty() {
        return card.line(text!["Discord refused it. Ask an admin to let the bot see this channel and write in it."]);
    }
    card.line(text![plain(format!("It lacks: {}.", missing.join(", ")))])
        .line(text!["Ask an admin to allow that in this channel's settings."])
}

/// How far a long list has come.
pub(super) fn looking_up(done: usize, of: usize) -> Card {
    Card::new(Tone::Plain, text!["Looking up the players"]).line(text![plain(format!("{done} of {of} done."))])
}

/// The question which group players go to; without `players` when it is plain from where it was asked.
pub(super) fn which_group(players: &[String], more_groups: usize) -> Card {
    let title = match players.len() {
        0 | 1 => text!["Add to which group?"],
        many => text![plain(format!("Add {many} players to which group?"))],
    };
    let card = Card::new(Tone::Plain, title);
    let card = players.iter().take(LISTED).fold(card, |card, player| card.line(text![name(player)]));
    let card = match players.len().saturating_sub(LISTED) {
        0 => card,
        more => card.line(text![plain(format!("and {more} more"))]),
    };
    match more_groups {
        0 => card,
        more => card.line(text![
            plain(format!("{more} more groups do not fit into the menu; add to those with ")),
            Command::GroupAdd,
            "."
        ]),
    }
}

/// The most players that are spelt out.
const LISTED: usize = 15;

/// A message without any player in it.
pub(super) fn no_players() -> Card {
    Card::new(Tone::Quiet, text!["No players in this message"]).line(text![
        "It holds neither a BattleMetrics or Steam link, nor an id, nor names. Add one with ",
        Command::GroupAdd,
        "."
    ])
}

/// At the end of a board that shows only its first page.
pub(super) fn more_pages(pages: usize) -> String {
    let pages = crate::view::words::count(pages, "further page", "further pages");
    format!("{pages}: press **Show all**.")
}

/// At the end of a board while nobody keeps it current.
pub(super) fn stopped(at: Timestamp) -> String {
    format!("⏸ The bot was stopped <t:{}:R>. Until it runs again, this stays as it is.", at.as_second())
}

/// Permissions of the bot that are missing where a board is to stand; nothing was put up.
pub(super) fn board_forbidden(channel: ChannelId, missing: &[&'static str]) -> Card {
    let card = Card::new(Tone::Bad, text!["The bot may not write there"]);
    let card = match missing {
        [] => card.line(text!["Discord refused it in ", Span::Channel(channel), "."]),
        missing => card.line(text![plain(format!("It lacks {} in ", missing.join(", "))), Span::Channel(channel), "."]),
    };
    card.line(text!["Ask an admin to allow that in the channel's settings, then use the command again."])
}

/// Somebody wants a board in a thread or in a post of a forum; nothing was put up.
pub(super) fn board_in_thread() -> Card {
    Card::new(Tone::Bad, text!["A board cannot stand in a thread"])
        .line(text!["Discord archives threads, and the board would stop without a word."])
        .line(text![
            "Use ",
            Command::GroupBoard,
            " again and name a text channel with the option ",
            Span::Strong("channel".into()),
            "."
        ])
}

/// A board is known, but Discord did not take its message yet.
pub(super) fn board_delayed() -> Text {
    text!["Discord does not take the message at the moment; it appears by itself as soon as it does."]
}

/// Somebody pressed on a board that shows what is so.
pub(super) fn nothing_new() -> Card {
    Card::new(Tone::Quiet, text!["Nothing new"]).line(text!["The board shows what is so now."])
}

/// Somebody pressed on a board that nobody has looked for since the start.
pub(super) fn not_looked_yet() -> Card {
    Card::new(Tone::Quiet, text!["Nothing new yet"]).line(text!["The first look is under way."])
}

/// Somebody pressed on a board, and the look that they asked for failed. `as_of` is of what the board shows, if it says who
/// is on.
pub(super) fn not_looked(trouble: &Trouble, as_of: Option<Timestamp>) -> Card {
    Card::new(Tone::Caution, text!["Nothing newer could be found out"])
        .line(notice::trouble_line(trouble))
        .line_if(as_of.map(|as_of| text!["The board shows what was so ", Span::Ago(as_of), "."]))
}

/// Somebody pressed on a board that was written just now, and there is more to show already.
pub(super) fn shown_soon() -> Card {
    Card::new(Tone::Quiet, text!["Something changed"])
        .line(text!["A board is written once in 15 seconds at most; it shows this by itself in a moment."])
}

/// Beside an answer that comes as a message of the channel, because it took so long.
pub(super) fn late(person: &str) -> String {
    format!("This took more than 15 minutes. Asked by {}.", escaped(person))
}

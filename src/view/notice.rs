//! Why something could not be done, in three lines at most: what happened, why, what to do next.
//!
//! Wording only. Which notice applies is decided by the use cases; nothing here softens or hides one.

use jiff::Timestamp;

use super::{
    card::{Card, Face, Menu, Span, Text, Tone, code, link, name, plain, text},
    choices,
    command::Command,
    words,
};
use crate::domain::{
    keeping::FileProblem,
    names,
    notice::{CannotUndo, Needs, Notice, Storage, What, Wrong},
    trouble::{Service, Trouble, TroubleKind, Unreadable},
};

/// Where a BattleMetrics token is made.
const BATTLEMETRICS_TOKENS: &str = "https://www.battlemetrics.com/developers";
/// Where a BattleMetrics account is subscribed.
const BATTLEMETRICS_PLANS: &str = "https://www.battlemetrics.com/subscription";
/// Where a Steam key is made.
const STEAM_KEYS: &str = "https://steamcommunity.com/dev/apikey";

/// A notice, ready to be shown.
pub fn card(notice: &Notice, face: Face, now: Timestamp) -> Card {
    let tone = if caution(notice) { Tone::Caution } else { Tone::Bad };
    let card = Card::new(tone, what(notice)).line_if(why(notice)).line_if(next(notice));
    match notice {
        Notice::NoSuchChoice { candidates, .. } if !candidates.is_empty() => card.menu(Menu {
            prompt: "Choose one",
            choices: candidates.iter().map(|candidate| choices::choice(candidate, face, now)).collect(),
        }),
        _ => card,
    }
}

/// What nobody foresaw: the reference leads to the log.
pub fn failure(reference: &str) -> Card {
    Card::new(Tone::Bad, text!["Something went wrong"])
        .line(text!["This is a mistake of the bot, not yours."])
        .line(text!["The log says more, under ", code(reference), "."])
}

/// A notice in one line, for lists.
pub fn brief(notice: &Notice) -> Text {
    let mut line = what(notice);
    if let Some(why) = why(notice) {
        line.extend(text![". "]);
        line.extend(why);
    }
    line
}

/// A trouble on the way of an answer that could still be given, with its remedy.
pub fn trouble_line(trouble: &Trouble) -> Text {
    with_remedy(&Notice::Outside { trouble: *trouble })
}

/// What happened and what to do next, in a line.
pub fn with_remedy(notice: &Notice) -> Text {
    let mut line = what(notice);
    line.extend(text!["."]);
    if let Some(next) = next(notice) {
        line.extend(text![" "]);
        line.extend(next);
    }
    line
}

/// What is wrong with the database, with its remedy, in one line: for the log and for lists.
pub fn storage_line(problem: Storage) -> String {
    format!("{}. {}", storage(problem), storage_remedy(problem))
}

/// Not set up or nothing there yet, rather than wrong.
fn caution(notice: &Notice) -> bool {
    matches!(
        notice,
        Notice::NoServerSet
            | Notice::NoGroups
            | Notice::EmptyGroup { .. }
            | Notice::NoBoard { .. }
            | Notice::AlreadyMember { .. }
            | Notice::NothingToUndo
            | Notice::AlreadyUndone { .. }
    )
}

fn quoted(before: &'static str, input: &str, after: &'static str) -> Text {
    text![before, "\"", name(input), "\"", after]
}

/// What happened: one phrase without a full stop.
pub fn what(notice: &Notice) -> Text {
    match notice {
        Notice::NoServerSet => text!["No server is set"],
        Notice::UnknownServer { input } => quoted("No Rust server found for ", input, ""),
        Notice::NotARustServer { input } => quoted("", input, " is not a server of the game Rust"),
        Notice::UnknownGroup { input, .. } => quoted("There is no group ", input, ""),
        Notice::NoGroups => text!["There are no groups yet"],
        Notice::UnknownMember { input, group, .. } => {
            text!["There is no member \"", name(input), "\" in ", name(group)]
        }
        Notice::EmptyGroup { group } => text![name(group), " has no members"],
        Notice::UnknownPlayer { input, .. } => quoted("No player found for ", input, ""),
        Notice::UnknownUser { input } => {
            quoted("Nobody with the Discord id ", input, " stands in the record of changes")
        }
        Notice::NoBoard { group: Some(group) } => text!["There is no board of ", name(group)],
        Notice::NoBoard { group: None } => text!["There is no such board any more"],
        Notice::GroupExists { name: group } => quoted("There is a group ", group, " already"),
        Notice::AlreadyMember { group, player, .. } => text![name(player), " is in ", name(group), " already"],
        Notice::BadInput { what, wrong: Wrong::Empty, .. } => text![plain(format!("No {} given", noun(*what)))],
        Notice::BadInput { what, input, .. } => quoted("", input, not_a(*what)),
        Notice::TooMany { what, limit } => text![plain(format!("At most {limit} {}", nouns(*what)))],
        Notice::NoSuchChoice { pick, .. } => text![plain(format!("There is no choice {pick}"))],
        Notice::SteamKeyMissing { input } => quoted("", input, " can only be looked up with a Steam key"),
        Notice::UnknownSteamProfile { input } => quoted("Steam knows no profile ", input, ""),
        Notice::NoPlayerForSteam { persona: Some(persona) } => {
            quoted("No BattleMetrics player found by the name ", persona, "")
        }
        Notice::NoPlayerForSteam { persona: None } => text!["No BattleMetrics player found for this Steam account"],
        Notice::NotAllowed { .. } => text!["You may not do this here"],
        Notice::NothingToUndo => text!["There is nothing to take back"],
        Notice::UnknownChange { change } => text![plain(format!("There is no change {change}"))],
        Notice::AlreadyUndone { change } => text![plain(format!("Change {change} was taken back already"))],
        Notice::CannotUndo { change, .. } => text![plain(format!("Change {change} cannot be taken back"))],
        Notice::UnknownTimeZone { input, .. } => quoted("There is no time zone ", input, ""),
        Notice::Outside { trouble } => text![plain(capital(&words::trouble(trouble)))],
        Notice::Storage { problem } => text![storage(*problem)],
        Notice::File { path, problem } => file(path, problem),
        Notice::GuildNotEmpty { .. } => text!["There is data in this guild already"],
        Notice::Stopped => text!["Stopped; nothing was changed"],
    }
}

/// Why it happened, where that is not plain already.
pub fn why(notice: &Notice) -> Option<Text> {
    Some(match notice {
        Notice::BadInput { wrong, .. } => return wrong_text(wrong),
        Notice::AlreadyMember { learnt_steam_id: true, .. } => {
            text!["The Steam account was not known before; it is now."]
        }
        Notice::AlreadyMember { learnt_steam_id: false, .. } => text!["Nothing was changed."],
        Notice::NoPlayerForSteam { .. } => {
            text![
                "BattleMetrics cannot be asked by Steam id, only by name, and names on Steam and in the game may differ."
            ]
        }
        Notice::NotAllowed { needs: Needs::Role { role } } => {
            text!["It takes ", Span::Role(*role), " or the right to manage this Discord server."]
        }
        Notice::NotAllowed { needs: Needs::ManageServer } => text!["It takes the right to manage this Discord server."],
        Notice::CannotUndo { why, .. } => cannot_undo(why),
        Notice::Outside { trouble } => trouble_cause(trouble),
        Notice::File { problem, .. } => return file_cause(problem),
        Notice::GuildNotEmpty { groups } => {
            let groups = words::count(*groups, "group", "groups");
            text![plain(format!("It has {groups}, and an import brings back a guild as it was, settings and all."))]
        }
        _ => return None,
    })
}

/// What to do next.
pub fn next(notice: &Notice) -> Option<Text> {
    Some(match notice {
        Notice::NoServerSet => text!["Choose one with ", Command::ServerSet, "."],
        Notice::UnknownServer { .. } => text!["Try fewer words of the name, or paste the server's BattleMetrics link."],
        Notice::NotARustServer { .. } => text!["Look for the server by name with ", Command::ServerSet, "."],
        Notice::UnknownGroup { nearest, .. } => {
            nearest_or(nearest, text!["See the groups with ", Command::GroupList, "."])
        }
        Notice::NoGroups | Notice::EmptyGroup { .. } => text!["Add a player with ", Command::GroupAdd, "."],
        Notice::UnknownMember { nearest, .. } => {
            nearest_or(nearest, text!["See the members with ", Command::GroupCheck, "."])
        }
        Notice::UnknownPlayer { nearest, .. } => {
            nearest_or(nearest, text!["Try another spelling, or paste the player's BattleMetrics link."])
        }
        Notice::UnknownUser { .. } => text!["See who does with ", Command::Audit, "."],
        Notice::NoBoard { .. } => text!["Put one up with ", Command::GroupBoard, "."],
        Notice::GroupExists { .. } => text!["Choose another name."],
        Notice::BadInput { what, .. } => return expected(*what),
        Notice::TooMany { what: What::Group, .. } => {
            text!["Delete one you no longer need with ", Command::GroupDel, "."]
        }
        Notice::TooMany { what: What::Member, .. } => {
            text!["Remove somebody with ", Command::GroupRemove, ", or use another group."]
        }
        Notice::TooMany { what: What::Board, .. } => {
            text!["Take one away that nobody reads, with its Off button."]
        }
        Notice::TooMany { what: What::Line, .. } => text!["Import the rest in a second go."],
        Notice::NoSuchChoice { candidates, .. } => {
            text![plain(format!("Pick a number from 1 to {}.", candidates.len()))]
        }
        Notice::SteamKeyMissing { .. } => text![
            "Use the profile's number (",
            Span::Code("steamcommunity.com/profiles/7656…".to_owned()),
            "), or set ",
            Span::Code("steam_key".to_owned()),
            "; a key is made at ",
            link(STEAM_KEYS, STEAM_KEYS),
        ],
        Notice::UnknownSteamProfile { .. } => text!["Check the spelling, or paste the profile's link."],
        Notice::NoPlayerForSteam { .. } => text!["Add the player by BattleMetrics link or by the name in the game."],
        Notice::NotAllowed { needs: Needs::Role { .. } } => text!["Ask somebody who has it."],
        Notice::NotAllowed { needs: Needs::ManageServer } => text!["Ask an admin."],
        Notice::UnknownChange { .. } | Notice::AlreadyUndone { .. } => {
            text!["See the changes with ", Command::Audit, "."]
        }
        Notice::CannotUndo { why: CannotUndo::NameTaken { .. }, .. } => {
            text!["Rename the other group with ", Command::GroupChange, ", then try again."]
        }
        Notice::CannotUndo { why: CannotUndo::ChangedSince, .. } => {
            text!["Take the later change back first; ", Command::Audit, " lists it."]
        }
        Notice::UnknownTimeZone { nearest, .. } => {
            nearest_or(nearest, text!["Write it like ", Span::Code("Europe/Berlin".to_owned()), "."])
        }
        Notice::Outside { trouble } => return remedy(trouble),
        Notice::Storage { problem } => text![storage_remedy(*problem)],
        Notice::File { problem, .. } => text![file_remedy(problem)?],
        Notice::GuildNotEmpty { .. } => {
            text!["Name another guild with ", Span::Code("--guild".to_owned()), ", or use another --data-dir."]
        }
        Notice::Stopped => return None,
        Notice::AlreadyMember { .. }
        | Notice::NothingToUndo
        | Notice::TooMany { .. }
        | Notice::CannotUndo { why: CannotUndo::Gone, .. } => {
            return None;
        }
    })
}

fn file(path: &str, problem: &FileProblem) -> Text {
    let what = match problem {
        FileProblem::Missing => " does not exist",
        FileProblem::Exists => " exists already",
        FileProblem::Unusable { .. } => " cannot be used",
        FileProblem::InUse { by_bot: true } => " is in use by the running bot",
        FileProblem::InUse { by_bot: false } => " is in use by another program",
        FileProblem::NotABackup => " is not a backup of RustOps",
        FileProblem::Damaged { .. } => " is damaged",
        FileProblem::Newer { .. } => " was written by a newer RustOps",
        FileProblem::Malformed { .. } => " cannot be understood",
        FileProblem::Encoding { .. } => " is not UTF-8 text",
        FileProblem::NotPlain => " is a dump that only pg_restore can read",
        FileProblem::NothingInside => " holds nothing to import",
        FileProblem::TooLarge { .. } => " is too large",
    };
    text![Span::Code(names::cut(&names::shown(path), 300)), what]
}

fn file_cause(problem: &FileProblem) -> Option<Text> {
    Some(match problem {
        FileProblem::Unusable { cause } => text![name(cause), "."],
        FileProblem::Damaged { detail } | FileProblem::Malformed { line: None, detail } => text![name(detail), "."],
        FileProblem::Malformed { line: Some(line), detail } => {
            text![plain(format!("Line {line}: ")), name(detail), "."]
        }
        FileProblem::Newer { found, known } => {
            text![plain(format!("Its data has version {found}, this program knows {known}."))]
        }
        FileProblem::Encoding { found } => text!["It seems to be ", name(found), "."],
        FileProblem::TooLarge { limit } => text![plain(format!("At most {limit} can be read."))],
        _ => return None,
    })
}

fn file_remedy(problem: &FileProblem) -> Option<&'static str> {
    Some(match problem {
        FileProblem::Missing => "Check the path.",
        FileProblem::Exists => "Choose another name, or move it away.",
        FileProblem::InUse { by_bot: true } => "Stop the bot first, then try again.",
        FileProblem::InUse { by_bot: false } => "Wait until it has ended, then try again.",
        FileProblem::NotABackup => "Give a file that rustops backup made, or a copy of a database.",
        FileProblem::Damaged { .. } => "Nothing was changed. Try an older one.",
        FileProblem::Newer { .. } => "Nothing was changed. Use the newer RustOps.",
        FileProblem::Encoding { .. } => "Make it again in UTF-8; with pg_dump: --encoding=UTF8 --file=FILE.",
        FileProblem::NotPlain => "Make it again with pg_dump --format=plain.",
        FileProblem::NothingInside => "Check that it is the right file.",
        FileProblem::Unusable { .. } | FileProblem::Malformed { .. } | FileProblem::TooLarge { .. } => return None,
    })
}

fn nearest_or(nearest: &[String], otherwise: Text) -> Text {
    let mut line = text!["Did you mean "];
    for (index, near) in nearest.iter().enumerate() {
        let comma = match index {
            0 => "",
            _ if index + 1 == nearest.len() => " or ",
            _ => ", ",
        };
        line.extend(text![comma, name(near)]);
    }
    line.extend(text!["?"]);
    if nearest.is_empty() { otherwise } else { line }
}

fn noun(what: What) -> &'static str {
    match what {
        What::Player => "player",
        What::Group => "group name",
        What::Member => "member",
        What::Server => "server",
        What::Line => "player",
        What::Guild => "guild",
        What::Role => "role",
        What::Channel => "channel",
        What::Board => "board",
    }
}

fn nouns(what: What) -> &'static str {
    match what {
        What::Player => "players",
        What::Group => "groups",
        What::Member => "members in a group",
        What::Server => "servers",
        What::Line => "lines at once",
        What::Guild => "guilds",
        What::Role => "roles",
        What::Channel => "channels",
        What::Board => "boards",
    }
}

fn not_a(what: What) -> &'static str {
    match what {
        What::Player | What::Member | What::Line => " is no player that can be looked up",
        What::Group => " cannot be a group's name",
        What::Server => " is no server that can be looked up",
        What::Guild => " is no guild key",
        What::Role => " is no role",
        What::Channel => " is no channel",
        What::Board => " is no board",
    }
}

fn wrong_text(wrong: &Wrong) -> Option<Text> {
    Some(match wrong {
        Wrong::Empty | Wrong::Form => return None,
        Wrong::TooLong { limit } => text![plain(format!("It has more than {limit} characters."))],
        Wrong::Control => text!["It holds line breaks or characters that cannot be shown."],
        Wrong::ForeignSite { host } if host.is_empty() => text!["The link is not one of BattleMetrics or Steam."],
        Wrong::ForeignSite { host } => text!["The link leads to ", name(host), ", not to BattleMetrics or Steam."],
        Wrong::OtherPage => text!["The link leads to another kind of page."],
        Wrong::SteamGroup => text!["The link leads to a Steam group."],
        Wrong::SteamGameServer => text!["The number is that of a game server."],
        Wrong::NotAPerson => text!["The number belongs to no person on Steam."],
        Wrong::BareNumber => text!["The number is neither a BattleMetrics nor a Steam id for sure."],
    })
}

fn expected(what: What) -> Option<Text> {
    Some(match what {
        What::Player | What::Member | What::Line => {
            text!["Give a name, a BattleMetrics or Steam link, or an id; a name made of digits goes in double quotes."]
        }
        What::Group => text!["Give a name of 1 to 64 characters."],
        What::Server => text!["Give a name, a BattleMetrics link or an id."],
        What::Guild => text!["Use 1 to 32 of a-z, 0-9, - and _."],
        What::Role => text!["Give a role of this Discord server, or ", Span::Code("everyone".to_owned()), "."],
        What::Channel => text!["Give a channel of this Discord server, or ", Span::Code("none".to_owned()), "."],
        What::Board => return None,
    })
}

fn cannot_undo(why: &CannotUndo) -> Text {
    match why {
        CannotUndo::NameTaken { name: taken } => text!["Another group is called \"", name(taken), "\" by now."],
        CannotUndo::Gone => text!["What it changed does not exist any more."],
        CannotUndo::ChangedSince => text!["The same thing was changed again since."],
    }
}

fn trouble_cause(trouble: &Trouble) -> Text {
    let who = words::service(trouble.service);
    match trouble.kind {
        TroubleKind::TokenMissing => text![plain(format!("Without it {who} answers nothing."))],
        TroubleKind::TokenRefused => {
            text![plain(format!("The {} is misspelt, revoked or expired.", words::credential(trouble.service)))]
        }
        TroubleKind::NoSubscription => {
            text!["Since July 2026 BattleMetrics answers only accounts with a paid plan. The token itself is fine."]
        }
        TroubleKind::Forbidden => text!["The token is fine, but its account may not do this."],
        TroubleKind::Blocked => text![plain(format!("The network edge before {who} blocked this machine."))],
        TroubleKind::LimitReached { until } => {
            text!["Too many requests. It goes on by itself: ", Span::Ago(until), "."]
        }
        TroubleKind::NotFound => text![plain(format!("{who} has no such entry, or no longer."))],
        TroubleKind::Rejected => text!["The request has a form that the service does not know."],
        TroubleKind::Down { status } => text![plain(format!("It answered with status {status}."))],
        TroubleKind::Unreachable => text!["No connection: no network, no such host, or refused."],
        TroubleKind::TimedOut => text!["The service or the network is slow."],
        TroubleKind::Unreadable { what } => text![unreadable(what)],
    }
}

fn unreadable(what: Unreadable) -> &'static str {
    match what {
        Unreadable::Html => "It sent a web page instead of data.",
        Unreadable::Empty => "It sent nothing.",
        Unreadable::Truncated => "The data stopped in the middle.",
        Unreadable::TooDeep => "The data was nested too deep.",
        Unreadable::TooLarge => "It sent far more data than expected.",
        Unreadable::Shape => "The data had another shape than documented.",
        Unreadable::Elsewhere => "It pointed to another address.",
    }
}

fn remedy(trouble: &Trouble) -> Option<Text> {
    let setting = match trouble.service {
        Service::BattleMetrics => "battlemetrics_token",
        Service::Steam => "steam_key",
    };
    let page = match trouble.service {
        Service::BattleMetrics => BATTLEMETRICS_TOKENS,
        Service::Steam => STEAM_KEYS,
    };
    Some(match trouble.kind {
        TroubleKind::TokenMissing | TroubleKind::TokenRefused => {
            text![
                "Whoever runs the bot: make one at ",
                link(page, page),
                " and set it as ",
                Span::Code(setting.to_owned()),
                "."
            ]
        }
        TroubleKind::NoSubscription => text![
            "Whoever runs the bot: subscribe the token's account at ",
            link(BATTLEMETRICS_PLANS, BATTLEMETRICS_PLANS),
            "; the Basic plan should do."
        ],
        TroubleKind::Forbidden => {
            text!["Whoever runs the bot: use the token of an account that may, or a larger plan."]
        }
        TroubleKind::Blocked => text!["Try again in some minutes; a VPN or a rented server may be the reason."],
        TroubleKind::Rejected
        | TroubleKind::Unreadable { what: Unreadable::Shape | Unreadable::TooDeep | Unreadable::Elsewhere } => {
            text!["If it stays so, look for a newer version of the bot."]
        }
        TroubleKind::Down { .. } | TroubleKind::TimedOut | TroubleKind::Unreadable { .. } => {
            text!["Try again in a minute."]
        }
        TroubleKind::Unreachable => text!["Check the network of the machine that runs the bot, then try again."],
        TroubleKind::NotFound => text!["Check the id or the link."],
        TroubleKind::LimitReached { .. } => return None,
    })
}

fn storage(problem: Storage) -> &'static str {
    match problem {
        Storage::Full => "Nothing was saved: the disk is full",
        Storage::ReadOnly => "Nothing was saved: the database may only be read",
        Storage::Busy => "Nothing was saved: the database is in use",
        Storage::Corrupt => "The database is damaged",
        Storage::Failing => "Nothing was saved: the disk fails",
    }
}

fn storage_remedy(problem: Storage) -> &'static str {
    match problem {
        Storage::Full => "Whoever runs the bot: make room on the disk, then try again.",
        Storage::ReadOnly => {
            "Whoever runs the bot: check who owns the data directory and whether the disk is mounted to be written."
        }
        Storage::Busy => "Try again in a moment; another program keeps the file locked.",
        Storage::Corrupt => {
            "Whoever runs the bot: stop it and restore the newest snapshot from the folder backups in the data directory: rustops restore FILE"
        }
        Storage::Failing => {
            "Whoever runs the bot: look for errors of the disk (dmesg), bring the backups to safety, and replace it if it is worn out."
        }
    }
}

/// The phrase with a capital letter, to begin a sentence.
fn capital(phrase: &str) -> String {
    let mut letters = phrase.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests;

//! What a user is told when something cannot be done: each variant says enough to word the cause and the next step.
//!
//! Only what happened, as data. The words are in `view::notice`; what nobody foresaw is a `Failure` in `crate::error`.

use serde::Serialize;

use super::{
    ids::{ChangeId, RoleId},
    keeping::FileProblem,
    report::Candidate,
    trouble::Trouble,
};

/// Who has to act, and with it the exit code of the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The request cannot be carried out as asked, or names what does not exist.
    Request,
    /// An outside service failed.
    Outside,
}

/// Something that was asked for cannot be done; each says enough to word the cause and the next step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Notice {
    /// No server is set in this guild.
    NoServerSet,
    /// The search found no server.
    UnknownServer {
        /// What was asked for.
        input: String,
    },
    /// The id is no server of the game Rust, or no server at all.
    NotARustServer {
        /// What was asked for.
        input: String,
    },
    /// No group of that name.
    UnknownGroup {
        /// What was asked for.
        input: String,
        /// The nearest names, best first.
        nearest: Vec<String>,
    },
    /// The guild has no group at all.
    NoGroups,
    /// The group has no such member.
    UnknownMember {
        /// What was asked for.
        input: String,
        /// The group's name.
        group: String,
        /// The nearest names, best first.
        nearest: Vec<String>,
    },
    /// The group has no members.
    EmptyGroup {
        /// The group's name.
        group: String,
    },
    /// No player of that name or id.
    UnknownPlayer {
        /// What was asked for.
        input: String,
        /// The nearest names that are known, best first.
        nearest: Vec<String>,
    },
    /// Nobody of that Discord id stands in the record of changes.
    UnknownUser {
        /// What was asked for.
        input: String,
    },
    /// There is no board of the group, or of all groups, to take away.
    NoBoard {
        /// The group's name; none: all groups, or one that is not known any more.
        group: Option<String>,
    },
    /// Another living group has this name.
    GroupExists {
        /// Its name, as written there.
        name: String,
    },
    /// The player is in the group already.
    AlreadyMember {
        /// The group's name.
        group: String,
        /// The member's name.
        player: String,
        /// Whether a missing Steam id was learnt from it.
        learnt_steam_id: bool,
    },
    /// The text is no name, id or link that can be used; says which and why.
    BadInput {
        /// What it was meant to be.
        what: What,
        /// What is wrong with it.
        wrong: Wrong,
        /// The input, cut to a readable length.
        input: String,
    },
    /// The guild has as many of these as it may.
    TooMany {
        /// Of what.
        what: What,
        /// The most.
        limit: usize,
    },
    /// `--pick` names a line that is not there.
    NoSuchChoice {
        /// The number asked for, from 1.
        pick: usize,
        /// What there is to choose from.
        candidates: Vec<Candidate>,
    },
    /// Names in Steam links can only be looked up with a Steam key.
    SteamKeyMissing {
        /// The link or name.
        input: String,
    },
    /// Steam knows no such profile.
    UnknownSteamProfile {
        /// The link or name.
        input: String,
    },
    /// The Steam account is known, but no BattleMetrics player could be found by its name.
    NoPlayerForSteam {
        /// The account's name, if known.
        persona: Option<String>,
    },
    /// The asker may not change things here.
    NotAllowed {
        /// Who may.
        needs: Needs,
    },
    /// There is no change to take back.
    NothingToUndo,
    /// No change of that number in this guild.
    UnknownChange {
        /// The number.
        change: ChangeId,
    },
    /// The change has been taken back already.
    AlreadyUndone {
        /// The number.
        change: ChangeId,
    },
    /// Taking the change back would break what was made since.
    CannotUndo {
        /// The number.
        change: ChangeId,
        /// Why.
        why: CannotUndo,
    },
    /// No such time zone.
    UnknownTimeZone {
        /// What was asked for.
        input: String,
        /// The nearest names, best first.
        nearest: Vec<String>,
    },
    /// An outside service failed.
    Outside {
        /// How.
        #[serde(flatten)]
        trouble: Trouble,
    },
    /// The database cannot be written.
    Storage {
        /// Why.
        problem: Storage,
    },
    /// A file cannot be used.
    File {
        /// Which, as it was given.
        path: String,
        /// Why.
        #[serde(flatten)]
        problem: FileProblem,
    },
    /// The guild holds data of its own, which an import would mix up.
    GuildNotEmpty {
        /// Its living groups.
        groups: usize,
    },
    /// The work was stopped; nothing was changed.
    Stopped,
}

/// What a text was meant to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A player.
    Player,
    /// A group.
    Group,
    /// A member of a group.
    Member,
    /// A game server.
    Server,
    /// Lines of an import.
    Line,
    /// A guild's key.
    Guild,
    /// A role.
    Role,
    /// A channel.
    Channel,
    /// A board.
    Board,
}

/// What is wrong with an input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "wrong", rename_all = "snake_case")]
pub enum Wrong {
    /// Nothing, or nothing but blanks.
    Empty,
    /// Longer than it may be.
    TooLong {
        /// The most characters.
        limit: usize,
    },
    /// Holds control characters or line breaks.
    Control,
    /// A link to a site that is neither BattleMetrics nor Steam.
    ForeignSite {
        /// The host, or an empty text.
        host: String,
    },
    /// A link to another kind of page of the right site.
    OtherPage,
    /// A Steam group.
    SteamGroup,
    /// A Steam game server.
    SteamGameServer,
    /// A number in a Steam form that no person has.
    NotAPerson,
    /// A bare number that may be several things, or is out of every range.
    BareNumber,
    /// Text of no known form.
    Form,
}

/// Who may do what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "who", rename_all = "snake_case")]
pub enum Needs {
    /// Members with this role, and those who may manage the Discord server.
    Role {
        /// Which.
        role: RoleId,
    },
    /// Those who may manage the Discord server.
    ManageServer,
}

/// Why a change cannot be taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum CannotUndo {
    /// Another group has the name by now.
    NameTaken {
        /// The name.
        name: String,
    },
    /// What it changed does not exist any more.
    Gone,
    /// It was changed again since; that change has to be taken back first.
    ChangedSince,
}

/// Why the database cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Storage {
    /// The disk is full.
    Full,
    /// The file or the disk may only be read.
    ReadOnly,
    /// Another process kept the file locked for too long.
    Busy,
    /// The file is damaged.
    Corrupt,
    /// The disk does not do what it is asked.
    Failing,
}

impl Notice {
    /// Who has to act.
    pub fn blame(&self) -> Blame {
        match self {
            // A key that is missing is as one that is refused.
            Self::Outside { .. } | Self::SteamKeyMissing { .. } => Blame::Outside,
            _ => Blame::Request,
        }
    }
}

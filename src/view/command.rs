//! The commands as answers refer to them: their names on both faces, what they do in a few words, who may use them.
//!
//! Only for reading. How commands are registered or parsed is known by the doors.

/// A command of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Command {
    /// `/server set`
    ServerSet,
    /// `/server get`
    ServerGet,
    /// `/server clear`
    ServerClear,
    /// `/group list`
    GroupList,
    /// `/group add`
    GroupAdd,
    /// `/group import`
    GroupImport,
    /// `/group remove`
    GroupRemove,
    /// `/group check`
    GroupCheck,
    /// `/group history`
    GroupHistory,
    /// `/group del`
    GroupDel,
    /// `/group change`
    GroupChange,
    /// `/group update`
    GroupUpdate,
    /// `/group server`
    GroupServer,
    /// `/group board`
    GroupBoard,
    /// `/player check`
    PlayerCheck,
    /// `/player history`
    PlayerHistory,
    /// `/rustops status`
    Status,
    /// `/rustops settings`
    Settings,
    /// `/rustops audit`
    Audit,
    /// `/rustops undo`
    Undo,
    /// `/rustops forget`
    Forget,
    /// `/rustops help`
    Help,
    /// `/rustops about`
    About,
}

/// What somebody has to be allowed for a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// To look.
    Look,
    /// To change groups and the server.
    Change,
    /// To change the settings.
    Manage,
}

impl Command {
    /// Every command, in the order in which they are listed.
    pub const ALL: [Self; 23] = [
        Self::ServerSet,
        Self::ServerGet,
        Self::ServerClear,
        Self::GroupCheck,
        Self::GroupList,
        Self::GroupHistory,
        Self::GroupAdd,
        Self::GroupImport,
        Self::GroupRemove,
        Self::GroupChange,
        Self::GroupServer,
        Self::GroupBoard,
        Self::GroupUpdate,
        Self::GroupDel,
        Self::PlayerCheck,
        Self::PlayerHistory,
        Self::Status,
        Self::Settings,
        Self::Audit,
        Self::Undo,
        Self::Forget,
        Self::Help,
        Self::About,
    ];

    /// The name on Discord, without the slash: `group check`.
    pub fn discord(self) -> &'static str {
        match self {
            Self::ServerSet => "server set",
            Self::ServerGet => "server get",
            Self::ServerClear => "server clear",
            Self::GroupList => "group list",
            Self::GroupAdd => "group add",
            Self::GroupImport => "group import",
            Self::GroupRemove => "group remove",
            Self::GroupCheck => "group check",
            Self::GroupDel => "group del",
            Self::GroupChange => "group change",
            Self::GroupUpdate => "group update",
            Self::GroupServer => "group server",
            Self::GroupBoard => "group board",
            Self::GroupHistory => "group history",
            Self::PlayerCheck => "player check",
            Self::PlayerHistory => "player history",
            Self::Status => "rustops status",
            Self::Settings => "rustops settings",
            Self::Audit => "rustops audit",
            Self::Undo => "rustops undo",
            Self::Forget => "rustops forget",
            Self::Help => "rustops help",
            Self::About => "rustops about",
        }
    }

    /// What is typed in a terminal: `rustops group check`.
    pub fn terminal(self) -> String {
        match self {
            Self::Status | Self::Settings | Self::Audit | Self::Undo | Self::Help | Self::About => {
                self.discord().to_owned()
            }
            Self::Forget => "rustops forget player".to_owned(),
            _ => format!("rustops {}", self.discord()),
        }
    }

    /// What it does, in a few words.
    pub fn what(self) -> &'static str {
        match self {
            Self::ServerSet => "choose the Rust server to look at",
            Self::ServerGet => "players, map, wipes and address of the server",
            Self::ServerClear => "stop looking at the server",
            Self::GroupList => "all groups",
            Self::GroupAdd => "add a player, and make the group if it is new",
            Self::GroupImport => "add many players at once",
            Self::GroupRemove => "remove a player",
            Self::GroupCheck => "who is online, and when the rest were last seen",
            Self::GroupDel => "delete a group",
            Self::GroupChange => "rename a group",
            Self::GroupUpdate => "read the players' names again",
            Self::GroupServer => "give a group a server of its own",
            Self::GroupBoard => "a message that keeps itself current",
            Self::GroupHistory => "how long the members were on",
            Self::PlayerHistory => "how long a player was on, session by session",
            Self::PlayerCheck => "one player: online or last seen, sessions, names",
            Self::Status => "how the bot is doing",
            Self::Settings => "time zone, who may change things, log channel",
            Self::Audit => "the last changes",
            Self::Undo => "take a change back",
            Self::Forget => "remove a person's data for good",
            Self::Help => "this list",
            Self::About => "version, licence, link",
        }
    }

    /// Who may use it.
    pub fn right(self) -> Right {
        match self {
            Self::ServerGet
            | Self::GroupList
            | Self::GroupCheck
            | Self::GroupHistory
            | Self::PlayerCheck
            | Self::PlayerHistory
            | Self::Status
            | Self::Audit
            | Self::Help
            | Self::About => Right::Look,
            Self::Settings | Self::Forget => Right::Manage,
            Self::ServerSet
            | Self::ServerClear
            | Self::GroupAdd
            | Self::GroupImport
            | Self::GroupRemove
            | Self::GroupDel
            | Self::GroupChange
            | Self::GroupUpdate
            | Self::GroupServer
            | Self::GroupBoard
            | Self::Undo => Right::Change,
        }
    }
}

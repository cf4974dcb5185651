//! What a user pasted: recognised by one pure parser. No network; what needs a look-up is only named.

use super::{
    ids::{MemberId, PlayerId, ServerId, SteamId},
    notice::Wrong,
};

/// What a `player` argument means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlayerInput {
    /// A BattleMetrics player: id, URL, or a suggestion that was picked.
    Player(PlayerId),
    /// A Steam account, decoded offline.
    Steam(SteamId),
    /// A Steam profile by its vanity name: Steam has to be asked.
    Vanity(String),
    /// A name to look for. Text in double quotes is always a name.
    Name(String),
    /// A member of a group by our own id (`member:7`), as menus hand it back.
    Member(MemberId),
}

/// What a `server` argument means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerInput {
    /// A BattleMetrics server: id or URL.
    Id(ServerId),
    /// A name to look for.
    Name(String),
}

/// Reads a `player` argument.
///
/// # Errors
/// Says what is wrong with the text.
pub fn player(text: &str) -> Result<PlayerInput, Wrong> {
    let _ = text;
    Err(Wrong::Form)
}

/// Reads a `server` argument.
///
/// # Errors
/// Says what is wrong with the text.
pub fn server(text: &str) -> Result<ServerInput, Wrong> {
    let _ = text;
    Err(Wrong::Form)
}

/// Reads a group's name: trimmed, inner runs of blanks made one, 1 to [`MAX_GROUP_NAME`] characters, no control characters.
///
/// # Errors
/// Says what is wrong with the text.
pub fn group_name(text: &str) -> Result<String, Wrong> {
    let _ = text;
    Err(Wrong::Form)
}

/// The most characters of a group's name.
pub const MAX_GROUP_NAME: usize = 64;

/// Every player reference in a message: links and ids anywhere, else one name a line.
pub fn references(text: &str) -> Vec<PlayerInput> {
    let _ = text;
    Vec::new()
}

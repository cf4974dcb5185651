//! Identifiers as types of their own, so that a player can never be passed for a server.
//!
//! Only what an id *is*. What a person typed is read in [`super::identity`].

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Text that is not an id of the kind asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id")]
pub struct NotAnId;

/// A numeric id that others hand us as a decimal string: 1 to [`i64::MAX`], shown and serialised as a string
/// (JSON numbers lose precision beyond 2^53 in many readers).
macro_rules! numeric_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(u64);

        impl $name {
            /// The id with this number; `None` outside 1 to [`i64::MAX`].
            pub const fn new(number: u64) -> Option<Self> {
                if number == 0 || number > i64::MAX as u64 { None } else { Some(Self(number)) }
            }

            /// The number behind the id.
            pub const fn get(self) -> u64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Err(NotAnId);
                }
                text.parse().ok().and_then(Self::new).ok_or(NotAnId)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAnId;

            fn try_from(text: String) -> Result<Self, NotAnId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.to_string()
            }
        }
    };
}

numeric_id! {
    /// A player as BattleMetrics counts them (about 10 digits).
    PlayerId
}
numeric_id! {
    /// A game server as BattleMetrics counts them.
    ServerId
}
numeric_id! {
    /// A Steam account, in its 64-bit form (17 digits).
    SteamId
}
numeric_id! {
    /// A group of tracked players, in our own database.
    GroupId
}
numeric_id! {
    /// A member of a group, in our own database.
    MemberId
}
numeric_id! {
    /// A recorded change, in our own database: what `/rustops audit` lists and `/rustops undo` takes.
    ChangeId
}
numeric_id! {
    /// A Discord role.
    RoleId
}
numeric_id! {
    /// A Discord channel.
    ChannelId
}
numeric_id! {
    /// A Discord message.
    MessageId
}
numeric_id! {
    /// A Discord user.
    UserId
}
numeric_id! {
    /// A board, in our own database.
    BoardId
}

/// Whose data it is: a Discord guild's id, or `local` for the terminal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GuildKey(String);

impl GuildKey {
    /// The guild of the terminal unless `--guild` says otherwise.
    pub fn local() -> Self {
        Self("local".to_owned())
    }

    /// A Discord guild, by its id.
    pub fn discord(id: u64) -> Self {
        Self(id.to_string())
    }

    /// The key as it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GuildKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for GuildKey {
    type Err = NotAnId;

    /// 1 to 32 of `a-z`, `0-9`, `-`, `_`.
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let fits = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
        if (1..=32).contains(&text.len()) && text.bytes().all(fits) { Ok(Self(text.to_owned())) } else { Err(NotAnId) }
    }
}

impl TryFrom<String> for GuildKey {
    type Error = NotAnId;

    fn try_from(text: String) -> Result<Self, NotAnId> {
        text.parse()
    }
}

impl From<GuildKey> for String {
    fn from(key: GuildKey) -> String {
        key.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_plain_decimal_number() {
        assert_eq!("1100000001".parse::<PlayerId>().unwrap().to_string(), "1100000001");
        for wrong in ["", "0", "+1", "-1", " 1", "1e3", "9223372036854775808", "99999999999999999999999", "１"] {
            assert!(wrong.parse::<PlayerId>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn an_id_travels_as_text() {
        let id = PlayerId::new(1_100_000_001).unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), r#""1100000001""#);
        assert_eq!(serde_json::from_str::<PlayerId>(r#""1100000001""#).unwrap(), id);
    }
}

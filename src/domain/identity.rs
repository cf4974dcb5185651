//! What a user pasted: recognised by one pure parser. No network; what needs a look-up is only named.

use std::{borrow::Cow, collections::HashSet};

use super::{
    ids::{MemberId, PlayerId, ServerId, SteamId},
    names,
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

/// The most characters of a player's or server's name.
pub const MAX_NAME: usize = 128;

/// The most characters of a group's name.
pub const MAX_GROUP_NAME: usize = 64;

/// The most references that are read from one message.
pub const MAX_REFERENCES: usize = 100;

/// The most bytes of an argument: room for a link with its tail, and for every name of [`MAX_NAME`].
const MAX_INPUT: usize = 1024;

/// The lengths of bare numbers that are taken for BattleMetrics ids within running text; shorter ones are counts,
/// times and ports.
const ID_IN_TEXT: std::ops::RangeInclusive<usize> = 7..=12;

/// Reads a `player` argument.
///
/// Zero-width and bidirectional marks are passed over; angle brackets around a link and backticks around an id too. A
/// number is a BattleMetrics id below 2^56 and a Steam id from there on; one that begins with 0 is a name, since no id
/// does. What is of no known form is a name of 1 to [`MAX_NAME`] characters.
///
/// # Errors
/// Says what is wrong with the text.
pub fn player(text: &str) -> Result<PlayerInput, Wrong> {
    let text = legible(text)?;
    if let Some(quoted) = quoted(&text) {
        return name(quoted, MAX_NAME).map(PlayerInput::Name);
    }
    match bare(&text, reference) {
        Some(read) => read,
        None => name(&text, MAX_NAME).map(PlayerInput::Name),
    }
}

/// Reads a `server` argument: a BattleMetrics id or link, else a name of 1 to [`MAX_NAME`] characters.
///
/// Brackets, backticks and double quotes work as in [`player`].
///
/// # Errors
/// Says what is wrong with the text.
pub fn server(text: &str) -> Result<ServerInput, Wrong> {
    let text = legible(text)?;
    if let Some(quoted) = quoted(&text) {
        return name(quoted, MAX_NAME).map(ServerInput::Name);
    }
    match bare(&text, server_reference) {
        Some(read) => read.map(ServerInput::Id),
        None => name(&text, MAX_NAME).map(ServerInput::Name),
    }
}

/// Reads a group's name: trimmed, inner runs of blanks made one, 1 to [`MAX_GROUP_NAME`] characters, no control characters.
///
/// # Errors
/// Says what is wrong with the text.
pub fn group_name(text: &str) -> Result<String, Wrong> {
    let text = legible(text)?;
    let words: Vec<&str> = text.split(names::is_blank).filter(|word| !word.is_empty()).collect();
    name(&words.join(" "), MAX_GROUP_NAME)
}

/// Every player reference in a message: links and ids anywhere, else one name a line. At most [`MAX_REFERENCES`], each
/// once.
///
/// Within running text a bare number counts as a BattleMetrics id only if it has 7 to 12 digits; alone on its line, any
/// does. Bullets, numbers and the marks and times of RustOps' own lists are taken off a line.
pub fn references(text: &str) -> Vec<PlayerInput> {
    let text = without_marks(text);
    let mut found = Vec::new();
    for line in text.lines() {
        match player(entry(line)) {
            Ok(PlayerInput::Name(_)) | Err(_) => {
                line.split(is_delimiter).flat_map(embedded).for_each(|input| keep(&mut found, input));
            }
            Ok(input) => keep(&mut found, input),
        }
        if found.len() >= MAX_REFERENCES {
            break;
        }
    }
    if found.is_empty() { names_by_line(&text) } else { found }
}

fn keep(found: &mut Vec<PlayerInput>, input: PlayerInput) {
    if found.len() < MAX_REFERENCES && !found.contains(&input) {
        found.push(input);
    }
}

fn names_by_line(text: &str) -> Vec<PlayerInput> {
    let mut met = HashSet::new();
    let names = text.lines().filter(|line| !is_frame(line)).filter_map(|line| match player(entry(line)) {
        Ok(PlayerInput::Name(name)) => Some(name),
        _ => None,
    });
    names.filter(|name| met.insert(names::folded(name))).take(MAX_REFERENCES).map(PlayerInput::Name).collect()
}

/// What stands between the words of a message. Brackets and colons are parts of ids and stay.
fn is_delimiter(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | ';' | '<' | '>' | '(' | ')' | '|' | '"' | '“' | '”' | '*' | '`' | '~')
}

/// The references in one word of a message: the word itself, else the Steam ids within it, as in links to other sites.
fn embedded(word: &str) -> Vec<PlayerInput> {
    let ends = |c: char| matches!(c, '.' | '!' | '?' | ':' | '\'' | '{' | '}' | '…' | '[' | ']');
    // The brackets of `[U:1:5]` and of a link's label cannot be told apart before the former is tried.
    let inner = word.trim_matches(ends);
    match [word, inner].into_iter().find_map(reference) {
        Some(Ok(PlayerInput::Player(_))) if is_number(inner) && !ID_IN_TEXT.contains(&inner.len()) => Vec::new(),
        Some(Ok(input)) => vec![input],
        _ => word
            .split(|c: char| !c.is_ascii_digit())
            .filter(|digits| digits.len() == 17)
            .filter_map(|digits| SteamId::from_number(digits.parse().ok()?).ok())
            .map(PlayerInput::Steam)
            .collect(),
    }
}

/// The name on a line of a list: without bullet, number, quote mark and check box before it, and without what RustOps
/// writes behind it.
fn entry(line: &str) -> &str {
    let mut rest = line.trim();
    loop {
        let bullet = ["- ", "* ", "+ ", "• ", "> ", "[X] ", "[x] ", "[ ] ", "[?] ", "🟢 ", "⚫ ", "❔ "];
        let after_bullet = bullet.iter().find_map(|bullet| rest.strip_prefix(bullet));
        match after_bullet.or_else(|| after_number(rest)) {
            Some(after) => rest = after.trim_start(),
            None => break,
        }
    }
    let tail = [" : ACTIVE", " : last seen ", " : unknown", " : OFFLINE"];
    let end = tail.iter().filter_map(|tail| rest.rfind(tail)).min();
    end.and_then(|end| rest.get(..end)).unwrap_or(rest).trim()
}

/// Whether the line is the head, rule or foot of one of RustOps' own lists, or a code fence.
fn is_frame(line: &str) -> bool {
    let line = line.trim();
    line.starts_with("```")
        || line.bytes().all(|byte| byte == b'-')
        || line.contains(" ACTIVE PLAYERS: (")
        || (line.contains(" · checked ") && line.ends_with(" ago"))
}

/// What follows `1. ` or `1) `.
fn after_number(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = (1..=3).contains(&(line.len() - rest.len()));
    rest.strip_prefix(". ").or_else(|| rest.strip_prefix(") ")).filter(|_| numbered)
}

/// The argument without what copying leaves in it: trimmed, zero-width and bidirectional marks taken out.
fn legible(text: &str) -> Result<Cow<'_, str>, Wrong> {
    if text.len() > MAX_INPUT {
        return Err(Wrong::TooLong { limit: MAX_NAME });
    }
    let text = match without_marks(text) {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    };
    if text.is_empty() {
        return Err(Wrong::Empty);
    }
    if text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        return Err(Wrong::Control);
    }
    Ok(text)
}

/// The text without zero-width and bidirectional marks; the joiner stays between emoji.
fn without_marks(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.chars().any(|c| names::is_zero_width(c) || c == '\u{200D}') {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut last = None;
    for c in text.chars() {
        if !names::is_zero_width(c) && (c != '\u{200D}' || names::joins(last, c)) {
            clean.push(c);
            last = Some(c);
        }
    }
    Cow::Owned(clean)
}

/// A name with its length checked, in characters.
fn name(text: &str, limit: usize) -> Result<String, Wrong> {
    let text = text.trim();
    if text.is_empty() {
        Err(Wrong::Empty)
    } else if text.len() > limit && text.chars().count() > limit {
        Err(Wrong::TooLong { limit })
    } else {
        Ok(text.to_owned())
    }
}

/// What stands between double quotes, straight or printed.
fn quoted(text: &str) -> Option<&str> {
    text.strip_prefix(['"', '“', '„'])?.strip_suffix(['"', '”', '“'])
}

/// Reads the text, or else what is inside its angle brackets and backticks. Names may have those too, hence the order.
fn bare<T>(text: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
    let mut inner = text;
    loop {
        if let Some(found) = read(inner) {
            return Some(found);
        }
        let peeled = [('<', '>'), ('`', '`')]
            .into_iter()
            .find_map(|(open, close)| inner.strip_prefix(open)?.strip_suffix(close));
        inner = peeled?.trim();
    }
}

/// Reads a link, an id, or a member as menus hand it back. `None`: none of them, so a name.
fn reference(text: &str) -> Option<Result<PlayerInput, Wrong>> {
    if is_number(text) {
        return number(text).map(|number| match number? {
            Number::Small(number) => PlayerId::new(number).map(PlayerInput::Player).ok_or(Wrong::BareNumber),
            Number::Steam(number) => SteamId::from_number(number).map(PlayerInput::Steam),
        });
    }
    if let Some(member) = text.strip_prefix("member:").and_then(|id| id.parse().ok()) {
        return Some(Ok(PlayerInput::Member(member)));
    }
    let steam = SteamId::from_steam2(text).or_else(|| SteamId::from_steam3(text));
    if let Some(steam) = steam {
        return Some(steam.map(PlayerInput::Steam));
    }
    let link = Link::read(text)?;
    Some(match link.site() {
        Site::BattleMetrics => battlemetrics_player(&link),
        Site::SteamCommunity => steam_profile(&link),
        Site::SteamInvite => match link.pages() {
            (Some("p"), Some(code), _) => invite(code),
            _ => Err(Wrong::OtherPage),
        },
        Site::Foreign => Err(link.foreign()),
    })
}

fn server_reference(text: &str) -> Option<Result<ServerId, Wrong>> {
    if is_number(text) {
        return number(text).map(|number| match number? {
            Number::Small(number) => ServerId::new(number).ok_or(Wrong::BareNumber),
            Number::Steam(number) => match SteamId::from_number(number) {
                Err(Wrong::SteamGameServer) => Err(Wrong::SteamGameServer),
                _ => Err(Wrong::BareNumber),
            },
        });
    }
    let link = Link::read(text)?;
    Some(match link.site() {
        Site::BattleMetrics => match link.pages() {
            (Some(servers), Some(game), Some(id)) if is(servers, "servers") && is(game, "rust") => {
                id.parse().map_err(|_| Wrong::OtherPage)
            }
            _ => Err(Wrong::OtherPage),
        },
        _ => Err(link.foreign()),
    })
}

fn battlemetrics_player(link: &Link<'_>) -> Result<PlayerInput, Wrong> {
    let id = match link.pages() {
        (Some(rcon), Some(players), Some(id)) if is(rcon, "rcon") && is(players, "players") => id,
        (Some(players), Some(id), _) if is(players, "players") => id,
        _ => return Err(Wrong::OtherPage),
    };
    id.parse().map(PlayerInput::Player).map_err(|_| Wrong::OtherPage)
}

fn steam_profile(link: &Link<'_>) -> Result<PlayerInput, Wrong> {
    match link.pages() {
        (Some(page), Some(id), _) if is(page, "profiles") => profile_id(id).map(PlayerInput::Steam),
        (Some(page), Some(vanity), _) if is(page, "id") => {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
            let is_vanity = (2..=32).contains(&vanity.len()) && vanity.bytes().all(fits);
            if is_vanity { Ok(PlayerInput::Vanity(vanity.to_owned())) } else { Err(Wrong::Form) }
        }
        (Some(page), Some(code), _) if is(page, "user") => invite(code),
        (Some(page), Some(_), _) if is(page, "groups") || is(page, "gid") => Err(Wrong::SteamGroup),
        _ => Err(Wrong::OtherPage),
    }
}

/// The id in `/profiles/<id>`: a 64-bit one, or `[U:1:n]`, whose brackets some programs encode.
fn profile_id(id: &str) -> Result<SteamId, Wrong> {
    if is_number(id) {
        return match id.parse().map(SteamId::from_number) {
            Ok(Err(Wrong::BareNumber)) | Err(_) => Err(Wrong::NotAPerson),
            Ok(read) => read,
        };
    }
    let encoded = without_prefix(id, "%5B").and_then(|rest| rest.split_at_checked(rest.len().checked_sub(3)?));
    match encoded {
        Some((inner, end)) if is(end, "%5D") => SteamId::from_steam3(&format!("[{inner}]")),
        _ => SteamId::from_steam3(id),
    }
    .unwrap_or(Err(Wrong::Form))
}

fn invite(code: &str) -> Result<PlayerInput, Wrong> {
    SteamId::from_invite(code).map(PlayerInput::Steam).ok_or(Wrong::Form)
}

/// A bare number by its size: Steam's 64-bit ids of the public universe begin at 2^56.
enum Number {
    Small(u64),
    Steam(u64),
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Reads a run of digits; `None` if it begins with 0 and so is no id.
fn number(digits: &str) -> Option<Result<Number, Wrong>> {
    if digits.starts_with('0') {
        return None;
    }
    Some(match digits.parse::<u64>() {
        Ok(number) if number >> 56 == 0 => Ok(Number::Small(number)),
        Ok(number) => Ok(Number::Steam(number)),
        Err(_) => Err(Wrong::BareNumber),
    })
}

/// A link taken apart. It is only read, never fetched.
struct Link<'a> {
    host: &'a str,
    /// Without query and fragment.
    path: &'a str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Site {
    BattleMetrics,
    SteamCommunity,
    /// `s.team`
    SteamInvite,
    Foreign,
}

impl<'a> Link<'a> {
    /// Takes a link apart. Without a scheme, only a site that is known, or a plain host with `www.` or a path, makes
    /// one: many players carry a bare site in their name.
    fn read(text: &'a str) -> Option<Self> {
        if !text.contains(['.', ':']) {
            return None;
        }
        let after_scheme = text.split_once("://").filter(|(scheme, _)| is_scheme(scheme)).map(|(_, rest)| rest);
        let rest = after_scheme.unwrap_or(text);
        let end = rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end)?;
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let host = host.rsplit_once(':').filter(|(_, port)| is_number(port)).map_or(host, |(host, _)| host);
        let link = Self { host, path: path.split(['?', '#']).next().unwrap_or(path) };
        let is_link = after_scheme.is_some()
            || link.site() != Site::Foreign
            || (!text.contains(char::is_whitespace)
                && is_host(host)
                && (path.len() > 1 || without_prefix(host, "www.").is_some()));
        is_link.then_some(link)
    }

    /// Hosts are compared whole, against a fixed list.
    fn site(&self) -> Site {
        let among = |hosts: &[&str]| hosts.iter().any(|host| is(self.host, host));
        if among(&["battlemetrics.com", "www.battlemetrics.com"]) {
            Site::BattleMetrics
        } else if among(&["steamcommunity.com", "www.steamcommunity.com", "my.steamchina.com"]) {
            Site::SteamCommunity
        } else if among(&["s.team"]) {
            Site::SteamInvite
        } else {
            Site::Foreign
        }
    }

    /// The first three parts of the path.
    fn pages(&self) -> (Option<&'a str>, Option<&'a str>, Option<&'a str>) {
        let mut pages = self.path.split(['/', '\\']).filter(|page| !page.is_empty());
        (pages.next(), pages.next(), pages.next())
    }

    fn foreign(&self) -> Wrong {
        let host = if is_host(self.host) { self.host.to_ascii_lowercase() } else { String::new() };
        Wrong::ForeignSite { host }
    }
}

fn is_scheme(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.bytes().all(fits)
}

/// Whether the text is a plain host: labels of letters, digits and dashes, the last of letters alone.
fn is_host(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty() && label.len() <= 63 && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    text.len() <= 253
        && text.split('.').all(is_label)
        && text.rsplit_once('.').is_some_and(|(_, top)| top.len() > 1 && top.bytes().all(|b| b.is_ascii_alphabetic()))
}

fn is(text: &str, word: &str) -> bool {
    text.eq_ignore_ascii_case(word)
}

fn without_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    is(head, prefix).then_some(rest)
}

#[cfg(test)]
mod tests;

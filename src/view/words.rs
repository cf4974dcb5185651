//! Small wording that every answer shares: lengths of time, counts, causes in a few words, spans as plain text.
//!
//! Facts in, text out. No layout, no markup, no remedies (those are in [`super::notice`]).

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::card::{Face, Span, Text, text};
use crate::domain::{
    facts::ServerStatus,
    presence::{Stale, Unknown},
    trouble::{Service, Trouble, TroubleKind},
};

/// Below this an instant is now: clocks differ and answers take a moment.
const NOW: SignedDuration = SignedDuration::from_secs(5);

/// Days beyond which hours say nothing any more.
const DAYS_ALONE: i64 = 30;

/// A length of time by its two largest units: `2h 13m` in the terminal, `2 h 13 m` on Discord; negative lengths are `0s`.
pub fn lasting(face: Face, length: SignedDuration) -> String {
    let seconds = length.as_secs().max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    let parts = match (days, hours, minutes) {
        (DAYS_ALONE.., _, _) => [(days, "d"), (0, "h")],
        (1.., _, _) => [(days, "d"), (hours % 24, "h")],
        (_, 1.., _) => [(hours, "h"), (minutes % 60, "m")],
        (_, _, 1..) => [(minutes, "m"), (0, "s")],
        _ => [(seconds, "s"), (0, "s")],
    };
    let gap = if face == Face::Discord { " " } else { "" };
    let [(first, first_unit), (second, second_unit)] = parts;
    if second == 0 {
        format!("{first}{gap}{first_unit}")
    } else {
        format!("{first}{gap}{first_unit} {second}{gap}{second_unit}")
    }
}

/// How far `at` is from `now`: `8h 49m ago`, `just now`, `in 3d 4h`.
pub fn ago(face: Face, at: Timestamp, now: Timestamp) -> String {
    let passed = now.duration_since(at);
    if passed.abs() < NOW {
        "just now".to_owned()
    } else if passed.is_negative() {
        format!("in {}", lasting(face, passed.abs()))
    } else {
        format!("{} ago", lasting(face, passed))
    }
}

/// Date and time in a zone: `2026-06-16 21:20 CEST`.
pub fn at(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %Z").to_string()
}

/// A number and its noun: `1 player`, `7 players`.
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// A number of bytes: `512 B`, `3.4 MB`.
pub fn bytes(number: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if number < 1000 {
        return format!("{number} B");
    }
    let mut tenths = number / 100;
    let mut unit = "kB";
    for larger in UNITS.into_iter().skip(1) {
        if tenths < 10_000 {
            break;
        }
        tenths /= 1000;
        unit = larger;
    }
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

/// A service by its name.
pub fn service(service: Service) -> &'static str {
    match service {
        Service::BattleMetrics => "BattleMetrics",
        Service::Steam => "Steam",
    }
}

/// What a service wants for a password: BattleMetrics a token, Steam a key.
pub fn credential(service: Service) -> &'static str {
    match service {
        Service::BattleMetrics => "token",
        Service::Steam => "key",
    }
}

/// A server's state in one word.
pub fn server_status(status: ServerStatus) -> &'static str {
    match status {
        ServerStatus::Online => "online",
        ServerStatus::Offline => "offline",
        ServerStatus::Dead => "dead",
        ServerStatus::Invalid => "invalid",
        ServerStatus::Removed => "removed from BattleMetrics",
        ServerStatus::Other => "unknown",
    }
}

/// Why a presence is not known.
pub fn cause(cause: &Unknown) -> String {
    match cause {
        Unknown::NeverSeen => "not seen on this server since added".to_owned(),
        Unknown::PrivateProfile => "the profile is private now".to_owned(),
        Unknown::NotLinked => "no BattleMetrics player linked".to_owned(),
        Unknown::NamesHidden => "this server hides names".to_owned(),
        Unknown::NotObserved { .. } => "nobody looked for a while; it is being found out".to_owned(),
        Unknown::Stale { why } => stale(why),
        Unknown::Trouble { trouble: problem } => trouble(problem),
    }
}

/// Why a roster is not believed.
pub fn stale(why: &Stale) -> String {
    match why {
        Stale::ServerDown { status: ServerStatus::Removed, .. } => {
            "the server was removed from BattleMetrics".to_owned()
        }
        Stale::ServerDown { status, .. } => format!("the server is {}", server_status(*status)),
        Stale::NotQueried { .. } => "BattleMetrics cannot query the server".to_owned(),
        Stale::TooOld { .. } => "the player list is too old".to_owned(),
        Stale::WrongClock { ahead } => {
            let way = if ahead.is_negative() { "behind" } else { "ahead" };
            format!("the clock of the bot's machine is {} {way}", lasting(Face::Terminal, ahead.abs()))
        }
    }
}

/// Why a roster is not believed, as a sentence with the time since when.
pub fn stale_line(why: &Stale) -> Text {
    let mut line = text!["Who is online cannot be told: ", super::card::plain(stale(why))];
    let (Stale::ServerDown { since, .. } | Stale::NotQueried { since } | Stale::TooOld { since }) = *why else {
        line.extend(text![". Whoever runs the bot: set the clock (timedatectl set-ntp true); the rest mends itself."]);
        return line;
    };
    match since {
        Some(since) => line.extend(text![". Last update ", Span::Ago(since), "."]),
        None => line.extend(text!["."]),
    }
    line
}

/// What went wrong with a service.
pub fn trouble(trouble: &Trouble) -> String {
    let (who, what) = (service(trouble.service), credential(trouble.service));
    match trouble.kind {
        TroubleKind::TokenMissing => format!("no {who} {what} is set"),
        TroubleKind::TokenRefused => format!("{who} refused the {what}"),
        TroubleKind::NoSubscription => format!("no {who} subscription"),
        TroubleKind::Forbidden => format!("{who} does not allow it"),
        TroubleKind::Blocked => format!("{who} turned the request away"),
        TroubleKind::LimitReached { .. } => format!("the request limit of {who} is reached"),
        TroubleKind::NotFound => format!("not found on {who}"),
        TroubleKind::Rejected => format!("{who} did not understand the request"),
        TroubleKind::Down { .. } => format!("{who} has a fault"),
        TroubleKind::Unreachable => format!("{who} cannot be reached"),
        TroubleKind::TimedOut => format!("{who} did not answer in time"),
        TroubleKind::Unreadable { .. } => format!("{who} sent an unreadable answer"),
    }
}

/// Each line once, without those that were `said` before.
pub(super) fn each_once(lines: impl IntoIterator<Item = Text>, said: &[Text]) -> Vec<Text> {
    let mut new: Vec<Text> = Vec::new();
    for line in lines {
        if !said.contains(&line) && !new.contains(&line) {
            new.push(line);
        }
    }
    new
}

/// Spans without any markup, for titles, footers, menus and JSON. Instants are printed in UTC.
pub fn flat(face: Face, line: &[Span], now: Timestamp) -> String {
    line.iter().map(|span| piece(face, span, now, &TimeZone::UTC)).collect()
}

/// One span without any markup.
pub fn piece(face: Face, span: &Span, now: Timestamp, zone: &TimeZone) -> String {
    match span {
        Span::Plain(words) | Span::Strong(words) => words.clone().into_owned(),
        Span::Name(name) | Span::StrongName(name) | Span::Code(name) | Span::Actor { name, .. } => name.clone(),
        Span::Command(command) if face == Face::Discord => format!("/{}", command.discord()),
        Span::Command(command) => command.terminal(),
        Span::Ago(instant) => ago(face, *instant, now),
        Span::At(instant) => at(*instant, zone),
        Span::Lasting(length) => lasting(face, *length),
        Span::Link { label, url } if label == url => url.clone(),
        Span::Link { label, url } => format!("{label} {url}"),
        Span::Role(role) => format!("role {role}"),
        Span::Channel(channel) => format!("channel {channel}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: i64) -> SignedDuration {
        SignedDuration::from_secs(seconds)
    }

    #[test]
    fn a_length_of_time_names_its_two_largest_units() {
        let shown: Vec<_> = [-3, 0, 40, 59, 60, 780, 3600, 7980, 86_400, 273_600, 2_592_000, 40_000_000]
            .map(|length| {
                format!("{} | {}", lasting(Face::Terminal, seconds(length)), lasting(Face::Discord, seconds(length)))
            })
            .into();
        insta::assert_snapshot!(shown.join("\n"), @"
        0s | 0 s
        0s | 0 s
        40s | 40 s
        59s | 59 s
        1m | 1 m
        13m | 13 m
        1h | 1 h
        2h 13m | 2 h 13 m
        1d | 1 d
        3d 4h | 3 d 4 h
        30d | 30 d
        462d | 462 d
        ");
    }

    #[test]
    fn an_instant_is_told_by_its_distance() {
        let now = Timestamp::from_second(1_781_650_000).unwrap();
        let told = |away: i64| ago(Face::Terminal, now + seconds(away), now);
        assert_eq!(told(-31_740), "8h 49m ago");
        assert_eq!(told(-4), "just now");
        assert_eq!(told(4), "just now");
        assert_eq!(told(-5), "5s ago");
        assert_eq!(told(273_600), "in 3d 4h");
    }

    #[test]
    fn a_date_is_told_in_the_readers_zone() {
        let instant = Timestamp::from_second(1_781_650_000).unwrap();
        assert_eq!(at(instant, &TimeZone::get("Europe/Berlin").unwrap()), "2026-06-17 00:46 CEST");
    }

    #[test]
    fn bytes_are_told_by_a_fitting_unit() {
        let told = [0, 999, 1000, 12_345, 999_999, 1_000_000, 48_300_000, 7_000_000_000, u64::MAX].map(bytes);
        insta::assert_snapshot!(told.join(", "), @"0 B, 999 B, 1.0 kB, 12.3 kB, 999.9 kB, 1.0 MB, 48.3 MB, 7.0 GB, 18446744.0 TB");
    }
}

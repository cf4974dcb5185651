//! How a presence is put into words, for both faces side by side so that they stay the same words.
//!
//! Never decides what somebody's presence is; that is [`crate::domain::presence`].

use jiff::{SignedDuration, Timestamp};

use super::{
    card::{Face, Span, Text, Title, plain, text},
    words,
};
use crate::domain::{presence::Presence, report::Suggestion};

/// Sessions shorter than this have just begun.
const JUST: SignedDuration = SignedDuration::from_mins(1);

/// The mark before a name. It differs by shape, not only by colour.
pub fn mark(face: Face, presence: &Presence) -> &'static str {
    match (face, presence) {
        (Face::Discord, Presence::Online { .. }) => "🟢",
        (Face::Discord, Presence::Offline { .. }) => "⚫",
        (Face::Discord, Presence::Unknown { .. }) => "❔",
        (Face::Terminal, Presence::Online { .. }) => "[X]",
        (Face::Terminal, Presence::Offline { .. }) => "[ ]",
        (Face::Terminal, Presence::Unknown { .. }) => "[?]",
    }
}

/// What is said after the name.
pub fn state(face: Face, presence: &Presence, now: Timestamp) -> Text {
    match (face, presence) {
        (Face::Discord, Presence::Online { since: None }) => text!["online"],
        (Face::Terminal, Presence::Online { since: None }) => text!["ACTIVE"],
        (_, Presence::Online { since: Some(since) }) => online(face, now.duration_since(*since)),
        (_, Presence::Offline { last_seen }) => text!["last seen ", Span::Ago(*last_seen)],
        (_, Presence::Unknown { cause, last_seen }) => {
            let intro = if face == Face::Discord { "unknown: " } else { "unknown, " };
            let mut said = text![intro, plain(words::cause(cause))];
            if let Some(last_seen) = last_seen {
                said.extend(text![", last seen ", Span::Ago(*last_seen)]);
            }
            said
        }
    }
}

fn online(face: Face, length: SignedDuration) -> Text {
    match face {
        Face::Discord if length < JUST => text!["just joined"],
        Face::Discord => text!["for ", Span::Lasting(length)],
        Face::Terminal => text!["ACTIVE ", Span::Lasting(length)],
    }
}

/// Who is suggested: `ChennyBounce`, `Wide Awake, once Sleepy`.
pub fn called(suggestion: &Suggestion) -> String {
    match &suggestion.once {
        Some(once) => format!("{}, once {once}", suggestion.name),
        None => suggestion.name.clone(),
    }
}

/// The whole line of a member: `🟢 **ChennyBounce** · for 2 h 13 m`, `[X] ChennyBounce : ACTIVE 2h 13m`.
pub fn line(face: Face, name: &str, presence: &Presence, now: Timestamp) -> Text {
    let online = matches!(presence, Presence::Online { .. });
    let name = match face {
        Face::Discord if online => Span::StrongName(name.to_owned()),
        _ => Span::Name(name.to_owned()),
    };
    let colon = if face == Face::Discord { " · " } else { " : " };
    let mut line = text![mark(face, presence), " ", name, colon];
    line.extend(state(face, presence, now));
    line
}

/// The whole line of somebody who is no member and was never seen: `❔ Sleepy · unknown: never seen on this server`.
pub fn never_seen(face: Face, name: &str) -> Text {
    let (mark, colon, unknown) = match face {
        Face::Discord => ("❔ ", " · ", "unknown: "),
        Face::Terminal => ("[?] ", " : ", "unknown, "),
    };
    text![mark, Span::Name(name.to_owned()), colon, unknown, "never seen on this server"]
}

/// The head line: `Purple Base · 2 of 7 online`, `Purple Base ACTIVE PLAYERS: (2 / 7)`. When nothing is known of anybody, no
/// number is claimed.
pub fn title(face: Face, title: &Title) -> Text {
    match title {
        Title::Text(words) => words.clone(),
        Title::Check { group, active, total, unknown } => {
            let all_unknown = unknown == total && *total > 0;
            let counted = match face {
                Face::Discord if all_unknown => format!(" · {total} unknown"),
                Face::Discord => format!(" · {active} of {total} online"),
                Face::Terminal if all_unknown => format!(" ACTIVE PLAYERS: (? / {total})"),
                Face::Terminal => format!(" ACTIVE PLAYERS: ({active} / {total})"),
            };
            text![Span::Name(group.clone()), plain(counted)]
        }
    }
}

/// The state in a few plain words, for menus and suggestions: `online`, `last seen 3d 4h ago`, `state unknown`.
pub fn glimpse(face: Face, online: Option<bool>, last_seen: Option<Timestamp>, now: Timestamp) -> String {
    match (online, last_seen) {
        (Some(true), _) => "online".to_owned(),
        (_, Some(last_seen)) => format!("last seen {}", words::ago(face, last_seen, now)),
        (Some(false), None) => "offline".to_owned(),
        (None, None) => "state unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::presence::Unknown, view::samples};

    #[test]
    fn both_faces_say_the_same_of_everybody() {
        let now = samples::now();
        let told: Vec<_> = [
            Presence::Online { since: Some(samples::ago(133)) },
            Presence::Online { since: Some(now) },
            Presence::Online { since: Some(samples::ago(-3)) },
            Presence::Online { since: None },
            Presence::Offline { last_seen: samples::ago(529) },
            Presence::Unknown { cause: Unknown::NeverSeen, last_seen: None },
            Presence::Unknown { cause: Unknown::NotLinked, last_seen: Some(samples::ago(90)) },
        ]
        .iter()
        .flat_map(|presence| {
            [Face::Discord, Face::Terminal].map(|face| words::flat(face, &line(face, "Chenny", presence, now), now))
        })
        .collect();
        insta::assert_snapshot!(told.join("\n"), @"
        🟢 Chenny · for 2 h 13 m
        [X] Chenny : ACTIVE 2h 13m
        🟢 Chenny · just joined
        [X] Chenny : ACTIVE 0s
        🟢 Chenny · just joined
        [X] Chenny : ACTIVE 0s
        🟢 Chenny · online
        [X] Chenny : ACTIVE
        ⚫ Chenny · last seen 8 h 49 m ago
        [ ] Chenny : last seen 8h 49m ago
        ❔ Chenny · unknown: not seen on this server since added
        [?] Chenny : unknown, not seen on this server since added
        ❔ Chenny · unknown: no BattleMetrics player linked, last seen 1 h 30 m ago
        [?] Chenny : unknown, no BattleMetrics player linked, last seen 1h 30m ago
        ");
    }
}

//! What may be said of a player's presence, and when a roster may be believed.
//!
//! Pure rules; the instant is an argument. Nothing here fetches or remembers.

use std::cmp::Reverse;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{
    facts::{QueryStatus, Server, ServerStatus},
    names,
    report::MemberState,
    trouble::Trouble,
};

/// The oldest `updated_at` of a server whose player list is still believed.
pub const FRESH_FOR: SignedDuration = SignedDuration::from_secs(300);

/// By so much this machine's clock and BattleMetrics' may differ: more, and no time that is kept would be true.
pub const CLOCKS_DIFFER: SignedDuration = FRESH_FOR;

/// How long a last-seen time stays true for somebody who has not been observed since it was learnt: shorter than a
/// session worth knowing of, longer than an impatient user's second look.
pub const LAST_SEEN_HOLDS_FOR: SignedDuration = SignedDuration::from_mins(10);

/// How long somebody has to be missing before it is asked whether the profile was switched to private: a short absence is
/// the usual one.
const MISSING_FOR: SignedDuration = SignedDuration::from_mins(15);

/// How long it holds what was told of a profile.
pub const PROFILE_HOLDS_FOR: SignedDuration = SignedDuration::from_hours(24);

/// Whether somebody who is on no list may have switched the profile to private since that was last asked. Being on a list
/// shows a public profile.
pub fn may_be_private(last_seen: Option<Timestamp>, asked: Option<Timestamp>, now: Timestamp) -> bool {
    let is_missing = last_seen.is_none_or(|last_seen| now.duration_since(last_seen) >= MISSING_FOR);
    let is_told = asked.is_some_and(|asked| {
        now.duration_since(asked) < PROFILE_HOLDS_FOR && last_seen.is_none_or(|last_seen| asked > last_seen)
    });
    is_missing && !is_told
}

/// The only three things that are ever said of a player.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Presence {
    /// On the server.
    Online {
        /// Start of the session, when known.
        since: Option<Timestamp>,
    },
    /// Not on the server, and known to have been there last at that time.
    Offline {
        /// End of the last session.
        last_seen: Timestamp,
    },
    /// Not known.
    Unknown {
        /// Why not.
        #[serde(flatten)]
        cause: Unknown,
        /// The last time that is known, however old.
        last_seen: Option<Timestamp>,
    },
}

/// Why a presence is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum Unknown {
    /// BattleMetrics never saw this player on this server: plays elsewhere, has a private profile, or was never on.
    NeverSeen,
    /// The player's profile is private: BattleMetrics lists such players nowhere, whether they are on or not.
    PrivateProfile,
    /// The member is known by name only, no BattleMetrics player is linked.
    NotLinked,
    /// The server shows invented names: who is not in its list may be on it all the same.
    NamesHidden,
    /// The player is not on now, and may have been on while nobody looked: that is asked for, one player after the other.
    NotObserved {
        /// Until then it is known.
        from: Timestamp,
        /// Since then nobody was absent unseen.
        until: Timestamp,
    },
    /// The list of players cannot be trusted.
    Stale {
        /// Why not.
        #[serde(flatten)]
        why: Stale,
    },
    /// The service could not be asked.
    Trouble {
        /// What went wrong.
        trouble: Trouble,
    },
}

/// Why a roster is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Stale {
    /// The server is not online: nobody can be on it, but nobody was seen leaving either.
    ServerDown {
        /// Its state.
        status: ServerStatus,
        /// Since when nothing new is known.
        since: Option<Timestamp>,
    },
    /// BattleMetrics cannot query the server; the list is frozen.
    NotQueried {
        /// Since when nothing new is known.
        since: Option<Timestamp>,
    },
    /// The last update is too old.
    TooOld {
        /// When it was.
        since: Option<Timestamp>,
    },
    /// The clock of this machine is wrong, so that nothing can be said of when.
    WrongClock {
        /// By how much it is ahead of BattleMetrics' (negative: behind).
        ahead: SignedDuration,
    },
}

impl Stale {
    /// Since when nothing new is known, where that is told.
    pub fn since(self) -> Option<Timestamp> {
        match self {
            Self::ServerDown { since, .. } | Self::NotQueried { since } | Self::TooOld { since } => since,
            Self::WrongClock { .. } => None,
        }
    }

    /// The same, with another time since when.
    #[must_use]
    pub fn known_until(self, since: Option<Timestamp>) -> Self {
        match self {
            Self::ServerDown { status, .. } => Self::ServerDown { status, since },
            Self::NotQueried { .. } => Self::NotQueried { since },
            Self::TooOld { .. } => Self::TooOld { since },
            Self::WrongClock { ahead } => Self::WrongClock { ahead },
        }
    }
}

/// Whether this machine's clock is good enough to keep times by; `ahead` is by how much it is ahead of BattleMetrics', as
/// far as that is known.
///
/// # Errors
/// Says that it is not.
pub fn clock_holds(ahead: Option<SignedDuration>) -> Result<(), Stale> {
    match ahead.filter(|ahead| ahead.abs() > CLOCKS_DIFFER) {
        Some(ahead) => Err(Stale::WrongClock { ahead }),
        None => Ok(()),
    }
}

/// Whether `server`'s player list may be believed at `now`.
///
/// A list is trusted only if the server is online, its last query worked and the update is at most [`FRESH_FOR`] old.
/// A missing query status is tolerated; a missing `updated_at` is not, for then nothing says that the list is alive. One
/// that lies ahead shows that this machine's clock is behind.
///
/// # Errors
/// Says why it may not.
pub fn believable(server: &Server, now: Timestamp) -> Result<(), Stale> {
    let since = server.updated_at;
    if !matches!(server.status, ServerStatus::Online | ServerStatus::Other) {
        return Err(Stale::ServerDown { status: server.status, since });
    }
    if matches!(server.query_status, QueryStatus::Timeout | QueryStatus::Invalid) {
        return Err(Stale::NotQueried { since });
    }
    match since {
        Some(at) if now.duration_since(at) <= FRESH_FOR => clock_holds(Some(now.duration_since(at))),
        _ => Err(Stale::TooOld { since }),
    }
}

/// A list of a healthy server is up to a minute old when it is read, and a poll or two may find the same.
const USUAL_AGE: SignedDuration = SignedDuration::from_mins(2);

/// As of when a list speaks that is of `listed` and was read at `read`. The usual age is passed over: with it, every check
/// would seem a minute old that was made just now.
pub fn as_of(listed: Option<Timestamp>, read: Timestamp) -> Timestamp {
    listed.filter(|listed| read.duration_since(*listed) > USUAL_AGE).unwrap_or(read)
}

/// Sorts members as they are shown: the online, longest first; the offline, latest seen first; the unknown, latest seen
/// first. Who has no known time follows those who have; ties go by [`names::folded`].
pub fn order(members: &mut [MemberState]) {
    members.sort_by_cached_key(|member| {
        // Of the online, an early start comes first; of the others, a late end.
        let (rank, start, end) = match &member.presence {
            Presence::Online { since } => (0, *since, None),
            Presence::Offline { last_seen } => (1, None, Some(*last_seen)),
            Presence::Unknown { last_seen, .. } => (2, None, *last_seen),
        };
        (rank, start.is_none(), start, Reverse(end), names::folded(&member.member.name))
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        ids::{MemberId, ServerId},
        report::MemberName,
    };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_780_000_000 + second).unwrap()
    }

    fn server(status: ServerStatus, query_status: QueryStatus, updated_at: Option<Timestamp>) -> Server {
        Server {
            id: ServerId::new(1).unwrap(),
            name: "Rusty Moose".to_owned(),
            status,
            query_status,
            updated_at,
            players: None,
            max_players: None,
            queue: None,
            address: None,
            country: None,
            map: None,
            last_wipe: None,
            next_wipe: None,
        }
    }

    fn member(name: &str, presence: Presence) -> MemberState {
        let member = MemberName { id: MemberId::new(1).unwrap(), name: name.to_owned(), player: None, steam: None };
        MemberState { member, presence }
    }

    #[test]
    fn a_fresh_list_of_a_healthy_server_is_believed() {
        for query in [QueryStatus::Valid, QueryStatus::Other] {
            for status in [ServerStatus::Online, ServerStatus::Other] {
                for age in [0, 300, -60] {
                    assert_eq!(believable(&server(status, query, Some(at(0))), at(age)), Ok(()), "{status:?} {age}");
                }
            }
        }
    }

    #[test]
    fn a_list_that_is_too_old_or_has_no_age_is_not_believed() {
        let of = |updated_at| server(ServerStatus::Online, QueryStatus::Valid, updated_at);
        assert_eq!(believable(&of(Some(at(0))), at(301)), Err(Stale::TooOld { since: Some(at(0)) }));
        assert_eq!(believable(&of(None), at(0)), Err(Stale::TooOld { since: None }));
    }

    #[test]
    fn a_list_from_the_future_shows_that_the_clock_is_behind() {
        let ahead = SignedDuration::from_secs(-301);
        let list = server(ServerStatus::Online, QueryStatus::Valid, Some(at(301)));
        assert_eq!(believable(&list, at(0)), Err(Stale::WrongClock { ahead }));
    }

    #[test]
    fn clocks_that_differ_by_minutes_do_no_harm() {
        let off = |secs| clock_holds(Some(SignedDuration::from_secs(secs)));
        assert_eq!((off(300), off(-300), clock_holds(None)), (Ok(()), Ok(()), Ok(())));
        for secs in [301, -3600] {
            assert_eq!(off(secs), Err(Stale::WrongClock { ahead: SignedDuration::from_secs(secs) }));
        }
    }

    #[test]
    fn an_old_list_tells_its_own_hour_and_one_of_the_usual_age_when_it_was_read() {
        assert_eq!(as_of(Some(at(0)), at(120)), at(120));
        assert_eq!(as_of(Some(at(0)), at(121)), at(0));
        assert_eq!(as_of(None, at(121)), at(121));
    }

    #[test]
    fn a_frozen_list_is_not_believed_however_fresh() {
        for query in [QueryStatus::Timeout, QueryStatus::Invalid] {
            let frozen = server(ServerStatus::Online, query, Some(at(0)));
            assert_eq!(believable(&frozen, at(1)), Err(Stale::NotQueried { since: Some(at(0)) }));
        }
    }

    #[test]
    fn nobody_is_called_offline_because_the_server_is_down() {
        for status in [ServerStatus::Offline, ServerStatus::Dead, ServerStatus::Invalid, ServerStatus::Removed] {
            let down = server(status, QueryStatus::Timeout, Some(at(0)));
            assert_eq!(believable(&down, at(1)), Err(Stale::ServerDown { status, since: Some(at(0)) }));
        }
    }

    #[test]
    fn a_profile_is_asked_for_once_in_an_absence_and_a_day() {
        let hours = |hours: i64| at(hours * 3600);
        assert!(may_be_private(None, None, at(0)), "never seen, never asked");
        assert!(!may_be_private(Some(at(0)), None, at(899)), "a short absence");
        assert!(may_be_private(Some(at(0)), None, at(900)));
        assert!(!may_be_private(Some(at(0)), Some(at(901)), hours(24)), "asked since the visit");
        assert!(may_be_private(Some(at(950)), Some(at(901)), hours(1)), "asked before the visit");
        assert!(may_be_private(Some(at(0)), Some(at(901)), hours(25)), "a day ago");
    }

    #[test]
    fn a_group_is_listed_online_first_then_by_last_seen_then_the_unknown() {
        let online = |since| Presence::Online { since };
        let offline = |second| Presence::Offline { last_seen: at(second) };
        let unknown = |last_seen| Presence::Unknown { cause: Unknown::NeverSeen, last_seen };
        let expected = [
            member("on for long", online(Some(at(10)))),
            member("alike", online(Some(at(20)))),
            member("Älike 2", online(Some(at(20)))),
            member("a start nobody knows", online(None)),
            member("just left", offline(90)),
            member("left long ago", offline(5)),
            member("unknown, seen once", unknown(Some(at(4)))),
            member("Unknown, seen earlier", unknown(Some(at(3)))),
            member("Anna", unknown(None)),
            member("bert", unknown(None)),
        ];
        for turn in 0..expected.len() {
            let mut members = expected.clone();
            members.rotate_left(turn);
            members.reverse();
            order(&mut members);
            assert_eq!(members, expected);
        }
    }
}

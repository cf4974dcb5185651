//! Stories of `group`.

use super::*;
use crate::{
    domain::{
        presence::{Presence, Unknown},
        trouble::TroubleKind,
    },
    view::samples,
};

fn on_discord(card: &Card) -> String {
    samples::sketch(card, Face::Discord)
}

#[test]
fn a_check_on_discord() {
    insta::assert_snapshot!(on_discord(&check(&samples::group_check(""))), @"
    Caution | Purple Base · 2 of 5 online
    🟢 ChennyBounce · for 2 h 13 m
    🟢 ? · just joined
    ⚫ Hide Vest Enthusiast · last seen 1 h 15 m ago
    ⚫ Tee Higgins · last seen 8 h 19 m ago
    ❔ Sleepy · unknown: not seen on this server since added
    _ Rusty Moose |US Monthly| · checked 40 s ago
    ");
}

#[test]
fn a_frozen_server_makes_nobody_look_offline() {
    let mut told = Vec::new();
    for why in samples::stales() {
        let mut report = samples::group_check("");
        report.members.truncate(2);
        for member in &mut report.members {
            member.presence = Presence::Unknown { cause: Unknown::Stale { why }, last_seen: Some(samples::ago(90)) };
        }
        (report.active, report.unknown, report.stale) = (0, 2, Some(why));
        told.push(on_discord(&check(&report)));
    }
    insta::assert_snapshot!(told.join("\n\n"), @"
    Caution | Purple Base · 2 unknown
    ❔ ChennyBounce · unknown: the server is offline, last seen 1 h 30 m ago
    ❔ ? · unknown: the server is offline, last seen 1 h 30 m ago
    Who is online cannot be told: the server is offline. Last update 1 h 5 m ago.
    _ Rusty Moose |US Monthly| · checked 40 s ago

    Caution | Purple Base · 2 unknown
    ❔ ChennyBounce · unknown: the server was removed from BattleMetrics, last seen 1 h 30 m ago
    ❔ ? · unknown: the server was removed from BattleMetrics, last seen 1 h 30 m ago
    Who is online cannot be told: the server was removed from BattleMetrics.
    _ Rusty Moose |US Monthly| · checked 40 s ago

    Caution | Purple Base · 2 unknown
    ❔ ChennyBounce · unknown: BattleMetrics cannot query the server, last seen 1 h 30 m ago
    ❔ ? · unknown: BattleMetrics cannot query the server, last seen 1 h 30 m ago
    Who is online cannot be told: BattleMetrics cannot query the server. Last update 1 h 5 m ago.
    _ Rusty Moose |US Monthly| · checked 40 s ago

    Caution | Purple Base · 2 unknown
    ❔ ChennyBounce · unknown: the player list is too old, last seen 1 h 30 m ago
    ❔ ? · unknown: the player list is too old, last seen 1 h 30 m ago
    Who is online cannot be told: the player list is too old.
    _ Rusty Moose |US Monthly| · checked 40 s ago

    Caution | Purple Base · 2 unknown
    ❔ ChennyBounce · unknown: the clock of the bot's machine is 3h 5m behind, last seen 1 h 30 m ago
    ❔ ? · unknown: the clock of the bot's machine is 3h 5m behind, last seen 1 h 30 m ago
    Who is online cannot be told: the clock of the bot's machine is 3h 5m behind. Whoever runs the bot: set the clock (timedatectl set-ntp true); the rest mends itself.
    _ Rusty Moose |US Monthly| · checked 40 s ago
    ");
}

#[test]
fn a_service_that_fails_is_the_cause_and_not_the_player() {
    let mut report = samples::group_check("");
    let trouble = samples::trouble(TroubleKind::NoSubscription);
    for member in &mut report.members {
        member.presence = Presence::Unknown { cause: Unknown::Trouble { trouble }, last_seen: None };
    }
    (report.active, report.unknown, report.trouble) = (0, 5, Some(trouble));
    insta::assert_snapshot!(on_discord(&check(&report)), @"
    Caution | Purple Base · 5 unknown
    ❔ ChennyBounce · unknown: no BattleMetrics subscription
    ❔ ? · unknown: no BattleMetrics subscription
    ❔ Hide Vest Enthusiast · unknown: no BattleMetrics subscription
    ❔ Tee Higgins · unknown: no BattleMetrics subscription
    ❔ Sleepy · unknown: no BattleMetrics subscription
    No BattleMetrics subscription. Whoever runs the bot: subscribe the token's account at https://www.battlemetrics.com/subscription; the Basic plan should do.
    _ Rusty Moose |US Monthly| · could not be checked
    ");
}

#[test]
fn nobody_online_is_grey_and_not_green() {
    let mut report = samples::group_check("");
    report.members.retain(|state| matches!(state.presence, Presence::Offline { .. }));
    (report.active, report.unknown) = (0, 0);
    assert_eq!(check(&report).tone, Tone::Quiet);
    let mut report = samples::group_check("");
    report.members.truncate(3);
    report.unknown = 0;
    assert_eq!(check(&report).tone, Tone::Good);
}

#[test]
fn a_player_without_link_says_how_to_link_it() {
    let mut report = samples::group_check("");
    report.members.truncate(1);
    report.members[0].presence = Presence::Unknown { cause: Unknown::NotLinked, last_seen: None };
    (report.active, report.unknown, report.hides_names) = (0, 1, true);
    insta::assert_snapshot!(on_discord(&check(&report)), @"
    Caution | Purple Base · 1 unknown
    ❔ ChennyBounce · unknown: no BattleMetrics player linked
    This server seems to hide its players' names, so nobody can be recognised on it. Only its owner can change that.
    Players without one can be added again by BattleMetrics link with /group add.
    _ Rusty Moose |US Monthly| · checked 40 s ago
    ");
}

#[test]
fn the_list_tells_the_last_check_of_each_group() {
    insta::assert_snapshot!(on_discord(&list(&samples::group_list(""))), @"
    Plain | 3 groups
    Neighbours · 7 members · not checked yet
    Purple Base · 2 of 7 online · checked 3 h ago
    Zerg · 0 of 7 online, 1 unknown · checked 3 h ago · on Rusty Moose |US Monthly|
    _ Rusty Moose |US Monthly|
    ");
}

#[test]
fn the_list_says_which_groups_it_knows_nothing_new_of_and_each_reason_once() {
    let mut report = samples::group_list("");
    report.groups.insert(0, report.groups[1].clone());
    report.groups[0].trouble = Some(samples::trouble(TroubleKind::Down { status: 503 }));
    report.groups[1].trouble = Some(samples::trouble(TroubleKind::Down { status: 503 }));
    report.groups[2].stale = Some(Stale::NotQueried { since: Some(samples::ago(9)) });
    report.groups[3].hides_names = true;
    insta::assert_snapshot!(on_discord(&list(&report)), @"
    Caution | 4 groups
    Purple Base · 2 of 7 online · checked 3 h ago · unknown now: BattleMetrics has a fault
    Neighbours · 7 members · not checked yet · unknown now: BattleMetrics has a fault
    Purple Base · 2 of 7 online · checked 3 h ago · unknown now: BattleMetrics cannot query the server
    Zerg · 0 of 7 online, 1 unknown · checked 3 h ago · on Rusty Moose |US Monthly| · this server hides names
    BattleMetrics has a fault. Try again in a minute.
    Who is online cannot be told: BattleMetrics cannot query the server. Last update 9 m ago.
    This server seems to hide its players' names, so nobody can be recognised on it. Only its owner can change that.
    _ Rusty Moose |US Monthly|
    ");
}

#[test]
fn an_empty_list_teaches_the_first_steps() {
    let fresh = GroupList { groups: Vec::new(), server: None };
    let ready = GroupList { groups: Vec::new(), server: samples::group_list("").server };
    insta::assert_snapshot!(format!("{}\n\n{}", on_discord(&list(&fresh)), on_discord(&list(&ready))), @"
    Quiet | No groups yet
    First choose a server with /server set.

    Quiet | No groups yet
    Add a player with /group add; that makes the group.
    ");
}

#[test]
fn changes_of_a_group_say_what_became_of_it() {
    let unpinned = GroupPinned { pinned: None, before: samples::pinned("").pinned, ..samples::pinned("") };
    let cards = [
        added(&samples::added("")),
        imported(&samples::imported("")),
        removed(&samples::removed("")),
        confirm_deletion(&samples::brief(""), Face::Discord),
        confirm_deletion(&samples::brief(""), Face::Terminal),
        deleted(&samples::deleted("")),
        renamed(&samples::renamed("")),
        renamed(&GroupRenamed { change: None, ..samples::renamed("") }),
        pinned(&samples::pinned("")),
        pinned(&unpinned),
        updated(&samples::updated("")),
    ];
    insta::assert_snapshot!(cards.map(|card| on_discord(&card)).join("\n\n"), @r#"
    Good | Added to Purple Base
    ChennyBounce · BattleMetrics 1100000001 · Steam 76561198000000001
    New group. Purple Base has 1 member now.
    Not right? /rustops undo takes it back (change 12).

    Caution | 1 of 4 lines added to Purple Base
    1. · ChennyBounce · added
    2. · Tee Higgins · in the group already
    4. · Sleepy · 3 players fit; add this one with /group add
    5. · https://example.com/x · "https://example.com/x" is no player that can be looked up. The link leads to example.com, not to BattleMetrics or Steam.
    Purple Base has 3 members now.
    Not right? /rustops undo takes it back (change 13).

    Good | Removed from Purple Base
    ChennyBounce · BattleMetrics 1100000001 · Steam 76561198000000001
    Purple Base has 6 members now.
    Not right? /rustops undo takes it back (change 14).

    Caution | Delete Purple Base?
    It has 7 members. It can be brought back for 30 days.

    Caution | Delete Purple Base?
    It has 7 members. It can be brought back for 30 days.
    Add --yes to delete it.

    Good | Deleted Purple Base
    It had 7 members. It can be brought back until 2026-07-16 22:46 UTC.
    Not right? /rustops undo takes it back (change 15).

    Good | Renamed to Purple Tower
    It was Purple Base.
    Not right? /rustops undo takes it back (change 16).

    Quiet | Nothing changed
    The group has that name already: Purple Tower

    Good | Group pinned
    Purple Base is checked on Rusty Moose |US Monthly|.
    Not right? /rustops undo takes it back (change 17).

    Good | Group unpinned
    Purple Base follows the active server.
    Before: Rusty Moose |US Monthly|
    Not right? /rustops undo takes it back (change 17).

    Caution | 1 new name in Purple Base
    Chenny · now ChennyBounce
    5 names as before.
    # Not read
    Sleepy · BattleMetrics did not answer in time
    Nobody · no BattleMetrics player linked
    "#);
}

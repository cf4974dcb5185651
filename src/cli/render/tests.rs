//! Stories of `render`.

use proptest::prelude::*;

use super::*;
use crate::view::{choices as questions, group, notice, samples};

fn screen(width: usize) -> Screen {
    Screen { width: Some(width), colour: false, zone: TimeZone::UTC, now: samples::now(), asked: false }
}

fn shown(answer: &Card) -> String {
    card(answer, &screen(100))
}

fn all_cards(tag: &str) -> Vec<Card> {
    let reports = samples::reports(tag).into_iter().map(|sample| sample.terminal);
    let notices = samples::notices(tag).into_iter().map(|what| notice::card(&what, Face::Terminal, samples::now()));
    reports.chain(samples::other_cards(tag, Face::Terminal)).chain(notices).collect()
}

#[test]
fn a_check_looks_as_players_of_rustops_know_it() {
    insta::assert_snapshot!(shown(&group::check(&samples::group_check(""))), @"
    Purple Base ACTIVE PLAYERS: (2 / 5)
    -----------------------------------
    [X] ChennyBounce : ACTIVE 2h 13m
    [X] ? : ACTIVE 0s
    [ ] Hide Vest Enthusiast : last seen 1h 15m ago
    [ ] Tee Higgins : last seen 8h 19m ago
    [?] Sleepy : unknown, not seen on this server since added
    Rusty Moose |US Monthly| · checked 40s ago
    ");
}

#[test]
fn colour_is_used_only_when_allowed() {
    let check = group::check(&samples::group_check(""));
    let colourful = card(&check, &Screen { colour: true, ..screen(100) });
    insta::assert_snapshot!(colourful.escape_debug().to_string().replace("\\n", "\n"), @r"
    \u{1b}[1;33mPurple Base ACTIVE PLAYERS: (2 / 5)\u{1b}[0m
    -----------------------------------
    \u{1b}[1;32m[X]\u{1b}[0m ChennyBounce : ACTIVE 2h 13m
    \u{1b}[1;32m[X]\u{1b}[0m ? : ACTIVE 0s
    \u{1b}[2m[ ]\u{1b}[0m Hide Vest Enthusiast : last seen 1h 15m ago
    \u{1b}[2m[ ]\u{1b}[0m Tee Higgins : last seen 8h 19m ago
    \u{1b}[1;33m[?]\u{1b}[0m Sleepy : unknown, not seen on this server since added
    \u{1b}[2mRusty Moose |US Monthly| · checked 40s ago\u{1b}[0m
    ");
    for answer in all_cards("") {
        assert!(!shown(&answer).contains('\x1b'));
    }
}

#[test]
fn names_of_any_width_stay_in_line() {
    let mut list = samples::group_list("");
    for (group, name) in list.groups.iter_mut().zip(["日本語クラン", "e\u{301}lite", "👩‍👩‍👧 family"])
    {
        group.name = name.to_owned();
    }
    let text = shown(&group::list(&list));
    insta::assert_snapshot!(text, @"
    3 groups
    --------
    日本語クラン  7 members                 not checked yet
    élite         2 of 7 online             checked 3h ago
    👩‍👩‍👧 family     0 of 7 online, 1 unknown  checked 3h ago   on Rusty Moose |US Monthly|
    Rusty Moose |US Monthly|
    ");
}

#[test]
fn a_narrow_terminal_gets_whole_words_and_no_long_lines() {
    for answer in [group::list(&samples::group_list("")), crate::view::server::get(&samples::server_get(""))] {
        let text = card(&answer, &screen(44));
        let links = |line: &&str| !line.contains("https://");
        assert!(text.lines().filter(links).all(|line| line.width() <= 44), "{text}");
    }
    insta::assert_snapshot!(card(&group::list(&samples::group_list("")), &screen(44)), @"
    3 groups
    --------
    Neighbours · 7 members · not checked yet
    Purple Base · 2 of 7 online · checked 3h ago
    Zerg · 0 of 7 online, 1 unknown · checked 3h
        ago · on Rusty Moose |US Monthly|
    Rusty Moose |US Monthly|
    ");
}

#[test]
fn facts_stand_beside_their_keys_and_wrap_beneath_themselves() {
    let server = crate::view::server::get(&samples::server_get(""));
    let status = crate::view::status::status(&samples::status_report(""), Face::Terminal);
    insta::assert_snapshot!(format!("{}\n\n{}", shown(&server), card(&status, &screen(60))), @"
    Rusty Moose |US Monthly|
    ------------------------
    Status      online
    Players     212 of 250, 12 in queue
    Map         Procedural Map
    Last wipe   2026-06-11 22:46 UTC · 5d ago
    Next wipe   2026-06-25 22:46 UTC · in 9d
    F1 console  client.connect 198.51.100.7:28015
    Page        BattleMetrics https://www.battlemetrics.com/servers/rust/9565288
    BattleMetrics · as of 1m ago

    RustOps is running, with problems
    ---------------------------------
    Version          0.1.0
    Running for      3d 3h
    Memory           48.3 MB
    Database         3.4 MB
    Discord servers  2
    Kept             3 groups · 21 members · 512 players known
    Boards           2, of which 1 cannot be written
    The board of Purple Base in channel 77: the bot lacks Send
        Messages.
    Allow that in the channel's settings, and it goes on by
        itself; or put it elsewhere with rustops group board.
    Discord          42 ms
    BattleMetrics    set up · 57 of 60 requests a minute left ·
                     last minute: 3 for commands
    Steam            not set up
    No Steam key is set. Whoever runs the bot: make one at
        https://steamcommunity.com/dev/apikey and set it as
        steam_key.
    Watched servers
    Rusty Moose |US Monthly| · watched · 7 players tracked ·
        polled 40s ago, next in 20s
    Rusty Moose |US Monthly| · BattleMetrics cannot query the
        server · 7 players tracked · polled 40s ago, next in 20s
    Rusty Moose |US Monthly| · BattleMetrics refused the token ·
        7 players tracked · polled 40s ago, next in 20s
    It goes on by itself once BattleMetrics sees the server
        again; nothing is claimed meanwhile.
    BattleMetrics refused the token. Whoever runs the bot: make
        one at https://www.battlemetrics.com/developers and set
        it as battlemetrics_token.
    The past of 4 players is still to be fetched.
    Recent problems
    30m ago  BattleMetrics has a fault
    BattleMetrics has a fault. Try again in a minute.
    ");
}

#[test]
fn the_record_of_changes_is_a_table() {
    insta::assert_snapshot!(card(&crate::view::changes::audit(&samples::audit("")), &screen(120)), @"
    Last changes
    ------------
    18.  settings changed: time zone, who may change things, log channel  by Ann  18m ago
    17.  Purple Base pinned to Rusty Moose |US Monthly|                   by Ann  17m ago
    16.  Purple Base renamed to Purple Tower                              by Ann  16m ago
    15.  Purple Base deleted (7 members)                                  by Ann  15m ago  taken back 2m ago
    14.  ChennyBounce removed from Purple Base                            by Ann  14m ago
    13.  P, P, P and 2 more added to the new group Purple Base            by Ann  13m ago
    12.  server set to Rusty Moose |US Monthly|                           by Ann  12m ago
    11 older ones are not shown.
    Take one back with rustops undo and its number.
    ");
}

#[test]
fn a_notice_names_commands_as_they_are_typed() {
    let told = crate::domain::notice::Notice::NoServerSet;
    insta::assert_snapshot!(shown(&notice::card(&told, Face::Terminal, samples::now())), @"
    No server is set
    Choose one with rustops server set.
    ");
}

#[test]
fn a_question_lists_numbered_choices() {
    insta::assert_snapshot!(shown(&questions::card(&samples::which_player(""), Face::Terminal, samples::now())), @r#"
    Which one is "Chenny"?
    7 players found. Nothing was changed yet.
    4 more are not shown; write more of the name to narrow it down.
    The one you choose is linked to Steam 76561198000000001.
     1.  Chenny  online · BattleMetrics 1100000001
     2.  Chenny  last seen 3d 4h ago · BattleMetrics 1100000044
     3.  Chenny  state unknown · BattleMetrics 1100000057
    Choose a player: the same command again with --pick N
    "#);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn no_name_can_speak_to_the_terminal(
        tag in "(\\PC|[\\x00-\\x1f\\x7f-\\x9f]|[\u{202a}-\u{202e}\u{2066}-\u{2069}\u{200e}\u{200f}\u{61c}\u{2028}\u{2029}]){0,12}",
        width in proptest::option::of(1usize..120),
    ) {
        let screen = Screen { width, ..screen(0) };
        for answer in all_cards(&format!("\x1b[31m\u{9b}2J\u{202e}{tag}")) {
            let text = card(&answer, &screen);
            prop_assert!(!text.chars().any(|letter| letter != '\n' && obeyed(letter)), "{text:?}");
        }
    }
}

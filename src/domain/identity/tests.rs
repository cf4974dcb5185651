//! Stories of `identity`.

use proptest::prelude::*;

use super::*;

const ID64: &str = "76561197960389184";

fn by_id(number: u64) -> Result<PlayerInput, Wrong> {
    Ok(PlayerInput::Player(PlayerId::new(number).unwrap()))
}

fn account(number: u32) -> Result<PlayerInput, Wrong> {
    Ok(PlayerInput::Steam(SteamId::from_account(number).unwrap()))
}

fn named(name: &str) -> Result<PlayerInput, Wrong> {
    Ok(PlayerInput::Name(name.to_owned()))
}

fn foreign<T>(host: &str) -> Result<T, Wrong> {
    Err(Wrong::ForeignSite { host: host.to_owned() })
}

#[test]
fn a_battlemetrics_player_is_known_by_link_or_id() {
    for text in [
        "1100000001",
        " `1100000001`\n",
        "https://www.battlemetrics.com/players/1100000001",
        "HTTPS://BattleMetrics.COM/players/1100000001/",
        "battlemetrics.com/players/1100000001?foo=https://evil.example/x#top",
        "www.battlemetrics.com/players/1100000001/identifiers",
        "https://www.battlemetrics.com:443/rcon/players/1100000001#x",
        "<https://www.battlemetrics.com/players/1100000001>",
        "`<http://battlemetrics.com/players/1100000001>`",
        "\u{200b}https://battlemetrics.com/players/\u{202a}1100000001\u{202c}",
    ] {
        assert_eq!(player(text), by_id(1_100_000_001), "{text:?}");
    }
    assert_eq!(player("7"), by_id(7));
    assert_eq!(player("1234567890123456"), by_id(1_234_567_890_123_456));
}

#[test]
fn a_steam_account_is_decoded_without_asking_steam() {
    for text in [
        ID64,
        "STEAM_1:0:61728",
        "steam_0:0:61728",
        "[U:1:123456]",
        "U:1:123456",
        "[U:1:123456:1]",
        "`[U:1:123456]`",
        "https://steamcommunity.com/profiles/76561197960389184",
        "Steamcommunity.com/profiles/76561197960389184/friends/?x=1",
        "<http://www.steamcommunity.com/profiles/76561197960389184/>",
        "my.steamchina.com/profiles/76561197960389184",
        "https://steamcommunity.com/profiles/[U:1:123456]",
        "https://steamcommunity.com/profiles/%5bU:1:123456%5D/",
        "https://steamcommunity.com/user/cv-dgb",
        "s.team/p/CVDGB",
        "https://s.team/p/cv-dgb/TOKEN123",
    ] {
        assert_eq!(player(text), account(123_456), "{text:?}");
    }
    assert_eq!(player("76561202301376826"), player("76561198006409530"));
}

#[test]
fn a_chosen_steam_address_is_left_for_steam_to_resolve() {
    for text in ["https://steamcommunity.com/id/Gabe_Logan-9/", "steamcommunity.com/id/Gabe_Logan-9?l=german"] {
        assert_eq!(player(text), Ok(PlayerInput::Vanity("Gabe_Logan-9".to_owned())), "{text:?}");
    }
    for text in ["steamcommunity.com/id/x", "steamcommunity.com/id/a%20b", "steamcommunity.com/id/нет"] {
        assert_eq!(player(text), Err(Wrong::Form), "{text:?}");
    }
}

#[test]
fn a_member_is_what_a_menu_hands_back() {
    assert_eq!(player("member:7"), Ok(PlayerInput::Member(MemberId::new(7).unwrap())));
    assert_eq!(player("member:bob"), named("member:bob"));
    assert_eq!(player("member:0"), named("member:0"));
}

#[test]
fn everything_else_is_a_name() {
    for text in [
        "ChennyBounce",
        "Hide Vest Enthusiast",
        "１１００００００01",
        "007",
        "0",
        "-5",
        "bob | hellcase.com",
        "hellcase.com",
        "a.b/c d",
        "<bob>",
        "`bob`",
        "STEAM_guy",
        "a:b:c",
        "ツ://x",
        "\"",
        "[CLAN] bob",
        "👨‍👩‍👧",
        "\u{1CBC}",
        "100%5B",
    ] {
        assert_eq!(player(text), named(text), "{text:?}");
    }
    assert_eq!(player("  W\u{200b}o\u{200d}lf\u{202e} "), named("Wolf"));
}

#[test]
fn double_quotes_make_a_name_of_anything() {
    assert_eq!(player("\"1100000001\""), named("1100000001"));
    assert_eq!(player("“https://evil.example/”"), named("https://evil.example/"));
    assert_eq!(player("\"\""), Err(Wrong::Empty));
    assert_eq!(player("\" \""), Err(Wrong::Empty));
    assert_eq!(server("\"28015\""), Ok(ServerInput::Name("28015".to_owned())));
}

#[test]
fn a_link_to_another_site_is_refused_by_its_host() {
    for (text, host) in [
        ("https://evil.example/players/1", "evil.example"),
        ("https://battlemetrics.com.evil.example/players/1", "battlemetrics.com.evil.example"),
        ("https://notbattlemetrics.com/players/1", "notbattlemetrics.com"),
        ("https://battlemetrics.com@evil.example/players/1", "evil.example"),
        ("https://evil.example\\@battlemetrics.com/players/1", "evil.example"),
        ("api.battlemetrics.com/players/1", "api.battlemetrics.com"),
        ("WWW.Evil.Example", "www.evil.example"),
        ("https://bаttlemetrics.com/players/1", ""),
        ("https://", ""),
        ("javascript://alert(1)", ""),
    ] {
        assert_eq!(player(text), foreign(host), "{text:?}");
    }
}

#[test]
fn other_pages_of_the_right_sites_are_named_as_such() {
    for text in [
        "https://www.battlemetrics.com/servers/rust/1",
        "battlemetrics.com",
        "https://www.battlemetrics.com/players?filter[search]=bob",
        "https://www.battlemetrics.com/players/0",
        "https://www.battlemetrics.com/players/bob",
        "https://steamcommunity.com/sharedfiles/filedetails/?id=1",
        "https://s.team/x/cv-dgb",
    ] {
        assert_eq!(player(text), Err(Wrong::OtherPage), "{text:?}");
    }
    for text in ["https://steamcommunity.com/groups/rust", "steamcommunity.com/gid/1", "103582791429521412"] {
        assert_eq!(player(text), Err(Wrong::SteamGroup), "{text:?}");
    }
    assert_eq!(player("steamcommunity.com/profiles/103582791429521412"), Err(Wrong::SteamGroup));
}

#[test]
fn numbers_that_no_person_has_are_refused() {
    assert_eq!(player("90071992547409921"), Err(Wrong::SteamGameServer));
    assert_eq!(player("76561197960265728"), Err(Wrong::NotAPerson));
    assert_eq!(player("STEAM_1:0:0"), Err(Wrong::NotAPerson));
    assert_eq!(player("steamcommunity.com/profiles/5"), Err(Wrong::NotAPerson));
    assert_eq!(player("steamcommunity.com/profiles/bob"), Err(Wrong::Form));
    assert_eq!(player("s.team/p/aeiou"), Err(Wrong::Form));
    for text in ["1100000000000000000", "99999999999999999999999"] {
        assert_eq!(player(text), Err(Wrong::BareNumber), "{text}");
    }
}

#[test]
fn what_cannot_be_a_name_is_refused() {
    for text in ["", " \n\t ", "\u{200b}\u{feff}"] {
        assert_eq!(player(text), Err(Wrong::Empty), "{text:?}");
    }
    for text in ["a\nb", "a\u{0}b", "a\u{1b}[0m", "a\u{2028}b", "https://battlemetrics.com/pla\nyers/1"] {
        assert_eq!(player(text), Err(Wrong::Control), "{text:?}");
    }
    assert_eq!(player(&"ж".repeat(128)), named(&"ж".repeat(128)));
    for text in ["ж".repeat(129), "x".repeat(2000), format!("battlemetrics.com/players/1?{}", "x".repeat(2000))] {
        assert_eq!(player(&text), Err(Wrong::TooLong { limit: 128 }), "{text:?}");
    }
}

#[test]
fn a_server_is_known_by_link_id_or_name() {
    let id = |number| Ok(ServerInput::Id(ServerId::new(number).unwrap()));
    for text in [
        "433754",
        "`433754`",
        "battlemetrics.com/servers/rust/433754",
        "<https://www.battlemetrics.com/servers/Rust/433754/?x#y>",
    ] {
        assert_eq!(server(text), id(433_754), "{text:?}");
    }
    for text in ["Rusty Moose |US Monthly|", "Rustafied.com - EU Main", "10.0.0.1:28015", "moose.gg | 2x", "007"] {
        assert_eq!(server(text), Ok(ServerInput::Name(text.to_owned())), "{text:?}");
    }
    for text in ["battlemetrics.com/servers/ark/1", "battlemetrics.com/players/1", "battlemetrics.com/servers/rust/x"] {
        assert_eq!(server(text), Err(Wrong::OtherPage), "{text:?}");
    }
    assert_eq!(server("https://steamcommunity.com/id/bob"), foreign("steamcommunity.com"));
    assert_eq!(server("90071992547409921"), Err(Wrong::SteamGameServer));
    assert_eq!(server(ID64), Err(Wrong::BareNumber));
    assert_eq!(server(" "), Err(Wrong::Empty));
    assert_eq!(server(&"x".repeat(129)), Err(Wrong::TooLong { limit: 128 }));
}

#[test]
fn a_group_name_has_single_blanks_and_something_to_see() {
    assert_eq!(group_name("  Purple \u{a0} \u{200b}Base "), Ok("Purple Base".to_owned()));
    assert_eq!(group_name(&"é".repeat(64)), Ok("é".repeat(64)));
    assert_eq!(group_name(&"é".repeat(65)), Err(Wrong::TooLong { limit: 64 }));
    for text in ["", "  ", "\u{3164}", "\u{200b}"] {
        assert_eq!(group_name(text), Err(Wrong::Empty), "{text:?}");
    }
    assert_eq!(group_name("a\nb"), Err(Wrong::Control));
}

#[test]
fn links_and_ids_are_found_anywhere_in_a_message() {
    let text = "these two: https://steamcommunity.com/profiles/76561197960389184, and <https://www.battlemetrics.com/players/1100000001>.\n\
        [bob](https://steamcommunity.com/id/bob_vanity) (s.team/p/cd-qdg) **STEAM_1:1:0** [U:1:5] 1100000002; seen 3 times on 28015\n\
        76561197960389184 again, https://steamid.example/lookup/76561197960265730! <@123456789012345678> https://discord.com/channels/1/2/3\n\
        [https://steamcommunity.com/id/carl](https://steamcommunity.com/id/carl)\n\
        - 4242\n\
        just a line";
    let expected: Vec<_> = [
        account(123_456),
        by_id(1_100_000_001),
        Ok(PlayerInput::Vanity("bob_vanity".to_owned())),
        account(76_580),
        account(1),
        account(5),
        by_id(1_100_000_002),
        account(2),
        Ok(PlayerInput::Vanity("carl".to_owned())),
        by_id(4242),
    ]
    .map(Result::unwrap)
    .into();
    assert_eq!(references(text), expected);
}

#[test]
fn without_links_every_line_is_a_name() {
    let text = "```\nPurple Base ACTIVE PLAYERS: (2 / 7)\n-----------\n[X] ChennyBounce : ACTIVE 2h 13m\r\n[ ] Tee Higgins : last seen 8h 19m ago\n\n\
        [?] Sleepy : unknown, not seen on this server since added\n- bob\n2. carl\n  • dora : the : explorer\nBOB\n> \"\n\
        \"quoted\"\n3.5 percent\nRusty Moose · checked 40s ago\n```";
    let expected = [
        "ChennyBounce",
        "Tee Higgins",
        "Sleepy",
        "bob",
        "carl",
        "dora : the : explorer",
        "\"",
        "quoted",
        "3.5 percent",
    ];
    let found = references(text);
    assert_eq!(found, expected.map(|name| PlayerInput::Name(name.to_owned())));
    assert_eq!(references(""), []);
    assert_eq!(references("\n \n- \n"), []);
}

#[test]
fn a_message_gives_at_most_a_hundred() {
    let names: String = (0..150).map(|number| format!("player {number}\n")).collect();
    let ids: String = (0..150).map(|number| format!("{} ", 1_100_000_000 + number)).collect();
    assert_eq!((references(&names).len(), references(&ids).len()), (100, 100));
}

proptest! {
    #[test]
    fn nothing_that_is_typed_breaks_a_reader(
        text in "(https?://|<|`|\")?(www\\.)?(battlemetrics.com|steamcommunity.com|s.team|[a-z.@:]{0,9})?(/(players|rcon|profiles|id|p|user|servers|rust))*[/\\\\?#]?(\\PC|[%0-9:\\[\\]\u{200d}\u{202e}\n]){0,40}",
    ) {
        let _ = (player(&text), server(&text), group_name(&text));
        prop_assert!(references(&text).len() <= MAX_REFERENCES);
        if let Ok(PlayerInput::Name(name)) = player(&text) {
            prop_assert!((1..=MAX_NAME).contains(&name.chars().count()));
            prop_assert!(!name.chars().any(|c| c.is_control() || names::is_zero_width(c)));
        }
    }

    #[test]
    fn every_form_of_an_account_is_read_back(number in 1..=u32::MAX) {
        let id = SteamId::from_account(number).unwrap();
        let invite = id.invite();
        for text in [
            id.to_string(),
            id.steam2(),
            id.steam3(),
            format!("https://steamcommunity.com/profiles/{id}"),
            format!("steamcommunity.com/profiles/{}/", id.steam3()),
            format!("steamcommunity.com/user/{invite}"),
            format!("s.team/p/{invite}/abc"),
        ] {
            prop_assert_eq!(player(&text), Ok(PlayerInput::Steam(id)), "{}", text);
            prop_assert_eq!(references(&format!("see {text}, there")), [PlayerInput::Steam(id)], "{}", text);
        }
    }

    #[test]
    fn every_id_and_its_link_are_the_same_player(number in 1u64..1 << 56) {
        prop_assert_eq!(player(&number.to_string()), by_id(number));
        prop_assert_eq!(player(&format!("https://www.battlemetrics.com/players/{number}")), by_id(number));
        let server_id = ServerInput::Id(ServerId::new(number).unwrap());
        prop_assert_eq!(server(&format!("battlemetrics.com/servers/rust/{number}")), Ok(server_id));
    }
}

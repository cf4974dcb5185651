//! Stories about adding one player to a group.

use rustops::{
    domain::{
        notice::{Blame, Notice, What, Wrong},
        report::Candidate,
        trouble::TroubleKind,
    },
    sim::{Fault, Service, cast},
};

use crate::stage::{BASE, Cast, Stage, choice, done, mins, notice, outside, player_id, steam_id};

#[tokio::test]
async fn the_first_player_makes_the_group() {
    let stage = Stage::on_the_moose().await;
    let added = stage.add("  Purple   Base ", "1034857211").await;
    assert_eq!((added.group.as_str(), added.group_is_new, added.members), (BASE, true, 1));
    assert_eq!((added.member.name.as_str(), added.member.player), ("ChennyBounce", Some(player_id(1_034_857_211))));
    assert_eq!(stage.asked(), ["/players/1034857211"]);
    let second = stage.add("PURPLE base", "1102330918").await;
    assert_eq!((second.group.as_str(), second.group_is_new, second.members), (BASE, false, 2));
}

#[tokio::test]
async fn a_player_is_added_by_link() {
    let stage = Stage::on_the_moose().await;
    let added = stage.add(BASE, "<https://www.battlemetrics.com/rcon/players/1034857211?x=1>").await;
    assert_eq!(added.member.name, "ChennyBounce");
}

#[tokio::test]
async fn a_player_is_added_by_a_name_that_one_person_on_the_server_has() {
    let stage = Stage::on_the_moose().await;
    let added = stage.add(BASE, "chennybounce").await;
    assert_eq!(added.member.player, Some(player_id(cast::CHENNY_BOUNCE.id)));
    assert_eq!(stage.asked(), ["/players"]);
}

#[tokio::test]
async fn a_player_can_be_added_before_any_server_is_set() {
    let stage = Stage::empty();
    assert_eq!(stage.add(BASE, "ChennyBounce").await.member.player, Some(player_id(cast::CHENNY_BOUNCE.id)));
}

#[tokio::test]
async fn two_of_the_same_name_are_offered_the_present_one_first_and_the_picked_id_is_added() {
    let stage = Stage::on_the_moose().await;
    let asked = choice(stage.app.group_add(&stage.me, BASE, "Blueprint", None).await);
    let ids: Vec<String> = asked.candidates.iter().map(Candidate::value).collect();
    assert_eq!(ids, [cast::BLUEPRINT_HERE.id.to_string(), cast::BLUEPRINT_AWAY.id.to_string()]);
    match &asked.candidates[1] {
        Candidate::Player { online, last_seen, .. } => {
            assert_eq!((*online, *last_seen), (Some(false), Some(stage.now() - mins(48 * 60))));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(notice(stage.app.group_check(&stage.me, BASE).await), Notice::NoGroups, "nothing was done yet");
    let added = stage.add(BASE, &ids[1]).await;
    assert_eq!(added.member.player, Some(player_id(cast::BLUEPRINT_AWAY.id)));
}

#[tokio::test]
async fn a_pinned_group_looks_for_names_on_its_own_server() {
    let stage = Stage::on_the_moose().await;
    stage.add("Pinned", &cast::SLEEPY.id.to_string()).await;
    done(stage.app.group_pin(&stage.me, "Pinned", Some(&cast::CROWDED.to_string())).await);
    let nobody = notice(stage.app.group_add(&stage.me, "Pinned", "Blueprint", None).await);
    assert!(matches!(nobody, Notice::UnknownPlayer { .. }), "no Blueprint ever played there: {nobody:?}");
}

#[tokio::test]
async fn a_name_that_nobody_has_names_those_that_are_near() {
    let stage = Stage::with_purple_base().await;
    let told = notice(stage.app.group_add(&stage.me, BASE, "ChennyBonce", None).await);
    assert_eq!(
        told,
        Notice::UnknownPlayer { input: "ChennyBonce".to_owned(), nearest: vec!["ChennyBounce".to_owned()] }
    );
}

#[tokio::test]
async fn a_number_that_is_no_player_is_said_back() {
    let stage = Stage::on_the_moose().await;
    let told = notice(stage.app.group_add(&stage.me, BASE, "1234567890", None).await);
    assert_eq!(told, Notice::UnknownPlayer { input: "1234567890".to_owned(), nearest: Vec::new() });
    assert_eq!(notice(stage.app.group_check(&stage.me, BASE).await), Notice::NoGroups, "no group was made for nobody");
}

#[tokio::test]
async fn a_steam_account_leads_to_a_question_and_the_answer_is_remembered() {
    let stage = Stage::on_the_moose().await;
    let steam = cast::CHENNY_BOUNCE.steam;
    for input in [
        steam.to_string(),
        format!("https://steamcommunity.com/profiles/{steam}/"),
        "https://steamcommunity.com/id/ChennyBounce".to_owned(),
        format!("[U:1:{}]", steam - 76_561_197_960_265_728),
    ] {
        let asked = choice(stage.app.group_add(&stage.me, BASE, &input, None).await);
        assert_eq!(asked.steam, Some(steam_id(steam)), "{input}");
        assert_eq!(asked.candidates[0].value(), cast::CHENNY_BOUNCE.id.to_string());
    }
    let id = cast::CHENNY_BOUNCE.id.to_string();
    let added = done(stage.app.group_add(&stage.me, BASE, &id, Some(steam_id(steam))).await);
    assert_eq!(added.member.steam, Some(steam_id(steam)));
    stage.sim.forget_requests();
    let other = stage.add("Other", &steam.to_string()).await;
    assert_eq!(other.member.player, added.member.player);
    assert_eq!(stage.asked(), Vec::<String>::new(), "the guild linked them before");
}

#[tokio::test]
async fn a_member_is_recognised_by_either_id_and_the_missing_one_is_learnt() {
    let stage = Stage::on_the_moose().await;
    let (id, steam) = (cast::CHENNY_BOUNCE.id.to_string(), steam_id(cast::CHENNY_BOUNCE.steam));
    stage.add(BASE, &id).await;
    let already = |learnt_steam_id| Notice::AlreadyMember {
        group: BASE.to_owned(),
        player: "ChennyBounce".to_owned(),
        learnt_steam_id,
    };
    assert_eq!(notice(stage.app.group_add(&stage.me, BASE, &id, None).await), already(false));
    assert_eq!(notice(stage.app.group_add(&stage.me, BASE, "chennyBOUNCE", None).await), already(false));

    let asked = choice(stage.app.group_add(&stage.me, BASE, &steam.to_string(), None).await);
    assert_eq!(notice(stage.app.group_add(&stage.me, BASE, &id, asked.steam).await), already(true));
    assert_eq!(stage.check().await.members[0].member.steam, Some(steam));
    assert_eq!(notice(stage.app.group_add(&stage.me, BASE, &id, asked.steam).await), already(false), "known by now");

    stage.sim.forget_requests();
    assert_eq!(notice(stage.app.group_add(&stage.me, BASE, &steam.to_string(), None).await), already(false));
    assert_eq!(stage.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn one_steam_account_is_one_member_even_under_two_players() {
    let stage = Stage::on_the_moose().await;
    let steam = Some(steam_id(cast::BLUEPRINT_HERE.steam));
    done(stage.app.group_add(&stage.me, BASE, &cast::BLUEPRINT_HERE.id.to_string(), steam).await);
    let told = notice(stage.app.group_add(&stage.me, BASE, &cast::BLUEPRINT_AWAY.id.to_string(), steam).await);
    assert!(matches!(told, Notice::AlreadyMember { learnt_steam_id: false, .. }), "{told:?}");
    assert_eq!(stage.check().await.members.len(), 1);
}

#[tokio::test]
async fn without_a_steam_key_only_steam_links_are_refused() {
    let stage = Stage::with(Cast { steam_key: false, ..Cast::default() });
    for input in ["https://steamcommunity.com/id/chennybounce", "76561198058480105"] {
        let told = notice(stage.app.group_add(&stage.me, BASE, input, None).await);
        assert!(matches!(told, Notice::SteamKeyMissing { .. }), "{told:?}");
        assert_eq!(told.blame(), Blame::Outside, "as a missing BattleMetrics token");
    }
    assert_eq!(stage.asked(), Vec::<String>::new());
    stage.add(BASE, "ChennyBounce").await;
}

#[tokio::test]
async fn a_steam_profile_that_nobody_has_is_said_so() {
    let stage = Stage::on_the_moose().await;
    let told = notice(stage.app.group_add(&stage.me, BASE, "https://steamcommunity.com/id/nobody-at-all", None).await);
    assert_eq!(told, Notice::UnknownSteamProfile { input: "nobody-at-all".to_owned() });
    let told = notice(stage.app.group_add(&stage.me, BASE, "76561202255233023", None).await);
    assert_eq!(told, Notice::UnknownSteamProfile { input: "76561202255233023".to_owned() });
}

#[tokio::test]
async fn a_steam_account_whose_name_nobody_carries_on_the_server_is_said_so() {
    let stage = Stage::on_the_moose().await;
    let told = notice(stage.app.group_add(&stage.me, BASE, &cast::SLEEPY.steam.to_string(), None).await);
    assert_eq!(told, Notice::NoPlayerForSteam { persona: Some("Sleepy".to_owned()) });
}

#[tokio::test]
async fn a_steam_key_that_is_refused_is_told_as_steams() {
    let stage = Stage::on_the_moose().await;
    stage.sim.switch(|switches| switches.steam_key_good = false);
    let told = notice(stage.app.group_add(&stage.me, BASE, &cast::SLEEPY.steam.to_string(), None).await);
    let Notice::Outside { trouble } = told else { panic!("{told:?}") };
    assert_eq!((trouble.service, trouble.kind), (rustops::domain::trouble::Service::Steam, TroubleKind::TokenRefused));
}

#[tokio::test]
async fn what_can_be_no_player_is_refused_before_anybody_is_asked() {
    let stage = Stage::on_the_moose().await;
    let long = "x".repeat(2000);
    let host = "evil.example".to_owned();
    for (input, expected) in [
        ("", Wrong::Empty),
        (" \t ", Wrong::Empty),
        ("\u{200b}\u{202e}", Wrong::Empty),
        ("Chenny\nBounce", Wrong::Control),
        ("\u{1b}[31mred", Wrong::Control),
        (long.as_str(), Wrong::TooLong { limit: 128 }),
        ("https://evil.example/players/1034857211", Wrong::ForeignSite { host }),
        ("https://www.battlemetrics.com/servers/rust/2844510", Wrong::OtherPage),
        ("https://steamcommunity.com/groups/rust", Wrong::SteamGroup),
        ("103582791429521412", Wrong::SteamGroup),
        ("90071992547409921", Wrong::SteamGameServer),
        ("99999999999999999999", Wrong::BareNumber),
        ("member:7", Wrong::Form),
    ] {
        match notice(stage.app.group_add(&stage.me, BASE, input, None).await) {
            Notice::BadInput { what: What::Player, wrong, input: said } => {
                assert_eq!(wrong, expected, "{input:?}");
                assert!(said.chars().count() <= 80);
            }
            other => panic!("{input:?}: {other:?}"),
        }
    }
    assert_eq!(stage.asked(), Vec::<String>::new());
    assert!(stage.app.group_list(&stage.me).await.unwrap().groups.is_empty());
}

#[tokio::test]
async fn a_group_name_that_cannot_be_is_refused() {
    let stage = Stage::on_the_moose().await;
    let long = "x".repeat(65);
    let endless = "🦊".repeat(2000);
    for (name, expected) in [
        ("", Wrong::Empty),
        ("   ", Wrong::Empty),
        ("a\u{7}b", Wrong::Control),
        (long.as_str(), Wrong::TooLong { limit: 64 }),
    ] {
        let told = notice(stage.app.group_add(&stage.me, name, "1034857211", None).await);
        assert!(
            matches!(&told, Notice::BadInput { what: What::Group, wrong, .. } if *wrong == expected),
            "{name:?}: {told:?}"
        );
    }
    let told = notice(stage.app.group_add(&stage.me, &endless, "1034857211", None).await);
    assert!(matches!(told, Notice::BadInput { what: What::Group, wrong: Wrong::TooLong { .. }, .. }));
    assert_eq!(stage.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn a_full_group_takes_nobody_more() {
    let stage = Stage::on_the_moose().await;
    let crowd: Vec<String> =
        (0..500).map(|number| stage.sim.add_player(&format!("Extra {number}")).to_string()).collect();
    let imported = stage.app.group_import(&stage.me, BASE, &crowd.join("\n"), |_, _| ()).await.unwrap();
    assert_eq!(imported.members, 500);
    let told = notice(stage.app.group_add(&stage.me, BASE, "1034857211", None).await);
    assert_eq!(told, Notice::TooMany { what: What::Member, limit: 500 });
    assert_eq!(stage.app.group_list(&stage.me).await.unwrap().groups[0].members, 500);
}

#[tokio::test]
async fn a_name_in_quotes_is_a_name_whatever_it_looks_like() {
    let stage = Stage::on_the_moose().await;
    let id = stage.sim.add_player("twitch.tv/someone");
    stage.sim.joins(id, cast::RUSTY_MOOSE);
    let told = notice(stage.app.group_add(&stage.me, BASE, "https://twitch.tv/someone", None).await);
    assert!(matches!(told, Notice::BadInput { wrong: Wrong::ForeignSite { .. }, .. }), "{told:?}");
    assert_eq!(stage.add(BASE, "\"twitch.tv/someone\"").await.member.player, Some(player_id(id)));
}

#[tokio::test]
async fn a_search_that_breaks_off_adds_nobody() {
    let stage = Stage::on_the_moose().await;
    stage.sim.fault(Service::BattleMetrics, Fault::Status(429));
    let told = notice(stage.app.group_add(&stage.me, BASE, "ChennyBounce", None).await);
    let until = stage.now() + jiff::SignedDuration::from_secs(30);
    assert_eq!(told, outside(TroubleKind::LimitReached { until }));
    assert!(stage.app.group_list(&stage.me).await.unwrap().groups.is_empty());
}

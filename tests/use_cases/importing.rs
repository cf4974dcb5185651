//! Stories about adding many players at once.

use std::{sync::Mutex, time::Duration};

use futures_util::poll;
use rustops::{
    app::Asker,
    domain::{
        notice::{Notice, What, Wrong},
        report::{Imported, LineResult},
        trouble::TroubleKind,
    },
    sim::{Fault, Service, cast},
};

use crate::stage::{BASE, Cast, Stage, notice, outside, steam_id};

async fn import(stage: &Stage, text: &str) -> Imported {
    stage.app.group_import(&stage.me, BASE, text, |_, _| ()).await.unwrap()
}

/// Nothing was written: no group, no change.
async fn nothing_happened(stage: &Stage, asker: &Asker) {
    assert!(stage.app.group_list(asker).await.unwrap().groups.is_empty());
    assert!(stage.app.audit(asker, 0, 10).await.unwrap().changes.iter().all(|row| row.id.get() == 1));
}

#[tokio::test]
async fn five_hundred_lines_with_thirty_bad_ones_add_the_rest_and_name_each_bad_one() {
    let stage = Stage::on_the_moose().await;
    let bad = ["https://evil.example/x", "1234567890", "103582791429521412", "Nobody Has This Name", "0x"];
    let lines: Vec<String> = (0..500)
        .map(|number| match number % 50 {
            // 3 of 50 lines, 30 in all.
            7 => bad[number / 50 % 5].to_owned(),
            23 => format!("Not A Name {number}"),
            41 => "\u{7}".to_owned() + "bell",
            _ => stage.sim.add_player(&format!("Recruit {number}")).to_string(),
        })
        .collect();
    let told = Mutex::new(Vec::new());
    let imported = stage
        .app
        .group_import(&stage.me, BASE, &lines.join("\n"), |done, total| told.lock().unwrap().push((done, total)))
        .await
        .unwrap();
    assert_eq!(imported.lines.len(), 500);
    let refused: Vec<_> =
        imported.lines.iter().filter(|line| matches!(line.result, LineResult::Refused { .. })).collect();
    assert_eq!(refused.len(), 30);
    for line in &refused {
        assert!([7, 23, 41].contains(&((line.number - 1) % 50)), "{line:?}");
        assert!(line.input.contains(lines[line.number - 1].trim()), "{line:?}");
    }
    assert_eq!((imported.members, imported.group_is_new), (470, true));
    assert!(imported.change.is_some());
    let told = told.into_inner().unwrap();
    assert_eq!((told.len(), told[0], told[499]), (500, (1, 500), (500, 500)));
    assert_eq!(stage.app.audit(&stage.me, 0, 10).await.unwrap().changes.len(), 2, "one change for all");
}

#[tokio::test]
async fn lines_are_numbered_as_written_and_blank_ones_passed_over() {
    let stage = Stage::on_the_moose().await;
    let imported = import(&stage, "\n1034857211\r\n\n   \n  Boat Enjoyer  \n1034857211\nBlueprint\n").await;
    let results: Vec<(usize, &str)> = imported
        .lines
        .iter()
        .map(|line| {
            let result = match &line.result {
                LineResult::Added { member } => member.name.as_str(),
                LineResult::Already { name } => {
                    assert_eq!(name, "ChennyBounce");
                    "already"
                }
                LineResult::Several { count: 2 } => "two",
                other => panic!("{other:?}"),
            };
            (line.number, result)
        })
        .collect();
    assert_eq!(results, [(2, "ChennyBounce"), (5, "Boat Enjoyer"), (6, "already"), (7, "two")]);
    assert_eq!(imported.members, 2);
}

#[tokio::test]
async fn importing_the_same_list_again_changes_nothing() {
    let stage = Stage::on_the_moose().await;
    import(&stage, "1034857211\n1102330918").await;
    let again = import(&stage, "1034857211\n1102330918").await;
    assert_eq!((again.members, again.change, again.group_is_new), (2, None, false));
    assert!(again.lines.iter().all(|line| matches!(line.result, LineResult::Already { .. })));
}

#[tokio::test]
async fn a_list_of_which_nothing_can_be_used_makes_no_group() {
    let stage = Stage::on_the_moose().await;
    let imported = import(&stage, "1234567890\nhttps://evil.example/").await;
    assert_eq!((imported.members, imported.change, imported.group_is_new), (0, None, false));
    nothing_happened(&stage, &stage.me).await;
}

#[tokio::test]
async fn an_empty_list_and_one_that_is_too_long_are_refused() {
    let stage = Stage::on_the_moose().await;
    for text in ["", " \n\n\t\n"] {
        let told = notice(stage.app.group_import(&stage.me, BASE, text, |_, _| ()).await);
        assert_eq!(told, Notice::BadInput { what: What::Line, wrong: Wrong::Empty, input: String::new() });
    }
    let text = "1034857211\n".repeat(501);
    let told = notice(stage.app.group_import(&stage.me, BASE, &text, |_, _| ()).await);
    assert_eq!(told, Notice::TooMany { what: What::Line, limit: 500 });
    assert_eq!(stage.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn a_token_that_is_refused_half_way_ends_all_and_nothing_is_written() {
    let stage = Stage::on_the_moose().await;
    let refused = stage.sim.add_player("The last one");
    stage.sim.fault(Service::BattleMetrics, Fault::Status(401).on(&refused.to_string()));
    let text = format!("1034857211\n1102330918\nBoat Enjoyer\n{refused}");
    let told = notice(stage.app.group_import(&stage.me, BASE, &text, |_, _| ()).await);
    assert_eq!(told, outside(TroubleKind::TokenRefused));
    nothing_happened(&stage, &stage.me).await;
}

#[tokio::test]
async fn a_line_that_the_service_garbles_is_that_lines_fate_alone() {
    let stage = Stage::on_the_moose().await;
    stage.sim.fault(Service::BattleMetrics, Fault::TruncatedJson.on("1102330918"));
    let imported = import(&stage, "1034857211\n1102330918").await;
    assert_eq!(imported.members, 1);
    assert!(matches!(&imported.lines[1].result, LineResult::Refused { .. }));
}

#[tokio::test]
async fn an_import_that_is_interrupted_leaves_nothing_half_done() {
    let stage = Stage::on_the_moose().await;
    // The third answer never comes whole, so that the import is surely under way when it is dropped.
    stage.sim.fault(Service::BattleMetrics, Fault::Stalled.on("/players/1167402553"));
    let asked = Mutex::new(0);
    // The last one keeps everybody waiting.
    stage.sim.fault(Service::BattleMetrics, Fault::SlowFirstByte(Duration::from_secs(3600)).on("1167402553"));
    {
        let text = "1034857211\n1102330918\n1167402553";
        let mut import =
            Box::pin(stage.app.group_import(&stage.me, BASE, text, |done, _| *asked.lock().unwrap() = done));
        while *asked.lock().unwrap() < 2 {
            assert!(poll!(&mut import).is_pending(), "the last one has not answered");
            tokio::task::yield_now().await;
        }
    }
    nothing_happened(&stage, &stage.me).await;
}

#[tokio::test]
async fn a_long_list_of_steam_accounts_costs_steam_a_few_requests() {
    let stage = Stage::on_the_moose().await;
    let accounts: Vec<String> = (0..150)
        .map(|number| {
            let player = stage.sim.add_player(&format!("Comrade {number}"));
            stage.sim.joins(player, cast::RUSTY_MOOSE);
            stage.sim.world().steam_id_of_player(player).unwrap().to_string()
        })
        .collect();
    let imported = import(&stage, &accounts.join("\n")).await;
    let to_steam = stage.sim.requests().iter().filter(|request| request.service == Service::Steam).count();
    assert_eq!(to_steam, 2, "a hundred at a time");
    assert!(imported.lines.iter().all(|line| matches!(line.result, LineResult::Several { count: 1 })), "each asks");
}

#[tokio::test]
async fn steam_lines_of_people_known_by_now_are_added() {
    let stage = Stage::on_the_moose().await;
    let (id, steam) = (cast::CHENNY_BOUNCE.id.to_string(), cast::CHENNY_BOUNCE.steam);
    crate::stage::done(stage.app.group_add(&stage.me, "Other", &id, Some(steam_id(steam))).await);
    let imported = import(&stage, &steam.to_string()).await;
    assert!(matches!(&imported.lines[0].result, LineResult::Added { member } if member.steam == Some(steam_id(steam))));
}

#[tokio::test]
async fn without_a_steam_key_each_steam_line_says_so_and_the_others_are_added() {
    let stage = Stage::with(Cast { steam_key: false, ..Cast::default() });
    let imported = import(&stage, "76561198058480105\n1034857211\nhttps://steamcommunity.com/id/chennybounce").await;
    assert_eq!(imported.members, 1);
    for line in [&imported.lines[0], &imported.lines[2]] {
        let LineResult::Refused { notice } = &line.result else { panic!("{line:?}") };
        assert!(matches!(**notice, Notice::SteamKeyMissing { .. }));
    }
}

#[tokio::test]
async fn what_does_not_fit_into_a_full_group_is_named() {
    let stage = Stage::on_the_moose().await;
    let crowd = |prefix: &str, count: usize| -> String {
        let ids: Vec<String> =
            (0..count).map(|number| stage.sim.add_player(&format!("{prefix} {number}")).to_string()).collect();
        ids.join("\n")
    };
    import(&stage, &crowd("First", 498)).await;
    let imported = import(&stage, &crowd("Second", 3)).await;
    assert_eq!(imported.members, 500);
    let LineResult::Refused { notice } = &imported.lines[2].result else { panic!("{:?}", imported.lines[2]) };
    assert_eq!(**notice, Notice::TooMany { what: What::Member, limit: 500 });
}

//! Stories about names that were made to do harm: they pass through everything and stay what they are, a name.

use rustops::{domain::names, sim::cast};

use crate::stage::{Stage, done, hours, notice, player_id};

const ROOF: &str = "Red Roof";

async fn red_roof() -> Stage {
    let stage = Stage::on_the_moose().await;
    for person in cast::RED_ROOF {
        stage.add(ROOF, &person.id.to_string()).await;
    }
    stage
}

/// Nothing in it moves the cursor, turns the text round or breaks the line.
fn harmless(name: &str) -> bool {
    name == names::shown(name) && !name.chars().any(char::is_control)
}

#[tokio::test]
async fn hostile_names_go_through_every_use_case() {
    let stage = red_roof().await;
    let check = stage.app.group_check(&stage.me, ROOF).await.unwrap();
    assert_eq!(check.active, 2);
    assert!(check.members.iter().all(|state| harmless(&state.member.name)), "{check:?}");
    for suggestion in stage.app.suggest_members(&stage.me, ROOF, "").await.unwrap() {
        assert!(harmless(&suggestion.name), "{suggestion:?}");
    }
    for person in cast::RED_ROOF {
        let report = done(stage.app.player_check(&stage.me, &person.id.to_string()).await);
        assert_eq!(report.name, names::shown(person.name));
        assert_eq!(report.groups, [ROOF]);
    }
    let updated = stage.app.group_update(&stage.me, ROOF).await.unwrap();
    assert_eq!((updated.unchanged, updated.renamed.len()), (5, 0));
    for person in cast::RED_ROOF {
        let removed = done(stage.app.group_remove(&stage.me, ROOF, &names::shown(person.name)).await);
        assert_eq!(removed.member.player, Some(player_id(person.id)), "as it was shown");
    }
    for _ in cast::RED_ROOF {
        stage.app.undo(&stage.me, None).await.unwrap();
    }
    assert_eq!(stage.app.group_check(&stage.me, ROOF).await.unwrap().members.len(), 5);
}

#[tokio::test]
async fn a_group_may_be_called_like_a_mention_or_like_sql() {
    let stage = Stage::on_the_moose().await;
    for name in ["@everyone", "'; DROP TABLE groups; --", "**bold**", "%_%", "🦊🦊🦊", "مجموعة"] {
        stage.add(name, "1034857211").await;
        assert_eq!(stage.app.group_check(&stage.me, name).await.unwrap().group, name);
        let suggested = stage.app.suggest_groups(&stage.me, name).await.unwrap();
        assert_eq!(suggested.len(), 1, "{suggested:?}");
        stage.app.group_delete(&stage.me, name).await.unwrap();
    }
}

#[tokio::test]
async fn somebody_renamed_to_something_hostile_is_told_harmlessly() {
    let stage = Stage::with_purple_base().await;
    stage.sim.rename(cast::SLEEPY.id, "\u{202e}\u{1b}[2Jypeels\n@here");
    stage.pass(hours(1));
    let updated = stage.app.group_update(&stage.me, "Purple Base").await.unwrap();
    assert!(harmless(&updated.renamed[0].member.name), "{updated:?}");
    let again = stage.app.group_update(&stage.me, "Purple Base").await.unwrap();
    assert_eq!(again.renamed, [], "it is the same name still");
}

#[tokio::test]
async fn no_input_of_any_length_or_kind_is_a_failure() {
    let stage = Stage::with_purple_base().await;
    let inputs = [
        "x".repeat(2000),
        "🦊".repeat(500),
        "\u{0}".to_owned(),
        "\u{202e}".repeat(300),
        "a\u{301}".repeat(400),
        "%".to_owned(),
        "\"".to_owned(),
        "\"\"".to_owned(),
        "*".repeat(128),
        "-1".to_owned(),
        "18446744073709551616".to_owned(),
        "member:99999999999999999999".to_owned(),
        "https://".to_owned(),
        "https://[::1".to_owned(),
    ];
    for input in &inputs {
        let (app, me) = (&stage.app, &stage.me);
        // Each either works or says in words what is wrong; `notice` stops at a failure.
        for told in [
            app.group_check(me, input).await.map(drop),
            app.group_rename(me, input, "Other").await.map(drop),
            app.group_remove(me, "Purple Base", input).await.map(drop),
            app.group_add(me, "Purple Base", input, None).await.map(drop),
            app.group_delete(me, input).await.map(drop),
            app.server_set(me, input).await.map(drop),
            app.player_check(me, input).await.map(drop),
        ] {
            if told.is_err() {
                let told = notice(told);
                assert!(format!("{told:?}").len() < 6000, "{told:?}");
            }
        }
        for suggested in [
            app.suggest_groups(me, input).await,
            app.suggest_members(me, input, input).await,
            app.suggest_players(me, None, input).await,
            app.suggest_servers(me, input).await,
        ] {
            assert!(suggested.unwrap().len() <= 25);
        }
    }
    assert_eq!(stage.check().await.members.len(), 7, "nothing was lost over it");
}

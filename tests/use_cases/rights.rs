//! Stories about who may change things, the settings, and guilds that know nothing of each other.

use rustops::{
    app::Asker,
    domain::{
        ids::{ChangeId, ChannelId, RoleId},
        notice::{Needs, Notice},
        report::{Change, SettingsPatch},
    },
    sim::cast,
};

use crate::stage::{BASE, Stage, done, manager, member, notice, steam_id};

fn patch(time_zone: Option<&str>, changers: Option<Option<u64>>) -> SettingsPatch {
    SettingsPatch {
        time_zone: time_zone.map(str::to_owned),
        changers: changers.map(|role| role.and_then(RoleId::new)),
        log_channel: None,
    }
}

/// What each changing use case tells somebody without the role.
async fn refusals(stage: &Stage, asker: &Asker) -> Vec<Notice> {
    let app = &stage.app;
    vec![
        notice(app.server_set(asker, "2844510").await),
        notice(app.server_clear(asker).await),
        notice(app.group_add(asker, BASE, "1034857211", None).await),
        notice(app.group_import(asker, BASE, "1034857211", |_, _| ()).await),
        notice(app.group_remove(asker, BASE, "Sleepy").await),
        notice(app.group_brief(asker, BASE).await),
        notice(app.group_delete(asker, BASE).await),
        notice(app.group_rename(asker, BASE, "Other").await),
        notice(app.group_pin(asker, BASE, Some("2844510")).await),
        notice(app.group_update(asker, BASE).await),
        notice(app.undo(asker, None).await),
    ]
}

#[tokio::test]
async fn everyone_may_change_things_until_a_role_is_named() {
    let stage = Stage::empty();
    let (boss, officer, guest) = (manager("1"), member("1", &[7, 8]), member("1", &[9]));
    done(stage.app.server_set(&guest, "2844510").await);
    done(stage.app.group_add(&guest, BASE, "1021556740", None).await);
    stage.app.settings(&boss, patch(None, Some(Some(7)))).await.unwrap();
    stage.sim.forget_requests();
    let role = RoleId::new(7).unwrap();
    for refusal in refusals(&stage, &guest).await {
        assert_eq!(refusal, Notice::NotAllowed { needs: Needs::Role { role } });
    }
    assert_eq!(stage.asked(), Vec::<String>::new(), "nobody is asked on behalf of who may not");
    assert_eq!(stage.app.audit(&guest, 0, 10).await.unwrap().changes.len(), 3);
    done(stage.app.group_add(&officer, BASE, "1034857211", None).await);
    done(stage.app.group_add(&boss, BASE, "1102330918", None).await);
    assert_eq!(stage.app.group_check(&guest, BASE).await.unwrap().members.len(), 3, "looking is free");
    stage.app.settings(&boss, patch(None, Some(None))).await.unwrap();
    done(stage.app.group_remove(&guest, BASE, "Sleepy").await);
}

#[tokio::test]
async fn settings_are_for_those_who_manage_the_server() {
    let stage = Stage::empty();
    let guest = member("1", &[7]);
    let needed = Notice::NotAllowed { needs: Needs::ManageServer };
    assert_eq!(notice(stage.app.settings(&guest, SettingsPatch::default()).await), needed);
    assert_eq!(notice(stage.app.settings(&guest, patch(Some("UTC"), None)).await), needed);
    stage.app.settings(&manager("1"), patch(Some("Europe/Berlin"), None)).await.unwrap();
    assert_eq!(notice(stage.app.undo(&guest, None).await), needed, "taking a setting back is setting it");
}

#[tokio::test]
async fn a_time_zone_is_known_by_its_name_or_by_the_nearest() {
    let stage = Stage::empty();
    let report = stage.app.settings(&stage.me, patch(Some(" europe/BERLIN "), None)).await.unwrap();
    assert_eq!(report.settings.time_zone, "Europe/Berlin");
    assert!(report.change.is_some());
    let same = stage.app.settings(&stage.me, patch(Some("Europe/Berlin"), None)).await.unwrap();
    assert_eq!(same.change, None);
    for (typed, near) in
        [("Berlin", "Europe/Berlin"), ("new york", "America/New_York"), ("Europe/Berln", "Europe/Berlin")]
    {
        let told = notice(stage.app.settings(&stage.me, patch(Some(typed), None)).await);
        let Notice::UnknownTimeZone { input, nearest } = told else { panic!("{told:?}") };
        assert_eq!(input, typed);
        assert!(nearest.iter().any(|name| name == near), "{typed}: {nearest:?}");
    }
    for typed in ["", "\u{0}", &"x".repeat(2000)] {
        let told = notice(stage.app.settings(&stage.me, patch(Some(typed), None)).await);
        assert!(matches!(told, Notice::UnknownTimeZone { input, .. } if input.chars().count() <= 80));
    }
}

#[tokio::test]
async fn a_setting_that_is_not_named_stays() {
    let stage = Stage::empty();
    let channel = ChannelId::new(5);
    let set = SettingsPatch { log_channel: Some(channel), ..patch(Some("Europe/Berlin"), Some(Some(7))) };
    stage.app.settings(&stage.me, set).await.unwrap();
    stage.app.settings(&stage.me, patch(None, Some(None))).await.unwrap();
    let settings = stage.app.settings(&stage.me, SettingsPatch::default()).await.unwrap().settings;
    assert_eq!(
        (settings.time_zone.as_str(), settings.changers, settings.log_channel),
        ("Europe/Berlin", None, channel)
    );
}

#[tokio::test]
async fn two_guilds_never_see_each_other() {
    let stage = Stage::empty();
    let (one, two) = (manager("1"), manager("2"));
    done(stage.app.server_set(&one, "2844510").await);
    let steam = steam_id(cast::CHENNY_BOUNCE.steam);
    let added = done(stage.app.group_add(&one, BASE, "1034857211", Some(steam)).await);
    stage.app.settings(&one, patch(Some("Europe/Berlin"), Some(Some(7)))).await.unwrap();

    assert_eq!(notice(stage.app.server_get(&two).await), Notice::NoServerSet);
    assert_eq!(notice(stage.app.group_check(&two, BASE).await), Notice::NoGroups);
    let list = stage.app.group_list(&two).await.unwrap();
    assert_eq!((list.groups.len(), list.server), (0, None));
    assert!(stage.app.audit(&two, 0, 10).await.unwrap().changes.is_empty());
    assert_eq!(notice(stage.app.undo(&two, None).await), Notice::NothingToUndo);
    let change = added.change;
    assert_eq!(notice(stage.app.undo(&two, Some(change)).await), Notice::UnknownChange { change });
    assert!(stage.app.suggest_groups(&two, "").await.unwrap().is_empty());
    assert!(stage.app.suggest_members(&two, BASE, "").await.unwrap().is_empty());
    assert!(stage.app.suggest_servers(&two, "").await.unwrap().is_empty());
    let settings = stage.app.settings(&two, SettingsPatch::default()).await.unwrap().settings;
    assert_eq!((settings.time_zone.as_str(), settings.changers), ("UTC", None));

    let twin = done(stage.app.group_add(&two, BASE, "1034857211", None).await);
    assert!(twin.group_is_new);
    assert_eq!(twin.member.steam, None, "what the other guild confirmed is theirs");
    done(stage.app.server_set(&two, &cast::RUSTY_MOOSE.to_string()).await);
    let seen = done(stage.app.player_check(&two, "1034857211").await);
    assert_eq!((seen.steam, seen.groups.as_slice()), (None, [BASE.to_owned()].as_slice()));
    stage.app.group_delete(&two, BASE).await.unwrap();
    assert_eq!(stage.app.group_check(&one, BASE).await.unwrap().members[0].member.steam, Some(steam));
}

#[tokio::test]
async fn what_another_guild_linked_is_not_taken_for_granted() {
    let stage = Stage::on_the_moose().await;
    let steam = cast::CHENNY_BOUNCE.steam;
    // Somebody elsewhere links the account to the wrong player.
    let wrong = cast::BOAT_ENJOYER.id.to_string();
    done(stage.app.group_add(&manager("2"), BASE, &wrong, Some(steam_id(steam))).await);
    let asked = crate::stage::choice(stage.app.group_add(&stage.me, BASE, &steam.to_string(), None).await);
    assert_eq!(asked.candidates[0].value(), cast::CHENNY_BOUNCE.id.to_string());
}

#[tokio::test]
async fn the_audit_says_who_it_was() {
    let stage = Stage::empty();
    done(stage.app.group_add(&member("1", &[]), BASE, "1034857211", None).await);
    let audit = stage.app.audit(&manager("1"), 0, 10).await.unwrap();
    assert_eq!((audit.changes[0].actor.as_str(), audit.changes[0].actor_name.as_str()), ("200", "Somebody"));
    assert_eq!(audit.changes[0].id, ChangeId::new(1).unwrap());
    assert!(matches!(&audit.changes[0].change, Change::MembersAdded { group_is_new: true, .. }));
}

#[tokio::test]
async fn the_status_counts_what_is_kept_and_what_was_spent() {
    let stage = Stage::with_purple_base().await;
    stage.check().await;
    let status = stage.app.status(None).await.unwrap();
    let counts = status.counts.unwrap();
    assert_eq!((counts.guilds, counts.groups, counts.members), (0, 1, 7));
    assert!(counts.players >= 7 && status.database > 0);
    assert!(status.battlemetrics.configured && status.steam.configured);
    let spent: u32 = status.battlemetrics.spent.iter().map(|spent| spent.requests).sum();
    assert!(spent >= 5, "{status:?}");
    assert_eq!((status.recent.len(), status.discord_latency), (0, None));
    assert_eq!(status.version, env!("CARGO_PKG_VERSION"));
}

#[tokio::test]
async fn a_groups_key_opens_it_in_its_own_guild_only() {
    let stage = Stage::on_the_moose().await;
    stage.add(BASE, "1034857211").await;
    let key = format!("group:{}", stage.app.group_list(&stage.me).await.unwrap().groups[0].id);
    assert_eq!(stage.app.group_check(&stage.me, &key).await.unwrap().group, BASE);
    let stranger = manager("2");
    done(stage.app.group_add(&stranger, "Theirs", "1034857211", None).await);
    for told in [
        notice(stage.app.group_check(&stranger, &key).await),
        notice(stage.app.group_delete(&stranger, &key).await),
        notice(stage.app.group_add(&stranger, &key, "1102330918", None).await),
    ] {
        assert_eq!(told, Notice::UnknownGroup { input: key.clone(), nearest: Vec::new() });
    }
    stage.app.group_delete(&stage.me, &key).await.unwrap();
    let told = notice(stage.app.group_add(&stage.me, &key, "1102330918", None).await);
    assert_eq!(told, Notice::UnknownGroup { input: BASE.to_owned(), nearest: Vec::new() }, "not made anew");
}

#[tokio::test]
async fn a_guild_that_invites_the_bot_again_finds_everything_for_thirty_days() {
    let stage = Stage::empty();
    let boss = manager("1");
    done(stage.app.group_add(&boss, BASE, "1034857211", None).await);
    done(stage.app.group_add(&manager("2"), BASE, "1034857211", None).await);
    for (days, groups) in [(29, 1), (31, 0)] {
        stage.app.guild_left(&boss.guild).await.unwrap();
        stage.pass(crate::stage::hours(days * 24));
        stage.app.purge().await.unwrap();
        stage.app.guild_back(&boss.guild).await.unwrap();
        assert_eq!(stage.app.group_list(&boss).await.unwrap().groups.len(), groups, "after {days} days");
    }
    assert_eq!(stage.app.group_list(&manager("2")).await.unwrap().groups.len(), 1, "the other guild's is untouched");
}

//! What is told of the past.

use jiff::{SignedDuration, Timestamp, civil::date};
use rustops::{
    app::WatchOptions,
    domain::{
        report::{DayTotal, Outcome, Period, PlayerHistory, SettingsPatch},
        session::{Ending, Source, Span},
    },
    sim::{Fault, Service, World, cast},
    store::inquiries,
};

use crate::stage::{MINUTE, Stage};

async fn of(stage: &Stage, player: u64) -> PlayerHistory {
    match stage.app.player_history(&stage.me, &player.to_string(), 1).await.unwrap() {
        Outcome::Done(history) => history,
        Outcome::Choose(choice) => panic!("{choice:?}"),
    }
}

async fn with_older(stage: &Stage, player: u64, page: usize) -> PlayerHistory {
    match stage.app.player_history_with_older(&stage.me, &player.to_string(), page).await.unwrap() {
        Outcome::Done(history) => history,
        Outcome::Choose(choice) => panic!("{choice:?}"),
    }
}

/// A server, and somebody who was there more than a hundred times.
fn somebody_busy(stage: &Stage) -> (u64, u64) {
    let server = stage.sim.add_server("Small Moose");
    let busy = stage.sim.add_player("Busy");
    // Three short visits a day, for two months; an answer holds a hundred of them.
    let mut at = World::START - SignedDuration::from_hours(24 * 59);
    while at < World::START - SignedDuration::from_hours(8) {
        stage.sim.joins_at(busy, server, at);
        stage.sim.leaves_at(busy, server, at + MINUTE * 30);
        at += SignedDuration::from_hours(12);
    }
    let visits = stage.sim.world().sessions(busy, Some(server), stage.now()).len();
    assert!(visits > 100, "{visits}");
    (server, busy)
}

#[tokio::test]
async fn a_history_holds_what_was_told_and_what_was_seen() {
    let stage = Stage::new();
    stage.tracks("local", cast::RUSTY_MOOSE, &[cast::CHENNY_BOUNCE.id, cast::TEE_HIGGINS.id], false).await;
    stage.watches_for(MINUTE * 5).await;
    let history = of(&stage, cast::CHENNY_BOUNCE.id).await;
    let now = &history.sessions[0];
    assert_eq!((now.ending, now.source), (Ending::Open, Source::Watched));
    assert_eq!(now.start, World::START - MINUTE * 133);
    assert!(history.sessions[1..].iter().all(|line| (line.ending, line.source) == (Ending::Left, Source::Told)));
    let day = history.totals[0];
    assert_eq!(day.period, Period::Day);
    // This evening so far, and the end of the evening before: until 23 h before the beginning.
    assert!((day.online - MINUTE * (133 + 5 + 55)).abs() <= MINUTE * 2, "{day:?}");
    assert_eq!(day.unknown, SignedDuration::ZERO);
    assert_eq!(history.totals.last().unwrap().period, Period::Wipe);

    let group = stage.app.group_history(&stage.me, &format!("{} 0", cast::RUSTY_MOOSE), 1).await.unwrap();
    assert_eq!(group.members.len(), 2);
    let tee = group.members.iter().find(|row| row.member.name == "Tee Higgins").unwrap();
    assert_eq!(tee.last_seen, Some(World::START - MINUTE * (8 * 60 + 19)));
    assert!(group.totals[0].online >= day.online);
}

#[tokio::test]
async fn what_a_stranger_did_a_moment_ago_is_told_though_it_waits_to_be_kept() {
    let stage = Stage::new();
    let (place, passer_by) = (stage.sim.add_server("Small Moose"), stage.sim.add_player("Passer-by"));
    stage.sim.joins(passer_by, place);
    stage.tracks("local", place, &[cast::TEE_HIGGINS.id], false).await;
    stage.watches_for(MINUTE * 12).await;
    stage.sim.leaves(passer_by, place);
    stage.watches_for(MINUTE * 3).await;
    let history = of(&stage, passer_by).await;
    let last = history.sessions[0];
    assert_eq!((last.ending, last.source), (Ending::Left, Source::Watched));
    assert!(stage.now().duration_since(last.stop) <= MINUTE * 4, "{last:?}");
}

#[tokio::test]
async fn of_a_stranger_the_past_is_asked_for_and_told_at_once() {
    let stage = Stage::new();
    stage.tracks("local", cast::RUSTY_MOOSE, &[], false).await;
    stage.watches_for(MINUTE).await;
    stage.asked();
    let history = of(&stage, cast::HIDE_VEST_ENTHUSIAST.id).await;
    assert_eq!(stage.asked().iter().filter(|path| path.ends_with("/sessions")).count(), 1);
    assert_eq!(history.sessions[0].stop, World::START - SignedDuration::from_hours(22));
    assert_eq!(history.trouble, None);
}

#[tokio::test]
async fn what_lies_before_a_full_answer_is_not_known() {
    let stage = Stage::new();
    let (server, busy) = somebody_busy(&stage);
    stage.tracks("local", server, &[busy], false).await;
    // A stranger's last visits were seen by ourselves: fewer than a hundred of the told ones are left.
    stage.watches_for(MINUTE * 5).await;
    stage.sim.joins(busy, server);
    stage.watches_for(MINUTE * 5).await;
    let known = stage.store.read(move |conn| {
        let known = inquiries::of(conn, crate::stage::server(server), &[crate::stage::player(busy)])?;
        anyhow::Ok(known.values().next().unwrap().known.unwrap().start())
    });
    let known = known.await.unwrap();
    let oldest = stage.kept(busy, server).await.0[0].start;
    assert_eq!(known, oldest);
}

#[tokio::test]
async fn what_is_older_than_a_full_answer_is_asked_for_when_somebody_wants_it() {
    let stage = Stage::new();
    let (server, busy) = somebody_busy(&stage);
    stage.tracks("local", server, &[busy], false).await;
    stage.watches_for(MINUTE * 5).await;
    let name = format!("{server} 0");
    let presence = stage.app.group_check(&stage.me, &name).await.unwrap().members[0].presence.clone();
    let truth = stage.truth(busy, server);
    let inquiry = async || {
        let read = stage.store.read(move |conn| {
            let player = crate::stage::player(busy);
            anyhow::Ok(inquiries::of(conn, crate::stage::server(server), &[player])?[&player])
        });
        read.await.unwrap()
    };
    let before = inquiry().await;
    stage.asked();
    let first = of(&stage, busy).await;
    assert_eq!((first.sessions_total, first.not_asked_before), (100, Some(truth[truth.len() - 100].start())));

    let older = with_older(&stage, busy, 99).await;
    let pages = vec![format!("/players/{busy}/relationships/sessions"); 2];
    assert_eq!(stage.asked(), pages);
    assert_eq!((older.sessions_total, older.not_asked_before, older.trouble), (truth.len(), None, None));
    assert_eq!(older.sessions.last().unwrap().start, truth[0].start());

    // It is kept, and says nothing of what came after.
    assert_eq!(of(&stage, busy).await.sessions_total, truth.len());
    assert_eq!(with_older(&stage, busy, 99).await.sessions, older.sessions);
    assert_eq!(stage.asked(), Vec::<String>::new());
    let kept: Vec<_> = stage.kept(busy, server).await.0.iter().map(|visit| (visit.start, visit.stop)).collect();
    assert_eq!(kept, truth.iter().map(|span| (span.start(), span.stop())).collect::<Vec<_>>());
    let (after, known) = (inquiry().await, before.known.unwrap());
    assert_eq!((after.at, after.known), (before.at, Span::new(jiff::Timestamp::MIN, known.stop())));
    assert_eq!(stage.app.group_check(&stage.me, &name).await.unwrap().members[0].presence, presence);
}

#[tokio::test]
async fn where_nothing_is_kept_older_sessions_are_shown_all_the_same() {
    let stage = Stage::new();
    let (server, busy) = somebody_busy(&stage);
    stage.tracks("local", server, &[], false).await;
    let truth = stage.truth(busy, server).len();
    let asked = || stage.asked().iter().filter(|path| path.ends_with("/sessions")).count();
    let first = of(&stage, busy).await;
    assert_eq!((first.sessions_total, first.not_asked_before.is_some(), asked()), (100, true, 1));
    let older = with_older(&stage, busy, 10).await;
    assert_eq!((older.page, older.sessions_total, older.not_asked_before, asked()), (10, truth, None, 2));
    // The next page takes as much as it holds.
    let Outcome::Done(next) = stage.app.player_history(&stage.me, &busy.to_string(), 11).await.unwrap() else {
        panic!()
    };
    assert_eq!((next.page, next.sessions_total, asked()), (11, truth, 2));
    assert_eq!(stage.kept(busy, server).await, (Vec::new(), None));
}

#[tokio::test]
async fn older_sessions_that_cannot_be_had_leave_what_is_known() {
    let stage = Stage::new();
    let (server, busy) = somebody_busy(&stage);
    stage.tracks("local", server, &[busy], false).await;
    stage.watches_for(MINUTE * 5).await;
    let first = of(&stage, busy).await;
    let broken = Fault::Status(404).on(&format!("/players/{busy}/relationships/sessions"));
    stage.sim.fault(Service::BattleMetrics, broken);
    let older = with_older(&stage, busy, 1).await;
    assert_eq!(older.sessions, first.sessions);
    stage.sim.clear_faults();
    assert_eq!(of(&stage, busy).await, first, "it may be asked for again");
}

#[tokio::test]
async fn what_was_seen_of_a_stranger_and_forgotten_is_told_again() {
    let options = WatchOptions { every: MINUTE * 30, keep_strangers_days: 3, ..WatchOptions::default() };
    let stage = Stage::with(options);
    let server = stage.sim.add_server("Small Moose");
    let (member, stranger) = (stage.sim.add_player("Member"), stage.sim.add_player("Stranger"));
    let day = SignedDuration::from_hours(24);
    for number in 0..6 {
        stage.sim.joins_at(stranger, server, World::START + day * number + MINUTE * 60);
        stage.sim.leaves_at(stranger, server, World::START + day * number + MINUTE * 180);
    }
    stage.tracks("local", server, &[member], false).await;
    stage.watches_for(day * 6).await;
    assert!(stage.kept(stranger, server).await.0.len() < 5, "what is older is forgotten");
    assert_eq!(of(&stage, stranger).await.sessions_total, 6);
}

#[tokio::test]
async fn of_a_stranger_no_more_is_claimed_than_is_kept() {
    let stage = Stage::with(WatchOptions { keep_strangers_days: 3, ..WatchOptions::default() });
    stage.tracks("local", cast::RUSTY_MOOSE, &[cast::CHENNY_BOUNCE.id], false).await;
    stage.watches_for(MINUTE).await;
    let not_absent_in_a_month = async |player| {
        let history = of(&stage, player).await;
        let month = history.totals.iter().find(|total| total.period == Period::Month).unwrap();
        // A visit that is told is known to have been.
        month.unknown + month.online
    };
    let days = |days: i64| SignedDuration::from_hours(24 * days);
    assert!(not_absent_in_a_month(cast::TEE_HIGGINS.id).await >= days(27) - MINUTE, "of a stranger");
    assert_eq!(of(&stage, cast::CHENNY_BOUNCE.id).await.totals[2].unknown, SignedDuration::ZERO, "of a member");
}

/// How long each day was, was spent there, and is not known, in minutes, to the half hour: polls lie ten minutes apart.
fn minutes(days: &[DayTotal]) -> Vec<(i8, i64, i64, i64)> {
    let near = |length: SignedDuration| (length.as_mins() + 15) / 30 * 30;
    days.iter().map(|day| (day.date.day(), near(day.length), near(day.online), near(day.unknown))).collect()
}

#[tokio::test]
async fn the_last_days_are_those_of_the_guild_and_the_one_with_25_hours_has_all_of_them() {
    const DAY: i64 = 24 * 60;
    let at = |instant: &str| instant.parse::<Timestamp>().unwrap();
    // In Berlin, Friday noon.
    let start = at("2026-10-23T10:00:00Z");
    let stage = Stage::beginning_at(start, WatchOptions { every: MINUTE * 10, ..WatchOptions::default() });
    let zone = SettingsPatch { time_zone: Some("Europe/Berlin".to_owned()), ..SettingsPatch::default() };
    stage.app.settings(&stage.me, zone).await.unwrap();
    let server = stage.sim.add_server("Small Moose");
    let (owl, lark) = (stage.sim.add_player("Owl"), stage.sim.add_player("Lark"));
    // From 22:00 on Saturday to 23:30 on Sunday, with the hour that happens twice.
    stage.sim.joins_at(owl, server, at("2026-10-24T20:00:00Z"));
    stage.sim.leaves_at(owl, server, at("2026-10-25T22:30:00Z"));
    // Of the hour from 21:00 on Saturday.
    stage.sim.joins_at(lark, server, at("2026-10-24T19:00:00Z"));
    stage.sim.leaves_at(lark, server, at("2026-10-24T20:30:00Z"));
    // Nothing is told of the past.
    for one in [owl, lark] {
        let unknown = Fault::Status(404).on(&format!("/players/{one}/relationships/sessions"));
        stage.sim.fault(Service::BattleMetrics, unknown);
    }
    stage.tracks("local", server, &[owl, lark], false).await;
    stage.watches_for(at("2026-10-26T06:00:00Z").duration_since(start)).await;

    let of_owl = of(&stage, owl).await.days;
    assert_eq!(of_owl.time_zone, "Europe/Berlin");
    assert_eq!(of_owl.days[0].date, date(2026, 10, 26));
    let unseen = [(22, DAY, 0, DAY), (21, DAY, 0, DAY), (20, DAY, 0, DAY)];
    let seen = [(26, 7 * 60, 0, 0), (25, 25 * 60, 24 * 60 + 30, 0), (24, DAY, 2 * 60, 0), (23, DAY, 0, 12 * 60)];
    assert_eq!(minutes(&of_owl.days), [seen.as_slice(), &unseen].concat());

    let group = stage.app.group_history(&stage.me, &format!("{server} 0"), 1).await.unwrap();
    let mut together = seen;
    together[2].2 = 3 * 60;
    assert_eq!(minutes(&group.days.days), [together.as_slice(), &unseen].concat());
    let week = group.totals.iter().find(|total| total.period == Period::Week).unwrap();
    assert_eq!(week.online, group.days.days.iter().map(|day| day.online).sum(), "the days are the total, cut");

    // By another zone, the same time lies on other days.
    let zone = SettingsPatch { time_zone: Some("UTC".to_owned()), ..SettingsPatch::default() };
    stage.app.settings(&stage.me, zone).await.unwrap();
    let of_owl = of(&stage, owl).await.days;
    assert_eq!(minutes(&of_owl.days)[..3], [(26, 6 * 60, 0, 0), (25, DAY, 22 * 60 + 30, 0), (24, DAY, 4 * 60, 0)]);
}

#[tokio::test]
async fn a_day_on_which_nobody_looked_is_not_known_until_it_is_told() {
    let mut stage = Stage::new();
    let (server, guest) = (stage.sim.add_server("Small Moose"), stage.sim.add_player("Guest"));
    stage.tracks("local", server, &[guest], false).await;
    stage.watches_for(MINUTE * 30).await;
    let day = SignedDuration::from_hours(24);
    stage.sim.joins_at(guest, server, stage.now() + day);
    stage.sim.leaves_at(guest, server, stage.now() + day + MINUTE * 90);
    stage.clock.advance(day * 3);
    stage.killed_and_started();
    let name = format!("{server} 0");
    // Before the first look.
    let unseen = stage.app.group_history(&stage.me, &name, 1).await.unwrap().days.days;
    assert_eq!(unseen.len(), 7);
    for day in &unseen[..3] {
        assert_eq!((day.online, day.unknown), (SignedDuration::ZERO, day.length), "{day:?}");
    }
    stage.watches_for(MINUTE * 5).await;
    let told = stage.app.group_history(&stage.me, &name, 1).await.unwrap().days.days;
    assert!(told.iter().all(|day| day.unknown.is_zero()), "{told:?}");
    assert_eq!(told.iter().map(|day| day.online).sum::<SignedDuration>(), MINUTE * 90);
}

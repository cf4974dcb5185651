//! What is told of the past.

use jiff::SignedDuration;
use rustops::{
    app::WatchOptions,
    domain::{
        report::{Outcome, Period, PlayerHistory},
        session::{Ending, Source},
    },
    sim::{World, cast},
};

use crate::stage::{MINUTE, Stage};

async fn of(stage: &Stage, player: u64) -> PlayerHistory {
    match stage.app.player_history(&stage.me, &player.to_string(), 1).await.unwrap() {
        Outcome::Done(history) => history,
        Outcome::Choose(choice) => panic!("{choice:?}"),
    }
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
    stage.tracks("local", server, &[busy], false).await;
    // A stranger's last visits were seen by ourselves: fewer than a hundred of the told ones are left.
    stage.watches_for(MINUTE * 5).await;
    stage.sim.joins(busy, server);
    stage.watches_for(MINUTE * 5).await;
    let known = stage.store.read(move |conn| {
        let known =
            rustops::store::sessions::inquiries_of(conn, crate::stage::server(server), &[crate::stage::player(busy)])?;
        anyhow::Ok(known.values().next().unwrap().known.unwrap().start())
    });
    let known = known.await.unwrap();
    let oldest = stage.kept(busy, server).await.0[0].start;
    assert_eq!(known, oldest);
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

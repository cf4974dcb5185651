//! What is told of the past.

use jiff::SignedDuration;
use rustops::{
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

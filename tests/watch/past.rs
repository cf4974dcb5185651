//! What happened before somebody was tracked, and while nobody looked.

use jiff::SignedDuration;
use rustops::{
    app::WatchOptions,
    domain::{
        presence::Presence,
        session::{Ending, Source},
    },
    sim::{World, cast},
};

use crate::stage::{MINUTE, Stage};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

#[tokio::test]
async fn adding_a_player_fetches_the_past_once() {
    let stage = Stage::new();
    stage.tracks("local", cast::RUSTY_MOOSE, &[cast::TEE_HIGGINS.id], false).await;
    stage.watches_for(MINUTE).await;
    let asked = stage.asked();
    let past: Vec<_> = asked.iter().filter(|path| path.starts_with("/players/")).collect();
    assert_eq!(past, [&format!("/players/{}/relationships/sessions", cast::TEE_HIGGINS.id)]);
    let (visits, open) = stage.kept(cast::TEE_HIGGINS.id, cast::RUSTY_MOOSE).await;
    assert_eq!(open, None);
    let last = visits.last().unwrap();
    assert_eq!((last.start, last.stop), (World::START - HOUR * 14, World::START - MINUTE * (8 * 60 + 19)));
    assert_eq!((last.ending, last.source), (Ending::Left, Source::Told));
    stage.watches_for(MINUTE * 10).await;
    assert!(stage.asked().iter().all(|path| path.starts_with("/servers/")));
}

#[tokio::test]
async fn what_was_seen_of_a_stranger_and_what_is_told_is_one_history() {
    let stage = Stage::with(WatchOptions { every: MINUTE * 5, ..WatchOptions::default() });
    stage.tracks("local", cast::RUSTY_MOOSE, &[cast::CHENNY_BOUNCE.id], false).await;
    stage.watches_for(MINUTE * 110).await;
    let boat = cast::BOAT_ENJOYER.id;
    assert!(!stage.kept(boat, cast::RUSTY_MOOSE).await.0.is_empty(), "a stranger's session is kept");
    stage.tracks("7", cast::RUSTY_MOOSE, &[boat], false).await;
    stage.watches_for(MINUTE).await;
    let (visits, _) = stage.kept(boat, cast::RUSTY_MOOSE).await;
    assert!(visits.windows(2).all(|pair| pair[0].stop <= pair[1].start), "{visits:?}");
    let truth = stage.truth(boat, cast::RUSTY_MOOSE);
    assert_eq!(visits.len(), truth.len());
    for (visit, truth) in visits.iter().zip(truth) {
        assert_eq!(visit.start, truth.start());
        assert!(truth.stop().duration_since(visit.stop) <= MINUTE * 10, "{visit:?} {truth:?}");
    }
}

#[tokio::test]
async fn a_visit_while_the_bot_was_down_comes_to_light_and_nobody_left_in_between() {
    let mut stage = Stage::new();
    let guest = cast::TEE_HIGGINS.id;
    stage.tracks("local", cast::RUSTY_MOOSE, &[guest, cast::CHENNY_BOUNCE.id], false).await;
    stage.watches_for(MINUTE * 10).await;
    // Comes at half past and leaves after four hours; Chenny leaves at three.
    stage.clock.advance(HOUR * 6);
    stage.killed_and_started();
    stage.watches_for(MINUTE).await;
    let (visits, open) = stage.kept(guest, cast::RUSTY_MOOSE).await;
    let last = visits.last().unwrap();
    assert_eq!((last.stop, last.source, open), (World::START + HOUR * 4, Source::Told, None));
    let (visits, open) = stage.kept(cast::CHENNY_BOUNCE.id, cast::RUSTY_MOOSE).await;
    let last = visits.last().unwrap();
    assert_eq!((last.start, last.stop), (World::START - MINUTE * 133, World::START + HOUR * 3));
    assert_eq!((last.ending, open), (Ending::Left, None));
    let name = format!("{} 0", cast::RUSTY_MOOSE);
    stage.asked();
    let check = stage.app.group_check(&stage.me, &name).await.unwrap();
    assert_eq!(stage.asked(), Vec::<String>::new());
    assert_eq!(check.members[0].presence, Presence::Offline { last_seen: World::START + HOUR * 4 });
}

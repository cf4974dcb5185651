//! The program dies at any moment: no session is lost, doubled, overlapping or invented.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use rustops::{domain::session, sim::cast};

use crate::stage::{Dice, MINUTE, Stage};

/// The truth and what is kept of it, compared for players who are tracked or not.
async fn compare(stage: &Stage, server: u64, players: &[u64]) -> (i64, i64) {
    let windows = stage.windows(server).await;
    let (mut right, mut missing) = (0, 0);
    for player in players {
        let truth = stage.truth(*player, server);
        let (visits, open) = stage.kept(*player, server).await;
        assert!(visits.windows(2).all(|pair| pair[0].stop <= pair[1].start), "{player}: {visits:#?}");
        assert!(
            open.is_none_or(|open| visits.iter().all(|visit| visit.stop <= open)),
            "{player}: {visits:#?} {open:?}"
        );
        let until = windows.last().unwrap().stop();
        let running = open.and_then(|open| session::Span::new(open, until.max(open)));
        let kept = session::union(session::spans(&visits).into_iter().chain(running));
        let invented = session::without(&kept, &truth);
        assert_eq!(invented, [], "{player}: {truth:#?} {visits:#?} {open:?}");
        let seen = session::common(&truth, &windows);
        right += session::total(&session::common(&seen, &kept)).as_secs();
        let missed = session::without(&seen, &kept);
        assert!(missed.iter().all(|span| span.length() <= MINUTE * 10), "{player}: {missed:?} {visits:#?}");
        missing += session::total(&missed).as_secs();
    }
    (right, missing)
}

#[tokio::test]
async fn killed_again_and_again_it_still_tells_the_truth() {
    for seed in [3, 4] {
        killed_again_and_again(seed).await;
    }
}

async fn killed_again_and_again(seed: u64) {
    let mut stage = Stage::new();
    let mut dice = Dice::new(seed);
    let place = stage.sim.add_server("Revolving Door");
    let players: Vec<u64> = (0..12).map(|number| stage.sim.add_player(&format!("Guest {number}"))).collect();
    // Half of them are tracked, the others are strangers.
    stage.tracks("local", place, &players[..6], false).await;
    let mut kills = 0;
    for _ in 0..90 {
        for _ in 0..dice.below(3) {
            let player = players[usize::try_from(dice.below(12)).unwrap()];
            match stage.sim.world().whereabouts(player, stage.now()) {
                Some(_) => stage.sim.leaves(player, place),
                None => stage.sim.joins(player, place),
            }
        }
        match dice.below(12) {
            0 => stage.sim.freeze(place),
            1 | 2 => stage.sim.thaw(place),
            3 | 4 => {
                kills += 1;
                stage.clock.advance(SignedDuration::from_secs(dice.below(1200)));
                stage.killed_and_started();
            }
            _ => {}
        }
        stage.watches_for(SignedDuration::from_secs(30 + dice.below(300))).await;
    }
    stage.sim.thaw(place);
    stage.watches_for(MINUTE * 12).await;
    stage.app.watch_stop().await.unwrap();
    let (right, missing) = compare(&stage, place, &players).await;
    assert!(kills > 5 && right > 10_000, "{kills} kills, {right} s");
    println!("{kills} kills: {right} s agree, {missing} s lie between the last look and the leaving, 0 s invented");
}

#[tokio::test]
async fn an_evening_on_a_lively_server_is_kept_as_it_was() {
    let stage = Stage::with(rustops::app::WatchOptions {
        every: SignedDuration::from_mins(4),
        ..rustops::app::WatchOptions::default()
    });
    let members = cast::PURPLE_BASE.map(|person| person.id);
    stage.tracks("local", cast::RUSTY_MOOSE, &members, false).await;
    stage.watches_for(SignedDuration::from_hours(4)).await;
    stage.app.watch_stop().await.unwrap();
    let strangers = stage.sim.world().roster(cast::RUSTY_MOOSE, stage.now());
    // Who hides from public lists is on no roster.
    let strangers = strangers.iter().filter(|seat| !seat.private).map(|seat| seat.player).take(20);
    let players: BTreeSet<u64> = members.into_iter().chain(strangers).collect();
    let players: Vec<u64> = players.into_iter().collect();
    let (right, missing) = compare(&stage, cast::RUSTY_MOOSE, &players).await;
    assert!(right > 10_000, "{right} s");
    println!("{} players: {right} s agree, {missing} s lie between the last look and the leaving", players.len());
}

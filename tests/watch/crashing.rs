//! The program dies at any moment: no session is lost, doubled, overlapping or invented.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use rustops::sim::cast;

use crate::{
    stage::{Dice, MINUTE, Stage},
    truth::compare,
};

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
    let agreement = compare(&stage, place, &players).await;
    assert!(kills > 5 && agreement.agreed > 10_000, "{kills} kills, {agreement}");
    println!("{kills} kills: {agreement}");
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
    let agreement = compare(&stage, cast::RUSTY_MOOSE, &players).await;
    assert!(agreement.agreed > 10_000, "{agreement}");
    println!("{} players: {agreement}", players.len());
}

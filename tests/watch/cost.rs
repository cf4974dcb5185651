//! What the watch costs BattleMetrics and the disk.

use jiff::SignedDuration;
use rustops::sim::cast;

use crate::stage::{MINUTE, Stage, player};

#[tokio::test]
async fn two_guilds_with_two_thousand_players_cost_one_request_a_server_and_minute() {
    let stage = Stage::new();
    let many: Vec<u64> = (0..1000).map(|number| 1_950_000_000 + number).collect();
    stage.tracks("local", cast::RUSTY_MOOSE, &many[..700], false).await;
    stage.tracks("local", cast::CROWDED, &many[..300], true).await;
    stage.tracks("42", cast::RUSTY_MOOSE, &many[..700], false).await;
    stage.tracks("42", cast::RUSTY_MOOSE_SMALL, &many[..300], true).await;
    stage.watches_for(MINUTE).await;
    stage.asked();
    stage.watches_for(MINUTE * 4).await;
    let (polls, past): (Vec<_>, Vec<_>) = stage.asked().into_iter().partition(|path| path.starts_with("/servers/"));
    assert_eq!(polls.len(), 12);
    assert!(past.len() <= 4 * 30 + 1, "the past waits: {} requests", past.len());
    let status = stage.app.status(None).await.unwrap();
    assert_eq!(status.watches.iter().map(|row| row.tracked).sum::<usize>(), 1300);
}

#[tokio::test]
async fn a_server_without_members_is_looked_at_every_five_minutes_and_one_that_nobody_needs_never() {
    let stage = Stage::new();
    stage.tracks("local", cast::RUSTY_MOOSE, &[], false).await;
    stage.watches_for(MINUTE).await;
    stage.asked();
    stage.watches_for(MINUTE * 20).await;
    assert_eq!(stage.asked().len(), 4);
    stage.app.server_clear(&stage.me).await.unwrap();
    stage.watches_for(MINUTE).await;
    stage.asked();
    stage.watches_for(MINUTE * 20).await;
    assert_eq!(stage.asked(), Vec::<String>::new());
    assert_eq!(stage.app.status(None).await.unwrap().watches, []);
}

#[tokio::test]
async fn a_quiet_quarter_of_an_hour_is_one_small_write() {
    let stage = Stage::new();
    let quiet = stage.sim.add_server("Quiet");
    let somebody = stage.sim.add_player("Somebody");
    stage.sim.joins(somebody, quiet);
    stage.tracks("local", quiet, &[somebody], false).await;
    stage.watches_for(MINUTE * 5).await;
    let size = |stage: &Stage| stage.store.size().unwrap();
    let before = size(&stage);
    stage.watches_for(SignedDuration::from_mins(9)).await;
    assert!(size(&stage) - before <= 3 * 4200, "{} bytes", size(&stage) - before);
    let open = stage.kept(somebody, quiet).await.1;
    assert!(open.is_some(), "{:?} is on", player(somebody));
}

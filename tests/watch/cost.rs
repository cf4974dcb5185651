//! What the watch costs BattleMetrics and the disk.

use jiff::SignedDuration;
use rustops::{
    sim::cast,
    store::{self, inquiries},
};

use crate::stage::{MINUTE, Stage, player, server};

/// The past of these players on the server was asked for, and answered.
async fn past_is_known(stage: &Stage, place: u64, players: &[u64]) {
    // All three servers are looked at by then.
    let (place, now, players) = (server(place), stage.now() + MINUTE, players.to_vec());
    let noted = stage.store.write(move |tx| {
        for id in players {
            inquiries::note(tx, player(id), place, inquiries::Inquiry::answered(now))?;
        }
        anyhow::Ok(())
    });
    noted.await.unwrap();
}

#[tokio::test]
async fn two_guilds_with_forty_groups_of_fifty_cost_one_request_a_server_and_minute() {
    let stage = Stage::new();
    let [north, east, south] = ["North", "East", "South"].map(|name| stage.sim.add_server(name));
    let many: Vec<u64> = (0..2000).map(|number| 1_950_000_000 + number).collect();
    for (guild, place, tracked, pinned) in [
        ("local", north, &many[..700], false),
        ("local", east, &many[700..1000], true),
        ("42", north, &many[1000..1700], false),
        ("42", south, &many[1700..], true),
    ] {
        stage.tracks(guild, place, tracked, pinned).await;
        // The last hundred are new.
        past_is_known(&stage, place, &tracked[25..]).await;
    }
    stage.watches_for(MINUTE).await;
    assert!(stage.app.status(None).await.unwrap().past_due > 50);
    stage.watches_for(MINUTE * 4).await;
    let status = stage.app.status(None).await.unwrap();
    assert_eq!(status.past_due, 0);
    assert_eq!(status.watches.iter().map(|row| row.tracked).sum::<usize>(), 2000);
    stage.asked();
    stage.watches_for(MINUTE * 10).await;
    let asked = stage.asked();
    assert_eq!(asked.len(), 3 * 10, "{asked:?}");
    assert!(asked.iter().all(|path| path.starts_with("/servers/")), "{asked:?}");
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
    assert!(size(&stage) - before <= 4 * 2100, "{} bytes", size(&stage) - before);
    let open = stage.kept(somebody, quiet).await.1;
    assert!(open.is_some(), "{:?} is on", player(somebody));
}

#[tokio::test]
async fn a_member_who_comes_is_kept_at_once_and_the_strangers_of_that_minute_later() {
    let mut stage = Stage::new();
    let (busy, member) = (stage.sim.add_server("Busy"), stage.sim.add_player("Member"));
    let strangers: Vec<u64> = (0..200).map(|number| stage.sim.add_player(&format!("Stranger {number}"))).collect();
    let (early, late) = strangers.split_at(100);
    early.iter().for_each(|stranger| stage.sim.joins(*stranger, busy));
    stage.tracks("local", busy, &[member], false).await;
    past_is_known(&stage, busy, &[member]).await;
    stage.watches_for(MINUTE * 12).await;
    let before = stage.store.size().unwrap();
    early.iter().for_each(|stranger| stage.sim.leaves(*stranger, busy));
    late.iter().for_each(|stranger| stage.sim.joins(*stranger, busy));
    stage.sim.joins(member, busy);
    stage.watches_for(MINUTE * 2).await;
    let grown = stage.store.size().unwrap() - before;
    assert!(grown <= 4 * 2100, "{grown} bytes");
    assert!(stage.kept(member, busy).await.1.is_some());
    assert_eq!(stage.kept(late[0], busy).await.1, None);

    // What a crash loses of strangers counts as not observed; the member's coming is not lost.
    stage.killed_and_started();
    stage.clock.advance(MINUTE * 30);
    early.iter().for_each(|stranger| stage.sim.joins(*stranger, busy));
    stage.watches_for(MINUTE * 12).await;
    let lost = stage.kept(early[0], busy).await.0[0];
    assert_eq!(lost.ending, rustops::domain::session::Ending::Unobserved);
    let [looked, _] = stage.windows(busy).await[..] else { panic!("{:?}", stage.windows(busy).await) };
    assert_eq!(looked.stop(), lost.stop);
    assert!(stage.kept(member, busy).await.1.is_some_and(|since| since < stage.now() - MINUTE * 40));
}

#[tokio::test]
async fn strangers_are_forgotten_though_nothing_is_watched_any_more() {
    let stage = Stage::new();
    let (place, passer_by) = (stage.sim.add_server("Given Up"), stage.sim.add_player("Passer-by"));
    stage.sim.joins(passer_by, place);
    stage.tracks("local", place, &[], false).await;
    stage.watches_for(MINUTE * 20).await;
    stage.sim.leaves(passer_by, place);
    stage.watches_for(MINUTE * 20).await;
    stage.app.server_clear(&stage.me).await.unwrap();
    stage.watches_for(MINUTE * 20).await;
    let known = async || {
        let look = move |conn: &store::Connection| store::players::get(conn, player(passer_by));
        (stage.kept(passer_by, place).await.0.len(), stage.store.read(look).await.unwrap().is_some())
    };
    assert_eq!(known().await, (1, true));
    stage.clock.advance(SignedDuration::from_hours(24 * 46));
    // The names go with the bite behind that of the sessions.
    stage.watches_for(MINUTE * 130).await;
    assert_eq!(known().await, (0, false));
}

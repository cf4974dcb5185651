//! A guild moves to another machine, and what was seen of its players goes along.

use jiff::SignedDuration;
use rustops::domain::session::Ending;

use crate::stage::{MINUTE, Stage, player};

#[tokio::test]
async fn what_was_seen_of_tracked_players_moves_to_another_machine() {
    let old = Stage::new();
    let place = old.sim.add_server("Revolving Door");
    let guests: Vec<u64> = (0..6).map(|number| old.sim.add_player(&format!("Guest {number}"))).collect();
    old.tracks("local", place, &guests[..3], false).await;
    for round in 0..3 {
        guests.iter().for_each(|guest| old.sim.joins(*guest, place));
        old.watches_for(MINUTE * 20).await;
        old.sim.rename(guests[0], &format!("Guest of round {round}"));
        old.watches_for(MINUTE * 5).await;
        guests.iter().skip(round).for_each(|guest| old.sim.leaves(*guest, place));
        old.sim.freeze(place);
        old.watches_for(MINUTE * 20).await;
        old.sim.thaw(place);
        guests.iter().take(round).for_each(|guest| old.sim.leaves(*guest, place));
    }
    old.sim.joins(guests[1], place);
    old.watches_for(MINUTE * 12).await;
    old.app.watch_stop().await.unwrap();
    let export = old.app.export(&old.me).await.unwrap();
    assert!(export.sessions.len() >= 9 && export.windows.len() >= 3, "{export:#?}");
    assert!(export.sessions.iter().all(|session| guests[..3].iter().any(|guest| session.player == player(*guest))));
    let last = export.sessions.iter().rfind(|session| session.player == player(guests[1])).unwrap();
    assert_eq!(last.ending, Ending::Unobserved, "nobody looks on that machine any more");
    assert!(export.players[0].names.len() >= 3, "{:?}", export.players[0].names);

    let new = Stage::new();
    let report = new.app.import(&new.me, "a.json", export.clone()).await.unwrap();
    assert!(!report.unchanged);
    let again = new.app.export(&new.me).await.unwrap();
    assert!(again.same_data(&export), "{again:#?}\n{export:#?}");
    assert!(new.app.import(&new.me, "a.json", export.clone()).await.unwrap().unchanged);

    // The new machine goes on from there, and neither doubles nor contradicts what came along.
    new.clock.advance(old.now().duration_since(new.now()) + SignedDuration::from_hours(1));
    let (visits, _) = new.kept(guests[0], place).await;
    let told: Vec<_> = export.sessions.iter().filter(|session| session.player == player(guests[0])).collect();
    assert_eq!(visits.len(), told.len());
    let table = rustops::domain::export::csv_sessions(&export);
    assert_eq!(table.lines().count(), 1 + export.sessions.len());
}

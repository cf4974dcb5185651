//! The machine's clock is set, by hours and either way: nothing is lost, doubled or invented by that.

use jiff::SignedDuration;
use rustops::{
    domain::{
        presence::{Presence, Stale, Unknown},
        report::Health,
        session::{self, Span},
    },
    sim::World,
    store::{players, sessions},
};

use crate::stage::{Dice, MINUTE, Stage, player, server};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// A server with one guest, who is tracked.
struct Corner {
    stage: Stage,
    place: u64,
    guest: u64,
}

impl std::ops::Deref for Corner {
    type Target = Stage;

    fn deref(&self) -> &Stage {
        &self.stage
    }
}

impl Corner {
    async fn with_clock_ahead(ahead: SignedDuration) -> Self {
        let stage = Stage::new();
        let (place, guest) = (stage.sim.add_server("Quiet Corner"), stage.sim.add_player("Guest"));
        stage.sim.joins(guest, place);
        stage.wrong.set_ahead(ahead);
        stage.tracks("local", place, &[guest], false).await;
        stage.watches_for(MINUTE * 5).await;
        Self { stage, place, guest }
    }

    async fn presence(&self) -> Presence {
        let check = self.app.group_check(&self.me, &format!("{} 0", self.place)).await.unwrap();
        check.members[0].presence.clone()
    }
}

/// All windows lie in the past of the world and none touches another; returns them.
async fn honest_windows(stage: &Corner) -> Vec<Span> {
    let windows = stage.windows(stage.place).await;
    assert!(windows.last().unwrap().stop() <= stage.now(), "{windows:?} at {}", stage.now());
    assert!(windows[0].start() >= World::START - MINUTE, "{windows:?}");
    windows
}

#[tokio::test]
async fn a_clock_that_is_hours_off_is_told_and_nothing_is_kept_by_it() {
    for ahead in [HOUR * 3, HOUR * -3] {
        let stage = Corner::with_clock_ahead(SignedDuration::ZERO).await;
        stage.wrong.set_ahead(ahead);
        stage.watches_for(MINUTE * 30).await;
        let Presence::Unknown { cause: Unknown::Stale { why: Stale::WrongClock { ahead: told } }, .. } =
            stage.presence().await
        else {
            panic!("{:?}", stage.presence().await);
        };
        assert!((told - ahead).abs() <= MINUTE, "{told}");
        let health = stage.app.status(None).await.unwrap().watches[0].health;
        assert!(matches!(health, Health::Stale { why: Stale::WrongClock { .. } }), "{health:?}");

        stage.wrong.set_ahead(SignedDuration::ZERO);
        stage.watches_for(MINUTE * 3).await;
        assert!(matches!(stage.presence().await, Presence::Online { .. }), "it mends itself");
        let windows = honest_windows(&stage).await;
        assert_eq!(windows.len(), 2, "{windows:?}");
        let blind = session::gaps(&windows, Span::new(windows[0].start(), windows[1].stop()).unwrap());
        assert!((MINUTE * 29..MINUTE * 33).contains(&session::total(&blind)), "{blind:?}");
    }
}

#[tokio::test]
async fn polls_go_on_after_the_clock_was_set_back() {
    let stage = Corner::with_clock_ahead(MINUTE * 4).await;
    stage.asked();
    stage.wrong.set_ahead(SignedDuration::ZERO);
    stage.watches_for(MINUTE * 5).await;
    let polls = stage.asked().iter().filter(|path| path.starts_with("/servers/")).count();
    assert!((5..=6).contains(&polls), "{polls} polls in 5 minutes");
    honest_windows(&stage).await;
}

#[tokio::test]
async fn a_clock_that_is_years_ahead_makes_nothing_old() {
    let stage = Corner::with_clock_ahead(SignedDuration::ZERO).await;
    let (place, guest) = (server(stage.place), player(stage.guest));
    stage.sim.leaves(stage.guest, stage.place);
    stage.watches_for(MINUTE * 5).await;
    let kept = move |conn: &rustops::store::Connection| {
        anyhow::Ok((sessions::of(conn, guest, place)?, players::get(conn, guest)?.is_some()))
    };
    let before = stage.store.read(kept).await.unwrap();
    assert!(!before.0.is_empty() && before.1);
    stage.wrong.set_ahead(HOUR * 24 * 3650);
    stage.watches_for(MINUTE * 70).await;
    stage.app.purge().await.unwrap();
    stage.wrong.set_ahead(SignedDuration::ZERO);
    stage.watches_for(MINUTE * 5).await;
    assert_eq!(stage.store.read(kept).await.unwrap(), before);
}

#[tokio::test]
async fn whatever_the_clock_does_the_record_is_true() {
    let stage = Stage::new();
    let mut dice = Dice::new(5);
    let place = stage.sim.add_server("Revolving Door");
    let guests: Vec<u64> = (0..10).map(|number| stage.sim.add_player(&format!("Guest {number}"))).collect();
    stage.tracks("local", place, &guests[..5], false).await;
    let mut jumps = 0;
    for _ in 0..60 {
        let guest = guests[usize::try_from(dice.below(10)).unwrap()];
        match stage.sim.world().whereabouts(guest, stage.now()) {
            Some(_) => stage.sim.leaves(guest, place),
            None => stage.sim.joins(guest, place),
        }
        match dice.below(8) {
            0 => stage.wrong.set_ahead(SignedDuration::from_secs(dice.below(12 * 3600) - 6 * 3600)),
            // So little that lists are believed.
            1 => stage.wrong.set_ahead(SignedDuration::from_secs(dice.below(400) - 200)),
            2..=4 => stage.wrong.set_ahead(SignedDuration::ZERO),
            _ => jumps -= 1,
        }
        jumps += 1;
        stage.watches_for(SignedDuration::from_secs(60 + dice.below(240))).await;
    }
    stage.wrong.set_ahead(SignedDuration::ZERO);
    stage.watches_for(MINUTE * 12).await;
    let windows = stage.windows(place).await;
    assert!(windows.last().unwrap().stop() <= stage.now());
    let mut right = SignedDuration::ZERO;
    for guest in &guests {
        let truth = stage.truth(*guest, place);
        let (visits, open) = stage.kept(*guest, place).await;
        assert!(visits.iter().all(|visit| visit.start <= visit.stop), "{visits:#?}");
        assert!(visits.windows(2).all(|pair| pair[0].stop <= pair[1].start), "{visits:#?}");
        let running = open.and_then(|open| Span::new(open, stage.now()));
        assert!(open.is_none_or(|open| visits.iter().all(|visit| visit.stop <= open)), "{visits:#?} {open:?}");
        let kept = session::union(session::spans(&visits).into_iter().chain(running));
        // Where both clocks are believed, they differ by less than 200 s.
        let invented = session::without(&kept, &truth);
        let most = SignedDuration::from_secs(200);
        assert!(invented.iter().all(|span| span.length() <= most), "{guest}: {invented:?} {truth:#?} {visits:#?}");
        right += session::total(&session::common(&truth, &kept));
    }
    assert!(jumps > 20 && right > HOUR * 3, "{jumps} jumps, {right} agree");
    println!("{jumps} jumps: {} s agree", right.as_secs());
}

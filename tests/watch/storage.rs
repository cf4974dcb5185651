//! The disk of a running watch: full, only to be read, damaged. The watch goes on in memory, says so, and keeps what it
//! saw as soon as it can.

use std::{
    fs,
    io::{Seek as _, SeekFrom, Write as _},
    path::PathBuf,
};

use jiff::SignedDuration;
use rustops::{
    app::WatchOptions,
    domain::{
        notice::{Notice, Storage},
        presence::Presence,
        session,
    },
    error::Error,
    sim::{Fault, Service},
    store::Connection,
};

use crate::stage::{MINUTE, Stage};

const GUESTS: usize = 120;

/// A server with many guests, of whom the first three are tracked.
struct Party {
    stage: Stage,
    place: u64,
    guests: Vec<u64>,
}

impl Party {
    async fn new() -> Self {
        Self::polled_every(MINUTE).await
    }

    async fn polled_every(every: SignedDuration) -> Self {
        let stage = Stage::with(WatchOptions { every, ..WatchOptions::default() });
        let place = stage.sim.add_server("Party");
        let guests: Vec<u64> = (0..GUESTS).map(|number| stage.sim.add_player(&format!("Guest {number}"))).collect();
        stage.tracks("local", place, &guests[..3], false).await;
        let party = Self { stage, place, guests };
        party.everybody_comes();
        party.stage.watches_for(MINUTE * 12).await;
        party
    }

    fn everybody_comes(&self) {
        self.guests.iter().for_each(|guest| self.stage.sim.joins(*guest, self.place));
    }

    fn everybody_goes(&self) {
        self.guests.iter().for_each(|guest| self.stage.sim.leaves(*guest, self.place));
    }

    /// The connection that writes is set up so.
    async fn sets(&self, pragma: &'static str, value: i64) {
        let set = self
            .stage
            .store
            .write(move |tx| tx.execute_batch(&format!("PRAGMA {pragma} = {value}")).map_err(anyhow::Error::from));
        set.await.unwrap();
    }

    fn trouble(&self) -> Option<Storage> {
        self.stage.app.storage_trouble().map(|trouble| trouble.problem)
    }

    /// Whether something is said of all members.
    async fn all(&self, is: impl Fn(&Presence) -> bool) -> bool {
        let check = self.stage.app.group_check(&self.stage.me, &format!("{} 0", self.place)).await.unwrap();
        let all = check.members.iter().all(|member| is(&member.presence));
        if !all {
            println!("{:#?}", check.members);
        }
        all
    }

    /// What is kept of a guest, and the session that runs, until now.
    async fn kept(&self, guest: u64) -> Vec<session::Span> {
        let (visits, open) = self.stage.kept(guest, self.place).await;
        let now = jiff::Timestamp::from_second(self.stage.now().as_second()).unwrap();
        let running = open.and_then(|open| session::Span::new(open, now));
        visits.iter().filter_map(session::Session::span).chain(running).collect()
    }

    /// Everybody's sessions are the true ones, but for the minute between the last look and the leaving.
    async fn is_kept_as_it_was(&self) {
        let windows = self.stage.windows(self.place).await;
        assert!(self.guests.len() == GUESTS && !windows.is_empty());
        for guest in &self.guests {
            let truth = self.stage.truth(*guest, self.place);
            let kept = self.kept(*guest).await;
            assert_eq!(session::union(kept.iter().copied()).len(), kept.len(), "{guest}: {kept:?}");
            assert_eq!(session::without(&kept, &truth), [], "{guest}: {truth:?}");
            let missed = session::without(&session::common(&truth, &windows), &kept);
            assert!(missed.iter().all(|span| span.length() <= MINUTE * 10), "{guest}: {missed:?} {kept:?}");
        }
    }
}

#[tokio::test]
async fn a_disk_that_is_full_for_an_evening_costs_nothing_that_was_seen() {
    let party = Party::polled_every(MINUTE * 2).await;
    party.sets("max_page_count", 1).await;
    for _ in 0..2 {
        party.everybody_goes();
        party.stage.watches_for(MINUTE * 20).await;
        party.everybody_comes();
        party.stage.watches_for(MINUTE * 40).await;
    }
    assert_eq!(party.trouble(), Some(Storage::Full));
    assert!(party.all(|presence| matches!(presence, Presence::Online { .. })).await);
    let status = party.stage.app.status(None).await.unwrap();
    assert_eq!(status.storage.unwrap().problem, Storage::Full);

    party.sets("max_page_count", 1_000_000).await;
    party.stage.watches_for(MINUTE * 12).await;
    assert_eq!((party.trouble(), party.stage.app.status(None).await.unwrap().storage), (None, None));
    assert_eq!(party.stage.windows(party.place).await.len(), 1, "no gap");
    party.is_kept_as_it_was().await;
}

#[tokio::test]
async fn a_disk_that_may_only_be_read_is_told_and_questions_are_answered() {
    let mut party = Party::new().await;
    party.sets("query_only", 1).await;
    party.everybody_goes();
    party.stage.watches_for(MINUTE * 20).await;
    assert_eq!(party.trouble(), Some(Storage::ReadOnly));
    assert!(party.all(|presence| matches!(presence, Presence::Offline { .. })).await);
    party.stage.app.watch_stop().await.unwrap_err();

    // It is mounted anew and the bot is started again: what was not kept was not observed, and nobody left then.
    party.stage.killed_and_started();
    party.stage.watches_for(MINUTE * 12).await;
    assert_eq!(party.trouble(), None);
    assert_eq!(party.stage.windows(party.place).await.len(), 2);
    party.is_kept_as_it_was().await;
}

/// Fills the page that holds the beginning of a table or an index with rubbish.
fn damage(file: &PathBuf, name: &str) {
    let connection = Connection::open(file).unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    let look = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap() as usize;
    let page = look(&format!("SELECT rootpage FROM sqlite_schema WHERE name = '{name}'"));
    let size = look("PRAGMA page_size");
    drop(connection);
    let mut file = fs::OpenOptions::new().write(true).open(file).unwrap();
    file.seek(SeekFrom::Start(((page - 1) * size) as u64)).unwrap();
    file.write_all(&vec![0xAA; size]).unwrap();
}

#[tokio::test]
async fn a_damaged_page_is_told_with_the_way_back_and_the_rest_works() {
    let party = Party::new().await;
    party.stage.app.watch_stop().await.unwrap();
    let made = party.stage.app.snapshot_step().await.unwrap().made.unwrap();
    let file = party.stage.store.path().to_owned();
    damage(&file, "groups_living");
    // Whatever is written next makes each reader read the file anew.
    party.everybody_goes();
    party.stage.watches_for(MINUTE * 12).await;
    let refused = party.stage.app.group_list(&party.stage.me).await.unwrap_err();
    assert!(matches!(refused, Error::Notice(notice) if *notice == Notice::Storage { problem: Storage::Corrupt }));
    assert_eq!(party.trouble(), Some(Storage::Corrupt));

    party.everybody_comes();
    party.stage.watches_for(MINUTE * 20).await;
    assert_eq!(party.stage.windows(party.place).await.len(), 1, "the watch goes on with what it knows");
    party.is_kept_as_it_was().await;
    party.stage.app.server_get(&party.stage.me).await.unwrap();
    let status = party.stage.app.status(None).await.unwrap();
    assert_eq!(status.storage.unwrap().problem, Storage::Corrupt, "it is not forgotten with the next good write");
    // The next day's snapshot would be one of a damaged file.
    party.stage.clock.advance(SignedDuration::from_hours(24));
    let refused = party.stage.app.snapshot_step().await.unwrap_err();
    assert!(matches!(refused, Error::Notice(notice) if *notice == Notice::Storage { problem: Storage::Corrupt }));
    assert!(PathBuf::from(&made.file).exists(), "the good one stays");
}

#[tokio::test]
async fn a_network_that_is_away_for_a_day_is_a_gap_and_is_filled_afterwards() {
    let party = Party::polled_every(MINUTE * 10).await;
    party.stage.sim.fault(Service::BattleMetrics, Fault::Dropped);
    party.everybody_goes();
    party.stage.watches_for(SignedDuration::from_hours(11)).await;
    party.everybody_comes();
    party.stage.watches_for(SignedDuration::from_hours(13)).await;
    assert_eq!(party.trouble(), None);
    assert!(party.all(|presence| matches!(presence, Presence::Unknown { .. })).await);
    party.stage.sim.clear_faults();
    party.stage.watches_for(MINUTE * 30).await;
    assert!(party.all(|presence| matches!(presence, Presence::Online { .. })).await);
    assert_eq!(party.stage.windows(party.place).await.len(), 2);
    party.is_kept_as_it_was().await;
    // Of those who are tracked, the gap is filled from what BattleMetrics remembers.
    for guest in &party.guests[..3] {
        assert_eq!(session::union(party.kept(*guest).await), party.stage.truth(*guest, party.place));
    }
}

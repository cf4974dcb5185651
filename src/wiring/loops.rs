//! What goes on beside the bot: one loop each over a step that another room offers.
//!
//! How long to wait comes from the step; what it does is decided further in.

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use url::Url;

use crate::{
    alive::Heart,
    app::{App, Step},
    clock::Clock,
    discord::Herald,
    domain::notice::{Notice, Storage},
    error::Error,
    view::{notice, words},
};

/// How long the watch waits when its database fails.
const AFTER_FAILURE: SignedDuration = SignedDuration::from_secs(10);

/// However much is due, others get their turn between two steps of the watch.
const SHORTEST_PAUSE: SignedDuration = SignedDuration::from_millis(50);

/// A step of the watch that takes longer hangs on a server; another is taken beside it.
const BESIDE_AFTER: SignedDuration = SignedDuration::from_secs(2);

/// Steps of the watch that may be under way at the same time.
const STEPS_AT_ONCE: usize = 4;

/// How long to wait after a snapshot that failed, and the longest to wait for the next day: a clock that is set, or a machine
/// that slept, moves midnight.
const SNAPSHOT_AGAIN: Duration = Duration::from_secs(60 * 60);

/// Keeps a copy of each day.
pub(super) async fn snapshots(app: App, clock: Arc<dyn Clock>) {
    loop {
        let wait = match app.snapshot_step().await {
            Ok(step) => {
                if let Some(made) = step.made {
                    tracing::info!(file = made.file, bytes = made.bytes, removed = step.removed, "a snapshot was made");
                }
                step.next.duration_since(clock.now()).unsigned_abs().min(SNAPSHOT_AGAIN)
            }
            Err(error) => {
                tracing::warn!(?error, "the day's snapshot could not be made");
                SNAPSHOT_AGAIN
            }
        };
        clock.sleep(wait).await;
    }
}

/// Lets the outside know that this process lives and whether Discord has let it in, at once when that changes.
pub(super) async fn pulse(heart: Arc<Heart>, mut connection: watch::Receiver<bool>, clock: Arc<dyn Clock>) {
    let mut ready = false;
    loop {
        let connected = *connection.borrow_and_update();
        let mut told = heart.beat(connected, clock.now());
        if connected && !ready {
            ready = true;
            told = told.and(heart.ready());
        }
        if let Err(error) = told {
            tracing::warn!(%error, "the heartbeat could not be written");
        }
        tokio::select! {
            () = clock.sleep(Heart::pause()) => {}
            // Once the bot has ended, nothing changes any more; this task is about to be ended as well.
            Ok(()) = connection.changed() => {}
        }
    }
}

/// Removes for good, once a day, what was deleted long ago.
pub(super) async fn upkeep(app: App, clock: Arc<dyn Clock>) {
    loop {
        match app.purge().await {
            Ok(0) => {}
            Ok(things) => tracing::info!(things, "removed for good what was deleted long ago"),
            Err(error) => tracing::warn!(?error, "what was deleted long ago could not be removed"),
        }
        clock.sleep(Duration::from_secs(24 * 60 * 60)).await;
    }
}

/// What was last said of the database and its disk.
#[derive(Default)]
struct Told {
    storage: Option<Storage>,
    is_tight: bool,
}

impl Told {
    /// Says what has changed.
    fn update(&mut self, app: &App) {
        let storage = app.storage_trouble().map(|trouble| trouble.problem);
        match (self.storage, storage) {
            (before, now) if before == now => {}
            (_, Some(problem)) => {
                tracing::error!("{} The watch goes on in memory until then.", notice::storage_line(problem));
            }
            (_, None) => tracing::info!("the database can be written again"),
        }
        self.storage = storage;
        let free = app.little_room();
        if let (false, Some(bytes)) = (self.is_tight, free) {
            tracing::warn!(free = words::bytes(bytes), "the disk of the database is nearly full: make room");
        }
        self.is_tight = free.is_some();
    }
}

/// Takes one step of the watch after the other; a herald hears of each change. Servers that hang hold up no others.
pub async fn keep_watch(app: App, clock: Arc<dyn Clock>, herald: Option<Herald>) {
    let mut told = Told::default();
    let mut running = FuturesUnordered::new();
    running.push(Box::pin(app.watch_step()));
    let mut next = clock.now() + BESIDE_AFTER;
    loop {
        let pause = next.duration_since(clock.now()).max(SHORTEST_PAUSE);
        let (is_idle, is_full) = (running.is_empty(), running.len() >= STEPS_AT_ONCE);
        let rest = async { if is_idle { clock.sleep(pause.unsigned_abs()).await } else { app.waits(pause).await } };
        tokio::select! {
            biased;
            Some(step) = running.next() => {
                next = heard(step, clock.now(), herald.as_ref());
                told.update(&app);
            }
            () = rest, if !is_full => {
                running.push(Box::pin(app.watch_step()));
                next = clock.now() + BESIDE_AFTER;
            }
        }
    }
}

/// Fills in the past beside the watch, however long that waits for the budget; a herald hears of what came to light.
pub async fn keep_past(app: App, clock: Arc<dyn Clock>, herald: Option<Herald>) {
    loop {
        let next = heard(app.past_step().await, clock.now(), herald.as_ref());
        let pause = next.duration_since(clock.now()).max(SHORTEST_PAUSE);
        clock.sleep(pause.unsigned_abs()).await;
    }
}

/// Tells what a step brought. Returns when to take the next one.
fn heard(step: Result<Step, Error>, now: Timestamp, herald: Option<&Herald>) -> Timestamp {
    match step {
        Ok(step) => {
            if let Some(trouble) = step.refused {
                tracing::warn!(?trouble, "nothing can be watched until BattleMetrics answers again");
            }
            if let Some(herald) = herald {
                herald.servers_changed(&step.changed);
            }
            step.next
        }
        Err(Error::Notice(notice)) if matches!(*notice, Notice::Storage { .. }) => now + AFTER_FAILURE,
        Err(error) => {
            tracing::warn!(?error, "the watch could not go on");
            now + AFTER_FAILURE
        }
    }
}

/// Asks now and then whether there is a new release.
pub(super) async fn look_for_releases(app: App, clock: Arc<dyn Clock>, url: Option<Url>) {
    let Some(url) = url else { return };
    loop {
        let next = match app.release_step(&url).await {
            Ok(next) => next,
            Err(error) => {
                tracing::warn!(?error, "it could not be kept when a new release was asked for");
                clock.now() + SignedDuration::from_hours(1)
            }
        };
        clock.sleep(next.duration_since(clock.now()).unsigned_abs()).await;
    }
}

/// Writes boards and tidings whenever there is something to write.
pub async fn keep_posted(herald: Herald, clock: Arc<dyn Clock>) {
    loop {
        let next = herald.step().await;
        let pause = next.duration_since(clock.now()).max(SHORTEST_PAUSE);
        tokio::select! {
            () = clock.sleep(pause.unsigned_abs()) => {}
            () = herald.stirred() => {}
        }
    }
}

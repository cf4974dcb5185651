//! BattleMetrics is slow, hangs, or wants to be left alone: who waits for that, and who does not.

use std::{future::poll_fn, pin::pin, sync::Arc, task::Poll};

use futures_util::{future::BoxFuture, poll};
use jiff::{SignedDuration, Timestamp};
use rustops::{
    app::Step,
    clock::Clock,
    domain::{
        presence::{Presence, Unknown},
        report::{GroupCheck, Health},
        trouble::{Trouble, TroubleKind},
    },
    error,
    sim::{Fault, RetryAfter, Service},
    wiring::keep_watch,
};

use crate::stage::{Corner, MINUTE, Stage, server};

const SECOND: SignedDuration = SignedDuration::from_secs(1);

fn path(corner: &Corner) -> String {
    format!("/servers/{}", corner.place)
}

fn is_online(check: &GroupCheck) -> bool {
    matches!(check.members[0].presence, Presence::Online { .. })
}

fn why(check: &GroupCheck) -> Option<TroubleKind> {
    match check.members[0].presence {
        Presence::Unknown { cause: Unknown::Trouble { trouble }, .. } => Some(trouble.kind),
        _ => None,
    }
}

fn kind(trouble: Option<Trouble>) -> Option<TroubleKind> {
    trouble.map(|trouble| trouble.kind)
}

/// Does something while something else goes on, which may end.
async fn beside<T>(other: &mut Option<BoxFuture<'_, impl Sized>>, done: impl Future<Output = T>) -> T {
    let mut done = pin!(done);
    poll_fn(|context| {
        if other.as_mut().is_some_and(|other| other.as_mut().poll(context).is_ready()) {
            *other = None;
        }
        done.as_mut().poll(context)
    })
    .await
}

/// Everybody does what can be done at this instant.
async fn settles<T>(going: &mut BoxFuture<'_, T>) -> Option<T> {
    for _ in 0..3000 {
        if let Poll::Ready(done) = poll!(&mut *going) {
            return Some(done);
        }
        tokio::task::yield_now().await;
    }
    None
}

/// Lets time go by until something is done.
async fn in_time<T>(stage: &Stage, going: impl Future<Output = T> + Send) -> T {
    let mut going: BoxFuture<'_, T> = Box::pin(going);
    for _ in 0..100 {
        if let Some(done) = settles(&mut going).await {
            return done;
        }
        stage.clock.advance(SECOND);
    }
    panic!("nobody waits so long");
}

/// Lets something go on until the services were asked for so much.
async fn goes_on_until(stage: &Stage, going: &mut BoxFuture<'_, impl Sized>, requests: usize) {
    for _ in 0..1_000_000 {
        if stage.sim.requests().len() >= requests {
            return;
        }
        assert!(poll!(&mut *going).is_pending(), "it should go on");
        tokio::task::yield_now().await;
    }
    panic!("{:?} instead of {requests} requests", stage.sim.requests());
}

#[tokio::test]
async fn polls_are_on_time_while_the_past_waits_for_the_budget() {
    let stage = Stage::patient();
    let corners = stage.with_corners(6).await;
    // Half of this is out of reach for the past, and the polls take the other half.
    stage.sim.switch(|switches| switches.per_minute = 12);
    let past_step = || -> BoxFuture<'_, error::Result<Step>> { Box::pin(stage.app.past_step()) };
    let (mut past, mut began, mut longest_wait) = (None, stage.now(), SignedDuration::ZERO);
    let mut polls: Vec<(String, Timestamp)> = Vec::new();
    let until = stage.now() + MINUTE * 10;
    while stage.now() < until {
        if past.is_none() {
            (past, began) = (Some(past_step()), stage.now());
        }
        let next = beside(&mut past, stage.app.watch_step()).await.unwrap().next;
        let now = stage.now();
        longest_wait = longest_wait.max(now.duration_since(began));
        polls.extend(stage.asked().into_iter().filter(|path| path.starts_with("/servers/")).map(|path| (path, now)));
        stage.clock.advance(next.duration_since(now));
    }
    assert!(longest_wait >= SECOND * 10, "the past had to wait: {longest_wait}");
    for corner in &corners {
        let times: Vec<_> = polls.iter().filter(|(polled, _)| *polled == path(corner)).map(|(_, at)| *at).collect();
        assert!(times.len() >= 10, "{} polls in 10 minutes", times.len());
        assert!(times.windows(2).all(|pair| pair[1].duration_since(pair[0]) <= MINUTE), "{times:?}");
        assert_eq!(stage.windows(corner.place).await.len(), 1, "nothing went unobserved");
    }
}

#[tokio::test]
async fn a_server_that_hangs_holds_up_no_other() {
    let stage = Stage::patient();
    let corners = stage.with_corners(3).await;
    stage.sim.fault(Service::BattleMetrics, Fault::Stalled.on(&path(&corners[0])));
    let clock: Arc<dyn Clock> = Arc::new(stage.clock.clone());
    let mut watch: BoxFuture<'_, ()> = Box::pin(keep_watch(stage.app.clone(), clock, None));
    goes_on_until(&stage, &mut watch, 1).await;
    assert_eq!(stage.asked(), [path(&corners[0])], "whose turn it is");
    for minute in 0..3 {
        let mut polled = Vec::new();
        for _ in 0..30 {
            stage.clock.advance(SECOND * 2);
            assert_eq!(settles(&mut watch).await, None);
            polled.extend(stage.asked().into_iter().filter(|asked| *asked != path(&corners[0])));
        }
        polled.sort_unstable();
        assert_eq!(polled, [path(&corners[1]), path(&corners[2])], "in minute {minute}");
    }
    drop(watch);
    assert_eq!(stage.windows(corners[2].place).await.len(), 1);
}

#[tokio::test]
async fn whoever_presses_refresh_while_a_poll_hangs_is_answered_from_what_was_seen() {
    let stage = Stage::patient();
    let corners = stage.with_corners(1).await;
    let seen = stage.now() - MINUTE;
    stage.sim.fault(Service::BattleMetrics, Fault::Stalled);
    let mut hanging: BoxFuture<'_, _> = Box::pin(stage.app.watch_step());
    goes_on_until(&stage, &mut hanging, 1).await;

    let mut forced: BoxFuture<'_, _> = Box::pin(stage.app.watch_forced(server(corners[0].place)));
    assert!(poll!(&mut forced).is_pending());
    stage.clock.advance(SECOND * 7);
    assert!(poll!(&mut forced).is_pending(), "there is hope yet");
    stage.clock.advance(SECOND);
    assert_eq!(kind(forced.await.unwrap()), Some(TroubleKind::TimedOut));
    let check = in_time(&stage, stage.checks(&corners[0], true)).await;
    assert!(is_online(&check), "{:?}", check.members);
    assert_eq!((check.as_of, kind(check.trouble)), (seen, Some(TroubleKind::TimedOut)));

    // What was seen is too old by now.
    stage.clock.advance(MINUTE * 3);
    let check = in_time(&stage, stage.checks(&corners[0], false)).await;
    assert_eq!(why(&check), Some(TroubleKind::TimedOut));
    drop(hanging);
}

#[tokio::test]
async fn nobody_waits_through_a_pause_that_the_service_demands() {
    let stage = Stage::patient();
    let corners = stage.with_corners(1).await;
    stage.sim.switch(|switches| switches.retry_after = RetryAfter::Absent);
    stage.sim.fault(Service::BattleMetrics, Fault::Status(429).times(1));
    let began = stage.now();
    let mut watch: BoxFuture<'_, _> = Box::pin(stage.app.watch_step());
    goes_on_until(&stage, &mut watch, 1).await;
    // The poll hears that it is too much, and waits for 45 s to try again.
    while stage.app.status(None).await.unwrap().battlemetrics.paused_until.is_none() {
        assert!(poll!(&mut watch).is_pending());
        tokio::task::yield_now().await;
    }
    let mut forced: BoxFuture<'_, _> = Box::pin(stage.app.watch_forced(server(corners[0].place)));
    assert!(poll!(&mut forced).is_pending());
    stage.clock.advance(SECOND * 8);
    let trouble = forced.await.unwrap();
    assert_eq!(kind(trouble), Some(TroubleKind::LimitReached { until: began + SECOND * 45 }));
    drop(watch);
}

#[tokio::test]
async fn a_failed_poll_does_not_make_anybody_unknown_whom_we_saw_a_moment_ago() {
    let stage = Stage::new();
    let corners = stage.with_corners(1).await;
    let seen = stage.now() - MINUTE;
    stage.sim.fault(Service::BattleMetrics, Fault::Dropped.times(3));
    let step = stage.app.watch_step().await.unwrap();
    assert_eq!(stage.asked().len(), 3, "two more tries");
    assert_eq!(step.changed, [], "no board is written");
    let check = stage.checks(&corners[0], false).await;
    assert!(is_online(&check), "{:?}", check.members);
    assert_eq!((check.as_of, check.trouble), (seen, None), "how old it is, is told");
    let health = stage.app.status(None).await.unwrap().watches[0].health;
    assert!(matches!(health, Health::Trouble { .. }), "whoever looks after the bot is told: {health:?}");

    stage.sim.fault(Service::BattleMetrics, Fault::Dropped);
    let steps = stage.watches_for(MINUTE * 4).await;
    let changes = steps.iter().filter(|step| !step.changed.is_empty()).count();
    assert_eq!(changes, 1, "one that goes on is shown, once");
    assert_eq!(why(&stage.checks(&corners[0], false).await), Some(TroubleKind::Unreachable));
}

#[tokio::test]
async fn a_refresh_that_comes_too_often_says_nothing_about_the_server() {
    let stage = Stage::new();
    let corners = stage.with_corners(1).await;
    stage.app.watch_step().await.unwrap();
    let next_poll = stage.app.status(None).await.unwrap().watches[0].next_poll;
    stage.clock.advance(SECOND * 20);
    stage.sim.switch(|switches| switches.retry_after = RetryAfter::Absent);
    stage.sim.fault(Service::BattleMetrics, Fault::Status(429).times(1));
    let check = stage.checks(&corners[0], true).await;
    assert!(is_online(&check), "{:?}", check.members);
    assert!(matches!(kind(check.trouble), Some(TroubleKind::LimitReached { .. })), "{:?}", check.trouble);
    let status = stage.app.status(None).await.unwrap();
    assert_eq!(status.watches[0].health, Health::Good);
    assert_eq!(status.watches[0].next_poll, next_poll, "as if nobody had asked");
}

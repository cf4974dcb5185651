//! What is kept of players, against what they really did: second by second.
//!
//! A poll each minute cannot know the second at which somebody left, and nothing else may differ.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use rustops::domain::{
    schedule,
    session::{self, Ending, Span},
};

use crate::stage::{MINUTE, Stage};

/// A list is as old as the service says, and that is up to a minute.
const LIST: SignedDuration = MINUTE;

/// Who leaves and is back within so little has one session, for some starts are told in whole minutes only.
const BACK_AT_ONCE: SignedDuration = SignedDuration::from_secs(90);

/// In seconds of players' time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Agreement {
    /// Time at the server while somebody looked.
    pub(crate) observed: i64,
    /// What is kept of that.
    pub(crate) agreed: i64,
    /// What is not: from the last look that found somebody to the leaving.
    pub(crate) missed: i64,
    /// Kept, though somebody was away for a moment.
    pub(crate) bridged: i64,
    /// True time that is kept though nobody looked: it was told.
    pub(crate) told: i64,
    /// Sessions that ended while somebody looked.
    pub(crate) visits: i64,
}

impl fmt::Display for Agreement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { observed, agreed, missed, bridged, told, visits } = self;
        write!(
            formatter,
            "of {observed} s observed {agreed} s agree, {missed} s ({:.2} %) lie between the last look and one of {visits} \
             leavings, {bridged} s between leaving and coming back at once; {told} s are told of times at which nobody \
             looked, all of them true; 0 s are invented",
            *missed as f64 * 100.0 / *observed as f64,
        )
    }
}

/// What is kept of these players on the server is true wherever it says anything, and lacks nothing where somebody looked
/// but the time between a look and a leaving.
pub(crate) async fn compare(stage: &Stage, server: u64, players: &[u64]) -> Agreement {
    let windows = stage.windows(server).await;
    let until = windows.last().unwrap().stop();
    // Two polls may fail before there is a gap.
    let edge = schedule::longest_gap(stage.every()) + LIST;
    let mut sum = Agreement::default();
    for player in players {
        let truth = stage.truth(*player, server);
        let (visits, open) = stage.kept(*player, server).await;
        let said = || format!("{player}: {truth:#?} {visits:#?} {open:?} {windows:?}");
        assert!(visits.windows(2).all(|pair| pair[0].stop <= pair[1].start), "one after the other: {}", said());
        assert!(open.is_none_or(|open| visits.iter().all(|visit| visit.stop <= open)), "{}", said());
        let leavings = stage.leavings(*player, server);
        let left_between = |from: Timestamp, to: Timestamp| leavings.iter().any(|left| from <= *left && *left <= to);
        for visit in visits.iter().filter(|visit| visit.ending == Ending::Left) {
            assert!(left_between(visit.stop, visit.stop + edge), "did not leave at {}: {}", visit.stop, said());
        }

        let running = open.and_then(|open| Span::new(open, until.max(open)));
        let kept = session::union(session::spans(&visits).into_iter().chain(running));
        let invented = session::without(&kept, &truth);
        let bridged = |span: &Span| {
            truth.windows(2).any(|pair| {
                let (away, back) = (pair[0].stop(), pair[1].start());
                away == span.start() && back == span.stop() && back.duration_since(pair[0].start()) <= BACK_AT_ONCE
            })
        };
        assert!(invented.iter().all(bridged), "invented {invented:?}: {}", said());

        let seen = session::common(&truth, &windows);
        let missed = session::without(&seen, &kept);
        for span in &missed {
            let is_edge = span.length() <= edge && left_between(span.stop(), span.stop() + LIST);
            assert!(is_edge, "missed {span:?}: {}", said());
        }
        let agreed = session::common(&seen, &kept);
        let seconds = |spans: &[Span]| session::total(spans).as_secs();
        sum.observed += seconds(&seen);
        sum.agreed += seconds(&agreed);
        sum.missed += seconds(&missed);
        sum.bridged += seconds(&invented);
        sum.told += seconds(&session::without(&session::common(&truth, &kept), &windows));
        let in_sight = |left: &&Timestamp| windows.iter().any(|w| w.start() < **left && **left <= w.stop() + LIST);
        sum.visits += i64::try_from(leavings.iter().filter(in_sight).count()).unwrap();
    }
    assert_eq!(sum.observed, sum.agreed + sum.missed);
    // Somebody leaves at any moment between two looks: half an interval on average, and half of what a list is old.
    let expected = sum.visits * (stage.every() + LIST).as_secs() / 2;
    assert!(sum.missed <= expected * 3 / 2 + edge.as_secs(), "{sum}");
    sum
}

//! Somebody whose BattleMetrics profile was switched to private: gone from every list, and not gone from the server.

use jiff::SignedDuration;
use rustops::{
    app::WatchOptions,
    domain::{
        presence::{Presence, Unknown},
        report::{Outcome, Period},
        session::Ending,
    },
};

use crate::stage::{MINUTE, Stage, server};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// A server with two people on it who do nothing but what a story says.
struct Evening {
    stage: Stage,
    server: u64,
    chenny: u64,
}

impl Evening {
    async fn watched(every: SignedDuration) -> Self {
        let stage = Stage::with(WatchOptions { every, ..WatchOptions::default() });
        let server = stage.sim.add_server("Small Moose");
        let [chenny, tee] = ["Chenny", "Tee"].map(|name| stage.sim.add_player(name));
        stage.sim.joins(chenny, server);
        stage.sim.joins(tee, server);
        stage.tracks("local", server, &[chenny, tee], false).await;
        stage.watches_for(every * 5).await;
        Self { stage, server, chenny }
    }

    /// Chenny plays, and switches the profile to private; somebody checks a while later.
    async fn on_which_chenny_went_private() -> Self {
        let evening = Self::watched(MINUTE).await;
        evening.stage.sim.set_private(evening.chenny, true);
        evening.stage.watches_for(MINUTE * 20).await;
        evening.is_checked().await;
        evening.stage.watches_for(MINUTE).await;
        evening
    }

    fn group(&self) -> String {
        format!("{} 0", self.server)
    }

    /// What a check says of Chenny.
    async fn is_checked(&self) -> Presence {
        let check = self.stage.app.group_check(&self.stage.me, &self.group()).await.unwrap();
        check.members.into_iter().find(|state| state.member.name == "Chenny").unwrap().presence
    }

    async fn last_ending(&self) -> Ending {
        self.stage.kept(self.chenny, self.server).await.0.last().unwrap().ending
    }
}

#[tokio::test]
async fn who_switches_the_profile_to_private_is_unknown_and_did_not_leave() {
    let evening = Evening::on_which_chenny_went_private().await;
    let stage = &evening.stage;
    stage.asked();
    let presence = evening.is_checked().await;
    assert!(
        matches!(presence, Presence::Unknown { cause: Unknown::PrivateProfile, last_seen: Some(_) }),
        "{presence:?}"
    );
    assert_eq!(stage.asked(), Vec::<String>::new(), "what was found out need not be asked for again");
    let (visits, open) = stage.kept(evening.chenny, evening.server).await;
    assert_eq!((visits.last().unwrap().ending, open), (Ending::Unobserved, None), "nobody saw Chenny leave");
    let suggested = stage.app.suggest_players(&stage.me, None, "chenny").await.unwrap();
    assert!(!matches!(suggested[0].presence, Some(Presence::Offline { .. })), "{suggested:?}");
}

#[tokio::test]
async fn the_time_since_a_profile_went_private_is_not_known() {
    let Evening { stage, server, chenny } = Evening::on_which_chenny_went_private().await;
    stage.watches_for(MINUTE * 100).await;
    let Outcome::Done(history) = stage.app.player_history(&stage.me, &chenny.to_string(), 1).await.unwrap() else {
        panic!()
    };
    let day = history.totals.iter().find(|total| total.period == Period::Day).unwrap();
    assert!((day.unknown - MINUTE * 121).abs() <= MINUTE * 2, "{day:?}");
    let group = stage.app.group_history(&stage.me, &format!("{server} 0"), 1).await.unwrap();
    let row = group.members.iter().find(|row| row.member.name == "Chenny").unwrap();
    assert_eq!(row.totals[0], *day);
}

#[tokio::test]
async fn finding_it_out_costs_one_request_a_day() {
    let evening = Evening::on_which_chenny_went_private().await;
    let profile = format!("/players/{}", evening.chenny);
    let asked = || evening.stage.asked().into_iter().filter(|path| *path == profile).count();
    assert_eq!(asked(), 1, "once when somebody checked");
    for _ in 0..4 {
        evening.stage.watches_for(HOUR).await;
        evening.is_checked().await;
    }
    assert_eq!(asked(), 0);
}

#[tokio::test]
async fn who_really_left_has_left() {
    let evening = Evening::watched(MINUTE * 10).await;
    let Evening { stage, server: small, chenny } = &evening;
    stage.sim.leaves(*chenny, *small);
    stage.watches_for(MINUTE * 40).await;
    evening.is_checked().await;
    stage.watches_for(MINUTE * 10).await;
    assert!(matches!(evening.is_checked().await, Presence::Offline { .. }));
    assert_eq!(evening.last_ending().await, Ending::Left);
    // A day later the profile is switched off: that does not change how the evening ended.
    stage.sim.set_private(*chenny, true);
    stage.watches_for(HOUR * 25).await;
    evening.is_checked().await;
    let steps = stage.watches_for(MINUTE).await;
    assert!(steps.iter().any(|step| step.changed.contains(&server(*small))), "a board would be told");
    assert!(matches!(evening.is_checked().await, Presence::Unknown { cause: Unknown::PrivateProfile, .. }));
    assert_eq!(evening.last_ending().await, Ending::Left);
}

#[tokio::test]
async fn a_profile_that_is_public_again_is_seen_again_and_its_past_is_told() {
    let evening = Evening::on_which_chenny_went_private().await;
    let Evening { stage, server, chenny } = &evening;
    stage.sim.set_private(*chenny, false);
    stage.watches_for(MINUTE * 3).await;
    assert!(matches!(evening.is_checked().await, Presence::Online { .. }));
    let (visits, open) = stage.kept(*chenny, *server).await;
    assert_eq!(open, stage.truth(*chenny, *server).last().map(|span| span.start()), "{visits:?}");
    stage.sim.leaves(*chenny, *server);
    stage.watches_for(MINUTE * 2).await;
    assert!(matches!(evening.is_checked().await, Presence::Offline { .. }));
}

//! Servers that hide their players' names, and those that only look as if they did.

use jiff::SignedDuration;
use rustops::{
    domain::{
        presence::{Presence, Unknown},
        report::{GroupHistory, Health, Outcome, PlayerHistory},
    },
    sim::cast,
};

use crate::stage::{MINUTE, Stage, player};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// What a check says of the only member of the group of that server, and whether the server is said to hide names.
async fn is_checked(stage: &Stage, server: u64) -> (Presence, bool) {
    let mut check = stage.app.group_check(&stage.me, &format!("{server} 0")).await.unwrap();
    (check.members.remove(0).presence, check.hides_names)
}

async fn histories(stage: &Stage, server: u64, player: u64) -> (PlayerHistory, GroupHistory) {
    let Outcome::Done(one) = stage.app.player_history(&stage.me, &player.to_string(), 1).await.unwrap() else {
        panic!()
    };
    (one, stage.app.group_history(&stage.me, &format!("{server} 0"), 1).await.unwrap())
}

fn is_hidden(presence: &Presence) -> bool {
    matches!(presence, Presence::Unknown { cause: Unknown::NamesHidden, .. })
}

/// A small server that invents names: eight play, of whom one is tracked under an id of old.
struct Shy {
    stage: Stage,
    server: u64,
    member: u64,
    others: Vec<u64>,
}

impl Shy {
    async fn opened() -> Self {
        let stage = Stage::new();
        let server = stage.sim.add_server("Shy");
        stage.sim.change_server(server, |server| server.hides_names = true);
        let member = stage.sim.add_player("Chenny");
        let others: Vec<u64> = (0..7).map(|number| stage.sim.add_player(&format!("Somebody {number}"))).collect();
        for one in others.iter().chain([&member]) {
            stage.sim.joins(*one, server);
        }
        stage.tracks("local", server, &[member], false).await;
        Self { stage, server, member, others }
    }

    /// Each of the others leaves and comes back, one after the other.
    async fn all_come_anew(&self) {
        for one in &self.others {
            self.stage.watches_for(MINUTE).await;
            self.stage.sim.leaves(*one, self.server);
            self.stage.watches_for(MINUTE).await;
            self.stage.sim.joins(*one, self.server);
        }
        self.stage.watches_for(MINUTE).await;
    }
}

#[tokio::test]
async fn on_a_server_that_is_only_queried_members_come_and_go_as_everywhere() {
    let stage = Stage::new();
    stage.sim.change_server(cast::RUSTY_MOOSE, |server| server.query_only = true);
    let set = stage.app.server_set(&stage.me, &cast::RUSTY_MOOSE.to_string()).await.unwrap();
    assert!(matches!(set, Outcome::Done(set) if !set.hides_names && !set.may_hide_names));
    stage.tracks("local", cast::RUSTY_MOOSE, &[cast::BOAT_ENJOYER.id], false).await;
    stage.watches_for(HOUR).await;
    let (presence, hides_names) = is_checked(&stage, cast::RUSTY_MOOSE).await;
    assert!(matches!(presence, Presence::Online { .. }) && !hides_names, "{presence:?}");
    stage.watches_for(HOUR).await;
    let (presence, hides_names) = is_checked(&stage, cast::RUSTY_MOOSE).await;
    assert!(matches!(presence, Presence::Offline { .. }) && !hides_names, "{presence:?}");
    let status = stage.app.status(None).await.unwrap();
    assert_eq!(status.watches[0].health, Health::Good);
    assert_eq!(stage.windows(cast::RUSTY_MOOSE).await.len(), 1);
    let (stranger, _) = stage.kept(cast::MENTION.id, cast::RUSTY_MOOSE).await;
    assert!(!stranger.is_empty() || stage.kept(cast::MENTION.id, cast::RUSTY_MOOSE).await.1.is_some(), "no stranger");
}

#[tokio::test]
async fn a_server_with_a_full_list_of_new_ids_is_known_when_it_is_set() {
    let stage = Stage::new();
    let set = stage.app.server_set(&stage.me, &cast::HIDDEN.to_string()).await.unwrap();
    assert!(matches!(set, Outcome::Done(set) if set.hides_names && !set.may_hide_names));
}

#[tokio::test]
async fn a_small_server_that_hides_names_is_found_out_within_an_hour_and_each_answer_says_so() {
    let shy = Shy::opened().await;
    let Shy { stage, server, member, .. } = &shy;
    let set = stage.app.server_set(&stage.me, &server.to_string()).await.unwrap();
    assert!(matches!(set, Outcome::Done(set) if !set.hides_names && set.may_hide_names), "too few to tell");
    stage.watches_for(MINUTE * 5).await;
    assert!(!is_checked(stage, *server).await.1);
    shy.all_come_anew().await;
    shy.all_come_anew().await;
    let (presence, hides_names) = is_checked(stage, *server).await;
    assert!(is_hidden(&presence) && hides_names, "{presence:?}");
    let (one, all) = histories(stage, *server, *member).await;
    assert!(one.hides_names && all.hides_names);
    let set = stage.app.server_set(&stage.me, &server.to_string()).await.unwrap();
    assert!(matches!(set, Outcome::Done(set) if set.hides_names));
}

#[tokio::test]
async fn what_was_found_out_is_known_after_a_restart() {
    let mut shy = Shy::opened().await;
    shy.all_come_anew().await;
    shy.all_come_anew().await;
    shy.stage.killed_and_started();
    shy.stage.watches_for(MINUTE).await;
    assert!(is_hidden(&is_checked(&shy.stage, shy.server).await.0));
}

#[tokio::test]
async fn when_a_server_shows_true_names_again_so_do_checks() {
    let shy = Shy::opened().await;
    let Shy { stage, server, .. } = &shy;
    shy.all_come_anew().await;
    shy.all_come_anew().await;
    let hidden = stage.now();
    stage.watches_for(HOUR * 3).await;
    stage.sim.change_server(*server, |server| (server.hides_names, server.query_only) = (false, true));
    for number in 0..15 {
        let regular = stage.sim.add_player(&format!("Regular {number}"));
        stage.clock.advance(MINUTE * 15);
        stage.sim.joins(regular, *server);
    }
    stage.watches_for(MINUTE * 2).await;
    let (presence, hides_names) = is_checked(stage, *server).await;
    assert!(matches!(presence, Presence::Online { .. }) && !hides_names, "{presence:?}");
    let shown = stage.now();
    let windows = stage.windows(*server).await;
    let seen = windows.iter().filter(|span| span.stop() > hidden && span.start() < shown - MINUTE * 5);
    assert_eq!(seen.count(), 0, "nobody was seen to be absent: {windows:?}");
}

#[tokio::test]
async fn while_names_are_hidden_a_history_says_that_nothing_is_known() {
    let stage = Stage::new();
    let member = cast::SLEEPY.id;
    stage.tracks("local", cast::HIDDEN, &[member], false).await;
    stage.watches_for(HOUR * 2).await;
    stage.asked();
    let (one, all) = histories(&stage, cast::HIDDEN, member).await;
    assert_eq!(stage.asked(), Vec::<String>::new(), "nothing would be told");
    assert!(one.hides_names && all.hides_names);
    for total in one.totals.iter().chain(&all.totals).chain(&all.members[0].totals) {
        let span = stage.now().duration_since(total.since);
        assert_eq!((total.online, total.unknown), (SignedDuration::ZERO, span), "{total:?}");
    }
    for day in one.days.days.iter().chain(&all.days.days) {
        assert_eq!((day.online, day.unknown), (SignedDuration::ZERO, day.length), "{day:?}");
    }
    assert_eq!((one.days.days.len(), all.days.days.len()), (7, 7));
    assert_eq!(stage.windows(cast::HIDDEN).await, []);
    let kept = stage.store.read(move |conn| rustops::store::players::get(conn, player(member))).await.unwrap();
    assert!(kept.is_some(), "the member is known");
}

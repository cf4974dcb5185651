//! What happened before somebody was tracked, and while nobody looked.

use jiff::SignedDuration;
use rustops::{
    app::{Asker, WatchOptions},
    domain::{
        presence::{Presence, Unknown},
        report::GroupCheck,
        schedule,
        session::{Ending, Source},
    },
    sim::{Fault, Service, World, cast},
};

use crate::stage::{MINUTE, Stage};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

#[tokio::test]
async fn adding_a_player_fetches_the_past_once() {
    let stage = Stage::new();
    stage.tracks("local", cast::RUSTY_MOOSE, &[cast::TEE_HIGGINS.id], false).await;
    stage.watches_for(MINUTE).await;
    let asked = stage.asked();
    let past: Vec<_> = asked.iter().filter(|path| path.starts_with("/players/")).collect();
    assert_eq!(past, [&format!("/players/{}/relationships/sessions", cast::TEE_HIGGINS.id)]);
    let (visits, open) = stage.kept(cast::TEE_HIGGINS.id, cast::RUSTY_MOOSE).await;
    assert_eq!(open, None);
    let last = visits.last().unwrap();
    assert_eq!((last.start, last.stop), (World::START - HOUR * 14, World::START - MINUTE * (8 * 60 + 19)));
    assert_eq!((last.ending, last.source), (Ending::Left, Source::Told));
    stage.watches_for(MINUTE * 10).await;
    assert!(stage.asked().iter().all(|path| path.starts_with("/servers/")));
}

#[tokio::test]
async fn what_was_seen_of_a_stranger_and_what_is_told_is_one_history() {
    let stage = Stage::with(WatchOptions { every: MINUTE * 5, ..WatchOptions::default() });
    stage.tracks("local", cast::RUSTY_MOOSE, &[cast::CHENNY_BOUNCE.id], false).await;
    stage.watches_for(MINUTE * 110).await;
    let boat = cast::BOAT_ENJOYER.id;
    assert!(!stage.kept(boat, cast::RUSTY_MOOSE).await.0.is_empty(), "a stranger's session is kept");
    stage.tracks("7", cast::RUSTY_MOOSE, &[boat], false).await;
    stage.watches_for(MINUTE).await;
    let (visits, _) = stage.kept(boat, cast::RUSTY_MOOSE).await;
    assert!(visits.windows(2).all(|pair| pair[0].stop <= pair[1].start), "{visits:?}");
    let truth = stage.truth(boat, cast::RUSTY_MOOSE);
    assert_eq!(visits.len(), truth.len());
    for (visit, truth) in visits.iter().zip(truth) {
        assert_eq!(visit.start, truth.start());
        assert!(truth.stop().duration_since(visit.stop) <= MINUTE * 10, "{visit:?} {truth:?}");
    }
}

#[tokio::test]
async fn a_visit_while_the_bot_was_down_comes_to_light_and_nobody_left_in_between() {
    let mut stage = Stage::new();
    let guest = cast::TEE_HIGGINS.id;
    stage.tracks("local", cast::RUSTY_MOOSE, &[guest, cast::CHENNY_BOUNCE.id], false).await;
    stage.watches_for(MINUTE * 10).await;
    // Comes at half past and leaves after four hours; Chenny leaves at three.
    stage.clock.advance(HOUR * 6);
    stage.killed_and_started();
    stage.watches_for(MINUTE).await;
    let (visits, open) = stage.kept(guest, cast::RUSTY_MOOSE).await;
    let last = visits.last().unwrap();
    assert_eq!((last.stop, last.source, open), (World::START + HOUR * 4, Source::Told, None));
    let (visits, open) = stage.kept(cast::CHENNY_BOUNCE.id, cast::RUSTY_MOOSE).await;
    let last = visits.last().unwrap();
    assert_eq!((last.start, last.stop), (World::START - MINUTE * 133, World::START + HOUR * 3));
    assert_eq!((last.ending, open), (Ending::Left, None));
    let name = format!("{} 0", cast::RUSTY_MOOSE);
    stage.asked();
    let check = stage.app.group_check(&stage.me, &name).await.unwrap();
    assert_eq!(stage.asked(), Vec::<String>::new());
    assert_eq!(check.members[0].presence, Presence::Offline { last_seen: World::START + HOUR * 4 });
}

#[tokio::test]
async fn somebody_met_at_the_first_look_did_not_leave_and_come_then() {
    let stage = Stage::new();
    stage.sim.switch(|switches| {
        (switches.sessions_beside_players_refused, switches.tells_time_connected) = (Some(400), false)
    });
    let chenny = cast::CHENNY_BOUNCE.id;
    stage.tracks("local", cast::RUSTY_MOOSE, &[chenny], false).await;
    // The past is told before there is a second look.
    while !stage.sim.requests().iter().any(|request| request.path.ends_with("/sessions")) {
        let step = stage.step().await;
        stage.clock.advance(step.next.duration_since(stage.now()));
    }
    stage.watches_for(MINUTE * 10).await;
    let (visits, open) = stage.kept(chenny, cast::RUSTY_MOOSE).await;
    assert_eq!(open, Some(World::START - MINUTE * 133), "{visits:?}");
    assert!(visits.iter().all(|visit| visit.stop <= World::START - HOUR * 23), "{visits:?}");
}

#[tokio::test]
async fn a_player_whom_battlemetrics_forgot_is_asked_for_once() {
    let mut stage = Stage::new();
    let chenny = cast::CHENNY_BOUNCE.id;
    stage.tracks("local", cast::RUSTY_MOOSE, &[chenny], false).await;
    stage.watches_for(HOUR * 4).await;
    for path in ["", "/relationships/sessions", &format!("/servers/{}", cast::RUSTY_MOOSE)] {
        let forgotten = Fault::Status(404).on(&format!("/players/{chenny}{path}"));
        stage.sim.fault(Service::BattleMetrics, forgotten);
    }
    stage.clock.advance(HOUR);
    stage.killed_and_started();
    stage.watches_for(MINUTE * 2).await;
    let name = format!("{} 0", cast::RUSTY_MOOSE);
    stage.app.group_check(&stage.me, &name).await.unwrap();
    stage.asked();
    for number in 0..3 {
        // Whenever somebody new is tracked, it is looked again for whom to ask.
        stage.tracks(&format!("{}", 7 + number), cast::RUSTY_MOOSE, &[], false).await;
        stage.watches_for(MINUTE * 2).await;
        let check = stage.app.group_check(&stage.me, &name).await.unwrap();
        assert_eq!(check.trouble, None);
        assert!(matches!(check.members[0].presence, Presence::Offline { .. }), "{check:?}");
    }
    let asked = stage.asked();
    assert!(asked.iter().all(|path| path.starts_with("/servers/")), "{asked:?}");
}

#[tokio::test]
async fn a_check_after_a_gap_answers_at_once_and_says_what_nobody_saw() {
    let mut stage = Stage::new();
    let (hide, tee) = (cast::HIDE_VEST_ENTHUSIAST.id, cast::TEE_HIGGINS.id);
    stage.tracks("local", cast::RUSTY_MOOSE, &[hide, tee], false).await;
    stage.watches_for(MINUTE * 10).await;
    let stopped = stage.now();
    stage.clock.advance(HOUR * 5);
    stage.killed_and_started();
    // The poll alone, before the past is asked for.
    stage.app.watch_step().await.unwrap();
    stage.asked();
    let name = format!("{} 0", cast::RUSTY_MOOSE);
    let check = stage.app.group_check_at_hand(&stage.me, &name).await.unwrap().expect("an answer at once");
    assert_eq!(stage.asked(), Vec::<String>::new());
    for state in &check.members {
        let Presence::Unknown { cause: Unknown::NotObserved { from, until }, last_seen: Some(_) } = state.presence
        else {
            panic!("{state:?}")
        };
        // Quiet minutes are kept every ten.
        assert!(stopped.duration_since(from) <= MINUTE * 11 && until >= stopped + HOUR * 5 - MINUTE, "{state:?}");
    }
    stage.watches_for(MINUTE).await;
    let check = stage.app.group_check_at_hand(&stage.me, &name).await.unwrap().expect("an answer at once");
    assert!(check.members.iter().all(|state| matches!(state.presence, Presence::Offline { .. })), "{check:?}");
}

#[tokio::test]
async fn twenty_five_players_added_at_once_delay_nobody() {
    let stage = Stage::new();
    let (calm, busy) = (stage.sim.add_server("Calm"), stage.sim.add_server("Busy"));
    let regular = stage.sim.add_player("Regular");
    stage.sim.joins(regular, calm);
    stage.tracks("42", calm, &[regular], false).await;
    let newcomers: Vec<u64> = (0..25).map(|number| stage.sim.add_player(&format!("Newcomer {number}"))).collect();
    newcomers.iter().for_each(|newcomer| stage.sim.joins(*newcomer, busy));
    stage.watches_for(HOUR / 2).await;
    newcomers.iter().for_each(|newcomer| stage.sim.leaves(*newcomer, busy));
    stage.tracks("local", busy, &[], false).await;
    stage.watches_for(MINUTE * 10).await;

    let lines: Vec<String> = newcomers.iter().map(u64::to_string).collect();
    stage.app.group_import(&stage.me, "Raiders", &lines.join("\n"), |_, _| ()).await.unwrap();
    stage.asked();
    let other = Asker::terminal("42".parse().unwrap());
    let (mut polls, mut most_due) = (Vec::new(), 0);
    let until = stage.now() + MINUTE * 5;
    while stage.now() < until {
        let step = stage.step().await;
        polls.extend(stage.asked().iter().filter(|path| path.ends_with(&calm.to_string())).map(|_| stage.now()));
        most_due = most_due.max(stage.app.status(None).await.unwrap().past_due);
        let asked_at = stage.now();
        let check = stage.app.group_check(&other, &format!("{calm} 0")).await.unwrap();
        assert!(matches!(check.members[0].presence, Presence::Online { .. }), "{:?}", check.members[0].presence);
        assert_eq!((stage.asked(), stage.now()), (Vec::new(), asked_at), "from what is known, at once");
        stage.clock.advance(step.next.duration_since(stage.now()));
    }
    assert!(most_due >= 20, "the past of {most_due} waited");
    assert_eq!(stage.app.status(None).await.unwrap().past_due, 0);
    assert_eq!(polls.len(), 5, "{polls:?}");
    let late = |pair: &[jiff::Timestamp]| pair[1].duration_since(pair[0]) > MINUTE + schedule::PAST;
    assert!(!polls.windows(2).any(late), "{polls:?}");
    for newcomer in newcomers {
        assert_eq!(stage.kept(newcomer, busy).await.0.len(), 1, "what was before is known");
    }
}

/// A plan without sessions: the roster without them, and no endpoint that tells them.
fn has_no_sessions(stage: &Stage, has: bool) {
    stage.sim.switch(|switches| {
        switches.sessions_in_plan = has;
        switches.sessions_beside_players_refused = (!has).then_some(403);
    });
}

/// Purple Base's check at hand, as boards have it too: nobody is asked for it.
async fn at_hand(stage: &Stage) -> GroupCheck {
    let asked = stage.sim.requests().len();
    let check = stage.app.group_check_at_hand(&stage.me, &format!("{} 0", cast::RUSTY_MOOSE)).await.unwrap();
    assert_eq!(stage.sim.requests().len(), asked, "an answer at hand");
    check.unwrap()
}

/// What was asked about players since the last question: their sessions, their last visits, anything else.
fn asked_of_players(stage: &Stage) -> (usize, usize, usize) {
    let paths: Vec<String> = stage.asked().into_iter().filter(|path| path.starts_with("/players/")).collect();
    let sessions = paths.iter().filter(|path| path.ends_with("/relationships/sessions")).count();
    let visits = paths.iter().filter(|path| path.contains("/servers/")).count();
    (sessions, visits, paths.len() - sessions - visits)
}

#[tokio::test]
async fn on_a_plan_without_sessions_the_last_visit_is_asked_for_once_after_a_gap() {
    let mut stage = Stage::new();
    let (hide, tee, chenny) = (cast::HIDE_VEST_ENTHUSIAST.id, cast::TEE_HIGGINS.id, cast::CHENNY_BOUNCE.id);
    has_no_sessions(&stage, false);
    stage.tracks("local", cast::RUSTY_MOOSE, &[hide, tee, chenny], false).await;
    let mut refusals: Vec<_> =
        stage.watches_for(MINUTE * 10).await.into_iter().filter_map(|step| step.refused).collect();
    // One request for sessions shows that there are none. Of whoever is on, it is asked only if it was the first.
    let (sessions, visits, others) = asked_of_players(&stage);
    assert!((sessions, others) == (1, 0) && (2..=3).contains(&visits), "{sessions} {visits} {others}");
    assert!(at_hand(&stage).await.members.iter().all(|state| !matches!(state.presence, Presence::Unknown { .. })));

    // Tee comes at half past and leaves after four hours, Chenny leaves at three.
    stage.clock.advance(HOUR * 6);
    stage.killed_and_started();
    stage.app.watch_step().await.unwrap();
    let unseen = at_hand(&stage).await;
    let not_observed = |presence: &Presence| {
        matches!(presence, Presence::Unknown { cause: Unknown::NotObserved { .. }, last_seen: Some(_) })
    };
    assert!(unseen.members.iter().all(|state| not_observed(&state.presence)), "{unseen:?}");
    stage.asked();
    refusals.extend(stage.watches_for(MINUTE).await.into_iter().filter_map(|step| step.refused));
    // Whether whoever is missing hid the profile is asked as on every plan.
    let (sessions, visits, _) = asked_of_players(&stage);
    assert_eq!((sessions, visits), (1, 3));
    let check = at_hand(&stage).await;
    for state in &check.members {
        let player = state.member.player.unwrap().get();
        let left = stage.leavings(player, cast::RUSTY_MOOSE).into_iter().max().unwrap();
        assert_eq!(state.presence, Presence::Offline { last_seen: left }, "{}", state.member.name);
    }
    assert_eq!((check.trouble, check.stale), (None, None));

    // All is known now, whoever is tracked besides.
    stage.tracks("7", cast::RUSTY_MOOSE, &[], false).await;
    refusals.extend(stage.watches_for(HOUR * 3).await.into_iter().filter_map(|step| step.refused));
    let (sessions, _, _) = asked_of_players(&stage);
    assert_eq!(sessions, 0);
    assert_eq!(refusals, [], "the token is not refused");
    let status = stage.app.status(None).await.unwrap();
    assert_eq!((status.battlemetrics.trouble, status.past_due), (None, 0));
}

#[tokio::test]
async fn a_plan_is_asked_for_sessions_once_a_day_and_tells_all_when_it_has_them() {
    let stage = Stage::with(WatchOptions { every: MINUTE * 30, ..WatchOptions::default() });
    let server = stage.sim.add_server("Small Moose");
    let people: Vec<u64> = (0..5).map(|number| stage.sim.add_player(&format!("Guest {number}"))).collect();
    for guest in &people {
        stage.sim.joins_at(*guest, server, World::START - HOUR * 5);
        stage.sim.leaves_at(*guest, server, World::START - HOUR * 4);
    }
    has_no_sessions(&stage, false);
    stage.tracks("local", server, &people, false).await;
    stage.watches_for(MINUTE * 5).await;
    let (sessions, visits, _) = asked_of_players(&stage);
    assert_eq!((sessions, visits), (1, 5));
    let name = format!("{server} 0");
    let check = stage.app.group_check_at_hand(&stage.me, &name).await.unwrap().unwrap();
    assert!(
        check
            .members
            .iter()
            .all(|state| { state.presence == Presence::Offline { last_seen: World::START - HOUR * 4 } })
    );
    assert!(stage.kept(people[0], server).await.0.is_empty(), "no session is made up");

    stage.watches_for(HOUR * 23).await;
    let (sessions, visits, _) = asked_of_players(&stage);
    assert_eq!((sessions, visits), (0, 0));
    stage.watches_for(HOUR * 2).await;
    let (sessions, visits, _) = asked_of_players(&stage);
    assert_eq!((sessions, visits), (1, 1), "to see whether it is still so");

    has_no_sessions(&stage, true);
    stage.watches_for(HOUR * 24).await;
    let (sessions, visits, _) = asked_of_players(&stage);
    assert_eq!((sessions, visits), (5, 0));
    assert_eq!(stage.kept(people[0], server).await.0.len(), 1);
}

#[tokio::test]
async fn a_plan_that_tells_nothing_of_players_is_left_alone_for_an_hour() {
    let stage = Stage::new();
    let (server, guest) = (stage.sim.add_server("Small Moose"), stage.sim.add_player("Guest"));
    has_no_sessions(&stage, false);
    let forbidden = Fault::Status(403).on(&format!("/players/{guest}/servers/{server}"));
    stage.sim.fault(Service::BattleMetrics, forbidden);
    stage.tracks("local", server, &[guest], false).await;
    let steps = stage.watches_for(MINUTE * 59).await;
    assert!(steps.iter().all(|step| step.refused.is_none()), "the server is told of");
    assert_eq!(asked_of_players(&stage), (1, 1, 0));
    stage.watches_for(MINUTE * 5).await;
    assert_eq!(asked_of_players(&stage), (1, 1, 0));
}

#[tokio::test]
async fn somebody_who_hid_the_profile_is_found_out_without_sessions_too() {
    let mut stage = Stage::with(WatchOptions { every: MINUTE * 5, ..WatchOptions::default() });
    let (server, guest) = (stage.sim.add_server("Small Moose"), stage.sim.add_player("Guest"));
    has_no_sessions(&stage, false);
    stage.sim.joins(guest, server);
    stage.tracks("local", server, &[guest], false).await;
    stage.watches_for(HOUR).await;
    stage.sim.set_private(guest, true);
    stage.clock.advance(HOUR * 2);
    stage.killed_and_started();
    stage.watches_for(MINUTE).await;
    let name = format!("{server} 0");
    let presence = async |stage: &Stage| {
        let check = stage.app.group_check_at_hand(&stage.me, &name).await.unwrap().unwrap();
        check.members[0].presence.clone()
    };
    let hidden = presence(&stage).await;
    assert!(matches!(hidden, Presence::Unknown { cause: Unknown::PrivateProfile, .. }), "{hidden:?}");
    stage.asked();
    // Whenever somebody new is tracked, it is looked again for whom to ask.
    stage.tracks("7", server, &[], false).await;
    stage.watches_for(MINUTE * 5).await;
    assert_eq!(asked_of_players(&stage), (0, 0, 0));

    // What was done in hiding is told when the profile is public again.
    stage.sim.leaves(guest, server);
    let left = stage.leavings(guest, server).into_iter().max().unwrap();
    stage.watches_for(HOUR * 3).await;
    stage.sim.set_private(guest, false);
    stage.watches_for(HOUR * 25).await;
    presence(&stage).await;
    stage.watches_for(MINUTE).await;
    assert_eq!(presence(&stage).await, Presence::Offline { last_seen: left });
}

#[tokio::test]
async fn what_was_known_before_somebody_hid_does_not_stand_for_the_time_in_hiding() {
    let stage = Stage::with(WatchOptions { every: MINUTE * 5, ..WatchOptions::default() });
    let server = stage.sim.add_server("Small Moose");
    // One of them shows each day that there still are no sessions.
    let people = [stage.sim.add_player("Other"), stage.sim.add_player("Guest")];
    let [_, guest] = people;
    for one in people {
        stage.sim.joins_at(one, server, World::START - HOUR * 5);
        stage.sim.leaves_at(one, server, World::START - HOUR * 4);
    }
    has_no_sessions(&stage, false);
    stage.tracks("local", server, &people, false).await;
    let presence = async || {
        let check = stage.app.group_check_at_hand(&stage.me, &format!("{server} 0")).await.unwrap().unwrap();
        let state = check.members.into_iter().find(|state| state.member.name == "Guest").unwrap();
        stage.watches_for(MINUTE * 5).await;
        state.presence
    };
    stage.watches_for(MINUTE * 10).await;
    assert_eq!(presence().await, Presence::Offline { last_seen: World::START - HOUR * 4 });
    stage.sim.set_private(guest, true);
    stage.watches_for(HOUR * 25).await;
    presence().await;
    let hidden = presence().await;
    assert!(matches!(hidden, Presence::Unknown { cause: Unknown::PrivateProfile, .. }), "{hidden:?}");
    stage.sim.joins(guest, server);
    stage.watches_for(HOUR).await;
    stage.sim.leaves(guest, server);
    let left = stage.leavings(guest, server).into_iter().max().unwrap();
    stage.watches_for(HOUR).await;
    stage.sim.set_private(guest, false);
    stage.watches_for(HOUR * 25).await;
    presence().await;
    assert_eq!(presence().await, Presence::Offline { last_seen: left });
}

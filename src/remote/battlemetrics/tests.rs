//! Stories of what BattleMetrics says and what becomes of it.

use std::{io::Write, time::Duration};

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use super::*;
use crate::{
    domain::{
        facts::{FormerName, PastSession, QueryStatus},
        report::Spent,
    },
    remote::stage::{self, NOBODY, SECRET, Stage, hangs_up_after, now, status, time},
};

const NO_SUBSCRIPTION: &str = r#"{"errors":[{"status":"403","title":"Forbidden",
    "detail":"Access denied. A subscription is required to use the API."}]}"#;

fn server_id(id: u64) -> ServerId {
    ServerId::new(id).unwrap()
}

fn player_id(id: u64) -> PlayerId {
    PlayerId::new(id).unwrap()
}

fn kind<T>(outcome: Result<T, Trouble>) -> Option<TroubleKind> {
    outcome.err().map(|trouble| trouble.kind)
}

fn unreadable(what: Unreadable) -> TroubleKind {
    TroubleKind::Unreadable { what }
}

fn server(id: &str) -> Value {
    json!({"type": "server", "id": id,
        "attributes": {"id": id, "name": "[EU] Example Rust 2x", "address": null, "ip": "203.0.113.7", "port": 28015,
            "portQuery": 28016, "players": 143, "maxPlayers": 200, "rank": 57, "location": [8.68, 50.11],
            "status": "online", "private": false, "country": "DE", "queryStatus": "valid",
            "createdAt": "2024-03-01T10:00:00.000Z", "updatedAt": "2026-10-01T11:59:05.000Z",
            "details": {"map": "Procedural Map", "official": false, "rust_queued_players": 4,
                "rust_born": "2026-09-24T18:00:00.000Z", "rust_last_wipe": "2026-05-24T18:02:11.000Z",
                "rust_next_wipe": "2026-10-08T18:00:00.000Z"}},
        "relationships": {"game": {"data": {"type": "game", "id": "rust"}}}})
}

fn player(id: &str, name: &str, seconds: Option<u32>) -> Value {
    let time = seconds.map(|seconds| json!({"key": "time", "value": seconds, "private": false}));
    json!({"type": "player", "id": id,
        "attributes": {"id": id, "name": name, "private": false, "positiveMatch": true,
            "createdAt": "2024-01-01T00:00:00.000Z", "updatedAt": "2024-01-01T00:00:00.000Z"},
        "relationships": {"server": {"data": {"type": "server", "id": "1234567"}}},
        "meta": {"metadata": [{"key": "score", "value": 0}, time]}})
}

fn session(id: &str, player: &str, server: &str, start: Value, stop: Value) -> Value {
    json!({"type": "session", "id": id,
        "attributes": {"start": start, "stop": stop, "firstTime": false, "name": "Alpha", "private": false},
        "relationships": {"server": {"data": {"type": "server", "id": server}},
            "player": {"data": {"type": "player", "id": player}}}})
}

fn document(data: &Value, included: &Value) -> ResponseTemplate {
    stage::json(&json!({"data": data, "included": included}))
}

fn one_server() -> ResponseTemplate {
    document(&server("1234567"), &json!([]))
}

fn one_player() -> ResponseTemplate {
    document(&json!([player("11", "Alpha", None)]), &json!([]))
}

async fn ask(answers: Vec<ResponseTemplate>, purpose: Purpose) -> (Stage, Option<TroubleKind>) {
    let stage = Stage::playing(answers).await;
    let outcome = kind(stage.battlemetrics().server(server_id(1_234_567), purpose).await);
    (stage, outcome)
}

#[tokio::test]
async fn each_failure_has_its_name_and_only_passing_ones_are_tried_again() {
    use TroubleKind::{Blocked, Down, Forbidden, NoSubscription, NotFound, Rejected, TimedOut, TokenRefused};
    let unauthorized = r#"{"errors":[{"status":401,"title":"Unauthorized","detail":"Invalid token"}]}"#;
    let permission = r#"{"errors":[{"status":"403","title":"Forbidden","detail":"Missing permission"}]}"#;
    let properties = r#"{"errors":[{"title":"Bad Request","detail":"must NOT have additional properties"}]}"#;
    for (code, body, expected, requests) in [
        (401, unauthorized, TokenRefused, 1),
        (401, "<html>", TokenRefused, 1),
        (403, NO_SUBSCRIPTION, NoSubscription, 1),
        (403, permission, Forbidden, 1),
        (403, "<!DOCTYPE html><title>Attention Required!</title>", Blocked, 1),
        (403, "error code: 1106", Blocked, 1),
        (403, "", Blocked, 1),
        (400, properties, Rejected, 1),
        (404, r#"{"errors":[{"title":"Not Found"}]}"#, NotFound, 1),
        (404, "<html>no such page</html>", unreadable(Unreadable::Html), 1),
        (408, "", TimedOut, 3),
        (500, "", Down { status: 500 }, 3),
        (501, "", Down { status: 501 }, 1),
        (502, "<html>Bad gateway</html>", Down { status: 502 }, 3),
        (503, "", Down { status: 503 }, 3),
        (504, "", Down { status: 504 }, 3),
        (522, "", Down { status: 522 }, 3),
    ] {
        let (stage, outcome) = ask(vec![status(code, body); 4], Purpose::Person).await;
        assert_eq!(outcome, Some(expected), "{code} {body}");
        assert_eq!(stage.requests().await.len(), requests, "{code} {body}");
    }
}

#[tokio::test]
async fn each_unreadable_answer_has_its_name_and_is_not_asked_for_again() {
    let deep = "[".repeat(10_000);
    let large = format!("{{\"data\":\"{}\"}}", "x".repeat(MOST_BYTES));
    for (body, what) in [
        ("<!DOCTYPE html><html>Just a moment...</html>", Unreadable::Html),
        ("", Unreadable::Empty),
        (r#"{"data":{"type":"server","id":"12345"#, Unreadable::Truncated),
        (deep.as_str(), Unreadable::TooDeep),
        (large.as_str(), Unreadable::TooLarge),
        ("[]", Unreadable::Shape),
        ("null", Unreadable::Shape),
        (r#"{"data":[]}"#, Unreadable::Shape),
        (r#"{"data":{"type":"server","id":"99"}}"#, Unreadable::Shape),
        (r#"{"data":{"type":"server","id":1234567}}"#, Unreadable::Shape),
    ] {
        let (stage, outcome) = ask(vec![status(200, body); 2], Purpose::Person).await;
        assert_eq!(outcome, Some(unreadable(what)), "{:?}", body.get(..40));
        assert_eq!(stage.requests().await.len(), 1);
    }
}

#[tokio::test]
async fn a_small_packet_that_unpacks_to_fifty_megabytes_is_too_large() {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(&vec![b' '; 50 << 20]).unwrap();
    let packed = packed.finish().unwrap();
    assert!(packed.len() < MOST_BYTES);
    let answer = ResponseTemplate::new(200).insert_header("content-encoding", "gzip").set_body_bytes(packed);
    let stage = Stage::playing([answer]).await;
    let outcome = stage.battlemetrics().roster(server_id(1_234_567), Purpose::Watch).await;
    assert_eq!(kind(outcome), Some(unreadable(Unreadable::TooLarge)));
}

#[tokio::test]
async fn a_connection_that_breaks_off_in_the_answer_is_a_truncated_answer() {
    let stage = Stage::playing([]).await;
    let base = hangs_up_after(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"data\":{\"type\"").await;
    let client = BattleMetrics::new(stage::options(&base, &stage.clock)).unwrap();
    assert_eq!(kind(client.server(server_id(1), Purpose::Person).await), Some(unreadable(Unreadable::Truncated)));
}

#[tokio::test]
async fn no_connection_is_tried_three_times_and_then_called_unreachable() {
    let stage = Stage::playing([]).await;
    for base in [NOBODY.to_owned(), hangs_up_after(b"").await] {
        let client = BattleMetrics::new(stage::options(&base, &stage.clock)).unwrap();
        assert_eq!(kind(client.server(server_id(1), Purpose::Person).await), Some(TroubleKind::Unreachable));
        assert_eq!(client.status().spent, [Spent { purpose: Purpose::Person, requests: 3 }]);
    }
}

#[tokio::test]
async fn a_service_that_does_not_answer_in_time_is_called_so() {
    let late = one_server().set_delay(Duration::from_secs(60));
    let stage = Stage::playing([late.clone(), late.clone(), late]).await;
    let client = BattleMetrics::new(Options { timeout: Duration::from_millis(40), ..stage.options() }).unwrap();
    assert_eq!(kind(client.server(server_id(1), Purpose::Watch).await), Some(TroubleKind::TimedOut));
    // On a busy machine a try may be over before it arrives.
    assert_eq!(client.status().spent, [Spent { purpose: Purpose::Watch, requests: 3 }]);
}

#[tokio::test]
async fn a_hiccup_is_not_noticed() {
    let (stage, outcome) = ask(vec![status(502, ""), status(503, ""), one_server()], Purpose::Person).await;
    assert_eq!(outcome, None);
    assert!((1..=3).contains(&stage.elapsed().as_secs()), "{:?}", stage.elapsed());
}

#[tokio::test]
async fn a_redirect_is_never_followed() {
    let target = Stage::playing([one_server()]).await;
    let (_, outcome) =
        ask(vec![status(302, "").insert_header("location", target.uri().as_str())], Purpose::Person).await;
    assert_eq!(outcome, Some(unreadable(Unreadable::Elsewhere)));
    assert!(target.requests().await.is_empty());
}

#[tokio::test]
async fn without_a_token_nothing_is_sent() {
    let stage = Stage::playing([]).await;
    let client = BattleMetrics::new(Options { secret: None, ..stage.options() }).unwrap();
    assert_eq!(kind(client.roster(server_id(1), Purpose::Watch).await), Some(TroubleKind::TokenMissing));
    assert!(stage.requests().await.is_empty());
    assert!(!client.status().configured);
    assert_eq!(client.status().trouble.map(|trouble| trouble.kind), Some(TroubleKind::TokenMissing));
}

#[tokio::test]
async fn a_token_that_cannot_stand_in_a_header_is_refused_before_it_is_sent() {
    let stage = Stage::playing([]).await;
    let client = BattleMetrics::new(Options { secret: Some("two\nlines".into()), ..stage.options() }).unwrap();
    assert_eq!(kind(client.server(server_id(1), Purpose::Person).await), Some(TroubleKind::TokenRefused));
    assert!(stage.requests().await.is_empty());
}

#[tokio::test]
async fn a_request_says_who_asks_and_takes_a_packed_answer() {
    let (stage, _) = ask(vec![one_server()], Purpose::Person).await;
    let requests = stage.requests().await;
    let header = |name: &str| requests[0].headers[name].to_str().unwrap().to_owned();
    assert_eq!(header("authorization"), format!("Bearer {SECRET}"));
    assert_eq!(header("user-agent"), concat!("RustOps/", env!("CARGO_PKG_VERSION")));
    assert_eq!(header("accept-encoding"), "gzip");
    assert_eq!(header("accept"), "application/json");
}

#[tokio::test]
async fn a_base_with_a_path_or_a_slash_at_the_end_works_alike() {
    for (end, path) in
        [("", "/servers/7"), ("/", "/servers/7"), ("/proxy/", "/proxy/servers/7"), ("/p?x=1", "/p/servers/7")]
    {
        let stage = Stage::playing([]).await;
        let base = stage.uri() + end;
        let client = BattleMetrics::new(stage::options(&base, &stage.clock)).unwrap();
        assert!(client.server(server_id(7), Purpose::Person).await.is_err());
        assert_eq!(stage.asked().await, [path]);
    }
    let nonsense = stage::options("mailto:somebody@example.org", &crate::clock::ManualClock::new(now()));
    assert!(BattleMetrics::new(nonsense).is_err());
}

#[tokio::test]
async fn a_limit_is_told_to_people_at_once_and_waited_out_by_the_watch() {
    let refused = status(429, "").insert_header("retry-after", "30");
    let stage = Stage::playing([refused, one_server(), one_server()]).await;
    let client = stage.battlemetrics();
    let until = now() + SignedDuration::from_secs(30);
    let limit = Some(TroubleKind::LimitReached { until });
    assert_eq!(kind(client.server(server_id(1_234_567), Purpose::Person).await), limit);
    assert_eq!(client.status().paused_until, Some(until));
    assert_eq!(client.status().trouble.map(|trouble| trouble.kind), limit);

    assert_eq!(kind(client.server(server_id(1_234_567), Purpose::Person).await), limit);
    assert_eq!(stage.requests().await.len(), 1, "the second person is not even asked for");

    assert_eq!(kind(client.server(server_id(1_234_567), Purpose::Watch).await), None);
    assert_eq!(stage.elapsed(), SignedDuration::from_secs(30));
    assert_eq!(client.status().trouble, None);
    assert_eq!(kind(client.server(server_id(1_234_567), Purpose::Person).await), None);
    assert_eq!(client.recent().len(), 1);
}

#[tokio::test]
async fn the_watch_comes_back_by_itself_after_a_limit() {
    let refused = status(429, "not even JSON").insert_header("retry-after", "Thu, 01 Oct 2026 12:01:00 GMT");
    let (stage, outcome) = ask(vec![refused, one_server()], Purpose::Watch).await;
    assert_eq!(outcome, None);
    assert_eq!(stage.elapsed(), SignedDuration::from_secs(60));
}

#[tokio::test]
async fn a_limit_without_a_word_on_how_long_pauses_for_three_quarters_of_a_minute() {
    let (_, outcome) = ask(vec![status(429, "")], Purpose::Person).await;
    assert_eq!(outcome, Some(TroubleKind::LimitReached { until: time("2026-10-01T12:00:45Z") }));
}

#[tokio::test]
async fn a_person_sits_out_a_short_pause() {
    let refused = status(429, "").insert_header("retry-after", "3");
    let (stage, outcome) = ask(vec![refused, one_server()], Purpose::Person).await;
    assert_eq!(outcome, None);
    assert_eq!(stage.elapsed(), SignedDuration::from_secs(3));
}

#[tokio::test]
async fn a_person_is_not_kept_waiting_through_pause_after_pause() {
    let refused = status(429, "").insert_header("retry-after", "5");
    let (stage, outcome) = ask(vec![refused; 4], Purpose::Person).await;
    assert!(matches!(outcome, Some(TroubleKind::LimitReached { .. })));
    assert!(stage.elapsed() <= SignedDuration::from_secs(8), "{:?}", stage.elapsed());
}

#[tokio::test]
async fn the_last_requests_that_the_service_allows_are_not_spent_on_the_past() {
    let nearly = one_server().insert_header("x-rate-limit-limit", "300").insert_header("x-rate-limit-remaining", "2");
    let stage = Stage::playing([nearly, one_server(), one_server()]).await;
    let client = stage.battlemetrics();
    client.server(server_id(1_234_567), Purpose::Person).await.unwrap();
    assert_eq!(client.status().left, Some(2));
    client.server(server_id(1_234_567), Purpose::Person).await.unwrap();
    assert_eq!(stage.elapsed(), SignedDuration::ZERO);
    client.server(server_id(1_234_567), Purpose::BackFill).await.unwrap();
    assert!(stage.elapsed() >= SignedDuration::from_secs(20), "{:?}", stage.elapsed());
}

#[tokio::test]
async fn a_first_check_of_fifty_members_takes_a_moment() {
    let met = json!({"data": {"type": "playerServerInformation", "attributes": {"online": false,
        "firstSeen": "2025-11-02T17:20:00.000Z", "lastSeen": "2026-09-30T22:41:10.000Z", "timePlayed": 5}}});
    let stage = Stage::playing(vec![stage::json(&met); 51]).await;
    let client = stage.battlemetrics();
    let checks = (1..=51).map(|id| client.acquaintance(player_id(id), server_id(7), Purpose::Person));
    let outcomes = futures_util::future::join_all(checks).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(Some(_)))), "{outcomes:?}");
    assert!(stage.elapsed() <= SignedDuration::from_secs(3), "{:?}", stage.elapsed());
}

#[tokio::test]
async fn the_status_tells_what_was_spent_and_what_is_wrong() {
    let stage = Stage::playing([one_server(), status(401, ""), one_server()]).await;
    let client = stage.battlemetrics();
    client.server(server_id(1_234_567), Purpose::Watch).await.unwrap();
    client.clone().server(server_id(1_234_567), Purpose::Person).await.unwrap_err();
    let told = client.status();
    let refused = Trouble { service: Service::BattleMetrics, kind: TroubleKind::TokenRefused };
    assert_eq!((told.configured, told.limit, told.left), (true, Some(150), Some(148)));
    assert_eq!(told.spent.len(), 2);
    assert_eq!(told.trouble, Some(refused));
    client.server(server_id(1_234_567), Purpose::Watch).await.unwrap();
    assert_eq!(client.status().trouble, None);
    assert_eq!(client.recent(), [RecentTrouble { at: now(), trouble: refused }]);
}

#[tokio::test]
async fn something_that_does_not_exist_is_no_trouble_of_the_service() {
    let stage = Stage::playing([status(404, "{}")]).await;
    let client = stage.battlemetrics();
    assert_eq!(kind(client.server(server_id(1), Purpose::Person).await), Some(TroubleKind::NotFound));
    assert_eq!(client.status().trouble, None);
    assert!(client.recent().is_empty());
}

#[tokio::test]
async fn the_token_and_the_names_stay_out_of_log_and_errors() {
    let (log, _guard) = stage::log();
    let stage = Stage::playing([status(401, SECRET), one_player(), one_server()]).await;
    let client = stage.battlemetrics();
    let refused = client.search_servers("Somebody's Server", Purpose::Person).await.unwrap_err();
    client.search_players("Somebody", None, Purpose::Person).await.unwrap();
    client.server(server_id(1_234_567), Purpose::Watch).await.unwrap();
    let lost = BattleMetrics::new(stage::options(NOBODY, &stage.clock)).unwrap();
    let unreachable = lost.search_players("Somebody", None, Purpose::Person).await.unwrap_err();
    let told = format!("{} {refused:?} {unreachable:?} {client:?} {:?}", log.text(), client.recent());
    for expected in ["path=\"/players\"", "path=\"/servers/{id}\"", "status=200", "status=401", "no answer"] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    for hidden in [SECRET, "Somebody", "1234567", "Bearer"] {
        assert!(!told.contains(hidden), "{hidden}: {told}");
    }
}

#[tokio::test]
async fn a_server_is_read_with_all_that_is_known_of_it() {
    let stage = Stage::playing([one_server()]).await;
    let told = stage.battlemetrics().server(server_id(1_234_567), Purpose::Person).await.unwrap();
    assert_eq!(stage.asked().await, ["/servers/1234567"]);
    let expected = Server {
        id: server_id(1_234_567),
        name: "[EU] Example Rust 2x".to_owned(),
        status: ServerStatus::Online,
        query_status: QueryStatus::Valid,
        updated_at: Some(time("2026-10-01T11:59:05Z")),
        players: Some(143),
        max_players: Some(200),
        queue: Some(4),
        address: Some("203.0.113.7:28015".to_owned()),
        country: Some("DE".to_owned()),
        map: Some("Procedural Map".to_owned()),
        // The save was born four months after the wipe that the service believes in.
        last_wipe: Some(time("2026-09-24T18:00:00Z")),
        next_wipe: Some(time("2026-10-08T18:00:00Z")),
    };
    assert_eq!(told, expected);
}

#[test]
fn whatever_is_missing_or_strange_in_a_server_the_rest_is_read() {
    let whole = server("1234567");
    let known = wire::rust_server(&whole).unwrap();
    for part in ["/attributes", "/attributes/details", "/relationships"] {
        for key in whole.pointer(part).unwrap().as_object().unwrap().keys() {
            for strange in [json!(null), json!(-1), json!(1e300), json!("?"), json!([[]]), json!({"data": 7})] {
                let mut broken = whole.clone();
                broken.pointer_mut(part).unwrap()[key] = strange.clone();
                let read = wire::rust_server(&broken).unwrap();
                let details = part == "/attributes" && key == "details";
                assert_eq!(read.id, known.id, "{part}/{key} = {strange}");
                assert!(details || key == "status" || read.status == known.status);
                assert!(
                    details
                        || ["rust_born", "rust_last_wipe"].contains(&key.as_str())
                        || read.last_wipe == known.last_wipe
                );
            }
        }
    }
    let bare = wire::rust_server(&json!({"id": "7"})).unwrap();
    assert_eq!((bare.status, bare.query_status), (ServerStatus::Other, QueryStatus::Other));
}

/// A roster document as bytes, read by the typed way.
fn roster_read(document: &Value) -> Vec<crate::domain::facts::OnlinePlayer> {
    let read = body::parse(document.to_string().as_bytes()).unwrap_or_else(|what| panic!("{what:?}: {document}"));
    wire::online(read, ServerId::new(7).unwrap(), time("2026-10-01T12:00:00Z"))
}

#[test]
fn whatever_is_missing_or_strange_in_a_roster_the_rest_is_read() {
    let players = json!({"data": [{"type": "server", "id": "7"}, {"data": {"type": "player", "id": "11"}}]});
    let whole = json!({"data": server("7"), "included": [
        {"type": "player", "id": "11",
         "attributes": {"name": "W\u{f6}lf \"\u{1f43a}\"", "positiveMatch": true, "createdAt": "2026-09-01T00:00:00Z"},
         "relationships": players, "meta": {"metadata": [{"key": "time", "value": 60, "private": false}]}},
        {"type": "session", "id": "a-b", "attributes": {"start": "2026-10-01T11:00:00Z", "stop": null},
         "relationships": {"server": {"data": {"id": "7"}}, "player": {"data": {"id": "11"}}}},
        {"type": "player", "id": "12", "attributes": {"name": "Bear"}},
    ]});
    let known = roster_read(&whole);
    assert_eq!(known.len(), 2);
    assert_eq!(
        (known[0].name.as_str(), known[0].since),
        ("W\u{f6}lf \"\u{1f43a}\"", Some(time("2026-10-01T11:00:00Z")))
    );
    let mut places = Vec::new();
    let parts = ["", "/attributes", "/relationships", "/relationships/server", "/relationships/player/data", "/meta"];
    for (element, part) in [0, 1].into_iter().flat_map(|element| parts.map(|part| (element, part))) {
        let part = format!("/included/{element}{part}");
        let keys = whole.pointer(&part).and_then(Value::as_object);
        places.extend(
            keys.into_iter().flat_map(|keys| keys.keys().map(|key| format!("{part}/{key}")).collect::<Vec<_>>()),
        );
    }
    assert!(places.len() == 20, "{places:?}");
    let deep = (0..100).fold(json!(1), |deep, _| json!([deep]));
    for place in places.iter().chain(&["/included/0/meta/metadata/0/value".to_owned(), "/included/0".to_owned()]) {
        for strange in
            [json!(null), json!(true), json!(-1), json!(1e300), json!("?"), json!([[]]), json!({"a": 7}), deep.clone()]
        {
            let mut broken = whole.clone();
            *broken.pointer_mut(place).unwrap() = strange.clone();
            let read = roster_read(&broken);
            assert_eq!(read.last(), known.last(), "{place} = {strange}");
            let stays = !["/included/0", "/included/0/id", "/included/0/type"].contains(&place.as_str());
            assert_eq!(read.len(), 1 + usize::from(stays), "{place} = {strange}");
            let since = read[0].since;
            let is_told = since.is_none_or(|since| since <= time("2026-10-01T12:00:00Z"));
            assert!(is_told, "{place} = {strange}: {since:?}");
        }
    }
    // A session whose end cannot be read must not pass for one that runs.
    let mut ended = whole.clone();
    ended["included"][1]["attributes"]["stop"] = json!(7);
    assert_eq!(roster_read(&ended)[0].since, Some(time("2026-10-01T11:59:00Z")), "by the time connected");
    for none in [json!({}), json!({"included": null}), json!({"included": {"0": 1}}), json!({"included": 5})] {
        assert_eq!(roster_read(&none), [], "{none}");
    }
    for nothing in ["5", "\"\"", "null", "{\"included\": [{\"type\": \"player\", \"type\": \"player\"}]}"] {
        let read = body::parse::<wire::RosterDocument>(nothing.as_bytes());
        assert_eq!(read.err(), Some(Unreadable::Shape), "{nothing}");
    }
}

#[test]
fn an_address_is_one_that_can_be_pasted_into_the_console() {
    for (address, ip, port, told) in [
        (json!("play.example.org"), json!("203.0.113.7"), json!(28015), Some("play.example.org:28015")),
        (json!("evil.example.org; quit"), json!("203.0.113.7"), json!(28015), Some("203.0.113.7:28015")),
        (json!(""), json!("203.0.113.7"), json!(28015), Some("203.0.113.7:28015")),
        (json!(null), json!("2001:db8::7"), json!(28015), Some("[2001:db8::7]:28015")),
        (json!("a\nb"), json!(null), json!(28015), None),
        (json!("play.example.org"), json!(null), json!(0), None),
        (json!("play.example.org"), json!(null), json!(70000), None),
        (json!("play.example.org"), json!(null), json!(null), None),
    ] {
        let resource = json!({"id": "7", "attributes": {"address": address, "ip": ip, "port": port}});
        assert_eq!(wire::rust_server(&resource).unwrap().address.as_deref(), told, "{resource}");
    }
}

#[test]
fn endless_names_are_cut() {
    let resource = json!({"id": "7", "attributes": {"name": "é".repeat(100_000)}});
    assert_eq!(wire::rust_server(&resource).unwrap().name.chars().count(), 256);
}

#[tokio::test]
async fn a_server_of_another_game_is_not_found() {
    let mut other = server("1234567");
    other["relationships"]["game"]["data"]["id"] = json!("squad");
    let (_, outcome) = ask(vec![document(&other, &json!([]))], Purpose::Person).await;
    assert_eq!(outcome, Some(TroubleKind::NotFound));
}

#[tokio::test]
async fn a_server_search_shows_rust_servers_and_those_online_first() {
    let mut offline = server("1");
    offline["attributes"]["status"] = json!("offline");
    let mut other_game = server("3");
    other_game["relationships"]["game"]["data"]["id"] = json!("ark");
    let broken = json!({"type": "server", "id": "not a number"});
    let list = json!([offline, server("2"), other_game, broken, 7, server("4")]);
    let stage = Stage::playing([document(&list, &json!([]))]).await;
    let found = stage.battlemetrics().search_servers(" Rusty #1 |EU| & \"co\" ", Purpose::Person).await.unwrap();
    assert_eq!(found.iter().map(|server| server.id.get()).collect::<Vec<_>>(), [2, 4, 1]);
    let query = "filter[search]=Rusty #1 |EU| & \"co\"&filter[game]=rust&\
        fields[server]=name,status,queryStatus,updatedAt,players,maxPlayers,address,ip,port,country,details&page[size]=100";
    assert_eq!(stage.asked().await, [format!("/servers {query}")]);
}

#[tokio::test]
async fn a_roster_tells_since_when_each_player_is_on() {
    let included = json!([
        player("11", "Alpha", Some(5_321)),
        player("12", "Bravo", Some(600)),
        player("13", "", None),
        player("11", "Alpha again", None),
        {"type": "player", "id": "x"},
        {"type": "player", "id": "14", "attributes": {"name": null, "positiveMatch": "?"}, "meta": 5},
        session("a", "11", "1234567", json!("2026-10-01T10:00:00.000Z"), Value::Null),
        session("b", "12", "1234567", json!("2026-10-01T09:00:00.000Z"), json!("2026-10-01T09:30:00.000Z")),
        session("c", "12", "999", json!("2026-10-01T08:00:00.000Z"), Value::Null),
        session("d", "13", "1234567", json!("2026-10-01T12:00:09.000Z"), Value::Null),
    ]);
    let stage = Stage::playing([document(&server("1234567"), &included)]).await;
    let roster = stage.battlemetrics().roster(server_id(1_234_567), Purpose::Watch).await.unwrap();
    assert_eq!(stage.asked().await, ["/servers/1234567 include=player,session"]);
    let told: Vec<_> =
        roster.online.iter().map(|player| (player.id.get(), player.name.as_str(), player.since)).collect();
    let expected = [
        (11, "Alpha", Some(time("2026-10-01T10:00:00Z"))),
        (12, "Bravo", Some(time("2026-10-01T11:50:00Z"))),
        (13, "", Some(now())),
        (14, "", None),
    ];
    assert_eq!(told, expected);
    assert_eq!(roster.online[0].positive_match, Some(true));
    assert_eq!(roster.online[3].positive_match, None);
}

#[tokio::test]
async fn a_roster_without_sessions_is_good_enough_and_asked_for_directly_from_then_on() {
    let roster = || document(&server("1234567"), &json!([player("11", "Alpha", Some(60))]));
    let not_in_plan = r#"{"errors":[{"status":"403","title":"Forbidden","detail":"Missing permission"}]}"#;
    for refusal in [status(400, "{}"), status(403, not_in_plan), status(403, NO_SUBSCRIPTION)] {
        let stage = Stage::playing([refusal, roster(), roster()]).await;
        let client = stage.battlemetrics();
        for _ in 0..2 {
            let told = client.roster(server_id(1_234_567), Purpose::Watch).await.unwrap();
            assert_eq!(told.online[0].since, Some(now() - SignedDuration::from_mins(1)));
        }
        let includes =
            ["player,session", "player", "player"].map(|include| format!("/servers/1234567 include={include}"));
        assert_eq!(stage.asked().await, includes);
    }
}

#[tokio::test]
async fn a_roster_that_is_refused_either_way_says_nothing_about_sessions() {
    for (code, body, expected) in
        [(400, "", TroubleKind::Rejected), (403, NO_SUBSCRIPTION, TroubleKind::NoSubscription)]
    {
        let stage = Stage::playing([status(code, body), status(code, body), one_server()]).await;
        let client = stage.battlemetrics();
        assert_eq!(kind(client.roster(server_id(1_234_567), Purpose::Watch).await), Some(expected));
        client.roster(server_id(1_234_567), Purpose::Watch).await.unwrap();
        assert!(stage.asked().await[2].ends_with("include=player,session"));
    }
}

#[tokio::test]
async fn a_player_search_on_a_server_tells_when_each_was_there() {
    let mut alpha = player("11", "Alpha", None);
    alpha["relationships"] = json!({"servers": {"data": [
        {"type": "server", "id": "8", "meta": {"lastSeen": "2026-10-01T11:00:00.000Z", "online": true}},
        {"type": "server", "id": "7", "meta": {"lastSeen": "2026-09-30T22:41:10.000Z", "online": false}}]}});
    let list = json!([alpha, player("12", "alpha", None), {"id": 13}]);
    let stage = Stage::playing([document(&list, &json!([]))]).await;
    let found = stage.battlemetrics().search_players(" Alpha #1 ", Some(server_id(7)), Purpose::Person).await.unwrap();
    assert_eq!(stage.asked().await, ["/players filter[search]=\"Alpha #1\"&page[size]=100&filter[servers]=7"]);
    let told: Vec<_> = found.iter().map(|hit| (hit.id.get(), hit.last_seen, hit.online)).collect();
    assert_eq!(told, [(11, Some(time("2026-09-30T22:41:10Z")), Some(false)), (12, None, None)]);
}

#[tokio::test]
async fn half_a_name_is_searched_by_its_words_when_nobody_has_just_that_name() {
    let stage = Stage::playing([stage::json(&json!({"data": []})), one_player()]).await;
    let found = stage.battlemetrics().search_players("Alp", None, Purpose::Person).await.unwrap();
    assert_eq!(found.len(), 1);
    let searches = ["\"Alp\"", "Alp"].map(|search| format!("/players filter[search]={search}&page[size]=100"));
    assert_eq!(stage.asked().await, searches);
}

#[tokio::test]
async fn a_name_with_quotes_in_it_is_searched_by_its_words() {
    let stage = Stage::playing([]).await;
    stage.battlemetrics().search_players("\"the\" boss", None, Purpose::Person).await.unwrap_err();
    assert_eq!(stage.asked().await, ["/players filter[search]=the  boss&page[size]=100"]);
}

#[tokio::test]
async fn a_player_comes_with_former_names_latest_first() {
    let name = |name: &str, seen: &str| {
        json!({"type": "identifier", "id": "1",
            "attributes": {"type": "name", "identifier": name, "lastSeen": seen, "private": false}})
    };
    let included = json!([
        name("Oldest", "2024-01-01T00:00:00.000Z"),
        name("Alpha", "2026-10-01T00:00:00.000Z"),
        name("Older", "2025-01-01T00:00:00.000Z"),
        name("Oldest", "2023-01-01T00:00:00.000Z"),
        {"type": "identifier", "id": "2", "attributes": {"type": "steamID", "identifier": "76561197960389184"}},
        name("Undated", "yesterday"),
    ]);
    let stage = Stage::playing([document(&player("11", "Alpha", None), &included)]).await;
    let told = stage.battlemetrics().player(player_id(11), Purpose::Repair).await.unwrap();
    assert_eq!(stage.asked().await, ["/players/11 include=identifier"]);
    assert_eq!((told.name.as_str(), told.private), ("Alpha", false));
    let former = |name: &str, seen: Option<&str>| FormerName { name: name.to_owned(), last_seen: seen.map(time) };
    let expected = [
        former("Older", Some("2025-01-01T00:00:00Z")),
        former("Oldest", Some("2024-01-01T00:00:00Z")),
        former("Undated", None),
    ];
    assert_eq!(told.names, expected);
}

#[tokio::test]
async fn whoever_was_never_on_a_server_is_no_acquaintance_of_it() {
    let zero = json!({"type": "playerServerInformation", "id": "7",
        "attributes": {"firstSeen": null, "lastSeen": null, "timePlayed": 0, "online": false}});
    let never = [status(404, "{}"), document(&zero, &json!([])), document(&Value::Null, &json!([]))];
    let stage = Stage::playing(never).await;
    let client = stage.battlemetrics();
    for _ in 0..3 {
        assert_eq!(client.acquaintance(player_id(11), server_id(7), Purpose::Person).await, Ok(None));
    }
    assert_eq!(stage.asked().await[0], "/players/11/servers/7");
    let failed = client.acquaintance(player_id(11), server_id(7), Purpose::Person).await;
    assert_eq!(kind(failed), Some(TroubleKind::Rejected), "any other failure is not taken for never");
}

#[tokio::test]
async fn an_acquaintance_tells_when_how_long_and_whether_now() {
    let attributes = json!({"firstSeen": "2025-11-02T17:20:00.000Z", "lastSeen": "2026-09-30T22:41:10.000Z",
        "timePlayed": 183_420, "online": false});
    let stage = Stage::playing([document(&json!({"id": "7", "attributes": attributes}), &json!([]))]).await;
    let met = stage.battlemetrics().acquaintance(player_id(11), server_id(7), Purpose::Person).await.unwrap();
    let expected = Acquaintance {
        first_seen: Some(time("2025-11-02T17:20:00Z")),
        last_seen: Some(time("2026-09-30T22:41:10Z")),
        time_played: Some(SignedDuration::from_secs(183_420)),
        online: false,
    };
    assert_eq!(met, Some(expected));
}

fn page(next: Option<&str>, sessions: &[Value]) -> ResponseTemplate {
    stage::json(&json!({"data": sessions, "included": [], "links": {"next": next}}))
}

fn past(id: &str, hour: u32) -> Value {
    let at = |minute: u32| json!(format!("2026-09-30T{hour:02}:{minute:02}:00.000Z"));
    session(id, "11", "7", at(0), at(30))
}

const SESSIONS: &str = "/players/11/relationships/sessions filter[servers]=7&page[size]=100";

async fn fetch_sessions(stage: &Stage, pages: usize) -> Result<Vec<PastSession>, Trouble> {
    let past = stage.battlemetrics().sessions(player_id(11), server_id(7), pages, Purpose::BackFill).await;
    past.map(|past| past.sessions)
}

#[tokio::test]
async fn sessions_are_read_page_by_page_newest_first() {
    let link = "/players/11/relationships/sessions?page%5Bkey%5D=k&page%5Brel%5D=next";
    let running = session("d", "11", "7", json!("2026-10-01T11:00:00.000Z"), Value::Null);
    let stage = Stage::playing([
        page(Some(link), &[past("b", 20), running, past("c", 22)]),
        page(None, &[past("c", 22), past("a", 18)]),
    ])
    .await;
    let sessions = fetch_sessions(&stage, 5).await.unwrap();
    let starts: Vec<String> = sessions.iter().map(|session| session.start.unwrap().to_string()).collect();
    assert_eq!(
        starts,
        ["2026-10-01T11:00:00Z", "2026-09-30T22:00:00Z", "2026-09-30T20:00:00Z", "2026-09-30T18:00:00Z"]
    );
    assert_eq!(sessions[0].stop, None);
    assert_eq!(sessions[1].stop, Some(time("2026-09-30T22:30:00Z")));
    let second = "/players/11/relationships/sessions page[key]=k&page[rel]=next&filter[servers]=7&page[size]=100";
    assert_eq!(stage.asked().await, [SESSIONS, second]);
}

#[tokio::test]
async fn only_as_many_pages_are_read_as_wanted() {
    let link = |key: usize| page(Some(&format!("/players/11/relationships/sessions?page[key]={key}")), &[]);
    let stage = Stage::playing((0..5).map(link)).await;
    let told = stage.battlemetrics().sessions(player_id(11), server_id(7), 2, Purpose::BackFill).await.unwrap();
    assert!(told.goes_on, "there are more");
    assert_eq!(stage.requests().await.len(), 2);
    assert_eq!(fetch_sessions(&stage, 0).await, Ok(vec![]));
    assert_eq!(stage.requests().await.len(), 2);
}

#[tokio::test]
async fn a_list_that_leads_back_to_itself_ends() {
    let link = "/players/11/relationships/sessions?page[key]=k";
    let stage = Stage::playing([page(Some(link), &[past("a", 1)]), page(Some(link), &[past("b", 2)])]).await;
    assert_eq!(fetch_sessions(&stage, 40).await.unwrap().len(), 2);
    assert_eq!(stage.requests().await.len(), 2);
}

#[tokio::test]
async fn a_list_that_leads_to_another_host_is_not_followed() {
    let trap = Stage::playing([]).await;
    let foreign = format!("{}/sessions", trap.uri());
    for link in
        [foreign.as_str(), "https://api.battlemetrics.com.evil.example/x", "//evil.example/x", "ftp://x/", "http://["]
    {
        let stage = Stage::playing([page(Some(link), &[past("a", 1)])]).await;
        assert_eq!(kind(fetch_sessions(&stage, 5).await), Some(unreadable(Unreadable::Elsewhere)), "{link}");
    }
    assert!(trap.requests().await.is_empty());
}

#[tokio::test]
async fn sessions_of_others_and_unreadable_ends_are_left_out() {
    let start = json!("2026-09-30T10:00:00.000Z");
    let stage = Stage::playing([page(
        None,
        &[
            session("a", "12", "7", start.clone(), Value::Null),
            session("b", "11", "8", start.clone(), Value::Null),
            session("c", "11", "7", start.clone(), json!("soon")),
            json!(null),
            session("d", "11", "7", Value::Null, start),
        ],
    )])
    .await;
    let sessions = fetch_sessions(&stage, 1).await.unwrap();
    let expected = PastSession {
        player: player_id(11),
        server: server_id(7),
        start: None,
        stop: Some(time("2026-09-30T10:00:00Z")),
    };
    assert_eq!(sessions, [expected]);
}

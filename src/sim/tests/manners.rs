//! Does the pretend BattleMetrics behave as its reference says?

use reqwest::header::ACCEPT_ENCODING;
use serde_json::{Value, json};

use super::{Stage, moose, strings};
use crate::sim::{NeverSeen, RetryAfter, TokenState, cast};

#[tokio::test]
async fn one_request_tells_who_is_on_and_since_when() {
    let stage = Stage::new();
    let response = stage.get(&format!("{}?include=player", moose())).await;
    assert_eq!(response.headers()["api-version"], "0.1.0");
    assert_eq!(response.headers()["x-rate-limit-limit"], "300");
    assert_eq!(response.headers()["x-rate-limit-remaining"], "299");
    let document: Value = response.json().await.unwrap();
    assert_eq!(document["data"]["attributes"]["name"], "Rusty Moose |US Monthly|");
    assert_eq!(document["data"]["relationships"]["game"]["data"]["id"], "rust");
    let chenny = cast::CHENNY_BOUNCE.id.to_string();
    let player = document["included"].as_array().unwrap().iter().find(|player| player["id"] == *chenny).unwrap();
    assert_eq!(player["meta"]["metadata"][2], json!({"key": "time", "value": 7980, "private": false}));
    assert_eq!(player["relationships"]["server"]["data"]["id"], cast::RUSTY_MOOSE.to_string());
    assert_eq!(player["attributes"]["updatedAt"], player["attributes"]["createdAt"], "not when last seen");
}

#[tokio::test]
async fn open_sessions_come_beside_the_players_unless_refused() {
    let stage = Stage::new();
    let path = format!("{}?include=player,session", moose());
    let document = stage.json(&path).await;
    let of = |kind: &str| document["included"].as_array().unwrap().iter().filter(|one| one["type"] == kind).count();
    assert_eq!(of("player"), of("session"));
    let session = document["included"].as_array().unwrap().iter().find(|one| one["type"] == "session").unwrap();
    assert_eq!(session["attributes"]["stop"], Value::Null);
    stage.sim.switch(|switches| switches.sessions_beside_players_refused = Some(400));
    assert_eq!(stage.status(&path).await, 400);
    assert_eq!(stage.sim.unexpected(), []);
}

#[tokio::test]
async fn one_unknown_parameter_refuses_the_whole_request() {
    let stage = Stage::new();
    for path in [
        "/players?filter[ids]=1,2",
        "/players?page[number]=2",
        "/sessions?filter[players]=1&sort=start",
        "/servers?filter[search]=moose&nonsense=1",
        "/servers?include=player",
        "/servers?sort=age",
        "/servers?page[size]=101",
        "/servers?page[size]=0",
        "/servers?filter[status]=lively",
        "/servers?page[size]=1&page[size]=2",
        "/players?filter[servers]=moose",
        "/players?access_token=secret",
        "/sessions",
        "/sessions?filter[players]=1&filter[at]=2026-06-13T20:15:00Z&filter[range]=2026-06-01T00:00:00Z:2026-06-02T00:00:00Z",
        "/sessions?filter[players]=1&filter[range]=2026-06-03T00:00:00Z:2026-06-02T00:00:00Z",
    ] {
        let response = stage.get(path).await;
        assert_eq!(response.status(), 400, "{path}");
        let document: Value = response.json().await.unwrap();
        assert_eq!(document["errors"][0]["status"], "400");
        assert!(document.get("data").is_none());
    }
    assert_eq!(stage.sim.unexpected().len(), 15);
    let spoken = format!("{:?}", stage.sim.requests());
    assert!(!spoken.contains("secret"));
}

#[tokio::test]
async fn what_does_not_exist_is_not_found_and_remembered() {
    let stage = Stage::new();
    for path in ["/servers/1", "/players/1", "/players/abc", "/players/1/servers/2"] {
        assert_eq!(stage.status(path).await, 404, "{path}");
    }
    assert_eq!(stage.sim.unexpected(), [], "asking for an id that is nobody's is no mistake");
    assert_eq!(stage.status("/guilds").await, 404);
    assert_eq!(stage.status("//servers").await, 404);
    let posted = stage.client.post(format!("{}/servers", stage.sim.battlemetrics_url()));
    assert_eq!(posted.bearer_auth(stage.sim.battlemetrics_token()).send().await.unwrap().status(), 405);
    let asked: Vec<_> = stage.sim.unexpected().into_iter().map(|request| request.path).collect();
    assert_eq!(asked, ["/guilds", "//servers", "/servers"]);
    stage.sim.forget_requests();
    assert_eq!(stage.sim.requests(), []);
}

#[tokio::test]
async fn servers_are_found_by_words_and_only_those_of_the_game() {
    let stage = Stage::new();
    let found = stage.json("/servers?filter[search]=rusty%20moose%20|US&filter[game]=rust").await;
    let ids = [cast::RUSTY_MOOSE, cast::RUSTY_MOOSE_SMALL].map(|id| id.to_string());
    assert_eq!(strings(&found["data"], "/id"), ids);
    assert_eq!(found["links"], json!({}));
    assert_eq!(found["included"], json!([]));
    let any = stage.json("/servers?filter[search]=rusty%20moose%20us").await;
    assert_eq!(any["data"].as_array().unwrap().len(), 3);
    let twins = stage.json("/servers?filter[search]=vanilla+valley&sort=-players").await;
    assert_eq!(strings(&twins["data"], "/attributes/name"), ["Vanilla Valley", "Vanilla Valley"]);
    let address = found["data"][0]["attributes"]["ip"].as_str().unwrap().to_owned();
    let port = &found["data"][0]["attributes"]["port"];
    let by_address = stage.json(&format!("/servers?filter[search]={address}:{port}")).await;
    assert_eq!(by_address["data"][0]["id"], ids[0]);
}

#[tokio::test]
async fn server_filters_hold() {
    let stage = Stage::new();
    let busy = stage.json("/servers?filter[players][min]=200&sort=-players&fields[server]=players").await;
    assert_eq!(busy["data"][0]["id"], cast::CROWDED.to_string());
    assert_eq!(busy["data"][0]["attributes"].as_object().unwrap().keys().collect::<Vec<_>>(), ["players"]);
    let dead = stage.json("/servers?filter[status]=offline,dead").await;
    assert_eq!(dead["data"].as_array().unwrap().len(), 2);
    let two = stage.json("/servers?filter[countries][]=JP&filter[countries][]=KR").await;
    assert_eq!(two["data"].as_array().unwrap().len(), 2);
    let listed = format!("/servers?filter[ids][whitelist]={},{}", cast::BARE, cast::DEAD);
    assert_eq!(stage.json(&listed).await["data"].as_array().unwrap().len(), 2);
    let bare = stage.json(&format!("/servers/{}", cast::BARE)).await;
    assert!(bare["data"]["attributes"].get("details").is_none());
    assert_eq!(bare["data"]["attributes"]["rank"], Value::Null);
}

#[tokio::test]
async fn details_may_be_missing_from_lists() {
    let stage = Stage::new();
    let path = "/servers?filter[search]=crowded+coast+eu";
    assert!(stage.json(path).await["data"][0]["attributes"]["details"]["rust_born"].is_string());
    stage.sim.switch(|switches| switches.details_in_lists = false);
    assert!(stage.json(path).await["data"][0]["attributes"].get("details").is_none());
}

#[tokio::test]
async fn a_wipe_may_be_older_than_the_save() {
    let stage = Stage::new();
    let server = stage.json(&format!("/servers/{}", cast::WRONG_WIPE)).await;
    let details = &server["data"]["attributes"]["details"];
    assert!(details["rust_last_wipe"].as_str().unwrap() < details["rust_born"].as_str().unwrap());
}

#[tokio::test]
async fn pages_lead_through_the_whole_list_and_back() {
    let stage = Stage::new();
    let mut seen = Vec::new();
    let mut path = Some("/servers?filter[game]=rust&page[size]=16&fields[server]=name".to_owned());
    let mut back = None;
    while let Some(this) = path {
        let page = stage.json(&this).await;
        seen.extend(strings(&page["data"], "/id").into_iter().map(str::to_owned));
        let local = |rel: &str| {
            let link = page["links"].get(rel)?.as_str()?.to_owned();
            Some(link.strip_prefix(&stage.sim.battlemetrics_url()).unwrap().to_owned())
        };
        (path, back) = (local("next"), local("prev"));
    }
    assert_eq!(seen.len(), 40);
    let middle = stage.json(&back.unwrap()).await;
    assert_eq!(strings(&middle["data"], "/id"), seen[16..32]);
    assert_eq!(stage.sim.requests().len(), 4);
}

#[tokio::test]
async fn a_link_may_forget_the_page_size() {
    let stage = Stage::new();
    stage.sim.switch(|switches| switches.links_keep_size = false);
    let page = stage.json("/servers?page[size]=30").await;
    assert!(!page["links"]["next"].as_str().unwrap().contains("size"));
}

#[tokio::test]
async fn names_are_searched_by_words_or_in_quotes() {
    let stage = Stage::new();
    let on_moose = format!("filter[servers]={}", cast::RUSTY_MOOSE);
    let found = stage.json(&format!("/players?filter[search]=bluepr&{on_moose}")).await;
    assert_eq!(strings(&found["data"], "/attributes/name"), ["Blueprint", "Blueprint"]);
    let entry = &found["data"][0]["relationships"]["servers"]["data"][0];
    assert_eq!(entry["id"], cast::RUSTY_MOOSE.to_string());
    assert_eq!((&entry["meta"]["online"], entry["meta"]["timePlayed"].as_i64().unwrap() > 0), (&json!(true), true));
    let exact = stage.json(&format!("/players?filter[search]=\"bluepr\"&{on_moose}")).await;
    assert_eq!(exact["data"], json!([]));
    let online = stage.json(&format!("/players?filter[search]=\"blueprint\"&filter[online]=false&{on_moose}")).await;
    assert_eq!(strings(&online["data"], "/id"), [cast::BLUEPRINT_AWAY.id.to_string()]);
    let elsewhere = stage.json(&format!("/players?filter[search]=sleepy&{on_moose}&page[size]=100")).await;
    assert!(!strings(&elsewhere["data"], "/id").contains(&cast::SLEEPY.id.to_string().as_str()));
}

#[tokio::test]
async fn players_on_a_server_can_be_sorted_by_when_they_were_last_seen() {
    let stage = Stage::new();
    let path = format!("/players?filter[servers]={}&sort=-lastSeen&page[size]=100", cast::RUSTY_MOOSE_SMALL);
    let found = stage.json(&path).await;
    let seen = strings(&found["data"], "/relationships/servers/data/0/meta/lastSeen");
    assert!(seen.len() > 20 && seen.is_sorted_by(|one, other| one >= other));
}

#[tokio::test]
async fn a_player_comes_with_every_server_and_every_name() {
    let stage = Stage::new();
    let document = stage.json(&format!("/players/{}?include=server,identifier", cast::TEE_HIGGINS.id)).await;
    let server = &document["included"][0];
    assert_eq!((&server["type"], &server["id"]), (&json!("server"), &json!(cast::RUSTY_MOOSE.to_string())));
    assert_eq!(server["meta"]["lastSeen"], "2026-06-13T11:56:00.000Z");
    assert_eq!(server["meta"]["online"], false);
    assert_eq!(document["included"][1]["attributes"]["identifier"], cast::TEE_HIGGINS.name);
}

#[tokio::test]
async fn last_seen_on_one_server_and_never_seen() {
    let stage = Stage::new();
    let pair = |player: u64| format!("/players/{player}/servers/{}", cast::RUSTY_MOOSE);
    let document = stage.json(&pair(cast::HIDE_VEST_ENTHUSIAST.id)).await;
    assert_eq!(document["data"]["type"], "playerServerInformation");
    assert_eq!(document["data"]["attributes"]["lastSeen"], "2026-06-12T22:15:00.000Z");
    assert_eq!(stage.status(&pair(cast::SLEEPY.id)).await, 404);
    stage.sim.switch(|switches| switches.never_seen = NeverSeen::Zeros);
    let document = stage.json(&pair(cast::SLEEPY.id)).await;
    assert_eq!(document["data"]["attributes"]["timePlayed"], 0);
}

#[tokio::test]
async fn sessions_of_a_player_come_newest_first() {
    let stage = Stage::new();
    let path = format!("/players/{}/relationships/sessions?page[size]=100&include=server", cast::CHENNY_BOUNCE.id);
    let document = stage.json(&path).await;
    let starts = strings(&document["data"], "/attributes/start");
    assert!(starts.len() > 10 && starts.is_sorted_by(|one, other| one > other));
    assert_eq!(document["data"][0]["attributes"]["stop"], Value::Null);
    assert_eq!(document["data"][1]["attributes"]["stop"], "2026-06-12T21:15:00.000Z");
    assert_eq!(strings(&document["included"], "/id"), [cast::RUSTY_MOOSE.to_string()]);
    let id = document["data"][0]["id"].as_str().unwrap();
    assert_eq!((id.len(), id.as_bytes()[14]), (36, b'4'));
}

#[tokio::test]
async fn sessions_of_several_players_in_one_request() {
    let stage = Stage::new();
    let players = format!("{},{}", cast::CHENNY_BOUNCE.id, cast::TEE_HIGGINS.id);
    let path = format!("/sessions?filter[players]={players}&filter[servers]={}&include=player", cast::RUSTY_MOOSE);
    let document = stage.json(&path).await;
    assert_eq!(document["included"].as_array().unwrap().len(), 2);
    let of = |at: usize| document["data"][at]["relationships"]["player"]["data"]["id"].as_str().unwrap();
    assert_eq!((of(0), of(1)), (&*cast::CHENNY_BOUNCE.id.to_string(), &*cast::TEE_HIGGINS.id.to_string()));
    let open = stage.json(&format!("{path}&filter[at]=2026-06-13T11:00:00Z")).await;
    assert_eq!(open["data"].as_array().unwrap().len(), 1);
    let range = stage.json(&format!("{path}&filter[range]=2026-06-13T11:00:00Z:2026-06-13T19:00:00.000Z")).await;
    assert_eq!(range["data"].as_array().unwrap().len(), 2);
    for status in [400, 403] {
        stage.sim.switch(|switches| switches.many_players_refused = Some(status));
        assert_eq!(stage.status(&path).await, status);
    }
    stage.sim.switch(|switches| switches.sessions_in_plan = false);
    assert_eq!(stage.status(&format!("/players/{}/relationships/sessions", cast::SLEEPY.id)).await, 403);
    assert_eq!(stage.sim.unexpected(), []);
}

#[tokio::test]
async fn who_was_on_a_server_at_an_instant() {
    let stage = Stage::new();
    let server = cast::RUSTY_MOOSE_SMALL;
    let at = "2026-06-13T20:15:00Z";
    let sessions = stage.json(&format!("/sessions?filter[servers]={server}&filter[at]={at}&page[size]=100")).await;
    let roster = stage.json(&format!("/servers/{server}?include=player")).await;
    let mut there = strings(&sessions["data"], "/relationships/player/data/id");
    let mut listed = strings(&roster["included"], "/id");
    there.sort_unstable();
    listed.sort_unstable();
    assert!(there.len() > 5);
    assert_eq!(there, listed);
}

#[tokio::test]
async fn nobody_is_matched_by_steam_id() {
    let stage = Stage::new();
    let url = format!("{}/players/match", stage.sim.battlemetrics_url());
    let post = |body: Value| stage.client.post(&url).bearer_auth(stage.sim.battlemetrics_token()).json(&body).send();
    let identifier = json!({"type": "steamID", "identifier": cast::CHENNY_BOUNCE.steam.to_string()});
    let response = post(json!({"data": [{"type": "identifier", "attributes": identifier}]})).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.json::<Value>().await.unwrap()["data"], json!([]));
    assert_eq!(post(json!({"ids": []})).await.unwrap().status(), 400);
}

#[tokio::test]
async fn without_token_or_subscription_the_answer_is_403_and_with_a_wrong_token_401() {
    let stage = Stage::new();
    let url = format!("{}{}", stage.sim.battlemetrics_url(), moose());
    let none = stage.client.get(&url).send().await.unwrap();
    assert_eq!(none.status(), 403);
    let wrong = stage.client.get(&url).bearer_auth("wrong").send().await.unwrap();
    assert_eq!(wrong.status(), 401);
    assert_eq!(wrong.json::<Value>().await.unwrap()["errors"][0]["status"], 401);
    stage.sim.switch(|switches| switches.token = TokenState::Unpaid);
    let unpaid: Value = stage.get(&moose()).await.json().await.unwrap();
    let detail = "Access denied. A subscription is required to use the API.";
    assert_eq!(unpaid["errors"][0], json!({"status": "403", "title": "Forbidden", "detail": detail}));
    stage.sim.switch(|switches| switches.token = TokenState::Refused);
    assert_eq!(stage.status(&moose()).await, 401);
    let authorized: Vec<bool> = stage.sim.requests().into_iter().map(|request| request.authorized).collect();
    assert_eq!(authorized, [false, true, true, true]);
}

#[tokio::test]
async fn the_minute_limit_rolls_with_the_clock_of_the_world() {
    let stage = Stage::new();
    stage.sim.switch(|switches| (switches.per_minute, switches.per_second) = (3, 2));
    assert_eq!(stage.status("/servers/1").await, 404);
    assert_eq!(stage.status("/servers/1").await, 404);
    let burst = stage.get("/servers/1").await;
    assert_eq!((burst.status().as_u16(), burst.headers()["retry-after"].to_str().unwrap()), (429, "1"));
    stage.clock.advance(jiff::SignedDuration::from_secs(20));
    assert_eq!(stage.status("/servers/1").await, 404);
    let full = stage.get("/servers/1").await;
    assert_eq!((full.status().as_u16(), full.headers()["retry-after"].to_str().unwrap()), (429, "40"));
    assert_eq!(full.headers()["x-rate-limit-remaining"], "0");
    stage.sim.switch(|switches| switches.retry_after = RetryAfter::Date);
    assert_eq!(stage.get("/servers/1").await.headers()["retry-after"], "Sat, 13 Jun 2026 20:16:00 GMT");
    stage.sim.switch(|switches| (switches.retry_after, switches.rate_headers) = (RetryAfter::Absent, false));
    let silent = stage.get("/servers/1").await;
    assert!(!silent.headers().contains_key("retry-after") && !silent.headers().contains_key("x-rate-limit-limit"));
    stage.clock.advance(jiff::SignedDuration::from_secs(40));
    assert_eq!(stage.status("/servers/1").await, 404);
}

#[tokio::test]
async fn bodies_are_compressed_for_those_who_accept_it() {
    let stage = Stage::new();
    let url = format!("{}{}", stage.sim.battlemetrics_url(), moose());
    let plain = reqwest::Client::builder().no_gzip().build().unwrap();
    let get = |encoding: &str| {
        plain.get(&url).bearer_auth(stage.sim.battlemetrics_token()).header(ACCEPT_ENCODING, encoding).send()
    };
    assert_eq!(get("gzip").await.unwrap().headers()["content-encoding"], "gzip");
    let identity = get("identity").await.unwrap();
    assert!(!identity.headers().contains_key("content-encoding"));
    assert!(identity.json::<Value>().await.is_ok());
}

//! Does the pretend Steam behave as its reference says?

use serde_json::{Value, json};

use super::Stage;
use crate::sim::cast;

#[tokio::test]
async fn a_vanity_name_leads_to_the_account_whatever_its_case() {
    let stage = Stage::new();
    for version in ["v1", "v0001"] {
        let path = format!("/ISteamUser/ResolveVanityURL/{version}/?vanityurl=ChennyBounce");
        let found: Value = stage.steam(&path).await.json().await.unwrap();
        assert_eq!(found["response"], json!({"steamid": cast::CHENNY_BOUNCE.steam.to_string(), "success": 1}));
    }
    let none = stage.steam("/ISteamUser/ResolveVanityURL/v1/?vanityurl=nobody-at-all").await;
    assert_eq!(none.status(), 200);
    assert_eq!(none.json::<Value>().await.unwrap()["response"]["success"], 42);
}

#[tokio::test]
async fn profiles_come_in_batches_and_unknown_ones_are_left_out() {
    let stage = Stage::new();
    let ids = cast::PURPLE_BASE.map(|person| person.steam.to_string()).join(",");
    let path = format!("/ISteamUser/GetPlayerSummaries/v0002/?steamids={ids},76561197960265729");
    let document: Value = stage.steam(&path).await.json().await.unwrap();
    let players = document["response"]["players"].as_array().unwrap();
    assert_eq!(players.len(), 7);
    let find = |person: cast::Person| {
        players.iter().find(|one| one["steamid"].as_str() == Some(&person.steam.to_string())).unwrap()
    };
    let chenny = find(cast::CHENNY_BOUNCE);
    assert_eq!((&chenny["personaname"], &chenny["gameid"]), (&json!("ChennyBounce"), &json!("252490")));
    assert_eq!(chenny["profileurl"], "https://steamcommunity.com/id/chennybounce/");
    assert!(find(cast::TEE_HIGGINS).get("gameid").is_none());
}

#[tokio::test]
async fn a_private_profile_hides_the_game() {
    let stage = Stage::new();
    let world = stage.sim.world();
    let roster = world.roster(cast::CROWDED, stage.sim.now());
    let steam_ids = roster.iter().filter_map(|seat| world.steam_id_of_player(seat.player));
    let private =
        steam_ids.filter_map(|id| world.account(id, stage.sim.now())).find(|account| !account.public).unwrap();
    let path = format!("/ISteamUser/GetPlayerSummaries/v2/?steamids={}", private.id);
    let document: Value = stage.steam(&path).await.json().await.unwrap();
    let profile = &document["response"]["players"][0];
    assert_eq!((&profile["communityvisibilitystate"], profile.get("gameid")), (&json!(1), None));
}

#[tokio::test]
async fn a_wrong_key_is_refused_in_html() {
    let stage = Stage::new();
    let url = format!("{}/ISteamUser/GetPlayerSummaries/v2/?steamids=1&key=wrong", stage.sim.steam_url());
    let response = stage.client.get(url).send().await.unwrap();
    assert_eq!(response.status(), 403);
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    assert!(response.text().await.unwrap().contains("key="));
    stage.sim.switch(|switches| switches.steam_key_good = false);
    assert_eq!(stage.steam("/ISteamUser/GetPlayerSummaries/v2/?steamids=1").await.status(), 403);
    let spoken = format!("{:?}", stage.sim.requests());
    assert!(!spoken.contains(stage.sim.steam_key()) && spoken.contains("[redacted]"));
}

#[tokio::test]
async fn more_than_a_hundred_ids_or_none_or_nonsense_are_refused() {
    let stage = Stage::new();
    let many = (0..101).map(|id| id.to_string()).collect::<Vec<_>>().join(",");
    for query in [format!("steamids={many}"), "steamids=".to_owned(), "steamids=abc".to_owned()] {
        let response = stage.steam(&format!("/ISteamUser/GetPlayerSummaries/v2/?{query}")).await;
        assert_eq!(response.status(), 400, "{query}");
    }
}

#[tokio::test]
async fn bans_are_not_wrapped() {
    let stage = Stage::new();
    let path = format!("/ISteamUser/GetPlayerBans/v1/?steamids={}", cast::SLEEPY.steam);
    let document: Value = stage.steam(&path).await.json().await.unwrap();
    assert_eq!(document["players"][0]["SteamId"], cast::SLEEPY.steam.to_string());
}

#[tokio::test]
async fn unknown_methods_are_not_found_and_remembered() {
    let stage = Stage::new();
    assert_eq!(stage.steam("/ISteamUser/GetFriendList/v1/?steamid=1").await.status(), 404);
    assert_eq!(stage.steam("/ISteamUser/GetPlayerSummaries/v3/?steamids=1").await.status(), 404);
    assert_eq!(stage.sim.unexpected().len(), 2);
}

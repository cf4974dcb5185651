//! Does each fault do what it says?

use std::time::Duration;

use futures_util::FutureExt;
use serde_json::Value;

use super::{Stage, moose, strings};
use crate::sim::{Fault, Service, cast};

fn spoilt(fault: Fault) -> Stage {
    let stage = Stage::new();
    stage.sim.fault(Service::BattleMetrics, fault);
    stage
}

async fn text(fault: Fault) -> (u16, String, String) {
    let response = spoilt(fault).get(&moose()).await;
    let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
    (response.status().as_u16(), kind, response.text().await.unwrap())
}

#[tokio::test]
async fn a_fault_strikes_as_often_as_planned_and_only_where_planned() {
    let stage = Stage::new();
    stage.sim.fault(Service::BattleMetrics, Fault::Status(503).times(2).on("/servers"));
    assert_eq!(stage.status(&format!("/players/{}", cast::SLEEPY.id)).await, 200);
    let bans = format!("/ISteamUser/GetPlayerBans/v1/?steamids={}", cast::SLEEPY.steam);
    assert_eq!(stage.steam(&bans).await.status(), 200);
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(stage.status(&moose()).await);
    }
    assert_eq!(seen, [503, 503, 200]);
    let recorded: Vec<_> = stage.sim.requests().into_iter().map(|request| request.status.unwrap()).collect();
    assert_eq!(recorded, [200, 200, 503, 503, 200]);
    stage.sim.fault(Service::BattleMetrics, Fault::EmptyBody);
    stage.sim.clear_faults();
    stage.json(&moose()).await;
}

#[tokio::test]
async fn every_status_can_be_had_in_the_language_of_the_service() {
    for status in [400, 401, 403, 404, 429, 500, 502, 503] {
        let (seen, kind, body) = text(Fault::Status(status)).await;
        assert_eq!(seen, status);
        assert!(kind.starts_with("application/json") && body.contains("errors"), "{body}");
    }
    let stage = Stage::new();
    stage.sim.fault(Service::Steam, Fault::Status(429));
    let steam = stage.steam("/ISteamUser/GetPlayerBans/v1/?steamids=1").await;
    assert_eq!(steam.status(), 429);
    assert!(steam.text().await.unwrap().contains("Too Many Requests"));
}

#[tokio::test]
async fn a_pretended_limit_says_when_to_come_again() {
    let response = spoilt(Fault::Status(429)).get(&moose()).await;
    assert_eq!(response.headers()["retry-after"], "30");
}

#[tokio::test]
async fn html_instead_of_json() {
    let (status, kind, body) = text(Fault::Cloudflare).await;
    assert_eq!((status, kind.as_str()), (403, "text/html; charset=UTF-8"));
    assert!(body.contains("1106"));
    assert_eq!(text(Fault::HtmlStatus(502)).await.0, 502);
    let (status, kind, _) = text(Fault::HtmlInstead).await;
    assert_eq!((status, kind.as_str()), (200, "text/html; charset=UTF-8"));
}

#[tokio::test]
async fn bodies_that_are_no_documents() {
    assert_eq!(text(Fault::EmptyBody).await.2, "");
    let (status, _, truncated) = text(Fault::TruncatedJson).await;
    assert!(status == 200 && truncated.starts_with('{') && serde_json::from_str::<Value>(&truncated).is_err());
    let (_, _, deep) = text(Fault::DeepJson).await;
    assert_eq!(deep.matches('[').count(), 100_000);
    assert!(serde_json::from_str::<Value>(&deep).is_err(), "too deep for a parser that minds its stack");
    let (_, _, huge) = text(Fault::HugeBody).await;
    assert_eq!(huge.len(), 50 * 1024 * 1024 + r#"{"data":""}"#.len());
    assert!(huge.ends_with("x\"}"));
}

#[tokio::test]
async fn a_stalled_body_never_ends() {
    let mut response = spoilt(Fault::Stalled).get(&moose()).await;
    assert_eq!(response.status(), 200);
    assert!(response.chunk().now_or_never().is_none_or(|chunk| chunk.unwrap().is_some()));
    let rest = tokio::time::timeout(Duration::from_millis(50), response.bytes()).await;
    assert!(rest.is_err(), "the end came");
}

#[tokio::test]
async fn a_slow_answer_is_right_in_the_end() {
    let stage = Stage::new();
    stage.sim.fault(Service::BattleMetrics, Fault::SlowFirstByte(Duration::from_secs(3600)).times(1));
    let early = tokio::time::timeout(Duration::from_millis(20), stage.get(&moose())).await;
    assert!(early.is_err(), "too early");
    stage.sim.fault(Service::BattleMetrics, Fault::SlowFirstByte(Duration::from_millis(1)));
    stage.json(&moose()).await;
}

#[tokio::test]
async fn latency_can_be_changed_while_it_runs() {
    let stage = Stage::new();
    stage.sim.set_latency(Duration::from_secs(3600));
    let path = moose();
    let mut waiting = Box::pin(stage.get(&path));
    while stage.sim.requests().is_empty() {
        assert!(tokio::time::timeout(Duration::from_millis(20), &mut waiting).await.is_err(), "too early");
    }
    drop(waiting);
    stage.sim.set_latency(Duration::ZERO);
    stage.json(&moose()).await;
}

#[tokio::test]
async fn a_dropped_connection_is_no_answer() {
    let stage = spoilt(Fault::Dropped);
    assert!(stage.try_get(&moose()).await.is_err());
    assert_eq!(stage.sim.requests()[0].status, None);
}

#[tokio::test]
async fn a_redirect_leads_elsewhere() {
    let target = "https://elsewhere.invalid/servers";
    let response = spoilt(Fault::Redirect(target.to_owned())).get(&moose()).await;
    assert_eq!((response.status().as_u16(), response.headers()["location"].to_str().unwrap()), (302, target));
}

#[tokio::test]
async fn links_lead_to_a_foreign_host_or_round_in_circles() {
    let target = "https://elsewhere.invalid/servers";
    let foreign = spoilt(Fault::ForeignNext(target.to_owned())).json("/servers").await;
    assert_eq!(foreign["links"]["next"], target);
    let stage = spoilt(Fault::EndlessNext);
    let first = stage.json("/servers?page[size]=5").await;
    let next = first["links"]["next"].as_str().unwrap().to_owned();
    let second = stage.json(next.strip_prefix(&stage.sim.battlemetrics_url()).unwrap()).await;
    assert_eq!((&second["links"]["next"], &second["data"]), (&first["links"]["next"], &first["data"]));
}

#[tokio::test]
async fn resources_come_twice_and_fields_have_wrong_types() {
    let path = format!("{}?include=player", moose());
    let right = Stage::new().json(&path).await;
    let double = spoilt(Fault::DuplicateIds).json(&path).await;
    assert_eq!(strings(&double["included"], "/id").len(), 2 * strings(&right["included"], "/id").len());
    let nameless = spoilt(Fault::NullNames).json(&path).await;
    assert_eq!(nameless["included"][0]["attributes"]["name"], Value::Null);
    let numeric = spoilt(Fault::NumericNames).json(&path).await;
    assert_eq!(numeric["data"]["attributes"]["name"], 1234);
    let wordy = spoilt(Fault::WordyPlayers).json(&path).await;
    assert_eq!(wordy["data"]["attributes"]["players"], "many");
}

//! Stories of what the bot tells by itself, as far as it is decided before Discord.

use jiff::SignedDuration;
use rustops::domain::{ids::ChannelId, report::SettingsPatch, tidings::Tidings};
use serde_json::json;
use url::Url;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::stage::Stage;

const DAY: SignedDuration = SignedDuration::from_hours(24);

async fn repository(tag: &str) -> (MockServer, Url) {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_body_json(json!({ "tag_name": tag }));
    Mock::given(any()).respond_with(answer).mount(&server).await;
    let url = server.uri().parse().unwrap();
    (server, url)
}

async fn asked(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

async fn told(stage: &Stage) -> Vec<String> {
    let due = stage.app.tidings().await.unwrap();
    due.into_iter()
        .map(|due| match due.tidings {
            Tidings::NewRelease { version, .. } => version,
            other => panic!("{other:?}"),
        })
        .collect()
}

async fn with_log_channel() -> Stage {
    let stage = Stage::empty();
    let patch = SettingsPatch { log_channel: Some(ChannelId::new(77)), ..SettingsPatch::default() };
    stage.app.settings(&stage.me, patch).await.unwrap();
    stage
}

#[tokio::test]
async fn a_new_release_is_told_once_and_asked_for_once_a_day_even_over_restarts() {
    let stage = with_log_channel().await;
    let (server, url) = repository("v99.0.0").await;
    let next = stage.app.release_step(&url).await.unwrap();
    assert_eq!(next, stage.now() + DAY);
    assert_eq!((told(&stage).await, asked(&server).await), (vec!["99.0.0".to_owned()], 1));
    assert_eq!(stage.another_process().release_step(&url).await.unwrap(), next);
    assert_eq!(asked(&server).await, 1, "a restart asks no sooner");
    stage.pass(DAY);
    stage.app.release_step(&url).await.unwrap();
    assert_eq!((told(&stage).await.len(), asked(&server).await), (1, 2), "told once");
}

#[tokio::test]
async fn the_release_that_runs_and_an_older_one_are_no_news() {
    let stage = with_log_channel().await;
    for tag in [concat!("v", env!("CARGO_PKG_VERSION")), "v0.0.1"] {
        let (_server, url) = repository(tag).await;
        stage.app.release_step(&url).await.unwrap();
        stage.pass(DAY);
    }
    assert_eq!(told(&stage).await, Vec::<String>::new());
}

#[tokio::test]
async fn nobody_hears_of_it_when_the_question_fails_and_tomorrow_is_another_day() {
    let stage = with_log_channel().await;
    let nobody = "http://127.0.0.1:1".parse().unwrap();
    assert_eq!(stage.app.release_step(&nobody).await.unwrap(), stage.now() + DAY);
    assert_eq!(told(&stage).await, Vec::<String>::new());
}

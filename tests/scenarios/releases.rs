//! Stories of new releases: told in the log channel, once, and nobody is asked where that is switched off.

use rustops::{config, domain::release};
use serde_json::json;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::stage::{Stage, says};

#[tokio::test]
async fn a_new_release_is_told_in_the_log_channel_once() {
    let stage = Stage::watching().await;
    let guild = stage.discord.guild("Purple clan");
    let log = guild.channel("log");
    let max = guild.member("Max").manager();
    says(&max.types("/rustops settings log_channel:#log").await, "Settings changed");
    let repository = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_body_json(json!({ "tag_name": "v99.1.2" }));
    Mock::given(any()).respond_with(answer).mount(&repository).await;
    let url = repository.uri().parse().unwrap();
    for _day in 0..3 {
        stage.app().release_step(&url).await.unwrap();
        stage.passes_until(|_| !log.messages().is_empty()).await;
        stage.passes(24 * 60 * 60);
        for _ in 0..120 {
            stage.blink().await;
        }
    }
    assert_eq!(repository.received_requests().await.unwrap().len(), 3, "asked once a day");
    let told: Vec<_> = log.messages().iter().map(|message| message.text()).collect();
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].contains("RustOps 99\\.1\\.2 is out"), "{}", told[0]);
}

#[test]
fn whoever_switches_the_question_off_has_nobody_asked() {
    let with = |said: Option<&'static str>| {
        let environment = |name: &str| said.filter(|_| name == "RUSTOPS_RELEASE_URL").map(str::to_owned);
        let file = tempfile::NamedTempFile::new().unwrap();
        let flags = config::Flags { config: Some(file.path().to_owned()), ..config::Flags::default() };
        config::Config::load(&flags, &environment).unwrap().release_url.map(String::from)
    };
    assert_eq!(with(Some("off")), None);
    assert_eq!(with(Some("OFF")), None);
    assert_eq!(with(Some("https://example.org/latest")).as_deref(), Some("https://example.org/latest"));
    assert_eq!(with(None), release::told_at(release::HOME), "what this was built with");
}

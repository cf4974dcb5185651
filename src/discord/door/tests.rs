//! The end of a talk that went wrong, against a pretend end of Discord's line.

use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use super::*;
use crate::{
    clock::ManualClock,
    remote::{BattleMetrics, Options, Steam},
    store::Store,
};

/// A talk whose answers end up at `line`.
fn talk(line: &MockServer, folder: &tempfile::TempDir) -> Talk {
    let clock = Arc::new(ManualClock::hasty(jiff::Timestamp::UNIX_EPOCH));
    let store = Store::open(&folder.path().join("rustops.db"), clock.now()).unwrap();
    let options = || Options::new("http://127.0.0.1:1".parse().unwrap(), None, Arc::<ManualClock>::clone(&clock));
    let (battlemetrics, steam) = (BattleMetrics::new(options()).unwrap(), Steam::new(options()).unwrap());
    let app = App::new(store, battlemetrics, steam, Arc::<ManualClock>::clone(&clock));
    let door = Arc::new(Door::new(app, Arc::<ManualClock>::clone(&clock), watch::channel(false).0));
    let http = serenity::HttpBuilder::new("token").proxy(line.uri()).ratelimiter_disabled(true).build();
    http.set_application_id(serenity::ApplicationId::new(42));
    let post = Post { http: Arc::new(http), clock };
    let origin = Origin {
        id: 1,
        token: "aSecret".to_owned(),
        channel: serenity::ChannelId::new(3),
        permissions: None,
        message: None,
        person: 4,
    };
    Talk::new(door, post, origin, Asker::terminal(GuildKey::local()))
}

async fn answers(status: u16) -> MockServer {
    let line = MockServer::start().await;
    let body = serde_json::json!({ "code": 0, "message": "" });
    Mock::given(any()).respond_with(ResponseTemplate::new(status).set_body_json(body)).mount(&line).await;
    line
}

#[tokio::test]
async fn a_panic_is_answered_with_a_reference_for_the_asker_alone() {
    let (line, folder) = (answers(204).await, tempfile::tempdir().unwrap());
    let talk = talk(&line, &folder);
    settle(&talk, async { panic!("the cow jumped") }).await;
    let requests = line.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1);
    let body: serde_json::Value = requests[0].body_json().unwrap();
    assert_eq!((&body["type"], &body["data"]["flags"]), (&4.into(), &64.into()));
    let embed = &body["data"]["embeds"][0];
    assert_eq!(embed["title"], "Something went wrong");
    let words = embed["description"].as_str().unwrap();
    assert!(words.contains("The log says more, under `") && !words.contains("cow"), "{words}");
}

#[tokio::test]
async fn a_line_that_is_dead_makes_no_further_trouble() {
    let (line, folder) = (answers(500).await, tempfile::tempdir().unwrap());
    let talk = talk(&line, &folder);
    settle(&talk, async { Err(anyhow::anyhow!("the database is on fire").into()) }).await;
    assert_eq!(line.received_requests().await.unwrap().len(), 3);
}

#[tokio::test]
async fn what_the_log_says_of_a_refusal_holds_no_token() {
    let (line, folder) = (answers(400).await, tempfile::tempdir().unwrap());
    let Err(Trouble::Post(refusal)) = talk(&line, &folder).whisper(&phrases::used()).await else {
        panic!("it was taken");
    };
    assert!(!refusal.to_string().contains("aSecret"), "{refusal}");
    drop(line);
    let unreachable = MockServer::start().await;
    let talk = self::talk(&unreachable, &folder);
    drop(unreachable);
    let Err(Trouble::Post(refusal)) = talk.whisper(&phrases::used()).await else { panic!("it was taken") };
    assert!(!refusal.to_string().contains("aSecret"), "{refusal}");
}

#[test]
fn a_panic_says_its_words_to_the_log() {
    for payload in [Box::new("words") as Box<dyn Any + Send>, Box::new("words".to_owned())] {
        let Trouble::App(crate::error::Error::Failure(failure)) = panicked(&*payload) else { panic!("no failure") };
        assert_eq!(failure.chain(), "panic: words");
    }
}

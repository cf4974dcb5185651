//! A stage for the clients' stories: a local server that plays the service line by line, and a clock on which nobody
//! waits. Only for tests.
#![expect(clippy::disallowed_methods, reason = "a listener needs a task of its own")]

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tracing::subscriber::DefaultGuard;
use url::Url;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::any};

use super::{BattleMetrics, Options, Steam};
use crate::clock::{Clock, ManualClock};

/// What must never be seen anywhere but in a request.
pub(super) const SECRET: &str = "s3cret-of-the-operator";

pub(super) struct Stage {
    server: MockServer,
    pub(super) clock: ManualClock,
}

impl Stage {
    /// A service that gives `answers` in this order and then has nothing more to say (418).
    pub(super) async fn playing(answers: impl IntoIterator<Item = ResponseTemplate>) -> Self {
        let server = MockServer::start().await;
        let script = Script(Mutex::new(answers.into_iter().collect()));
        Mock::given(any()).respond_with(script).mount(&server).await;
        Self { server, clock: ManualClock::hasty(now()) }
    }

    pub(super) fn options(&self) -> Options {
        options(&self.server.uri(), &self.clock)
    }

    pub(super) fn battlemetrics(&self) -> BattleMetrics {
        BattleMetrics::new(self.options()).unwrap()
    }

    pub(super) fn steam(&self) -> Steam {
        Steam::new(self.options()).unwrap()
    }

    pub(super) fn uri(&self) -> String {
        self.server.uri()
    }

    /// Time gone by since the beginning.
    pub(super) fn elapsed(&self) -> SignedDuration {
        self.clock.now().duration_since(now())
    }

    pub(super) async fn requests(&self) -> Vec<Request> {
        self.server.received_requests().await.unwrap()
    }

    /// Path and query of each request, readable.
    pub(super) async fn asked(&self) -> Vec<String> {
        let told = |request: &Request| {
            let query: Vec<String> = request.url.query_pairs().map(|(name, value)| format!("{name}={value}")).collect();
            [request.url.path().to_owned(), query.join("&")].join(" ").trim_end().to_owned()
        };
        self.requests().await.iter().map(told).collect()
    }
}

struct Script(Mutex<VecDeque<ResponseTemplate>>);

impl Respond for Script {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        self.0.lock().unwrap().pop_front().unwrap_or_else(|| ResponseTemplate::new(418))
    }
}

/// When the stories begin.
pub(super) fn now() -> Timestamp {
    time("2026-10-01T12:00:00Z")
}

pub(super) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn options(base: &str, clock: &ManualClock) -> Options {
    let secret = Some(SecretString::from(SECRET));
    Options {
        timeout: Duration::from_secs(5),
        ..Options::new(Url::parse(base).unwrap(), secret, Arc::new(clock.clone()))
    }
}

pub(super) fn json(document: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(document)
}

pub(super) fn status(status: u16, body: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_string(body)
}

/// A listener that answers each connection with `bytes` and hangs up. Returns its address.
pub(super) async fn hangs_up_after(bytes: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            // The request has to be read, or closing the socket would reset the connection before the answer arrives.
            assert!(socket.read(&mut [0; 4096]).await.unwrap() > 0);
            socket.write_all(bytes).await.unwrap();
        }
    });
    format!("http://{address}")
}

/// An address at which nobody listens: below the ports that are handed out.
pub(super) const NOBODY: &str = "http://127.0.0.1:1";

/// Everything that is logged by this thread until the guard is dropped.
pub(super) fn log() -> (Log, DefaultGuard) {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    (log, tracing::subscriber::set_default(subscriber))
}

#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

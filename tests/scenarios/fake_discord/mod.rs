//! A pretend Discord on loopback: gateway and REST (version 10) for a real bot, and people who use it.
//!
//! Point the bot at `url()` with `token()`. Then let people act:
//!
//! ```text
//! let discord = FakeDiscord::start().await;
//! let ann = discord.guild("Purple clan").member("Ann");
//! let reply = ann.types("/group check group:\"Purple Base\"").await;
//! assert!(reply.text().contains("2 of 7 online"));
//! let newer = ann.presses(&reply, "Refresh").await;
//! ```
//!
//! It enforces what Discord enforces. What it had to refuse, and each request that it does not know, is a violation:
//! a story that ends with violations it did not take fails.
//!
//! Nothing of the bot is named here; no story is told here.

#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "each test binary and the benchmark uses its own part of it"
)]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "test support: a broken story should stop at once, and real time is what a real Discord measures"
)]

mod answers;
mod command_line;
mod faults;
mod gateway;
mod guild;
mod interactions;
mod messages;
mod multipart;
mod openapi;
mod reading;
mod reply;
mod rest;
mod rules;
mod user;
mod world;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::extract::ws::WebSocketUpgrade;
use axum::routing::get;
use serde_json::Value;
use tokio::sync::oneshot;

pub use faults::RestControl;
pub use gateway::{Ending, GatewayControl, Times};
pub use guild::{Channel, Guild};
pub use reading::{OnScreen, SeenMessage, without_times};
pub use reply::{Pending, Reply};
pub use rest::RequestRecord;
pub use user::Member;
pub use world::{Choice, Snowflake, Violation, permission};

use world::{BOT, Shared, World};

/// The pretend Discord. It runs on a thread of its own, so that a bot that blocks its own threads does not stop the
/// clock it is measured with, and ends when dropped.
pub struct FakeDiscord {
    shared: Arc<Shared>,
    url: String,
    token: String,
    _stop: oneshot::Sender<()>,
}

impl FakeDiscord {
    /// Starts on a free port of loopback.
    ///
    /// # Panics
    ///
    /// When loopback has no port to give.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound socket has an address").to_string();
        let listener = listener.into_std().expect("a listener can leave its runtime");
        // Put together here, because the shape alone makes scanners cry wolf. The first part is the id in base64.
        let token = ["MTAwMDAwMDAwMDAwMDAwMDA0Mg", "Gpret3", "nd0nly_n0t_a_secret_at_all_0000000000"].join(".");
        let shared = Arc::new(Shared::new(World::new(token.clone())));
        shared.change(|world| world.address.clone_from(&address));
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&shared);
        std::thread::spawn(move || serve(served, listener, stopped));
        Self { shared, url: format!("http://{address}"), token, _stop: stop }
    }

    /// The base URL for the bot's REST client; the gateway's URL is told by `/gateway/bot`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The bot's token, without `Bot `.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The id of the bot, which is the application's too.
    pub fn bot_id(&self) -> Snowflake {
        BOT
    }

    /// The guild of this name; the first time, it is made and the bot joins it.
    pub fn guild(&self, name: &str) -> Guild {
        Guild::named(&self.shared, name)
    }

    /// Turns the connection off and on, and counts.
    pub fn gateway(&self) -> GatewayControl<'_> {
        GatewayControl { shared: &self.shared }
    }

    /// Makes REST fail, limit and wait.
    pub fn rest(&self) -> RestControl<'_> {
        RestControl { shared: &self.shared }
    }

    /// The messages of a channel that all see, oldest first.
    pub fn messages_in(&self, channel: &Channel) -> Vec<SeenMessage> {
        channel.messages()
    }

    /// The registered commands as the bot sent them, without what Discord adds (ids, version), in the order sent.
    pub fn registered_commands(&self) -> Vec<Value> {
        self.shared.look(|world| {
            let mut commands = world.commands.clone();
            for command in commands.iter_mut().filter_map(Value::as_object_mut) {
                for added in ["id", "version", "application_id"] {
                    command.remove(added);
                }
            }
            commands
        })
    }

    /// The id of a registered slash command, as clickable mentions need it.
    pub fn command_id(&self, name: &str) -> Option<Snowflake> {
        self.shared.look(|world| world.command(None, name, 1)?["id"].as_str()?.parse().ok())
    }

    /// How often a list of commands was written.
    pub fn registrations(&self) -> u32 {
        self.shared.look(|world| world.registrations)
    }

    /// All REST requests so far.
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.shared.look(|world| world.requests.clone())
    }

    /// What the bot did that Discord forbids, and requests nobody expected.
    pub fn violations(&self) -> Vec<Violation> {
        self.shared.look(|world| world.violations.clone())
    }

    /// As `violations`, and forgets them: for stories that provoke some.
    pub fn take_violations(&self) -> Vec<Violation> {
        self.shared.change(|world| std::mem::take(&mut world.violations))
    }

    /// Moves Discord's clock forward: tokens age, new ids and times are later. Real time limits are not touched.
    pub fn advance(&self, by: Duration) {
        self.shared.change(|world| world.advance(by));
    }

    /// Sets the heartbeat interval for connections to come (41.25 s unless set).
    pub fn heartbeat_every(&self, interval: Duration) {
        self.shared.change(|world| world.settings.heartbeat_interval = interval);
    }

    /// Sets the time for a first answer (3 s unless set).
    pub fn first_answer_within(&self, limit: Duration) {
        self.shared.change(|world| world.settings.first_answer_within = limit);
    }

    /// Sets how long people wait for anything before a story fails (20 s unless set).
    pub fn patience(&self, patience: Duration) {
        self.shared.change(|world| world.settings.patience = patience);
    }

    /// Grants privileged intents in the portal (none unless set).
    pub fn grants_intents(&self, intents: u64) {
        self.shared.change(|world| world.settings.privileged_intents = intents);
    }

    /// Waits until this holds; looks again after each change.
    ///
    /// # Panics
    ///
    /// When it does not hold within the story's patience; says what was going on.
    pub async fn wait_until(&self, mut holds: impl FnMut(&Self) -> bool) {
        let patience = self.shared.look(|world| world.settings.patience);
        let mut changes = self.shared.changes();
        let search = async {
            while !holds(self) {
                if changes.changed().await.is_err() {
                    return;
                }
            }
        };
        if tokio::time::timeout(patience, search).await.is_err() {
            panic!("waited {patience:?} in vain; this happened:\n{}", self.summary());
        }
    }

    fn summary(&self) -> String {
        let requests = self.requests();
        let lines = requests.iter().map(|one| format!("  {} {} → {}", one.method, one.path, one.status));
        let violations = self.violations().into_iter().map(|one| format!("  violation: {one}"));
        lines.chain(violations).collect::<Vec<_>>().join("\n")
    }
}

impl Drop for FakeDiscord {
    /// # Panics
    ///
    /// When the bot did what Discord forbids and the story did not take note of it.
    fn drop(&mut self) {
        let violations = self.violations();
        if !violations.is_empty() && !std::thread::panicking() {
            let lines: Vec<_> = violations.iter().map(ToString::to_string).collect();
            panic!("Discord had to refuse:\n{}", lines.join("\n"));
        }
    }
}

fn serve(shared: Arc<Shared>, listener: std::net::TcpListener, stopped: oneshot::Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async move {
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener can join a runtime");
        let gateway = Arc::clone(&shared);
        let app = Router::new()
            .route("/ws", get(move |upgrade: WebSocketUpgrade| async move { gateway::accept(gateway, upgrade) }))
            .fallback(move |method, uri, headers, body| rest::answer(Arc::clone(&shared), method, uri, headers, body))
            .layer(DefaultBodyLimit::max(64 * 1024 * 1024));
        tokio::select! {
            served = axum::serve(listener, app) => served.expect("loopback does not fail"),
            // An error means that the sender is gone, which is the same news.
            _ = stopped => {}
        }
    });
}

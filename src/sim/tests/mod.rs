//! Stories about the pretend world itself, and what they share: a world with a clock, and a client.

mod directions;
mod faults;
mod manners;
mod people;
mod steam;

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use reqwest::{Response, redirect};
use serde_json::Value;

use super::{Sim, SimOptions, World, cast};
use crate::clock::ManualClock;

/// A running pair of services and who asks them.
struct Stage {
    sim: Sim,
    clock: ManualClock,
    client: reqwest::Client,
}

impl Stage {
    fn new() -> Self {
        let clock = ManualClock::new(World::START);
        let options = SimOptions { seed: 7, clock: Arc::new(clock.clone()), latency: Duration::ZERO };
        let (sim, services) = Sim::bind(options).unwrap();
        spawn(services);
        let client = reqwest::Client::builder().redirect(redirect::Policy::none()).build().unwrap();
        Self { sim, clock, client }
    }

    /// A GET to BattleMetrics with the good token.
    async fn get(&self, path: &str) -> Response {
        self.try_get(path).await.unwrap()
    }

    async fn try_get(&self, path: &str) -> reqwest::Result<Response> {
        let url = format!("{}{path}", self.sim.battlemetrics_url());
        self.client.get(url).bearer_auth(self.sim.battlemetrics_token()).send().await
    }

    async fn json(&self, path: &str) -> Value {
        let response = self.get(path).await;
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.unwrap()
    }

    async fn status(&self, path: &str) -> u16 {
        self.get(path).await.status().as_u16()
    }

    /// A GET to Steam; the key is added.
    async fn steam(&self, path: &str) -> Response {
        let url = format!("{}{path}&key={}", self.sim.steam_url(), self.sim.steam_key());
        self.client.get(url).send().await.unwrap()
    }

    fn hours_pass(&self, hours: i64) {
        self.clock.advance(SignedDuration::from_hours(hours));
    }
}

#[expect(clippy::disallowed_methods, reason = "a story has no wiring")]
fn spawn(services: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(services);
}

fn strings<'a>(resources: &'a Value, pointer: &str) -> Vec<&'a str> {
    resources.as_array().unwrap().iter().map(|resource| resource.pointer(pointer).unwrap().as_str().unwrap()).collect()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn moose() -> String {
    format!("/servers/{}", cast::RUSTY_MOOSE)
}

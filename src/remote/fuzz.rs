//! A door for `fuzz/` alone: answers of services as their clients read them, without a service. No part of any ordinary build.

use std::sync::{Arc, OnceLock};

use reqwest::header::{DATE, HeaderMap, HeaderValue, RETRY_AFTER};
use serde_json::Value;

use super::{BATTLEMETRICS_URL, BattleMetrics, Options, battlemetrics, body, discord, line, probe, releases, steam};
use crate::clock::{Clock as _, SystemClock};

/// A document of BattleMetrics.
///
/// # Panics
/// When it is read as something that it is not.
pub fn battlemetrics(bytes: &[u8]) {
    static SERVICE: OnceLock<BattleMetrics> = OnceLock::new();
    let service = SERVICE.get_or_init(|| {
        let base = BATTLEMETRICS_URL.parse().unwrap_or_else(|error| panic!("{error}"));
        BattleMetrics::new(Options::new(base, None, Arc::new(SystemClock))).unwrap_or_else(|error| panic!("{error}"))
    });
    battlemetrics::read_all(service, bytes).unwrap_or_else(|error| panic!("{error}"));
}

/// A document of Steam.
pub fn steam(bytes: &[u8]) {
    let Ok(document) = body::parse::<Value>(bytes) else { return };
    let _ = steam::vanity(&document);
    for player in body::list(&document, "/response/players") {
        let _ = steam::persona(player);
    }
}

/// A document of Discord's, as the channel, the roles and the member of one question.
pub fn discord(bytes: &[u8]) {
    let Ok(document) = body::parse::<Value>(bytes) else { return };
    let part = |name: &str| document.get(name).unwrap_or(&document);
    let _ = discord::permissions_in(part("channel"), part("roles"), part("member"), "1", "7");
}

/// The answer that tells of the latest release.
pub fn release(bytes: &[u8]) {
    let _ = releases::read(bytes);
}

/// A time that a header tells: when to come again, and what the time is.
pub fn times(bytes: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(bytes) else { return };
    let headers = HeaderMap::from_iter([(DATE, value.clone()), (RETRY_AFTER, value)]);
    let now = SystemClock.now();
    let date = probe::date(&headers);
    let _ = date.map(|date| now.duration_since(date));
    let _ = line::retry_after(&headers, now).map(|pause| now.saturating_add(pause));
}

//! One line to one service: queue, request, tries, and each failure named for what a person can do about it.
//!
//! What is asked and what the answers mean is known to the two clients. The secret is put into a request here and
//! appears nowhere else: reqwest's errors are logged without their URL, for Steam's holds the key.

use std::{
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use backon::{ExponentialBuilder, Retryable};
use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use reqwest::{
    RequestBuilder, Response, StatusCode,
    header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue, RETRY_AFTER},
    redirect::Policy,
};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tracing::debug;
use url::{Host, Url};

use super::{Options, body, journal::Journal, probe, queue::Queue};
use crate::{
    clock::Clock,
    domain::{
        budget::Plan,
        report::{Purpose, RecentTrouble, ServiceStatus},
        trouble::{Service, Trouble, TroubleKind, Unreadable},
    },
};

/// Tries after the first one.
const RETRIES: usize = 2;

/// After so long no further try is begun for a person.
const PERSON_WAITS: SignedDuration = SignedDuration::from_secs(8);

/// A pause that a person's request sits out.
const SHORT_PAUSE: SignedDuration = SignedDuration::from_secs(5);

/// An error's body is read for a sentence, not for data.
const ERROR_BYTES: usize = 64 << 10;

/// What is asked.
pub(super) struct Ask {
    /// The path as it may stand in a log: no ids, no names.
    pub(super) path: &'static str,
    /// All of the address but Steam's key.
    pub(super) url: Url,
    /// Why.
    pub(super) purpose: Purpose,
    /// The most bytes such an answer can have.
    pub(super) most_bytes: usize,
}

/// The line.
pub(super) struct Line {
    service: Service,
    base: Url,
    secret: Option<SecretString>,
    clock: Arc<dyn Clock>,
    http: reqwest::Client,
    queue: Queue,
    journal: Mutex<Journal>,
    /// As of the last answer that told the time.
    clock_ahead: Mutex<Option<SignedDuration>>,
}

impl Line {
    /// A line that spends `share`, unless the options say otherwise.
    pub(super) fn new(service: Service, share: Plan, options: Options) -> anyhow::Result<Self> {
        let Options { mut base, secret, clock, timeout, plan } = options;
        anyhow::ensure!(matches!(base.scheme(), "http" | "https"), "the address of a service begins with https://");
        base.set_query(None);
        base.set_fragment(None);
        let mut http = reqwest::Client::builder()
            .user_agent(concat!("RustOps/", env!("CARGO_PKG_VERSION")))
            .redirect(Policy::none())
            .connect_timeout(timeout.min(Duration::from_secs(5)))
            .timeout(timeout);
        // A proxy of the environment cannot reach this machine's own loopback.
        if is_loopback(&base) {
            http = http.no_proxy();
        }
        let http = http.build()?;
        let queue = Queue::new(plan.unwrap_or(share), Arc::clone(&clock));
        Ok(Self { service, base, secret, clock, http, queue, journal: Mutex::default(), clock_ahead: Mutex::default() })
    }

    /// The address of `segments` below the base.
    pub(super) fn url<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.base.clone();
        // An http address always has a path, see `new`.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// Whether `url` stays with this service.
    pub(super) fn is_home(&self, url: &Url) -> bool {
        url.origin() == self.base.origin()
    }

    pub(super) fn trouble(&self, kind: TroubleKind) -> Trouble {
        Trouble { service: self.service, kind }
    }

    pub(super) fn unreadable(&self, what: Unreadable) -> Trouble {
        self.trouble(TroubleKind::Unreadable { what })
    }

    /// Asks, in turn and again where that helps, for a JSON document.
    pub(super) async fn get<T: DeserializeOwned + Send>(&self, ask: &Ask) -> Result<T, Trouble> {
        let secret = self.secret.as_ref().ok_or_else(|| self.trouble(TroubleKind::TokenMissing))?;
        let began = self.clock.now();
        let clock = Arc::clone(&self.clock);
        // Boxed, for the compiler cannot tell otherwise that tries with a closure in them may change threads.
        let tries: BoxFuture<'_, Result<T, TroubleKind>> = Box::pin(
            (|| self.attempt(ask, secret))
                .retry(backoff())
                .sleep(move |pause| clock.sleep(pause))
                .when(may_pass)
                .adjust(|kind, pause| self.pause_before_next(*kind, pause, ask.purpose, began)),
        );
        let outcome = tries.await;
        self.note(outcome.as_ref().err().copied());
        outcome.map_err(|kind| self.trouble(kind))
    }

    /// How this service stands now.
    pub(super) fn status(&self) -> ServiceStatus {
        let now = self.clock.now();
        let missing = self.secret.is_none().then(|| self.trouble(TroubleKind::TokenMissing));
        let trouble = missing.or_else(|| self.with_journal(|journal| journal.holding(now)));
        self.queue.with_budget(|budget, now| ServiceStatus {
            configured: self.secret.is_some(),
            limit: Some(budget.limit()),
            left: Some(budget.left(now)),
            spent: budget.spent(now),
            paused_until: budget.paused_until(now),
            trouble,
        })
    }

    /// By how much this machine's clock was ahead of the service's at the last answer (negative: behind); none: never told.
    pub(super) fn clock_ahead(&self) -> Option<SignedDuration> {
        *self.clock_ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn recent(&self) -> Vec<RecentTrouble> {
        self.with_journal(|journal| journal.recent())
    }

    async fn attempt<T: DeserializeOwned>(&self, ask: &Ask, secret: &SecretString) -> Result<T, TroubleKind> {
        let request = self.request(ask, secret)?;
        let _permit = self.queue.enter(ask.purpose).await.map_err(|until| TroubleKind::LimitReached { until })?;
        let began = self.clock.now();
        let sent = request.send().await;
        let status = sent.as_ref().ok().map(|response| response.status().as_u16());
        let outcome = match sent {
            Ok(response) => self.answer(response, ask.most_bytes).await,
            Err(error) => Err(unanswered(error)),
        };
        let ms = self.clock.now().duration_since(began).as_millis();
        let trouble = outcome.as_ref().err();
        debug!(service = ?self.service, path = ask.path, purpose = ?ask.purpose, status, ms, ?trouble, "asked");
        outcome
    }

    fn request(&self, ask: &Ask, secret: &SecretString) -> Result<RequestBuilder, TroubleKind> {
        let request = self.http.get(ask.url.clone()).header(ACCEPT, "application/json");
        match self.service {
            Service::BattleMetrics => {
                let mut token = HeaderValue::try_from(format!("Bearer {}", secret.expose_secret()))
                    .map_err(|_| TroubleKind::TokenRefused)?;
                token.set_sensitive(true);
                Ok(request.header(AUTHORIZATION, token))
            }
            Service::Steam => Ok(request.query(&[("key", secret.expose_secret())])),
        }
    }

    async fn answer<T: DeserializeOwned>(&self, response: Response, most_bytes: usize) -> Result<T, TroubleKind> {
        let status = response.status();
        let headers = response.headers();
        if let Some(date) = probe::date(headers) {
            let ahead = self.clock.now().duration_since(date);
            *self.clock_ahead.lock().unwrap_or_else(PoisonError::into_inner) = Some(ahead);
        }
        let limit = number(headers, "x-rate-limit-limit");
        let left = number(headers, "x-rate-limit-remaining");
        let retry_after = retry_after(headers, self.clock.now());
        let pause = self.queue.with_budget(|budget, now| {
            budget.report(limit, left, now);
            if status == StatusCode::TOO_MANY_REQUESTS {
                return Some(budget.refused(retry_after, now));
            }
            budget.answered();
            None
        });
        if let Some(until) = pause {
            let kind = TroubleKind::LimitReached { until };
            self.note_failure(kind);
            return Err(kind);
        }
        if status.is_success() {
            let bytes = body::collect(response, most_bytes).await?;
            return body::parse(&bytes).map_err(|what| TroubleKind::Unreadable { what });
        }
        // An unreadable error says no more than its status does.
        let bytes = body::collect(response, ERROR_BYTES).await.ok();
        Err(refusal(self.service, status.as_u16(), bytes.as_deref()))
    }

    /// How long to wait before asking again after `kind`; `None` to leave it at that.
    fn pause_before_next(
        &self,
        kind: TroubleKind,
        pause: Option<Duration>,
        purpose: Purpose,
        began: Timestamp,
    ) -> Option<Duration> {
        let now = self.clock.now();
        let (pause, in_all) = match kind {
            // The queue itself holds everybody until the pause is over.
            TroubleKind::LimitReached { until } => (pause.map(|_| Duration::ZERO)?, until.duration_since(now)),
            _ => (pause?, SignedDuration::try_from(pause?).ok()?),
        };
        let patient = purpose != Purpose::Person
            || (in_all <= SHORT_PAUSE && now.duration_since(began).saturating_add(in_all) <= PERSON_WAITS);
        patient.then_some(pause)
    }

    fn note(&self, failure: Option<TroubleKind>) {
        match failure {
            // Noted where the service said so; our own refusals to wait are no news.
            Some(TroubleKind::LimitReached { .. }) => {}
            None | Some(TroubleKind::NotFound | TroubleKind::Rejected) => self.with_journal(Journal::fine),
            Some(kind) => self.note_failure(kind),
        }
    }

    fn note_failure(&self, kind: TroubleKind) {
        let now = self.clock.now();
        self.with_journal(|journal| journal.failed(self.trouble(kind), now));
    }

    fn with_journal<T>(&self, change: impl FnOnce(&mut Journal) -> T) -> T {
        change(&mut self.journal.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

pub(super) fn is_loopback(base: &Url) -> bool {
    match base.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Half a second to one, then one to two.
fn backoff() -> ExponentialBuilder {
    ExponentialBuilder::new()
        .with_min_delay(Duration::from_millis(500))
        .with_factor(2.0)
        .with_max_times(RETRIES)
        .with_jitter()
        // Without a seed every process would tremble alike.
        .with_jitter_seed(RandomState::new().hash_one(()))
}

/// Whether asking again can help.
fn may_pass(kind: &TroubleKind) -> bool {
    match kind {
        TroubleKind::Down { status } => matches!(status, 500 | 502..=504 | 520..=529),
        TroubleKind::Unreachable | TroubleKind::TimedOut | TroubleKind::LimitReached { .. } => true,
        _ => false,
    }
}

pub(super) fn unanswered(error: reqwest::Error) -> TroubleKind {
    let error = error.without_url();
    let cause = std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source()).last();
    debug!(cause = cause.map(tracing::field::display), "no answer");
    if error.is_timeout() { TroubleKind::TimedOut } else { TroubleKind::Unreachable }
}

/// What a status other than success and 429 means. Observed: battlemetrics 2026-08, Steam 2026-09.
fn refusal(service: Service, status: u16, bytes: Option<&[u8]>) -> TroubleKind {
    let document = bytes.and_then(|bytes| body::parse::<Value>(bytes).ok());
    match (service, status) {
        (_, 300..=399) => TroubleKind::Unreadable { what: Unreadable::Elsewhere },
        (_, 401) => TroubleKind::TokenRefused,
        (Service::BattleMetrics, 403) => document.as_ref().map_or(TroubleKind::Blocked, forbidden),
        // Steam answers a bad key with a page.
        (Service::Steam, 403) => document.map_or(TroubleKind::TokenRefused, |_| TroubleKind::Forbidden),
        (Service::BattleMetrics, 404) if bytes.is_some_and(body::is_html) => {
            TroubleKind::Unreadable { what: Unreadable::Html }
        }
        (Service::BattleMetrics, 404 | 410) => TroubleKind::NotFound,
        (_, 408) => TroubleKind::TimedOut,
        (_, 400..=499) => TroubleKind::Rejected,
        (_, status) => TroubleKind::Down { status },
    }
}

/// The same 403 stands for a missing subscription and for a missing permission; only its text tells.
fn forbidden(document: &Value) -> TroubleKind {
    let says = |error: &Value| {
        ["/detail", "/title"]
            .iter()
            .filter_map(|part| error.pointer(part)?.as_str())
            .any(|text| text.to_lowercase().contains("subscription"))
    };
    if body::list(document, "/errors").iter().any(says) { TroubleKind::NoSubscription } else { TroubleKind::Forbidden }
}

fn number(headers: &HeaderMap, name: &str) -> Option<u32> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// RFC 9110 §10.2.3: seconds, or a date.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<SignedDuration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u32>() {
        return Some(SignedDuration::from_secs(seconds.into()));
    }
    let at = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(at.duration_since(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(text: &str) -> Option<SignedDuration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_str(text).unwrap());
        retry_after(&headers, "2026-10-01T12:00:00Z".parse().unwrap())
    }

    #[test]
    fn a_pause_is_told_in_seconds_or_as_a_date() {
        assert_eq!(heard("30"), Some(SignedDuration::from_secs(30)));
        assert_eq!(heard("Thu, 01 Oct 2026 12:01:30 GMT"), Some(SignedDuration::from_secs(90)));
        assert_eq!(heard("soon"), None);
        assert_eq!(heard("-5"), None);
    }
}

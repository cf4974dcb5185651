//! One look at a service from outside: does it answer, how fast, and what does its clock say.
//!
//! No secrets, no tries, no budget: asked a few times a year, by a person who wonders why nothing works.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use reqwest::{
    header::{DATE, HeaderMap},
    redirect::Policy,
};
use url::Url;

use super::line::{is_loopback, unanswered};
use crate::{clock::Clock, domain::trouble::TroubleKind};

/// What was seen of a service that answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sight {
    /// From the first byte sent to the first byte heard, with the connection.
    pub took: SignedDuration,
    /// By how much this machine's clock is ahead of the service's (negative: behind); none: it did not say.
    pub clock_ahead: Option<SignedDuration>,
}

/// Asks for the front page at `base` and looks at no more than the head of the answer, whatever it is.
///
/// # Errors
/// [`TroubleKind::TimedOut`] or [`TroubleKind::Unreachable`].
pub async fn look_at(base: &Url, clock: &Arc<dyn Clock>, timeout: Duration) -> Result<Sight, TroubleKind> {
    let http = client(base, timeout)?;
    let began = clock.now();
    let response = http.get(base.clone()).send().await.map_err(unanswered)?;
    let now = clock.now();
    let date = date(response.headers());
    Ok(Sight { took: now.duration_since(began), clock_ahead: date.map(|date| now.duration_since(date)) })
}

/// A client that follows nobody elsewhere.
pub(super) fn client(base: &Url, timeout: Duration) -> Result<reqwest::Client, TroubleKind> {
    let mut http = reqwest::Client::builder()
        .user_agent(concat!("RustOps/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .timeout(timeout);
    if is_loopback(base) {
        http = http.no_proxy();
    }
    http.build().map_err(unanswered)
}

/// The service's time, RFC 9110 §6.6.1.
pub(super) fn date(headers: &HeaderMap) -> Option<Timestamp> {
    let text = headers.get(DATE)?.to_str().ok()?;
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::stage::{self, NOBODY, Stage};

    async fn seen(stage: &Stage) -> Result<Sight, TroubleKind> {
        let clock: Arc<dyn Clock> = Arc::new(stage.clock.clone());
        look_at(&stage.options().base, &clock, Duration::from_secs(5)).await
    }

    #[tokio::test]
    async fn a_clock_that_is_wrong_shows_against_the_services() {
        let answer = stage::status(404, "").insert_header("date", "Thu, 01 Oct 2026 11:50:00 GMT");
        let stage = Stage::playing([answer]).await;
        assert_eq!(seen(&stage).await.unwrap().clock_ahead, Some(SignedDuration::from_mins(10)));
    }

    #[tokio::test]
    async fn any_answer_counts_as_one_and_a_redirect_is_not_followed() {
        let away = stage::status(302, "").insert_header("location", NOBODY);
        let stage = Stage::playing([away]).await;
        seen(&stage).await.unwrap();
        assert_eq!(stage.requests().await.len(), 1);
    }

    #[tokio::test]
    async fn nobody_there_is_said() {
        let stage = Stage::playing([]).await;
        let clock: Arc<dyn Clock> = Arc::new(stage.clock.clone());
        let nobody = Url::parse(NOBODY).unwrap();
        assert_eq!(look_at(&nobody, &clock, Duration::from_secs(5)).await, Err(TroubleKind::Unreachable));
    }

    #[test]
    fn dates_are_read_as_servers_write_them() {
        let told = |text: &str| date(&HeaderMap::from_iter([(DATE, text.parse().unwrap())]));
        assert_eq!(told("Sun, 06 Nov 1994 08:49:37 GMT").unwrap().as_second(), 784_111_777);
        assert_eq!((told("yesterday"), date(&HeaderMap::new())), (None, None));
    }
}

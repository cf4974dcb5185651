//! The latest release of RustOps, as its repository tells it: one anonymous request.
//!
//! Shape: <https://docs.github.com/en/rest/releases/releases#get-the-latest-release>; only `tag_name` is looked at.

use std::time::Duration;

use url::Url;

use super::{body, line::unanswered, probe::client};
use crate::domain::{
    release::Version,
    trouble::{TroubleKind, Unreadable},
};

/// A release's notes are some kilobytes.
const MOST_BYTES: usize = 1 << 20;

/// Nobody waits for it.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The newest release that `url` tells of.
///
/// # Errors
/// What went wrong; an answer without a version is [`TroubleKind::Unreadable`].
pub async fn latest(url: &Url) -> Result<Version, TroubleKind> {
    let response = client(url, TIMEOUT)?.get(url.clone()).send().await.map_err(unanswered)?;
    match response.status().as_u16() {
        200 => {}
        404 => return Err(TroubleKind::NotFound),
        status => return Err(TroubleKind::Down { status }),
    }
    read(&body::collect(response, MOST_BYTES).await?).map_err(|what| TroubleKind::Unreadable { what })
}

/// The version in an answer.
pub(super) fn read(bytes: &[u8]) -> Result<Version, Unreadable> {
    let told = body::parse(bytes)?;
    body::text(&told, "/tag_name", 64).and_then(|tag| tag.parse().ok()).ok_or(Unreadable::Shape)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::remote::stage::{self, Stage};

    async fn told(answer: wiremock::ResponseTemplate) -> Result<Version, TroubleKind> {
        let stage = Stage::playing([answer]).await;
        let latest = latest(&stage.options().base).await;
        let requests = stage.requests().await;
        assert_eq!(requests.len(), 1);
        assert!(!requests[0].headers.contains_key("authorization"), "anonymous");
        latest
    }

    #[tokio::test]
    async fn the_tag_says_which_release_is_the_latest() {
        let answer = stage::json(&json!({"tag_name": "v1.20.3", "draft": false, "body": "what is new"}));
        assert_eq!(told(answer).await.unwrap().to_string(), "1.20.3");
    }

    #[tokio::test]
    async fn whatever_else_comes_is_no_release() {
        let shape = TroubleKind::Unreadable { what: Unreadable::Shape };
        assert_eq!(told(stage::json(&json!({"tag_name": "nightly"}))).await, Err(shape));
        assert_eq!(told(stage::json(&json!([]))).await, Err(shape));
        assert_eq!(told(stage::status(404, "{}")).await, Err(TroubleKind::NotFound));
        assert_eq!(told(stage::status(403, "rate limit")).await, Err(TroubleKind::Down { status: 403 }));
        assert!(told(stage::status(200, "<html>")).await.is_err());
    }
}

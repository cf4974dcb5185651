//! What came in and what goes out, before and after HTTP.
//!
//! Knows neither service: what to answer is decided in `battlemetrics.rs` and `steam.rs`, what goes wrong in
//! `faults.rs`.

use std::{convert::Infallible, io};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use futures_util::{StreamExt, stream};
use serde_json::Value;

/// Which of the two services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// The BattleMetrics API.
    BattleMetrics,
    /// The Steam Web API.
    Steam,
}

/// A request that one of the services received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who was asked.
    pub service: Service,
    /// `GET`, `POST` …
    pub method: String,
    /// Path without the query.
    pub path: String,
    /// Decoded parameters in the order they came; the values of keys and tokens are replaced by `[redacted]`.
    pub query: Vec<(String, String)>,
    /// How the client called itself.
    pub user_agent: Option<String>,
    /// Whether an `Authorization` header came along.
    pub authorized: bool,
    /// Status of the answer; `None` when the connection was dropped instead.
    pub status: Option<u16>,
    /// Whether endpoint, method and parameters exist.
    pub expected: bool,
}

/// A request taken apart.
#[derive(Clone, Debug)]
pub(super) struct Incoming {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// Scheme, host and port of the service that was asked.
    pub(super) base: String,
}

impl Incoming {
    pub(super) fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The first value of a parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// The address this request was sent to, keys and tokens and all.
    pub(super) fn url(&self) -> String {
        link(&self.base, &self.path, &self.query)
    }
}

/// An absolute URL with its parameters encoded.
pub(super) fn link(base: &str, path: &str, query: &[(String, String)]) -> String {
    let encoded = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    format!("{base}{path}?{encoded}")
}

/// What a body consists of.
#[derive(Clone, Debug)]
pub(super) enum Content {
    Json(Value),
    Html(String),
    /// JSON as text, right or wrong.
    Text(String),
    Empty,
    /// The first half, then nothing more, for ever.
    Stalled(String),
    /// A piece sent so many times over, between an opening and a closing.
    Repeated {
        opening: &'static str,
        piece: Bytes,
        times: usize,
        closing: &'static str,
    },
    /// The connection breaks off instead of an answer.
    Dropped,
}

/// What goes out.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) content: Content,
    pub(super) expected: bool,
}

impl Answer {
    pub(super) fn json(status: StatusCode, value: Value) -> Self {
        Self { status, headers: Vec::new(), content: Content::Json(value), expected: true }
    }

    pub(super) fn html(status: StatusCode, text: &str) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        let page = format!("<html><head><title>{title}</title></head><body><h1>{title}</h1>{text}</body></html>");
        Self { status, headers: Vec::new(), content: Content::Html(page), expected: true }
    }

    /// The same answer to something that nobody should have asked.
    pub(super) fn unexpected(self) -> Self {
        Self { expected: false, ..self }
    }

    /// The status that reaches the client, if anything does.
    pub(super) fn visible_status(&self) -> Option<u16> {
        (!matches!(self.content, Content::Dropped)).then_some(self.status.as_u16())
    }

    pub(super) fn into_response(self) -> Response {
        let (kind, body) = match self.content {
            Content::Json(value) => (JSON, Body::from(value.to_string())),
            Content::Text(text) => (JSON, Body::from(text)),
            Content::Html(page) => ("text/html; charset=UTF-8", Body::from(page)),
            Content::Empty => (JSON, Body::empty()),
            Content::Stalled(half) => {
                let half = stream::iter([Ok::<_, Infallible>(Bytes::from(half))]);
                (JSON, Body::from_stream(half.chain(stream::pending())))
            }
            Content::Repeated { opening, piece, times, closing } => {
                let pieces = stream::repeat(piece).take(times);
                let whole =
                    stream::iter([opening]).map(Bytes::from).chain(pieces).chain(stream::iter([closing.into()]));
                (JSON, Body::from_stream(whole.map(Ok::<_, Infallible>)))
            }
            Content::Dropped => (
                JSON,
                Body::from_stream(
                    stream::iter([Err::<Bytes, _>(io::ErrorKind::BrokenPipe)])
                        .map(|piece| piece.map_err(io::Error::from)),
                ),
            ),
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        for (name, value) in self.headers {
            // A header that a story made unprintable is left out: HTTP cannot carry it.
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().insert(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

const JSON: &str = "application/json; charset=utf-8";

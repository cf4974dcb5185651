//! What the bot tells by itself: noted where it happens, told once, in the guild's log channel or to one person.
//!
//! How it is sent is known by the door.

use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::App;
use crate::{
    domain::{
        release::{HOME, Version},
        schedule::later,
        tidings::Tidings,
        trouble::Trouble,
    },
    error::Result,
    remote::releases,
    store::tidings::{self, Due},
};

/// What was told of BattleMetrics.
const REFUSAL: &str = "refusal";

/// Which release was told of, and when somebody last asked.
const RELEASE: &str = "release";
const RELEASE_ASKED: &str = "release asked";

/// How often it is asked whether there is a new release.
const ASKED_EVERY: SignedDuration = SignedDuration::from_hours(24);

impl App {
    /// What is to be told, in order.
    ///
    /// # Errors
    /// The database failed.
    pub async fn tidings(&self) -> Result<Vec<Due>> {
        self.read(|conn| Ok(tidings::due(conn)?)).await
    }

    /// Something was told, or cannot be told to anybody.
    ///
    /// # Errors
    /// The database failed.
    pub async fn tidings_told(&self, id: i64) -> Result<()> {
        self.write(move |tx| Ok(tidings::done(tx, id)?)).await
    }

    /// Asks once a day whether there is a newer release, and notes it for every log channel, once for each release.
    /// Returns when to ask again. A failure is silent: nobody waits for the answer.
    ///
    /// # Errors
    /// The database failed.
    pub async fn release_step(&self, url: &Url) -> Result<Timestamp> {
        let (asked, told) =
            self.read(|conn| Ok((tidings::told(conn, RELEASE_ASKED)?, tidings::told(conn, RELEASE)?))).await?;
        let now = self.clock.now();
        // An hour that lies ahead is one of a clock that was wrong.
        let next = asked.filter(|(_, at)| *at <= now).map(|(_, at)| later(at, ASKED_EVERY));
        if let Some(next) = next.filter(|next| *next > now) {
            return Ok(next);
        }
        let latest = match releases::latest(url).await {
            Ok(latest) => Some(latest),
            Err(trouble) => {
                tracing::debug!(?trouble, "nobody could say whether there is a new release");
                None
            }
        };
        let told = told.and_then(|(told, _)| told.parse::<Version>().ok());
        let ours = env!("CARGO_PKG_VERSION").parse::<Version>().ok();
        let news = latest.filter(|latest| Some(*latest) > ours && Some(*latest) > told);
        self.write(move |tx| {
            tidings::set_told(tx, RELEASE_ASKED, Some(""), now)?;
            let Some(version) = news.map(|version| version.to_string()) else { return Ok(()) };
            tidings::set_told(tx, RELEASE, Some(&version), now)?;
            let page = (!HOME.is_empty()).then(|| format!("{HOME}/releases/tag/v{version}"));
            Ok(tidings::add_for_all(tx, &Tidings::NewRelease { version, page }, now)?)
        })
        .await?;
        Ok(later(now, ASKED_EVERY))
    }

    /// Notes that BattleMetrics refuses everything, or none of it any more: told once, however often the bot is
    /// started in between.
    pub(super) async fn note_refusal(&self, refused: Option<Trouble>) -> Result<()> {
        let known = self.read(|conn| Ok(tidings::told(conn, REFUSAL)?)).await?;
        if known.is_some() == refused.is_some() {
            return Ok(());
        }
        let now = self.clock.now();
        self.write(move |tx| {
            let (what, tidings) = match refused {
                Some(trouble) => (Some("refused"), Tidings::WatchRefused { trouble }),
                None => (None, Tidings::WatchResumed),
            };
            tidings::set_told(tx, REFUSAL, what, now)?;
            Ok(tidings::add_for_all(tx, &tidings, now)?)
        })
        .await
    }
}

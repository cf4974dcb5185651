//! The Discord door: a bot that hears commands and presses, calls one use case for each, and shows the answer as a card.
//!
//! The only room that knows Discord. No rules about players or groups, and no wording but the door's own, in
//! `phrases`. With a REST proxy ([`Options::api_url`]) the proxy is trusted to keep Discord's limits; without one the
//! library keeps them.

mod brake;
mod commands;
mod components;
mod desk;
mod door;
#[cfg(fuzzing)]
pub mod fuzz;
mod herald;
mod phrases;
mod post;
mod presses;
mod register;
mod reply;
mod shelf;
mod talk;
mod track;

use std::{pin::pin, sync::Arc, time::Duration};

use futures_util::future::{Either, join, select};
use poise::serenity_prelude as serenity;
use secrecy::{ExposeSecret as _, SecretString};
use serenity::{GatewayError, GatewayIntents, Permissions, gateway::ShardManager};
use tokio::sync::watch;
use url::Url;

pub use self::herald::Herald;
use self::{
    door::{Door, Ears},
    post::{Post, Refusal},
    talk::NEEDED,
};
use crate::{app::App, clock::Clock};

/// What is under way has so long to end.
const FAREWELL: Duration = Duration::from_secs(5);

/// The first and the longest pause between attempts to reach Discord at the start.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What the bot needs to know.
pub struct Options {
    /// The bot's token, without `Bot ` in front.
    pub token: SecretString,
    /// A REST proxy in place of `https://discord.com`; it is trusted to keep Discord's limits.
    pub api_url: Option<Url>,
    /// The use cases.
    pub app: App,
    /// The time and the waiting.
    pub clock: Arc<dyn Clock>,
    /// Told whether the gateway's session stands.
    pub connected: watch::Sender<bool>,
}

/// Why the bot cannot go on. Trying again does not help until somebody did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum End {
    /// Discord refused the token: it is misspelt, or was reset since.
    #[error("Discord refused the token")]
    TokenRefused,
    /// Discord refused what the bot wants to hear of.
    #[error("Discord refused the intents")]
    IntentsRefused,
    /// Discord's library ended by itself.
    #[error("the connection to Discord ended for good")]
    Lost,
}

/// The bot, ready to run.
pub struct Bot {
    token: SecretString,
    api_url: Option<Url>,
    door: Arc<Door>,
    clock: Arc<dyn Clock>,
}

impl Bot {
    /// Puts the bot together; nothing is sent yet.
    pub fn new(options: Options) -> Self {
        let Options { token, api_url, app, clock, connected } = options;
        let door = Arc::new(Door::new(app, Arc::clone(&clock), connected));
        Self { token, api_url, door, clock }
    }

    /// Who writes what nobody asked for just now.
    pub fn herald(&self) -> Herald {
        let post = Post { http: Arc::new(http(&self.token, self.api_url.as_ref())), clock: Arc::clone(&self.clock) };
        Herald { door: Arc::clone(&self.door), post }
    }

    /// Runs the bot until `stop`, then lets what is under way end, for at most five seconds.
    ///
    /// Without a network or while Discord is down, it goes on trying for ever.
    ///
    /// # Errors
    /// When trying again would not help.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), End> {
        let Self { token, api_url, door, clock } = self;
        let mut stop = pin!(stop);
        let gateway = match select(&mut stop, pin!(reach(&token, api_url.as_ref(), &clock))).await {
            Either::Left(_) => return Ok(()),
            Either::Right((gateway, _)) => gateway?,
        };
        let mut client = serenity::ClientBuilder::new_with_http(http(&token, api_url.as_ref()), GatewayIntents::GUILDS)
            .event_handler(Ears(Arc::clone(&door)))
            .await
            .map_err(|error| end(&error))?;
        client.ws_url.lock().await.clone_from(&gateway);
        let shards = Arc::clone(&client.shard_manager);
        // Set once: the door is new.
        door.shards.set(Arc::clone(&shards)).ok();

        let brake = door.brake.hold(Arc::clone(&client.ws_url));
        let ended = match select(stop, select(Box::pin(client.start()), pin!(brake))).await {
            Either::Left(_) => Ok(()),
            Either::Right((Either::Left((Err(error), _)), _)) => Err(end(&error)),
            Either::Right(_) => Err(End::Lost),
        };
        say_goodbye(&door, &shards, &clock).await;
        ended
    }
}

/// No new interactions, and a while for those under way.
async fn say_goodbye(door: &Door, shards: &ShardManager, clock: &Arc<dyn Clock>) {
    let done = join(shards.shutdown_all(), door.is_idle());
    if let Either::Right(_) = select(pin!(done), clock.sleep(FAREWELL)).await {
        tracing::warn!("some answers were still under way at the end");
    }
}

fn http(token: &SecretString, api_url: Option<&Url>) -> serenity::Http {
    let builder = serenity::HttpBuilder::new(token.expose_secret());
    match api_url {
        Some(url) => builder.proxy(url.as_str().trim_end_matches('/')).ratelimiter_disabled(true).build(),
        None => builder.build(),
    }
}

/// Asks Discord for the gateway's address until it answers, which also proves the token. Logged once for each change.
async fn reach(token: &SecretString, api_url: Option<&Url>, clock: &Arc<dyn Clock>) -> Result<String, End> {
    let post = Post { http: Arc::new(http(token, api_url)), clock: Arc::clone(clock) };
    let (mut pause, mut said) = (FIRST_PAUSE, None);
    loop {
        match post.tries(true, || Box::pin(post.http.get_bot_gateway())).await {
            Ok(gateway) if gateway.session_start_limit.remaining == 0 => {
                let wait = Duration::from_millis(gateway.session_start_limit.reset_after);
                tracing::warn!(wait_s = wait.as_secs(), "Discord allows no more sessions for now; waiting");
                clock.sleep(wait).await;
            }
            Ok(gateway) => return Ok(gateway.url),
            Err(Refusal::Token) => return Err(End::TokenRefused),
            Err(refusal) => {
                if said.as_ref() != Some(&refusal) {
                    tracing::warn!(%refusal, "Discord cannot be reached; trying on");
                    said = Some(refusal);
                }
                clock.sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

fn end(error: &serenity::Error) -> End {
    match error {
        serenity::Error::Gateway(GatewayError::InvalidAuthentication) => End::TokenRefused,
        serenity::Error::Gateway(GatewayError::InvalidGatewayIntents | GatewayError::DisallowedGatewayIntents) => {
            End::IntentsRefused
        }
        _ => End::Lost,
    }
}

/// The link that brings the bot into a guild, with exactly the scopes and permissions it uses.
pub fn invitation(application_id: u64) -> String {
    let permissions = NEEDED.iter().fold(Permissions::empty(), |all, (one, _)| all | *one).bits();
    format!(
        "https://discord.com/oauth2/authorize?client_id={application_id}&scope=bot+applications.commands\
         &permissions={permissions}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_invitation_asks_for_what_is_used_and_no_more() {
        assert_eq!(
            invitation(42),
            "https://discord.com/oauth2/authorize?client_id=42&scope=bot+applications.commands&permissions=19456"
        );
    }
}

//! Sending to Discord: each request with a few tries, and its refusals named by what can be done about them.
//!
//! Bodies come ready; which request is due is known by [`super::talk`].

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use poise::serenity_prelude as serenity;
use serde_json::{Value, json};
use serenity::http::Http;
use tokio::{sync::Semaphore, time::timeout};

use crate::{
    clock::Clock,
    domain::ids::{ChannelId, MessageId, UserId},
};

/// Pauses between tries. A first answer has three seconds.
const PAUSES: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(1)];

/// After so long, a request is given up: the connection hangs.
const TIMEOUT: Duration = Duration::from_secs(10);

/// First answers under way at once. In a crowd, each would open a connection of its own, and what all these weigh stays
/// with the process; this many have answered hundreds before the three seconds of the last one are over.
static ANSWERS: Semaphore = Semaphore::const_new(32);

/// Why Discord did not take something.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    /// The first answer came too late, or somebody gave one already (10062, 40060): nobody waits any more.
    #[error("the interaction has expired or was answered already ({0})")]
    Over(isize),
    /// The fifteen minutes are over (50027, 10015).
    #[error("the interaction's token has expired ({0})")]
    Expired(isize),
    /// The channel was deleted (10003).
    #[error("the channel is gone")]
    NoChannel,
    /// The message was deleted (10008).
    #[error("the message is gone")]
    Gone,
    /// The bot lacks a permission (50001, 50013), or a person takes no messages from it (50007).
    #[error("the bot lacks a permission ({0})")]
    Forbidden(isize),
    /// The token was revoked.
    #[error("the token was refused")]
    Token,
    /// Anything else, without addresses, since those hold tokens.
    #[error("{0}")]
    Other(String),
}

/// Names what went wrong. Addresses are left out: those of webhooks hold tokens.
pub(super) fn refusal(error: &serenity::Error) -> Refusal {
    let serenity::Error::Http(error) = error else {
        return Refusal::Other(told(error));
    };
    match error {
        serenity::HttpError::UnsuccessfulRequest(response) => {
            match (response.status_code.as_u16(), response.error.code) {
                (_, code @ (10062 | 40060)) => Refusal::Over(code),
                (_, code @ (50027 | 10015)) => Refusal::Expired(code),
                (_, 10003) => Refusal::NoChannel,
                (_, 10008) => Refusal::Gone,
                (_, code @ (50001 | 50007 | 50013)) => Refusal::Forbidden(code),
                (401, _) => Refusal::Token,
                (status, code) => Refusal::Other(format!(
                    "Discord answered with status {status}, code {code}: {}",
                    response.error.message
                )),
            }
        }
        // A token with a line break or the like in it: it cannot even be sent.
        serenity::HttpError::InvalidHeader(_) => Refusal::Token,
        serenity::HttpError::Request(error) if error.is_connect() => Refusal::Other("no connection to Discord".into()),
        serenity::HttpError::Request(error) if error.is_timeout() => Refusal::Other("Discord did not answer".into()),
        serenity::HttpError::Request(_) => Refusal::Other("the connection to Discord broke".into()),
        other => Refusal::Other(other.to_string()),
    }
}

/// What an error of serenity is, in words that hold no address.
fn told(error: &serenity::Error) -> String {
    match error {
        serenity::Error::Json(_) => "Discord's answer cannot be read".to_owned(),
        serenity::Error::Io(error) => error.to_string(),
        _ => "Discord's library failed".to_owned(),
    }
}

/// Whether another try may help; one that may have been taken is repeated only where twice is as good as once.
fn passes(error: &serenity::Error, repeatable: bool) -> bool {
    match error {
        serenity::Error::Http(serenity::HttpError::UnsuccessfulRequest(response)) => {
            match response.status_code.as_u16() {
                429 | 503 => true,
                500..=599 => repeatable,
                _ => false,
            }
        }
        serenity::Error::Http(serenity::HttpError::Request(error)) => error.is_connect() || repeatable,
        _ => false,
    }
}

/// The sender.
#[derive(Clone)]
pub(super) struct Post {
    pub(super) http: Arc<Http>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Post {
    /// The first answer to an interaction.
    pub(super) async fn answer<'a>(&'a self, id: u64, token: &'a str, body: &'a Value) -> Result<(), Refusal> {
        let mut tries = 0;
        let sent = self
            .tries(true, || {
                tries += 1;
                let id = serenity::InteractionId::new(id);
                Box::pin(async move {
                    // Never closed, so that there is always a turn.
                    let _turn = ANSWERS.acquire().await.ok();
                    self.http.create_interaction_response(id, token, body, Vec::new()).await
                })
            })
            .await;
        match sent {
            // An earlier try got through, only its answer was lost.
            Err(Refusal::Over(40060)) if tries > 1 => Ok(()),
            other => other,
        }
    }

    /// Changes the first answer, or the message whose component was pressed.
    pub(super) async fn edit<'a>(&'a self, token: &'a str, body: &'a Value) -> Result<(), Refusal> {
        let edit = || self.http.edit_original_interaction_response(token, body, Vec::new());
        self.tries(true, || Box::pin(edit())).await.map(drop)
    }

    /// Deletes the same.
    pub(super) async fn delete<'a>(&'a self, token: &'a str) -> Result<(), Refusal> {
        self.tries(true, || Box::pin(self.http.delete_original_interaction_response(token))).await
    }

    /// A further message.
    pub(super) async fn follow_up<'a>(&'a self, token: &'a str, body: &'a Value) -> Result<(), Refusal> {
        self.tries(false, || Box::pin(self.http.create_followup_message(token, body, Vec::new()))).await.map(drop)
    }

    /// A message in a channel.
    pub(super) async fn tell<'a>(&'a self, channel: serenity::ChannelId, body: &'a Value) -> Result<(), Refusal> {
        self.tries(false, || Box::pin(self.http.send_message(channel, Vec::new(), body))).await.map(drop)
    }

    /// As [`Self::tell`]; returns the new message.
    pub(super) async fn place<'a>(&'a self, channel: ChannelId, body: &'a Value) -> Result<MessageId, Refusal> {
        let channel = serenity::ChannelId::new(channel.get());
        let sent = self.tries(false, || Box::pin(self.http.send_message(channel, Vec::new(), body))).await?;
        MessageId::new(sent.id.get()).ok_or_else(|| Refusal::Other("a message without an id".to_owned()))
    }

    /// Changes a message of ours.
    pub(super) async fn change<'a>(
        &'a self,
        channel: ChannelId,
        message: MessageId,
        body: &'a Value,
    ) -> Result<(), Refusal> {
        let (channel, message) = at(channel, message);
        self.tries(true, || Box::pin(self.http.edit_message(channel, message, body, Vec::new()))).await.map(drop)
    }

    /// Looks for a message.
    pub(super) async fn message(&self, channel: ChannelId, message: MessageId) -> Result<(), Refusal> {
        let (channel, message) = at(channel, message);
        self.tries(true, || Box::pin(self.http.get_message(channel, message))).await.map(drop)
    }

    /// Deletes a message of ours.
    pub(super) async fn remove(&self, channel: ChannelId, message: MessageId) -> Result<(), Refusal> {
        let (channel, message) = at(channel, message);
        self.tries(true, || Box::pin(self.http.delete_message(channel, message, None))).await
    }

    /// The channel of direct messages with somebody.
    pub(super) async fn private_channel(&self, person: UserId) -> Result<ChannelId, Refusal> {
        let body = json!({ "recipient_id": person.to_string() });
        let channel = self.tries(true, || Box::pin(self.http.create_private_channel(&body))).await?;
        ChannelId::new(channel.id.get()).ok_or(Refusal::NoChannel)
    }

    /// A channel.
    pub(super) async fn channel(&self, channel: ChannelId) -> Result<serenity::Channel, Refusal> {
        self.tries(true, || Box::pin(self.http.get_channel(serenity::ChannelId::new(channel.get())))).await
    }

    /// A guild with its roles.
    pub(super) async fn guild(&self, guild: serenity::GuildId) -> Result<serenity::PartialGuild, Refusal> {
        self.tries(true, || Box::pin(self.http.get_guild(guild))).await
    }

    /// A member of a guild.
    pub(super) async fn member(
        &self,
        guild: serenity::GuildId,
        person: serenity::UserId,
    ) -> Result<serenity::Member, Refusal> {
        self.tries(true, || Box::pin(self.http.get_member(guild, person))).await
    }

    /// Tries up to three times.
    pub(super) async fn tries<'a, T>(
        &'a self,
        repeatable: bool,
        mut send: impl FnMut() -> BoxFuture<'a, serenity::Result<T>> + Send,
    ) -> Result<T, Refusal> {
        let mut pauses = PAUSES.into_iter();
        loop {
            // A connection hangs by the machine's time, whatever the bot's clock shows.
            let (refusal, passes) = match timeout(TIMEOUT, send()).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) => (refusal(&error), passes(&error, repeatable)),
                Err(_) => (Refusal::Other("Discord did not answer in time".into()), repeatable),
            };
            match pauses.next() {
                Some(pause) if passes => self.clock.sleep(pause).await,
                _ => return Err(refusal),
            }
        }
    }
}

fn at(channel: ChannelId, message: MessageId) -> (serenity::ChannelId, serenity::MessageId) {
    (serenity::ChannelId::new(channel.get()), serenity::MessageId::new(message.get()))
}

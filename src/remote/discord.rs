//! Discord as `setup` and `doctor` see it, before and beside the bot: whose token this is, and what the bot may do in a channel.
//!
//! A few plain REST reads (<https://docs.discord.com/developers/reference>). The bot itself speaks to Discord through
//! serenity in its own room; that library is not named here, so that a token can be proven without starting a bot.

use std::{fmt, sync::Arc, time::Duration};

use reqwest::header::{AUTHORIZATION, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::{
    Options, body,
    line::{retry_after, unanswered},
    probe::client,
};
use crate::{
    clock::Clock,
    domain::{
        ids::{ChannelId, GuildKey},
        trouble::{TroubleKind, Unreadable},
    },
};

/// Where Discord answers.
pub const DISCORD_URL: &str = "https://discord.com";

/// Roles and members of a guild are some hundred kilobytes at most.
const MOST_BYTES: usize = 2 << 20;

/// A name longer than this is not one.
const MOST_CHARS: usize = 128;

/// Bits of <https://docs.discord.com/developers/topics/permissions>.
const ADMINISTRATOR: u64 = 1 << 3;

/// Whose token it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bot {
    /// The bot's user id.
    pub user: u64,
    /// Its name, as strangers wrote it.
    pub name: String,
    /// The application, for the invitation.
    pub application: u64,
    /// Whether an invitation asks for a code grant, which ours cannot give.
    pub needs_code_grant: bool,
}

/// A few questions to Discord with the bot's token.
pub struct Discord {
    base: Url,
    token: SecretString,
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
}

impl Discord {
    /// A client; the secret in `options` is the bot's token, the base [`DISCORD_URL`] or a proxy's.
    ///
    /// # Errors
    /// [`TroubleKind::TokenMissing`] without a token.
    pub fn new(options: Options) -> Result<Self, TroubleKind> {
        let Options { base, secret, clock, timeout, plan: _ } = options;
        let token = secret.ok_or(TroubleKind::TokenMissing)?;
        let http = client(&base, timeout.min(Duration::from_secs(15)))?;
        Ok(Self { base, token, http, clock })
    }

    /// Whose token this is.
    ///
    /// # Errors
    /// What went wrong; a refused token is [`TroubleKind::TokenRefused`].
    pub async fn who_am_i(&self) -> Result<Bot, TroubleKind> {
        let user = self.get(&["users", "@me"]).await?;
        let application = self.get(&["oauth2", "applications", "@me"]).await?;
        let read = || {
            Some(Bot {
                user: body::id(&user, "/id")?,
                name: body::text(&user, "/username", MOST_CHARS)?,
                application: body::id(&application, "/id")?,
                needs_code_grant: application.get("bot_require_code_grant").and_then(Value::as_bool).unwrap_or(false),
            })
        };
        read().ok_or(TroubleKind::Unreadable { what: Unreadable::Shape })
    }

    /// The permissions (bits) of the bot with user id `bot` in a guild's channel: those of its roles, then changed by the
    /// channel, <https://docs.discord.com/developers/topics/permissions#permission-overwrites>.
    ///
    /// # Errors
    /// [`TroubleKind::NotFound`] when the channel is gone or belongs to another guild, [`TroubleKind::Forbidden`] when it
    /// cannot be seen, or what else went wrong.
    pub async fn permissions(&self, guild: &GuildKey, channel: ChannelId, bot: u64) -> Result<u64, TroubleKind> {
        let guild = guild.as_str();
        let channel = self.get(&["channels", &channel.to_string()]).await?;
        if channel.get("guild_id").and_then(Value::as_str) != Some(guild) {
            return Err(TroubleKind::NotFound);
        }
        let roles = self.get(&["guilds", guild, "roles"]).await?;
        let member = self.get(&["guilds", guild, "members", &bot.to_string()]).await?;
        Ok(permissions_in(&channel, &roles, &member, guild, &bot.to_string()))
    }

    async fn get(&self, path: &[&str]) -> Result<Value, TroubleKind> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["api", "v10"]).extend(path);
        }
        let mut token = HeaderValue::try_from(format!("Bot {}", self.token.expose_secret()))
            .map_err(|_| TroubleKind::TokenRefused)?;
        token.set_sensitive(true);
        let response = self.http.get(url).header(AUTHORIZATION, token).send().await.map_err(unanswered)?;
        let status = response.status().as_u16();
        if status == 429 {
            let now = self.clock.now();
            let pause = retry_after(response.headers(), now).unwrap_or_default();
            return Err(TroubleKind::LimitReached { until: now.saturating_add(pause).unwrap_or(now) });
        }
        match status {
            200..=299 => {
                let bytes = body::collect(response, MOST_BYTES).await?;
                body::parse(&bytes).map_err(|what| TroubleKind::Unreadable { what })
            }
            300..=399 => Err(TroubleKind::Unreadable { what: Unreadable::Elsewhere }),
            401 => Err(TroubleKind::TokenRefused),
            // Discord itself explains a 403 in JSON; its edge does so with a page.
            403 => Err(match body::collect(response, MOST_BYTES).await {
                Ok(bytes) if body::parse::<Value>(&bytes).is_ok() => TroubleKind::Forbidden,
                _ => TroubleKind::Blocked,
            }),
            404 => Err(TroubleKind::NotFound),
            408 => Err(TroubleKind::TimedOut),
            400..=499 => Err(TroubleKind::Rejected),
            _ => Err(TroubleKind::Down { status }),
        }
    }
}

impl fmt::Debug for Discord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Discord").finish_non_exhaustive()
    }
}

pub(super) fn permissions_in(channel: &Value, roles: &Value, member: &Value, guild: &str, bot: &str) -> u64 {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    let bits = |value: &Value, key: &str| text(value, key).and_then(|bits| bits.parse().ok()).unwrap_or(0_u64);
    let held: Vec<String> = body::list(member, "/roles").iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let holds = |id: &Option<String>| id.as_ref().is_some_and(|id| id == guild || held.contains(id));
    let all = roles.as_array().map(Vec::as_slice).unwrap_or_default();
    let base = all.iter().filter(|role| holds(&text(role, "id"))).fold(0, |sum, role| sum | bits(role, "permissions"));
    if base & ADMINISTRATOR != 0 {
        return u64::MAX;
    }
    let overwrites = body::list(channel, "/permission_overwrites");
    let sum = |chosen: &dyn Fn(&str) -> bool| {
        let chosen = overwrites.iter().filter(|one| text(one, "id").is_some_and(|id| chosen(&id)));
        chosen.fold((0, 0), |(deny, allow), one| (deny | bits(one, "deny"), allow | bits(one, "allow")))
    };
    // Everyone's first, then those of all roles together, then the bot's own.
    [sum(&|id| id == guild), sum(&|id| id != guild && held.iter().any(|role| role == id)), sum(&|id| id == bot)]
        .into_iter()
        .fold(base, |permissions, (deny, allow)| (permissions & !deny) | allow)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::remote::stage::{self, SECRET, Stage};

    async fn asked(stage: &Stage) -> Result<Bot, TroubleKind> {
        Discord::new(stage.options()).unwrap().who_am_i().await
    }

    fn user() -> wiremock::ResponseTemplate {
        stage::json(&json!({"id": "7", "username": "RustOps", "bot": true}))
    }

    #[tokio::test]
    async fn a_good_token_says_whose_it_is() {
        let application = stage::json(&json!({"id": "9", "bot_require_code_grant": true}));
        let stage = Stage::playing([user(), application]).await;
        let bot = Bot { user: 7, name: "RustOps".to_owned(), application: 9, needs_code_grant: true };
        assert_eq!(asked(&stage).await, Ok(bot));
        assert_eq!(stage.asked().await, ["/api/v10/users/@me", "/api/v10/oauth2/applications/@me"]);
        let sent = &stage.requests().await[0];
        assert_eq!(sent.headers["authorization"], format!("Bot {SECRET}"));
    }

    #[tokio::test]
    async fn each_odd_answer_has_its_name() {
        use TroubleKind::{Blocked, Down, Forbidden, NotFound, Rejected, TokenRefused};
        for (answer, kind) in [
            (stage::status(401, "{\"message\":\"401: Unauthorized\",\"code\":0}"), TokenRefused),
            (stage::status(403, "{\"code\":50001}"), Forbidden),
            (stage::status(403, "<html>error 1015</html>"), Blocked),
            (stage::status(404, "{}"), NotFound),
            (stage::status(418, ""), Rejected),
            (stage::status(502, "<html>"), Down { status: 502 }),
            (stage::status(302, ""), TroubleKind::Unreadable { what: Unreadable::Elsewhere }),
            (stage::status(200, "<html>captive portal</html>"), TroubleKind::Unreadable { what: Unreadable::Html }),
            (stage::json(&json!({"id": 7})), TroubleKind::Unreadable { what: Unreadable::Shape }),
            (
                stage::status(429, "").insert_header("retry-after", "60"),
                TroubleKind::LimitReached { until: stage::time("2026-10-01T12:01:00Z") },
            ),
        ] {
            let stage = Stage::playing([answer, stage::json(&json!({"id": "9"}))]).await;
            assert_eq!(asked(&stage).await, Err(kind));
        }
    }

    #[tokio::test]
    async fn the_token_stays_out_of_log_and_errors() {
        let (log, _guard) = stage::log();
        let stage = Stage::playing([stage::status(401, "")]).await;
        let client = Discord::new(stage.options()).unwrap();
        let refused = client.who_am_i().await.unwrap_err();
        let nobody = Options { base: Url::parse(stage::NOBODY).unwrap(), ..stage.options() };
        let unreachable = Discord::new(nobody).unwrap().who_am_i().await.unwrap_err();
        let told = format!("{} {refused:?} {unreachable:?} {client:?}", log.text());
        assert!(told.contains("no answer") && !told.contains(SECRET), "{told}");
    }

    #[tokio::test]
    async fn a_channel_takes_away_and_gives_in_discords_order() {
        let channel = |overwrites: &Value| json!({"id": "5", "guild_id": "1", "permission_overwrites": overwrites});
        let roles =
            json!([{"id": "1", "permissions": "3"}, {"id": "2", "permissions": "4"}, {"id": "3", "permissions": "64"}]);
        let member = json!({"roles": ["2"], "user": {"id": "7"}});
        for (overwrites, expected) in [
            (json!([]), 7),
            (json!([{"id": "1", "type": 0, "deny": "1", "allow": "0"}]), 6),
            (
                json!([{"id": "2", "type": 0, "deny": "0", "allow": "1"}, {"id": "1", "type": 0, "deny": "1", "allow": "0"}]),
                7,
            ),
            (
                json!([{"id": "7", "type": 1, "deny": "2", "allow": "0"}, {"id": "2", "type": 0, "deny": "0", "allow": "2"}]),
                5,
            ),
            (json!([{"id": "3", "type": 0, "deny": "7", "allow": "0"}]), 7),
        ] {
            let answers = [channel(&overwrites), roles.clone(), member.clone()].map(|answer| stage::json(&answer));
            let stage = Stage::playing(answers).await;
            let client = Discord::new(stage.options()).unwrap();
            let permissions = client.permissions(&"1".parse().unwrap(), ChannelId::new(5).unwrap(), 7).await;
            assert_eq!(permissions, Ok(expected), "{overwrites}");
        }
    }

    #[tokio::test]
    async fn a_channel_of_another_guild_is_not_ours() {
        let stage = Stage::playing([stage::json(&json!({"id": "5", "guild_id": "2"}))]).await;
        let client = Discord::new(stage.options()).unwrap();
        let permissions = client.permissions(&"1".parse().unwrap(), ChannelId::new(5).unwrap(), 7).await;
        assert_eq!(permissions, Err(TroubleKind::NotFound));
    }

    #[test]
    fn an_administrator_may_everything() {
        let roles = json!([{"id": "1", "permissions": "8"}]);
        let channel = json!({"permission_overwrites": [{"id": "1", "deny": "1024", "allow": "0"}]});
        assert_eq!(permissions_in(&channel, &roles, &json!({}), "1", "7"), u64::MAX);
    }
}

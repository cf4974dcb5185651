//! Whether a secret works, asked of its own service, and what to do when it does not.
//!
//! Nothing is kept and nothing is decided; each question costs one or two requests.

use std::{sync::Arc, time::Duration};

use secrecy::SecretString;
use url::Url;

use super::Check;
use crate::{
    clock::Clock,
    config::Config,
    domain::{
        report::Purpose,
        trouble::{TroubleKind, Unreadable},
    },
    remote::{BattleMetrics, Bot, DISCORD_URL, Discord, Options, Steam},
};

/// What the bot needs in a channel: View Channels, Send Messages, Embed Links
/// (<https://docs.discord.com/developers/topics/permissions>).
pub const PERMISSIONS: &[(u64, &str)] =
    &[(1 << 10, "View Channels"), (1 << 11, "Send Messages"), (1 << 14, "Embed Links")];

/// Whose secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The bot's token.
    Discord,
    /// The personal access token.
    BattleMetrics,
    /// The Web API key.
    Steam,
}

impl Whose {
    /// All of them, in the order in which they are asked for.
    pub const ALL: [Self; 3] = [Self::Discord, Self::BattleMetrics, Self::Steam];

    /// The service's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Discord => "Discord",
            Self::BattleMetrics => "BattleMetrics",
            Self::Steam => "Steam",
        }
    }

    /// The key in `config.toml`.
    pub fn key(self) -> &'static str {
        match self {
            Self::Discord => "discord_token",
            Self::BattleMetrics => "battlemetrics_token",
            Self::Steam => "steam_key",
        }
    }

    /// What the secret is called there.
    pub fn secret(self) -> &'static str {
        match self {
            Self::Discord => "bot token",
            Self::BattleMetrics => "access token",
            Self::Steam => "Web API key",
        }
    }

    /// The page on which it is made.
    pub fn page(self) -> &'static str {
        match self {
            Self::Discord => "https://discord.com/developers/applications",
            Self::BattleMetrics => "https://www.battlemetrics.com/developers",
            Self::Steam => "https://steamcommunity.com/dev/apikey",
        }
    }

    /// The secret in force.
    pub fn of(self, config: &Config) -> Option<&SecretString> {
        match self {
            Self::Discord => config.discord_token.as_ref(),
            Self::BattleMetrics => config.battlemetrics_token.as_ref(),
            Self::Steam => config.steam_key.as_ref(),
        }
    }
}

/// What came of a proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// It works; Discord also said who the bot is.
    Works(Option<Bot>),
    /// It does not, or the service could not be asked.
    Fails(TroubleKind),
}

impl Proof {
    /// Whether the secret itself is to blame, rather than the way to the service or the service.
    pub fn refused(&self) -> bool {
        use TroubleKind::{Forbidden, NoSubscription, TokenMissing, TokenRefused};
        matches!(self, Self::Fails(TokenMissing | TokenRefused | NoSubscription | Forbidden))
    }

    /// The proof in words.
    pub fn check(&self, whose: Whose) -> Check {
        let about = whose.name();
        match self {
            Self::Works(Some(bot)) if bot.needs_code_grant => Check::bad(
                about,
                format!("the token works, it is the bot “{}”, but nobody can invite it", bot.name),
                format!("Switch “Requires OAuth2 Code Grant” off: {}/{}/bot", whose.page(), bot.application),
            ),
            Self::Works(Some(bot)) => Check::good(about, format!("the token works, it is the bot “{}”", bot.name)),
            Self::Works(None) => Check::good(about, format!("the {} works", whose.secret())),
            Self::Fails(kind) => {
                let (says, remedy) = words(whose, *kind);
                if self.refused() { Check::bad(about, says, remedy) } else { Check::warning(about, says, remedy) }
            }
        }
    }
}

/// Where the services are.
#[derive(Clone)]
pub struct Services {
    discord: Url,
    battlemetrics: Url,
    steam: Url,
    pub(super) clock: Arc<dyn Clock>,
}

impl Services {
    /// As the configuration says.
    ///
    /// # Errors
    /// Never with the addresses of this build.
    pub fn of(config: &Config, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let discord = config.discord_api_url.clone().map_or_else(|| Url::parse(DISCORD_URL), Ok)?;
        let (battlemetrics, steam) = (config.battlemetrics_url.clone(), config.steam_url.clone());
        Ok(Self { discord, battlemetrics, steam, clock })
    }

    /// The address of one.
    pub fn base(&self, whose: Whose) -> &Url {
        match whose {
            Whose::Discord => &self.discord,
            Whose::BattleMetrics => &self.battlemetrics,
            Whose::Steam => &self.steam,
        }
    }

    /// Asks the service whether it takes the secret.
    pub async fn prove(&self, whose: Whose, secret: SecretString) -> Proof {
        let options = self.options(whose, secret);
        let outcome = match whose {
            Whose::Discord => match Discord::new(options) {
                Ok(discord) => discord.who_am_i().await.map(Some),
                Err(kind) => Err(kind),
            },
            Whose::BattleMetrics => match BattleMetrics::new(options) {
                // Answered to nobody without a token and a subscription.
                Ok(client) => client.search_servers("rust", Purpose::Person).await.map(|_| None).map_err(|t| t.kind),
                Err(_) => Err(TroubleKind::Unreachable),
            },
            Whose::Steam => match Steam::new(options) {
                Ok(client) => client.resolve_vanity("rust", Purpose::Person).await.map(|_| None).map_err(|t| t.kind),
                Err(_) => Err(TroubleKind::Unreachable),
            },
        };
        match outcome {
            Ok(bot) => Proof::Works(bot),
            Err(kind) => Proof::Fails(kind),
        }
    }

    pub(super) fn options(&self, whose: Whose, secret: SecretString) -> Options {
        let options = Options::new(self.base(whose).clone(), Some(secret), Arc::clone(&self.clock));
        Options { timeout: Duration::from_secs(10), ..options }
    }
}

fn words(whose: Whose, kind: TroubleKind) -> (String, String) {
    let (name, secret, page) = (whose.name(), whose.secret(), whose.page());
    let later = "It was not checked. Try again later; `rustops doctor` checks again.".to_owned();
    match (kind, whose) {
        (TroubleKind::TokenMissing, _) => (format!("no {secret} is set"), "Set it with: rustops setup".to_owned()),
        (TroubleKind::TokenRefused, Whose::Discord) => (
            "Discord refuses the token".to_owned(),
            format!("Make a new one and give it to `rustops setup`: {page} → your application → Bot → Reset Token."),
        ),
        (TroubleKind::TokenRefused, _) => (
            format!("{name} refuses the {secret}"),
            format!("Make a new one and give it to `rustops setup`: {page}"),
        ),
        (TroubleKind::NoSubscription, _) => (
            "the token is right, but its account has no subscription, which BattleMetrics asks for since July 2026".to_owned(),
            "Subscribe with the account of the token (the smallest plan will do): https://www.battlemetrics.com/subscription".to_owned(),
        ),
        (TroubleKind::Forbidden, _) => (
            format!("the {secret} is right, but may not do this"),
            format!("Make one without restrictions: {page}"),
        ),
        (TroubleKind::Blocked, _) => (
            format!("{name} turns this machine's address away before looking at the {secret}"),
            "Wait some minutes. Behind a VPN or a rented server, try another address.".to_owned(),
        ),
        (TroubleKind::LimitReached { .. }, _) => (format!("{name} is being asked too often"), later),
        (TroubleKind::Unreachable, _) => (
            format!("{name} cannot be reached"),
            "Check this machine's network, name resolution and firewall (it only goes out, to port 443).".to_owned(),
        ),
        (TroubleKind::TimedOut, _) => (format!("{name} does not answer in time"), later),
        (TroubleKind::Down { status }, _) => (format!("{name} has a fault of its own (HTTP {status})"), later),
        (TroubleKind::Unreadable { what: Unreadable::Elsewhere | Unreadable::Html }, _) => (
            format!("something else answers in place of {name}, or a web page"),
            "Is there a login page of a hotel or a proxy in between? Open a browser on this machine and see.".to_owned(),
        ),
        (TroubleKind::NotFound | TroubleKind::Rejected | TroubleKind::Unreadable { .. }, _) => {
            (format!("{name} gives an answer that RustOps does not understand"), later)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bot(needs_code_grant: bool) -> Bot {
        Bot { user: 1, name: "RustOps".to_owned(), application: 123, needs_code_grant }
    }

    #[test]
    fn the_permissions_that_are_looked_for_are_those_that_the_invitation_asks_for() {
        let sum: u64 = PERMISSIONS.iter().map(|(bit, _)| bit).sum();
        let link = format!(
            "https://discord.com/oauth2/authorize?client_id=123&scope=bot+applications.commands&permissions={sum}"
        );
        assert_eq!(crate::discord::invitation(123), link);
    }

    #[test]
    fn each_failure_says_what_happened_and_what_to_do() {
        let until = jiff::Timestamp::UNIX_EPOCH;
        let kinds = [
            TroubleKind::TokenMissing,
            TroubleKind::TokenRefused,
            TroubleKind::NoSubscription,
            TroubleKind::Forbidden,
            TroubleKind::Blocked,
            TroubleKind::LimitReached { until },
            TroubleKind::NotFound,
            TroubleKind::Down { status: 503 },
            TroubleKind::Unreachable,
            TroubleKind::TimedOut,
            TroubleKind::Unreadable { what: Unreadable::Html },
        ];
        let told = kinds.map(|kind| {
            let check = Proof::Fails(kind).check(Whose::BattleMetrics);
            format!("{:?}: {}. {}", check.state, check.says, check.remedy.unwrap())
        });
        insta::assert_snapshot!(told.join("\n"), @r"
        Bad: no access token is set. Set it with: rustops setup
        Bad: BattleMetrics refuses the access token. Make a new one and give it to `rustops setup`: https://www.battlemetrics.com/developers
        Bad: the token is right, but its account has no subscription, which BattleMetrics asks for since July 2026. Subscribe with the account of the token (the smallest plan will do): https://www.battlemetrics.com/subscription
        Bad: the access token is right, but may not do this. Make one without restrictions: https://www.battlemetrics.com/developers
        Warning: BattleMetrics turns this machine's address away before looking at the access token. Wait some minutes. Behind a VPN or a rented server, try another address.
        Warning: BattleMetrics is being asked too often. It was not checked. Try again later; `rustops doctor` checks again.
        Warning: BattleMetrics gives an answer that RustOps does not understand. It was not checked. Try again later; `rustops doctor` checks again.
        Warning: BattleMetrics has a fault of its own (HTTP 503). It was not checked. Try again later; `rustops doctor` checks again.
        Warning: BattleMetrics cannot be reached. Check this machine's network, name resolution and firewall (it only goes out, to port 443).
        Warning: BattleMetrics does not answer in time. It was not checked. Try again later; `rustops doctor` checks again.
        Warning: something else answers in place of BattleMetrics, or a web page. Is there a login page of a hotel or a proxy in between? Open a browser on this machine and see.
        ");
    }

    #[test]
    fn a_bot_that_nobody_can_invite_is_said() {
        let check = Proof::Works(Some(bot(true))).check(Whose::Discord);
        assert_eq!(check.state, super::super::State::Bad);
        assert!(check.remedy.unwrap().contains("applications/123/bot"));
        assert_eq!(Proof::Works(Some(bot(false))).check(Whose::Discord).state, super::super::State::Good);
    }
}

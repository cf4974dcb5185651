//! From what somebody typed to one player, or to the few it can mean. Nothing is changed.

use jiff::Timestamp;

use super::{App, bad, look::Reach};
use crate::{
    domain::{
        facts::PlayerHit,
        identity::{self, PlayerInput},
        ids::{GuildKey, PlayerId, ServerId, SteamId},
        names,
        notice::{Notice, What, Wrong},
        report::{CHOICES, Candidate, Choice, Outcome, Purpose},
        trouble::{Trouble, TroubleKind},
    },
    error::Result,
    store::{
        self, groups,
        players::{self, FoundPlayer},
    },
};

/// A player who was meant.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) id: PlayerId,
    pub(super) name: String,
    /// The Steam account that led here.
    pub(super) steam: Option<SteamId>,
    /// The name was told by BattleMetrics just now and is worth keeping; else it is the one that we remember.
    pub(super) is_news: bool,
}

impl Found {
    /// Makes sure that the player is known, by the name as of now.
    pub(super) fn remember(&self, tx: &store::Transaction<'_>, now: Timestamp) -> Result<()> {
        if self.is_news {
            players::remember(tx, &[(self.id, self.name.clone())], now)?;
        }
        Ok(())
    }
}

impl App {
    /// Finds the player that `input` means. Names are looked for on `server`, or everywhere when there is none; Steam
    /// accounts first among those that `guild` linked before.
    pub(super) async fn find_player(
        &self,
        guild: &GuildKey,
        input: &str,
        server: Option<ServerId>,
        purpose: Purpose,
    ) -> Result<Outcome<Found>> {
        match identity::player(input).map_err(|wrong| bad(What::Player, input, wrong))? {
            PlayerInput::Player(id) => Ok(Outcome::Done(self.player_by_id(id, purpose).await?)),
            PlayerInput::Steam(steam) => self.player_by_steam(guild, steam, server, purpose).await,
            PlayerInput::Vanity(vanity) => {
                let steam = self.steam_by_vanity(&vanity, purpose).await?;
                self.player_by_steam(guild, steam, server, purpose).await
            }
            PlayerInput::Name(name) => self.player_by_name(&name, server, purpose).await,
            PlayerInput::Member(_) => Err(bad(What::Player, input, Wrong::Form)),
        }
    }

    /// As [`Self::find_player`] for a person who waits; none when that does not reach.
    pub(super) async fn find_player_within(
        &self,
        guild: &GuildKey,
        input: &str,
        server: ServerId,
        reach: Reach,
    ) -> Result<Option<Outcome<Found>>> {
        match reach {
            Reach::AtHand => Ok(self.player_at_hand(guild, input).await?.map(Outcome::Done)),
            _ => self.find_player(guild, input, Some(server), Purpose::Person).await.map(Some),
        }
    }

    /// The player that `input` means, if no service has to be asked to know it.
    async fn player_at_hand(&self, guild: &GuildKey, input: &str) -> Result<Option<Found>> {
        let meant = identity::player(input).map_err(|wrong| bad(What::Player, input, wrong))?;
        let guild = guild.clone();
        self.read(move |conn| {
            let found = match meant {
                PlayerInput::Player(id) => players::get(conn, id)?.map(|known| (id, known.name, None)),
                PlayerInput::Steam(steam) => {
                    groups::player_by_steam(conn, &guild, steam)?.map(|(id, name)| (id, name, Some(steam)))
                }
                PlayerInput::Vanity(_) | PlayerInput::Name(_) | PlayerInput::Member(_) => None,
            };
            Ok(found.map(|(id, name, steam)| Found { id, name, steam, is_news: false }))
        })
        .await
    }

    async fn player_by_id(&self, id: PlayerId, purpose: Purpose) -> Result<Found> {
        if let Some(known) = self.read(move |conn| Ok(players::get(conn, id)?)).await? {
            return Ok(Found { id, name: known.name, steam: None, is_news: false });
        }
        match self.battlemetrics.player(id, purpose).await {
            Ok(player) => Ok(Found { id, name: player.name, steam: None, is_news: true }),
            Err(Trouble { kind: TroubleKind::NotFound, .. }) => {
                Err(Notice::UnknownPlayer { input: id.to_string(), nearest: Vec::new() }.into())
            }
            Err(trouble) => Err(trouble.into()),
        }
    }

    /// The account behind a Steam link that holds a name.
    pub(super) async fn steam_by_vanity(&self, vanity: &str, purpose: Purpose) -> Result<SteamId> {
        let input = || names::cut(vanity, 80);
        match self.steam.resolve_vanity(vanity, purpose).await {
            Ok(Some(steam)) => Ok(steam),
            Ok(None) => Err(Notice::UnknownSteamProfile { input: input() }.into()),
            Err(Trouble { kind: TroubleKind::TokenMissing, .. }) => {
                Err(Notice::SteamKeyMissing { input: input() }.into())
            }
            Err(trouble) => Err(trouble.into()),
        }
    }

    /// Steam does not tell which BattleMetrics player an account is: unless this guild told us before, its name is looked
    /// for and a person confirms. What other guilds confirmed is theirs.
    async fn player_by_steam(
        &self,
        guild: &GuildKey,
        steam: SteamId,
        server: Option<ServerId>,
        purpose: Purpose,
    ) -> Result<Outcome<Found>> {
        let guild = guild.clone();
        let linked = self.read(move |conn| Ok(groups::player_by_steam(conn, &guild, steam)?)).await?;
        if let Some((id, name)) = linked {
            return Ok(Outcome::Done(Found { id, name, steam: Some(steam), is_news: false }));
        }
        let personas = match self.steam.personas(&[steam], purpose).await {
            Err(Trouble { kind: TroubleKind::TokenMissing, .. }) => {
                return Err(Notice::SteamKeyMissing { input: steam.to_string() }.into());
            }
            other => other?,
        };
        let Some(persona) = personas.get(&steam) else {
            return Err(Notice::UnknownSteamProfile { input: steam.to_string() }.into());
        };
        // Rust takes its names from Steam: whoever has only a part of this one is somebody else.
        let mut hits = self.battlemetrics.search_players(&persona.name, server, purpose).await?;
        hits.retain(|hit| names::same(&hit.name, &persona.name));
        let mut choice = choose(&persona.name, hits);
        choice.steam = Some(steam);
        if choice.candidates.is_empty() {
            return Err(Notice::NoPlayerForSteam { persona: Some(names::shown(&persona.name)) }.into());
        }
        Ok(Outcome::Choose(choice))
    }

    async fn player_by_name(&self, name: &str, server: Option<ServerId>, purpose: Purpose) -> Result<Outcome<Found>> {
        let hits = self.battlemetrics.search_players(name, server, purpose).await?;
        let exact: Vec<_> = hits.iter().filter(|hit| names::same(&hit.name, name)).collect();
        if let [hit] = exact.as_slice() {
            return Ok(Outcome::Done(Found { id: hit.id, name: hit.name.clone(), steam: None, is_news: true }));
        }
        if hits.is_empty() {
            // Whoever was never seen on this server, or not by the true name, may be known from elsewhere.
            let known = self.known_by(name).await?;
            if let [player] = known.as_slice() {
                let (id, name) = (player.id, player.name.clone());
                return Ok(Outcome::Done(Found { id, name, steam: None, is_news: false }));
            }
            let nearest = self.known_names_near(name).await?;
            return Err(Notice::UnknownPlayer { input: names::cut(name, 80), nearest }.into());
        }
        Ok(Outcome::Choose(choose(name, hits)))
    }

    /// Those whom we know by just that name, present or former.
    async fn known_by(&self, name: &str) -> Result<Vec<FoundPlayer>> {
        let wanted = name.to_owned();
        self.read(move |conn| {
            let known = players::search(conn, &names::folded(&wanted), 200, |_| 0)?;
            Ok(known.into_iter().filter(|player| names::same(&player.matched_name, &wanted)).collect())
        })
        .await
    }

    async fn known_names_near(&self, name: &str) -> Result<Vec<String>> {
        let wanted = name.to_owned();
        self.read(move |conn| {
            let prefix: String = names::folded(&wanted).chars().take(3).collect();
            let known = players::search(conn, &prefix, 200, |_| 0)?;
            Ok(names::nearest(&wanted, known.iter().map(|player| player.name.as_str()), 3))
        })
        .await
    }
}

/// The question which of `hits` is meant: those of just that name first, then who was seen last.
fn choose(input: &str, mut hits: Vec<PlayerHit>) -> Choice {
    let rank = |hit: &PlayerHit| {
        let seen = if hit.online == Some(true) { Some(Timestamp::MAX) } else { hit.last_seen };
        (names::same(&hit.name, input), seen)
    };
    hits.sort_by_key(|hit| std::cmp::Reverse(rank(hit)));
    let more = hits.len().saturating_sub(CHOICES);
    let candidates = hits
        .into_iter()
        .take(CHOICES)
        .map(|hit| Candidate::Player { id: hit.id, name: hit.name, online: hit.online, last_seen: hit.last_seen })
        .collect();
    Choice { input: input.to_owned(), candidates, more, steam: None }
}

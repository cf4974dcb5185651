//! `forget player` and `forget member`: what is kept of a person is removed for good.
//!
//! Whoever holds the machine removes it from all guilds, whoever manages a guild from that one. There is no way back but a
//! backup, and the record of changes says no more than that it happened.

use super::{App, Asker, Rights, bad};
use crate::{
    domain::{
        identity::{self, PlayerInput},
        ids::{GuildKey, PlayerId},
        keeping::Forgotten,
        names,
        notice::{Notice, What, Wrong},
        report::{CHOICES, Candidate, Change, Choice, MemberName, Outcome},
    },
    error::Result,
    store::{
        self,
        forget::{self, Person, Removed},
        players,
    },
};

/// How many players of a name are looked at.
const MOST_HITS: usize = 200;

impl App {
    /// Removes a tracked person: by BattleMetrics or Steam id, or by the exact name, current or former. With `dry_run` only
    /// tells what would be removed.
    ///
    /// # Errors
    /// Nobody is known by it; neither holder of the machine nor manager of the guild; the database failed.
    pub async fn forget_player(&self, asker: &Asker, input: &str, dry_run: bool) -> Result<Outcome<Forgotten>> {
        let guild = scope(asker)?;
        let (now, asker) = (self.clock.now(), asker.clone());
        let meant = identity::player(input).map_err(|wrong| bad(What::Player, input, wrong))?;
        let input = names::cut(input, 80);
        let work = move |tx: &store::Transaction<'_>| {
            let candidates = match &meant {
                PlayerInput::Name(name) | PlayerInput::Vanity(name) => called(tx, name, guild.as_ref())?,
                _ => Vec::new(),
            };
            let (person, name) = match (meant, candidates.as_slice()) {
                (PlayerInput::Player(id), _) => (of_player(tx, id)?, None),
                (PlayerInput::Steam(steam), _) => {
                    (Person { players: forget::players_of(tx, steam)?, steam: Some(steam), ..Person::default() }, None)
                }
                (PlayerInput::Member(id), _) => {
                    let name = forget::unlinked(tx, guild.as_ref())?.into_iter().find(|member| member.id == id);
                    (name.as_ref().map(of_member).unwrap_or_default(), name.map(|member| member.name))
                }
                (_, [Candidate::Player { id, .. }]) => (of_player(tx, *id)?, None),
                (_, [Candidate::Member { id, name, steam, .. }]) => {
                    let member = MemberName { id: *id, name: name.clone(), player: None, steam: *steam };
                    (of_member(&member), Some(name.clone()))
                }
                (_, []) => (Person::default(), None),
                (_, several) => {
                    let more = several.len().saturating_sub(CHOICES);
                    let candidates = several.iter().take(CHOICES).cloned().collect();
                    let choice = Choice { input, candidates, more, steam: None };
                    return Ok((Outcome::Choose(choice), Vec::new()));
                }
            };
            let known = person.players.iter().find_map(|id| players::get(tx, *id).transpose()).transpose()?;
            let removed = forget::person(tx, &person, guild.as_ref())?;
            if removed == Removed::default() {
                return Err(Notice::UnknownPlayer { input, nearest: Vec::new() }.into());
            }
            let name = name.or_else(|| known.map(|known| known.name)).unwrap_or(input);
            asker.record(tx, &Change::Forgotten, now)?;
            let Removed { members: memberships, changes, records } = removed;
            let gone: Vec<PlayerId> = person.players.into_iter().collect();
            Ok((Outcome::Done(Forgotten { name, memberships, changes, records }), gone))
        };
        if dry_run {
            return Ok(self.rehearse(work).await?.0);
        }
        let (forgotten, gone) = self.write(work).await?;
        self.watch_forgets(&gone);
        self.leave_no_log().await;
        Ok(forgotten)
    }

    /// Takes a user of the bot, by Discord id, out of the record of changes.
    ///
    /// # Errors
    /// Nobody of that id stands there; neither holder of the machine nor manager of the guild; the database failed.
    pub async fn forget_member(&self, asker: &Asker, user: &str, dry_run: bool) -> Result<Forgotten> {
        let guild = scope(asker)?;
        let (now, asker) = (self.clock.now(), asker.clone());
        let user = user.trim().to_owned();
        if user.is_empty() || !user.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(bad(What::Member, &user, Wrong::Form));
        }
        let work = move |tx: &store::Transaction<'_>| match forget::actor(tx, &user, guild.as_ref())? {
            Some((name, changes)) => {
                // Not even by forgetting oneself does one come to stand there again.
                let asker = if asker.actor == user {
                    Asker { actor: "forgotten".to_owned(), actor_name: forget::NOBODY.to_owned(), ..asker }
                } else {
                    asker
                };
                asker.record(tx, &Change::Forgotten, now)?;
                Ok(Forgotten { name, memberships: 0, changes, records: 0 })
            }
            None => Err(Notice::UnknownUser { input: user }.into()),
        };
        if dry_run {
            return self.rehearse(work).await;
        }
        let forgotten = self.write(work).await?;
        self.leave_no_log().await;
        Ok(forgotten)
    }

    /// What was removed is still in the database's file until its log is taken in. That comes by itself in time; so a
    /// failure is no reason to say that nobody was forgotten.
    async fn leave_no_log(&self) {
        if let Err(error) = self.store.merge_log().await {
            tracing::warn!(?error, "what was forgotten stays in the database's file until its log is taken in");
        }
    }
}

/// The guild from which somebody may remove people; none: all.
fn scope(asker: &Asker) -> Result<Option<GuildKey>> {
    asker.may_manage()?;
    Ok(match asker.rights {
        Rights::Owner => None,
        Rights::Member { .. } => Some(asker.guild.clone()),
    })
}

/// A player with every other one of the same Steam account.
fn of_player(tx: &store::Transaction<'_>, id: PlayerId) -> Result<Person> {
    let steam = players::get(tx, id)?.and_then(|known| known.steam);
    let mut all = match steam {
        Some(steam) => forget::players_of(tx, steam)?,
        None => Default::default(),
    };
    all.insert(id);
    Ok(Person { players: all, steam, ..Person::default() })
}

fn of_member(member: &MemberName) -> Person {
    Person { players: Default::default(), steam: member.steam, members: [member.id].into() }
}

/// Players who have or had exactly that name, and members who are known by it alone.
fn called(tx: &store::Transaction<'_>, name: &str, guild: Option<&GuildKey>) -> Result<Vec<Candidate>> {
    let hits = players::search(tx, &names::folded(name), MOST_HITS, |_| 0)?;
    let hits = hits.into_iter().filter(|hit| names::same(&hit.matched_name, name));
    let mut found: Vec<_> =
        hits.map(|hit| Candidate::Player { id: hit.id, name: hit.name, online: None, last_seen: None }).collect();
    let unlinked = forget::unlinked(tx, guild)?.into_iter().filter(|member| names::same(&member.name, name));
    found.extend(unlinked.map(|MemberName { id, name, steam, .. }| Candidate::Member {
        id,
        name,
        player: None,
        steam,
    }));
    Ok(found)
}

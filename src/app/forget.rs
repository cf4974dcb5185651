//! `forget player` and `forget member`: what is kept of a person is removed for good.
//!
//! For whoever holds the machine, for it reaches across guilds. There is no way back but a backup.

use super::{App, Asker, Rights, bad};
use crate::{
    domain::{
        identity::{self, PlayerInput},
        ids::PlayerId,
        keeping::Forgotten,
        names,
        notice::{Needs, Notice, What, Wrong},
        report::{CHOICES, Candidate, Choice, MemberName, Outcome},
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
    /// Nobody is known by it; not the holder of the machine; the database failed.
    pub async fn forget_player(&self, asker: &Asker, input: &str, dry_run: bool) -> Result<Outcome<Forgotten>> {
        only_owner(asker)?;
        let meant = identity::player(input).map_err(|wrong| bad(What::Player, input, wrong))?;
        let input = names::cut(input, 80);
        let work = move |tx: &store::Transaction<'_>| {
            let candidates = match &meant {
                PlayerInput::Name(name) | PlayerInput::Vanity(name) => called(tx, name)?,
                _ => Vec::new(),
            };
            let (person, name) = match (meant, candidates.as_slice()) {
                (PlayerInput::Player(id), _) => (of_player(tx, id)?, None),
                (PlayerInput::Steam(steam), _) => {
                    (Person { players: forget::players_of(tx, steam)?, steam: Some(steam), ..Person::default() }, None)
                }
                (PlayerInput::Member(id), _) => {
                    let name = forget::unlinked(tx)?.into_iter().find(|member| member.id == id);
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
                    return Ok(Outcome::Choose(Choice { input, candidates, more, steam: None }));
                }
            };
            let known = person.players.iter().find_map(|id| players::get(tx, *id).transpose()).transpose()?;
            let removed = forget::person(tx, &person)?;
            if removed == Removed::default() {
                return Err(Notice::UnknownPlayer { input, nearest: Vec::new() }.into());
            }
            let name = name.or_else(|| known.map(|known| known.name)).unwrap_or(input);
            let Removed { members: memberships, changes, records } = removed;
            Ok(Outcome::Done(Forgotten { name, memberships, changes, records }))
        };
        if dry_run { self.rehearse(work).await } else { self.write(work).await }
    }

    /// Takes a user of the bot, by Discord id, out of the record of changes.
    ///
    /// # Errors
    /// Nobody of that id stands there; not the holder of the machine; the database failed.
    pub async fn forget_member(&self, asker: &Asker, user: &str, dry_run: bool) -> Result<Forgotten> {
        only_owner(asker)?;
        let user = user.trim().to_owned();
        if user.is_empty() || !user.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(bad(What::Member, &user, Wrong::Form));
        }
        let work = move |tx: &store::Transaction<'_>| match forget::actor(tx, &user, None)? {
            Some((name, changes)) => Ok(Forgotten { name, memberships: 0, changes, records: 0 }),
            None => Err(Notice::UnknownPlayer { input: user, nearest: Vec::new() }.into()),
        };
        if dry_run { self.rehearse(work).await } else { self.write(work).await }
    }
}

fn only_owner(asker: &Asker) -> Result<()> {
    match asker.rights {
        Rights::Owner => Ok(()),
        Rights::Member { .. } => Err(Notice::NotAllowed { needs: Needs::ManageServer }.into()),
    }
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
fn called(tx: &store::Transaction<'_>, name: &str) -> Result<Vec<Candidate>> {
    let hits = players::search(tx, &names::folded(name), MOST_HITS)?;
    let hits = hits.into_iter().filter(|hit| names::same(&hit.matched_name, name));
    let mut found: Vec<_> =
        hits.map(|hit| Candidate::Player { id: hit.id, name: hit.name, online: None, last_seen: None }).collect();
    let unlinked = forget::unlinked(tx)?.into_iter().filter(|member| names::same(&member.name, name));
    found.extend(unlinked.map(|MemberName { id, name, steam, .. }| Candidate::Member {
        id,
        name,
        player: None,
        steam,
    }));
    Ok(found)
}

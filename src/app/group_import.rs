//! `group import`: many players at once, one a line, all or nothing in the database, a result for each line.

use anyhow::anyhow;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;

use super::{
    AT_ONCE, App, Asker, bad, find_group,
    find_player::Found,
    group_add::{Entry, enter, open_group},
};
use crate::{
    domain::{
        identity::{self, PlayerInput},
        ids::{ChangeId, GroupId, GuildKey, ServerId, SteamId},
        names,
        notice::{Notice, What, Wrong},
        report::{Change, Imported, ImportedLine, LineResult, MemberName, Outcome, Purpose},
        trouble::{Trouble, TroubleKind},
    },
    error::{Error, Result},
    store::{
        self,
        groups::{self, Group},
        guilds,
    },
};

/// The most lines of one import.
pub(super) const MAX_LINES: usize = 500;

/// What a line means, before anything is written.
enum Meaning {
    Player(Found),
    /// Nothing to write: the result stands.
    Settled(LineResult),
}

impl App {
    /// Adds each line's player to `group`. `progress` is told after each line how many of how many are done.
    ///
    /// Lines are resolved first and written together, so that an interruption leaves nothing half done. A token that is
    /// refused ends the whole import; a single line that cannot be found does not.
    ///
    /// # Errors
    /// Unusable group name, too many lines, none at all, no right to change; a service or the database failed.
    pub async fn group_import(
        &self,
        asker: &Asker,
        group: &str,
        text: &str,
        progress: impl Fn(usize, usize) + Send + Sync,
    ) -> Result<Imported> {
        let group = identity::group_name(group).map_err(|wrong| bad(What::Group, group, wrong))?;
        let server = self.place_for(asker, &group).await?;
        let lines: Vec<(usize, String)> = text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line.trim().to_owned()))
            .filter(|(_, line)| !line.is_empty())
            .collect();
        if lines.is_empty() {
            return Err(bad(What::Line, "", Wrong::Empty));
        }
        if lines.len() > MAX_LINES {
            return Err(Notice::TooMany { what: What::Line, limit: MAX_LINES }.into());
        }

        self.meet_on_steam(&lines).await?;
        let total = lines.len();
        let progress = &progress;
        // Boxed, for each line's future would otherwise be held in place many times over.
        let meanings: Vec<(usize, String, Meaning)> = stream::iter(lines)
            .map(|(number, line)| {
                Box::pin(async move {
                    let meaning = self.meaning(&asker.guild, &line, server).await?;
                    Ok::<_, Error>((number, line, meaning))
                })
            })
            .buffered(AT_ONCE)
            .enumerate()
            .map(|(done, result)| {
                progress(done + 1, total);
                result
            })
            .try_collect()
            .await?;
        self.keep(asker, group, meanings).await
    }

    /// Asks Steam for all accounts of an import at once rather than one by one; the client remembers them.
    async fn meet_on_steam(&self, lines: &[(usize, String)]) -> Result<()> {
        let accounts: Vec<SteamId> = lines
            .iter()
            .filter_map(|(_, line)| match identity::player(line) {
                Ok(PlayerInput::Steam(steam)) => Some(steam),
                _ => None,
            })
            .collect();
        match self.steam.personas(&accounts, Purpose::Bulk).await {
            // Each such line then says so for itself.
            Err(Trouble { kind: TroubleKind::TokenMissing, .. }) => Ok(()),
            other => other.map(drop).map_err(Into::into),
        }
    }

    async fn meaning(&self, guild: &GuildKey, line: &str, server: Option<ServerId>) -> Result<Meaning> {
        match self.find_player(guild, line, server, Purpose::Bulk).await {
            Ok(Outcome::Done(found)) => Ok(Meaning::Player(found)),
            Ok(Outcome::Choose(choice)) => {
                let count = choice.candidates.len() + choice.more;
                Ok(Meaning::Settled(LineResult::Several { count }))
            }
            Err(Error::Notice(notice)) if ends_everything(&notice) => Err(Error::Notice(notice)),
            Err(Error::Notice(notice)) => Ok(Meaning::Settled(LineResult::Refused { notice })),
            Err(failure) => Err(failure),
        }
    }

    async fn keep(&self, asker: &Asker, group: String, meanings: Vec<(usize, String, Meaning)>) -> Result<Imported> {
        let now = self.clock.now();
        let asker = asker.clone();
        self.write(move |tx| {
            asker.may_change(tx)?;
            guilds::ensure(tx, &asker.guild, now)?;
            let wanted = meanings.iter().any(|(_, _, meaning)| matches!(meaning, Meaning::Player(_)));
            let target = if wanted {
                Some(open_group(tx, &asker, &group, now)?)
            } else {
                find_group(tx, &asker.guild, &group)?.map(|group| (group, false))
            };
            let mut lines = Vec::with_capacity(meanings.len());
            for (number, input, meaning) in meanings {
                let result = match (meaning, &target) {
                    (Meaning::Settled(result), _) => result,
                    (Meaning::Player(found), Some((group, _))) => admit(tx, &asker, group.id, &found, now)?,
                    (Meaning::Player(_), None) => return Err(anyhow!("no group was opened for its members").into()),
                };
                lines.push(ImportedLine { number, input: names::cut(&input, 80), result });
            }
            let Some((group, group_is_new)) = target else {
                return Ok(Imported { group, group_is_new: false, lines, members: 0, change: None });
            };
            let change = record(tx, &asker, &group, group_is_new, &lines, now)?;
            let members = groups::members(tx, group.id)?.len();
            Ok(Imported { group: group.name, group_is_new, lines, members, change })
        })
        .await
    }
}

fn admit(
    tx: &store::Transaction<'_>,
    asker: &Asker,
    group: GroupId,
    found: &Found,
    now: Timestamp,
) -> Result<LineResult> {
    match enter(tx, asker, group, found, now) {
        Ok(Entry::Added(member)) => Ok(LineResult::Added { member }),
        Ok(Entry::Already { name, .. }) => Ok(LineResult::Already { name }),
        // A full group is a line's fate, not the import's: what fitted is kept.
        Err(Error::Notice(notice)) => Ok(LineResult::Refused { notice }),
        Err(failure) => Err(failure),
    }
}

fn record(
    tx: &store::Transaction<'_>,
    asker: &Asker,
    group: &Group,
    group_is_new: bool,
    lines: &[ImportedLine],
    now: Timestamp,
) -> Result<Option<ChangeId>> {
    let members: Vec<MemberName> = lines
        .iter()
        .filter_map(|line| match &line.result {
            LineResult::Added { member } => Some(member.clone()),
            _ => None,
        })
        .collect();
    if members.is_empty() {
        return Ok(None);
    }
    let change = Change::MembersAdded { group: group.id, name: group.name.clone(), group_is_new, members };
    Ok(Some(asker.record(tx, &change, now)?))
}

/// A service that refuses us refuses every line alike, and so does a database that cannot be read.
fn ends_everything(notice: &Notice) -> bool {
    match notice {
        Notice::Storage { .. } => true,
        Notice::Outside { trouble } => !matches!(trouble.kind, TroubleKind::Rejected | TroubleKind::Unreadable { .. }),
        _ => false,
    }
}

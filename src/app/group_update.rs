//! `group update`: every member's name, read again.

use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;

use super::{AT_ONCE, App, Asker, group_named};
use crate::{
    domain::{
        facts::Player,
        names,
        notice::Notice,
        report::{GroupUpdated, MemberName, NotUpdated, Purpose, Renamed},
        trouble::{Trouble, TroubleKind},
    },
    error::Result,
    store::{self, groups, players},
};

impl App {
    /// Asks BattleMetrics for each member's name and keeps the old ones searchable.
    ///
    /// A member who cannot be asked for is part of the answer; a service that answers nobody is an error.
    ///
    /// # Errors
    /// No such group, nobody in it, no right to change; BattleMetrics answered nobody; the database failed.
    pub async fn group_update(&self, asker: &Asker, group: &str) -> Result<GroupUpdated> {
        let (asker, name) = (asker.clone(), group.to_owned());
        let (group, members) = self
            .read(move |conn| {
                asker.may_change(conn)?;
                let group = group_named(conn, &asker.guild, &name)?;
                let members = groups::members(conn, group.id)?;
                if members.is_empty() {
                    return Err(Notice::EmptyGroup { group: group.name }.into());
                }
                Ok((group, members))
            })
            .await?;
        let answers: Vec<(MemberName, Option<std::result::Result<Player, Trouble>>)> = stream::iter(members)
            .map(|member| async move {
                let answer = match member.name.player {
                    Some(player) => Some(self.battlemetrics.player(player, Purpose::Bulk).await),
                    None => None,
                };
                (member.name, answer)
            })
            .buffered(AT_ONCE)
            .collect()
            .await;

        let mut report = GroupUpdated { group: group.name, renamed: Vec::new(), unchanged: 0, failed: Vec::new() };
        let mut learnt = Vec::new();
        for (mut member, answer) in answers {
            match answer {
                Some(Ok(player)) if player.name == member.name => {
                    report.unchanged += 1;
                    learnt.push(player);
                }
                Some(Ok(player)) => {
                    let before = names::shown(&member.name);
                    member.name = names::shown(&player.name);
                    report.renamed.push(Renamed { before, member });
                    learnt.push(player);
                }
                Some(Err(trouble)) => report.failed.push(NotUpdated { member, trouble: Some(trouble) }),
                None => report.failed.push(NotUpdated { member, trouble: None }),
            }
        }
        // A player who is not there any more was answered for.
        let unanswered = |failed: &NotUpdated| failed.trouble.filter(|trouble| trouble.kind != TroubleKind::NotFound);
        if let (true, Some(trouble)) = (learnt.is_empty(), report.failed.iter().find_map(unanswered)) {
            return Err(trouble.into());
        }
        let now = self.clock.now();
        self.write(move |tx| learnt.into_iter().try_for_each(|player| keep_facts(tx, player, now))).await?;
        Ok(report)
    }
}

/// Keeps what BattleMetrics just told of a player: the name, those before it, and whether the profile is private.
pub(super) fn keep_facts(tx: &store::Transaction<'_>, player: Player, now: Timestamp) -> Result<()> {
    let Player { id, name, private, names } = player;
    players::remember(tx, &[(id, name)], now)?;
    players::remember_former(tx, id, &names)?;
    players::set_private(tx, id, private)?;
    Ok(())
}

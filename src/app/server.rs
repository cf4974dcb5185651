//! `server set`, `server get`, `server clear`: the game server that a guild looks at.

use super::{
    App, Asker, bad, named, server_name, server_of,
    watch::{Outcome as Seen, View},
};
use crate::{
    domain::{
        facts::Server,
        hiding::Names,
        identity::{self, ServerInput},
        ids::ServerId,
        names,
        notice::{Notice, What},
        presence,
        report::{
            CHOICES, Candidate, Change, Choice, Outcome, Purpose, ServerCleared, ServerGet, ServerName, ServerSet,
        },
        trouble::{Trouble, TroubleKind},
    },
    error::Result,
    store::{guilds, servers},
};

impl App {
    /// Makes a server the active one: by id or link at once, by name when exactly one has it, else as a choice.
    ///
    /// # Errors
    /// No such server, no right to change, BattleMetrics or the database failed.
    pub async fn server_set(&self, asker: &Asker, input: &str) -> Result<Outcome<ServerSet>> {
        let guild = asker.clone();
        self.read(move |conn| guild.may_change(conn)).await?;
        match self.find_server(input).await? {
            Outcome::Choose(choice) => Ok(Outcome::Choose(choice)),
            Outcome::Done(server) => Ok(Outcome::Done(self.activate(asker, server).await?)),
        }
    }

    /// The server that `input` means. Nothing is changed.
    pub(super) async fn find_server(&self, input: &str) -> Result<Outcome<Server>> {
        match identity::server(input).map_err(|wrong| bad(What::Server, input, wrong))? {
            ServerInput::Id(id) => match self.battlemetrics.server(id, Purpose::Person).await {
                Ok(server) => Ok(Outcome::Done(server)),
                Err(Trouble { kind: TroubleKind::NotFound, .. }) => {
                    Err(Notice::NotARustServer { input: id.to_string() }.into())
                }
                Err(trouble) => Err(trouble.into()),
            },
            ServerInput::Name(name) => self.find_server_by_name(&name).await,
        }
    }

    async fn find_server_by_name(&self, name: &str) -> Result<Outcome<Server>> {
        let found = self.battlemetrics.search_servers(name, Purpose::Person).await?;
        let (exact, near): (Vec<_>, Vec<_>) = found.into_iter().partition(|server| names::same(&server.name, name));
        match <[Server; 1]>::try_from(exact) {
            Ok([server]) => Ok(Outcome::Done(server)),
            Err(exact) if exact.is_empty() && near.is_empty() => {
                Err(Notice::UnknownServer { input: names::cut(name, 80) }.into())
            }
            Err(exact) => {
                let all: Vec<_> = exact.into_iter().chain(near).collect();
                let more = all.len().saturating_sub(CHOICES);
                let candidates = all.into_iter().take(CHOICES).map(|server| Candidate::Server { server }).collect();
                Ok(Outcome::Choose(Choice { input: name.to_owned(), candidates, more, steam: None }))
            }
        }
    }

    async fn activate(&self, asker: &Asker, server: Server) -> Result<ServerSet> {
        let names = self.look_at_names(server.id).await;
        let now = self.clock.now();
        let stale = self.stale(&server, now);
        let asker = asker.clone();
        self.write(move |tx| {
            asker.may_change(tx)?;
            guilds::ensure(tx, &asker.guild, now)?;
            let old = guilds::get(tx, &asker.guild)?.and_then(|guild| guild.active_server);
            let before = old.map(|id| server_name(tx, id)).transpose()?;
            let hid_names = servers::get(tx, server.id)?.is_some_and(|known| known.hides_names);
            let hides_names = names.are_hidden(hid_names);
            servers::remember(tx, &server, now, Some(hides_names))?;
            let unchanged = old == Some(server.id);
            if !unchanged {
                guilds::set_active_server(tx, &asker.guild, Some(server.id), now)?;
                let change = Change::ActiveServer { before: before.clone(), after: Some(named(&server)) };
                asker.record(tx, &change, now)?;
            }
            let may_hide_names = !hides_names && names == Names::MayBeHidden;
            Ok(ServerSet { stale, server, before, unchanged, hides_names, may_hide_names })
        })
        .await
    }

    /// Whether the server's list shows invented names. Setting a server must not fail over this.
    async fn look_at_names(&self, id: ServerId) -> Names {
        let Ok(roster) = self.battlemetrics.roster(id, Purpose::Person).await else { return Names::Untold };
        let now = self.clock.now();
        if self.stale(&roster.server, now).is_some() { Names::Untold } else { Names::of(&roster, now) }
    }

    /// The active server, as BattleMetrics tells it now; what is remembered, with the trouble, when it cannot.
    ///
    /// # Errors
    /// No server is set; BattleMetrics failed and nothing is remembered; the database failed.
    pub async fn server_get(&self, asker: &Asker) -> Result<ServerGet> {
        if let Some(report) = self.server_get_at_hand(asker).await? {
            return Ok(report);
        }
        let guild = asker.guild.clone();
        let (id, known) = self
            .read(move |conn| {
                let id = server_of(conn, &guild, None)?;
                Ok((id, servers::get(conn, id)?))
            })
            .await?;
        let now = self.clock.now();
        let hides_names = known.as_ref().is_some_and(|known| known.hides_names);
        match (self.battlemetrics.server(id, Purpose::Person).await, known) {
            (Ok(server), _) => {
                let kept = server.clone();
                self.keep_by_the_way(move |tx| Ok(servers::remember(tx, &kept, now, None)?)).await?;
                let stale = self.stale(&server, now);
                let as_of = if stale.is_none() { presence::as_of(server.updated_at, now) } else { now };
                Ok(ServerGet { server, as_of, stale, trouble: None, hides_names })
            }
            (Err(trouble), Some(known)) => {
                let stale = self.stale(&known.server, now);
                let trouble = Some(trouble);
                Ok(ServerGet { server: known.server, as_of: known.as_of, stale, trouble, hides_names })
            }
            (Err(trouble), None) => Err(trouble.into()),
        }
    }

    /// The active server as the watch saw it a moment ago; none when it is not watched or its poll failed.
    ///
    /// # Errors
    /// No server is set; the database failed.
    pub async fn server_get_at_hand(&self, asker: &Asker) -> Result<Option<ServerGet>> {
        let guild = asker.guild.clone();
        let id = self.read(move |conn| server_of(conn, &guild, None)).await?;
        let Some(view) = self.watch.view(id, &[], self.clock.now()) else { return Ok(None) };
        let as_of = view.as_of();
        let View { server: Some(server), outcome, hides_names, .. } = view else { return Ok(None) };
        let stale = match outcome {
            Seen::Believed => None,
            Seen::Stale(why) => Some(why),
            Seen::Trouble(_) => return Ok(None),
        };
        Ok(Some(ServerGet { server, as_of, stale, trouble: None, hides_names }))
    }

    /// Clears the active server. Groups and what is known stay.
    ///
    /// # Errors
    /// No server is set, no right to change, the database failed.
    pub async fn server_clear(&self, asker: &Asker) -> Result<ServerCleared> {
        let now = self.clock.now();
        let asker = asker.clone();
        self.write(move |tx| {
            asker.may_change(tx)?;
            let before: ServerName = match guilds::get(tx, &asker.guild)?.and_then(|guild| guild.active_server) {
                Some(id) => server_name(tx, id)?,
                None => return Err(Notice::NoServerSet.into()),
            };
            guilds::set_active_server(tx, &asker.guild, None, now)?;
            let change = Change::ActiveServer { before: Some(before.clone()), after: None };
            asker.record(tx, &change, now)?;
            Ok(ServerCleared { before })
        })
        .await
    }
}

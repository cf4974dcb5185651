//! The use cases: gather, decide, keep, answer. One a file; none knows which door asked.
//!
//! They name the walls (`store`, `remote`) and the quiet rooms, never a door. No SQL, no JSON of others, no words.

mod access;
mod adopt;
mod audit;
mod backup;
mod board;
mod bring_over;
mod find_player;
mod forget;
mod group_add;
mod group_check;
mod group_import;
mod group_keep;
mod group_remove;
mod group_update;
mod history;
mod look;
mod player_check;
mod server;
mod settings;
mod standing;
mod status;
mod storage;
mod suggest;
mod tidings;
mod transfer;
mod undo;
mod watch;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

pub use self::{
    access::{Asker, Rights},
    board::{Boards, MAX_BOARDS},
    bring_over::{PythonOptions, PythonRustops, source_error},
    standing::Standing,
    watch::{Step, WatchOptions},
};
pub use crate::store::{boards::Leftover, tidings::Due};
use crate::{
    clock::Clock,
    domain::{
        facts::Server,
        ids::{GuildKey, ServerId},
        names,
        notice::{Notice, What, Wrong},
        presence::{self, Stale},
        report::ServerName,
    },
    error::{Error, Result},
    remote::{BattleMetrics, Steam},
    store::{
        self, Store,
        groups::{self, Group},
        guilds, servers,
    },
};

/// How long what was deleted can be brought back.
pub const RESTORABLE_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// For how long the record of changes tells what was done.
pub const RECORDED_FOR: SignedDuration = SignedDuration::from_hours(365 * 24);

/// The most groups of a guild.
pub const MAX_GROUPS: usize = 500;

/// The most members of a group.
pub const MAX_MEMBERS: usize = 500;

/// How many requests one use case keeps under way at once; the budget decides how fast they go.
const AT_ONCE: usize = 8;

/// Everything a use case needs, built once by `wiring`.
#[derive(Clone)]
pub struct App {
    store: Store,
    battlemetrics: BattleMetrics,
    steam: Steam,
    clock: Arc<dyn Clock>,
    started: Timestamp,
    watch: Arc<watch::Watch>,
    storage: Arc<storage::Condition>,
}

impl App {
    /// Puts the rooms together.
    pub fn new(store: Store, battlemetrics: BattleMetrics, steam: Steam, clock: Arc<dyn Clock>) -> Self {
        let started = clock.now();
        let watch = Arc::new(watch::Watch::new(WatchOptions::default()));
        Self { store, battlemetrics, steam, clock, started, watch, storage: Arc::default() }
    }

    /// With another set-up of the watch than the usual one.
    #[must_use]
    pub fn with_watch(self, options: WatchOptions) -> Self {
        Self { watch: Arc::new(watch::Watch::new(options)), ..self }
    }

    /// This instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Returns once so much time has gone by on its clock.
    pub fn waits(&self, time: SignedDuration) -> impl Future<Output = ()> + use<> {
        self.clock.sleep(time.unsigned_abs())
    }

    /// Removes for good what was deleted longer ago than [`RESTORABLE_FOR`], and from the record of changes what was done
    /// longer ago than [`RECORDED_FOR`]. Returns how many things that were.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn purge(&self) -> Result<usize> {
        // By a clock that is ahead, it would be too early.
        if self.clock_holds().is_err() {
            return Ok(0);
        }
        let now = self.clock.now();
        let (deleted, done) = (now - RESTORABLE_FOR, now - RECORDED_FOR);
        self.write(move |tx| Ok(groups::purge(tx, deleted)? + store::audit::prune(tx, done)?)).await
    }

    /// Whether this machine's clock is good enough to keep times by.
    fn clock_holds(&self) -> std::result::Result<(), Stale> {
        presence::clock_holds(self.battlemetrics.clock_ahead())
    }

    /// Why what BattleMetrics tells of `server` cannot be believed, if so.
    fn stale(&self, server: &Server, now: Timestamp) -> Option<Stale> {
        self.clock_holds().and_then(|()| presence::believable(server, now)).err()
    }

    async fn read<T: Send + 'static>(
        &self,
        look: impl FnOnce(&store::Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.store.read(look).await.map_err(|error| self.storage.note(error, self.clock.now()))
    }

    async fn write<T: Send + 'static>(
        &self,
        change: impl FnOnce(&store::Transaction<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let written = self.store.write(change).await;
        if written.is_ok() {
            self.storage.written(self.clock.now());
        }
        written.map_err(|error| self.storage.note(error, self.clock.now()))
    }

    async fn rehearse<T: Send + 'static>(
        &self,
        change: impl FnOnce(&store::Transaction<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.store.rehearse(change).await.map_err(|error| self.storage.note(error, self.clock.now()))
    }
}

fn bad(what: What, input: &str, wrong: Wrong) -> Error {
    Notice::BadInput { what, wrong, input: names::cut(input, 80) }.into()
}

/// What was asked for without any limit to how far it may reach.
fn certain<T>(found: Option<T>) -> Result<T> {
    found.ok_or_else(|| anyhow::anyhow!("a question that may reach everywhere has no answer").into())
}

/// The group that `name` means, or a notice that names the nearest.
fn group_named(conn: &store::Connection, guild: &GuildKey, name: &str) -> Result<Group> {
    if name.trim().is_empty() {
        return Err(bad(What::Group, name, Wrong::Empty));
    }
    if let Some(group) = find_group(conn, guild, name)? {
        return Ok(group);
    }
    let known = groups::names(conn, guild)?;
    if known.is_empty() {
        return Err(Notice::NoGroups.into());
    }
    let nearest = names::nearest(name, known.iter().map(String::as_str), 3);
    Err(Notice::UnknownGroup { input: names::cut(name, 80), nearest }.into())
}

/// The group of that name; else, when `name` is `group:7` as buttons and menus hand it back, the one of that id.
///
/// Such a key of a group that is gone is a notice and never a name, so that nothing is made anew under it.
fn find_group(conn: &store::Connection, guild: &GuildKey, name: &str) -> Result<Option<Group>> {
    if let Some(group) = groups::find(conn, guild, name)? {
        return Ok(Some(group));
    }
    let Some(id) = name.strip_prefix("group:").and_then(|id| id.parse().ok()) else { return Ok(None) };
    if let Some(group) = groups::by_id(conn, guild, id)? {
        return Ok(Some(group));
    }
    let gone = groups::deleted_group(conn, guild, id)?.map(|(group, _)| group.name);
    Err(Notice::UnknownGroup { input: gone.unwrap_or_else(|| name.to_owned()), nearest: Vec::new() }.into())
}

/// The server that a group follows, or the active one when no group is given.
fn server_of(conn: &store::Connection, guild: &GuildKey, group: Option<&Group>) -> Result<ServerId> {
    if let Some(pinned) = group.and_then(|group| group.pinned) {
        return Ok(pinned);
    }
    let active = guilds::get(conn, guild)?.and_then(|guild| guild.active_server);
    active.ok_or_else(|| Notice::NoServerSet.into())
}

/// A server by the name we remember, or by its id when we never heard one.
fn server_name(conn: &store::Connection, id: ServerId) -> Result<ServerName> {
    let name = servers::get(conn, id)?.map_or_else(|| id.to_string(), |known| known.server.name);
    Ok(ServerName { id, name })
}

fn named(server: &Server) -> ServerName {
    ServerName { id: server.id, name: server.name.clone() }
}

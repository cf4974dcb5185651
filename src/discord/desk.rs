//! Which boards may need writing: what changed since they were looked at, and when each has its next turn.
//!
//! Memory alone, nothing is sent from here; after a restart every board is looked at once.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use tokio::sync::Notify;

use crate::{
    app::Due,
    domain::{
        board::{Board, Pace},
        ids::{BoardId, GuildKey, ServerId},
    },
};

/// The memory, and the bell that wakes whoever writes boards.
#[derive(Debug, Default)]
pub(super) struct Desk {
    state: Mutex<State>,
    bell: Notify,
}

#[derive(Debug, Default)]
struct State {
    stirred: Stirred,
    paces: HashMap<BoardId, Pace>,
    turns: HashMap<BoardId, Arc<tokio::sync::Mutex<()>>>,
    /// Of everything else that is sent.
    rest: Pace,
    /// Tidings that nobody can be told at the moment, by their numbers.
    out_of_reach: HashMap<i64, (GuildKey, Pace)>,
}

/// What happened since the boards were last looked at.
#[derive(Debug, Default)]
struct Stirred {
    servers: HashSet<ServerId>,
    guilds: HashSet<GuildKey>,
    boards: HashSet<BoardId>,
    /// Guilds in which somebody changed what the bot may do.
    mended: HashSet<GuildKey>,
}

impl Stirred {
    fn concerns(&self, board: &Board) -> bool {
        let server = board.server.map_or(!self.servers.is_empty(), |server| self.servers.contains(&server));
        server || self.guilds.contains(&board.guild) || self.boards.contains(&board.id)
    }
}

impl Desk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, what: impl FnOnce(&mut Stirred)) {
        what(&mut self.state().stirred);
        self.bell.notify_one();
    }

    /// Something changed on these servers.
    pub(super) fn servers_changed(&self, servers: &[ServerId]) {
        if !servers.is_empty() {
            self.note(|stirred| stirred.servers.extend(servers));
        }
    }

    /// Something may have changed in a guild.
    pub(super) fn guild_changed(&self, guild: &GuildKey) {
        self.note(|stirred| {
            stirred.guilds.insert(guild.clone());
        });
    }

    /// A board does not show what is so.
    pub(super) fn board_changed(&self, board: BoardId) {
        self.note(|stirred| {
            stirred.boards.insert(board);
        });
    }

    /// What the bot may do in a guild was changed.
    pub(super) fn guild_mended(&self, guild: &GuildKey) {
        self.note(|stirred| {
            stirred.mended.insert(guild.clone());
        });
    }

    /// Wakes whoever writes boards.
    pub(super) fn ring(&self) {
        self.bell.notify_one();
    }

    /// Returns once something happened since the last time.
    pub(super) async fn bell(&self) {
        self.bell.notified().await;
    }

    /// The boards whose turn it is, of all there are.
    pub(super) fn due<'a>(&self, boards: &'a [Board], now: Timestamp) -> Vec<&'a Board> {
        let mut state = self.state();
        let state = &mut *state;
        let stirred = std::mem::take(&mut state.stirred);
        let living: HashSet<BoardId> = boards.iter().map(|board| board.id).collect();
        state.paces.retain(|board, _| living.contains(board));
        state.turns.retain(|board, turn| living.contains(board) || Arc::strong_count(turn) > 1);
        if !stirred.mended.is_empty() {
            state.rest.hurry();
        }
        // Another log channel may be set.
        let is_as_before = |guild: &GuildKey| !stirred.mended.contains(guild) && !stirred.guilds.contains(guild);
        state.out_of_reach.retain(|_, (guild, _)| is_as_before(guild));
        boards
            .iter()
            .filter(|board| {
                let pace = state.paces.entry(board.id).or_default();
                if board.problem.is_some() && stirred.mended.contains(&board.guild) {
                    pace.hurry();
                } else if stirred.concerns(board) {
                    pace.stir();
                }
                pace.due(board.shown_at) <= now
            })
            .collect()
    }

    /// When the next board has its turn.
    pub(super) fn next(&self, boards: &[Board]) -> Option<Timestamp> {
        let state = self.state();
        boards.iter().map(|board| state.paces.get(&board.id).copied().unwrap_or_default().due(board.shown_at)).min()
    }

    /// A board was looked at, or could not be written.
    pub(super) fn turned(&self, board: BoardId, well: bool, now: Timestamp) {
        let mut state = self.state();
        let pace = state.paces.entry(board).or_default();
        if well { pace.done(now) } else { pace.failed(now) }
    }

    /// Whether the last turn of a board went wrong.
    pub(super) fn has_failed(&self, board: BoardId) -> bool {
        self.state().paces.get(&board).is_some_and(Pace::has_failed)
    }

    /// Whether it is time to look if the board's message still stands, which nobody tells the bot.
    pub(super) fn is_to_be_looked_for(&self, board: &Board, now: Timestamp) -> bool {
        self.state().paces.entry(board.id).or_default().is_to_be_looked_for(board, now)
    }

    /// It was looked for.
    pub(super) fn looked_for(&self, board: BoardId, now: Timestamp) {
        self.state().paces.entry(board).or_default().looked_for(now);
    }

    /// To be held while a board is written, so that it is not written twice at once.
    pub(super) fn turn(&self, board: BoardId) -> Arc<tokio::sync::Mutex<()>> {
        Arc::clone(self.state().turns.entry(board).or_default())
    }

    /// When everything else may be sent.
    pub(super) fn rest_due(&self) -> Timestamp {
        self.state().rest.due(None)
    }

    /// Those of the tidings that somebody may take now.
    pub(super) fn within_reach(&self, mut tidings: Vec<Due>, now: Timestamp) -> Vec<Due> {
        let state = self.state();
        tidings.retain(|due| state.out_of_reach.get(&due.id).is_none_or(|(_, pace)| pace.due(None) <= now));
        tidings
    }

    /// These are done with.
    pub(super) fn told(&self, due: &Due) {
        self.state().out_of_reach.remove(&due.id);
    }

    /// Nobody could be told these: it is tried again ever more rarely.
    pub(super) fn out_of_reach(&self, due: &Due, now: Timestamp) {
        let mut state = self.state();
        let (_, pace) = state.out_of_reach.entry(due.id).or_insert_with(|| (due.guild.clone(), Pace::default()));
        pace.failed(now);
    }

    /// Everything else was sent, or something of it could not be.
    pub(super) fn rest_turned(&self, well: bool, now: Timestamp) {
        let mut state = self.state();
        if well { state.rest = Pace::default() } else { state.rest.failed(now) }
    }
}

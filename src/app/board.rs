//! `group board`: which boards there are, and what each shows. Shown from the watch alone: a board asks nobody.
//!
//! How a board becomes a message, and when it is written, is known by the door.

use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use jiff::Timestamp;

use super::{App, Asker, group_check, group_named, server_of};
use crate::{
    domain::{
        board::{Board, Problem},
        ids::{BoardId, ChannelId, GroupId, GuildKey, MessageId, ServerId},
        notice::{Notice, What},
        report::{
            BoardPlace, BoardRemoved, BoardReport, BoardSet, Change, GroupAtAGlance, GuildBoards, Health, Seen,
            StuckBoard,
        },
        tidings::Tidings,
        trouble::Trouble,
    },
    error::{Error, Result},
    store::{
        self,
        boards::{self, Leftover},
        groups::{self, Group, Member},
        guilds, tidings,
    },
};

/// The most boards of a guild.
pub const MAX_BOARDS: usize = 100;

/// Everything that boards need done now or later.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Boards {
    /// The living ones.
    pub living: Vec<Board>,
    /// Messages that are to be deleted.
    pub leftovers: Vec<Leftover>,
}

impl App {
    /// Puts a board of a group, or of all groups, into a channel; one that stands elsewhere is moved.
    ///
    /// # Errors
    /// No such group, too many boards, no right to change, the database failed.
    pub async fn board_set(&self, asker: &Asker, group: Option<&str>, channel: ChannelId) -> Result<BoardSet> {
        let now = self.clock.now();
        let (asker, group) = (asker.clone(), group.map(str::to_owned));
        self.write(move |tx| {
            asker.may_change(tx)?;
            let group = group.map(|group| group_named(tx, &asker.guild, &group)).transpose()?;
            guilds::ensure(tx, &asker.guild, now)?;
            let id = group.as_ref().map(|group| group.id);
            let before = boards::find(tx, &asker.guild, id)?;
            match &before {
                Some(before) => boards::remove(tx, before.id, now)?,
                None if boards::total(tx, &asker.guild)? >= MAX_BOARDS => {
                    return Err(Notice::TooMany { what: What::Board, limit: MAX_BOARDS }.into());
                }
                None => {}
            }
            let board = boards::create(tx, &asker.guild, id, channel, asker.actor.parse().ok())?;
            let before = before.as_ref().map(place);
            let name = group.map(|group| group.name);
            let after = Some(BoardPlace { id: board, channel });
            let change = Change::Board { group: id, name: name.clone(), before, after };
            let change = asker.record(tx, &change, now)?;
            Ok(BoardSet { board, group: name, channel, before: before.map(|before| before.channel), change })
        })
        .await
    }

    /// Takes the board of a group, or of all groups, away.
    ///
    /// # Errors
    /// No such group or board, no right to change, the database failed.
    pub async fn board_off(&self, asker: &Asker, group: Option<&str>) -> Result<BoardRemoved> {
        let now = self.clock.now();
        let (asker, group) = (asker.clone(), group.map(str::to_owned));
        self.write(move |tx| {
            asker.may_change(tx)?;
            let group = group.map(|group| group_named(tx, &asker.guild, &group)).transpose()?;
            let id = group.as_ref().map(|group| group.id);
            match boards::find(tx, &asker.guild, id)? {
                Some(board) => take_away(tx, &asker, &board, now),
                None => Err(Notice::NoBoard { group: group.map(|group| group.name) }.into()),
            }
        })
        .await
    }

    /// Takes the board of that number away.
    ///
    /// # Errors
    /// No such board any more, no right to change, the database failed.
    pub async fn board_off_by_id(&self, asker: &Asker, board: BoardId) -> Result<BoardRemoved> {
        let now = self.clock.now();
        let asker = asker.clone();
        self.write(move |tx| {
            asker.may_change(tx)?;
            match boards::get(tx, &asker.guild, board)? {
                Some(board) => take_away(tx, &asker, &board, now),
                None => Err(Notice::NoBoard { group: None }.into()),
            }
        })
        .await
    }

    /// The board of that number.
    ///
    /// # Errors
    /// No such board any more; the database failed.
    pub async fn board(&self, guild: &GuildKey, board: BoardId) -> Result<Board> {
        let guild = guild.clone();
        self.read(move |conn| boards::get(conn, &guild, board)?.ok_or_else(|| Notice::NoBoard { group: None }.into()))
            .await
    }

    /// Every board, and what is left of others.
    ///
    /// # Errors
    /// The database failed.
    pub async fn boards(&self) -> Result<Boards> {
        self.read(|conn| Ok(Boards { living: boards::living(conn)?, leftovers: boards::leftovers(conn)? })).await
    }

    /// How the boards of a guild stand. Those of deleted groups are none until the group is back.
    pub(super) async fn guild_boards(&self, guild: &GuildKey) -> Result<GuildBoards> {
        let guild = guild.clone();
        self.read(move |conn| {
            let mut boards = GuildBoards::default();
            for board in boards::of(conn, &guild)?.into_iter().filter(|board| !board.is_shut) {
                boards.total += 1;
                if let Some(problem) = board.problem.clone() {
                    boards.stuck.push(StuckBoard { group: name_of(conn, &board)?, channel: board.channel, problem });
                }
            }
            Ok(boards)
        })
        .await
    }

    /// What a board shows now.
    ///
    /// # Errors
    /// Its group is gone, the database failed.
    pub async fn board_report(&self, board: &Board) -> Result<BoardReport> {
        let (guild, only) = (board.guild.clone(), board.group);
        let subjects = self.read(move |conn| subjects(conn, &guild, only)).await?;
        let mut groups = Vec::with_capacity(subjects.len());
        for Subject { group, members, server } in subjects {
            let (id, name) = (group.id, group.name.clone());
            let seen = match server {
                Err(notice) => Seen::Nothing(notice),
                Ok(_) if members.is_empty() => Seen::Nothing(Notice::EmptyGroup { group: name.clone() }),
                Ok(server) => {
                    let linked: Vec<_> = members.iter().filter_map(|member| member.name.player).collect();
                    match self.glance(server, &linked).await? {
                        Some(look) => Seen::Check(group_check::found(group, members, &look)),
                        None => Seen::NotYet,
                    }
                }
            };
            groups.push(GroupAtAGlance { id, group: name, seen });
        }
        match (board.group, groups.pop()) {
            (Some(_), Some(group)) => Ok(BoardReport::Group(group)),
            (Some(_), None) => Err(Notice::NoBoard { group: None }.into()),
            (None, last) => {
                groups.extend(last);
                // Those with somebody on first; the rest stays by name.
                groups.sort_by_key(|group| std::cmp::Reverse(group.active()));
                Ok(BoardReport::Groups(groups))
            }
        }
    }

    /// Polls the servers that a board shows, for somebody who will not wait. Of several who ask, one poll serves all.
    /// Returns the first thing that went wrong, if one of the servers could not be looked at.
    ///
    /// # Errors
    /// The database failed.
    pub async fn board_look_again(&self, board: &Board) -> Result<Option<Trouble>> {
        let (guild, only) = (board.guild.clone(), board.group);
        let subjects = self.read(move |conn| subjects(conn, &guild, only)).await?;
        let servers: BTreeSet<ServerId> = subjects.into_iter().filter_map(|subject| subject.server.ok()).collect();
        let looks = try_join_all(servers.iter().map(|server| self.watch_forced(*server))).await?;
        // Whoever shares the poll of somebody else, or comes a moment after it, is told the same.
        let known = self.watches().into_iter().filter(|watch| servers.contains(&watch.server.id));
        let known = known.filter_map(|watch| match watch.health {
            Health::Trouble { trouble } => Some(trouble),
            _ => None,
        });
        Ok(looks.into_iter().flatten().chain(known).next())
    }

    /// A board's message stands and shows this.
    ///
    /// # Errors
    /// The database failed.
    pub async fn board_shown(&self, board: BoardId, message: MessageId, shown: i64) -> Result<()> {
        let now = self.clock.now();
        self.write(move |tx| Ok(boards::shown(tx, board, message, shown, now)?)).await
    }

    /// A board's message is not there any more.
    ///
    /// # Errors
    /// The database failed.
    pub async fn board_message_gone(&self, board: BoardId, message: MessageId) -> Result<()> {
        self.write(move |tx| Ok(boards::message_gone(tx, board, message)?)).await
    }

    /// A board cannot be written. Whoever can mend it is told, once for each cause.
    ///
    /// # Errors
    /// The database failed.
    pub async fn board_stuck(&self, board: &Board, problem: Problem) -> Result<()> {
        if board.problem.as_ref() == Some(&problem) {
            return Ok(());
        }
        let now = self.clock.now();
        let board = board.clone();
        self.write(move |tx| {
            boards::stuck(tx, board.id, &problem)?;
            let group = name_of(tx, &board)?;
            let stuck = Tidings::BoardStuck { group, channel: board.channel, problem };
            Ok(tidings::add(tx, &board.guild, &stuck, board.maker, now)?)
        })
        .await
    }

    /// A board's channel was deleted: the board goes with it, and somebody is told.
    ///
    /// # Errors
    /// The database failed.
    pub async fn board_lost(&self, board: &Board) -> Result<()> {
        let now = self.clock.now();
        let board = board.clone();
        self.write(move |tx| {
            boards::remove(tx, board.id, now)?;
            if let Some(message) = board.message {
                boards::message_gone(tx, board.id, message)?;
            }
            let lost = Tidings::BoardLost { group: name_of(tx, &board)? };
            Ok(tidings::add(tx, &board.guild, &lost, board.maker, now)?)
        })
        .await
    }
}

/// A group with its members and the server it is on.
pub(super) struct Subject {
    pub(super) group: Group,
    pub(super) members: Vec<Member>,
    pub(super) server: std::result::Result<ServerId, Notice>,
}

/// Every group of a guild, or only one.
pub(super) fn subjects(conn: &store::Connection, guild: &GuildKey, only: Option<GroupId>) -> Result<Vec<Subject>> {
    let ids = match only {
        Some(group) => vec![group],
        None => groups::list(conn, guild)?.into_iter().map(|row| row.id).collect(),
    };
    let mut subjects = Vec::with_capacity(ids.len());
    for id in ids {
        let Some(group) = groups::by_id(conn, guild, id)? else { continue };
        let members = groups::members(conn, id)?;
        let server = match server_of(conn, guild, Some(&group)) {
            Ok(server) => Ok(server),
            Err(Error::Notice(notice)) => Err(*notice),
            Err(failure) => return Err(failure),
        };
        subjects.push(Subject { group, members, server });
    }
    Ok(subjects)
}

fn place(board: &Board) -> BoardPlace {
    BoardPlace { id: board.id, channel: board.channel }
}

fn name_of(conn: &store::Connection, board: &Board) -> Result<Option<String>> {
    let Some(id) = board.group else { return Ok(None) };
    if let Some(group) = groups::by_id(conn, &board.guild, id)? {
        return Ok(Some(group.name));
    }
    Ok(groups::deleted_group(conn, &board.guild, id)?.map(|(group, _)| group.name))
}

fn take_away(tx: &store::Transaction<'_>, asker: &Asker, board: &Board, now: Timestamp) -> Result<BoardRemoved> {
    boards::remove(tx, board.id, now)?;
    let name = name_of(tx, board)?;
    let change = Change::Board { group: board.group, name: name.clone(), before: Some(place(board)), after: None };
    let change = asker.record(tx, &change, now)?;
    Ok(BoardRemoved { group: name, channel: board.channel, change })
}

//! What the bot writes by itself: boards that keep themselves current, the removal of old ones, tidings.
//!
//! What stands there and what is told comes from the use cases; when, from [`super::desk`].

use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use poise::serenity_prelude as serenity;
use serde_json::{Value, json};
use serenity::Permissions;

use super::{
    components::{Press, Report},
    door::Door,
    phrases,
    post::{Post, Refusal},
    reply::{self, Message, Style, button},
    talk::{Done, NEEDED, Talk},
};
use crate::{
    app::{Boards, Due, Leftover},
    domain::{
        board::{Board, LOOKED_AT_EVERY, Problem, WRITTEN_AT_MOST_EVERY},
        ids::{BoardId, ChannelId, GuildKey, MessageId, ServerId, UserId},
        report::BoardReport,
        trouble::Trouble,
    },
    error, view,
};

/// Boards that are written at once.
const AT_ONCE: usize = 4;

/// What could not be told for so long is no news any more.
const NEWS_FOR: SignedDuration = SignedDuration::from_hours(3 * 24);

/// The pause after the database failed.
const AFTER_FAILURE: SignedDuration = SignedDuration::from_secs(30);

/// Writes what nobody asked for just now.
#[derive(Clone)]
pub struct Herald {
    pub(super) door: Arc<Door>,
    pub(super) post: Post,
}

/// Why a board was not written.
#[derive(Debug, thiserror::Error)]
pub(super) enum Stuck {
    /// Discord does not take it.
    #[error(transparent)]
    Post(#[from] Refusal),
    /// It is not known what to write.
    #[error("{0:?}")]
    App(error::Error),
}

impl From<error::Error> for Stuck {
    fn from(error: error::Error) -> Self {
        Self::App(error)
    }
}

impl Herald {
    /// Something changed on these servers: boards that show it are looked at soon.
    pub fn servers_changed(&self, servers: &[ServerId]) {
        self.door.desk.servers_changed(servers);
    }

    /// Returns once something happened that may have to be shown.
    pub async fn stirred(&self) {
        self.door.desk.bell().await;
    }

    /// Writes whatever is due. Returns when there is more to do, unless it is [`Self::stirred`] before.
    pub async fn step(&self) -> Timestamp {
        let now = self.now();
        // Commands are clickable once Discord told their ids; before that everything would be written twice.
        if self.door.ids().is_empty() {
            return now + LOOKED_AT_EVERY;
        }
        match self.write_what_is_due(now).await {
            Ok(next) => next,
            Err(error) => {
                tracing::warn!(?error, "boards could not be looked at");
                now + AFTER_FAILURE
            }
        }
    }

    fn now(&self) -> Timestamp {
        self.door.clock.now()
    }

    async fn write_what_is_due(&self, now: Timestamp) -> error::Result<Timestamp> {
        let boards = self.door.app.boards().await?;
        let due = self.door.desk.due(&boards.living, now);
        stream::iter(due).for_each_concurrent(AT_ONCE, |board| self.take_turn(board)).await;
        let mut rest_due = Timestamp::MAX;
        let tidings = self.door.desk.within_reach(self.door.app.tidings().await?, now);
        if !(boards.leftovers.is_empty() && tidings.is_empty()) {
            if self.door.desk.rest_due() <= now {
                let well = self.clear_away(&boards).await? & self.tell(tidings).await?;
                self.door.desk.rest_turned(well, now);
            }
            rest_due = self.door.desk.rest_due().max(now);
        }
        // As they were before this step: those that were written since have their turn later than that.
        let next = self.door.desk.next(&self.door.app.boards().await?.living).unwrap_or(Timestamp::MAX);
        Ok(next.min(rest_due).min(now + LOOKED_AT_EVERY))
    }

    async fn take_turn(&self, board: &Board) {
        match self.keep_current(board.id, &board.guild, false).await {
            Ok(()) => {}
            Err(Stuck::App(error)) => tracing::warn!(board = %board.id, ?error, "a board could not be looked at"),
            Err(Stuck::Post(refusal)) => {
                tracing::warn!(board = %board.id, channel = %board.channel, %refusal, "a board could not be written");
            }
        }
    }

    /// Makes the board's message show what is so now; `anew` writes it even when that is what it shows already.
    pub(super) async fn keep_current(&self, board: BoardId, guild: &GuildKey, anew: bool) -> Result<(), Stuck> {
        let turn = self.door.desk.turn(board);
        let _turn = turn.lock().await;
        let kept = self.keep_in_turn(board, guild, anew).await;
        self.door.desk.turned(board, kept.is_ok(), self.now());
        kept
    }

    async fn keep_in_turn(&self, board: BoardId, guild: &GuildKey, anew: bool) -> Result<(), Stuck> {
        // As it is now: somebody else may have written it meanwhile, or taken it away.
        let board = match self.door.app.board(guild, board).await {
            Ok(board) => board,
            Err(error::Error::Notice(_)) => return Ok(()),
            Err(failure) => return Err(failure.into()),
        };
        if board.is_shut {
            return self.shut(&board).await;
        }
        let report = self.door.app.board_report(&board).await?;
        // After a start, the last that was known stays until somebody has looked.
        if board.message.is_some() && !report.is_news() {
            return Ok(());
        }
        let message = self.message(board.id, &report);
        let shown = message.fingerprint();
        let written = match board.message {
            Some(id) if board.shown == Some(shown) && !anew => match self.still_stands(&board, id).await {
                Ok(true) => return Ok(()),
                Ok(false) => self.send(&Board { message: None, ..board.clone() }, &message).await,
                Err(refusal) => Err(refusal),
            },
            _ => self.send(&board, &message).await,
        };
        match written {
            Ok(id) => Ok(self.door.app.board_shown(board.id, id, shown).await?),
            Err(refusal) => Err(self.stuck(&board, refusal).await?.into()),
        }
    }

    /// Whether the message is still there, as far as anybody knows: while nothing changes it is looked for only now and
    /// then.
    async fn still_stands(&self, board: &Board, message: MessageId) -> Result<bool, Refusal> {
        let now = self.now();
        if !self.door.desk.is_to_be_looked_for(board, now) {
            return Ok(true);
        }
        let found = match self.post.message(board.channel, message).await {
            Ok(()) => true,
            Err(Refusal::Gone) => false,
            // To read what was written before takes a permission of its own, which boards do not need otherwise.
            Err(Refusal::Forbidden(_)) => true,
            Err(refusal) => return Err(refusal),
        };
        self.door.desk.looked_for(board.id, now);
        Ok(found)
    }

    fn message(&self, board: BoardId, report: &BoardReport) -> Message {
        let card = view::board::board(report);
        let mut pages = reply::pages(&card, &self.door.ids(), self.now());
        let further = pages.len() - 1;
        let message = Message::new(pages.swap_remove(0));
        let message = if further == 0 { message } else { message.remark(&phrases::more_pages(further)) };
        message.buttons(buttons(board, further > 0))
    }

    /// As [`Self::keep_current`], through the press of somebody on the board. One that would not change is left as it is,
    /// and one that was written just now has its turn in a moment; the presser is told. So they are of what `hindered` the
    /// look that they asked for, whatever the board shows.
    pub(super) async fn show_through(&self, talk: &Talk, board: BoardId, hindered: Option<Trouble>) -> Done {
        let turn = self.door.desk.turn(board);
        let _turn = turn.lock().await;
        // As it is now: somebody else may have pressed at the same moment.
        let board = self.door.app.board(&talk.asker().guild, board).await?;
        let Some(id) = board.message.filter(|id| talk.pressed() == Some(*id)) else {
            return Err(phrases::stale().into());
        };
        let report = self.door.app.board_report(&board).await?;
        let message = self.message(board.id, &report);
        let shown = message.fingerprint();
        let not_looked = hindered.map(|trouble| phrases::not_looked(&trouble, report.as_of()));
        if board.shown == Some(shown) || !report.is_news() {
            let nothing = if report.is_news() { phrases::nothing_new() } else { phrases::not_looked_yet() };
            return Err(not_looked.unwrap_or(nothing).into());
        }
        if board.shown_at.is_some_and(|at| self.now().duration_since(at) < WRITTEN_AT_MOST_EVERY) {
            self.door.desk.board_changed(board.id);
            return Err(not_looked.unwrap_or_else(phrases::shown_soon).into());
        }
        talk.show(&message, false).await?;
        self.door.app.board_shown(board.id, id, shown).await?;
        match not_looked {
            Some(why) => talk.whisper(&why).await,
            None => Ok(()),
        }
    }

    async fn send(&self, board: &Board, message: &Message) -> Result<MessageId, Refusal> {
        let body = message.body(false);
        if let Some(id) = board.message {
            match self.post.change(board.channel, id, &body).await {
                Ok(()) => return Ok(id),
                Err(Refusal::Gone) => {}
                Err(refusal) => return Err(refusal),
            }
        }
        // A try whose answer was lost is not repeated as a second message: nothing but a success changes this mark.
        let written = board.shown_at.map_or(0, Timestamp::as_second);
        let id = self.post.place(board.channel, &once(body.clone(), &format!("b{}:{written}", board.id))).await?;
        if self.door.desk.has_failed(board.id) {
            // It may be the message of the earlier try, which shows what was so then.
            self.post.change(board.channel, id, &body).await?;
        }
        Ok(id)
    }

    /// The bot is about to stop: each board says that it stands still from now on. What Discord does not take is left as it is;
    /// the first look after the next start writes each board anew.
    pub async fn take_leave(&self) {
        match self.door.app.boards().await {
            Ok(boards) => {
                stream::iter(&boards.living).for_each_concurrent(AT_ONCE, |board| self.leave_standing(board)).await;
            }
            Err(error) => tracing::warn!(?error, "boards could not be told that the bot stops"),
        }
    }

    async fn leave_standing(&self, board: &Board) {
        let left = async {
            let Some(id) = board.message.filter(|_| !board.is_shut) else { return Ok(()) };
            let report = self.door.app.board_report(board).await?;
            if !report.is_news() {
                return Ok(());
            }
            let message = self.message(board.id, &report).remark(&phrases::stopped(self.now()));
            self.post.change(board.channel, id, &message.body(false)).await?;
            Ok::<_, Stuck>(self.door.app.board_shown(board.id, id, message.fingerprint()).await?)
        };
        if let Err(error) = left.await {
            tracing::debug!(board = %board.id, %error, "a board was not told that the bot stops");
        }
    }

    /// Notes why a board could not be written, where somebody has to do something about it.
    async fn stuck(&self, board: &Board, refusal: Refusal) -> error::Result<Refusal> {
        match &refusal {
            Refusal::Forbidden(_) => {
                let missing = self.missing(&board.guild, board.channel).await.unwrap_or_default();
                let missing = missing.into_iter().map(str::to_owned).collect();
                self.door.app.board_stuck(board, Problem::Forbidden { missing }).await?;
            }
            Refusal::NoChannel => self.door.app.board_lost(board).await?,
            _ => {}
        }
        Ok(refusal)
    }

    /// The group was deleted: until it is back, nothing stands there.
    async fn shut(&self, board: &Board) -> Result<(), Stuck> {
        let Some(message) = board.message else { return Ok(()) };
        self.take_down(board.channel, message).await?;
        Ok(self.door.app.board_message_gone(board.id, message).await?)
    }

    /// Deletes a message, or finds that it is out of reach for good.
    async fn take_down(&self, channel: ChannelId, message: MessageId) -> Result<(), Refusal> {
        match self.post.remove(channel, message).await {
            Ok(()) | Err(Refusal::Gone | Refusal::NoChannel | Refusal::Forbidden(_)) => Ok(()),
            Err(refusal) => Err(refusal),
        }
    }

    /// Deletes the messages of boards that were taken away. Returns whether all are gone.
    async fn clear_away(&self, boards: &Boards) -> error::Result<bool> {
        let mut well = true;
        for Leftover { board, channel, message } in &boards.leftovers {
            match self.take_down(*channel, *message).await {
                Ok(()) => self.door.app.board_message_gone(*board, *message).await?,
                Err(refusal) => {
                    tracing::warn!(%channel, %refusal, "an old board could not be deleted");
                    well = false;
                }
            }
        }
        Ok(well)
    }

    /// Tells what there is to tell. Returns whether nothing is left that Discord may take soon.
    async fn tell(&self, all: Vec<Due>) -> error::Result<bool> {
        let mut well = true;
        for due in all {
            let mut pages = reply::pages(&view::tidings::card(&due.tidings), &self.door.ids(), self.now());
            let body = once(Message::new(pages.swap_remove(0)).body(false), &format!("t{}", due.id));
            let told = self.tell_somebody(&due, &body).await;
            if let Err(refusal) = &told {
                tracing::warn!(guild = %due.guild, %refusal, "tidings could not be told");
            }
            let nobody = due.channel.is_none() && due.person.is_none();
            if told.is_ok() || nobody || self.now().duration_since(due.at) > NEWS_FOR {
                self.door.app.tidings_told(due.id).await?;
                self.door.desk.told(&due);
                continue;
            }
            match told {
                // Until somebody lets the bot in again; meanwhile others are told theirs.
                Err(Refusal::Forbidden(_) | Refusal::NoChannel) => self.door.desk.out_of_reach(&due, self.now()),
                _ => well = false,
            }
        }
        Ok(well)
    }

    /// In the log channel; where there is none, or it is out of reach, to the person concerned.
    async fn tell_somebody(&self, due: &Due, body: &Value) -> Result<(), Refusal> {
        let told = match due.channel {
            Some(channel) => self.post.place(channel, body).await.map(drop),
            None => Err(Refusal::NoChannel),
        };
        match (told, due.person) {
            (Err(Refusal::Forbidden(_) | Refusal::NoChannel), Some(person)) => self.whisper(person, body).await,
            (told, _) => told,
        }
    }

    async fn whisper(&self, person: UserId, body: &Value) -> Result<(), Refusal> {
        let channel = self.post.private_channel(person).await?;
        self.post.place(channel, body).await.map(drop)
    }

    /// What the bot lacks in a channel to keep a board there, by Discord's names; none when that cannot be found out.
    pub(super) async fn missing(&self, guild: &GuildKey, channel: ChannelId) -> Option<Vec<&'static str>> {
        let held = match self.held(guild, channel).await {
            Ok(held) => held,
            // Whoever cannot see a channel is not told anything about it.
            Err(Refusal::Forbidden(_)) => return Some(vec!["View Channel"]),
            Err(refusal) => {
                tracing::debug!(%refusal, "the bot's permissions could not be read");
                return None;
            }
        };
        Some(NEEDED.iter().filter(|(needed, _)| !held.contains(*needed)).map(|(_, name)| *name).collect())
    }

    async fn held(&self, guild: &GuildKey, channel: ChannelId) -> Result<Permissions, Refusal> {
        let unknown = |what: &str| Refusal::Other(format!("{what} is not known"));
        let bot = self.door.bot().ok_or_else(|| unknown("the bot's own id"))?;
        let guild = guild.as_str().parse().map_err(|_| unknown("the guild"))?;
        let channel = self.post.channel(channel).await?.guild().ok_or_else(|| unknown("the channel's guild"))?;
        let (guild, member) = (self.post.guild(guild).await?, self.post.member(guild, bot).await?);
        Ok(guild.user_permissions_in(&channel, &member))
    }
}

/// Marks a message so that Discord makes only one of it, however often it is sent within some minutes.
fn once(mut body: Value, mark: &str) -> Value {
    if let Some(body) = body.as_object_mut() {
        body.insert("nonce".to_owned(), json!(mark));
        body.insert("enforce_nonce".to_owned(), json!(true));
    }
    body
}

/// What can be pressed on a board.
fn buttons(board: BoardId, more: bool) -> Vec<Value> {
    let mut buttons = vec![button(&Press::Refresh(Report::Board(board)).id(), "Refresh", Style::Secondary)];
    if more {
        buttons.push(button(&Press::More(board).id(), "Show all", Style::Secondary));
    }
    buttons.push(button(&Press::Off(board).id(), "Off", Style::Secondary));
    buttons
}

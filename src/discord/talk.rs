//! One interaction from its first answer to its last: what has been said already decides how the next thing is said.
//!
//! Reports are public, errors are for the asker alone. Nothing is decided about players or groups.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use jiff::{SignedDuration, Timestamp};
use poise::serenity_prelude as serenity;
use serde_json::{Value, json};
use serenity::Permissions;

use super::{
    components::{Press, Question, Report, Ticket, choice_value},
    door::Door,
    herald::Herald,
    phrases,
    post::{Post, Refusal},
    reply::{self, EPHEMERAL, Message, Style, button, switched_off},
    shelf::Claim,
};
use crate::{
    app::{App, Asker},
    domain::{
        ids::{ChannelId, MessageId},
        report::Choice,
    },
    error::Error,
    view::{
        card::{Card, Face, Menu},
        choices, notice,
    },
};

/// How long menus and confirmations wait.
pub(super) const PATIENCE: SignedDuration = SignedDuration::from_secs(60);

/// Discord takes an interaction's token for 15 minutes; a little is left for the way.
const TOKEN_HOLDS: SignedDuration = SignedDuration::from_secs(15 * 60 - 20);

/// What the bot needs in a channel to write into it by itself.
pub(super) const NEEDED: [(Permissions, &str); 3] = [
    (Permissions::VIEW_CHANNEL, "View Channel"),
    (Permissions::SEND_MESSAGES, "Send Messages"),
    (Permissions::EMBED_LINKS, "Embed Links"),
];

/// Why a talk ended badly.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// The use case says so.
    #[error("{0:?}")]
    App(Error),
    /// Discord says so.
    #[error(transparent)]
    Post(#[from] Refusal),
    /// To be said to the asker, in place of an answer.
    #[error("{:?}", .0.title)]
    Say(Box<Card>),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::App(error)
    }
}

impl From<anyhow::Error> for Trouble {
    fn from(error: anyhow::Error) -> Self {
        Self::App(error.into())
    }
}

impl From<Card> for Trouble {
    fn from(card: Card) -> Self {
        Self::Say(Box::new(card))
    }
}

/// How a step of a talk ends.
pub(super) type Done = Result<(), Trouble>;

/// Where an interaction came from.
pub(super) struct Origin {
    pub(super) id: u64,
    pub(super) token: String,
    pub(super) channel: serenity::ChannelId,
    /// What the bot may do in that channel.
    pub(super) permissions: Option<Permissions>,
    /// The message whose component was pressed.
    pub(super) message: Option<MessageId>,
    /// A Discord user id.
    pub(super) person: u64,
}

/// What has been said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Nothing.
    Fresh,
    /// That an answer will come.
    Waiting,
    /// That an answer for the asker alone will come.
    Private,
    /// That the message with the pressed component will change; whether it is worth keeping when that fails.
    Changing { keep: bool },
    /// Something.
    Said,
}

/// One interaction.
pub(super) struct Talk {
    pub(super) door: Arc<Door>,
    post: Post,
    origin: Origin,
    asker: Asker,
    started: Timestamp,
    stage: Mutex<Stage>,
    open: Mutex<Option<Ticket>>,
    /// The page of a report that is shown first.
    page: AtomicUsize,
}

impl Talk {
    pub(super) fn new(door: Arc<Door>, post: Post, origin: Origin, asker: Asker) -> Self {
        let started = door.clock.now();
        let (stage, open) = (Mutex::new(Stage::Fresh), Mutex::default());
        Self { door, post, origin, asker, started, stage, open, page: AtomicUsize::new(0) }
    }

    /// The use cases.
    pub(super) fn app(&self) -> &App {
        &self.door.app
    }

    /// Who asks.
    pub(super) fn asker(&self) -> &Asker {
        &self.asker
    }

    /// Their Discord user id.
    pub(super) fn person(&self) -> u64 {
        self.origin.person
    }

    /// The channel in which this happens, and what the bot lacks there.
    pub(super) fn channel(&self) -> (Option<ChannelId>, Vec<&'static str>) {
        (ChannelId::new(self.origin.channel.get()), self.missing())
    }

    /// The message whose component was pressed.
    pub(super) fn pressed(&self) -> Option<MessageId> {
        self.origin.message
    }

    /// Writes what is no answer.
    pub(super) fn herald(&self) -> Herald {
        Herald { door: Arc::clone(&self.door), post: self.post.clone() }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.door.clock.now()
    }

    fn stage(&self) -> Stage {
        *self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_stage(&self, stage: Stage) {
        *self.stage.lock().unwrap_or_else(PoisonError::into_inner) = stage;
    }

    async fn answer(&self, kind: u8, data: Value) -> Result<(), Refusal> {
        let body = json!({ "type": kind, "data": data });
        let sent = self.post.answer(self.origin.id, &self.origin.token, &body).await;
        if matches!(sent, Ok(()) | Err(Refusal::Over(_))) {
            self.set_stage(Stage::Said);
        }
        sent
    }

    /// Says that a public answer will come.
    pub(super) async fn later(&self) -> Done {
        self.answer(5, json!({})).await?;
        self.set_stage(Stage::Waiting);
        Ok(())
    }

    /// Says that an answer for the asker alone will come.
    pub(super) async fn later_privately(&self) -> Done {
        self.answer(5, json!({ "flags": EPHEMERAL })).await?;
        self.set_stage(Stage::Private);
        Ok(())
    }

    /// Says that the message with the pressed component will change. When that fails, the message is deleted unless it
    /// is worth keeping.
    pub(super) async fn touch(&self, keep: bool) -> Done {
        self.answer(6, json!({})).await?;
        self.set_stage(Stage::Changing { keep });
        Ok(())
    }

    /// Opens a modal with one input.
    pub(super) async fn form(&self, press: &Press, title: &str, input: Value) -> Done {
        let rows = json!([{ "type": 1, "components": [input] }]);
        Ok(self.answer(9, json!({ "custom_id": press.id(), "title": title, "components": rows })).await?)
    }

    /// Changes the message with the pressed component at once.
    pub(super) async fn turn(&self, message: &Message) -> Done {
        Ok(self.answer(7, message.body(false)).await?)
    }

    /// The first page of a card, without anything to press.
    pub(super) fn plain(&self, card: &Card) -> Message {
        Message::new(self.first_page(card))
    }

    fn first_page(&self, card: &Card) -> reply::Page {
        let mut pages = reply::pages(card, &self.door.ids(), self.now());
        pages.swap_remove(0)
    }

    /// Lets the next report begin at this page.
    pub(super) fn open_at(&self, page: usize) {
        self.page.store(page, Ordering::Relaxed);
    }

    /// A public answer that is done.
    pub(super) async fn say(&self, card: Card) -> Done {
        self.report(card, Report::Once, Vec::new()).await
    }

    /// A public answer that can be made anew, with buttons of its own.
    pub(super) async fn report(&self, card: Card, report: Report, buttons: Vec<Value>) -> Done {
        let message = self.leaf(&card, report, buttons, None, self.page.load(Ordering::Relaxed));
        self.show(&message, false).await
    }

    /// A page of a report of which each page is a card of its own; `number` is from 1. It takes the place of the page whose
    /// button was pressed, if one was. `more` stands behind what turns the pages.
    pub(super) async fn one_page(
        &self,
        card: &Card,
        report: Report,
        (number, pages): (usize, usize),
        more: Option<Value>,
    ) -> Done {
        let last = pages.saturating_sub(1);
        let turners = if last == 0 { Vec::new() } else { turners(report, 0, number.saturating_sub(1), last) };
        let page = reply::page(card, &self.door.ids(), self.now());
        let message = Message::new(page).buttons(turners.into_iter().chain(more).collect());
        match (self.stage(), self.pressed()) {
            (Stage::Fresh, Some(_)) => self.turn(&message).await,
            _ => self.show(&message, false).await,
        }
    }

    /// One leaf of a card, with what turns the pages if there are several. `stamp` is where it is kept already.
    pub(super) fn leaf(
        &self,
        card: &Card,
        report: Report,
        buttons: Vec<Value>,
        stamp: Option<u64>,
        number: usize,
    ) -> Message {
        let mut pages = reply::pages(card, &self.door.ids(), self.now());
        let last = pages.len().saturating_sub(1);
        let number = number.min(last);
        let turners = match last {
            0 => Vec::new(),
            _ => {
                let stamp =
                    stamp.unwrap_or_else(|| self.door.shelf.keep_card(&self.asker.guild, card.clone(), self.now()));
                turners(report, stamp, number, last)
            }
        };
        Message::new(pages.swap_remove(number)).buttons(buttons.into_iter().chain(turners).collect())
    }

    /// Asks which of several is meant; only the asker may answer.
    pub(super) async fn ask(&self, choice: &Choice, question: Question) -> Done {
        let menu = self.menu(choice, question)?;
        self.show(&menu, false).await
    }

    /// As [`Talk::ask`], where nobody else may see between whom.
    pub(super) async fn ask_privately(&self, choice: &Choice, question: Question) -> Done {
        let menu = self.menu(choice, question)?;
        self.show(&menu, true).await
    }

    fn menu(&self, choice: &Choice, question: Question) -> Result<Message, Trouble> {
        let mut card = choices::card(choice, Face::Discord, self.now());
        let Some(Menu { prompt, choices }) = card.menu.take() else {
            return Err(anyhow::anyhow!("a question without a menu").into());
        };
        let choices: Vec<_> = choices
            .into_iter()
            .map(|mut line| {
                line.value = choice_value(&line.value, choice.steam);
                line
            })
            .collect();
        let id = Press::Pick(self.open(), question).id();
        Ok(self.plain(&card).select(&id, prompt, &choices))
    }

    /// A ticket for a menu that is about to be shown; it expires by itself after the talk.
    pub(super) fn open(&self) -> Ticket {
        let ticket = self.door.shelf.ticket(self.person(), self.now() + PATIENCE);
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = Some(ticket);
        ticket
    }

    /// Says something to the asker alone.
    pub(super) async fn whisper(&self, card: &Card) -> Done {
        self.show_privately(&self.plain(card)).await
    }

    /// Shows something to the asker alone. After a public "thinking" that has to go first: the first follow-up after a
    /// deferral takes its place and is as public as it was, whatever its flags say
    /// (<https://github.com/discord/discord-api-docs/pull/3466>; seen 2021 and since).
    pub(super) async fn show_privately(&self, message: &Message) -> Done {
        let body = message.body(true);
        match self.stage() {
            Stage::Fresh => Ok(self.answer(4, body).await?),
            // What was meant for one is not told to all, however late.
            Stage::Private => {
                self.post.edit(&self.origin.token, &message.body(false)).await?;
                self.set_stage(Stage::Said);
                Ok(())
            }
            _ if self.is_late() => self.tell_channel(message).await,
            Stage::Waiting | Stage::Changing { keep: false } => {
                self.set_stage(Stage::Said);
                match self.post.delete(&self.origin.token).await {
                    Ok(()) | Err(Refusal::Gone) => {}
                    Err(refusal) => return Err(refusal.into()),
                }
                Ok(self.post.follow_up(&self.origin.token, &body).await?)
            }
            Stage::Changing { keep: true } | Stage::Said => Ok(self.post.follow_up(&self.origin.token, &body).await?),
        }
    }

    /// Shows the answer: in place of "thinking", in place of the pressed message, or as a message of its own.
    pub(super) async fn show(&self, message: &Message, private: bool) -> Done {
        let stage = self.stage();
        let sent = match stage {
            Stage::Fresh => self.answer(4, message.body(private)).await,
            _ if self.is_late() => return self.tell_channel(message).await,
            Stage::Waiting | Stage::Private | Stage::Changing { .. } => {
                self.post.edit(&self.origin.token, &message.body(false)).await
            }
            Stage::Said => self.post.follow_up(&self.origin.token, &message.body(private)).await,
        };
        match sent {
            Ok(()) => {}
            Err(Refusal::Expired(_)) => self.tell_channel(message).await?,
            Err(refusal) => return Err(refusal.into()),
        }
        self.set_stage(Stage::Said);
        Ok(())
    }

    /// How far a long answer has come. The answer itself is still due.
    pub(super) async fn progress(&self, card: &Card) {
        if self.is_late() {
            return;
        }
        if let Err(refusal) = self.post.edit(&self.origin.token, &self.plain(card).body(false)).await {
            tracing::debug!(%refusal, "progress could not be shown");
        }
    }

    fn is_late(&self) -> bool {
        self.now().duration_since(self.started) > TOKEN_HOLDS
    }

    /// What the bot may not do in this channel but has to, to write there.
    fn missing(&self) -> Vec<&'static str> {
        let held = self.origin.permissions.unwrap_or(Permissions::all());
        NEEDED.iter().filter(|(needed, _)| !held.contains(*needed)).map(|(_, name)| *name).collect()
    }

    async fn tell_channel(&self, message: &Message) -> Done {
        self.set_stage(Stage::Said);
        let body = message.clone().remark(&phrases::late(&self.asker.actor_name)).body(false);
        match self.post.tell(self.origin.channel, &body).await {
            Err(Refusal::Forbidden(code)) => {
                // Nobody can be told any more: the token that could has expired.
                let missing = self.missing().join(", ");
                tracing::warn!(channel = %self.origin.channel, code, missing, "a late answer could not be written");
                Ok(())
            }
            sent => Ok(sent?),
        }
    }

    /// The one end of every talk that went wrong.
    pub(super) async fn fail(&self, trouble: Trouble) {
        let card = match trouble {
            Trouble::Say(card) => *card,
            Trouble::App(Error::Notice(notice)) => notice::card(&notice, Face::Discord, self.now()),
            Trouble::App(Error::Failure(failure)) => {
                tracing::error!(reference = failure.reference(), cause = failure.chain(), "a command failed");
                notice::failure(failure.reference())
            }
            Trouble::Post(Refusal::Over(code)) => {
                tracing::info!(code, "an answer came too late or twice; nobody waits for it");
                return;
            }
            Trouble::Post(Refusal::Gone) => {
                tracing::debug!("the message was deleted before it could be changed");
                return;
            }
            Trouble::Post(Refusal::Forbidden(code)) => {
                let missing = self.missing();
                tracing::warn!(channel = %self.origin.channel, code, ?missing, "the bot lacks a permission");
                phrases::forbidden(&missing)
            }
            Trouble::Post(refusal) => {
                let failure = crate::error::Failure::new(anyhow::Error::new(refusal));
                tracing::error!(reference = failure.reference(), cause = failure.chain(), "Discord refused an answer");
                notice::failure(failure.reference())
            }
        };
        let card = Card { menu: None, ..card };
        if let Err(trouble) = self.whisper(&card).await {
            tracing::warn!(%trouble, "the user could not be told");
        }
    }

    /// Uses a menu. Others than the asker are refused, and so are second presses; a late one is closed visibly.
    pub(super) async fn claim(&self, ticket: Ticket) -> Result<bool, Trouble> {
        if ticket.asker != self.person() {
            return Err(phrases::not_yours(None).into());
        }
        match self.door.shelf.claim(ticket, self.now()) {
            Claim::Granted => Ok(true),
            Claim::Used => Err(phrases::used().into()),
            Claim::Late => {
                self.turn(&self.plain(&choices::expired())).await?;
                Ok(false)
            }
        }
    }

    /// Waits until the menu that was shown, if any, has had its time; if nobody used it, says so in its place.
    pub(super) async fn expire(&self) {
        let Some(ticket) = *self.open.lock().unwrap_or_else(PoisonError::into_inner) else { return };
        self.door.clock.sleep(PATIENCE.unsigned_abs()).await;
        // Claimed as of its last instant, so that it is neither too late nor too early to be the one who closes it.
        let last = Timestamp::from_millisecond(ticket.until.try_into().unwrap_or(i64::MAX)).unwrap_or(Timestamp::MAX);
        if self.door.shelf.claim(ticket, last) != Claim::Granted {
            return;
        }
        let closed = self.plain(&choices::expired()).body(false);
        if let Err(refusal) = self.post.edit(&self.origin.token, &closed).await {
            tracing::debug!(%refusal, "an unused menu could not be closed");
        }
    }
}

/// `[‹] [1/2] [›]`
fn turners(report: Report, stamp: u64, number: usize, last: usize) -> Vec<Value> {
    let turner = |text, to: Option<usize>| match to {
        Some(page) => button(&Press::Page { report, stamp, page }.id(), text, Style::Secondary),
        // Ids differ within a message, so that a button without a target has the page beyond the end.
        None => switched_off(button(&Press::Page { report, stamp, page: last + 1 }.id(), text, Style::Secondary)),
    };
    vec![
        turner("‹", number.checked_sub(1)),
        switched_off(button(&Press::PageNumber.id(), &format!("{}/{}", number + 1, last + 1), Style::Secondary)),
        turner("›", (number < last).then_some(number + 1)),
    ]
}

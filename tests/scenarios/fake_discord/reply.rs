//! What comes back: an interaction on its way, and the reply as the person who caused it sees it.
//!
//! Nothing is done from here; people act in `user`.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::reading::{OnScreen, SeenMessage, render_modal};
use super::rules::LOADING;
use super::world::{InteractionRecord, Shared, Snowflake, World};

/// An interaction that is on its way.
#[derive(Clone)]
pub struct Pending {
    pub(super) shared: Arc<Shared>,
    pub(super) interaction: Snowflake,
    pub(super) refused: Option<String>,
}

impl Pending {
    pub(super) fn look<T>(&self, at: impl FnOnce(&InteractionRecord) -> T) -> Option<T> {
        self.shared.look(|world| world.interactions.get(&self.interaction).map(at))
    }

    /// Waits for the first answer and tells how long it took; `None` when it did not come in time.
    pub async fn first_answer(&self) -> Option<Duration> {
        let left = self.shared.look(|world| {
            let record = world.interactions.get(&self.interaction)?;
            Some(world.settings.first_answer_within.saturating_sub(record.dispatched.elapsed()))
        })?;
        let answered = |world: &World| world.interactions[&self.interaction].first.map(|first| first.took);
        if let Some(took) = self.shared.until(left, answered).await {
            return Some(took);
        }
        self.shared.change(|world| {
            let record = world.interactions.get_mut(&self.interaction).expect("interactions stay known");
            record.gave_up = record.first.is_none();
            record.first.map(|first| first.took)
        })
    }

    /// Waits until nothing more has to come: for a deferred answer, until it is filled. Gives up after the story's
    /// patience, and the reply shows what is there then.
    pub async fn final_answer(self) -> Reply {
        if let Some(why) = &self.refused {
            let state = State::NotOffered(why.clone());
            return Reply { pending: self, state, first: None };
        }
        let Some(took) = self.first_answer().await else {
            return Reply { pending: self, state: State::Failed, first: None };
        };
        let patience = self.shared.look(|world| world.settings.patience);
        self.shared.until(patience, |world| is_final(world, self.interaction).then_some(())).await;
        let kind = self.look(|record| record.first.map_or(0, |first| first.kind)).unwrap_or(0);
        let state = self.state(kind);
        Reply { pending: self, state, first: Some((kind, took)) }
    }

    fn state(&self, kind: u64) -> State {
        if kind == 9 {
            return State::Modal(self.look(|record| record.modal.clone()).flatten().unwrap_or_default());
        }
        let shown =
            self.look(|record| record.original.or(record.source).filter(|_| kind != 6 || record.acted)).flatten();
        match shown {
            None => State::Acknowledged,
            Some(id) => SeenMessage::look(&self.shared, id).map_or(State::Deleted, State::Message),
        }
    }
}

fn is_final(world: &World, interaction: Snowflake) -> bool {
    let record = &world.interactions[&interaction];
    match record.first.map(|first| first.kind) {
        None => false,
        Some(5) => record
            .original
            .and_then(|id| world.message(id))
            .is_none_or(|message| message.json["flags"].as_u64().unwrap_or(0) & LOADING == 0),
        Some(6) => record.acted,
        Some(_) => true,
    }
}

#[derive(Clone)]
enum State {
    NotOffered(String),
    Failed,
    Acknowledged,
    Deleted,
    Message(SeenMessage),
    Modal(Value),
}

/// What came of an interaction, as the person who caused it sees it.
#[derive(Clone)]
pub struct Reply {
    pub(super) pending: Pending,
    state: State,
    /// Callback type and time of the first answer.
    first: Option<(u64, Duration)>,
}

impl OnScreen for Reply {
    fn message_id(&self) -> Snowflake {
        self.message().id()
    }
}

impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text())
    }
}

impl Reply {
    /// What is on the screen, as text for snapshots; see `SeenMessage::text`.
    pub fn text(&self) -> String {
        match &self.state {
            State::NotOffered(why) => format!("({why})"),
            State::Failed => "The application did not respond".into(),
            State::Acknowledged => "(acknowledged, nothing changed)".into(),
            State::Deleted => "(the answer was deleted)".into(),
            State::Message(message) => message.text(),
            State::Modal(modal) => render_modal(modal),
        }
    }

    /// The message that answers; for a button that changed its own message, that message.
    ///
    /// # Panics
    ///
    /// When the answer is no message.
    pub fn message(&self) -> &SeenMessage {
        match &self.state {
            State::Message(message) => message,
            _ => panic!("there is no message but\n{}", self.text()),
        }
    }

    /// The modal that opened.
    pub fn modal(&self) -> Option<&Value> {
        match &self.state {
            State::Modal(modal) => Some(modal),
            _ => None,
        }
    }

    /// "The application did not respond".
    pub fn failed(&self) -> bool {
        matches!(self.state, State::Failed)
    }

    /// Whether Discord did not even offer the command to this person.
    pub fn was_not_offered(&self) -> bool {
        matches!(self.state, State::NotOffered(_))
    }

    /// Whether only the asker sees it. A modal always is; so are failures.
    pub fn is_ephemeral(&self) -> bool {
        match &self.state {
            State::Message(message) => message.is_ephemeral(),
            _ => true,
        }
    }

    /// Whether the bot first said that it needs a while.
    pub fn was_deferred(&self) -> bool {
        matches!(self.first, Some((5 | 6, _)))
    }

    /// The real time until the first answer, which Discord wants within 3 seconds.
    ///
    /// # Panics
    ///
    /// When there was none.
    pub fn first_answer_took(&self) -> Duration {
        self.first.unwrap_or_else(|| panic!("no answer came: {}", self.text())).1
    }

    /// Further messages that the bot sent to this interaction so far and that this person sees.
    pub fn followups(&self) -> Vec<SeenMessage> {
        let ids = self.pending.look(|record| record.followups.clone()).unwrap_or_default();
        ids.into_iter().filter_map(|id| SeenMessage::look(&self.pending.shared, id)).collect()
    }

    /// The labels of the buttons that can be pressed.
    pub fn buttons(&self) -> Vec<String> {
        self.message().buttons()
    }

    /// The answer as it is now.
    ///
    /// # Panics
    ///
    /// When it was deleted or never was a message.
    pub fn latest(&self) -> SeenMessage {
        self.message().latest().expect("the answer was deleted")
    }
}

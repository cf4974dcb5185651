//! Whether the database can be used, as its last uses have shown, and how much room is left for it.
//!
//! What a person reads of it is worded elsewhere; what the watch does meanwhile is its own affair.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::App;
use crate::{
    domain::{
        notice::{Notice, Storage},
        report::StorageTrouble,
    },
    error::{Error, Result},
    store::{self, LITTLE_ROOM, Transaction},
};

/// After so long without a failure a disk that takes something is mended. Before, it may be that a little still fits.
const MENDED_AFTER: SignedDuration = SignedDuration::from_mins(3);

/// What is known of it.
#[derive(Default)]
pub(super) struct Condition(Mutex<Option<Failing>>);

#[derive(Clone, Copy)]
struct Failing {
    trouble: StorageTrouble,
    last: Timestamp,
}

impl Condition {
    fn state(&self) -> MutexGuard<'_, Option<Failing>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what an attempt to read or write showed, and makes a notice of what a person can mend.
    pub(super) fn note(&self, error: Error, now: Timestamp) -> Error {
        let problem = match &error {
            Error::Failure(failure) => store::problem(failure.cause()),
            Error::Notice(_) => None,
        };
        let Some(problem) = problem else { return error };
        if problem == Storage::Busy {
            return Notice::Storage { problem }.into();
        }
        let mut state = self.state();
        let known = state.map(|failing| failing.trouble);
        // What is damaged stays so, whatever else happens.
        let holds = known.filter(|known| known.problem == problem || known.problem == Storage::Corrupt);
        *state = Some(Failing { trouble: holds.unwrap_or(StorageTrouble { problem, since: now }), last: now });
        Notice::Storage { problem }.into()
    }

    /// Something was written.
    pub(super) fn written(&self, now: Timestamp) {
        let mut state = self.state();
        let mended = |failing: &Failing| now.duration_since(failing.last).abs() >= MENDED_AFTER;
        *state = state.filter(|failing| failing.trouble.problem == Storage::Corrupt || !mended(failing));
    }
}

impl App {
    /// Why the database cannot be used, as its last use showed.
    pub fn storage_trouble(&self) -> Option<StorageTrouble> {
        self.storage.state().map(|failing| failing.trouble)
    }

    /// Bytes free on the disk of the database, when they are few.
    pub fn little_room(&self) -> Option<u64> {
        store::room(self.store.path()).filter(|free| *free < LITTLE_ROOM)
    }

    /// Keeps what came to light on the way to an answer. That it cannot be kept withholds no answer: it is told by
    /// [`App::storage_trouble`]. Returns whether it was kept.
    pub(super) async fn keep_by_the_way(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> Result<()> + Send + 'static,
    ) -> Result<bool> {
        kept(self.write(change).await)
    }
}

/// Whether something was kept; a disk that takes nothing is no error here.
pub(super) fn kept(written: Result<()>) -> Result<bool> {
    match written {
        Ok(()) => Ok(true),
        Err(Error::Notice(notice)) if matches!(*notice, Notice::Storage { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

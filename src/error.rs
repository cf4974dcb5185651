//! The two ways a use case can end badly: a [`Notice`], which a user may read and act on, and a [`Failure`], which is
//! shown as a reference and logged whole, once.
//!
//! Only the carrying; what a notice can say is in [`crate::domain::notice`].

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
};

use crate::domain::{notice::Notice, trouble::Trouble};

/// The end of a use case that did not work.
#[derive(Debug)]
pub enum Error {
    /// For the user.
    Notice(Box<Notice>),
    /// For the log.
    Failure(Failure),
}

/// What a use case returns.
pub type Result<T> = std::result::Result<T, Error>;

impl From<Notice> for Error {
    fn from(notice: Notice) -> Self {
        Self::Notice(Box::new(notice))
    }
}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Self {
        Notice::Outside { trouble }.into()
    }
}

impl From<anyhow::Error> for Error {
    fn from(cause: anyhow::Error) -> Self {
        Self::Failure(Failure::new(cause))
    }
}

/// Something that should not happen. Users see [`Failure::reference`]; the chain goes to the log.
pub struct Failure {
    reference: String,
    cause: anyhow::Error,
}

impl Failure {
    /// Wraps the chain of causes.
    pub fn new(cause: anyhow::Error) -> Self {
        let reference = format!("{:06X}", RandomState::new().hash_one(()) & 0xFF_FFFF);
        Self { reference, cause }
    }

    /// Six letters that stand in the answer and in the log line, so that the one leads to the other.
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// What was wrong.
    pub fn cause(&self) -> &anyhow::Error {
        &self.cause
    }

    /// What was wrong, to be told by somebody else.
    pub fn into_cause(self) -> anyhow::Error {
        self.cause
    }

    /// The chain of causes, for the log: one line.
    pub fn chain(&self) -> String {
        format!("{:#}", self.cause)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Failure({:#})", self.cause)
    }
}

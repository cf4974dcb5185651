//! Builds every room once, starts what runs in the background, waits for the end, joins.
//!
//! The only room that names all others. No rules: what is decided is decided further in.

use std::{io, path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use jiff::SignedDuration;
use tokio::runtime::{Builder, Runtime};
use url::Url;

use crate::{
    app::{App, Asker},
    cli::{
        act::Exit,
        args::{Arguments, Command},
        prompt::{self, Movable},
        terminal::Terminal,
        tour,
    },
    clock::{Clock, MovableClock, SystemClock},
    config::{self, Config, ConfigError},
    remote::{BattleMetrics, Options, Steam},
    sim::{START, Sim, SimOptions},
    store::{OpenError, Store},
};

/// The demo's world is always the same one.
const DEMO_SEED: u64 = 7;

/// Long enough to be seen, short enough for a tour.
const DEMO_LATENCY: Duration = Duration::from_millis(20);

/// Why nothing could be started.
#[derive(Debug, thiserror::Error)]
enum StartError {
    #[error("{0}")]
    Config(#[from] ConfigError),
    #[error("{0}")]
    Open(#[from] OpenError),
    #[error("{0:#}")]
    Other(#[from] anyhow::Error),
}

impl From<io::Error> for StartError {
    fn from(cause: io::Error) -> Self {
        Self::Other(cause.into())
    }
}

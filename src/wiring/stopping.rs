//! How work ends when somebody asks for it: Ctrl-C, or SIGTERM.
//!
//! What is left behind then is the work's own affair: it is asked to stop, or dropped.

use std::{
    io,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::runtime::Runtime;

use crate::cli::{act::Exit, prompt::Work};

/// Waits for `work`. What leaves something behind when it is cut off has a flag to be asked by; it is let come to its end
/// after Ctrl-C or SIGTERM. All else simply ends with the process.
pub(super) async fn stoppable<T>(work: impl Future<Output = T>, stop: Option<Arc<AtomicBool>>) -> io::Result<T> {
    let Some(stop) = stop else { return Ok(work.await) };
    let asked = signals()?;
    let mut work = pin!(work);
    tokio::select! {
        done = &mut work => return Ok(done),
        () = asked => stop.store(true, Ordering::Relaxed),
    }
    Ok(work.await)
}

/// Does one line of the prompt. Ctrl-C ends the work and not the prompt: what would leave something behind is let come to
/// its end, all else is dropped, for nothing is kept of it unless all of it is.
pub(super) fn interruptible(
    runtime: &Runtime,
    stop: &AtomicBool,
    tidy: bool,
    mut work: Work<'_>,
) -> io::Result<Option<Exit>> {
    stop.store(false, Ordering::Relaxed);
    runtime.block_on(async {
        tokio::select! {
            // Listens before the work begins.
            biased;
            heard = tokio::signal::ctrl_c() => heard?,
            done = &mut work => return done,
        }
        stop.store(true, Ordering::Relaxed);
        if tidy { work.await } else { Err(io::ErrorKind::Interrupted.into()) }
    })
}

/// Returns a future that ends with the first request to stop.
#[cfg(unix)]
pub(super) fn signals() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => tracing::info!("stopping: interrupted"),
            _ = terminate.recv() => tracing::info!("stopping: asked to end"),
        }
    })
}

/// Returns a future that ends with the first request to stop.
#[cfg(not(unix))]
pub(super) fn signals() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        match tokio::signal::ctrl_c().await {
            Ok(()) => tracing::info!("stopping: interrupted"),
            Err(error) => tracing::error!(%error, "nobody can ask this process to end"),
        }
    })
}

//! What asks a process to end: Ctrl-C, and on Unix SIGTERM.

use std::io;
#[cfg(unix)]
use std::{future::poll_fn, task::Poll};

#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};

/// Waits until the process is asked to end, by Ctrl-C or SIGTERM; from the first call on neither ends it by itself.
///
/// # Errors
/// If the process cannot listen for it.
#[cfg(unix)]
pub async fn asked_to_end() -> io::Result<()> {
    let mut asked = [signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?];
    poll_fn(|cx| {
        let is_asked = asked.iter_mut().any(|signal| signal.poll_recv(cx).is_ready());
        if is_asked { Poll::Ready(Ok(())) } else { Poll::Pending }
    })
    .await
}

/// Waits until the process is asked to end, by Ctrl-C; from the first call on that does not end it by itself.
///
/// # Errors
/// If the process cannot listen for it.
#[cfg(not(unix))]
pub async fn asked_to_end() -> io::Result<()> {
    tokio::signal::ctrl_c().await
}

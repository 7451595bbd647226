//! What asks a process to end: Ctrl-C, and on Unix SIGTERM.

use std::io;

use async_signal::{Signal, Signals};
use futures_util::StreamExt;

#[cfg(unix)]
const ASKING: &[Signal] = &[Signal::Int, Signal::Term];
#[cfg(not(unix))]
const ASKING: &[Signal] = &[Signal::Int];

/// Waits until the process is asked to end, by Ctrl-C or on Unix by SIGTERM; from the first call on neither ends it by itself.
///
/// # Errors
/// If the process cannot listen for it.
pub async fn asked_to_end() -> io::Result<()> {
    let asked = Signals::new(ASKING)?.next().await;
    asked.map_or_else(|| Err(io::ErrorKind::UnexpectedEof.into()), |asked| asked.map(drop))
}

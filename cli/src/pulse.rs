//! A pulse for the main loop, the same under every runtime: a beat ten times a second, and Ctrl-C.

use std::thread;
use std::time::Duration;

use anyhow::Context;
use async_channel::Receiver;

/// What the main loop hears besides events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pulse {
    /// A tenth of a second passed.
    Beat,
    /// The user wants to end.
    Interrupt,
}

/// Starts the pulse.
pub(crate) fn start() -> anyhow::Result<Receiver<Pulse>> {
    let (sender, receiver) = async_channel::bounded(16);
    let interrupt = sender.clone();
    let interrupt = move || {
        // A full channel is read soon, and the user can press again.
        let _ = interrupt.try_send(Pulse::Interrupt);
    };
    ctrlc::set_handler(interrupt).context("cannot listen for Ctrl-C")?;
    let beat = move || {
        while !sender.is_closed() {
            thread::sleep(Duration::from_millis(100));
            // A full channel has beats enough.
            let _ = sender.try_send(Pulse::Beat);
        }
    };
    thread::Builder::new().name("pulse".to_owned()).spawn(beat).context("cannot start a thread")?;
    Ok(receiver)
}

//! A consumer that takes nothing, and when to warn of it; and of a disk that does not write.

use std::task::{Context, Poll};
use std::time::Duration;

use gatewright_core::Instant;

use crate::clock::{self, Timer};
use crate::stored::PATIENCE;
use crate::trace::{Teller, tell};

/// A consumer that takes nothing.
pub(crate) struct Stall {
    timer: Timer,
    /// After how long to warn, if at all.
    patience: Option<Duration>,
    since: Option<Instant>,
    /// After how long the next warning is due.
    next: Duration,
}

impl Stall {
    pub(crate) fn new(patience: Duration) -> Self {
        let patience = Some(patience).filter(|patience| !patience.is_zero());
        Self { timer: Timer::default(), patience, since: None, next: Duration::ZERO }
    }

    /// Waits until a warning is due.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(patience) = self.patience else { return Poll::Pending };
        if self.since.is_none() {
            (self.since, self.next) = (Some(clock::now()), patience);
        }
        let at = self.since.unwrap_or_default().saturating_add(self.next);
        self.timer.reach(cx, at)
    }

    pub(crate) const fn is_over(&mut self) {
        self.since = None;
    }

    pub(crate) fn warn(&mut self, teller: &Teller, waiting: usize) {
        let millis = self.next.as_millis();
        tell!(warn, teller, "the consumer has not polled for {millis} ms, {waiting} events wait");
        self.next = self.next.saturating_mul(2);
    }
}

/// Warns of a disk that did not store the begin of a session in time.
pub(crate) fn warn_of_disk(teller: &Teller) {
    let seconds = PATIENCE.as_secs();
    tell!(
        warn,
        teller,
        "the session is not stored within {seconds} s: after a crash events may come twice, or be lost"
    );
}

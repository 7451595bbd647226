//! The only place that reads a clock: the core's instants, and a timer that waits for them.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

/// The longest sleep: waking up early is harmless, and no sum overflows.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Returns the time since the first call in this process: shards that share a gate share a clock.
#[expect(clippy::disallowed_methods, reason = "this is the clock file")]
pub(crate) fn now() -> gatewright_core::Instant {
    static EPOCH: OnceLock<Instant> = OnceLock::new();
    gatewright_core::Instant::since_epoch(EPOCH.get_or_init(Instant::now).elapsed())
}

/// A timer that is set anew only when it has to wake up earlier.
#[derive(Debug, Default)]
pub(crate) struct Timer {
    sleep: Option<smol::Timer>,
    until: Option<gatewright_core::Instant>,
}

impl Timer {
    /// Waits until an instant, or wakes up early.
    pub(crate) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        until: gatewright_core::Instant,
    ) -> Poll<()> {
        let span = || until.saturating_since(now()).min(LONGEST);
        let sleep = self.sleep.get_or_insert_with(|| smol::Timer::after(span()));
        // Put off, it might never come: a wait may be given up and begun anew all the time.
        if self.until.is_none_or(|armed| until < armed) {
            sleep.set_after(span());
            self.until = Some(until);
        }
        ready!(Pin::new(sleep).poll(cx));
        self.until = None;
        Poll::Ready(())
    }
    /// Waits until an instant, and not less.
    pub(crate) fn reach(
        &mut self,
        cx: &mut Context<'_>,
        until: gatewright_core::Instant,
    ) -> Poll<()> {
        while now() < until {
            // One that was set for something else wakes up early.
            ready!(self.poll(cx, until));
        }
        Poll::Ready(())
    }
}

/// Waits until an instant.
pub(crate) async fn sleep_until(until: gatewright_core::Instant) {
    let mut timer = Timer::default();
    poll_fn(|cx| timer.reach(cx, until)).await;
}

//! The only place that reads a clock.

use gatewright_core::Instant;

/// Tells the time since it was made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock(std::time::Instant);

impl Clock {
    #[expect(
        clippy::disallowed_methods,
        reason = "time enters the loopback server here and nowhere else"
    )]
    pub(super) fn start() -> Self {
        Self(std::time::Instant::now())
    }

    pub(super) fn now(self) -> Instant {
        Instant::since_epoch(self.0.elapsed())
    }
}

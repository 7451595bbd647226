//! A number for each state, and for each cause.

use crate::{Cause, Phase};

/// Something for each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PerPhase<T>(pub(super) [T; 9]);

impl PerPhase<()> {
    /// How many states there are.
    pub(super) const LEN: usize = Phase::ALL.len();
}

impl<T: Copy> PerPhase<T> {
    /// Returns that of a state.
    #[must_use]
    pub fn get(&self, phase: Phase) -> T {
        let [resting, dialing, greeting, asking, identifying, resuming, live, closing, stopped] =
            self.0;
        match phase {
            Phase::Resting => resting,
            Phase::Dialing => dialing,
            Phase::Greeting => greeting,
            Phase::Asking => asking,
            Phase::Identifying => identifying,
            Phase::Resuming => resuming,
            Phase::Live => live,
            Phase::Closing => closing,
            Phase::Stopped => stopped,
        }
    }

    /// Returns each state with its own, in the order of a life.
    pub fn iter(&self) -> impl Iterator<Item = (Phase, T)> + '_ {
        Phase::ALL.into_iter().zip(self.0)
    }

    pub(super) fn change(&mut self, phase: Phase, change: impl FnOnce(T) -> T) {
        if let Some(own) = self.0.get_mut(phase as usize) {
            *own = change(*own);
        }
    }

    pub(super) fn add(&mut self, other: &Self, add: impl Fn(T, T) -> T) {
        self.0.iter_mut().zip(other.0).for_each(|(sum, more)| *sum = add(*sum, more));
    }
}

/// How often each cause was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PerCause([u64; Cause::ALL.len()]);

impl PerCause {
    pub(super) const NONE: Self = Self([0; Cause::ALL.len()]);

    /// Returns how often this one was.
    #[must_use]
    pub fn get(&self, cause: Cause) -> u64 {
        self.0.get(cause as usize).copied().unwrap_or_default()
    }

    /// Returns how often all of them were together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().fold(0, |sum, times| sum.saturating_add(*times))
    }

    /// Returns each cause and how often it was, in the order of [`Cause::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (Cause, u64)> + '_ {
        Cause::ALL.into_iter().zip(self.0)
    }

    pub(super) fn count(&mut self, cause: Cause) {
        if let Some(times) = self.0.get_mut(cause as usize) {
            *times = times.saturating_add(1);
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(sum, more)| *sum = sum.saturating_add(more));
    }
}

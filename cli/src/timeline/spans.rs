//! The states of a session over time, of which there are never many: short ones become one.

use gatewright_core::Phase;

/// The most spans kept; when there are more, short ones that touch become one.
const MOST: usize = 4096;
/// Into how many stretches the time is divided to tell what is short.
const STRETCHES: u64 = 1024;

/// A set of phases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Phases(u16);

impl Phases {
    /// Every phase, in the order of a session.
    pub(crate) const ALL: [Phase; 9] = [
        Phase::Resting,
        Phase::Dialing,
        Phase::Greeting,
        Phase::Asking,
        Phase::Identifying,
        Phase::Resuming,
        Phase::Live,
        Phase::Closing,
        Phase::Stopped,
    ];

    pub(crate) fn of(phase: Phase) -> Self {
        Self(
            Self::ALL
                .iter()
                .zip(0..)
                .filter(|(each, _)| **each == phase)
                .map(|(_, bit)| 1 << bit)
                .sum(),
        )
    }

    pub(crate) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Phase> {
        let bits = Self::ALL.iter().zip(0..);
        bits.filter(move |(_, bit)| self.0 & 1 << bit != 0).map(|(phase, _)| *phase)
    }

    /// Returns the phase if it is one.
    pub(crate) fn single(self) -> Option<Phase> {
        let mut phases = self.iter();
        phases.next().filter(|_| phases.next().is_none())
    }
}

/// A stretch of time in one phase, or in several for a short time each; in microseconds from the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) phases: Phases,
}

impl Span {
    const fn length(&self) -> u64 {
        self.to.saturating_sub(self.from)
    }
}

/// The phases over time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spans(Vec<Span>);

impl Spans {
    /// Hears the phase at a time.
    pub(crate) fn hear(&mut self, at: u64, phase: Phase) {
        let phases = Phases::of(phase);
        if let Some(last) = self.0.last_mut() {
            last.to = at;
            if last.phases == phases {
                return;
            }
        }
        self.0.push(Span { from: at, to: at, phases });
        if self.0.len() > MOST {
            self.0 = self.folded((at / STRETCHES).max(1));
        }
    }

    /// Returns the spans, of which those shorter than a grain that touch are one.
    pub(crate) fn folded(&self, grain: u64) -> Vec<Span> {
        let mut folded: Vec<Span> = Vec::new();
        for span in &self.0 {
            match folded.last_mut() {
                Some(last) if span.length() < grain && last.length() < grain => {
                    last.to = span.to;
                    last.phases = last.phases.with(span.phases);
                }
                _ => folded.push(*span),
            }
        }
        folded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_goes_on_until_the_next_one() {
        let mut spans = Spans::default();
        for (at, phase) in
            [(0, Phase::Dialing), (5, Phase::Dialing), (9, Phase::Live), (20, Phase::Live)]
        {
            spans.hear(at, phase);
        }
        let told: Vec<_> =
            spans.folded(0).iter().map(|span| (span.from, span.to, span.phases.single())).collect();
        assert_eq!(told, [(0, 9, Some(Phase::Dialing)), (9, 20, Some(Phase::Live))]);
    }

    #[test]
    fn short_ones_become_one_and_long_ones_stay() {
        let mut spans = Spans::default();
        for (at, phase) in
            [(0, Phase::Dialing), (1, Phase::Greeting), (2, Phase::Live), (99, Phase::Closing)]
        {
            spans.hear(at, phase);
        }
        let folded = spans.folded(10);
        assert_eq!(folded.len(), 3);
        let first: Vec<_> = folded.first().unwrap().phases.iter().collect();
        assert_eq!(first, [Phase::Dialing, Phase::Greeting]);
        assert_eq!(folded.first().unwrap().phases.single(), None);
    }

    #[test]
    fn they_stay_few_and_without_holes() {
        let mut spans = Spans::default();
        for at in 0..1_000_000 {
            spans.hear(at, if at % 2 == 0 { Phase::Resting } else { Phase::Dialing });
        }
        assert!(spans.0.len() <= MOST);
        let folded = spans.folded(1_000);
        assert!(folded.windows(2).all(|pair| pair[0].to == pair[1].from));
        assert_eq!((folded.first().unwrap().from, folded.last().unwrap().to), (0, 999_999));
    }
}

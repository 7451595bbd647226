//! The gate all shards of a process pass before they dial: sans-I/O, some dials at once, Resumes first.
//!
//! After an outage all shards of a bot want to connect at once, and when it starts, all want to identify; so many TLS
//! handshakes starve a process, and so many connections that wait for their turn to identify are of no use. A shard
//! that asks waits for its turn; shards that resume come first, in the order of asking, since sessions end
//! unless they are resumed, and the others by their ids, so that the buckets of
//! [`IdentifyGate`](crate::IdentifyGate) fill up evenly.

use core::time::Duration;

use crate::lease::Lease;
use crate::{GateFull, GateOutput, Instant, Link, Purpose};

/// How many dials there are at once, unless another number is given.
const AT_ONCE: usize = 16;
/// How many shards, for each that may identify at once, may be on their way to it.
const AHEAD: usize = 2;
/// The least of such shards: one that is slow to connect does not hold the next ones up.
const LEAST_AHEAD: usize = 4;
/// How long a shard may be on its way before others go by; dials end by themselves before that.
const PATIENCE: Duration = Duration::from_secs(60);

/// One shard in the memory of the gate.
#[derive(Clone, Copy, Debug)]
pub struct DialPlace(Option<Ask>);

impl DialPlace {
    /// A place of no shard.
    pub const EMPTY: Self = Self(None);
}

#[derive(Clone, Copy, Debug)]
struct Ask {
    shard: u32,
    link: Link,
    purpose: Purpose,
    turn: u64,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Waiting,
    /// It dials since then.
    Dialing(Instant),
    /// It is connected since then, and has not identified.
    Up(Instant),
}

/// Lets the shards of a process dial, some at once.
///
/// ```
/// # #[cfg(feature = "alloc")] {
/// use gatewright_core::{DialGate, GateOutput, Instant, Link, Purpose};
///
/// let (now, link) = (Instant::ZERO, Link(1));
/// // For 100 shards of which one may identify at a time: four are on their way to it.
/// let mut gate = DialGate::heap(1, 100);
/// for shard in (0..100).rev() {
///     gate.ask(now, shard, link, Purpose::Identify)?;
/// }
/// for next in 0..4 {
///     assert!(matches!(gate.poll_output(), GateOutput::Grant { shard, .. } if shard == next));
/// }
/// assert!(matches!(gate.poll_output(), GateOutput::Wait(_)));
/// gate.dialed(now, 0, link, true);
/// gate.done(now, 0); // its Identify is out
/// assert!(matches!(gate.poll_output(), GateOutput::Grant { shard: 4, .. }));
/// # }
/// # Ok::<(), gatewright_core::GateFull>(())
/// ```
#[derive(Debug)]
pub struct DialGate<'m> {
    places: Lease<'m, [DialPlace]>,
    at_once: usize,
    ahead: usize,
    now: Instant,
    next_turn: u64,
}

impl<'m> DialGate<'m> {
    /// Creates a gate in lent memory, with a place for each shard; `max_concurrency` shards may identify at once.
    #[must_use]
    pub fn lent(max_concurrency: usize, places: &'m mut [DialPlace]) -> Self {
        places.fill(DialPlace::EMPTY);
        Self::on(max_concurrency, Lease::Lent(places))
    }

    /// Creates a gate on the heap for up to `shards` shards, of which `max_concurrency` may identify at once.
    #[cfg(feature = "alloc")]
    #[must_use]
    pub fn heap(max_concurrency: usize, shards: usize) -> Self {
        let places = alloc::vec![DialPlace::EMPTY; shards].into_boxed_slice();
        Self::on(max_concurrency, Lease::Owned(places))
    }

    fn on(max_concurrency: usize, places: Lease<'m, [DialPlace]>) -> Self {
        let ahead = max_concurrency.saturating_mul(AHEAD).max(LEAST_AHEAD);
        Self { places, at_once: AT_ONCE, ahead, now: Instant::ZERO, next_turn: 0 }
    }

    /// Sets how many dials there may be at once, 16 unless set, at least one.
    #[must_use]
    pub fn with_at_once(mut self, dials: usize) -> Self {
        self.at_once = dials.max(1);
        self
    }

    /// Hears [`Output::Connect`](crate::Output::Connect); what the shard asked before is forgotten.
    ///
    /// # Errors
    /// [`GateFull`] if there is no place for another shard.
    pub fn ask(
        &mut self,
        now: Instant,
        shard: u32,
        link: Link,
        purpose: Purpose,
    ) -> Result<(), GateFull> {
        self.hear(now);
        self.forget(shard);
        let turn = self.next_turn;
        let free = self.places.iter_mut().find(|place| place.0.is_none()).ok_or(GateFull)?;
        free.0 = Some(Ask { shard, link, purpose, turn, state: State::Waiting });
        self.next_turn += 1;
        Ok(())
    }

    /// Hears that a dial is over, and whether the connection is up.
    pub fn dialed(&mut self, now: Instant, shard: u32, link: Link, up: bool) {
        self.hear(now);
        let now = self.now;
        let mut dials = self
            .places
            .iter_mut()
            .filter(|place| place.0.is_some_and(|ask| (ask.shard, ask.link) == (shard, link)));
        let Some(DialPlace(place)) = dials.next() else { return };
        let identifies = place.is_some_and(|ask| ask.purpose == Purpose::Identify);
        match place {
            Some(ask) if up && identifies => ask.state = State::Up(now),
            _ => *place = None,
        }
    }

    /// Hears that a shard wants nothing more: its Identify is out, or it is over.
    pub fn done(&mut self, now: Instant, shard: u32) {
        self.hear(now);
        self.forget(shard);
    }

    /// Hears that time passed.
    pub fn tick(&mut self, now: Instant) {
        self.hear(now);
    }

    /// Takes the next grant: the shard is to dial. After each call of another method, until [`GateOutput::Wait`].
    ///
    /// A grant is used until [`dialed`](Self::dialed) or [`done`](Self::done) says otherwise, at most for a minute.
    pub fn poll_output(&mut self) -> GateOutput {
        let (mut dialing, mut ahead, mut wait) = (0, 0, Instant::MAX);
        let now = self.now;
        for ask in self.places.iter_mut().filter_map(|place| place.0.as_ref()) {
            let (State::Dialing(since) | State::Up(since)) = ask.state else { continue };
            let until = since.saturating_add(PATIENCE);
            if until <= now {
                continue;
            }
            wait = wait.min(until);
            dialing += usize::from(matches!(ask.state, State::Dialing(_)));
            ahead += usize::from(ask.purpose == Purpose::Identify);
        }
        let room = ahead < self.ahead;
        let next = self.places.iter_mut().filter_map(|place| place.0.as_mut());
        let next = next
            .filter(|ask| ask.state == State::Waiting)
            .filter(|ask| room || ask.purpose == Purpose::Resume)
            .min_by_key(|ask| match ask.purpose {
                Purpose::Resume => (false, ask.turn),
                Purpose::Identify => (true, u64::from(ask.shard)),
            });
        match next {
            Some(ask) if dialing < self.at_once => {
                ask.state = State::Dialing(now);
                GateOutput::Grant { shard: ask.shard, link: ask.link }
            }
            _ => GateOutput::Wait(if self.waiting() == 0 { Instant::MAX } else { wait }),
        }
    }

    /// Returns how many shards wait for their turn.
    #[must_use]
    pub fn waiting(&self) -> usize {
        let asks = self.places.iter().filter_map(|place| place.0);
        asks.filter(|ask| ask.state == State::Waiting).count()
    }

    fn forget(&mut self, shard: u32) {
        for place in self.places.iter_mut() {
            if place.0.is_some_and(|ask| ask.shard == shard) {
                place.0 = None;
            }
        }
    }

    fn hear(&mut self, now: Instant) {
        self.now = self.now.max(now.min(Instant::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    const LINK: Link = Link(1);

    fn at(seconds: u64) -> Instant {
        Instant::from_millis(seconds * 1_000)
    }

    fn grants(gate: &mut DialGate<'_>) -> Vec<u32> {
        core::iter::from_fn(|| match gate.poll_output() {
            GateOutput::Grant { shard, .. } => Some(shard),
            GateOutput::Wait(_) => None,
        })
        .collect()
    }

    fn resume(gate: &mut DialGate<'_>, shards: impl IntoIterator<Item = u32>) {
        for shard in shards {
            gate.ask(at(0), shard, LINK, Purpose::Resume).unwrap();
        }
    }

    fn identify(gate: &mut DialGate<'_>, shards: impl IntoIterator<Item = u32>) {
        for shard in shards {
            gate.ask(at(0), shard, LINK, Purpose::Identify).unwrap();
        }
    }

    #[test]
    fn sixteen_dial_at_once_and_each_that_is_through_makes_room() {
        let mut places = [DialPlace::EMPTY; 40];
        let mut gate = DialGate::lent(1, &mut places);
        resume(&mut gate, 0..40);
        assert_eq!(grants(&mut gate), (0..16).collect::<Vec<_>>());
        assert_eq!(gate.waiting(), 24);
        gate.dialed(at(1), 3, LINK, true);
        gate.dialed(at(1), 5, LINK, false);
        gate.dialed(at(1), 7, Link(9), true);
        assert_eq!(grants(&mut gate), [16, 17], "of another link nothing is known");
    }

    #[test]
    fn sessions_come_first_and_identifies_by_their_ids() {
        let mut places = [DialPlace::EMPTY; 40];
        let mut gate = DialGate::lent(1, &mut places).with_at_once(3);
        identify(&mut gate, [9, 4, 6]);
        resume(&mut gate, [30, 2]);
        assert_eq!(grants(&mut gate), [30, 2, 4]);
        gate.dialed(at(0), 30, LINK, true);
        gate.dialed(at(0), 2, LINK, false);
        assert_eq!(grants(&mut gate), [6, 9]);
    }

    #[test]
    fn few_are_connected_before_they_may_identify() {
        let mut places = [DialPlace::EMPTY; 40];
        let mut gate = DialGate::lent(1, &mut places);
        identify(&mut gate, 0..10);
        assert_eq!(grants(&mut gate), [0, 1, 2, 3]);
        (0..4).for_each(|shard| gate.dialed(at(1), shard, LINK, true));
        assert_eq!(grants(&mut gate), [0; 0], "they wait to identify");
        resume(&mut gate, [20]);
        assert_eq!(grants(&mut gate), [20], "who resumes does not wait for them");
        gate.done(at(5), 0);
        assert_eq!(grants(&mut gate), [4]);
    }

    #[test]
    fn who_never_gets_there_holds_nobody_up() {
        let mut places = [DialPlace::EMPTY; 40];
        let mut gate = DialGate::lent(1, &mut places);
        identify(&mut gate, 0..10);
        assert_eq!(grants(&mut gate).len(), 4);
        (0..4).for_each(|shard| gate.dialed(at(1), shard, LINK, true));
        assert_eq!(gate.poll_output(), GateOutput::Wait(at(61)));
        gate.tick(at(61));
        assert_eq!(grants(&mut gate), [4, 5, 6, 7]);
    }

    #[test]
    fn who_asks_again_has_one_place_and_who_is_done_has_none() {
        let mut places = [DialPlace::EMPTY; 2];
        let mut gate = DialGate::lent(1, &mut places);
        resume(&mut gate, [0, 0, 1, 1]);
        assert_eq!(gate.ask(at(0), 2, LINK, Purpose::Resume), Err(GateFull));
        assert_eq!(grants(&mut gate), [0, 1]);
        gate.ask(at(1), 0, Link(2), Purpose::Resume).unwrap();
        assert_eq!(gate.poll_output(), GateOutput::Grant { shard: 0, link: Link(2) });
        gate.done(at(2), 1);
        gate.ask(at(2), 2, LINK, Purpose::Identify).unwrap();
        assert_eq!(grants(&mut gate), [2]);
        assert_eq!(gate.poll_output(), GateOutput::Wait(Instant::MAX), "nobody waits");
    }
}

//! The gate all shards of a bot pass before they identify: sans-I/O, fair, one Identify per bucket and window.
//!
//! A shard that asks waits in line for its bucket. When the bucket is free, the first in line gets a
//! grant; whoever owns the gate delivers it to the shard and says so. From then on the bucket is closed
//! for a window. A grant that is not delivered within a second is taken back and its shard goes to the
//! end of the line; a grant that is forgone goes to the next in line at once.

use core::fmt;
use core::time::Duration;

use crate::lease::Lease;
use crate::{Instant, Link};

/// The time between two Identifies of a bucket: 5 s, and a little for delays on the way.
///
/// Source: Discord documentation, *Session Start Limit*.
const WINDOW: Duration = Duration::from_millis(5_040);
/// How long a grant may take to reach its shard.
const DELIVERY: Duration = Duration::from_secs(1);

/// One bucket of the gate's memory.
#[derive(Clone, Copy, Debug)]
pub struct Bucket {
    /// When the next grant may be given.
    free_at: Instant,
    /// When it might have been given, but for the latest grant.
    free_before: Instant,
    holder: Option<Ask>,
}

impl Bucket {
    /// A bucket nobody has asked for.
    pub const EMPTY: Self =
        Self { free_at: Instant::ZERO, free_before: Instant::ZERO, holder: None };
}

/// One place in line of the gate's memory.
#[derive(Clone, Copy, Debug)]
pub struct Place(Option<Ask>);

impl Place {
    /// A place nobody stands on.
    pub const EMPTY: Self = Self(None);
}

/// Who asks, or was granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ask {
    shard: u32,
    link: Link,
    /// The order of asking; for a grant, whether it was delivered.
    turn: u64,
    delivered: bool,
}

/// What the gate wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GateOutput {
    /// Tell this shard that it may identify on this link, then call [`IdentifyGate::delivered`].
    Grant {
        /// The shard.
        shard: u32,
        /// The link it asked for.
        link: Link,
    },
    /// Nothing until then; [`Instant::MAX`] if nobody waits.
    Wait(Instant),
}

/// The line is as long as the gate's memory allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GateFull;

impl fmt::Display for GateFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no place in the line for a permit to identify")
    }
}

impl core::error::Error for GateFull {}

/// Hands out permits to identify to the shards of one bot.
#[derive(Debug)]
pub struct IdentifyGate<'m> {
    buckets: Lease<'m, [Bucket]>,
    line: Lease<'m, [Place]>,
    now: Instant,
    next_turn: u64,
}

impl<'m> IdentifyGate<'m> {
    /// Creates a gate in lent memory: one bucket for each of `max_concurrency`, one place for each shard.
    ///
    /// # Panics
    /// If there is no bucket.
    #[must_use]
    pub fn lent(buckets: &'m mut [Bucket], line: &'m mut [Place]) -> Self {
        buckets.fill(Bucket::EMPTY);
        line.fill(Place::EMPTY);
        Self::on(Lease::Lent(buckets), Lease::Lent(line))
    }

    /// Creates a gate on the heap for up to `shards` shards at once.
    ///
    /// # Panics
    /// If `max_concurrency` is 0.
    #[cfg(feature = "alloc")]
    #[must_use]
    pub fn heap(max_concurrency: usize, shards: usize) -> Self {
        let buckets = alloc::vec![Bucket::EMPTY; max_concurrency].into_boxed_slice();
        let line = alloc::vec![Place::EMPTY; shards].into_boxed_slice();
        Self::on(Lease::Owned(buckets), Lease::Owned(line))
    }

    fn on(buckets: Lease<'m, [Bucket]>, line: Lease<'m, [Place]>) -> Self {
        assert!(!buckets.is_empty(), "a gate needs at least one bucket");
        Self { buckets, line, now: Instant::ZERO, next_turn: 0 }
    }

    /// Hears [`Output::AskIdentify`](crate::Output::AskIdentify); asking again changes nothing but the link.
    ///
    /// # Errors
    /// [`GateFull`] if the shard has no place in line and there is none left.
    pub fn ask(&mut self, now: Instant, shard: u32, link: Link) -> Result<(), GateFull> {
        self.hear(now);
        let granted = |ask: Ask| (ask.shard, ask.link) == (shard, link) && !ask.delivered;
        if self.bucket_of(shard).holder.is_some_and(granted) {
            return Ok(());
        }
        self.release(shard, |ask| ask.link != link && !ask.delivered);
        // Who asks again has used what it got before: it cannot be given back any more.
        let bucket = self.bucket_of(shard);
        bucket.holder = bucket.holder.filter(|ask| ask.shard != shard || !ask.delivered);
        let turn = self.next_turn;
        let standing = self.line.iter_mut().find_map(|place| {
            let ask = place.0.as_mut()?;
            (ask.shard == shard).then_some(ask)
        });
        if let Some(ask) = standing {
            ask.link = link;
            return Ok(());
        }
        let given = self.buckets.iter().filter_map(|bucket| bucket.holder);
        let held = given.filter(|ask| !ask.delivered).count();
        if self.waiting() + held >= self.line.len() {
            return Err(GateFull);
        }
        self.stand(Ask { shard, link, turn, delivered: false });
        Ok(())
    }

    /// Hears [`Output::ForgoIdentify`](crate::Output::ForgoIdentify): the place or the grant goes to the next in line.
    pub fn forgo(&mut self, now: Instant, shard: u32, link: Link) {
        self.hear(now);
        self.step_out(shard, link);
        self.release(shard, |ask| ask.link == link);
    }

    /// Hears that a link is lost; a permit that was used stays used.
    ///
    /// For owners whose shard cannot say [`Output::ForgoIdentify`](crate::Output::ForgoIdentify) any more,
    /// such as a process that crashed.
    pub fn lost(&mut self, now: Instant, shard: u32, link: Link) {
        self.hear(now);
        self.step_out(shard, link);
        self.release(shard, |ask| ask.link == link && !ask.delivered);
    }

    /// Hears that a grant is about to reach its shard; the window begins.
    ///
    /// Returns whether the grant still holds: if it was taken back, the shard may not identify.
    pub fn delivered(&mut self, now: Instant, shard: u32, link: Link) -> bool {
        self.hear(now);
        let at = self.bucket_at(shard);
        self.take_back(at);
        let now = self.now;
        let bucket = self.bucket_of(shard);
        match &mut bucket.holder {
            Some(ask) if (ask.shard, ask.link) == (shard, link) => {
                if !ask.delivered {
                    ask.delivered = true;
                    bucket.free_at = now.saturating_add(WINDOW);
                }
                true
            }
            _ => false,
        }
    }

    /// Hears that time passed.
    pub fn tick(&mut self, now: Instant) {
        self.hear(now);
    }

    /// Takes the next grant; after each call of another method, until [`GateOutput::Wait`].
    pub fn poll_output(&mut self) -> GateOutput {
        let mut wait = Instant::MAX;
        for at in 0..self.buckets.len() {
            self.take_back(at);
            let place = self.first_for(at);
            let Some(bucket) = self.buckets.get_mut(at) else { continue };
            let pending = bucket.holder.is_some_and(|ask| !ask.delivered);
            if pending || (bucket.free_at > self.now && place.is_some()) {
                wait = wait.min(bucket.free_at);
                continue;
            }
            let Some(place) = place else { continue };
            let Some(ask) = self.line.get_mut(place).and_then(|place| place.0.take()) else {
                continue;
            };
            bucket.free_before = bucket.free_at;
            bucket.free_at = self.now.saturating_add(DELIVERY);
            bucket.holder = Some(ask);
            return GateOutput::Grant { shard: ask.shard, link: ask.link };
        }
        GateOutput::Wait(wait)
    }

    /// Returns how many shards wait in line.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.line.iter().filter(|place| place.0.is_some()).count()
    }

    fn hear(&mut self, now: Instant) {
        self.now = self.now.max(now.min(Instant::MAX));
    }

    fn bucket_at(&self, shard: u32) -> usize {
        usize::try_from(shard).unwrap_or(0) % self.buckets.len()
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "the index is taken modulo the length, which is not 0"
    )]
    fn bucket_of(&mut self, shard: u32) -> &mut Bucket {
        let at = self.bucket_at(shard);
        &mut self.buckets[at]
    }

    fn stand(&mut self, ask: Ask) {
        if let Some(place) = self.line.iter_mut().find(|place| place.0.is_none()) {
            place.0 = Some(ask);
        }
        self.next_turn += 1;
    }

    fn step_out(&mut self, shard: u32, link: Link) {
        for place in self.line.iter_mut() {
            if place.0.is_some_and(|ask| (ask.shard, ask.link) == (shard, link)) {
                place.0 = None;
            }
        }
    }

    /// Gives a shard's grant back as if it had never been.
    fn release(&mut self, shard: u32, given: impl Fn(&Ask) -> bool) {
        let bucket = self.bucket_of(shard);
        if bucket.holder.as_ref().is_some_and(|ask| ask.shard == shard && given(ask)) {
            bucket.holder = None;
            bucket.free_at = bucket.free_before;
        }
    }

    /// Takes a grant back that was not delivered in time; its shard goes to the end of the line.
    fn take_back(&mut self, at: usize) {
        let now = self.now;
        let Some(bucket) = self.buckets.get_mut(at) else {
            return;
        };
        let late = |ask: &Ask| !ask.delivered && bucket.free_at <= now;
        if let Some(ask) = bucket.holder.filter(late) {
            bucket.holder = None;
            bucket.free_at = bucket.free_before;
            let turn = self.next_turn;
            // A place is kept free for each grant that was not delivered.
            self.stand(Ask { turn, ..ask });
        }
    }

    /// Returns the place of the first in line for a bucket.
    fn first_for(&self, bucket: usize) -> Option<usize> {
        let places = self.line.iter().enumerate();
        let asks = places.filter_map(|(at, place)| place.0.map(|ask| (at, ask)));
        let own = asks.filter(|(_, ask)| self.bucket_at(ask.shard) == bucket);
        own.min_by_key(|(_, ask)| ask.turn).map(|(at, _)| at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[cfg(feature = "alloc")]
    #[test]
    fn a_shard_that_asks_again_cannot_give_its_used_permit_back() {
        let mut gate = IdentifyGate::heap(1, 4);
        gate.ask(ms(0), 0, LINK).unwrap();
        assert_eq!(grants(&mut gate), [0]);
        assert!(gate.delivered(ms(0), 0, LINK));
        gate.ask(ms(10), 0, LINK).unwrap();
        gate.forgo(ms(20), 0, LINK);
        gate.ask(ms(30), 1, LINK).unwrap();
        assert!(grants(&mut gate).is_empty());
        gate.tick(ms(5_600));
        assert_eq!(grants(&mut gate), [1]);
    }

    fn ms(at: u64) -> Instant {
        Instant::from_millis(at)
    }

    const LINK: Link = Link(1);

    fn grants(gate: &mut IdentifyGate<'_>) -> Vec<u32> {
        core::iter::from_fn(|| match gate.poll_output() {
            GateOutput::Grant { shard, .. } => Some(shard),
            GateOutput::Wait(_) => None,
        })
        .collect()
    }

    /// Trap 28: all shards identify at once after an outage.
    #[test]
    fn each_bucket_grants_once_a_window_in_order_of_asking() {
        let (mut buckets, mut line) = ([Bucket::EMPTY; 2], [Place::EMPTY; 8]);
        let mut gate = IdentifyGate::lent(&mut buckets, &mut line);
        for shard in [4, 1, 2, 0, 3] {
            gate.ask(ms(0), shard, LINK).unwrap();
        }
        let mut order = Vec::new();
        for step in 0..400 {
            gate.tick(ms(step * 50));
            for shard in grants(&mut gate) {
                gate.delivered(ms(step * 50), shard, LINK);
                order.push((step * 50, shard));
            }
        }
        assert_eq!(order, [(0, 4), (0, 1), (5_050, 2), (5_050, 3), (10_100, 0)]);
        assert_eq!(gate.poll_output(), GateOutput::Wait(Instant::MAX));
    }

    #[test]
    fn a_forgone_grant_goes_to_the_next_in_line_at_once() {
        let (mut buckets, mut line) = ([Bucket::EMPTY; 1], [Place::EMPTY; 4]);
        let mut gate = IdentifyGate::lent(&mut buckets, &mut line);
        for shard in [0, 1, 2] {
            gate.ask(ms(0), shard, LINK).unwrap();
        }
        assert_eq!(grants(&mut gate), [0]);
        gate.forgo(ms(10), 0, LINK);
        assert_eq!(grants(&mut gate), [1]);
        gate.delivered(ms(20), 1, LINK);
        gate.forgo(ms(30), 1, LINK);
        assert_eq!(grants(&mut gate), [2]);
        gate.delivered(ms(40), 2, LINK);
        gate.lost(ms(50), 2, LINK);
        gate.ask(ms(60), 0, LINK).unwrap();
        assert_eq!(gate.poll_output(), GateOutput::Wait(ms(40 + 5_040)));
    }

    #[test]
    fn a_grant_that_is_not_delivered_within_a_second_is_taken_back() {
        let (mut buckets, mut line) = ([Bucket::EMPTY; 1], [Place::EMPTY; 2]);
        let mut gate = IdentifyGate::lent(&mut buckets, &mut line);
        gate.ask(ms(0), 0, LINK).unwrap();
        gate.ask(ms(0), 1, LINK).unwrap();
        assert_eq!(grants(&mut gate), [0]);
        assert_eq!(gate.poll_output(), GateOutput::Wait(ms(1_000)));
        gate.tick(ms(1_000));
        assert_eq!(grants(&mut gate), [1]);
        assert!(!gate.delivered(ms(1_001), 0, LINK));
        assert!(gate.delivered(ms(1_500), 1, LINK));
        gate.tick(ms(6_540));
        assert_eq!(grants(&mut gate), [0]);
    }

    #[test]
    fn asking_again_keeps_the_place_and_a_newer_link_replaces_the_older() {
        let (mut buckets, mut line) = ([Bucket::EMPTY; 1], [Place::EMPTY; 2]);
        let mut gate = IdentifyGate::lent(&mut buckets, &mut line);
        gate.ask(ms(0), 0, LINK).unwrap();
        gate.ask(ms(0), 1, LINK).unwrap();
        gate.ask(ms(1), 0, Link(2)).unwrap();
        assert_eq!(gate.ask(ms(2), 2, LINK), Err(GateFull));
        assert_eq!(gate.poll_output(), GateOutput::Grant { shard: 0, link: Link(2) });
        gate.ask(ms(3), 0, Link(2)).unwrap();
        assert_eq!(gate.waiting(), 1);
        gate.ask(ms(4), 0, Link(3)).unwrap();
        assert_eq!(gate.poll_output(), GateOutput::Grant { shard: 1, link: LINK });
    }

    #[test]
    fn news_of_an_older_link_changes_nothing() {
        let (mut buckets, mut line) = ([Bucket::EMPTY; 1], [Place::EMPTY; 2]);
        let mut gate = IdentifyGate::lent(&mut buckets, &mut line);
        gate.ask(ms(0), 0, Link(2)).unwrap();
        gate.forgo(ms(0), 0, Link(1));
        gate.lost(ms(0), 0, Link(1));
        assert_eq!(gate.poll_output(), GateOutput::Grant { shard: 0, link: Link(2) });
        gate.forgo(ms(0), 0, Link(1));
        assert!(!gate.delivered(ms(0), 0, Link(1)));
        gate.tick(ms(999));
        assert_eq!(gate.poll_output(), GateOutput::Wait(ms(1_000)));
    }

    #[test]
    fn a_shard_that_begins_anew_with_the_same_link_number_gets_its_turn() {
        let (mut buckets, mut line) = ([Bucket::EMPTY; 1], [Place::EMPTY; 1]);
        let mut gate = IdentifyGate::lent(&mut buckets, &mut line);
        gate.ask(ms(0), 0, LINK).unwrap();
        assert_eq!(grants(&mut gate), [0]);
        assert!(gate.delivered(ms(0), 0, LINK));
        gate.lost(ms(1), 0, LINK);
        gate.ask(ms(10), 0, LINK).unwrap();
        assert_eq!(gate.poll_output(), GateOutput::Wait(ms(5_040)));
        gate.tick(ms(5_040));
        assert_eq!(grants(&mut gate), [0]);
    }

    #[test]
    fn a_permit_that_was_not_used_is_given_on_though_others_asked_meanwhile() {
        let (mut buckets, mut line) = ([Bucket::EMPTY; 1], [Place::EMPTY; 2]);
        let mut gate = IdentifyGate::lent(&mut buckets, &mut line);
        gate.ask(ms(0), 0, LINK).unwrap();
        assert_eq!(grants(&mut gate), [0]);
        assert!(gate.delivered(ms(0), 0, LINK));
        gate.ask(ms(1), 1, LINK).unwrap();
        gate.forgo(ms(2), 0, LINK);
        assert_eq!(grants(&mut gate), [1]);
    }

    #[test]
    fn a_lost_link_leaves_the_line_and_hands_on_what_did_not_reach_its_shard() {
        let (mut buckets, mut line) = ([Bucket::EMPTY; 1], [Place::EMPTY; 3]);
        let mut gate = IdentifyGate::lent(&mut buckets, &mut line);
        for shard in [0, 1, 2] {
            gate.ask(ms(0), shard, LINK).unwrap();
        }
        assert_eq!(grants(&mut gate), [0]);
        gate.lost(ms(1), 1, LINK);
        assert_eq!(gate.waiting(), 1);
        gate.lost(ms(2), 0, LINK);
        assert_eq!(grants(&mut gate), [2]);
    }

    #[test]
    fn who_identified_and_asks_for_another_link_waits_for_the_window() {
        let (mut buckets, mut line) = ([Bucket::EMPTY; 1], [Place::EMPTY; 1]);
        let mut gate = IdentifyGate::lent(&mut buckets, &mut line);
        gate.ask(ms(0), 0, LINK).unwrap();
        assert_eq!(grants(&mut gate), [0]);
        assert!(gate.delivered(ms(0), 0, LINK));
        gate.ask(ms(1), 0, Link(2)).unwrap();
        assert!(grants(&mut gate).is_empty());
        gate.tick(ms(6_000));
        assert_eq!(grants(&mut gate), [0]);
    }

    #[test]
    fn a_full_line_says_so() {
        assert_eq!(std::format!("{GateFull}"), "no place in the line for a permit to identify");
    }

    #[test]
    fn a_grant_keeps_a_place_in_line_until_it_is_delivered() {
        let (mut buckets, mut line) = ([Bucket::EMPTY; 1], [Place::EMPTY; 1]);
        let mut gate = IdentifyGate::lent(&mut buckets, &mut line);
        gate.ask(ms(0), 0, LINK).unwrap();
        assert_eq!(grants(&mut gate), [0]);
        assert_eq!(gate.ask(ms(1), 1, LINK), Err(GateFull));
        gate.tick(ms(1_000));
        assert_eq!(grants(&mut gate), [0]);
    }
}

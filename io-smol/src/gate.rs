//! The core's gate, shared: whoever looks at it takes the grants for all, and wakes those they are for.

use gatewright_core::{
    DialGate, GateFull, GateOutput, IdentifyGate, Instant, Link, Purpose, SessionStartLimit,
};
use gatewright_std::BudgetFile;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};

use crate::purse::{Asking, Purse};

/// The gate the shards of one bot pass before they dial and before they identify.
///
/// Sixteen dial at once, those that resume first, and one Identify goes out per bucket every 5 s.
///
/// Clones are the same gate: give one to [`Options::gate`](crate::Options::gate) of each shard.
#[derive(Clone, Debug)]
pub struct Gate {
    line: Arc<Mutex<Line>>,
    /// What the day has left, if somebody counts.
    purse: Option<Purse>,
}

/// What the shards share.
#[derive(Debug)]
struct Line {
    gate: IdentifyGate<'static>,
    dials: DialGate<'static>,
    /// Dials whose turn it is, and that have not begun.
    may_dial: BTreeMap<u32, Link>,
    /// Grants that are to be fetched; whether one still holds is the gate's to say.
    granted: BTreeMap<u32, Link>,
    wakers: BTreeMap<u32, Waker>,
    wait: Instant,
    dial_wait: Instant,
}

impl Gate {
    /// Creates a gate for up to `shards` shards, `max_concurrency` of which may identify at once.
    ///
    /// `GET /gateway/bot` tells `max_concurrency`; less than 1 counts as 1.
    #[must_use]
    pub fn new(max_concurrency: usize, shards: usize) -> Self {
        Self::on(max_concurrency, shards, None)
    }

    /// Creates a gate that lets no more through than the day has left, over all processes of the bot.
    ///
    /// `GET /gateway/bot` tells the limit: see [`discover`](crate::discover). A process that begins again and again
    /// waits, ever longer; a refusal is logged with its reason and its end. Each Identify is written down before it
    /// goes out; while the disk takes its time, heartbeats and other shards go on. A process begins, for the budget, when it
    /// is about to identify: one that resumes spends nothing.
    #[must_use]
    pub fn budgeted(limit: SessionStartLimit, shards: usize, budget: BudgetFile) -> Self {
        let max_concurrency = usize::try_from(limit.max_concurrency).unwrap_or(1);
        Self::on(max_concurrency, shards, Some(Purse::new(budget, Some(limit))))
    }

    /// Creates a gate as [`budgeted`](Self::budgeted) does, when Discord was not asked what the day has left.
    #[must_use]
    pub fn counting(max_concurrency: usize, shards: usize, budget: BudgetFile) -> Self {
        Self::on(max_concurrency, shards, Some(Purse::new(budget, None)))
    }

    /// Creates a gate that pays from a purse, if there is one.
    pub(crate) fn on(max_concurrency: usize, shards: usize, purse: Option<Purse>) -> Self {
        let line = Line {
            gate: IdentifyGate::heap(max_concurrency.max(1), shards),
            dials: DialGate::heap(max_concurrency.max(1), shards),
            may_dial: BTreeMap::new(),
            granted: BTreeMap::new(),
            wakers: BTreeMap::new(),
            wait: Instant::MAX,
            dial_wait: Instant::MAX,
        };
        Self { line: Arc::new(Mutex::new(line)), purse }
    }

    /// Returns what the day has left, if somebody counts.
    pub(crate) const fn purse(&self) -> Option<&Purse> {
        self.purse.as_ref()
    }

    /// Asks for a turn to dial.
    pub(crate) fn ask_dial(&self, now: Instant, shard: u32, link: Link, purpose: Purpose) {
        let asked = self.with(|line| {
            line.may_dial.remove(&shard);
            line.dials.ask(now, shard, link, purpose)
        });
        // Who has no place in line does not wait in it.
        if asked.is_err() {
            self.lock().may_dial.insert(shard, link);
        }
    }

    /// Fetches the turn of a shard to dial; it is woken when it comes.
    ///
    /// # Errors
    /// It is not before the instant returned.
    pub(crate) fn poll_dial(
        &self,
        cx: &Context<'_>,
        now: Instant,
        shard: u32,
        link: Link,
    ) -> Result<(), Instant> {
        self.with(|line| line.dials.tick(now));
        let mut line = self.lock();
        if line.may_dial.get(&shard) == Some(&link) {
            line.may_dial.remove(&shard);
            return Ok(());
        }
        line.wakers.insert(shard, cx.waker().clone());
        Err(line.dial_wait)
    }

    /// Tells that a dial is over, and whether the connection is up.
    pub(crate) fn dialed(&self, now: Instant, shard: u32, link: Link, up: bool) {
        self.with(|line| line.dials.dialed(now, shard, link, up));
    }

    /// Tells that a shard is over.
    pub(crate) fn leave(&self, now: Instant, shard: u32) {
        self.with(|line| {
            line.may_dial.remove(&shard);
            line.dials.done(now, shard);
        });
    }

    /// Asks for a permit to identify.
    ///
    /// # Errors
    /// There is no place in line.
    pub(crate) fn ask(&self, now: Instant, shard: u32, link: Link) -> Result<(), GateFull> {
        self.with(|line| line.gate.ask(now, shard, link))
    }

    pub(crate) fn forgo(&self, now: Instant, shard: u32, link: Link) {
        self.with(|line| {
            line.forget(shard);
            line.gate.forgo(now, shard, link);
        });
    }

    /// Fetches the permit of a shard that asked.
    ///
    /// # Errors
    /// There is none before the instant returned; the shard is woken if it comes earlier.
    pub(crate) fn poll(
        &self,
        cx: &mut Context<'_>,
        now: Instant,
        shard: u32,
        asking: &mut Asking,
    ) -> Result<(), Instant> {
        let link = asking.link;
        self.with(|line| line.gate.tick(now));
        let granted = self.lock().granted.get(&shard) == Some(&link);
        if granted {
            // A grant that is left lying comes again.
            asking.pay(cx, now, self.purse())?;
        }
        let mut line = self.lock();
        if granted {
            line.forget(shard);
            if line.gate.delivered(now, shard, link) {
                drop(line);
                self.with(|line| line.dials.done(now, shard));
                return Ok(());
            }
        }
        line.wakers.insert(shard, cx.waker().clone());
        Err(line.wait)
    }

    /// Acts on the gate and takes what it grants; wakers are called without the lock.
    fn with<T>(&self, act: impl FnOnce(&mut Line) -> T) -> T {
        let mut line = self.lock();
        let done = act(&mut line);
        let woken = line.settle();
        drop(line);
        woken.into_iter().for_each(Waker::wake);
        done
    }

    fn lock(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    /// Takes all grants and returns whom to wake.
    fn settle(&mut self) -> Vec<Waker> {
        let mut woken = Vec::new();
        self.dial_wait = loop {
            match self.dials.poll_output() {
                GateOutput::Grant { shard, link } => {
                    self.may_dial.insert(shard, link);
                    woken.extend(self.wakers.remove(&shard));
                }
                GateOutput::Wait(at) => break at,
            }
        };
        loop {
            match self.gate.poll_output() {
                GateOutput::Grant { shard, link } => woken.extend(self.grant(shard, link)),
                GateOutput::Wait(at) => {
                    self.wait = at;
                    return woken;
                }
            }
        }
    }

    /// Keeps a grant until it is fetched, and returns whom to wake.
    fn grant(&mut self, shard: u32, link: Link) -> Option<Waker> {
        self.granted.insert(shard, link);
        self.wakers.remove(&shard)
    }

    fn forget(&mut self, shard: u32) {
        self.granted.remove(&shard);
        self.wakers.remove(&shard);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::task::Wake;

    use super::*;

    const LINK: Link = Link(1);

    #[derive(Default)]
    struct Alarm(AtomicU32);

    impl Wake for Alarm {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Polls for a shard; returns until when to wait, or nothing for a permit.
    fn poll(gate: &Gate, alarm: &Arc<Alarm>, at_ms: u64, shard: u32) -> Option<Instant> {
        let waker = Waker::from(Arc::clone(alarm));
        let now = Instant::from_millis(at_ms);
        gate.poll(&mut Context::from_waker(&waker), now, shard, &mut Asking::new(LINK)).err()
    }

    /// A gate with one bucket, whose shards 1 and 2 wait behind shard 0.
    fn gate_passed_by_0(alarms: &[Arc<Alarm>; 3]) -> Gate {
        let gate = Gate::new(1, 3);
        for shard in 0..3 {
            gate.ask(Instant::ZERO, shard, LINK).unwrap();
        }
        assert_eq!(poll(&gate, &alarms[0], 0, 0), None);
        let next = Some(Instant::from_millis(5_040));
        assert_eq!(poll(&gate, &alarms[1], 0, 1), next);
        assert_eq!(poll(&gate, &alarms[2], 0, 2), next);
        gate
    }

    fn rings(alarms: &[Arc<Alarm>; 3]) -> [u32; 3] {
        [0, 1, 2].map(|at: usize| alarms[at].0.load(Ordering::Relaxed))
    }

    #[test]
    fn sixteen_shards_dial_at_once_and_who_waits_is_woken() {
        let alarms: Vec<Arc<Alarm>> = (0..18).map(|_| Arc::default()).collect();
        let (gate, now) = (Gate::new(1, 18), Instant::ZERO);
        let turn = |shard: u32| {
            let waker = Waker::from(Arc::clone(&alarms[shard as usize]));
            gate.poll_dial(&Context::from_waker(&waker), now, shard, LINK)
        };
        (0..18).for_each(|shard| gate.ask_dial(now, shard, LINK, Purpose::Resume));
        assert_eq!((0..18).filter(|shard| turn(*shard).is_ok()).count(), 16);
        gate.dialed(now, 3, LINK, false);
        gate.leave(now, 4);
        for shard in [16, 17] {
            assert_eq!(alarms[shard as usize].0.load(Ordering::Relaxed), 1);
            assert_eq!(turn(shard), Ok(()));
        }
        gate.ask_dial(now, 40, LINK, Purpose::Resume);
        assert!(gate.poll_dial(&Context::from_waker(Waker::noop()), now, 40, LINK).is_err());
        gate.ask_dial(now, 41, LINK, Purpose::Resume);
        gate.ask_dial(now, 42, LINK, Purpose::Resume);
        assert_eq!(
            gate.poll_dial(&Context::from_waker(Waker::noop()), now, 42, LINK),
            Ok(()),
            "no place in line"
        );
    }

    #[test]
    fn who_looks_first_wakes_the_shard_whose_turn_it_is() {
        let alarms = <[Arc<Alarm>; 3]>::default();
        let gate = gate_passed_by_0(&alarms);
        assert!(poll(&gate, &alarms[2], 5_040, 2).is_some());
        assert_eq!(rings(&alarms), [0, 1, 0]);
        assert_eq!(poll(&gate, &alarms[1], 5_050, 1), None);
    }

    #[test]
    fn a_grant_that_is_not_fetched_in_time_goes_to_the_next() {
        let alarms = <[Arc<Alarm>; 3]>::default();
        let gate = gate_passed_by_0(&alarms);
        assert!(poll(&gate, &alarms[2], 5_040, 2).is_some());
        assert_eq!(poll(&gate, &alarms[2], 6_040, 2), None);
        assert!(poll(&gate, &alarms[1], 6_041, 1).is_some());
        assert_eq!(poll(&gate, &alarms[1], 6_040 + 5_040, 1), None);
    }

    #[test]
    fn a_shard_that_goes_away_leaves_its_turn_to_the_next() {
        let alarms = <[Arc<Alarm>; 3]>::default();
        let gate = gate_passed_by_0(&alarms);
        assert!(poll(&gate, &alarms[2], 5_040, 2).is_some());
        gate.forgo(Instant::from_millis(5_050), 1, LINK);
        assert_eq!(rings(&alarms), [0, 1, 1]);
        assert_eq!(poll(&gate, &alarms[2], 5_060, 2), None);
    }

    #[test]
    fn a_permit_that_is_forgone_goes_to_the_next() {
        let alarms = <[Arc<Alarm>; 3]>::default();
        let gate = gate_passed_by_0(&alarms);
        gate.forgo(Instant::from_millis(10), 0, LINK);
        assert_eq!(rings(&alarms), [0, 1, 0]);
        assert_eq!(poll(&gate, &alarms[1], 20, 1), None);
    }
}

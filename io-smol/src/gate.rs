//! The core's gate, shared: whoever looks at it takes the grants for all, and wakes those they are for.

use gatewright_core::{
    BotId, DialGate, GateFull, GateOutput, IdentifyGate, Instant, Link, Purpose, SessionStartLimit,
    Shards,
};
use gatewright_std::BudgetFile;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::purse::{Asking, Owner, Purse};

/// How many times as many shards as it is made for may stand in line: a bot may go over to another number of them.
const SETS: usize = 4;
/// The least number of places in line.
const LEAST_PLACES: usize = 64;
/// More ids than a bot has shards.
const MOST_IDS: u32 = 1 << 16;

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

/// What the shards share, each by its ticket.
#[derive(Debug)]
struct Line {
    max_concurrency: u32,
    tickets: BTreeSet<u32>,
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

    /// Creates a gate that lets no more through than the day has left, over all processes that had this file.
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

    /// Creates a gate as [`budgeted`](Self::budgeted) does, with the bot's file in the folder for state.
    ///
    /// It is [that file](BudgetFile::open_default), opened when the first of these shards is about to identify. Shards that
    /// are not all of their bot have a part of the day, as large as theirs of the shards, and [a file of their
    /// own](BudgetFile::open_default_of): so several processes may share the day, on any machines. What cannot be opened, as another
    /// process has it, is tried again, and until then a warning was told and Identifies are counted in memory.
    #[must_use]
    pub fn for_bot(bot: BotId, limit: SessionStartLimit, shards: &Shards) -> Self {
        let max_concurrency = usize::try_from(limit.max_concurrency).unwrap_or(1);
        let purse = Owner::of(bot, shards).purse(Some(limit));
        Self::on(max_concurrency, shards.size(), Some(purse))
    }

    /// Creates a gate as [`budgeted`](Self::budgeted) does, when Discord was not asked what the day has left.
    #[must_use]
    pub fn counting(max_concurrency: usize, shards: usize, budget: BudgetFile) -> Self {
        Self::on(max_concurrency, shards, Some(Purse::new(budget, None)))
    }

    /// Creates a gate that pays from a purse, if there is one.
    pub(crate) fn on(max_concurrency: usize, shards: usize, purse: Option<Purse>) -> Self {
        let max_concurrency = u32::try_from(max_concurrency).unwrap_or(MOST_IDS).clamp(1, MOST_IDS);
        let buckets = usize::try_from(max_concurrency).unwrap_or(1);
        let places = shards.saturating_mul(SETS).max(LEAST_PLACES);
        let line = Line {
            max_concurrency,
            tickets: BTreeSet::new(),
            gate: IdentifyGate::heap(buckets, places),
            dials: DialGate::heap(buckets, places),
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

    /// Draws a ticket for a shard, by which it is known until it [leaves](Self::leave).
    ///
    /// It is the id, unless another one has it: two shards may have one id, as in a process that goes over to another
    /// number of shards. All tickets of an id are of one bucket.
    pub(crate) fn enter(&self, id: u32) -> u32 {
        let mut line = self.lock();
        let stride = MOST_IDS.next_multiple_of(line.max_concurrency);
        let mut tickets = (0..).map_while(|at| id.checked_add(stride.checked_mul(at)?));
        let ticket = tickets.find(|ticket| !line.tickets.contains(ticket)).unwrap_or(id);
        line.tickets.insert(ticket);
        ticket
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

    /// Tells that a shard does not dial any more.
    pub(crate) fn forgo_dial(&self, now: Instant, shard: u32) {
        self.with(|line| {
            line.may_dial.remove(&shard);
            line.dials.done(now, shard);
        });
    }

    /// Tells that a shard is over.
    pub(crate) fn leave(&self, now: Instant, shard: u32) {
        self.forgo_dial(now, shard);
        let mut line = self.lock();
        line.forget(shard);
        line.tickets.remove(&shard);
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
        let paid = match granted {
            true => asking.pay(cx, now, self.purse()),
            false => Poll::Ready(Ok(())),
        };
        let mut line = self.lock();
        match paid {
            // The payment wakes it. A grant that lapses comes again, in its turn.
            Poll::Pending => return Err(asking.late_at()),
            Poll::Ready(Err(until)) => {
                line.forget(shard);
                return Err(until);
            }
            Poll::Ready(Ok(())) => {}
        }
        if granted {
            line.forget(shard);
            if line.gate.delivered(now, shard, link) {
                drop(line);
                self.with(|line| line.dials.done(now, shard));
                return Ok(());
            }
        }
        if line.granted.get(&shard) == Some(&link) {
            // It came meanwhile.
            return Err(now);
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
    use std::future::poll_fn;
    use std::pin::pin;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::task::Wake;
    use std::time::Duration;

    use super::*;
    use crate::clock;
    use crate::task::block_on;

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
        // Sixteen of them dial, and there are four places for each of the eighteen.
        for (shard, dials) in (40..96).map(|shard| (shard, false)).chain([(96, true)]) {
            gate.ask_dial(now, shard, LINK, Purpose::Resume);
            let turn = gate.poll_dial(&Context::from_waker(Waker::noop()), now, shard, LINK);
            assert_eq!(turn.is_ok(), dials, "{shard}: who has no place in line does not wait");
        }
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

    #[test]
    fn shards_whose_turn_it_is_at_once_pay_one_after_the_other_and_all_go() {
        use gatewright_std::{BudgetFile, unix_now};

        let settings = gatewright_core::BudgetSettings::default();
        let budget = BudgetFile::in_memory(unix_now(), BotId::of_token(""), settings);
        let gate = Gate::counting(16, 16, budget);
        let now = Instant::ZERO;
        let mut asking: Vec<_> = (0..16).map(|_| Asking::new(LINK)).collect();
        for shard in 0..16 {
            gate.ask(now, shard, LINK).unwrap();
        }
        // The clock of the gate stands still: a turn that is lost does not come again.
        let mut passed = [false; 16];
        let all = poll_fn(|cx| {
            for ((shard, asking), passed) in (0..).zip(&mut asking).zip(&mut passed) {
                *passed = *passed || gate.poll(cx, now, shard, asking).is_ok();
            }
            if passed == [true; 16] { Poll::Ready(true) } else { Poll::Pending }
        });
        let late = async {
            clock::sleep_until(clock::now().saturating_add(Duration::from_secs(30))).await;
            false
        };
        let (mut all, mut late) = (pin!(all), pin!(late));
        let first = poll_fn(|cx| match all.as_mut().poll(cx) {
            Poll::Pending => late.as_mut().poll(cx),
            passed => passed,
        });
        assert!(block_on(first), "some shard waits for good");
    }

    #[test]
    fn two_shards_of_one_id_pass_one_after_the_other_and_one_leaves_for_itself_alone() {
        let alarm = Arc::<Alarm>::default();
        let gate = Gate::new(16, 1);
        let [old, new] = [3, 3].map(|id| gate.enter(id));
        assert_eq!((old, new % 16), (3, 3), "they are of one bucket");
        let turn = |ticket| {
            let waker = Waker::from(Arc::clone(&alarm));
            gate.poll_dial(&Context::from_waker(&waker), Instant::ZERO, ticket, LINK)
        };
        for ticket in [old, new] {
            gate.ask_dial(Instant::ZERO, ticket, LINK, Purpose::Identify);
            gate.ask(Instant::ZERO, ticket, LINK).unwrap();
        }
        assert_eq!(poll(&gate, &alarm, 0, old), None);
        assert_eq!(poll(&gate, &alarm, 0, new), Some(Instant::from_millis(5_040)));
        gate.leave(Instant::ZERO, old);
        assert_eq!(turn(new), Ok(()));
        assert_eq!(poll(&gate, &alarm, 5_040, new), None);
        assert_eq!(gate.enter(3), old);
        assert_eq!(gate.enter(u32::MAX), u32::MAX, "what is no id of a shard");
    }
}

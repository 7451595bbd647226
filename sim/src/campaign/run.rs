//! One world from its beginning to the moment everything is well again.

mod restart;

use std::fmt::Write as _;
use std::time::Duration;

use gatewright_core::cache::Settings;
use gatewright_core::transcript::replay;
use gatewright_core::{
    BudgetSettings, Compression, GuildId, Inflater, Instant, Memory, SendLog, ShardId, Zlib,
};

use self::restart::Restarting;
use super::laws::{Breach, Laws, Terms};
use super::plan::{Blow, Plan};
use super::traffic::{Pool, command};
use super::{Figures, Tap, caches};
use crate::fault::Fault;
use crate::journal::What;
use crate::options::{DAY, Options};
use crate::rng::Rng;
use crate::simulation::{BEGIN, Defect, SLOW, Seen, Sight, Simulation, Stuck, Trouble};

/// How long it may take until all is well again once the faults are over.
///
/// What was to wait for the next connection is called off. What is left may last 180 s (an outage), and the
/// one failure that it ends in is found within 165 s (four heartbeats without ACK) and costs the longest
/// back-off (600 s). A session that is refused then costs another; a permit to identify comes within 21 s
/// and READY within 120 s.
pub(super) const RECOVERY: Duration = Duration::from_secs(180 + 165 + 600 + 600 + 21 + 120);
/// The most events that come in one instant.
const BURST: u64 = 6;

/// The memory of one shard, or of another process in its place, lent as on a board.
pub(super) struct Arena {
    payload: Vec<u8>,
    commands: Vec<u8>,
    log: SendLog,
    zlib: Zlib,
}

impl Arena {
    pub(super) fn new() -> Self {
        let commands = vec![0; 4 * Memory::MIN_COMMANDS];
        let payload = vec![0; Memory::MIN_PAYLOAD];
        Self { payload, commands, log: SendLog::new(), zlib: Zlib::new() }
    }

    fn lend(&mut self, compression: Compression) -> Memory<'_> {
        let inflater = match compression {
            Compression::None => Inflater::none(),
            Compression::Zlib => Inflater::zlib(&mut self.zlib),
            Compression::ZlibStream => Inflater::zlib_stream(&mut self.zlib),
            _ => Inflater::zstd_stream(),
        };
        Memory::lent(&mut self.payload, &mut self.commands, &mut self.log, inflater)
    }
}

/// A world that runs.
pub(super) struct Run<'p, 'm, 't> {
    plan: &'p Plan,
    simulation: Simulation<'m>,
    laws: Laws,
    pool: Pool,
    rng: Rng,
    guilds: Vec<Option<GuildId>>,
    commands: u64,
    tap: Option<&'t mut Tap<'t>>,
    log: Option<String>,
    figures: Figures,
    /// Whether events came that are not as the gateway sent them, or did not come.
    marred: bool,
    /// Whether a session was lost, so that what happened between it and the next one is not told of messages.
    broken_off: bool,
    restarting: Restarting<'m>,
    /// The shard of which another process took over.
    restarted: Option<u32>,
}

impl<'p, 'm, 't> Run<'p, 'm, 't> {
    /// Sets a world up; there is one arena for each shard if memory is lent.
    pub(super) fn new(plan: &'p Plan, arenas: &'m mut [Arena]) -> Self {
        let mut arenas = arenas.iter_mut();
        let make = |id| restart::make(plan, id, arenas.next(), None);
        let shards = (0..plan.shards).filter_map(make).collect();
        let restarting = Restarting::new(arenas.collect());
        let simulation =
            Simulation::new(options(plan), plan.encoding, plan.network, shards, plan.seed);
        let guild = |id| {
            let mut guilds = simulation.server().world().guilds_of(ShardId::new(id, plan.shards));
            guilds.next()
        };
        Self {
            plan,
            guilds: (0..plan.shards).map(guild).collect(),
            simulation,
            laws: Laws::new(terms(plan)),
            pool: Pool::new(),
            rng: Rng::new(plan.seed.rotate_left(32)),
            commands: 0,
            tap: None,
            log: None,
            figures: Figures::default(),
            marred: false,
            broken_off: false,
            restarting,
            restarted: None,
        }
    }

    /// Lets somebody change what is seen before it is judged.
    pub(super) fn tap(&mut self, tap: &'t mut Tap<'t>) {
        self.tap = Some(tap);
    }

    /// Gives every shard a defect.
    pub(super) fn sabotage(&mut self, defect: Defect) {
        self.simulation.sabotage(defect);
    }

    pub(super) const fn seed(&self) -> u64 {
        self.plan.seed
    }

    pub(super) const fn now(&self) -> Instant {
        self.simulation.now()
    }

    /// Writes down what is seen, and records every shard.
    pub(super) fn log(&mut self) {
        self.log = Some(String::new());
        self.record();
    }

    fn record(&mut self) {
        // Nothing has happened yet, so it is not too late.
        let _ = self.simulation.record();
    }

    /// Returns what was written down and the recordings.
    pub(super) fn take_log(&mut self) -> (String, Vec<String>) {
        (self.log.take().unwrap_or_default(), self.simulation.finish_recordings())
    }

    /// Runs to the end.
    pub(super) fn run(&mut self, span: Duration) -> Result<(), Breach> {
        if self.plan.recorded {
            self.record();
        }
        if self.plan.generated {
            self.simulation.keep(Settings::default());
        }
        if self.plan.scarce.is_some() {
            self.simulation.budget(BudgetSettings::default());
            self.judge()?;
        }
        self.hour(span)
            .and_then(|()| self.recover())
            .and_then(|()| self.compare_caches())
            .and_then(|()| self.replay())
    }

    /// Returns what happened.
    pub(super) fn sum_up(&mut self) -> Figures {
        let stats = self.simulation.server().stats();
        self.figures.seeds = 1;
        self.figures.identifies = stats.identifies;
        self.figures.resumes = stats.resumes;
        self.figures.time = self.simulation.now().saturating_since(BEGIN);
        self.figures.shard_time = self.figures.time * self.plan.shards;
        self.figures.waived = self.laws.waived(self.simulation.now());
        core::mem::take(&mut self.figures)
    }

    /// Lets everything happen that the plan says.
    fn hour(&mut self, span: Duration) -> Result<(), Breach> {
        let begin = self.simulation.now();
        let end = begin.saturating_add(span);
        let mut strikes = self.plan.strikes.iter().peekable();
        let mut round = begin.saturating_add(Duration::from_secs(5));
        let mut order = begin;
        loop {
            let strike = strikes.peek().map_or(end, |strike| begin.saturating_add(strike.at));
            let restart = self.restart_at(begin);
            let at = strike.min(round).min(order).min(restart).min(end);
            self.advance(at)?;
            if at >= end {
                return Ok(());
            }
            if at == restart {
                self.restart()?;
            } else if at == strike
                && let Some(strike) = strikes.next()
            {
                self.blow(strike.blow)?;
            } else if at == round {
                self.round();
                round = self.after(span, self.plan.events * 2 / (BURST + 1));
            } else {
                self.order()?;
                order = self.after(span, self.plan.commands * u64::from(self.plan.shards));
            }
            self.judge()?;
        }
    }

    /// Waits until every shard is live, has told all fates and delivered the last event.
    fn recover(&mut self) -> Result<(), Breach> {
        /// How long a last event is waited for before there is another one: its session may be lost.
        const PATIENCE: Duration = Duration::from_secs(60);
        self.simulation.call_off();
        let begin = self.simulation.now();
        let end = begin.saturating_add(RECOVERY);
        loop {
            while !self.simulation.all_live() || self.laws.awaits_fates() {
                self.go_on(end)?;
            }
            self.dispatch();
            self.judge()?;
            let until = self.simulation.now().saturating_add(PATIENCE);
            while self.simulation.now() < until {
                if self.laws.delivered(self.pool.serial) {
                    self.laws.settle(self.simulation.now())?;
                    let well = self.simulation.now().saturating_since(begin);
                    let waited = self.laws.refused_until() > begin;
                    self.figures.recovery = if waited { Duration::ZERO } else { well };
                    return Ok(());
                }
                self.go_on(end)?;
            }
            // Nobody sees that a stream goes on from damaged bytes: that fault is over with the transport.
            for shard in self.laws.damaged() {
                let struck = self.simulation.strike(shard, Trouble::Reset).map_err(bounded)?;
                self.figures.resets += u64::from(struck);
            }
        }
    }

    /// Compares what is cached with the world, unless something on the way to it was damaged or too long.
    ///
    /// The world goes on: there is a moment at which all that it told is there.
    fn compare_caches(&mut self) -> Result<(), Breach> {
        const PATIENCE: Duration = Duration::from_secs(120);
        let end = self.simulation.now().saturating_add(PATIENCE);
        if !self.plan.generated || self.marred {
            return Ok(());
        }
        for id in 0..self.plan.shards {
            while let Err(how) = self.compare_caches_of(id) {
                if self.simulation.now() > end {
                    return Err(Breach { law: "cache", shard: id, at: self.simulation.now(), how });
                }
                self.go_on(end.saturating_add(PATIENCE))?;
            }
            self.figures.caches += u64::from(self.simulation.cache(id).is_some());
            self.figures.restored += u64::from(self.simulation.restored(id).is_some());
        }
        Ok(())
    }

    /// Compares the cache of a shard with the world, and the one that was restored from a snapshot, and these two.
    fn compare_caches_of(&self, id: u32) -> Result<(), String> {
        let (world, shard) = (self.simulation.server().world(), ShardId::new(id, self.plan.shards));
        let told = |what: &'static str| move |how| format!("the cache {what}: {how}");
        let (steady, restored) = (self.simulation.cache(id), self.simulation.restored(id));
        if let Some(cache) = steady {
            caches::compare(cache, world, shard, !self.broken_off).map_err(told("that went on"))?;
        }
        if let Some(cache) = restored {
            caches::compare(cache, world, shard, !self.broken_off).map_err(told("restored"))?;
        }
        match (steady, restored) {
            (Some(steady), Some(restored)) => caches::same(steady, restored),
            _ => Ok(()),
        }
    }

    /// Plays what was recorded through fresh shards, if this run is one to check for that.
    fn replay(&mut self) -> Result<(), Breach> {
        if !self.plan.recorded || self.log.is_some() {
            return Ok(());
        }
        for (shard, recording) in (0..).zip(self.simulation.finish_recordings()) {
            replay(recording.as_bytes()).map_err(|error| {
                let (at, how) = (self.simulation.now(), format!("the recording differs: {error}"));
                Breach { law: "replay", shard, at, how }
            })?;
        }
        Ok(())
    }

    fn go_on(&mut self, end: Instant) -> Result<(), Breach> {
        let end = end.max(self.laws.refused_until().saturating_add(RECOVERY));
        if self.simulation.now() > end {
            let phase = |id| self.simulation.status(id).map(|status| status.phase.name());
            let phases: Vec<_> = (0..self.plan.shards).filter_map(phase).collect();
            let how = format!(
                "not well {} s after the last fault: {phases:?}, {}",
                RECOVERY.as_secs(),
                self.laws.owed(self.pool.serial)
            );
            return Err(Breach { law: "live-again", shard: 0, at: self.simulation.now(), how });
        }
        self.simulation.clear_sights();
        self.simulation.step().map_err(bounded)?;
        self.judge()
    }

    /// Lets everything happen that is due by then.
    fn advance(&mut self, until: Instant) -> Result<(), Breach> {
        loop {
            self.simulation.clear_sights();
            if !self.simulation.step_until(until).map_err(bounded)? {
                return Ok(());
            }
            self.judge()?;
        }
    }

    fn blow(&mut self, blow: Blow) -> Result<(), Breach> {
        match blow {
            Blow::Gateway(fault) => {
                self.simulation.inject(fault);
            }
            Blow::Shard(shard, trouble) => {
                self.simulation.strike(shard, trouble).map_err(bounded)?;
            }
        }
        Ok(())
    }

    /// Sends some events in one instant.
    fn round(&mut self) {
        if !self.plan.generated {
            for _ in 0..self.rng.range(1, BURST + 1) {
                self.dispatch();
            }
        }
    }

    fn dispatch(&mut self) {
        let (kind, d) = self.pool.next(&mut self.rng);
        self.simulation.dispatch(kind, d);
    }

    /// Gives a shard one command, or many at once.
    fn order(&mut self) -> Result<(), Breach> {
        let shard = u32::try_from(self.rng.below(self.plan.shards.into())).unwrap_or(0);
        let guild = self.guilds.get(usize::try_from(shard).unwrap_or(0)).copied().flatten();
        let many = self.plan.floods && self.rng.chance(100);
        for _ in 0..if many { self.rng.range(20, 250) } else { 1 } {
            self.commands += 1;
            let expires = if self.rng.chance(300) {
                let span = Duration::from_millis(self.rng.range(1, 60_000));
                self.simulation.now().saturating_add(span)
            } else {
                Instant::MAX
            };
            // A full queue says so, and the command is not given.
            let simulation = &mut self.simulation;
            let _ = command(&mut self.rng, self.commands, guild, |command| {
                simulation.command(shard, command, expires)
            });
        }
        self.simulation.poke(shard).map_err(bounded)
    }

    /// Draws a moment after now, so that about `times` of them fit into the span.
    fn after(&mut self, span: Duration, times: u64) -> Instant {
        let micros = u64::try_from(span.as_micros()).unwrap_or(u64::MAX) / times.max(1) * 2;
        let wait = Duration::from_micros(self.rng.range(1, micros.max(2)));
        self.simulation.now().saturating_add(wait)
    }

    /// Judges what was seen since the last step.
    fn judge(&mut self) -> Result<(), Breach> {
        if let Some(tap) = &mut self.tap {
            let mut sights = self.simulation.take_sights();
            tap(&mut sights);
            let judged = self.look(&sights);
            self.simulation.give_back(sights);
            return judged;
        }
        let sights = self.simulation.take_sights();
        let judged = self.look(&sights);
        self.simulation.give_back(sights);
        judged
    }

    /// Counts a fault of the gateway that struck.
    fn count(&mut self, what: &What) {
        match what {
            What::Damaged => {
                self.marred = true;
                self.figures.count(&Fault::Corrupt.info().name());
            }
            What::Faulted(Fault::Bomb(_)) if self.plan.compression == Compression::None => {}
            What::Faulted(Fault::Join) if self.plan.compression != Compression::ZlibStream => {}
            What::Faulted(fault) if *fault != Fault::Corrupt => {
                self.figures.count(&fault.info().name());
            }
            _ => {}
        }
    }

    fn look(&mut self, sights: &[Sight]) -> Result<(), Breach> {
        if let Some(log) = &mut self.log {
            for Sight { at, shard, seen } in sights {
                // Writing to a String cannot fail.
                let _ = writeln!(log, "{at} shard {shard} {seen:?}");
            }
        }
        for Sight { seen, .. } in sights {
            match seen {
                Seen::Dispatch { .. } => self.figures.events += 1,
                Seen::Gap { .. } | Seen::Skipped { .. } | Seen::Spoiled { .. } => {
                    self.marred = true
                }
                Seen::Refused { .. } => self.figures.refusals += 1,
                Seen::Began { .. } => self.figures.processes += 1,
                Seen::Lost { .. } | Seen::Restarted { goes_on: false } => self.broken_off = true,
                Seen::Gateway { what, .. } => self.count(what),
                Seen::Struck(trouble) => self.figures.count(trouble.name()),
                _ => {}
            }
        }
        self.laws.see(sights)
    }
}

fn terms(plan: &Plan) -> Terms {
    let Plan { shards, at_once, heartbeat, room, compression, network, .. } = *plan;
    let (day_total, day_ends) = day(plan);
    let stream = matches!(compression, Compression::ZlibStream | Compression::ZstdStream);
    let slow = if network.slow > 0 { SLOW } else { Duration::ZERO };
    let (latency, noise) = (network.latency, network.jitter + slow);
    let compressed = compression != Compression::None;
    Terms {
        shards,
        at_once,
        heartbeat,
        room,
        stream,
        compressed,
        day_total,
        day_ends,
        latency,
        noise,
    }
}

/// Returns how many Identifies there are, and until when.
fn day(plan: &Plan) -> (u32, Instant) {
    let usual = (1_000, Instant::ZERO.saturating_add(DAY));
    plan.scarce.as_ref().map_or(usual, |scarce| (scarce.total, BEGIN.saturating_add(scarce.ends)))
}

fn options(plan: &Plan) -> Options {
    let (session_starts, first_reset) = day(plan);
    Options {
        seed: plan.seed,
        guilds: if plan.generated { 4 } else { 1 },
        members: 4,
        rate: u32::from(plan.generated),
        max_concurrency: plan.at_once,
        session_starts,
        first_reset: first_reset.saturating_since(Instant::ZERO),
        heartbeat_interval: plan.heartbeat,
        journal_capacity: u32::MAX,
        // More than a session misses in the time it is kept for a Resume.
        replay_capacity: 1_000,
        ..Options::default()
    }
}

/// Whatever would go on for ever breaks a law.
fn bounded(stuck: Stuck) -> Breach {
    let (shard, at) = match stuck {
        Stuck::Outputs { shard, at } | Stuck::Spin { shard, at } => (shard, at),
        Stuck::Never { at } | Stuck::Steps { at } => (0, at),
    };
    Breach { law: "bounded", shard, at, how: stuck.to_string() }
}

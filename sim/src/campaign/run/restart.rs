//! Processes that end in the middle of the run, and what they saved before.

use std::time::Duration;

use gatewright_core::{Config, Instant, Intents, Memory, Session, Shard, ShardId};

use super::super::laws::Breach;
use super::super::plan::{Plan, Restart};
use super::{Arena, Run};
use crate::simulation::{Crash, Simulation};

/// What is saved and when that is needed, and memory for another process.
#[derive(Default)]
pub(super) struct Restarting<'m> {
    snapshot: Option<Vec<u8>>,
    over: bool,
    arenas: Vec<&'m mut Arena>,
    /// How often all shards crashed.
    crashes: usize,
}

impl<'m> Restarting<'m> {
    /// Takes memory for other processes, if memory is lent.
    pub(super) fn new(arenas: Vec<&'m mut Arena>) -> Self {
        Self { arenas, ..Self::default() }
    }
}

impl<'m> Run<'_, 'm, '_> {
    /// Returns when something is to be saved, or a process ends; the end of time if neither.
    pub(super) fn restart_at(&self, begin: Instant) -> Instant {
        if let Some((at, _)) = self.next_crash() {
            return begin.saturating_add(at);
        }
        let Some(Restart { saved, ended, .. }) =
            self.plan.restart.filter(|_| !self.restarting.over)
        else {
            return Instant::MAX;
        };
        begin.saturating_add(if self.restarting.snapshot.is_none() { saved } else { ended })
    }

    /// Saves, or restarts from what was saved; neither where what was told is not to be trusted.
    pub(super) fn restart(&mut self) -> Result<(), Breach> {
        if let Some((_, crash)) = self.next_crash() {
            self.crash(crash);
            return Ok(());
        }
        let Some(Restart { shard, pause, .. }) = self.plan.restart else { return Ok(()) };
        let Some(snapshot) = self.restarting.snapshot.take() else {
            self.restarting.snapshot = self.simulation.save(shard).filter(|_| !self.marred);
            self.restarting.over = self.restarting.snapshot.is_none();
            return Ok(());
        };
        self.restarting.over = true;
        if self.marred {
            return Ok(());
        }
        let (plan, arena) = (self.plan, self.restarting.arenas.pop());
        let make = |session| make(plan, shard, arena, session);
        let restarted = self.simulation.restart(shard, &snapshot, pause, make);
        self.restarted = Some(shard);
        restarted.map_err(|error| {
            let (at, how) = (self.simulation.now(), format!("its snapshot is refused: {error}"));
            Breach { law: "cache", shard, at, how }
        })
    }
}

impl Run<'_, '_, '_> {
    fn next_crash(&self) -> Option<(Duration, Crash)> {
        self.plan.scarce.as_ref()?.crashes.get(self.restarting.crashes).copied()
    }

    /// Ends the process of all shards; the next one remembers nothing but the budget.
    fn crash(&mut self, crash: Crash) {
        let (plan, Restarting { arenas, crashes, .. }) = (self.plan, &mut self.restarting);
        *crashes += 1;
        self.simulation.crash(crash, |id| make(plan, id, arenas.pop(), None));
    }
}

/// Makes a shard, which resumes a session if there is one.
pub(super) fn make<'m>(
    plan: &Plan,
    id: u32,
    arena: Option<&'m mut Arena>,
    session: Option<Session>,
) -> Option<Shard<'m>> {
    let memory = match arena {
        Some(arena) => arena.lend(plan.compression),
        None => Memory::heap_limited(plan.compression, plan.room),
    };
    let config = Config::new("simulated", Intents::DOCUMENTED)
        .gateway(Simulation::GATEWAY)
        .shard(ShardId::new(id, plan.shards))
        .encoding(plan.encoding);
    let seed = plan.seed ^ u64::from(id);
    match session {
        Some(session) => Shard::resume(config, session, seed, memory).ok(),
        None => Shard::new(config, seed, memory).ok(),
    }
}

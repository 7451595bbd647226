//! When faults strike.

use std::collections::VecDeque;
use std::time::Duration;

use gatewright_core::Instant;

use super::Server;
use super::link::Phase;
use crate::fault::{Fault, Strikes};

/// Faults that are still to come.
#[derive(Debug)]
pub(super) struct Faults {
    planned: VecDeque<Fault>,
    /// When the first planned fault strikes, if a connection is live.
    next: Option<Instant>,
    /// Injected faults that wait for their moment.
    armed: VecDeque<Fault>,
}

impl Faults {
    pub(super) fn new(planned: &[Fault]) -> Self {
        Self { planned: planned.iter().copied().collect(), next: None, armed: VecDeque::new() }
    }

    pub(super) fn arm(&mut self, fault: Fault) {
        self.armed.push_back(fault);
    }

    pub(super) fn disarm(&mut self) {
        self.armed.clear();
    }

    /// Puts off what is left of a fault until its next moment, before any other.
    pub(super) fn arm_again(&mut self, rest: Option<Fault>) {
        rest.into_iter().for_each(|fault| self.armed.push_front(fault));
    }

    /// Takes the fault whose moment has come.
    pub(super) fn take(&mut self, moment: Strikes) -> Option<Fault> {
        let armed = self.armed.iter().position(|fault| fault.info().strikes == moment);
        if let Some(at) = armed {
            return self.armed.remove(at);
        }
        let planned = self.planned.front().is_some_and(|fault| fault.info().strikes == moment);
        if planned { self.planned.pop_front() } else { None }
    }

    pub(super) const fn deadline(&self) -> Option<Instant> {
        self.next
    }
}

impl Server {
    /// Plans the first fault in the list if it strikes live connections.
    pub(super) fn plan_fault(&mut self) {
        let first = self.faults.planned.front();
        let first = first.is_some_and(|fault| fault.info().strikes == Strikes::Now);
        if first && self.faults.next.is_none() {
            let wait = Duration::from_millis(self.rng.range(1_000, 5_000));
            self.faults.next = Some(self.now.saturating_add(wait));
        }
    }

    /// Makes the planned fault strike a random live connection; without one it waits on.
    pub(super) fn strike_planned(&mut self) {
        if self.faults.next.is_none_or(|at| at > self.now) {
            return;
        }
        self.faults.next = None;
        let live = self.links.iter().filter(|(_, link)| matches!(link.phase, Phase::Live(_)));
        let live = live.map(|(conn, _)| *conn).collect::<Vec<_>>();
        let target = live.get(self.rng.index(live.len())).copied();
        if let Some((conn, fault)) =
            target.and_then(|conn| Some((conn, self.faults.planned.pop_front()?)))
        {
            self.strike(conn, fault);
            self.plan_fault();
        }
    }
}

//! When faults strike and what they do.

use std::collections::VecDeque;
use std::time::Duration;

use gatewright_core::Instant;

use super::link::Phase;
use super::{Conn, Server};
use crate::fault::Fault;
use crate::journal::What;

/// Faults that are still to come.
#[derive(Debug)]
pub(super) struct Faults {
    planned: VecDeque<Fault>,
    /// When the first planned fault strikes, if a connection is live.
    next: Option<Instant>,
    /// Injected faults that wait for the next connection.
    armed: VecDeque<Fault>,
}

impl Faults {
    pub(super) fn new(planned: &[Fault]) -> Self {
        Self { planned: planned.iter().copied().collect(), next: None, armed: VecDeque::new() }
    }

    pub(super) fn arm(&mut self, fault: Fault) {
        self.armed.push_back(fault);
    }

    /// Takes the fault that strikes a connection which opens now.
    pub(super) fn take_greeting(&mut self) -> Option<Fault> {
        let planned = self.planned.front().is_some_and(|fault| fault.strikes_on_open());
        self.armed.pop_front().or_else(|| if planned { self.planned.pop_front() } else { None })
    }

    pub(super) const fn deadline(&self) -> Option<Instant> {
        self.next
    }
}

impl Server {
    /// Plans the first fault in the list if it strikes live connections.
    pub(super) fn plan_fault(&mut self) {
        let first = self.faults.planned.front().is_some_and(|fault| !fault.strikes_on_open());
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

    pub(super) fn strike(&mut self, conn: Conn, fault: Fault) {
        self.note(conn, What::Faulted(fault));
        match fault {
            Fault::Close(code) => self.close(conn, code, "a fault of the simulation"),
            Fault::Drop => self.cut(conn),
            Fault::HeartbeatRequest => self.ask_beat(conn),
            Fault::InvalidSession => {
                self.release(conn, false);
                self.say_invalid(conn, false);
            }
            Fault::InvalidSessionResumable => {
                self.release(conn, true);
                self.say_invalid(conn, true);
            }
            Fault::Reconnect => self.ask_reconnect(conn),
            Fault::SwallowAcks => {
                self.links.get_mut(&conn).into_iter().for_each(|link| link.swallow_acks = true);
            }
            Fault::Corrupt | Fault::Delay(_) | Fault::Silence | Fault::Split => {
                self.spoil(conn, fault)
            }
            Fault::NoHello | Fault::NoReady | Fault::ReconnectBeforeHello => self.faults.arm(fault),
        }
    }

    /// Makes a fault of the sending half stick.
    fn spoil(&mut self, conn: Conn, fault: Fault) {
        let Some(wire) = self.out.wire(conn) else {
            return;
        };
        wire.corrupt |= fault == Fault::Corrupt;
        wire.silent |= fault == Fault::Silence;
        wire.split |= fault == Fault::Split;
        if let Fault::Delay(delay) = fault {
            wire.delay = Some(delay);
        }
    }

    fn ask_beat(&mut self, conn: Conn) {
        self.send(conn, r#"{"t":null,"s":null,"op":1,"d":null}"#);
        self.note(conn, What::HeartbeatAsked);
        self.links.get_mut(&conn).into_iter().for_each(|link| link.asked_beats += 1);
    }
}

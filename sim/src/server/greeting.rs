//! Opening and Hello, as they should be and as faults have them.

use std::time::Duration;

use gatewright_core::CloseCode;

use super::link::{Answer, Link};
use super::target::{Encoding, Target};
use super::wire::{Coding, Wire};
use super::{Conn, Server, target};
use crate::etf::Dialect;
use crate::fault::{Fault, HelloInterval, Strikes};
use crate::journal::What;

/// The HTTP status of an outage: service unavailable.
const UNAVAILABLE: u16 = 503;
/// The longest interval that a client is waited for as long as Hello told.
const LONGEST_INTERVAL: Duration = Duration::from_secs(24 * 60 * 60);

impl Server {
    pub(super) fn opened(&mut self, conn: Conn, target: &str) {
        if self.links.contains_key(&conn) {
            self.closed(conn, None);
        }
        if self.outage > self.now {
            return self.refuse_upgrade(conn, UNAVAILABLE);
        }
        let target = target::read(target);
        let fault = match target.refusal {
            None => self.faults.take(Strikes::Open),
            Some(_) => None,
        };
        if let Some(Fault::RefuseUpgrade(status)) = fault {
            self.note(conn, What::Faulted(Fault::RefuseUpgrade(status)));
            return self.refuse_upgrade(conn, status);
        }
        self.take_in(conn, &target);
        target.complaints.iter().for_each(|about| self.complain(conn, about));
        match target.refusal {
            Some(refusal) => self.refuse(conn, refusal),
            None => self.greet(conn, fault),
        }
    }

    fn take_in(&mut self, conn: Conn, target: &Target) {
        let (interval, patience) = (self.options.heartbeat_interval, self.options.patience());
        self.stats.connections += 1;
        let link = Link::new(target.encoding, target.compression, interval, patience, self.now);
        self.links.insert(conn, link);
        let mut rng = self.rng.fork();
        let coding = match target.encoding {
            Encoding::Etf => {
                Coding::Etf(self.options.dialect.unwrap_or_else(|| Dialect::draw(&mut rng)))
            }
            Encoding::Json => Coding::Json,
        };
        self.out.open(conn, Wire::new(coding, target.compression, rng));
        self.note(conn, What::Opened { compression: target.compression });
    }

    fn refuse_upgrade(&mut self, conn: Conn, status: u16) {
        self.note(conn, What::UpgradeRefused { status });
        self.out.refuse(conn, status);
    }

    /// Says Hello, unless a fault of opening has its turn.
    fn greet(&mut self, conn: Conn, fault: Option<Fault>) {
        let interval = u64::try_from(self.options.heartbeat_interval.as_millis());
        let usual = HelloInterval::Millis(interval.unwrap_or(u64::MAX));
        let Some(fault) = fault else {
            return self.hello(conn, usual);
        };
        self.note(conn, What::Faulted(fault));
        // The list of faults says which of them strike here.
        if fault == Fault::NoHello {
        } else if let Fault::HelloInterval(interval) = fault {
            self.believe(conn, interval);
            self.hello(conn, interval);
        } else if let Fault::CloseOnOpen(count) = fault {
            self.close(conn, CloseCode::UNKNOWN_ERROR, "a fault of the simulation");
            self.faults.arm_again((count > 1).then(|| Fault::CloseOnOpen(count - 1)));
        } else if let Fault::DropOnOpen(count) = fault {
            self.cut(conn);
            self.faults.arm_again((count > 1).then(|| Fault::DropOnOpen(count - 1)));
        } else if fault == Fault::ReconnectBeforeHello {
            self.ask_reconnect(conn);
        } else if fault == Fault::InvalidSessionBeforeHello {
            self.say_invalid(conn, true);
        } else {
            self.answers(
                conn,
                if fault == Fault::NoReady { Answer::None } else { Answer::Invalid },
            );
            self.hello(conn, usual);
        }
    }

    fn answers(&mut self, conn: Conn, answer: Answer) {
        self.links.get_mut(&conn).into_iter().for_each(|link| link.answer = answer);
    }

    /// Holds the client to the interval that it is told, if there is a sense in that.
    fn believe(&mut self, conn: Conn, interval: HelloInterval) {
        let told = match interval {
            HelloInterval::Millis(millis) => Duration::from_millis(millis).min(LONGEST_INTERVAL),
            HelloInterval::Fraction
            | HelloInterval::Huge
            | HelloInterval::Missing
            | HelloInterval::Negative
            | HelloInterval::Text => Duration::ZERO,
        };
        if let Some(link) = self.links.get_mut(&conn) {
            link.interval = told;
            link.patience = link.patience.max(told * 3 / 2);
            link.beat_by = self.now.saturating_add(link.patience);
        }
    }

    fn hello(&mut self, conn: Conn, interval: HelloInterval) {
        if let Some(link) = self.links.get_mut(&conn) {
            link.hello_sent = true;
        }
        let told = interval.json().map(|json| format!(r#""heartbeat_interval":{json},"#));
        let told = told.unwrap_or_default();
        let hello =
            format!(r#"{{"t":null,"s":null,"op":10,"d":{{{told}"_trace":["gateway-sim"]}}}}"#);
        self.send(conn, &hello);
        self.note(conn, What::HelloSent { interval });
    }
}

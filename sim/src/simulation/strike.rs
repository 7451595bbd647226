//! Making things go wrong.

use std::time::Duration;

use gatewright_core::{Gone, Input, Instant, Link};

use super::client::Hold;
use super::line::Up;
use super::{Seen, Simulation, Stuck, Trouble};
use crate::fault::Fault;
use crate::server;

impl Simulation<'_> {
    /// Calls off what has not struck: faults that wait for their moment, and trouble with dials.
    pub fn call_off(&mut self) {
        self.server.call_off();
        for client in &mut self.clients {
            client.dials.clear();
            if matches!(client.hold, Hold::Coming(_)) {
                client.hold = Hold::None;
            }
        }
    }

    /// Makes a fault of the gateway strike all its connections now, or the next one that opens.
    pub fn inject(&mut self, fault: Fault) -> usize {
        // What is due at this moment is not to be taken for what the fault brings about.
        self.server.handle_input(self.now, server::Input::Tick);
        self.drain_server(false);
        let asks = matches!(fault, Fault::HeartbeatRequest | Fault::HeartbeatRequestFlood(_));
        let struck = self.server.inject(self.now, fault);
        self.drain_server(asks);
        struck
    }

    /// Makes trouble for one shard now, or at its next dial; tells whether there was something to strike.
    ///
    /// # Errors
    /// [`Stuck`] if something would go on for ever.
    pub fn strike(&mut self, shard: u32, trouble: Trouble) -> Result<bool, Stuck> {
        let at = usize::try_from(shard).unwrap_or(usize::MAX);
        let Some(client) = self.clients.get_mut(at) else { return Ok(false) };
        match trouble {
            Trouble::DialFails
            | Trouble::DialHangs
            | Trouble::DialLate
            | Trouble::DialRefused(_) => client.dials.push_back(trouble),
            Trouble::Busy(span) if client.hold == Hold::None => client.hold = Hold::Coming(span),
            Trouble::Full(span) if client.hold == Hold::None => {
                let until = self.now.saturating_add(span);
                client.hold = Hold::Full(until);
                self.see(shard, Seen::Held { until });
                self.see(shard, Seen::Struck(trouble));
            }
            Trouble::Busy(_) | Trouble::Full(_) => return Ok(false),
            Trouble::LateNews => return self.late_news(at),
            Trouble::Blackhole(_)
            | Trouble::Corrupt
            | Trouble::HalfOpenAtGateway
            | Trouble::HalfOpenAtShard
            | Trouble::Pieces
            | Trouble::Reset
            | Trouble::Stall(_) => return Ok(self.strike_line(at, trouble)),
        }
        Ok(true)
    }

    /// Strikes the transport at hand, if there is one.
    fn strike_line(&mut self, at: usize, trouble: Trouble) -> bool {
        let now = self.now;
        let Some(client) = self.clients.get_mut(at) else { return false };
        let (shard, rng, net) = (client.id, &mut self.rng, &self.network);
        let Some(line) = &mut client.line else { return false };
        let link = line.link;
        let mut withheld = None;
        match trouble {
            Trouble::Blackhole(span) => {
                line.dig(now.saturating_add(span));
                withheld = Some((now.saturating_add(span), span));
            }
            Trouble::Stall(span) => {
                line.stall(now.saturating_add(span));
                withheld = Some((now.saturating_add(span), span));
            }
            Trouble::Corrupt => {
                line.corrupt = true;
                return true;
            }
            Trouble::Pieces => line.pieces = true,
            Trouble::Reset => {
                line.forget_up();
                line.push_up(now, net, rng, Up::Closed(None));
                line.deaf_gateway = true;
                line.end_down(now, net, rng);
            }
            Trouble::HalfOpenAtGateway => {
                line.forget_up();
                line.deaf_gateway = true;
                line.end_down(now, net, rng);
            }
            Trouble::HalfOpenAtShard => {
                line.forget_up();
                line.push_up(now, net, rng, Up::Closed(None));
                line.deaf_gateway = true;
                line.deafen_shard();
                withheld = Some((Instant::MAX, Duration::MAX));
            }
            _ => return false,
        }
        self.see(shard, Seen::Struck(trouble));
        if let Some((until, by)) = withheld {
            self.see(shard, Seen::Withheld { link, until, by });
        }
        true
    }

    /// Tells a shard everything there is to tell of the transport before the one at hand.
    fn late_news(&mut self, at: usize) -> Result<bool, Stuck> {
        let Some(client) = self.clients.get(at).filter(|client| client.reads()) else {
            return Ok(false);
        };
        if client.link.0 < 2 {
            return Ok(false);
        }
        let (link, shard) = (Link(client.link.0 - 1), client.id);
        self.see(shard, Seen::Struck(Trouble::LateNews));
        let late = br#"{"t":"LATE","s":1,"op":0,"d":null}"#;
        self.hear(at, Input::Message { link, text: true, part: late, last: true })?;
        self.hear(at, Input::Sent(link))?;
        self.hear(at, Input::MayIdentify(link))?;
        self.hear(at, Input::Opened(link))?;
        self.hear(at, Input::Closed(link, Gone::Dropped))?;
        Ok(true)
    }
}

//! One transport: what is on its way in either direction, and what the network does to it.
//!
//! Order within a direction is kept, as TCP keeps it: whatever delays one thing delays what follows.

use std::collections::VecDeque;
use std::time::Duration;

use gatewright_core::{CloseCode, Instant, Link};

use super::{Network, Seen, Trouble};
use crate::rng::Rng;
use crate::server::Conn;

/// A shorter message is not worth a flipped bit.
const SMALLEST_CORRUPTED: usize = 32;

/// What is on its way to the shard.
#[derive(Debug)]
pub(super) enum Down {
    Closed(CloseCode, String),
    Dropped,
    Message { text: bool, data: Vec<u8>, last: bool, marks: Marks },
    Opened,
    Refused(u16),
    Unreachable,
}

/// What an onlooker is to know of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    /// Whether it asks for a heartbeat.
    pub(super) asks: bool,
    /// Whether the gateway, or the network, flipped a bit of it.
    pub(super) damaged: bool,
    pub(super) corrupted: bool,
}

impl Marks {
    pub(super) fn tell(self, link: Link, see: &mut impl FnMut(Seen)) {
        if self.asks {
            see(Seen::Asked { link });
        }
        if self.damaged || self.corrupted {
            see(Seen::Spoiled { link });
        }
        if self.corrupted {
            see(Seen::Struck(Trouble::Corrupt));
        }
    }
}

/// What is on its way to the gateway.
#[derive(Debug)]
pub(super) enum Up {
    Closed(Option<CloseCode>),
    Message { text: bool, data: Vec<u8> },
    Open { target: String },
}

#[derive(Debug)]
pub(super) struct Line {
    pub(super) link: Link,
    pub(super) conn: Conn,
    down: VecDeque<(Instant, Down)>,
    up: VecDeque<(Instant, Up)>,
    /// When the latest thing of each direction is due.
    down_due: Instant,
    up_due: Instant,
    /// Until when nothing passes.
    hole_until: Instant,
    /// Until when no frame is taken.
    stall_until: Instant,
    /// When the frame in flight is taken.
    pub(super) taken_at: Option<Instant>,
    /// When a close from here is done.
    pub(super) closed_at: Option<Instant>,
    /// Whether the shard hears nothing more, and the gateway nothing more.
    deaf_shard: bool,
    pub(super) deaf_gateway: bool,
    pub(super) corrupt: bool,
    /// Whether the gateway damaged the next message.
    pub(super) damaged: bool,
    pub(super) pieces: bool,
    /// Whether it goes on when the shard has left it: the gateway does not hear of that.
    pub(super) lingers: bool,
    /// Whether the gateway cuts its messages.
    pub(super) split: bool,
}

impl Line {
    pub(super) fn new(link: Link, conn: Conn, now: Instant) -> Self {
        Self {
            link,
            conn,
            down: VecDeque::new(),
            up: VecDeque::new(),
            down_due: now,
            up_due: now,
            hole_until: Instant::ZERO,
            stall_until: Instant::ZERO,
            taken_at: None,
            closed_at: None,
            deaf_shard: false,
            deaf_gateway: false,
            corrupt: false,
            damaged: false,
            pieces: false,
            lingers: false,
            split: false,
        }
    }

    /// Sends something to the shard.
    pub(super) fn push_down(&mut self, now: Instant, net: &Network, rng: &mut Rng, mut down: Down) {
        if self.deaf_shard {
            return;
        }
        if let Down::Message { data, marks, .. } = &mut down {
            marks.damaged |= core::mem::take(&mut self.damaged);
            if self.corrupt && data.len() >= SMALLEST_CORRUPTED {
                self.corrupt = false;
                marks.corrupted = true;
                flip_a_bit(data, rng);
            }
        }
        let due = now.saturating_add(net.draw(rng));
        self.down_due = self.down_due.max(due);
        match down {
            Down::Message { text, data, last, marks } if self.pieces && data.len() > 1 => {
                self.push_pieces(rng, text, data, last, marks);
            }
            down => self.down.push_back((self.down_due, down)),
        }
    }

    /// Sends a message in up to four pieces, some of them later.
    fn push_pieces(
        &mut self,
        rng: &mut Rng,
        text: bool,
        mut data: Vec<u8>,
        last: bool,
        mut marks: Marks,
    ) {
        for _ in 0..rng.below(4) {
            let rest = data.split_off(rng.index(data.len() + 1));
            let first = Marks { asks: false, ..marks };
            marks = Marks { asks: marks.asks, ..Marks::default() };
            let piece = Down::Message { text, data, last: false, marks: first };
            self.down.push_back((self.down_due, piece));
            self.down_due = self
                .down_due
                .saturating_add(Duration::from_micros(rng.below(2) * rng.below(9_000)));
            data = rest;
        }
        self.down.push_back((self.down_due, Down::Message { text, data, last, marks }));
    }

    /// Sends something to the gateway, once what stalls is over.
    pub(super) fn push_up(&mut self, now: Instant, net: &Network, rng: &mut Rng, up: Up) {
        self.push_up_after(now, net.draw(rng), up);
    }

    pub(super) fn push_up_after(&mut self, now: Instant, delay: Duration, up: Up) {
        if !self.deaf_gateway {
            let due = now.max(self.stall_until).saturating_add(delay);
            self.up_due = self.up_due.max(due);
            self.up.push_back((self.up_due, up));
        }
    }

    pub(super) fn stall(&mut self, until: Instant) {
        self.stall_until = self.stall_until.max(until);
    }

    pub(super) fn dig(&mut self, until: Instant) {
        self.hole_until = self.hole_until.max(until);
    }

    /// Returns when a frame handed over now is taken.
    pub(super) fn takes_at(&self, now: Instant) -> Instant {
        self.stall_until.max(now)
    }

    pub(super) fn next_down(&self) -> Option<Instant> {
        self.down.front().map(|(at, _)| self.hole_until.max(*at))
    }

    pub(super) fn next_up(&self) -> Option<Instant> {
        self.up.front().map(|(at, _)| self.hole_until.max(*at))
    }

    pub(super) fn pop_down(&mut self) -> Option<Down> {
        self.down.pop_front().map(|(_, down)| down)
    }

    pub(super) fn pop_up(&mut self) -> Option<Up> {
        self.up.pop_front().map(|(_, up)| up)
    }

    /// Tells whether something is still to come of a transport that the shard has left.
    pub(super) fn is_of_use(&self) -> bool {
        self.lingers || self.next_up().is_some()
    }

    /// Forgets what has not arrived at the gateway.
    pub(super) fn forget_up(&mut self) {
        self.up.clear();
    }

    /// Forgets what has not arrived at the shard.
    pub(super) fn forget_down(&mut self) {
        self.down.clear();
    }

    /// Tells the shard, instead of what has not arrived, that the transport is gone.
    pub(super) fn end_down(&mut self, now: Instant, net: &Network, rng: &mut Rng) {
        if !self.deaf_shard {
            self.down.clear();
            self.push_down(now, net, rng, Down::Dropped);
            self.deaf_shard = true;
        }
    }

    /// Loses all that is on its way, but that the gateway hears of its end.
    pub(super) fn abandon(&mut self, now: Instant, net: &Network, rng: &mut Rng) {
        self.forget_up();
        self.push_up(now, net, rng, Up::Closed(None));
        (self.deaf_gateway, self.lingers) = (true, false);
        self.deafen_shard();
    }

    /// Forgets what has not arrived at the shard, and lets nothing more arrive.
    pub(super) fn deafen_shard(&mut self) {
        self.deaf_shard = true;
        self.down.clear();
    }
}

fn flip_a_bit(data: &mut [u8], rng: &mut Rng) {
    let at = rng.index(data.len());
    let bit = 1 << rng.below(8);
    if let Some(byte) = data.get_mut(at) {
        *byte ^= bit;
    }
}

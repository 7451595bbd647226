//! What is to be sent, in order, over all connections.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use gatewright_core::{CloseCode, Instant};

use super::wire::{Frame, Wire};
use super::{Conn, Output};

#[derive(Debug)]
struct Item {
    conn: Conn,
    act: Act,
}

#[derive(Debug)]
enum Act {
    Close(CloseCode, &'static str),
    Drop,
    Send(Arc<str>),
}

/// Queues messages as JSON and encodes each only when it leaves.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    wires: BTreeMap<Conn, Wire>,
    queue: VecDeque<Item>,
    later: BTreeMap<(Instant, u64), Item>,
    numbered: u64,
    pieces: VecDeque<(Conn, Frame)>,
}

impl Outbox {
    pub(super) fn open(&mut self, conn: Conn, wire: Wire) {
        self.forget(conn);
        self.wires.insert(conn, wire);
    }

    /// Forgets a connection that is over, with all that is queued for it.
    pub(super) fn forget(&mut self, conn: Conn) {
        self.wires.remove(&conn);
        self.queue.retain(|item| item.conn != conn);
        self.later.retain(|_, item| item.conn != conn);
        self.pieces.retain(|(owner, _)| *owner != conn);
    }

    pub(super) fn wire(&mut self, conn: Conn) -> Option<&mut Wire> {
        self.wires.get_mut(&conn)
    }

    /// Queues a message; says whether it is going to be sent.
    pub(super) fn send(&mut self, now: Instant, conn: Conn, json: Arc<str>) -> bool {
        let spoken = self.wires.get(&conn).is_some_and(|wire| !wire.silent);
        if spoken {
            self.push(now, Item { conn, act: Act::Send(json) });
        }
        spoken
    }

    /// Queues a message ahead of all that waits for the same connection.
    pub(super) fn send_first(&mut self, now: Instant, conn: Conn, json: Arc<str>) {
        let Some(wire) = self.wires.get(&conn).filter(|wire| !wire.silent) else {
            return;
        };
        let item = Item { conn, act: Act::Send(json) };
        let at = self.queue.iter().position(|waiting| waiting.conn == conn);
        match at.filter(|_| wire.delay.is_none()) {
            Some(at) => self.queue.insert(at, item),
            None => self.push(now, item),
        }
    }

    pub(super) fn close(
        &mut self,
        now: Instant,
        conn: Conn,
        code: CloseCode,
        reason: &'static str,
    ) {
        self.push(now, Item { conn, act: Act::Close(code, reason) });
    }

    /// Cuts a connection at once; what was queued for it is lost.
    pub(super) fn cut(&mut self, conn: Conn) {
        if let Some(wire) = self.wires.remove(&conn) {
            self.forget(conn);
            self.wires.insert(conn, wire);
            self.queue.push_back(Item { conn, act: Act::Drop });
        }
    }

    /// Lets go what was delayed until `now`.
    pub(super) fn release(&mut self, now: Instant) {
        while let Some(first) = self.later.first_entry().filter(|first| first.key().0 <= now) {
            self.queue.push_back(first.remove());
        }
    }

    /// Returns when the next delayed message is due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.later.keys().next().map(|(at, _)| *at)
    }

    pub(super) fn poll(&mut self) -> Option<Output> {
        loop {
            if let Some((conn, Frame { text, data })) = self.pieces.pop_front() {
                return Some(Output::Send { conn, text, data });
            }
            let Item { conn, act } = self.queue.pop_front()?;
            match act {
                Act::Close(code, reason) => {
                    self.wires.remove(&conn);
                    return Some(Output::Close { conn, code, reason: reason.to_owned() });
                }
                Act::Drop => {
                    self.wires.remove(&conn);
                    return Some(Output::Drop { conn });
                }
                Act::Send(json) => self.encode(conn, &json),
            }
        }
    }

    fn encode(&mut self, conn: Conn, json: &str) {
        if let Some(wire) = self.wires.get_mut(&conn) {
            self.pieces.extend(wire.encode(json).into_iter().map(|frame| (conn, frame)));
        }
    }

    /// A delay that is made shorter must not let a message overtake an earlier one.
    fn push(&mut self, now: Instant, item: Item) {
        let Some(wire) = self.wires.get_mut(&item.conn) else {
            return;
        };
        let Some(delay) = wire.delay else {
            self.queue.push_back(item);
            return;
        };
        wire.due = wire.due.max(now.saturating_add(delay));
        self.numbered += 1;
        self.later.insert((wire.due, self.numbered), item);
    }
}

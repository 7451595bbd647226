//! What is to be sent, in order, over all connections.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use gatewright_core::{CloseCode, Instant};

use super::wire::{Break, Frame, Wire};
use super::{Conn, Output};

/// How long messages wait for others to be joined with.
const JOINED: Duration = Duration::from_millis(100);
/// The most messages that are joined.
const MOST_JOINED: usize = 64;

#[derive(Debug)]
struct Item {
    conn: Conn,
    act: Act,
}

#[derive(Debug)]
enum Act {
    Bomb(u32),
    Close(CloseCode, &'static str),
    Drop,
    Frame(Frame),
    Refuse(u16),
    Send(Arc<str>),
}

/// Queues messages as JSON and encodes each only when it leaves.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    wires: BTreeMap<Conn, Wire>,
    queue: VecDeque<Item>,
    later: BTreeMap<(Instant, u64), Item>,
    numbered: u64,
    pieces: VecDeque<(Conn, Piece)>,
    /// Whether the message encoded last was damaged, and nobody asked yet.
    damaged: bool,
}

/// What an act comes to on the wire.
#[derive(Debug)]
enum Piece {
    Broken(Frame, Break),
    Whole(Frame),
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
        match at.filter(|_| wire.delay.is_none() && !wire.joins) {
            Some(at) => self.queue.insert(at, item),
            None => self.push(now, item),
        }
    }

    /// Queues a message for later, whatever is queued after it.
    pub(super) fn send_at(&mut self, at: Instant, conn: Conn, json: Arc<str>) {
        if self.wires.get(&conn).is_some_and(|wire| !wire.silent) {
            self.numbered += 1;
            self.later.insert((at, self.numbered), Item { conn, act: Act::Send(json) });
        }
    }

    /// Queues a message as it stands.
    pub(super) fn send_frame(&mut self, now: Instant, conn: Conn, frame: Frame) {
        if self.wires.get(&conn).is_some_and(|wire| !wire.silent) {
            self.push(now, Item { conn, act: Act::Frame(frame) });
        }
    }

    /// Queues a message that inflates to so many MiB.
    pub(super) fn send_bomb(&mut self, now: Instant, conn: Conn, mib: u32) {
        if self.wires.get(&conn).is_some_and(|wire| !wire.silent) {
            self.push(now, Item { conn, act: Act::Bomb(mib) });
        }
    }

    /// Refuses an upgrade with an HTTP status.
    pub(super) fn refuse(&mut self, conn: Conn, status: u16) {
        self.forget(conn);
        self.queue.push_back(Item { conn, act: Act::Refuse(status) });
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

    /// Tells once whether the message at hand was damaged.
    pub(super) const fn has_damaged(&mut self) -> bool {
        core::mem::replace(&mut self.damaged, false)
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
            if let Some((conn, piece)) = self.pieces.pop_front() {
                return Some(self.hand_out(conn, piece));
            }
            let Item { conn, act } = self.queue.pop_front()?;
            match act {
                Act::Bomb(mib) => {
                    let frame = self.wires.get_mut(&conn).and_then(|wire| wire.bomb(mib));
                    self.pieces.extend(frame.map(|frame| (conn, Piece::Whole(frame))));
                }
                Act::Close(code, reason) => {
                    self.wires.remove(&conn);
                    return Some(Output::Close { conn, code, reason: reason.to_owned() });
                }
                Act::Drop => {
                    self.wires.remove(&conn);
                    return Some(Output::Drop { conn });
                }
                Act::Frame(frame) => self.pieces.push_back((conn, Piece::Whole(frame))),
                Act::Refuse(status) => return Some(Output::Refuse { conn, status }),
                Act::Send(json) => self.encode(conn, json),
            }
        }
    }

    /// Hands out a whole message, or half of one and then what breaks it off.
    fn hand_out(&mut self, conn: Conn, piece: Piece) -> Output {
        let (Frame { text, data }, how) = match piece {
            Piece::Broken(frame, how) => (frame, how),
            Piece::Whole(Frame { text, data }) => return Output::Send { conn, text, data },
        };
        self.forget(conn);
        self.queue.push_front(match how {
            Break::Close => Item {
                conn,
                act: Act::Close(CloseCode::UNKNOWN_ERROR, "a fault of the simulation"),
            },
            Break::Drop => Item { conn, act: Act::Drop },
        });
        Output::Part { conn, text, data }
    }

    fn encode(&mut self, conn: Conn, json: Arc<str>) {
        let Some(wire) = self.wires.get_mut(&conn) else {
            return;
        };
        let mut messages = vec![json];
        while wire.joins && messages.len() < MOST_JOINED {
            let next = self.queue.iter().position(|item| item.conn == conn);
            let Some(Item { act: Act::Send(_), .. }) = next.and_then(|at| self.queue.get(at))
            else {
                break;
            };
            let next = next.and_then(|at| self.queue.remove(at));
            messages.extend(next.and_then(|item| match item.act {
                Act::Send(json) => Some(json),
                Act::Bomb(_) | Act::Close(..) | Act::Drop | Act::Frame(_) | Act::Refuse(_) => None,
            }));
        }
        let frames = wire.pack(&messages);
        self.damaged = core::mem::take(&mut wire.flipped);
        let broken = frames.first().and_then(|first| wire.break_off(first));
        match broken {
            Some((half, how)) => self.pieces.push_back((conn, Piece::Broken(half, how))),
            None => {
                let whole = frames.into_iter().map(|frame| (conn, Piece::Whole(frame)));
                self.pieces.extend(whole);
            }
        }
    }

    /// A delay that is made shorter must not let a message overtake an earlier one.
    fn push(&mut self, now: Instant, item: Item) {
        let Some(wire) = self.wires.get_mut(&item.conn) else {
            return;
        };
        let Some(delay) = wire.delay.or_else(|| wire.joins.then_some(JOINED)) else {
            self.queue.push_back(item);
            return;
        };
        // What is to be joined waits for the end of the span that the first message began.
        let begun = wire.joins && wire.due > now;
        wire.due = if begun { wire.due } else { wire.due.max(now.saturating_add(delay)) };
        self.numbered += 1;
        self.later.insert((wire.due, self.numbered), item);
    }
}

//! Documents of a connection, blanked as they end, so that none but the last is in memory.

mod ends;

use std::ops::Range;

use gatewright_core::Encoding;

use super::texts::Sessions;
use super::{etf, json};
use ends::Ends;

/// What came over a connection, from the first document on that has not gone out yet.
#[derive(Debug)]
pub(super) struct Documents {
    encoding: Encoding,
    bytes: Vec<u8>,
    /// How many bytes went out and were dropped.
    gone: usize,
    /// How many more went out; they are dropped when they are half of what is held, so that moving the rest costs
    /// no more than it brings.
    out: usize,
    /// How many of the bytes are blanked.
    done: usize,
    ends: Ends,
    /// Whether what came so far is what the core reads.
    sound: bool,
}

impl Documents {
    pub(super) const fn new(encoding: Encoding) -> Self {
        let ends = Ends::new(encoding);
        Self { encoding, bytes: Vec::new(), gone: 0, out: 0, done: 0, ends, sound: true }
    }

    /// Returns how many bytes came so far.
    pub(super) const fn len(&self) -> usize {
        self.gone + self.bytes.len()
    }

    /// Returns where bytes are put that come.
    pub(super) const fn bytes_mut(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Ends a message; `alone` tells where it began if it promises to be one document.
    pub(super) fn end_message(&mut self, alone: Option<usize>) {
        let start = alone.map_or(self.bytes.len(), |start| start.saturating_sub(self.gone));
        let promises = self.bytes.get(start..).is_some_and(json::promises_one);
        if self.encoding == Encoding::Json && promises && self.is_idle(start) {
            json::blank_alone(self.bytes.get_mut(start..).unwrap_or_default(), Sessions::Renamed);
            self.done = self.bytes.len();
            self.ends.skip_to(self.done);
            return;
        }
        if let Some(end) = self.ends.find(&self.bytes) {
            self.blank(end);
        }
        if self.is_idle(self.bytes.len()) {
            self.done = self.bytes.len();
        }
    }

    /// Blanks whatever is left, whole or not.
    pub(super) fn finish(&mut self) {
        self.blank(self.bytes.len());
    }

    /// Returns a piece, blanked, if it is; pieces go out in order.
    pub(super) fn piece(&self, piece: &Range<usize>) -> Option<&[u8]> {
        let place = piece.start.checked_sub(self.gone)?..piece.end.checked_sub(self.gone)?;
        if place.end > self.done {
            return None;
        }
        self.bytes.get(place)
    }

    /// Forgets what went out: all up to there.
    pub(super) fn forget(&mut self, end: usize) {
        self.out = end.saturating_sub(self.gone).min(self.done);
        if self.out < self.bytes.len().div_ceil(2) {
            return;
        }
        self.bytes.drain(..self.out);
        self.gone += self.out;
        self.done -= self.out;
        self.ends.forget(self.out);
        self.out = 0;
    }

    /// Tells whether a document may begin there, and nothing of another one is before it.
    fn is_idle(&self, at: usize) -> bool {
        let between = self.bytes.get(self.done..at);
        let is_space = |bytes: &[u8]| bytes.iter().all(|byte| json::is_space(*byte));
        let is_json = self.encoding == Encoding::Json;
        is_json && self.sound && self.ends.is_between() && between.is_some_and(is_space)
    }

    fn blank(&mut self, end: usize) {
        let bytes = self.bytes.get_mut(self.done..end).unwrap_or_default();
        self.sound = match self.encoding {
            Encoding::Json => json::blank(bytes, self.sound, Sessions::Renamed),
            _ => etf::blank(bytes, self.sound, Sessions::Renamed),
        };
        self.done = end;
    }
}

#[cfg(test)]
#[path = "tests/documents.rs"]
mod tests;

//! Doors to the layers below the shard, for this project's own measurements and properties; no promise holds for them.

use crate::envelope::{self, Fed, Scanner};
use crate::inbox::{Inbox, Taken};
use crate::inflate::{Progress, Then, zlib};
use crate::lifecycle::{EDGES, Trigger};
use crate::memory::Memory;
use crate::{Compression, Encoding, Instant, Phase, Shard};

/// Returns the edges of the lifecycle: from, by what, to.
pub fn edges() -> impl Iterator<Item = (Phase, &'static str, Phase)> {
    EDGES.into_iter().map(|(from, by, to)| (from, by.name(), to))
}

/// Tells which of the [`edges`] a shard took.
pub fn edges_taken(shard: &Shard<'_>) -> impl Iterator<Item = bool> {
    let taken = shard.taken;
    (0..EDGES.len()).map(move |at| taken >> at & 1 == 1)
}

pub(crate) fn edge_bit(from: Phase, by: Trigger) -> u32 {
    let at = EDGES.iter().position(|(phase, trigger, _)| (*phase, *trigger) == (from, by));
    at.map_or(0, |at| 1 << at)
}

/// Scans a whole dispatch the fast way; returns its sequence number.
#[must_use]
pub fn fast_envelope(document: &[u8]) -> Option<u64> {
    envelope::fast(document)?.seq.map(core::num::NonZeroU64::get)
}

/// Scans a whole document the resumable way; returns its sequence number.
#[must_use]
pub fn resumable_envelope(encoding: Encoding, document: &[u8]) -> Option<u64> {
    let mut scanner = Scanner::new(encoding);
    match scanner.feed(document) {
        Ok(Fed::Done(_)) => scanner.envelope().ok()?.seq.map(core::num::NonZeroU64::get),
        _ => None,
    }
}

/// Returns what a shard drew by chance: when its next heartbeat is due and, if it rests, until when.
#[must_use]
pub fn drawn(shard: &Shard<'_>) -> (Instant, Option<Instant>) {
    shard.drawn()
}

/// Our decoder of zlib streams by itself.
#[derive(Debug)]
pub struct Inflate(alloc::boxed::Box<zlib::Stream>);

/// How far a call of [`Inflate::inflate`] came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inflated {
    /// The bytes of input that were read.
    pub read: usize,
    /// The bytes of output that were written.
    pub written: usize,
    /// Whether the stream ended.
    pub ended: bool,
}

impl Inflate {
    /// Creates a decoder of a stream that has not begun.
    #[must_use]
    pub fn new() -> Self {
        Self(alloc::boxed::Box::new(zlib::Stream::new()))
    }

    /// Begins a new stream.
    pub fn restart(&mut self) {
        self.0.restart();
    }

    /// Decodes behind `out[..at]`, which is the output so far or at least the last 32 KiB of it.
    ///
    /// # Errors
    /// What is wrong with the stream.
    pub fn inflate(
        &mut self,
        input: &[u8],
        out: &mut [u8],
        at: usize,
        checked: bool,
    ) -> Result<Inflated, alloc::string::String> {
        match self.0.inflate(input, out, at, checked) {
            Ok(Progress { read, written, then }) => {
                Ok(Inflated { read, written, ended: then == Then::Ended })
            }
            Err(damage) => Err(alloc::string::ToString::to_string(&damage)),
        }
    }
}

impl Default for Inflate {
    fn default() -> Self {
        Self::new()
    }
}

/// Messages in, documents out: inflate, the check of UTF-8, and the envelope.
#[derive(Debug)]
pub struct Documents(Inbox<'static>);

impl Documents {
    /// Creates the layer on the heap.
    #[must_use]
    pub fn new(encoding: Encoding, compression: Compression) -> Self {
        let Memory { payload, inflater, .. } = Memory::heap(compression);
        let mut inbox = Inbox::new(payload, inflater, encoding, u64::MAX);
        inbox.restart();
        Self(inbox)
    }

    /// Takes a whole message; returns how many bytes of documents it held, or nothing if it is broken.
    #[must_use]
    pub fn take(&mut self, text: bool, mut message: &[u8]) -> Option<usize> {
        let inbox = &mut self.0;
        inbox.begin(text, message).ok()?;
        while inbox.take(&mut message).ok()? == Taken::Full {
            if !inbox.make_room() {
                return None;
            }
        }
        inbox.finish_message().ok()?;
        let mut bytes = 0;
        while let Some(found) = inbox.find(true).ok()? {
            inbox.keep(&found);
            bytes += usize::try_from(found.length).ok()?;
        }
        while inbox.next().is_some() {}
        Some(bytes)
    }
}

//! A script of inputs, played into a shard; what it does is written down as a transcript.

use core::cell::RefCell;
use core::fmt;

use gatewright_core::cache::Applied;
use gatewright_core::transcript::Recorded;
use gatewright_core::{Instant, Output};

use crate::order::{MOST, Order};
use crate::parts::{Arena, Wire};
use crate::wire::{Act, HEAD, Head};

/// Where a script comes from, and where the transcript of it goes.
pub trait Host {
    /// Reads the next bytes of the script; less than were asked for only at its end.
    fn read(&mut self, to: &mut [u8]) -> usize;
    /// Writes the next bytes of the transcript.
    fn write(&mut self, bytes: &[u8]);
}

/// Where the bytes of a transcript go.
pub trait Sink {
    /// Takes the next ones.
    fn put(&mut self, bytes: &[u8]);
}

/// A host that a script is read from while the transcript goes to it.
struct Shared<'h, H>(&'h RefCell<&'h mut H>);

impl<H: Host> Sink for Shared<'_, H> {
    fn put(&mut self, bytes: &[u8]) {
        self.0.borrow_mut().write(bytes);
    }
}

/// How long and what a transcript is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest {
    /// Its length in bytes.
    pub len: u64,
    /// Its hash: FNV-1a, 64 bits.
    pub hash: u64,
}

impl Digest {
    /// Of nothing.
    pub const EMPTY: Self = Self { len: 0, hash: 0xCBF2_9CE4_8422_2325 };

    /// Goes on with more bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.hash = (self.hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
        self.len += bytes.len() as u64;
    }

    /// Goes on with what an event did.
    fn applied(&mut self, applied: &Applied) {
        let Applied { added, changed, removed, evicted, refused, broken, .. } = applied;
        for number in [added, changed, removed, evicted, refused, broken] {
            self.add(&number.to_le_bytes());
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes, FNV-1a {:016x}", self.len, self.hash)
    }
}

/// A transcript on its way to the host.
#[derive(Debug)]
pub struct Tape<W: Sink> {
    to: W,
    digest: Digest,
    held: [u8; 256],
    len: usize,
}

impl<W: Sink> Tape<W> {
    /// Begins one.
    pub const fn new(to: W) -> Self {
        Self { to, digest: Digest::EMPTY, held: [0; 256], len: 0 }
    }

    /// Writes what is held back and returns the digest of all.
    pub fn finish(&mut self) -> Digest {
        let held = &self.held[..self.len];
        self.digest.add(held);
        self.to.put(held);
        self.len = 0;
        self.digest
    }
}

impl<W: Sink> fmt::Write for Tape<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.held[self.len] = byte;
            self.len += 1;
            if self.len == self.held.len() {
                self.finish();
            }
        }
        Ok(())
    }
}

/// Why a script was not played to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoScript;

/// What came of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Of the transcript.
    pub transcript: Digest,
    /// Of what each event did to the cache.
    pub cache: Digest,
}

/// Plays a script: its first 16 bytes are the seed and how it is spoken, acts follow. A cache hears the
/// events.
///
/// # Errors
/// [`NoScript`] if it is none.
pub fn play(host: &mut impl Host, arena: &mut Arena) -> Result<Outcome, NoScript> {
    let mut head = [0; HEAD];
    if host.read(&mut head) != HEAD {
        return Err(NoScript);
    }
    let Head { flags, micros: seed, .. } = Head::read(head);
    let (shard, mut cache) = arena.lend(seed, Wire::of_flags(flags)).map_err(|_| NoScript)?;
    let mut payload = [0; MOST];
    let host = RefCell::new(host);
    let tape = Tape::new(Shared(&host));
    let mut shard = Recorded::new(shard);
    shard.record(tape).map_err(|_| NoScript)?;
    let mut changes = Digest::EMPTY;
    loop {
        let got = host.borrow_mut().read(&mut head);
        if got == 0 {
            break;
        }
        let head = Head::read(head);
        let payload = payload.get_mut(..head.len.into()).ok_or(NoScript)?;
        if got != HEAD || host.borrow_mut().read(payload) != payload.len() {
            return Err(NoScript);
        }
        let now = Instant::from_micros(head.micros);
        if let Some(Order { command, expires }) = Order::read(head, payload) {
            // What it is answered stands in the transcript.
            let _ = shard.encoded_command(now, &command, expires);
            continue;
        }
        match Act::read(head, payload).ok_or(NoScript)? {
            Act::Hear(input) => shard.handle_input(now, input),
            Act::Leave(how) => shard.leave(now, how),
            Act::Poll => {
                if matches!(shard.poll_output(), Output::Event(_)) {
                    changes.applied(&cache.hear(&shard.event(), &mut ()));
                }
            }
            Act::Quiet => return Err(NoScript),
        }
    }
    let transcript = shard.finish().map(|mut tape| tape.finish()).ok_or(NoScript)?;
    Ok(Outcome { transcript, cache: changes })
}

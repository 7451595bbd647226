//! What is known of a document so far, whatever its encoding.

use super::details::{Collected, Details};
use super::{Envelope, Span};
use crate::EventKind;
use crate::decode::parse_u64;

use core::num::NonZeroU64;

/// The longest key, name or number kept; the longest documented name has 38 bytes.
pub(super) const TOKEN_BYTES: usize = 64;

/// Which value comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    Data,
    GuildId,
    Id,
    Interval,
    Other,
    Op,
    ResumeUrl,
    Seq,
    SessionId,
    Type,
}

impl Slot {
    fn of(inside: bool, key: &[u8]) -> Self {
        match (inside, key) {
            (false, b"d") => Self::Data,
            (false, b"op") => Self::Op,
            (false, b"s") => Self::Seq,
            (false, b"t") => Self::Type,
            (true, b"guild_id") => Self::GuildId,
            (true, b"heartbeat_interval") => Self::Interval,
            (true, b"id") => Self::Id,
            (true, b"resume_gateway_url") => Self::ResumeUrl,
            (true, b"session_id") => Self::SessionId,
            _ => Self::Other,
        }
    }
}

/// What is known of a document so far.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) slot: Slot,
    /// Whether the place is inside `d`.
    pub(super) inside: bool,
    /// Bytes of the document so far.
    pub(super) offset: usize,
    pub(super) token: Collected<TOKEN_BYTES>,
    op: Option<u64>,
    seq: Option<u64>,
    kind: EventKind,
    name: Span,
    data: Span,
    pub(super) details: Details,
}

impl Draft {
    pub(super) fn new() -> Self {
        Self {
            slot: Slot::Other,
            inside: false,
            offset: 0,
            token: Collected::default(),
            op: None,
            seq: None,
            kind: EventKind::Unknown,
            name: Span::default(),
            data: Span::default(),
            details: Details::default(),
        }
    }

    /// Returns the envelope, if there was an opcode.
    pub(super) fn envelope(&self) -> Option<Envelope> {
        let Self { op, seq, kind, name, data, .. } = *self;
        Some(Envelope { op: op?, seq: seq.and_then(NonZeroU64::new), kind, name, data })
    }

    /// Ends a key that was kept as the token.
    pub(super) fn end_key(&mut self) {
        self.slot = Slot::of(self.inside, self.token.get().unwrap_or_default());
    }

    /// Takes a key, which says what its value is.
    pub(super) fn take_key(&mut self, key: &[u8]) {
        self.slot = Slot::of(self.inside, key);
    }

    /// Begins a value and forgets what an earlier one of the same key said: the last one wins.
    pub(super) fn begin_value(&mut self) {
        self.token.clear();
        match self.slot {
            Slot::Data => {
                self.details = Details::default();
                self.data = Span::new(self.offset, self.offset);
            }
            Slot::GuildId => self.details.guild_id = None,
            Slot::Id => self.details.id = None,
            Slot::Interval => self.details.heartbeat_interval_ms = None,
            Slot::Op => self.op = None,
            Slot::ResumeUrl => self.details.resume_url.clear(),
            Slot::Seq => self.seq = None,
            Slot::SessionId => self.details.session_id.clear(),
            Slot::Type => {
                self.kind = EventKind::Unknown;
                self.name = Span::new(self.offset, self.offset);
            }
            Slot::Other => {}
        }
    }

    /// Says where the text of the value at hand begins.
    pub(super) fn begin_text(&mut self, at: usize) {
        if self.slot == Slot::Type {
            self.name = Span::new(at, at);
        }
    }

    /// Keeps a piece of a text that is a value, if somebody wants it.
    pub(super) fn collect(&mut self, bytes: &[u8]) {
        match self.slot {
            Slot::Data | Slot::Other => {}
            Slot::ResumeUrl => self.details.resume_url.push(bytes),
            Slot::SessionId => self.details.session_id.push(bytes),
            Slot::GuildId | Slot::Id | Slot::Interval | Slot::Op | Slot::Seq | Slot::Type => {
                self.token.push(bytes);
            }
        }
    }

    /// Ends a text that is a value and reaches up to `end`.
    pub(super) fn end_text(&mut self, end: usize) {
        match self.slot {
            Slot::GuildId => self.details.guild_id = self.token.get().and_then(parse_u64),
            Slot::Id => self.details.id = self.token.get().and_then(parse_u64),
            Slot::Type => {
                self.kind = EventKind::of_dispatch(self.token.get().unwrap_or_default());
                self.name = self.name.up_to(end);
            }
            Slot::Data
            | Slot::Interval
            | Slot::Op
            | Slot::Other
            | Slot::ResumeUrl
            | Slot::Seq
            | Slot::SessionId => {}
        }
    }

    /// Takes a text that came as an atom, was kept as the token, and reaches up to `end`.
    pub(super) fn take_atom(&mut self, end: usize) {
        let text = self.token.get().unwrap_or_default();
        if self.slot == Slot::ResumeUrl {
            self.details.resume_url.push(text);
        } else if self.slot == Slot::SessionId {
            self.details.session_id.push(text);
        }
        self.end_text(end);
    }

    /// Takes a number, or nothing for one that cannot be an id, a count or an opcode.
    pub(super) fn take_number(&mut self, number: Option<u64>) {
        match self.slot {
            Slot::GuildId => self.details.guild_id = number,
            Slot::Id => self.details.id = number,
            Slot::Interval => self.details.heartbeat_interval_ms = number,
            Slot::Op => self.op = number,
            Slot::Seq => self.seq = number,
            Slot::Data | Slot::Other | Slot::ResumeUrl | Slot::SessionId | Slot::Type => {}
        }
    }

    /// Takes the word for true or for false.
    pub(super) fn take_bool(&mut self, value: bool) {
        if self.slot == Slot::Data {
            self.details.is_true = value;
        }
    }

    /// Ends the value at hand, which reaches up to `end`.
    pub(super) fn end_value(&mut self, end: usize) {
        if self.slot == Slot::Data {
            self.data = self.data.up_to(end);
        }
        self.slot = Slot::Other;
    }

    /// Ends `d`, of which every entry was read.
    pub(super) fn end_data(&mut self, end: usize) {
        self.inside = false;
        self.slot = Slot::Data;
        self.end_value(end);
    }
}

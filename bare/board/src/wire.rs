//! How the bridge on the host and a board speak, and how a script of inputs is written: a head of 16 bytes, then a
//! payload of at most [`PIECE`]. Scripts have commands too, as [`order`](crate::order) says.
//!
//! | bytes | what |
//! |---|---|
//! | 0 | what it is |
//! | 1 | of a message: 1 for text, 2 for its last piece, and their sum |
//! | 2, 3 | the length of the payload |
//! | 4 to 7 | the number of the transport |
//! | 8 to 15 | a time in microseconds |
//!
//! All numbers are little-endian.

use gatewright_core::{CloseCode, Gone, Input, Instant, Leave, Link};

/// The length of a head.
pub const HEAD: usize = 16;
/// The most bytes of a payload, as of a piece of a message.
pub const PIECE: usize = 512;

/// What stands before a payload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// What it is.
    pub kind: u8,
    /// What else is to be said of a message.
    pub flags: u8,
    /// The length of the payload.
    pub len: u16,
    /// The transport.
    pub link: u32,
    /// A time in microseconds.
    pub micros: u64,
}

impl Head {
    /// Reads it.
    #[must_use]
    pub const fn read(bytes: [u8; HEAD]) -> Self {
        let [kind, flags, l0, l1, k0, k1, k2, k3, t0, t1, t2, t3, t4, t5, t6, t7] = bytes;
        Self {
            kind,
            flags,
            len: u16::from_le_bytes([l0, l1]),
            link: u32::from_le_bytes([k0, k1, k2, k3]),
            micros: u64::from_le_bytes([t0, t1, t2, t3, t4, t5, t6, t7]),
        }
    }

    /// Writes it.
    #[must_use]
    pub fn bytes(self) -> [u8; HEAD] {
        let mut bytes = [0; HEAD];
        bytes[0] = self.kind;
        bytes[1] = self.flags;
        bytes[2..4].copy_from_slice(&self.len.to_le_bytes());
        bytes[4..8].copy_from_slice(&self.link.to_le_bytes());
        bytes[8..].copy_from_slice(&self.micros.to_le_bytes());
        bytes
    }
}

/// What is done to a shard.
#[derive(Clone, Copy, Debug)]
pub enum Act<'b> {
    /// It hears this.
    Hear(Input<'b>),
    /// It is left.
    Leave(Leave),
    /// It is asked for one output; in scripts only.
    Poll,
    /// Nothing until the time of the head; from the bridge only.
    Quiet,
}

const TEXT: u8 = 1;
const LAST: u8 = 2;

impl<'b> Act<'b> {
    /// Reads what a head and its payload say; `None` if they say nothing.
    #[must_use]
    pub fn read(head: Head, payload: &'b [u8]) -> Option<Self> {
        let link = Link(head.link);
        Some(Self::Hear(match head.kind {
            0 => Input::Tick,
            1 => Input::Busy,
            2 => Input::Held,
            3 => Input::DialWaits(link),
            4 => Input::Opened(link),
            5 => {
                let (text, last) = (head.flags & TEXT != 0, head.flags & LAST != 0);
                Input::Message { link, text, part: payload, last }
            }
            6 => Input::Sent(link),
            7 => {
                let (code, reason) = payload.split_first_chunk()?;
                let code = CloseCode(u16::from_le_bytes(*code));
                Input::Closed(link, Gone::Code(code, core::str::from_utf8(reason).ok()?))
            }
            8 => Input::Closed(link, Gone::Dropped),
            9 => {
                let status = u16::from_le_bytes(*payload.first_chunk()?);
                Input::Closed(link, Gone::Refused(status))
            }
            10 => Input::Closed(link, Gone::TooLong),
            11 => Input::Closed(link, Gone::Unreachable),
            12 => Input::MayIdentify(link),
            13 => return Some(Self::Leave(Leave::End)),
            14 => return Some(Self::Leave(Leave::Park)),
            15 => return Some(Self::Poll),
            16 => return Some(Self::Quiet),
            _ => return None,
        }))
    }

    /// Writes it, with a time, and lends the two parts of its payload.
    #[must_use]
    pub fn write(&self, now: Instant) -> (Head, [u8; 2], usize, &'b [u8]) {
        let (kind, flags, link, number, rest): (u8, u8, Link, Option<u16>, &'b [u8]) = match *self {
            Self::Hear(Input::Tick) => (0, 0, Link(0), None, b""),
            Self::Hear(Input::Busy) => (1, 0, Link(0), None, b""),
            Self::Hear(Input::Held) => (2, 0, Link(0), None, b""),
            Self::Hear(Input::DialWaits(link)) => (3, 0, link, None, b""),
            Self::Hear(Input::Opened(link)) => (4, 0, link, None, b""),
            Self::Hear(Input::Message { link, text, part, last }) => {
                (5, u8::from(text) * TEXT + u8::from(last) * LAST, link, None, part)
            }
            Self::Hear(Input::Sent(link)) => (6, 0, link, None, b""),
            Self::Hear(Input::Closed(link, gone)) => match gone {
                Gone::Code(code, reason) => (7, 0, link, Some(code.0), reason.as_bytes()),
                Gone::Dropped => (8, 0, link, None, b""),
                Gone::Refused(status) => (9, 0, link, Some(status), b""),
                Gone::TooLong => (10, 0, link, None, b""),
                Gone::Unreachable => (11, 0, link, None, b""),
            },
            Self::Hear(Input::MayIdentify(link)) => (12, 0, link, None, b""),
            Self::Leave(Leave::End) => (13, 0, Link(0), None, b""),
            Self::Leave(Leave::Park) => (14, 0, Link(0), None, b""),
            Self::Poll => (15, 0, Link(0), None, b""),
            Self::Quiet => (16, 0, Link(0), None, b""),
        };
        let first = number.map_or(0, |_| 2);
        let len = u16::try_from(first + rest.len()).unwrap_or(u16::MAX);
        let head = Head { kind, flags, len, link: link.0, micros: now.as_micros() };
        (head, number.unwrap_or_default().to_le_bytes(), first, rest)
    }
}

/// What a board says to the bridge, as the kind of a head.
pub mod request {
    /// Open a transport; the payload is the URL.
    pub const CONNECT: u8 = 64;
    /// Send the payload.
    pub const SEND: u8 = 65;
    /// Close with the code that is the payload.
    pub const CLOSE: u8 = 66;
    /// Say what comes next; the only one that is answered, by an [`Act`](super::Act).
    pub const POLL: u8 = 67;
}

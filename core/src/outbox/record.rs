//! One command in the buffer: a header, and the encoded payload behind it.

use crate::Instant;
use crate::command::{CommandClass, CommandId, Fate};

/// The header: id (4), payload length (2), class (1), state (1), expiry (8), guild (8).
pub(super) const HEADER: usize = 24;
/// Marks the class of a command that is on its way while a later one takes its place.
const SUPERSEDED: u8 = 0x80;

/// Where a command stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It waits to be sent, or is on its way.
    Open,
    /// It was sent, and may still be turned down.
    Awaited,
    /// Its fate is known and to be told.
    Sealed(Fate),
}

const STATES: [State; 6] = [
    State::Open,
    State::Awaited,
    State::Sealed(Fate::Dropped),
    State::Sealed(Fate::Expired),
    State::Sealed(Fate::Replaced),
    State::Sealed(Fate::Sent),
];

impl State {
    fn number(self) -> u8 {
        let at = STATES.iter().position(|state| *state == self);
        at.and_then(|at| u8::try_from(at).ok()).unwrap_or_default()
    }

    fn of_number(number: u8) -> Self {
        STATES.get(usize::from(number)).copied().unwrap_or(Self::Open)
    }
}

/// A record's header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record {
    pub(super) at: usize,
    pub(super) id: CommandId,
    pub(super) len: usize,
    pub(super) class: CommandClass,
    pub(super) superseded: bool,
    pub(super) state: State,
    pub(super) expires: Instant,
}

impl Record {
    pub(super) fn read(bytes: &[u8], at: usize) -> Option<Self> {
        let header = bytes.get(at..at + HEADER)?;
        let (id, rest) = header.split_first_chunk::<4>()?;
        let (len, rest) = rest.split_first_chunk::<2>()?;
        let (&[class, state], rest) = rest.split_first_chunk::<2>()?;
        let (expires, guild) = rest.split_first_chunk::<8>()?;
        let guild = u64::from_le_bytes(*guild.first_chunk()?);
        Some(Self {
            at,
            id: CommandId(u32::from_le_bytes(*id)),
            len: usize::from(u16::from_le_bytes(*len)),
            class: CommandClass::from_parts(class & !SUPERSEDED, guild),
            superseded: class & SUPERSEDED != 0,
            state: State::of_number(state),
            expires: Instant::from_micros(u64::from_le_bytes(*expires)),
        })
    }

    pub(super) fn write(&self, bytes: &mut [u8]) {
        let len = u16::try_from(self.len).unwrap_or(u16::MAX);
        let (class, guild) = self.class.to_parts();
        let superseded = if self.superseded { SUPERSEDED } else { 0 };
        let fields = [
            &self.id.0.to_le_bytes()[..],
            &len.to_le_bytes(),
            &[class | superseded, self.state.number()],
            &self.expires.as_micros().to_le_bytes(),
            &guild.to_le_bytes(),
        ];
        let mut at = self.at;
        for field in fields {
            for (to, from) in bytes.iter_mut().skip(at).zip(field) {
                *to = *from;
            }
            at += field.len();
        }
    }

    pub(super) const fn end(&self) -> usize {
        self.at + HEADER + self.len
    }
}

//! Events that outlive the shard's buffers: the same bytes on the heap, decoded where they are used.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use crate::event::{Disconnected, Dispatch, Event};
use crate::{Encoding, EventKind};

/// An event with its bytes on the heap, to be sent to another task or kept.
///
/// ```
/// # fn keep(event: gatewright_core::Event<'_>) {
/// let kept = event.into_owned();
/// let task = std::thread::spawn(move || match kept.event() {
///     gatewright_core::Event::Dispatch(dispatch) => dispatch.data().len() > 2,
///     _ => false,
/// });
/// # }
/// ```
#[derive(Clone)]
pub struct OwnedEvent(Kept);

#[derive(Clone)]
enum Kept {
    Disconnected {
        parted: Disconnected<'static>,
        reason: Box<str>,
    },
    Dispatch {
        dispatch: OwnedDispatch,
        duplicate: bool,
    },
    /// An event that borrows nothing.
    Other(Event<'static>),
}

impl OwnedEvent {
    /// Lends the event.
    #[must_use]
    pub fn event(&self) -> Event<'_> {
        match &self.0 {
            Kept::Disconnected { parted, reason } => {
                Event::Disconnected(Disconnected { reason, ..*parted })
            }
            Kept::Dispatch { dispatch, duplicate: false } => Event::Dispatch(dispatch.dispatch()),
            Kept::Dispatch { dispatch, duplicate: true } => Event::Duplicate(dispatch.dispatch()),
            Kept::Other(event) => *event,
        }
    }

    /// Returns the kind.
    #[must_use]
    pub fn kind(&self) -> EventKind {
        self.event().kind()
    }
}

impl fmt::Debug for OwnedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.event().fmt(f)
    }
}

impl From<Event<'_>> for OwnedEvent {
    fn from(event: Event<'_>) -> Self {
        let dispatch = |dispatch: Dispatch<'_>, duplicate| Kept::Dispatch {
            dispatch: dispatch.into_owned(),
            duplicate,
        };
        Self(match event {
            Event::Dispatch(lent) => dispatch(lent, false),
            Event::Duplicate(lent) => dispatch(lent, true),
            Event::Disconnected(parted) => Kept::Disconnected {
                parted: Disconnected { reason: "", ..parted },
                reason: parted.reason.into(),
            },
            Event::Command { id, fate } => Kept::Other(Event::Command { id, fate }),
            Event::Connected(connected) => Kept::Other(Event::Connected(connected)),
            Event::Gap { expected, found } => Kept::Other(Event::Gap { expected, found }),
            Event::Limit(limit) => Kept::Other(Event::Limit(limit)),
            Event::SessionLost { cause } => Kept::Other(Event::SessionLost { cause }),
            Event::Skipped(skipped) => Kept::Other(Event::Skipped(skipped)),
        })
    }
}

/// A dispatch with its bytes on the heap.
#[derive(Clone)]
pub struct OwnedDispatch {
    kind: EventKind,
    seq: Option<u64>,
    encoding: Encoding,
    /// The data, and behind it the name.
    bytes: Box<[u8]>,
    data: usize,
}

impl OwnedDispatch {
    /// Lends the dispatch.
    #[must_use]
    pub fn dispatch(&self) -> Dispatch<'_> {
        let (data, name) = self.bytes.split_at_checked(self.data).unwrap_or_default();
        let Self { kind, seq, encoding, .. } = *self;
        Dispatch { encoding, kind, seq, name, data, undecoded: None }
    }

    /// Returns the kind.
    #[must_use]
    pub const fn kind(&self) -> EventKind {
        self.kind
    }

    /// Returns the sequence number, if the gateway gave one.
    #[must_use]
    pub const fn seq(&self) -> Option<u64> {
        self.seq
    }
}

impl From<Dispatch<'_>> for OwnedDispatch {
    fn from(dispatch: Dispatch<'_>) -> Self {
        let Dispatch { encoding, kind, seq, name, data, .. } = dispatch;
        let mut bytes = Vec::with_capacity(data.len() + name.len());
        bytes.extend_from_slice(data);
        bytes.extend_from_slice(name);
        Self { kind, seq, encoding, bytes: bytes.into_boxed_slice(), data: data.len() }
    }
}

impl fmt::Debug for OwnedDispatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.dispatch().fmt(f)
    }
}

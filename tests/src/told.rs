//! What a client told, in short.

use gatewright_core::Event;

/// One thing the client told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// A dispatch, by name and sequence number.
    Dispatch(String, u64),
    /// Anything else, in words.
    Note(String),
}

pub(crate) fn tell(event: &Event<'_>) -> Told {
    match event {
        Event::Dispatch(dispatch) => {
            Told::Dispatch(dispatch.name().to_owned(), dispatch.seq().unwrap_or(0))
        }
        Event::Disconnected(over) => Told::Note(format!("disconnected: {:?}", over.cause)),
        other => Told::Note(format!("{}: {other:?}", other.kind())),
    }
}

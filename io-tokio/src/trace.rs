//! What is told of a shard by `tracing`: what happens to its connection and session, never a token or content.

use gatewright_core::{Event, EventKind, ShardId, Stop};
use tracing::{Span, error_span};

/// What all is told of a shard with: its span, and its id on each event, since `log` knows no spans.
#[derive(Clone, Debug)]
pub(crate) struct Teller {
    pub(crate) span: Span,
    pub(crate) shard: u32,
}

impl Teller {
    /// Creates the span of a shard, within that of whoever creates the shard; at the highest level, so that it is
    /// there for whatever is told.
    pub(crate) fn new(shard: ShardId) -> Self {
        // Where nobody subscribes, `log` would take the span itself for an error.
        let span = match tracing::dispatcher::has_been_set() {
            true => error_span!("shard", id = shard.id, count = shard.count),
            false => Span::none(),
        };
        Self { span, shard: shard.id }
    }
}

/// Tells something of a shard, by a macro of `tracing`.
macro_rules! tell {
    ($level:ident, $teller:expr, $($what:tt)*) => {
        tracing::$level!(parent: &$teller.span, shard = $teller.shard, $($what)*)
    };
}
pub(crate) use tell;

/// Tells whether an event of this kind is told.
pub(crate) const fn tells(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::Command
            | EventKind::Connected
            | EventKind::Disconnected
            | EventKind::Gap
            | EventKind::Limit
            | EventKind::Ready
            | EventKind::Resumed
            | EventKind::SessionLost
            | EventKind::Skipped
    )
}

/// Tells of an event. What a peer gives as its reason is left out: it may be anything.
pub(crate) fn event(teller: &Teller, event: &Event<'_>) {
    match event {
        Event::Command { id, fate } => tell!(debug, teller, command = id.0, "{fate:?}"),
        Event::Connected(up) => {
            tell!(debug, teller, link = up.link.0, purpose = ?up.purpose, "Hello");
        }
        Event::Disconnected(lost) => {
            let code = lost.code.map(|code| code.0);
            tell!(info, teller, link = lost.link.0, code, "disconnected: {}", lost.cause);
        }
        Event::Dispatch(dispatch) => {
            tell!(info, teller, seq = dispatch.seq(), "{}", dispatch.kind());
        }
        Event::Gap { expected, found } => {
            tell!(warn, teller, expected, found, "events are missing")
        }
        Event::Limit(limit) => tell!(warn, teller, "{limit}"),
        Event::SessionLost { cause } => tell!(warn, teller, "the session is lost: {cause}"),
        Event::Skipped(skipped) => {
            let (length, more) = (skipped.length, skipped.more);
            tell!(warn, teller, kind = %skipped.kind, length, more, "skipped: too long");
        }
        Event::Duplicate(_) | _ => {}
    }
}

/// Tells that a shard is over.
pub(crate) fn stop(teller: &Teller, stop: Stop) {
    if stop.is_requested() {
        tell!(info, teller, "over: {stop}");
    } else {
        tell!(error, teller, "over: {stop}");
    }
}

//! What is told of a shard by `tracing`: what happens to its connection and session, never a token or content.

use gatewright_core::{Event, EventKind, ShardId, Stop};
use tracing::{Span, debug, info, info_span, warn};

/// Creates the span of a shard, within that of whoever creates the shard.
pub(crate) fn span(shard: ShardId) -> Span {
    info_span!("shard", id = shard.id, count = shard.count)
}

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
pub(crate) fn event(span: &Span, event: &Event<'_>) {
    match event {
        Event::Command { id, fate } => debug!(parent: span, command = id.0, "{fate:?}"),
        Event::Connected(up) => {
            debug!(parent: span, link = up.link.0, purpose = ?up.purpose, "Hello");
        }
        Event::Disconnected(lost) => {
            let code = lost.code.map(|code| code.0);
            info!(parent: span, link = lost.link.0, code, "disconnected: {}", lost.cause);
        }
        Event::Dispatch(dispatch) => {
            info!(parent: span, seq = dispatch.seq(), "{}", dispatch.kind());
        }
        Event::Gap { expected, found } => {
            warn!(parent: span, expected, found, "events are missing")
        }
        Event::Limit(limit) => warn!(parent: span, "{limit}"),
        Event::SessionLost { cause } => warn!(parent: span, "the session is lost: {cause}"),
        Event::Skipped(skipped) => {
            let (length, more) = (skipped.length, skipped.more);
            warn!(parent: span, kind = %skipped.kind, length, more, "skipped: too long");
        }
        Event::Duplicate(_) | _ => {}
    }
}

/// Tells that a shard is over.
pub(crate) fn stop(span: &Span, stop: Stop) {
    if stop.is_requested() {
        info!(parent: span, "over: {stop}");
    } else {
        tracing::error!(parent: span, "over: {stop}");
    }
}

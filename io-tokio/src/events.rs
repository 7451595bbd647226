//! The events of a shard in a task of its own, as its consumer takes them.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_util::Stream;
use gatewright_core::{OwnedEvent, Stop};

use crate::handle::Run;
use crate::stored::{PATIENCE, store_within};

/// The events of a shard, to be taken by one task; the next is taken once the one before is done.
///
/// While nobody takes any and the queue is full, nothing is read: heartbeats and commands still go out, and the gateway
/// keeps what it sends, as long as it is willing to. One that gives up cuts the connection, which is told and resumed
/// once events are taken again.
///
/// Dropped, they are passed over, and the shard goes on; a later process that resumes the session gets them. Dropped
/// once the shard is over and before all are taken, they wait up to two seconds for the disk to
/// [store](crate::Options::state) which are done.
pub struct Events {
    pub(crate) run: Run,
    /// Stores that all are done.
    parting: Option<Pin<Box<dyn Future<Output = bool> + Send + Sync>>>,
    has_parted: bool,
}

impl Events {
    pub(crate) const fn of(run: Run) -> Self {
        Self { run, parting: None, has_parted: false }
    }

    /// Waits for the next event; nothing once the shard is over and all were taken.
    pub async fn next(&mut self) -> Option<OwnedEvent> {
        poll_fn(|cx| self.poll_take(cx)).await
    }

    /// Returns why the shard is over, if it is.
    #[must_use]
    pub fn stop(&self) -> Option<Stop> {
        self.run.shared.over()
    }

    fn poll_take(&mut self, cx: &mut Context<'_>) -> Poll<Option<OwnedEvent>> {
        let shared = &self.run.shared;
        let event = ready!(shared.queue.poll_take(cx));
        if event.is_some() || self.has_parted {
            return Poll::Ready(event);
        }
        // Those that were taken after the shard was over are done, too: who hears of the end finds that stored.
        let begin = || {
            let shared = Arc::clone(shared);
            Box::pin(async move { store_within(&shared, PATIENCE).await }) as _
        };
        ready!(self.parting.get_or_insert_with(begin).as_mut().poll(cx));
        (self.parting, self.has_parted) = (None, true);
        Poll::Ready(None)
    }
}

impl Stream for Events {
    type Item = OwnedEvent;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<OwnedEvent>> {
        self.poll_take(cx)
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.run.shared.queue.abandon();
        if self.run.shared.over().is_some() && !self.has_parted {
            self.run.shared.store_at_once();
        }
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events")
            .field("waiting", &self.run.shared.queue.len())
            .finish_non_exhaustive()
    }
}

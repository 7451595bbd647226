//! Events on their way from the task that drives a shard to the one that takes them: few, or it waits.

use std::collections::VecDeque;
use std::task::{Context, Poll, Waker};

use gatewright_core::{Event, OwnedEvent};

use crate::watch::Watch;

/// Events that wait to be taken, up to a number and a sum of bytes.
#[derive(Debug)]
pub struct EventQueue {
    inner: Watch<Inner>,
    most: usize,
    most_bytes: usize,
}

#[derive(Debug, Default)]
struct Inner {
    events: VecDeque<(OwnedEvent, Mark)>,
    bytes: usize,
    /// The session at hand, counted by their beginnings.
    session: u64,
    /// What an earlier process heard, while it comes again.
    replay: Option<Replay>,
    /// The event the consumer was given last, by its number, until it asks for the next.
    at_hand: Option<Mark>,
    /// The one of the latest event that was taken and has a number.
    latest: Option<Mark>,
    /// How many were taken.
    taken: u64,
    /// Whether no more will come.
    over: bool,
    /// Whether nobody takes them any more.
    abandoned: bool,
    /// The first event of the session at hand that nobody took since.
    missed: Option<Mark>,
    reader: Option<Waker>,
}

/// Up to which number an earlier process was done, and up to which it is known to have heard.
#[derive(Clone, Copy, Debug)]
struct Replay {
    done: u64,
    heard: u64,
}

/// The sequence number of an event, and the session it counts in.
#[derive(Clone, Copy, Debug)]
struct Mark {
    session: u64,
    seq: Option<u64>,
    /// The first of those it tells of, if it tells of several.
    first: Option<u64>,
    repeat: Repeat,
}

/// Whether a dispatch came to an earlier process, which resumed or began the session.
///
/// Each comes at least once. None is lost and none comes twice but those of the moments before a process ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Repeat {
    /// It came to none.
    #[default]
    No,
    /// The gateway sends it again, and the process before may have been done with it or not.
    Maybe,
    /// The process before was done with it; it comes for what was restored from an earlier moment.
    Yes,
}

impl EventQueue {
    /// Creates an empty queue; it is full with `most` events, or once `most_bytes` of data are in it.
    #[must_use]
    pub fn new(most: usize, most_bytes: usize) -> Self {
        Self { inner: Watch::default(), most: most.max(1), most_bytes: most_bytes.max(1) }
    }

    /// Adds an event, whether the queue is full or not; one nobody will take is dropped.
    pub fn push(&self, event: OwnedEvent) {
        let waker = self.inner.change(|inner| {
            let mark = inner.mark(&event);
            if inner.abandoned {
                inner.missed = inner.missed.or(Some(mark).filter(|mark| mark.seq.is_some()));
                return None;
            }
            inner.bytes += size(&event);
            inner.events.push_back((event, mark));
            inner.reader.take()
        });
        waker.into_iter().for_each(Waker::wake);
    }

    /// Tells that a session begins: numbers count anew with the event that follows.
    pub fn begin_session(&self) {
        self.inner.change(|inner| {
            inner.session += 1;
            (inner.replay, inner.missed) = (None, None);
        });
    }

    /// Tells that a session goes on in which an earlier process was done with all up to a number, and heard at least
    /// all up to another.
    pub fn begin_replay(&self, done: u64, heard: u64) {
        self.inner.change(|inner| inner.replay = Some(Replay { done, heard }));
    }

    /// Tells that RESUMED came: there is no more that an earlier process may have heard, unless it was sent to that one
    /// and only comes again.
    pub fn end_replay(&self, seq: Option<u64>) {
        self.inner.change(|inner| {
            let is_old = |replay: &Replay| seq.is_some_and(|seq| seq <= replay.heard);
            inner.replay = inner.replay.filter(is_old);
        });
    }

    /// Tells whether the event that was taken last came to an earlier process.
    #[must_use]
    pub fn repeat(&self) -> Repeat {
        self.inner.read(|inner| inner.at_hand.map_or(Repeat::No, |mark| mark.repeat))
    }

    /// Tells that the event that was taken last is done; returns the latest number taken of the session at hand.
    pub fn finish(&self) -> Option<u64> {
        self.inner.change(|inner| {
            inner.at_hand = None;
            inner.latest.filter(|mark| mark.session == inner.session)?.seq
        })
    }

    /// Tells that no more will come.
    pub fn close(&self) {
        let waker = self.inner.change(|inner| {
            inner.over = true;
            inner.reader.take()
        });
        waker.into_iter().for_each(Waker::wake);
    }

    /// Tells that nobody takes events any more, and drops those that wait; they and those that follow are never done.
    pub fn abandon(&self) {
        self.inner.change(|inner| {
            inner.abandoned = true;
            inner.missed = inner.undone();
            inner.at_hand = None;
            inner.bytes = 0;
            inner.events = VecDeque::new();
        });
    }

    /// Tells whether it is full.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.inner.read(|inner| self.has_no_room(inner))
    }

    fn has_no_room(&self, inner: &Inner) -> bool {
        inner.events.len() >= self.most || inner.bytes >= self.most_bytes
    }

    /// Returns how many events wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.read(|inner| inner.events.len())
    }

    /// Tells whether no event waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns how many events were taken.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.inner.read(|inner| inner.taken)
    }

    /// Waits until it is not full.
    pub async fn room(&self) {
        self.inner.wait(|inner| (!self.has_no_room(inner)).then_some(())).await;
    }

    /// Takes the next event, which says that the one before is done; nothing once all is over.
    pub fn poll_take(&self, cx: &mut Context<'_>) -> Poll<Option<OwnedEvent>> {
        self.inner.change(|inner| {
            let Some((event, mark)) = inner.events.pop_front() else {
                inner.at_hand = None;
                if inner.over {
                    return Poll::Ready(None);
                }
                inner.reader = Some(cx.waker().clone());
                return Poll::Pending;
            };
            inner.bytes = inner.bytes.saturating_sub(size(&event));
            inner.at_hand = Some(mark);
            inner.latest = Some(mark).filter(|mark| mark.seq.is_some()).or(inner.latest);
            inner.taken += 1;
            Poll::Ready(Some(event))
        })
    }

    /// Returns up to which sequence number all events are done, if `processed` is that of the latest one pushed.
    #[must_use]
    pub fn done_through(&self, processed: u64) -> u64 {
        self.inner.read(|inner| {
            let first = inner.undone().and_then(|mark| mark.first);
            first.map_or(processed, |seq| processed.min(seq.saturating_sub(1)))
        })
    }
}

impl Inner {
    /// Returns the first event of the session at hand that is not done.
    fn undone(&self) -> Option<Mark> {
        let waiting = self.events.iter().map(|(_, mark)| *mark);
        let mut marks = self.missed.into_iter().chain(self.at_hand).chain(waiting);
        marks.find(|mark| mark.session == self.session && mark.seq.is_some())
    }

    fn mark(&self, event: &OwnedEvent) -> Mark {
        let (first, seq) = match event.event() {
            Event::Dispatch(dispatch) => (dispatch.seq(), dispatch.seq()),
            Event::Skipped(skipped) => {
                (skipped.seq.or(skipped.through), skipped.through.max(skipped.seq))
            }
            _ => (None, None),
        };
        let repeat = match (self.replay, seq) {
            (Some(replay), Some(seq)) if seq <= replay.done => Repeat::Yes,
            (Some(_), Some(_)) => Repeat::Maybe,
            _ => Repeat::No,
        };
        Mark { session: self.session, seq, first, repeat }
    }
}

fn size(event: &OwnedEvent) -> usize {
    match event.event() {
        Event::Dispatch(dispatch) | Event::Duplicate(dispatch) => dispatch.data().len(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::task::Wake;

    use gatewright_core::{Dispatch, Encoding};

    use super::*;

    #[derive(Default)]
    struct Alarm(AtomicU32);

    impl Wake for Alarm {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn event(name: &str, seq: u64) -> OwnedEvent {
        let dispatch = Dispatch::new(name, Some(seq), Encoding::Json, b"{\"id\":\"1\"}");
        Event::Dispatch(dispatch.unwrap()).into_owned()
    }

    fn take(queue: &EventQueue, alarm: &Arc<Alarm>) -> Poll<Option<u64>> {
        let waker = Waker::from(Arc::clone(alarm));
        queue.poll_take(&mut Context::from_waker(&waker)).map(|event| match event?.event() {
            Event::Dispatch(dispatch) => dispatch.seq(),
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn events_are_taken_in_order_and_who_waits_is_woken() {
        let (queue, alarm) = (EventQueue::new(2, 1_000), Arc::<Alarm>::default());
        assert_eq!(take(&queue, &alarm), Poll::Pending);
        queue.push(event("A", 1));
        assert_eq!(alarm.0.load(Ordering::Relaxed), 1);
        queue.push(event("A", 2));
        assert!(queue.is_full());
        assert_eq!(take(&queue, &alarm), Poll::Ready(Some(1)));
        assert!(!queue.is_full());
        queue.close();
        assert_eq!(take(&queue, &alarm), Poll::Ready(Some(2)));
        assert_eq!(take(&queue, &alarm), Poll::Ready(None));
        assert_eq!(queue.taken(), 2);
    }

    #[test]
    fn a_sum_of_bytes_fills_it_too() {
        let queue = EventQueue::new(1_000, 20);
        queue.push(event("A", 1));
        assert!(!queue.is_full());
        queue.push(event("A", 2));
        assert!(queue.is_full());
        queue.abandon();
        queue.push(event("A", 3));
        assert_eq!((queue.is_full(), queue.len()), (false, 0));
    }

    #[test]
    fn what_is_not_done_is_not_counted_as_processed() {
        let (queue, alarm) = (EventQueue::new(9, 1_000), Arc::<Alarm>::default());
        assert_eq!(queue.done_through(7), 7);
        for seq in 8..11 {
            queue.push(event("A", seq));
        }
        assert_eq!(queue.done_through(10), 7);
        let _ = take(&queue, &alarm);
        assert_eq!(queue.done_through(10), 7, "it is at hand");
        let _ = take(&queue, &alarm);
        assert_eq!(queue.done_through(10), 8);
        // READY itself may be filtered out.
        queue.begin_session();
        assert_eq!(queue.done_through(1), 1, "the others are of another session");
        queue.push(event("A", 2));
        queue.push(event("A", 3));
        assert_eq!(queue.done_through(3), 1);
        while take(&queue, &alarm).is_ready() {}
        assert_eq!(queue.done_through(3), 3);
    }

    #[test]
    fn what_nobody_took_is_never_done() {
        let (queue, alarm) = (EventQueue::new(9, 1_000), Arc::<Alarm>::default());
        for seq in 1..4 {
            queue.push(event("A", seq));
        }
        let _ = take(&queue, &alarm);
        let _ = take(&queue, &alarm);
        queue.abandon();
        queue.push(event("A", 4));
        assert_eq!(queue.done_through(4), 1, "the one at hand was not finished");
        queue.begin_session();
        assert_eq!((queue.done_through(0), queue.finish()), (0, None));
        queue.push(event("A", 1));
        queue.push(event("A", 2));
        assert_eq!(queue.done_through(2), 0);
        // One who was done with all before goes away between two events.
        let queue = EventQueue::new(9, 1_000);
        queue.push(event("A", 1));
        let _ = take(&queue, &alarm);
        assert_eq!(queue.finish(), Some(1));
        queue.abandon();
        assert_eq!(queue.done_through(1), 1);
        queue.push(event("A", 2));
        queue.push(event("A", 3));
        assert_eq!(queue.done_through(3), 1);
    }

    #[test]
    fn what_an_earlier_process_may_have_heard_is_marked() {
        let (queue, alarm) = (EventQueue::new(9, 1_000), Arc::<Alarm>::default());
        queue.begin_replay(2, 3);
        for seq in 1..6 {
            // The third is the RESUMED of an earlier process.
            if matches!(seq, 3 | 5) {
                queue.end_replay(Some(seq));
            }
            queue.push(event("A", seq));
        }
        let repeats: Vec<Repeat> = std::iter::from_fn(|| match take(&queue, &alarm) {
            Poll::Ready(Some(_)) => Some(queue.repeat()),
            _ => None,
        })
        .collect();
        let (yes, maybe) = (Repeat::Yes, Repeat::Maybe);
        assert_eq!(repeats, [yes, yes, maybe, maybe, Repeat::No]);
        assert_eq!(queue.repeat(), Repeat::No, "none is at hand");
        // Another session has nothing to do with what was stored.
        queue.begin_replay(9, 9);
        queue.begin_session();
        queue.push(event("A", 1));
        let _ = take(&queue, &alarm);
        assert_eq!(queue.repeat(), Repeat::No);
    }

    #[test]
    fn room_is_waited_for() {
        let (queue, alarm) = (EventQueue::new(1, 1_000), Arc::<Alarm>::default());
        queue.push(event("A", 1));
        let mut room = std::pin::pin!(queue.room());
        let waker = Waker::from(Arc::clone(&alarm));
        let mut cx = Context::from_waker(&waker);
        assert!(room.as_mut().poll(&mut cx).is_pending());
        assert_eq!(take(&queue, &Arc::default()), Poll::Ready(Some(1)));
        assert_eq!(alarm.0.load(Ordering::Relaxed), 1);
        assert!(room.as_mut().poll(&mut cx).is_ready());
    }
}

//! All that happened, in order: whatever the model has to know it counts in here.

/// Microseconds since the epoch of the run.
pub(super) type Micros = u64;

pub(super) const MILLI: Micros = 1_000;
pub(super) const SECOND: Micros = 1_000 * MILLI;

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// The transport is up.
    Opened,
    /// Hello came.
    Greeted,
    /// A piece of a message came.
    Frame,
    /// A frame was handed out, whatever it was.
    Sent,
    /// A presence was handed out.
    Presence,
    /// A heartbeat was handed out.
    Beat,
    /// A heartbeat was acknowledged.
    Ack,
    /// A heartbeat was due and the one before had no ACK, but frames had come.
    Excused,
    /// A heartbeat was promised to a gateway that asked for it.
    Answer,
    /// Identify was handed out.
    Identify,
    /// Resume was handed out.
    Resume,
    /// A session began.
    Ready,
    /// A session was resumed.
    Resumed,
    /// A connection that ends was live for a minute.
    Proven,
    /// A connection, or an attempt at one, ended.
    Ended,
    /// Opcode 9 with `false`.
    Invalidated,
    /// The host to resume at was left before it said Hello.
    Silent,
    /// The host to resume at was given up.
    HostLeft,
    /// The peer closed with 4003.
    Unauthenticated,
    /// A message was over the WebSocket limit.
    TooLong,
    /// The session, if there was one, was dropped.
    Dropped,
}

/// All that happened, in order.
#[derive(Debug, Default)]
pub(super) struct Chronicle(Vec<(Micros, Deed)>);

impl Chronicle {
    pub(super) fn note(&mut self, at: Micros, deed: Deed) {
        self.0.push((at, deed));
    }

    /// Returns when a deed was done, each time after the last of some others; the latest first.
    pub(super) fn since(
        &self,
        deed: Deed,
        others: &'static [Deed],
    ) -> impl Iterator<Item = Micros> {
        let backwards = self.0.iter().rev();
        let recent = backwards.take_while(|(_, done)| !others.contains(done));
        recent.filter(move |(_, done)| *done == deed).map(|(at, _)| *at)
    }

    /// Counts a deed after the last of some others.
    pub(super) fn count(&self, deed: Deed, others: &'static [Deed]) -> usize {
        self.since(deed, others).count()
    }
}

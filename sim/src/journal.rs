//! What happened, in order, for tests to read.

use gatewright_core::{CloseCode, Instant, Intents, ShardId};

use crate::fault::{Fault, HelloInterval};
use crate::server::Conn;

/// One thing that happened on a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When it happened.
    pub at: Instant,
    /// The connection; for an expired session its last one.
    pub conn: Conn,
    /// What it was.
    pub what: What,
}

/// How what the server sends is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// Large messages each on their own, as Identify's `compress` asks.
    Payload,
    /// One zlib stream for the whole connection.
    ZlibStream,
    /// One zstd frame for the whole connection.
    ZstdStream,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// A connection was opened.
    Opened {
        /// The compression the URL asked for.
        compression: Compression,
    },
    /// Hello was sent.
    HelloSent {
        /// The heartbeat interval it told.
        interval: HelloInterval,
    },
    /// An Identify was taken and READY sent.
    Identified {
        /// The shard, 0 of 1 if none was given.
        shard: ShardId,
        /// The intents.
        intents: Intents,
    },
    /// An Identify was answered with op 9 `false`, for this reason.
    IdentifyRefused(&'static str),
    /// An Identify was one too many for its 24 hours: all sessions are over, and the token is taken no more.
    TokenReset,
    /// A Resume was taken and RESUMED sent.
    Resumed {
        /// The sequence the client had.
        from_seq: u64,
        /// The dispatches sent again.
        replayed: u64,
    },
    /// A Resume was answered with op 9 `false` or a close, for this reason.
    ResumeRefused(&'static str),
    /// A heartbeat came.
    Heartbeat {
        /// The sequence it carried.
        seq: Option<u64>,
    },
    /// A heartbeat was not acknowledged, which is a fault of this server.
    AckSwallowed,
    /// A message left with a bit flipped, which is a fault of this server.
    Damaged,
    /// A heartbeat was asked for.
    HeartbeatAsked,
    /// An upgrade was refused, which is a fault of this server.
    UpgradeRefused {
        /// The HTTP status.
        status: u16,
    },
    /// A command came that is neither heartbeat nor Identify nor Resume.
    Command {
        /// The opcode.
        op: u64,
        /// The length of the whole payload.
        bytes: usize,
    },
    /// The client did what gets it closed.
    Refused {
        /// The close code.
        code: CloseCode,
        /// What it did.
        why: &'static str,
    },
    /// The client closed, or its transport is gone.
    ClosedByClient {
        /// The code of its close frame, if there was one.
        code: Option<CloseCode>,
        /// Whether a session stays resumable.
        session_kept: bool,
    },
    /// The server closed.
    ClosedByServer {
        /// The close code.
        code: CloseCode,
    },
    /// The server cut the connection without a close frame.
    Dropped,
    /// No heartbeat came in time; a close follows.
    MissedHeartbeat,
    /// The client was asked to reconnect (op 7).
    ReconnectAsked,
    /// The client was told that its session is invalid (op 9).
    InvalidSession {
        /// What op 9 carried.
        resumable: bool,
    },
    /// A detached session was not resumed in time.
    SessionExpired,
    /// The client did what a correct client never does, but what has no consequence.
    Complaint(&'static str),
    /// A fault struck.
    Faulted(Fault),
    /// The caller came back so late that steady events were left out.
    FellBehind,
    /// The journal was full: this many entries before this one are gone.
    Forgotten {
        /// The number of entries.
        entries: u64,
    },
}

/// How often things happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Connections opened.
    pub connections: u64,
    /// Connections open now.
    pub open: u64,
    /// Sessions that exist now, attached or not.
    pub sessions: u64,
    /// Identifies taken.
    pub identifies: u64,
    /// Identifies counted against [`Options::session_starts`](crate::Options::session_starts), of all days.
    pub session_starts: u64,
    /// Tokens reset for an Identify too many.
    pub token_resets: u64,
    /// Identifies refused with op 9.
    pub identifies_refused: u64,
    /// Resumes taken.
    pub resumes: u64,
    /// Resumes refused with op 9 or a close.
    pub resumes_refused: u64,
    /// Dispatches given a sequence, sent or kept for replay.
    pub dispatches: u64,
    /// Dispatches sent again.
    pub replayed: u64,
    /// Heartbeats that came.
    pub heartbeats: u64,
    /// Commands that came.
    pub commands: u64,
    /// Connections closed for what the client did.
    pub refused: u64,
    /// Complaints about the client.
    pub complaints: u64,
}

/// A bounded list of entries.
#[derive(Debug)]
pub(crate) struct Journal {
    entries: Vec<Entry>,
    capacity: usize,
    forgotten: u64,
}

impl Journal {
    pub(crate) fn new(capacity: u32) -> Self {
        Self {
            entries: Vec::new(),
            capacity: usize::try_from(capacity).unwrap_or(usize::MAX).max(16),
            forgotten: 0,
        }
    }

    pub(crate) fn push(&mut self, entry: Entry) {
        if self.entries.len() >= self.capacity {
            self.forget(entry.at, entry.conn);
        }
        self.entries.push(entry);
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Forgets the older half; an earlier notice of this kind is not counted as an entry.
    fn forget(&mut self, at: Instant, conn: Conn) {
        let half = self.capacity / 2;
        let notice = u64::from(self.forgotten > 0);
        self.forgotten += half as u64 - notice;
        self.entries.drain(..half);
        self.entries
            .insert(0, Entry { at, conn, what: What::Forgotten { entries: self.forgotten } });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_journal_tells_how_much_it_forgot() {
        let mut journal = Journal::new(16);
        for at in 0..100 {
            let what = What::Heartbeat { seq: Some(at) };
            journal.push(Entry { at: Instant::from_micros(at), conn: Conn(1), what });
        }
        let kept = journal.entries();
        assert!(kept.len() <= 16);
        let What::Forgotten { entries } = kept[0].what else { panic!("no notice in {kept:?}") };
        assert_eq!(kept[1].what, What::Heartbeat { seq: Some(entries) });
        assert_eq!(kept.last().unwrap().what, What::Heartbeat { seq: Some(99) });
    }
}

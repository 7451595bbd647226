//! The file of a snapshot: its head says what it is of, and it is written as a whole or not at all.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use gatewright_core::{BotId, Session, ShardId};

use crate::files;
use crate::state_error::{StateError, StateFault};
use crate::state_record::{self, Head, MOST_LINE};

/// The file of a shard's snapshot, which is written while the session is stored by another task.
///
/// As long as there is one, other processes are kept from the state of the shard.
#[derive(Clone, Debug)]
pub struct SnapshotFile(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    bot: BotId,
    limit: u64,
    /// The lock ends with the file; `None` where it could not be had.
    _lock: Option<File>,
    /// Snapshots are written one after the other.
    writing: Mutex<()>,
}

impl SnapshotFile {
    pub(crate) fn new(path: PathBuf, bot: BotId, limit: u64, lock: Option<File>) -> Self {
        Self(Arc::new(Inner { path, bot, limit, _lock: lock, writing: Mutex::default() }))
    }

    /// Writes a snapshot of all events that count as processed, and then has the session stored.
    ///
    /// `keep` says whether the session goes on; if not, the snapshot is removed. It blocks as long as a disk takes.
    ///
    /// # Errors
    /// If it cannot be written, if there are more bytes than [the limit](crate::StateFolder::snapshot_limit), and
    /// those of `keep`.
    pub fn store(
        &self,
        session: &Session,
        bytes: &[u8],
        keep: impl FnOnce() -> Result<bool, StateError>,
    ) -> Result<(), StateError> {
        let Inner { path, bot, limit, writing, .. } = &*self.0;
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if length > *limit {
            return Err(self.fail(StateFault::TooLong(*limit)));
        }
        let head = Head {
            shard: session.shard,
            session: session.id.as_str().to_owned(),
            seq: session.processed,
            length,
            hash: state_record::hash(bytes),
        };
        let head = state_record::write_head(*bot, &head);
        let _writing = writing.lock().unwrap_or_else(PoisonError::into_inner);
        let written = files::replace(path, &[head.as_bytes(), bytes]);
        written.map_err(|error| self.fail(StateFault::Write(error)))?;
        if keep()? { Ok(()) } else { self.remove() }
    }

    /// Reads what is stored, if it is of this shard.
    pub(crate) fn read(&self, shard: ShardId) -> Result<Option<(Head, Vec<u8>)>, StateError> {
        let read = self.0.read().map_err(|fault| self.fail(fault))?;
        match read {
            Some((head, _)) if head.shard != shard => {
                Err(self.fail(StateFault::OtherShard(head.shard)))
            }
            read => Ok(read),
        }
    }

    pub(crate) fn remove(&self) -> Result<(), StateError> {
        files::remove(&self.0.path).map_err(|error| self.fail(StateFault::Write(error)))
    }

    fn fail(&self, fault: StateFault) -> StateError {
        StateError::new(&self.0.path, fault)
    }
}

impl Inner {
    fn read(&self) -> Result<Option<(Head, Vec<u8>)>, StateFault> {
        let Self { path, bot, limit, .. } = self;
        let most = limit.saturating_add(MOST_LINE);
        match fs::metadata(path) {
            Ok(file) if file.len() > most => return Err(StateFault::TooLong(*limit)),
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(StateFault::Read(error));
            }
            _ => {}
        }
        let Some(mut bytes) = files::read(path, most).map_err(StateFault::Read)? else {
            return Ok(None);
        };
        let (head, begin) = state_record::read_head(*bot, &bytes)?;
        if head.length > *limit {
            return Err(StateFault::TooLong(*limit));
        }
        bytes.drain(..begin);
        let whole = u64::try_from(bytes.len()) == Ok(head.length);
        if !whole || state_record::hash(&bytes) != head.hash {
            return Err(StateFault::Damaged);
        }
        Ok(Some((head, bytes)))
    }
}

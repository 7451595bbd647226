//! The sessions of a bot's shards in a folder, each with what its consumer made of the events.

use std::fs;
use std::path::{Path, PathBuf};

use gatewright_core::{BotId, Session, ShardId};

use crate::files::{self, Locked};
use crate::snapshot_file::SnapshotFile;
use crate::state_error::{StateError, StateFault};
use crate::state_record::{self, MOST_LINE};

/// The longest snapshot, unless set: 1 GiB.
const SNAPSHOT_LIMIT: u64 = 1024 * 1024 * 1024;
/// At how many files of a folder to look for those of another shard count.
const MOST_LOOKED_AT: usize = 10_000;

/// A folder for what shards have to know across restarts; nothing is done before [`open`](Self::open).
///
/// Unless [named](Self::at) it is `state-` and the [`BotId`], beside the
/// [file of the budget](crate::BudgetFile::open_default). For each shard it has `shard-0-of-1.session`, one line of
/// text, a `.lock` that a second process stumbles over, `.snapshot` if one was stored, and for moments `.tmp`. Who can
/// read them can resume the session only with the token, but see what is in the snapshot: they are for this user alone.
#[derive(Clone, Debug, Default)]
pub struct StateFolder {
    path: Option<PathBuf>,
    snapshot_limit: Option<u64>,
}

impl StateFolder {
    /// Takes this folder, which need not be there; each bot needs one of its own.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: Some(path.into()), snapshot_limit: None }
    }

    /// Sets how many bytes a snapshot may have, to be written or read; 1 GiB unless set.
    #[must_use]
    pub const fn snapshot_limit(mut self, bytes: u64) -> Self {
        self.snapshot_limit = Some(bytes);
        self
    }

    /// Opens what is stored of a shard, and keeps other processes from it.
    ///
    /// # Errors
    /// If another process holds it, or it is not understood: then it stays as it is, until somebody looks at it.
    pub fn open(&self, bot: BotId, shard: ShardId) -> Result<ShardState, StateError> {
        let folder = self.folder(bot)?;
        // A folder that cannot be written can be read all the same; else the next lines say so.
        let created = files::create_folder(&folder);
        created.map_err(|error| StateError::new(&folder, StateFault::Write(error)))?;
        let file = |end| folder.join(format!("{}.{end}", stem(shard)));
        let (record, lock) = (file("session"), file("lock"));
        let lock = files::lock(&lock);
        let lock = lock.map_err(|Locked| StateError::new(&record, StateFault::Locked))?;
        let limit = self.snapshot_limit.unwrap_or(SNAPSHOT_LIMIT);
        let mut state = ShardState {
            record,
            snapshot: SnapshotFile::new(file("snapshot"), bot, limit, lock),
            bot,
            shard,
            stored: None,
            before: None,
            other_count: None,
        };
        state.stored = state.load()?;
        state.before.clone_from(&state.stored);
        if state.stored.is_none() {
            state.other_count = other_count(&folder, shard);
        }
        Ok(state)
    }

    fn folder(&self, bot: BotId) -> Result<PathBuf, StateError> {
        if let Some(path) = &self.path {
            return Ok(path.clone());
        }
        let name = format!("state-{bot}");
        let fail = |error| StateError::new(name.as_ref(), StateFault::Read(error));
        Ok(files::state_folder().map_err(fail)?.join(name))
    }
}

/// What is stored of a shard: a session, and perhaps a snapshot of what its consumer made of the events.
///
/// Both files are written as a whole or not at all, on Unix also when the power goes, the snapshot first. It says of which session it is and how far it
/// goes, and every event up to there is done: so whichever of the two a process came to write, they go together. A
/// snapshot of another session is as good as none.
///
/// # Examples
///
/// ```
/// use gatewright_core::{BotId, ShardId};
/// use gatewright_std::StateFolder;
///
/// # let folder = tempfile::tempdir()?;
/// let folder = StateFolder::at(folder.path().join("state"));
/// let mut state = folder.open(BotId::of_token("MTIz.abc.secret"), ShardId::ONE)?;
/// match state.session() {
///     Some(session) => println!("goes on behind {}", session.processed),
///     None => println!("begins a new session"),
/// }
/// state.forget()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ShardState {
    record: PathBuf,
    /// It has the lock as well.
    snapshot: SnapshotFile,
    bot: BotId,
    shard: ShardId,
    /// What the record says.
    stored: Option<Session>,
    /// What an earlier process left: all it did is done, also while this one goes through it again.
    before: Option<Session>,
    other_count: Option<u32>,
}

/// What a consumer made of the events of a session, as bytes, and the session to resume with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The session; what counts as processed is what is in the snapshot.
    pub session: Session,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl ShardState {
    /// Returns the session that is stored: a process is done with what counts as processed.
    #[must_use]
    pub const fn session(&self) -> Option<&Session> {
        self.stored.as_ref()
    }

    /// Returns the shard count of which there is a session of this shard, if there was none of the count at hand.
    #[must_use]
    pub const fn other_count(&self) -> Option<u32> {
        self.other_count
    }

    /// Returns the file of the session.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.record
    }

    /// Stores a session, unless it is stored already.
    ///
    /// What an earlier process was done with or received of the same session stays so.
    ///
    /// # Errors
    /// If it cannot be written, or is of another shard; what was stored before is as it was.
    pub fn save(&mut self, session: &Session) -> Result<(), StateError> {
        if session.shard != self.shard {
            return Err(self.fail(StateFault::OtherShard(session.shard)));
        }
        let mut session = session.clone();
        if let Some(before) = self.before.as_ref().filter(|before| before.id == session.id) {
            session.processed = session.processed.max(before.processed);
            session.received = session.received.max(before.received).max(session.processed);
        }
        if self.stored.as_ref() == Some(&session) {
            return Ok(());
        }
        let line = state_record::write_session(self.bot, &session);
        let written = files::replace(&self.record, &[line.as_bytes()]);
        written.map_err(|error| self.fail(StateFault::Write(error)))?;
        self.stored = Some(session);
        Ok(())
    }

    /// Stores a session, and what its consumer made of all events that count as processed.
    ///
    /// # Errors
    /// As [`save`](Self::save), and if there are more bytes than [the limit](StateFolder::snapshot_limit).
    pub fn save_with_snapshot(
        &mut self,
        session: &Session,
        bytes: &[u8],
    ) -> Result<(), StateError> {
        let file = self.snapshot.clone();
        file.store(session, bytes, || self.save(session).map(|()| true))
    }

    /// Returns the file of the snapshot, to be written while the session is stored by another task.
    #[must_use]
    pub fn snapshot_file(&self) -> SnapshotFile {
        self.snapshot.clone()
    }

    /// Reads the snapshot of the session that is stored, if there is one.
    ///
    /// # Errors
    /// If it cannot be read, is damaged, too long, or of another bot, shard or version.
    pub fn snapshot(&mut self) -> Result<Option<Snapshot>, StateError> {
        let Some(stored) = &self.stored else { return Ok(None) };
        let Some((head, bytes)) = self.snapshot.read(self.shard)? else { return Ok(None) };
        if head.session != stored.id.as_str() {
            return Ok(None);
        }
        let mut session = stored.clone();
        session.processed = head.seq;
        session.received = session.received.max(head.seq);
        // The process may have ended before it wrote the session as well.
        if let Some(before) = &mut self.before {
            before.processed = before.processed.max(head.seq);
        }
        Ok(Some(Snapshot { session, bytes }))
    }

    /// Removes what is stored: the session is over.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn forget(&mut self) -> Result<(), StateError> {
        (self.stored, self.before) = (None, None);
        let removed = files::remove(&self.record);
        removed.map_err(|error| self.fail(StateFault::Write(error)))?;
        self.snapshot.remove()
    }

    fn load(&self) -> Result<Option<Session>, StateError> {
        let read = files::read(&self.record, MOST_LINE);
        let read = read.map_err(|error| self.fail(StateFault::Read(error)))?;
        let Some(bytes) = read else { return Ok(None) };
        let session = state_record::read_session(self.bot, &bytes);
        let session = session.map_err(|fault| self.fail(fault))?;
        if session.shard != self.shard {
            return Err(self.fail(StateFault::OtherShard(session.shard)));
        }
        Ok(Some(session))
    }

    fn fail(&self, fault: StateFault) -> StateError {
        StateError::new(&self.record, fault)
    }
}

fn stem(shard: ShardId) -> String {
    format!("shard-{}-of-{}", shard.id, shard.count)
}

/// Looks for a session of a shard of the same number among another count.
fn other_count(folder: &Path, shard: ShardId) -> Option<u32> {
    let begin = format!("shard-{}-of-", shard.id);
    let mut entries = fs::read_dir(folder).ok()?.take(MOST_LOOKED_AT).flatten();
    entries.find_map(|entry| {
        let name = entry.file_name();
        let count = name.to_str()?.strip_prefix(&begin)?.strip_suffix(".session")?;
        count.parse().ok().filter(|count| *count != shard.count)
    })
}

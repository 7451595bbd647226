//! What can be wrong with the stored state of a shard, and what to do about it.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use gatewright_core::ShardId;

/// A stored state that cannot be used; its `Display` names the file and says what to do.
#[derive(Debug)]
pub struct StateError {
    path: PathBuf,
    fault: StateFault,
}

/// What is wrong with the stored state of a shard.
#[derive(Debug)]
#[non_exhaustive]
pub enum StateFault {
    /// It was cut, changed, or is no such file.
    Damaged,
    /// Another process holds it.
    Locked,
    /// No state is kept: none was asked for, the file was refused at the start, or the shard was started again, and
    /// its state is with the later run.
    NotKept,
    /// It is the state of another bot.
    OtherBot,
    /// It is the state of this shard, where the one of another was expected.
    OtherShard(ShardId),
    /// It was written by another version.
    OtherVersion,
    /// It cannot be read.
    Read(io::Error),
    /// It is longer than this many bytes.
    TooLong(u64),
    /// It cannot be written.
    Write(io::Error),
}

impl StateError {
    /// Creates one that names a file.
    pub(crate) fn new(path: &Path, fault: StateFault) -> Self {
        Self { path: path.to_owned(), fault }
    }

    /// Creates one for a shard that keeps no state.
    #[must_use]
    pub fn not_kept() -> Self {
        Self { path: PathBuf::new(), fault: StateFault::NotKept }
    }

    /// Returns the file, or the folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns what is wrong with it.
    #[must_use]
    pub const fn fault(&self) -> &StateFault {
        &self.fault
    }
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.fault {
            StateFault::Damaged => {
                write!(f, "{path} was cut or changed: delete it to begin a new session")
            }
            StateFault::Locked => {
                write!(f, "another process holds {path}: end it, or give each a folder of its own")
            }
            StateFault::NotKept => {
                f.write_str(
                "no state of this run is kept: set a folder, or see the log for why; if the shard was started again, \
                 its later events have it",
            )
            }
            StateFault::OtherBot => {
                write!(f, "{path} is of another bot: give each bot a folder of its own")
            }
            StateFault::OtherShard(shard) => {
                write!(f, "{path} is of shard {shard}: give it its name back, or delete it")
            }
            StateFault::OtherVersion => write!(
                f,
                "{path} was written by another version: run that one, or delete it to begin a new session"
            ),
            StateFault::Read(error) => {
                write!(
                    f,
                    "{path} cannot be read: {error}; grant access to it, or name another folder"
                )
            }
            StateFault::TooLong(most) => {
                write!(f, "{path} is longer than {most} bytes: keep less, or raise the limit")
            }
            StateFault::Write(error) => write!(
                f,
                "{path} cannot be written: {error}; a restart goes on from what was stored before, until its folder \
                 takes files"
            ),
        }
    }
}

// What the system says is part of the text, so that it is no source of its own.
impl Error for StateError {}

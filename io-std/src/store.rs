//! The record of a budget in a file, and who wrote it.

use std::fs::File;
use std::path::{Path, PathBuf};

use gatewright_core::BudgetRecord;

use crate::error::BudgetFault;
use crate::files::{self, Locked};

/// A file with one record, and the lock that no other process takes while this lives.
#[derive(Debug)]
pub(crate) struct Store {
    path: PathBuf,
    /// The lock ends with the file; `None` where it could not be had.
    _lock: Option<File>,
    /// Who wrote the file when it was last looked at.
    known: Option<Written>,
}

/// Who wrote a record, and the how-manieth it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Written {
    owner: u64,
    writes: u64,
}

impl Written {
    fn of(record: &BudgetRecord) -> Self {
        Self { owner: record.owner(), writes: record.writes() }
    }
}

impl Store {
    /// Locks and reads a file that need not exist.
    pub(crate) fn open(path: PathBuf) -> Result<(Self, Option<BudgetRecord>), BudgetFault> {
        let lock = files::lock(&files::sibling(&path, ".lock"));
        let lock = lock.map_err(|Locked| BudgetFault::Locked)?;
        let record = match files::read(&path, most()).map_err(BudgetFault::Read)? {
            Some(bytes) => Some(BudgetRecord::parse(&bytes).map_err(BudgetFault::Record)?),
            None => None,
        };
        let known = record.as_ref().map(Written::of);
        Ok((Self { path, _lock: lock, known }, record))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a record unless another process has written one since.
    ///
    /// A record that is gone or damaged is written anew: this process knows what was in it.
    pub(crate) fn write(&mut self, record: &BudgetRecord) -> Result<(), BudgetFault> {
        let there = files::read(&self.path, most()).map_err(BudgetFault::Write)?;
        let there = there.and_then(|bytes| BudgetRecord::parse(&bytes).ok());
        if there.is_some_and(|there| Some(Written::of(&there)) != self.known) {
            return Err(BudgetFault::Taken);
        }
        let line = record.to_string();
        files::replace(&self.path, &[line.as_bytes()]).map_err(BudgetFault::Write)?;
        self.known = Some(Written::of(record));
        Ok(())
    }
}

/// Returns the length of the longest record.
fn most() -> u64 {
    u64::try_from(BudgetRecord::MAX_BYTES).unwrap_or(u64::MAX)
}

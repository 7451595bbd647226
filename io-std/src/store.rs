//! A record in a file: locked, read, and written as a whole or not at all.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use gatewright_core::BudgetRecord;

use crate::error::BudgetFault;

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
        let lock = lock(&sibling(&path, ".lock"))?;
        let record = match read(&path).map_err(BudgetFault::Read)? {
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
        let there = read(&self.path).map_err(BudgetFault::Write)?;
        let there = there.and_then(|bytes| BudgetRecord::parse(&bytes).ok());
        if there.is_some_and(|there| Some(Written::of(&there)) != self.known) {
            return Err(BudgetFault::Taken);
        }
        self.replace(record).map_err(BudgetFault::Write)?;
        self.known = Some(Written::of(record));
        Ok(())
    }

    fn replace(&self, record: &BudgetRecord) -> io::Result<()> {
        let temporary = sibling(&self.path, ".tmp");
        // What an earlier process left behind; if it stays, the next line says why.
        let _ = fs::remove_file(&temporary);
        let file = private().write(true).create_new(true).open(&temporary)?;
        let done = fill(file, record).and_then(|()| fs::rename(&temporary, &self.path));
        done.inspect_err(|_| drop(fs::remove_file(&temporary)))
    }
}

fn fill(mut file: File, record: &BudgetRecord) -> io::Result<()> {
    file.write_all(record.to_string().as_bytes())?;
    file.sync_data()
}

/// Reads a little more than a record can have; `None` if there is no such file.
fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    let most = u64::try_from(BudgetRecord::MAX_BYTES).unwrap_or(u64::MAX);
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// Locks a file, if its file system knows locks and lets it be written.
fn lock(path: &Path) -> Result<Option<File>, BudgetFault> {
    let file = match private().write(true).create(true).truncate(false).open(path) {
        Ok(file) => file,
        Err(error) => {
            tracing::warn!(
                "{} cannot be opened: {error}; another process would go unnoticed",
                path.display()
            );
            return Ok(None);
        }
    };
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Err(BudgetFault::Locked),
        Err(TryLockError::Error(error)) => {
            tracing::warn!("{} cannot be locked: {error}", path.display());
            Ok(None)
        }
    }
}

/// Returns the path with more at the end of its name.
fn sibling(path: &Path, end: impl AsRef<OsStr>) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

#[cfg(unix)]
fn private() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;

    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

#[cfg(not(unix))]
fn private() -> OpenOptions {
    OpenOptions::new()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use gatewright_core::{BotId, BudgetSettings, IdentifyBudget, UnixTime};

    #[test]
    fn a_disk_that_is_full_fails_the_write() {
        let bot = BotId::of_token("MTIz.secret");
        let mut budget = IdentifyBudget::new(UnixTime::EPOCH, bot, 1, BudgetSettings::default());
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let error = fill(full, &budget.record()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}

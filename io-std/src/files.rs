//! Files that are locked, read up to a limit, and written as a whole or not at all.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use etcetera::{BaseStrategy as _, choose_base_strategy};

/// Another process holds a lock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Locked;

/// Locks a file, if its file system knows locks and lets it be written.
pub(crate) fn lock(path: &Path) -> Result<Option<File>, Locked> {
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
        Err(TryLockError::WouldBlock) => Err(Locked),
        Err(TryLockError::Error(error)) => {
            tracing::warn!("{} cannot be locked: {error}", path.display());
            Ok(None)
        }
    }
}

/// Reads a little more than `most` bytes; `None` if there is no such file.
pub(crate) fn read(path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// Writes a file as a whole, or leaves the one that is there; on Unix it is there then also after a loss of power.
pub(crate) fn replace(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let temporary = sibling(path, ".tmp");
    // What an earlier process left behind; if it stays, the next line says why.
    let _ = fs::remove_file(&temporary);
    let file = private().write(true).create_new(true).open(&temporary)?;
    let done = fill(file, parts).and_then(|()| fs::rename(&temporary, path));
    done.inspect_err(|_| drop(fs::remove_file(&temporary)))?;
    settle(path);
    Ok(())
}

/// Has the new name of a file written as well. Where a folder cannot be synced, the file is there all the same.
fn settle(path: &Path) {
    if cfg!(unix)
        && let Some(Ok(folder)) = path.parent().map(File::open)
        && let Err(error) = folder.sync_all()
    {
        tracing::debug!("the folder of {} cannot be synced: {error}", path.display());
    }
}

fn fill(mut file: File, parts: &[&[u8]]) -> io::Result<()> {
    for part in parts {
        file.write_all(part)?;
    }
    file.sync_data()
}

/// Removes a file that need not be there.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Returns the path with more at the end of its name.
pub(crate) fn sibling(path: &Path, end: impl AsRef<OsStr>) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// Returns the folder for the state of this user's programs, ours in it; it need not be there.
pub(crate) fn state_folder() -> io::Result<PathBuf> {
    let strategy =
        choose_base_strategy().map_err(|error| io::Error::new(io::ErrorKind::NotFound, error))?;
    // On Windows the cache is what does not wander from machine to machine with the user.
    let folder = strategy.state_dir().unwrap_or_else(|| strategy.cache_dir());
    Ok(folder.join("gatewright"))
}

/// Creates a folder for this user alone, unless it is there.
pub(crate) fn create_folder(path: &Path) -> io::Result<()> {
    let mut folders = DirBuilder::new();
    folders.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folders, 0o700);
    folders.create(path)
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

    #[test]
    fn a_disk_that_is_full_fails_the_write() {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let error = fill(full, &[b"gatewright-", b"budget=1"]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}

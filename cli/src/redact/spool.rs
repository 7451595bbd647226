//! Where a redacted transcript waits until all of it is checked, so that nothing is written of one that fails.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use crate::{lines, say};

/// A file without a name, which is gone when the program ends in whatever way.
#[derive(Debug)]
pub(super) struct Spool {
    file: BufWriter<File>,
    /// The file to write; standard output without one.
    output: Option<PathBuf>,
}

impl Spool {
    /// Makes one, if the output can be written as far as is seen without touching it.
    pub(super) fn new(output: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(output) = output {
            check(output)?;
        }
        let file = tempfile::tempfile().context("cannot make a temporary file")?;
        Ok(Self { file: BufWriter::new(file), output: output.map(Path::to_owned) })
    }

    /// Puts what was written where it belongs.
    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        self.file.flush().context("cannot write a temporary file")?;
        match self.output.take() {
            Some(output) => {
                let written = File::create(&output).and_then(|mut to| self.copy(&mut to));
                written.with_context(|| format!("cannot write {}", lines::shown(&output)))
            }
            None => {
                let written = self.copy(&mut io::stdout().lock());
                written.or_else(|error| say::unheard(&error))
            }
        }
    }

    fn copy(&mut self, to: &mut impl Write) -> io::Result<()> {
        let file = self.file.get_mut();
        file.rewind()?;
        io::copy(file, to)?;
        to.flush()
    }
}

impl Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Refuses early what could not be written late.
fn check(output: &Path) -> anyhow::Result<()> {
    let cannot = || format!("cannot write {}", lines::shown(output));
    if output.exists() {
        OpenOptions::new().write(true).open(output).map(drop).with_context(cannot)
    } else {
        let parent = output.parent().filter(|parent| !parent.as_os_str().is_empty());
        if parent.is_some_and(|parent| !parent.is_dir()) {
            bail!("{}: there is no such folder", cannot());
        }
        Ok(())
    }
}

//! Where a redacted transcript waits until all of it is checked, so that nothing is written of one that fails.

use std::env;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};
use std::process;

use anyhow::{Context, anyhow};

/// A file beside the one that is to be written, or in the folder for such files.
#[derive(Debug)]
pub(super) struct Spool {
    file: BufWriter<File>,
    path: PathBuf,
    /// The file to write; standard output without one.
    output: Option<PathBuf>,
    /// Whether it took its output's place.
    kept: bool,
}

impl Spool {
    pub(super) fn new(output: Option<&Path>) -> anyhow::Result<Self> {
        // What is no file, as a device, cannot be replaced.
        let beside = output.filter(|output| !output.exists() || output.is_file());
        let path = match beside {
            Some(output) => {
                let mut name = output.as_os_str().to_owned();
                name.push(format!(".{}.part", process::id()));
                name.into()
            }
            None => env::temp_dir().join(format!("gatewright-{}.part", process::id())),
        };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        if beside.is_none() {
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        }
        let file = options.open(&path);
        let shown = output.unwrap_or(&path).display();
        let file = BufWriter::new(file.with_context(|| format!("cannot write {shown}"))?);
        Ok(Self { file, path, output: output.map(Path::to_owned), kept: false })
    }

    /// Puts what was written where it belongs.
    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        self.file.flush().context("cannot write")?;
        match self.output.clone() {
            Some(output) if !output.exists() || output.is_file() => {
                self.kept = true;
                let renamed = fs::rename(&self.path, &output);
                renamed.with_context(|| format!("cannot write {}", output.display()))
            }
            Some(output) => {
                let to = OpenOptions::new().write(true).open(&output);
                let shown = output.display();
                self.copy(&mut to.with_context(|| format!("cannot write {shown}"))?)
            }
            None => self.copy(&mut io::stdout().lock()),
        }
    }

    fn copy(&mut self, to: &mut impl Write) -> anyhow::Result<()> {
        let file = self.file.get_mut();
        file.rewind().context("cannot read what was redacted")?;
        io::copy(file, to)
            .and_then(|_| to.flush())
            .map_err(|error| anyhow!("cannot write: {error}"))
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

impl Drop for Spool {
    fn drop(&mut self) {
        if !self.kept {
            // What cannot be removed is redacted, and in the folder for such files.
            let _ = fs::remove_file(&self.path);
        }
    }
}

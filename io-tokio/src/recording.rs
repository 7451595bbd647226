//! The shard as the adapter holds it: recorded line by line if the user asked for it.

use std::fmt;
use std::io::Write;

use gatewright_core::transcript::Recorded;

use crate::trace::{Teller, tell};

/// The room for a line that is kept for the next one.
const KEPT: usize = 64 * 1024;

/// A shard that may be recorded.
pub(crate) type Shard = Recorded<'static, Lines>;

/// Where a recording goes: each line in one call, so that a process that dies leaves whole lines.
pub(crate) struct Lines {
    to: Box<dyn Write + Send>,
    line: String,
    teller: Teller,
}

impl Lines {
    pub(crate) fn new(to: impl Write + Send + 'static, teller: Teller) -> Self {
        Self { to: Box::new(to), line: String::new(), teller }
    }
}

impl fmt::Write for Lines {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.line.push_str(text);
        if !text.ends_with('\n') {
            return Ok(());
        }
        let written = self.to.write_all(self.line.as_bytes());
        self.line.clear();
        self.line.shrink_to(KEPT);
        written.map_err(|error| {
            tell!(warn, self.teller, "the recording ends: {error}");
            fmt::Error
        })
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        if let Err(error) = self.to.flush() {
            tell!(warn, self.teller, "the end of the recording is lost: {error}");
        }
    }
}

//! A recording read line by line, from a file or the standard input, whatever it is.

use std::fmt::{self, Write as _};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use anyhow::{Context, bail};
use gatewright_core::transcript::{Header, MAX_LINE};
use unicode_width::UnicodeWidthChar as _;

/// The name that stands for the standard input, or output.
const STANDARD: &str = "-";
/// The version of this program, and of the library in it.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The longest first line; a file of another kind may be one line of any length.
const FIRST: u64 = 1024;
/// The longest line with what ends it, and a byte more to tell that a line is too long.
const LONGEST: u64 = MAX_LINE as u64 + 1;

/// The lines of a recording.
pub(crate) struct Lines {
    from: BufReader<Box<dyn Read>>,
    line: Vec<u8>,
    number: u64,
    /// The longest first line.
    first: u64,
}

impl Lines {
    /// Opens a recording.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        if is_standard(path) {
            return Ok(Self::new(io::stdin()));
        }
        let file = File::open(path).and_then(|file| Ok((file.metadata()?.is_dir(), file)));
        let (is_dir, file) = file.with_context(|| format!("cannot read {}", shown(path)))?;
        if is_dir {
            bail!("cannot read {}: it is a directory, not a recording", shown(path));
        }
        Ok(Self::new(file))
    }

    pub(crate) fn new(from: impl Read + 'static) -> Self {
        Self { from: BufReader::new(Box::new(from)), line: Vec::new(), number: 0, first: FIRST }
    }

    /// Lets the first line be as long as any, where that is no header.
    pub(crate) fn of_any_length(self) -> Self {
        Self { first: LONGEST, ..self }
    }

    /// Returns the next line with its line feed, cut behind the longest that may be.
    pub(crate) fn next(&mut self) -> io::Result<Option<&[u8]>> {
        self.line.clear();
        self.number += 1;
        let longest = if self.number == 1 { self.first } else { LONGEST };
        self.from.by_ref().take(longest).read_until(b'\n', &mut self.line)?;
        Ok(Some(self.line.as_slice()).filter(|line| !line.is_empty()))
    }
}

/// Returns what a recording is called in what is told about it.
pub(crate) fn name(path: &Path) -> String {
    if is_standard(path) { "<stdin>".to_owned() } else { shown(path) }
}

/// Returns a path as it may be shown.
pub(crate) fn shown(path: &Path) -> String {
    escaped(&path.display().to_string())
}

/// Tells whether a name stands for the standard input or output.
pub(crate) fn is_standard(path: &Path) -> bool {
    path == Path::new(STANDARD)
}

/// Tells whether writing to a file would overwrite the recording that is read.
#[cfg(unix)]
pub(crate) fn would_overwrite(recording: &Path, output: &Path) -> bool {
    use std::os::fd::AsFd as _;
    use std::os::unix::fs::MetadataExt as _;
    let read = if is_standard(recording) {
        io::stdin().as_fd().try_clone_to_owned().map(File::from).and_then(|file| file.metadata())
    } else {
        fs::metadata(recording)
    };
    let (Ok(read), Ok(written)) = (read, fs::metadata(output)) else { return false };
    // What is no file keeps nothing that could be lost.
    read.is_file() && (read.dev(), read.ino()) == (written.dev(), written.ino())
}

/// Tells whether writing to a file would overwrite the recording that is read.
#[cfg(not(unix))]
pub(crate) fn would_overwrite(recording: &Path, output: &Path) -> bool {
    let output = fs::canonicalize(output).ok();
    output.is_some_and(|output| fs::canonicalize(recording).ok() == Some(output))
}

/// Tells whether a line has no end, though it is no longer than a line may be.
pub(crate) fn is_cut(line: &[u8]) -> bool {
    !line.ends_with(b"\n") && line.len() <= MAX_LINE
}

/// Writes letters that control a terminal or the order of its letters as their numbers, and so all that are not seen.
pub(crate) fn escaped(text: &str) -> String {
    text.chars().map(Escaped).map(|letter| letter.to_string()).collect()
}

/// A letter as it may be shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Escaped(pub(crate) char);

impl Escaped {
    /// Tells whether it stays what it is.
    pub(crate) fn is_plain(self) -> bool {
        let is_quote = matches!(self.0, '"' | '\'' | '\\');
        is_quote || self.0.escape_debug().eq([self.0])
    }

    /// Returns how many columns it takes.
    pub(crate) fn width(self) -> usize {
        if self.is_plain() { self.0.width().unwrap_or(1) } else { self.0.escape_unicode().len() }
    }
}

impl fmt::Display for Escaped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_plain() { f.write_char(self.0) } else { self.0.escape_unicode().fmt(f) }
    }
}

/// Tells whether another version of the library wrote a recording.
pub(crate) fn is_of_other_version(header: &Header) -> bool {
    !header.library.is_empty() && header.library != VERSION
}

/// Tells why a first line cannot be that of a recording, if it is so plain that it has a sentence of its own.
pub(crate) fn oddity(line: &[u8]) -> Option<&'static str> {
    if line.starts_with(b"\xFF\xFE") || line.starts_with(b"\xFE\xFF") || line.contains(&0) {
        return Some("it is UTF-16 or binary; a recording is UTF-8");
    }
    if line.starts_with(b"\xEF\xBB\xBF") {
        return Some("it begins with a byte order mark; save it as UTF-8 without one");
    }
    let begins = b"gatewright transcript ".iter().zip(line).all(|(left, right)| left == right);
    (!begins).then_some("it does not begin with \"gatewright transcript 1\": it is no recording")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_line_without_end_is_cut_and_later_ones_are_whole() {
        let text = format!("{}\nsecond\n\nlast", "x".repeat(1023));
        let mut lines = Lines::new(io::Cursor::new(text));
        let mut lengths = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            lengths.push(line.len());
        }
        assert_eq!(lengths, [1024, 7, 1, 4]);
        let mut endless = Lines::new(io::repeat(b'x'));
        assert_eq!(endless.next().unwrap().map(<[u8]>::len), Some(1024));
    }

    #[test]
    fn letters_that_are_not_seen_are_escaped() {
        assert_eq!(escaped("a \"é\" \\ 切😀"), "a \"é\" \\ 切😀");
        assert_eq!(escaped("\x1b[2J\t\u{202e}\u{2066}"), "\\u{1b}[2J\\u{9}\\u{202e}\\u{2066}");
        for letter in "\u{7f}\u{9b}\u{ad}\u{61c}\u{200b}\u{200e}\u{200f}\u{202a}\u{202d}\u{2028}\u{2069}\u{feff}\u{e0041}".chars() {
            assert!(Escaped(letter).width() > 1 && !escaped(&letter.to_string()).contains(letter));
        }
    }

    #[test]
    fn wide_letters_take_two_columns() {
        let width = |text: &str| text.chars().map(|letter| Escaped(letter).width()).sum::<usize>();
        for (text, columns) in [("", 0), ("aé…", 3), ("切換", 4), ("😀", 2), ("Ｗ", 2)] {
            assert_eq!(width(text), columns, "{text}");
        }
    }

    #[test]
    fn files_of_other_kinds_are_told_by_their_first_bytes() {
        for (line, part) in [
            (&b"\xFF\xFEg\0a\0"[..], "UTF-16"),
            (b"\xEF\xBB\xBFgatewright", "byte order mark"),
            (b"{}", "no recording"),
        ] {
            assert!(oddity(line).is_some_and(|why| why.contains(part)), "{part}");
        }
        for line in [&b"gatewright transcript 1\r\n"[..], b"gatewright transcript 7\n", b"gatew"] {
            assert_eq!(oddity(line), None);
        }
    }
}

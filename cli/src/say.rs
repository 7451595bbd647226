//! Writing to standard output; a reader that is gone ends the command, quietly, and anything else that fails aloud.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write};
use std::process;

/// Writes a piece of text at once.
pub(crate) fn write(text: Arguments<'_>) {
    let mut stdout = anstream::stdout();
    if let Err(error) = stdout.write_fmt(text).and_then(|()| stdout.flush()) {
        unheard(&error);
    }
}

/// Ends the command, as what it says cannot be written.
pub(crate) fn unheard(error: &io::Error) -> ! {
    if error.kind() != ErrorKind::BrokenPipe {
        anstream::eprintln!("gatewright: cannot write: {error}");
    }
    process::exit(1)
}

/// Writes a line.
macro_rules! say {
    ($($text:tt)*) => {
        $crate::say::write(format_args!("{}\n", format_args!($($text)*)))
    };
}

//! Writing to standard output; a reader that is gone ends the command, quietly.

use std::fmt::Arguments;
use std::io::Write;
use std::process;

/// Writes a piece of text at once.
pub(crate) fn write(text: Arguments<'_>) {
    let mut stdout = anstream::stdout();
    if stdout.write_fmt(text).and_then(|()| stdout.flush()).is_err() {
        unheard();
    }
}

/// Ends the command: nobody reads what it says.
pub(crate) fn unheard() -> ! {
    process::exit(1)
}

/// Writes a line.
macro_rules! say {
    ($($text:tt)*) => {
        $crate::say::write(format_args!("{}\n", format_args!($($text)*)))
    };
}

//! What a board found out, as lines of a name and a number in the file `report`.

use crate::semihosting::{File, Mode};

/// The file.
#[derive(Debug)]
pub struct Report(File);

impl Report {
    /// Begins it.
    #[must_use]
    pub fn new() -> Self {
        Self(File::open(c"report", Mode::Write))
    }

    /// Writes a line.
    pub fn line(&mut self, name: &str, number: u64) {
        let (mut digits, mut at, mut rest) = ([b'\n'; 22], 21, number);
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        at -= 1;
        digits[at] = b' ';
        self.0.write(name.as_bytes());
        self.0.write(&digits[at..]);
    }
}

impl Default for Report {
    fn default() -> Self {
        Self::new()
    }
}

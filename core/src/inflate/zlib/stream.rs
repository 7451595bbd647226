//! A stream: its header, its blocks, its checksum.

use super::adler::Adler;
use super::bits::Bits;
use super::blocks::{Blocks, Stop};
use super::cursor::Cursor;
use super::damage::Damage;
use super::header;
use crate::inflate::{Progress, Then};

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Header,
    Blocks,
    Checksum,
    /// Nothing; the checksum of all that came out is said to be this.
    Ended(u32),
    Damaged(Damage),
}

/// The state of a zlib decoder.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    place: Place,
    bits: Bits,
    adler: Adler,
    blocks: Blocks,
}

impl Stream {
    /// Creates one that is all zeroes, so that a static one takes no flash.
    pub(crate) const fn new() -> Self {
        Self { place: Place::Header, bits: Bits::new(), adler: Adler::NONE, blocks: Blocks::new() }
    }

    /// Begins a new stream.
    pub(crate) const fn restart(&mut self) {
        (self.place, self.bits, self.adler) = (Place::Header, Bits::new(), Adler::NONE);
        self.blocks.restart();
    }

    /// Decodes as much of `input` as fits into `out[at..]`, where `out[..at]` is the stream's earlier output or at
    /// least the last 32 KiB of it. What stands behind the output it writes is overwritten with anything.
    ///
    /// The checksum is compared if `checked` is said at each call.
    ///
    /// # Errors
    /// What is wrong with the stream, then and ever after.
    pub(crate) fn inflate(
        &mut self,
        input: &[u8],
        out: &mut [u8],
        at: usize,
        checked: bool,
    ) -> Result<Progress, Damage> {
        let mut cursor = Cursor { bits: self.bits, input, out, at };
        let result = self.run(&mut cursor);
        let Cursor { mut bits, input: rest, out, at: end } = cursor;
        let mut read = input.len() - rest.len();
        if result != Ok(Then::NeedsInput) {
            read -= bits.give_back(read);
        }
        self.bits = bits;
        let result = result.and_then(|then| {
            if checked {
                self.check(out.get(at..end).unwrap_or_default())?;
            }
            Ok(Progress { read, written: end - at, then })
        });
        if let Err(damage) = result {
            self.place = Place::Damaged(damage);
        }
        result
    }

    fn run(&mut self, cursor: &mut Cursor<'_, '_>) -> Result<Then, Damage> {
        loop {
            match self.place {
                Place::Header => {
                    cursor.refill();
                    let Some(bytes) = cursor.bits.take(16) else { return Ok(Then::NeedsInput) };
                    header::check(bytes)?;
                    self.adler = Adler::new();
                    self.place = Place::Blocks;
                }
                Place::Blocks => match self.blocks.run(cursor)? {
                    Stop::InputEnd => return Ok(Then::NeedsInput),
                    Stop::OutputEnd => return Ok(Then::OutputFull),
                    Stop::End => self.place = Place::Checksum,
                },
                Place::Checksum => {
                    cursor.bits.align();
                    cursor.refill();
                    let Some(sum) = cursor.bits.take_four() else { return Ok(Then::NeedsInput) };
                    self.place = Place::Ended(u32::from_be_bytes(sum));
                }
                Place::Ended(_) => return Ok(Then::Ended),
                Place::Damaged(damage) => return Err(damage),
            }
        }
    }

    /// Adds to the checksum, and compares it at the end of the stream.
    fn check(&mut self, written: &[u8]) -> Result<(), Damage> {
        self.adler.add(written);
        if let Place::Ended(sum) = self.place
            && sum != self.adler.value()
        {
            return Err(Damage::Checksum);
        }
        Ok(())
    }
}

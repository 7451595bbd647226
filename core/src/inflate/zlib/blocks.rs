//! The blocks of a stream, one after the other.

use super::cursor::Cursor;
use super::damage::Damage;
use super::entry::Entry;
use super::fast;
use super::lengths::Lengths;
use super::slow::{self, Met};
use super::symbols::FIXED;
use super::tables::{BEHIND, Behind, First};

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// The header of a block.
    Header,
    /// How many codes a block has.
    Sizes,
    /// The code in which their lengths are told.
    LengthCode,
    Lengths,
    Symbols,
    /// What is left of a match.
    Match {
        length: u16,
        distance: u16,
    },
    /// The lengths of a stored block.
    StoredLength,
    /// What is left of a stored block.
    Stored(u16),
}

/// Why blocks came no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    InputEnd,
    OutputEnd,
    /// The last block ended.
    End,
}

/// What is known of the block at hand.
#[derive(Clone, Debug)]
pub(super) struct Blocks {
    place: Place,
    is_last: bool,
    is_fixed: bool,
    lengths: Lengths,
    first: First,
    behind: Behind,
}

impl Blocks {
    pub(super) const fn new() -> Self {
        Self {
            place: Place::Header,
            is_last: false,
            is_fixed: false,
            lengths: Lengths::new(),
            first: First::new(),
            behind: [Entry::EMPTY; BEHIND],
        }
    }

    pub(super) const fn restart(&mut self) {
        self.place = Place::Header;
    }

    /// Goes on until something ends.
    ///
    /// It does: each turn uses up input, writes output, or makes use of both having been done.
    pub(super) fn run(&mut self, cursor: &mut Cursor<'_, '_>) -> Result<Stop, Damage> {
        loop {
            let stop = match self.place {
                Place::Header => self.header(cursor)?,
                Place::Sizes => self.sizes(cursor)?,
                Place::LengthCode => self.length_code(cursor)?,
                Place::Lengths => self.lengths(cursor)?,
                Place::Symbols => self.symbols(cursor)?,
                Place::Match { length, distance } => self.rest(cursor, length, distance)?,
                Place::StoredLength => self.stored_length(cursor)?,
                Place::Stored(length) => self.stored(cursor, length),
            };
            if let Some(stop) = stop {
                return Ok(stop);
            }
        }
    }

    fn header(&mut self, cursor: &mut Cursor<'_, '_>) -> Result<Option<Stop>, Damage> {
        cursor.refill();
        let Some(header) = cursor.bits.take(3) else { return Ok(Some(Stop::InputEnd)) };
        self.is_last = header & 1 == 1;
        self.is_fixed = header >> 1 == 1;
        self.place = match header >> 1 {
            0 => Place::StoredLength,
            1 => Place::Symbols,
            2 => Place::Sizes,
            _ => return Err(Damage::BlockKind),
        };
        Ok(None)
    }

    fn sizes(&mut self, cursor: &mut Cursor<'_, '_>) -> Result<Option<Stop>, Damage> {
        cursor.refill();
        let Some(sizes) = cursor.bits.take(14) else { return Ok(Some(Stop::InputEnd)) };
        self.lengths.begin(sizes)?;
        self.place = Place::LengthCode;
        Ok(None)
    }

    fn length_code(&mut self, cursor: &mut Cursor<'_, '_>) -> Result<Option<Stop>, Damage> {
        if !self.lengths.read_code(
            &mut cursor.bits,
            &mut cursor.input,
            &mut self.first.distances,
        )? {
            return Ok(Some(Stop::InputEnd));
        }
        self.place = Place::Lengths;
        Ok(None)
    }

    fn lengths(&mut self, cursor: &mut Cursor<'_, '_>) -> Result<Option<Stop>, Damage> {
        if !self.lengths.read(&mut cursor.bits, &mut cursor.input, &self.first.distances)? {
            return Ok(Some(Stop::InputEnd));
        }
        self.lengths.make(&mut self.first, &mut self.behind)?;
        self.place = Place::Symbols;
        Ok(None)
    }

    /// Decodes symbols, fast where it can be done.
    fn symbols(&mut self, cursor: &mut Cursor<'_, '_>) -> Result<Option<Stop>, Damage> {
        let first = if self.is_fixed { &FIXED } else { &self.first };
        let behind = &self.behind;
        if super::FAST
            && (fast::run(cursor, first, behind)? || fast::run_to_end(cursor, first, behind)?)
        {
            return Ok(self.end());
        }
        let enough =
            if super::FAST && cursor.at < fast::HISTORY { fast::HISTORY } else { usize::MAX };
        Ok(match slow::run(cursor, first, behind, enough)? {
            Met::Enough => None,
            Met::End => self.end(),
            Met::InputEnd => Some(Stop::InputEnd),
            Met::OutputEnd => Some(Stop::OutputEnd),
            Met::OutputEndIn { length, distance } => {
                self.place = Place::Match { length, distance };
                Some(Stop::OutputEnd)
            }
        })
    }

    fn rest(
        &mut self,
        cursor: &mut Cursor<'_, '_>,
        length: u16,
        distance: u16,
    ) -> Result<Option<Stop>, Damage> {
        let length = cursor.copy_match(length, distance)?;
        if length > 0 {
            self.place = Place::Match { length, distance };
            return Ok(Some(Stop::OutputEnd));
        }
        self.place = Place::Symbols;
        Ok(None)
    }

    fn stored_length(&mut self, cursor: &mut Cursor<'_, '_>) -> Result<Option<Stop>, Damage> {
        cursor.bits.align();
        cursor.refill();
        let Some([a, b, c, d]) = cursor.bits.take_four() else { return Ok(Some(Stop::InputEnd)) };
        let length = u16::from_le_bytes([a, b]);
        if length != !u16::from_le_bytes([c, d]) {
            return Err(Damage::StoredLength);
        }
        self.place = Place::Stored(length);
        Ok(None)
    }

    fn stored(&mut self, cursor: &mut Cursor<'_, '_>, length: u16) -> Option<Stop> {
        let left = cursor.copy_stored(length);
        if left == 0 {
            return self.end();
        }
        self.place = Place::Stored(left);
        Some(if cursor.is_full() { Stop::OutputEnd } else { Stop::InputEnd })
    }

    /// Goes on behind a block.
    fn end(&mut self) -> Option<Stop> {
        self.place = Place::Header;
        self.is_last.then_some(Stop::End)
    }
}

//! The pool: blocks of bytes of any size in segments of fixed size.
//!
//! A two-level segregated fit. Free blocks stand in lists by size, sizes are grouped by their power of two and
//! four steps within it, neighbours that are free become one. Every call takes a bounded number of steps, what
//! is handed out depends on nothing but the calls before, and a block of up to four fifths of what is free in
//! one piece is always found.
//!
//! A block is a header of four bytes and what it holds, in units of four bytes. The header tells its size,
//! whether it is free, and whether the one before it is; a free block holds its neighbours in the list and, at
//! its end, its size. Nothing of it is stored beside the segments but the heads of the lists.

/// How large a segment may be, in bytes: what a [`Block`] can name.
pub(super) const SEGMENT: usize = 1 << 18;

/// How many segments there may be: a bit is left to those who keep a [`Block`].
pub(super) const SEGMENTS: usize = 0x3FFF;

/// How large a block may be, in bytes.
pub(super) const LARGEST: usize = SEGMENT - 2 * UNIT;

/// The smallest step, in bytes.
const UNIT: usize = 4;

/// The units of the smallest block: header, two neighbours, size.
const LEAST: u32 = 4;

/// The lists: four for each power of two.
const LISTS: usize = 64;

/// How many blocks of a list that may be too small are looked at.
const LOOKS: usize = 8;

/// A block: the segment in the upper half, the unit in the lower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block(pub(super) u32);

impl Block {
    pub(super) const NONE: Self = Self(u32::MAX);

    const fn new(segment: u32, unit: u32) -> Self {
        Self(segment << 16 | unit)
    }

    const fn segment(self) -> usize {
        (self.0 >> 16) as usize
    }

    const fn unit(self) -> u32 {
        self.0 & 0xFFFF
    }

    /// Returns the block `units` further on.
    const fn after(self, units: u32) -> Self {
        Self(self.0.wrapping_add(units))
    }

    const fn before(self, units: u32) -> Self {
        Self(self.0.wrapping_sub(units))
    }
}

/// The memory of a pool.
pub trait Segments {
    /// Returns a segment; nothing behind the last.
    fn get(&self, segment: usize) -> Option<&[u8]>;

    /// Returns a segment to be written.
    fn get_mut(&mut self, segment: usize) -> Option<&mut [u8]>;

    /// Adds a segment that holds a block of `bytes`, if more is allowed.
    fn grow(&mut self, bytes: usize) -> bool;

    /// Returns the bytes of all segments.
    fn bytes(&self) -> usize;
}

/// A header: units, how many bytes at the end are not used, two flags.
#[derive(Clone, Copy)]
struct Header(u32);

impl Header {
    const FREE: u32 = 1;
    const AFTER_FREE: u32 = 2;

    const fn units(self) -> u32 {
        self.0 >> 8
    }

    const fn unused(self) -> usize {
        (self.0 >> 2 & 0x3F) as usize
    }

    const fn is_free(self) -> bool {
        self.0 & Self::FREE != 0
    }

    const fn is_after_free(self) -> bool {
        self.0 & Self::AFTER_FREE != 0
    }

    const fn free(units: u32, after_free: bool) -> Self {
        Self(units << 8 | (after_free as u32) << 1 | Self::FREE)
    }

    const fn used(units: u32, unused: u32, after_free: bool) -> Self {
        Self(units << 8 | (unused & 0x3F) << 2 | (after_free as u32) << 1)
    }
}

/// Blocks in segments.
#[derive(Debug)]
pub(super) struct Pool<S> {
    segments: S,
    /// The first free block of each list.
    heads: [Block; LISTS],
    /// Which lists have one.
    filled: u64,
    /// How many segments are in use.
    known: u32,
    /// The bytes of blocks in use, headers included.
    used: usize,
}

impl<S: Segments> Pool<S> {
    pub(super) const fn new(segments: S) -> Self {
        Self { segments, heads: [Block::NONE; LISTS], filled: 0, known: 0, used: 0 }
    }

    /// Returns the bytes of blocks in use, headers included.
    pub(super) const fn used(&self) -> usize {
        self.used
    }

    /// Returns the bytes of all segments.
    pub(super) fn size(&self) -> usize {
        self.segments.bytes()
    }

    /// Takes a block of `len` bytes, whose content is undefined; nothing if there is no room.
    pub(super) fn take(&mut self, len: usize) -> Option<Block> {
        if len > LARGEST {
            return None;
        }
        let units = units_for(len);
        let block = loop {
            if let Some(block) = self.find(units) {
                break block;
            }
            let bytes = units as usize * UNIT + UNIT;
            let more = self.learn() || (self.segments.grow(bytes) && self.learn());
            if !more {
                return None;
            }
        };
        let whole = self.header(block);
        self.unlist(block, whole.units());
        self.settle(block, whole.units(), units, len, whole.is_after_free());
        Some(block)
    }

    /// Gives a block back.
    pub(super) fn give(&mut self, block: Block) {
        let header = self.header(block);
        self.used -= header.units() as usize * UNIT;
        self.release(block, header.units(), header.is_after_free());
    }

    /// Changes the length of a block that can stay where it is; what it holds stays, up to the shorter length.
    pub(super) fn resize(&mut self, block: Block, len: usize) -> bool {
        if len > LARGEST {
            return false;
        }
        let (header, units) = (self.header(block), units_for(len));
        let mut whole = header.units();
        let next = block.after(whole);
        let following = self.header(next);
        if following.is_free() && (units > whole || units + LEAST <= whole) {
            if units > whole + following.units() {
                return false;
            }
            self.unlist(next, following.units());
            whole += following.units();
        } else if units > whole {
            return false;
        }
        self.used -= header.units() as usize * UNIT;
        self.settle(block, whole, units, len, header.is_after_free());
        true
    }

    /// Returns the bytes a block takes, with its header.
    pub(super) fn size_of(&self, block: Block) -> usize {
        self.header(block).units() as usize * UNIT
    }

    /// Returns what a block holds.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub(super) fn bytes(&self, block: Block) -> &[u8] {
        let segment = self.segments.get(block.segment()).unwrap_or_default();
        let from = segment.get(block.unit() as usize * UNIT..).unwrap_or_default();
        let Some((header, rest)) = from.split_first_chunk() else { return &[] };
        let header = Header(u32::from_le_bytes(*header));
        let len = (header.units() as usize * UNIT).saturating_sub(UNIT + header.unused());
        rest.get(..len).unwrap_or_default()
    }

    /// Returns what a block holds, to be written.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub(super) fn bytes_mut(&mut self, block: Block) -> &mut [u8] {
        let header = self.header(block);
        let at = block.unit() as usize * UNIT;
        let end = (at + header.units() as usize * UNIT).saturating_sub(header.unused());
        let segment = self.segments.get_mut(block.segment()).unwrap_or_default();
        segment.get_mut(at + UNIT..end).unwrap_or_default()
    }

    /// Returns a word of what a block holds, at a multiple of four bytes; nothing of a block that is not there.
    ///
    /// Of one that is there, who asks knows that it has the word.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub(super) fn word(&self, block: Block, at: usize) -> Option<u32> {
        debug_assert!(self.has_word(block, at));
        let at = (block.unit() as usize + 1) * UNIT + at;
        let bytes = self.segments.get(block.segment())?.get(at..)?.first_chunk();
        bytes.map(|bytes| u32::from_le_bytes(*bytes))
    }

    /// Sets a word of what a block holds, likewise.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub(super) fn set_word(&mut self, block: Block, at: usize, value: u32) {
        debug_assert!(self.has_word(block, at));
        let at = (block.unit() as usize + 1) * UNIT + at;
        let segment = self.segments.get_mut(block.segment()).unwrap_or_default();
        if let Some(bytes) = segment.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
            *bytes = value.to_le_bytes();
        }
    }

    /// Tells whether a block has a word, or is not there.
    fn has_word(&self, block: Block, at: usize) -> bool {
        let bytes = self.bytes(block);
        at.is_multiple_of(4) && (bytes.is_empty() || at + 4 <= bytes.len())
    }

    /// Makes the memory one free block for each segment again.
    pub(super) fn clear(&mut self) {
        (self.heads, self.filled, self.known, self.used) = ([Block::NONE; LISTS], 0, 0, 0);
    }

    /// Makes a free block of the next segment that is there.
    fn learn(&mut self) -> bool {
        let segment = self.known;
        let there = self.segments.get(segment as usize).filter(|_| (segment as usize) < SEGMENTS);
        let Some(bytes) = there else { return false };
        // The last unit ends the segment: a block in use, of no size.
        let units = to_u32(bytes.len().min(SEGMENT) / UNIT);
        self.known += 1;
        if units > LEAST {
            let first = Block::new(segment, 0);
            self.write(first.after(units - 1), Header::used(0, 0, true).0);
            self.list(first, units - 1, false);
        }
        true
    }

    /// Finds a free block of at least `units`.
    fn find(&self, units: u32) -> Option<Block> {
        // Of the next list every block is large enough.
        let sure = list_of(units + (1 << units.ilog2().saturating_sub(2)) - 1);
        let filled = self.filled & (u64::MAX << sure);
        let list = filled.trailing_zeros() as usize;
        if let Some(head) = self.heads.get(list) {
            return Some(*head);
        }
        let mut block = *self.heads.get(list_of(units))?;
        for _ in 0..LOOKS {
            if block == Block::NONE {
                return None;
            }
            if self.header(block).units() >= units {
                return Some(block);
            }
            block = Block(self.read(block.after(1)));
        }
        None
    }

    /// Makes the first units of a block one in use, and of the rest a free one if it is large enough.
    fn settle(&mut self, block: Block, whole: u32, units: u32, len: usize, after_free: bool) {
        let rest = whole - units;
        let units = if rest >= LEAST { units } else { whole };
        let unused = (units as usize - 1) * UNIT - len;
        self.write(block, Header::used(units, to_u32(unused), after_free).0);
        self.used += units as usize * UNIT;
        if rest >= LEAST {
            self.release(block.after(units), rest, false);
        } else {
            self.mark_next(block.after(units), false);
        }
    }

    /// Makes a block free, together with its free neighbours.
    fn release(&mut self, mut block: Block, mut units: u32, after_free: bool) {
        let next = block.after(units);
        let following = self.header(next);
        if following.is_free() {
            self.unlist(next, following.units());
            units += following.units();
        }
        if after_free {
            let before = self.read(block.before(1));
            block = block.before(before);
            self.unlist(block, before);
            units += before;
        }
        self.list(block, units, false);
    }

    /// Puts a free block into its list and tells the next one.
    fn list(&mut self, block: Block, units: u32, after_free: bool) {
        let list = list_of(units);
        let head = self.heads.get(list).copied().unwrap_or(Block::NONE);
        self.write(block, Header::free(units, after_free).0);
        self.write(block.after(1), head.0);
        self.write(block.after(2), Block::NONE.0);
        self.write(block.after(units - 1), units);
        if head != Block::NONE {
            self.write(head.after(2), block.0);
        }
        self.set_head(list, block);
        self.mark_next(block.after(units), true);
    }

    /// Takes a free block out of its list.
    fn unlist(&mut self, block: Block, units: u32) {
        let (next, before) = (Block(self.read(block.after(1))), Block(self.read(block.after(2))));
        if next != Block::NONE {
            self.write(next.after(2), before.0);
        }
        if before == Block::NONE {
            self.set_head(list_of(units), next);
        } else {
            self.write(before.after(1), next.0);
        }
    }

    fn set_head(&mut self, list: usize, block: Block) {
        if let Some(head) = self.heads.get_mut(list) {
            *head = block;
        }
        let bit = 1 << list;
        self.filled = if block == Block::NONE { self.filled & !bit } else { self.filled | bit };
    }

    /// Tells a block whether the one before it is free.
    fn mark_next(&mut self, next: Block, free: bool) {
        let header = self.read(next) & !Header::AFTER_FREE;
        self.write(next, header | if free { Header::AFTER_FREE } else { 0 });
    }

    #[cfg_attr(not(target_os = "none"), inline)]
    fn header(&self, block: Block) -> Header {
        Header(self.read(block))
    }

    #[cfg_attr(not(target_os = "none"), inline)]
    fn read(&self, at: Block) -> u32 {
        let unit = at.unit() as usize * UNIT;
        let segment = self.segments.get(at.segment()).unwrap_or_default();
        let bytes = segment.get(unit..).and_then(<[u8]>::first_chunk);
        bytes.map_or(0, |bytes| u32::from_le_bytes(*bytes))
    }

    #[cfg_attr(not(target_os = "none"), inline)]
    fn write(&mut self, at: Block, value: u32) {
        let unit = at.unit() as usize * UNIT;
        let segment = self.segments.get_mut(at.segment()).unwrap_or_default();
        if let Some(bytes) = segment.get_mut(unit..).and_then(<[u8]>::first_chunk_mut) {
            *bytes = value.to_le_bytes();
        }
    }
}

/// Returns how many units a block of `len` bytes takes.
fn units_for(len: usize) -> u32 {
    to_u32(len.div_ceil(UNIT) + 1).max(LEAST)
}

/// Returns the list of blocks of `units`.
const fn list_of(units: u32) -> usize {
    let power = units.ilog2().saturating_sub(2);
    (power * 4 + (units >> power & 3)) as usize
}

fn to_u32(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(super) mod walk;

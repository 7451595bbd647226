//! Texts wrapped as streams that do not compress: what goes in with a piece comes out of it.

/// The most bytes of a stored block; as no length of more bytes, it looks like no sync marker.
const STORED: usize = 0x8000;
/// The most bytes of a block of zstd.
///
/// Source: RFC 8878 section 3.1.1.2.4.
const RAW: usize = 128 * 1024;
/// How a zlib stream begins that does not compress.
///
/// Source: RFC 1950 section 2.2.
const ZLIB: [u8; 2] = [0x78, 0x01];
/// How a frame of zstd begins whose window is 256 KiB and whose length is not told.
///
/// Source: RFC 8878 section 3.1.1.
const ZSTD: [u8; 6] = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x40];
/// Four blocks of ten bits with nothing in them, which are no sync marker either.
const NOTHING: [u8; 5] = [0x02, 0x08, 0x20, 0x80, 0x00];

/// What a piece is made of besides its text.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Trim {
    /// Whether there is a sync marker before the end.
    pub(super) marked_inside: bool,
    /// Whether it ends with a sync marker.
    pub(super) marked: bool,
    /// Whether the stream ends here, and how many bytes follow.
    pub(super) ended: Option<usize>,
    /// Whether the stream breaks here.
    pub(super) broke: bool,
}

/// Makes zlib streams of stored blocks.
#[derive(Debug)]
pub(super) struct Zlib {
    begun: bool,
    /// How many bytes of [`NOTHING`] were written since the latest block.
    nothing: usize,
    sum: Adler,
}

impl Zlib {
    pub(super) const fn new() -> Self {
        Self { begun: false, nothing: 0, sum: Adler(1, 0) }
    }

    /// Wraps a piece that is not empty.
    pub(super) fn wrap(&mut self, text: &[u8], trim: Trim) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len() + 32);
        if !self.begun {
            out.extend(ZLIB);
            self.begun = true;
        }
        if trim.marked_inside {
            self.store(&[], &mut out);
        }
        self.sum.add(text);
        text.chunks(STORED).for_each(|chunk| self.store(chunk, &mut out));
        if trim.marked {
            self.store(&[], &mut out);
        }
        if let Some(behind) = trim.ended {
            self.align(&mut out);
            out.extend([0x01, 0x00, 0x00, 0xFF, 0xFF]);
            out.extend(self.sum.get().to_be_bytes());
            out.resize(out.len() + behind.min(1), 0);
        } else if trim.broke {
            self.align(&mut out);
            // A block of the kind there is not.
            out.push(0x07);
        } else if text.is_empty() && !trim.marked {
            out.extend(NOTHING.get(self.nothing));
            self.nothing = (self.nothing + 1) % NOTHING.len();
        }
        out
    }

    /// Goes to where a byte begins, so that the next block may.
    fn align(&mut self, out: &mut Vec<u8>) {
        if self.nothing > 0 {
            self.store(&[], out);
        }
    }

    /// Writes a stored block.
    fn store(&mut self, text: &[u8], out: &mut Vec<u8>) {
        // Its own header, and what is left of a block with nothing in it.
        let header = if self.nothing > 2 { 2 } else { 1 };
        out.resize(out.len() + header, 0);
        self.nothing = 0;
        let len = u16::try_from(text.len()).unwrap_or(u16::MAX);
        out.extend(len.to_le_bytes());
        out.extend((!len).to_le_bytes());
        out.extend(text);
    }
}

/// Makes one frame of raw blocks.
#[derive(Debug)]
pub(super) struct Zstd {
    begun: bool,
}

impl Zstd {
    pub(super) const fn new() -> Self {
        Self { begun: false }
    }

    /// Wraps a piece that is not empty.
    pub(super) fn wrap(&mut self, text: &[u8], trim: Trim) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len() + 32);
        if !self.begun {
            out.extend(ZSTD);
            self.begun = true;
        }
        for chunk in text.chunks(RAW) {
            let header = u32::try_from(chunk.len()).unwrap_or(0) << 3;
            out.extend(header.to_le_bytes().iter().take(3));
            out.extend(chunk);
        }
        if let Some(behind) = trim.ended {
            out.extend([0x01, 0x00, 0x00]);
            out.resize(out.len() + behind.min(1), 0);
        } else if trim.broke {
            // A block of the kind there is not.
            out.extend([0x06, 0x00, 0x00]);
        } else if text.is_empty() {
            out.extend([0x00, 0x00, 0x00]);
        }
        out
    }
}

/// A checksum of zlib.
///
/// Source: RFC 1950 section 9.
#[derive(Debug)]
struct Adler(u32, u32);

impl Adler {
    fn add(&mut self, text: &[u8]) {
        const MOD: u32 = 65_521;
        /// So many bytes do not overflow.
        const AT_ONCE: usize = 5_552;
        for chunk in text.chunks(AT_ONCE) {
            for byte in chunk {
                self.0 += u32::from(*byte);
                self.1 += self.0;
            }
            self.0 %= MOD;
            self.1 %= MOD;
        }
    }

    const fn get(&self) -> u32 {
        self.1 << 16 | self.0
    }
}

#[cfg(test)]
#[path = "tests/wrap.rs"]
mod tests;

//! Draws structure from bytes: always from the front, and zeros once they end.

/// Bytes that decide what a property looks at.
#[derive(Clone, Debug)]
pub(crate) struct Source<'s> {
    rest: &'s [u8],
}

impl<'s> Source<'s> {
    pub(crate) const fn new(bytes: &'s [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Draws a byte.
    pub(crate) fn byte(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or(0)
    }

    /// Draws yes or no.
    pub(crate) fn chance(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    /// Draws a number below `end`, from one byte or two; zero if `end` is zero.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let mut drawn = usize::from(self.byte());
        if end > 256 {
            drawn = drawn << 8 | usize::from(self.byte());
        }
        drawn.checked_rem(end).unwrap_or(0)
    }

    /// Draws one of several values.
    ///
    /// # Panics
    /// If there are none.
    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// Draws a number: small ones, ones at the ends of integer types, and all others.
    pub(crate) fn number(&mut self) -> u64 {
        const ENDS: [u64; 12] = [
            0,
            255,
            1 << 31,
            (1 << 31) - 1,
            u32::MAX as u64,
            1 << 32,
            1 << 53,
            (1 << 53) + 1,
            1 << 62,
            i64::MAX as u64,
            1 << 63,
            u64::MAX,
        ];
        match self.byte() {
            small @ 0..64 => small.into(),
            64..128 => u64::from(self.byte()) << 8 | u64::from(self.byte()),
            128..192 => self.pick(&ENDS),
            192.. => self.take(8).iter().fold(0, |number, byte| number << 8 | u64::from(*byte)),
        }
    }

    /// Draws that many bytes, or all there are.
    pub(crate) fn take(&mut self, len: usize) -> &'s [u8] {
        let (taken, rest) = self.rest.split_at(len.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    /// Draws a text of at most `most` bytes and its length before it.
    pub(crate) fn text(&mut self, most: usize) -> String {
        let len = self.below(most + 1);
        String::from_utf8_lossy(self.take(len)).into_owned()
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Returns all bytes that were not drawn.
    pub(crate) const fn rest(&self) -> &'s [u8] {
        self.rest
    }
}

/// Sizes of pieces, over and over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cuts([usize; 4]);

impl Cuts {
    /// Draws sizes from one byte up to some thousand; a zero means all that is left.
    pub(crate) fn draw(source: &mut Source<'_>) -> Self {
        Self([(); 4].map(|()| match source.byte() {
            0 => usize::MAX,
            short @ 1..192 => short.into(),
            long @ 192.. => usize::from(long - 191) * 100,
        }))
    }

    /// Cuts bytes into pieces; there is always one.
    pub(crate) fn of<'b>(&self, mut bytes: &'b [u8]) -> Vec<&'b [u8]> {
        let mut pieces = Vec::new();
        for size in self.0.iter().cycle() {
            let (piece, rest) = bytes.split_at(bytes.len().min(*size));
            pieces.push(piece);
            bytes = rest;
            if bytes.is_empty() {
                break;
            }
        }
        pieces
    }
}

//! Streams written bit by bit.

use std::vec::Vec;

use super::super::adler::Adler;
use super::super::symbols::reversed;

/// The bits of a stream behind its header.
pub(super) struct Writer {
    pub(super) bytes: Vec<u8>,
    free: u32,
}

impl Writer {
    pub(super) fn new() -> Self {
        Self { bytes: std::vec![0x78, 0x9C], free: 0 }
    }

    /// Writes bits, the lowest one first; those behind the value are zeroes.
    pub(super) fn bits(mut self, value: u32, bits: u32) -> Self {
        for bit in 0..bits {
            if self.free == 0 {
                self.bytes.push(0);
                self.free = 8;
            }
            let last = self.bytes.last_mut().unwrap();
            *last |= u8::from(value.checked_shr(bit).is_some_and(|rest| rest & 1 == 1))
                << (8 - self.free);
            self.free -= 1;
        }
        self
    }

    /// Writes a code, the highest bit first.
    pub(super) fn code(self, code: u32, bits: u32) -> Self {
        self.bits(reversed(code, bits), bits)
    }

    pub(super) fn stored(mut self, last: bool, bytes: &[u8]) -> Self {
        self = self.bits(u32::from(last), 3);
        self.free = 0;
        let len = u16::try_from(bytes.len()).unwrap();
        self.bytes.extend(len.to_le_bytes());
        self.bytes.extend((!len).to_le_bytes());
        self.bytes.extend(bytes);
        self
    }

    /// Begins a block with the fixed codes.
    pub(super) fn fixed(self, last: bool) -> Self {
        self.bits(u32::from(last) | 1 << 1, 3)
    }

    /// Writes a symbol of literals and lengths in the fixed code.
    pub(super) fn symbol(self, symbol: u32) -> Self {
        match symbol {
            0..144 => self.code(0x30 + symbol, 8),
            144..256 => self.code(0x190 + symbol - 144, 9),
            256..280 => self.code(symbol - 256, 7),
            _ => self.code(0xC0 + symbol - 280, 8),
        }
    }

    /// Writes a match of 3 to 10 bytes or of 258, at a distance.
    pub(super) fn copied(self, length: u32, distance: u32) -> Self {
        let symbol = if length == 258 { 285 } else { 254 + length };
        let (mut code, mut base, mut extra) = (0, 1, 0);
        while base + (1 << extra) <= distance {
            base += 1 << extra;
            code += 1;
            extra = if code < 4 { 0 } else { code / 2 - 1 };
        }
        self.symbol(symbol).code(code, 5).bits(distance - base, extra)
    }

    /// Begins a block with codes: lengths of the code for lengths by symbol, how many are told for both codes.
    pub(super) fn dynamic(self, lengths: &[(usize, u32)], literals: u32, distances: u32) -> Self {
        const ORDER: [usize; 19] =
            [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
        let writer = self.bits(0b101, 3).bits(literals - 257, 5).bits(distances - 1, 5).bits(15, 4);
        ORDER.iter().fold(writer, |writer, symbol| {
            let found = lengths.iter().find(|(known, _)| known == symbol);
            writer.bits(found.map_or(0, |(_, length)| *length), 3)
        })
    }

    /// Ends the stream of what comes out of it.
    pub(super) fn end(mut self, output: &[u8]) -> Vec<u8> {
        let mut adler = Adler::new();
        adler.add(output);
        self.bytes.extend(adler.value().to_be_bytes());
        self.bytes
    }
}

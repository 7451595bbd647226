//! Text that stands for a hash, a time or an integer, and is made when it is asked for.

use crate::decode::timestamp;

/// The longest such text.
const LONGEST: usize = 40;

/// Text made from bytes of another meaning.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Made {
    bytes: [u8; LONGEST],
    len: u8,
}

impl Made {
    /// Begins one.
    pub(crate) const EMPTY: Self = Self { bytes: [0; LONGEST], len: 0 };

    /// Writes a hash: 32 digits, behind `a_` if it stands for an animation.
    pub(crate) fn hash(&mut self, animated: bool, hash: &[u8]) {
        if animated {
            self.push(b'a');
            self.push(b'_');
        }
        for byte in hash {
            self.push(digit(byte >> 4));
            self.push(digit(byte & 15));
        }
    }

    /// Writes an integer in digits.
    pub(crate) fn integer(&mut self, mut value: u64) {
        let mut power = 1_u64;
        while value / power >= 10 {
            power *= 10;
        }
        while power > 0 {
            self.push(b'0' + u8::try_from(value / power).unwrap_or(0));
            (value, power) = (value % power, power / 10);
        }
    }

    /// Writes a time as the service does: to the microsecond, unless it is a whole second.
    pub(crate) fn time(&mut self, micros: i64) {
        timestamp::write(micros, |byte| self.push(byte));
    }

    pub(crate) fn text(&self) -> &str {
        let bytes = self.bytes.get(..self.len.into()).unwrap_or_default();
        core::str::from_utf8(bytes).unwrap_or_default()
    }

    pub(crate) fn byte(&self, at: u8) -> Option<u8> {
        (at < self.len).then(|| self.bytes.get(usize::from(at)).copied()).flatten()
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(usize::from(self.len)) {
            *place = byte;
            self.len += 1;
        }
    }
}

const fn digit(value: u8) -> u8 {
    if value < 10 { b'0' + value } else { b'a' + value - 10 }
}

/// Reads a hash: whether it stands for an animation, and its bytes.
pub(crate) fn read_hash(text: &[u8]) -> Option<(bool, [u8; 16])> {
    let (animated, digits) = match text.len() {
        32 => (false, text),
        34 => (true, text.strip_prefix(b"a_")?),
        _ => return None,
    };
    let mut hash = [0; 16];
    let ((eights, _), (fours, _)) = (digits.as_chunks::<8>(), hash.as_chunks_mut::<4>());
    for (four, eight) in fours.iter_mut().zip(eights) {
        *four = read_eight(*eight)?;
    }
    Some((animated, hash))
}

/// Reads eight hexadecimal digits, all at once.
fn read_eight(digits: [u8; 8]) -> Option<[u8; 4]> {
    const ONES: u64 = 0x0101_0101_0101_0101;

    let digits = u64::from_le_bytes(digits);
    let letters = digits >> 6 & ONES;
    let values = (digits & (0x0F * ONES)) + 9 * letters;
    // Each is below 16, and 10 or more where there is a letter; and is written as it was.
    let within = values & (0xF0 * ONES) == 0 && (values + 6 * ONES) >> 4 & ONES == letters;
    let same = values + 0x30 * ONES + 0x27 * letters == digits;
    let [first, _, second, _, third, _, fourth, _] = (values << 4 | values >> 8).to_le_bytes();
    (within && same).then_some([first, second, third, fourth])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digit_is_read_wherever_it_stands_and_nothing_else_is() {
        for (at, byte) in (0..8).flat_map(|at| (0..=255).map(move |byte| (at, byte))) {
            let mut digits = *b"fa90fa90";
            digits[at] = byte;
            let is_digit = matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            let read = core::str::from_utf8(&digits).ok().filter(|_| is_digit);
            let read = read.map(|text| u32::from_str_radix(text, 16).unwrap().to_be_bytes());
            assert_eq!(read_eight(digits), read, "{byte} at {at}");
        }
    }
}

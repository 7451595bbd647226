//! Reading as much of frames and dispatches as an onlooker needs.

/// What stands before a serial number.
const MARK: &[u8] = b"serial-";
const DIGITS: usize = 10;

/// Writes a serial number as [`serial`] finds it, always in the same number of bytes.
#[must_use]
pub fn serial_text(number: u64) -> String {
    format!("serial-{number:010}")
}

/// Returns the first serial number in a payload.
#[must_use]
pub fn serial(payload: &[u8]) -> Option<u64> {
    let mut rest = payload;
    while let Some(at) = rest.iter().position(|byte| *byte == b's') {
        let from = rest.get(at..)?;
        if let Some(after) = from.strip_prefix(MARK) {
            return number(after.get(..DIGITS)?);
        }
        rest = from.get(1..)?;
    }
    None
}

fn number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0_u64, |sum, digit| {
        digit.is_ascii_digit().then(|| sum * 10 + u64::from(digit - b'0'))
    })
}

/// Returns a number that tells payloads apart (FNV-1a).
#[must_use]
pub fn digest(payload: &[u8]) -> u64 {
    payload.iter().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3)
    })
}

/// Returns the opcode of a frame the shard sent, JSON or ETF; 255 if there is none.
pub(super) fn opcode(frame: &[u8]) -> u8 {
    let at = frame.windows(2).position(|pair| pair == b"op").map_or(frame.len(), |at| at + 2);
    let behind = frame.get(at..).unwrap_or_default();
    let digits = behind.strip_prefix(b"\":").map(|digits| {
        let digits = digits.iter().take_while(|digit| digit.is_ascii_digit());
        digits.fold(0_u8, |sum, digit| sum.wrapping_mul(10).wrapping_add(digit - b'0'))
    });
    // A small integer of ETF: tag 97 and one byte.
    let term = behind.strip_prefix(&[97]).and_then(|number| number.first().copied());
    digits.or(term).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_number_is_found_wherever_it_stands() {
        let text = format!("{{\"s\":\"ser\",\"x\":\"{}\"}}", serial_text(42));
        assert_eq!(serial(text.as_bytes()), Some(42));
        assert_eq!(serial(b"serial-12"), None);
        assert_eq!(serial(b"seria"), None);
    }

    #[test]
    fn the_opcode_is_read_in_both_encodings() {
        assert_eq!(opcode(br#"{"op":43,"d":{}}"#), 43);
        assert_eq!(opcode(b"\x83t\0\0\0\x02m\0\0\0\x02opa\x06m\0\0\0\x01d"), 6);
        assert_eq!(opcode(b""), 255);
    }
}

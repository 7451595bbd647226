//! Finds the calls and jumps in Thumb code.
//!
//! Source: *ARMv7-M Architecture Reference Manual*, A5 and A7.7: B, BL, BLX, BX, LDR to the program counter.

use std::collections::BTreeMap;
use std::ops::Range;

/// What an instruction does, if it may leave the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// It goes to an address; `tail` says that it does not come back.
    Jump { to: u32, tail: bool },
    /// It goes to where a register says.
    Indirect,
}

/// Returns what comes next in a function, whose place is moved on; `constants` tells where there is no code.
pub(crate) fn next(
    code: &[u8],
    from: u32,
    place: &mut Range<u32>,
    constants: &BTreeMap<u32, bool>,
) -> Option<Found> {
    let half = |at: u32| -> Option<u32> {
        let at = usize::try_from(at.checked_sub(from)?).ok()?;
        code.get(at..)?.first_chunk().map(|bytes| u16::from_le_bytes(*bytes).into())
    };
    while place.start < place.end {
        let at = place.start;
        if constants.range(..=at).next_back().is_some_and(|(_, constant)| *constant) {
            place.start += 2;
            continue;
        }
        let first = half(at)?;
        let is_wide = first >> 11 > 0b11100;
        place.start += if is_wide { 4 } else { 2 };
        let found = if is_wide { wide(at, first, half(at + 2)?) } else { narrow(at, first) };
        if found.is_some() {
            return found;
        }
    }
    None
}

/// An instruction of 16 bits.
fn narrow(at: u32, code: u32) -> Option<Found> {
    const LINK: u32 = 14;
    let register = code >> 3 & 15;
    match code {
        _ if code & 0xFF87 == 0x4780 => Some(Found::Indirect),
        _ if code & 0xFF87 == 0x4700 && register != LINK => Some(Found::Indirect),
        // B, always.
        _ if code >> 11 == 0b11100 => Some(jump(at, signed(code << 1, 12), true)),
        // B, on a condition; 14 and 15 are other instructions.
        _ if code >> 12 == 0b1101 && code >> 8 & 15 < 14 => {
            Some(jump(at, signed(code << 1 & 0x1FF, 9), true))
        }
        _ => None,
    }
}

/// An instruction of 32 bits.
fn wide(at: u32, first: u32, second: u32) -> Option<Found> {
    let sign = first >> 10 & 1;
    let (j1, j2) = (second >> 13 & 1, second >> 11 & 1);
    if first >> 11 == 0b11110 && second & 0x8000 != 0 {
        if second & 0x1000 != 0 {
            // B and BL: the bits of the offset are S, I1, I2, imm10, imm11.
            let (i1, i2) = (1 ^ j1 ^ sign, 1 ^ j2 ^ sign);
            let offset = sign << 24 | i1 << 23 | i2 << 22 | (first & 0x3FF) << 12;
            let offset = signed(offset | (second & 0x7FF) << 1, 25);
            return Some(jump(at, offset, second & 0x4000 == 0));
        }
        // B on a condition: S, J2, J1, imm6, imm11; 14 and 15 are other instructions.
        if second & 0x4000 == 0 && first >> 6 & 15 < 14 {
            let offset = sign << 20 | j2 << 19 | j1 << 18 | (first & 0x3F) << 12;
            return Some(jump(at, signed(offset | (second & 0x7FF) << 1, 21), true));
        }
    }
    // LDR to the program counter, but from the stack, which is a return.
    let (loads, counter) = (first & 0xFF70 == 0xF850, second >> 12 == 15);
    (loads && counter && first & 15 != 13).then_some(Found::Indirect)
}

fn jump(at: u32, offset: i32, tail: bool) -> Found {
    Found::Jump { to: at.wrapping_add(4).wrapping_add_signed(offset), tail }
}

/// Reads the lowest bits as a signed number.
const fn signed(value: u32, bits: u32) -> i32 {
    ((value << (32 - bits)) as i32) >> (32 - bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(code: &[u16], constants: &[(u32, bool)]) -> Vec<Found> {
        let bytes = code.iter().flat_map(|half| half.to_le_bytes()).collect::<Vec<_>>();
        let end = 0x1000 + u32::try_from(bytes.len()).unwrap();
        let (mut place, constants) = (0x1000..end, constants.iter().copied().collect());
        std::iter::from_fn(|| next(&bytes, 0x1000, &mut place, &constants)).collect()
    }

    #[test]
    fn calls_are_found_where_they_go() {
        // bl 0x1004; b.w 0x1000; b 0x1000; blx r3; bx lr; bx r1; beq 0x1000
        let code = [0xF000, 0xF800, 0xF7FF, 0xBFFC, 0xE7FA, 0x4798, 0x4770, 0x4708, 0xD0F6];
        let jump = |to, tail| Found::Jump { to, tail };
        let expected = [
            jump(0x1004, false),
            jump(0x1000, true),
            jump(0x1000, true),
            Found::Indirect,
            Found::Indirect,
            jump(0x1000, true),
        ];
        assert_eq!(all(&code, &[]), expected);
    }

    #[test]
    fn constants_are_no_calls() {
        let code = [0xBF00, 0xF000, 0xF800, 0x4798];
        assert_eq!(all(&code, &[(0x1000, false), (0x1002, true), (0x1006, false)]).len(), 1);
    }
}

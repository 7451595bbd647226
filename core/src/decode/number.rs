//! Numbers as they stand in a document: read only when somebody asks for a value.

use core::fmt::{self, Write as _};
use core::time::Duration;

use super::etf;

/// A number lent from a document; kept as it came until it is asked for.
///
/// ```
/// use gatewright_core::decode::{Cursor, Number};
/// use gatewright_core::Encoding;
///
/// let number: Number<'_> = Cursor::new(Encoding::Json, b"1.5e3")?.decode()?;
/// assert_eq!((number.as_u64(), number.as_f64()), (None, Some(1500.0)));
/// assert_eq!(number.to_string(), "1.5e3");
/// # Ok::<(), gatewright_core::decode::DecodeError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Number<'e>(Form<'e>);

#[derive(Clone, Copy)]
enum Form<'e> {
    /// A number as text, in JSON's grammar.
    Digits(&'e [u8]),
    Float(f64),
    /// Sign and magnitude.
    Integer(bool, u64),
}

impl<'e> Number<'e> {
    pub(super) const fn json(digits: &'e [u8]) -> Self {
        Self(Form::Digits(digits))
    }

    pub(super) fn etf(number: etf::Number<'e>) -> Self {
        Self(match number {
            etf::Number::Float(float) => Form::Float(float),
            etf::Number::Text(bytes) => Form::Digits(etf::float_text(bytes)),
            etf::Number::Integer { negative, magnitude } => Form::Integer(negative, magnitude),
        })
    }

    pub(super) const fn float(float: f64) -> Self {
        Self(Form::Float(float))
    }

    pub(super) const fn integer(negative: bool, magnitude: u64) -> Self {
        Self(Form::Integer(negative, magnitude))
    }

    /// Returns the value, if it is an integer from 0 to 2^64 - 1 without fraction or exponent.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        match self.0 {
            Form::Digits(b"-0") => Some(0),
            Form::Digits(digits) => parse_u64(digits),
            Form::Integer(negative, magnitude) => {
                (!negative || magnitude == 0).then_some(magnitude)
            }
            Form::Float(_) => None,
        }
    }

    /// Returns the value, if it is an integer from -2^63 to 2^63 - 1 without fraction or exponent.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self.0 {
            Form::Digits(digits) => match digits.strip_prefix(b"-") {
                Some(digits) => signed(true, parse_u64(digits)?),
                None => signed(false, parse_u64(digits)?),
            },
            Form::Integer(negative, magnitude) => signed(negative, magnitude),
            Form::Float(_) => None,
        }
    }

    /// Returns the value as the nearest float; nothing if it is beyond the range of one.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        let value = match self.0 {
            Form::Digits(digits) => core::str::from_utf8(digits).ok()?.parse().ok()?,
            Form::Float(float) => float,
            Form::Integer(negative, magnitude) => float(negative, magnitude),
        };
        value.is_finite().then_some(value)
    }
}

impl Number<'_> {
    /// Returns a number of seconds as a span in microseconds: no less than nothing, and no more than 2^64 of them.
    ///
    /// Text is cut behind them. Of a float 43 bits count, which is exact to the microsecond up to 2^22 seconds or so. No float is parsed or
    /// reckoned with, which takes much code where there is no hardware for it.
    pub(crate) fn as_seconds(&self) -> Duration {
        Duration::from_micros(match self.0 {
            Form::Digits(text) => micros(text),
            Form::Float(float) => micros_of_bits(float.to_bits()),
            Form::Integer(true, _) => 0,
            Form::Integer(false, magnitude) => magnitude.saturating_mul(1_000_000),
        })
    }

    /// Returns its text, if it stands as one.
    pub(super) const fn digits(&self) -> Option<&[u8]> {
        match self.0 {
            Form::Digits(digits) => Some(digits),
            Form::Float(_) | Form::Integer(..) => None,
        }
    }

    /// Returns the bits of a float that stands as one.
    pub(super) const fn float_bits(&self) -> Option<u64> {
        match self.0 {
            Form::Float(float) => Some(float.to_bits()),
            Form::Digits(_) | Form::Integer(..) => None,
        }
    }

    /// Returns the text of an integer, in JSON's grammar; of any other number none.
    pub(super) fn integer_text(&self) -> heapless::String<21> {
        let mut text = heapless::String::new();
        if let Form::Integer(negative, magnitude) = self.0 {
            let sign = if negative { "-" } else { "" };
            // The longest has a sign and twenty digits.
            write!(text, "{sign}{magnitude}").unwrap_or_default();
        }
        text
    }

    /// Tells whether it is written as an integer: without point and exponent.
    pub(super) fn is_integer(&self) -> bool {
        match self.0 {
            Form::Digits(digits) => !digits.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E')),
            Form::Float(_) => false,
            Form::Integer(..) => true,
        }
    }

    /// Tells whether two numbers that are no finite float stand there alike.
    fn is_same_text(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Form::Digits(left), Form::Digits(right)) => left == right,
            (Form::Float(left), Form::Float(right)) => left.to_bits() == right.to_bits(),
            _ => false,
        }
    }
}

pub(super) fn signed(negative: bool, magnitude: u64) -> Option<i64> {
    if negative { 0_i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}

/// Returns the microseconds in as many seconds as a text says.
fn micros(text: &[u8]) -> u64 {
    let (mut value, mut power, mut fraction) = (0_u64, 6_i32, 0);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'-' => return 0,
            b'.' => fraction = 1,
            b'e' | b'E' => {
                let behind = text.get(at + 1..).unwrap_or_default();
                power = power.saturating_add(exponent(behind));
                break;
            }
            // Nineteen digits are enough.
            _ if value >= u64::MAX / 20 => power = power.saturating_add(1 - fraction),
            digit => {
                value = value * 10 + u64::from(digit.wrapping_sub(b'0'));
                power = power.saturating_sub(fraction);
            }
        }
    }
    // Twenty times ten is beyond what fits.
    (0..power.unsigned_abs().min(20))
        .fold(value, |value, _| if power < 0 { value / 10 } else { value.saturating_mul(10) })
}

/// Reads what stands behind the letter of an exponent.
fn exponent(text: &[u8]) -> i32 {
    let sign = text.strip_prefix(b"-");
    let digits = sign.or(text.strip_prefix(b"+")).unwrap_or(text);
    let size = parse_u64(digits).and_then(|size| i32::try_from(size).ok()).unwrap_or(i32::MAX);
    if sign.is_some() { -size } else { size }
}

/// Returns the microseconds in as many seconds as the bits of a float say.
fn micros_of_bits(bits: u64) -> u64 {
    if bits >> 63 == 1 {
        return 0;
    }
    // 43 of 53 bits, of which the first is not written; floats that have fewer are no microsecond long.
    let mantissa = (bits & ((1 << 52) - 1) | 1 << 52) >> 10;
    let micros = mantissa * 1_000_000;
    // They are to be divided by two this often and once more; if by less than that, there are 2^42 seconds or more.
    let Some(halvings) = 1_064_u32.checked_sub((bits >> 52) as u32) else { return u64::MAX };
    (micros.checked_shr(halvings).unwrap_or(0) + 1) >> 1
}

/// Returns the nearest float.
fn float(negative: bool, magnitude: u64) -> f64 {
    let (high, low) = (magnitude >> 32, magnitude & u64::from(u32::MAX));
    let half = |half| u32::try_from(half).map_or(0.0, f64::from);
    // Both halves are exact, and the sum is rounded once.
    let value = half(high) * 4_294_967_296.0 + half(low);
    if negative { -value } else { value }
}

impl PartialEq for Number<'_> {
    /// Compares values: as integers if both are, else as floats.
    fn eq(&self, other: &Self) -> bool {
        match ((self.as_u64(), self.as_i64()), (other.as_u64(), other.as_i64())) {
            ((None, None), _) | (_, (None, None)) => match (self.as_f64(), other.as_f64()) {
                (None, None) => self.is_same_text(other),
                (left, right) => left == right,
            },
            (left, right) => left == right,
        }
    }
}

impl fmt::Display for Number<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Form::Digits(digits) => f.write_str(core::str::from_utf8(digits).unwrap_or_default()),
            Form::Float(float) => float.fmt(f),
            Form::Integer(negative, magnitude) => {
                f.write_str(if negative { "-" } else { "" })?;
                magnitude.fmt(f)
            }
        }
    }
}

impl fmt::Debug for Number<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Reads a number without sign, fraction or exponent.
pub(crate) fn parse_u64(digits: &[u8]) -> Option<u64> {
    let mut sum = 0_u64;
    let (eights, rest) = digits.as_chunks::<8>();
    for eight in eights {
        sum = sum.checked_mul(100_000_000)?.checked_add(parse_eight(*eight)?)?;
    }
    for byte in rest {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        sum = sum.checked_mul(10)?.checked_add(digit.into())?;
    }
    (!digits.is_empty()).then_some(sum)
}

/// Reads eight digits at once.
#[inline]
pub(super) fn parse_eight(digits: [u8; 8]) -> Option<u64> {
    let values = u64::from_le_bytes(digits) ^ ZEROS;
    (others(values) == 0).then(|| eight(values))
}

/// Reads the digits that eight bytes begin with, at once; returns how many there are.
#[inline]
pub(super) fn first_digits(bytes: [u8; 8]) -> (usize, u64) {
    let values = u64::from_le_bytes(bytes) ^ ZEROS;
    let count = others(values).trailing_zeros() / 8;
    // They stand behind as many zeros as there are others.
    (count as usize, if count == 0 { 0 } else { eight(values << (64 - 8 * count)) })
}

/// Eight digits that are zero.
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// Marks the highest bit of each byte that is over nine.
#[inline]
const fn others(values: u64) -> u64 {
    (((values & 0x7F7F_7F7F_7F7F_7F7F) + 0x7676_7676_7676_7676) | values) & 0x8080_8080_8080_8080
}

/// Makes the number of eight digits: pairs, then fours, then all.
#[inline]
const fn eight(values: u64) -> u64 {
    let pairs = values.wrapping_mul(10).wrapping_add(values >> 8) & 0x00FF_00FF_00FF_00FF;
    let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_FFFF_0000_FFFF;
    fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xFFFF_FFFF
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn digits_of_any_length_are_read_exactly() {
        for number in [0, 7, 12_345_678, 99_999_999, 123_456_789, 175_928_847_299_117_063, u64::MAX]
        {
            assert_eq!(parse_u64(number.to_string().as_bytes()), Some(number));
            assert_eq!(parse_u64(format!("000000000{number}").as_bytes()), Some(number));
        }
        for text in [
            "",
            "18446744073709551616",
            "1234567x",
            "x2345678",
            "12345678/",
            "1234567:",
            "-1",
            "1.0",
            " 1",
        ] {
            assert_eq!(parse_u64(text.as_bytes()), None, "{text}");
        }
        for byte in 0..=u8::MAX {
            let mut text = *b"11111111";
            text[3] = byte;
            assert_eq!(parse_u64(&text).is_some(), byte.is_ascii_digit(), "{byte}");
            for at in 0..8 {
                let mut text = *b"12345678";
                text[at] = byte;
                let count = if byte.is_ascii_digit() { 8 } else { at };
                let value = parse_u64(&text[..count]).unwrap_or(0);
                assert_eq!(first_digits(text), (count, value), "{byte} at {at}");
            }
        }
    }

    #[test]
    fn integers_become_the_nearest_float() {
        for number in [0, 1, 1 << 53, (1 << 53) + 1, u64::MAX, u64::MAX - 1024] {
            let exact = number.to_string().parse::<f64>().unwrap();
            assert_eq!(float(false, number), exact, "{number}");
            assert_eq!(float(true, number), -exact, "{number}");
        }
    }

    #[test]
    fn seconds_become_spans_without_floats() {
        for text in [
            "0",
            "-0",
            "-1",
            "-0.5",
            "1",
            "20.5",
            "29.123",
            "0.001",
            "1.5e3",
            "2.5E-3",
            "1e-400",
            "0.0000004",
            "1234567.123456",
            "600.0000000000000000000000001",
            "1e10",
            "1e+2",
            "100000000000000000000000000000e-25",
            "0.000000000000000000000000000001e+30",
            "18446744073",
            "1e-99999999999",
            "0e99999999999",
        ] {
            let seconds = text.parse::<f64>().unwrap();
            let expected = Duration::from_secs_f64(seconds.max(0.0)).as_nanos() + 500;
            let expected = Duration::from_nanos((expected / 1_000 * 1_000).try_into().unwrap());
            assert_eq!(Number::json(text.as_bytes()).as_seconds(), expected, "{text}");
            assert_eq!(Number::float(seconds).as_seconds(), expected, "{text} as a float");
        }
        let most = Duration::from_micros(u64::MAX);
        for text in ["1e300", "1e999", "18446744073709551616", "1e99999999999"] {
            assert_eq!(Number::json(text.as_bytes()).as_seconds(), most, "{text}");
            assert_eq!(
                Number::float(text.parse().unwrap()).as_seconds(),
                most,
                "{text} as a float"
            );
        }
        let integer = |negative, magnitude| Number::integer(negative, magnitude).as_seconds();
        assert_eq!(integer(false, 9), Duration::from_secs(9));
        assert_eq!(integer(true, 9), Duration::ZERO);
        assert_eq!(integer(false, u64::MAX), most);
    }
}

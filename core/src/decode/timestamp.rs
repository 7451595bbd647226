//! Points in time as Discord writes them.

use core::fmt;

use super::{Cursor, Decode, DecodeError, Text};

/// A time as it came: ISO 8601 text, read when it is asked for.
///
/// ```
/// use gatewright_core::decode::{Cursor, Timestamp};
/// use gatewright_core::Encoding;
///
/// let json = br#""2015-01-01T01:00:00.250000+01:00""#;
/// let time: Timestamp<'_> = Cursor::new(Encoding::Json, json)?.decode()?;
/// assert_eq!(time.unix_micros(), Some(1_420_070_400_250_000));
/// # Ok::<(), gatewright_core::decode::DecodeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Timestamp<'e>(Text<'e>);

impl<'e> Timestamp<'e> {
    /// Returns the text.
    #[must_use]
    pub const fn text(&self) -> Text<'e> {
        self.0
    }

    /// Returns microseconds since the Unix epoch; nothing if the text is no such time.
    #[must_use]
    pub fn unix_micros(&self) -> Option<i64> {
        if let Some(micros) = self.0.packed_time() {
            return Some(micros);
        }
        let mut buffer = [0; 40];
        parse(self.0.copy_to(&mut buffer)?.as_bytes())
    }
}

impl<'e> From<Text<'e>> for Timestamp<'e> {
    fn from(text: Text<'e>) -> Self {
        Self(text)
    }
}

impl<'e> Decode<'e> for Timestamp<'e> {
    fn decode(cursor: &mut Cursor<'e>) -> Result<Self, DecodeError> {
        cursor.text().map(Self)
    }
}

impl fmt::Display for Timestamp<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Timestamp<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

const SECOND: i64 = 1_000_000;

fn parse(text: &[u8]) -> Option<i64> {
    let (date, rest) = text.split_at_checked(10)?;
    let (time, rest) = rest.split_at_checked(9)?;
    let (year, month, day) = (digits(date, 0, 4)?, digits(date, 5, 2)?, digits(date, 8, 2)?);
    let (hour, minute, second) = (digits(time, 1, 2)?, digits(time, 4, 2)?, digits(time, 7, 2)?);
    let separators = [date.get(4)?, date.get(7)?, time.first()?, time.get(3)?, time.get(6)?];
    let right = separators == [&b'-', &b'-', &b'T', &b':', &b':'];
    let within = (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    let (fraction, zone) = split_fraction(rest)?;
    let of_day = (hour * 60 + minute - offset(zone)?) * 60 + second;
    (right && within).then(|| micros(days_since_epoch(year, month, day), of_day, fraction))
}

/// Counts microseconds: of days since the Unix epoch, seconds and a fraction.
fn micros(days: i32, seconds: i32, fraction: i32) -> i64 {
    (i64::from(days) * 86_400 + i64::from(seconds)) * SECOND + i64::from(fraction)
}

/// Reads `len` digits.
fn digits(text: &[u8], at: usize, len: usize) -> Option<i32> {
    let digits = text.get(at..at + len)?;
    digits
        .iter()
        .try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i32::from(byte - b'0')))
}

/// Reads up to six digits behind a point, and passes further ones.
fn split_fraction(text: &[u8]) -> Option<(i32, &[u8])> {
    let Some(fraction) = text.strip_prefix(b".") else {
        return Some((0, text));
    };
    let len = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, zone) = fraction.split_at_checked(len)?;
    let padded = digits.iter().chain(core::iter::repeat(&b'0')).take(6);
    let micros = padded.fold(0, |sum, byte| sum * 10 + i32::from(byte - b'0'));
    (len > 0).then_some((micros, zone))
}

/// Reads a zone as minutes east of UTC.
fn offset(zone: &[u8]) -> Option<i32> {
    let (sign, rest) = zone.split_first()?;
    if (*sign, rest) == (b'Z', &[]) {
        return Some(0);
    }
    let minutes = digits(rest, 0, 2)? * 60 + digits(rest, 3, 2)?;
    match (sign, rest.get(2), rest.len()) {
        (b'+', Some(b':'), 5) => Some(minutes),
        (b'-', Some(b':'), 5) => Some(-minutes),
        _ => None,
    }
}

/// Reads a time that [`write`] writes just so.
pub(super) fn read_exactly(text: &[u8]) -> Option<i64> {
    if let Some(usual) = text.as_array() {
        return read_usual(usual);
    }
    let whole = text.len() == 25 && text.ends_with(b"+00:00") && text.get(17) < Some(&b'6');
    parse(text).filter(|_| whole)
}

/// Reads a time with six digits of a fraction that [`write`] writes just so.
#[inline]
pub(super) fn read_usual(text: &[u8; 32]) -> Option<i64> {
    let (words, _) = text.as_chunks();
    let [date, day, second, zone] = words else { return None };
    let date = pairs(*date, b"0000-00-")?;
    let day = pairs(*day, b"00T00:00")?;
    let second = pairs(*second, b":00.0000")?;
    let zone = pairs(*zone, b"00+00:00").filter(|zone| *zone >> 8 == 0)?;
    let of = |pairs: u64, at: u32| i32::try_from((pairs >> (8 * at)) & 0xFF).unwrap_or(0);
    let (year, month) = (of(date, 0) * 100 + of(date, 2), of(date, 5));
    let (of_month, hour, minute, seconds) = (of(day, 0), of(day, 3), of(day, 6), of(second, 1));
    let fraction = (of(second, 4) * 100 + of(second, 6)) * 100 + of(zone, 0);
    let within = (1..=12).contains(&month)
        && (1..=days_in(year, month)).contains(&of_month)
        && hour < 24
        && minute < 60
        && seconds < 60
        && fraction > 0;
    let of_day = (hour * 60 + minute) * 60 + seconds;
    within.then(|| micros(days_since_epoch(year, month, of_month), of_day, fraction))
}

/// Reads the pairs of digits in eight bytes that stand as in a pattern, each into the byte of its first digit.
#[inline]
const fn pairs(bytes: [u8; 8], pattern: &[u8; 8]) -> Option<u64> {
    const ONES: u64 = 0x0101_0101_0101_0101;

    let (word, pattern) = (u64::from_le_bytes(bytes), u64::from_le_bytes(*pattern));
    // Digits differ from 0 in the lower half of the byte, and what separates them in nothing.
    let values = word ^ pattern;
    let zeros = pattern ^ (b'0' as u64 * ONES);
    let digits = !(((zeros & (0x7F * ONES)) + 0x7F * ONES) | zeros) & (0x80 * ONES);
    let mask = (digits >> 7) * 0x0F;
    if values & !mask != 0 || (values + 6 * ONES) & (0xF0 * ONES) != 0 {
        return None;
    }
    let firsts = digits & (digits >> 8);
    Some((values * 10 + (values >> 8)) & ((firsts >> 7) * 0xFF))
}

/// Writes a time as the service does, byte by byte: with six digits of a fraction if there is one.
pub(super) fn write(micros: i64, mut byte: impl FnMut(u8)) {
    let (seconds, fraction) = (micros.div_euclid(SECOND), micros.rem_euclid(SECOND));
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Microseconds reach 300,000 years at most.
    let narrow = |value: i64| i32::try_from(value).unwrap_or(0);
    let (second, fraction) = (narrow(second), narrow(fraction));
    let (year, month, day) = date(narrow(days));
    let parts = [
        (year, 4, b'-'),
        (month, 2, b'-'),
        (day, 2, b'T'),
        (second / 3_600, 2, b':'),
        (second / 60 % 60, 2, b':'),
        (second % 60, 2, if fraction == 0 { b'+' } else { b'.' }),
    ];
    for (value, width, end) in parts {
        write_digits(value, width, &mut byte);
        byte(end);
    }
    if fraction != 0 {
        write_digits(fraction, 6, &mut byte);
        byte(b'+');
    }
    b"00:00".iter().for_each(|zone| byte(*zone));
}

fn write_digits(value: i32, width: u32, byte: &mut impl FnMut(u8)) {
    for place in (0..width).rev() {
        let digit = (value / 10_i32.pow(place)).rem_euclid(10);
        byte(b'0' + u8::try_from(digit).unwrap_or(0));
    }
}

/// Returns year, month and day of a day since the Unix epoch, by years that begin in March.
const fn date(days: i32) -> (i32, i32, i32) {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let year = year + era * 400;
    if month < 10 { (year, month + 3, day) } else { (year + 1, month - 9, day) }
}

const fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn days_in(year: i32, month: i32) -> i32 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Counts days since the Unix epoch, in years that begin in March.
const fn days_since_epoch(year: i32, month: i32, day: i32) -> i32 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let of_years = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    of_years + (153 * month + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros(text: &str) -> Option<i64> {
        Timestamp(Text::plain(text)).unix_micros()
    }

    #[test]
    fn a_time_that_is_written_just_so_is_read_as_any_other() {
        assert!(read_usual(b"2024-02-29T23:59:58.120340+00:00").is_some());
        for usual in [
            *b"2024-02-29T23:59:58.120340+00:00",
            *b"2024-02-29T23:59:58.000000+00:00",
            *b"2016-12-31T23:59:60.000001+00:00",
            *b"2023-02-28T00:00:00.000001+00:00",
            *b"1969-12-31T23:59:59.999999+00:00",
            *b"0000-01-01T00:00:00.000001+00:00",
            *b"9999-12-31T23:59:59.999999+00:00",
        ] {
            for at in 0..usual.len() {
                for byte in 0..=u8::MAX {
                    let mut text = usual;
                    text[at] = byte;
                    let mut written = std::vec::Vec::new();
                    let read = parse(&text);
                    read.into_iter().for_each(|micros| write(micros, |byte| written.push(byte)));
                    let same = read.filter(|_| written == text);
                    assert_eq!(read_usual(&text), same, "{byte} at {at} of {usual:?}");
                }
            }
        }
    }

    #[test]
    fn times_are_read_in_every_form_seen() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1969-12-31T23:59:59.5Z", -500_000),
            ("2015-01-01T00:00:00+00:00", 1_420_070_400_000_000),
            ("2015-01-01T00:00:00.123000+00:00", 1_420_070_400_123_000),
            ("2000-02-29T12:34:56.123456789-05:30", 951_847_496_123_456),
            ("0000-03-01T00:00:00Z", -62_162_035_200_000_000),
            ("9999-12-31T23:59:60Z", 253_402_300_800_000_000),
        ] {
            assert_eq!(micros(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_read_exactly_is_written_again_as_it_was() {
        let mut exact = 0;
        for text in [
            "1970-01-01T00:00:00+00:00",
            "1969-12-31T23:59:59.500000+00:00",
            "2000-02-29T12:34:56.123456+00:00",
            "2100-03-01T00:00:00+00:00",
            "0000-01-01T00:00:00+00:00",
            "9999-12-31T23:59:59.999999+00:00",
            "2015-01-01T00:00:00.000000+00:00",
            "2015-01-01T00:00:60+00:00",
            "2015-01-01T00:00:00.123+00:00",
            "2015-01-01T00:00:00Z",
            "2015-01-01T00:00:00+01:00",
        ] {
            let Some(micros) = read_exactly(text.as_bytes()) else { continue };
            let mut written = std::vec::Vec::new();
            write(micros, |byte| written.push(byte));
            assert_eq!(written, text.as_bytes(), "{text}");
            exact += 1;
        }
        assert_eq!(exact, 6);
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "2015-01-01",
            "2015-01-01T00:00:00",
            "2015-13-01T00:00:00Z",
            "2015-02-29T00:00:00Z",
            "2015-01-01 00:00:00Z",
            "2015-01-01T24:00:00Z",
            "2015-01-01T00:00:00.Z",
            "2015-01-01T00:00:00+0000",
            "2015-01-01T00:00:00Zx",
            "+015-01-01T00:00:00Z",
            "2015-01-01T00:00:00+00:0x",
        ] {
            assert_eq!(micros(text), None, "{text}");
        }
    }
}

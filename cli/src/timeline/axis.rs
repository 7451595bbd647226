//! Axes: steps that people count in, and values with their units.

use std::time::Duration;

use crate::show::grouped;

const SECOND: u64 = 1_000_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// Steps of time between a second and a day, in microseconds.
const STEPS: [u64; 18] = [
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    15 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
];
/// The most steps of a time axis.
const TIME_STEPS: u64 = 7;
/// The most steps of a value axis.
const VALUE_STEPS: u64 = 3;

/// Returns the step of a time axis of a length, in microseconds.
pub(crate) fn time_step(length: u64) -> u64 {
    let least = length.div_ceil(TIME_STEPS).max(1);
    if least < SECOND {
        return nice(least);
    }
    let step = STEPS.into_iter().find(|step| *step >= least);
    step.unwrap_or_else(|| nice(least.div_ceil(DAY)).saturating_mul(DAY))
}

/// Returns the step of a value axis that reaches a value.
pub(crate) fn value_step(most: u64) -> u64 {
    nice(most.div_ceil(VALUE_STEPS).max(1))
}

/// Returns the least 1, 2 or 5 times a power of ten that is not below a number.
fn nice(least: u64) -> u64 {
    let mut power = 1_u64;
    loop {
        for digit in [1, 2, 5] {
            let step = power.saturating_mul(digit);
            if step >= least {
                return step;
            }
        }
        power = power.saturating_mul(10);
    }
}

/// Writes a time of an axis with this step.
pub(crate) fn tick(at: u64, step: u64) -> String {
    let (hours, minutes, seconds) = (at / HOUR, at / MINUTE % 60, at / SECOND % 60);
    if at == 0 {
        return "0".to_owned();
    }
    if step < SECOND {
        return quantity(at, &[(1, "µs"), (1_000, "ms"), (SECOND, "s")]);
    }
    if step >= DAY {
        return format!("{} d", at / DAY);
    }
    if step >= HOUR {
        return format!("{hours} h");
    }
    match (hours, step < MINUTE) {
        (0, true) if minutes == 0 => format!("{seconds} s"),
        (0, true) => format!("{minutes}:{seconds:02} min"),
        (0, false) => format!("{minutes} min"),
        (_, true) => format!("{hours}:{minutes:02}:{seconds:02}"),
        (_, false) => format!("{hours}:{minutes:02} h"),
    }
}

/// Writes a time since the beginning, to a tenth of a second where that is to be seen.
pub(crate) fn clock(at: u64) -> String {
    let (hours, minutes, seconds) = (at / HOUR, at / MINUTE % 60, at / SECOND % 60);
    let tenths = at / (SECOND / 10) % 10;
    match (hours, minutes) {
        (0, 0) => format!("{seconds}.{tenths} s"),
        (0, _) => format!("{minutes}:{seconds:02}.{tenths}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// Writes a span with its two largest units.
pub(crate) fn span(micros: u64) -> String {
    let pair = |large: u64, large_name: &str, small: u64, small_name: &str| {
        let (whole, rest) = (micros / large, micros % large / small);
        let rest = if rest == 0 { String::new() } else { format!(" {rest} {small_name}") };
        format!("{whole} {large_name}{rest}")
    };
    match micros {
        0 => "0 s".to_owned(),
        DAY.. => pair(DAY, "d", HOUR, "h"),
        HOUR.. => pair(HOUR, "h", MINUTE, "min"),
        MINUTE.. => pair(MINUTE, "min", SECOND, "s"),
        _ => latency(micros),
    }
}

/// Writes a [`Duration`] as [`span`].
pub(crate) fn duration(duration: Duration) -> String {
    span(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX))
}

/// Writes a short time.
pub(crate) fn latency(micros: u64) -> String {
    quantity(micros, &[(1, "µs"), (1_000, "ms"), (SECOND, "s")])
}

/// Writes a number of bytes.
pub(crate) fn bytes(count: u64) -> String {
    quantity(count, &[(1, "B"), (1_000, "kB"), (1_000_000, "MB"), (1_000_000_000, "GB")])
}

/// Writes a number of events.
pub(crate) fn count(count: u64) -> String {
    if count < 10_000 { grouped(count) } else { quantity(count, &[(1_000, "k"), (1_000_000, "M")]) }
}

/// Writes a number with the largest unit that is not above it, and with a tenth below ten of it.
fn quantity(number: u64, units: &[(u64, &str)]) -> String {
    if number == 0 {
        return "0".to_owned();
    }
    let fits = units.iter().rev().find(|(size, _)| number >= *size).or(units.first());
    let Some((size, unit)) = fits else { return number.to_string() };
    let (whole, tenth) = (number / size, number % size * 10 / size);
    if whole < 10 && tenth > 0 {
        format!("{whole}.{tenth} {unit}")
    } else {
        format!("{} {unit}", grouped(whole))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_steps_are_what_people_count_in() {
        for (length, step) in [
            (0, 1),
            (900_000, 200_000),
            (5 * SECOND, SECOND),
            (59 * SECOND, 10 * SECOND),
            (61 * SECOND, 10 * SECOND),
            (94 * SECOND, 15 * SECOND),
            (HOUR, 10 * MINUTE),
            (DAY, 6 * HOUR),
            (30 * DAY, 5 * DAY),
        ] {
            assert_eq!(time_step(length), step, "{length}");
        }
        assert!(time_step(u64::MAX) > DAY);
    }

    #[test]
    fn ticks_have_the_unit_of_their_step() {
        for (at, step, text) in [
            (0, SECOND, "0"),
            (200_000, 200_000, "200 ms"),
            (1_400_000, 200_000, "1.4 s"),
            (45 * SECOND, 15 * SECOND, "45 s"),
            (75 * SECOND, 15 * SECOND, "1:15 min"),
            (10 * MINUTE, 10 * MINUTE, "10 min"),
            (90 * MINUTE, 30 * MINUTE, "1:30 h"),
            (18 * HOUR, 6 * HOUR, "18 h"),
            (10 * DAY, 5 * DAY, "10 d"),
        ] {
            assert_eq!(tick(at, step), text);
        }
    }

    #[test]
    fn values_have_units() {
        assert_eq!(
            (latency(500), latency(1_500), latency(45_000)),
            ("500 µs".into(), "1.5 ms".into(), "45 ms".into())
        );
        assert_eq!((bytes(0), bytes(2_500_000)), ("0".into(), "2.5 MB".into()));
        assert_eq!((count(9_999), count(12_345)), ("9,999".into(), "12 k".into()));
        assert_eq!((span(HOUR + 2 * MINUTE), span(DAY)), ("1 h 2 min".into(), "1 d".into()));
        assert_eq!(
            (clock(SECOND / 2), clock(61 * SECOND), clock(HOUR)),
            ("0.5 s".into(), "1:01.0".into(), "1:00:00".into())
        );
        assert_eq!((value_step(0), value_step(7), value_step(812)), (1, 5, 500));
    }
}

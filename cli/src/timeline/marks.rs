//! Connections that ended: in words, and numbered so that no two numbers overlap.

use super::axis::{clock, duration};
use super::{Mark, Timeline};

/// The height of a number.
pub(crate) const HEIGHT: f64 = 20.0;
/// The width of a digit.
const DIGIT: f64 = 8.6;
/// How many causes are named in a sum.
const NAMED: usize = 4;
/// What is kept free between two numbers.
const GAP: f64 = 2.0;

/// One number, or several from the first to the last, that stand together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pill {
    pub(crate) first: usize,
    pub(crate) last: usize,
    /// The left edge.
    pub(crate) x: f64,
    pub(crate) w: f64,
    /// Where it would like to stand: the sum over its numbers.
    sum: f64,
}

impl Pill {
    fn of(first: usize, last: usize, sum: f64, room: (f64, f64)) -> Self {
        let count = f64::from(u32::try_from(last - first + 1).unwrap_or(u32::MAX));
        let digits = u32::try_from(label(first, last).chars().count()).unwrap_or(u32::MAX);
        let w = (DIGIT * f64::from(digits) + 8.0).max(HEIGHT);
        let x = (sum / count - w / 2.0).min(room.1 - w).max(room.0);
        Self { first, last, x, w, sum }
    }

    pub(crate) fn label(&self) -> String {
        label(self.first, self.last)
    }
}

fn label(first: usize, last: usize) -> String {
    if first == last { format!("{}", first + 1) } else { format!("{}–{}", first + 1, last + 1) }
}

/// Places numbers at places that ascend; those that would overlap stand together.
pub(crate) fn pills(places: impl Iterator<Item = f64>, room: (f64, f64)) -> Vec<Pill> {
    let mut pills: Vec<Pill> = Vec::new();
    for (index, x) in places.enumerate() {
        let mut pill = Pill::of(index, index, x, room);
        while let Some(before) = pills.pop_if(|before| before.x + before.w + GAP > pill.x) {
            pill = Pill::of(before.first, pill.last, before.sum + pill.sum, room);
        }
        pills.push(pill);
    }
    pills
}

/// Says why a connection ended.
pub(crate) fn cause(mark: &Mark) -> String {
    let code = mark.code.map_or_else(String::new, |code| format!(" ({code})"));
    let status = mark.status.map_or_else(String::new, |status| format!(" (HTTP {status})"));
    format!("{}{code}{status}", mark.cause)
}

/// Says when and why a connection ended.
pub(crate) fn when(mark: &Mark) -> String {
    format!("{}: {}", clock(mark.at), cause(mark))
}

/// Says what came of it, and what the peer said.
pub(crate) fn outcome(mark: &Mark) -> String {
    let outcome = match (mark.back, mark.redial_after) {
        (Some((after, true)), _) => format!("resumed after {}", duration(after)),
        (Some((after, false)), _) => format!("a new session after {}", duration(after)),
        (None, Some(after)) if after.is_zero() => "dialed again at once".to_owned(),
        (None, Some(after)) => format!("dialed again after {}", duration(after)),
        (None, None) => "not dialed again".to_owned(),
    };
    if mark.reason.is_empty() {
        outcome
    } else {
        format!("{outcome}; it said “{}”", mark.reason)
    }
}

/// Sums up by cause, the most frequent first.
pub(crate) fn totals(timeline: &Timeline) -> String {
    let mut causes: Vec<_> = timeline.causes.iter().collect();
    causes.sort_by_key(|(cause, count)| (std::cmp::Reverse(**count), **cause));
    let named = causes.iter().take(NAMED).map(|(cause, count)| format!("{count} × {cause}"));
    let others: u64 = causes.iter().skip(NAMED).map(|(_, count)| **count).sum();
    let others = (others > 0).then(|| format!("{others} × others"));
    named.chain(others).collect::<Vec<_>>().join(", ")
}

/// Breaks a text into at most so many lines of at most so many letters.
pub(crate) fn wrapped(text: &str, width: usize, most: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let full = lines
            .last()
            .is_some_and(|line| !line.is_empty() && columns(line) + 1 + columns(word) > width);
        if full {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    let more = lines.len() > most;
    lines.truncate(most);
    for line in &mut lines {
        *line = short(line, width);
    }
    if let Some(last) = lines.last_mut().filter(|_| more) {
        *last = short(&(last.clone() + " …"), width);
    }
    lines
}

/// Cuts a text to so many letters.
pub(crate) fn short(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut room = width.saturating_sub(1);
    let fits = |letter: &char| {
        let left = room.checked_sub(column(*letter));
        room = left.unwrap_or(0);
        left.is_some()
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

fn columns(text: &str) -> usize {
    text.chars().map(column).sum()
}

/// Returns how many letters a letter is as wide as: two from the scripts of East Asia on.
const fn column(letter: char) -> usize {
    if letter < '\u{2E80}' { 1 } else { 2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_never_overlap_and_none_is_lost() {
        let mut seed = 7_u64;
        for count in [0, 1, 2, 5, 40, 200] {
            let mut places: Vec<f64> = Vec::new();
            for _ in 0..count {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                places.push(60.0 + f64::from((seed >> 40) as u32 % 5_200) / 10.0);
            }
            places.sort_by(f64::total_cmp);
            let pills = pills(places.into_iter(), (60.0, 580.0));
            let told: usize = pills.iter().map(|pill| pill.last - pill.first + 1).sum();
            assert_eq!(told, count);
            assert!(pills.windows(2).all(|two| two[0].x + two[0].w < two[1].x));
            assert!(pills.iter().all(|pill| pill.x >= 60.0 && pill.x + pill.w <= 580.0));
        }
    }

    #[test]
    fn long_texts_are_broken_and_cut() {
        assert_eq!(wrapped("one two three", 7, 2), ["one two", "three"]);
        assert_eq!(wrapped("one two three four", 7, 2), ["one two", "three …"]);
        assert_eq!(wrapped(&"x".repeat(99), 7, 2), ["xxxxxx…"]);
        assert_eq!(wrapped("", 7, 2), [""]);
        assert_eq!(wrapped("切断 しました", 7, 2), ["切断", "しまし…"]);
    }
}

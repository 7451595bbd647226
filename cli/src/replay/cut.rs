//! Lines of a recording on the screen: of bounded width, and without what could move the cursor.

use std::env;

/// The width if the terminal's is not told.
const WIDTH: usize = 160;
/// The least width that shows something.
const LEAST: usize = 40;
/// What stands where text was left out.
const GAP: &str = " … ";

/// Returns how many columns a line may take: those of the variable `COLUMNS`, or 160.
pub(crate) fn width() -> usize {
    let told = env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    told.unwrap_or(WIDTH).clamp(LEAST, WIDTH)
}

/// Cuts a line in the middle.
pub(crate) fn middle(line: &str, width: usize) -> String {
    if fits(line, width) {
        return plain(line.chars());
    }
    let room = width.saturating_sub(GAP.chars().count());
    let head: String = plain(line.chars().take(room - room / 3));
    let mut tail: Vec<char> = line.chars().rev().take(room / 3).collect();
    tail.reverse();
    head + GAP + &plain(tail.into_iter())
}

/// Returns two lines that differ, cut to what is around the first difference, and its column.
pub(crate) fn difference(left: &str, right: &str, width: usize) -> (String, String, usize) {
    let at = left.chars().zip(right.chars()).take_while(|(left, right)| left == right).count();
    if fits(left, width) && fits(right, width) {
        return (plain(left.chars()), plain(right.chars()), at);
    }
    let gap = GAP.chars().count();
    let from = at.saturating_sub(width / 2);
    let cut = |line: &str| {
        let before = if from > 0 { GAP } else { "" };
        let room = width.saturating_sub(2 * gap);
        let mut rest = line.chars().skip(from);
        let shown = plain(rest.by_ref().take(room));
        format!("{before}{shown}{}", if rest.next().is_some() { GAP } else { "" })
    };
    let column = if from > 0 { at - from + gap } else { at };
    (cut(left), cut(right), column)
}

fn fits(line: &str, width: usize) -> bool {
    line.chars().nth(width).is_none()
}

fn plain(letters: impl Iterator<Item = char>) -> String {
    letters.map(|letter| if letter.is_control() { '\u{FFFD}' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_lose_their_middle_and_control_characters() {
        assert_eq!(middle("short\x1b[2J", 40), "short\u{FFFD}[2J");
        let cut = middle(&("begin".to_owned() + &"é".repeat(500) + "end"), 40);
        assert_eq!(cut.chars().count(), 40);
        assert!(cut.starts_with("beginé") && cut.ends_with("éend") && cut.contains(" … "));
    }

    #[test]
    fn the_first_difference_is_in_sight_and_its_column_is_right() {
        assert_eq!(difference("abc", "abd", 40), ("abc".into(), "abd".into(), 2));
        let long = "x".repeat(1_000);
        for at in [0, 10, 30, 500, 999] {
            let mut other = long.clone();
            other.replace_range(at..=at, "y");
            let (left, right, column) = difference(&long, &other, 60);
            assert!(left.chars().count() <= 60 && right.chars().count() <= 60);
            assert_eq!(right.chars().nth(column), Some('y'), "{at} {right}");
            assert_eq!(left.chars().nth(column), Some('x'), "{at} {left}");
        }
        assert_eq!(difference(&long, &long[..999], 60).2, 33);
    }
}

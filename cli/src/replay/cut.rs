//! Lines of a recording on the screen: of bounded width, and without what could move the cursor.

use std::env;

use crate::lines::{Escaped, escaped};

/// The width if the terminal's is not told.
const WIDTH: usize = 160;
/// The least width that shows something.
const LEAST: usize = 40;
/// The most columns of a version.
pub(crate) const VERSION: usize = 40;
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
        return escaped(line);
    }
    let room = width.saturating_sub(GAP.chars().count());
    let mut tail: Vec<_> = shown(line.chars().rev(), room / 3).collect();
    tail.reverse();
    let head = shown(line.chars(), room - room / 3);
    join(head) + GAP + &join(tail.into_iter())
}

/// Returns two lines that differ, cut to what is around the first difference, and its column.
pub(crate) fn difference(left: &str, right: &str, width: usize) -> (String, String, usize) {
    let alike = left.chars().zip(right.chars()).take_while(|(left, right)| left == right);
    let before: usize = alike.clone().map(|(letter, _)| letter.len_utf8()).sum();
    let at = alike.map(|(letter, _)| Escaped(letter).width()).sum();
    if fits(left, width) && fits(right, width) {
        return (escaped(left), escaped(right), at);
    }
    let gap = GAP.chars().count();
    let known = left.get(..before).unwrap_or_default();
    // What is shown of it: as much as fits into half of the width.
    let mut lead: Vec<_> = shown(known.chars().rev(), width / 2).collect();
    lead.reverse();
    let kept: usize = lead.iter().map(|letter| letter.0.len_utf8()).sum();
    let from = before - kept;
    let mark = if from > 0 { GAP } else { "" };
    let room = width.saturating_sub(2 * gap);
    let cut = |line: &str| {
        let rest = line.get(from..).unwrap_or_default();
        let end = if fits(rest, room) { "" } else { GAP };
        format!("{mark}{}{end}", join(shown(rest.chars(), room)))
    };
    let column = lead.iter().map(|letter| letter.width()).sum::<usize>() + mark.chars().count();
    (cut(left), cut(right), column)
}

fn fits(line: &str, width: usize) -> bool {
    shown(line.chars(), width).map(|letter| letter.0.len_utf8()).sum::<usize>() == line.len()
}

/// Takes letters as long as they fit.
fn shown(letters: impl Iterator<Item = char>, mut width: usize) -> impl Iterator<Item = Escaped> {
    letters.map(Escaped).map_while(move |letter| {
        width = width.checked_sub(letter.width())?;
        Some(letter)
    })
}

fn join(letters: impl Iterator<Item = Escaped>) -> String {
    letters.map(|letter| letter.to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_lose_their_middle_and_control_characters() {
        assert_eq!(middle("short\x1b[2J\u{202e}", 40), "short\\u{1b}[2J\\u{202e}");
        let cut = middle(&("begin".to_owned() + &"é".repeat(500) + "end"), 40);
        assert_eq!(cut.chars().count(), 40);
        assert!(cut.starts_with("beginé") && cut.ends_with("éend") && cut.contains(" … "));
    }

    fn columns(text: &str) -> usize {
        text.chars().map(|letter| Escaped(letter).width()).sum()
    }

    #[test]
    fn wide_letters_are_cut_by_their_columns() {
        for letter in ["切", "😀", "é"] {
            let cut = middle(&letter.repeat(500), 60);
            assert!((58..=60).contains(&columns(&cut)) && cut.contains(" … "), "{cut}");
            let (long, other) = (letter.repeat(500) + "x", letter.repeat(500) + "y");
            let (left, right, column) = difference(&long, &other, 60);
            assert!(columns(&left) <= 60 && columns(&right) <= 60, "{left} {right}");
            assert_eq!(columns(left.split_once('x').unwrap().0), column);
            assert_eq!(columns(right.split_once('y').unwrap().0), column);
        }
        assert_eq!(difference("切x", "切y", 40).2, 2);
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
        let hostile = "\u{202e}".repeat(500);
        let (left, right, column) = difference(&(hostile.clone() + "x"), &(hostile + "y"), 60);
        assert!(left.chars().count() <= 60 && left.is_ascii() != left.contains('…'), "{left}");
        let told = (left.chars().nth(column), right.chars().nth(column));
        assert_eq!(told, (Some('x'), Some('y')));
        assert_eq!(difference(&long, &long[..999], 60).2, 33);
    }
}

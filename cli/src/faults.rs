//! Faults by name.

use gatewright_sim::Fault;

/// The most names that are told as near.
const NEAR: usize = 3;

/// Writes a line for each fault: its name, what it does, and the cases it stands for.
pub(crate) fn list() {
    for fault in Fault::all() {
        let traps: Vec<_> = fault.traps.iter().map(u8::to_string).collect();
        say!("{:<30} {} [{}]", fault.name(), fault.sentence, traps.join(", "));
    }
}

/// Reads a name; tells which ones are near if there is no such fault.
pub(crate) fn read(name: &str) -> Result<Fault, String> {
    name.parse().map_err(|_| {
        let near = near(name);
        if near.is_empty() {
            return "no fault is called so: --list-faults says which there are".to_owned();
        }
        format!("did you mean {}? --list-faults says what each does", near.join(", "))
    })
}

/// Returns the names that are the same but for a letter in three, the nearest first.
fn near(name: &str) -> Vec<String> {
    let name = name.to_lowercase();
    let of = |all: String| {
        let stem = stem(&all).to_owned();
        // A parameter that does not fit is no other name.
        let rest = name.strip_prefix(&stem).is_some_and(|rest| rest.starts_with('-'));
        let named = name.get(..stem.len()).filter(|_| stem.len() < all.len()).unwrap_or(&name);
        let far = if rest { 0 } else { distance(&name, &stem).min(distance(named, &stem)) };
        (far <= stem.len() / 3).then_some((far, all))
    };
    let mut near: Vec<_> = Fault::all().iter().filter_map(|fault| of(fault.name())).collect();
    near.sort();
    near.into_iter().take(NEAR).map(|(_, name)| name).collect()
}

/// Returns a name without its parameter, which is in capitals.
fn stem(name: &str) -> &str {
    let parts = name.rsplit_once('-');
    parts
        .filter(|(_, last)| last.bytes().all(|byte| byte.is_ascii_uppercase()))
        .map_or(name, |parts| parts.0)
}

/// Returns how many letters have to be changed, put in or left out.
///
/// Source: Levenshtein, *Binary codes capable of correcting deletions, insertions, and reversals*.
fn distance(left: &str, right: &str) -> usize {
    // From nothing to each beginning of the right one.
    let mut row: Vec<usize> = (0..=right.chars().count()).collect();
    for (nth, letter) in left.chars().enumerate() {
        let mut next = vec![nth + 1];
        for (other, pair) in right.chars().zip(row.windows(2)) {
            let [corner, above] = *pair else { break };
            let beside = next.last().copied().unwrap_or(0);
            let changed = corner + usize::from(letter != other);
            next.push(changed.min(above + 1).min(beside + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_the_fewest_changes() {
        for (left, right, far) in [
            ("", "", 0),
            ("", "abc", 3),
            ("kitten", "sitting", 3),
            ("drop", "drp", 1),
            ("ab", "ba", 2),
        ] {
            assert_eq!((distance(left, right), distance(right, left)), (far, far));
        }
    }

    #[test]
    fn every_name_is_near_to_itself_with_a_letter_more() {
        for fault in Fault::all() {
            let name = fault.name();
            let near = near(&format!("{}x", stem(&name)));
            assert!(near.contains(&name), "{name} in {near:?}");
            assert!(near.len() <= NEAR);
        }
    }
}

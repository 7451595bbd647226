//! Which chunks of an answer have come: exact, in little memory, however many there are.
//!
//! Chunks come in order as a rule, so all before some number have come, and a window of bits tells of those
//! from there on. It moves along in words of 64, so the 960 chunks after the first one that is missing are told
//! apart, and all where there are no more than 1,024; chunks that are further ahead are not counted.

/// The words of the window: a guild of a million members has a thousand chunks.
const WORDS: usize = 16;

/// The chunks of one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Received {
    /// How many there are, zero as long as none was counted.
    count: u32,
    received: u32,
    /// All before this one have come; a multiple of 64.
    before: u32,
    /// Those from there on.
    window: [u64; WORDS],
}

/// What a chunk is to those that came before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    /// It came before.
    Again,
    /// It is too far ahead of one that is missing.
    Ahead,
    /// It is a new one.
    New,
    /// Its numbers cannot be right.
    Odd,
}

impl Received {
    /// Nothing.
    pub(super) const NONE: Self = Self { count: 0, received: 0, before: 0, window: [0; WORDS] };

    /// Counts a chunk; the first one says how many there are.
    pub(super) fn count_in(&mut self, index: u32, count: u32) -> Counted {
        if index >= count || (self.count != 0 && self.count != count) {
            return Counted::Odd;
        }
        let Some(ahead) = index.checked_sub(self.before) else { return Counted::Again };
        let word = usize::try_from(ahead / 64).unwrap_or(usize::MAX);
        let Some(word) = self.window.get_mut(word) else { return Counted::Ahead };
        let bit = 1 << (ahead % 64);
        if *word & bit != 0 {
            return Counted::Again;
        }
        *word |= bit;
        self.count = count;
        self.received += 1;
        self.move_on();
        Counted::New
    }

    /// Moves the window past words that are full.
    fn move_on(&mut self) {
        let full = self.window.iter().take_while(|word| **word == u64::MAX).count();
        let (gone, _) = self.window.split_at_mut(full);
        gone.fill(0);
        self.window.rotate_left(full);
        self.before += 64 * u32::try_from(full).unwrap_or(0);
    }

    /// Tells how many there are, as the first one said.
    pub(super) const fn count(&self) -> u32 {
        self.count
    }

    /// Tells how many have come.
    pub(super) const fn received(&self) -> u32 {
        self.received
    }

    /// Tells whether all have come.
    pub(super) const fn is_complete(&self) -> bool {
        self.received > 0 && self.received == self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const WINDOW: u32 = 64 * 16;

    #[test]
    fn chunks_come_in_any_order_and_again() {
        let mut received = Received::NONE;
        for index in [2, 0, 3] {
            assert_eq!(received.count_in(index, 4), Counted::New);
            assert_eq!(received.count_in(index, 4), Counted::Again);
            assert!(!received.is_complete());
        }
        assert_eq!(received.count_in(1, 4), Counted::New);
        assert_eq!((received.received(), received.count()), (4, 4));
        assert!(received.is_complete());
    }

    #[test]
    fn numbers_that_cannot_be_right_are_not_counted() {
        let mut received = Received::NONE;
        for (index, count) in [(0, 0), (1, 1), (u32::MAX, u32::MAX), (u32::MAX, 0)] {
            assert_eq!(received.count_in(index, count), Counted::Odd, "{index} {count}");
        }
        assert_eq!(received, Received::NONE);
        assert_eq!(received.count_in(0, 2), Counted::New);
        for (index, count) in [(0, 1), (1, 3), (2, 2), (1, 0)] {
            assert_eq!(received.count_in(index, count), Counted::Odd, "{index} {count}");
        }
        assert_eq!((received.received(), received.count()), (1, 2));
    }

    #[test]
    fn in_order_there_may_be_any_number() {
        let (mut received, count) = (Received::NONE, 100_000);
        for index in 0..count {
            assert!(!received.is_complete());
            assert_eq!(received.count_in(index, count), Counted::New);
            assert_eq!(received.count_in(index / 2, count), Counted::Again);
        }
        assert!(received.is_complete());
    }

    #[test]
    fn a_million_members_may_come_backwards() {
        let mut received = Received::NONE;
        for index in (0..WINDOW).rev() {
            assert_eq!(received.count_in(index, WINDOW), Counted::New);
        }
        assert!(received.is_complete());
    }

    #[test]
    fn what_is_too_far_ahead_of_a_missing_one_is_not_counted() {
        let (mut received, count) = (Received::NONE, u32::MAX);
        assert_eq!(received.count_in(u32::MAX - 1, count), Counted::Ahead);
        assert_eq!(received, Received::NONE, "nothing is known of how many there are");
        for index in (0..5).chain(6..WINDOW) {
            assert_eq!(received.count_in(index, count), Counted::New);
        }
        assert_eq!(received.count_in(WINDOW, count), Counted::Ahead);
        assert_eq!(received.count_in(5, count), Counted::New);
        assert_eq!(received.count_in(WINDOW, count), Counted::New);
        assert_eq!(received.received(), WINDOW + 1);
    }

    #[test]
    fn it_counts_as_a_set_does_within_the_window() {
        let mut state = 9_u64;
        let mut draw = move |below: u32| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            u32::try_from((state >> 33) % u64::from(below)).unwrap()
        };
        for _ in 0..200 {
            let (mut received, mut naive) = (Received::NONE, BTreeSet::new());
            let count = 1 + draw(3_000);
            for _ in 0..1_500 {
                let missing = (0..count).find(|index| !naive.contains(index)).unwrap_or(count);
                let index = (missing + draw(1_200)).saturating_sub(100).min(count - 1);
                match received.count_in(index, count) {
                    Counted::New => assert!(naive.insert(index)),
                    Counted::Again => assert!(naive.contains(&index)),
                    Counted::Ahead => assert!(index > missing + WINDOW - 64),
                    Counted::Odd => panic!("{index} of {count} is odd"),
                }
                assert_eq!(received.received() as usize, naive.len());
                assert_eq!(received.is_complete(), naive.len() == count as usize);
            }
        }
    }
}

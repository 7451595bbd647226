use super::*;

#[test]
fn a_lent_index_does_not_ask_what_was_in_the_memory() {
    let mut places = [7; 8];
    let mut index = LentIndex::new(&mut places);
    assert_eq!(index.find(3, |_| true), None);
    assert!((0..4).all(|row| index.insert(3, row, |_| 3)));
    assert!(!index.insert(3, 4, |_| 3));
    index.remove(3, 1, |_| 3);
    assert_eq!(
        [0, 1, 2, 3].map(|row| index.find(3, |other| other == row).is_some()),
        [true, false, true, true]
    );
    assert_eq!(index.len(), 3);
}

#[test]
fn an_index_that_is_all_taken_comes_to_an_end() {
    let mut places = [1; 8];
    let mut index = LentIndex { places: &mut places, taken: 2 };
    assert_eq!(index.find(3, |_| false), None);
    assert!(!index.insert(3, 4, |_| 3));
    index.remove(3, 4, |_| 3);
    index.remove(3, 0, |_| 3);
    assert!(LentIndex::new(&mut []).find(3, |_| true).is_none());
}

#[test]
fn slots_on_the_heap_take_no_more_than_their_limit() {
    for limit in [0, 1, 15, 16, 17, 40, 1_000] {
        let mut slots = HeapSlots::new(limit);
        for row in 0..limit {
            assert_eq!(slots.push(row), Some(row));
            assert!(slots.bytes() <= at(limit) * 4);
        }
        assert_eq!(slots.push(0), None);
        assert_eq!(slots.bytes(), at(limit) * 4, "{limit}");
    }
}

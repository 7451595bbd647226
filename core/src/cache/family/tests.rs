use super::*;

#[test]
fn a_lent_index_does_not_ask_what_was_in_the_memory() {
    let (mut narrow, mut wide) = ([7; 8], [7; 8]);
    for (places, last) in
        [(Places::Narrow(&mut narrow), 65_533), (Places::Wide(&mut wide), u32::MAX - 1)]
    {
        let mut index = LentIndex::new(places);
        assert_eq!(index.find(3, |_| true), None);
        assert!([0, 1, 2, last].into_iter().all(|row| index.insert(3, row, |_| 3)));
        assert!(!index.insert(3, 4, |_| 3));
        index.remove(3, 1, |_| 3);
        assert_eq!(
            [0, 1, 2, last].map(|row| index.find(3, |other| other == row).is_some()),
            [true, false, true, true]
        );
        assert_eq!(index.len(), 3);
        index.clear();
        assert_eq!((index.find(3, |_| true), index.len()), (None, 0));
    }
}

#[test]
fn an_index_that_is_all_taken_comes_to_an_end() {
    let (mut narrow, mut wide) = ([1; 8], [1; 8]);
    for places in [Places::Narrow(&mut narrow), Places::Wide(&mut wide)] {
        let mut index = LentIndex { places, taken: 2 };
        assert_eq!(index.find(3, |_| false), None);
        assert!(!index.insert(3, 4, |_| 3));
        index.remove(3, 4, |_| 3);
        index.remove(3, 0, |_| 3);
    }
    for empty in [Places::Narrow(&mut []), Places::Wide(&mut [])] {
        assert!(LentIndex::new(empty).find(3, |_| true).is_none());
    }
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

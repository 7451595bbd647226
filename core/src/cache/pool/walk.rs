//! Looks at all of the memory of a pool.

use std::vec::Vec;

use super::*;

/// Walks over every block and checks what they tell of each other; returns those in use, and counts the free.
pub(in super::super) fn walk<S: Segments>(pool: &Pool<S>) -> (Vec<Block>, usize) {
    let (mut free, mut used, mut bytes) = (Vec::new(), Vec::new(), 0);
    for segment in 0..pool.known {
        let (mut unit, mut after_free) = (0, false);
        let units = to_u32(pool.segments.get(segment as usize).unwrap().len() / UNIT);
        let end = if units > LEAST { units - 1 } else { 0 };
        while unit < end {
            let block = Block::new(segment, unit);
            let header = pool.header(block);
            assert_eq!(header.is_after_free(), after_free, "{block:?}");
            assert!(header.units() >= LEAST, "{block:?}");
            if header.is_free() {
                assert!(!after_free, "two free neighbours: {block:?}");
                assert_eq!(pool.read(block.after(header.units() - 1)), header.units());
                free.push(block.0);
            } else {
                used.push(block);
                bytes += header.units() as usize * UNIT;
            }
            after_free = header.is_free();
            unit += header.units();
        }
        assert_eq!(unit, end);
        if end > 0 {
            assert_eq!(pool.header(Block::new(segment, end)).is_after_free(), after_free);
        }
    }
    assert_eq!(bytes, pool.used());
    let mut listed = listed(pool);
    listed.sort_unstable();
    assert_eq!(listed, free, "every free block stands in one list");
    (used, free.len())
}

fn listed<S: Segments>(pool: &Pool<S>) -> Vec<u32> {
    let mut listed = Vec::new();
    for (number, head) in pool.heads.iter().enumerate() {
        let (mut before, mut block) = (Block::NONE, *head);
        assert_eq!(pool.filled >> number & 1 != 0, block != Block::NONE);
        while block != Block::NONE {
            assert_eq!(list_of(pool.header(block).units()), number);
            assert_eq!(Block(pool.read(block.after(2))), before);
            listed.push(block.0);
            (before, block) = (block, Block(pool.read(block.after(1))));
        }
    }
    listed
}

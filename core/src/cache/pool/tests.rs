use core::time::Duration;
use std::boxed::Box;
use std::vec;
use std::vec::Vec;

use super::walk::walk;
use super::*;
use crate::rng::Rng;

/// Segments of given sizes, of which there are more only on request.
#[derive(Debug)]
struct Sized {
    there: Vec<Box<[u8]>>,
    to_come: Vec<usize>,
}

impl Segments for Sized {
    fn get(&self, segment: usize) -> Option<&[u8]> {
        self.there.get(segment).map(|bytes| &**bytes)
    }

    fn get_mut(&mut self, segment: usize) -> Option<&mut [u8]> {
        self.there.get_mut(segment).map(|bytes| &mut **bytes)
    }

    fn grow(&mut self, bytes: usize) -> bool {
        let more = self.to_come.pop().filter(|size| *size >= bytes);
        more.map(|size| self.there.push(vec![0xEE; size].into())).is_some()
    }

    fn bytes(&self) -> usize {
        self.there.iter().map(|segment| segment.len()).sum()
    }
}

fn pool(sizes: &[usize], to_come: &[usize]) -> Pool<Sized> {
    let there = sizes.iter().map(|size| vec![0xEE; *size].into()).collect();
    Pool::new(Sized { there, to_come: to_come.to_vec() })
}

/// Checks the memory and returns how many free blocks there are.
fn check(pool: &Pool<Sized>) -> usize {
    walk(pool).1
}

fn below(rng: &mut Rng, limit: usize) -> usize {
    rng.below(Duration::from_micros(limit as u64)).as_micros() as usize
}

/// Takes, gives and resizes at random, and compares what is held with what was written.
fn churn(mut pool: Pool<Sized>, seed: u64, largest: usize, most: usize) -> (usize, Vec<u32>) {
    let (mut rng, mut held) = (Rng::new(seed), Vec::<(Block, Vec<u8>)>::new());
    let (mut refused, mut trace) = (0, Vec::new());
    for step in 0..4_000_u32 {
        let len = below(&mut rng, largest);
        let pick = below(&mut rng, held.len().max(1));
        match below(&mut rng, 8) {
            0..4 if held.len() < most => match pool.take(len) {
                Some(block) => {
                    pool.bytes_mut(block).fill(step as u8);
                    held.push((block, vec![step as u8; len]));
                    trace.push(block.0);
                }
                None => refused += 1,
            },
            4..6 if pick < held.len() => {
                let (block, bytes) = held.swap_remove(pick);
                assert_eq!(pool.bytes(block), bytes);
                pool.give(block);
            }
            _ if pick < held.len() => {
                let (block, bytes) = &mut held[pick];
                if pool.resize(*block, len) {
                    let kept = len.min(bytes.len());
                    assert_eq!(pool.bytes(*block)[..kept], bytes[..kept]);
                    pool.bytes_mut(*block).fill(step as u8);
                    *bytes = vec![step as u8; len];
                }
            }
            _ => {}
        }
        if step % 64 == 0 {
            check(&pool);
            held.iter().for_each(|(block, bytes)| assert_eq!(pool.bytes(*block), bytes));
        }
    }
    held.drain(..).for_each(|(block, _)| pool.give(block));
    assert!(check(&pool) <= pool.known as usize, "free memory is in one piece again");
    assert_eq!(pool.used(), 0);
    (refused, trace)
}

#[test]
fn what_is_written_stays_until_it_is_given_back() {
    for seed in 0..20 {
        let (refused, _) = churn(pool(&[SEGMENT], &[]), seed, 300, 400);
        assert_eq!(refused, 0, "a pool with room refuses nothing");
        let (refused, _) = churn(pool(&[4_096, 1_024, 70], &[]), seed, 200, 400);
        assert!(refused > 0, "a full pool refuses");
    }
}

#[test]
fn the_same_calls_give_the_same_blocks() {
    let run = || churn(pool(&[20_000], &[10_000]), 7, 500, 1_000);
    assert_eq!(run(), run());
}

#[test]
fn a_pool_grows_only_when_it_is_full() {
    let mut pool = pool(&[], &[256, 1_024]);
    let first = pool.take(1_000).unwrap();
    assert_eq!(pool.segments.there.len(), 1);
    assert!(pool.take(250).is_none(), "the next segment is too small");
    pool.give(first);
    let again = pool.take(1_000).unwrap();
    assert_eq!(first, again);
    check(&pool);
}

#[test]
fn the_largest_block_fills_a_segment() {
    let mut pool = pool(&[SEGMENT], &[]);
    assert!(pool.take(LARGEST + 1).is_none());
    let block = pool.take(LARGEST).unwrap();
    assert_eq!(pool.bytes(block).len(), LARGEST);
    assert!(!pool.resize(block, LARGEST + 1));
    assert!(pool.resize(block, 0));
    assert_eq!(pool.bytes(block), b"");
    check(&pool);
}

#[test]
fn a_block_grows_into_a_free_neighbour() {
    let mut pool = pool(&[1_024], &[]);
    let blocks = [100, 100, 100].map(|len| pool.take(len).unwrap());
    pool.bytes_mut(blocks[0]).fill(7);
    assert!(!pool.resize(blocks[0], 150));
    pool.give(blocks[1]);
    assert!(pool.resize(blocks[0], 150));
    assert_eq!(pool.bytes(blocks[0])[..100], [7; 100]);
    assert!(!pool.resize(blocks[0], 300));
    check(&pool);
}

#[test]
fn memory_too_small_for_a_block_is_no_memory() {
    assert!(pool(&[0, 3, 16], &[]).take(0).is_none());
    assert!(pool(&[0, 3, 24], &[]).take(0).is_some());
}

/// More segments than a block can name, each too small to hold one.
struct Endless;

impl Segments for Endless {
    fn get(&self, _: usize) -> Option<&[u8]> {
        Some(&[0; 16])
    }

    fn get_mut(&mut self, _: usize) -> Option<&mut [u8]> {
        None
    }

    fn grow(&mut self, _: usize) -> bool {
        false
    }

    fn bytes(&self) -> usize {
        usize::MAX
    }
}

#[test]
fn segments_that_no_block_could_name_are_left_alone() {
    let mut pool = Pool::new(Endless);
    assert!(pool.take(0).is_none());
    assert_eq!(pool.known as usize, SEGMENTS);
}

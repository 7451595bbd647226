//! Where a cache keeps its rows: lent memory of fixed size, or the heap.

use core::sync::atomic::{AtomicU32, Ordering};

#[cfg(feature = "alloc")]
use super::pool::SEGMENTS;
use super::pool::{SEGMENT, Segments};

/// The places of rows.
pub trait Slots {
    fn get(&self, slot: u32) -> u32;

    fn set(&mut self, slot: u32, value: u32);

    /// Sets bits of a place that others read.
    fn mark(&self, slot: u32, bits: u32);

    /// Adds a place; nothing if there may be no more.
    fn push(&mut self, value: u32) -> Option<u32>;

    fn len(&self) -> u32;

    fn clear(&mut self);

    /// Returns the bytes it takes.
    fn bytes(&self) -> usize;
}

/// Finds rows by a hash.
pub trait Index {
    fn find(&self, hash: u64, is: impl FnMut(u32) -> bool) -> Option<u32>;

    /// Adds a row that is not there; returns whether there was room.
    fn insert(&mut self, hash: u64, slot: u32, hash_of: impl Fn(u32) -> u64) -> bool;

    fn remove(&mut self, hash: u64, slot: u32, hash_of: impl Fn(u32) -> u64);

    fn clear(&mut self);

    /// Returns the bytes it takes.
    fn bytes(&self) -> usize;

    /// Returns how many rows it finds.
    #[cfg(test)]
    fn len(&self) -> usize;
}

/// Kinds of memory.
pub trait Parts {
    type Slots: Slots + core::fmt::Debug;
    type Index: Index + core::fmt::Debug;
    type Segments: Segments + core::fmt::Debug;
    type Scratch: AsRef<[u8]> + AsMut<[u8]> + core::fmt::Debug;

    /// Whether it may ask for more than it was given.
    const GROWS: bool;
}

/// Where a cache keeps its rows; [`Fixed`] or, with the feature `alloc`, on the heap.
pub trait Memory: Parts + core::fmt::Debug {}

/// Memory that is lent, for boards and for bounds that hold.
#[derive(Debug)]
pub struct Fixed<'m>(core::marker::PhantomData<&'m mut ()>);

impl Memory for Fixed<'_> {}

impl<'m> Parts for Fixed<'m> {
    type Slots = LentSlots<'m>;
    type Index = LentIndex<'m>;
    type Segments = LentSegments<'m>;
    type Scratch = &'m mut [u8];

    const GROWS: bool = false;
}

/// Places in lent memory, of which the first are in use.
#[derive(Debug)]
pub struct LentSlots<'m> {
    places: &'m [AtomicU32],
    used: u32,
}

impl<'m> LentSlots<'m> {
    pub(super) const fn new(places: &'m [AtomicU32]) -> Self {
        Self { places, used: 0 }
    }
}

impl Slots for LentSlots<'_> {
    #[inline]
    fn get(&self, slot: u32) -> u32 {
        self.places.get(at(slot)).map_or(u32::MAX, |place| place.load(Ordering::Relaxed))
    }

    fn set(&mut self, slot: u32, value: u32) {
        if let Some(place) = self.places.get(at(slot)) {
            place.store(value, Ordering::Relaxed);
        }
    }

    fn mark(&self, slot: u32, bits: u32) {
        mark(self.places, slot, bits);
    }

    fn push(&mut self, value: u32) -> Option<u32> {
        let slot = self.used;
        self.places.get(at(slot))?.store(value, Ordering::Relaxed);
        self.used += 1;
        Some(slot)
    }

    fn len(&self) -> u32 {
        self.used
    }

    fn clear(&mut self) {
        self.used = 0;
    }

    fn bytes(&self) -> usize {
        size_of_val(self.places)
    }
}

/// A table of rows, each in the first free place from its own on; no more than half of the places are taken.
#[derive(Debug)]
pub struct LentIndex<'m> {
    places: Places<'m>,
    taken: usize,
}

/// Places of one more than a row each; 0 is nobody.
#[derive(Debug)]
pub(super) enum Places<'m> {
    /// Where there are fewer than 65,535 rows.
    Narrow(&'m mut [u16]),
    Wide(&'m mut [u32]),
}

impl Places<'_> {
    #[inline]
    const fn len(&self) -> usize {
        match self {
            Self::Narrow(places) => places.len(),
            Self::Wide(places) => places.len(),
        }
    }

    #[inline]
    fn get(&self, place: usize) -> Option<u32> {
        match self {
            Self::Narrow(places) => places.get(place).copied().map(u32::from),
            Self::Wide(places) => places.get(place).copied(),
        }
    }

    fn put(&mut self, place: usize, value: u32) {
        match self {
            Self::Narrow(places) => {
                debug_assert!(value <= u16::MAX.into(), "{value}");
                if let (Some(place), Ok(value)) = (places.get_mut(place), value.try_into()) {
                    *place = value;
                }
            }
            Self::Wide(places) => {
                if let Some(place) = places.get_mut(place) {
                    *place = value;
                }
            }
        }
    }

    fn clear(&mut self) {
        match self {
            Self::Narrow(places) => places.fill(0),
            Self::Wide(places) => places.fill(0),
        }
    }
}

impl<'m> LentIndex<'m> {
    /// Takes a table, whatever is in it.
    pub(super) fn new(mut places: Places<'m>) -> Self {
        places.clear();
        Self { places, taken: 0 }
    }

    /// Returns the own place of a hash.
    fn own(&self, hash: u64) -> usize {
        let wide = u128::from(hash) * self.places.len() as u128;
        // The high half of a product is below each of its factors.
        usize::try_from(wide >> 64).unwrap_or(0)
    }

    /// Returns every place once, from one on.
    fn from(&self, place: usize) -> impl Iterator<Item = usize> + use<> {
        (place..self.places.len()).chain(0..place)
    }

    fn row(&self, place: usize) -> Option<u32> {
        self.places.get(place)?.checked_sub(1)
    }
}

impl Index for LentIndex<'_> {
    #[inline]
    fn find(&self, hash: u64, mut is: impl FnMut(u32) -> bool) -> Option<u32> {
        let mut rows = self.from(self.own(hash)).map_while(|place| self.row(place));
        rows.find(|row| is(*row))
    }

    fn insert(&mut self, hash: u64, slot: u32, _: impl Fn(u32) -> u64) -> bool {
        if self.taken >= self.places.len() / 2 {
            return false;
        }
        let mut places = self.from(self.own(hash));
        let Some(free) = places.find(|place| self.row(*place).is_none()) else { return false };
        self.places.put(free, slot + 1);
        self.taken += 1;
        true
    }

    /// Takes a row out and moves those behind it up, as far as each may stand.
    fn remove(&mut self, hash: u64, slot: u32, hash_of: impl Fn(u32) -> u64) {
        let len = self.places.len();
        let mut places = self.from(self.own(hash)).take_while(|place| self.row(*place).is_some());
        let Some(mut gap) = places.find(|place| self.row(*place) == Some(slot)) else { return };
        for place in self.from(gap).skip(1) {
            let Some(row) = self.row(place) else { break };
            let own = self.own(hash_of(row));
            let reach = |from: usize| (from + len - own) % len;
            if reach(gap) <= reach(place) {
                self.places.put(gap, row + 1);
                gap = place;
            }
        }
        self.places.put(gap, 0);
        self.taken -= 1;
    }

    fn clear(&mut self) {
        self.places.clear();
        self.taken = 0;
    }

    fn bytes(&self) -> usize {
        match &self.places {
            Places::Narrow(places) => size_of_val(*places),
            Places::Wide(places) => size_of_val(*places),
        }
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        let rows = (0..self.places.len()).filter_map(|place| self.row(place));
        assert_eq!(rows.count(), self.taken);
        self.taken
    }
}

/// Lent bytes, a segment after the other.
#[derive(Debug)]
pub struct LentSegments<'m>(pub(super) &'m mut [u8]);

impl Segments for LentSegments<'_> {
    fn get(&self, segment: usize) -> Option<&[u8]> {
        let start = segment.checked_mul(SEGMENT)?;
        let rest = self.0.get(start..).filter(|rest| !rest.is_empty())?;
        Some(rest.get(..SEGMENT).unwrap_or(rest))
    }

    fn get_mut(&mut self, segment: usize) -> Option<&mut [u8]> {
        let start = segment.checked_mul(SEGMENT)?;
        let rest = self.0.get_mut(start..).filter(|rest| !rest.is_empty())?;
        let len = rest.len().min(SEGMENT);
        rest.get_mut(..len)
    }

    fn grow(&mut self, _: usize) -> bool {
        false
    }

    fn bytes(&self) -> usize {
        self.0.len()
    }
}

/// Sets bits of a place; a mark that is lost to another reader does no harm.
fn mark(places: &[AtomicU32], slot: u32, bits: u32) {
    if let Some(place) = places.get(at(slot)) {
        let value = place.load(Ordering::Relaxed);
        if value & bits != bits {
            place.store(value | bits, Ordering::Relaxed);
        }
    }
}

fn at(slot: u32) -> usize {
    usize::try_from(slot).unwrap_or(usize::MAX)
}

#[cfg(feature = "alloc")]
pub use heap::Heap;
#[cfg(feature = "alloc")]
pub(super) use heap::{HeapSegments, HeapSlots};

#[cfg(feature = "alloc")]
mod heap {
    use alloc::boxed::Box;
    use alloc::vec::Vec;

    use hashbrown::HashTable;

    use super::{
        AtomicU32, Index, Memory, Ordering, Parts, SEGMENT, SEGMENTS, Segments, Slots, at, mark,
    };

    /// Memory on the heap, which grows up to limits.
    #[derive(Debug)]
    pub struct Heap(());

    impl Memory for Heap {}

    impl Parts for Heap {
        type Slots = HeapSlots;
        type Index = HashTable<u32>;
        type Segments = HeapSegments;
        type Scratch = Box<[u8]>;

        const GROWS: bool = true;
    }

    /// How many places there are at first.
    const FIRST_SLOTS: u32 = 16;

    /// Places of a row each, up to a limit: half as many more whenever they are all in use.
    #[derive(Debug)]
    pub struct HeapSlots {
        places: Vec<AtomicU32>,
        limit: u32,
    }

    impl HeapSlots {
        pub(in super::super) const fn new(limit: u32) -> Self {
            Self { places: Vec::new(), limit }
        }
    }

    impl Slots for HeapSlots {
        #[inline]
        fn get(&self, slot: u32) -> u32 {
            self.places.get(at(slot)).map_or(u32::MAX, |place| place.load(Ordering::Relaxed))
        }

        fn set(&mut self, slot: u32, value: u32) {
            if let Some(place) = self.places.get_mut(at(slot)) {
                *place.get_mut() = value;
            }
        }

        fn mark(&self, slot: u32, bits: u32) {
            mark(&self.places, slot, bits);
        }

        fn push(&mut self, value: u32) -> Option<u32> {
            let slot = self.len();
            if slot >= self.limit {
                return None;
            }
            if self.places.len() == self.places.capacity() {
                let more = (slot / 2).max(FIRST_SLOTS).min(self.limit - slot);
                self.places.try_reserve_exact(at(more)).ok()?;
            }
            self.places.push(AtomicU32::new(value));
            Some(slot)
        }

        fn len(&self) -> u32 {
            u32::try_from(self.places.len()).unwrap_or(u32::MAX)
        }

        fn clear(&mut self) {
            self.places.clear();
        }

        fn bytes(&self) -> usize {
            self.places.capacity() * size_of::<u32>()
        }
    }

    impl Index for HashTable<u32> {
        #[inline]
        fn find(&self, hash: u64, mut is: impl FnMut(u32) -> bool) -> Option<u32> {
            Self::find(self, hash, |slot| is(*slot)).copied()
        }

        fn insert(&mut self, hash: u64, slot: u32, hash_of: impl Fn(u32) -> u64) -> bool {
            if self.try_reserve(1, |slot| hash_of(*slot)).is_err() {
                return false;
            }
            self.insert_unique(hash, slot, |slot| hash_of(*slot));
            true
        }

        fn remove(&mut self, hash: u64, slot: u32, _: impl Fn(u32) -> u64) {
            if let Ok(entry) = self.find_entry(hash, |other| *other == slot) {
                entry.remove();
            }
        }

        fn clear(&mut self) {
            Self::clear(self);
        }

        fn bytes(&self) -> usize {
            self.allocation_size()
        }

        #[cfg(test)]
        fn len(&self) -> usize {
            Self::len(self)
        }
    }

    /// The smallest segment, in bytes.
    const FIRST: usize = 4 * 1024;

    /// Segments on the heap: each as large as all before it, up to the largest there may be.
    #[derive(Debug)]
    pub struct HeapSegments {
        segments: Vec<Box<[u8]>>,
        bytes: usize,
        limit: usize,
    }

    impl HeapSegments {
        pub(in super::super) const fn new(limit: usize) -> Self {
            Self { segments: Vec::new(), bytes: 0, limit }
        }
    }

    impl Segments for HeapSegments {
        #[inline]
        fn get(&self, segment: usize) -> Option<&[u8]> {
            self.segments.get(segment).map(|bytes| &**bytes)
        }

        #[inline]
        fn get_mut(&mut self, segment: usize) -> Option<&mut [u8]> {
            self.segments.get_mut(segment).map(|bytes| &mut **bytes)
        }

        fn grow(&mut self, bytes: usize) -> bool {
            let size = self.bytes.max(bytes).clamp(FIRST, SEGMENT).next_power_of_two();
            let left = self.limit.saturating_sub(self.bytes);
            let size = if size > left { left } else { size };
            if size < bytes || self.segments.len() >= SEGMENTS {
                return false;
            }
            let mut segment = Vec::new();
            if segment.try_reserve_exact(size).is_err() {
                return false;
            }
            segment.resize(size, 0);
            self.segments.push(segment.into_boxed_slice());
            self.bytes += size;
            true
        }

        fn bytes(&self) -> usize {
            self.bytes
        }
    }
}

#[cfg(all(test, feature = "alloc"))]
mod tests;

//! How a cache gets its memory.

use core::fmt;
use core::sync::atomic::AtomicU32;

use super::family::{Fixed, LentIndex, LentSegments, LentSlots, Places};
use super::records::Records;
use super::{Cache, Settings};

/// Memory to lend to a cache: for `ROWS` rows whose records take `BYTES`, and `SCRATCH` bytes to read an event in.
///
/// A row takes eight bytes beside its record. It is for 65,534 rows at most; [`Cache::lent_slices`] is for more.
///
/// It is all zeroes before it is used, so that a static one takes no flash. The scratch has to hold the largest
/// row, packed, with eight bytes for each field and each row it refers to, and some of those rows: 8 KiB do for
/// most messages.
///
/// ```
/// use gatewright_core::cache::{Cache, CacheMemory, Settings};
///
/// let mut memory = CacheMemory::<200, 16_384, 4_096>::new();
/// let cache = Cache::lent(Settings::default(), &mut memory);
/// assert!(cache.guilds().is_empty());
/// ```
pub struct CacheMemory<const ROWS: usize, const BYTES: usize, const SCRATCH: usize> {
    slots: [AtomicU32; ROWS],
    index: [[u16; 2]; ROWS],
    bytes: [u8; BYTES],
    scratch: [u8; SCRATCH],
}

impl<const ROWS: usize, const BYTES: usize, const SCRATCH: usize>
    CacheMemory<ROWS, BYTES, SCRATCH>
{
    /// Creates it.
    #[must_use]
    pub const fn new() -> Self {
        const { assert!(ROWS < 65_535, "of more rows Cache::lent_slices makes a cache") };
        Self {
            slots: [const { AtomicU32::new(0) }; ROWS],
            index: [[0; 2]; ROWS],
            bytes: [0; BYTES],
            scratch: [0; SCRATCH],
        }
    }
}

impl<const ROWS: usize, const BYTES: usize, const SCRATCH: usize> Default
    for CacheMemory<ROWS, BYTES, SCRATCH>
{
    fn default() -> Self {
        Self::new()
    }
}

impl<const ROWS: usize, const BYTES: usize, const SCRATCH: usize> fmt::Debug
    for CacheMemory<ROWS, BYTES, SCRATCH>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CacheMemory<{ROWS}, {BYTES}, {SCRATCH}>")
    }
}

impl<'m> Cache<Fixed<'m>> {
    /// Creates one in memory that is lent, which is never more than that.
    #[must_use]
    pub fn lent<const ROWS: usize, const BYTES: usize, const SCRATCH: usize>(
        settings: Settings,
        memory: &'m mut CacheMemory<ROWS, BYTES, SCRATCH>,
    ) -> Self {
        let CacheMemory { slots, index, bytes, scratch } = memory;
        let index = Places::Narrow(index.as_flattened_mut());
        Self::of_parts(settings, slots, index, bytes, scratch)
    }

    /// Creates one in memory that is lent, whose sizes are known only at run time: a place for each row, at least
    /// two places of the index for each, the bytes of the records, and the scratch.
    ///
    /// What they are for [`CacheMemory`] tells. What they hold is overwritten.
    #[must_use]
    pub fn lent_slices(
        settings: Settings,
        slots: &'m mut [AtomicU32],
        index: &'m mut [u32],
        bytes: &'m mut [u8],
        scratch: &'m mut [u8],
    ) -> Self {
        Self::of_parts(settings, slots, Places::Wide(index), bytes, scratch)
    }

    fn of_parts(
        settings: Settings,
        slots: &'m [AtomicU32],
        index: Places<'m>,
        bytes: &'m mut [u8],
        scratch: &'m mut [u8],
    ) -> Self {
        let (slots, index) = (LentSlots::new(slots), LentIndex::new(index));
        Self { records: Records::new(slots, index, LentSegments(bytes)), scratch, settings }
    }
}

#[cfg(feature = "alloc")]
impl Cache<super::Heap> {
    /// Creates one on the heap, which grows up to the limits of the settings.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        use super::family::{HeapSegments, HeapSlots};

        /// What the largest row takes while it is read, in bytes.
        const SCRATCH: usize = 128 * 1024;

        let slots = HeapSlots::new(settings.max_rows);
        let segments = HeapSegments::new(settings.max_bytes);
        let records = Records::new(slots, hashbrown::HashTable::new(), segments);
        Self { records, scratch: alloc::vec![0; SCRATCH].into_boxed_slice(), settings }
    }
}

//! The bytes of the payload buffer: lent and of one size, or on the heap and growing.

#[cfg(feature = "alloc")]
pub(crate) use heap::Growing;
#[cfg(not(feature = "alloc"))]
pub(crate) use none::Growing;

/// The bytes of the payload buffer.
#[derive(Debug)]
pub(crate) enum Store<'m> {
    Lent(&'m mut [u8]),
    /// On the heap and of one size, to stand in for a lent one.
    #[cfg(feature = "alloc")]
    Fixed(alloc::boxed::Box<[u8]>),
    #[cfg_attr(not(feature = "alloc"), expect(dead_code, reason = "made by the heap only"))]
    Growing(Growing),
}

impl Store<'_> {
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Lent(bytes) => bytes,
            #[cfg(feature = "alloc")]
            Self::Fixed(bytes) => bytes,
            Self::Growing(growing) => growing.bytes(),
        }
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        match self {
            Self::Lent(bytes) => bytes,
            #[cfg(feature = "alloc")]
            Self::Fixed(bytes) => bytes,
            Self::Growing(growing) => growing.bytes_mut(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes().len()
    }

    /// Doubles the buffer, up to its limit; tells whether it grew.
    pub(crate) fn grow(&mut self) -> bool {
        match self {
            Self::Lent(_) => false,
            #[cfg(feature = "alloc")]
            Self::Fixed(_) => false,
            Self::Growing(growing) => growing.grow(),
        }
    }

    /// Shrinks the buffer towards its base size, but to no less than `needed` bytes.
    pub(crate) fn shrink(&mut self, needed: usize) {
        if let Self::Growing(growing) = self {
            growing.shrink(needed);
        }
    }

    /// Returns its size if that never changes, or its limit as an error.
    pub(crate) fn fixed(&self) -> Result<usize, usize> {
        match self {
            Self::Lent(bytes) => Ok(bytes.len()),
            #[cfg(feature = "alloc")]
            Self::Fixed(bytes) => Ok(bytes.len()),
            Self::Growing(growing) => Err(growing.limit()),
        }
    }

    /// Tells whether the buffer grows instead of sliding its bytes.
    pub(crate) fn prefers_growth(&self) -> bool {
        matches!(self, Self::Growing(_)) && self.len() < SLIDES_FROM
    }
}

/// From this size on a growing buffer slides its bytes to the front before it grows further.
const SLIDES_FROM: usize = 64 * 1024;

#[cfg(feature = "alloc")]
mod heap {
    use alloc::vec::Vec;

    /// The size a heap buffer begins with and shrinks back to.
    const BASE: usize = 4 * 1024;

    /// A heap buffer between a base size and a limit.
    #[derive(Debug)]
    pub(crate) struct Growing {
        bytes: Vec<u8>,
        limit: usize,
    }

    impl Growing {
        pub(crate) fn new(limit: usize) -> Self {
            Self { bytes: alloc::vec![0; BASE], limit: limit.max(BASE) }
        }

        pub(super) const fn limit(&self) -> usize {
            self.limit
        }

        pub(super) fn bytes(&self) -> &[u8] {
            &self.bytes
        }

        pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
            &mut self.bytes
        }

        pub(super) fn grow(&mut self) -> bool {
            let old = self.bytes.len();
            let new = old.saturating_mul(2).min(self.limit);
            self.bytes.reserve_exact(new - old);
            self.bytes.resize(new, 0);
            new > old
        }

        pub(super) fn shrink(&mut self, needed: usize) {
            let new = needed.next_power_of_two().max(BASE).min(self.limit);
            if new < self.bytes.len() && needed <= new {
                self.bytes.truncate(new);
                self.bytes.shrink_to_fit();
            }
        }
    }
}

#[cfg(not(feature = "alloc"))]
mod none {
    use core::convert::Infallible;

    /// A heap buffer where there is no heap: it cannot exist.
    #[derive(Debug)]
    pub(crate) struct Growing(Infallible);

    #[expect(clippy::needless_pass_by_ref_mut, reason = "the signatures of the heap's")]
    impl Growing {
        pub(super) const fn limit(&self) -> usize {
            match self.0 {}
        }

        pub(super) fn bytes(&self) -> &[u8] {
            match self.0 {}
        }

        pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
            match self.0 {}
        }

        pub(super) fn grow(&mut self) -> bool {
            match self.0 {}
        }

        pub(super) fn shrink(&mut self, _: usize) {
            match self.0 {}
        }
    }
}

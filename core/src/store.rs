//! The bytes of a buffer: lent and of one size, or on the heap, where it grows and shrinks.

use core::fmt;
use core::ops::{Deref, DerefMut};

#[cfg(feature = "alloc")]
pub(crate) use heap::Growing;
#[cfg(not(feature = "alloc"))]
pub(crate) use none::Growing;

/// The bytes of a buffer.
pub(crate) enum Store<'m> {
    Lent(&'m mut [u8]),
    /// On the heap and of one size, to stand in for a lent one.
    #[cfg(feature = "alloc")]
    Fixed(alloc::boxed::Box<[u8]>),
    #[cfg_attr(not(feature = "alloc"), expect(dead_code, reason = "made by the heap only"))]
    Growing(Growing),
}

impl fmt::Debug for Store<'_> {
    /// Writes how many bytes there are: some may be of the token, or private.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.len())
    }
}

impl Store<'_> {
    /// Gives a growing buffer this size, within its limit; tells whether it is larger than before.
    pub(crate) fn resize(&mut self, size: usize) -> bool {
        match self {
            Self::Lent(_) => false,
            #[cfg(feature = "alloc")]
            Self::Fixed(_) => false,
            Self::Growing(growing) => growing.resize(size),
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

    /// Returns the most bytes there may be.
    pub(crate) fn limit(&self) -> usize {
        self.fixed().unwrap_or_else(|limit| limit)
    }

    /// Tells whether the buffer can change its size.
    pub(crate) const fn grows(&self) -> bool {
        matches!(self, Self::Growing(_))
    }
}

impl Deref for Store<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Lent(bytes) => bytes,
            #[cfg(feature = "alloc")]
            Self::Fixed(bytes) => bytes,
            Self::Growing(growing) => growing.bytes(),
        }
    }
}

impl DerefMut for Store<'_> {
    fn deref_mut(&mut self) -> &mut [u8] {
        match self {
            Self::Lent(bytes) => bytes,
            #[cfg(feature = "alloc")]
            Self::Fixed(bytes) => bytes,
            Self::Growing(growing) => growing.bytes_mut(),
        }
    }
}

#[cfg(feature = "alloc")]
mod heap {
    use alloc::vec::Vec;

    /// A heap buffer with a limit.
    pub(crate) struct Growing {
        bytes: Vec<u8>,
        limit: usize,
    }

    impl Growing {
        /// Makes one of no bytes.
        pub(crate) const fn new(limit: usize) -> Self {
            Self { bytes: Vec::new(), limit }
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

        pub(super) fn resize(&mut self, size: usize) -> bool {
            let (old, new) = (self.bytes.len(), size.min(self.limit));
            self.bytes.reserve_exact(new.saturating_sub(old));
            self.bytes.resize(new, 0);
            self.bytes.shrink_to_fit();
            new > old
        }
    }
}

#[cfg(not(feature = "alloc"))]
mod none {
    use core::convert::Infallible;

    /// A heap buffer where there is no heap: it cannot exist.
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

        pub(super) fn resize(&mut self, _: usize) -> bool {
            match self.0 {}
        }
    }
}

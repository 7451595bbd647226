//! Memory that is either lent by the caller or owned on the heap: one type, chosen by value.

use core::ops::{Deref, DerefMut};

/// A value lent by the caller or, with the feature `alloc`, owned on the heap.
#[derive(Debug)]
pub(crate) enum Lease<'m, T: ?Sized> {
    Lent(&'m mut T),
    #[cfg_attr(not(feature = "alloc"), expect(dead_code, reason = "made by the heap only"))]
    Owned(Owned<T>),
}

impl<T: ?Sized> Deref for Lease<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Self::Lent(value) => value,
            Self::Owned(value) => value,
        }
    }
}

impl<T: ?Sized> DerefMut for Lease<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        match self {
            Self::Lent(value) => value,
            Self::Owned(value) => value,
        }
    }
}

#[cfg(not(feature = "alloc"))]
pub(crate) use absent::Owned;
#[cfg(feature = "alloc")]
pub(crate) use alloc::boxed::Box as Owned;

/// Stands in for the heap where there is none: a value that cannot exist.
#[cfg(not(feature = "alloc"))]
mod absent {
    use core::convert::Infallible;
    use core::marker::PhantomData;
    use core::ops::{Deref, DerefMut};

    #[derive(Debug)]
    pub(crate) struct Owned<T: ?Sized>(Infallible, PhantomData<T>);

    impl<T: ?Sized> Clone for Owned<T> {
        fn clone(&self) -> Self {
            match self.0 {}
        }
    }

    impl<T: ?Sized> Deref for Owned<T> {
        type Target = T;

        fn deref(&self) -> &T {
            match self.0 {}
        }
    }

    impl<T: ?Sized> DerefMut for Owned<T> {
        fn deref_mut(&mut self) -> &mut T {
            match self.0 {}
        }
    }
}

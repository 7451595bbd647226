//! A value that one side changes and others wait for.

use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

/// A value that can be waited for.
#[derive(Debug, Default)]
pub struct Watch<T>(Mutex<(T, Vec<Waker>)>);

impl<T> Watch<T> {
    /// Creates one with a first value.
    pub const fn new(value: T) -> Self {
        Self(Mutex::new((value, Vec::new())))
    }

    /// Looks at the value.
    pub fn read<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        look(&self.lock().0)
    }

    /// Changes the value and wakes everybody.
    pub fn change<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        let mut value = self.lock();
        let changed = change(&mut value.0);
        let wakers = std::mem::take(&mut value.1);
        drop(value);
        wakers.into_iter().for_each(Waker::wake);
        changed
    }

    /// Waits until a look at the value finds something.
    pub async fn wait<R>(&self, mut look: impl FnMut(&mut T) -> Option<R>) -> R {
        poll_fn(|cx| {
            let mut value = self.lock();
            let found = look(&mut value.0);
            if found.is_none() && !value.1.iter().any(|waker| waker.will_wake(cx.waker())) {
                value.1.push(cx.waker().clone());
            }
            found.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }

    fn lock(&self) -> MutexGuard<'_, (T, Vec<Waker>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! Whose turn it is, of many that may have something: each as often as the others.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// A line of those that may have something, for one who looks at them in turn.
///
/// Whoever is woken goes to its end, so that one that always has something does not keep the others waiting.
#[derive(Debug, Default)]
pub struct Turns(Mutex<Line>);

#[derive(Debug, Default)]
struct Line {
    waiting: VecDeque<usize>,
    /// By number, whether it waits.
    is_waiting: Vec<bool>,
    looker: Option<Waker>,
}

impl Turns {
    /// Creates a line with nobody in it.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Returns what puts this one in line; the numbers are to be small.
    #[must_use]
    pub fn waker(self: &Arc<Self>, number: usize) -> Waker {
        Waker::from(Arc::new(Turn { number, turns: Arc::clone(self) }))
    }

    /// Puts one in line, unless it stands there.
    pub fn join(&self, number: usize) {
        let mut line = self.lock();
        if line.is_waiting.len() <= number {
            line.is_waiting.resize(number + 1, false);
        }
        match line.is_waiting.get_mut(number) {
            Some(is_waiting) if !*is_waiting => *is_waiting = true,
            _ => return,
        }
        line.waiting.push_back(number);
        let looker = line.looker.take();
        drop(line);
        looker.into_iter().for_each(Waker::wake);
    }

    /// Takes the first in line.
    pub fn poll(&self, cx: &Context<'_>) -> Poll<usize> {
        let mut line = self.lock();
        let Some(number) = line.waiting.pop_front() else {
            line.looker = Some(cx.waker().clone());
            return Poll::Pending;
        };
        line.is_waiting.get_mut(number).into_iter().for_each(|is_waiting| *is_waiting = false);
        Poll::Ready(number)
    }

    fn lock(&self) -> MutexGuard<'_, Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One that may come in line.
struct Turn {
    number: usize,
    turns: Arc<Turns>,
}

impl Wake for Turn {
    fn wake(self: Arc<Self>) {
        self.turns.join(self.number);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.turns.join(self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[derive(Default)]
    struct Alarm(AtomicU32);

    impl Wake for Alarm {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn each_that_is_woken_gets_its_turn_and_once() {
        let (turns, alarm) = (Turns::new(), Arc::<Alarm>::default());
        let looker = Waker::from(Arc::clone(&alarm));
        let cx = Context::from_waker(&looker);
        assert_eq!(turns.poll(&cx), Poll::Pending);
        let (one, two) = (turns.waker(1), turns.waker(2));
        two.wake_by_ref();
        one.wake_by_ref();
        two.wake_by_ref();
        assert_eq!(alarm.0.load(Ordering::Relaxed), 1, "who looks is woken once");
        assert_eq!(turns.poll(&cx), Poll::Ready(2));
        two.wake();
        assert_eq!(turns.poll(&cx), Poll::Ready(1));
        assert_eq!(turns.poll(&cx), Poll::Ready(2));
        assert_eq!(turns.poll(&cx), Poll::Pending);
        turns.join(7);
        assert_eq!(alarm.0.load(Ordering::Relaxed), 2);
        assert_eq!(turns.poll(&cx), Poll::Ready(7));
    }
}

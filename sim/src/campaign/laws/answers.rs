//! A request for a heartbeat is answered in the same drain, unless there were ten in the last minute.
//!
//! On a connection whose bytes were damaged a request may be taken for part of something else. However
//! many requests come, answers stay within ten a minute beside the heartbeats there are anyway.

use std::collections::VecDeque;
use std::time::Duration;

use gatewright_core::{Instant, Phase};

use super::Verdict;
use super::track::{Facts, HEARTBEAT};
use crate::simulation::Seen;

#[derive(Debug, Default)]
pub(super) struct Answers {
    /// Whether an answer is owed in the drain at hand.
    owed: bool,
    /// Whether it is what was seen last that asks for it.
    fresh: bool,
    /// The requests of the last minute that were to be answered.
    asked: VecDeque<Instant>,
    /// The heartbeats of the last minute.
    sent: VecDeque<Instant>,
}

impl Answers {
    pub(super) const NAME: &'static str = "answers";
    const MOST: usize = 10;
    const SPAN: Duration = Duration::from_secs(60);

    /// Judges before the frame that is seen counts as flying.
    pub(super) fn see(&mut self, at: Instant, seen: &Seen, facts: &Facts) -> Verdict {
        let fresh = core::mem::take(&mut self.fresh);
        match seen {
            Seen::Asked { .. } => self.ask(at, facts),
            Seen::Connect { .. } => *self = Self::default(),
            // The damage to a message is told behind what stood in it.
            Seen::Spoiled { .. } => self.owed &= !fresh,
            Seen::Close { .. } | Seen::Disconnected { .. } => self.owed = false,
            Seen::Send { op: HEARTBEAT, .. } => {
                self.owed = false;
                return self.count(at, facts);
            }
            Seen::Wait { phase, .. } => {
                let greeted = matches!(
                    phase,
                    Phase::Asking | Phase::Identifying | Phase::Resuming | Phase::Live
                );
                let owed = self.owed && facts.flying.is_none();
                self.owed &= !owed;
                if owed && greeted {
                    return Err("a request for a heartbeat was not answered at once".to_owned());
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn ask(&mut self, at: Instant, facts: &Facts) {
        forget(&mut self.asked, at);
        if self.asked.len() < Self::MOST && facts.greeted.is_some() {
            self.asked.push_back(at);
            let readable = !facts.is_damaged(at) && !facts.regrouped;
            self.fresh = readable && !self.owed;
            self.owed |= readable;
        }
    }

    fn count(&mut self, at: Instant, facts: &Facts) -> Verdict {
        forget(&mut self.sent, at);
        self.sent.push_back(at);
        let interval = facts.interval().unwrap_or(Self::SPAN).max(Duration::from_secs(1));
        let beats = Self::SPAN.as_millis() / interval.as_millis();
        let most = usize::try_from(beats).unwrap_or(0) + 1 + Self::MOST;
        if self.sent.len() > most {
            return Err(format!("more than {most} heartbeats in a minute"));
        }
        Ok(())
    }
}

/// Forgets what is a minute old.
fn forget(moments: &mut VecDeque<Instant>, at: Instant) {
    while moments.front().is_some_and(|first| at.saturating_since(*first) >= Answers::SPAN) {
        moments.pop_front();
    }
}

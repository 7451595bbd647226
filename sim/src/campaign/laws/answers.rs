//! A request for a heartbeat is answered in the same drain, unless there were ten in the last minute.
//!
//! On a connection whose bytes were damaged a request may be taken for part of something else.

use std::collections::VecDeque;
use std::time::Duration;

use gatewright_core::{Instant, Phase};

use super::Verdict;
use crate::simulation::Seen;

/// The opcode of a heartbeat.
const HEARTBEAT: u8 = 1;

#[derive(Debug, Default)]
pub(super) struct Answers {
    /// Whether an answer is owed in the drain at hand.
    owed: bool,
    asked: VecDeque<Instant>,
    flying: bool,
    spoiled: bool,
}

impl Answers {
    pub(super) const NAME: &'static str = "answers";
    const MOST: usize = 10;
    const SPAN: Duration = Duration::from_secs(60);

    pub(super) fn see(&mut self, at: Instant, seen: &Seen) -> Verdict {
        match seen {
            Seen::Asked { .. } => self.ask(at),
            Seen::Spoiled { .. } => self.spoiled = true,
            Seen::Connect { .. } | Seen::Close { .. } | Seen::Disconnected { .. } => {
                *self = Self::default();
            }
            Seen::Send { op, .. } => {
                self.flying = true;
                self.owed &= *op != HEARTBEAT;
            }
            Seen::Taken { .. } => self.flying = false,
            Seen::Wait { phase, .. } => {
                let greeted = matches!(
                    phase,
                    Phase::Asking | Phase::Identifying | Phase::Resuming | Phase::Live
                );
                if core::mem::take(&mut self.owed) && greeted {
                    return Err("a request for a heartbeat was not answered at once".to_owned());
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// While a frame is with the transport no other may go.
    fn ask(&mut self, at: Instant) {
        while self.asked.front().is_some_and(|first| at.saturating_since(*first) > Self::SPAN) {
            self.asked.pop_front();
        }
        self.owed = self.asked.len() < Self::MOST && !self.flying && !self.spoiled;
        self.asked.push_back(at);
    }
}

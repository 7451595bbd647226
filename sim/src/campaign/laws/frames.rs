//! What the transport took arrives at the gateway, whole and in order.

use std::collections::VecDeque;

use gatewright_core::Link;

use super::Verdict;
use super::track::{HEARTBEAT, IDENTIFY, RESUME};
use crate::journal::What;
use crate::simulation::Seen;

/// The frames of the transport at hand that the gateway has not told of.
///
/// It does not tell of every Identify and Resume.
#[derive(Debug, Default)]
pub(super) struct Frames {
    link: Link,
    sent: VecDeque<(u8, usize)>,
}

impl Frames {
    pub(super) const NAME: &'static str = "frames";

    pub(super) fn see(&mut self, seen: &Seen) -> Verdict {
        match seen {
            Seen::Connect { link, .. } => {
                self.link = *link;
                self.sent.clear();
            }
            Seen::Send { op, .. } if matches!(*op, IDENTIFY | RESUME) => {}
            Seen::Send { op, bytes, .. } => self.sent.push_back((*op, *bytes)),
            Seen::Gateway { link, what: What::Heartbeat { .. } } if *link == self.link => {
                return self.arrive(HEARTBEAT, None);
            }
            Seen::Gateway { link, what: What::Command { op, bytes } } if *link == self.link => {
                return self.arrive(u8::try_from(*op).unwrap_or(u8::MAX), Some(*bytes));
            }
            _ => {}
        }
        Ok(())
    }

    fn arrive(&mut self, op: u8, bytes: Option<usize>) -> Verdict {
        match self.sent.pop_front() {
            Some((sent, length)) if sent == op && bytes.is_none_or(|bytes| bytes == length) => {
                Ok(())
            }
            Some((sent, _)) => Err(format!("op {op} arrives, and op {sent} was sent before")),
            None => Err(format!("op {op} arrives, and was not sent")),
        }
    }
}

//! A busy consumer never makes a zombie: only who heard nothing, or no ACK, may say so.

use gatewright_core::{Cause, Link};

use super::Verdict;
use crate::simulation::Seen;

#[derive(Debug, Default)]
pub(super) struct Zombies {
    /// The latest transport that kept something back.
    withheld: Option<Link>,
}

impl Zombies {
    pub(super) const NAME: &'static str = "no-false-zombie";

    pub(super) fn see(&mut self, seen: &Seen) -> Verdict {
        match seen {
            Seen::Withheld { link } => self.withheld = Some(*link),
            Seen::Disconnected { link, cause: cause @ (Cause::Zombie | Cause::MissedAcks) }
                if self.withheld != Some(*link) =>
            {
                return Err(format!("{cause}, though nothing was withheld"));
            }
            _ => {}
        }
        Ok(())
    }
}

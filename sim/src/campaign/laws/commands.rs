//! No command is lost, none goes out twice once it was sent, none too early, and each fate is told once.

use std::collections::VecDeque;
use std::time::Duration;

use gatewright_core::{CommandId, Fate, Instant, Phase};

use super::Verdict;
use crate::simulation::Seen;

/// How many commands are remembered after their fate was told.
const REMEMBERED: usize = 64;
/// How late a call for time alone may find what expired.
const SLACK: Duration = Duration::from_millis(25);

#[derive(Debug, Default)]
pub(super) struct Commands {
    open: Vec<Open>,
    /// Digests of commands that were sent.
    sent: VecDeque<u64>,
    /// The command that is with the transport, and since when there was another or none.
    flying: Option<CommandId>,
    freed: Instant,
    latest_presence: Option<CommandId>,
    stopped: bool,
    /// No open command expires before.
    expiry: Option<Instant>,
}

/// A command whose fate was not told.
#[derive(Debug)]
struct Open {
    id: CommandId,
    digest: u64,
    expires: Instant,
    presence: bool,
    taken: bool,
}

impl Commands {
    pub(super) const NAME: &'static str = "commands";

    /// Returns how many fates are open.
    pub(super) fn open(&self) -> usize {
        self.open.len()
    }

    pub(super) fn see(&mut self, at: Instant, seen: &Seen) -> Verdict {
        match seen {
            Seen::Queued { id, digest, expires, presence } => {
                let (id, digest, expires, presence) = (*id, *digest, *expires, *presence);
                self.expiry = Some(self.expiry.map_or(expires, |known| known.min(expires)));
                self.open.push(Open { id, digest, expires, presence, taken: false });
                if presence {
                    self.latest_presence = Some(id);
                }
            }
            Seen::Connect { .. } | Seen::Disconnected { .. } => {
                (self.flying, self.freed) = (None, at);
            }
            Seen::Send { op: 1 | 2 | 6, .. } => self.flying = None,
            Seen::Send { digest, phase, .. } => return self.send(at, *digest, *phase),
            Seen::Taken { .. } => self.taken(),
            Seen::Fate { id, fate } => return self.fate(at, *id, *fate),
            Seen::Stopped(_) => self.stopped = true,
            Seen::Wait { .. } if self.expiry.is_some_and(|expiry| expiry < at) => {
                return self.overdue(at);
            }
            _ => {}
        }
        Ok(())
    }

    fn send(&mut self, at: Instant, digest: u64, phase: Phase) -> Verdict {
        if self.sent.contains(&digest) {
            return Err("a command is handed out again after it was sent".to_owned());
        }
        let Some(open) = self.open.iter().find(|open| open.digest == digest) else {
            return Err("a frame goes out that nobody asked for".to_owned());
        };
        if phase != Phase::Live {
            return Err(format!("command {} goes out while the shard is {phase}", open.id.0));
        }
        if open.expires <= at {
            return Err(format!("command {} goes out, and expired at {}", open.id.0, open.expires));
        }
        self.flying = Some(open.id);
        Ok(())
    }

    /// What expired is told in the drain after, unless it is with the transport.
    fn overdue(&mut self, at: Instant) -> Verdict {
        let waits = |open: &&Open| !open.taken && Some(open.id) != self.flying;
        let expiries = self.open.iter().filter(waits).map(|open| open.expires);
        self.expiry = expiries.min();
        match self.expiry {
            Some(expiry) if expiry.max(self.freed).saturating_add(SLACK) < at => {
                Err(format!("a command expired at {expiry}, and that is not told"))
            }
            _ => Ok(()),
        }
    }

    fn taken(&mut self) {
        let Some(flying) = self.flying.take() else { return };
        if let Some(open) = self.open.iter_mut().find(|open| open.id == flying) {
            open.taken = true;
            if self.sent.len() == REMEMBERED {
                self.sent.pop_front();
            }
            self.sent.push_back(open.digest);
        }
    }

    fn fate(&mut self, at: Instant, id: CommandId, fate: Fate) -> Verdict {
        let Some(place) = self.open.iter().position(|open| open.id == id) else {
            return Err(format!("the fate of command {} is told, and it was not open", id.0));
        };
        let open = self.open.swap_remove(place);
        let right = match fate {
            Fate::Sent => open.taken,
            Fate::Expired => !open.taken && open.expires <= at,
            Fate::Replaced => !open.taken && open.presence && self.latest_presence > Some(id),
            Fate::Dropped => !open.taken && self.stopped,
            // A fate this law knows nothing of has no reason yet.
            _ => false,
        };
        if right { Ok(()) } else { Err(format!("command {} counts as {fate:?}, and is not", id.0)) }
    }
}

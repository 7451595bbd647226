//! No command is lost, none goes out twice once it was sent, none too early or too often, and each fate is told once.

use std::collections::VecDeque;
use std::time::Duration;

use gatewright_core::{CommandClass, CommandId, EventKind, Fate, GuildId, Instant, Phase};

use super::Verdict;
use crate::simulation::Seen;

/// How many commands are remembered after their fate was told.
const REMEMBERED: usize = 64;
/// How late a call for time alone may find what expired.
const SLACK: Duration = Duration::from_millis(25);
/// How long all members of a guild are not to be asked for again.
const MEMBERS: Duration = Duration::from_secs(30);

#[derive(Debug, Default)]
pub(super) struct Commands {
    open: Vec<Open>,
    /// Digests of commands that were sent.
    sent: VecDeque<u64>,
    /// The command that is with the transport, and since when there was another or none.
    flying: Option<CommandId>,
    freed: Instant,
    /// When all members of guilds were asked for.
    asked: Vec<(GuildId, Instant)>,
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
    class: CommandClass,
    /// Whether a later one may take its place.
    outdone: bool,
    taken: bool,
    /// Whether it may have been turned down.
    turned_down: bool,
}

/// Tells whether a command may take the place of an earlier one.
fn outdoes(later: CommandClass, earlier: CommandClass) -> bool {
    match (later, earlier) {
        (CommandClass::Presence, CommandClass::Presence) => true,
        (
            CommandClass::Voice { guild, mute, deaf },
            CommandClass::Voice { guild: same, mute: says_mute, deaf: says_deaf },
        ) => guild == same && (mute || !says_mute) && (deaf || !says_deaf),
        _ => false,
    }
}

impl Commands {
    pub(super) const NAME: &'static str = "commands";

    /// Returns how many fates are open.
    pub(super) fn open(&self) -> usize {
        self.open.len()
    }

    pub(super) fn see(&mut self, at: Instant, seen: &Seen) -> Verdict {
        match seen {
            Seen::Queued { id, digest, expires, class } => {
                let (id, digest, mut expires, class) = (*id, *digest, *expires, *class);
                // It stands for those it outdoes, and lives as long as they would.
                let waits =
                    |open: &&Open| !open.taken && !open.outdone && outdoes(class, open.class);
                for open in self.open.iter().filter(waits) {
                    expires = expires.max(open.expires);
                }
                self.expiry = Some(self.expiry.map_or(expires, |known| known.min(expires)));
                for open in &mut self.open {
                    open.outdone |= outdoes(class, open.class);
                }
                let (outdone, taken, turned_down) = (false, false, false);
                self.open.push(Open { id, digest, expires, class, outdone, taken, turned_down });
            }
            Seen::Dispatch { kind: EventKind::RateLimited, .. } => {
                for open in &mut self.open {
                    let CommandClass::AllMembers(guild) = open.class else { continue };
                    open.turned_down |= open.taken;
                    // The gateway itself says when to ask again.
                    self.asked.retain(|(asked, _)| !open.taken || *asked != guild);
                }
            }
            Seen::Connect { .. } | Seen::Disconnected { .. } => {
                (self.flying, self.freed) = (None, self.freed.max(at));
            }
            // Nothing is told to a consumer that takes nothing.
            Seen::Held { until } => self.freed = self.freed.max(*until),
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
        let again = Err("a command is handed out again after it was sent".to_owned());
        let Some(open) = self.open.iter_mut().find(|open| open.digest == digest) else {
            let unknown = Err("a frame goes out that nobody asked for".to_owned());
            return if self.sent.contains(&digest) { again } else { unknown };
        };
        if open.taken && !core::mem::take(&mut open.turned_down) {
            return again;
        }
        open.taken = false;
        if phase != Phase::Live {
            return Err(format!("command {} goes out while the shard is {phase}", open.id.0));
        }
        if open.expires <= at {
            return Err(format!("command {} goes out, and expired at {}", open.id.0, open.expires));
        }
        self.flying = Some(open.id);
        match open.class {
            CommandClass::AllMembers(guild) => self.ask(at, guild),
            _ => Ok(()),
        }
    }

    /// All members of a guild are asked for once in a while.
    fn ask(&mut self, at: Instant, guild: GuildId) -> Verdict {
        self.asked.retain(|(_, asked)| at.saturating_since(*asked) < MEMBERS);
        if self.asked.iter().any(|(asked, _)| *asked == guild) {
            return Err(format!("all members of {guild} are asked for again within 30 s"));
        }
        self.asked.push((guild, at));
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
            Fate::Expired => (!open.taken || open.turned_down) && open.expires <= at,
            Fate::Replaced => !open.taken && open.outdone,
            Fate::Dropped => (!open.taken || open.turned_down) && self.stopped,
            // A fate this law knows nothing of has no reason yet.
            _ => false,
        };
        if right { Ok(()) } else { Err(format!("command {} counts as {fate:?}, and is not", id.0)) }
    }
}

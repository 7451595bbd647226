//! Defects a client could have, to see that each is found: what stands between a shard and its world goes wrong.

use std::time::Duration;

use gatewright_core::cache::{Cache, Heap};
use gatewright_core::{CloseCode, EventKind, Instant, Session};

use super::Seen;

/// The opcodes of a heartbeat, Identify and Resume.
const HEARTBEAT: u8 = 1;
const IDENTIFY: u8 = 2;
const RESUME: u8 = 6;
/// How late a heartbeat is made.
pub(super) const LATE: Duration = Duration::from_secs(3);
/// More frames than a minute may have.
const FLOOD: u32 = 130;
/// How long ago something else than an ACK came at most, for a client that looks for nothing more.
pub(super) const LATELY: Duration = Duration::from_secs(14);
/// Which events are tampered with: not the first ones.
const FIRST: u64 = 5;

/// A defect of a client.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// It sends each heartbeat twice.
    BeatsTooOften,
    /// It closes with 1000, which ends the session.
    ClosesForGood,
    /// It takes what comes late on an old connection for news.
    DeliversOldNews,
    /// It waits for no permit to identify.
    EagerIdentify,
    /// It sends a command before READY or RESUMED.
    EarlyCommand,
    /// It sends more than 120 frames in a minute.
    FloodsSends,
    /// It forgets at each start what was counted of the day.
    ForgetsBudget,
    /// It does not tell that a session is lost.
    ForgetsLoss,
    /// It never comes back after a connection is over.
    GivesUp,
    /// It takes silence for life.
    HoldsDeadLink,
    /// It goes on without ACKs as long as anything else comes.
    IgnoresMissingAcks,
    /// It keeps messages that are deleted.
    IgnoresDeletes,
    /// It identifies whatever is left of the day.
    IgnoresBudget,
    /// It answers no request for a heartbeat.
    IgnoresRequest,
    /// It takes a transport it does not read for silent.
    JudgesUnread,
    /// It keeps an event that has no room in the memory given.
    KeepsTooMuch,
    /// Its heartbeats are late.
    LateHeartbeat,
    /// It leaves a connection for no reason.
    LeavesForNothing,
    /// It loses a command without a word.
    LosesCommand,
    /// It has no defect: nothing is to be found.
    None,
    /// It records something else than what happened.
    RecordsAmiss,
    /// It waits for nothing between two connections.
    RedialsAtOnce,
    /// It hands a command out twice.
    RepeatsCommand,
    /// It delivers an event twice.
    RepeatsEvent,
    /// It skips an event there is room for.
    SkipsForNothing,
    /// It goes on waiting when the refusal of an Identify is over.
    StaysRefused,
    /// It does not deliver an event.
    SwallowsEvent,
    /// It delivers nothing that has no number, or that came before.
    SwallowsUnnumbered,
    /// It delivers an event before the one that came first.
    SwapsEvents,
    /// It wants to be called at once, again and again.
    WaitsForNothing,
    /// It does not want to be called again.
    WaitsForever,
    /// It loses a member when it restores a snapshot.
    RestoresLess,
    /// It takes up its latest session with rows of an earlier moment.
    RestoresTooEarly,
    /// It takes up a session one event later than it was saved.
    ResumesTooLate,
    /// It resumes from an earlier number.
    WrongResumeSeq,
}

impl Defect {
    /// Those of caches, and of what takes them up again.
    pub const OF_CACHES: [Self; 4] =
        [Self::IgnoresDeletes, Self::RestoresLess, Self::RestoresTooEarly, Self::ResumesTooLate];

    /// All others there are to be found.
    pub const ALL: [Self; 30] = [
        Self::BeatsTooOften,
        Self::ClosesForGood,
        Self::DeliversOldNews,
        Self::EagerIdentify,
        Self::EarlyCommand,
        Self::FloodsSends,
        Self::ForgetsBudget,
        Self::ForgetsLoss,
        Self::GivesUp,
        Self::HoldsDeadLink,
        Self::IgnoresBudget,
        Self::IgnoresMissingAcks,
        Self::IgnoresRequest,
        Self::JudgesUnread,
        Self::KeepsTooMuch,
        Self::LateHeartbeat,
        Self::LeavesForNothing,
        Self::LosesCommand,
        Self::RecordsAmiss,
        Self::RedialsAtOnce,
        Self::RepeatsCommand,
        Self::RepeatsEvent,
        Self::SkipsForNothing,
        Self::StaysRefused,
        Self::SwallowsEvent,
        Self::SwallowsUnnumbered,
        Self::SwapsEvents,
        Self::WaitsForNothing,
        Self::WaitsForever,
        Self::WrongResumeSeq,
    ];
}

/// What becomes of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// It goes out.
    Pass,
    /// It counts as sent, and is not.
    Lose,
    /// Nobody hears of it.
    Skip,
}

/// The defect of a client, if it has one, and what came of it so far.
#[derive(Debug, Default)]
pub(super) struct Sabotage {
    pub(super) defect: Option<Defect>,
    /// Whether an event was tampered with already.
    done: bool,
    /// An event that is to come after the next one.
    stash: Option<Seen>,
    /// Whether the next heartbeat answers a request.
    asked: bool,
    pub(super) given_up: bool,
    /// The command that was queued last.
    pub(super) spare: Option<Vec<u8>>,
    /// A frame that goes out so many times more.
    again: Option<(Vec<u8>, u32)>,
}

impl Sabotage {
    pub(super) fn is(&self, defect: Defect) -> bool {
        self.defect == Some(defect)
    }

    /// Hears that a heartbeat is asked for.
    pub(super) fn hear_request(&mut self) {
        self.asked = self.is(Defect::IgnoresRequest);
    }

    /// Takes a frame that goes out in addition.
    pub(super) fn extra(&mut self) -> Option<Vec<u8>> {
        let (data, times) = self.again.as_mut()?;
        let data = data.clone();
        *times -= 1;
        if *times == 0 {
            self.again = None;
        }
        Some(data)
    }

    /// Decides what becomes of a frame, and may change it.
    pub(super) fn frame(&mut self, op: u8, data: &mut [u8]) -> Deed {
        let Some(defect) = self.defect else { return Deed::Pass };
        let command = !matches!(op, HEARTBEAT | IDENTIFY | RESUME);
        match defect {
            Defect::WrongResumeSeq if op == RESUME => lower_seq(data),
            Defect::LosesCommand if command => return Deed::Lose,
            Defect::RepeatsCommand if command => self.again = Some((data.to_vec(), 1)),
            Defect::BeatsTooOften if op == HEARTBEAT => self.again = Some((data.to_vec(), 1)),
            Defect::FloodsSends if op == HEARTBEAT => self.again = Some((data.to_vec(), FLOOD)),
            Defect::EarlyCommand if matches!(op, IDENTIFY | RESUME) => {
                self.again = self.spare.clone().map(|data| (data, 1));
            }
            Defect::IgnoresRequest if op == HEARTBEAT && core::mem::take(&mut self.asked) => {
                return Deed::Skip;
            }
            _ => {}
        }
        Deed::Pass
    }

    /// Returns the code to close with.
    pub(super) fn code(&self, code: CloseCode) -> CloseCode {
        if self.is(Defect::ClosesForGood) { CloseCode::NORMAL } else { code }
    }

    /// Returns when to call the shard, which wants to be called then.
    pub(super) fn wait(&self, now: Instant, until: Instant) -> Instant {
        match self.defect {
            Some(Defect::WaitsForNothing) => now,
            Some(Defect::WaitsForever) => Instant::MAX,
            _ => until,
        }
    }

    /// Returns what is recorded.
    pub(super) fn recording(&self, recording: String) -> String {
        match self.defect {
            Some(Defect::RecordsAmiss) => recording.replacen("\"READY\" 1", "\"READY\" 2", 1),
            _ => recording,
        }
    }

    /// Tells whether a cache hears nothing of an event.
    pub(super) fn keeps_from_cache(&self, kind: EventKind) -> bool {
        self.is(Defect::IgnoresDeletes) && kind == EventKind::MessageDelete
    }

    /// Spoils what is restored; `latest` is the session of the process that ended.
    pub(super) fn restart(
        &self,
        cache: &mut Cache<Heap>,
        session: &mut Option<Session>,
        latest: Option<Session>,
    ) {
        match self.defect {
            Some(Defect::RestoresLess) => {
                let member = cache.members().iter().last().map(|row| row.key());
                member.into_iter().for_each(|key| {
                    cache.members_mut().remove(key, &mut ());
                });
            }
            Some(Defect::RestoresTooEarly) => *session = latest,
            Some(Defect::ResumesTooLate) => {
                if let Some(session) = session {
                    session.processed += 1;
                    session.received = session.received.max(session.processed);
                }
            }
            _ => {}
        }
    }

    /// Tells an event, or something else; says whether the connection is to be left.
    pub(super) fn tell(&mut self, seen: Seen, mut see: impl FnMut(Seen)) -> bool {
        let Some(defect) = self.defect else {
            see(seen);
            return false;
        };
        if let Seen::Disconnected { .. } = seen {
            self.given_up = defect == Defect::GivesUp;
        }
        let late = matches!(seen, Seen::Dispatch { serial: Some(serial), .. } if serial > FIRST);
        let now = late && !self.done;
        match defect {
            Defect::ForgetsLoss if matches!(seen, Seen::Lost { .. }) => {}
            Defect::SwallowsEvent if now => self.done = true,
            Defect::SwallowsUnnumbered if is_odd(&seen) => {}
            Defect::KeepsTooMuch | Defect::SkipsForNothing if now => {
                self.done = true;
                see(remembered_amiss(seen, defect));
            }
            Defect::RepeatsEvent if now => {
                self.done = true;
                see(seen.clone());
                see(seen);
            }
            Defect::SwapsEvents if now => {
                self.done = true;
                self.stash = Some(seen);
            }
            Defect::LeavesForNothing if now => {
                self.done = true;
                see(seen);
                return true;
            }
            _ => {
                see(seen);
                self.stash.take().into_iter().for_each(see);
            }
        }
        false
    }
}

/// Tells whether an event has no number, or came before.
const fn is_odd(seen: &Seen) -> bool {
    matches!(seen, Seen::Dispatch { seq: None, .. } | Seen::Duplicate { .. })
}

/// Makes more of an event than there is room for, or skips it.
fn remembered_amiss(seen: Seen, defect: Defect) -> Seen {
    let Seen::Dispatch { kind, seq, serial, .. } = seen else { return seen };
    match defect {
        Defect::KeepsTooMuch => Seen::Dispatch { kind, seq, serial, bytes: usize::MAX },
        _ => Seen::Skipped { kind, seq, through: seq, length: 200, more: 0 },
    }
}

/// Makes the number of a Resume in JSON one less, if that leaves as many digits.
fn lower_seq(data: &mut [u8]) {
    let key = br#""seq":"#;
    let Some(at) = data.windows(key.len()).position(|part| part == key) else { return };
    let digits = data.iter_mut().skip(at + key.len()).take_while(|byte| byte.is_ascii_digit());
    if let Some(last) = digits.last().filter(|last| **last > b'1') {
        *last -= 1;
    }
}

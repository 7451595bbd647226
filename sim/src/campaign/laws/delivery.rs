//! Every dispatch of a session is delivered exactly once and in order, or its loss is told.
//!
//! While bytes that were [damaged](super::damage) may matter less is judged: what is missing is told as
//! a gap, and nothing is delivered twice. A session without an id, which nobody can resume, is told of
//! as it begins. What has no number on purpose, or is said again, comes at
//! most as often as the gateway said it; that a skip was needed is judged only where there is room for all.

use gatewright_core::{Cause, CloseCode, EventKind, Limit, Link};

use super::damage::Damage;
use super::track::RESUME;
use super::{Terms, Verdict};
use crate::fault::Fault;
use crate::journal::What;
use crate::simulation::Seen;

/// Resumes in a row without RESUMED after which a session may be given up.
const RESUMES: u32 = 3;
/// What a compressed document leaves of the memory: the history it refers to stays.
const HISTORY: usize = 32 * 1024;
/// How many dispatches the gateway says again when it does.
const REPEATED: u32 = 3;

#[derive(Clone, Debug, Default)]
pub(super) struct Delivery {
    /// Whether there is a session, and whether its loss was told.
    begun: bool,
    lost: bool,
    last: u64,
    serial: Option<u64>,
    /// Whether that may be damaged.
    doubtful: bool,
    link: Link,
    /// Whether the gateway gave the latest session no id, and whether the one at hand has none.
    nameless: bool,
    unnamed: bool,
    /// Whether it was told since the last dial that a session has no id.
    owned_up: bool,
    /// Whether the gateway itself dropped the session, and whether it did so since its latest one began there,
    /// whose READY may still be on its way.
    dropped: bool,
    dropped_since: bool,
    /// Resumes without RESUMED, and the number the latest one went on from.
    resumes: u32,
    resumed_from: u64,
    /// Dispatches to come that have no number, or had theirs before.
    unnumbered: u32,
    repeated: u32,
    /// Whether READY or RESUMED was delivered on the transport at hand.
    live: bool,
    /// What was so when the shard was saved last.
    saved: Option<Box<Self>>,
    /// Whether a message of it was damaged, dropped without being told of itself, or came too early to be told.
    blurred: bool,
}

impl Delivery {
    pub(super) const NAME: &'static str = "delivery";

    /// Tells whether this serial number was delivered.
    pub(super) fn has(&self, serial: u64) -> bool {
        self.serial == Some(serial)
    }

    /// Tells whether what has no number, or came again, was delivered as often as the gateway said it.
    pub(super) fn is_settled(&self) -> Verdict {
        let Self { unnumbered, repeated, .. } = self;
        if self.blurred || (*unnumbered, *repeated) == (0, 0) {
            return Ok(());
        }
        Err(format!(
            "{unnumbered} dispatches without a number and {repeated} said again are missing"
        ))
    }

    /// Goes on from what was saved last; whether that is of the latest session is given.
    pub(super) fn restart(mut self, goes_on: bool) -> Self {
        let saved = self.saved.take().map_or_else(Self::default, |saved| *saved);
        Self {
            link: Link::default(),
            nameless: self.nameless,
            dropped: self.dropped || !goes_on,
            dropped_since: self.dropped_since,
            resumes: 0,
            ..saved
        }
    }

    pub(super) fn see(&mut self, seen: &Seen, damage: &Damage, terms: &Terms) -> Verdict {
        match seen {
            Seen::Saved => {
                self.saved = None;
                self.saved = Some(Box::new(self.clone()));
            }
            Seen::Connect { link, .. } => {
                self.link = *link;
                (self.unnumbered, self.repeated, self.owned_up) = (0, 0, false);
                (self.live, self.blurred) = (false, false);
            }
            Seen::Spoiled { .. } => self.blurred = true,
            Seen::Limit(Limit::SessionId) => self.owned_up = true,
            Seen::Gateway { link, what } => return self.hear(*link, what, damage, terms),
            Seen::Send { op: RESUME, .. } => {
                self.resumes += 1;
                self.resumed_from = self.last;
            }
            Seen::Dispatch { kind: EventKind::Ready, seq, .. } => {
                return self.begin(*seq, damage.waives());
            }
            Seen::Dispatch { kind, seq, serial, .. } => {
                if *kind == EventKind::Resumed {
                    (self.resumes, self.live) = (0, true);
                }
                return self.next(*seq, *serial, damage.waives());
            }
            Seen::Duplicate { seq } => return self.again(*seq, damage.waives()),
            Seen::Gap { expected, found } => {
                return self.gap(*expected, *found, damage.waives());
            }
            Seen::Skipped { length, .. } if fits(*length, terms) && !damage.waives() => {
                let room = terms.room;
                return Err(format!(
                    "a dispatch of {length} bytes is skipped, and {room} are there"
                ));
            }
            Seen::Skipped { kind, seq, through, more, .. } => {
                self.blurred |= *more > 0;
                if *kind == EventKind::Ready {
                    self.begin(Some(1), damage.waives())?;
                    self.last = 0;
                }
                return self.skip(*seq, *through, damage.waives());
            }
            Seen::Lost { cause } => return self.lose(*cause, damage.waives()),
            _ => {}
        }
        Ok(())
    }

    /// Takes what the gateway says about a connection.
    fn hear(&mut self, link: Link, what: &What, damage: &Damage, terms: &Terms) -> Verdict {
        match what {
            What::Identified { .. } => (self.dropped_since, self.nameless) = (false, false),
            What::Faulted(Fault::BrokenReady(_)) => self.nameless = true,
            // Nothing inflates where nothing is compressed.
            What::Faulted(Fault::Bomb(_)) if !terms.compressed => {}
            What::Faulted(Fault::Bomb(_) | Fault::NullSeq) if link == self.link => {
                self.unnumbered += 1;
                self.blurred |= !self.live;
            }
            What::Faulted(Fault::LowSeq) if link == self.link => {
                self.repeated += REPEATED;
                // A session that said less cannot say so much again.
                self.blurred |= !self.live || self.last < u64::from(REPEATED);
            }
            What::Resumed { from_seq, .. } if link == self.link => {
                let last = self.resumed_from;
                if *from_seq != last && !damage.reaches_session() {
                    return Err(format!("it resumes from {from_seq}, and {last} was delivered"));
                }
                if *from_seq < self.last {
                    // A damaged number was given up, and what came with it comes again.
                    (self.last, self.serial) = (*from_seq, None);
                }
            }
            What::ResumeRefused(why) if link == self.link => {
                let known =
                    self.dropped || self.lost || damage.reaches_id() || !is_fault_of_client(why);
                (self.dropped, self.dropped_since) = (true, true);
                if !known {
                    return Err(format!("its Resume is refused: {why}"));
                }
            }
            what if ends_session(what) => (self.dropped, self.dropped_since) = (true, true),
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, seq: Option<u64>, waived: bool) -> Verdict {
        if self.begun && !self.lost && !self.unnamed {
            return Err("a session begins, and the loss of the last one was not told".to_owned());
        }
        if seq != Some(1) && !waived {
            return Err(format!("a session begins with {seq:?}"));
        }
        if self.nameless && !self.owned_up && !waived {
            return Err("a session without id begins, and that is not told".to_owned());
        }
        let Self { link, dropped_since, nameless, owned_up, unnumbered, repeated, blurred, .. } =
            *self;
        *self = Self {
            saved: self.saved.take(),
            begun: true,
            last: seq.unwrap_or(0),
            link,
            nameless,
            unnamed: nameless || (waived && owned_up),
            owned_up,
            unnumbered,
            repeated,
            live: true,
            blurred,
            dropped: dropped_since,
            dropped_since,
            ..Self::default()
        };
        Ok(())
    }

    fn next(&mut self, seq: Option<u64>, serial: Option<u64>, waived: bool) -> Verdict {
        let Some(seq) = seq else { return self.unnumbered(waived) };
        if seq <= self.last {
            return Err(format!("{seq} is delivered after {}", self.last));
        }
        if seq > self.last + 1 {
            return Err(format!("{seq} is delivered after {}, and no gap is told", self.last));
        }
        self.last = seq;
        self.follow(serial, waived)
    }

    /// Takes one that has no number, if there is one to come.
    fn unnumbered(&mut self, waived: bool) -> Verdict {
        match self.unnumbered.checked_sub(1) {
            Some(rest) => self.unnumbered = rest,
            None if waived => {}
            None => return Err("a dispatch without a number".to_owned()),
        }
        Ok(())
    }

    /// Every event of the simulation's own has the serial number after the one before.
    fn follow(&mut self, serial: Option<u64>, waived: bool) -> Verdict {
        let doubtful = core::mem::replace(&mut self.doubtful, waived) || waived;
        let (before, Some(serial)) = (self.serial, serial) else {
            self.doubtful = doubtful;
            return Ok(());
        };
        self.serial = Some(serial);
        match before {
            Some(before) if serial != before + 1 && !doubtful => {
                Err(format!("the event {serial} is delivered after the event {before}"))
            }
            _ => Ok(()),
        }
    }

    fn again(&mut self, seq: Option<u64>, waived: bool) -> Verdict {
        if seq.is_none_or(|seq| seq > self.last) {
            return Err(format!("{seq:?} counts as delivered before, and was not"));
        }
        match self.repeated.checked_sub(1) {
            Some(rest) => self.repeated = rest,
            None if waived => {}
            None => return Err(format!("{seq:?} came again, and was not said again")),
        }
        Ok(())
    }

    fn gap(&mut self, expected: u64, found: u64, waived: bool) -> Verdict {
        if !waived {
            return Err(format!("a gap from {expected} to {found}, and the gateway left none"));
        }
        if expected != self.last + 1 || found <= expected {
            return Err(format!("a gap from {expected} to {found} after {}", self.last));
        }
        self.serial = None;
        self.last = found.saturating_sub(1);
        Ok(())
    }

    fn skip(&mut self, seq: Option<u64>, through: Option<u64>, waived: bool) -> Verdict {
        if seq.is_none() {
            self.unnumbered(waived)?;
        } else if seq.is_some_and(|seq| seq <= self.last) {
            // It is one that was delivered before, or says so.
            return self.again(seq, waived);
        } else if seq != Some(self.last + 1) && !waived {
            return Err(format!("{seq:?} is skipped after {}", self.last));
        }
        self.serial = None;
        self.last = through.or(seq).unwrap_or(self.last).max(self.last);
        Ok(())
    }

    fn lose(&mut self, cause: Cause, waived: bool) -> Verdict {
        let exhausted = cause == Cause::ResumesExhausted && self.resumes >= RESUMES;
        if !self.dropped && !exhausted && !waived {
            return Err(format!("the session is given up ({cause}), and the gateway keeps it"));
        }
        self.lost = true;
        self.dropped = false;
        Ok(())
    }
}

/// Tells whether a document has room in the memory given.
fn fits(length: u64, terms: &Terms) -> bool {
    let history = if terms.compressed { HISTORY } else { 0 };
    usize::try_from(length).is_ok_and(|length| length <= terms.room.saturating_sub(history))
}

/// Tells whether only a client that lost count is refused a Resume for this.
fn is_fault_of_client(why: &str) -> bool {
    matches!(why, "a session nobody knows" | "a Resume with a sequence that was never sent")
}

/// Tells whether the gateway says that a session is over.
fn ends_session(what: &What) -> bool {
    match what {
        What::InvalidSession { resumable } => !resumable,
        What::ClosedByServer { code } | What::Refused { code, .. } => matches!(
            *code,
            CloseCode::NOT_AUTHENTICATED
                | CloseCode::SESSION_NO_LONGER_VALID
                | CloseCode::INVALID_SEQ
                | CloseCode::SESSION_TIMED_OUT
        ),
        What::SessionExpired => true,
        _ => false,
    }
}

//! Every dispatch of a session is delivered exactly once and in order, or its loss is told.
//!
//! A session some of whose bytes were damaged on the way is judged by less: what is missing is told
//! as a gap, and nothing is delivered twice. It may be lost at any time, which is told as well: of a
//! session without an id, which nobody can resume, when it begins.

use gatewright_core::{Cause, CloseCode, EventKind, Limit, Link};

use super::Verdict;
use crate::journal::What;
use crate::simulation::Seen;

/// Resumes in a row without RESUMED after which a session may be given up.
const RESUMES: u32 = 3;
/// The opcode of Resume.
const RESUME: u8 = 6;

#[derive(Debug, Default)]
pub(super) struct Delivery {
    /// Whether there is a session, and whether its loss was told.
    begun: bool,
    lost: bool,
    last: u64,
    serial: Option<u64>,
    link: Link,
    /// Whether the session has no id, and the latest transport that began one without.
    unnamed: bool,
    nameless: Option<Link>,
    /// The latest transport whose bytes were damaged, and whether that touched the session.
    spoiled_link: Option<Link>,
    spoiled: bool,
    /// Whether the gateway itself dropped the session, and whether it did so since its latest one began there,
    /// whose READY may still be on its way.
    dropped: bool,
    dropped_since: bool,
    /// Resumes without RESUMED.
    resumes: u32,
}

impl Delivery {
    pub(super) const NAME: &'static str = "delivery";

    /// Tells whether this serial number was delivered, or may have been lost to damage.
    pub(super) fn has(&self, serial: u64) -> bool {
        self.serial == Some(serial) || (self.spoiled && self.begun)
    }

    pub(super) fn see(&mut self, seen: &Seen) -> Verdict {
        match seen {
            Seen::Connect { link, .. } => self.link = *link,
            Seen::Spoiled { link } => {
                self.spoiled_link = Some(*link);
                self.spoiled = true;
            }
            Seen::Limit(Limit::SessionId) => self.nameless = Some(self.link),
            Seen::Gateway(What::Identified { .. }) => self.dropped_since = false,
            Seen::Gateway(what) if ends_session(what) => {
                (self.dropped, self.dropped_since) = (true, true);
            }
            Seen::Send { op: RESUME, .. } => self.resumes += 1,
            Seen::Dispatch { kind: EventKind::Ready, seq, .. } => return self.begin(*seq),
            Seen::Dispatch { kind, seq, serial } => {
                if *kind == EventKind::Resumed {
                    self.resumes = 0;
                }
                return self.next(*seq, *serial);
            }
            Seen::Duplicate { seq } => return self.again(*seq),
            Seen::Gap { expected, found } => return self.gap(*expected, *found),
            Seen::Skipped { kind, seq, through } => {
                if *kind == EventKind::Ready {
                    self.begin(Some(1))?;
                    self.last = 0;
                }
                return self.skip(*seq, *through);
            }
            Seen::Lost { cause } => return self.lose(*cause),
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, seq: Option<u64>) -> Verdict {
        if self.begun && !self.lost && !self.unnamed {
            return Err("a session begins, and the loss of the last one was not told".to_owned());
        }
        let spoiled = self.spoiled_link == Some(self.link);
        if seq != Some(1) && !spoiled {
            return Err(format!("a session begins with {seq:?}"));
        }
        let Self { link, spoiled_link, nameless, dropped_since, .. } = *self;
        let last = seq.unwrap_or(0);
        *self = Self {
            begun: true,
            last,
            link,
            unnamed: nameless == Some(link),
            nameless,
            spoiled_link,
            spoiled,
            dropped: dropped_since,
            dropped_since,
            ..Self::default()
        };
        Ok(())
    }

    fn next(&mut self, seq: Option<u64>, serial: Option<u64>) -> Verdict {
        let Some(seq) = seq else {
            return if self.spoiled {
                Ok(())
            } else {
                Err("a dispatch without a number".to_owned())
            };
        };
        if seq <= self.last {
            return Err(format!("{seq} is delivered after {}", self.last));
        }
        if seq > self.last + 1 {
            return Err(format!("{seq} is delivered after {}, and no gap is told", self.last));
        }
        self.last = seq;
        self.follow(serial)
    }

    /// Every event of the simulation's own has the serial number after the one before.
    fn follow(&mut self, serial: Option<u64>) -> Verdict {
        let (before, Some(serial)) = (self.serial, serial) else { return Ok(()) };
        self.serial = Some(serial);
        match before {
            Some(before) if serial != before + 1 && !self.spoiled => {
                Err(format!("the event {serial} is delivered after the event {before}"))
            }
            _ => Ok(()),
        }
    }

    fn again(&self, seq: Option<u64>) -> Verdict {
        if seq.is_none_or(|seq| seq > self.last) {
            return Err(format!("{seq:?} counts as delivered before, and was not"));
        }
        Ok(())
    }

    fn gap(&mut self, expected: u64, found: u64) -> Verdict {
        if !self.spoiled {
            return Err(format!("a gap from {expected} to {found}, and the gateway left none"));
        }
        self.serial = None;
        self.last = found.saturating_sub(1);
        Ok(())
    }

    fn skip(&mut self, seq: Option<u64>, through: Option<u64>) -> Verdict {
        if seq != Some(self.last + 1) && !self.spoiled {
            return Err(format!("{seq:?} is skipped after {}", self.last));
        }
        self.serial = None;
        self.last = through.or(seq).unwrap_or(self.last).max(self.last);
        Ok(())
    }

    fn lose(&mut self, cause: Cause) -> Verdict {
        let exhausted = cause == Cause::ResumesExhausted && self.resumes >= RESUMES;
        if !self.dropped && !exhausted && !self.spoiled {
            return Err(format!("the session is given up ({cause}), and the gateway keeps it"));
        }
        self.lost = true;
        self.dropped = false;
        Ok(())
    }
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
        What::ResumeRefused(_) | What::SessionExpired => true,
        _ => false,
    }
}

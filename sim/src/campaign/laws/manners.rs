//! The gateway has nothing to say against the client, but for what the network brought about.

use std::time::Duration;

use gatewright_core::{CloseCode, EventKind, Instant, Link};

use super::Verdict;
use crate::journal::What;
use crate::simulation::Seen;

/// How long a busy consumer or a late network may be the reason of what the gateway complains of.
const AFTERMATH: Duration = Duration::from_secs(180);

#[derive(Debug, Default)]
pub(super) struct Manners {
    /// Until when something else is to blame.
    excused: Instant,
    link: Link,
    /// The latest transport whose bytes were damaged, and whether the session still suffers from it.
    damaged: Option<Link>,
    spoiled: bool,
}

impl Manners {
    pub(super) const NAME: &'static str = "manners";

    pub(super) fn see(&mut self, at: Instant, seen: &Seen) -> Verdict {
        let excused = self.spoiled || at <= self.excused;
        match seen {
            Seen::Connect { link, .. } => self.link = *link,
            Seen::Dispatch { kind: EventKind::Ready, .. } => {
                self.spoiled = self.damaged == Some(self.link);
            }
            Seen::Spoiled { link } => {
                self.damaged = Some(*link);
                self.spoiled = true;
            }
            Seen::Withheld { .. }
            | Seen::Held { .. }
            | Seen::Released
            | Seen::Gateway(What::Faulted(_)) => self.excused = at.saturating_add(AFTERMATH),
            Seen::Gateway(What::Complaint(why)) if !excused && !is_no_fault(why) => {
                return Err(format!("the gateway complains of {why}"));
            }
            Seen::Gateway(What::Refused { code, why }) if !excused && !is_news(*code) => {
                return Err(format!("the gateway closes with {code} for {why}"));
            }
            _ => {}
        }
        Ok(())
    }
}

/// What a client cannot know before it is told.
const fn is_news(code: CloseCode) -> bool {
    matches!(code, CloseCode::SESSION_TIMED_OUT)
}

/// The limit of presences is a consumer's to keep, and those of this campaign do not.
fn is_no_fault(why: &str) -> bool {
    why == "more than 5 presence updates in 20 s"
}

//! One request, from being asked to being over.
//!
//! ```text
//! Due ─► Handed ─► Queued ─► Awaiting ─► Over
//!  ▲       │ queue full        │  ▲ │
//!  └───────┴─── asked again ───┘  Held (the connection is gone)
//! ```

use core::time::Duration;

use heapless::{String, Vec};

use super::output::{AskError, MemberRequestId, MembersFailure, MembersOutput};
use super::payload::Chunk;
use super::received::{Counted, Received};
use crate::{CommandId, Fate, GuildId, Instant, Members, UserId};

/// How often a request is asked again, whatever for.
const MOST_TRIES: u8 = 3;
/// How long a full queue of commands is left alone.
const QUEUE_PAUSE: Duration = Duration::from_secs(1);
/// The longest that RATE_LIMITED is believed to ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);
/// Users a request may name.
///
/// Source: Discord documentation, *Gateway Events: Request Guild Members*.
const USERS: usize = 100;
/// Bytes of the longest name there can be: 32 characters.
///
/// Source: Discord documentation, *User Resource: Usernames and Nicknames*.
const PREFIX: usize = 128;

/// Which members are wanted, to be asked for more than once.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a place is as large as the largest request")]
pub(super) enum Wanted {
    All,
    Named { prefix: String<PREFIX, u8>, limit: u32 },
    Users(Vec<UserId, USERS, u8>),
}

impl Wanted {
    pub(super) fn of(members: Members<'_>) -> Result<Self, AskError> {
        Ok(match members {
            Members::All => Self::All,
            Members::Named { prefix, limit } => {
                let prefix = String::try_from(prefix).map_err(|_| AskError::PrefixTooLong)?;
                Self::Named { prefix, limit }
            }
            Members::Users(users) => {
                let users = Vec::from_slice(users);
                Self::Users(users.map_err(|_| AskError::Invalid(crate::CommandError::UserIds))?)
            }
        })
    }

    pub(super) fn members(&self) -> Members<'_> {
        match self {
            Self::All => Members::All,
            Self::Named { prefix, limit } => Members::Named { prefix, limit: *limit },
            Self::Users(users) => Members::Users(users),
        }
    }

    /// Tells whether all members are wanted, which the gateway may turn down.
    pub(super) fn is_all(&self) -> bool {
        match self {
            Self::All => true,
            Self::Named { prefix, .. } => prefix.is_empty(),
            Self::Users(_) => false,
        }
    }
}

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Sent; the next chunk is awaited.
    Awaiting { until: Instant },
    /// To be given to the shard from then on.
    Due { from: Instant },
    /// There is no request.
    Free,
    /// With the caller, who gives it to the shard.
    Handed,
    /// Sent on a connection that is gone.
    Held,
    /// Over; to be told.
    Over(Result<(), MembersFailure>),
    /// With the shard, which has not told its fate.
    Queued,
}

/// One place for a request, of the memory of [`MemberRequests`](super::MemberRequests): about 1 KiB.
#[derive(Clone, Debug)]
pub struct MembersPlace {
    pub(super) id: MemberRequestId,
    pub(super) guild: GuildId,
    pub(super) wanted: Wanted,
    pub(super) presences: bool,
    /// Whether nobody asked for it.
    pub(super) by_itself: bool,
    pub(super) state: State,
    /// The number of the latest nonce.
    pub(super) number: u32,
    /// The command whose fate is open.
    command: Option<CommandId>,
    tries: u8,
    /// Whether it may not have reached the gateway, or not at a time when the guild was there: silence proves little.
    doubtful: bool,
    /// Whether a chunk that may be of the answer did not fit into the payload buffer.
    skipped: bool,
    received: Received,
    not_found: u32,
    /// The latest chunk that is not told.
    news: Option<u32>,
    /// The latest chunk whose numbers were odd and are not told.
    odd: Option<(Option<u32>, Option<u32>)>,
}

impl MembersPlace {
    /// A place without a request.
    pub const EMPTY: Self = Self {
        id: MemberRequestId(0),
        guild: GuildId(0),
        wanted: Wanted::All,
        presences: false,
        by_itself: false,
        state: State::Free,
        number: 0,
        command: None,
        tries: 0,
        doubtful: false,
        skipped: false,
        received: Received::NONE,
        not_found: 0,
        news: None,
        odd: None,
    };

    /// Makes a request that has no place yet.
    pub(super) fn new(guild: GuildId, wanted: Wanted, presences: bool) -> Self {
        Self { guild, wanted, presences, ..Self::EMPTY }
    }

    /// Makes a request for all members of a guild that is there, so that silence is no answer.
    pub(super) fn by_itself(guild: GuildId, presences: bool) -> Self {
        Self { by_itself: true, doubtful: true, ..Self::new(guild, Wanted::All, presences) }
    }

    /// Tells whether there is a request that is not over.
    pub(super) const fn is_open(&self) -> bool {
        !matches!(self.state, State::Free | State::Over(_))
    }

    /// Tells whether the latest nonce is with the shard, so that chunks may come.
    const fn is_out(&self) -> bool {
        matches!(self.state, State::Awaiting { .. } | State::Held | State::Queued)
    }

    /// Tells whether chunks of this nonce are of it.
    pub(super) const fn answers_to(&self, number: u32) -> bool {
        self.is_out() && self.number == number
    }

    /// Tells whether the shard is to get it now.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        matches!(self.state, State::Due { from } if from <= now)
    }

    /// Returns when something is to be done about it.
    pub(super) const fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Awaiting { until: at } | State::Due { from: at } => Some(at),
            State::Free | State::Handed | State::Held | State::Over(_) | State::Queued => None,
        }
    }

    /// Begins from the beginning, from an instant on, with another nonce.
    pub(super) fn restart(&mut self, from: Instant) {
        self.state = State::Due { from };
        self.command = None;
        (self.doubtful, self.skipped) = (false, false);
        (self.received, self.not_found) = (Received::NONE, 0);
        (self.news, self.odd) = (None, None);
    }

    /// Asks again, unless that was done too often.
    fn again(&mut self, from: Instant, failure: MembersFailure) {
        if self.tries >= MOST_TRIES {
            return self.fail(failure);
        }
        self.tries += 1;
        self.restart(from);
    }

    pub(super) fn fail(&mut self, failure: MembersFailure) {
        if self.is_open() {
            self.state = State::Over(Err(failure));
        }
    }

    /// Hears what the shard made of the command.
    pub(super) fn queued(&mut self, now: Instant, queued: Result<CommandId, crate::CommandError>) {
        use crate::CommandError;
        if self.state != State::Handed {
            return;
        }
        match queued {
            Ok(id) => (self.command, self.state) = (Some(id), State::Queued),
            Err(CommandError::QueueFull) => {
                self.state = State::Due { from: now.saturating_add(QUEUE_PAUSE) };
            }
            Err(CommandError::Over) => self.fail(MembersFailure::Over),
            Err(error) => self.fail(MembersFailure::Refused(error)),
        }
    }

    /// Hears what became of a command; `until` tells how long a chunk is awaited, unless the connection is gone.
    pub(super) fn on_fate(&mut self, id: CommandId, fate: Fate, until: Option<Instant>) {
        if self.command != Some(id) {
            return;
        }
        self.command = None;
        if self.state != State::Queued {
            return;
        }
        match (fate, until) {
            (Fate::Sent, Some(until)) => self.state = State::Awaiting { until },
            (Fate::Sent, None) => self.hold(),
            (Fate::Dropped, _) => self.fail(MembersFailure::Over),
            (Fate::Expired | Fate::Replaced, _) => self.fail(MembersFailure::Unsent(fate)),
        }
    }

    /// Hears a chunk of its answer.
    pub(super) fn on_chunk(&mut self, until: Instant, chunk: &Chunk<'_>) {
        let numbers = (chunk.chunk_index, chunk.chunk_count);
        let (Some(index), Some(count)) = numbers else {
            self.odd = Some(numbers);
            return;
        };
        match self.received.count_in(index, count) {
            Counted::Again => {}
            Counted::Ahead => self.fail(self.shortfall()),
            Counted::New => {
                let not_found = u32::try_from(chunk.not_found.count()).unwrap_or(u32::MAX);
                self.not_found = self.not_found.saturating_add(not_found);
                self.news = Some(index);
                self.doubtful = false;
                if self.received.is_complete() {
                    self.state = State::Over(Ok(()));
                } else if self.state != State::Held {
                    self.state = State::Awaiting { until };
                }
            }
            Counted::Odd => self.odd = Some(numbers),
        }
    }

    /// Hears that a chunk that may be of its answer was dropped.
    pub(super) fn on_skipped(&mut self, until: Instant) {
        if !self.is_out() {
            return;
        }
        self.skipped = true;
        if let State::Awaiting { .. } = self.state {
            self.state = State::Awaiting { until };
        }
    }

    /// Hears that the gateway turned it down; what the shard has not told as sent, it sends again by itself.
    pub(super) fn on_rate_limited(&mut self, now: Instant, retry_after: Duration) {
        if matches!(self.state, State::Awaiting { .. }) && self.received.received() == 0 {
            let from = now.saturating_add(retry_after.min(LONGEST_PAUSE));
            self.again(from, MembersFailure::RateLimited);
        }
    }

    /// Hears that the connection is gone, or the session.
    pub(super) fn on_loss(&mut self) {
        if matches!(self.state, State::Awaiting { .. }) {
            self.hold();
        }
    }

    const fn hold(&mut self) {
        self.state = State::Held;
        self.doubtful = true;
    }

    /// Hears that the session goes on.
    pub(super) fn go_on(&mut self, until: Instant) {
        if matches!(self.state, State::Awaiting { .. } | State::Held) {
            self.state = State::Awaiting { until };
        }
    }

    /// Hears that a new session has begun, in which guilds are likely to be there by an instant.
    pub(super) fn begin_anew(&mut self, from: Instant) {
        match self.state {
            _ if self.by_itself => self.fail(MembersFailure::SessionLost),
            State::Awaiting { .. } | State::Held => self.again(from, MembersFailure::SessionLost),
            // It may be sent before the guild is there.
            State::Queued => self.doubtful = true,
            State::Due { .. } | State::Free | State::Handed | State::Over(_) => {}
        }
    }

    /// Hears that the guild is there, and its members are those that were told now.
    pub(super) fn on_guild(&mut self, now: Instant) {
        if self.by_itself && self.is_open() && self.received.received() > 0 {
            self.restart(now);
        }
        if let State::Due { from } = &mut self.state {
            *from = now;
        }
    }

    /// Returns what its answer lacks.
    const fn shortfall(&self) -> MembersFailure {
        match self.received.received() {
            _ if self.skipped => MembersFailure::Skipped,
            0 => MembersFailure::NoAnswer,
            _ => MembersFailure::Incomplete,
        }
    }

    /// Does what is to be done once time passed.
    fn expire(&mut self, now: Instant) {
        if !matches!(self.state, State::Awaiting { until } if until <= now) {
            return;
        }
        if self.doubtful && !self.skipped {
            self.again(now, self.shortfall());
        } else {
            self.fail(self.shortfall());
        }
    }

    /// Takes what is to be told of it; what is over frees the place.
    pub(super) fn tell(&mut self, now: Instant) -> Option<MembersOutput<'static>> {
        let (request, guild) = (self.id, self.guild);
        self.expire(now);
        if let Some((index, count)) = self.odd.take() {
            return Some(MembersOutput::Odd { request, guild, index, count });
        }
        let (count, received) = (self.received.count(), self.received.received());
        if let Some(index) = self.news.take() {
            return Some(MembersOutput::Progress { request, guild, index, count, received });
        }
        let State::Over(outcome) = self.state else { return None };
        self.state = State::Free;
        Some(match outcome {
            Ok(()) => MembersOutput::Complete { request, guild, count, not_found: self.not_found },
            Err(failure) => MembersOutput::Failed { request, guild, failure, received },
        })
    }
}

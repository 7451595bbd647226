//! The send limits: a sliding window over the frames of one connection, with room kept for heartbeats, and
//! those of presences and of requests for all members.

use core::ops::Range;
use core::time::Duration;

use crate::command::CommandClass;
use crate::lease::Lease;
use crate::time::micros;
use crate::{GuildId, Instant};

/// Frames a connection may send in [`WINDOW`].
///
/// Source: Discord documentation, *Gateway: Rate Limiting* (120 per 60 s; beyond it, close code 4008).
pub(crate) const LIMIT: usize = 120;
/// The window: 60 s, and one more for frames that are delayed on their way.
const WINDOW: Micros = 61 * SECOND;
/// Answers to heartbeat requests in a window.
pub(crate) const ANSWERS: usize = 10;

/// The window in which answers to heartbeat requests are counted.
const ANSWER_WINDOW: Micros = 60 * SECOND;

/// Presences that may be sent in [`PRESENCE_WINDOW`].
///
/// Source: Discord documentation, *Gateway Events: Update Presence* (5 per 20 s).
const PRESENCES: usize = 5;
/// The window of presences: 20 s, and one more for frames that are delayed on their way.
const PRESENCE_WINDOW: Micros = 21 * SECOND;
/// How long all members of a guild are not asked for again: 30 s, and one more likewise.
///
/// Source: Discord documentation, *Gateway Events: Request Guild Members*.
const MEMBERS_WINDOW: Micros = 31 * SECOND;
/// Requests for all members in [`MEMBERS_WINDOW`], of all guilds together: as many as can be told apart. They are
/// more than half of [`LIMIT`], so that the limit of all frames is reached first.
const ASKED: usize = 64;
/// The longest that RATE_LIMITED is believed to ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

/// A second.
const SECOND: Micros = 1_000_000;

/// Microseconds, of a span or since [`SendLog::base`].
type Micros = u32;

/// Where the times of each limit stand in a [`SendLog`].
const FRAMES: Range<usize> = 0..LIMIT;
const OF_ANSWERS: Range<usize> = FRAMES.end..FRAMES.end + ANSWERS;
const OF_PRESENCES: Range<usize> = OF_ANSWERS.end..OF_ANSWERS.end + PRESENCES;
const OF_GUILDS: Range<usize> = OF_PRESENCES.end..OF_PRESENCES.end + ASKED;

/// The times of a shard's latest frames, about 1.3 KiB, lent to it.
///
/// A log that is lent again still counts presences and requests for members; a clock that begins anew takes a new log.
#[derive(Clone, Debug)]
pub struct SendLog {
    /// What the times are counted from.
    base: Instant,
    /// When each of the latest frames, answers, presences and requests for all members no longer counts.
    times: [Micros; OF_GUILDS.end],
    /// Guilds whose members were asked for.
    guilds: [GuildId; ASKED],
}

impl SendLog {
    /// Creates an empty log.
    #[must_use]
    pub const fn new() -> Self {
        let times = [0; OF_GUILDS.end];
        Self { base: Instant::ZERO, times, guilds: [GuildId(0); ASKED] }
    }

    /// Returns the time at a place.
    fn time(&self, place: usize) -> Instant {
        let since = self.times.get(place).copied().unwrap_or(0);
        Instant::from_micros(self.base.as_micros().wrapping_add(since.into()))
    }

    /// Returns the place of the earliest time of some.
    #[inline(never)]
    fn first(&self, of: Range<usize>) -> usize {
        let times = self.times.get(of.clone()).unwrap_or_default();
        let first = times.iter().enumerate().min_by_key(|(_, time)| **time);
        of.start + first.map_or(0, |(at, _)| at)
    }

    /// Notes at a place what no longer counts in a span.
    #[inline(never)]
    fn note(&mut self, place: usize, now: Instant, span: Micros) {
        let until = now.as_micros().wrapping_add(span.into());
        if until.wrapping_sub(self.base.as_micros()) >= Micros::MAX.into() {
            self.rebase(now);
        }
        if let Some(noted) = self.times.get_mut(place) {
            *noted = low(until.wrapping_sub(self.base.as_micros()));
        }
    }

    /// Counts from shortly before `now` on: what is over stays over, the rest is as it was, and all of it keeps its order.
    ///
    /// The order says which guild is forgotten first, and the times may lie apart as far as they like. So those that are over
    /// become their rank, and the base is more microseconds before `now` than there are ranks.
    #[cold]
    #[inline(never)]
    fn rebase(&mut self, now: Instant) {
        let elapsed = now.as_micros().saturating_sub(self.base.as_micros());
        // No time is as large as the largest, so that all are less if this is.
        let elapsed = Micros::try_from(elapsed).unwrap_or(Micros::MAX);
        let base = Instant::from_micros(now.as_micros().saturating_sub(OF_GUILDS.end as u64));
        let moved = low(base.as_micros().wrapping_sub(self.base.as_micros()));
        self.base = base;
        let mut rank = 0;
        loop {
            // No rank is more than the time it stands for: what is less is a rank already.
            let left = self.times.iter().filter(|time| **time >= rank);
            let least = left.fold(elapsed, |least, time| least.min(*time));
            if least == elapsed {
                break;
            }
            self.times.iter_mut().filter(|time| **time == least).for_each(|time| *time = rank);
            rank += 1;
        }
        let left = self.times.iter_mut().filter(|time| **time >= rank);
        left.for_each(|time| *time = time.wrapping_sub(moved));
    }
}

/// Returns the low half of a number.
const fn low(number: u64) -> Micros {
    let [b0, b1, b2, b3, ..] = number.to_le_bytes();
    Micros::from_le_bytes([b0, b1, b2, b3])
}

impl Default for SendLog {
    fn default() -> Self {
        Self::new()
    }
}

/// Counts frames against the limit.
#[derive(Debug)]
pub(crate) struct Throttle<'m> {
    log: Lease<'m, SendLog>,
    /// The place of the next entry.
    next: usize,
    /// Entries in use, the latest ones.
    len: usize,
    /// Frames kept free for heartbeats.
    reserve: usize,
}

impl<'m> Throttle<'m> {
    pub(crate) fn new(log: Lease<'m, SendLog>) -> Self {
        Self { log, next: 0, len: 0, reserve: ANSWERS + 2 }
    }

    /// Begins anew for a connection: the limit of all frames counts each one alone.
    pub(crate) fn restart(&mut self) {
        self.next = 0;
        self.len = 0;
        self.log.times.get_mut(OF_ANSWERS).unwrap_or_default().fill(0);
    }

    /// Keeps room for the heartbeats of a window, the answers to requests for one, and Identify or Resume.
    ///
    /// So neither of them ever has to wait, and the limit holds all the same.
    pub(crate) fn reserve_for(&mut self, interval: Duration) {
        let beats = u64::from(WINDOW).div_ceil(micros(interval).max(1));
        self.reserve =
            usize::try_from(beats).unwrap_or(LIMIT).saturating_add(1 + ANSWERS).min(LIMIT);
    }

    pub(crate) fn record(&mut self, now: Instant) {
        self.log.note(self.next, now, WINDOW);
        self.next = if self.next + 1 < LIMIT { self.next + 1 } else { 0 };
        self.len = (self.len + 1).min(LIMIT);
    }

    /// Returns when the next command may go: at once, or once enough of the window has passed.
    pub(crate) fn free_at(&self, now: Instant) -> Instant {
        let room = LIMIT - self.reserve;
        self.nth_latest(room).unwrap_or(now)
    }

    /// Returns how many commands may go at once, as far as the limit of all frames is concerned.
    pub(crate) fn free(&self, now: Instant) -> usize {
        let room = LIMIT - self.reserve;
        let counts = |n: &usize| self.nth_latest(*n).is_some_and(|until| until > now);
        room - (1..=room).take_while(counts).count()
    }

    /// Returns how many presences may go at once.
    pub(crate) fn free_presences(&self, now: Instant) -> usize {
        OF_PRESENCES.filter(|place| self.log.time(*place) <= now).count()
    }

    /// Returns when the next command of a class may go, as far as the limit of its class is concerned.
    #[inline(never)]
    pub(crate) fn class_free_at(&self, class: CommandClass) -> Instant {
        self.place_for(class).map_or(Instant::ZERO, |place| self.log.time(place))
    }

    /// Returns when all members of a guild may be asked for; when there is room to note it, for one not noted.
    pub(crate) fn members_free_at(&self, guild: GuildId) -> Instant {
        self.class_free_at(CommandClass::AllMembers(guild))
    }

    /// Counts a command against the limit of its class.
    pub(crate) fn record_class(&mut self, now: Instant, class: CommandClass) {
        self.pause(now, class, MEMBERS_WINDOW);
    }

    /// Takes note that all members of a guild may not be asked for in a span.
    pub(crate) fn pause_members(&mut self, now: Instant, guild: GuildId, span: Duration) {
        let until = now.saturating_add(span.min(LONGEST_PAUSE));
        let span = low(until.as_micros().wrapping_sub(now.as_micros()));
        self.pause(now, CommandClass::AllMembers(guild), span);
    }

    /// Counts a command against the limit of its class, which of requests for all members is this span.
    fn pause(&mut self, now: Instant, class: CommandClass, span: Micros) {
        let Some(place) = self.place_for(class) else { return };
        let presence = class == CommandClass::Presence;
        self.log.note(place, now, if presence { PRESENCE_WINDOW } else { span });
        if let CommandClass::AllMembers(guild) = class
            && let Some(noted) = self.log.guilds.get_mut(place - OF_GUILDS.start)
        {
            *noted = guild;
        }
    }

    /// Returns the place that says when the next command of a class may go, if it has a limit of its own.
    #[inline(never)]
    fn place_for(&self, class: CommandClass) -> Option<usize> {
        match class {
            CommandClass::AllMembers(guild) => {
                let noted = self.log.guilds.iter().position(|asked| *asked == guild);
                Some(noted.map_or_else(|| self.log.first(OF_GUILDS), |at| OF_GUILDS.start + at))
            }
            CommandClass::Presence => Some(self.log.first(OF_PRESENCES)),
            CommandClass::Plain | CommandClass::Voice { .. } => None,
        }
    }

    /// Counts an answer to a heartbeat request, unless there were too many.
    pub(crate) fn admits_answer(&mut self, now: Instant) -> bool {
        let place = self.log.first(OF_ANSWERS);
        let admits = self.log.time(place) <= now;
        if admits {
            self.log.note(place, now, ANSWER_WINDOW);
        }
        admits
    }

    /// Returns when the frame `n` frames back no longer counts.
    fn nth_latest(&self, n: usize) -> Option<Instant> {
        let n = n.max(1);
        let at = self.next.checked_sub(n).unwrap_or((self.next + LIMIT).wrapping_sub(n));
        (n <= self.len).then(|| self.log.time(at))
    }
}

#[cfg(test)]
mod tests;

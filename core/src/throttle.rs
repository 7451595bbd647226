//! The send limits: a sliding window over the frames of one connection, with room kept for heartbeats, and
//! those of presences and of requests for all members.

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
const WINDOW: Duration = Duration::from_secs(61);
/// Answers to heartbeat requests in a window.
pub(crate) const ANSWERS: usize = 10;

/// The window in which answers to heartbeat requests are counted.
const ANSWER_WINDOW: Duration = Duration::from_secs(60);

/// Presences that may be sent in [`PRESENCE_WINDOW`].
///
/// Source: Discord documentation, *Gateway Events: Update Presence* (5 per 20 s).
const PRESENCES: usize = 5;
/// The window of presences: 20 s, and one more for frames that are delayed on their way.
const PRESENCE_WINDOW: Duration = Duration::from_secs(21);
/// How long all members of a guild are not asked for again: 30 s, and one more likewise.
///
/// Source: Discord documentation, *Gateway Events: Request Guild Members*.
const MEMBERS_WINDOW: Duration = Duration::from_secs(31);
/// Requests for all members in [`MEMBERS_WINDOW`], of all guilds together: as many as can be told apart. They are
/// more than half of [`LIMIT`], so that the limit of all frames is reached first.
const ASKED: usize = 64;
/// The longest that RATE_LIMITED is believed to ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

/// The times of a shard's latest frames, about 2 KiB, lent to it.
#[derive(Clone, Debug)]
pub struct SendLog {
    frames: [Instant; LIMIT],
    answers: [Option<Instant>; ANSWERS],
    /// When each of the latest presences no longer counts.
    presences: [Instant; PRESENCES],
    /// Guilds whose members were asked for, and when they may be asked for again.
    asked: [(GuildId, Instant); ASKED],
}

impl SendLog {
    /// Creates an empty log.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            frames: [Instant::ZERO; LIMIT],
            answers: [None; ANSWERS],
            presences: [Instant::ZERO; PRESENCES],
            asked: [(GuildId(0), Instant::ZERO); ASKED],
        }
    }
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
        self.log.answers = [None; ANSWERS];
    }

    /// Keeps room for the heartbeats of a window, the answers to requests for one, and Identify or Resume.
    ///
    /// So neither of them ever has to wait, and the limit holds all the same.
    pub(crate) fn reserve_for(&mut self, interval: Duration) {
        let beats = micros(WINDOW).div_ceil(micros(interval).max(1));
        self.reserve =
            usize::try_from(beats).unwrap_or(LIMIT).saturating_add(1 + ANSWERS).min(LIMIT);
    }

    pub(crate) fn record(&mut self, now: Instant) {
        if let Some(entry) = self.log.frames.get_mut(self.next) {
            *entry = now;
        }
        self.next = (self.next + 1) % LIMIT;
        self.len = (self.len + 1).min(LIMIT);
    }

    /// Returns when the next command may go: at once, or once enough of the window has passed.
    pub(crate) fn free_at(&self, now: Instant) -> Instant {
        let room = LIMIT - self.reserve;
        self.nth_latest(room).map_or(now, |sent| sent.saturating_add(WINDOW))
    }

    /// Returns how many commands may go at once, as far as the limit of all frames is concerned.
    pub(crate) fn free(&self, now: Instant) -> usize {
        let room = LIMIT - self.reserve;
        let counts =
            |n: &usize| self.nth_latest(*n).is_some_and(|sent| sent.saturating_add(WINDOW) > now);
        room - (1..=room).take_while(counts).count()
    }

    /// Returns how many presences may go at once.
    pub(crate) fn free_presences(&self, now: Instant) -> usize {
        self.log.presences.iter().filter(|until| **until <= now).count()
    }

    /// Returns when the next command of a class may go, as far as the limit of its class is concerned.
    pub(crate) fn class_free_at(&self, class: CommandClass) -> Instant {
        match class {
            CommandClass::AllMembers(guild) => self.members_free_at(guild),
            CommandClass::Presence => {
                self.log.presences.iter().copied().min().unwrap_or(Instant::ZERO)
            }
            CommandClass::Plain | CommandClass::Voice { .. } => Instant::ZERO,
        }
    }

    /// Returns when all members of a guild may be asked for; when there is room to note it, for one not noted.
    pub(crate) fn members_free_at(&self, guild: GuildId) -> Instant {
        let noted = self.log.asked.iter().find(|(asked, _)| *asked == guild);
        let room = self.log.asked.iter().map(|(_, until)| *until).min();
        noted.map(|(_, until)| *until).or(room).unwrap_or(Instant::ZERO)
    }

    /// Counts a command against the limit of its class.
    pub(crate) fn record_class(&mut self, now: Instant, class: CommandClass) {
        match class {
            CommandClass::AllMembers(guild) => self.pause_members(now, guild, MEMBERS_WINDOW),
            CommandClass::Presence => {
                if let Some(oldest) = self.log.presences.iter_mut().min() {
                    *oldest = now.saturating_add(PRESENCE_WINDOW);
                }
            }
            CommandClass::Plain | CommandClass::Voice { .. } => {}
        }
    }

    /// Takes note that all members of a guild may not be asked for in a span.
    pub(crate) fn pause_members(&mut self, now: Instant, guild: GuildId, span: Duration) {
        let until = now.saturating_add(span.min(LONGEST_PAUSE));
        let noted = self.log.asked.iter().position(|(asked, _)| *asked == guild);
        let entries = || self.log.asked.iter().enumerate();
        let at = noted.or_else(|| entries().min_by_key(|(_, (_, until))| *until).map(|(at, _)| at));
        if let Some(entry) = at.and_then(|at| self.log.asked.get_mut(at)) {
            *entry = (guild, until);
        }
    }

    /// Counts an answer to a heartbeat request, unless there were too many.
    pub(crate) fn admits_answer(&mut self, now: Instant) -> bool {
        let over = |answer: &&mut Option<Instant>| {
            answer.is_none_or(|sent| now.saturating_since(sent) >= ANSWER_WINDOW)
        };
        match self.log.answers.iter_mut().find(over) {
            Some(answer) => {
                *answer = Some(now);
                true
            }
            None => false,
        }
    }

    /// Returns the time of the frame `n` frames back.
    fn nth_latest(&self, n: usize) -> Option<Instant> {
        if n == 0 {
            return self.nth_latest(1);
        }
        let at = (self.next + LIMIT).checked_sub(n)? % LIMIT;
        self.log.frames.get(at).copied().filter(|_| n <= self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn seconds(at: u64) -> Instant {
        Instant::from_millis(at * 1_000)
    }

    /// Sends as much as allowed over `span` seconds, commands and a heartbeat a second.
    fn flood(interval: Duration, span: u64) -> (Vec<Instant>, usize) {
        let mut log = SendLog::new();
        let mut throttle = Throttle::new(Lease::Lent(&mut log));
        throttle.reserve_for(interval);
        let beat = interval.as_secs();
        let (mut sent, mut commands) = (Vec::new(), 0);
        for now in 0..span {
            if now % beat == 0 {
                throttle.record(seconds(now));
                sent.push(seconds(now));
            }
            while throttle.free_at(seconds(now)) <= seconds(now) {
                throttle.record(seconds(now));
                sent.push(seconds(now));
                commands += 1;
            }
        }
        (sent, commands)
    }

    #[test]
    fn no_window_of_sixty_seconds_holds_more_than_the_limit() {
        for interval in [5, 41, 600].map(Duration::from_secs) {
            let (sent, _) = flood(interval, 600);
            for (first, last) in sent.iter().zip(sent.iter().skip(LIMIT)) {
                assert!(last.saturating_since(*first) > Duration::from_secs(60), "{interval:?}");
            }
        }
    }

    #[test]
    fn most_of_the_limit_is_there_for_commands() {
        let (_, commands) = flood(Duration::from_secs(41), 610);
        assert!(commands >= 100 * 10, "{commands}");
    }

    #[test]
    fn requests_are_answered_up_to_ten_a_minute() {
        let mut log = SendLog::new();
        let mut throttle = Throttle::new(Lease::Lent(&mut log));
        for _ in 0..ANSWERS {
            assert!(throttle.admits_answer(seconds(0)));
        }
        assert!(!throttle.admits_answer(Instant::from_millis(59_999)));
        assert!(throttle.admits_answer(seconds(60)));
    }

    #[test]
    fn a_new_connection_begins_with_an_empty_window() {
        let mut log = SendLog::new();
        let mut throttle = Throttle::new(Lease::Lent(&mut log));
        for _ in 0..LIMIT {
            throttle.record(seconds(1));
        }
        assert!(throttle.free_at(seconds(1)) > seconds(1));
        throttle.restart();
        assert!(throttle.free_at(seconds(1)) <= seconds(1));
    }
}

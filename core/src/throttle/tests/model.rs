//! The send limits with whole times and nothing that forgets them: what offsets are compared with.

use super::*;

/// Returns a span.
pub(super) fn span(micros: Micros) -> Duration {
    Duration::from_micros(micros.into())
}

pub(super) struct Model {
    frames: Vec<Instant>,
    answers: Vec<Instant>,
    presences: [Instant; PRESENCES],
    asked: [(GuildId, Instant); ASKED],
    pub(super) reserve: usize,
}

impl Model {
    pub(super) fn new() -> Self {
        Self {
            frames: Vec::new(),
            answers: Vec::new(),
            presences: [Instant::ZERO; PRESENCES],
            asked: [(GuildId(0), Instant::ZERO); ASKED],
            reserve: ANSWERS + 2,
        }
    }

    pub(super) fn restart(&mut self) {
        self.frames.clear();
        self.answers.clear();
    }

    pub(super) fn record(&mut self, now: Instant) {
        self.frames.push(now);
    }

    pub(super) fn free_at(&self, now: Instant) -> Instant {
        let back = (LIMIT - self.reserve).max(1);
        let frame = self.frames.len().checked_sub(back).map(|at| self.frames[at]);
        frame.map_or(now, |sent| sent.saturating_add(span(WINDOW)))
    }

    pub(super) fn free(&self, now: Instant) -> usize {
        let counts = |sent: &&Instant| sent.saturating_add(span(WINDOW)) > now;
        let used = self.frames.iter().rev().take_while(counts).count();
        (LIMIT - self.reserve).saturating_sub(used)
    }

    pub(super) fn free_presences(&self, now: Instant) -> usize {
        self.presences.iter().filter(|until| **until <= now).count()
    }

    pub(super) fn presence_free_at(&self) -> Instant {
        *self.presences.iter().min().unwrap()
    }

    pub(super) fn presence(&mut self, now: Instant) {
        *self.presences.iter_mut().min().unwrap() = now.saturating_add(span(PRESENCE_WINDOW));
    }

    pub(super) fn members_free_at(&self, guild: GuildId) -> Instant {
        let noted = self.asked.iter().find(|(asked, _)| *asked == guild);
        noted.or_else(|| self.asked.iter().min_by_key(|(_, until)| *until)).unwrap().1
    }

    pub(super) fn pause(&mut self, now: Instant, guild: GuildId, time: Duration) {
        let until = now.saturating_add(time.min(LONGEST_PAUSE));
        let noted = self.asked.iter().position(|(asked, _)| *asked == guild);
        let first = self.asked.iter().map(|(_, until)| *until).min().unwrap();
        let at = noted.or_else(|| self.asked.iter().position(|(_, until)| *until == first));
        self.asked[at.unwrap()] = (guild, until);
    }

    pub(super) fn admits_answer(&mut self, now: Instant) -> bool {
        let counts = |sent: &&Instant| now.saturating_since(**sent) < span(ANSWER_WINDOW);
        let admitted = self.answers.iter().filter(counts).count() < ANSWERS;
        self.answers.extend(admitted.then_some(now));
        admitted
    }
}

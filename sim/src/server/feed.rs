//! What happens by itself: deadlines, the stream of guilds and the steady events.

use gatewright_core::{CloseCode, GuildId, Instant};

use super::{Conn, Server};
use crate::journal::What;
use crate::world::Event;

/// The most steady events one input catches up with.
const MOST_CAUGHT_UP: u32 = 20_000;

impl Server {
    /// Brings everything up to `now`.
    pub(super) fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
        self.out.release(self.now);
        self.check_links();
        self.expire_sessions();
        self.strike_planned();
        self.feed();
    }

    /// Returns the next moment something happens by itself.
    pub(super) fn deadline(&self) -> Instant {
        let links = self.links.values().map(super::link::Link::deadline);
        let sessions = self.sessions.values().flat_map(|session| {
            let feeds = self.options.rate > 0 && session.draw.has_guilds();
            session.expires.into_iter().chain(feeds.then_some(session.next_event))
        });
        let rest = self.out.deadline().into_iter().chain(self.faults.deadline());
        links.chain(sessions).chain(rest).min().unwrap_or(Instant::MAX)
    }

    fn check_links(&mut self) {
        let due = self.links.iter().filter(|(_, link)| link.deadline() <= self.now);
        let due = due.map(|(conn, link)| {
            (*conn, link.beat_by <= self.now, link.cut_at.is_some_and(|at| at <= self.now))
        });
        for (conn, missed, cut) in due.collect::<Vec<_>>() {
            if cut {
                self.cut(conn);
            } else if missed {
                self.note(conn, What::MissedHeartbeat);
                self.close(conn, CloseCode::UNKNOWN_ERROR, "heartbeat timeout");
            } else {
                self.complain(conn, "no reconnect within 5 s of being asked to");
                self.close(conn, CloseCode::UNKNOWN_ERROR, "reconnect was asked for");
            }
        }
    }

    fn expire_sessions(&mut self) {
        let due = self
            .sessions
            .iter()
            .filter(|(_, session)| session.expires.is_some_and(|at| at <= self.now));
        let due = due.map(|(number, _)| *number).collect::<Vec<_>>();
        due.into_iter().for_each(|number| self.expire(number));
    }

    /// Sends one GUILD_CREATE that is still to come; says whether there was one.
    ///
    /// Guilds are written one at a time so that a large world does not pile up in memory.
    pub(super) fn stream_guild(&mut self) -> bool {
        while let Some(&number) = self.streaming.front() {
            let session = self.sessions.get_mut(&number).filter(|session| session.conn.is_some());
            let settings = session.and_then(|session| {
                Some((session.pending.pop_front()?, session.intents, session.large_threshold))
            });
            let Some((guild, intents, threshold)) = settings else {
                self.streaming.pop_front();
                continue;
            };
            if let Some(d) = self.world.guild_create_for(guild, intents, threshold) {
                self.emit(number, "GUILD_CREATE", &d);
                return true;
            }
        }
        false
    }

    /// Makes the steady events that are due.
    fn feed(&mut self) {
        if self.options.rate == 0 {
            return;
        }
        let mut budget = MOST_CAUGHT_UP;
        let sessions = self.sessions.keys().copied().collect::<Vec<_>>();
        for number in sessions {
            while self.is_due(number) {
                if budget == 0 {
                    return self.fall_behind();
                }
                budget -= 1;
                self.feed_one(number);
            }
        }
    }

    fn is_due(&self, number: u32) -> bool {
        let session = self.sessions.get(&number);
        session.is_some_and(|session| session.next_event <= self.now && session.draw.has_guilds())
    }

    /// Makes one event in the guilds of a session.
    fn feed_one(&mut self, number: u32) {
        let interval = self.event_interval();
        let Some(session) = self.sessions.get(&number) else {
            return;
        };
        let due = session.next_event;
        let Some(event) = self.world.next_event_of(&session.draw) else {
            return;
        };
        let next = due.saturating_add(interval);
        for session in self.sessions.values_mut() {
            if event.guild.shard(session.shard.count) == session.shard.id {
                session.next_event = session.next_event.max(next);
            }
        }
        self.broadcast(&event);
    }

    /// Sends an event to every session that has its guild and intents.
    ///
    /// A session whose GUILD_CREATE is still to come will find the change in that.
    pub(super) fn broadcast(&mut self, event: &Event) {
        let sees = |guild: GuildId, session: &super::Session| {
            guild.shard(session.shard.count) == session.shard.id
                && !session.pending.contains(&guild)
        };
        let sessions = self.sessions.iter().filter(|(_, session)| sees(event.guild, session));
        let sessions =
            sessions.map(|(number, session)| (*number, session.intents)).collect::<Vec<_>>();
        for (number, intents) in sessions {
            if let Some(d) = event.seen_with(intents) {
                self.emit(number, event.kind, &d);
            }
        }
    }

    fn fall_behind(&mut self) {
        let next = self.now.saturating_add(self.event_interval());
        let mut last = Conn(0);
        for session in self.sessions.values_mut() {
            session.next_event = session.next_event.max(next);
            last = session.last_conn;
        }
        self.note(last, What::FellBehind);
    }
}

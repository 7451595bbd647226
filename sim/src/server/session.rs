//! One session: its settings, its sequence and what it keeps for a Resume.

use std::collections::VecDeque;
use std::sync::Arc;

use gatewright_core::{GuildId, Instant, Intents, ShardId};

use super::Conn;
use crate::world::Draw;

pub(super) struct Session {
    pub(super) id: String,
    pub(super) token: String,
    pub(super) shard: ShardId,
    pub(super) intents: Intents,
    pub(super) large_threshold: u32,
    pub(super) compress: bool,
    /// The connection it is attached to.
    pub(super) conn: Option<Conn>,
    pub(super) last_conn: Conn,
    /// An earlier connection that hears of everything too, which is a fault.
    pub(super) shadow: Option<Conn>,
    /// When it expires, if it is detached.
    pub(super) expires: Option<Instant>,
    pub(super) next_event: Instant,
    /// Guilds whose GUILD_CREATE is still to come.
    pub(super) pending: VecDeque<GuildId>,
    pub(super) draw: Draw,
    /// The newest sequence that was handed out.
    pub(super) seq: u64,
    /// The newest sequence that was sent.
    pub(super) delivered: u64,
    pub(super) replay: VecDeque<(u64, Arc<str>)>,
}

impl Session {
    /// Keeps a dispatch for replay, forgetting the oldest beyond `capacity`.
    pub(super) fn keep(&mut self, json: Arc<str>, capacity: usize) {
        self.replay.push_back((self.seq, json));
        if self.replay.len() > capacity {
            self.replay.pop_front();
        }
    }

    /// Returns what came after `seq`; `None` if some of it is forgotten.
    pub(super) fn missed(&self, seq: u64) -> Option<Vec<(u64, Arc<str>)>> {
        let missed = self.replay.iter().filter(|(kept, _)| *kept > seq);
        let missed = missed.cloned().collect::<Vec<_>>();
        (missed.len() as u64 == self.seq - seq.min(self.seq)).then_some(missed)
    }
}

//! Guilds whose members are asked for when their turn comes, first come, first served.

use crate::GuildId;
use crate::lease::Lease;

/// A line of guilds, each once.
#[derive(Debug)]
pub(super) struct Waiting<'m> {
    guilds: Lease<'m, [GuildId]>,
    len: usize,
}

impl<'m> Waiting<'m> {
    pub(super) const fn new(guilds: Lease<'m, [GuildId]>) -> Self {
        Self { guilds, len: 0 }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) const fn clear(&mut self) {
        self.len = 0;
    }

    /// Puts a guild at the end of the line, unless it is there; tells whether it found a place.
    pub(super) fn push(&mut self, guild: GuildId) -> bool {
        if self.at(guild).is_some() {
            return true;
        }
        let Some(place) = self.guilds.get_mut(self.len) else { return false };
        *place = guild;
        self.len += 1;
        true
    }

    /// Takes the first of the line.
    pub(super) fn pop(&mut self) -> Option<GuildId> {
        let first = self.line().first().copied()?;
        self.remove(first);
        Some(first)
    }

    /// Takes a guild out of the line.
    pub(super) fn remove(&mut self, guild: GuildId) {
        let Some(at) = self.at(guild) else { return };
        if let Some(behind) = self.guilds.get_mut(at..self.len) {
            behind.rotate_left(1);
            self.len -= 1;
        }
    }

    fn line(&self) -> &[GuildId] {
        self.guilds.get(..self.len).unwrap_or_default()
    }

    fn at(&self, guild: GuildId) -> Option<usize> {
        self.line().iter().position(|waits| *waits == guild)
    }
}

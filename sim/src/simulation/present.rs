//! The presence of a shard, as its commands make it: kept apart from what the shard itself keeps.

use gatewright_core::{Command, PresenceStatus, UpdatePresence};

/// The parts of a presence that commands leave out; activities are taken to be none before they are given.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Present {
    since: Option<u64>,
    status: PresenceStatus,
    afk: bool,
}

impl Present {
    /// Returns what a command makes of it.
    pub(super) fn after(self, command: &Command<'_>) -> Self {
        let Command::UpdatePresence(update) = command else { return self };
        Self {
            since: update.since.unwrap_or(self.since),
            status: update.status.unwrap_or(self.status),
            afk: update.afk.unwrap_or(self.afk),
        }
    }

    /// Returns a command as it is sent: a presence has all its parts.
    pub(super) fn whole<'c>(self, command: &Command<'c>) -> Command<'c> {
        let Command::UpdatePresence(update) = command else { return *command };
        let Self { since, status, afk } = self;
        Command::UpdatePresence(UpdatePresence {
            since: Some(since),
            activities: Some(update.activities.unwrap_or_default()),
            status: Some(status),
            afk: Some(afk),
        })
    }
}

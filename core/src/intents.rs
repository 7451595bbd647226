//! Gateway intents: which groups of events a session asks for.

use bitflags::bitflags;

bitflags! {
    /// Groups of events a session subscribes to, as in Identify.
    ///
    /// Bits this version does not name are kept and sent as they are.
    ///
    /// Source: Discord documentation, *Gateway: List of Intents*.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct Intents: u64 {
        /// Guilds, roles, channels, threads, stages.
        const GUILDS = 1 << 0;
        /// Members joining, changing, leaving. Privileged.
        const GUILD_MEMBERS = 1 << 1;
        /// Bans and audit log entries.
        const GUILD_MODERATION = 1 << 2;
        /// Emojis, stickers, soundboard sounds.
        const GUILD_EXPRESSIONS = 1 << 3;
        /// Integrations.
        const GUILD_INTEGRATIONS = 1 << 4;
        /// Webhooks.
        const GUILD_WEBHOOKS = 1 << 5;
        /// Invites.
        const GUILD_INVITES = 1 << 6;
        /// Voice states and voice channel effects.
        const GUILD_VOICE_STATES = 1 << 7;
        /// Presences. Privileged.
        const GUILD_PRESENCES = 1 << 8;
        /// Messages in guilds.
        const GUILD_MESSAGES = 1 << 9;
        /// Reactions in guilds.
        const GUILD_MESSAGE_REACTIONS = 1 << 10;
        /// Typing in guilds.
        const GUILD_MESSAGE_TYPING = 1 << 11;
        /// Direct messages, and ephemeral messages of guild interactions.
        const DIRECT_MESSAGES = 1 << 12;
        /// Reactions in direct messages.
        const DIRECT_MESSAGE_REACTIONS = 1 << 13;
        /// Typing in direct messages.
        const DIRECT_MESSAGE_TYPING = 1 << 14;
        /// Content of messages. Privileged.
        const MESSAGE_CONTENT = 1 << 15;
        /// Scheduled events.
        const GUILD_SCHEDULED_EVENTS = 1 << 16;
        /// AutoMod rules.
        const AUTO_MODERATION_CONFIGURATION = 1 << 20;
        /// AutoMod actions.
        const AUTO_MODERATION_EXECUTION = 1 << 21;
        /// Poll votes in guilds.
        const GUILD_MESSAGE_POLLS = 1 << 24;
        /// Poll votes in direct messages.
        const DIRECT_MESSAGE_POLLS = 1 << 25;

        const _ = !0;
    }
}

impl Intents {
    /// The three intents that must be enabled in the developer portal.
    pub const PRIVILEGED: Self =
        Self::GUILD_MEMBERS.union(Self::GUILD_PRESENCES).union(Self::MESSAGE_CONTENT);

    /// Every intent the documentation names.
    pub const DOCUMENTED: Self = Self::from_bits_retain(0x0331_FFFF);

    /// Every documented intent that needs no approval.
    #[must_use]
    pub const fn unprivileged() -> Self {
        Self::DOCUMENTED.difference(Self::PRIVILEGED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sums_are_the_documented_ones() {
        let named = Intents::all().iter_names().fold(0, |sum, (_, bit)| sum | bit.bits());
        assert_eq!(named, Intents::DOCUMENTED.bits());
        assert_eq!(Intents::unprivileged().bits(), 53_575_421);
        assert_eq!(Intents::PRIVILEGED.bits(), 33_026);
    }

    #[test]
    fn unknown_bits_are_kept() {
        let odd = Intents::from_bits_retain(1 << 40);
        assert_eq!((odd | Intents::GUILDS).bits(), (1 << 40) | 1);
    }
}

//! What a queued command is to later ones, and to the limits.

use super::{Command, Members, UpdateVoiceState};
use crate::GuildId;

/// What a queued command is to later ones, and to the limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CommandClass {
    /// A request for all members of a guild: one in 30 s for each.
    AllMembers(GuildId),
    /// Any other command.
    Plain,
    /// A presence: a later one takes its place, and there are five in 20 s.
    Presence,
    /// A voice state: a later one of the guild takes its place if it says as much.
    Voice {
        /// The guild.
        guild: GuildId,
        /// Whether it says if the bot is muted.
        mute: bool,
        /// Whether it says if the bot is deaf.
        deaf: bool,
    },
}

impl CommandClass {
    /// Returns the class of a command.
    ///
    /// A raw one is plain, whatever its opcode: it is sent as it is.
    #[must_use]
    pub fn of(command: &Command<'_>) -> Self {
        match command {
            Command::Raw { .. }
            | Command::RequestChannelInfo(_)
            | Command::RequestSoundboardSounds(_) => Self::Plain,
            Command::RequestGuildMembers(request) => match request.members {
                Members::All | Members::Named { prefix: "", .. } => {
                    Self::AllMembers(request.guild_id)
                }
                Members::Named { .. } | Members::Users(_) => Self::Plain,
            },
            Command::UpdatePresence(_) => Self::Presence,
            Command::UpdateVoiceState(UpdateVoiceState {
                guild_id, self_mute, self_deaf, ..
            }) => Self::Voice {
                guild: *guild_id,
                mute: self_mute.is_some(),
                deaf: self_deaf.is_some(),
            },
        }
    }

    /// Tells whether a command of this class takes the place of an earlier one.
    pub(crate) fn replaces(self, earlier: Self) -> bool {
        match (self, earlier) {
            (Self::Presence, Self::Presence) => true,
            (
                Self::Voice { guild, mute, deaf },
                Self::Voice { guild: other, mute: muted, deaf: deafened },
            ) => guild == other && mute >= muted && deaf >= deafened,
            _ => false,
        }
    }

    /// Returns the class as a number and its guild.
    pub(crate) const fn to_parts(self) -> (u8, u64) {
        match self {
            Self::Plain => (0, 0),
            Self::Presence => (1, 0),
            Self::AllMembers(guild) => (2, guild.0),
            Self::Voice { guild, mute, deaf } => (4 | (mute as u8) | ((deaf as u8) << 1), guild.0),
        }
    }

    /// Returns the class of a number and a guild.
    pub(crate) const fn from_parts(number: u8, guild: u64) -> Self {
        let guild = GuildId(guild);
        match number {
            1 => Self::Presence,
            2 => Self::AllMembers(guild),
            4..=7 => Self::Voice { guild, mute: number & 1 != 0, deaf: number & 2 != 0 },
            _ => Self::Plain,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_kept_as_numbers() {
        let guild = GuildId(u64::MAX);
        let voice = |mute, deaf| CommandClass::Voice { guild, mute, deaf };
        for class in [
            CommandClass::Plain,
            CommandClass::Presence,
            CommandClass::AllMembers(guild),
            voice(false, false),
            voice(true, false),
            voice(false, true),
            voice(true, true),
        ] {
            let (number, guild) = class.to_parts();
            assert_eq!(CommandClass::from_parts(number, guild), class);
        }
    }

    #[test]
    fn a_voice_state_takes_the_place_of_one_that_says_no_more() {
        let voice = |guild, mute, deaf| CommandClass::Voice { guild: GuildId(guild), mute, deaf };
        assert!(voice(1, true, true).replaces(voice(1, false, true)));
        assert!(voice(1, false, false).replaces(voice(1, false, false)));
        assert!(!voice(1, true, false).replaces(voice(1, false, true)));
        assert!(!voice(1, true, true).replaces(voice(2, true, true)));
        assert!(!voice(1, true, true).replaces(CommandClass::Plain));
        assert!(!CommandClass::Plain.replaces(CommandClass::Plain));
        let members = CommandClass::AllMembers(GuildId(1));
        assert!(!members.replaces(members), "each has a nonce of its own");
    }
}

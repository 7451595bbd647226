//! Commands in a script: encoded, as a transcript tells them.
//!
//! The head is that of [`wire`](crate::wire), with these numbers of its own:
//!
//! | bytes | what |
//! |---|---|
//! | 0 | 17 |
//! | 1 | the class: 0 plain, 1 presence, 2 all members, 4 to 7 voice; and 16 for text |
//! | 4 to 7 | 0, or why there is no payload |
//!
//! Behind it stand when the command expires, the guild of its class, and the payload.

use gatewright_core::{
    CommandClass, CommandError, EncodedCommand, Encoding, GuildId, Instant, MAX_PAYLOAD,
};

use crate::wire::Head;

/// The kind of the head.
const KIND: u8 = 17;
/// The flag of a payload that is text.
const TEXT: u8 = 16;
/// What stands between the head and the payload.
const PREFIX: usize = 16;
/// The most bytes behind the head.
pub const MOST: usize = PREFIX + MAX_PAYLOAD;

/// Why a command was not encoded.
const REASONS: [CommandError; 16] = [
    CommandError::ActivityType,
    CommandError::ActivityName,
    CommandError::ActivityState,
    CommandError::ActivityUrl,
    CommandError::Limit,
    CommandError::MissingGuildMembers,
    CommandError::MissingGuildPresences,
    CommandError::NoFields,
    CommandError::NoGuilds,
    CommandError::NonceTooLong,
    CommandError::NotEtf,
    CommandError::NotJson,
    CommandError::OtherEncoding,
    CommandError::ReservedOp,
    CommandError::TooLong,
    CommandError::UserIds,
];

/// A command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order<'b> {
    /// As it was encoded.
    pub command: EncodedCommand<'b>,
    /// When it expires.
    pub expires: Instant,
}

impl<'b> Order<'b> {
    /// Reads what a head and what is behind it say; `None` if they say something else.
    #[must_use]
    pub fn read(head: Head, behind: &'b [u8]) -> Option<Self> {
        let (expires, rest) = behind.split_first_chunk()?;
        let (guild, payload) = rest.split_first_chunk()?;
        let class = class(head.flags & !TEXT, GuildId(u64::from_le_bytes(*guild)))?;
        let encoding = if head.flags & TEXT == 0 { Encoding::Etf } else { Encoding::Json };
        let payload = match head.link.checked_sub(1) {
            _ if head.kind != KIND => return None,
            Some(reason) => Err(*REASONS.get(usize::try_from(reason).ok()?)?),
            None => Ok(payload),
        };
        let expires = Instant::from_micros(u64::from_le_bytes(*expires));
        Some(Self { command: EncodedCommand::from_parts(class, encoding, payload), expires })
    }

    /// Writes it, with a time, and lends the payload; `None` for one that no script can say.
    #[must_use]
    pub fn write(&self, now: Instant) -> Option<(Head, [u8; PREFIX], &[u8])> {
        let (class, guild) = number(self.command.class())?;
        let (reason, payload) = match self.command.payload() {
            Ok(payload) => (0, payload),
            Err(error) => (1 + REASONS.iter().position(|one| *one == error)?, &b""[..]),
        };
        let text = u8::from(self.command.encoding() == Encoding::Json) * TEXT;
        let mut prefix = [0; PREFIX];
        prefix[..8].copy_from_slice(&self.expires.as_micros().to_le_bytes());
        prefix[8..].copy_from_slice(&guild.0.to_le_bytes());
        let head = Head {
            kind: KIND,
            flags: class + text,
            len: u16::try_from(PREFIX + payload.len()).ok()?,
            link: u32::try_from(reason).ok()?,
            micros: now.as_micros(),
        };
        Some((head, prefix, payload))
    }
}

fn class(number: u8, guild: GuildId) -> Option<CommandClass> {
    Some(match number {
        0 => CommandClass::Plain,
        1 => CommandClass::Presence,
        2 => CommandClass::AllMembers(guild),
        4..=7 => CommandClass::Voice { guild, mute: number & 1 != 0, deaf: number & 2 != 0 },
        _ => return None,
    })
}

fn number(class: CommandClass) -> Option<(u8, GuildId)> {
    Some(match class {
        CommandClass::Plain => (0, GuildId(0)),
        CommandClass::Presence => (1, GuildId(0)),
        CommandClass::AllMembers(guild) => (2, guild),
        CommandClass::Voice { guild, mute, deaf } => {
            (4 + u8::from(mute) + 2 * u8::from(deaf), guild)
        }
        _ => return None,
    })
}

//! Commands that are checked and encoded in one place and queued in another.

use super::{Command, CommandClass, CommandError};
use crate::{Encoding, Intents};

/// The bytes of a payload.
#[cfg(feature = "alloc")]
type Bytes<'c> = alloc::borrow::Cow<'c, [u8]>;
/// The bytes of a payload.
#[cfg(not(feature = "alloc"))]
type Bytes<'c> = &'c [u8];

/// A command that was checked and encoded: for a shard in another task, or for a queue of one's own.
///
/// `new`, with the feature `alloc`, keeps the payload on the heap, [`lent`](Self::lent) in memory that is lent. A queue that keeps
/// the payload elsewhere keeps the class too, and makes the command again [from its parts](Self::from_parts).
///
/// # Examples
///
/// A queue in lent memory, of one command:
///
/// ```
/// use gatewright_core::{Command, EncodedCommand, Encoding, Intents};
///
/// let mut slot = [0; 64];
/// let hello = Command::Raw { op: 43, d: "[]" };
/// let encoded = EncodedCommand::lent(&hello, Encoding::Json, Intents::GUILDS, &mut slot)?;
/// let (class, len) = (encoded.class(), encoded.payload()?.len());
///
/// // Later, with `shard.encoded_command(now, &command, Instant::MAX)`:
/// let command = EncodedCommand::from_parts(class, Encoding::Json, Ok(&slot[..len]));
/// assert_eq!(command.payload(), Ok(&br#"{"op":43,"d":[]}"#[..]));
/// # Ok::<(), gatewright_core::CommandError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedCommand<'c> {
    class: CommandClass,
    encoding: Encoding,
    payload: Result<Bytes<'c>, CommandError>,
}

#[cfg(feature = "alloc")]
impl EncodedCommand<'static> {
    /// Checks a command and encodes it for a shard with this encoding and these intents.
    ///
    /// # Errors
    /// As [`Command::check`] and [`Command::encode`].
    pub fn new(
        command: &Command<'_>,
        encoding: Encoding,
        intents: Intents,
    ) -> Result<Self, CommandError> {
        let mut room = [0; super::MAX_PAYLOAD];
        let EncodedCommand { class, payload, .. } =
            EncodedCommand::lent(command, encoding, intents, &mut room)?;
        let payload = payload.map(|payload| payload.into_owned().into());
        Ok(Self { class, encoding, payload })
    }
}

impl<'c> EncodedCommand<'c> {
    /// Checks a command and encodes it into `room`, for a shard with this encoding and these intents.
    ///
    /// # Errors
    /// As [`Command::check`] and [`Command::encode`].
    pub fn lent(
        command: &Command<'_>,
        encoding: Encoding,
        intents: Intents,
        room: &'c mut [u8],
    ) -> Result<Self, CommandError> {
        command.check(intents)?;
        let len = command.encode(encoding, room)?;
        let payload = room.get(..len).unwrap_or_default();
        Ok(Self::from_parts(CommandClass::of(command), encoding, Ok(payload)))
    }

    /// Makes one of its parts, as a transcript tells them: its class, and the payload or why there is none.
    ///
    /// The payload is sent as it stands, so it is for the caller to know that the class is its own and that the
    /// gateway takes it. A command without one is refused by the shard for the reason that is given.
    #[must_use]
    pub const fn from_parts(
        class: CommandClass,
        encoding: Encoding,
        payload: Result<&'c [u8], CommandError>,
    ) -> Self {
        let payload = match payload {
            #[cfg(feature = "alloc")]
            Ok(payload) => Ok(Bytes::Borrowed(payload)),
            #[cfg(not(feature = "alloc"))]
            Ok(payload) => Ok(payload),
            Err(error) => Err(error),
        };
        Self { class, encoding, payload }
    }

    /// Returns what it is to later ones, and to the limits.
    #[must_use]
    pub const fn class(&self) -> CommandClass {
        self.class
    }

    /// Returns the encoding of the payload.
    #[must_use]
    pub const fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Returns the payload.
    ///
    /// # Errors
    /// Why there is none, of one made [from parts](Self::from_parts) without it.
    pub fn payload(&self) -> Result<&[u8], CommandError> {
        self.payload.as_deref().map_err(|error| *error)
    }

    /// Returns the payload, if it is one for this encoding.
    pub(crate) fn payload_for(&self, encoding: Encoding) -> Result<&[u8], CommandError> {
        let payload = self.payload()?;
        if self.encoding == encoding { Ok(payload) } else { Err(CommandError::OtherEncoding) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELLO: Command<'_> = Command::Raw { op: 43, d: "[]" };

    #[test]
    fn the_parts_of_an_encoded_command_make_it_again() {
        for encoding in Encoding::ALL {
            let mut room = [0; 32];
            let encoded =
                EncodedCommand::lent(&HELLO, encoding, Intents::GUILDS, &mut room).unwrap();
            assert_eq!((encoded.class(), encoded.encoding()), (CommandClass::Plain, encoding));
            let payload = encoded.payload();
            assert_eq!(EncodedCommand::from_parts(encoded.class(), encoding, payload), encoded);
            for other in Encoding::ALL {
                let expected =
                    if other == encoding { payload } else { Err(CommandError::OtherEncoding) };
                assert_eq!(encoded.payload_for(other), expected);
            }
        }
    }

    #[test]
    fn a_command_is_not_encoded_into_less_room_than_it_takes() {
        let room = &mut [0; 15];
        let encoded = EncodedCommand::lent(&HELLO, Encoding::Json, Intents::GUILDS, room);
        assert_eq!(encoded, Err(CommandError::TooLong));
        let all = Command::RequestGuildMembers(crate::RequestGuildMembers::all(crate::GuildId(1)));
        let encoded = EncodedCommand::lent(&all, Encoding::Json, Intents::GUILDS, &mut []);
        assert_eq!(encoded, Err(CommandError::MissingGuildMembers));
    }

    #[test]
    fn one_without_a_payload_has_the_reason() {
        let reason = Err(CommandError::NotJson);
        let none = EncodedCommand::from_parts(CommandClass::Plain, Encoding::Etf, reason);
        for encoding in Encoding::ALL {
            assert_eq!(none.payload_for(encoding), reason);
        }
    }
}

//! Commands that are checked and encoded in one task and sent by another.

use alloc::boxed::Box;

use super::{Command, CommandClass, CommandError, MAX_PAYLOAD};
use crate::{Encoding, Intents};

/// A command that was checked and encoded, for a shard in another task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedCommand {
    pub(crate) class: CommandClass,
    encoding: Encoding,
    payload: Box<[u8]>,
}

impl EncodedCommand {
    /// Checks a command and encodes it for a shard with this encoding and these intents.
    ///
    /// # Errors
    /// As [`Command::check`] and [`Command::encode`].
    pub fn new(
        command: &Command<'_>,
        encoding: Encoding,
        intents: Intents,
    ) -> Result<Self, CommandError> {
        command.check(intents)?;
        let mut room = [0; MAX_PAYLOAD];
        let len = command.encode(encoding, &mut room)?;
        let payload = room.get(..len).unwrap_or_default().into();
        Ok(Self { class: CommandClass::of(command), encoding, payload })
    }

    /// Returns the payload, if it is one for this encoding.
    pub(crate) fn payload_for(&self, encoding: Encoding) -> Result<&[u8], CommandError> {
        if self.encoding == encoding { Ok(&self.payload) } else { Err(CommandError::OtherEncoding) }
    }
}

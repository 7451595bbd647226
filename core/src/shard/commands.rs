//! Commands on their way into the queue.

use super::Shard;
use crate::Instant;
use crate::command::{Command, CommandClass, CommandError, CommandId, EncodedCommand};

impl Shard<'_> {
    /// Queues a command; it is sent as soon as the shard is live and the send limit lets it.
    ///
    /// # Errors
    /// [`CommandError`] says why it was not queued.
    pub fn command(
        &mut self,
        now: Instant,
        command: &Command<'_>,
    ) -> Result<CommandId, CommandError> {
        self.command_until(now, command, Instant::MAX)
    }

    /// Queues a command that is dropped unless it can be sent before `expires`.
    ///
    /// # Errors
    /// As [`command`](Self::command).
    pub fn command_until(
        &mut self,
        now: Instant,
        command: &Command<'_>,
        expires: Instant,
    ) -> Result<CommandId, CommandError> {
        self.hear(now);
        if self.is_leaving() {
            return Err(CommandError::Over);
        }
        let checked = command.check(self.config.intents);
        let id = checked.and_then(|()| self.outbox.push(command, expires))?;
        self.queued(id, CommandClass::of(command));
        Ok(id)
    }

    /// Queues a command that was checked and encoded before: in another task, or for a queue of one's own.
    ///
    /// # Errors
    /// [`CommandError::OtherEncoding`], [`CommandError::Over`], [`CommandError::QueueFull`] or
    /// [`CommandError::TooLong`]; of one made [from parts](EncodedCommand::from_parts) also the reason it has instead of a
    /// payload, and [`CommandError::NotJson`] for a presence that is none.
    pub fn encoded_command(
        &mut self,
        now: Instant,
        command: &EncodedCommand<'_>,
        expires: Instant,
    ) -> Result<CommandId, CommandError> {
        let payload = command.payload_for(self.config.encoding);
        self.command_encoded(now, command.class(), expires, payload)
    }

    /// Queues a command that was encoded before, or was not for this reason.
    pub(crate) fn command_encoded(
        &mut self,
        now: Instant,
        class: CommandClass,
        expires: Instant,
        payload: Result<&[u8], CommandError>,
    ) -> Result<CommandId, CommandError> {
        self.hear(now);
        if self.is_leaving() {
            return Err(CommandError::Over);
        }
        let id = self.outbox.push_encoded(class, expires, payload)?;
        self.queued(id, class);
        Ok(id)
    }

    fn queued(&mut self, id: CommandId, class: CommandClass) {
        self.outbox.replace(id, class, self.command_in_flight());
    }
}

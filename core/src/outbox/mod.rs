//! Commands that wait to be sent: one bounded buffer of records, in the order they came.
//!
//! A record is a header and the encoded payload. The payload leaves when the command's fate is sealed;
//! the header stays until the fate is told. In front of the records stands the presence that is kept, which
//! is the payload of every record of a presence. What is free behind the records serves to encode the
//! shard's own frames.

mod presence;
mod record;
mod room;

use crate::command::{Command, CommandClass, CommandError, CommandId, Fate, MAX_PAYLOAD, nonce};
use crate::config::FirstPresence;
use crate::decode::Text;
use crate::encode;
use crate::store::Store;
use crate::{Encoding, GuildId, Instant};

use record::{HEADER, Record, State};

#[derive(Debug)]
pub(crate) struct Outbox<'m> {
    bytes: Store<'m>,
    encoding: Encoding,
    /// The length of the presence that is kept.
    kept: u16,
    used: usize,
    /// The most bytes of an Identify without a presence, and of a Resume.
    identify: u16,
    resume: u16,
    next_id: u32,
    /// Commands whose fate is open.
    open: u32,
    /// Commands that were sent and may still be turned down.
    awaited: u32,
    /// Commands whose fate is sealed and not told.
    sealed: u32,
    /// Whether a command came since the buffer was last to shrink.
    came: bool,
}

/// A request for all members that may still be turned down.
pub(crate) struct Request<'o> {
    pub(crate) guild: GuildId,
    encoding: Encoding,
    payload: &'o [u8],
}

impl Request<'_> {
    /// Tells whether an answer to this guild and nonce is its own.
    #[inline(never)]
    pub(crate) fn is(&self, guild: GuildId, with: Option<Text<'_>>) -> bool {
        self.guild == guild && nonce(self.encoding, self.payload) == with
    }
}

impl<'m> Outbox<'m> {
    pub(crate) fn new(bytes: Store<'m>, encoding: Encoding) -> Self {
        Self {
            bytes,
            encoding,
            kept: 0,
            used: 0,
            identify: 0,
            resume: 0,
            next_id: 0,
            open: 0,
            awaited: 0,
            sealed: 0,
            came: false,
        }
    }

    /// Returns how many commands wait to be sent.
    pub(crate) const fn queued(&self) -> u32 {
        self.open
    }

    /// Keeps the presence a session begins with, in an empty buffer that has [all its room](Self::grow).
    ///
    /// # Errors
    /// [`CommandError::TooLong`] if Identify would be, [`CommandError::QueueFull`] if there is no room.
    pub(crate) fn begin_with(&mut self, presence: &FirstPresence<'_>) -> Result<(), CommandError> {
        let len = match presence {
            FirstPresence::Typed(presence) => {
                encode::payload(self.encoding, 3, presence, &mut self.bytes)
            }
            #[cfg(feature = "alloc")]
            FirstPresence::Written(json) => {
                encode::raw(self.encoding, 3, json, &mut self.bytes).ok()
            }
        };
        self.keep(len.ok_or(CommandError::QueueFull)?);
        self.used = self.kept();
        if self.identify_with(self.kept()) > MAX_PAYLOAD {
            return Err(CommandError::TooLong);
        }
        let fits = self.kept() + self.reserved(self.kept()) <= self.capacity();
        if fits { Ok(()) } else { Err(CommandError::QueueFull) }
    }

    /// Encodes a command and queues it.
    pub(crate) fn push(
        &mut self,
        command: &Command<'_>,
        expires: Instant,
    ) -> Result<CommandId, CommandError> {
        let encoding = self.encoding;
        self.push_with(CommandClass::of(command), expires, |out| command.encode(encoding, out))
    }

    /// Queues a command that was encoded before, or was not for this reason.
    pub(crate) fn push_encoded(
        &mut self,
        class: CommandClass,
        expires: Instant,
        payload: Result<&[u8], CommandError>,
    ) -> Result<CommandId, CommandError> {
        self.push_with(class, expires, |out| {
            let payload = payload?;
            if payload.len() > MAX_PAYLOAD {
                return Err(CommandError::TooLong);
            }
            let room = out.get_mut(..payload.len()).ok_or(CommandError::TooLong)?;
            room.copy_from_slice(payload);
            Ok(payload.len())
        })
    }

    /// Queues a command; those that may still be turned down make room for it.
    fn push_with(
        &mut self,
        class: CommandClass,
        expires: Instant,
        encode: impl Fn(&mut [u8]) -> Result<usize, CommandError>,
    ) -> Result<CommandId, CommandError> {
        loop {
            let len = match self.add(class, &encode) {
                Err(CommandError::QueueFull) if self.awaited > 0 => {
                    self.settle(|_| true);
                    continue;
                }
                added => added?,
            };
            let (at, id) = (self.used, CommandId(self.next_id));
            self.next_id = self.next_id.wrapping_add(1);
            let record =
                Record { at, id, len, class, superseded: false, state: State::Open, expires };
            record.write(&mut self.bytes);
            self.used = record.end();
            self.open += 1;
            return Ok(id);
        }
    }

    /// Encodes a command behind the records and the room for its header, and returns its length there.
    fn add(
        &mut self,
        class: CommandClass,
        encode: impl Fn(&mut [u8]) -> Result<usize, CommandError>,
    ) -> Result<usize, CommandError> {
        // A presence takes the place of the one that is kept: whether it fits is seen then.
        let presence = class == CommandClass::Presence;
        let reserved = if presence { 0 } else { self.reserved(self.kept()) };
        let limit = self.capacity().saturating_sub(reserved);
        let start = self.used + HEADER;
        let room = limit.saturating_sub(start);
        self.grow_for(start, presence);
        let end = self.bytes.len().min(start + room);
        let out = self.bytes.get_mut(start..end).unwrap_or_default();
        let len = match encode(out) {
            Err(CommandError::TooLong) if room < MAX_PAYLOAD && self.used > self.kept() => {
                return Err(CommandError::QueueFull);
            }
            encoded => encoded?,
        };
        if !presence {
            return Ok(len);
        }
        self.keep_presence(start, len, HEADER)?;
        Ok(0)
    }

    /// Lets `latest` take the place of earlier ones, at once or once the one in flight has failed.
    pub(crate) fn replace(
        &mut self,
        latest: CommandId,
        class: CommandClass,
        in_flight: Option<CommandId>,
    ) {
        let earlier = |record: &Record| {
            record.id != latest && !record.superseded && class.replaces(record.class)
        };
        let mut lives = Instant::ZERO;
        while let Some(record) = self.find_open(earlier) {
            lives = lives.max(record.expires);
            if Some(record.id) == in_flight {
                Record { superseded: true, ..record }.write(&mut self.bytes);
            } else {
                self.seal_record(record, Fate::Replaced);
            }
        }
        // It stands for the others too, and lives as long as they would.
        if let Some(record) = self.find_open(|record| record.id == latest) {
            let expires = record.expires.max(lives);
            Record { expires, ..record }.write(&mut self.bytes);
        }
    }

    /// Hears that the connection is gone, and with it the frame in flight and every answer.
    pub(crate) fn disconnected(&mut self) {
        self.settle(|_| true);
        while let Some(record) = self.find_open(|record| record.superseded) {
            self.seal_record(record, Fate::Replaced);
        }
    }

    /// Returns the class of a command that waits.
    pub(crate) fn class(&self, id: CommandId) -> Option<CommandClass> {
        self.find_open(|record| record.id == id).map(|record| record.class)
    }

    /// Hears that a command is with the transport.
    pub(crate) fn sent(&mut self, id: CommandId) {
        let Some(record) = self.find_open(|record| record.id == id) else { return };
        if matches!(record.class, CommandClass::AllMembers(_)) {
            Record { state: State::Awaited, ..record }.write(&mut self.bytes);
            self.open -= 1;
            self.awaited += 1;
        } else {
            self.seal_record(record, Fate::Sent);
        }
    }

    /// Tells whether a command may still be turned down.
    pub(crate) const fn awaits(&self) -> bool {
        self.awaited > 0
    }

    /// Takes it that some requests for all members were not turned down.
    pub(crate) fn settle(&mut self, settled: impl Fn(&Request<'_>) -> bool) {
        while let Some(record) = self.find_awaited(&settled) {
            self.awaited -= 1;
            self.open += 1;
            self.seal_record(record, Fate::Sent);
        }
    }

    /// Lets a request for all members be sent again, which was turned down.
    pub(crate) fn turned_down(&mut self, refused: impl Fn(&Request<'_>) -> bool) {
        if let Some(record) = self.find_awaited(refused) {
            Record { state: State::Open, ..record }.write(&mut self.bytes);
            self.awaited -= 1;
            self.open += 1;
        }
    }

    /// Seals the fate of what expired.
    pub(crate) fn expire(&mut self, now: Instant, in_flight: Option<CommandId>) {
        let late = |record: &Record| record.expires <= now && Some(record.id) != in_flight;
        while let Some(record) = self.find_open(late) {
            self.seal_record(record, Fate::Expired);
        }
    }

    /// Seals the fate of everything that waits.
    pub(crate) fn drop_all(&mut self) {
        while let Some(record) = self.find_open(|_| true) {
            self.seal_record(record, Fate::Dropped);
        }
    }

    /// Returns when the next command expires.
    pub(crate) fn next_expiry(&self, in_flight: Option<CommandId>) -> Option<Instant> {
        if self.open == 0 {
            return None;
        }
        let waits = |record: &Record| record.state == State::Open && Some(record.id) != in_flight;
        let open = self.records().filter(waits);
        open.map(|record| record.expires).min().filter(|expires| *expires < Instant::MAX)
    }

    /// Returns the first command of a class that may go.
    pub(crate) fn front(&self, may_go: impl Fn(CommandClass) -> bool) -> Option<CommandId> {
        if self.open == 0 {
            return None;
        }
        self.find_open(|record| may_go(record.class)).map(|record| record.id)
    }

    /// Returns the earliest instant of those that the classes of commands that wait, and may be turned down, have.
    pub(crate) fn earliest(&self, of: impl Fn(CommandClass) -> Instant) -> Option<Instant> {
        if self.open + self.awaited == 0 {
            return None;
        }
        let told = |record: &Record| matches!(record.state, State::Sealed(_));
        self.records().filter(|record| !told(record)).map(|record| of(record.class)).min()
    }

    /// Returns the payload of a command that waits.
    pub(crate) fn payload(&self, id: CommandId) -> &[u8] {
        let place = |record: Record| {
            let own = record.at + HEADER..record.end();
            if record.class == CommandClass::Presence { 0..self.kept() } else { own }
        };
        let record = self.find_open(|record| record.id == id);
        record.and_then(|record| self.bytes.get(place(record))).unwrap_or_default()
    }

    /// Takes the next fate to tell.
    pub(crate) fn take_fate(&mut self) -> Option<(CommandId, Fate)> {
        if self.sealed == 0 {
            return None;
        }
        let (record, fate) = self.records().find_map(|record| match record.state {
            State::Sealed(fate) => Some((record, fate)),
            State::Awaited | State::Open => None,
        })?;
        self.cut(record.at, record.end());
        self.sealed -= 1;
        Some((record.id, fate))
    }

    fn records(&self) -> impl Iterator<Item = Record> + '_ {
        let mut at = self.kept();
        core::iter::from_fn(move || {
            let record = Record::read(self.bytes.get(..self.used)?, at)?;
            at = record.end();
            Some(record)
        })
    }

    fn find_open(&self, wanted: impl Fn(&Record) -> bool) -> Option<Record> {
        self.records().find(|record| record.state == State::Open && wanted(record))
    }

    fn find_awaited(&self, wanted: impl Fn(&Request<'_>) -> bool) -> Option<Record> {
        if self.awaited == 0 {
            return None;
        }
        let awaited = |record: &Record| {
            let CommandClass::AllMembers(guild) = record.class else { return false };
            let payload = self.bytes.get(record.at + HEADER..record.end()).unwrap_or_default();
            let request = Request { guild, encoding: self.encoding, payload };
            record.state == State::Awaited && wanted(&request)
        };
        self.records().find(awaited)
    }

    fn seal_record(&mut self, record: Record, fate: Fate) {
        let sealed = Record { len: 0, state: State::Sealed(fate), ..record };
        sealed.write(&mut self.bytes);
        self.cut(sealed.end(), record.end());
        self.open -= 1;
        self.sealed += 1;
    }

    /// Takes the bytes from `from` to `to` out.
    fn cut(&mut self, from: usize, to: usize) {
        self.bytes.copy_within(to..self.used, from);
        self.used -= to - from;
    }
}

#[cfg(test)]
mod tests;

//! Commands that wait to be sent: one bounded buffer of records, in the order they came.
//!
//! A record is a header and the encoded payload. The payload leaves when the command's fate is sealed;
//! the header stays until the fate is told. What is free behind the records serves to encode the
//! shard's own frames.

use crate::command::{Command, CommandError, CommandId, Fate, MAX_PAYLOAD};
use crate::lease::Lease;
use crate::{Encoding, Instant};

/// The header: id (4), payload length (2), tag (1), fate (1), expiry (8).
const HEADER: usize = 16;
/// Marks a command whose fate is open.
const OPEN: u8 = 0;

#[derive(Debug)]
pub(crate) struct Outbox<'m> {
    bytes: Lease<'m, [u8]>,
    encoding: Encoding,
    used: usize,
    /// Bytes behind the records that commands may not take.
    reserve: usize,
    next_id: u32,
    /// Commands whose fate is open.
    open: u32,
    /// Commands whose fate is sealed and not told.
    sealed: u32,
}

/// A record's header.
#[derive(Clone, Copy, Debug)]
struct Record {
    at: usize,
    id: CommandId,
    len: usize,
    /// What kind of command it is: later ones of the same kind may replace it.
    tag: u8,
    fate: u8,
    expires: Instant,
}

impl Record {
    fn read(bytes: &[u8], at: usize) -> Option<Self> {
        let header = bytes.get(at..at + HEADER)?;
        let (id, rest) = header.split_first_chunk::<4>()?;
        let (len, rest) = rest.split_first_chunk::<2>()?;
        let (&[tag, fate], rest) = rest.split_first_chunk::<2>()?;
        let expires = Instant::from_micros(u64::from_le_bytes(*rest.first_chunk()?));
        let id = CommandId(u32::from_le_bytes(*id));
        Some(Self { at, id, len: usize::from(u16::from_le_bytes(*len)), tag, fate, expires })
    }

    fn write(&self, bytes: &mut [u8]) {
        let len = u16::try_from(self.len).unwrap_or(u16::MAX);
        let fields = [
            &self.id.0.to_le_bytes()[..],
            &len.to_le_bytes(),
            &[self.tag, self.fate],
            &self.expires.as_micros().to_le_bytes(),
        ];
        let mut at = self.at;
        for field in fields {
            for (to, from) in bytes.iter_mut().skip(at).zip(field) {
                *to = *from;
            }
            at += field.len();
        }
    }

    const fn end(&self) -> usize {
        self.at + HEADER + self.len
    }
}

impl<'m> Outbox<'m> {
    pub(crate) fn new(bytes: Lease<'m, [u8]>, encoding: Encoding) -> Self {
        Self { bytes, encoding, used: 0, reserve: 0, next_id: 0, open: 0, sealed: 0 }
    }

    pub(crate) fn capacity(&self) -> usize {
        self.bytes.len()
    }

    /// Keeps room to encode a frame of this length at any time.
    pub(crate) fn reserve(&mut self, bytes: usize) {
        self.reserve = bytes;
    }

    /// Returns how many commands wait to be sent.
    pub(crate) const fn queued(&self) -> u32 {
        self.open
    }

    /// Returns the room to encode one of the shard's own frames.
    pub(crate) fn scratch(&mut self) -> &mut [u8] {
        self.bytes.get_mut(self.used..).unwrap_or_default()
    }

    /// Returns the first `len` bytes of a frame encoded into [`scratch`](Self::scratch).
    pub(crate) fn scratched(&self, len: usize) -> &[u8] {
        self.bytes.get(self.used..self.used + len).unwrap_or_default()
    }

    /// Encodes a command and queues it.
    pub(crate) fn push(
        &mut self,
        command: &Command<'_>,
        expires: Instant,
    ) -> Result<CommandId, CommandError> {
        let encoding = self.encoding;
        self.push_with(tag(command), expires, |out| command.encode(encoding, out))
    }

    /// Queues a command that was encoded before, or was not for this reason.
    pub(crate) fn push_encoded(
        &mut self,
        tag: u8,
        expires: Instant,
        payload: Result<&[u8], CommandError>,
    ) -> Result<CommandId, CommandError> {
        self.push_with(tag, expires, |out| {
            let payload = payload?;
            if payload.len() > MAX_PAYLOAD {
                return Err(CommandError::TooLong);
            }
            let room = out.get_mut(..payload.len()).ok_or(CommandError::TooLong)?;
            room.copy_from_slice(payload);
            Ok(payload.len())
        })
    }

    fn push_with(
        &mut self,
        tag: u8,
        expires: Instant,
        encode: impl FnOnce(&mut [u8]) -> Result<usize, CommandError>,
    ) -> Result<CommandId, CommandError> {
        let limit = self.bytes.len().saturating_sub(self.reserve);
        let room = limit.saturating_sub(self.used + HEADER);
        let start = self.used + HEADER;
        let out = self.bytes.get_mut(start..start + room).unwrap_or_default();
        let len = match encode(out) {
            Err(CommandError::TooLong) if room < MAX_PAYLOAD && self.used > 0 => {
                return Err(CommandError::QueueFull);
            }
            encoded => encoded?,
        };
        let id = CommandId(self.next_id);
        self.next_id = self.next_id.wrapping_add(1);
        let record = Record { at: self.used, id, len, tag, fate: OPEN, expires };
        record.write(&mut self.bytes);
        self.used = record.end();
        self.open += 1;
        Ok(id)
    }

    /// Seals the fate of queued presences before `latest`, which takes their place.
    pub(crate) fn replace_presences(&mut self, latest: CommandId, in_flight: Option<CommandId>) {
        let earlier = |record: &Record| {
            record.tag == PRESENCE && record.id != latest && Some(record.id) != in_flight
        };
        while let Some(record) = self.find_open(earlier) {
            self.seal_record(record, Fate::Replaced);
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

    /// Seals the fate of one command.
    pub(crate) fn seal(&mut self, id: CommandId, fate: Fate) {
        if let Some(record) = self.find_open(|record| record.id == id) {
            self.seal_record(record, fate);
        }
    }

    /// Returns when the next command expires.
    pub(crate) fn next_expiry(&self, in_flight: Option<CommandId>) -> Option<Instant> {
        if self.open == 0 {
            return None;
        }
        let waits = |record: &Record| record.fate == OPEN && Some(record.id) != in_flight;
        let open = self.records().filter(waits);
        open.map(|record| record.expires).min().filter(|expires| *expires < Instant::MAX)
    }

    /// Returns the command to send next.
    pub(crate) fn front(&self) -> Option<CommandId> {
        if self.open == 0 {
            return None;
        }
        self.find_open(|_| true).map(|record| record.id)
    }

    /// Returns the payload of a command that waits.
    pub(crate) fn payload(&self, id: CommandId) -> &[u8] {
        let record = self.find_open(|record| record.id == id);
        record
            .and_then(|record| self.bytes.get(record.at + HEADER..record.end()))
            .unwrap_or_default()
    }

    /// Takes the next fate to tell.
    pub(crate) fn take_fate(&mut self) -> Option<(CommandId, Fate)> {
        if self.sealed == 0 {
            return None;
        }
        let record = self.records().find(|record| record.fate != OPEN)?;
        self.cut(record.at, record.end());
        self.sealed -= 1;
        let fate = FATES.into_iter().find(|(_, code)| *code == record.fate)?;
        Some((record.id, fate.0))
    }

    fn records(&self) -> impl Iterator<Item = Record> + '_ {
        let mut at = 0;
        core::iter::from_fn(move || {
            let record = Record::read(self.bytes.get(..self.used)?, at)?;
            at = record.end();
            Some(record)
        })
    }

    fn find_open(&self, wanted: impl Fn(&Record) -> bool) -> Option<Record> {
        self.records().find(|record| record.fate == OPEN && wanted(record))
    }

    fn seal_record(&mut self, record: Record, fate: Fate) {
        let code = FATES.into_iter().find(|(known, _)| *known == fate);
        let sealed = Record { len: 0, fate: code.map_or(OPEN + 1, |(_, code)| code), ..record };
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

const FATES: [(Fate, u8); 4] =
    [(Fate::Dropped, 1), (Fate::Expired, 2), (Fate::Replaced, 3), (Fate::Sent, 4)];

/// The tag of presences, of which only the latest matters.
pub(crate) const PRESENCE: u8 = 1;

pub(crate) const fn tag(command: &Command<'_>) -> u8 {
    match command {
        Command::UpdatePresence(_) => PRESENCE,
        Command::Raw { .. }
        | Command::RequestChannelInfo(_)
        | Command::RequestGuildMembers(_)
        | Command::RequestSoundboardSounds(_)
        | Command::UpdateVoiceState(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Presence;

    const RAW: Command<'static> = Command::Raw { op: 43, d: "{}" };
    const ENCODED: &[u8] = br#"{"op":43,"d":{}}"#;

    fn outbox(bytes: &mut [u8]) -> Outbox<'_> {
        Outbox::new(Lease::Lent(bytes), Encoding::Json)
    }

    #[test]
    fn commands_leave_in_order_and_their_fates_are_told_once() {
        let mut bytes = [0; 200];
        let mut outbox = outbox(&mut bytes);
        for id in 0..3 {
            assert_eq!(outbox.push(&RAW, Instant::MAX), Ok(CommandId(id)));
        }
        for id in 0..3 {
            assert_eq!(outbox.front(), Some(CommandId(id)));
            assert_eq!(outbox.payload(CommandId(id)), ENCODED);
            outbox.seal(CommandId(id), Fate::Sent);
        }
        assert_eq!(outbox.front(), None);
        for id in 0..3 {
            assert_eq!(outbox.take_fate(), Some((CommandId(id), Fate::Sent)));
        }
        assert_eq!((outbox.take_fate(), outbox.used), (None, 0));
    }

    /// Trap 24: a send queue without bound.
    #[test]
    fn a_full_queue_refuses_and_keeps_its_reserve() {
        let mut bytes = [0; 160];
        let mut outbox = outbox(&mut bytes);
        outbox.reserve(60);
        let mut taken = 0;
        while outbox.push(&RAW, Instant::MAX).is_ok() {
            taken += 1;
        }
        assert_eq!(taken, 3);
        assert_eq!(outbox.push(&RAW, Instant::MAX), Err(CommandError::QueueFull));
        assert!(outbox.scratch().len() >= 60);
        outbox.seal(CommandId(0), Fate::Sent);
        outbox.take_fate();
        assert_eq!(outbox.push(&RAW, Instant::MAX), Ok(CommandId(3)));
    }

    #[test]
    fn only_a_payload_that_never_fits_is_too_long() {
        let mut bytes = [0; 3 * MAX_PAYLOAD];
        let mut outbox = outbox(&mut bytes);
        let long = [b'1'; MAX_PAYLOAD];
        let long = Command::Raw { op: 43, d: core::str::from_utf8(&long).unwrap() };
        assert_eq!(outbox.push(&long, Instant::MAX), Err(CommandError::TooLong));
        let refused = Command::Raw { op: 2, d: "{}" };
        assert_eq!(outbox.push(&refused, Instant::MAX), Err(CommandError::ReservedOp));
    }

    #[test]
    fn a_payload_that_does_not_fit_into_the_empty_buffer_is_too_long() {
        let mut bytes = [0; 100];
        let mut outbox = outbox(&mut bytes);
        let long = [b'1'; 90];
        let long = Command::Raw { op: 43, d: core::str::from_utf8(&long).unwrap() };
        assert_eq!(outbox.push(&long, Instant::MAX), Err(CommandError::TooLong));
        outbox.push(&RAW, Instant::MAX).unwrap();
        assert_eq!(outbox.push(&long, Instant::MAX), Err(CommandError::QueueFull));
    }

    #[test]
    fn commands_expire_unless_they_are_on_their_way() {
        let mut bytes = [0; 200];
        let mut outbox = outbox(&mut bytes);
        let at = Instant::from_millis;
        for expires in [5, 9, 5] {
            outbox.push(&RAW, at(expires)).unwrap();
        }
        assert_eq!(outbox.next_expiry(None), Some(at(5)));
        outbox.expire(at(5), Some(CommandId(0)));
        assert_eq!(outbox.take_fate(), Some((CommandId(2), Fate::Expired)));
        assert_eq!(outbox.take_fate(), None);
        assert_eq!(outbox.queued(), 2);
    }

    #[test]
    fn a_later_presence_takes_the_place_of_an_earlier_one() {
        let mut bytes = [0; 400];
        let mut outbox = outbox(&mut bytes);
        let presence = Command::UpdatePresence(Presence::default());
        outbox.push(&presence, Instant::MAX).unwrap();
        outbox.push(&RAW, Instant::MAX).unwrap();
        let latest = outbox.push(&presence, Instant::MAX).unwrap();
        outbox.replace_presences(latest, None);
        assert_eq!(outbox.take_fate(), Some((CommandId(0), Fate::Replaced)));
        assert_eq!(outbox.front(), Some(CommandId(1)));
        assert_eq!(outbox.queued(), 2);
    }
}

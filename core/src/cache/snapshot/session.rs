//! The session in a snapshot.

use heapless::String;

use super::read::Source;
use super::write::Sink;
use crate::{Compression, Encoding, Session, ShardId};

/// Writes a session of which events up to a number are processed.
pub(super) fn write<F: FnMut(&[u8])>(session: &Session, processed: u64, sink: &mut Sink<'_, F>) {
    let place = |at: Option<usize>| at.and_then(|at| u8::try_from(at).ok()).unwrap_or(u8::MAX);
    sink.bytes(&[session.version]);
    sink.bytes(&session.shard.id.to_le_bytes());
    sink.bytes(&session.shard.count.to_le_bytes());
    for number in [session.intents, session.received, processed] {
        sink.bytes(&number.to_le_bytes());
    }
    let encoding = Encoding::ALL.iter().position(|other| *other == session.encoding);
    let compression = Compression::ALL.iter().position(|other| *other == session.compression);
    sink.bytes(&[place(encoding), place(compression)]);
    for text in [session.id.as_str(), session.resume_url.as_str()] {
        sink.bytes(&[place(Some(text.len()))]);
        sink.bytes(text.as_bytes());
    }
}

/// Reads one; nothing if it is none.
pub(super) fn read(source: &mut Source<'_>) -> Option<Session> {
    let version = source.byte()?;
    let shard = ShardId::new(source.word()?, source.word()?);
    let [intents, received, processed] = [source.long()?, source.long()?, source.long()?];
    let encoding = *Encoding::ALL.get(usize::from(source.byte()?))?;
    let compression = *Compression::ALL.get(usize::from(source.byte()?))?;
    let (id, resume_url) = (text(source)?, text(source)?);
    Some(Session {
        version,
        id,
        resume_url,
        received,
        processed,
        shard,
        intents,
        encoding,
        compression,
    })
}

fn text<const MOST: usize>(source: &mut Source<'_>) -> Option<String<MOST, u8>> {
    let len = source.byte()?;
    let text = core::str::from_utf8(source.bytes(len.into())?).ok()?;
    let mut copy = String::new();
    copy.push_str(text).ok()?;
    Some(copy)
}

//! A session as plain data: what a later process needs to resume it.

use core::fmt;

use heapless::String;
use serde::{Deserialize, Serialize};

use crate::{Compression, Encoding, Intents, ShardId};

/// The longest session id kept, in bytes; 32 were seen.
pub(crate) const ID_BYTES: usize = 64;
/// The longest resume URL kept, in bytes; 35 were seen.
pub(crate) const URL_BYTES: usize = 128;

/// A session as plain data, to be stored and resumed by a later process.
///
/// A Resume asks for what follows [`processed`](Self::processed): an event whose handler did not finish comes again.
/// The session id and the token together let anyone resume the session: store it like a secret. It is
/// `Serialize` and `Deserialize`, for any format of serde.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The version of this record: [`Session::VERSION`].
    pub version: u8,
    /// The session id from READY.
    pub id: String<ID_BYTES, u8>,
    /// The URL to resume at; empty for the configured one.
    pub resume_url: String<URL_BYTES, u8>,
    /// The latest sequence number received.
    pub received: u64,
    /// The latest sequence number whose event the caller has finished with.
    pub processed: u64,
    /// The shard.
    pub shard: ShardId,
    /// The intents, as bits.
    pub intents: u64,
    /// The encoding of the connection.
    pub encoding: Encoding,
    /// The compression of the connection.
    pub compression: Compression,
}

impl fmt::Debug for Session {
    /// Writes all but the session id, which is a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { version, id: _, resume_url, received, processed, shard, intents, .. } = self;
        f.debug_struct("Session")
            .field("version", version)
            .field("id", &format_args!("<secret>"))
            .field("resume_url", resume_url)
            .field("received", received)
            .field("processed", processed)
            .field("shard", shard)
            .field("intents", intents)
            .field("encoding", &self.encoding)
            .field("compression", &self.compression)
            .finish()
    }
}

impl Session {
    /// The version this library writes and reads.
    pub const VERSION: u8 = 1;

    /// Checks that a shard with these settings may resume the session.
    pub(crate) fn check(
        &self,
        shard: ShardId,
        intents: Intents,
        encoding: Encoding,
        compression: Compression,
    ) -> Result<(), SessionError> {
        let id_is_plain =
            !self.id.is_empty() && self.id.bytes().all(|byte| byte.is_ascii_graphic());
        let checks = [
            (self.version == Self::VERSION, SessionError::Version),
            (self.shard == shard, SessionError::Shard),
            (self.intents == intents.bits(), SessionError::Intents),
            (self.encoding == encoding, SessionError::Encoding),
            (self.compression == compression, SessionError::Compression),
            (id_is_plain, SessionError::Id),
            (self.processed <= self.received, SessionError::Sequence),
        ];
        match checks.into_iter().find(|(holds, _)| !holds) {
            Some((_, error)) => Err(error),
            None => Ok(()),
        }
    }
}

/// Why a stored session cannot be resumed by this shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SessionError {
    /// It was made with another compression.
    Compression,
    /// It was made with another encoding.
    Encoding,
    /// Its id is empty or no plain text.
    Id,
    /// It was made with other intents.
    Intents,
    /// It says that more was processed than received.
    Sequence,
    /// It belongs to another shard or another shard count.
    Shard,
    /// It was written by another version of this library.
    Version,
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Compression => "the stored session was made with another compression",
            Self::Encoding => "the stored session was made with another encoding",
            Self::Id => "the stored session has no usable id",
            Self::Intents => "the stored session was made with other intents",
            Self::Sequence => "the stored session counts more events processed than received",
            Self::Shard => "the stored session belongs to another shard or shard count",
            Self::Version => "the stored session was written by another version",
        })
    }
}

impl core::error::Error for SessionError {}

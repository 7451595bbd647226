//! The memory a shard works in: lent by the caller or on the heap, chosen by value.

use crate::Compression;
use crate::inflate::Inflater;
use crate::lease::Lease;
#[cfg(feature = "alloc")]
use crate::store::Growing;
use crate::store::Store;
use crate::throttle::SendLog;

/// The memory a shard works in.
///
/// | part | size | what for |
/// |---|---|---|
/// | payload | lent: at least [`Memory::MIN_PAYLOAD`] bytes; heap: 4 KiB up to a limit | documents, and the history compressed ones refer to |
/// | commands | lent: at least [`Memory::MIN_COMMANDS`] bytes; heap: what they take, up to 16 KiB | queued commands, and room to encode one frame |
/// | send log | [`SendLog`], about 1.3 KiB | the send limit |
/// | inflater | [`Inflater`], about 6 KiB for zlib; zstd has a heap of its own | compression |
#[derive(Debug)]
pub struct Memory<'m> {
    pub(crate) payload: Store<'m>,
    pub(crate) commands: Store<'m>,
    pub(crate) log: Lease<'m, SendLog>,
    pub(crate) inflater: Inflater<'m>,
}

impl<'m> Memory<'m> {
    /// The least size of a lent payload buffer: 32 KiB of history and 8 KiB of room.
    pub const MIN_PAYLOAD: usize = 40 * 1024;
    /// The least size of the command buffer; Identify must fit into it.
    pub const MIN_COMMANDS: usize = 1024;

    /// The most of a payload buffer that is used.
    const MAX_PAYLOAD: usize = 0x7FFF_FFFF;

    /// The limit of the command buffer on the heap.
    #[cfg(feature = "alloc")]
    pub(crate) const COMMANDS: usize = 16 * 1024;
    /// The limit of the payload buffer on the heap, unless another is given.
    #[cfg(feature = "alloc")]
    pub(crate) const PAYLOAD_LIMIT: usize = 64 * 1024 * 1024;

    /// Takes memory the caller lends; the log is a new one, or that of an earlier shard by the same clock.
    pub fn lent(
        payload: &'m mut [u8],
        commands: &'m mut [u8],
        log: &'m mut SendLog,
        inflater: Inflater<'m>,
    ) -> Self {
        let used = payload.len().min(Self::MAX_PAYLOAD);
        let payload = Store::Lent(payload.get_mut(..used).unwrap_or_default());
        Self { payload, commands: Store::Lent(commands), log: Lease::Lent(log), inflater }
    }

    /// Takes memory from the heap, for documents of up to 64 MiB.
    #[cfg(feature = "alloc")]
    #[must_use]
    pub fn heap(compression: Compression) -> Self {
        Self::heap_limited(compression, Self::PAYLOAD_LIMIT)
    }

    /// Takes memory from the heap, for documents of up to `payload_limit` bytes (40 KiB to 2 GiB).
    #[cfg(feature = "alloc")]
    #[must_use]
    pub fn heap_limited(compression: Compression, payload_limit: usize) -> Self {
        let limit = payload_limit.clamp(Self::MIN_PAYLOAD, Self::MAX_PAYLOAD);
        Self {
            payload: Store::Growing(Growing::new(limit)),
            commands: Store::Growing(Growing::new(Self::COMMANDS)),
            log: Lease::Owned(alloc::boxed::Box::new(SendLog::new())),
            inflater: Inflater::heap(compression),
        }
    }

    /// Returns the compression the inflater decodes.
    #[must_use]
    pub const fn compression(&self) -> Compression {
        self.inflater.compression()
    }
}

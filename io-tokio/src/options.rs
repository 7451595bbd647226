//! What the adapter is told once; what the protocol needs is in [`Config`](gatewright_core::Config).

use gatewright_core::Compression;

use crate::Gate;

/// The longest WebSocket message taken, unless set.
const MAX_MESSAGE: usize = 64 * 1024 * 1024;
/// The longest document kept, unless set.
const PAYLOAD_LIMIT: usize = 64 * 1024 * 1024;
const USER_AGENT: &str =
    concat!("gatewright/", env!("CARGO_PKG_VERSION"), " (", env!("CARGO_PKG_REPOSITORY"), ")");

/// The settings of the adapter.
#[derive(Clone, Debug)]
pub struct Options {
    pub(crate) compression: Compression,
    pub(crate) max_message: usize,
    pub(crate) payload_limit: usize,
    pub(crate) gate: Option<Gate>,
    pub(crate) user_agent: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            compression: Compression::ZlibStream,
            max_message: MAX_MESSAGE,
            payload_limit: PAYLOAD_LIMIT,
            gate: None,
            user_agent: USER_AGENT.to_owned(),
        }
    }
}

impl Options {
    /// Sets the compression; [`Compression::ZlibStream`] unless set.
    #[must_use]
    pub const fn compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// Sets the longest WebSocket message taken, in bytes as they come; 64 MiB unless set.
    #[must_use]
    pub const fn max_message(mut self, bytes: usize) -> Self {
        self.max_message = bytes;
        self
    }

    /// Sets the longest document kept, in bytes; 64 MiB unless set, at least 40 KiB, and at most 256 MiB to be recorded.
    #[must_use]
    pub const fn payload_limit(mut self, bytes: usize) -> Self {
        self.payload_limit = bytes;
        self
    }

    /// Sets the gate to pass before Identify, shared by the shards of one bot.
    #[must_use]
    pub fn gate(mut self, gate: Gate) -> Self {
        self.gate = Some(gate);
        self
    }

    /// Sets the header `User-Agent`; what is not printable ASCII is left out.
    #[must_use]
    pub fn user_agent(mut self, name: &str) -> Self {
        self.user_agent = name.chars().filter(|c| matches!(c, ' '..='~')).collect();
        self
    }
}

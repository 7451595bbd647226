//! What can be made to go wrong on purpose.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use gatewright_core::CloseCode;

/// Something that goes wrong on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Closes the connection with a code; codes that end sessions end this one.
    Close(CloseCode),
    /// Flips one bit in the next message of some length.
    Corrupt,
    /// Delays everything sent from now on.
    Delay(Duration),
    /// Cuts the connection without a close frame.
    Drop,
    /// Asks for a heartbeat at once (op 1).
    HeartbeatRequest,
    /// Ends the session (op 9 `false`).
    InvalidSession,
    /// Detaches the session, which stays resumable (op 9 `true`).
    InvalidSessionResumable,
    /// Says no Hello on the next connection.
    NoHello,
    /// Says neither READY nor RESUMED on the next connection.
    NoReady,
    /// Asks to reconnect (op 7) and closes five seconds later.
    Reconnect,
    /// Asks to reconnect in place of Hello on the next connection.
    ReconnectBeforeHello,
    /// Sends nothing more, though the connection stays up.
    Silence,
    /// Cuts each message into several, also within the sync marker of zlib.
    ///
    /// A message of zstd-stream stays whole: it is one gateway message by definition.
    Split,
    /// Acknowledges no heartbeat from now on.
    SwallowAcks,
}

impl Fault {
    /// Every fault as it is written, `N` and `MS` standing for numbers, with what it does.
    pub const ALL: &'static [(&'static str, &'static str)] = &[
        ("close-N", "closes with code N; a code that ends sessions ends this one"),
        ("corrupt", "flips one bit in the next message of some length"),
        ("delay-MS", "delays everything sent by MS milliseconds"),
        ("drop", "cuts the connection without a close frame"),
        ("heartbeat-request", "asks for a heartbeat at once (op 1)"),
        ("invalid-session", "ends the session (op 9 false)"),
        ("invalid-session-resumable", "detaches the session, which stays resumable (op 9 true)"),
        ("no-hello", "says no Hello on the next connection"),
        ("no-ready", "says neither READY nor RESUMED on the next connection"),
        ("reconnect", "asks to reconnect (op 7) and closes five seconds later"),
        ("reconnect-before-hello", "asks to reconnect in place of Hello on the next connection"),
        ("silence", "sends nothing more, though the connection stays up"),
        ("split", "cuts each message into several, also within the sync marker of zlib"),
        ("swallow-acks", "acknowledges no heartbeat from now on"),
    ];

    /// Says whether it strikes a connection when that opens, not later.
    #[must_use]
    pub const fn strikes_on_open(self) -> bool {
        matches!(self, Self::NoHello | Self::NoReady | Self::ReconnectBeforeHello)
    }
}

impl fmt::Display for Fault {
    /// Writes the name that [`Fault::from_str`] reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Close(code) => return write!(f, "close-{code}"),
            Self::Delay(delay) => return write!(f, "delay-{}", delay.as_millis()),
            Self::Corrupt => "corrupt",
            Self::Drop => "drop",
            Self::HeartbeatRequest => "heartbeat-request",
            Self::InvalidSession => "invalid-session",
            Self::InvalidSessionResumable => "invalid-session-resumable",
            Self::NoHello => "no-hello",
            Self::NoReady => "no-ready",
            Self::Reconnect => "reconnect",
            Self::ReconnectBeforeHello => "reconnect-before-hello",
            Self::Silence => "silence",
            Self::Split => "split",
            Self::SwallowAcks => "swallow-acks",
        };
        f.write_str(name)
    }
}

/// A name that is no fault's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownFault;

impl fmt::Display for UnknownFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected one of ")?;
        for (at, (name, _)) in Fault::ALL.iter().enumerate() {
            f.write_str(if at == 0 { "" } else { ", " })?;
            f.write_str(name)?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownFault {}

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(name: &str) -> Result<Self, UnknownFault> {
        if let Some(code) = name.strip_prefix("close-") {
            let code = code.parse().map_err(|_| UnknownFault)?;
            return if (1_000..5_000).contains(&code) {
                Ok(Self::Close(CloseCode(code)))
            } else {
                Err(UnknownFault)
            };
        }
        if let Some(millis) = name.strip_prefix("delay-") {
            return millis
                .parse()
                .map(|millis| Self::Delay(Duration::from_millis(millis)))
                .map_err(|_| UnknownFault);
        }
        Ok(match name {
            "corrupt" => Self::Corrupt,
            "drop" => Self::Drop,
            "heartbeat-request" => Self::HeartbeatRequest,
            "invalid-session" => Self::InvalidSession,
            "invalid-session-resumable" => Self::InvalidSessionResumable,
            "no-hello" => Self::NoHello,
            "no-ready" => Self::NoReady,
            "reconnect" => Self::Reconnect,
            "reconnect-before-hello" => Self::ReconnectBeforeHello,
            "silence" => Self::Silence,
            "split" => Self::Split,
            "swallow-acks" => Self::SwallowAcks,
            _ => return Err(UnknownFault),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_fault_reads_back_as_it_was_written() {
        for (name, sentence) in Fault::ALL {
            let name = name.replace("-N", "-4009").replace("-MS", "-250");
            assert_eq!(name.parse::<Fault>().unwrap().to_string(), name);
            assert!(!sentence.is_empty());
        }
    }

    #[test]
    fn other_names_are_refused() {
        for name in ["", "close-", "close-999", "close-70000", "delay-x", "Drop", "drop "] {
            assert_eq!(name.parse::<Fault>(), Err(UnknownFault), "{name}");
        }
        assert!(UnknownFault.to_string().contains("swallow-acks"));
    }
}

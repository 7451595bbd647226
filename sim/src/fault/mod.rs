//! What can be made to go wrong on purpose.

mod kinds;
mod list;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use gatewright_core::CloseCode;

pub use self::kinds::{BrokenReady, HelloInterval, ResumeUrl};
pub use self::list::{FaultInfo, Strikes};

/// Something that goes wrong on a connection.
///
/// [`Fault::all`] says of each what it does and when it strikes. Where nothing else is said, the
/// session can be resumed afterwards, without loss; a fault that needs a session or compression
/// does nothing on a connection without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Sends a message that inflates to this many MiB.
    Bomb(u32),
    /// Breaks the next READY, so that nobody can resume its session.
    BrokenReady(BrokenReady),
    /// Closes the connection with a code; codes that end sessions end this one.
    Close(CloseCode),
    /// Breaks the next message of some length off with a close frame.
    CloseInMessage,
    /// Accepts so many connections and closes each at once.
    CloseOnOpen(u16),
    /// Closes with a close frame that has no code.
    CloseWithoutCode,
    /// Flips one bit in the next message of some length.
    Corrupt,
    /// Cuts the connection in the middle of the next message of some length.
    CutMessage,
    /// Names in the next READY a URL to resume at where nobody listens.
    DeadResumeHost,
    /// Delays everything sent from now on.
    Delay(Duration),
    /// Cuts the connection without a close frame.
    Drop,
    /// Cuts so many connections before their upgrade is answered.
    DropOnOpen(u16),
    /// Sends a message without content.
    EmptyMessage,
    /// Asks for a heartbeat at once (op 1).
    HeartbeatRequest,
    /// Asks for so many heartbeats in a row.
    HeartbeatRequestFlood(u16),
    /// Says this heartbeat interval in the next Hello.
    HelloInterval(HelloInterval),
    /// Ends the session (op 9 `false`).
    InvalidSession,
    /// Says op 9 `true` in place of Hello on the next connection.
    InvalidSessionBeforeHello,
    /// Answers the first Identify or Resume of the next connection with op 9 `false`.
    ///
    /// It ends the session that was to be resumed.
    InvalidSessionInAnswer,
    /// Detaches the session, which stays resumable (op 9 `true`).
    InvalidSessionResumable,
    /// Puts what is said within 100 ms into one message of a zlib-stream.
    Join,
    /// Sends an event nobody knows of so many KiB.
    LargeEvent(u32),
    /// Acknowledges each heartbeat so much later from now on.
    LateAcks(Duration),
    /// Sends the last three events again.
    LowSeq,
    /// Says no Hello on the next connection.
    NoHello,
    /// Says neither READY nor RESUMED on the next connection.
    NoReady,
    /// Sends an event without a sequence number, which nothing sends again.
    NullSeq,
    /// Sends an acknowledgement as a message of the other type.
    OddMessage,
    /// Asks to reconnect and goes on with the old connection after the Resume.
    ///
    /// That one gets every event too, for 30 s or until the client closes it.
    OldConnectionGoesOn,
    /// Cuts all connections and refuses new ones for so long.
    Outage(Duration),
    /// Asks to reconnect (op 7) and closes five seconds later.
    Reconnect,
    /// Asks to reconnect in place of Hello on the next connection.
    ReconnectBeforeHello,
    /// Closes with this code at the next Identify.
    RefuseIdentify(CloseCode),
    /// Closes with this code at the next Resume; codes that end sessions end this one.
    RefuseResume(CloseCode),
    /// Answers the next upgrade with this HTTP status.
    RefuseUpgrade(u16),
    /// Names a URL of no use in the next READY.
    ResumeUrl(ResumeUrl),
    /// Writes the keys of messages in any order, with unknown ones between.
    ///
    /// In ETF, whose dialect decides the order, there are only the unknown ones.
    ShuffleKeys,
    /// Sends nothing more, though the connection stays up.
    Silence,
    /// Cuts each message into several, also within the sync marker of zlib.
    ///
    /// A message of zstd-stream stays whole: it is one gateway message by definition.
    Split,
    /// Ends the compressed stream with the next message and begins another behind it.
    ///
    /// A connection without one is cut.
    StreamEnd,
    /// Acknowledges no heartbeat from now on.
    SwallowAcks,
    /// Sends an event nobody knows.
    UnknownEvent,
    /// Sends an opcode nobody knows.
    UnknownOpcode,
    /// Sends a message whose types, flags and keys nobody knows.
    UnknownValues,
}

impl Fault {
    /// Returns what there is to know of every fault, by name.
    #[must_use]
    pub const fn all() -> &'static [FaultInfo] {
        list::LIST
    }

    /// Returns instances of every fault that are ready to use, by name.
    pub fn examples() -> impl Iterator<Item = Self> {
        list::LIST.iter().flat_map(|info| info.examples).copied()
    }

    /// Returns what there is to know of this fault.
    #[must_use]
    pub fn info(self) -> &'static FaultInfo {
        let found = list::LIST.iter().find(|info| info.is_of(self));
        // A test looks each kind up.
        found.unwrap_or(list::UNLISTED)
    }

    /// Says whether it strikes a connection when that opens, not later.
    #[must_use]
    pub fn strikes_on_open(self) -> bool {
        self.info().strikes == Strikes::Open
    }
}

impl fmt::Display for Fault {
    /// Writes the name that [`Fault::from_str`] reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.info().stem())?;
        match self {
            Self::Bomb(size) | Self::LargeEvent(size) => write!(f, "-{size}"),
            Self::BrokenReady(kind) => write!(f, "-{kind}"),
            Self::Close(code) | Self::RefuseIdentify(code) | Self::RefuseResume(code) => {
                write!(f, "-{code}")
            }
            Self::CloseOnOpen(count)
            | Self::DropOnOpen(count)
            | Self::HeartbeatRequestFlood(count)
            | Self::RefuseUpgrade(count) => write!(f, "-{count}"),
            Self::Delay(span) | Self::LateAcks(span) | Self::Outage(span) => {
                write!(f, "-{}", span.as_millis())
            }
            Self::HelloInterval(value) => write!(f, "-{value}"),
            Self::ResumeUrl(kind) => write!(f, "-{kind}"),
            Self::CloseInMessage
            | Self::CloseWithoutCode
            | Self::Corrupt
            | Self::CutMessage
            | Self::DeadResumeHost
            | Self::Drop
            | Self::EmptyMessage
            | Self::HeartbeatRequest
            | Self::InvalidSession
            | Self::InvalidSessionBeforeHello
            | Self::InvalidSessionInAnswer
            | Self::InvalidSessionResumable
            | Self::Join
            | Self::LowSeq
            | Self::NoHello
            | Self::NoReady
            | Self::NullSeq
            | Self::OddMessage
            | Self::OldConnectionGoesOn
            | Self::Reconnect
            | Self::ReconnectBeforeHello
            | Self::ShuffleKeys
            | Self::Silence
            | Self::Split
            | Self::StreamEnd
            | Self::SwallowAcks
            | Self::UnknownEvent
            | Self::UnknownOpcode
            | Self::UnknownValues => Ok(()),
        }
    }
}

/// A name that is no fault's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownFault;

impl fmt::Display for UnknownFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected one of ")?;
        for (at, info) in Fault::all().iter().enumerate() {
            f.write_str(if at == 0 { "" } else { ", " })?;
            f.write_str(&info.name())?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownFault {}

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(name: &str) -> Result<Self, UnknownFault> {
        list::LIST.iter().find_map(|info| info.instance(name)).ok_or(UnknownFault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_fault_reads_back_as_it_was_written() {
        for info in Fault::all() {
            assert!(!info.examples.is_empty() && !info.sentence.is_empty(), "{}", info.name());
            for example in info.examples {
                let name = example.to_string();
                assert_eq!(name.parse::<Fault>(), Ok(*example), "{name}");
                assert_eq!(example.info().name(), info.name());
                assert_eq!(name.len() == info.stem().len(), info.is_plain(), "{name}");
            }
        }
        let names = Fault::all().iter().map(FaultInfo::name).collect::<Vec<_>>();
        assert!(names.is_sorted() && names.len() == 44, "{names:?}");
    }

    #[test]
    fn the_first_names_stay_valid() {
        for name in [
            "close-4009",
            "corrupt",
            "delay-250",
            "drop",
            "heartbeat-request",
            "invalid-session",
            "invalid-session-resumable",
            "no-hello",
            "no-ready",
            "reconnect",
            "reconnect-before-hello",
            "silence",
            "split",
            "swallow-acks",
        ] {
            assert_eq!(name.parse::<Fault>().unwrap().to_string(), name);
        }
    }

    #[test]
    fn other_names_are_refused() {
        for name in [
            "",
            "close-",
            "close-999",
            "close-70000",
            "delay-x",
            "Drop",
            "drop ",
            "drop-",
            "close-on-open",
            "close-on-open-0",
            "bomb-0",
            "bomb-99999",
            "hello-interval-",
            "refuse-upgrade-101",
            "resume-url",
            "resume-url-odd",
            "split-4",
        ] {
            assert_eq!(name.parse::<Fault>(), Err(UnknownFault), "{name}");
        }
        assert!(UnknownFault.to_string().contains("swallow-acks"));
    }

    /// Rows 18, 21 to 27, 29, 30 and 32 are nothing a server or a network can cause.
    #[test]
    fn every_trap_a_server_or_a_network_can_set_has_a_fault() {
        let traps = (1..=17).chain([19, 20, 28, 31]).chain(33..=36);
        for trap in traps {
            let faults = Fault::all().iter().filter(|info| info.traps.contains(&trap));
            assert!(faults.count() > 0, "no fault sets trap {trap}");
        }
        assert!(Fault::all().iter().all(|info| !info.traps.is_empty()));
    }
}

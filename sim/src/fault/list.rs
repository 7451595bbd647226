//! The one table of all faults: names, sentences, cases, and when each strikes.

use std::mem;
use std::time::Duration;

use gatewright_core::CloseCode;

use super::{BrokenReady, Fault, HelloInterval, ResumeUrl};

/// When a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Strikes {
    /// At the next Identify, whichever connection it comes on.
    Identify,
    /// At once, on open connections.
    Now,
    /// On the next connection, as it opens.
    Open,
    /// At the next Resume, whichever connection it comes on.
    Resume,
}

/// What there is to know of one fault, whatever its parameter.
#[derive(Clone, Copy, Debug)]
pub struct FaultInfo {
    stem: &'static str,
    parameter: Option<&'static str>,
    /// What it does, in one sentence.
    pub sentence: &'static str,
    /// The numbers in `tests/CASES.md` of the traps it sets.
    pub traps: &'static [u8],
    /// When it strikes.
    pub strikes: Strikes,
    /// Instances that are ready to use.
    pub examples: &'static [Fault],
    read: fn(&str) -> Option<Fault>,
}

impl FaultInfo {
    /// Returns its name, with a word in capitals for what its instances differ in.
    #[must_use]
    pub fn name(&self) -> String {
        match self.parameter {
            None => self.stem.to_owned(),
            Some(parameter) => format!("{}-{parameter}", self.stem),
        }
    }

    pub(super) const fn stem(&self) -> &'static str {
        self.stem
    }

    /// Reads the name of an instance.
    pub(super) fn instance(&self, name: &str) -> Option<Fault> {
        let rest = name.strip_prefix(self.stem)?;
        let Some(parameter) = rest.strip_prefix('-') else {
            return self.examples.first().copied().filter(|_| rest.is_empty() && self.is_plain());
        };
        if self.is_plain() { None } else { (self.read)(parameter) }
    }

    /// Says whether all its instances are the same.
    pub(super) const fn is_plain(&self) -> bool {
        self.parameter.is_none()
    }

    pub(super) fn is_of(&self, fault: Fault) -> bool {
        let same = |example: &Fault| mem::discriminant(example) == mem::discriminant(&fault);
        self.examples.first().is_some_and(same)
    }

    const fn plain(
        stem: &'static str,
        fault: &'static [Fault; 1],
        traps: &'static [u8],
        strikes: Strikes,
        sentence: &'static str,
    ) -> Self {
        Self { stem, parameter: None, sentence, traps, strikes, examples: fault, read: |_| None }
    }

    const fn with(self, parameter: &'static str, read: fn(&str) -> Option<Fault>) -> Self {
        Self { parameter: Some(parameter), read, ..self }
    }

    const fn of(
        stem: &'static str,
        examples: &'static [Fault],
        traps: &'static [u8],
        strikes: Strikes,
        sentence: &'static str,
    ) -> Self {
        Self { stem, parameter: None, sentence, traps, strikes, examples, read: |_| None }
    }
}

/// The most connections one fault turns away.
const MOST_TURNED_AWAY: u16 = 1_000;
/// The largest event, in KiB: below what WebSocket libraries usually take.
const MOST_KIB: u32 = 65_536;
/// The largest bomb, in MiB.
const MOST_MIB: u32 = 4_000;

fn code(text: &str) -> Option<CloseCode> {
    text.parse().ok().filter(|code| (1_000..5_000).contains(code)).map(CloseCode)
}

fn count(text: &str) -> Option<u16> {
    text.parse().ok().filter(|count| (1..=MOST_TURNED_AWAY).contains(count))
}

fn millis(text: &str) -> Option<Duration> {
    text.parse().ok().map(Duration::from_millis)
}

fn size(text: &str, most: u32) -> Option<u32> {
    text.parse().ok().filter(|size| (1..=most).contains(size))
}

fn status(text: &str) -> Option<u16> {
    text.parse().ok().filter(|status| (300..600).contains(status))
}

/// What a fault would be that is not in the list; a test finds that there is none.
pub(super) const UNLISTED: &FaultInfo =
    &FaultInfo::plain("unlisted", &[Fault::Drop], &[], Strikes::Now, "");

/// Every fault, by name.
pub(super) const LIST: &[FaultInfo] = &[
    FaultInfo::of(
        "bomb",
        &[Fault::Bomb(300)],
        &[7],
        Strikes::Now,
        "sends one message that inflates to MIB MiB; an uncompressed connection gets none",
    )
    .with("MIB", |mib| size(mib, MOST_MIB).map(Fault::Bomb)),
    FaultInfo::of(
        "broken-ready",
        &[
            Fault::BrokenReady(BrokenReady::Empty),
            Fault::BrokenReady(BrokenReady::Missing),
            Fault::BrokenReady(BrokenReady::Number),
            Fault::BrokenReady(BrokenReady::Text),
        ],
        &[12],
        Strikes::Identify,
        "breaks the next READY: its d is `empty` or a `text`, or session_id is `missing` or a `number`; nobody can resume such a session",
    )
    .with("KIND", |kind| BrokenReady::read(kind).map(Fault::BrokenReady)),
    FaultInfo::of(
        "close",
        &[
            Fault::Close(CloseCode::NORMAL),
            Fault::Close(CloseCode::UNKNOWN_ERROR),
            Fault::Close(CloseCode::NOT_AUTHENTICATED),
            Fault::Close(CloseCode::SESSION_NO_LONGER_VALID),
            Fault::Close(CloseCode::RATE_LIMITED),
            Fault::Close(CloseCode::SESSION_TIMED_OUT),
            Fault::Close(CloseCode(4_999)),
        ],
        &[20],
        Strikes::Now,
        "closes with code N; a code that ends sessions ends this one",
    )
    .with("N", |n| code(n).map(Fault::Close)),
    FaultInfo::plain(
        "close-in-message",
        &[Fault::CloseInMessage],
        &[5, 36],
        Strikes::Now,
        "breaks the next message of some length off in the middle with a close frame (4000)",
    ),
    FaultInfo::of(
        "close-on-open",
        &[Fault::CloseOnOpen(1), Fault::CloseOnOpen(5)],
        &[8],
        Strikes::Open,
        "accepts the next N connections and closes each at once (4000)",
    )
    .with("N", |n| count(n).map(Fault::CloseOnOpen)),
    FaultInfo::plain(
        "close-without-code",
        &[Fault::CloseWithoutCode],
        &[36],
        Strikes::Now,
        "closes with a close frame that has no code",
    ),
    FaultInfo::plain(
        "corrupt",
        &[Fault::Corrupt],
        &[53],
        Strikes::Now,
        "flips one bit in the next message of some length",
    ),
    FaultInfo::plain(
        "cut-message",
        &[Fault::CutMessage],
        &[5, 36],
        Strikes::Now,
        "cuts the connection in the middle of the next message of some length",
    ),
    FaultInfo::plain(
        "dead-resume-host",
        &[Fault::DeadResumeHost],
        &[31],
        Strikes::Identify,
        "names in the next READY a URL to resume at where nobody listens",
    ),
    FaultInfo::of(
        "delay",
        &[Fault::Delay(Duration::from_millis(250)), Fault::Delay(Duration::from_millis(3_000))],
        &[19],
        Strikes::Now,
        "delays everything sent by MS milliseconds",
    )
    .with("MS", |ms| millis(ms).map(Fault::Delay)),
    FaultInfo::plain(
        "drop",
        &[Fault::Drop],
        &[5],
        Strikes::Now,
        "cuts the connection without a close frame",
    ),
    FaultInfo::of(
        "drop-on-open",
        &[Fault::DropOnOpen(1), Fault::DropOnOpen(5)],
        &[8],
        Strikes::Open,
        "cuts each of the next N connections before its upgrade is answered",
    )
    .with("N", |n| count(n).map(Fault::DropOnOpen)),
    FaultInfo::plain(
        "empty-message",
        &[Fault::EmptyMessage],
        &[36],
        Strikes::Now,
        "sends one message without content",
    ),
    FaultInfo::plain(
        "heartbeat-request",
        &[Fault::HeartbeatRequest],
        &[13],
        Strikes::Now,
        "asks for a heartbeat at once (op 1)",
    ),
    FaultInfo::of(
        "heartbeat-request-flood",
        &[Fault::HeartbeatRequestFlood(50)],
        &[13],
        Strikes::Now,
        "asks for N heartbeats in a row",
    )
    .with("N", |n| count(n).map(Fault::HeartbeatRequestFlood)),
    FaultInfo::of(
        "hello-interval",
        &[
            Fault::HelloInterval(HelloInterval::Fraction),
            Fault::HelloInterval(HelloInterval::Huge),
            Fault::HelloInterval(HelloInterval::Millis(0)),
            Fault::HelloInterval(HelloInterval::Millis(1)),
            Fault::HelloInterval(HelloInterval::Missing),
            Fault::HelloInterval(HelloInterval::Negative),
            Fault::HelloInterval(HelloInterval::Text),
        ],
        &[1],
        Strikes::Open,
        "says a heartbeat interval of VALUE milliseconds in the next Hello, or a `fraction`, `huge`, `missing`, `negative` or `text` one",
    )
    .with("VALUE", |value| HelloInterval::read(value).map(Fault::HelloInterval)),
    FaultInfo::plain(
        "invalid-session",
        &[Fault::InvalidSession],
        &[15],
        Strikes::Now,
        "ends the session (op 9 false)",
    ),
    FaultInfo::plain(
        "invalid-session-before-hello",
        &[Fault::InvalidSessionBeforeHello],
        &[14],
        Strikes::Open,
        "says op 9 (true) in place of Hello on the next connection",
    ),
    FaultInfo::plain(
        "invalid-session-in-answer",
        &[Fault::InvalidSessionInAnswer],
        &[14, 15],
        Strikes::Open,
        "answers the first Identify or Resume of the next connection with op 9 (false), which ends the session",
    ),
    FaultInfo::plain(
        "invalid-session-resumable",
        &[Fault::InvalidSessionResumable],
        &[15],
        Strikes::Now,
        "detaches the session, which stays resumable (op 9 true)",
    ),
    FaultInfo::plain(
        "join",
        &[Fault::Join],
        &[4],
        Strikes::Now,
        "puts what it says within 100 ms into one message from now on, on a zlib-stream only",
    ),
    FaultInfo::of(
        "large-event",
        &[Fault::LargeEvent(64), Fault::LargeEvent(8_192)],
        &[6],
        Strikes::Now,
        "sends an event nobody knows of KIB KiB",
    )
    .with("KIB", |kib| size(kib, MOST_KIB).map(Fault::LargeEvent)),
    FaultInfo::of(
        "late-acks",
        &[Fault::LateAcks(Duration::from_millis(20_000)), Fault::LateAcks(Duration::from_millis(60_000))],
        &[18, 19],
        Strikes::Now,
        "acknowledges each heartbeat MS milliseconds late from now on, while events go on",
    )
    .with("MS", |ms| millis(ms).map(Fault::LateAcks)),
    FaultInfo::plain(
        "low-seq",
        &[Fault::LowSeq],
        &[34],
        Strikes::Now,
        "sends the last three events again, with the sequence numbers they had",
    ),
    FaultInfo::plain(
        "no-hello",
        &[Fault::NoHello],
        &[9],
        Strikes::Open,
        "says no Hello on the next connection",
    ),
    FaultInfo::plain(
        "no-ready",
        &[Fault::NoReady],
        &[10],
        Strikes::Open,
        "says neither READY nor RESUMED on the next connection",
    ),
    FaultInfo::plain(
        "null-seq",
        &[Fault::NullSeq],
        &[34],
        Strikes::Now,
        "sends an event whose sequence number is null, so that nothing sends it again",
    ),
    FaultInfo::plain(
        "odd-message",
        &[Fault::OddMessage],
        &[36],
        Strikes::Now,
        "sends one acknowledgement too many, as text where messages are binary and the other way round",
    ),
    FaultInfo::plain(
        "old-connection-goes-on",
        &[Fault::OldConnectionGoesOn],
        &[35],
        Strikes::Now,
        "asks to reconnect (op 7) and, unless the client closes it, goes on with the old connection for 30 s after the Resume",
    ),
    FaultInfo::of(
        "outage",
        &[Fault::Outage(Duration::from_millis(2_000)), Fault::Outage(Duration::from_millis(30_000))],
        &[28],
        Strikes::Now,
        "cuts all connections and refuses new ones (HTTP 503) for MS milliseconds",
    )
    .with("MS", |ms| millis(ms).map(Fault::Outage)),
    FaultInfo::plain(
        "reconnect",
        &[Fault::Reconnect],
        &[35],
        Strikes::Now,
        "asks to reconnect (op 7) and closes five seconds later",
    ),
    FaultInfo::plain(
        "reconnect-before-hello",
        &[Fault::ReconnectBeforeHello],
        &[8],
        Strikes::Open,
        "asks to reconnect in place of Hello on the next connection",
    ),
    FaultInfo::of(
        "refuse-identify",
        &[
            Fault::RefuseIdentify(CloseCode::UNKNOWN_ERROR),
            Fault::RefuseIdentify(CloseCode::AUTHENTICATION_FAILED),
            Fault::RefuseIdentify(CloseCode::INVALID_SHARD),
            Fault::RefuseIdentify(CloseCode::SHARDING_REQUIRED),
            Fault::RefuseIdentify(CloseCode::INVALID_API_VERSION),
            Fault::RefuseIdentify(CloseCode::INVALID_INTENTS),
            Fault::RefuseIdentify(CloseCode::DISALLOWED_INTENTS),
        ],
        &[20],
        Strikes::Identify,
        "closes with code N at the next Identify",
    )
    .with("N", |n| code(n).map(Fault::RefuseIdentify)),
    FaultInfo::of(
        "refuse-resume",
        &[
            Fault::RefuseResume(CloseCode::UNKNOWN_ERROR),
            Fault::RefuseResume(CloseCode::SESSION_NO_LONGER_VALID),
            Fault::RefuseResume(CloseCode::INVALID_SEQ),
            Fault::RefuseResume(CloseCode::SESSION_TIMED_OUT),
        ],
        &[20],
        Strikes::Resume,
        "closes with code N at the next Resume; a code that ends sessions ends this one",
    )
    .with("N", |n| code(n).map(Fault::RefuseResume)),
    FaultInfo::of(
        "refuse-upgrade",
        &[Fault::RefuseUpgrade(429), Fault::RefuseUpgrade(502)],
        &[8, 28],
        Strikes::Open,
        "answers the next upgrade with HTTP status STATUS (300 to 599)",
    )
    .with("STATUS", |number| status(number).map(Fault::RefuseUpgrade)),
    FaultInfo::of(
        "resume-url",
        &[
            Fault::ResumeUrl(ResumeUrl::Empty),
            Fault::ResumeUrl(ResumeUrl::Long),
            Fault::ResumeUrl(ResumeUrl::Malformed),
            Fault::ResumeUrl(ResumeUrl::Missing),
            Fault::ResumeUrl(ResumeUrl::Plain),
            Fault::ResumeUrl(ResumeUrl::Unsafe),
        ],
        &[2],
        Strikes::Identify,
        "makes the URL to resume at in the next READY `empty`, `long`, `malformed`, `missing`, `plain` (no TLS) or `unsafe` (a header in it)",
    )
    .with("KIND", |kind| ResumeUrl::read(kind).map(Fault::ResumeUrl)),
    FaultInfo::plain(
        "shuffle-keys",
        &[Fault::ShuffleKeys],
        &[11],
        Strikes::Now,
        "writes the keys of messages in any order from now on, with unknown ones between",
    ),
    FaultInfo::plain(
        "silence",
        &[Fault::Silence],
        &[16, 17, 18],
        Strikes::Now,
        "sends nothing more, though the connection stays up",
    ),
    FaultInfo::plain(
        "split",
        &[Fault::Split],
        &[4],
        Strikes::Now,
        "cuts each message into several, also within the sync marker of zlib; a message of zstd stays whole",
    ),
    FaultInfo::plain(
        "stream-end",
        &[Fault::StreamEnd],
        &[3],
        Strikes::Now,
        "ends the zlib or zstd stream with the next message and begins another behind it; cuts a connection without one",
    ),
    FaultInfo::plain(
        "swallow-acks",
        &[Fault::SwallowAcks],
        &[16, 17, 18],
        Strikes::Now,
        "acknowledges no heartbeat from now on",
    ),
    FaultInfo::plain(
        "unknown-event",
        &[Fault::UnknownEvent],
        &[33],
        Strikes::Now,
        "sends an event nobody knows",
    ),
    FaultInfo::plain(
        "unknown-opcode",
        &[Fault::UnknownOpcode],
        &[33],
        Strikes::Now,
        "sends an opcode nobody knows (op 99)",
    ),
    FaultInfo::plain(
        "unknown-values",
        &[Fault::UnknownValues],
        &[33],
        Strikes::Now,
        "sends a message whose types, flags and keys nobody knows",
    ),
];

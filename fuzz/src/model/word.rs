//! What a gateway says, as a value and as JSON.

/// One document of the gateway.
#[derive(Clone, Copy, Debug)]
pub(super) enum Word {
    /// Hello, with one of [`INTERVALS`].
    Hello(usize),
    /// A dispatch that is not READY.
    Dispatch { name: &'static str, seq: Option<u64> },
    /// READY, with one of [`IDS`] and one of [`URLS`].
    Ready { seq: Option<u64>, id: usize, url: usize },
    /// Opcode 1.
    Request,
    /// Opcode 11.
    Ack,
    /// Opcode 7.
    Reconnect,
    /// Opcode 9, with one of [`RESUMABLE`].
    Invalid(usize),
    /// An opcode nobody knows.
    Unknown(u64),
    /// One of [`GARBAGE`].
    Garbage(usize),
}

/// `d` of Hello, and the interval in milliseconds it gives, if that is a usable one or too short.
pub(super) const INTERVALS: [(&str, Option<u64>); 14] = [
    (r#"{"heartbeat_interval":40000}"#, Some(40_000)),
    (r#"{"_trace":["a"],"heartbeat_interval":41250}"#, Some(41_250)),
    (r#"{"heartbeat_interval":5000}"#, Some(5_000)),
    (r#"{"heartbeat_interval":600000}"#, Some(600_000)),
    (r#"{"heartbeat_interval":61000}"#, Some(61_000)),
    (r#"{"heartbeat_interval":4999}"#, Some(4_999)),
    (r#"{"heartbeat_interval":0}"#, Some(0)),
    (r#"{"heartbeat_interval":600001}"#, None),
    (r#"{"heartbeat_interval":18446744073709551616}"#, None),
    // The requirements leave open whether these are short or unreadable: like the client, unreadable.
    (r#"{"heartbeat_interval":-1}"#, None),
    (r#"{"heartbeat_interval":41250.5}"#, None),
    (r#"{"heartbeat_interval":"41250"}"#, None),
    ("{}", None),
    ("null", None),
];

/// `session_id` of READY as JSON, and the id if it is a usable one.
pub(super) const IDS: [(&str, Option<&str>); 8] = [
    (r#""abc""#, Some("abc")),
    (r#""def""#, Some("def")),
    (
        r#""0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef""#,
        Some("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
    ),
    (r#""0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0""#, None),
    (r#""""#, None),
    (r#""a b""#, None),
    ("null", None),
    ("7", None),
];

/// A URL as given, and where it leads.
pub(super) type Host = (&'static str, &'static str);

/// `resume_gateway_url` of READY as JSON; the text and where it leads, if it is usable; whether it is plain.
pub(super) const URLS: [(&str, Option<Host>, bool); 9] = [
    (
        r#""wss://resume.example""#,
        Some(("wss://resume.example", "wss://resume.example:443/")),
        false,
    ),
    (r#""wss://[::1]:8443/p""#, Some(("wss://[::1]:8443/p", "wss://[::1]:8443/p")), false),
    (r#""wss://r.example?x=1""#, Some(("wss://r.example?x=1", "wss://r.example:443/")), false),
    (r#""ws://plain.example""#, Some(("ws://plain.example", "ws://plain.example:80/")), true),
    (r#""""#, None, false),
    ("null", None, false),
    (r#""https://resume.example""#, None, false),
    (r#""wss://user@resume.example""#, None, false),
    (
        r#""wss://resume.example/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef""#,
        None,
        false,
    ),
];

/// `d` of opcode 9, and whether it says that the session can be resumed.
pub(super) const RESUMABLE: [(&str, bool); 5] =
    [("true", true), ("false", false), ("null", false), (r#""true""#, false), ("{}", false)];

/// Documents without an envelope, each of which ends the connection.
pub(super) const GARBAGE: [&[u8]; 6] = [
    b"x",
    b"[1]",
    b"{}",
    br#"{"t":null,"s":null,"op":-1,"d":null}"#,
    b"{\"t\":\"GUILD_CREATE\",\"s\":2,\"op\":0,\"d\":\"\xFF\"}",
    br#"{"op":0,]"#,
];

impl Word {
    /// Writes the word as JSON, behind what was said before.
    pub(super) fn write(self, out: &mut Vec<u8>) {
        let op = |op: u64, d: &str| format!(r#"{{"t":null,"s":null,"op":{op},"d":{d}}}"#);
        let text = match self {
            Self::Hello(interval) => op(10, INTERVALS[interval].0),
            Self::Dispatch { name, seq } => dispatch(name, seq, r#"{"id":"5"}"#),
            Self::Ready { seq, id, url } => {
                let (id, url) = (IDS[id].0, URLS[url].0);
                let d = format!(r#"{{"session_id":{id},"resume_gateway_url":{url},"v":10}}"#);
                dispatch("READY", seq, &d)
            }
            Self::Request => op(1, "null"),
            Self::Ack => op(11, "null"),
            Self::Reconnect => op(7, "null"),
            Self::Invalid(resumable) => op(9, RESUMABLE[resumable].0),
            Self::Unknown(number) => op(number, "{}"),
            Self::Garbage(which) => return out.extend(GARBAGE[which]),
        };
        out.extend(text.as_bytes());
    }
}

fn dispatch(name: &str, seq: Option<u64>, d: &str) -> String {
    let seq = seq.map_or_else(|| "null".to_owned(), |seq| seq.to_string());
    format!(r#"{{"t":"{name}","s":{seq},"op":0,"d":{d}}}"#)
}

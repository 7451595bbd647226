use super::redactor::NOTE;
use super::*;

/// Numbers that look random.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

/// Redacts a transcript that is in memory.
fn redact(transcript: &[u8]) -> anyhow::Result<String> {
    let (mut lines, mut out) = (Lines::new(std::io::Cursor::new(transcript.to_vec())), Vec::new());
    super::redact("file", &mut lines, &mut out)?;
    Ok(String::from_utf8(out)?)
}

fn told(transcript: &str) -> String {
    format!("{:#}", redact(transcript.as_bytes()).unwrap_err())
}

/// A hand-made story with all of its outputs.
fn story(lines: &str) -> String {
    let story = format!("gatewright transcript 1\n\n{lines}");
    gatewright_core::transcript::bless(story.as_bytes()).unwrap()
}

const HELLO: &str = r#"{"t":null,"s":null,"op":10,"d":{"heartbeat_interval":41250}}"#;

/// A story up to a message of one's own.
fn with_message(message: &str) -> String {
    story(&format!(
        "# My name.\n< 1 tick\n< 2 opened 1\n< 3 message 1 last text {HELLO}\n< 4 may-identify 1\n< 5 message 1 last \
         text {message}\n< 6 closed 1 code 4000 \"reason\"\n< 7 leave park\n"
    ))
}

#[test]
fn comments_and_texts_go_and_reasons_stay() {
    let ready =
        r#"{"t":"READY","s":1,"op":0,"d":{"session_id":"abcdef","user":{"username":"Eve"}}}"#;
    let redacted = redact(with_message(ready).as_bytes()).unwrap();
    assert!(
        redacted.starts_with(&format!("gatewright transcript 1\n{NOTE}\nlibrary ")),
        "{redacted}"
    );
    assert!(redacted.contains("\n\n#\n< 1.000000 tick\n"), "{redacted}");
    assert!(redacted.contains(r#""user":{"username":"xxx"}"#), "{redacted}");
    assert!(redacted.contains("PeerClosed 4000 \"reason\""), "{redacted}");
    for part in ["private", "name.", "abcdef", "Eve"] {
        assert!(!redacted.contains(part), "{part} in {redacted}");
    }
}

#[test]
fn a_transcript_that_is_redacted_stays_but_for_the_session_ids() {
    let ready =
        r#"{"t":"READY","s":1,"op":0,"d":{"session_id":"abcdef","user":{"username":"Eve"}}}"#;
    let once = redact(with_message(ready).as_bytes()).unwrap();
    let twice = redact(once.as_bytes()).unwrap();
    assert_eq!(once.lines().count(), twice.lines().count());
    assert!(twice.contains(r#""user":{"username":"xxx"}"#));
}

#[test]
fn broken_messages_break_where_they_broke_and_tell_nothing() {
    for message in [
        r#"{"t":"A","s":1,"op":0,"d":{"secret":"secret}"#,
        r#"{"t":"A","s":1,"op":0,"d":{"secret":"secret\q"}}"#,
        r#"{"t":"A","s":1,"op":0,"d":{"secret":"secret\u12g4"}}"#,
        r#"{"t":"A","s":1,"op":0,"d":{"a":secret}}"#,
        r#"{"t":"A","s":1,"op":0,"d":{"a":tsecret}}"#,
        r#"{"t":"A","s":1,"op":0,"d":{"a":{"b":[secret secret "secret", {secret}]},"c":"secret"}}"#,
        r#"{"d":{"a":{"b":[secret secret]},"secret":"secret"},"t":"A","s":1,"op":0}"#,
        r#"{"op":secret,"d":"secret"}"#,
        r#"secret "secret" 1 {"secret":"secret"}"#,
        r#"{"op":0,"d":["secret"}}"#,
        r#"{"secret secret":"secret"}"#,
    ] {
        let redacted =
            redact(with_message(message).as_bytes()).unwrap_or_else(|e| panic!("{message} {e:#}"));
        let line = redacted.lines().find(|line| line.starts_with("< 5.0")).unwrap();
        assert_eq!(line.len(), "< 5.000000 message 1 last text ".len() + message.len());
        let key = message.contains(r#""secret":"#);
        assert!(key || !line.contains("secret"), "{line}");
        assert!(!line.contains("\"secret\"") || key, "{line}");
        assert!(!line.contains(":\"secret") && !line.contains("secret "), "{line}");
    }
}

#[test]
fn a_session_that_would_go_another_way_is_an_error_with_its_line() {
    // A name that is none is blanked, and told by the core.
    let message = r#"{"t":"hello there","s":2,"op":0,"d":{}}"#;
    let ready = r#"{"t":"READY","s":1,"op":0,"d":{"session_id":"abcdef"}}"#;
    let transcript = story(&format!(
        "< 1 tick\n< 2 opened 1\n< 3 message 1 last text {HELLO}\n< 4 may-identify 1\n< 5 message 1 last text \
         {ready}\n< 6 message 1 last text {message}\n"
    ));
    let line =
        transcript.lines().position(|line| line.contains("dispatch \"hello")).expect(&transcript)
            + 1;
    let error = told(&transcript);
    assert!(error.starts_with(&format!("file:{line}: without its texts")), "{error}");
    assert!(
        error.contains("\"> 6.000000 event dispatch\"") && error.contains("in private"),
        "{error}"
    );
}

#[test]
fn what_is_no_transcript_is_told_in_a_sentence() {
    assert!(told("hello\n").starts_with("file:1: it does not begin with"));
    assert_eq!(told(""), "file: it is empty: no recording");
    assert_eq!(
        told("gatewright transcript 1\nseed 1\n"),
        "file:2: the recording was cut off in its header"
    );
    let changed = with_message("{}").replace("connect 1 identify", "connect 2 identify");
    for (library, hint) in [
        ("9.8.7", "the version the header names"),
        (env!("CARGO_PKG_VERSION"), "it was changed since"),
    ] {
        let error = told(&changed.replacen("\n", &format!("\nlibrary {library}\n"), 1));
        assert!(error.contains(hint) && error.lines().count() == 1, "{error}");
    }
}

#[test]
fn a_stored_session_becomes_another_one_and_a_presence_tells_nothing() {
    let transcript = gatewright_core::transcript::bless(
        concat!(
            "gatewright transcript 1\n",
            "presence {\"activities\":[{\"name\":\"secret\",\"type\":0}],\"status\":\"online\"}\n",
            "session {\"version\":1,\"id\":\"secret\",\"resume_url\":\"wss://r.example\",\"received\":7,",
            "\"processed\":7,\"shard\":{\"id\":0,\"count\":1},\"intents\":0,\"encoding\":\"json\",",
            "\"compression\":\"none\"}\n\n< 1 tick\n< 2 opened 1\n",
            "< 3 message 1 last text {\"op\":10,\"d\":{\"heartbeat_interval\":41250}}\n< 4 leave park\n"
        )
        .as_bytes(),
    )
    .unwrap();
    assert!(transcript.contains("\"session_id\":\"secret\""), "{transcript}");
    let redacted = redact(transcript.as_bytes()).unwrap();
    assert!(!redacted.contains("secret") && !redacted.contains("online"), "{redacted}");
    assert!(redacted.contains("connect 1 resume wss://r.example"), "{redacted}");
    assert!(
        redacted
            .contains("{\"activities\":[{\"name\":\"xxxxxx\",\"type\":0}],\"status\":\"xxxxxx\"}")
    );
}

#[test]
fn a_last_line_without_its_end_is_left_out_and_told() {
    let whole = story("< 1 tick\n");
    for (cut, expected) in [(0, false), (1, true), (20, true)] {
        let mut lines =
            Lines::new(std::io::Cursor::new(whole.as_bytes()[..whole.len() - cut].to_vec()));
        let mut out = Vec::new();
        assert_eq!(super::redact("file", &mut lines, &mut out).unwrap(), expected);
        assert!(out.ends_with(b"\n"));
    }
}

#[test]
fn queries_of_urls_go() {
    let ready = r#"{"t":"READY","s":1,"op":0,"d":{"session_id":"abc","resume_gateway_url":"wss://r.example/p?secret=1","x":{"resume_gateway_url":"wss://secret"}}}"#;
    let story = format!(
        "gatewright transcript 1\ngateway \"wss://g.example/?secret\"\n\n< 1 tick\n< 2 opened 1\n< 3 message 1 last text \
         {HELLO}\n< 4 may-identify 1\n< 5 message 1 last text {ready}\n< 6 closed 1 dropped\n< 9 tick\n"
    );
    let transcript = gatewright_core::transcript::bless(story.as_bytes()).unwrap();
    let redacted = redact(transcript.as_bytes()).unwrap();
    assert!(redacted.contains("\ngateway \"wss://g.example/?xxxxxx\"\n"), "{redacted}");
    assert!(
        redacted.contains("\"wss://r.example/p?xxxxxxxx\"") && !redacted.contains("secret"),
        "{redacted}"
    );
    assert!(redacted.contains("connect 2 resume wss://r.example:443/p?v=10"), "{redacted}");
}

#[test]
fn a_command_cut_off_before_its_answer_is_redacted() {
    let whole = story(
        "< 1 command plain - text {\"op\":8,\"d\":{\"query\":\"secret\",\"guild_id\":\"7\"}}\n",
    );
    let cut = whole.split_inclusive("> ").next().unwrap().strip_suffix("> ").unwrap();
    let redacted = redact(cut.as_bytes()).unwrap();
    assert!(redacted.contains(r#"{"op":8,"d":{"query":"xxxxxx","guild_id":"7"}}"#), "{redacted}");
}

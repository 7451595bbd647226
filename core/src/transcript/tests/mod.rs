use core::time::Duration;
use std::string::{String, ToString};
use std::vec;
use std::vec::Vec;

use super::*;
use crate::store::Store;
use crate::{
    Command, Compression, Config, Encoding, Gone, Input, Instant, Intents, Leave, Link, Memory,
    Output, Presence, Session, SetupError, Shard, ShardId,
};

mod commands;
mod masks;
mod presence;

const TOKEN: &str = "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs";
const HELLO: &[u8] = br#"{"t":null,"s":null,"op":10,"d":{"heartbeat_interval":40000}}"#;
const READY: &[u8] =
    br#"{"t":"READY","s":1,"op":0,"d":{"session_id":"abc","resume_gateway_url":"wss://r.example"}}"#;

type Rig = Recorded<'static, String>;

fn record(shard: Shard<'static>) -> Rig {
    let mut rig = Recorded::new(shard);
    rig.record(String::new()).unwrap();
    rig
}

fn plain(encoding: Encoding) -> Rig {
    let config = Config::new(TOKEN, Intents::GUILDS)
        .encoding(encoding)
        .presence(Presence::default())
        .shard(ShardId::new(1, 4))
        .capabilities(3)
        .gateway("wss://gateway.example");
    record(Shard::new(config, 99, Memory::heap(Compression::None)).unwrap())
}

fn drain(rig: &mut Rig) {
    while !matches!(rig.poll_output(), Output::Wait(_) | Output::Stop(_)) {}
}

fn give(rig: &mut Rig, millis: u64, input: Input<'_>) {
    rig.handle_input(Instant::from_millis(millis), input);
    drain(rig);
}

fn say(rig: &mut Rig, millis: u64, part: &[u8]) {
    give(rig, millis, Input::Message { link: Link(1), text: true, part, last: true });
}

/// A session with some of everything.
fn session() -> String {
    let mut rig = plain(Encoding::Json);
    give(&mut rig, 1_000, Input::Tick);
    give(&mut rig, 1_100, Input::Opened(Link(1)));
    say(&mut rig, 1_200, HELLO);
    give(&mut rig, 1_300, Input::MayIdentify(Link(1)));
    give(&mut rig, 1_301, Input::Sent(Link(1)));
    say(&mut rig, 1_400, READY);
    say(&mut rig, 1_410, b"{\"t\":\"A\",\n\"s\":2,\"op\":0,\"d\":\"\xC3\xA9\"}");
    let presence = Command::UpdatePresence(Presence::default().into());
    let at = Instant::from_millis(1_500);
    rig.command_until(at, &presence, Instant::from_millis(90_000)).unwrap();
    rig.command(at, &presence).unwrap();
    rig.command(at, &Command::Raw { op: 99, d: "{" }).unwrap_err();
    drain(&mut rig);
    let half = Input::Message { link: Link(1), text: true, part: b"{\"op\":", last: false };
    give(&mut rig, 1_600, half);
    give(&mut rig, 1_700, Input::Closed(Link(1), Gone::Code(crate::CloseCode(4000), "a \"b\"\n")));
    rig.leave(Instant::from_millis(1_800), Leave::Park);
    drain(&mut rig);
    rig.finish().unwrap()
}

fn line_of(transcript: &str, part: &str) -> u64 {
    let at = transcript.lines().position(|line| line.contains(part));
    at.unwrap_or_else(|| panic!("{part} in {transcript}")) as u64 + 1
}

fn error(transcript: &str) -> ReplayError {
    replay(transcript.as_bytes()).expect_err(transcript)
}

#[test]
fn a_session_replays_to_the_same_outputs() {
    let transcript = session();
    let summary = replay(transcript.as_bytes()).unwrap();
    assert!(summary.is_complete && summary.inputs == 13, "{summary:?} {transcript}");
    for part in [
        "presence {\"since\":null,",
        "> 1.500000 queued 0\n",
        "> 1.500000 refused NotJson\n",
        "< 1.600000 message 1 more text {\"op\":\n",
        " message 1 last text64 ",
        "closed 1 code 4000 \"a \\\"b\\\"\\u000a\"\n",
        "event disconnected 1 PeerClosed 4000 \"a \\\"b\\\"\\u000a\" - resumes ",
        "> 1.800000 stop Parked\n",
    ] {
        assert!(transcript.contains(part), "{part} in {transcript}");
    }
}

#[test]
fn a_byte_changed_in_an_output_is_told_with_its_line() {
    let transcript = session();
    let outputs = transcript.lines().enumerate().filter(|(_, line)| line.starts_with('>'));
    for (number, line) in outputs {
        for at in [12.min(line.len() - 1), line.len() - 1] {
            let mut lines: Vec<_> = transcript.lines().map(String::from).collect();
            let mut bytes = line.as_bytes().to_vec();
            bytes[at] = if bytes[at] == b'7' { b'8' } else { b'7' };
            lines[number] = String::from_utf8(bytes).unwrap();
            let error = error(&(lines.join("\n") + "\n"));
            assert_eq!(error.line, number as u64 + 1, "{error} {line}");
        }
    }
    let error = error(&transcript.replace("stop Parked", "stop Ended"));
    assert_eq!(
        error.to_string(),
        format!(
            "line {}: the replay differs\n  recorded: > 1.800000 stop Ended\n  replayed: > 1.800000 stop Parked",
            line_of(&transcript, "stop Parked")
        )
    );
}

#[test]
fn the_token_is_in_no_transcript() {
    for encoding in Encoding::ALL {
        let mut rig = plain(encoding);
        give(&mut rig, 1_000, Input::Tick);
        give(&mut rig, 1_100, Input::Opened(Link(1)));
        match encoding {
            Encoding::Json => say(&mut rig, 1_200, HELLO),
            Encoding::Etf => {
                let hello = b"\x83t\0\0\0\x02m\0\0\0\x02opa\nm\0\0\0\x01dt\0\0\0\x01\
                    m\0\0\0\x12heartbeat_intervalb\0\0\x9c\x40";
                let input = Input::Message { link: Link(1), text: false, part: hello, last: true };
                give(&mut rig, 1_200, input);
            }
        }
        give(&mut rig, 1_300, Input::MayIdentify(Link(1)));
        // A gateway that sends it back, wherever it can.
        if encoding == Encoding::Json {
            say(&mut rig, 1_400, READY);
            let text =
                std::format!(r#"{{"t":"{TOKEN}","s":2,"op":0,"d":{{"content":"{TOKEN}"}}}}"#);
            say(&mut rig, 1_500, text.as_bytes());
        } else {
            say(&mut rig, 1_400, TOKEN.as_bytes());
        }
        let gone = Gone::Code(crate::CloseCode(4000), TOKEN);
        give(&mut rig, 1_600, Input::Closed(Link(1), gone));
        let transcript = rig.finish().unwrap();
        replay(transcript.as_bytes()).unwrap();
        assert!(!transcript.contains("MTk4") && !transcript.contains("Cl2FMQ"), "{transcript}");
        let sent = transcript.lines().find(|line| line.contains(" send 1 ")).unwrap();
        let payload = words::Words(sent.split_once(" send 1 ").unwrap().1).payload().unwrap().1;
        let stars = "*".repeat(TOKEN.len());
        assert!(memchr::memmem::find(&payload, stars.as_bytes()).is_some(), "{encoding}");
        assert!(memchr::memmem::find(&payload, TOKEN.as_bytes()).is_none(), "{encoding}");
    }
}

#[test]
fn a_short_token_is_left_out_where_it_is_named_and_words_stay_whole() {
    let config = Config::new("t", Intents::GUILDS);
    let mut rig = record(Shard::new(config, 1, Memory::heap(Compression::None)).unwrap());
    give(&mut rig, 1_000, Input::Tick);
    give(&mut rig, 1_100, Input::Opened(Link(1)));
    say(&mut rig, 1_200, HELLO);
    give(&mut rig, 1_300, Input::MayIdentify(Link(1)));
    let transcript = rig.finish().unwrap();
    assert!(transcript.contains(r#""token":"*","properties""#), "{transcript}");
    replay(transcript.as_bytes()).unwrap();
}

#[test]
fn a_stored_session_and_lent_memory_come_back() {
    let config = || Config::new("t", Intents::GUILDS);
    let mut first = record(Shard::new(config(), 1, Memory::heap(Compression::None)).unwrap());
    give(&mut first, 1_000, Input::Tick);
    give(&mut first, 1_100, Input::Opened(Link(1)));
    say(&mut first, 1_200, HELLO);
    give(&mut first, 1_300, Input::MayIdentify(Link(1)));
    say(&mut first, 1_400, READY);
    let session: Session = first.session().unwrap();
    let memory = Memory::lent(
        vec![0; Memory::MIN_PAYLOAD].leak(),
        vec![0; 2048].leak(),
        std::boxed::Box::leak(std::boxed::Box::new(crate::SendLog::new())),
        crate::Inflater::none(),
    );
    let mut rig = record(Shard::resume(config(), session, 5, memory).unwrap());
    give(&mut rig, 1_000, Input::Tick);
    give(&mut rig, 1_100, Input::Opened(Link(1)));
    say(&mut rig, 1_200, HELLO);
    let transcript = rig.finish().unwrap();
    for part in ["\npayload lent 40960\n", "\ncommands 2048\n", "connect 1 resume wss://r.example"]
    {
        assert!(transcript.contains(part), "{part} in {transcript}");
    }
    replay(transcript.as_bytes()).unwrap();
    let edited = transcript.replace("\"version\":1", "\"version\":9");
    assert!(matches!(error(&edited).problem, Problem::Setup(SetupError::Session(_))));
}

#[test]
fn a_recording_begins_before_the_first_input_or_not_at_all() {
    let mut rig = plain(Encoding::Json);
    assert_eq!(rig.record(String::new()), Ok(()));
    rig.handle_input(Instant::ZERO, Input::Tick);
    assert_eq!(rig.record(String::new()), Err(RecordError::TooLate));
}

#[test]
fn what_a_header_may_not_ask_for_is_not_recorded() {
    let heap = |limit| Memory::heap_limited(Compression::None, limit);
    let config = |most| Config::new("t", Intents::GUILDS).max_inflated(most);
    let commands = |len| Memory { commands: Store::Fixed(vec![0; len].into()), ..heap(0) };
    let cases = [
        (config(0), heap(MAX_MEMORY), heap(MAX_MEMORY + 1), RecordError::PayloadTooLarge),
        (
            config(0),
            commands(MAX_COMMANDS),
            commands(MAX_COMMANDS + 1),
            RecordError::CommandsTooLarge,
        ),
    ];
    for (config, fits, exceeds, error) in cases {
        let made = |memory| Recorded::new(Shard::new(config.clone(), 1, memory).unwrap());
        assert_eq!(made(exceeds).record(String::new()), Err(error));
        assert_eq!(made(fits).record(String::new()), Ok(()));
    }
    let mut most = Recorded::new(Shard::new(config(MAX_MESSAGE + 1), 1, heap(0)).unwrap());
    assert_eq!(most.record(String::new()), Err(RecordError::MessageTooLarge));
}

#[test]
fn the_most_that_is_recorded_replays() {
    let heap = Memory::heap_limited(Compression::None, MAX_MEMORY);
    let memory = Memory { commands: Store::Fixed(vec![0; MAX_COMMANDS].into()), ..heap };
    let config = Config::new("t".repeat(3_000), Intents::GUILDS)
        .max_inflated(MAX_MESSAGE)
        .dial_timeout(Duration::MAX)
        .ready_timeout(Duration::ZERO);
    let mut rig = Recorded::new(Shard::new(config, u64::MAX, memory).unwrap());
    rig.record(String::new()).unwrap();
    rig.handle_input(Instant::MAX, Input::Tick);
    replay(rig.finish().unwrap().as_bytes()).unwrap();
    // The longest token a header may ask for does not fit into Identify.
    let config = Config::new("t".repeat(4_096), Intents::GUILDS);
    assert!(Shard::new(config, 1, Memory::heap(Compression::None)).is_err());
}

#[test]
fn writing_that_fails_ends_the_recording_and_nothing_else() {
    struct Full(usize);
    impl core::fmt::Write for Full {
        fn write_str(&mut self, text: &str) -> core::fmt::Result {
            self.0 = self.0.checked_sub(text.len()).ok_or(core::fmt::Error)?;
            Ok(())
        }
    }
    let shard = Shard::new(Config::new("t", Intents::GUILDS), 1, Memory::heap(Compression::None));
    let mut rig = Recorded::new(shard.unwrap());
    rig.record(Full(2_000)).unwrap();
    assert!(rig.is_recording());
    for millis in 0..100 {
        rig.handle_input(Instant::from_millis(millis), Input::Tick);
        while !matches!(rig.poll_output(), Output::Wait(_)) {}
    }
    assert!(!rig.is_recording());
    assert_eq!(rig.status().phase, crate::Phase::Dialing);
}

#[test]
fn bad_transcripts_are_told_with_their_line() {
    let whole = session();
    let cut = &whole[..whole.len() - 3];
    let wide: String = whole.chars().flat_map(|letter| [letter, '\0']).collect();
    let first = |line: &str| whole.replacen("gatewright transcript 1", line, 1);
    let lines = whole.lines().count() as u64;
    for (transcript, line, part) in [
        (String::new(), 1, "no transcript"),
        ("hello\n".into(), 1, "no transcript"),
        (wide, 1, "no transcript"),
        (first("gatewright transcript 2"), 1, "another version"),
        (cut.into(), lines, "cut off"),
        ("gatewright transcript 1\nseed 1\n".into(), 2, "cut off"),
        (whole.replace("\nseed 99\n", "\nseed x\n"), 4, "expected a seed"),
        (whole.replace("\nseed 99\n", "\nfeed 99\n"), 4, "expected a key"),
        (whole.replace("shard 1 4", "shard 4 4"), 0, "shard id"),
        (whole.replace("< 1.000000 tick", "< 1.0.0 tick"), line_of(&whole, "< 1.000"), "a time"),
        (whole.replace("90.000000 text", "-90 text"), line_of(&whole, "presence 90"), "a time"),
        (whole.replace("payload heap", "payload lent 9\n#"), 0, "at least 40 KiB"),
        (whole.replace("000 tick", "000 tock"), line_of(&whole, "< 1.000"), "an input"),
        (whole.replace("opened 1", "opened x"), line_of(&whole, "opened"), "number of a link"),
        (whole.replace("text64 ", "text64 !"), line_of(&whole, "text64"), "base64"),
        (whole.clone() + "< 9 tick\n", lines + 1, "behind the last line"),
        (whole.replace("= ", "+ "), lines, "begins with"),
    ] {
        let error = error(&transcript);
        assert!(error.to_string().contains(part), "{part}: {error}");
        // A line of zero stands for the empty one, at which the shard is made.
        let made = transcript.lines().position(str::is_empty).map_or(0, |at| at as u64 + 1);
        assert_eq!(error.line, if line == 0 { made } else { line }, "{part}: {error}");
    }
}

#[test]
fn bytes_that_are_no_text_are_told_with_their_line() {
    let whole = session();
    let lines = whole.lines().count();
    let mut bytes = whole.into_bytes();
    let at = bytes.len() - 10;
    bytes[at] = 0xFF;
    assert_eq!(replay(&bytes).unwrap_err().to_string(), format!("line {lines}: expected UTF-8"));
}

#[test]
fn a_header_that_asks_for_too_much_is_refused_at_its_line() {
    let whole = session();
    for (key, usual, asked, part) in [
        ("commands", "16384", "2000000", "at most 1 MiB"),
        ("payload", "heap 67108864", "heap 268435457", "at most 256 MiB"),
        ("payload", "heap 67108864", "lent 18446744073709551615", "at most 256 MiB"),
        ("max-inflated", "268435456", "1073741825", "at most 1 GiB"),
    ] {
        let (usual, asked) = (std::format!("\n{key} {usual}\n"), std::format!("\n{key} {asked}\n"));
        let error = error(&whole.replace(&usual, &asked));
        assert!(error.to_string().contains(part), "{error}");
        assert_eq!(error.line, line_of(&whole, usual.trim()));
    }
}

#[test]
fn a_command_without_its_answer_is_told_at_the_line_behind_it() {
    let transcript = session();
    for answer in ["> 1.500000 queued 0\n", "> 1.500000 refused NotJson\n"] {
        let line = line_of(&transcript, answer.trim_end());
        let error = error(&transcript.replacen(answer, "", 1));
        assert_eq!(error.line, line, "{error}");
    }
    let last = "gatewright transcript 1\n\n< 1 command plain - none NotJson\n";
    assert_eq!(error(&std::format!("{last}# A comment.\n< 2 tick\n")).line, 5);
    assert_eq!(error(&std::format!("{last}= 1.000000 dials 0\n")).line, 4);
    // Cut off behind the command.
    assert!(!replay(last.as_bytes()).unwrap().is_complete);
}

#[test]
fn a_message_before_the_outputs_were_taken_is_an_error_not_a_panic() {
    let early = "gatewright transcript 1\n\n< 1 tick\n< 1 message 1 last text {}\n";
    assert_eq!(error(early), ReplayError { line: 4, problem: Problem::Early });
}

#[test]
fn what_is_no_line_of_a_transcript_is_not_told_anew() {
    let story = "gatewright transcript 1\ntoken 9\nintents 1\n\n>\0 1.0 wait 11.0\n";
    let error = bless(story.as_bytes()).unwrap_err();
    assert_eq!((error.line, error.problem), (5, Problem::NO_MARK));
}

#[test]
fn a_story_told_by_hand_is_blessed_and_replays() {
    let story = "gatewright transcript 1\n# By hand.\n\n< 1 tick\n# Then:\n< 1.5 opened 1\n\
        < 2 command presence - text {\"op\":3}\n< 2 command plain 7.5 none NotJson\n< 3 leave end\n";
    let blessed = bless(story.as_bytes()).unwrap();
    for part in [
        "# By hand.\n\n< 1 tick\n> 1.000000 connect 1 identify wss://",
        "# Then:\n< 1.5 opened 1\n> 1.500000 wait 21.500000\n",
        "> 2.000000 queued 0\n> 2.000000 wait ",
        "> 2.000000 refused NotJson\n",
        "> 3.000000 close 1000\n",
    ] {
        assert!(blessed.contains(part), "{part} in {blessed}");
    }
    assert!(replay(blessed.as_bytes()).unwrap().is_complete);
    assert_eq!(bless(blessed.as_bytes()).unwrap(), blessed);
    assert!(replay(blessed.replace('\n', "\r\n").as_bytes()).unwrap().is_complete);
}

#[test]
fn a_command_longer_than_any_is_refused() {
    let story = std::format!(
        "gatewright transcript 1\ncommands 1000000\n\n< 1 command plain - text {}\n< 2 leave end\n",
        "0".repeat(70_000)
    );
    let blessed = bless(story.as_bytes()).unwrap();
    assert!(blessed.contains("> 1.000000 refused TooLong\n"), "{}", blessed.len());
}

#[test]
fn a_transcript_rewritten_without_a_change_is_the_same() {
    let transcript = session();
    assert_eq!(rewrite(transcript.as_bytes(), |_| {}).unwrap(), transcript);
}

#[test]
fn a_rewritten_transcript_tells_what_follows_from_its_new_inputs() {
    let transcript = session();
    let rewritten = rewrite(transcript.as_bytes(), |item| {
        if let Item::Act(Act::Message { part, .. }) = item
            && part == READY
        {
            *part = String::from_utf8_lossy(READY).replace("abc", "xyz").into_bytes();
        }
    });
    let rewritten = rewritten.unwrap();
    assert!(rewritten.contains("xyz") && !rewritten.contains("\"abc\""));
    assert!(replay(rewritten.as_bytes()).unwrap().is_complete);
}

#[test]
fn comments_may_be_rewritten_and_those_of_a_header_by_hand_do_not_stay() {
    let story = "gatewright transcript 1\n# By hand.\n\n# Then:\n< 1 tick\n";
    let rewritten = rewrite(story.as_bytes(), |item| {
        if let Item::Comment(line) = item {
            line.replace_range(1.., " mine");
        }
    });
    let rewritten = rewritten.unwrap();
    assert!(rewritten.starts_with("gatewright transcript 1\n# mine\nlibrary "), "{rewritten}");
    assert!(rewritten.contains("\n\n# mine\n< 1.000000 tick\n"), "{rewritten}");
    assert!(!rewritten.contains("hand") && !rewritten.contains("private"), "{rewritten}");
}

#[test]
fn lines_of_any_content_never_panic() {
    let transcript = session();
    let mut seed = 1_u64;
    for _ in 0..1_000 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mut bytes = transcript.clone().into_bytes();
        let at = (seed >> 20) as usize % bytes.len();
        bytes[at] ^= 1 << (seed >> 60 & 7);
        let _ = replay(&bytes);
        let _ = bless(&bytes);
    }
}

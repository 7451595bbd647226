//! `gatewright redact` on sessions recorded in virtual time against a simulated gateway.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command as Process, Output as Done, Stdio};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gatewright_core::transcript::{Played, Replay, bless, replay};
use gatewright_core::{
    Activity, Command, Compression, Config, Encoding, Event, Intents, Leave, Members, Memory,
    Presence, RequestGuildMembers, Shard, ShardId,
};
use gatewright_sim::{Fault, Options};
use gatewright_tests::{Pair, pairs};
use serde_json::Value;

/// How many ways there are to spoil a session.
const ROUNDS: usize = 5;

/// A recorded client and a simulated gateway; every third message comes in pieces.
fn recorded(config: Config<'static>, compression: Compression, options: Options) -> Pair {
    let shard = Shard::new(config, options.seed, Memory::heap(compression)).unwrap();
    let mut pair = Pair::new(shard, options);
    pair.shard.record(String::new()).unwrap();
    pair.in_pieces = true;
    pair
}

/// Parks the client; returns what was recorded.
fn parked(mut pair: Pair) -> String {
    pair.leave(Leave::Park);
    pair.shard.finish().unwrap()
}

fn strike(pair: &mut Pair, fault: Fault, seconds: u64) {
    assert!(pair.inject(fault) > 0, "{fault:?}");
    pair.run_for(Duration::from_secs(seconds));
}

fn presence(text: &'static str) -> Presence<'static> {
    let activities =
        Box::leak(Box::new([Activity { name: text, kind: 0, state: None, url: None }]));
    Presence { activities, ..Presence::default() }
}

/// A session with commands, a drop, split messages, a corrupted one and a session that ends.
fn session(encoding: Encoding, compression: Compression, seed: u64) -> String {
    let config = Config::new("simulated-token-of-some-length", Intents::DOCUMENTED)
        .gateway("ws://sim.example")
        .encoding(encoding)
        .presence(presence("Secretly Waiting"));
    let options = Options { seed, guilds: 2, members: 20, rate: 10, ..Options::default() };
    let mut pair = recorded(config, compression, options);
    pair.run_for(Duration::from_secs(5));
    let query = RequestGuildMembers {
        guild_id: pair.server.world().guilds_of(ShardId::ONE).next().unwrap(),
        members: Members::Named { prefix: "so", limit: 50 },
        presences: true,
        nonce: Some("Nonce Secrets"),
    };
    for command in [
        Command::UpdatePresence(presence("Hidden Playing").into()),
        Command::RequestGuildMembers(query),
        Command::Raw { op: 43, d: r#"{"guild_id":"1","fields":["Raw Secrets"]}"# },
    ] {
        pair.command(&command).unwrap();
    }
    pair.run_for(Duration::from_secs(5));
    strike(&mut pair, Fault::Drop, 5);
    strike(&mut pair, Fault::Split, 5);
    strike(&mut pair, Fault::Corrupt, 12);
    strike(&mut pair, Fault::InvalidSession, 12);
    parked(pair)
}

/// A short session.
fn small(encoding: Encoding, compression: Compression, seed: u64) -> String {
    let config = Config::new("simulated-token-of-some-length", Intents::DOCUMENTED)
        .gateway("ws://sim.example")
        .encoding(encoding);
    let options = Options { seed, guilds: 1, members: 40, rate: 20, ..Options::default() };
    let mut pair = recorded(config, compression, options);
    pair.run_for(Duration::from_secs(3));
    parked(pair)
}

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    // An earlier run may have left something.
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn run(args: &[&str]) -> Done {
    let mut process = Process::new(env!("CARGO_BIN_EXE_gatewright"));
    process.arg("redact").args(args).env_remove("RUST_LOG").output().unwrap()
}

fn redact(name: &str, transcript: &str) -> String {
    redacted(name, transcript).unwrap_or_else(|| panic!("{name} is refused"))
}

/// Redacts a transcript, or does not if that would change it.
fn redacted(name: &str, transcript: &str) -> Option<String> {
    let (file, out) = (folder(name).join("session.txt"), folder(name).join("redacted.txt"));
    fs::write(&file, transcript).unwrap();
    let done = run(&[file.to_str().unwrap(), "-o", out.to_str().unwrap()]);
    let told = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() || told.contains("another way"), "{name}: {told}");
    done.status.success().then(|| fs::read_to_string(out).unwrap())
}

/// Collects keys, and texts that no key is like.
fn collect(value: &Value, key: &str, keys: &mut BTreeSet<String>, texts: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, key, keys, texts)),
        Value::Object(entries) => {
            for (key, value) in entries {
                keys.insert(key.clone());
                collect(value, key, keys, texts);
            }
        }
        Value::String(text) => {
            let kept = key == "resume_gateway_url" || text.contains("T") && text.contains("+00:00");
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            if !kept && !digits && text.len() >= 4 {
                texts.insert(text.clone());
            }
        }
        _ => {}
    }
}

/// Returns all texts of the dispatches of a transcript, and how many dispatches there are.
fn texts_of(transcript: &str) -> (BTreeSet<String>, usize) {
    let (mut keys, mut texts, mut count) = (BTreeSet::new(), BTreeSet::new(), 0);
    let (mut play, mut scratch) = (Replay::new(), vec![0; 1 << 16]);
    for line in transcript.split_inclusive('\n') {
        let played = play.line(line.as_bytes()).unwrap();
        if !matches!(played, Played::Output(Some(_))) {
            continue;
        }
        if let Event::Dispatch(dispatch) = play.shard().unwrap().event() {
            count += 1;
            // What was spoiled on its way may not be read.
            let Ok(value) = dispatch.deserialize::<Value>(&mut scratch) else { continue };
            collect(&value, "", &mut keys, &mut texts);
            texts.remove(dispatch.name());
        }
    }
    texts.retain(|text| !keys.iter().any(|key| key.contains(text)));
    (texts, count)
}

/// Flips bits, cuts and lengthens messages; tells the story anew.
fn spoiled(transcript: &str, dice: &mut Dice) -> String {
    let is_message = |line: &&str| line.starts_with("< ") && line.contains(" message ");
    let count = transcript.lines().filter(is_message).count();
    let (strikes, mut nth) = ([dice.below(count), dice.below(count)], 0);
    let mut story = String::new();
    for line in transcript.lines() {
        nth += usize::from(is_message(&line));
        if !is_message(&line) || !strikes.contains(&(nth - 1)) {
            story.push_str(line);
        } else if let Some((place, data)) = line.split_once(" text ") {
            let data = spoil(data.as_bytes().to_vec(), dice);
            story.push_str(&format!("{place} text64 {}", STANDARD.encode(data)));
        } else if let Some((place, data)) = line.split_once(" binary ") {
            let data = spoil(STANDARD.decode(data).unwrap(), dice);
            story.push_str(&format!("{place} binary {}", STANDARD.encode(data)));
        }
        story.push('\n');
    }
    bless(story.as_bytes()).unwrap()
}

/// Cuts messages into small pieces and lends the core little memory; tells the story anew.
fn cramped(transcript: &str) -> String {
    let mut story = String::new();
    for line in transcript.replace("payload heap 67108864", "payload lent 40960").lines() {
        let message = line.split_once(" last ").filter(|_| line.starts_with("< "));
        let Some((place, (form, data))) =
            message.and_then(|(place, payload)| Some((place, payload.split_once(' ')?)))
        else {
            story.push_str(&format!("{line}\n"));
            continue;
        };
        let (form, data) = match form {
            "text" => ("text64", data.as_bytes().to_vec()),
            _ => (form, STANDARD.decode(data).unwrap()),
        };
        let mut parts = data.chunks(3 + data.len() / 40).peekable();
        while let Some(part) = parts.next() {
            let end = if parts.peek().is_some() { "more" } else { "last" };
            story.push_str(&format!("{place} {end} {form} {}\n", STANDARD.encode(part)));
        }
    }
    bless(story.as_bytes()).unwrap()
}

fn spoil(mut data: Vec<u8>, dice: &mut Dice) -> Vec<u8> {
    let at = dice.below(data.len().max(1));
    match dice.below(6) {
        0 => data.truncate(at),
        1 => data.extend_from_within(at..),
        2 => drop(data.drain(..at)),
        _ => data.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << dice.below(8)),
    }
    data
}

/// Numbers that look random.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

/// Returns the bytes of all messages and frames of a transcript, joined, and the rest of its lines.
fn bytes_of(transcript: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in transcript.lines() {
        match line.split_once(" binary ").or_else(|| line.split_once(" text64 ")) {
            Some((_, data)) => bytes.extend(STANDARD.decode(data).unwrap()),
            None => bytes.extend(line.as_bytes()),
        }
        bytes.push(b'\n');
    }
    bytes
}

/// Leaves out what redacting changes: inputs, hashes, frames, counters of bytes, comments.
fn skeleton(transcript: &str) -> Vec<String> {
    let session = transcript.split_once("\n\n").unwrap().1;
    let line = |line: &str| match line {
        _ if line.starts_with("< ") => line.split(' ').take(4).collect::<Vec<_>>().join(" "),
        _ if line.contains(" event dispatch ") => line.rsplit_once(' ').unwrap().0.to_owned(),
        _ if line.contains(" send ") => line.split(' ').take(5).collect::<Vec<_>>().join(" "),
        _ if line.starts_with("= ") => line.split(" wire-bytes").next().unwrap().to_owned(),
        _ => line.to_owned(),
    };
    session.lines().map(line).collect()
}

#[test]
fn a_redacted_session_tells_the_same_without_its_texts() {
    for (nth, (encoding, compression)) in pairs().enumerate() {
        let name = format!("{encoding}-{compression}");
        let transcript = session(encoding, compression, 11 + nth as u64);
        for part in ["disconnected", " SessionInvalid ", " more ", "event command"] {
            assert!(transcript.contains(part), "{name}: {part}");
        }
        let redacted = redact(&name, &transcript);
        let summary = replay(redacted.as_bytes()).unwrap();
        assert!(summary.is_complete);
        assert_eq!(summary.inputs, replay(transcript.as_bytes()).unwrap().inputs);
        let (one, other) = (skeleton(&transcript), skeleton(&redacted));
        one.iter().zip(&other).for_each(|(one, other)| assert_eq!(one, other, "{name}"));
        assert_eq!(one.len(), other.len(), "{name}");
        let (texts, count) = texts_of(&transcript);
        assert!(texts.len() > 200 && count > 100, "{name}: {} {count}", texts.len());
        let bytes = bytes_of(&redacted);
        let all = String::from_utf8_lossy(&bytes);
        let own =
            ["Secretly Waiting", "Hidden Playing", "Raw Secrets", "Nonce Secrets", "# private"];
        // Finding each of them in all of it takes long; that none is a text any more does not. Words are also the
        // transcript's own.
        let phrases = texts.iter().filter(|text| text.contains([' ', '_', '.', ':']));
        let some = phrases.step_by(1 + texts.len() / 40).map(String::as_str);
        for text in own.into_iter().chain(some) {
            assert!(!all.contains(text), "{name}: {text:?}");
        }
        let (others, others_count) = texts_of(&redacted);
        assert!(others_count == count && others.is_disjoint(&texts), "{name}");
        assert!(redacted.lines().nth(1).unwrap().starts_with("# redacted: "));
    }
}

#[test]
fn a_spoiled_session_breaks_where_it_broke_and_tells_nothing() {
    let mut dice = Dice(7);
    let (mut causes, mut refused) = (BTreeSet::new(), 0);
    for (encoding, compression) in pairs() {
        let name = format!("spoiled-{encoding}-{compression}");
        let transcript = small(encoding, compression, 5);
        let (texts, _) = texts_of(&transcript);
        let phrases: Vec<_> = texts.iter().filter(|text| text.contains([' ', '_'])).collect();
        for _ in 0..ROUNDS {
            let spoiled = spoiled(&transcript, &mut dice);
            let Some(redacted) = redacted(&name, &spoiled) else {
                refused += 1;
                continue;
            };
            causes.extend(spoiled.lines().filter_map(cause));
            let bytes = bytes_of(&redacted);
            let all = String::from_utf8_lossy(&bytes);
            for text in phrases.iter().step_by(1 + phrases.len() / 20) {
                assert!(!all.contains(text.as_str()), "{name}: {text}");
            }
        }
    }
    for wanted in ["BrokenEnvelope", "CorruptStream", "Parked"] {
        assert!(causes.contains(wanted), "{wanted} in {causes:?}");
    }
    assert!(refused <= 1, "{refused} were refused");
}

#[test]
fn a_session_in_small_pieces_and_little_memory_skips_what_it_skipped() {
    for (encoding, compression) in pairs() {
        let name = format!("cramped-{encoding}-{compression}");
        let transcript = cramped(&small(encoding, compression, 6));
        for part in [" event skipped GUILD_CREATE ", " event dispatch ", " Parked "] {
            assert!(transcript.contains(part), "{name}: {part}");
        }
        let redacted = redact(&name, &transcript);
        assert_eq!(skeleton(&redacted), skeleton(&transcript), "{name}");
    }
}

#[test]
fn a_message_that_inflates_to_too_much_still_does() {
    for (encoding, compression) in pairs() {
        let name = format!("large-{encoding}-{compression}");
        let transcript = small(encoding, compression, 6);
        let limited = transcript.replace("max-inflated 268435456", "max-inflated 20000");
        let transcript = bless(limited.as_bytes()).unwrap();
        assert!(transcript.contains(" InflatedTooLarge "), "{name}");
        let redacted = redact(&name, &transcript);
        assert_eq!(skeleton(&redacted), skeleton(&transcript), "{name}");
    }
}

/// Returns why a connection ended, if the line tells that.
fn cause(line: &str) -> Option<String> {
    let told = line.split_once(" event disconnected ")?.1;
    Some(told.split(' ').nth(1)?.to_owned())
}

#[test]
fn session_ids_become_the_same_others_wherever_they_stand() {
    let transcript = session(Encoding::Json, Compression::None, 3);
    let redacted = redact("ids", &transcript);
    let ids = |transcript: &str| -> Vec<String> {
        let own = transcript.lines().filter(|line| {
            line.contains(r#""t":"READY""#) || line.contains(" send ") && line.contains(r#""op":6"#)
        });
        // It may be in another piece than the name.
        let id = |line: &str| {
            let behind = line.split_once(r#""session_id":""#)?.1;
            behind.split('"').next().map(str::to_owned)
        };
        own.filter_map(id).collect()
    };
    let (before, after) = (ids(&transcript), ids(&redacted));
    assert!(before.len() >= 2 && before.len() == after.len(), "{before:?} {after:?}");
    for (one, other) in before.iter().zip(&after) {
        assert!(one != other && one.len() == other.len());
        for (two, another) in before.iter().zip(&after) {
            assert_eq!(one == two, other == another);
        }
    }
}

#[test]
fn errors_are_one_sentence_and_nothing_is_written() {
    let folder = folder("errors");
    let refused = |content: &str, sentence: &str| {
        let (file, out) = (folder.join("session.txt"), folder.join("out.txt"));
        let _ = fs::remove_file(&out);
        fs::write(&file, content).unwrap();
        let done = run(&[file.to_str().unwrap(), "-o", out.to_str().unwrap()]);
        let error = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(1), "{error}");
        assert!(error.starts_with("gatewright: ") && error.contains(sentence), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(!out.exists());
    };
    refused("hello\n", "session.txt:1: it does not begin with \"gatewright transcript 1\"");
    refused("", "session.txt: it is empty");
    let transcript = session(Encoding::Json, Compression::ZlibStream, 5);
    refused(&transcript[..200], "cut off");
    let line = transcript.lines().position(|line| line.contains("connect 1")).unwrap() + 1;
    let sentence = format!("session.txt:{line}: this version of gatewright does something else");
    refused(&transcript.replacen("connect 1", "connect 7", 1), &sentence);
    let file = folder.join("session.txt");
    let file = file.to_str().unwrap();
    fs::write(file, &transcript).unwrap();
    let done = run(&[file, "-o", file]);
    assert!(String::from_utf8_lossy(&done.stderr).contains("would be overwritten"));
    assert_eq!(fs::read_to_string(file).unwrap(), transcript);
    assert!(
        String::from_utf8_lossy(&run(&["nowhere.txt"]).stderr).contains("cannot read nowhere.txt")
    );
}

#[test]
fn the_standard_input_is_redacted_as_a_file_is() {
    let transcript = small(Encoding::Json, Compression::ZlibStream, 9);
    let given = |input: &[u8]| {
        let mut process = Process::new(env!("CARGO_BIN_EXE_gatewright"));
        process.args(["redact", "-"]).env_remove("RUST_LOG");
        let process = process.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = process.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        let writer = std::thread::spawn(move || {
            // It may stop to read.
            let _ = stdin.write_all(&input);
        });
        let done = child.wait_with_output().unwrap();
        writer.join().unwrap();
        done
    };
    let done = given(transcript.as_bytes());
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(String::from_utf8(done.stdout).unwrap(), redact("standard-input", &transcript));
    let done = given(transcript.replacen("connect 1", "connect 7", 1).as_bytes());
    assert!(done.stdout.is_empty() && done.status.code() == Some(1));
    assert!(String::from_utf8(done.stderr).unwrap().starts_with("gatewright: <stdin>:"));
}

#[cfg(unix)]
#[test]
fn a_file_that_is_read_under_another_name_is_not_overwritten() {
    let folder = folder("same");
    let (file, link) = (folder.join("session.txt"), folder.join("link.txt"));
    let transcript = small(Encoding::Json, Compression::None, 9);
    fs::write(&file, &transcript).unwrap();
    let _ = fs::remove_file(&link);
    fs::hard_link(&file, &link).unwrap();
    let (file, link) = (file.to_str().unwrap(), link.to_str().unwrap());
    for (args, name) in
        [(["redact", "-", "-o", file], "<stdin>"), (["redact", file, "-o", link], file)]
    {
        let mut process = Process::new(env!("CARGO_BIN_EXE_gatewright"));
        let done = process.args(args).stdin(fs::File::open(file).unwrap()).output().unwrap();
        let error = String::from_utf8(done.stderr).unwrap();
        let expected =
            format!("gatewright: {name} would be overwritten: give another file with -o\n");
        assert_eq!((done.status.code(), error), (Some(1), expected));
        assert_eq!(fs::read_to_string(file).unwrap(), transcript);
    }
    let mut process = Process::new(env!("CARGO_BIN_EXE_gatewright"));
    process.args(["replay", "-", "--timeline", file]).stdin(fs::File::open(file).unwrap());
    let done = process.output().unwrap();
    assert!(String::from_utf8(done.stderr).unwrap().contains("would overwrite the recording"));
    assert_eq!(fs::read_to_string(file).unwrap(), transcript);
}

#[test]
fn a_dash_is_the_standard_output() {
    let transcript = small(Encoding::Json, Compression::None, 9);
    let folder = folder("dash");
    fs::write(folder.join("session.txt"), transcript).unwrap();
    let shown = |args: &[&str]| {
        let mut process = Process::new(env!("CARGO_BIN_EXE_gatewright"));
        let done = process.arg("redact").args(args).current_dir(&folder).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    };
    let redacted = shown(&["session.txt", "-o", "-"]);
    assert!(redacted.starts_with("gatewright transcript 1\n") && !folder.join("-").exists());
    assert_eq!(redacted, shown(&["session.txt"]));
}

#[test]
fn a_reader_that_is_gone_ends_it_quietly() {
    let transcript = session(Encoding::Json, Compression::None, 9);
    let file = folder("pipe").join("session.txt");
    fs::write(&file, &transcript).unwrap();
    let mut process = Process::new(env!("CARGO_BIN_EXE_gatewright"));
    process.arg("redact").arg(&file).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = process.spawn().unwrap();
    drop(child.stdout.take());
    let done = child.wait_with_output().unwrap();
    assert_eq!(
        (done.status.code(), String::from_utf8(done.stderr).unwrap()),
        (Some(1), String::new())
    );
}

#[test]
fn a_device_is_written_and_a_file_is_replaced() {
    let transcript = small(Encoding::Json, Compression::None, 9);
    let folder = folder("outputs");
    let (file, out) = (folder.join("session.txt"), folder.join("out.txt"));
    fs::write(&file, &transcript).unwrap();
    fs::write(&out, "before").unwrap();
    let file = file.to_str().unwrap();
    assert!(run(&[file, "-o", out.to_str().unwrap()]).status.success());
    assert!(fs::read_to_string(&out).unwrap().starts_with("gatewright transcript 1\n# redacted"));
    #[cfg(unix)]
    assert!(run(&[file, "-o", "/dev/null"]).status.success());
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 2);
    let done = run(&[file, "-o", folder.join("none/out.txt").to_str().unwrap()]);
    let error = String::from_utf8(done.stderr).unwrap();
    assert!(
        error.starts_with("gatewright: cannot write ") && error.contains("none/out.txt"),
        "{error}"
    );
}

#[test]
fn a_transcript_cut_off_is_redacted_up_to_its_last_whole_line() {
    let transcript = session(Encoding::Etf, Compression::ZstdStream, 7);
    let file = folder("cut").join("session.txt");
    fs::write(&file, &transcript[..transcript.len() / 2]).unwrap();
    let done = run(&[file.to_str().unwrap()]);
    let (redacted, told) =
        (String::from_utf8(done.stdout).unwrap(), String::from_utf8(done.stderr));
    assert!(told.unwrap().contains("the last line of") && done.status.success());
    assert!(!replay(redacted.as_bytes()).unwrap().is_complete);
    let lines = transcript[..transcript.len() / 2].matches('\n').count();
    assert!((lines..=lines + 1).contains(&redacted.lines().count()));
}

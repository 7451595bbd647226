//! `gatewright replay`, on recordings made from stories told by hand.

use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::{env, fs, process};

use gatewright_core::transcript::bless;

const HELLO: &str = r#"{"t":null,"s":null,"op":10,"d":{"heartbeat_interval":40000}}"#;
const READY: &str =
    r#"{"t":"READY","s":1,"op":0,"d":{"session_id":"abc","resume_gateway_url":"wss://r.example"}}"#;
const RESUMED: &str = r#"{"t":"RESUMED","s":4,"op":0,"d":{}}"#;
const ACK: &str = r#"{"t":null,"s":null,"op":11,"d":null}"#;

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = env::temp_dir().join(format!("gatewright-replay-{test}-{}", process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.0.join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
    command.arg("replay").args(args).env_remove("RUST_LOG").env_remove("COLUMNS");
    command
}

fn replay(args: &[&str]) -> Output {
    command(args).output().unwrap()
}

fn redact(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
    command.arg("redact").args(args).env_remove("RUST_LOG").output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn told(done: &Output) -> String {
    assert!(done.status.success(), "{}{}", text(&done.stdout), text(&done.stderr));
    text(&done.stdout)
}

fn refused(done: &Output) -> String {
    assert_eq!((done.status.code(), text(&done.stdout)), (Some(1), String::new()));
    text(&done.stderr)
}

/// A session with events, an answered and an unanswered heartbeat, a drop with a reason, a Resume, and an end.
fn story(reason: &str) -> String {
    let mut story = String::from("gatewright transcript 1\nintents 513\nshard 2 5\n\n");
    let mut say = |line: &str| writeln!(story, "< {line}").unwrap();
    say("1 tick");
    say("1.1 opened 1");
    say(&format!("1.2 message 1 last text {HELLO}"));
    say("1.3 may-identify 1");
    say("1.35 sent 1");
    say(&format!("1.5 message 1 last text {READY}"));
    for (at, seq) in [("2", 2), ("2.25", 3)] {
        say(&format!(
            r#"{at} message 1 last text {{"t":"TYPING_START","s":{seq},"op":0,"d":{{"é":1}}}}"#
        ));
    }
    say("42 tick");
    say("42.001 sent 1");
    say(&format!("42.045 message 1 last text {ACK}"));
    say(&format!("50 closed 1 code 4000 {reason}"));
    say("52 tick");
    say("52.1 opened 2");
    say(&format!("52.2 message 2 last text {HELLO}"));
    say("52.25 sent 2");
    say(&format!("52.4 message 2 last text {RESUMED}"));
    say("60 leave park");
    say("60.01 closed 2 dropped");
    story
}

fn recording() -> String {
    bless(story(r#""going""#).as_bytes()).unwrap()
}

fn line_of(recording: &str, part: &str) -> usize {
    recording.lines().position(|line| line.contains(part)).unwrap() + 1
}

#[test]
fn a_recording_that_replays_alike_is_told_in_short() {
    let folder = Folder::new("alike");
    let recording = recording();
    let file = folder.file("session.txt", &recording);
    let shown = told(&replay(&[&file]));
    for part in [
        "session.txt: replays alike, and is complete\n",
        &format!("lines        {}\n", recording.lines().count()),
        "inputs       19\n",
        "time         59s 10ms, from 1.000000 to 60.010000 s\n",
        "connections  2 dialed, 1 identified\n",
        "resumes      1 sent, 1 succeeded\n",
        "heartbeats   1\n",
        "at the end   stopped: parked\n",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    let crlf = folder.file("crlf.txt", recording.replace('\n', "\r\n"));
    assert!(told(&replay(&[&crlf])).contains("replays alike, and is complete"));
    let mut child = command(&["-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(recording.as_bytes()).unwrap();
    assert!(told(&child.wait_with_output().unwrap()).starts_with("<stdin>: replays alike"));
}

#[test]
fn a_byte_that_differs_is_shown_with_its_line_its_time_and_what_came_before() {
    let folder = Folder::new("differs");
    let recording = recording();
    let line = line_of(&recording, "> 42.000000 send 1");
    let changed = recording
        .replace("> 42.000000 send 1 text {\"op\":1,", "> 42.000000 send 1 text {\"op\":7,");
    assert_ne!(changed, recording);
    let error = refused(&replay(&[&folder.file("session.txt", changed)]));
    let place = format!("session.txt:{line}: at 42.000000 s the core does something else");
    assert!(error.starts_with("gatewright: ") && error.contains(&place), "{error}");
    assert!(error.contains(&format!("{:>8} | < 42 tick\n", line - 1)), "{error}");
    assert_eq!(error.lines().filter(|line| line.contains(" | ")).count(), 5, "{error}");
    let end: Vec<_> = error.lines().rev().take(3).collect();
    let [marker, replayed, recorded] = end[..] else { panic!("{error}") };
    assert!(recorded.starts_with("recorded: >") && replayed.starts_with("replayed: >"), "{error}");
    let at = marker.len() - 1;
    assert_eq!((&recorded[at..=at], &replayed[at..=at], marker.trim()), ("7", "1", "^"), "{error}");
}

#[test]
fn lines_that_are_shown_are_no_wider_than_the_terminal() {
    let folder = Folder::new("width");
    let long = format!(
        "gatewright transcript 1\n\n< 1 tick\n# {}\n> 1.000000 wait 2.000000\n",
        "x".repeat(9_000)
    );
    let file = folder.file("session.txt", long);
    for (columns, most) in [(None, 160), (Some("72"), 72)] {
        let mut command = command(&[&file]);
        columns.map(|columns| command.env("COLUMNS", columns));
        let error = refused(&command.output().unwrap());
        let widest = error.lines().skip(1).map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= most && error.contains(" … "), "{widest} {error}");
    }
}

#[test]
fn a_recording_that_was_cut_off_is_told_so() {
    let folder = Folder::new("cut");
    let recording = recording();
    let last = recording.lines().count();
    let whole = &recording[..recording.rfind("= ").unwrap()];
    let shown = told(&replay(&[&folder.file("whole.txt", whole)]));
    assert!(shown.contains("replays alike, but the recording was cut off\n"), "{shown}");
    let error = refused(&replay(&[&folder.file("cut.txt", &recording[..recording.len() - 3])]));
    let sentence = format!(
        "cut.txt:{last}: the recording was cut off in this line; it replays alike up to line {}, at 60.010000 s\n",
        last - 1
    );
    assert!(error.ends_with(&sentence), "{error}");
}

/// Checks that `replay` and `redact` refuse files in the same one sentence.
fn refused_alike(test: &str, files: &[(&str, &[u8], &str)]) {
    let folder = Folder::new(test);
    for (name, content, part) in files {
        let file = folder.file(name, content);
        let error = refused(&replay(&[&file]));
        assert!(error.contains(part) && error.lines().count() == 1, "{part} in {error}");
        assert_eq!(refused(&redact(&[&file])), error);
    }
}

#[test]
fn what_is_no_recording_is_refused_in_one_sentence() {
    let text = recording();
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let noise: Vec<u8> = (0..=255).cycle().take(9_000).collect();
    let files: [(&str, &[u8], &str); 9] = [
        ("empty", b"", ": it is empty"),
        ("text", b"hello\n", ":1: it does not begin with \"gatewright transcript 1\""),
        ("line", &[b'x'; 100_000], ":1: it does not begin with"),
        ("wide", &[&b"\xFF\xFE"[..], &wide].concat(), ":1: it is UTF-16"),
        ("wide without a mark", &wide, ":1: it is UTF-16"),
        (
            "mark",
            &[b"\xEF\xBB\xBF", text.as_bytes()].concat(),
            ":1: it begins with a byte order mark",
        ),
        ("noise", &noise, ":1: it is UTF-16 or binary"),
        ("latin", b"gatewright transcript 1\nos \"\xE9\"\n\n", ":2: expected UTF-8"),
        ("bytes", b"gatewright transcript 1\n\n< 1 tick\n\xFF\n", ":4: expected UTF-8"),
    ];
    refused_alike("bad", &files);
    let folder = Folder::new("bad-places");
    let path = folder.0.to_str().unwrap();
    for told in [replay, redact] {
        assert!(refused(&told(&[path])).contains("it is a directory"));
        assert!(refused(&told(&[&format!("{path}/none")])).contains("cannot read "));
    }
}

#[test]
fn a_recording_that_was_edited_or_cut_is_refused_at_its_line() {
    let text = recording();
    let tick = format!(":{}: expected an input", line_of(&text, "< 1 tick"));
    let changed = |from: &str, to: &str| text.replacen(from, to, 1).into_bytes();
    let files: [(&str, &[u8], &str); 8] = [
        ("version", &changed("transcript 1", "transcript 2"), ":1: expected version 1"),
        (
            "header",
            b"gatewright transcript 1\nseed 1\n",
            ":2: the recording was cut off in its header",
        ),
        ("first line", b"gatewright transcript 1\n", ":1: the recording was cut off in its header"),
        ("carriage returns", &changed("\n", "\r"), ":1: "),
        ("key", &changed("intents", "contents"), ":2: expected a key"),
        ("word", &changed("< 1 tick", "< 1 tock"), &tick),
        (
            "much memory",
            b"gatewright transcript 1\npayload heap 18446744073709551615\n\n",
            ":2: expected a payload buffer of at most 256 MiB",
        ),
        (
            "no answer",
            b"gatewright transcript 1\n\n< 1 command plain - none NotJson\n< 2 tick\n",
            ":4: expected the answer to the command",
        ),
    ];
    refused_alike("edited", &files);
}

#[test]
fn nothing_in_a_recording_controls_the_terminal() {
    let folder = Folder::new("control");
    let changed = recording().replace(
        "> 42.000000 send 1 text",
        "# \u{202e}\u{1b}[2J\u{9b}31m\u{2066}\u{200b}\n> 42.000000 send\u{202e}\u{1b}]0;x\u{7} 1 text",
    );
    let error = refused(&replay(&[&folder.file("session.txt", changed)]));
    let is_bad = |letter: char| {
        letter != '\n' && (letter.is_control() || ('\u{200b}'..'\u{2070}').contains(&letter))
    };
    assert!(!error.contains(is_bad), "{error:?}");
    for part in
        ["# \\u{202e}\\u{1b}[2J\\u{9b}31m\\u{2066}\\u{200b}\n", "send\\u{202e}\\u{1b}]0;x\\u{7} 1"]
    {
        assert!(error.contains(part), "{part} in {error}");
    }
    let end: Vec<_> = error.lines().rev().take(3).collect();
    let [marker, replayed, recorded] = end[..] else { panic!("{error}") };
    let at = marker.len() - 1;
    assert_eq!((&recorded[at..=at], &replayed[at..=at]), ("\\", " "), "{error}");
}

#[cfg(target_os = "linux")]
#[test]
fn names_of_files_do_not_control_the_terminal() {
    let folder = Folder::new("names");
    let file = folder.file("a\u{202e}\u{1b}[2Jb.txt", recording());
    let none = format!("{file}\u{200f}");
    let shown = "a\\u{202e}\\u{1b}[2Jb.txt";
    assert!(told(&replay(&[&file])).contains(&format!("{shown}: replays alike")));
    for error in [
        refused(&replay(&[&none])),
        refused(&redact(&[&none])),
        refused(&redact(&[&file, "-o", &file])),
        refused(&redact(&[&file, "-o", &format!("{none}/x")])),
    ] {
        assert!(
            error.contains(shown) && !error.contains(['\u{1b}', '\u{202e}', '\u{200f}']),
            "{error}"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_written_is_told() {
    let folder = Folder::new("full");
    let file = folder.file("session.txt", recording());
    for task in ["replay", "redact"] {
        let full = fs::File::create("/dev/full").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
        let done = command.args([task, &file]).stdout(full).output().unwrap();
        let error = text(&done.stderr);
        assert!(error.starts_with("gatewright: cannot write: No space left"), "{error}");
        assert_eq!((done.status.code(), error.lines().count()), (Some(1), 1), "{error}");
    }
}

#[test]
fn another_version_is_told_where_the_replay_differs_and_only_there() {
    let folder = Folder::new("version");
    let header =
        |library: &str| recording().replacen("intents", &format!("library {library}\nintents"), 1);
    let differs = |library: &str| {
        let changed = header(library).replace("> 60.000000 close 4000", "> 60.000000 close 1000");
        refused(&replay(&[&folder.file("session.txt", changed)]))
    };
    let own = env!("CARGO_PKG_VERSION");
    let hint = format!("\nit was recorded by version 9.8.7, and this is {own}: that may be why\n");
    assert!(differs("9.8.7").ends_with(&hint), "{}", differs("9.8.7"));
    assert!(!differs(own).contains("by version"));
    let shown = told(&replay(&[&folder.file("session.txt", header("9.8.7"))]));
    assert!(!shown.contains("by version"), "{shown}");
}

#[test]
fn a_line_of_a_gibibyte_is_refused_where_it_stands() {
    let mut child = command(&["-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"gatewright transcript 1\n\n< 1 tick\n# ").unwrap();
    let chunk = vec![b'x'; 1 << 20];
    let taken = (0..1024).take_while(|_| stdin.write_all(&chunk).is_ok()).count();
    drop(stdin);
    let error = refused(&child.wait_with_output().unwrap());
    assert_eq!(error, "gatewright: <stdin>:4: the line is longer than 256 MiB\n");
    assert!(taken < 260, "{taken} MiB were read");
}

#[test]
fn the_state_is_told_at_any_time() {
    let folder = Folder::new("until");
    let recording = recording();
    let file = folder.file("session.txt", &recording);
    let line = line_of(&recording, "< 42.001") - 1;
    for until in ["42", "42.0005", "41s"] {
        let shown = told(&replay(&[&file, "--until", until]));
        for part in [
            "replays alike up to the time given\n".to_owned(),
            format!("state after line {line}, at 42.000000 s\n"),
            "phase        live for 40s 500ms\n".to_owned(),
            "received     sequence number 3\n".to_owned(),
            "commands     0 queued\n".to_owned(),
            "next timer   write at ".to_owned(),
        ] {
            assert!(shown.contains(&part), "{part} in {shown}");
        }
    }
    let shown = told(&replay(&[&file, "--until", "1h"]));
    assert!(
        shown.contains("replays alike, and is complete") && shown.contains("phase        stopped")
    );
    let done = replay(&[&file, "--until", "soon"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(text(&done.stderr).contains("such as 90s or 1h 5m"));
}

fn picture(folder: &Folder, recording: &str) -> String {
    let (file, out) = (folder.file("session.txt", recording), folder.0.join("picture.svg"));
    let done = replay(&[&file, "--timeline", out.to_str().unwrap()]);
    assert!(out.exists(), "{}", text(&done.stderr));
    let picture = fs::read_to_string(&out).unwrap();
    fs::remove_file(&out).unwrap();
    let parsed = roxmltree::Document::parse(&picture);
    parsed
        .unwrap_or_else(|error| panic!("{error}: {picture}"))
        .descendants()
        .filter(|node| node.has_tag_name("text"))
        .for_each(fits);
    picture
}

/// Checks that a text is inside the picture, whatever the font.
fn fits(text: roxmltree::Node<'_, '_>) {
    let (class, said) = (text.attribute("class").unwrap(), text.text().unwrap_or_default());
    let x: f64 = text.attribute("x").unwrap().parse().unwrap();
    let letter = if class == "h1" { 12.0 } else { 8.4 };
    let width =
        letter * said.chars().map(|each| if each < '\u{2E80}' { 1.0 } else { 2.0 }).sum::<f64>();
    let left = match class.rsplit(' ').next() {
        Some("end") => x - width,
        Some("mid") => x - width / 2.0,
        _ => x,
    };
    assert!(left >= 0.0 && left + width <= 606.0, "{left} to {}: {said}", left + width);
}

#[test]
fn a_timeline_is_one_picture_for_light_and_dark_and_the_same_each_time() {
    let folder = Folder::new("timeline");
    let drawn = picture(&folder, &recording());
    assert_eq!(drawn, picture(&folder, &recording()));
    let parsed = roxmltree::Document::parse(&drawn).unwrap();
    let root = parsed.root_element();
    assert_eq!((root.tag_name().name(), root.attribute("role")), ("svg", Some("img")));
    assert!(root.attribute("viewBox").is_some() && root.attribute("width") == Some("100%"));
    let style = root.children().find(|node| node.has_tag_name("style")).unwrap().text().unwrap();
    assert!(style.contains("@media (prefers-color-scheme:dark)"));
    let said: Vec<_> = parsed.descendants().filter_map(|node| node.text()).collect();
    for part in [
        "Gateway session, shard 2/5",
        "live for 48 s",
        "45 ms, at 41.0 s",
        "49.0 s: closed by the gateway (4000)",
        "59.0 s: parked (4000)",
    ] {
        assert!(said.iter().any(|text| text.contains(part)), "{part} in {said:?}");
    }
    assert!(
        said.iter().any(|text| text.starts_with("resumed after 2.4 s; it said “going”")),
        "{said:?}"
    );
    for class in style.split(['.', '{', ' ', ',', '}', ':']) {
        assert!(!class.contains("script"), "{class}");
    }
    let numbers = |name| parsed.descendants().filter(move |node| node.has_tag_name(name)).count();
    assert_eq!((numbers("script"), numbers("image"), numbers("circle")), (0, 0, 1));
}

#[test]
fn a_session_of_one_event_and_no_latency_has_axes() {
    let folder = Folder::new("axes");
    let story = story(r#""going""#).replace("42.001 sent", "42 sent").replace("42.045", "42");
    let drawn = picture(&folder, &bless(story.as_bytes()).unwrap());
    assert!(drawn.contains(">0 ms<") && drawn.contains(">1 ms<"), "{drawn}");
    let first = story.split_inclusive('\n').take_while(|line| !line.starts_with("< 2 "));
    let drawn = picture(&folder, &bless(first.collect::<String>().as_bytes()).unwrap());
    assert!(drawn.contains("1 event, 0 heartbeats"), "{drawn}");
}

#[test]
fn what_the_network_said_is_drawn_as_text() {
    let folder = Folder::new("hostile");
    let reason = r#""</text><script>alert(\"1\")</script>&amp;\u001b[2J\u202e ]]> 'é""#;
    let drawn = picture(&folder, &bless(story(reason).as_bytes()).unwrap());
    let parsed = roxmltree::Document::parse(&drawn).unwrap();
    assert!(!drawn.contains("<script"));
    let said =
        parsed.descendants().filter_map(|node| node.text()).find(|text| text.contains("alert"));
    let said = said.unwrap();
    assert!(said.contains("</text><script>alert(\"1\")</script>&amp;\u{FFFD}[2J"), "{said}");
    for wide in ["切".repeat(41), "😀".repeat(30), "W".repeat(123)] {
        picture(&folder, &bless(story(&format!("\"{wide}\"")).as_bytes()).unwrap());
    }
}

#[test]
fn sessions_of_no_length_and_without_events_are_drawn() {
    let folder = Folder::new("small");
    let empty = "gatewright transcript 1\n\n";
    for session in [
        "",
        "< 1 tick\n",
        "< 1 tick\n< 1 opened 1\n",
        "< 0 leave end\n",
        "< 4000000000000 tick\n",
        "< 1 tick\n< 18446744073709.551615 tick\n",
    ] {
        let recording = bless((empty.to_owned() + session).as_bytes()).unwrap();
        let drawn = picture(&folder, &recording);
        assert!(
            drawn.contains("no events") && !drawn.contains("NaN") && !drawn.contains("inf\""),
            "{drawn}"
        );
    }
}

#[test]
fn a_timeline_goes_up_to_where_the_replay_differs_and_never_over_the_recording() {
    let folder = Folder::new("partly");
    let drawn =
        picture(&folder, &recording().replace("> 60.000000 close 4000", "> 60.000000 close 1000"));
    assert!(drawn.contains("which is wrong."), "{drawn}");
    let file = folder.file("session.txt", recording());
    let error = refused(&replay(&[&file, "--timeline", &file]));
    assert!(error.contains("would overwrite the recording"), "{error}");
    assert_eq!(fs::read_to_string(&file).unwrap(), recording());
}

#[test]
fn many_reconnects_and_events_make_no_large_picture() {
    let folder = Folder::new("large");
    let mut story = String::from("gatewright transcript 1\n\n");
    for link in 1..3_000 {
        let at = link * 30;
        write!(story, "< {at} tick\n< {at}.1 opened {link}\n< {at}.2 closed {link} dropped\n")
            .unwrap();
    }
    let drawn = picture(&folder, &bless(story.as_bytes()).unwrap());
    assert!(drawn.len() < 500_000, "{}", drawn.len());
    assert!(drawn.contains("× "), "causes are summed up");
}

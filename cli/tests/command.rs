//! The command as people run it, against simulated gateways on this machine.

use std::io::{BufRead, BufReader, Read};
use std::process::{self, Child, ChildStdout, Command, Output, Stdio};
use std::{env, fs};

use serde_json::Value;

/// How long a test waits at most for what ends it much earlier, also on a machine with much else to do.
const DEADLINE: &str = "2m";

fn gatewright(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
    command.args(args).env_remove("DISCORD_TOKEN").env_remove("RUST_LOG");
    command
}

fn run(args: &[&str]) -> Output {
    gatewright(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A `gatewright simulate` that ends with the test.
struct Simulated {
    child: Child,
    url: String,
    /// Kept open: the command ends when nobody reads what it says.
    _output: BufReader<ChildStdout>,
}

impl Simulated {
    fn start(args: &[&str]) -> Self {
        let all = [&["simulate", "--listen", "127.0.0.1:0"], args].concat();
        let mut child = gatewright(&all).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let url = line.split(' ').find(|word| word.starts_with("ws://")).unwrap().to_owned();
        Self { child, url, _output: output }
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[test]
fn watching_shows_a_drop_and_a_resume_and_proves_that_nothing_is_missing() {
    for runtime in ["tokio", "smol"] {
        let done = run(&["watch", "--for", "4s", "--runtime", runtime]);
        let shown = text(&done.stdout);
        assert!(done.status.success(), "{shown}{}", text(&done.stderr));
        for part in ["identified as", "disconnected: connection lost", "resumed", "MESSAGE_CREATE"]
        {
            assert!(shown.contains(part), "{part} in {shown}");
        }
        assert!(shown.contains("none missing, none twice\n1 resumed"), "{shown}");
        assert!(!shown.contains('\x1b'), "colours without a terminal: {shown}");
    }
}

#[test]
fn a_fleet_is_a_line_for_each_shard_and_each_is_dropped_and_resumed() {
    for runtime in ["tokio", "smol"] {
        let done = run(&["watch", "--shards", "3", "--for", "2s", "--runtime", runtime]);
        let shown = text(&done.stdout);
        assert!(done.status.success(), "{shown}{}", text(&done.stderr));
        for shard in ["0/3", "1/3", "2/3"] {
            for part in ["identified as", "disconnected: connection lost", "resumed"] {
                let part = format!("shard {shard}  {part}");
                assert!(shown.contains(&part), "{part} in {shown}");
            }
            assert!(shown.contains(&format!("{shard}  live")), "{shown}");
        }
        assert!(shown.contains(" s, 3 of 3 live, "), "{shown}");
        assert!(!shown.contains('\x1b'), "colours without a terminal: {shown}");
    }
}

#[test]
fn a_fleet_in_json_is_one_object_a_line() {
    let lines = json_lines(&run(&["watch", "--shards", "2", "--for", "1s", "--json"]));
    let shards: Vec<_> = lines.iter().filter(|line| line["event"] == "shard").collect();
    assert_eq!(shards.len(), 2);
    for (id, shard) in shards.iter().enumerate() {
        assert_eq!((&shard["shard"], &shard["state"]), (&id.into(), &"live".into()));
        assert_eq!((&shard["count"], &shard["resumes"]), (&2.into(), &1.into()));
    }
    let end = lines.iter().find(|line| line["event"] == "end").unwrap();
    let events: u64 = shards.iter().map(|shard| shard["events"].as_u64().unwrap()).sum();
    assert_eq!((&end["shards"], &end["events"]), (&2.into(), &events.into()));
    assert_eq!(lines.last().unwrap()["ok"], true);
}

fn json_lines(done: &Output) -> Vec<Value> {
    assert!(done.status.success(), "{}{}", text(&done.stdout), text(&done.stderr));
    text(&done.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn json_is_one_object_a_line() {
    let lines =
        json_lines(&run(&["watch", "--for", "2s", "--json", "--encoding", "etf", "--rate", "300"]));
    let names: Vec<_> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
    assert_eq!(names.first(), Some(&"begin"));
    for name in ["connected", "ready", "disconnected", "resumed", "end", "verdict"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    assert_eq!(
        (&lines[0]["encoding"], &lines[0]["compression"]),
        (&"etf".into(), &"zlib-stream".into())
    );
    let end = lines.iter().find(|line| line["event"] == "end").unwrap();
    assert_eq!(end["first_seq"], 1);
    assert_eq!(end["events"], end["last_seq"]);
    assert_eq!(end["undecoded"], 0);
    assert_eq!(
        lines.last().unwrap(),
        &serde_json::json!({"event": "verdict", "ok": true, "error": null})
    );
}

#[test]
fn a_session_is_recorded_into_a_new_file_that_nobody_else_may_read() {
    let path = env::temp_dir().join(format!("gatewright-{}.txt", process::id()));
    let file = path.to_str().unwrap();
    for (at, args) in [&["record", file][..], &["watch", "--record", file]].into_iter().enumerate()
    {
        let done = run(&[args, &["--for", "2s", "--runtime", ["tokio", "smol"][at]]].concat());
        assert!(done.status.success(), "{}{}", text(&done.stdout), text(&done.stderr));
        assert!(text(&done.stdout).contains("gatewright replay"), "{}", text(&done.stdout));
        let recording = fs::read(&path).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let summary = gatewright_core::transcript::replay(&recording).unwrap();
        assert!(summary.is_complete && summary.inputs > 100, "{summary:?}");
        let again = run(&["record", file]);
        assert!(text(&again.stderr).contains("cannot create the recording"), "{again:?}");
        assert_eq!(fs::read(&path).unwrap(), recording);
        fs::remove_file(&path).unwrap();
    }
}

/// Every encoding and compression the gateway offers together.
const PAIRS: [(&str, &str); 7] = [
    ("json", "none"),
    ("json", "zlib"),
    ("json", "zlib-stream"),
    ("json", "zstd-stream"),
    ("etf", "none"),
    ("etf", "zlib-stream"),
    ("etf", "zstd-stream"),
];

#[test]
fn every_encoding_and_compression_works_on_both_runtimes_and_elsewhere() {
    // A bucket for each, so that nobody waits to identify.
    let served = Simulated::start(&["--max-concurrency", "14"]);
    let url = served.url.as_str();
    std::thread::scope(|scope| {
        for (at, runtime) in ["tokio", "smol"].into_iter().enumerate() {
            for (nth, (encoding, compression)) in PAIRS.into_iter().enumerate() {
                scope.spawn(move || {
                    watches_itself(runtime, encoding, compression);
                    let shard = format!("{}/14", nth * 2 + at);
                    #[cfg(unix)]
                    watches_another(url, &shard, runtime, encoding, compression);
                });
            }
        }
    });
}

/// The gateway is simulated by the command itself.
fn watches_itself(runtime: &str, encoding: &str, compression: &str) {
    let choice = ["--encoding", encoding, "--compress", compression, "--runtime", runtime];
    let watch = ["watch", "--for", "3s", "--json", "--guilds", "7"];
    let lines = json_lines(&run(&[&watch[..], &choice].concat()));
    let begin = &lines[0];
    let told = (begin["encoding"].as_str(), begin["compression"].as_str());
    assert_eq!(told, (Some(encoding), Some(compression)), "{begin}");
    let named = |name| lines.iter().filter(|line| line["event"] == name).count();
    assert_eq!((named("resumed"), named("guild"), named("undecoded")), (1, 5, 0));
}

/// Watches until a text was shown, and ends it as Ctrl-C does; returns all that was shown.
#[cfg(unix)]
fn watch_until(part: &str, args: &[&str]) -> String {
    let watch = ["watch", "--for", DEADLINE];
    let mut child =
        gatewright(&[&watch[..], args].concat()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut output, mut shown) = (BufReader::new(child.stdout.take().unwrap()), String::new());
    while output.read_line(&mut shown).unwrap() > 0 && !shown.contains(part) {}
    let interrupt = format!("kill -INT {}", child.id());
    assert!(Command::new("sh").args(["-c", &interrupt]).status().unwrap().success(), "{shown}");
    output.read_to_string(&mut shown).unwrap();
    assert!(child.wait().unwrap().success(), "{shown}");
    shown
}

/// The gateway is simulated by another process.
#[cfg(unix)]
fn watches_another(url: &str, shard: &str, runtime: &str, encoding: &str, compression: &str) {
    let choice = ["--encoding", encoding, "--compress", compression, "--runtime", runtime];
    let args = [&["--gateway", url, "--shard", shard], &choice[..]].concat();
    let shown = watch_until("identified as", &args);
    let choice = format!("runtime {runtime}, encoding {encoding}, compression {compression}\n");
    for part in [&*choice, "identified as", "none missing, none twice"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
}

#[test]
fn what_the_gateway_does_not_offer_is_refused_and_help_names_what_it_does() {
    let done = run(&["watch", "--encoding", "etf", "--compress", "zlib", "--for", "1s"]);
    let error = text(&done.stderr);
    assert_eq!(done.status.code(), Some(1), "{error}");
    assert_eq!(
        error,
        "gatewright: compression zlib works with the encoding json only: use zlib-stream or none with etf\n"
    );
    assert_eq!(text(&done.stdout), "");
    for flag in ["--encoding", "--compress"] {
        let done = run(&["watch", flag, "lzma"]);
        assert_eq!(done.status.code(), Some(2));
        let error = text(&done.stderr);
        assert!(error.contains("expected one of") && error.contains("\"lzma\""), "{error}");
    }
    for command in ["watch", "simulate"] {
        let help = text(&run(&[command, "--help"]).stdout).to_lowercase();
        for name in PAIRS.iter().flat_map(|(encoding, compression)| [encoding, compression]) {
            assert!(help.contains(name), "{name} in {help}");
        }
    }
}

#[test]
fn errors_are_one_sentence_that_says_what_to_do() {
    let refused = |done: &Output, sentence: &str| {
        let error = text(&done.stderr);
        assert_eq!(done.status.code(), Some(1), "{error}");
        assert!(error.starts_with("gatewright: ") && error.contains(sentence), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    };
    let simulated = Simulated::start(&["--token", "right", "--guilds", "1"]);
    let watch = |url: &str, token: &str| {
        let args = ["watch", "--gateway", url, "--for", DEADLINE];
        gatewright(&args).env("DISCORD_TOKEN", token).output().unwrap()
    };
    refused(&watch(&simulated.url, "wrong"), "copy the bot's token");
    refused(&watch(&simulated.url, "Bot right"), "without the prefix");
    refused(&watch("http://x", "right"), "begins with wss:// or ws://");
    refused(&watch("ws://127.0.0.1:1", "right"), "check the network or --gateway");
    refused(&run(&["watch", "--gateway", "wss://x.example"]), "set DISCORD_TOKEN");
    let fleet = ["watch", "--gateway", &simulated.url, "--for", DEADLINE, "--shards", "2"];
    let done = gatewright(&fleet).env("DISCORD_TOKEN", "wrong").output().unwrap();
    refused(&done, "2 of 2 shards were refused, shard 0/2 first: the gateway refused the token");
    refused(&run(&["watch", "--shards", "70000"]), "at most 65536 shards in one process");
    let address = simulated.url.trim_start_matches("ws://");
    refused(&run(&["simulate", "--listen", address]), "is in use: give another one with --listen");
}

#[test]
fn an_intent_that_is_not_enabled_is_named() {
    let simulated = Simulated::start(&["--guilds", "1", "--deny-privileged"]);
    let intents = "guilds,guild_members";
    let args = ["watch", "--gateway", &simulated.url, "--intents", intents, "--for", DEADLINE];
    let done = run(&args);
    assert_eq!(done.status.code(), Some(1));
    assert!(text(&done.stderr).contains("enable GUILD_MEMBERS"), "{}", text(&done.stderr));
}

#[test]
fn a_start_too_many_resets_the_token() {
    let simulated = Simulated::start(&["--session-starts", "1", "--guilds", "1"]);
    let watch = || {
        let args = ["watch", "--gateway", &simulated.url, "--for", "1s"];
        gatewright(&args).env("DISCORD_TOKEN", "any").output().unwrap()
    };
    assert!(watch().status.success());
    let done = watch();
    assert_eq!(done.status.code(), Some(1));
    assert!(text(&done.stderr).contains("copy the bot's token"), "{}", text(&done.stderr));
}

#[test]
fn a_session_that_never_begins_is_an_error() {
    let simulated = Simulated::start(&["--guilds", "1", "--fault", "no-hello"]);
    let done = run(&["watch", "--gateway", &simulated.url, "--for", "1s", "--json"]);
    assert_eq!(done.status.code(), Some(1));
    assert!(text(&done.stderr).contains("no session was begun"), "{}", text(&done.stderr));
    let verdict = text(&done.stdout).lines().last().unwrap().to_owned();
    assert!(verdict.contains(r#""ok":false"#), "{verdict}");
}

#[test]
fn faults_are_listed_and_unknown_flags_are_refused() {
    let listed = text(&run(&["simulate", "--list-faults"]).stdout);
    let lines: Vec<_> = listed.lines().collect();
    assert_eq!(lines.len(), gatewright_sim::Fault::all().len());
    for (line, fault) in lines.iter().zip(gatewright_sim::Fault::all()) {
        assert!(line.starts_with(&format!("{} ", fault.name())), "{line}");
        assert!(line.contains(fault.sentence) && line.ends_with(']'), "{line}");
    }
    for fault in ["drop", "swallow-acks", "close-N", "hello-interval-VALUE", "bomb-MIB"] {
        assert!(listed.contains(fault), "{listed}");
    }
    let done = run(&["simulate", "--fault", "swallow-ack"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(text(&done.stderr).contains("swallow-acks"), "{}", text(&done.stderr));
}

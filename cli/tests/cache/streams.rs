//! Streams beside this file, one for each part of the cache, each with the dump that is wanted.
//!
//! `BLESS=1` writes the dumps anew; what changed is for a person to judge.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

const STREAMS: [&str; 7] =
    ["calls", "guild", "invites", "members", "messages", "presence", "threads"];

#[test]
fn the_cache_holds_what_each_stream_leaves_in_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cache");
    let bless = env::var_os("BLESS").is_some_and(|value| !value.is_empty());
    for name in STREAMS {
        let file = folder.join(name).with_extension("ndjson");
        let dump = crate::dump(&file, &["--pretty"]);
        if bless {
            fs::write(file.with_extension("json"), &dump).unwrap();
        }
        let wanted = fs::read_to_string(file.with_extension("json")).unwrap();
        let lines = dump.lines().zip(wanted.lines()).enumerate();
        let mut differing = lines.filter(|(_, (line, wanted))| line != wanted);
        assert_eq!(differing.next(), None, "{name}");
        assert_eq!(dump.len(), wanted.len(), "{name}");
    }
}

#[test]
fn only_what_is_asked_for_is_kept() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cache/members.ndjson");
    let counts = |flags: &[&str]| {
        let dump: Value = serde_json::from_str(&crate::dump(&file, flags)).unwrap();
        let count = |section: &str| dump["counts"][section].as_u64().unwrap();
        ["guilds", "channels", "members", "messages"].map(count)
    };
    assert_eq!(counts(&["--components", "none"]), [0; 4]);
    assert_eq!(counts(&["--components", "ALL,-GUILD_CHANNELS,-MESSAGES"]), [1, 0, 2, 0]);
    assert_eq!(counts(&["--max-messages", "0"]), [1, 1, 2, 0]);
}

#[test]
fn what_is_no_payload_is_told_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("stream");
    let run = |stream: &str| {
        fs::write(&file, stream).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
        let done = command.arg("cache").arg(&file).env_remove("RUST_LOG").output().unwrap();
        (
            done.status.code(),
            String::from_utf8(done.stdout).unwrap(),
            String::from_utf8(done.stderr).unwrap(),
        )
    };
    let (code, shown, _) =
        run("{\"op\":0,\"t\":\"GUILD_CREATE\",\"d\":{\"id\":\"1\",\"name\":\"a\\u001b\"}}\n\n");
    assert!(code == Some(0) && shown.contains("a\\u{1b}\n"), "{shown}");
    let (code, _, told) = run("{\"call\":\"settings\"}\n{\"op\":11,\"d\":null}\n");
    assert!(
        code == Some(0)
            && told.contains("skipped 1 payloads of other opcodes, 1 calls that only read"),
        "{told}"
    );
    let calls = [
        "{\"call\":\"set_nonsense\",\"args\":[]}",
        "{\"call\":\"delete_role\",\"args\":\"1\"}",
        "{\"call\":\"set_role\",\"payload\":{\"id\":\"1\"}}",
        "{\"call\":\"set_role\",\"args\":[]}",
    ];
    let payloads = ["{\"op\":0}", "[]", "{\"op\":0,\"t\":\"A\",\"d\":{"];
    for stream in calls.iter().chain(&payloads).map(|line| format!("\n{line}\n")) {
        let (code, _, told) = run(&stream);
        assert!(code == Some(1) && told.contains("stream:2: "), "{told}");
    }
}

//! What a cache holds at the end of a recording.

use std::process::Command;
use std::time::Duration;
use std::{fs, str};

use gatewright_core::{Compression, Config, Encoding, Intents, Leave, Memory, Shard};
use gatewright_sim::Options;
use gatewright_tests::Pair;
use serde_json::Value;

/// Records a session in the simulated world.
fn recorded(encoding: Encoding) -> String {
    let config = Config::new("simulated-token-of-some-length", Intents::DOCUMENTED)
        .gateway("ws://sim.example")
        .encoding(encoding);
    let options = Options { seed: 7, guilds: 2, members: 30, rate: 40, ..Options::default() };
    let shard = Shard::new(config, options.seed, Memory::heap(Compression::ZlibStream)).unwrap();
    let mut pair = Pair::new(shard, options);
    pair.shard.record(String::new()).unwrap();
    pair.run_for(Duration::from_secs(20));
    pair.leave(Leave::Park);
    pair.shard.finish().unwrap()
}

fn replay(recording: &str, flags: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("session");
    fs::write(&file, recording).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
    let done =
        command.arg("replay").arg(&file).args(flags).env_remove("RUST_LOG").output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    str::from_utf8(&done.stdout).unwrap().to_owned()
}

#[test]
fn a_recording_fills_the_cache_alike_in_both_encodings() {
    let [json, etf] = [Encoding::Json, Encoding::Etf].map(recorded);
    let dump: Value = serde_json::from_str(&replay(&json, &["--cache", "--json"])).unwrap();
    let other: Value = serde_json::from_str(&replay(&etf, &["--cache", "--json"])).unwrap();
    for (section, rows) in dump.as_object().unwrap() {
        assert_eq!(*rows, other[section], "{section}");
    }
    let count = |section: &str| dump["counts"][section].as_u64().unwrap();
    assert!(count("guilds") == 2 && count("members") > 30 && count("messages") > 10, "{dump}");
    let shown = replay(&json, &["--cache"]);
    assert!(shown.contains("replays alike") && shown.contains("bytes, "), "{shown}");
}

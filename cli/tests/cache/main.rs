//! What a cache holds after streams of events: those beside this file, and those of another library if there are.

mod allowed;
mod parity;
mod plain;
mod recorded;
mod streams;
mod told;

use std::path::Path;
use std::process::Command;

/// Runs `gatewright cache` on a stream and returns the dump, with all its parts.
fn dump(file: &Path, flags: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
    command.arg("cache").arg(file).args(["--json", "--index", "--order"]).args(flags);
    let done = command.env_remove("RUST_LOG").output().unwrap();
    assert!(done.status.success(), "{}: {}", file.display(), String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

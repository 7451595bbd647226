//! `gatewright simulate --campaign` and what it refuses.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

fn simulate(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
    command.arg("simulate").args(args).env_remove("RUST_LOG");
    command
}

fn run(args: &[&str]) -> Output {
    simulate(args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Refused by the command line, which says why.
fn refused(args: &[&str], why: &str) {
    let done = run(args);
    let error = text(&done.stderr);
    assert_eq!(done.status.code(), Some(2), "{args:?} {error}");
    assert!(error.contains(why), "{args:?}: {why} in {error}");
    assert_eq!(text(&done.stdout), "");
}

#[test]
fn a_campaign_that_keeps_the_laws_says_so_with_its_figures() {
    let out = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("campaign");
    // An earlier run may have left something.
    drop(std::fs::remove_dir_all(&out));
    let out = out.to_str().unwrap();
    let done = run(&["--campaign", "--seeds", "3..=4", "--jobs", "1000000", "--out", out]);
    let told = text(&done.stdout);
    assert!(done.status.success(), "{told}{}", text(&done.stderr));
    for part in [
        "seeds 3 to 4, ",
        "2 of 2 seeds in ",
        " virtual hours, ",
        " a second\n",
        " events delivered, ",
        " Resumes, ",
        " Identifies\n",
        " faults:\n  ",
        "\nno law was broken\n",
    ] {
        assert!(told.contains(part), "{part} in {told}");
    }
    assert_eq!(std::fs::read_dir(out).unwrap().count(), 0);
}

#[test]
fn bad_ranges_and_jobs_are_refused() {
    for range in ["5..=1", "a..b", "", "1..5", "7"] {
        refused(&["--campaign", "--seeds", range], "such as 1..=1000");
    }
    refused(&["--campaign"], "--seeds");
    refused(&["--campaign", "--seeds", "1..=2", "--jobs", "0"], "--jobs");
    refused(&["--seeds", "1..=2"], "--campaign");
    refused(&["--out", "."], "--campaign");
}

#[test]
fn what_a_campaign_would_ignore_is_refused() {
    for flag in [
        &["--listen", "127.0.0.1:0"][..],
        &["--fault", "drop"],
        &["--list-faults"],
        &["--token", "t"],
        &["--deny-privileged"],
        &["--resume-url", "ws://x"],
        &["--heartbeat", "10s"],
        &["--max-concurrency", "2"],
        &["--session-starts", "2"],
        &["--rate", "1"],
        &["--guilds", "1"],
        &["--members", "1"],
        &["--seed", "1"],
    ] {
        let args = [&["--campaign", "--seeds", "1..=1"], flag].concat();
        refused(&args, "cannot be used with");
    }
}

#[cfg(unix)]
#[test]
fn an_interrupt_tells_the_figures_so_far() {
    let mut child = simulate(&["--campaign", "--seeds", "1..=1000000", "--jobs", "1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut first, mut rest) = (String::new(), String::new());
    let mut told = BufReader::new(child.stdout.take().unwrap());
    told.read_line(&mut first).unwrap();
    assert_eq!(first, "seeds 1 to 1000000, 1 at once; Ctrl-C ends them\n");
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    told.read_to_string(&mut rest).unwrap();
    let done = child.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(130));
    assert!(rest.contains(" of 1000000 seeds in ") && !rest.contains("no law"), "{rest}");
    assert_eq!(text(&done.stderr), "gatewright: interrupted before all seeds were run\n");
}

#[test]
fn near_names_are_told_of_a_fault_there_is_none_of() {
    for (name, near) in [
        ("drp", "drop"),
        ("swallow-ack", "swallow-acks"),
        ("hello-intervall-0", "hello-interval-VALUE"),
        ("close", "close-N"),
        ("Corrupt", "corrupt"),
    ] {
        refused(&["--fault", name], &format!("did you mean {near}"));
    }
    refused(&["--fault", "nonsense"], "no fault is called so: --list-faults says which there are");
}

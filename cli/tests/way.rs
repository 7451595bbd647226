//! The way to a gateway as people choose it: the API, a proxy, and the budget of the day.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use gatewright_core::{BotId, BudgetSettings};
use gatewright_std::{BudgetFault, BudgetFile, unix_now};

const TOKEN: &str = "MTIz.abc.secret";

fn gatewright(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gatewright"));
    command.args(args).env_remove("DISCORD_TOKEN").env_remove("RUST_LOG");
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A `gatewright simulate` that ends with the test, with one guild and no end of permits.
struct Simulated {
    child: Child,
    address: String,
    _output: BufReader<ChildStdout>,
}

impl Simulated {
    fn start() -> Self {
        let args = ["simulate", "--listen", "127.0.0.1:0", "--token", TOKEN, "--guilds", "1"];
        let mut child = gatewright(&args).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let url = line.split(' ').find(|word| word.starts_with("ws://")).unwrap();
        let address = url.trim_start_matches("ws://").trim().to_owned();
        Self { child, address, _output: output }
    }

    fn api(&self) -> String {
        format!("http://{}/api/v10", self.address)
    }

    fn url(&self) -> String {
        format!("ws://{}", self.address)
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Watches four seconds with a token.
fn watch(args: &[&str]) -> Output {
    let all = [&["watch", "--for", "4s"], args].concat();
    gatewright(&all).env("DISCORD_TOKEN", TOKEN).output().unwrap()
}

fn assert_refused(done: &Output, sentence: &str) {
    let error = text(&done.stderr);
    assert_eq!(done.status.code(), Some(1), "{error}");
    assert!(error.lines().last().unwrap().contains(sentence), "{error}");
}

/// A proxy that notes what it is asked for.
fn proxy() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let heads = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&heads);
    thread::spawn(move || {
        for client in listener.incoming() {
            let (client, noted) = (client.unwrap(), Arc::clone(&noted));
            thread::spawn(move || serve(client, &noted));
        }
    });
    (address, heads)
}

/// Connects a client as it wishes, if it has the password.
fn serve(mut client: TcpStream, noted: &Mutex<Vec<String>>) -> io::Result<()> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte)?;
        head.extend(byte);
    }
    let head = text(&head).to_lowercase();
    noted.lock().unwrap().push(head.clone());
    if !head.contains("proxy-authorization: basic dxnlcjpzzxnhbwu=") {
        return client.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    }
    let mut server = TcpStream::connect(head.split(' ').nth(1).unwrap())?;
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || io::copy(&mut from, &mut to));
    io::copy(&mut server, &mut client).map(drop)
}

#[test]
fn the_api_tells_where_the_gateway_is_and_what_the_day_has_left() {
    let simulated = Simulated::start();
    let done = watch(&["--api", &simulated.api()]);
    let shown = text(&done.stdout);
    assert!(done.status.success(), "{shown}{}", text(&done.stderr));
    assert!(shown.contains(&format!("watching the gateway at {}", simulated.url())), "{shown}");
    assert!(shown.contains("1000 of 1000 session starts left for "), "{shown}");
    assert!(shown.contains("identified as"), "{shown}");
    let done = gatewright(&["watch", "--api", &simulated.api()]).output().unwrap();
    assert_refused(&done, "the token is not valid: the API answered with 401");
}

#[test]
fn a_fleet_has_as_many_shards_as_the_api_suggests() {
    let simulated = Simulated::start();
    let done = watch(&["--shards", "auto", "--api", &simulated.api()]);
    let shown = text(&done.stdout);
    assert!(done.status.success(), "{shown}{}", text(&done.stderr));
    assert!(shown.contains("suggested shards 1, ") && shown.contains("shard 0/1  identified as"));
    assert!(shown.contains(" s, 1 of 1 live, "), "{shown}");
    let served = gatewright(&["watch", "--shards", "auto"]).output().unwrap();
    assert_refused(&served, "--shards auto needs an API to ask: set DISCORD_TOKEN or --api");
}

#[test]
fn an_api_that_cannot_be_asked_is_named() {
    assert_refused(
        &watch(&["--api", "http://127.0.0.1:1/api"]),
        "asked was http://127.0.0.1:1/api",
    );
    assert_refused(&watch(&["--api", "ws://127.0.0.1:1"]), "no http:// or https:// URL");
    let served = gatewright(&["watch", "--budget", "x"]).output().unwrap();
    assert_refused(&served, "are for a gateway: set DISCORD_TOKEN, --gateway or --api");
}

#[test]
fn a_proxy_carries_the_api_and_the_gateway() {
    let simulated = Simulated::start();
    let (address, heads) = proxy();
    for runtime in ["tokio", "smol"] {
        let by = format!("http://user:sesame@{address}");
        let args = ["--api", &simulated.api(), "--proxy", &by, "--runtime", runtime, "--by-hand"];
        let done = watch(&args);
        assert!(done.status.success(), "{}", text(&done.stderr));
        let asked = heads.lock().unwrap().split_off(0);
        assert_eq!(asked.len(), 2, "{asked:?}");
        let connect = format!("connect {} http/1.1", simulated.address);
        assert!(asked.iter().all(|head| head.starts_with(&connect)), "{asked:?}");
        // One bucket takes an Identify in 5 s.
        thread::sleep(std::time::Duration::from_secs(5));
    }
    let by = format!("http://user:guess@{address}");
    let done = watch(&["--gateway", &simulated.url(), "--proxy", &by]);
    assert_refused(&done, "the proxy refuses to connect: it answered with 407");
    let done = watch(&["--proxy", "socks5://user:sesame@127.0.0.1:1"]);
    assert_refused(&done, "a proxy is http://");
    assert!(!text(&done.stderr).contains("sesame"), "{}", text(&done.stderr));
}

#[test]
fn a_budget_that_cannot_be_trusted_is_refused_with_a_sentence() {
    let simulated = Simulated::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("budget");
    let shown = path.to_str().unwrap();
    let watch = || watch(&["--gateway", &simulated.url(), "--budget", shown]);
    let good = record(&path, TOKEN);
    for (bad, sentence) in [
        (good[..good.len() / 2].to_vec(), "budget"),
        (b"not a record\n".to_vec(), "budget"),
        (vec![0xff; 100_000], "budget"),
        (record(&path, "NDU2.abc.secret"), "give each bot a file of its own"),
    ] {
        fs::write(&path, &bad).unwrap();
        assert_refused(&watch(), sentence);
        assert_eq!(fs::read(&path).unwrap(), bad, "what is not understood is left alone");
    }
    fs::write(&path, &good).unwrap();
    let held = open(&path, TOKEN);
    assert_refused(&watch(), "is in use");
    drop(held);
    assert!(watch().status.success());
    assert_ne!(fs::read(&path).unwrap(), good, "what was spent is written down");
}

fn open(path: &Path, token: &str) -> BudgetFile {
    let bot = BotId::of_token(token);
    loop {
        match BudgetFile::open(unix_now(), path, bot, BudgetSettings::default()) {
            Ok(budget) => return budget,
            // A process that another test starts has this one's files for a moment, and with them the lock.
            Err(error) if matches!(error.fault(), BudgetFault::Locked) => thread::yield_now(),
            Err(error) => panic!("{error}"),
        }
    }
}

/// Returns what a process writes that began and identified.
fn record(path: &Path, token: &str) -> Vec<u8> {
    let _ = fs::remove_file(path);
    let mut budget = open(path, token);
    budget.started(unix_now());
    budget.spent(unix_now());
    drop(budget);
    fs::read(path).unwrap()
}

#[test]
fn a_bot_that_crashes_again_and_again_waits_unless_somebody_is_there() {
    let simulated = Simulated::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("budget");
    for _ in 0..12 {
        let mut budget = open(&path, TOKEN);
        budget.started(unix_now());
        budget.spent(unix_now());
    }
    let (url, shown) = (simulated.url(), path.to_str().unwrap());
    let done = watch(&["--gateway", &url, "--budget", shown]);
    let error = text(&done.stderr);
    assert!(error.contains("no Identify before "), "{error}");
    assert_refused(&done, "no session was begun in the time given");
    let done = watch(&["--gateway", &url, "--budget", shown, "--by-hand"]);
    assert!(done.status.success(), "{}", text(&done.stderr));
}

#[cfg(unix)]
#[test]
fn the_budget_is_kept_by_default_where_there_is_a_token_to_lose() {
    let folder = tempfile::tempdir().unwrap();
    let watch = |url: &str| {
        let args = ["watch", "--gateway", url];
        let mut command = gatewright(&args);
        command.env("DISCORD_TOKEN", TOKEN).env("XDG_STATE_HOME", folder.path()).output().unwrap()
    };
    assert_refused(&watch("ws://127.0.0.1:1"), "cannot connect");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    assert_refused(&watch("wss://127.0.0.1:1"), "cannot connect");
    let name = format!("identify-budget-{}", BotId::of_token(TOKEN));
    let path = folder.path().join("gatewright").join(name);
    // Nothing was spent, so nothing is written down; but no other process could.
    assert!(!path.exists() && path.with_extension("lock").is_file());
    fs::write(&path, "").unwrap();
    assert_refused(&watch("wss://127.0.0.1:1"), "--budget names another file");
}

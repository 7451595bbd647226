//! Runs all clients in turn, round after round.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use gatewright_bench_harness::meter::{GUILDS_TAKEN, Told};

use crate::Settings;
use crate::clients::{Client, Found};
use crate::traffic::{Format, Size};

/// How long the gateway may take to encode all.
const ENCODES: Duration = Duration::from_secs(600);

/// How long a client may take to end when it told all.
const ENDS: Duration = Duration::from_secs(10);

/// A client with what it told in each round.
pub struct Row {
    pub client: Client,
    pub told: Vec<Told>,
    /// What it told with its heap counted.
    pub counted: Option<Told>,
}

/// Everything that was measured.
pub struct Measured {
    pub size: Size,
    pub rounds: usize,
    /// The mean length of an event and that of all guilds, as JSON.
    pub event_bytes: usize,
    pub guild_bytes: usize,
    pub rows: Vec<Row>,
    pub skipped: Vec<(&'static str, String)>,
    /// What went wrong.
    pub faults: Vec<String>,
}

/// Measures all clients that were found: first their heap, then all of them in every round.
pub fn all(settings: &Settings, found: Found) -> Result<Measured> {
    std::fs::create_dir_all(&settings.out)?;
    let mut gateway = Gateway::start(settings.size, &formats(&found.clients))?;
    let rows = found.clients.into_iter();
    let mut measured = Measured {
        size: settings.size,
        rounds: settings.rounds,
        event_bytes: gateway.event_bytes,
        guild_bytes: gateway.guild_bytes,
        rows: rows.map(|client| Row { client, told: Vec::new(), counted: None }).collect(),
        skipped: found.skipped,
        faults: Vec::new(),
    };
    for row in &mut measured.rows {
        if let Some(program) = row.client.counted.clone() {
            eprintln!("heap: {}", row.client);
            match gateway.run(&row.client, &program, settings, &[]) {
                Ok(told) => row.counted = Some(told),
                Err(error) => measured.faults.push(format!("{}, heap: {error:#}", row.client)),
            }
        }
    }
    for round in 1..=settings.rounds {
        for row in &mut measured.rows {
            match gateway.run(&row.client, &row.client.program, settings, &[]) {
                Ok(told) => {
                    eprintln!(
                        "round {round} of {}: {}: {:.2} µs an event",
                        settings.rounds,
                        row.client,
                        told.steady_cpu * 1e6 / settings.size.events as f64
                    );
                    row.told.push(told);
                }
                Err(error) => {
                    eprintln!("round {round} of {}: {}: {error:#}", settings.rounds, row.client);
                    measured.faults.push(format!("{}, round {round}: {error:#}", row.client));
                }
            }
        }
    }
    Ok(measured)
}

/// Returns the formats that clients want, each once.
pub fn formats(clients: &[Client]) -> Vec<Format> {
    let mut formats = Vec::new();
    let all = clients.iter().flat_map(|client| {
        // A client that wants single messages compressed asks for it when it is connected.
        let plain = Format { compression: gatewright_core::Compression::None, ..client.format };
        let payload = client.format.compression == gatewright_core::Compression::Zlib;
        [Some(client.format), payload.then_some(plain)]
    });
    for format in all.flatten() {
        if !formats.contains(&format) {
            formats.push(format);
        }
    }
    formats
}

/// The gateway, in a process of its own.
pub struct Gateway {
    size: Size,
    limit: Duration,
    _process: Ended,
    input: ChildStdin,
    url: String,
    event_bytes: usize,
    guild_bytes: usize,
}

impl Gateway {
    /// Starts one that serves these formats.
    pub fn start(size: Size, formats: &[Format]) -> Result<Self> {
        eprintln!("the gateway makes and encodes what it sends");
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("serve").args([
            size.seed.to_string(),
            size.large.to_string(),
            size.small.to_string(),
            size.events.to_string(),
        ]);
        command.args(formats.iter().map(Format::to_string));
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut process = Ended(child);
        let input = process.0.stdin.take().context("its input")?;
        let lines = lines(&mut process)?;
        let line = lines.recv_timeout(ENCODES).context("the gateway did not start")?;
        let words: Vec<&str> = line.split(' ').collect();
        let [url, event_bytes, guild_bytes] = words[..] else { bail!("odd: {line}") };
        Ok(Self {
            size,
            limit: limit(size),
            url: url.to_owned(),
            event_bytes: event_bytes.parse()?,
            guild_bytes: guild_bytes.parse()?,
            _process: process,
            input,
        })
    }

    /// Sets how long a client may take.
    pub fn with_limit(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// Runs a client to its end, and checks what it told.
    pub fn run(
        &mut self,
        client: &Client,
        program: &Path,
        settings: &Settings,
        environment: &[(&str, &str)],
    ) -> Result<Told> {
        let size = self.size;
        let errors = settings.out.join("client.log");
        let child = Command::new(program)
            .args(&client.before)
            .arg(&self.url)
            .args(
                [size.large.into(), size.guilds(), size.events]
                    .map(|number: u64| number.to_string()),
            )
            .args(&client.words)
            .env("RUST_BACKTRACE", "0")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&errors)?)
            .spawn()
            .with_context(|| format!("{}", program.display()))?;
        let mut process = Ended(child);
        let lines = lines(&mut process)?;
        let told = self.hear(&lines, self.limit).map_err(|error| error.context(said(&errors)))?;
        // It ends by itself, and what runs it may have something to say behind it.
        while lines.recv_timeout(ENDS).is_ok() {}
        Ok(told)
    }

    fn hear(&mut self, lines: &Receiver<String>, limit: Duration) -> Result<Told> {
        let next = || {
            lines.recv_timeout(limit).map_err(|error| match error {
                RecvTimeoutError::Disconnected => anyhow!("it ended too soon"),
                RecvTimeoutError::Timeout => anyhow!("it was not done in {} s", limit.as_secs()),
            })
        };
        let mut line = next()?;
        if line == GUILDS_TAKEN {
            writeln!(self.input, "go")?;
            self.input.flush()?;
            line = next()?;
        }
        let told: Told = serde_json::from_str(&line).with_context(|| format!("odd: {line}"))?;
        ensure!(told.steady_cpu > 0.0, "no steady events came: {} seen", told.seen);
        Ok(told)
    }
}

fn limit(size: Size) -> Duration {
    let millis = 60_000 + size.events + 200 * u64::from(size.large);
    Duration::from_millis(millis)
}

/// Reads what a process writes, line by line.
fn lines(process: &mut Ended) -> Result<Receiver<String>> {
    let output = process.0.stdout.take().context("its output")?;
    let (send, lines) = channel();
    thread::spawn(move || {
        let all = BufReader::new(output).lines().map_while(Result::ok);
        // Nobody hears any more once the process is ended.
        all.map(|line| send.send(line)).take_while(Result::is_ok).for_each(drop);
    });
    Ok(lines)
}

/// Returns the last lines a client wrote to its errors.
fn said(errors: &Path) -> String {
    let all = std::fs::read_to_string(errors).unwrap_or_default();
    let mut last: Vec<&str> =
        all.lines().rev().filter(|line| !line.trim().is_empty()).take(3).collect();
    last.reverse();
    format!("it said \"{}\"", last.join(" "))
}

/// Ends a process with its scope.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

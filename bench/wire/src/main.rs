//! Measures clients end to end, over a WebSocket on this machine; `bench/run` builds all that it needs.
//!
//! `measure --bin DIR --peers DIR --scripts DIR --out DIR [--full] [--count] [--rounds N] [--seed N] [--only NAME]...
//! [--plots DIR]` measures, `serve SEED LARGE SMALL EVENTS FORMAT...` is the gateway it starts. Without `--full` the
//! set is a small one. Each client is a process of its own, the gateway another one.

mod clients;
mod count;
mod measure;
mod plots;
mod report;
mod serve;
mod traffic;

use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use traffic::Size;

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["serve", seed, large, small, events, ref formats @ ..] => {
            let size = Size {
                seed: seed.parse()?,
                large: large.parse()?,
                small: small.parse()?,
                events: events.parse()?,
            };
            let formats: Result<Vec<_>> = formats.iter().map(|format| format.parse()).collect();
            serve::run(size, &formats?)
        }
        ["measure", ref flags @ ..] => run(Settings::read(flags)?),
        _ => bail!("expected `measure` or `serve`; bench/run knows their arguments"),
    }
}

/// What is to be measured, and where everything is.
pub struct Settings {
    /// The clients in Rust.
    bin: PathBuf,
    /// What the other clients are installed in, and their scripts.
    peers: PathBuf,
    scripts: PathBuf,
    out: PathBuf,
    plots: Option<PathBuf>,
    size: Size,
    rounds: usize,
    /// Whether instructions are counted, and nothing else.
    count: bool,
    /// Parts of the names of those that are measured; all if there are none.
    only: Vec<String>,
}

impl Settings {
    fn read(flags: &[&str]) -> Result<Self> {
        let mut settings = Self {
            bin: PathBuf::new(),
            peers: PathBuf::new(),
            scripts: PathBuf::new(),
            out: PathBuf::new(),
            plots: None,
            size: Size::QUICK,
            rounds: 3,
            count: false,
            only: Vec::new(),
        };
        let mut flags = flags.iter();
        while let Some(flag) = flags.next() {
            let mut value = || flags.next().with_context(|| format!("{flag} wants a value"));
            match *flag {
                "--quick" => settings.size = Size { seed: settings.size.seed, ..Size::QUICK },
                "--full" => {
                    settings.size = Size { seed: settings.size.seed, ..Size::FULL };
                    settings.rounds = settings.rounds.max(5);
                }
                "--count" => settings.count = true,
                "--bin" => settings.bin = value()?.into(),
                "--peers" => settings.peers = value()?.into(),
                "--scripts" => settings.scripts = value()?.into(),
                "--out" => settings.out = value()?.into(),
                "--plots" => settings.plots = Some(value()?.into()),
                "--rounds" => settings.rounds = value()?.parse().context("--rounds")?,
                "--seed" => settings.size.seed = value()?.parse().context("--seed")?,
                "--only" => settings.only.push((*value()?).to_owned()),
                _ => bail!("no flag is called {flag}; see bench/run --help"),
            }
        }
        ensure!((1..=99).contains(&settings.rounds), "expected 1 to 99 rounds");
        Ok(settings)
    }
}

fn run(settings: Settings) -> Result<()> {
    let found = clients::find(&settings);
    ensure!(
        !found.clients.is_empty(),
        "no client is there that was asked for: {:?}, skipped: {:?}",
        settings.only,
        found.skipped
    );
    if settings.count {
        println!("{}", count::all(&settings, found.clients)?);
        return Ok(());
    }
    let measured = measure::all(&settings, found)?;
    let markdown = report::markdown(&measured);
    println!("{markdown}");
    std::fs::write(settings.out.join("run.md"), markdown)?;
    std::fs::write(settings.out.join("run.json"), report::json(&measured)?)?;
    if let Some(plots) = &settings.plots {
        std::fs::create_dir_all(plots)?;
        std::fs::write(plots.join("events.svg"), plots::events(&measured))?;
        std::fs::write(plots.join("memory.svg"), plots::memory(&measured))?;
    }
    Ok(())
}

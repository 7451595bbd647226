//! The gatewright command.

#[macro_use]
mod say;
mod args;
mod cache;
mod campaign;
mod client;
mod clock;
mod discover;
mod faults;
mod fleet;
mod lines;
mod pulse;
mod redact;
mod replay;
mod show;
mod simulate;
mod story;
mod timeline;
mod watch;

use std::process::ExitCode;

use clap::Parser;
use env_logger::Env;
use log::LevelFilter;

use args::{Args, Task, WatchArgs};
use campaign::Interrupted;

/// What a command ends with that Ctrl-C ended: 128 and the number of the signal, as shells have it.
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    let args = Args::parse();
    // The WebSocket library logs whole frames at `trace`, the token among them.
    let usual = Env::default().default_filter_or(
        // What becomes of the session is on the screen anyway.
        "warn,gatewright_tokio::trace=off,gatewright_smol::trace=off",
    );
    let mut logger = env_logger::Builder::from_env(usual);
    logger.filter_module("tungstenite", LevelFilter::Info).init();
    let done = match args.task.unwrap_or_else(|| Task::Watch(WatchArgs::defaults())) {
        Task::Watch(args) => watch::run(&args),
        Task::Record(args) => watch::run(&args.watch()),
        Task::Redact(args) => redact::run(&args),
        Task::Simulate(args) => simulate::run(&args),
        Task::Replay(args) => replay::run(&args),
        Task::Cache(args) => cache::run(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("gatewright: {error:#}");
            if error.is::<Interrupted>() { ExitCode::from(INTERRUPTED) } else { ExitCode::FAILURE }
        }
    }
}

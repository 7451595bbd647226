//! `gatewright simulate`: a simulated gateway for any client.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};

use anyhow::{Context, anyhow};
use gatewright_core::Intents;
use gatewright_sim::{Conn, Loopback, Options, What, serve};

use crate::args::SimulateArgs;
use crate::pulse::{self, Pulse};
use crate::watch::options;
use crate::{campaign, faults};

/// Runs the command.
pub(crate) fn run(args: &SimulateArgs) -> anyhow::Result<()> {
    if args.list_faults {
        faults::list();
        return Ok(());
    }
    if let Some(seeds) = &args.seeds {
        return campaign::run(seeds, args.jobs, &args.out);
    }
    let options = Options {
        faults: args.fault.clone(),
        token: args.token.clone(),
        resume_url: args.resume_url.clone().unwrap_or_default(),
        privileged: if args.deny_privileged { Intents::empty() } else { Intents::PRIVILEGED },
        heartbeat_interval: args.heartbeat,
        max_concurrency: args.max_concurrency,
        session_starts: args.session_starts,
        ..options(args.world)?
    };
    let simulated = serve(listen(args.listen)?, options).context("cannot serve")?;
    say!("simulated gateway at {} (Ctrl-C ends it)", simulated.url());
    let pulse = pulse::start()?;
    let mut told = 0;
    while pulse.recv_blocking().unwrap_or(Pulse::Interrupt) != Pulse::Interrupt {
        tell(&simulated, &mut told);
    }
    tell(&simulated, &mut told);
    let stats = simulated.stats();
    say!(
        "{} connections, {} sessions begun, {} resumed, {} events, {} complaints",
        stats.connections,
        stats.identifies,
        stats.resumes,
        stats.dispatches,
        stats.complaints
    );
    Ok(())
}

fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).map_err(|error| {
        if error.kind() == ErrorKind::AddrInUse {
            anyhow!("{address} is in use: give another one with --listen, port 0 for any")
        } else if error.kind() == ErrorKind::PermissionDenied {
            anyhow!("{address} may not be opened: give a port above 1023 with --listen")
        } else {
            anyhow!("cannot listen on {address}: {error}")
        }
    })
}

/// Writes the new entries of the journal, heartbeats left out.
fn tell(simulated: &Loopback, told: &mut usize) {
    let journal = simulated.journal();
    for entry in journal.iter().skip(*told) {
        if !matches!(entry.what, What::Heartbeat { .. }) {
            let Conn(conn) = entry.conn;
            say!("{:>12} s  connection {conn}: {}", entry.at.to_string(), words(&entry.what));
        }
    }
    *told = journal.len();
}

/// Writes an entry short.
fn words(what: &What) -> String {
    if let What::Identified { shard, intents } = what {
        return format!("Identified {{ shard: {shard}, intents: {:#x} }}", intents.bits());
    }
    format!("{what:?}")
}

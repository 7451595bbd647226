//! The instructions of whole clients, by callgrind: they are the same whatever else the machine does.

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::Settings;
use crate::clients::Client;
use crate::measure::{Gateway, formats};
use crate::traffic::Size;

/// A client is run with few events and with many: the difference is theirs.
const FEW: u64 = 2;
const MANY: u64 = 20_002;
/// Guilds enough to have events in.
const LARGE: u32 = 4;
const SMALL: u32 = 20;
const LIMIT: Duration = Duration::from_secs(900);
/// callgrind counts each repetition of a string instruction: glibc is to do without.
const TUNABLES: &str =
    "glibc.cpu.x86_rep_movsb_threshold=0x40000000:glibc.cpu.x86_rep_stosb_threshold=0x40000000";

/// Counts for each client in Rust, and returns a table in Markdown.
pub fn all(settings: &Settings, clients: Vec<Client>) -> Result<String> {
    let clients: Vec<Client> =
        clients.into_iter().filter(|client| client.counted.is_some()).collect();
    let mut few = gateway(settings, FEW, &clients)?;
    let mut many = gateway(settings, MANY, &clients)?;
    let mut out = String::from("| client | instructions an event |\n|---|---:|\n");
    for client in &clients {
        eprintln!("instructions: {client}");
        let client = under_valgrind(client.clone());
        let (few, many) =
            (count(&mut few, &client, settings)?, count(&mut many, &client, settings)?);
        // Writing to a String cannot fail.
        let _ = writeln!(out, "| {client} | {} |", many.saturating_sub(few) / (MANY - FEW));
    }
    Ok(out)
}

fn gateway(settings: &Settings, events: u64, clients: &[Client]) -> Result<Gateway> {
    let size = Size { seed: settings.size.seed, large: LARGE, small: SMALL, events };
    Ok(Gateway::start(size, &formats(clients))?.with_limit(LIMIT))
}

fn under_valgrind(client: Client) -> Client {
    let callgrind = ["--tool=callgrind", "--callgrind-out-file=/dev/null"];
    let mut before: Vec<_> = callgrind.map(Into::into).into();
    before.push(client.program.into());
    Client { program: "valgrind".into(), before, ..client }
}

fn count(gateway: &mut Gateway, client: &Client, settings: &Settings) -> Result<u64> {
    gateway.run(client, Path::new("valgrind"), settings, &[("GLIBC_TUNABLES", TUNABLES)])?;
    let log = std::fs::read_to_string(settings.out.join("client.log"))?;
    let collected = log.split("Collected :").nth(1).and_then(|rest| rest.split_whitespace().next());
    Ok(collected.context("callgrind counted nothing")?.parse()?)
}

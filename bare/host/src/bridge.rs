//! The host's end of a board's two pipes.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use gatewright_board::wire::{HEAD, Head, request};
use gatewright_core::{CloseCode, Instant, Link};

use crate::gateway::Gateway;

/// What the board writes, and what it reads.
pub(crate) const PIPES: [&str; 2] = ["requests", "answers"];

/// Makes the pipes in a folder.
pub(crate) fn make_pipes(room: &Path) -> Result<()> {
    let status = std::process::Command::new("mkfifo").args(PIPES).current_dir(room).status()?;
    ensure!(status.success(), "mkfifo ended with {status}");
    Ok(())
}

/// Does what the board asks, until it closes its pipe.
pub(crate) fn serve(requests: &Path, answers: &Path, gateway: &mut Gateway) -> Result<()> {
    let mut requests = File::open(requests).context("the pipe of requests")?;
    let mut answers =
        OpenOptions::new().write(true).open(answers).context("the pipe of answers")?;
    loop {
        let mut head = [0; HEAD];
        match requests.read_exact(&mut head) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(()),
            read => read?,
        }
        let head = Head::read(head);
        let mut payload = vec![0; head.len.into()];
        requests.read_exact(&mut payload)?;
        let (now, link) = (Instant::from_micros(head.micros), Link(head.link));
        match head.kind {
            request::CONNECT => gateway.connect(now, link, std::str::from_utf8(&payload)?),
            request::SEND => gateway.send(now, link, head.flags != 0, &payload),
            request::CLOSE => {
                let code = payload.try_into().ok().context("a close code of two bytes")?;
                gateway.close(now, CloseCode(u16::from_le_bytes(code)));
            }
            request::POLL => {
                let (act, at) = gateway.poll(now);
                let mut answer = Vec::new();
                crate::script::push(&mut answer, at, &act);
                answers.write_all(&answer)?;
            }
            kind => bail!("the board asked for {kind}"),
        }
    }
}

//! A stream of payloads, one a line.

use anyhow::{Context, bail};
use gatewright_core::decode::{Cursor, DecodeError, Raw, Text};
use gatewright_core::{Dispatch, Encoding};

use super::calls::Call;
use super::dump::Parts;
use super::{CacheArgs, Told};
use crate::lines::{self, Lines};

/// Lines that told the cache nothing.
#[derive(Clone, Copy, Debug, Default)]
struct Skipped {
    /// Payloads of other opcodes.
    opcodes: u64,
    /// Calls that only read.
    calls: u64,
}

/// Runs the command.
pub(crate) fn run(args: &CacheArgs) -> anyhow::Result<()> {
    let mut told = Told::new(args.settings());
    let skipped = feed(args, &mut told)?;
    if skipped.opcodes + skipped.calls > 0 {
        let Skipped { opcodes, calls } = skipped;
        anstream::eprintln!(
            "gatewright: skipped {opcodes} payloads of other opcodes, {calls} calls that only read"
        );
    }
    if !args.json {
        return told.show();
    }
    let dump = told.all(Parts { index: args.index, order: args.order })?;
    if args.pretty {
        say!("{dump:#}");
    } else {
        say!("{dump}");
    }
    Ok(())
}

fn feed(args: &CacheArgs, told: &mut Told) -> anyhow::Result<Skipped> {
    let name = lines::name(&args.file);
    let mut lines = Lines::open(&args.file)?.of_any_length();
    let (mut skipped, mut number) = (Skipped::default(), 0_u64);
    while let Some(line) = lines.next().with_context(|| format!("cannot read {name}"))? {
        number += 1;
        if line.trim_ascii().is_empty() {
            continue;
        }
        let frame = Frame::read(line);
        let frame = frame.map_err(|error| anyhow::anyhow!("{name}:{number}: {error}"))?;
        match frame {
            Frame { call: Some(call), .. } => {
                let is_made = told.call(&call).with_context(|| format!("{name}:{number}"))?;
                skipped.calls += u64::from(!is_made);
            }
            Frame { op: Some(0), event: Some(event), data: Some(data), .. } => {
                let event = Dispatch::new(&event, None, Encoding::Json, data.bytes());
                told.apply(&event.map_err(|error| anyhow::anyhow!("{name}:{number}: {error}"))?);
            }
            Frame { op: Some(0) | None, .. } => {
                bail!("{name}:{number}: expected a payload with op, t and d");
            }
            Frame { .. } => skipped.opcodes += 1,
        }
    }
    Ok(skipped)
}

/// What a line holds.
#[derive(Debug, Default)]
struct Frame<'l> {
    op: Option<u64>,
    event: Option<String>,
    data: Option<Raw<'l>>,
    call: Option<Call<'l>>,
}

impl<'l> Frame<'l> {
    fn read(line: &'l [u8]) -> Result<Self, DecodeError> {
        let mut cursor = Cursor::new(Encoding::Json, line)?;
        let (mut frame, mut call, mut members) =
            (Self::default(), Call::default(), cursor.object()?);
        while let Some(key) = cursor.key(&mut members)? {
            if key == "op" {
                frame.op = Some(cursor.decode()?);
            } else if key == "t" {
                frame.event = cursor.decode::<Option<Text<'_>>>()?.map(|name| name.to_string());
            } else if key == "d" {
                frame.data = Some(cursor.raw()?);
            } else if key == "call" {
                call.name = cursor.decode::<Text<'_>>()?.to_string();
            } else if key == "args" {
                // What is no list has no arguments, of which the call then tells.
                call.args = serde_json::from_slice(cursor.raw()?.bytes()).unwrap_or_default();
            } else if key == "guild_id" {
                call.guild = Some(cursor.raw()?);
            } else if key == "payload" {
                call.payload = Some(cursor.raw()?);
            } else {
                cursor.skip()?;
            }
        }
        cursor.end()?;
        frame.call = Some(call).filter(|call| !call.name.is_empty());
        Ok(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_has_its_keys_in_any_order() {
        let frame = Frame::read(br#"{"t":"A","s":1,"d":{"x":[1]},"op":0}"#).unwrap();
        assert_eq!((frame.op, frame.event.as_deref()), (Some(0), Some("A")));
        assert_eq!(frame.data.map(|data| data.bytes().to_vec()), Some(br#"{"x":[1]}"#.to_vec()));
        let call = Frame::read(br#"{"args":["1"],"call":"delete_role"}"#).unwrap().call.unwrap();
        assert!(call.name == "delete_role" && call.args == ["1"]);
        assert!(Frame::read(b"[]").is_err() && Frame::read(b"{} {}").is_err());
    }
}

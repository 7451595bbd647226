//! `gatewright redact`: a transcript without its texts, to attach to a report.
//!
//! Every text is blanked at equal length, so that the core finds all documents where they were. That it does is
//! checked, output by output, before anything is written.

mod compare;
mod connection;
mod deflate;
mod documents;
mod etf;
mod inflate;
mod json;
mod redactor;
mod spool;
mod texts;

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};

use crate::args::RedactArgs;
use crate::lines::{self, Lines};
use redactor::Redactor;
use spool::Spool;

/// Runs the command.
pub(crate) fn run(args: &RedactArgs) -> anyhow::Result<()> {
    let name = lines::name(&args.file);
    if args.output.as_ref().is_some_and(|output| is_same(&args.file, output)) {
        bail!("{name} would be overwritten: give another file with -o");
    }
    let mut lines = Lines::open(&args.file)?;
    let mut spool = Spool::new(args.output.as_deref())?;
    let cut = redact(&name, &mut lines, &mut spool)?;
    spool.finish()?;
    if cut {
        anstream::eprintln!("gatewright: the last line of {name} was cut off and is left out");
    }
    Ok(())
}

/// Tells whether two paths lead to one file.
pub(crate) fn is_same(file: &Path, output: &Path) -> bool {
    fs::canonicalize(output).ok().is_some_and(|output| fs::canonicalize(file).ok() == Some(output))
}

/// Redacts a transcript line by line; tells whether its last line was cut off.
fn redact(name: &str, lines: &mut Lines, out: &mut impl std::io::Write) -> anyhow::Result<bool> {
    let mut redactor = Redactor::new(name);
    let mut cut = false;
    while let Some(line) = lines.next().with_context(|| format!("cannot read {name}"))? {
        // A single line may be anything, so what is wrong with it is told.
        cut = redactor.has_begun() && lines::is_cut(line);
        if cut {
            break;
        }
        redactor.line(line, out)?;
    }
    redactor.end(out)?;
    Ok(cut)
}

#[cfg(test)]
mod tests;

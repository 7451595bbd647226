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

use anyhow::{Context, bail};

use crate::args::RedactArgs;
use crate::lines::{self, Lines};
use redactor::Redactor;
use spool::Spool;

/// Runs the command.
pub(crate) fn run(args: &RedactArgs) -> anyhow::Result<()> {
    let name = lines::name(&args.file);
    let output = args.output.as_deref().filter(|output| !lines::is_standard(output));
    if output.is_some_and(|output| lines::would_overwrite(&args.file, output)) {
        bail!("{name} would be overwritten: give another file with -o");
    }
    let mut lines = Lines::open(&args.file)?;
    let mut spool = Spool::new(output)?;
    let cut = redact(&name, &mut lines, &mut spool)?;
    spool.finish()?;
    if cut {
        anstream::eprintln!("gatewright: the last line of {name} was cut off and is left out");
    }
    Ok(())
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

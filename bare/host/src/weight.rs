//! What a program weighs, and what of it can panic.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::elf::Program;
use crate::stack;

/// A program's weight.
#[derive(Debug)]
pub(crate) struct Weight {
    pub(crate) flash: u64,
    pub(crate) memory: u64,
    /// The worst stack below the superloop, by the frames the compiler noted.
    pub(crate) stack: u32,
    pub(crate) path: Vec<String>,
    pub(crate) cycles: BTreeSet<Vec<String>>,
    pub(crate) indirect: BTreeSet<String>,
    pub(crate) unknown: BTreeSet<String>,
    /// Functions of the core that call one of `core::panicking`.
    pub(crate) panics: BTreeSet<String>,
    pub(crate) heap: bool,
}

/// The superloop.
const LOOP: &str = "session::board::session";

/// Weighs a program that has the superloop.
pub(crate) fn weigh(path: &Path) -> Result<Weight> {
    let program = Program::read(path)?;
    let worst = stack::worst(&program, LOOP).with_context(|| format!("no {LOOP}"))?;
    let frame = |at: &u32| {
        let function = program.functions.get(at);
        function.map_or_else(String::new, |function| {
            format!("{:>6} {}", function.frame.unwrap_or(0), function.name)
        })
    };
    let heap = program.functions.values().any(|function| function.name.contains("__rust_alloc"));
    ensure!(program.functions.len() > 100, "the program has lost its symbols");
    Ok(Weight {
        flash: program.flash,
        memory: program.memory,
        stack: worst.bytes,
        path: worst.path.iter().map(frame).collect(),
        cycles: worst.cycles,
        indirect: worst.indirect,
        unknown: worst.unknown,
        panics: panics(&program),
        heap,
    })
}

/// Returns who can panic: functions that call one whose name says that it panics.
fn panics(program: &Program) -> BTreeSet<String> {
    let is_panic = |name: &str| {
        name.starts_with("core::panicking::")
            || name.ends_with("_fail")
            || name.ends_with("_failed")
            || name.ends_with("_fail_rt")
            || name.contains("::panic_")
    };
    let ends = program.functions.iter().filter(|(_, function)| is_panic(&function.name));
    let ends = ends.map(|(at, _)| *at).collect::<BTreeSet<_>>();
    let callers = program.functions.values();
    callers
        .filter(|function| !is_panic(&function.name))
        .filter(|function| function.calls.iter().any(|(to, _)| ends.contains(to)))
        .map(|function| function.name.clone())
        .collect()
}

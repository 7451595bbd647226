//! What a program weighs, and what of it can panic, recur or go anywhere.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::elf::{Core, Program};
use crate::explained::{CYCLES, INDIRECT, PANICS};
use crate::stack::{self, Worst};

/// A program's weight.
#[derive(Debug)]
pub(crate) struct Weight {
    /// Bytes of code and constants.
    pub(crate) flash: u64,
    /// What of them is the core's, by name.
    pub(crate) core: Core,
    /// Bytes of static memory.
    pub(crate) memory: u64,
    /// The worst stack below the superloop, by the frames the compiler noted.
    pub(crate) stack: u32,
    /// The path that takes it, with each frame.
    pub(crate) path: Vec<String>,
    /// How many functions can panic.
    pub(crate) panics: usize,
    /// How many cycles of calls there are.
    pub(crate) cycles: usize,
    /// All that had to be explained.
    pub(crate) explained: BTreeSet<String>,
}

/// The superloop.
const LOOP: &str = "session::board::session";

/// Weighs a program that has the superloop.
///
/// What can panic, recurs, or calls what a register says has to be explained, and there is no heap.
pub(crate) fn weigh(path: &Path) -> Result<Weight> {
    let program = Program::read(path)?;
    ensure!(program.functions.len() > 100, "the program has lost its symbols");
    let worst = stack::worst(&program, LOOP).with_context(|| format!("no {LOOP}"))?;
    let panics = panics(&program);
    let unexplained = unexplained(&program, &worst, &panics);
    ensure!(unexplained.is_empty(), "not explained in explained.rs: {unexplained:#?}");
    let frame = |at: &u32| {
        let function = program.functions.get(at);
        function.map_or_else(String::new, |function| {
            format!("{:>6} {}", function.frame.unwrap_or(0), function.name)
        })
    };
    Ok(Weight {
        flash: program.flash,
        core: program.core,
        memory: program.memory,
        stack: worst.bytes,
        path: worst.path.iter().map(frame).collect(),
        panics: panics.len(),
        cycles: worst.cycles.len(),
        explained: worst.cycles.into_iter().flatten().chain(panics).chain(worst.indirect).collect(),
    })
}

/// Returns what nobody has explained.
fn unexplained(program: &Program, worst: &Worst, panics: &BTreeSet<String>) -> Vec<String> {
    let known =
        |reasons: &[(&str, &str)], name: &str| reasons.iter().any(|(of, _)| name.contains(of));
    let mut found = Vec::new();
    let new = panics.iter().filter(|name| !known(PANICS, name));
    found.extend(new.map(|name| format!("can panic: {name}")));
    let new = worst.cycles.iter().filter(|cycle| !cycle.iter().any(|name| known(CYCLES, name)));
    found.extend(new.map(|cycle| format!("recurs: {cycle:?}")));
    let new = worst.indirect.iter().filter(|name| !known(INDIRECT, name));
    found.extend(new.map(|name| format!("calls what a register says: {name}")));
    // What is of the compiler's own library, in assembly, has no frame.
    let new = worst.unknown.iter().filter(|name| !name.starts_with("__aeabi_"));
    found.extend(new.map(|name| format!("its frame is not known: {name}")));
    let names = program.functions.values().map(|function| &function.name);
    let heap = names.filter(|name| name.contains("__rust_alloc") || name.contains("::alloc::"));
    found.extend(heap.map(|name| format!("a heap: {name}")));
    found
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
    let callers = program.functions.values().filter(|function| !is_panic(&function.name));
    let callers = callers.filter(|function| function.calls.iter().any(|(to, _)| ends.contains(to)));
    callers.map(|function| function.name.clone()).collect()
}

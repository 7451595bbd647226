//! The worst stack of a program: the frames of each path of calls, summed.

use std::collections::{BTreeMap, BTreeSet};

use crate::elf::{Function, Program};

/// What is known of the stack below a function.
#[derive(Debug, Default)]
pub(crate) struct Worst {
    /// Bytes, if no cycle of calls is taken more than once.
    pub(crate) bytes: u32,
    /// The path that takes them.
    pub(crate) path: Vec<u32>,
    /// Cycles of calls: the names of their functions.
    pub(crate) cycles: BTreeSet<Vec<String>>,
    /// Functions that call to where a register says.
    pub(crate) indirect: BTreeSet<String>,
    /// Functions whose frame is not known.
    pub(crate) unknown: BTreeSet<String>,
}

/// Looks below all functions with a name, and at the worst of them.
pub(crate) fn worst(program: &Program, root: &str) -> Option<Worst> {
    let (start, _) = program.functions.iter().find(|(_, function)| function.name == root)?;
    let mut search =
        Search { program, known: BTreeMap::new(), open: Vec::new(), worst: Worst::default() };
    let (bytes, path) = search.below(*start);
    Some(Worst { bytes, path, ..search.worst })
}

struct Search<'p> {
    program: &'p Program,
    known: BTreeMap<u32, (u32, Vec<u32>)>,
    open: Vec<u32>,
    worst: Worst,
}

impl Search<'_> {
    fn below(&mut self, at: u32) -> (u32, Vec<u32>) {
        if let Some(known) = self.known.get(&at) {
            return known.clone();
        }
        if let Some(from) = self.open.iter().position(|open| *open == at) {
            let cycle = self.open.iter().skip(from);
            let mut names = cycle.map(|at| self.name(*at)).collect::<Vec<_>>();
            names.sort();
            self.worst.cycles.insert(names);
            return (0, Vec::new());
        }
        let program = self.program;
        let Some(function) = program.functions.get(&at) else { return (0, Vec::new()) };
        self.note(function);
        self.open.push(at);
        let own = function.frame.unwrap_or(0);
        let mut most = (own, Vec::new());
        for (to, tail) in &function.calls {
            let (bytes, path) = self.below(*to);
            let bytes = if *tail { bytes.max(own) } else { own + bytes };
            if bytes > most.0 {
                most = (bytes, path);
            }
        }
        self.open.pop();
        let found = (most.0, [vec![at], most.1].concat());
        self.known.insert(at, found.clone());
        found
    }

    fn name(&self, at: u32) -> String {
        self.program.functions.get(&at).map_or_else(String::new, |function| function.name.clone())
    }

    fn note(&mut self, function: &Function) {
        if function.indirect > 0 {
            self.worst.indirect.insert(function.name.clone());
        }
        if function.frame.is_none() {
            self.worst.unknown.insert(function.name.clone());
        }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elf::Core;

    /// Makes a program of functions that are 16 bytes long: name, frame, whom it calls, and which of those last.
    fn program(functions: &[(&str, u32, &[u32], &[u32])]) -> Program {
        let functions =
            functions.iter().zip((0..).step_by(16)).map(|((name, frame, calls, tails), at)| {
                let to = |tail| move |number: &u32| (number * 16, tail);
                let calls = calls.iter().map(to(false)).chain(tails.iter().map(to(true))).collect();
                let (name, place) = ((*name).to_owned(), at..at + 16);
                (at, Function { name, place, frame: Some(*frame), calls, indirect: 0 })
            });
        Program { flash: 0, core: Core::default(), memory: 0, functions: functions.collect() }
    }

    #[test]
    fn the_worst_stack_is_that_of_the_path_whose_frames_are_largest_together() {
        let program = program(&[
            ("main", 8, &[1, 2], &[]),
            ("wide", 100, &[], &[]),
            ("deep", 40, &[3], &[]),
            ("leaf", 70, &[], &[]),
        ]);
        let worst = worst(&program, "main").unwrap();
        assert_eq!((worst.bytes, worst.path), (118, vec![0, 32, 48]));
        assert!(worst.cycles.is_empty());
    }

    #[test]
    fn a_frame_is_gone_when_a_function_ends_with_a_call() {
        let program = program(&[("main", 8, &[], &[1]), ("leaf", 70, &[], &[])]);
        assert_eq!(worst(&program, "main").unwrap().bytes, 70);
    }

    #[test]
    fn functions_that_call_each_other_are_told() {
        let program =
            program(&[("main", 8, &[1], &[]), ("ping", 8, &[2], &[]), ("pong", 8, &[1], &[])]);
        let cycles = worst(&program, "main").unwrap().cycles;
        assert_eq!(cycles, BTreeSet::from([vec!["ping".to_owned(), "pong".to_owned()]]));
    }
}

//! Stories told as transcripts: each plays to the same outputs, and together they take every edge of the lifecycle.
//!
//! `BLESS=1` writes their outputs anew, and the diagram of the README; read the difference before it is committed.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use gatewright_core::Phase;
use gatewright_core::internals::{edges, edges_taken};
use gatewright_core::transcript::{Replay, bless};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace")
}

fn blesses() -> bool {
    env::var_os("BLESS").is_some_and(|value| !value.is_empty())
}

fn stories() -> Vec<PathBuf> {
    let folder = fs::read_dir(root().join("tests/transcripts")).expect("the folder of stories");
    let mut paths: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// Replays a story line by line; returns which edges it took.
fn replay(path: &Path, story: &[u8]) -> Vec<bool> {
    let mut replay = Replay::new();
    for line in story.split_inclusive(|byte| *byte == b'\n') {
        if let Err(error) = replay.line(line) {
            panic!("{}: {error}\nBLESS=1 writes the outputs anew", path.display());
        }
    }
    let shard = replay.shard().expect("it has a header");
    let taken = edges_taken(shard).collect();
    assert!(replay.end().unwrap().is_complete, "{}", path.display());
    taken
}

#[test]
fn every_story_replays_and_together_they_take_every_edge() {
    let mut taken = vec![false; edges().count()];
    let mut names = BTreeSet::new();
    for path in stories() {
        let mut story = fs::read(&path).unwrap();
        let blessed = bless(&story).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        if blesses() {
            fs::write(&path, &blessed).unwrap();
            story = blessed.clone().into_bytes();
        }
        for (taken, now) in taken.iter_mut().zip(replay(&path, &story)) {
            *taken |= now;
        }
        // An input without its outputs behind it would be a story half told.
        assert_eq!(String::from_utf8(story).unwrap(), blessed, "{}", path.display());
        let second = blessed.lines().nth(1).unwrap();
        assert!(second.starts_with("# "), "{} begins with its story", path.display());
        names.insert(path.file_stem().unwrap().to_owned());
    }
    assert!(names.len() >= 20, "{names:?}");
    let missing: Vec<_> =
        edges().zip(taken).filter(|(_, taken)| !taken).map(|edge| edge.0).collect();
    assert!(missing.is_empty(), "no story takes these edges: {missing:#?}");
}

/// The lifecycle as a Mermaid diagram, the edges between the same two states in one.
fn diagram() -> String {
    let mut labels = BTreeMap::<(Phase, Phase), Vec<&str>>::new();
    for (from, by, to) in edges() {
        labels.entry((from, to)).or_default().push(by);
    }
    let mut text = String::from("```mermaid\nstateDiagram-v2\n    [*] --> resting\n");
    for ((from, to), by) in labels {
        writeln!(text, "    {from} --> {to}: {}", by.join(" / ")).unwrap();
    }
    text.push_str("    stopped --> [*]\n```\n");
    text
}

#[test]
fn the_diagram_in_the_readme_is_the_table_of_edges() {
    const BEGIN: &str = "<!-- lifecycle: begin -->\n";
    const END: &str = "<!-- lifecycle: end -->\n";
    let path = root().join("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let (before, rest) = readme.split_once(BEGIN).expect("the mark before the diagram");
    let (drawn, after) = rest.split_once(END).expect("the mark behind the diagram");
    if blesses() {
        fs::write(&path, [before, BEGIN, &diagram(), END, after].concat()).unwrap();
        return;
    }
    assert_eq!(drawn, diagram(), "BLESS=1 draws it anew");
}

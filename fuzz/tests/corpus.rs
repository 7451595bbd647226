//! Every property over its committed corpus and over a few pseudo-random inputs, on stable.

use std::path::Path;

use gatewright_fuzz::{PROPERTIES, Property, noise};

/// Seeds of the pseudo-random inputs, and their lengths.
const NOISE: [(u64, usize); 6] = [(1, 16), (2, 40), (3, 100), (4, 300), (5, 1_000), (6, 3_000)];

fn property(name: &str) -> Property {
    let found = PROPERTIES.iter().find(|(known, _)| *known == name);
    found.expect("a property of that name").1
}

fn holds(name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let entries = folder.read_dir().expect("every property has a corpus");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{name} has an empty corpus");
    for file in files {
        // A failing test shows the file it stopped at.
        println!("{}", file.display());
        property(name)(&std::fs::read(&file).expect("a file that can be read"));
    }
    for (seed, len) in NOISE {
        println!("noise {seed} {len}");
        property(name)(&noise(seed, len));
    }
}

/// A test for each property, called after it.
macro_rules! holds_for_its_corpus {
    ($($name:ident)*) => {
        mod holds_for_its_corpus {
            $(
                #[test]
                fn $name() {
                    super::holds(stringify!($name));
                }
            )*
        }

        #[test]
        fn every_property_has_a_test() {
            let tested = [$(stringify!($name)),*];
            let known = PROPERTIES.map(|(name, _)| name);
            assert_eq!(tested, known);
        }
    };
}

holds_for_its_corpus! {
    cache_model
    cache_restore
    chunked_vs_whole
    command_encode
    envelope
    etf
    etf_round_trip
    identify_budget
    identify_gate
    inflate
    inflate_vs_flate2
    json
    json_vs_serde_json
    model_vs_shard
    shard
    transcript
    zlib_vs_others
    zstd
}

#[test]
fn every_property_is_a_target() {
    let manifest = include_str!("../Cargo.toml");
    for (name, _) in PROPERTIES {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name}");
    }
}

//! Every case of `CASES.md` names tests that exist.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// Collects the text of all Rust files below a folder, build output left out.
fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            sources(&path, text);
        } else if name.ends_with(".rs") {
            text.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

/// Tells whether a function of this name stands right below `#[test]`, or in the list of those that
/// run against both adapters.
fn is_test(text: &str, name: &str) -> bool {
    let mut of_both = text.split("\nboth! {").skip(1).filter_map(|rest| rest.split_once('}'));
    if of_both.any(|(list, _)| list.split_whitespace().any(|entry| entry == name)) {
        return true;
    }
    text.split("#[test]").skip(1).any(|rest| {
        let line = rest.lines().map(str::trim).find(|line| line.starts_with("fn "));
        line.is_some_and(|line| line.starts_with(&format!("fn {name}()")))
    })
}

#[test]
fn every_case_names_tests_that_exist() {
    let cases = fs::read_to_string(root().join("tests/CASES.md")).unwrap();
    let mut text = String::new();
    for folder in ["core", "io-tokio", "io-smol", "io-std", "sim", "cli", "tests", "bare"] {
        sources(&root().join(folder), &mut text);
    }
    let mut named = 0;
    for row in cases.lines().filter(|line| line.starts_with("| ")) {
        let tests = row.rsplit('|').nth(1).unwrap_or_default();
        for name in tests.split('`').skip(1).step_by(2) {
            assert!(is_test(&text, name), "CASES.md names {name}, which is no test");
            named += 1;
        }
    }
    assert!(named >= 50, "only {named} tests are named");
    // Tests beside a crate count as those within, those of both adapters as any other.
    assert!(is_test(&text, "stops_on_a_wrong_token") && !is_test(&text, "stops_on_a"));
    assert!(is_test(&text, "etf_and_json_decode_to_equal_events"));
}

#[test]
fn every_numbered_case_is_listed_once() {
    let cases = fs::read_to_string(root().join("tests/CASES.md")).unwrap();
    for number in 1..=56 {
        let rows = cases.lines().filter(|line| line.starts_with(&format!("| {number} |")));
        assert_eq!(rows.count(), 1, "case {number}");
    }
}

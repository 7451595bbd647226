//! Shards that were given no gate, each adapter in a process of its own, with a folder for its state.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

use gatewright_core::{BotId, BudgetRecord, Config, Intents};

const TOKEN: &str = "MTIz.abc.secret";
/// Set for the process that does it.
const CHILD: &str = "GATEWRIGHT_TEST_CHILD";

/// A gateway nobody answers at.
fn config(url: &str) -> Config<'static> {
    Config::new(TOKEN, Intents::GUILDS).gateway(url.to_owned())
}

fn file(folder: &Path) -> std::path::PathBuf {
    folder.join("gatewright").join(format!("identify-budget-{}", BotId::of_token(TOKEN)))
}

/// Reads how often a process wrote down that it began.
fn writes(folder: &Path) -> u64 {
    BudgetRecord::parse(&fs::read(file(folder)).unwrap()).unwrap().writes()
}

/// Runs a test of this file in a process with a folder for its state; returns what it wrote to its errors.
fn run_child(name: &str, folder: &Path) -> String {
    let child = Command::new(env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture"])
        .env(CHILD, "yes")
        .env("XDG_STATE_HOME", folder)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&child.stdout).into_owned();
    assert!(child.status.success(), "{told}{}", String::from_utf8_lossy(&child.stderr));
    told
}

macro_rules! usual {
    ($name:ident, $adapter:ident) => {
        #[cfg(unix)]
        mod $name {
            use $adapter::{Gateway, Options};

            fn connect(url: &str) -> Gateway {
                Gateway::connect(super::config(url), Options::default()).unwrap()
            }

            #[test]
            fn a_bot_has_one_budget_in_its_file() {
                let name = concat!(stringify!($name), "::a_bot_has_one_budget_in_its_file");
                if std::env::var_os(super::CHILD).is_none() {
                    let folder = tempfile::tempdir().unwrap();
                    for process in 1..=2 {
                        super::run_child(name, folder.path());
                        assert_eq!(super::writes(folder.path()), process);
                    }
                    return;
                }
                // A gateway without a token to lose, three shards, and one that is started again.
                drop(connect("ws://127.0.0.1:1"));
                let shards = [(); 3].map(|()| connect("wss://127.0.0.1:1"));
                drop(shards);
                drop(connect("wss://127.0.0.1:1"));
            }

            #[test]
            fn a_file_that_cannot_be_had_stops_nobody() {
                let name = concat!(stringify!($name), "::a_file_that_cannot_be_had_stops_nobody");
                if std::env::var_os(super::CHILD).is_none() {
                    let folder = tempfile::tempdir().unwrap();
                    let file = super::file(folder.path());
                    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
                    std::fs::write(&file, "damaged").unwrap();
                    let told = super::run_child(name, folder.path());
                    assert!(told.contains("a restart will forget what is spent"), "{told}");
                    assert_eq!(std::fs::read(&file).unwrap(), b"damaged");
                    return;
                }
                let subscriber = tracing_subscriber::fmt().with_writer(std::io::stdout).finish();
                tracing::subscriber::with_default(subscriber, || {
                    drop(connect("wss://127.0.0.1:1"))
                });
            }
        }
    };
}

usual!(tokio, gatewright_tokio);
usual!(smol, gatewright_smol);

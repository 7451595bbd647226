//! The clients there are, and which of them can run on this machine.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use gatewright_core::Compression::{self, None as Plain, Zlib, ZlibStream, ZstdStream};
use gatewright_core::Encoding::{self, Etf, Json};

use crate::Settings;
use crate::traffic::Format;

/// What a client does with events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// Keeps them in its cache.
    Cache,
    /// Reads every field, or makes objects of them.
    EveryField,
    /// Reads what a cache needs.
    Needs,
    /// Knows them by name and number.
    Nothing,
}

impl Does {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cache => "cache",
            Self::EveryField => "every-field",
            Self::Needs => "needs",
            Self::Nothing => "nothing",
        }
    }
}

impl fmt::Display for Does {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cache => "cache",
            Self::EveryField => "every field read",
            Self::Needs => "what a cache needs read",
            Self::Nothing => "nothing read",
        })
    }
}

/// One row of the table: a client as it is told to connect, and what it does with events.
#[derive(Clone, Debug)]
pub struct Client {
    pub who: &'static str,
    pub format: Format,
    pub does: Does,
    /// What is run.
    pub program: PathBuf,
    /// What comes before the address and the numbers, and behind them.
    pub before: Vec<OsString>,
    pub words: Vec<String>,
    /// The same with an allocator that counts.
    pub counted: Option<PathBuf>,
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { who, format: Format { encoding, compression }, does, .. } = self;
        write!(f, "{who}, {encoding}, {}, {does}", shown(*compression))
    }
}

/// Returns how a compression is shown.
pub const fn shown(compression: Compression) -> &'static str {
    match compression {
        Plain => "plain",
        Zlib => "payload zlib",
        ZlibStream => "zlib-stream",
        ZstdStream => "zstd-stream",
        _ => "another",
    }
}

/// How a client is run.
#[derive(Clone, Copy)]
enum Program {
    Rust(&'static str),
    Node(&'static str),
    Python(&'static str),
}

type Row = (&'static str, Program, Encoding, Compression, Does);

const OURS: Program = Program::Rust("client-gatewright");

/// In the order of the table, and of a round: what is compared stands side by side.
const ROWS: [Row; 28] = [
    ("gatewright-tokio", OURS, Json, ZlibStream, Does::Cache),
    ("gatewright-smol", OURS, Json, ZlibStream, Does::Cache),
    ("twilight", Program::Rust("client-twilight-zlib-stream"), Json, ZlibStream, Does::Cache),
    ("gatewright-tokio", OURS, Json, ZstdStream, Does::Cache),
    ("gatewright-smol", OURS, Json, ZstdStream, Does::Cache),
    ("twilight", Program::Rust("client-twilight-zstd-stream"), Json, ZstdStream, Does::Cache),
    ("gatewright-tokio", OURS, Json, Plain, Does::Cache),
    ("twilight", Program::Rust("client-twilight-none"), Json, Plain, Does::Cache),
    ("gatewright-tokio", OURS, Json, Zlib, Does::Cache),
    ("serenity", Program::Rust("client-serenity"), Json, Zlib, Does::Cache),
    ("gatewright-tokio", OURS, Etf, ZlibStream, Does::Cache),
    ("discord.py", Program::Python("discordpy"), Json, ZlibStream, Does::Cache),
    ("discord.py", Program::Python("discordpy"), Json, ZstdStream, Does::Cache),
    ("hikari", Program::Python("hikari"), Json, ZstdStream, Does::Cache),
    ("gatewright-tokio", OURS, Json, ZlibStream, Does::EveryField),
    ("gatewright-smol", OURS, Json, ZlibStream, Does::EveryField),
    ("twilight", Program::Rust("client-twilight-zlib-stream"), Json, ZlibStream, Does::EveryField),
    ("gatewright-tokio", OURS, Json, ZstdStream, Does::EveryField),
    ("gatewright-smol", OURS, Json, ZstdStream, Does::EveryField),
    ("twilight", Program::Rust("client-twilight-zstd-stream"), Json, ZstdStream, Does::EveryField),
    ("gatewright-tokio", OURS, Json, Plain, Does::EveryField),
    ("twilight", Program::Rust("client-twilight-none"), Json, Plain, Does::EveryField),
    ("gatewright-tokio", OURS, Etf, ZlibStream, Does::EveryField),
    ("@discordjs/ws", Program::Node("discordjs"), Json, ZlibStream, Does::EveryField),
    ("gatewright-tokio", OURS, Json, ZlibStream, Does::Needs),
    ("gatewright-tokio", OURS, Json, ZstdStream, Does::Needs),
    ("gatewright-tokio", OURS, Json, ZlibStream, Does::Nothing),
    ("gatewright-tokio", OURS, Json, ZstdStream, Does::Nothing),
];

/// What can be measured, and what cannot and why.
pub struct Found {
    pub clients: Vec<Client>,
    pub skipped: Vec<(&'static str, String)>,
}

/// Looks which clients are there.
pub fn find(settings: &Settings) -> Found {
    let mut found = Found { clients: Vec::new(), skipped: Vec::new() };
    for row @ (who, program, ..) in ROWS {
        match ready(settings, program) {
            Ok((program, before, counted)) => {
                let client = client(row, program, before, counted);
                let name = client.to_string();
                let only = &settings.only;
                if only.is_empty() || only.iter().any(|part| name.contains(part)) {
                    found.clients.push(client);
                }
            }
            Err(why) if !found.skipped.iter().any(|(skipped, _)| *skipped == who) => {
                found.skipped.push((who, why));
            }
            Err(_) => {}
        }
    }
    found
}

fn client(
    (who, _, encoding, compression, does): Row,
    program: PathBuf,
    before: Vec<OsString>,
    counted: Option<PathBuf>,
) -> Client {
    let mut words = vec![encoding.to_string(), compression.to_string(), does.word().to_owned()];
    if let Some(runtime) = who.strip_prefix("gatewright-") {
        words.insert(0, runtime.to_owned());
    }
    let format = Format { encoding, compression };
    Client { who, format, does, program, before, words, counted }
}

type Ready = (PathBuf, Vec<OsString>, Option<PathBuf>);

/// Says how a program is run, or why it is not.
fn ready(settings: &Settings, program: Program) -> Result<Ready, String> {
    match program {
        Program::Rust(name) => {
            let path = settings.bin.join(name);
            let counted = settings.bin.join(format!("{name}-heap"));
            let counted = Some(counted).filter(|path| path.exists());
            if path.exists() { Ok((path, vec![], counted)) } else { Err("not built".to_owned()) }
        }
        Program::Node(name) => {
            let folder = settings.peers.join(name);
            let node = in_path("node").ok_or("node is not installed")?;
            if !folder.join("node_modules").exists() {
                return Err(not_installed("npm"));
            }
            // It finds its packages beside itself.
            let script = folder.join("client.mjs");
            std::fs::copy(settings.scripts.join(name).join("client.mjs"), &script)
                .map_err(|error| error.to_string())?;
            Ok((node, vec![script.into()], None))
        }
        Program::Python(name) => {
            in_path("python3").ok_or("python3 is not installed")?;
            let python = settings.peers.join(name).join("bin/python");
            if !python.exists() {
                return Err(not_installed("PyPI"));
            }
            let script = settings.scripts.join(name).join("client.py");
            Ok((python, vec![script.into()], None))
        }
    }
}

fn not_installed(from: &str) -> String {
    format!("its packages are not installed from {from}: bench/run --install-peers")
}

fn in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.exists())
}

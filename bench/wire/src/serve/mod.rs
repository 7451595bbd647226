//! The gateway that clients are measured against: all is encoded before, so it only copies bytes.

mod connection;
mod http;

use std::collections::BTreeMap;
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use anyhow::Result;
use gatewright_core::{Compression, Encoding};

use crate::traffic::{Documents, Format, Frames, Size};

/// What all connections share.
pub struct Sets {
    frames: BTreeMap<String, Frames>,
    /// Hears when the client at hand may have the steady events.
    go: Mutex<Receiver<()>>,
    url: String,
}

impl Sets {
    fn of(&self, format: Format) -> Result<&Frames> {
        let frames = self.frames.get(&format.to_string());
        frames.ok_or_else(|| anyhow::anyhow!("{format} was not asked for"))
    }
}

/// Serves sets in these formats until its input ends; a line of it lets steady events go.
pub fn run(size: Size, formats: &[Format]) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("ws://{}", listener.local_addr()?);
    let documents = Documents::new(size, &url);
    let (event, guilds) = documents.lengths();
    let frames = encode(&documents, formats);
    drop(documents);
    let (going, go) = channel();
    let sets = Arc::new(Sets { frames, go: Mutex::new(go), url: url.clone() });
    thread::spawn(move || accept(&listener, &sets));
    println!("{url} {event} {guilds}");
    hear(&going);
    Ok(())
}

/// Makes all frames, a thread for each format.
fn encode(documents: &Documents, formats: &[Format]) -> BTreeMap<String, Frames> {
    thread::scope(|scope| {
        let make = |format: &Format| {
            let format = *format;
            (format.to_string(), scope.spawn(move || Frames::new(documents, format)))
        };
        let making: Vec<_> = formats.iter().map(make).collect();
        making.into_iter().map(|(name, made)| (name, made.join().expect("frames"))).collect()
    })
}

fn hear(going: &Sender<()>) {
    for line in std::io::stdin().lines() {
        if line.is_err() || going.send(()).is_err() {
            return;
        }
    }
}

fn accept(listener: &TcpListener, sets: &Arc<Sets>) {
    for stream in listener.incoming().flatten() {
        let sets = Arc::clone(sets);
        thread::spawn(move || {
            if let Err(error) = answer(stream, &sets) {
                eprintln!("{error:#}");
            }
        });
    }
}

fn answer(stream: TcpStream, sets: &Sets) -> Result<()> {
    if http::answer(&stream, &sets.url)? {
        return Ok(());
    }
    connection::serve(stream, sets)
}

/// Says what a URL asks for: `?encoding=E&compress=C`.
fn format_of(query: &str) -> Format {
    let of = |key: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.filter(|(name, _)| *name == key).map(|(_, value)| value).next()
    };
    Format {
        encoding: of("encoding").and_then(|name| name.parse().ok()).unwrap_or(Encoding::Json),
        compression: of("compress").and_then(|name| name.parse().ok()).unwrap_or(Compression::None),
    }
}

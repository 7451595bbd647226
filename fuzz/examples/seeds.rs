//! Writes the seeds of every target into its corpus, each under a name made of its bytes.

use std::fs;
use std::path::Path;

use gatewright_fuzz::{PROPERTIES, seeds};

fn main() -> std::io::Result<()> {
    let corpus = std::env::args().nth(1).expect("expected the folder of the corpora");
    for (target, _) in PROPERTIES {
        let folder = Path::new(&corpus).join(target);
        fs::create_dir_all(&folder)?;
        for seed in seeds(target) {
            fs::write(folder.join(name(&seed)), &seed)?;
        }
    }
    Ok(())
}

/// Returns a name for bytes.
fn name(bytes: &[u8]) -> String {
    format!("{:016x}", gatewright_sim::digest(bytes))
}

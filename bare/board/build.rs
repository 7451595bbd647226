//! Names the linker script of the board that is built for.

use std::path::Path;
use std::{env, fs};

fn main() {
    let set = |name| env::var(name).unwrap_or_default();
    let (here, out) = (set("CARGO_MANIFEST_DIR"), set("OUT_DIR"));
    println!("cargo::rerun-if-changed=build.rs");
    if set("CARGO_CFG_TARGET_OS") != "none" {
        return;
    }
    println!("cargo::rustc-link-search={out}");
    println!("cargo::rustc-link-arg-bins=-T{here}/stack-sizes.x");
    println!("cargo::rerun-if-changed=stack-sizes.x");
    let (script, link) = match set("CARGO_CFG_TARGET_ARCH").as_str() {
        // `link.x` is the script of cortex-m-rt, which includes `memory.x`.
        "arm" => ("netduinoplus2.x", "link.x".to_owned()),
        _ => ("virt.x", format!("{here}/virt.x")),
    };
    println!("cargo::rerun-if-changed={script}");
    fs::copy(Path::new(&here).join(script), Path::new(&out).join("memory.x"))
        .expect("a folder to write to");
    println!("cargo::rustc-link-arg-bins=-T{link}");
}

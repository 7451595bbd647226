//! Runs a program on an emulated board, in a folder of its own, for so long and no longer.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

/// How often a program that runs is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// What a program is run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Machine {
    /// An STM32F405: Cortex-M4F, 128 KiB of RAM.
    NetduinoPlus2,
    /// A RISC-V of 32 bits.
    Virt,
    /// WebAssembly, in node.
    Wasm,
}

impl Machine {
    /// What it is called.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::NetduinoPlus2 => "Cortex-M4F",
            Self::Virt => "riscv32imac",
            Self::Wasm => "wasm32",
        }
    }

    fn command(self, program: &Path) -> Command {
        let mut command = match self {
            Self::NetduinoPlus2 => Command::new("qemu-system-arm"),
            Self::Virt => Command::new("qemu-system-riscv32"),
            Self::Wasm => Command::new("node"),
        };
        match self {
            Self::NetduinoPlus2 => command.args(["-M", "netduinoplus2"]),
            Self::Virt => command.args(["-M", "virt", "-bios", "none", "-m", "4M"]),
            Self::Wasm => {
                return {
                    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wasm/replay.mjs");
                    command.arg(script).arg(program);
                    command
                };
            }
        };
        command.args(["-nographic", "-monitor", "none", "-serial", "none"]);
        command.args(["-semihosting-config", "enable=on,target=native"]);
        // An instruction takes 8 ns of the board's time, and waiting takes none of ours.
        command.args(["-icount", "shift=3,sleep=off", "-kernel"]).arg(program);
        command
    }
}

/// Tells whether there is a machine for WebAssembly.
pub(crate) fn has_node() -> bool {
    Command::new("node").arg("--version").stdout(Stdio::null()).status().is_ok()
}

/// A program that runs.
pub(crate) struct Running {
    child: Child,
    room: TempDir,
    left: Duration,
}

impl Running {
    /// Starts a program in a new folder, which is prepared first.
    pub(crate) fn start(
        machine: Machine,
        program: &Path,
        limit: Duration,
        prepare: impl FnOnce(&Path) -> Result<()>,
    ) -> Result<Self> {
        let room = tempfile::tempdir()?;
        prepare(room.path())?;
        let program = program.canonicalize().with_context(|| program.display().to_string())?;
        let mut command = machine.command(&program);
        command.current_dir(room.path()).stdin(Stdio::null()).stdout(Stdio::null());
        let child = command.spawn().with_context(|| format!("{command:?}"))?;
        Ok(Self { child, room, left: limit })
    }

    /// Returns the path of a file in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.room.path().join(name)
    }

    /// Waits for the end and returns the folder; ends the program itself once its time is over.
    pub(crate) fn finish(mut self) -> Result<Left> {
        loop {
            if let Some(status) = self.child.try_wait()? {
                ensure!(status.success(), "the board's program ended with {status}");
                break;
            }
            if self.left.is_zero() {
                bail!("the board's program did not end in time");
            }
            self.left = self.left.saturating_sub(LOOK);
            thread::sleep(LOOK);
        }
        let empty = tempfile::tempdir()?;
        Ok(Left { room: std::mem::replace(&mut self.room, empty) })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Whoever ended by itself is not there any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a program left behind.
pub(crate) struct Left {
    room: TempDir,
}

impl Left {
    /// Returns what is in a file.
    pub(crate) fn read(&self, name: &str) -> Result<Vec<u8>> {
        fs::read(self.room.path().join(name)).with_context(|| name.to_owned())
    }

    /// Returns what a line of the report says.
    pub(crate) fn number(&self, name: &str) -> Result<u64> {
        let report = String::from_utf8(self.read("report")?)?;
        let mut lines = report.lines().filter_map(|line| line.split_once(' '));
        let found = lines.find(|(key, _)| *key == name);
        let (_, number) = found.with_context(|| format!("no {name} in the report"))?;
        Ok(number.parse()?)
    }
}

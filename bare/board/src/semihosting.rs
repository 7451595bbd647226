//! What a board asks of its debugger, here of QEMU: files of the host, and an end.
//!
//! Source: *Semihosting for AArch32 and AArch64*, and *RISC-V Semihosting*, which differs in the trap alone.

use core::arch::asm;

/// The operations used here.
#[derive(Clone, Copy, Debug)]
enum Call {
    Open = 0x01,
    Write = 0x05,
    Read = 0x06,
    ExitExtended = 0x20,
}

/// Asks the debugger; what it answers depends on the operation.
fn ask(call: Call, words: &mut [usize]) -> isize {
    let (call, words) = (call as usize, words.as_mut_ptr());
    let answer: isize;
    #[cfg(target_arch = "arm")]
    // SAFETY: the trap reads and writes the words, and the memory they point to, as each operation below says; it
    // changes no register but r0.
    unsafe {
        asm!("bkpt #0xab", inlateout("r0") call => answer, in("r1") words, options(nostack));
    }
    #[cfg(target_arch = "riscv32")]
    // SAFETY: as above, with a0; the three instructions are the trap only as they stand, not compressed, in one page.
    unsafe {
        asm!(
            ".balign 16", ".option push", ".option norvc",
            "slli zero, zero, 0x1f", "ebreak", "srai zero, zero, 7",
            ".option pop",
            inlateout("a0") call => answer, in("a1") words, options(nostack)
        );
    }
    answer
}

/// How a file of the host is opened.
#[derive(Clone, Copy, Debug)]
pub enum Mode {
    /// To be read.
    Read = 1,
    /// To be written anew.
    Write = 5,
}

/// A file of the host, in the folder QEMU was started in.
#[derive(Debug)]
pub struct File(usize);

impl File {
    /// Opens one; ends the program with status 3 if it cannot be opened.
    pub fn open(name: &'static core::ffi::CStr, mode: Mode) -> Self {
        let mut words = [name.as_ptr() as usize, mode as usize, name.to_bytes().len()];
        usize::try_from(ask(Call::Open, &mut words)).map_or_else(|_| exit(3), Self)
    }

    /// Reads as much as there is room for, less only at the end.
    pub fn read(&mut self, to: &mut [u8]) -> usize {
        let mut len = 0;
        while let Some(room) = to.get_mut(len..).filter(|room| !room.is_empty()) {
            let mut words = [self.0, room.as_mut_ptr() as usize, room.len()];
            let left = usize::try_from(ask(Call::Read, &mut words)).unwrap_or(room.len());
            if left >= room.len() {
                break;
            }
            len += room.len() - left;
        }
        len
    }

    /// Writes; ends the program with status 3 if that fails.
    pub fn write(&mut self, bytes: &[u8]) {
        let mut words = [self.0, bytes.as_ptr() as usize, bytes.len()];
        if !bytes.is_empty() && ask(Call::Write, &mut words) != 0 {
            exit(3);
        }
    }
}

/// Ends the program, and QEMU with this status.
pub fn exit(status: usize) -> ! {
    /// That the program ended by itself.
    const APPLICATION_EXIT: usize = 0x2_0026;
    loop {
        ask(Call::ExitExtended, &mut [APPLICATION_EXIT, status]);
    }
}

impl crate::play::Sink for File {
    fn put(&mut self, bytes: &[u8]) {
        self.write(bytes);
    }
}

//! Plays a script into the board's shard in WebAssembly: `replay.mjs` runs it in node.
#![cfg_attr(target_arch = "wasm32", no_std)]

#[cfg(target_arch = "wasm32")]
mod program {
    use core::panic::PanicInfo;

    use gatewright_board::parts::Arena;
    use gatewright_board::play::{Host, Outcome, play};
    use static_cell::ConstStaticCell;

    static ARENA: ConstStaticCell<Arena> = ConstStaticCell::new(Arena::new());

    #[link(wasm_import_module = "host")]
    unsafe extern "C" {
        /// Fills memory with the next bytes of the script; returns how many there were.
        fn read(to: *mut u8, len: usize) -> usize;
        /// Takes the next bytes of the transcript.
        fn write(from: *const u8, len: usize);
        /// Takes the digests.
        fn tell(transcript: u64, hash: u64, cache: u64, cache_hash: u64);
    }

    struct Script;

    impl Host for Script {
        fn read(&mut self, to: &mut [u8]) -> usize {
            // SAFETY: the host writes at most as many bytes there as it is told, and nowhere else.
            unsafe { read(to.as_mut_ptr(), to.len()) }
        }

        fn write(&mut self, bytes: &[u8]) {
            // SAFETY: the host reads as many bytes there as it is told.
            unsafe { write(bytes.as_ptr(), bytes.len()) }
        }
    }

    /// Plays the script once; returns zero if it was one.
    // SAFETY: nothing else is called run.
    #[unsafe(no_mangle)]
    extern "C" fn run() -> u32 {
        let Some(arena) = ARENA.try_take() else { return 1 };
        let Ok(Outcome { transcript, cache }) = play(&mut Script, arena) else { return 2 };
        // SAFETY: four numbers.
        unsafe { tell(transcript.len, transcript.hash, cache.len, cache.hash) };
        0
    }

    #[panic_handler]
    fn panicked(_: &PanicInfo<'_>) -> ! {
        core::arch::wasm32::unreachable()
    }
}

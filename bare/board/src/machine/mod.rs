//! The way into a program, its end, and its stack.

#[cfg(target_arch = "arm")]
mod cortex_m;
#[cfg(target_arch = "riscv32")]
mod riscv;

use core::panic::PanicInfo;
use core::ptr;

#[cfg(target_arch = "arm")]
pub use cortex_m::Clock;

use crate::semihosting::exit;

/// What the stack is painted with before it is used.
pub(crate) const PAINT: u32 = 0xCCCC_CCCC;
/// How far below a painter's own frame the paint ends.
const MARGIN: usize = 64;

/// The status a program ends with when it panics.
const PANICKED: usize = 101;

unsafe extern "C" {
    static mut _stack_end: u32;
    static mut _stack_start: u32;
}

/// Paints what lies below the caller's frame again, so that [`stack_used`] tells what came since.
#[inline(never)]
pub fn paint_stack() {
    let probe = PAINT;
    let here = ptr::from_ref(core::hint::black_box(&probe)).addr();
    let bottom = &raw mut _stack_end;
    let words = here.saturating_sub(bottom.addr() + MARGIN) / size_of::<u32>();
    for word in 0..words {
        // SAFETY: all words are between the end of the static memory and this frame: stack that is not in use.
        unsafe { bottom.add(word).write_volatile(PAINT) };
    }
}

/// Returns how many bytes of stack were in use at most since it was painted.
#[must_use]
pub fn stack_used() -> usize {
    let (bottom, top) = (&raw const _stack_end, &raw const _stack_start);
    let words = (top.addr() - bottom.addr()) / size_of::<u32>();
    // SAFETY: all words are of the stack, which is memory that is there.
    let clean = (0..words).take_while(|word| unsafe { bottom.add(*word).read_volatile() } == PAINT);
    top.addr() - bottom.addr() - clean.count() * size_of::<u32>()
}

#[panic_handler]
fn panicked(_: &PanicInfo<'_>) -> ! {
    exit(PANICKED)
}

/// Makes a function the program.
#[macro_export]
macro_rules! program {
    ($run:path) => {
        // SAFETY: nothing else is called main; what runs before it calls it once.
        #[unsafe(export_name = "main")]
        extern "C" fn start() -> ! {
            let status: usize = $run();
            $crate::semihosting::exit(status)
        }
    };
}

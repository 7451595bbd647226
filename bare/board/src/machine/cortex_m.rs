//! A Cortex-M: its clock, and its faults. What runs before the program is of cortex-m-rt.

use core::sync::atomic::{AtomicU32, Ordering};

use cortex_m::peripheral::syst::SystClkSource;
use cortex_m::peripheral::{SCB, SYST};
use cortex_m_rt::exception;
use gatewright_core::Instant;

use crate::semihosting::exit;

/// How fast the processor of a netduinoplus2 goes, in hertz.
const HERTZ: u32 = 168_000_000;
/// The ticks of a millisecond.
const MILLISECOND: u32 = HERTZ / 1_000;
/// The ticks of a microsecond.
const MICROSECOND: u32 = HERTZ / 1_000_000;
/// The status a program ends with at a fault of the processor.
const FAULT: usize = 102;

/// The milliseconds since the clock was started: for 49 days, longer than any session here.
static MILLIS: AtomicU32 = AtomicU32::new(0);

/// SysTick as a clock.
#[expect(missing_debug_implementations, reason = "it is a peripheral")]
pub struct Clock(SYST);

impl Clock {
    /// Starts it, at zero.
    #[must_use]
    pub fn start(mut ticks: SYST) -> Self {
        ticks.set_clock_source(SystClkSource::Core);
        ticks.set_reload(MILLISECOND - 1);
        ticks.clear_current();
        ticks.enable_counter();
        ticks.enable_interrupt();
        Self(ticks)
    }

    /// Returns the ticks since the start: 168 of each microsecond.
    #[must_use]
    pub fn ticks(&self) -> u64 {
        loop {
            let before = MILLIS.load(Ordering::Relaxed);
            let left = SYST::get_current();
            let is_whole = !SCB::is_pendst_pending() && before == MILLIS.load(Ordering::Relaxed);
            if is_whole {
                return u64::from(before) * u64::from(MILLISECOND)
                    + u64::from(MILLISECOND - 1 - left);
            }
        }
    }

    /// Returns the time since the start.
    #[must_use]
    pub fn now(&self) -> Instant {
        Instant::from_micros(self.ticks() / u64::from(MICROSECOND))
    }

    /// Sleeps until a time, or until the first tick behind it.
    pub fn sleep_until(&self, until: Instant) {
        while self.now() < until {
            cortex_m::asm::wfi();
        }
    }
}

#[exception]
fn SysTick() {
    MILLIS.fetch_add(1, Ordering::Relaxed);
}

#[exception]
unsafe fn HardFault(_: &cortex_m_rt::ExceptionFrame) -> ! {
    exit(FAULT)
}

#[exception]
unsafe fn DefaultHandler(_: i16) -> ! {
    exit(FAULT)
}

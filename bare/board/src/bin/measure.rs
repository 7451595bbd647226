//! Plays a script into a shard and counts the instructions of each layer, by the board's own clock.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(all(target_arch = "arm", target_os = "none"))]
mod board {
    use gatewright_board::machine::Clock;
    use gatewright_board::parts::{Arena, Wire};
    use gatewright_board::report::Report;
    use gatewright_board::semihosting::{File, Mode};
    use gatewright_board::wire::{Act, HEAD, Head, PIECE};
    use gatewright_core::cache::{Cache, Fixed};
    use gatewright_core::{Event, Instant, Output, Shard};
    use static_cell::ConstStaticCell;

    static ARENA: ConstStaticCell<Arena> = ConstStaticCell::new(Arena::new());

    gatewright_board::program!(run);

    /// Counts ticks of the clock.
    struct Meter {
        clock: Clock,
        /// What it takes to look at the clock twice.
        own: u64,
    }

    impl Meter {
        fn new(clock: Clock) -> Self {
            let mut meter = Self { clock, own: 0 };
            meter.own = (0..64).map(|_| meter.count(|| ()).0).min().unwrap_or(0);
            meter
        }

        /// Returns the ticks that something took.
        #[inline(always)]
        fn count<T>(&self, what: impl FnOnce() -> T) -> (u64, T) {
            let before = self.clock.ticks();
            let value = what();
            ((self.clock.ticks() - before).saturating_sub(self.own), value)
        }
    }

    /// The ticks of each layer.
    #[derive(Default)]
    struct Ticks {
        shard: u64,
        cache: u64,
        decode: u64,
        dispatches: u64,
        /// The bytes of what was decoded.
        bytes: u64,
    }

    fn run() -> usize {
        let Some(core) = cortex_m::Peripherals::take() else { return 4 };
        let meter = Meter::new(Clock::start(core.SYST));
        let mut script = File::open(c"script", Mode::Read);
        let mut head = [0; HEAD];
        if script.read(&mut head) != HEAD {
            return 7;
        }
        let Head { flags, micros: seed, .. } = Head::read(head);
        let Ok((mut shard, mut cache)) = ARENA.take().lend(seed, Wire::of_flags(flags)) else {
            return 5;
        };
        let mut ticks = Ticks::default();
        let mut payload = [0; PIECE];
        while script.read(&mut head) == HEAD {
            let head = Head::read(head);
            let Some(payload) = payload.get_mut(..head.len.into()) else { return 7 };
            if script.read(payload) != payload.len() {
                return 7;
            }
            let Some(act) = Act::read(head, payload) else { return 7 };
            step(
                &meter,
                &mut shard,
                &mut cache,
                &mut ticks,
                act,
                Instant::from_micros(head.micros),
            );
        }
        tell(&shard, &ticks);
        0
    }

    fn step(
        meter: &Meter,
        shard: &mut Shard<'_>,
        cache: &mut Cache<Fixed<'_>>,
        ticks: &mut Ticks,
        act: Act<'_>,
        now: Instant,
    ) {
        match act {
            Act::Hear(input) => ticks.shard += meter.count(|| shard.handle_input(now, input)).0,
            Act::Leave(how) => shard.leave(now, how),
            Act::Poll | Act::Quiet => {
                let (taken, is_event) =
                    meter.count(|| matches!(shard.poll_output(), Output::Event(_)));
                ticks.shard += taken;
                if is_event {
                    let event = shard.event();
                    ticks.cache += meter.count(|| cache.hear(&event, &mut ())).0;
                    if let Event::Dispatch(dispatch) = event {
                        ticks.dispatches += 1;
                        ticks.bytes += dispatch.data().len() as u64;
                        ticks.decode += meter.count(|| dispatch.payload().is_ok()).0;
                    }
                }
            }
        }
    }

    fn tell(shard: &Shard<'_>, ticks: &Ticks) {
        let counters = shard.status().counters;
        let mut report = Report::new();
        for (name, number) in [
            ("ticks.shard", ticks.shard),
            ("ticks.cache", ticks.cache),
            ("ticks.decode", ticks.decode),
            ("dispatches", ticks.dispatches),
            ("bytes", ticks.bytes),
            ("undecoded", u64::from(counters.undecoded)),
            ("wire-bytes", counters.wire_bytes),
            ("inflated-bytes", counters.inflated_bytes),
        ] {
            report.line(name, number);
        }
    }
}

#[cfg(not(all(target_arch = "arm", target_os = "none")))]
fn main() {}

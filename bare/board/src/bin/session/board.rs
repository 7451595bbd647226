//! The superloop.

use gatewright_board::bridge::Bridge;
use gatewright_board::machine::{Clock, paint_stack, stack_used};
use gatewright_board::parts::{Arena, SEED, Wire};
use gatewright_board::report::Report;
use gatewright_board::wire::Act;
use gatewright_core::cache::{Cache, Fixed};
use gatewright_core::{Input, Link, Output, Shard, Stop};
use static_cell::{ConstStaticCell, StaticCell};

use crate::bot::Bot;

/// The shard, as it is or as it is recorded.
#[cfg(not(feature = "record"))]
pub(crate) type Board = Shard<'static>;
/// The shard, as it is or as it is recorded.
#[cfg(feature = "record")]
pub(crate) type Board = gatewright_core::transcript::Recorded<
    'static,
    gatewright_board::play::Tape<gatewright_board::semihosting::File>,
>;

static ARENA: ConstStaticCell<Arena> = ConstStaticCell::new(Arena::new());
/// What is too large for a frame of the stack.
static LOOP: StaticCell<Loop> = StaticCell::new();

/// The shard, what hears its events, and what carries its bytes.
struct Loop {
    shard: Board,
    bot: Bot,
    bridge: Bridge,
    clock: Clock,
}

gatewright_board::program!(run);

fn run() -> usize {
    let Some(state) = prepare() else { return 4 };
    let mut report = Report::new();
    report.line("stack.setup", stack_used() as u64);
    let lent = [size_of::<Arena>(), size_of::<Shard<'_>>(), size_of::<Cache<Fixed<'_>>>()];
    report.line("memory", lent.iter().sum::<usize>() as u64);
    paint_stack();
    let stop = session(state);
    report.line("stack.steady", stack_used() as u64);
    tell(&mut report, &state.shard);
    state.bot.tell(&mut report);
    finish(&mut state.shard);
    usize::from(stop != Stop::Ended)
}

/// Makes everything, in frames of the stack that are gone afterwards.
#[inline(never)]
fn prepare() -> Option<&'static mut Loop> {
    let core = cortex_m::Peripherals::take()?;
    let clock = Clock::start(core.SYST);
    let (shard, cache) = ARENA.take().lend(SEED, Wire::SESSION).ok()?;
    let (shard, bot, bridge) = (recorded(shard), Bot::new(cache), Bridge::open());
    Some(LOOP.init(Loop { shard, bot, bridge, clock }))
}

/// Carries bytes and time to the shard, and what it wants to the bridge, until it is over.
#[inline(never)]
fn session(state: &mut Loop) -> Stop {
    let Loop { shard, bot, bridge, clock } = state;
    let mut link = Link(0);
    shard.handle_input(clock.now(), Input::Tick);
    loop {
        match shard.poll_output() {
            Output::Connect(target) => {
                link = target.link;
                bridge.connect(clock.now(), target);
            }
            Output::AskIdentify(link) => bridge.permit(link),
            Output::Send(frame) => bridge.send(clock.now(), frame),
            Output::Close(code) => bridge.close(clock.now(), link, code),
            Output::Event(kind) => bot.hear(kind, clock.now(), shard),
            Output::ForgoIdentify(_) => {}
            Output::Stop(stop) => return stop,
            Output::Wait(until) => match bridge.next(clock.now()) {
                (Act::Hear(input), _) => shard.handle_input(clock.now(), input),
                (Act::Leave(how), _) => shard.leave(clock.now(), how),
                (Act::Poll | Act::Quiet, quiet) => {
                    clock.sleep_until(until.min(quiet));
                    shard.handle_input(clock.now(), Input::Tick);
                }
            },
        }
    }
}

#[cfg(feature = "record")]
fn recorded(shard: Shard<'static>) -> Board {
    use gatewright_board::play::Tape;
    use gatewright_board::semihosting::{File, Mode};

    let mut shard = Board::new(shard);
    if shard.record(Tape::new(File::open(c"transcript", Mode::Write))).is_err() {
        gatewright_board::semihosting::exit(6);
    }
    shard
}

#[cfg(not(feature = "record"))]
fn recorded(shard: Shard<'static>) -> Board {
    shard
}

#[cfg(feature = "record")]
fn finish(shard: &mut Board) {
    if let Some(mut tape) = shard.finish() {
        tape.finish();
    }
}

#[cfg(not(feature = "record"))]
fn finish(_: &mut Board) {}

/// Tells what the shard counted, in a frame that is not on the stack while it runs.
#[inline(never)]
fn tell(report: &mut Report, shard: &Shard<'_>) {
    let counters = shard.status().counters;
    for (name, number) in [
        ("dials", u64::from(counters.dials)),
        ("identifies", u64::from(counters.identifies)),
        ("resumes", u64::from(counters.resumes)),
        ("readies", u64::from(counters.readies)),
        ("resumed", u64::from(counters.resumed)),
        ("heartbeats", u64::from(counters.heartbeats)),
        ("commands", u64::from(counters.commands)),
        ("dispatches", counters.dispatches),
        ("skipped", u64::from(counters.skipped)),
        ("gaps", u64::from(counters.gaps)),
        ("undecoded", u64::from(counters.undecoded)),
        ("wire-bytes", counters.wire_bytes),
        ("inflated-bytes", counters.inflated_bytes),
    ] {
        report.line(name, number);
    }
}

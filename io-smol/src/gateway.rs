//! One shard, driven by one loop over transport, permit and timer.

mod turns;

use std::convert::Infallible;
use std::fmt;
use std::future::poll_fn;
use std::io::Write;
use std::process;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use gatewright_core::transcript::{RecordError, Recorded};
use gatewright_core::{
    CloseCode, Command, CommandError, CommandId, Config, EncodedCommand, Event, IdentifyBudget,
    Input, Instant, Leave, Memory, Meter, Metrics, Output, Phase, Session, SetupError, Status,
    Stop,
};

use crate::chunk::Chunker;
use crate::clock::{self, Timer};
use crate::purse::{Asking, LastWord};
use crate::recording::{Lines, Shard};
use crate::shared::Shared;
use crate::task::spawn;
use crate::trace::Teller;
use crate::transport::Transport;
use crate::usual::Traits;
use crate::{Gate, Options, trace};

/// How long a session has to be live to show that this process does not crash.
const HEALTHY_AFTER: Duration = IdentifyBudget::HEALTHY_AFTER;
/// How long a gateway that is held sleeps at least: a verdict it waits for may be due all the time.
const LEAST_HOLD: Duration = Duration::from_millis(20);
/// How often in a row something may be heard before other tasks get their turn.
const STREAK: u8 = 64;

/// A connection to the Discord Gateway that keeps itself alive.
///
/// It does nothing by itself: all happens in [`next`](Self::next), which is to be called again and
/// again. A handler that may take over 20 s belongs in a task of its own, or heartbeats are late.
pub struct Gateway {
    shard: Shard,
    /// What the gate knows it by.
    ticket: u32,
    /// What all is told within by `tracing`.
    teller: Teller,
    options: Options,
    gate: Gate,
    /// Who asks for members by itself.
    chunker: Option<Chunker>,
    /// The permit that was asked for.
    asking: Option<Asking>,
    transport: Transport,
    timer: Timer,
    streak: u8,
    /// Whether the gate knows that the connection at hand does well.
    lived: bool,
    /// Whether it was told that the shard is over.
    is_over: bool,
    /// Whether another gateway goes on when it is over.
    returns: bool,
    /// What is still to be written when it is over.
    last_word: Option<LastWord>,
    /// Where a handle looks at the state.
    shown: Option<Arc<Shared>>,
    meter: Meter,
}

impl Gateway {
    /// Creates a gateway that will begin a new session; nothing is sent yet.
    ///
    /// # Errors
    /// [`SetupError`] names the setting that does not fit.
    pub fn connect(config: Config<'static>, options: Options) -> Result<Self, SetupError> {
        let traits = Traits::of(&config);
        let shard = gatewright_core::Shard::new(config, seed(), memory(&options))?;
        Ok(Self::of(shard, traits, options))
    }

    /// Creates a gateway that will resume a stored session; nothing is sent yet, as of [`connect`](Self::connect).
    ///
    /// # Errors
    /// As [`connect`](Self::connect), and [`SetupError::Session`] if the session is not one of this shard.
    pub fn resume(
        config: Config<'static>,
        session: Session,
        options: Options,
    ) -> Result<Self, SetupError> {
        let traits = Traits::of(&config);
        let shard = gatewright_core::Shard::resume(config, session, seed(), memory(&options))?;
        Ok(Self::of(shard, traits, options))
    }

    fn of(shard: gatewright_core::Shard<'static>, traits: Traits, options: Options) -> Self {
        let (shard_id, teller) = (shard.id().id, Teller::new(shard.id()));
        let gate = options.gate.clone().unwrap_or_else(|| traits.gate());
        let ticket = gate.enter(shard_id);
        Self {
            ticket,
            shard: Recorded::new(shard),
            gate,
            chunker: Chunker::new(&traits, &teller, options.chunking, seed()),
            options,
            asking: None,
            transport: Transport::new(teller.clone()),
            teller,
            timer: Timer::default(),
            streak: 0,
            lived: false,
            is_over: false,
            returns: false,
            last_word: None,
            shown: None,
            meter: Meter::new(),
        }
    }

    /// What all is told of the shard with.
    pub(crate) const fn teller(&self) -> &Teller {
        &self.teller
    }

    /// Shows the state to handles from now on, whenever there is nothing else to do.
    pub(crate) fn show_to(&mut self, shared: Arc<Shared>) {
        self.shown = Some(shared);
    }

    /// Records the session as a transcript, which holds everything the gateway sends and so is private.
    ///
    /// Each line is written at once and blocks as long as the writer does; it ends when the gateway is dropped,
    /// or when writing fails, which is logged. [`transcript`](gatewright_core::transcript) tells what it is good for.
    ///
    /// # Errors
    /// [`RecordError`] after the first call of [`next`](Self::next), [`command`](Self::command) or
    /// [`leave`](Self::leave), or if there is more memory than a replay takes.
    pub fn record(&mut self, to: impl Write + Send + 'static) -> Result<(), RecordError> {
        self.shard.record(Lines::new(to, self.teller.clone()))
    }

    /// Tells whether a recording goes on: it was begun, and no writing failed.
    #[must_use]
    pub fn is_recording(&self) -> bool {
        self.shard.is_recording()
    }

    /// Waits for the next event; calling it again says that the event before is done.
    ///
    /// It may be dropped at any time, as in a `select!`: nothing is lost.
    ///
    /// # Errors
    /// [`Stop`] if the gateway is over, on every further call too.
    pub async fn next(&mut self) -> Result<Event<'_>, Stop> {
        self.shard.handle_input(clock::now(), Input::Busy);
        loop {
            let at = match self.drain() {
                Ok(Some(at)) => at,
                Ok(None) => return Ok(self.shard.event()),
                Err(stop) => {
                    if let Some(word) = &mut self.last_word {
                        poll_fn(|cx| word.poll(cx, &mut self.timer)).await;
                        self.last_word = None;
                    }
                    return Err(stop);
                }
            };
            // Who is held hears nothing that could be late.
            let due = self.chunker.as_ref().map_or(Instant::MAX, Chunker::deadline);
            poll_fn(|cx| self.poll(cx, at.min(due))).await;
        }
    }

    /// Queues a command; it leaves with the following call of [`next`](Self::next), at the earliest.
    ///
    /// [`Event::Command`] tells what became of it.
    ///
    /// # Errors
    /// [`CommandError`] says why it was not queued.
    pub fn command(&mut self, command: &Command<'_>) -> Result<CommandId, CommandError> {
        let queued = self.shard.command(clock::now(), command);
        self.counted(queued)
    }

    /// Queues a command that is dropped unless it can be sent before that much time has passed.
    ///
    /// # Errors
    /// As [`command`](Self::command).
    pub fn command_within(
        &mut self,
        command: &Command<'_>,
        time: Duration,
    ) -> Result<CommandId, CommandError> {
        let now = clock::now();
        let queued = self.shard.command_until(now, command, now.saturating_add(time));
        self.counted(queued)
    }

    /// Queues a command that was checked and encoded in another task.
    ///
    /// # Errors
    /// As [`command`](Self::command), and [`CommandError::OtherEncoding`].
    pub fn encoded_command(
        &mut self,
        command: &EncodedCommand<'_>,
        within: Option<Duration>,
    ) -> Result<CommandId, CommandError> {
        let now = clock::now();
        let expires = within.map_or(Instant::MAX, |time| now.saturating_add(time));
        let queued = self.shard.encoded_command(now, command, expires);
        self.counted(queued)
    }

    /// Keeps the connection alive while events are not wanted: heartbeats and commands go out, nothing is read.
    ///
    /// It never ends: drop it to go on, as in a `select!` with what the events wait for. The event of the latest
    /// [`next`](Self::next) counts as not done until the following one.
    pub async fn hold(&mut self) -> Infallible {
        loop {
            let now = clock::now();
            self.shard.handle_input(now, Input::Held);
            if let Some(chunker) = &mut self.chunker {
                chunker.held(now);
            }
            if let Some(link) = self.transport.waits() {
                self.shard.handle_input(clock::now(), Input::DialWaits(link));
            }
            // A shard that is held has no event, and is not over before it tells so.
            let at = self.drain().ok().flatten().unwrap_or(Instant::MAX);
            let at = at.max(clock::now().saturating_add(LEAST_HOLD));
            poll_fn(|cx| self.poll_held(cx, at)).await;
        }
    }

    /// Leaves the gateway; call [`next`](Self::next) until it returns the [`Stop`].
    pub fn leave(&mut self, how: Leave) {
        self.shard.leave(clock::now(), how);
    }

    /// Parks the gateway, for another one to go on with its session.
    pub(crate) fn park_to_return(&mut self) {
        self.returns = true;
        self.leave(Leave::Park);
    }

    /// Returns the session as plain data, if there is one to resume.
    ///
    /// There is one from READY on, through losses of the connection and after parking, until the gateway or
    /// [`Leave::End`] ends it.
    #[must_use]
    pub fn session(&self) -> Option<Session> {
        self.shard.session()
    }

    /// Returns the state and the counters.
    #[must_use]
    pub fn status(&self) -> Status {
        self.shard.status()
    }

    /// Returns what was counted since the gateway was made.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        let mut meter = self.meter;
        meter.look(clock::now(), &self.shard.status())
    }

    /// Returns what the latest transport to fail said, for humans.
    #[must_use]
    pub fn last_error(&self) -> Option<&str> {
        self.transport.last_error.as_deref()
    }

    /// Does what the shard wants; returns until when to wait, or nothing if there is an event.
    fn drain(&mut self) -> Result<Option<Instant>, Stop> {
        if let Some(chunker) = &mut self.chunker {
            chunker.serve(clock::now(), &mut self.shard, &self.teller);
        }
        loop {
            match self.shard.poll_output() {
                Output::Connect(target) => {
                    self.lived = false;
                    self.gate.ask_dial(clock::now(), self.ticket, target.link, target.purpose);
                    self.transport.connect(&target, &self.options);
                }
                Output::AskIdentify(link) => self.ask_identify(link),
                Output::ForgoIdentify(link) => self.forgo(link),
                Output::Send(frame) => {
                    self.transport.send(&frame);
                    // Between two heartbeats there is one latency at the most.
                    self.measure();
                }
                Output::Close(code) => self.close(code),
                Output::Event(kind) => {
                    if let Some(chunker) = &mut self.chunker {
                        chunker.hear(clock::now(), &self.shard.event());
                    }
                    if self.meter.hears(kind) {
                        self.meter.hear(&self.shard.event());
                        self.show_meter();
                    }
                    if trace::tells(kind) {
                        trace::event(&self.teller, &self.shard.event());
                    }
                    return Ok(None);
                }
                Output::Wait(at) => {
                    if self.meter.is_behind(self.shard.phase()) {
                        self.measure();
                    }
                    self.show();
                    return Ok(Some(at));
                }
                Output::Stop(stop) => {
                    self.measure();
                    self.end(stop);
                    return Err(stop);
                }
            }
            self.transport.try_flush(&mut self.shard);
        }
    }

    fn close(&mut self, code: CloseCode) {
        if self.transport.waits().or(self.transport.dials()).is_some() {
            self.gate.forgo_dial(clock::now(), self.ticket);
        }
        self.transport.close(code);
    }

    /// Tells once that the shard is over. One that was live and was asked to leave has not crashed.
    fn end(&mut self, stop: Stop) {
        self.transport.abandon();
        if self.is_over {
            return;
        }
        self.is_over = true;
        trace::stop(&self.teller, stop);
        let counters = self.shard.status().counters;
        let was_live = counters.readies + counters.resumed > 0;
        let has_done = stop.is_requested() && was_live && !self.returns;
        if let Some(purse) = self.gate.purse().filter(|_| has_done) {
            self.last_word = Some(LastWord::to(purse));
        }
    }

    /// Counts what a command was refused for.
    fn counted(
        &mut self,
        queued: Result<CommandId, CommandError>,
    ) -> Result<CommandId, CommandError> {
        self.meter.queued(&queued);
        queued
    }

    /// Lets the meter look at the state.
    fn measure(&mut self) {
        self.meter.look(clock::now(), &self.shard.status());
        self.show_meter();
    }

    fn show_meter(&self) {
        if let Some(shared) = &self.shown {
            shared.show_meter(self.meter);
        }
    }

    /// Shows the state to handles, and tells the gate of a connection that does well.
    fn show(&mut self) {
        if self.shown.is_none() && self.lived {
            return;
        }
        let status = self.shard.status();
        if !self.lived && status.phase == Phase::Live && status.in_phase >= HEALTHY_AFTER {
            self.lived = true;
            if let Some(purse) = self.gate.purse() {
                spawn(purse.lived());
            }
        }
        if let Some(shared) = &self.shown {
            shared.show(status, self.shard.session());
        }
    }

    /// Looks for something to tell the shard; the timer comes last, so that only silence is a tick.
    fn poll(&mut self, cx: &mut Context<'_>, mut at: Instant) -> Poll<()> {
        if self.streak == STREAK {
            self.streak = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.streak += 1;
        if self.poll_turn(cx, &mut at).is_ready() || self.poll_transport(cx).is_ready() {
            return Poll::Ready(());
        }
        if self.poll_permit(cx, &mut at).is_ready() {
            return Poll::Ready(());
        }
        self.streak = 0;
        ready!(self.timer.poll(cx, at));
        let now = clock::now();
        let input = self.transport.waits().map_or(Input::Tick, Input::DialWaits);
        self.shard.handle_input(now, input);
        if let Some(chunker) = &mut self.chunker {
            chunker.tick(now);
        }
        Poll::Ready(())
    }

    /// Looks for something to tell a shard that is held: frames that are out, a transport that is up, a permit.
    fn poll_held(&mut self, cx: &mut Context<'_>, mut at: Instant) -> Poll<()> {
        let out = match self.transport.dials() {
            Some(_) => self.poll_transport(cx),
            None => self.transport.poll_out(cx, &mut self.shard),
        };
        if out.is_ready() || self.poll_turn(cx, &mut at).is_ready() {
            return Poll::Ready(());
        }
        if self.poll_permit(cx, &mut at).is_ready() {
            return Poll::Ready(());
        }
        self.timer.poll(cx, at)
    }

    /// Looks at the transport, and tells the gate of a dial that is over.
    fn poll_transport(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let dials = self.transport.dials();
        ready!(self.transport.poll(cx, &mut self.shard));
        if let Some(link) = dials {
            self.gate.dialed(clock::now(), self.ticket, link, self.transport.is_open());
        }
        Poll::Ready(())
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if let Some(Asking { link, .. }) = self.asking {
            self.forgo(link);
        }
        self.gate.leave(clock::now(), self.ticket);
    }
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway")
            .field("shard", &self.shard)
            .field("options", &self.options)
            .field("last_error", &self.transport.last_error)
            .finish_non_exhaustive()
    }
}

fn memory(options: &Options) -> Memory<'static> {
    Memory::heap_limited(options.compression, options.payload_limit)
}

/// Draws a seed for jitter; without an entropy source the process id has to do.
pub(crate) fn seed() -> u64 {
    getrandom::u64().unwrap_or_else(|_| u64::from(process::id()))
}

//! What a shard did, as plain numbers: counted beside the shard, which knows nothing of it.
//!
//! A [`Meter`] hears the events of a shard and looks at its [`Status`](crate::Status); [`Metrics`] are what it knows.
//! What a status counts is taken from there and not counted again. Metrics of several shards add up to those of all:
//! counters and queues add, latencies are a histogram, and shards and the time they took are told by state.
//!
//! [`Metrics::visit`] hands all of it out as [`Sample`]s under names in the style of Prometheus and in base units, for
//! whatever publishes them.
//!
//! ```
//! use gatewright_core::{Event, Instant, Meter, Metrics, Shard};
//!
//! /// In the loop around a shard, for `Output::Event`.
//! fn on_event(meter: &mut Meter, shard: &Shard<'_>) {
//!     meter.hear(&shard.event());
//! }
//!
//! /// In the same loop, for `Output::Wait`.
//! fn on_wait(now: Instant, meter: &mut Meter, shard: &Shard<'_>) {
//!     if meter.is_behind(shard.phase()) {
//!         meter.look(now, &shard.status());
//!     }
//! }
//!
//! /// Of all shards, whenever somebody asks.
//! fn of_all<'a>(now: Instant, shards: impl Iterator<Item = (&'a mut Meter, &'a Shard<'static>)>) -> Metrics {
//!     shards.map(|(meter, shard)| meter.look(now, &shard.status())).sum()
//! }
//! # let _ = (on_event, on_wait);
//! # assert_eq!(of_all(Instant::ZERO, [].into_iter()), Metrics::default());
//! ```

mod cache;
mod latency;
mod meter;
mod per;
mod sample;
#[cfg(test)]
mod tests;

use core::iter::Sum;
use core::ops::AddAssign;
use core::time::Duration;

pub use cache::{CacheMetrics, PerTable};
pub use latency::Latencies;
pub use meter::Meter;
pub use per::{PerCause, PerPhase};
use sample::Series;
pub use sample::{Kind, Sample, Unit, Value};

macro_rules! metrics {
    (
        counters { $($counter:ident: $counted:literal,)* }
        bytes { $($bytes:ident: $taken:literal,)* }
        gauges { $($gauge:ident: $gauged:literal,)* }
    ) => {
        /// What a shard did and how it stands, or several together.
        ///
        /// Counters count since the shard was made, and stop at their largest value. Where nothing else is said, a field
        /// is a number of what its text names.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Metrics {
            $(#[doc = $counted] pub $counter: u64,)*
            $(#[doc = $taken] pub $bytes: u64,)*
            $(#[doc = $gauged] pub $gauge: u64,)*
            /// The time commands waited for a send limit: of each wait from when the next one could not go until one
            /// went, none was left, or the connection was given up.
            pub limiter_wait: Duration,
            /// The time spent in each state; that in [`Asking`](crate::Phase::Asking) is the wait for the permit to identify.
            pub time: PerPhase<Duration>,
            /// Shards that are in each state now.
            pub phases: PerPhase<u64>,
            /// Connections, or attempts at one, that are over, by cause; those the user asked to end too.
            pub disconnects: PerCause,
            /// The times from heartbeats to their ACKs.
            pub latency: Latencies,
            /// What a cache holds and what was done with it: all zero, unless its user puts
            /// [`Cache::metrics`](crate::cache::Cache::metrics) here.
            pub cache: CacheMetrics,
        }

        impl Metrics {
            /// What nothing was added to.
            pub(crate) const NONE: Self = Self {
                $($counter: 0,)*
                $($bytes: 0,)*
                $($gauge: 0,)*
                limiter_wait: Duration::ZERO,
                time: PerPhase([Duration::ZERO; PerPhase::LEN]),
                phases: PerPhase([0; PerPhase::LEN]),
                disconnects: PerCause::NONE,
                latency: Latencies::NONE,
                cache: CacheMetrics::NONE,
            };

            /// Adds those of another shard, or of several.
            fn add(&mut self, other: &Self) {
                $(self.$counter = self.$counter.saturating_add(other.$counter);)*
                $(self.$bytes = self.$bytes.saturating_add(other.$bytes);)*
                $(self.$gauge = self.$gauge.saturating_add(other.$gauge);)*
                let Self { limiter_wait, time, phases, disconnects, latency, cache, .. } = other;
                self.limiter_wait = self.limiter_wait.saturating_add(*limiter_wait);
                self.time.add(time, Duration::saturating_add);
                self.phases.add(phases, u64::saturating_add);
                self.disconnects.add(disconnects);
                self.latency.add(latency);
                self.cache.add(cache);
            }

            /// Hands out what is one number each.
            fn visit_numbers(&self, take: &mut impl FnMut(Sample)) {
                $(take(Sample::counter(
                    concat!("gatewright_", stringify!($counter), "_total"), $counted, self.$counter,
                ));)*
                $(take(Sample::bytes(
                    concat!("gatewright_", stringify!($bytes), "_total"), $taken, self.$bytes,
                ));)*
                $(take(Sample::gauge(concat!("gatewright_", stringify!($gauge)), $gauged, self.$gauge));)*
            }
        }
    };
}

metrics! {
    counters {
        connects: "Connections asked for; each attempt counts.",
        greeted: "Connections on which Hello came.",
        identifies: "Identifies sent.",
        readies: "READY dispatches: sessions that began.",
        resumes: "Resumes sent.",
        resumed: "RESUMED dispatches: Resumes that succeeded.",
        resumes_failed: "Resumes sent to which RESUMED did not come before the connection was closed or lost, or READY came instead.",
        sessions_lost: "Sessions lost, and with them what happened since the last event.",
        zombies: "Connections closed because a heartbeat was not acknowledged, whether other frames came or not.",
        dispatches: "Dispatches taken, duplicates and those too large to be kept among them.",
        replayed_events: "Dispatches delivered between a Resume and its RESUMED.",
        duplicates: "Dispatches whose sequence number was not above the latest one delivered.",
        gaps: "Times that sequence numbers were left out.",
        missing_events: "Sequence numbers that were left out, all gaps together.",
        skipped: "Dispatches too large to be kept.",
        undecoded: "Dispatches whose data did not decode as what it was asked for as; each attempt counts.",
        unexpected: "Documents that fit nothing: unknown opcodes, and dispatches outside a session.",
        limits: "Limits that were hit and told as an event.",
        heartbeats: "Heartbeats sent.",
        unanswered: "Heartbeat requests beyond the limit.",
        frames_received: "WebSocket messages received.",
        frames_sent: "WebSocket messages sent: heartbeats, Identifies, Resumes and commands.",
        commands_sent: "Commands sent; one that was turned down and sent again counts again.",
        commands_refused: "Commands that were refused when they were given, by a shard, a handle or a check; those of requests for members that ask by themselves are not counted.",
        commands_expired: "Commands whose time ran out before they could be sent.",
        commands_replaced: "Commands whose place a later one took.",
        commands_dropped: "Commands dropped because the shard was over.",
        limiter_waits: "Times that the next command had to wait for a send limit.",
        rate_limited: "Requests for all members that were turned down by RATE_LIMITED.",
    }
    bytes {
        wire_bytes: "Bytes received in messages, as they came.",
        inflated_bytes: "Bytes received in messages, inflated.",
    }
    gauges {
        shards: "Shards that were added up.",
        queued_commands: "Commands that wait to be sent.",
        queued_events: "Events that wait for the consumer of a handle.",
    }
}

impl Metrics {
    /// Hands every number out, in the same order each time; one series after the other.
    pub fn visit(&self, mut take: impl FnMut(Sample)) {
        const LIMITER: Series = Series::seconds(
            "gatewright_limiter_wait_seconds_total",
            "Time that commands waited for a send limit.",
        );
        const TIME: Series =
            Series::seconds("gatewright_state_seconds_total", "Time spent in each state.");
        const NOW: Series =
            Series::gauge("gatewright_state_shards", "Shards that are in each state.");
        const OVER: Series = Series::counter(
            "gatewright_disconnects_total",
            "Connections, or attempts at one, that are over, by cause.",
        );

        self.visit_numbers(&mut take);
        take(LIMITER.sample(Value::Seconds(self.limiter_wait)));
        for (phase, time) in self.time.iter() {
            take(TIME.labelled("state", phase.name(), Value::Seconds(time)));
        }
        for (phase, shards) in self.phases.iter() {
            take(NOW.labelled("state", phase.name(), Value::Count(shards)));
        }
        for (cause, times) in self.disconnects.iter() {
            take(OVER.labelled("cause", cause.name(), Value::Count(times)));
        }
        self.latency.visit(&mut take);
        self.cache.visit(&mut take);
    }
}

impl AddAssign for Metrics {
    fn add_assign(&mut self, other: Self) {
        self.add(&other);
    }
}

impl Sum for Metrics {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::NONE, |mut sum, one| {
            sum.add(&one);
            sum
        })
    }
}

//! A histogram of latencies.

use core::time::Duration;

use super::sample::{Kind, Sample, Series, Unit, Value};

/// How many bounds there are.
const LEN: usize = 15;
/// What Prometheus calls the bounds, in seconds, and the bucket beyond them.
const NAMES: [&str; LEN + 1] = [
    "0.005", "0.01", "0.025", "0.05", "0.075", "0.1", "0.15", "0.2", "0.3", "0.5", "0.75", "1",
    "2.5", "5", "10", "+Inf",
];

/// How many latencies there were, by how long they were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Latencies {
    /// How many were at most as long as each of [`BOUNDS`](Self::BOUNDS) and longer than the one before; the last place has
    /// those beyond all of them.
    pub buckets: [u64; LEN + 1],
    /// All of them together.
    pub sum: Duration,
    /// The latest one; of several shards the longest of their latest ones.
    pub latest: Option<Duration>,
}

impl Latencies {
    /// The upper bounds of the buckets: 5, 10, 25, 50, 75, 100, 150, 200, 300, 500 and 750 ms, 1, 2.5, 5 and 10 s.
    pub const BOUNDS: [Duration; LEN] = [
        Duration::from_millis(5),
        Duration::from_millis(10),
        Duration::from_millis(25),
        Duration::from_millis(50),
        Duration::from_millis(75),
        Duration::from_millis(100),
        Duration::from_millis(150),
        Duration::from_millis(200),
        Duration::from_millis(300),
        Duration::from_millis(500),
        Duration::from_millis(750),
        Duration::from_millis(1_000),
        Duration::from_millis(2_500),
        Duration::from_millis(5_000),
        Duration::from_millis(10_000),
    ];

    pub(super) const NONE: Self = Self { buckets: [0; LEN + 1], sum: Duration::ZERO, latest: None };

    /// Returns how many there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    pub(super) fn record(&mut self, latency: Duration) {
        let bucket = Self::BOUNDS.iter().position(|bound| latency <= *bound);
        if let Some(count) = self.buckets.get_mut(bucket.unwrap_or(LEN)) {
            *count = count.saturating_add(1);
        }
        self.sum = self.sum.saturating_add(latency);
        self.latest = Some(latency);
    }

    pub(super) fn add(&mut self, other: &Self) {
        let Self { buckets, sum, latest } = other;
        let own = self.buckets.iter_mut();
        own.zip(buckets).for_each(|(own, more)| *own = own.saturating_add(*more));
        self.sum = self.sum.saturating_add(*sum);
        self.latest = self.latest.max(*latest);
    }

    /// Hands out the histogram as Prometheus has them: each bucket counts those of the ones before too.
    pub(super) fn visit(&self, take: &mut impl FnMut(Sample)) {
        const BUCKET: Series = Series::counter(
            "gatewright_heartbeat_latency_seconds_bucket",
            "Heartbeats whose ACK came within so many seconds.",
        );
        const SUM: Series = Series::seconds(
            "gatewright_heartbeat_latency_seconds_sum",
            "Time from all heartbeats to their ACKs.",
        );
        const COUNT: Series = Series::counter(
            "gatewright_heartbeat_latency_seconds_count",
            "Heartbeats whose ACK came.",
        );
        const LATEST: Series = Series {
            name: "gatewright_heartbeat_latency_latest_seconds",
            help: "Time from the latest acknowledged heartbeat to its ACK, zero before the first.",
            kind: Kind::Gauge,
            unit: Unit::Seconds,
        };

        let mut within = 0_u64;
        for (bound, count) in NAMES.into_iter().zip(self.buckets) {
            within = within.saturating_add(count);
            take(BUCKET.labelled("le", bound, Value::Count(within)));
        }
        take(SUM.sample(Value::Seconds(self.sum)));
        take(COUNT.sample(Value::Count(self.count())));
        take(LATEST.sample(Value::Seconds(self.latest.unwrap_or_default())));
    }
}

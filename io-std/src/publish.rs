//! Hands metrics to the facade of the crate `metrics`, for whatever exporter the program installed.

use gatewright_core::ShardId;
use gatewright_core::metrics::{Kind, Metrics, Sample, Unit, Value};
use metrics::{counter, describe_counter, describe_gauge, gauge};

/// Publishes the metrics of one shard to the recorder of the crate `metrics`, labelled by its id.
///
/// Names, help and units are those of [`Metrics::visit`]. What only rises is published as what it rose by since the
/// time before, so that a shard that is started anew goes on from where it was. The facade counts in whole numbers:
/// what only rises but is of seconds is a gauge there.
///
/// ```
/// use gatewright_core::{Metrics, ShardId};
/// use gatewright_std::Publisher;
///
/// let mut publisher = Publisher::new(ShardId::ONE);
/// // Once in a few seconds; more often than it is scraped is of no use.
/// publisher.publish(&Metrics::default());
/// ```
#[derive(Clone, Debug)]
pub struct Publisher {
    shard: String,
    /// What was published before, in the order of [`Metrics::visit`].
    before: Vec<Value>,
}

impl Publisher {
    /// Creates one for a shard; nothing is published yet.
    #[must_use]
    pub fn new(shard: ShardId) -> Self {
        Self { shard: shard.id.to_string(), before: Vec::new() }
    }

    /// Publishes how things stand; the first time it describes each series too.
    pub fn publish(&mut self, metrics: &Metrics) {
        if self.before.is_empty() {
            describe(metrics);
        }
        let mut at = 0;
        metrics.visit(|sample| {
            let before = self.before.get(at).copied();
            self.publish_one(&sample, before);
            match self.before.get_mut(at) {
                Some(before) => *before = sample.value,
                None => self.before.push(sample.value),
            }
            at += 1;
        });
    }

    fn publish_one(&self, sample: &Sample, before: Option<Value>) {
        let mut labels = vec![("shard", self.shard.clone())];
        labels.extend(sample.label.map(|(name, value)| (name, value.to_owned())));
        match (sample.kind, sample.value) {
            (Kind::Counter, Value::Count(count)) => {
                counter!(sample.name, &labels).increment(risen(count, before));
            }
            (Kind::Sum, value) => {
                // What began anew rose from zero.
                let before = before.map_or(0.0, number);
                let from = if before <= number(value) { before } else { 0.0 };
                gauge!(sample.name, &labels).increment(number(value) - from);
            }
            (_, value) => gauge!(sample.name, &labels).set(number(value)),
        }
    }
}

/// Returns by how much a counter rose; one that fell began anew.
fn risen(count: u64, before: Option<Value>) -> u64 {
    match before {
        Some(Value::Count(before)) => count.checked_sub(before).unwrap_or(count),
        _ => count,
    }
}

#[expect(clippy::cast_precision_loss, reason = "the facade has no other gauges")]
fn number(value: Value) -> f64 {
    match value {
        Value::Count(count) => count as f64,
        Value::Seconds(time) => time.as_secs_f64(),
        _ => f64::NAN,
    }
}

fn describe(metrics: &Metrics) {
    let mut latest = "";
    metrics.visit(|sample| {
        if std::mem::replace(&mut latest, sample.name) == sample.name {
            return;
        }
        let unit = match sample.unit {
            Unit::Bytes => metrics::Unit::Bytes,
            Unit::Seconds => metrics::Unit::Seconds,
            _ => metrics::Unit::Count,
        };
        match sample.kind {
            Kind::Counter => describe_counter!(sample.name, unit, sample.help),
            _ => describe_gauge!(sample.name, unit, sample.help),
        }
    });
}

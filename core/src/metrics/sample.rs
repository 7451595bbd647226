//! One number with its name, as it is published.

use core::time::Duration;

/// What a number does over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// It only rises, by whole numbers.
    Counter,
    /// It rises and falls.
    Gauge,
    /// It only rises, by fractions too: seconds.
    Sum,
}

/// What a number is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unit {
    /// Bytes.
    Bytes,
    /// Things that are counted.
    Count,
    /// Seconds.
    Seconds,
}

/// A number.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// A whole one.
    Count(u64),
    /// A time, to be published in seconds.
    Seconds(Duration),
}

/// A number of [`Metrics`](super::Metrics) with its name.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Sample {
    /// The name of its series, in the style of Prometheus: `gatewright_..._total`.
    pub name: &'static str,
    /// What the series is, in one sentence.
    pub help: &'static str,
    /// What it does over time.
    pub kind: Kind,
    /// What it is of.
    pub unit: Unit,
    /// What tells it from others of its series: the name of a label and its value.
    pub label: Option<(&'static str, &'static str)>,
    /// The number.
    pub value: Value,
}

impl Sample {
    pub(super) const fn counter(name: &'static str, help: &'static str, value: u64) -> Self {
        Series::counter(name, help).sample(Value::Count(value))
    }

    pub(super) const fn bytes(name: &'static str, help: &'static str, value: u64) -> Self {
        let series = Series { unit: Unit::Bytes, ..Series::counter(name, help) };
        series.sample(Value::Count(value))
    }

    pub(super) const fn gauge(name: &'static str, help: &'static str, value: u64) -> Self {
        Series::gauge(name, help).sample(Value::Count(value))
    }
}

/// What all numbers of a series have in common.
#[derive(Clone, Copy)]
pub(super) struct Series {
    pub(super) name: &'static str,
    pub(super) help: &'static str,
    pub(super) kind: Kind,
    pub(super) unit: Unit,
}

impl Series {
    pub(super) const fn counter(name: &'static str, help: &'static str) -> Self {
        Self { name, help, kind: Kind::Counter, unit: Unit::Count }
    }

    pub(super) const fn gauge(name: &'static str, help: &'static str) -> Self {
        Self { name, help, kind: Kind::Gauge, unit: Unit::Count }
    }

    pub(super) const fn seconds(name: &'static str, help: &'static str) -> Self {
        Self { name, help, kind: Kind::Sum, unit: Unit::Seconds }
    }

    pub(super) const fn sample(self, value: Value) -> Sample {
        let Self { name, help, kind, unit } = self;
        Sample { name, help, kind, unit, label: None, value }
    }

    pub(super) const fn labelled(
        self,
        label: &'static str,
        of: &'static str,
        value: Value,
    ) -> Sample {
        Sample { label: Some((label, of)), ..self.sample(value) }
    }
}

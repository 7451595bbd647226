//! What is measured and how it is counted, for all measurements.

pub mod count;
pub mod meter;
pub mod shard;
pub mod traffic;

//! Measures the cache of gatewright beside twilight's: the same streams, and the same kinds of rows kept.

pub mod check;
pub mod ours;
pub mod session;
pub mod shared;
pub mod side;
pub mod speed;
pub mod twilight;

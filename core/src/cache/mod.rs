//! The cache.

#[expect(dead_code, reason = "comes next")]
mod pool;

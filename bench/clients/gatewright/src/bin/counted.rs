//! The client whose heap is counted, which takes time of its own.

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> anyhow::Result<()> {
    gatewright_bench_client_gatewright::run(|| {
        let stats = ALLOCATOR.stats();
        u64::try_from(stats.bytes_allocated.wrapping_sub(stats.bytes_deallocated)).ok()
    })
}

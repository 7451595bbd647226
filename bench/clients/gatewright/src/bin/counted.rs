//! The client whose heap is counted, which takes time of its own.

use std::alloc::System;

use gatewright_bench_harness::meter::Heap;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> anyhow::Result<()> {
    gatewright_bench_client_gatewright::run(|| Heap::of(&ALLOCATOR.stats()))
}

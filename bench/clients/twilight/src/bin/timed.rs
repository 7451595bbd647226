//! The client whose time is measured, with the allocator of the system.

fn main() -> anyhow::Result<()> {
    gatewright_bench_client_twilight::run(|| None)
}

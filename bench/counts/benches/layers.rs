//! Times the layers, to judge a change within a minute: `cargo bench -p gatewright-bench-counts`, or with a part of
//! a layer's name behind `--`.

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use gatewright_bench_counts::layers;
use gatewright_bench_harness::count;

fn all(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("layers");
    group.sample_size(10);
    group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    for layer in layers::layers() {
        let mut stage = layers::prepare(&layer, 500);
        group.throughput(Throughput::Elements(stage.size()));
        group.bench_function(format!("{} {} {}", layer.what, layer.set, layer.encoding), |bench| {
            let mut run = || {
                stage.ready();
                count::time(&mut || stage.run())
            };
            bench.iter_custom(|runs| (0..runs).map(|_| run()).sum());
        });
    }
}

criterion_group!(benches, all);
criterion_main!(benches);

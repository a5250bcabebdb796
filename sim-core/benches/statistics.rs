//! Time to take one duration, on one thread: `cargo bench -p cospike-sim-core --bench statistics`. Durations are
//! exponential with mean 50 ms.

use cospike_sim_core::kernel::{SimTime, Streams};
use cospike_sim_core::stats::{Moments, Quantiles, SteadyMean};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rand::RngExt;
use rand_distr::Exp1;

const DURATIONS: u64 = 100_000;

fn statistics(c: &mut Criterion) {
    let mut rng = Streams::new(1, 0).stream("durations", 0);
    let durations: Vec<SimTime> =
        (0..DURATIONS).map(|_| SimTime::from_nanoseconds((rng.sample::<f64, _>(Exp1) * 5e7) as u64)).collect();
    let mut group = c.benchmark_group("push");
    group.throughput(Throughput::Elements(DURATIONS));
    let mut moments = Moments::default();
    group.bench_function("moments", |b| b.iter(|| durations.iter().for_each(|time| moments.push(time.seconds()))));
    let mut quantiles = Quantiles::new();
    group.bench_function("quantiles", |b| b.iter(|| durations.iter().for_each(|&time| quantiles.record(time))));
    let mut steady = SteadyMean::new();
    group.bench_function("steady", |b| b.iter(|| durations.iter().for_each(|time| steady.push(time.seconds()))));
    group.finish();
}

criterion_group!(benches, statistics);
criterion_main!(benches);

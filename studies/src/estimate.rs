//! What a study needs at the least, estimated from its plan before anything of it is executed.

use crate::census::Census;
use crate::plan::{Plan, PlannedNetwork};
use crate::prices::{Priced, PricedSample, PricedStep};
use cospike_results::rows::{AnswerRow, LatencyRow, ReplicationRow};
use cospike_results::summary::MOST_POINTS;
use cospike_sim_core::cosim::System;
use cospike_sim_core::energy::ComputeEnergy;

/// Latencies that are recorded of a replication: the percentiles from 0 to 100.
const LATENCIES: u64 = 101;

/// Requests that one thread simulates in a second, at best: measured is less than this for every shipped scenario.
const REQUESTS_PER_SECOND: f64 = 2e6;

/// What a study needs at the least. Real needs are higher: queues, payloads and the tables while they are written come on top.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Bytes for the state of all devices in the replications that are simulated side by side.
    pub device_bytes: u64,
    /// Bytes for the rows of the replications that are shown: of all, or of the first [`MOST_POINTS`] design points.
    pub replication_bytes: u64,
    /// Bytes for what the networks did on each of their samples.
    pub sample_bytes: u64,
    /// Replications in all; with a precision target, those before the first decision.
    pub replications: u64,
    /// Requests of all replications.
    pub requests: f64,
    /// Threads among which replications are divided.
    threads: u64,
}

impl Estimate {
    /// Estimate for `plan`, whose design points have this `census`, on `threads` threads.
    pub fn new(plan: &Plan, census: &Census, threads: usize) -> Self {
        let threads = threads.max(1) as u64;
        let replications = census.points as u64 * u64::from(plan.replications);
        let shown = census.points.min(MOST_POINTS) as u64 * u64::from(plan.replications);
        let side_by_side = threads.min(u64::from(plan.replications));
        let devices = u64::from(census.most_devices);
        let expected: f64 = census.demand.values().map(|demand| demand.expected).sum();
        let row = size_of::<ReplicationRow>() as u64 + LATENCIES * size_of::<LatencyRow>() as u64;
        let prices = census.lists.len() as u64;
        Self {
            device_bytes: side_by_side * devices * System::DEVICE_BYTES as u64,
            replication_bytes: shown.saturating_mul(row),
            sample_bytes: plan.networks.iter().map(|network| sample_bytes(network, prices)).sum(),
            replications,
            requests: expected * f64::from(plan.replications),
            threads,
        }
    }

    /// Bytes in all.
    pub fn bytes(&self) -> u64 {
        self.parts().iter().map(|(_, bytes)| bytes).sum()
    }

    /// What takes most of the bytes, in words.
    pub fn most(&self) -> &'static str {
        self.parts().into_iter().max_by_key(|&(_, bytes)| bytes).map_or("", |(what, _)| what)
    }

    /// Wall-clock seconds of the simulation.
    pub fn seconds(&self) -> f64 {
        self.requests / REQUESTS_PER_SECOND / self.threads.min(self.replications.max(1)) as f64
    }

    fn parts(&self) -> [(&'static str, u64); 3] {
        [
            ("the devices of the replications that run side by side", self.device_bytes),
            ("the rows of replications", self.replication_bytes),
            ("what the networks do on each of their samples", self.sample_bytes),
        ]
    }
}

/// Bytes for what a network did on its samples, priced by each of `prices` lists.
fn sample_bytes(network: &PlannedNetwork, prices: u64) -> u64 {
    let steps = match network.stepwise {
        true => network.choice.time_steps.or(network.matched_steps).unwrap_or(1).into(),
        false => 1,
    };
    // `Priced` holds one energy for each list, for the head and for the tail.
    let step = size_of::<PricedStep>() as u64 + 2 * prices * size_of::<ComputeEnergy>() as u64;
    debug_assert!(size_of::<PricedStep>() >= 2 * size_of::<Priced>());
    let sample = size_of::<PricedSample>() as u64 + steps * step + size_of::<AnswerRow>() as u64;
    u64::from(network.samples.count) * sample
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::plan;
    use cospike_models::dataset::Dataset;
    use cospike_models::zoo::Zoo;

    /// Two points of two replications: rows by hand, devices of as many runs as there are threads, requests until the horizon.
    #[test]
    fn needs_grow_with_what_drives_them() {
        let mut plan = plan(&Zoo::shipped().unwrap(), &Dataset::fashion_mnist_test().unwrap());
        plan.points.truncate(1);
        plan.points.push(plan.points[0].clone());
        plan.replications = 2;
        for point in &mut plan.points {
            point.system.devices = 1_000_000;
            point.system.workload.requests = 500;
        }
        let estimate = |plan: &Plan, threads| Estimate::new(plan, &Census::new(plan), threads);
        assert_eq!(estimate(&plan, 1).device_bytes, 1_000_000 * System::DEVICE_BYTES as u64);
        assert_eq!(estimate(&plan, 8).device_bytes, 2 * estimate(&plan, 1).device_bytes);
        assert_eq!((estimate(&plan, 1).replications, estimate(&plan, 1).requests), (4, 2_000.0));
        assert_eq!(estimate(&plan, 1).most(), "the devices of the replications that run side by side");
        assert_eq!(estimate(&plan, 1).seconds(), 2.0 * estimate(&plan, 2).seconds());
        let before = estimate(&plan, 1);
        plan.replications = 2_000_000;
        let after = estimate(&plan, 1);
        assert_eq!(after.replication_bytes, 1_000_000 * before.replication_bytes);
        assert_eq!(after.most(), "the rows of replications");
        assert_eq!(after.bytes(), after.device_bytes + after.replication_bytes + after.sample_bytes);
    }
}

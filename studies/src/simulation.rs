//! One event loop per design point and replication.

use crate::designs::{Designs, Networks};
use crate::error::StudyError;
use crate::plan::DesignPoint;
use cospike_results::index::PointIndex;
use cospike_results::rows::{LatencyRow, ReplicationRow};
use cospike_sim_core::cosim::{CosimError, Latency, Observer, Outcome, Phases, run_observed};
use cospike_sim_core::kernel::Streams;

/// What one event loop adds to the results.
pub(super) struct Rows {
    pub(super) replication: ReplicationRow,
    pub(super) latencies: Vec<LatencyRow>,
}

/// One replication of a design point, to be simulated.
pub(super) struct Replication<'a> {
    /// Index of the design point.
    pub(super) number: usize,
    pub(super) point: &'a DesignPoint,
    pub(super) replication: u32,
    pub(super) networks: Networks<'a>,
    pub(super) labels: &'a [u16],
}

impl<'a> Replication<'a> {
    pub(super) fn run<O: Observer>(&self, seed: u64, observer: &mut O) -> Result<Rows, StudyError> {
        let mut designs = Designs::new(self.point, self.networks);
        let (system, labels, streams) = (&self.point.system, self.labels(), self.streams(seed));
        let outcome = run_observed(system, &mut designs, &labels, &streams, observer);
        let outcome = outcome.map_err(|error| self.failure(error))?;
        Ok(Rows { replication: self.row(&outcome), latencies: self.latencies(outcome.latency.as_ref()) })
    }

    /// Classes of the samples.
    pub(super) fn labels(&self) -> Vec<u32> {
        self.labels.iter().copied().map(u32::from).collect()
    }

    pub(super) fn streams(&self, seed: u64) -> Streams {
        Streams::new(seed, u64::from(self.replication))
    }

    /// The error of the study when an event loop of this replication has failed.
    pub(super) fn failure(&self, error: CosimError) -> StudyError {
        match error {
            CosimError::Tail { design, sample, error } => StudyError::Inference {
                network: self.networks.prepared[self.point.designs[usize::from(design)].position()].name(),
                sample,
                error,
            },
            error => StudyError::Simulation {
                point: self.number,
                label: self.point.label.clone(),
                replication: self.replication,
                error: Box::new(error),
            },
        }
    }

    fn row(&self, outcome: &Outcome) -> ReplicationRow {
        // Without a completed request there is no mean; NaN says so in a column of numbers.
        let answers = if outcome.requests.completed > 0 { outcome.requests.completed as f64 } else { f64::NAN };
        let per_request = |total: f64| total / answers;
        let latency = |get: fn(&Latency) -> f64| outcome.latency.as_ref().map_or(f64::NAN, get);
        let steady = outcome.latency.as_ref().and_then(|latency| latency.steady);
        ReplicationRow {
            point: PointIndex(self.number as u32),
            replication: self.replication,
            requests: outcome.requests,
            latency_mean_s: latency(|l| l.mean),
            latency_p50_s: latency(|l| l.percentiles[49]),
            latency_p95_s: latency(|l| l.percentiles[94]),
            latency_p99_s: latency(|l| l.percentiles[98]),
            latency_max_s: latency(|l| l.max),
            steady_latency_s: steady.map(|steady| steady.mean.estimate),
            steady_latency_low_s: steady.map(|steady| steady.mean.low),
            steady_latency_high_s: steady.map(|steady| steady.mean.high),
            steady_deleted: steady.map(|steady| steady.deleted),
            phases: outcome.latency.as_ref().map_or_else(|| Phases::from_fn(|_| f64::NAN), |latency| latency.phases),
            energy: outcome.energy.divided_by(answers),
            payload_bytes: per_request(outcome.payload_bytes as f64),
            sent_bytes: per_request(outcome.sent_bytes as f64),
            traffic: outcome.traffic,
            first_depletion_s: outcome.depletion.first.map_or(f64::INFINITY, |time| time.seconds()),
            mean_lifetime_s: outcome.depletion.mean_seconds.unwrap_or(f64::INFINITY),
            cloud_energy_j: per_request(outcome.cloud_energy.total()),
            mean_servers: outcome.mean_servers.unwrap_or(f64::NAN),
            edge_utilisation: outcome.edge.utilisation.unwrap_or(f64::NAN),
            uplink_utilisation: outcome.uplink.utilisation.unwrap_or(f64::NAN),
            cloud_utilisation: outcome.cloud.utilisation.unwrap_or(f64::NAN),
            simulated_s: outcome.simulated.seconds(),
            trajectory: outcome.trajectory,
        }
    }

    /// Minimum, percentiles 1 to 99, 99.9 and maximum.
    fn latencies(&self, latency: Option<&Latency>) -> Vec<LatencyRow> {
        let Some(latency) = latency else { return vec![] };
        let whole = (1..=99).map(f64::from).zip(latency.percentiles);
        let ends = [(99.9, latency.percentile_99_9), (100.0, latency.max)];
        let row = |(percentile, seconds)| LatencyRow {
            point: PointIndex(self.number as u32),
            replication: self.replication,
            percentile,
            seconds,
        };
        [(0.0, latency.min)].into_iter().chain(whole).chain(ends).map(row).collect()
    }
}

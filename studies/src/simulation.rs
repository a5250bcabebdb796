//! One event loop per design point and replication.

use crate::designs::{Designs, Networks};
use crate::error::Failure;
use crate::plan::DesignPoint;
use crate::shared::SharedSystem;
use cospike_results::index::PointIndex;
use cospike_results::rows::{LatencyRow, ReplicationRow, Table, TimeLineRow};
use cospike_sim_core::cosim::{CosimError, Latency, Observer, Outcome, Run, TimeLine, TimeSlice, Window};
use cospike_sim_core::kernel::{Steps, Streams};

/// Events between two reports of how far a replication has come: many times a second, and too seldom to cost anything.
const EVENTS_PER_REPORT: u32 = 1 << 16;

/// What one event loop adds to the results.
pub(super) struct Rows {
    pub(super) replication: ReplicationRow,
    pub(super) latencies: Vec<LatencyRow>,
    /// Of the first replication of a design point in which something is decided while it runs.
    pub(super) time_line: Vec<TimeLineRow>,
}

impl Rows {
    /// Numbers the design point, which counts from 0 in its part of a study, as one of the whole study; `first` is the first of the part.
    pub(super) fn count_from(&mut self, first: usize) {
        let point = PointIndex(self.replication.point.0 + first as u32);
        self.replication.point = point;
        self.latencies.iter_mut().for_each(|row| row.point = point);
        self.time_line.iter_mut().for_each(|row| row.point = point);
    }
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
    /// Simulates the replication; `asked` is told now and then how many of its requests have been asked so far.
    pub(super) fn run<O: Observer>(
        &self,
        seed: u64,
        observer: &mut O,
        asked: &mut dyn FnMut(u64),
    ) -> Result<Rows, Failure> {
        let mut line = self.has_time_line().then(TimeLine::new);
        let outcome = match &mut line {
            Some(line) => self.simulate(seed, &mut (line, observer), asked),
            None => self.simulate(seed, observer, asked),
        };
        let outcome = outcome.map_err(|error| self.failure(error))?;
        let replication = self.row(&outcome);
        if let Some((column, _)) = replication.first_not_finite() {
            return Err(Failure::TooLarge { column: column.name });
        }
        let slices = line.map(|line| line.slices(outcome.simulated)).unwrap_or_default();
        Ok(Rows {
            replication,
            latencies: self.latencies(outcome.latency.as_ref()),
            time_line: time_line_rows(PointIndex(self.number as u32), slices),
        })
    }

    /// Whether the results show this replication over time: the first one of a design point, if switching or autoscaling decide something
    /// while it runs.
    fn has_time_line(&self) -> bool {
        let SharedSystem { edge, cloud, .. } = &self.point.system;
        self.replication == 0 && (edge.design.designs().nth(1).is_some() || cloud.scaling.is_some())
    }

    fn simulate<O: Observer>(
        &self,
        seed: u64,
        observer: &mut O,
        asked: &mut dyn FnMut(u64),
    ) -> Result<Outcome, CosimError> {
        let (system, labels, streams) = (self.point.system.to_system(), self.labels(), self.streams(seed));
        let mut designs = Designs::new(self.point, self.networks, &streams);
        let mut run = Run::new(&system, &mut designs, &labels, &streams, observer)?;
        let mut events = 0_u32;
        while run.step()?.is_some() {
            events = events.wrapping_add(1);
            if events.is_multiple_of(EVENTS_PER_REPORT) {
                asked(run.asked());
            }
        }
        Ok(run.outcome())
    }

    /// Classes of the samples.
    pub(super) fn labels(&self) -> Vec<u32> {
        self.labels.iter().copied().map(u32::from).collect()
    }

    pub(super) fn streams(&self, seed: u64) -> Streams {
        Streams::new(seed, u64::from(self.replication))
    }

    /// The failure of this replication when its event loop has failed.
    pub(super) fn failure(&self, error: CosimError) -> Failure {
        match error {
            CosimError::Tail { design, sample, error } => Failure::Inference {
                network: self.networks.prepared[self.point.designs[usize::from(design)].position()].name(),
                sample,
                error,
            },
            error => Failure::Simulation(Box::new(error)),
        }
    }

    fn row(&self, outcome: &Outcome) -> ReplicationRow {
        let answers = (outcome.requests.completed > 0).then_some(outcome.requests.completed as f64);
        let per_request = |total: f64| answers.map(|answers| total / answers);
        let window = outcome.window.as_ref().ok();
        let answered = window.filter(|window| window.answered > 0);
        let per_answer = |window: &Window, total: f64| total / window.answered as f64;
        let interval = answered.and_then(|window| window.joules_per_answer);
        let latency = |get: fn(&Latency) -> f64| outcome.latency.as_ref().map(get);
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
            phases: outcome.latency.as_ref().map(|latency| latency.phases),
            energy: answered.map(|window| window.energy.divided_by(window.answered as f64)),
            steady_energy_low_j: interval.map(|interval| interval.low),
            steady_energy_high_j: interval.map(|interval| interval.high),
            power_per_device_w: window.map(|window| window.watts_per_device(self.point.system.devices)),
            payload_bytes: per_request(outcome.payload_bytes as f64),
            sent_bytes: per_request(outcome.sent_bytes as f64),
            traffic: outcome.traffic,
            first_depletion_s: outcome.depletion.first.map(|time| time.seconds()),
            restricted_lifetime_s: outcome.depletion.restricted_mean_seconds,
            cloud_energy_j: answered.map(|window| per_answer(window, window.cloud_energy.total())),
            cloud_power_w: window.map(Window::cloud_watts),
            window_from_s: window.map(|window| window.from.seconds()),
            window_to_s: window.map(|window| window.to.seconds()),
            window_answered: window.map(|window| window.answered),
            no_energy: why_no_energy(outcome),
            mean_servers: outcome.mean_servers,
            edge_utilisation: outcome.edge.utilisation,
            uplink_utilisation: outcome.uplink.utilisation,
            cloud_utilisation: outcome.cloud.utilisation,
            edge_load: outcome.edge.load,
            uplink_load: outcome.uplink.load,
            cloud_load: outcome.cloud.load,
            simulated_s: outcome.simulated.seconds(),
            trajectory: outcome.trajectory,
        }
    }

    /// Minimum, percentiles 1 to 99, 99.9 and maximum.
    fn latencies(&self, latency: Option<&Latency>) -> Vec<LatencyRow> {
        let Some(latency) = latency else { return vec![] };
        let ends = [latency.percentile_99_9, latency.max];
        let seconds = [latency.min].into_iter().chain(latency.percentiles).chain(ends);
        latency_rows(PointIndex(self.number as u32), self.replication, seconds)
    }
}

/// The latencies of a replication in `seconds`: minimum, percentiles 1 to 99, 99.9 and maximum.
pub(super) fn latency_rows(
    point: PointIndex,
    replication: u32,
    seconds: impl IntoIterator<Item = f64>,
) -> Vec<LatencyRow> {
    let percentiles = (0..=99).map(f64::from).chain([99.9, 100.0]);
    let row = |(percentile, seconds)| LatencyRow { point, replication, percentile, seconds };
    percentiles.zip(seconds).map(row).collect()
}

/// The time line of a design point.
pub(super) fn time_line_rows(point: PointIndex, slices: Vec<TimeSlice>) -> Vec<TimeLineRow> {
    slices.into_iter().map(|slice| TimeLineRow { point, slice }).collect()
}

/// Reason why a replication has no energy per request; `None` if it has.
fn why_no_energy(outcome: &Outcome) -> Option<String> {
    match &outcome.window {
        Err(reason) => Some(reason.to_string()),
        Ok(window) if window.answered == 0 => {
            Some("no request was answered in the window, so there is power but no energy per request".into())
        }
        Ok(_) => None,
    }
}

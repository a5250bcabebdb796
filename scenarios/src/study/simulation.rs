//! One event loop per design point and replication.

use super::designs::{Designs, Networks};
use super::{DesignPoint, StudyError};
use cospike_results::rows::{LatencyRow, ReplicationRow};
use cospike_sim_core::cosim::{CosimError, Latency, Observer, Outcome, Parts, run_observed};
use cospike_sim_core::kernel::Streams;

/// What one event loop adds to the results.
pub(super) struct Rows {
    pub(super) replication: ReplicationRow,
    pub(super) latencies: Vec<LatencyRow>,
}

/// One event loop to come.
pub(super) struct Replication<'a> {
    /// Number of the design point.
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
        let outcome = self.checked(designs, outcome)?;
        Ok(Rows { replication: self.row(&outcome), latencies: self.latencies(outcome.latency.as_ref()) })
    }

    /// Classes of the samples.
    pub(super) fn labels(&self) -> Vec<u32> {
        self.labels.iter().copied().map(u32::from).collect()
    }

    pub(super) fn streams(&self, seed: u64) -> Streams {
        Streams::new(seed, u64::from(self.replication))
    }

    /// What a run with `designs` came to.
    pub(super) fn checked<T>(&self, designs: Designs<'a>, came_to: Result<T, CosimError>) -> Result<T, StudyError> {
        self.check(designs)?;
        came_to.map_err(|error| StudyError::Simulation {
            point: self.number,
            label: self.point.label.clone(),
            replication: self.replication,
            error: Box::new(error),
        })
    }

    /// Whether every tail of a run with `designs` could run.
    pub(super) fn check(&self, designs: Designs<'a>) -> Result<(), StudyError> {
        match designs.failed {
            Some((inference, sample, error)) => Err(StudyError::Inference {
                network: self.networks.inferences[inference].name(),
                sample,
                error: Box::new(error),
            }),
            None => Ok(()),
        }
    }

    fn row(&self, outcome: &Outcome) -> ReplicationRow {
        // Without a completed request there is no mean; NaN says so in a column of numbers.
        let per_request = |total: f64| total / if outcome.completed > 0 { outcome.completed as f64 } else { f64::NAN };
        let latency = |get: fn(&Latency) -> f64| outcome.latency.as_ref().map_or(f64::NAN, get);
        let part = |get: fn(&Parts) -> f64| outcome.latency.as_ref().map_or(f64::NAN, |latency| get(&latency.parts));
        let steady = outcome.latency.as_ref().and_then(|latency| latency.steady);
        let energy = &outcome.energy;
        ReplicationRow {
            point: self.number as u32,
            replication: self.replication,
            generated: outcome.generated,
            completed: outcome.completed,
            dropped_queue_full: outcome.dropped.queue_full,
            dropped_lost: outcome.dropped.all_packets_lost,
            dropped_battery: outcome.dropped.battery_empty,
            dropped_unreachable: outcome.dropped.unreachable,
            in_flight: outcome.in_flight,
            correct: outcome.correct,
            correct_in_time: outcome.correct_in_time,
            deadline_misses: outcome.deadline_misses,
            answered_at_edge: outcome.answered_at_edge,
            latency_mean_s: latency(|l| l.mean),
            latency_p50_s: latency(|l| l.percentiles[49]),
            latency_p95_s: latency(|l| l.percentiles[94]),
            latency_p99_s: latency(|l| l.percentiles[98]),
            latency_max_s: latency(|l| l.max),
            steady_latency_s: steady.map(|steady| steady.mean.estimate),
            steady_latency_low_s: steady.map(|steady| steady.mean.low),
            steady_latency_high_s: steady.map(|steady| steady.mean.high),
            steady_deleted: steady.map(|steady| steady.deleted),
            edge_wait_s: part(|p| p.edge_wait),
            edge_compute_s: part(|p| p.edge_compute),
            uplink_wait_s: part(|p| p.uplink_wait),
            uplink_s: part(|p| p.uplink),
            cloud_wait_s: part(|p| p.cloud_wait),
            cloud_service_s: part(|p| p.cloud_service),
            downlink_s: part(|p| p.downlink),
            energy_ac_j: per_request(energy.ac),
            energy_mac_j: per_request(energy.mac),
            energy_neuron_j: per_request(energy.neuron),
            energy_memory_j: per_request(energy.memory),
            energy_other_j: per_request(energy.other),
            energy_static_j: per_request(energy.static_power),
            energy_standby_j: per_request(energy.standby),
            energy_radio_tx_j: per_request(energy.radio_tx),
            energy_radio_rx_j: per_request(energy.radio_rx),
            energy_radio_idle_j: per_request(energy.radio_idle),
            energy_radio_promotion_j: per_request(energy.radio_promotion),
            energy_radio_tail_j: per_request(energy.radio_tail),
            energy_total_j: per_request(energy.total),
            payload_bytes: per_request(outcome.payload_bytes as f64),
            sent_bytes: per_request(outcome.sent_bytes as f64),
            packets_sent: outcome.packets_sent,
            packets_lost: outcome.packets_lost,
            retransmissions: outcome.retransmissions,
            bits_flipped: outcome.bits_flipped,
            bits_erased: outcome.bits_erased,
            steps_sent: outcome.steps_sent,
            steps_saved: outcome.steps_saved,
            false_alarms: outcome.false_alarms,
            missed_signals: outcome.missed_signals,
            depleted_devices: outcome.depletion.devices,
            first_depletion_s: outcome.depletion.first.map_or(f64::INFINITY, |time| time.seconds()),
            mean_lifetime_s: outcome.depletion.mean_seconds.unwrap_or(f64::INFINITY),
            cloud_energy_j: per_request(outcome.cloud_energy.total()),
            mean_servers: outcome.mean_servers.unwrap_or(f64::NAN),
            edge_utilisation: outcome.edge.utilisation.unwrap_or(f64::NAN),
            uplink_utilisation: outcome.uplink.utilisation.unwrap_or(f64::NAN),
            cloud_utilisation: outcome.cloud.utilisation.unwrap_or(f64::NAN),
            simulated_s: outcome.simulated.seconds(),
            events: outcome.events,
            fingerprint: outcome.fingerprint,
        }
    }

    /// Minimum, percentiles 1 to 99, 99.9 and maximum.
    fn latencies(&self, latency: Option<&Latency>) -> Vec<LatencyRow> {
        let Some(latency) = latency else { return vec![] };
        let whole = (1..=99).map(f64::from).zip(latency.percentiles);
        let ends = [(99.9, latency.percentile_99_9), (100.0, latency.max)];
        let row = |(percentile, seconds)| LatencyRow {
            point: self.number as u32,
            replication: self.replication,
            percentile,
            seconds,
        };
        [(0.0, latency.min)].into_iter().chain(whole).chain(ends).map(row).collect()
    }
}

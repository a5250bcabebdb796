//! One event loop per design point and replication.

use super::inference::{InferenceRun, SampleRun};
use super::{DesignPoint, StudyError};
use crate::results::{LatencyRow, ReplicationRow};
use cospike_sim_core::cosim::{self, CoInference, Guess, Head, HeadStep, Latency, Outcome, Parts, Received, TailStep};
use cospike_sim_core::energy::ComputeEnergy;
use cospike_sim_core::kernel::Streams;
use cospike_sim_core::payload::{Damage, Packetise, Payload};
use cospike_sim_core::split::{SplitError, SplitNetwork};
use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroUsize;
use std::ops::Range;

/// What one event loop adds to the results.
pub(super) struct Rows {
    pub(super) replication: ReplicationRow,
    pub(super) latencies: Vec<LatencyRow>,
}

/// The packets of every sample.
#[derive(Default)]
pub(super) struct Packets {
    /// Byte ranges in the sample's payload.
    ranges: Vec<Vec<Range<usize>>>,
    /// Their lengths.
    bytes: Vec<Vec<u32>>,
    /// The head, which has one step.
    heads: Vec<[HeadStep; 1]>,
}

impl Packets {
    fn cut(run: &InferenceRun, payload: NonZeroUsize, packetise: Packetise, prices: usize) -> Self {
        let ranges: Vec<Vec<Range<usize>>> = run
            .samples
            .iter()
            .map(|sample| sample.payload.as_ref().map_or(vec![], |bytes| bytes.packets(payload, packetise)))
            .collect();
        let bytes = ranges.iter().map(|packets| packets.iter().map(|range| range.len() as u32).collect()).collect();
        let head = |(sample, packets): (&SampleRun, &Vec<_>)| {
            let guess = sample.payload.is_none().then_some(certain(sample.answer));
            [HeadStep { counts: sample.head, energy: sample.energies[prices], packets: packets.len() as u32, guess }]
        };
        let heads = run.samples.iter().zip(&ranges).map(head).collect();
        Self { ranges, bytes, heads }
    }
}

/// An answer whose confidence no policy asks for.
fn certain(answer: u32) -> Guess {
    Guess { answer, entropy: 0.0 }
}

/// The packets of every design point; points that cut the same payloads alike share them.
pub(super) struct AllPackets(HashMap<(usize, NonZeroUsize, Packetise, usize), Packets>);

impl AllPackets {
    pub(super) fn cut(points: &[DesignPoint], runs: &[InferenceRun], prices: impl Fn(&DesignPoint) -> usize) -> Self {
        let mut all = HashMap::new();
        for point in points {
            let cut = || Packets::cut(&runs[point.inference], point.packet_payload, point.packetise, prices(point));
            all.entry(Self::key(point, prices(point))).or_insert_with(cut);
        }
        Self(all)
    }

    pub(super) fn of(&self, point: &DesignPoint, prices: usize) -> &Packets {
        &self.0[&Self::key(point, prices)]
    }

    fn key(point: &DesignPoint, prices: usize) -> (usize, NonZeroUsize, Packetise, usize) {
        (point.inference, point.packet_payload, point.packetise, prices)
    }
}

/// The split network, looked up where nothing was lost and run where something was.
struct Computation<'a> {
    network: &'a SplitNetwork,
    samples: &'a [SampleRun],
    packets: &'a Packets,
    /// Tails that ran on incomplete payloads, by sample and lost packets.
    incomplete: BTreeMap<(u32, Vec<u32>), TailStep>,
    failed: Option<(u32, SplitError)>,
}

impl Computation<'_> {
    fn run_incomplete(&mut self, sample: u32, payload: &Payload, lost: &[u32]) -> TailStep {
        let ranges = &self.packets.ranges[sample as usize];
        let gaps: Vec<Range<usize>> = lost.iter().map(|&packet| ranges[packet as usize].clone()).collect();
        match self.network.tail(payload, &Damage::losing(&gaps)) {
            Ok(run) => {
                let counts = run.layers.iter().map(|layer| layer.counts).sum();
                TailStep { counts, energy: ComputeEnergy::default(), guess: certain(run.answer as u32) }
            }
            Err(error) => {
                // The event loop cannot stop here; the replication fails once it has ended.
                self.failed.get_or_insert((sample, error));
                self.whole(sample)
            }
        }
    }

    fn whole(&self, sample: u32) -> TailStep {
        let run = &self.samples[sample as usize];
        TailStep { counts: run.tail, energy: ComputeEnergy::default(), guess: certain(run.answer) }
    }
}

impl CoInference for Computation<'_> {
    fn head(&self, _: u8, sample: u32) -> Head<'_> {
        let packets = self.packets;
        Head { steps: &packets.heads[sample as usize], packets: &packets.bytes[sample as usize] }
    }

    fn tail(&mut self, _: u8, sample: u32, received: &Received<'_>) -> TailStep {
        let samples = self.samples;
        match &samples[sample as usize].payload {
            Some(payload) if !received.is_whole() => {
                let key = (sample, received.lost.to_vec());
                if let Some(known) = self.incomplete.get(&key) {
                    return *known;
                }
                let tail = self.run_incomplete(sample, payload, received.lost);
                self.incomplete.insert(key, tail);
                tail
            }
            _ => self.whole(sample),
        }
    }
}

/// One event loop to come.
pub(super) struct Replication<'a> {
    /// Number of the design point.
    pub(super) number: usize,
    pub(super) point: &'a DesignPoint,
    pub(super) replication: u32,
    pub(super) network: &'a SplitNetwork,
    pub(super) run: &'a InferenceRun,
    pub(super) packets: &'a Packets,
    pub(super) labels: &'a [u8],
}

impl Replication<'_> {
    pub(super) fn run(&self, seed: u64) -> Result<Rows, StudyError> {
        let mut computation = Computation {
            network: self.network,
            samples: &self.run.samples,
            packets: self.packets,
            incomplete: BTreeMap::new(),
            failed: None,
        };
        let labels: Vec<u32> = self.labels.iter().copied().map(u32::from).collect();
        let streams = Streams::new(seed, u64::from(self.replication));
        let outcome = cosim::run(&self.point.system, &mut computation, &labels, &streams);
        if let Some((sample, error)) = computation.failed {
            return Err(StudyError::Inference { network: self.point.label.clone(), sample, error });
        }
        let outcome = outcome.map_err(|error| StudyError::Simulation {
            point: self.number,
            label: self.point.label.clone(),
            replication: self.replication,
            error,
        })?;
        Ok(Rows { replication: self.row(&outcome), latencies: self.latencies(outcome.latency.as_ref()) })
    }

    fn row(&self, outcome: &Outcome) -> ReplicationRow {
        // Without a completed request there is no mean; NaN says so in a column of numbers.
        let per_request = |total: f64| total / if outcome.completed > 0 { outcome.completed as f64 } else { f64::NAN };
        let latency = |get: fn(&Latency) -> f64| outcome.latency.as_ref().map_or(f64::NAN, get);
        let part = |get: fn(&Parts) -> f64| outcome.latency.as_ref().map_or(f64::NAN, |latency| get(&latency.parts));
        let energy = &outcome.energy;
        ReplicationRow {
            point: self.number as u32,
            replication: self.replication,
            generated: outcome.generated,
            completed: outcome.completed,
            dropped_queue_full: outcome.dropped.queue_full,
            dropped_lost: outcome.dropped.all_packets_lost,
            in_flight: outcome.in_flight,
            correct: outcome.correct,
            latency_mean_s: latency(|l| l.mean),
            latency_p50_s: latency(|l| l.percentiles[49]),
            latency_p95_s: latency(|l| l.percentiles[94]),
            latency_p99_s: latency(|l| l.percentiles[98]),
            latency_max_s: latency(|l| l.max),
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
            energy_radio_tx_j: per_request(energy.radio_tx),
            energy_radio_rx_j: per_request(energy.radio_rx),
            energy_radio_idle_j: per_request(energy.radio_idle),
            energy_total_j: per_request(energy.total),
            payload_bytes: per_request(outcome.payload_bytes as f64),
            sent_bytes: per_request(outcome.sent_bytes as f64),
            packets_sent: outcome.packets_sent,
            packets_lost: outcome.packets_lost,
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

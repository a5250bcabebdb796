//! A study that never ran: every number comes from a simple formula, so that figures have something to draw.

use cospike_results::index::{NetworkIndex, PointIndex};
use cospike_results::manifest::{Axis, FileUsed, MANIFEST_SCHEMA, Manifest, ProfileUsed, ValueUsed};
use cospike_results::rows::{
    AnswerRow, ComputeEnergyRow, EventEnergy, LatencyRow, PointRow, ReplicationRow, Results, Setup,
};
use cospike_sim_core::cosim::{Phase, Phases, RequestCounters, TrafficCounters, Trajectory};
use cospike_sim_core::energy::{ComputeEnergy, Energy, PowerEnergy};
use cospike_sim_core::record::Kind;
use std::sync::Arc;

/// Samples of every synthetic network.
const SAMPLES: u32 = 400;

/// What to make up.
#[derive(Clone)]
pub(crate) struct Synthetic {
    /// Families of networks.
    pub(crate) families: Vec<&'static str>,
    /// Split points.
    pub(crate) splits: Vec<&'static str>,
    /// Widths of the bottleneck unit.
    pub(crate) widths: Vec<u32>,
    /// Replications of each design point.
    pub(crate) replications: u32,
    /// Whether any request is completed.
    pub(crate) completes: bool,
    /// Whether the unsplit backbone of every family is in the study as well.
    pub(crate) backbones: bool,
}

impl Synthetic {
    /// One design point.
    pub(crate) fn one() -> Self {
        let (families, splits, widths) = (vec!["spiking"], vec!["stage3"], vec![4]);
        Self { families, splits, widths, replications: 1, completes: true, backbones: false }
    }

    /// The 18 design points of the quick start.
    pub(crate) fn eighteen() -> Self {
        let (families, splits) = (vec!["spiking", "float"], vec!["stage1", "stage2", "stage3"]);
        Self { families, splits, widths: vec![2, 4, 8], replications: 5, completes: true, backbones: false }
    }

    /// 60 design points, and the backbones.
    pub(crate) fn sixty() -> Self {
        let splits = vec!["stem", "stage1", "stage2", "stage3", "stage4", "stage5"];
        Self { splits, widths: vec![1, 2, 4, 8, 16], backbones: true, ..Self::eighteen() }
    }

    /// The rows.
    pub(crate) fn results(&self) -> Results {
        let mut results = Results::new(manifest(self.replications), 0);
        for (f, family) in self.families.iter().enumerate() {
            for (s, split) in self.splits.iter().enumerate() {
                for width in &self.widths {
                    self.add(&mut results, (f, family), (s, split), Some(*width));
                }
            }
            if self.backbones {
                self.add(&mut results, (f, family), (self.splits.len(), "output"), None);
            }
        }
        results.all_points = results.points.len();
        results
    }

    fn add(&self, results: &mut Results, (f, family): (usize, &str), (s, split): (usize, &str), width: Option<u32>) {
        let point = results.points.len() as u32;
        let payload = width.map_or(0.0, |width| f64::from(width) * 784.0 / f64::from(1 << s) * (1.0 + 0.3 * f as f64));
        let channels = f64::from(width.unwrap_or(32));
        let correct = (f64::from(SAMPLES) * (0.93 - 0.12 / channels - 0.01 * (f + s) as f64)) as u32;
        let label = width.map_or(format!("{family} {split}"), |width| format!("{family} {split} w{width}"));
        let width_json = width.map_or("null".to_owned(), |width| width.to_string());
        results.points.push(PointRow {
            point: PointIndex(point),
            label,
            parameters: format!(
                r#"{{"network.family":"{family}","network.split":"{split}","network.width":{width_json}}}"#
            ),
            network: NetworkIndex(point),
            setup: setup(),
            backbone: "resnet14".to_owned(),
            family: if family == "spiking" { "spiking" } else { "float" }.to_owned(),
            kind: family.to_owned(),
            split: split.to_owned(),
            width,
            variant: width.map(|_| "plain".to_owned()),
            codec: if family == "spiking" { "spikes" } else { "jpeg 90" }.to_owned(),
            time_steps: if family == "spiking" { 4 } else { 1 },
            readout: (family == "spiking").then(|| "mean".into()),
            convention: "inside".to_owned(),
            samples: SAMPLES,
            correct: Some(correct),
            payload_bits: Some(payload),
            float32_bits: (32 * 12_544) >> s,
            binary_bits: (4 * 12_544) >> s,
            failed_replications: 0,
            failure: None,
        });
        // Which samples are answered right differs a little from network to network.
        results.answers.extend((0..SAMPLES).map(|sample| AnswerRow {
            network: NetworkIndex(point),
            sample,
            label: 1,
            answer: u32::from((sample * 7 + point) % SAMPLES < correct),
            entropy: 0.5,
            payload_bits: payload as u32,
        }));
        let work = 1e-6 * (1 + s) as f64 * if family == "spiking" { 0.2 } else { 1.0 };
        for (prices, factor) in [("horowitz-45nm-fp32", 1.0), ("horowitz-45nm-int32", 0.08), ("loihi-2018", 30.0)] {
            let events = [("ac", 0.5), ("weight_read", 0.4 + 0.01 * channels)];
            // A machine that skips zeros spends a third as much on a float network.
            let skipping = if family == "spiking" { 1.0 } else { 0.33 };
            for (convention, factor) in [("inside", factor), ("non-zero", factor * skipping)] {
                results.compute_energy.extend(events.iter().map(|(event, share)| ComputeEnergyRow {
                    point: PointIndex(point),
                    energy: Arc::new(EventEnergy {
                        prices: prices.to_owned(),
                        convention: convention.to_owned(),
                        event: (*event).to_owned(),
                        price: (*event).to_owned(),
                        joules: work * factor * share,
                    }),
                }));
            }
        }
        for replication in 0..self.replications {
            let row = self.replication((point, replication), family == "spiking", work, payload, correct);
            let percentiles = [0.0, 5.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0, 100.0];
            if let Some(mean) = row.latency_mean_s {
                results.latencies.extend(percentiles.iter().map(|&percentile| LatencyRow {
                    point: PointIndex(point),
                    replication,
                    percentile,
                    seconds: mean * (0.4 - (1.001 - percentile / 100.0).ln() * 0.6),
                }));
            }
            results.replications.push(row);
        }
    }

    fn replication(
        &self,
        (point, replication): (u32, u32),
        spiking: bool,
        work: f64,
        payload: f64,
        correct: u32,
    ) -> ReplicationRow {
        let noise = 1.0 + 0.01 * f64::from(replication);
        let latency = noise * (0.004 + payload * 2e-6 + work * 1e3);
        let completed = if self.completes { 2000 } else { 0 };
        let mean = |value: f64| self.completes.then_some(value);
        let compute = ComputeEnergy {
            ac: if spiking { work * 0.5 } else { 0.0 },
            mac: if spiking { work * 0.1 } else { work * 0.5 },
            neuron: work * 0.02,
            memory: work * 0.4,
            ..ComputeEnergy::default()
        };
        let power = PowerEnergy {
            static_power: 4e-4 * noise,
            radio_tx: payload * 1e-8 * noise,
            radio_rx: 2e-6,
            ..PowerEnergy::default()
        };
        let phases = Phases::from_fn(|phase| match phase {
            Phase::EdgeWait | Phase::UplinkWait | Phase::CloudWait => 0.0,
            Phase::EdgeCompute => work * 1e3,
            Phase::Uplink => payload * 2e-6,
            Phase::CloudService => 0.003,
            Phase::Downlink => 0.001,
        });
        ReplicationRow {
            point: PointIndex(point),
            replication,
            requests: RequestCounters {
                generated: 2000,
                completed,
                dropped_lost: 2000 - completed,
                correct: completed * u64::from(correct) / u64::from(SAMPLES),
                correct_in_time: completed * u64::from(correct) / u64::from(SAMPLES),
                ..RequestCounters::default()
            },
            latency_mean_s: mean(latency),
            latency_p50_s: mean(latency * 0.9),
            latency_p95_s: mean(latency * 2.2),
            latency_p99_s: mean(latency * 3.2),
            latency_max_s: mean(latency * 4.5),
            steady_latency_s: mean(latency),
            steady_latency_low_s: None,
            steady_latency_high_s: None,
            steady_deleted: None,
            phases: self.completes.then_some(phases),
            energy: self.completes.then_some(Energy { compute, power, total: compute.sum() + power.sum() }),
            payload_bytes: mean(payload / 8.0),
            sent_bytes: mean(payload / 8.0 + 40.0),
            traffic: TrafficCounters {
                packets_sent: 2000,
                packets_lost: 2000 - completed,
                steps_sent: 2000,
                ..TrafficCounters::default()
            },
            first_depletion_s: None,
            restricted_lifetime_s: None,
            steady_energy_low_j: None,
            steady_energy_high_j: None,
            power_per_device_w: mean((compute.sum() + power.sum()) * 0.5),
            cloud_energy_j: mean(0.0),
            cloud_power_w: mean(0.0),
            window_from_s: Some(4.0),
            window_to_s: Some(40.0),
            window_answered: Some(completed),
            no_energy: (!self.completes).then(|| "no request was answered in the window".to_owned()),
            mean_servers: Some(2.0),
            edge_utilisation: Some(0.1),
            uplink_utilisation: Some(0.1),
            cloud_utilisation: Some(0.1),
            edge_load: Some(0.1),
            uplink_load: Some(0.1),
            cloud_load: Some(0.1),
            simulated_s: 40.0,
            trajectory: Trajectory { events: 12_000, fingerprint: u64::from(point) },
        }
    }
}

fn manifest(replications: u32) -> Manifest {
    let value = |key: &str, value, unit: &str| ValueUsed {
        key: key.to_owned(),
        value,
        unit: unit.to_owned(),
        source: "made up for this test".to_owned(),
        scope: "per operation".to_owned(),
        evidence: "assumed".to_owned(),
    };
    let file = |name: &str, hash: &str| FileUsed::new(name, hash.repeat(4));
    Manifest {
        schema: MANIFEST_SCHEMA,
        version: "0.0.0-test".to_owned(),
        name: "synthetic".to_owned(),
        question: Some("Which of <these> is best?".to_owned()),
        scenario: "# made up\n[study]\nname = \"synthetic\"\n".to_owned(),
        settings: vec!["link.profile=my link".to_owned()],
        selected: vec!["3..7".to_owned()],
        search: None,
        goal: None,
        seed: 7,
        replications,
        axes: axes(["network.family", "network.split", "network.width"]),
        networks: vec![file("resnet14-spiking-stage3-w4", "0123456789abcdef")],
        datasets: vec![file("fashion-mnist", "00112233445566ff")],
        traces: vec![],
        profiles: vec![
            ProfileUsed {
                kind: "prices".to_owned(),
                name: "horowitz-45nm-fp32".to_owned(),
                description: "Made up.".to_owned(),
                values: vec![value("ac", 0.9e-12, "J"), value("mac", 4.6e-12, "J")],
            },
            ProfileUsed {
                kind: "link".to_owned(),
                name: "wifi".to_owned(),
                description: "Made up.".to_owned(),
                values: vec![value("rate", 2e7, "bit/s")],
            },
        ],
        warnings: vec!["prices and rates of <different> machines".to_owned()],
    }
}

/// Swept keys, as a manifest names them.
pub(crate) fn axes<const N: usize>(keys: [&str; N]) -> Vec<Axis> {
    keys.map(|key| Axis { key: key.into(), kind: Kind::Text }).to_vec()
}

fn setup() -> Setup {
    Setup {
        devices: 4,
        requests_per_second: Some(1.0),
        device: "device".into(),
        link: "link".into(),
        cloud: "cloud".into(),
        servers: 1,
        prices: Some("prices".into()),
        cloud_prices: None,
        designs: 1,
        device_energy_waits: true,
        cloud_energy_waits: true,
    }
}

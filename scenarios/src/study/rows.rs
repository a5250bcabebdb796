//! From runs to the rows of the result store.

use super::inference::InferenceRun;
use super::simulation::Rows;
use super::{DesignPoint, NamedPrices, Study};
use cospike_results::rows::{AnswerRow, ComputeEnergyRow, LayerRow, PointRow, Results};
use cospike_sim_core::energy::Account;
use cospike_sim_core::network::Network;

impl Study {
    pub(super) fn results(&self, runs: &[InferenceRun], rows: Vec<Rows>) -> Results {
        let points = || self.points.iter().enumerate().map(|(number, point)| (number as u32, point));
        let (replications, latencies): (Vec<_>, Vec<_>) =
            rows.into_iter().map(|rows| (rows.replication, rows.latencies)).unzip();
        Results {
            manifest: self.manifest.clone(),
            points: points().map(|(number, point)| self.point_row(number, point, runs)).collect(),
            layers: points().flat_map(|(number, point)| self.layer_rows(number, point, runs)).collect(),
            compute_energy: points().flat_map(|(number, point)| self.energy_rows(number, point, runs)).collect(),
            replications,
            latencies: latencies.into_iter().flatten().collect(),
            answers: (0..runs.len()).flat_map(|network| self.answer_rows(network, &runs[network])).collect(),
        }
    }

    fn point_row(&self, number: u32, point: &DesignPoint, runs: &[InferenceRun]) -> PointRow {
        let inference = &self.inferences[point.inference()];
        let run = &runs[point.inference()];
        let labels = self.labels(point);
        let network = &inference.network.network;
        let unit = inference.key.choice.unit.as_ref();
        let values = split_values(network.network(), &inference.key.choice.split);
        PointRow {
            point: number,
            label: point.label.clone(),
            parameters: serde_json::json!(point.parameters).to_string(),
            network: point.inference() as u32,
            backbone: inference.key.choice.backbone.clone(),
            family: inference.key.choice.family.name().into(),
            kind: inference.key.choice.kind().into(),
            split: inference.key.choice.split.clone(),
            width: unit.map(|unit| unit.width),
            variant: unit.map(|unit| unit.variant.clone()),
            codec: inference.network.codec.to_string(),
            time_steps: network.steps() as u32,
            samples: inference.key.samples,
            correct: run.correct(labels),
            payload_bits: run.payload_bits(),
            float32_bits: values * 32,
            binary_bits: values * network.steps() as u64,
        }
    }

    fn layer_rows(&self, number: u32, point: &DesignPoint, runs: &[InferenceRun]) -> Vec<LayerRow> {
        let network = &self.inferences[point.inference()].network.network;
        let run = &runs[point.inference()];
        let mean = |sum: u64| sum as f64 / run.samples.len() as f64;
        let row = |layer: &cospike_sim_core::inference::LayerCounts| LayerRow {
            point: number,
            layer: layer.layer as u32,
            name: network.network().layers[layer.layer].name.clone(),
            part: if layer.layer <= network.cut() { "head" } else { "tail" }.into(),
            input_events: mean(layer.input_events),
            output_events: mean(layer.output_events),
            ac: mean(layer.counts.ac),
            mac: mean(layer.counts.mac),
            neuron_updates: mean(layer.counts.neuron_updates),
            weight_reads: mean(layer.counts.weight_reads),
            state_accesses: mean(layer.counts.state_accesses),
            activation_reads: mean(layer.counts.activation_reads),
            activation_writes: mean(layer.counts.activation_writes),
        };
        run.layers.iter().map(row).collect()
    }

    fn energy_rows(&self, number: u32, point: &DesignPoint, runs: &[InferenceRun]) -> Vec<ComputeEnergyRow> {
        let (zoo, run) = (&self.inferences[point.inference()].network, &runs[point.inference()]);
        let head: Vec<_> = run.layers.iter().filter(|layer| layer.layer <= zoo.network.cut()).copied().collect();
        let lists = self.prices.iter().flat_map(|NamedPrices { name, list }| {
            let account = list.account(zoo.network.network(), zoo.matched_steps, &head);
            // A sum without some of its terms is no energy to compare.
            let events = if account.is_partial() { vec![] } else { joules_by_event(&account) };
            events.into_iter().map(|(event, joules)| ComputeEnergyRow {
                point: number,
                prices: name.clone(),
                kind: event.into(),
                joules: joules / run.samples.len() as f64,
            })
        });
        lists.collect()
    }

    fn answer_rows(&self, network: usize, run: &InferenceRun) -> Vec<AnswerRow> {
        let labels = &self.datasets[&self.inferences[network].key.dataset].labels;
        let rows = run.samples.iter().zip(labels).enumerate().map(|(sample, (run, &label))| AnswerRow {
            network: network as u32,
            sample: sample as u32,
            label: label.into(),
            answer: run.answer,
            payload_bits: run.payload_bits() as u32,
        });
        rows.collect()
    }
}

/// Values of the feature at the split point, before any bottleneck unit.
fn split_values(network: &Network, split: &str) -> u64 {
    let point = network.split_points.iter().find(|point| point.name == split);
    point.map_or(0, |point| network.layers[point.layer].output.len() as u64)
}

/// Joules of each kind of event over all layers, in order of appearance; none of what has no price.
fn joules_by_event(account: &Account) -> Vec<(&'static str, f64)> {
    let mut events: Vec<(&'static str, f64)> = vec![];
    for line in &account.lines {
        let Some(joules) = line.joules() else { continue };
        match events.iter_mut().find(|(event, _)| *event == line.event) {
            Some((_, sum)) => *sum += joules,
            None => events.push((line.event, joules)),
        }
    }
    events
}

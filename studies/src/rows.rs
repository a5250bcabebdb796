//! From what networks did and what was simulated to the rows of the results.

use crate::plan::{DesignPoint, NamedPrices};
use crate::prices::{PricedNetwork, PricedSample};
use crate::simulation::Rows;
use crate::study::Study;
use cospike_results::index::{NetworkIndex, PointIndex};
use cospike_results::rows::{AnswerRow, ComputeEnergyRow, LayerRow, PointRow, Results};
use cospike_sim_core::energy::Account;
use cospike_sim_core::network::Network;

impl Study {
    pub(super) fn results(&self, networks: &[PricedNetwork], rows: Vec<Rows>) -> Results {
        let points = || self.plan().points.iter().enumerate().map(|(number, point)| (PointIndex(number as u32), point));
        let (replications, latencies): (Vec<_>, Vec<_>) =
            rows.into_iter().map(|rows| (rows.replication, rows.latencies)).unzip();
        Results {
            manifest: self.manifest(),
            points: points().map(|(number, point)| self.point_row(number, point, networks)).collect(),
            layers: points().flat_map(|(number, point)| self.layer_rows(number, point, networks)).collect(),
            compute_energy: points().flat_map(|(number, point)| self.energy_rows(number, point, networks)).collect(),
            replications,
            latencies: latencies.into_iter().flatten().collect(),
            answers: (0..)
                .zip(networks)
                .flat_map(|(index, network)| self.answer_rows(NetworkIndex(index), network))
                .collect(),
        }
    }

    fn point_row(&self, number: PointIndex, point: &DesignPoint, networks: &[PricedNetwork]) -> PointRow {
        let (prepared, priced) = (&self.networks[point.network().position()], &networks[point.network().position()]);
        let (choice, network) = (&prepared.choice, &prepared.zoo.network);
        let values = split_values(network.network(), &choice.split);
        PointRow {
            point: number,
            label: point.label.clone(),
            parameters: serde_json::json!(point.parameters).to_string(),
            network: point.network(),
            backbone: choice.backbone.clone(),
            family: choice.family.name().into(),
            kind: choice.kind().into(),
            split: choice.split.clone(),
            width: choice.unit.as_ref().map(|unit| unit.width),
            variant: choice.unit.as_ref().map(|unit| unit.variant.clone()),
            codec: prepared.zoo.codec.to_string(),
            time_steps: network.steps() as u32,
            samples: prepared.samples.count,
            correct: priced.correct(self.labels(point.network())),
            payload_bits: priced.payload_bits(),
            float32_bits: values * 32,
            binary_bits: values * network.steps() as u64,
        }
    }

    fn layer_rows(&self, number: PointIndex, point: &DesignPoint, networks: &[PricedNetwork]) -> Vec<LayerRow> {
        let network = &self.networks[point.network().position()].zoo.network;
        let priced = &networks[point.network().position()];
        let mean = |sum: u64| sum as f64 / priced.samples.len() as f64;
        let row = |layer: &cospike_sim_core::inference::LayerCounts| LayerRow {
            point: number,
            layer: layer.layer as u32,
            name: network.network().layers[layer.layer].name.clone(),
            half: if layer.layer <= network.cut() { "head" } else { "tail" }.into(),
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
        priced.layers.iter().map(row).collect()
    }

    fn energy_rows(
        &self,
        number: PointIndex,
        point: &DesignPoint,
        networks: &[PricedNetwork],
    ) -> Vec<ComputeEnergyRow> {
        let (prepared, priced) = (&self.networks[point.network().position()], &networks[point.network().position()]);
        let network = &prepared.zoo.network;
        let head: Vec<_> = priced.layers.iter().filter(|layer| layer.layer <= network.cut()).copied().collect();
        let lists = self.plan().prices.iter().flat_map(|NamedPrices { name, list }| {
            let account = list.account(network.network(), prepared.matched_steps, &head);
            // A sum without some of its terms is no energy to compare.
            let events = if account.is_partial() { vec![] } else { joules_by_event(&account) };
            events.into_iter().map(|(event, joules)| ComputeEnergyRow {
                point: number,
                prices: name.clone(),
                event: event.into(),
                joules: joules / priced.samples.len() as f64,
            })
        });
        lists.collect()
    }

    fn answer_rows(&self, index: NetworkIndex, network: &PricedNetwork) -> Vec<AnswerRow> {
        let samples = network.samples.iter().zip(self.labels(index));
        let row = |(sample, (inference, &label)): (u32, (&PricedSample, &u16))| AnswerRow {
            network: index,
            sample,
            label: label.into(),
            answer: inference.answer,
            payload_bits: inference.payload_bits() as u32,
        };
        (0..).zip(samples).map(row).collect()
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

//! From what networks did and what was simulated to the rows of the results.

use crate::plan::{DesignPoint, NamedPrices};
use crate::prices::EXECUTED;
use crate::schedule::Simulated;
use crate::study::{Executed, Study, Summaries};
use crate::summary::InferenceSummary;
use crate::unanswered;
use cospike_results::index::{NetworkIndex, PointIndex, PriceIndex};
use cospike_results::rows::{AnswerRow, ComputeEnergyRow, EventEnergy, LayerMeans, LayerRow, PointRow, Results, Setup};
use cospike_sim_core::cosim::WaitingEnergies;
use cospike_sim_core::energy::Account;
use cospike_sim_core::network::Network;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// What rows say of each network; those of all its design points share it.
type OfNetworks<T> = BTreeMap<NetworkIndex, Vec<Arc<T>>>;

/// What the rows of the tables `layers` and `compute_energy` say.
pub(super) struct NetworkRows {
    layers: OfNetworks<LayerMeans>,
    energies: OfNetworks<EventEnergy>,
}

impl Study {
    /// What the rows of networks that were `executed` say.
    pub(super) fn network_rows(&self, networks: &Summaries) -> NetworkRows {
        NetworkRows {
            layers: self.of_networks(networks, Self::layer_means),
            energies: self.of_networks(networks, Self::energies),
        }
    }

    /// The tables of a part of the design points, which were `simulated`. The first part has the answers of all networks.
    pub(super) fn rows_of_part(
        &self,
        part: Range<usize>,
        executed: &Executed,
        networks: &NetworkRows,
        simulated: Vec<Simulated>,
    ) -> Results {
        let first = PointIndex((self.first + part.start) as u32);
        let points = || (first.0..).map(PointIndex).zip(&self.plan().points[part.clone()]);
        let rows = points().zip(&simulated).map(|((number, point), of)| self.point_row(number, point, executed, of));
        let rows = rows.collect();
        let (mut replications, mut latencies, mut time_line) = (vec![], vec![], vec![]);
        for mut rows in simulated.into_iter().flat_map(|of| of.rows) {
            rows.count_from(self.first);
            replications.push(rows.replication);
            latencies.extend(rows.latencies);
            time_line.extend(rows.time_line);
        }
        let answers = executed.summaries.iter().filter(|_| first == PointIndex(0));
        Results {
            points: rows,
            layers: of_points(points(), &networks.layers, |point, means| LayerRow { point, means }),
            compute_energy: of_points(points(), &networks.energies, |point, energy| ComputeEnergyRow { point, energy }),
            answers: answers.flat_map(|(&index, network)| self.answer_rows(index, network)).collect(),
            latencies,
            time_line,
            replications,
            ..Results::new(self.manifest(), self.census().points)
        }
    }

    fn point_row(&self, number: PointIndex, point: &DesignPoint, executed: &Executed, of: &Simulated) -> PointRow {
        let (prepared, done) = (&self.networks[point.network().position()], executed.summaries.get(&point.network()));
        let (choice, blueprint) = (&prepared.choice, &prepared.blueprint);
        let values = split_values(&blueprint.network, &choice.split);
        // What is computed from frames is another tensor in each step, also where nothing spikes.
        let tensors = self.datasets[&prepared.samples.blake3].kind.steps().unwrap_or(1) as u64;
        let (failed_replications, failure) = match point.networks().find_map(|index| executed.failures.get(&index)) {
            Some(failure) => (self.plan().replications, Some(failure.to_string())),
            None => match &of.first_failure {
                Some((number, failure)) => (of.failed, Some(format!("replication {number}: {failure}"))),
                None => (0, unanswered::explain(&point.system.workload, &of.replications())),
            },
        };
        PointRow {
            point: number,
            label: point.label.clone(),
            parameters: serde_json::json!(point.parameters).to_string(),
            network: point.network(),
            setup: self.setup(point),
            backbone: choice.backbone.clone(),
            family: choice.family.name().into(),
            kind: choice.kind().into(),
            split: choice.split.clone(),
            width: choice.unit.as_ref().map(|unit| unit.width),
            variant: choice.unit.as_ref().map(|unit| unit.variant.clone()),
            codec: blueprint.codec.to_string(),
            time_steps: blueprint.steps as u32,
            readout: network_readout(&blueprint.network),
            convention: point.convention.name().into(),
            samples: prepared.samples.count,
            correct: done.map(|done| done.correct(self.labels(point.network()))),
            payload_bits: done.map(InferenceSummary::payload_bits),
            float32_bits: values * 32 * tensors,
            binary_bits: values * blueprint.steps as u64,
            failed_replications,
            failure,
        }
    }

    /// What a design point simulates.
    fn setup(&self, point: &DesignPoint) -> Setup {
        let system = &point.system;
        let waiting = WaitingEnergies::new(&system.edge, &system.link, &system.cloud, &system.workload);
        let list = |index: PriceIndex| self.plan().prices[index.position()].name.clone();
        Setup {
            devices: point.system.devices,
            requests_per_second: point.system.workload.arrivals.requests_per_second(),
            device: point.profiles.device.clone(),
            link: point.profiles.link.clone(),
            cloud: point.profiles.cloud.clone(),
            servers: point.system.cloud.servers,
            prices: point.prices.map(list),
            cloud_prices: point.cloud_prices.map(list),
            designs: point.designs.len() as u32,
            device_energy_waits: waiting.devices,
            cloud_energy_waits: waiting.cloud,
        }
    }

    /// What the rows of each network say, in an order of its own.
    fn of_networks<T>(
        &self,
        networks: &Summaries,
        contents: impl Fn(&Self, NetworkIndex, &InferenceSummary) -> Vec<T>,
    ) -> OfNetworks<T> {
        let shared = |(&index, done)| (index, contents(self, index, done).into_iter().map(Arc::new).collect());
        networks.iter().map(shared).collect()
    }

    fn layer_means(&self, index: NetworkIndex, done: &InferenceSummary) -> Vec<LayerMeans> {
        let blueprint = &self.networks[index.position()].blueprint;
        let samples = done.samples();
        let mean = |sum: u64| sum as f64 / samples as f64;
        let row = |layer: &cospike_sim_core::inference::LayerCounts| LayerMeans {
            layer: layer.layer as u32,
            name: match layer.is_codec {
                true => "codec".into(),
                false => blueprint.network.layers[layer.layer].name.clone(),
            },
            half: if layer.layer <= blueprint.cut { "head" } else { "tail" }.into(),
            input_events: mean(layer.input_events),
            output_events: mean(layer.output_events),
            nonzero_inputs: mean(layer.nonzero_inputs),
            counts: layer.counts.mean(samples),
            with_borders: layer.with_borders.mean(samples),
            nonzero: layer.nonzero.mean(samples),
        };
        done.layers.iter().map(row).collect()
    }

    fn energies(&self, index: NetworkIndex, done: &InferenceSummary) -> Vec<EventEnergy> {
        let prepared = &self.networks[index.position()];
        let blueprint = &prepared.blueprint;
        let head: Vec<_> = done.layers.iter().filter(|layer| layer.layer <= blueprint.cut).copied().collect();
        let lists = self.plan().prices.iter().flat_map(|list| EXECUTED.map(|convention| (list, convention)));
        let rows = lists.flat_map(|(NamedPrices { name, list }, convention)| {
            let account = list.account(&blueprint.network, prepared.matched_steps, &head, convention);
            // A sum without some of its terms is no energy to compare.
            let events = if account.is_partial() { vec![] } else { joules_by_event(&account) };
            let is_number = events.iter().map(|(_, joules)| joules).sum::<f64>().is_finite();
            let events = if is_number { events } else { vec![] };
            events.into_iter().map(move |((event, price), joules)| EventEnergy {
                prices: name.clone(),
                convention: convention.name().into(),
                event: event.into(),
                price: price.into(),
                joules: joules / done.samples() as f64,
            })
        });
        rows.collect()
    }

    fn answer_rows(&self, index: NetworkIndex, done: &InferenceSummary) -> Vec<AnswerRow> {
        let row = |(sample, &label): (usize, &u16)| AnswerRow {
            network: index,
            sample: sample as u32,
            label: label.into(),
            answer: done.answers[sample],
            entropy: done.entropies[sample],
            payload_bits: done.payload_bytes[sample] * 8,
        };
        self.labels(index).iter().take(done.samples()).enumerate().map(row).collect()
    }
}

/// The rows of some design points: `row` makes one of each thing that is to be said of the network of a point.
fn of_points<'p, T: 'p, R>(
    points: impl Iterator<Item = (PointIndex, &'p DesignPoint)>,
    networks: &OfNetworks<T>,
    row: impl Fn(PointIndex, Arc<T>) -> R,
) -> Vec<R> {
    let of_point = |(number, point): (PointIndex, &DesignPoint)| {
        let contents = networks.get(&point.network()).map_or(&[][..], Vec::as_slice);
        contents.iter().map(move |content| (number, content.clone()))
    };
    points.flat_map(of_point).map(|(number, content)| row(number, content)).collect()
}

/// Values of the feature at the split point, before any bottleneck unit.
fn split_values(network: &Network, split: &str) -> u64 {
    let point = network.split_points.iter().find(|point| point.name == split);
    point.map_or(0, |point| network.layers[point.layer].output.len() as u64)
}

/// Joules of each kind of event at each price over all layers, in order of appearance; none of what has no price.
fn joules_by_event(account: &Account) -> Vec<((&'static str, &'static str), f64)> {
    let mut events: Vec<((&'static str, &'static str), f64)> = vec![];
    for line in &account.lines {
        let Some(joules) = line.joules() else { continue };
        let kind = (line.event, line.key);
        match events.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, sum)) => *sum += joules,
            None => events.push((kind, joules)),
        }
    }
    events
}

/// Name of the rule by which class scores are read out; `None` of a network that is executed once.
fn network_readout(network: &Network) -> Option<String> {
    network.is_spiking().then(|| network.effective_readout().name().into())
}

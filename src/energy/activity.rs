//! How much a spiking network fires, beside published thresholds below which it needs less energy.

use super::priced::Measured;
use cospike_sim_core::inference::LayerCounts;
use cospike_sim_core::network::{Network, Signal};

/// How much the head of a spiking network fires.
pub(super) struct Activity {
    /// Mean number of spikes per neuron and step, over all neurons.
    pub(super) rate: f64,
    /// Mean number of spikes per synapse and inference: accumulates over dense multiply-accumulates, both with the borders, of the
    /// layers that read spikes.
    pub(super) per_synapse: f64,
    /// Number of time steps, T.
    pub(super) steps: usize,
    /// Name of each neuron layer, and its mean number of spikes per neuron and step.
    pub(super) layers: Vec<(String, f64)>,
}

/// A published threshold below which spiking networks are said to need less energy.
pub(super) struct Crossover {
    /// Publication.
    pub(super) source: &'static str,
    /// Threshold as published, with its unit.
    pub(super) says: &'static str,
    /// Value of this network, in the same unit.
    pub(super) here: f64,
    /// Whether this network's value is below, within or above the threshold.
    pub(super) verdict: &'static str,
}

impl Activity {
    /// Activity of the layers that were `measured`.
    pub(super) fn new(measured: &Measured) -> Self {
        let network = measured.zoo.network.network();
        let neurons = measured.layers.iter().filter(|layer| layer.counts.neuron_updates > 0);
        let per_update = |spikes: u64, updates: u64| if updates > 0 { spikes as f64 / updates as f64 } else { 0.0 };
        let sum = |get: fn(&LayerCounts) -> u64| neurons.clone().map(get).sum::<u64>();
        let rate = per_update(sum(|layer| layer.output_events), sum(|layer| layer.counts.neuron_updates));
        let layers = neurons.clone().map(|layer| {
            let rate = per_update(layer.output_events, layer.counts.neuron_updates);
            (network.layers[layer.layer].name.clone(), rate)
        });
        let layers = layers.collect();
        let signals = network.signals(Signal::Real);
        let on_spikes = measured.layers.iter().filter(|layer| is_on_spikes(network, &signals, layer.layer));
        let (met, synapses) = on_spikes.fold((0, 0), |(met, synapses), layer| {
            (met + layer.with_borders.ac, synapses + network.dense_macs(layer.layer..layer.layer + 1))
        });
        let per_synapse = measured.mean(per_update(met, synapses));
        Self { rate, per_synapse, steps: measured.zoo.network.steps(), layers }
    }

    /// Published thresholds, beside the values of this network.
    pub(super) fn crossovers(&self) -> [Crossover; 4] {
        let verdict = |value: f64, low: f64, high: f64| match value {
            value if value < low => "below",
            value if value <= high => "within",
            _ => "above",
        };
        [
            Crossover {
                source: "Dampfhoffer et al., IEEE TETCI 7(3), 2023",
                says: "0.15 to 1.38 spikes per synapse and inference, by implementation of the float network",
                here: self.per_synapse,
                verdict: verdict(self.per_synapse, 0.15, 1.38),
            },
            Crossover {
                source: "Davidson and Furber, Front. Neurosci. 15, 2021",
                says: "1.72 spikes per synapse and inference",
                here: self.per_synapse,
                verdict: verdict(self.per_synapse, 1.72, 1.72),
            },
            Crossover {
                source: "Yan et al., arXiv:2409.08290v3, T from 5 to 10",
                says: "0.064 spikes per neuron and step",
                here: self.rate,
                verdict: verdict(self.rate, 0.064, 0.064),
            },
            Crossover {
                source: "Yan et al., arXiv:2409.08290v4, T = 5",
                says: "0.057 spikes per neuron and step",
                here: self.rate,
                verdict: verdict(self.rate, 0.057, 0.057),
            },
        ]
    }
}

/// Whether the layer `index` has weights and reads spikes, `signals` being what each layer emits.
fn is_on_spikes(network: &Network, signals: &[Signal], index: usize) -> bool {
    let inputs = &network.layers[index].inputs;
    network.dense_macs(index..index + 1) > 0 && inputs.iter().all(|&input| signals[input] != Signal::Real)
}

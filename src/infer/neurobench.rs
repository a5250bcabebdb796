//! The metrics of NeuroBench 2.3.0 (`neurobench/metrics`) for a network and what was observed of it.

use super::layers::Layers;
use crate::output::{say, say_wrapped, significant, table};
use cospike_sim_core::inference::Tool;
use cospike_sim_core::network::{Operation, Weights};
use serde_json::{Value, json};

/// What NeuroBench says of a model.
pub(super) struct NeuroBench {
    /// Bytes of all parameters as float32.
    footprint: usize,
    /// Share of the weights of convolutions and linear layers that are zero, to four digits.
    connection_sparsity: f64,
    /// Share of the outputs of neurons and activations that are zero, over all steps; `None` without such layers.
    activation_sparsity: Option<f64>,
    /// Multiply-accumulates per sample between values and weights that are not zero.
    effective_macs: f64,
    /// Accumulates per sample between spikes and weights that are not zero.
    effective_acs: f64,
    /// Updates of neurons per sample.
    membrane_updates: f64,
}

impl NeuroBench {
    /// The metrics of the network of `layers`, which were observed, with these `weights`.
    pub(super) fn new(layers: &Layers<'_>, weights: &Weights) -> Self {
        let samples = layers.samples as f64;
        let operations = layers.total(Tool::NeuroBench);
        let updates: u64 = layers.counts.iter().map(|layer| layer.counts.neuron_updates).sum();
        Self {
            footprint: weights.parameters() * size_of::<f32>(),
            connection_sparsity: connection_sparsity(layers, weights),
            activation_sparsity: activation_sparsity(layers),
            effective_macs: operations.mac / samples,
            effective_acs: operations.ac / samples,
            membrane_updates: updates as f64 / samples,
        }
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "footprint_bytes": self.footprint,
            "connection_sparsity": self.connection_sparsity,
            "activation_sparsity": self.activation_sparsity,
            "effective_macs": self.effective_macs,
            "effective_acs": self.effective_acs,
            "membrane_updates": self.membrane_updates,
        })
    }

    pub(super) fn print(&self) {
        let mut metrics = table(&["NeuroBench metric", "value"]);
        let share = |share: f64| format!("{share:.4}");
        metrics.add_row(["footprint (bytes)".into(), self.footprint.to_string()]);
        metrics.add_row(["connection sparsity".into(), share(self.connection_sparsity)]);
        metrics.add_row(["activation sparsity".into(), self.activation_sparsity.map_or("-".into(), share)]);
        metrics.add_row(["effective MACs".into(), significant(self.effective_macs)]);
        metrics.add_row(["effective ACs".into(), significant(self.effective_acs)]);
        metrics.add_row(["membrane updates".into(), significant(self.membrane_updates)]);
        say!("\n{metrics}");
        say_wrapped!(
            "footprint: float32, batch normalisations folded in; membrane updates: of each neuron in each step, while NeuroBench 2.3 \
             leaves out those that change nothing"
        );
    }
}

fn connection_sparsity(layers: &Layers<'_>, weights: &Weights) -> f64 {
    let of_layers = layers.network.layers.iter().enumerate();
    let connected = of_layers.filter(|(_, layer)| matches!(layer.operation, Operation::Conv2d(_) | Operation::Linear));
    let (mut all, mut zero) = (0, 0);
    for affine in connected.filter_map(|(index, _)| weights.layer(index)) {
        all += affine.weight.data.len();
        zero += affine.weight.data.iter().filter(|weight| **weight == 0.0).count();
    }
    if all == 0 { 0.0 } else { (zero as f64 / all as f64 * 1e4).round() / 1e4 }
}

/// Outputs are seen where another layer reads them; spikes of the last layer are counted as they leave it.
fn activation_sparsity(layers: &Layers<'_>) -> Option<f64> {
    let (mut all, mut nonzero) = (0, 0);
    for (index, layer) in layers.network.layers.iter().enumerate() {
        if !matches!(layer.operation, Operation::Neuron(_) | Operation::Cells(_) | Operation::Activation(_)) {
            continue;
        }
        let readers = layers.network.layers.iter().zip(layers.observed);
        let mut read = readers.filter_map(|(reader, seen)| {
            let place = reader.inputs.iter().position(|&input| input == index)?;
            seen.inputs.get(place)
        });
        match (read.next(), layers.counts.iter().find(|counted| counted.layer == index)) {
            (Some(values), _) => (all, nonzero) = (all + values.count, nonzero + values.nonzero),
            (None, Some(counted)) => {
                (all, nonzero) = (all + layers.observed[index].outputs, nonzero + counted.output_events);
            }
            (None, None) => {}
        }
    }
    (all > 0).then(|| 1.0 - nonzero as f64 / all as f64)
}

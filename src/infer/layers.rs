//! Operations of each layer as a table and as JSON, as CoSpike counts them or as another tool does.

use crate::arguments::Count;
use crate::output::{say, say_wrapped, significant, table};
use cospike_sim_core::inference::{LayerCounts, LayerObservation, MeanCounts, Tool, ToolCounts};
use cospike_sim_core::network::Network;
use cospike_sim_core::record::{Record, Value};
use serde_json::json;

/// The layers of a network, and their operations on a number of samples.
pub(super) struct Layers<'a> {
    pub(super) network: &'a Network,
    /// Index of the last layer of the head; `None` of a network that is not cut.
    pub(super) cut: Option<usize>,
    /// Counts of each layer but the input, summed over the samples.
    pub(super) counts: &'a [LayerCounts],
    /// Observation of what each layer read; empty unless counts by a tool are asked for.
    pub(super) observed: &'a [LayerObservation],
    /// Number of samples.
    pub(super) samples: usize,
    /// Tool by whose rules operations are counted; `None` for CoSpike's counts without those on zero weights.
    pub(super) tool: Option<Count>,
}

impl Layers<'_> {
    /// Prints the means per sample as a table.
    pub(super) fn print(&self) {
        match self.tool.and_then(Count::tool) {
            Some(tool) => self.print_tool(tool),
            None => self.print_counts(),
        }
    }

    fn print_counts(&self) {
        let zero_weights = self.tool.is_some();
        let mut titles = vec!["layer"];
        titles.extend(self.cut.map(|_| "part"));
        titles.extend([
            "shape",
            "spikes in",
            "spikes out",
            "AC",
            "MAC",
            "MAC with borders",
            "MAC non-zero",
            "neuron updates",
        ]);
        titles.extend(zero_weights.then_some("on zero weights"));
        let mut layers = table(&titles);
        for counted in self.counts {
            let layer = &self.network.layers[counted.layer];
            let counts = &counted.counts;
            let mut row = vec![layer.name.clone()];
            row.extend(self.cut.map(|cut| half(counted.layer, cut).into()));
            row.push(layer.output.to_string());
            let columns = [
                counted.input_events,
                counted.output_events,
                counts.ac,
                counts.mac,
                counted.with_borders.mac,
                counted.nonzero.mac,
                counts.neuron_updates,
            ];
            row.extend(columns.map(|sum| self.mean(sum as f64)));
            row.extend(zero_weights.then(|| self.mean(self.on_zero_weights(counted.layer) as f64)));
            layers.add_row(row);
        }
        say!("{layers}");
    }

    fn print_tool(&self, tool: Tool) {
        let mut layers = table(&["layer", "shape", "AC", "MAC"]);
        let mut row = |name: &str, shape: String, counts: ToolCounts| {
            layers.add_row([name.into(), shape, self.mean(counts.ac), self.mean(counts.mac)]);
        };
        for counted in self.counts {
            let layer = &self.network.layers[counted.layer];
            row(&layer.name, layer.output.to_string(), self.tool_counts(tool, counted.layer));
        }
        row("total", String::new(), self.total(tool));
        say!("{layers}");
    }

    /// Prints what the counts mean; `folded` is the number of batch normalisations that were folded into weights.
    pub(super) fn print_notes(&self, folded: usize) {
        let tool = self.tool.and_then(Count::tool);
        let counted = match tool {
            None => {
                "AC, MAC: accumulates on spikes, multiply-accumulates on real values, inside the borders".to_string()
            }
            Some(tool) => format!("AC, MAC: as {} counts them", tool_name(tool)),
        };
        say_wrapped!("means per sample over all time steps; {counted}");
        say_wrapped!("batch normalisations folded into the weights on load: {folded}; they count 0");
        if self.tool == Some(Count::Cospike) {
            say_wrapped!(
                "on zero weights: pairs of a value that is not zero and a weight that is, counted in AC or MAC"
            );
        }
    }

    /// Means per sample as JSON, a value for each layer.
    pub(super) fn json(&self) -> Vec<serde_json::Value> {
        self.counts.iter().map(|counted| self.layer_json(counted)).collect()
    }

    fn layer_json(&self, counted: &LayerCounts) -> serde_json::Value {
        let mean = |sum: f64| sum / self.samples as f64;
        let mut layer = json!({
            "layer": self.network.layers[counted.layer].name,
            "input_events": mean(counted.input_events as f64),
            "output_events": mean(counted.output_events as f64),
            "nonzero_inputs": mean(counted.nonzero_inputs as f64),
        });
        for (counts, ending) in
            [(&counted.counts, ""), (&counted.with_borders, "_with_borders"), (&counted.nonzero, "_nonzero")]
        {
            for (field, value) in MeanCounts::fields().iter().zip(counts.mean(self.samples).values()) {
                if let Value::Real(value) = value {
                    layer[format!("{}{ending}", field.name)] = value.into();
                }
            }
        }
        if let Some(cut) = self.cut {
            layer["part"] = half(counted.layer, cut).into();
        }
        match self.tool.map(Count::tool) {
            None => {}
            Some(None) => layer["on_zero_weights"] = mean(self.on_zero_weights(counted.layer) as f64).into(),
            Some(Some(tool)) => {
                let counts = self.tool_counts(tool, counted.layer);
                layer["tool"] = json!({ "name": tool_name(tool), "ac": mean(counts.ac), "mac": mean(counts.mac) });
            }
        }
        layer
    }

    /// Operations of a layer as `tool` counts them.
    fn tool_counts(&self, tool: Tool, layer: usize) -> ToolCounts {
        tool.count(self.network.layers[layer].operation, &self.observed[layer])
    }

    /// Operations of all layers as `tool` counts them.
    pub(super) fn total(&self, tool: Tool) -> ToolCounts {
        let layers = self.counts.iter().map(|counted| self.tool_counts(tool, counted.layer));
        layers.fold(ToolCounts::default(), |sum, layer| ToolCounts { ac: sum.ac + layer.ac, mac: sum.mac + layer.mac })
    }

    /// Operations of a layer that fall on weights of zero.
    fn on_zero_weights(&self, layer: usize) -> u64 {
        self.observed[layer].pairs - self.observed[layer].effective_pairs
    }

    /// Mean per sample of a sum over the samples.
    fn mean(&self, sum: f64) -> String {
        significant(sum / self.samples as f64)
    }
}

/// Half of the network that a layer belongs to.
fn half(layer: usize, cut: usize) -> &'static str {
    if layer <= cut { "head" } else { "tail" }
}

fn tool_name(tool: Tool) -> &'static str {
    match tool {
        Tool::NeuroBench => "NeuroBench 2.3.0",
        Tool::SpikingJelly => "SpikingJelly 2.0.0",
        Tool::Syops => "syops 0.0.5",
    }
}

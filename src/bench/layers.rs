//! Where the time of an image goes, by kind of layer and by width.

use super::{Peak, shortest};
use crate::Failure;
use crate::table::table;
use cospike_scenarios::reference::Reference;
use cospike_sim_core::inference::{Executable, Feature};
use cospike_sim_core::network::Operation;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Instant;

/// Times that an image is repeated.
const REPEATS: usize = 100;

/// Seconds per image, means over the images.
pub(super) struct Measured {
    /// The convolution of the sample, once for all steps.
    first_layer: f64,
    /// Neurons, each layer measured by itself on currents that are there.
    neurons: f64,
    /// Event-driven layers: what a convolution and its neuron take together, without the latter.
    event_driven: f64,
    /// Counting of operations, sums, pool.
    rest: f64,
    /// By output channels.
    widths: BTreeMap<usize, Width>,
}

/// Event-driven layers with so many output channels.
#[derive(Clone, Copy, Default)]
struct Width {
    accumulates: f64,
    seconds: f64,
    with_neurons: f64,
}

impl Measured {
    pub(super) fn measure(reference: &Reference) -> Result<Self, Failure> {
        let (executable, steps) = (reference.executable(), reference.steps());
        let images: Vec<_> = reference.images().iter().cloned().map(Feature::Real).collect();
        let mut measured =
            Self { first_layer: 0.0, neurons: 0.0, event_driven: 0.0, rest: 0.0, widths: BTreeMap::new() };
        for image in &images {
            measured.add(executable, image, steps)?;
        }
        measured.scale(1.0 / images.len() as f64);
        Ok(measured)
    }

    /// Adds what `image` takes.
    fn add(&mut self, executable: &Executable, image: &Feature, steps: usize) -> Result<(), Failure> {
        let layers = &executable.network().layers;
        let all = 1..layers.len();
        let counts = executable.run(all.clone(), image, steps)?.layers;
        let mut seconds = vec![f64::INFINITY; layers.len()];
        for _ in 0..REPEATS {
            let mut last = Instant::now();
            executable.run_observed(all.clone(), image, steps, |layer, _, _| {
                let now = Instant::now();
                seconds[layer] = seconds[layer].min((now - last).as_secs_f64());
                last = now;
            })?;
        }
        // Accumulates since the last neuron: they happen when the next one is computed.
        let mut accumulates = 0.0;
        for i in all {
            let layer = &layers[i];
            match layer.operation {
                Operation::Neuron(_) => {
                    let currents = executable.run(1..i, image, steps)?.output;
                    executable.run(i..i + 1, &currents, steps)?;
                    let alone = shortest(REPEATS, || drop(executable.run(i..i + 1, &currents, steps)));
                    let neurons = alone.min(seconds[i]);
                    self.neurons += neurons;
                    self.event_driven += seconds[i] - neurons;
                    if accumulates > 0.0 {
                        let width = self.widths.entry(layer.output.channels).or_default();
                        width.accumulates += accumulates;
                        width.seconds += seconds[i] - neurons;
                        width.with_neurons += seconds[i];
                    }
                    accumulates = 0.0;
                }
                _ if layer.inputs == [0] => self.first_layer += seconds[i],
                _ => {
                    self.rest += seconds[i];
                    accumulates += counts[i - 1].counts.ac as f64;
                }
            }
        }
        Ok(())
    }

    fn scale(&mut self, by: f64) {
        for time in [&mut self.first_layer, &mut self.neurons, &mut self.event_driven, &mut self.rest] {
            *time *= by;
        }
        for width in self.widths.values_mut() {
            width.accumulates *= by;
            width.seconds *= by;
            width.with_neurons *= by;
        }
    }

    fn kinds(&self) -> [(&'static str, f64); 4] {
        [
            ("event-driven convolution", self.event_driven),
            ("neuron update", self.neurons),
            ("first layer", self.first_layer),
            ("counting, pool, classifier", self.rest),
        ]
    }

    pub(super) fn print(&self, peak: Peak) {
        let total: f64 = self.kinds().iter().map(|(_, seconds)| seconds).sum();
        let mut rows = table(&["kind", "us per image", "% of time"]);
        for (kind, seconds) in self.kinds() {
            rows.add_row([
                kind.to_string(),
                format!("{:.1}", seconds * 1e6),
                format!("{:.1}", 100.0 * seconds / total),
            ]);
        }
        println!("{rows}\n");
        let mut rows =
            table(&["channels", "M synaptic operations", "G/s", "% of peak", "with neurons: G/s", "% of peak"]);
        for (channels, width) in &self.widths {
            let (alone, fused) = (width.accumulates / width.seconds, width.accumulates / width.with_neurons);
            rows.add_row([
                channels.to_string(),
                format!("{:.2}", width.accumulates / 1e6),
                format!("{:.1}", alone / 1e9),
                format!("{:.0}", 100.0 * alone / peak.add),
                format!("{:.1}", fused / 1e9),
                format!("{:.0}", 100.0 * fused / peak.add),
            ]);
        }
        println!("{rows}");
    }

    pub(super) fn json(&self, peak: Peak) -> Value {
        let kinds: BTreeMap<_, _> = self.kinds().into_iter().collect();
        let width = |(channels, width): (&usize, &Width)| {
            json!({
                "channels": channels,
                "synaptic_operations": width.accumulates,
                "operations_per_second": width.accumulates / width.seconds,
                "share_of_peak": width.accumulates / width.seconds / peak.add,
                "operations_per_second_with_neurons": width.accumulates / width.with_neurons,
                "share_of_peak_with_neurons": width.accumulates / width.with_neurons / peak.add,
            })
        };
        json!({ "seconds_per_image": kinds, "widths": self.widths.iter().map(width).collect::<Vec<_>>() })
    }
}

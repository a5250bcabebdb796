//! Where the time of an image goes, by kind of layer and by width.

use super::{Peak, shortest};
use crate::Failure;
use crate::table::table;
use cospike_models::import::reference::Reference;
use cospike_sim_core::bench_support::RowLoop;
use cospike_sim_core::inference::{Executable, Feature, LayerCounts};
use cospike_sim_core::network::{Layer, Network, Operation, Weights};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Instant;

/// Times that each image is repeated.
const REPEATS: usize = 200;

/// Seconds per image, means over the images.
pub(super) struct Measured {
    /// The convolution of the sample, once for all steps.
    first_layer: f64,
    /// Neurons, each layer measured by itself on the currents of its first step, which it then reads in every step: with
    /// those of all steps, reading them from farther caches would be most of the time, and convolutions keep them near.
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
    /// Additions per second of nothing but rows of weights.
    rows: f64,
}

impl Measured {
    pub(super) fn measure(reference: &Reference) -> Result<Self, Failure> {
        let (executable, steps) = (reference.executable(), reference.steps());
        let images =
            reference.images().iter().cloned().map(|image| Image::new(executable, Feature::Real(image), steps));
        let mut images = images.collect::<Result<Vec<_>, _>>()?;
        // All images in turn, so that a second in which others use the machine is not all that one of them gets.
        let layers = &executable.network().layers;
        let mut rows: BTreeMap<_, _> =
            layers.iter().map(|layer| (layer.output.channels, Rows::new(layer.output.channels))).collect();
        for _ in 0..REPEATS {
            images.iter_mut().try_for_each(|image| image.time(executable, steps))?;
            rows.values_mut().for_each(Rows::time);
        }
        let mut measured =
            Self { first_layer: 0.0, neurons: 0.0, event_driven: 0.0, rest: 0.0, widths: BTreeMap::new() };
        images.iter().for_each(|image| measured.add(layers, image));
        measured.scale(1.0 / images.len() as f64);
        measured.widths.iter_mut().for_each(|(channels, width)| width.rows = rows[channels].rate);
        Ok(measured)
    }

    /// Adds what `image` takes.
    fn add(&mut self, layers: &[Layer], image: &Image) {
        // Accumulates since the last neuron: they happen when the next one is computed.
        let mut accumulates = 0.0;
        for (i, layer) in layers.iter().enumerate().skip(1) {
            let seconds = image.seconds[i];
            match layer.operation {
                Operation::Neuron(_) => {
                    let neurons = image.neurons.iter().find(|neurons| neurons.layer == i);
                    let neurons = neurons.map_or(0.0, |neurons| neurons.seconds.min(seconds));
                    self.neurons += neurons;
                    self.event_driven += seconds - neurons;
                    if accumulates > 0.0 {
                        let width = self.widths.entry(layer.output.channels).or_default();
                        width.accumulates += accumulates;
                        width.seconds += seconds - neurons;
                        width.with_neurons += seconds;
                    }
                    accumulates = 0.0;
                }
                _ if layer.inputs == [0] => self.first_layer += seconds,
                _ => {
                    self.rest += seconds;
                    accumulates += image.counts[i - 1].counts.ac as f64;
                }
            }
        }
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
        let titles = ["channels", "M synaptic operations", "G/s", "% of peak", "with neurons: G/s", "% of peak"];
        let mut rows = table(&[&titles[..], &["rows alone: G/s", "% of peak"]].concat());
        for (channels, width) in &self.widths {
            let rates = [width.accumulates / width.seconds, width.accumulates / width.with_neurons, width.rows];
            let rates = rates.iter().flat_map(|rate| [format!("{:.1}", rate / 1e9), percent(rate / peak.add)]);
            let first = [channels.to_string(), format!("{:.2}", width.accumulates / 1e6)];
            rows.add_row(first.into_iter().chain(rates).collect::<Vec<_>>());
        }
        println!("{rows}");
        println!("rows alone: nothing but reading rows of as many weights in no order, and adding them up");
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
                "rows_alone_per_second": width.rows,
            })
        };
        json!({ "seconds_per_image": kinds, "widths": self.widths.iter().map(width).collect::<Vec<_>>() })
    }
}

/// What is known of one image.
struct Image {
    sample: Feature,
    counts: Vec<LayerCounts>,
    /// For every layer the shortest time that it took.
    seconds: Vec<f64>,
    neurons: Vec<Neurons>,
}

/// A layer of neurons by itself, fed with the same currents in every step.
struct Neurons {
    layer: usize,
    executable: Executable,
    currents: Feature,
    seconds: f64,
}

impl Image {
    fn new(executable: &Executable, sample: Feature, steps: usize) -> Result<Self, Failure> {
        let layers = &executable.network().layers;
        let counts = executable.run(1..layers.len(), &sample, steps)?.layers;
        let mut neurons = vec![];
        for (layer, Layer { operation, .. }) in layers.iter().enumerate() {
            let Operation::Neuron(neuron) = *operation else { continue };
            let currents = executable.run(1..layer, &sample, 1)?.output;
            let mut network = Network::new("neurons", currents.shape());
            network.push("neuron", Operation::Neuron(neuron), &[0], currents.shape());
            let executable = Executable::new(&network, &Weights::from_store(&network, &BTreeMap::new())?)?;
            neurons.push(Neurons { layer, executable, currents, seconds: f64::INFINITY });
        }
        Ok(Self { sample, counts, seconds: vec![f64::INFINITY; layers.len()], neurons })
    }

    /// Runs it once, whole and neurons by themselves.
    fn time(&mut self, executable: &Executable, steps: usize) -> Result<(), Failure> {
        let (seconds, mut last) = (&mut self.seconds, Instant::now());
        executable.run_observed(1..seconds.len(), &self.sample, steps, |layer, _, _| {
            let now = Instant::now();
            seconds[layer] = seconds[layer].min((now - last).as_secs_f64());
            last = now;
        })?;
        for neurons in &mut self.neurons {
            let start = Instant::now();
            drop(neurons.executable.run(1..2, &neurons.currents, steps)?);
            neurons.seconds = neurons.seconds.min(start.elapsed().as_secs_f64());
        }
        Ok(())
    }
}

/// Nothing but reading and adding up rows of weights, of a 3x3 convolution from and to so many channels: a line of its output
/// channels at a time, as the kernel does.
struct Rows {
    work: RowLoop,
    /// Additions per second, at best.
    rate: f64,
}

impl Rows {
    fn new(channels: usize) -> Self {
        Self { work: RowLoop::new(channels), rate: 0.0 }
    }

    fn time(&mut self) {
        const ROUNDS: u64 = 10;
        // The weights are in no cache at first.
        self.work.run(1);
        let mut additions = 0;
        let seconds = shortest(1, || additions = self.work.run(ROUNDS));
        self.rate = self.rate.max(additions as f64 / seconds);
    }
}

fn percent(share: f64) -> String {
    format!("{:.0}", 100.0 * share)
}

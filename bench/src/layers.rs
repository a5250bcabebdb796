//! Time of an image, by kind of layer and by number of channels.

use crate::error::BenchError;
use crate::peak::Peak;
use crate::timing::shortest;
use cospike_models::import::reference::Reference;
use cospike_sim_core::bench_support::RowLoop;
use cospike_sim_core::inference::{Executable, Feature, LayerCounts};
use cospike_sim_core::network::{Layer, Network, Operation, Weights};
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Instant;

/// Repetitions of each image.
const REPEATS: usize = 200;

/// Time that the layers of the reference network take, means over its images.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerTimes {
    /// Seconds per image by kind of layer.
    pub seconds_per_image: KindSeconds,
    /// Rates of the event-driven layers, by number of output channels.
    pub widths: Vec<WidthRates>,
}

/// Seconds per image by kind of layer, means over the images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct KindSeconds {
    /// Event-driven convolutions: time of a convolution with its neurons, less that of the neurons.
    #[serde(rename = "event-driven convolution")]
    pub event_driven_convolution: f64,
    /// Neurons, each layer measured by itself on the currents of its first step, which it reads again in every step: the
    /// currents of all steps would come from slower caches, whereas a convolution leaves them in the nearest one.
    #[serde(rename = "neuron update")]
    pub neuron_update: f64,
    /// Convolution of the real-valued sample, computed once for all steps.
    #[serde(rename = "first layer")]
    pub first_layer: f64,
    /// Counting of operations, sums, pooling and the classifier.
    #[serde(rename = "counting, pool, classifier")]
    pub rest: f64,
}

/// Rates of the event-driven layers with one number of output channels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct WidthRates {
    /// Output channels.
    pub channels: usize,
    /// Synaptic operations (accumulates) in these layers per image.
    pub synaptic_operations: f64,
    /// Synaptic operations per second, neurons excluded.
    pub operations_per_second: f64,
    /// That rate divided by the peak of additions.
    pub share_of_peak: f64,
    /// Synaptic operations per second, the time of the neurons included.
    pub operations_per_second_with_neurons: f64,
    /// That rate divided by the peak of additions.
    pub share_of_peak_with_neurons: f64,
    /// Additions per second of a loop that only reads rows of as many weights, in no order, and adds them up.
    pub rows_alone_per_second: f64,
}

impl LayerTimes {
    /// Measures the layers of `reference` on its own images.
    pub(crate) fn measure(reference: &Reference, peak: Peak) -> Result<Self, BenchError> {
        let (executable, steps) = (reference.executable(), reference.steps());
        let images =
            reference.images().iter().cloned().map(|image| Image::new(executable, Feature::Real(image), steps));
        let mut images = images.collect::<Result<Vec<_>, _>>()?;
        let layers = &executable.network().layers;
        let mut rows: BTreeMap<_, _> =
            layers.iter().map(|layer| (layer.output.channels, Rows::new(layer.output.channels))).collect();
        for _ in 0..REPEATS {
            images.iter_mut().try_for_each(|image| image.time(executable, steps))?;
            rows.values_mut().for_each(Rows::time);
        }
        let mut sums = Sums::default();
        images.iter().for_each(|image| sums.add(layers, image));
        sums.scale(1.0 / images.len() as f64);
        let widths = sums.widths.iter().map(|(&channels, width)| width.rates(channels, rows[&channels].rate, peak));
        Ok(Self { widths: widths.collect(), seconds_per_image: sums.kinds })
    }
}

/// Sums over the images, or, after scaling, means.
#[derive(Default)]
struct Sums {
    kinds: KindSeconds,
    /// By output channels.
    widths: BTreeMap<usize, Width>,
}

/// Work and time of the event-driven layers with one number of output channels.
#[derive(Clone, Copy, Default)]
struct Width {
    accumulates: f64,
    seconds: f64,
    seconds_with_neurons: f64,
}

impl Sums {
    /// Adds the times and counts of `image`.
    fn add(&mut self, layers: &[Layer], image: &Image) {
        // Accumulates since the last neuron: they happen when the next one is computed.
        let mut accumulates = 0.0;
        for (i, layer) in layers.iter().enumerate().skip(1) {
            let seconds = image.seconds[i];
            match layer.operation {
                Operation::Neuron(_) => {
                    let neurons = image.neurons.iter().find(|neurons| neurons.layer == i);
                    let neurons = neurons.map_or(0.0, |neurons| neurons.seconds.min(seconds));
                    self.kinds.neuron_update += neurons;
                    self.kinds.event_driven_convolution += seconds - neurons;
                    if accumulates > 0.0 {
                        let width = self.widths.entry(layer.output.channels).or_default();
                        width.accumulates += accumulates;
                        width.seconds += seconds - neurons;
                        width.seconds_with_neurons += seconds;
                    }
                    accumulates = 0.0;
                }
                _ if layer.inputs == [0] => self.kinds.first_layer += seconds,
                _ => {
                    self.kinds.rest += seconds;
                    accumulates += image.counts[i - 1].counts.ac as f64;
                }
            }
        }
    }

    fn scale(&mut self, factor: f64) {
        let KindSeconds { event_driven_convolution, neuron_update, first_layer, rest } = &mut self.kinds;
        for time in [event_driven_convolution, neuron_update, first_layer, rest] {
            *time *= factor;
        }
        for width in self.widths.values_mut() {
            width.accumulates *= factor;
            width.seconds *= factor;
            width.seconds_with_neurons *= factor;
        }
    }
}

impl Width {
    fn rates(&self, channels: usize, rows_alone_per_second: f64, peak: Peak) -> WidthRates {
        let alone = self.accumulates / self.seconds;
        let with_neurons = self.accumulates / self.seconds_with_neurons;
        WidthRates {
            channels,
            synaptic_operations: self.accumulates,
            operations_per_second: alone,
            share_of_peak: alone / peak.adds_per_second,
            operations_per_second_with_neurons: with_neurons,
            share_of_peak_with_neurons: with_neurons / peak.adds_per_second,
            rows_alone_per_second,
        }
    }
}

/// One image, with the shortest times measured on it so far.
struct Image {
    sample: Feature,
    counts: Vec<LayerCounts>,
    /// Shortest time of every layer.
    seconds: Vec<f64>,
    neurons: Vec<Neurons>,
}

/// A layer of neurons alone, fed with the same currents in every step.
struct Neurons {
    layer: usize,
    executable: Executable,
    currents: Feature,
    seconds: f64,
}

impl Image {
    fn new(executable: &Executable, sample: Feature, steps: usize) -> Result<Self, BenchError> {
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

    /// Executes the whole network once and each layer of neurons once, and keeps the shortest times.
    fn time(&mut self, executable: &Executable, steps: usize) -> Result<(), BenchError> {
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

/// Reading and adding rows of weights, and nothing else: those of a 3x3 convolution with as many input as output channels,
/// one line of output channels at a time, as the kernel reads them.
struct Rows {
    work: RowLoop,
    /// Best additions per second so far.
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

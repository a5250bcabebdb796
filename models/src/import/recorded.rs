//! Values that another framework recorded of a network, to be compared with ours.
//!
//! A NumPy archive (`.npz`):
//!
//! | array | content |
//! |---|---|
//! | `input` or `input_...` | `[T, N, ...]`, with the sizes of the network's input: what each sample feeds in, in every step |
//! | `spk_NODE`, `v_NODE` | `[T, N, ...]`: spikes or real values that the node emitted (not membranes of one that emits spikes); `NODE` without a leading `_` does as well |
//! | `out`, `output` or `out_...` | `[T, N, ...]`: what the network emitted |
//! | `dt` | optional: length of a time step |
//!
//! Of a network without time steps the axis `T` is left out. Any other array is left alone, and named.

use super::imported::{Ending, Imported};
use super::nir::NirOptions;
use crate::file::{self, FileError};
use crate::npz::{Archive, NpzError};
use cospike_sim_core::inference::{Executable, Feature, InferenceError, InputKind, LayerCounts, Real, SpikeTrain};
use cospike_sim_core::network::{Shape, Signal};
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// Failure to read recorded values, or to compare with them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordedError {
    /// The file cannot be read.
    #[error(transparent)]
    Read(#[from] FileError),
    /// The content of a file is wrong.
    #[error("{path}: {error}")]
    File {
        /// Path as given.
        path: String,
        /// What is wrong.
        error: Box<RecordedError>,
    },
    /// The archive cannot be read.
    #[error(transparent)]
    Npz(#[from] NpzError),
    /// An array is missing or wrong.
    #[error("array `{name}`: {reason}")]
    Array {
        /// Name of the array.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The network cannot be executed.
    #[error(transparent)]
    Inference(#[from] InferenceError),
}

/// Axes with which each recorded array begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axes {
    /// Time steps, then samples.
    StepsAndSamples,
    /// Samples: the network has no time steps.
    Samples,
}

/// Values recorded of a network.
pub struct Recorded {
    path: String,
    input: Values,
    nodes: BTreeMap<String, Values>,
    out: Option<Values>,
    /// Length of a time step, if it was recorded.
    pub dt: Option<f64>,
    /// Arrays that have no meaning here.
    pub others: Vec<String>,
}

/// Values in the order `[T, N, ...]`.
struct Values {
    array: String,
    steps: usize,
    samples: usize,
    /// Number of values of a sample in a step.
    len: usize,
    data: Vec<f32>,
}

/// Comparison of a network, executed here, with what was recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedComparison {
    /// Comparison of each node that was recorded, in the order of execution.
    pub nodes: Vec<NodeComparison>,
    /// Comparison of what the network emits.
    pub out: Option<NodeComparison>,
    /// Number of samples.
    pub samples: usize,
    /// Number of time steps, T.
    pub steps: usize,
    /// Operation counts of each layer, summed over the samples.
    pub counts: Vec<LayerCounts>,
}

/// Comparison of what one node emits, over all samples and steps.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeComparison {
    /// Name of the layer.
    pub layer: String,
    /// Number of values compared.
    pub compared: u64,
    /// Number of spikes that CoSpike computed and that were recorded; `None` for real values.
    pub spikes: Option<(u64, u64)>,
    /// Number of values of which only one is a spike; of real values 0.
    pub flips: u64,
    /// Largest difference of a real value; of spikes 0.
    pub error: f64,
    /// Largest recorded value in size.
    pub largest: f64,
}

impl RecordedComparison {
    /// Largest difference of real values, relative to the largest of the node, that counts as rounding.
    pub const TOLERANCE: f64 = 1e-4;

    /// Number of flips of all nodes and of the output.
    pub fn flips(&self) -> u64 {
        self.all().map(|node| node.flips).sum()
    }

    /// Largest difference of a real value, of all nodes and of the output.
    pub fn error(&self) -> f64 {
        self.all().map(|node| node.error).fold(0.0, f64::max)
    }

    /// Whether no spike differs, and no real value by more than rounding.
    pub fn agrees(&self) -> bool {
        self.all().all(|node| node.flips == 0 && node.error <= Self::TOLERANCE * node.largest.max(1.0))
    }

    fn all(&self) -> impl Iterator<Item = &NodeComparison> {
        self.nodes.iter().chain(&self.out)
    }
}

impl Recorded {
    /// Reads the archive at `path`.
    ///
    /// # Errors
    /// [`RecordedError::Read`], or [`RecordedError::File`] with what is wrong, naming the array at fault.
    pub fn read(path: &Path, axes: Axes) -> Result<Self, RecordedError> {
        let file = BufReader::new(file::open(path)?);
        let shown = path.display().to_string();
        let in_file = |error| RecordedError::File { path: shown.clone(), error: Box::new(error) };
        Self::from_reader(file, &shown, axes).map_err(in_file)
    }

    fn from_reader(reader: BufReader<File>, path: &str, axes: Axes) -> Result<Self, RecordedError> {
        let mut archive = Archive::open(reader)?;
        let mut names: Vec<String> = archive.array_names().collect();
        names.sort();
        let (mut input, mut out, mut nodes, mut dt, mut others) = (None, None, BTreeMap::new(), None, vec![]);
        for name in names {
            let array = archive.array(&name)?.ok_or_else(|| wrong(&name, "it is missing"))?;
            let is_called = |word: &str| name == word || name.starts_with(&format!("{word}_"));
            let node = name.strip_prefix("spk_").or_else(|| name.strip_prefix("v_")).map(str::to_owned);
            if name == "dt" {
                dt = array.floats().and_then(|values| values.first().copied()).map(|dt| shortest(dt.into()));
            } else if is_called("input") {
                input = Some(Values::new(&name, &array, axes)?);
            } else if is_called("out") || name == "output" {
                out = Some(Values::new(&name, &array, axes)?);
            } else if let Some(node) = node {
                nodes.insert(node, Values::new(&name, &array, axes)?);
            } else {
                others.push(name);
            }
        }
        let input = input.ok_or_else(|| wrong("input", "it is missing"))?;
        for values in nodes.values().chain(&out) {
            if (values.steps, values.samples) != (input.steps, input.samples) {
                let (steps, samples) = (input.steps, input.samples);
                let reason =
                    format!("it does not begin with {steps} steps of {samples} samples, as `{}` does", input.array);
                return Err(wrong(&values.array, reason));
            }
        }
        Ok(Self { path: path.into(), input, nodes, out, dt, others })
    }

    /// `options` with the time step that was recorded, unless one is given.
    pub fn complete(&self, options: NirOptions) -> NirOptions {
        NirOptions { dt: options.dt.or(self.dt), ..options }
    }

    /// Executes the network of `file` on the first `samples` samples, all of them if it is `None`, and compares what its nodes
    /// emit.
    ///
    /// # Errors
    /// Arrays that do not fit the network, by name.
    pub fn compare(&self, network: &Imported, samples: Option<usize>) -> Result<RecordedComparison, RecordedError> {
        let in_file = |error| RecordedError::File { path: self.path.clone(), error: Box::new(error) };
        self.compared(network, samples.unwrap_or(usize::MAX)).map_err(in_file)
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.input.samples
    }

    fn compared(&self, made: &Imported, samples: usize) -> Result<RecordedComparison, RecordedError> {
        let network = &made.network;
        self.input.check(network.input())?;
        let is_binary = self.input.data.iter().all(|&value| value == 0.0 || value == 1.0);
        let kind = if is_binary { Signal::BINARY.into() } else { InputKind::FRAMES };
        let executable = Executable::with_input(kind, network, &made.weights)?;
        let emitted = network.signals(if is_binary { Signal::BINARY } else { Signal::Real });
        let mut recorded = vec![];
        for (node, values) in &self.nodes {
            let layer =
                find(made, node).ok_or_else(|| wrong(&values.array, "nothing that the network emits has this name"))?;
            values.check(network.layers[layer].output)?;
            if emitted[layer] != Signal::Real && values.data.iter().any(|value| value.fract() != 0.0) {
                let reason = format!(
                    "`{node}` emits spikes, of which these are none: membranes are not compared, so leave it out"
                );
                return Err(wrong(&values.array, reason));
            }
            recorded.push((layer, values));
        }
        let last = network.layers.len() - 1;
        if let Some(out) = &self.out {
            out.check(network.layers[last].output)?;
        }
        let on_sample = |sample: usize| -> Result<RecordedComparison, RecordedError> {
            let input = self.input.feature(sample, network.input(), is_binary);
            let mut nodes = vec![];
            let run = executable.run_observed(1..last + 1, &input, self.input.steps, |layer, _, output| {
                let Some(output) = output else { return };
                let of_layer = recorded.iter().filter(|(index, _)| *index == layer);
                nodes.extend(of_layer.map(|(_, values)| values.compare(sample, &network.layers[layer].name, output)));
            })?;
            let out = self
                .out
                .as_ref()
                .map(|out| out.compare(sample, &network.layers[last].name, &ended(&run.output, made.ending)));
            Ok(RecordedComparison { nodes, out, samples: 1, steps: self.input.steps, counts: run.layers })
        };
        let samples = 0..self.input.samples.min(samples);
        let mut all = samples.into_par_iter().map(on_sample).collect::<Result<Vec<_>, _>>()?.into_iter();
        let first = all.next().ok_or_else(|| wrong(&self.input.array, "it holds no sample"))?;
        Ok(all.fold(first, RecordedComparison::plus))
    }
}

impl RecordedComparison {
    fn plus(mut self, other: Self) -> Self {
        self.nodes.iter_mut().zip(other.nodes).for_each(|(sum, node)| sum.add(&node));
        self.out.iter_mut().zip(other.out).for_each(|(sum, node)| sum.add(&node));
        self.counts.iter_mut().zip(other.counts).for_each(|(sum, layer)| *sum += layer);
        self.samples += other.samples;
        self
    }
}

impl NodeComparison {
    fn add(&mut self, other: &Self) {
        self.compared += other.compared;
        self.spikes = self.spikes.zip(other.spikes).map(|(a, b)| (a.0 + b.0, a.1 + b.1));
        self.flips += other.flips;
        self.error = self.error.max(other.error);
        self.largest = self.largest.max(other.largest);
    }
}

/// The layer that a recorded array names; the arrays of nodes that are numbers may lack their underscore.
fn find(made: &Imported, node: &str) -> Option<usize> {
    let named = |name: &str| made.values.get(name).copied();
    named(node).or_else(|| named(&format!("_{node}")))
}

impl Values {
    fn new(name: &str, array: &crate::npz::Array, axes: Axes) -> Result<Self, RecordedError> {
        let floats = array.floats().or_else(|| Some(array.whole_numbers()?.map(|number| number as f32).collect()));
        let data = floats.ok_or_else(|| wrong(name, format!("it must be numbers, but is {}", array.kind())))?;
        let (steps, samples, sizes) = match (axes, array.shape.as_slice()) {
            (Axes::StepsAndSamples, [steps, samples, sizes @ ..]) => (*steps, *samples, sizes),
            (Axes::Samples, [samples, sizes @ ..]) => (1, *samples, sizes),
            (Axes::StepsAndSamples, shape) => {
                return Err(wrong(name, format!("its shape {shape:?} is not [T, N, ...]")));
            }
            (Axes::Samples, shape) => return Err(wrong(name, format!("its shape {shape:?} is not [N, ...]"))),
        };
        if data.is_empty() {
            return Err(wrong(name, format!("its shape {:?} holds nothing", array.shape)));
        }
        if let Some(at) = data.iter().position(|value| !value.is_finite()) {
            return Err(wrong(name, format!("it holds {} at position {at}: values must be finite numbers", data[at])));
        }
        Ok(Self { array: name.into(), steps, samples, len: sizes.iter().product(), data })
    }

    fn check(&self, shape: Shape) -> Result<(), RecordedError> {
        match self.len == shape.len() {
            true => Ok(()),
            false => Err(wrong(&self.array, format!("{} values of a sample in a step instead of {shape}", self.len))),
        }
    }

    /// The values of `sample` in `step`, in the order `[channel][row][column]`.
    fn values(&self, sample: usize, step: usize) -> &[f32] {
        &self.data[(step * self.samples + sample) * self.len..][..self.len]
    }

    fn feature(&self, sample: usize, shape: Shape, is_binary: bool) -> Feature {
        let area = shape.area();
        if !is_binary {
            let of_step = |t| {
                (0..shape.len()).map(move |i| self.values(sample, t)[i % shape.channels * area + i / shape.channels])
            };
            let data = (0..self.steps).flat_map(of_step).collect();
            return Feature::Real(Real { shape, steps: self.steps, data });
        }
        let mut train = SpikeTrain::silent(shape, self.steps);
        for step in 0..self.steps {
            for (i, _) in self.values(sample, step).iter().enumerate().filter(|&(_, &value)| value == 1.0) {
                train.fire(step, i % area, i / area);
            }
        }
        Feature::Spikes(train)
    }

    fn compare(&self, sample: usize, layer: &str, output: &Feature) -> NodeComparison {
        let (shape, is_spikes) = (output.shape(), output.signal() != Signal::Real);
        let numbers = match output {
            Feature::Real(real) => real.data.clone(),
            spikes => spikes.numbers(),
        };
        let mut found = NodeComparison {
            layer: layer.into(),
            compared: (self.steps * self.len) as u64,
            spikes: None,
            flips: 0,
            error: 0.0,
            largest: 0.0,
        };
        let mut recorded_spikes = 0.0;
        for step in 0..self.steps {
            let held = step.min(output.steps() - 1);
            for (i, &recorded) in self.values(sample, step).iter().enumerate() {
                let at = held * shape.len() + i % shape.area() * shape.channels + i / shape.area();
                found.flips += u64::from(is_spikes && numbers[at] != recorded);
                if !is_spikes {
                    let error = f64::from((numbers[at] - recorded).abs());
                    found.error = found.error.max(if error.is_nan() { f64::INFINITY } else { error });
                }
                found.largest = found.largest.max(f64::from(recorded.abs()));
                recorded_spikes += f64::from(recorded);
            }
        }
        found.spikes = is_spikes.then_some((output.spikes(), recorded_spikes as u64));
        found
    }
}

/// What a network emits with the function of the scores with which its file ends.
fn ended(output: &Feature, ending: Ending) -> Cow<'_, Feature> {
    let Feature::Real(real) = output else { return Cow::Borrowed(output) };
    let mut ended = real.clone();
    ended.data.chunks_exact_mut(real.shape.len()).for_each(|scores| ending.apply(scores));
    Cow::Owned(Feature::Real(ended))
}

/// `value`, which was rounded to float32, with as few digits as tell it apart.
fn shortest(value: f64) -> f64 {
    (value as f32).to_string().parse().unwrap_or(value)
}

fn wrong(name: &str, reason: impl Into<String>) -> RecordedError {
    RecordedError::Array { name: name.into(), reason: reason.into() }
}

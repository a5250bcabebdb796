//! Event-driven against dense convolution over the density of spikes.

use super::shortest;
use crate::Failure;
use crate::table::table;
use cospike_reports::{DensityLine, density_figure};
use cospike_sim_core::inference::{Executable, Feature, Real, SpikeTrain};
use cospike_sim_core::kernel::Streams;
use cospike_sim_core::network::{Conv2d, Network, Neuron, Operation, Shape, Tensor, Weights};
use rand::RngExt;
use serde_json::{Value, json};
use std::rc::Rc;

/// Channels in and out, and side of the map: the three stages of the reference network.
const SHAPES: [(usize, usize); 3] = [(16, 28), (32, 14), (64, 7)];
/// Shares of neurons that fire in a step, in per cent.
const DENSITIES: [u32; 11] = [1, 2, 3, 5, 8, 12, 16, 20, 30, 40, 50];
const STEPS: usize = 4;
/// Different inputs per measurement: with fewer, the CPU learns which branches they take.
const INPUTS: usize = 32;
/// Enough to outlast a second in which others use the machine.
const REPEATS: usize = 200;
const SEED: u64 = 1;

/// Seconds per input, all steps.
pub(super) struct Sweep {
    lines: Vec<Line>,
}

/// One shape.
struct Line {
    channels: usize,
    side: usize,
    event_driven: Vec<f64>,
    /// As often as there are steps; density does not matter to it.
    dense: f64,
}

impl Sweep {
    pub(super) fn measure() -> Result<Self, Failure> {
        let cases = SHAPES.iter().map(|&(channels, side)| Cases::new(channels, side));
        let mut cases = cases.collect::<Result<Vec<_>, _>>()?;
        // All in turn, so that a second in which others use the machine is not all that one of them gets.
        for _ in 0..REPEATS {
            cases
                .iter_mut()
                .flat_map(|cases| cases.event_driven.iter_mut().chain([&mut cases.dense]))
                .for_each(Case::time);
        }
        Ok(Self { lines: cases.iter().map(Cases::line).collect() })
    }

    pub(super) fn print(&self) {
        println!("3x3 convolution, T = {STEPS}, us per input by the share of neurons that fire in a step:");
        let titles = ["channels", "map"].into_iter().map(String::from);
        let titles: Vec<_> = titles
            .chain(DENSITIES.iter().map(|density| format!("{density} %")))
            .chain(["dense".into(), "crossover".into()])
            .collect();
        let mut rows = table(&titles.iter().map(String::as_str).collect::<Vec<_>>());
        for line in &self.lines {
            let mut row = vec![line.channels.to_string(), format!("{0}x{0}", line.side)];
            row.extend(line.event_driven.iter().chain([&line.dense]).map(|seconds| format!("{:.1}", seconds * 1e6)));
            row.push(line.crossover().map_or("none up to 50 %".into(), |density| format!("{density:.0} %")));
            rows.add_row(row);
        }
        println!("{rows}");
    }

    pub(super) fn json(&self) -> Value {
        let line = |line: &Line| {
            json!({
                "channels": line.channels,
                "side": line.side,
                "density": DENSITIES.iter().map(|&density| f64::from(density) / 100.0).collect::<Vec<_>>(),
                "event_driven_seconds": line.event_driven,
                "dense_seconds": line.dense,
                "crossover": line.crossover().map(|density| density / 100.0),
            })
        };
        Value::Array(self.lines.iter().map(line).collect())
    }

    pub(super) fn svg(&self) -> Result<String, Failure> {
        let line = |line: &Line| DensityLine {
            label: format!("{} channels, {1}x{1}", line.channels, line.side),
            event_driven: DENSITIES.iter().map(|&d| f64::from(d) / 100.0).zip(line.event_driven.clone()).collect(),
            dense: line.dense,
        };
        Ok(density_figure(&self.lines.iter().map(line).collect::<Vec<_>>())?)
    }
}

impl Line {
    /// Density, in per cent, from which on the dense convolution is faster, between two that were measured.
    fn crossover(&self) -> Option<f64> {
        let above = self.event_driven.iter().position(|&seconds| seconds > self.dense)?;
        let (high, to) = (self.event_driven[above], f64::from(DENSITIES[above]));
        let Some(below) = above.checked_sub(1) else { return Some(to) };
        let (low, from) = (self.event_driven[below], f64::from(DENSITIES[below]));
        Some(from + (to - from) * (self.dense - low) / (high - low))
    }
}

/// What is measured for a [`Line`].
struct Cases {
    channels: usize,
    side: usize,
    event_driven: Vec<Case>,
    dense: Case,
}

/// A layer on some inputs.
struct Case {
    executable: Rc<Executable>,
    layer: usize,
    inputs: Vec<Feature>,
    /// The shortest time that all of them took.
    seconds: f64,
}

impl Cases {
    fn new(channels: usize, side: usize) -> Result<Self, Failure> {
        let shape = Shape::new(channels, side, side);
        let (event_driven, dense) = (Rc::new(convolution(shape, true)?), Rc::new(convolution(shape, false)?));
        let on_spikes = |density| Case::new(&event_driven, 2, inputs(shape, density));
        let values = Feature::Real(Real { shape, steps: 1, data: vec![1.0; shape.len()] });
        Ok(Self {
            channels,
            side,
            event_driven: DENSITIES.into_iter().map(on_spikes).collect::<Result<_, _>>()?,
            dense: Case::new(&dense, 1, vec![values])?,
        })
    }

    fn line(&self) -> Line {
        let seconds = |case: &Case| case.seconds / case.inputs.len() as f64;
        Line {
            channels: self.channels,
            side: self.side,
            event_driven: self.event_driven.iter().map(seconds).collect(),
            dense: STEPS as f64 * seconds(&self.dense),
        }
    }
}

impl Case {
    /// The case, after every input has been run once.
    fn new(executable: &Rc<Executable>, layer: usize, inputs: Vec<Feature>) -> Result<Self, Failure> {
        inputs.iter().try_for_each(|input| executable.run(layer..layer + 1, input, STEPS).map(drop))?;
        Ok(Self { executable: Rc::clone(executable), layer, inputs, seconds: f64::INFINITY })
    }

    /// Runs all inputs once more, and keeps the shortest time.
    fn time(&mut self) {
        let seconds = shortest(1, || {
            for input in &self.inputs {
                // It has run before.
                drop(std::hint::black_box(self.executable.run(self.layer..self.layer + 1, input, STEPS)));
            }
        });
        self.seconds = self.seconds.min(seconds);
    }
}

/// Spikes of so many per cent of the neurons in every step.
fn inputs(shape: Shape, density: u32) -> Vec<Feature> {
    let mut draws = Streams::new(SEED, 0).stream("density", u64::from(density));
    let mut input = || {
        let mut train = SpikeTrain::silent(shape, STEPS);
        for (t, p) in (0..STEPS).flat_map(|t| (0..shape.area()).map(move |p| (t, p))) {
            let fires = (0..shape.channels).filter(|_| draws.random_bool(f64::from(density) / 100.0));
            fires.collect::<Vec<_>>().into_iter().for_each(|c| train.fire(t, p, c));
        }
        Feature::Spikes(train)
    };
    (0..INPUTS).map(|_| input()).collect()
}

/// A 3x3 convolution with random weights, on spikes (then behind a neuron, layer 1) or on the sample itself.
fn convolution(shape: Shape, on_spikes: bool) -> Result<Executable, Failure> {
    let mut network = Network::new("convolution", shape);
    if on_spikes {
        network.push("neuron", Operation::Neuron(Neuron::INTEGRATE_AND_FIRE), &[0], shape);
    }
    let input = network.layers.len() - 1;
    let conv = Conv2d::plain(shape, shape.channels, 3, 1, 1);
    network.push("conv", Operation::Conv2d(conv), &[input], conv.output);
    let mut draws = Streams::new(SEED, 0).stream("weights", 0);
    let store = Weights::shapes(&network).into_iter().map(|(name, shape)| {
        let data = (0..shape.iter().product()).map(|_| draws.random_range(-0.1..0.1)).collect();
        (name, Tensor { shape, data })
    });
    Ok(Executable::new(&network, &Weights::from_store(&network, &store.collect())?)?)
}

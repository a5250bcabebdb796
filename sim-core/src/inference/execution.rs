//! Execution of a range of layers on one sample.

use super::cells::CellState;
use super::concat::concat;
use super::dense::activate;
use super::executable::{Executable, Work};
use super::membrane::charged;
use super::pool::{flatten, pool};
use super::scale::scale;
use super::spiking::{self, Direct, Scratch, Source};
use super::{Feature, GradedTrain, InferenceError, LayerCounts, Real};
use crate::network::{Shape, Signal};
use std::borrow::Cow;
use std::ops::Range;

/// Result of executing a range of layers.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Execution {
    /// Output of the last layer executed; the input itself if the range was empty.
    pub output: Feature,
    /// Operations of each layer executed, in order.
    pub layers: Vec<LayerCounts>,
    /// Membranes of the last layer of the network in every step, before spikes reset them; none if that was not executed, or the network
    /// is not read out by them.
    pub membranes: Option<Real>,
}

impl Executable {
    /// Executes `layers` for `steps` time steps on `input`, the output of layer `layers.start - 1`. The whole network
    /// is `1..network().layers.len()` on the sample.
    ///
    /// Layers whose input does not change over time are computed once, whatever `steps` is.
    ///
    /// # Errors
    /// [`InferenceError::Range`] for layers that do not exist; [`InferenceError::ReachesBack`] if one of them reads a
    /// layer before `layers.start - 1`; [`InferenceError::Input`] if `input` is not what that layer emits;
    /// [`InferenceError::NoSteps`].
    pub fn run(&self, layers: Range<usize>, input: &Feature, steps: usize) -> Result<Execution, InferenceError> {
        self.run_observed(layers, input, steps, |_, _, _| {})
    }

    /// As [`Executable::run`]; `observe` is called for every layer executed, with the layers that it reads and their
    /// outputs, and with its own output. A real-valued output that is not stored, because it is added up in membranes
    /// at once, is `None`.
    ///
    /// # Errors
    /// As [`Executable::run`].
    pub fn run_observed(
        &self,
        layers: Range<usize>,
        input: &Feature,
        steps: usize,
        mut observe: impl FnMut(usize, &[(usize, Option<&Feature>)], Option<&Feature>),
    ) -> Result<Execution, InferenceError> {
        self.check_range(&layers)?;
        let first = layers.start - 1;
        self.check_input(first, input, steps)?;
        let outputs = vec![Some(Cow::Borrowed(input))];
        // What is read one step late is kept by the loop.
        let reads =
            |i: usize| self.plans[i].readers.iter().filter(|&&reader| i < reader && reader < layers.end).count();
        let unread = (first..layers.end).map(reads).collect();
        let scratch = Scratch::default();
        let membranes = None;
        let mut running =
            Running { executable: self, first, end: layers.end, steps, outputs, unread, scratch, membranes };
        let mut counts = vec![];
        let mut next = layers.start;
        while next < layers.end {
            match self.loops.iter().find(|stretch| stretch.start == next) {
                Some(stretch) => {
                    counts.extend(running.run_loop(stretch.clone(), &mut observe));
                    next = stretch.end;
                }
                None => {
                    counts.push(running.layer(next, &mut observe));
                    next += 1;
                }
            }
        }
        // Nothing in the range reads the last layer, so it was not deferred.
        let output = running.outputs.pop().flatten().expect("the last layer is computed").into_owned();
        Ok(Execution { output, layers: counts, membranes: running.membranes })
    }

    /// Class scores of an `execution` that ended with the last layer, see [`Network::effective_readout`](crate::network::Network::effective_readout).
    pub fn scores(&self, execution: &Execution) -> Vec<f32> {
        match &execution.membranes {
            Some(membranes) => membranes.read_out(self.readout),
            None => execution.output.values().read_out(self.readout),
        }
    }

    /// Whether the membranes of layer `i` are what class scores are read out of.
    pub(super) fn keeps_membranes(&self, i: usize) -> bool {
        i + 1 == self.network.layers.len() && self.readout.is_of_membranes()
    }

    /// Whether `layers` exist and can run on the output of the layer before them alone.
    pub(crate) fn check_range(&self, layers: &Range<usize>) -> Result<(), InferenceError> {
        let all = &self.network.layers;
        if layers.start == 0 || layers.start > layers.end || layers.end > all.len() {
            return Err(InferenceError::Range { start: layers.start, end: layers.end, layers: all.len() });
        }
        let divides = |stretch: &Range<usize>, end: usize| stretch.start < end && end < stretch.end;
        for end in [layers.start, layers.end] {
            if let Some(stretch) = self.loops.iter().find(|stretch| divides(stretch, end)) {
                return Err(InferenceError::CutsLoop {
                    cut: all[end - 1].name.clone(),
                    first: all[stretch.start].name.clone(),
                    last: all[stretch.end - 1].name.clone(),
                });
            }
        }
        for layer in &all[layers.clone()] {
            if let Some(&early) = layer.inputs.iter().find(|&&i| i + 1 < layers.start) {
                return Err(InferenceError::ReachesBack {
                    layer: layer.name.clone(),
                    reads: all[early].name.clone(),
                    cut: all[layers.start - 1].name.clone(),
                });
            }
        }
        Ok(())
    }

    fn check_input(&self, layer: usize, input: &Feature, steps: usize) -> Result<(), InferenceError> {
        if steps == 0 {
            return Err(InferenceError::NoSteps);
        }
        let needed = (self.network.layers[layer].output, self.steps_after(layer, steps), self.signal(layer));
        let found = (input.shape(), input.steps(), input.signal());
        let whole = !matches!(input, Feature::Real(real) if !real.is_whole());
        if found == needed && whole {
            return Ok(());
        }
        let describe = |(shape, steps, signal): (Shape, usize, Signal)| match signal {
            Signal::Real => format!("{steps} steps of {shape} real values"),
            Signal::BINARY => format!("{steps} steps of {shape} spikes"),
            Signal::Spikes { max } => format!("{steps} steps of {shape} graded spikes up to {max}"),
        };
        let layer = self.network.layers[layer].name.clone();
        Err(InferenceError::Input {
            layer,
            needed: describe(needed),
            found: describe(found) + if whole { "" } else { ", not all of them there" },
        })
    }
}

/// A run in progress.
pub(super) struct Running<'a> {
    pub(super) executable: &'a Executable,
    /// Layer whose output is `outputs[0]`.
    pub(super) first: usize,
    /// One past the last layer to run.
    pub(super) end: usize,
    pub(super) steps: usize,
    /// Outputs of the layers run so far; none of a layer that was deferred, or has no reader
    /// left: no more is held than the network's widest cut.
    pub(super) outputs: Vec<Option<Cow<'a, Feature>>>,
    /// How often each output is still to be read.
    pub(super) unread: Vec<usize>,
    pub(super) scratch: Scratch,
    /// See [`Execution::membranes`].
    pub(super) membranes: Option<Real>,
}

impl Running<'_> {
    /// Runs layer `i`, keeps its output and counts.
    fn layer(
        &mut self,
        i: usize,
        observe: &mut impl FnMut(usize, &[(usize, Option<&Feature>)], Option<&Feature>),
    ) -> LayerCounts {
        let output = if self.is_deferred(i) { None } else { Some(self.compute(i)) };
        let counts = self.counted(i, output.as_ref(), observe);
        if output.is_some() {
            self.release(i);
        }
        self.outputs.push(output.map(Cow::Owned));
        counts
    }

    /// Counts of layer `i`, whose `output` is none if it was deferred, once its inputs are there.
    pub(super) fn counted(
        &self,
        i: usize,
        output: Option<&Feature>,
        observe: &mut impl FnMut(usize, &[(usize, Option<&Feature>)], Option<&Feature>),
    ) -> LayerCounts {
        let inputs = &self.executable.network.layers[i].inputs;
        let inputs: Vec<_> = inputs.iter().map(|&j| (j, self.output_if_any(j))).collect();
        observe(i, &inputs, output);
        self.executable.count(i, &inputs, output, self.steps)
    }

    /// Frees what nobody reads after layer `i`, which has just been computed.
    pub(super) fn release(&mut self, i: usize) {
        let executable = self.executable;
        for &input in executable.network.layers[i].inputs.iter().filter(|&&input| input < i) {
            let at = input - self.first;
            if self.outputs[at].is_none() {
                // Deferred until now.
                self.release(input);
            }
            self.unread[at] -= 1;
            if self.unread[at] == 0 {
                self.outputs[at] = None;
            }
        }
    }

    /// Whether the layer that reads layer `i` computes its currents on the fly: a neuron, which takes them step by
    /// step, or a sum, which is deferred to its neuron or adds them up position by position.
    pub(super) fn is_deferred(&self, i: usize) -> bool {
        let plan = &self.executable.plans[i];
        let &[reader] = plan.readers.as_slice() else { return false };
        let reader_work = &self.executable.plans[reader].work;
        let into_neuron = matches!(reader_work, Work::Neuron(_) | Work::Cells(_));
        reader < self.end
            && plan.varies
            && plan.signal == Signal::Real
            && match plan.work {
                Work::Spiking(..) | Work::SpikingDepthwise(..) | Work::SpikingGrouped(..) => {
                    into_neuron || matches!(reader_work, Work::Add)
                }
                Work::Add => into_neuron,
                _ => false,
            }
    }

    pub(super) fn compute(&mut self, i: usize) -> Feature {
        let executable = self.executable;
        let (layer, plan) = (&executable.network.layers[i], &executable.plans[i]);
        match &plan.work {
            Work::Neuron(neuron) => {
                if executable.keeps_membranes(i) {
                    self.membranes = Some(charged(neuron, &self.currents(i), self.steps));
                }
                let mut scratch = std::mem::take(&mut self.scratch);
                let sources = self.sources(layer.inputs[0]);
                let spikes = spiking::fire(sources, neuron, layer.output, self.steps, &mut scratch);
                self.scratch = scratch;
                Feature::Spikes(spikes)
            }
            Work::Cells(cells) => {
                let mut state = cells.at_rest(executable.keeps_membranes(i));
                let emitted = cells.run(&self.currents(i), &mut state);
                self.keep(layer.output, state);
                emitted
            }
            Work::Scale(_, factors) => scale(self.output(layer.inputs[0]), factors),
            Work::Add if plan.signal != Signal::Real => {
                let [a, b] = [0, 1].map(|input| self.output(layer.inputs[input]).planes());
                Feature::Graded(GradedTrain::sum(a, b, executable.steps_after(i, self.steps)))
            }
            Work::Spiking(..) | Work::SpikingDepthwise(..) | Work::SpikingGrouped(..) | Work::Add => {
                let steps = executable.steps_after(i, self.steps);
                let mut scratch = std::mem::take(&mut self.scratch);
                let sums = spiking::sum(self.addends(i), layer.output, steps, &mut scratch);
                self.scratch = scratch;
                Feature::Real(sums)
            }
            Work::Dense(_, dense) => Feature::Real(dense.run(self.real(layer.inputs[0]), layer.output)),
            Work::DenseGrouped(taps, grouped) => {
                Feature::Real(grouped.run(taps, self.real(layer.inputs[0]), layer.output))
            }
            Work::Activation(f) => activate(self.real(layer.inputs[0]), *f),
            Work::Pool(geometry, taps) => pool(self.output(layer.inputs[0]), *geometry, taps),
            Work::Flatten => flatten(self.output(layer.inputs[0])),
            Work::Concat => {
                let inputs: Vec<_> = layer.inputs.iter().map(|&input| self.output(input)).collect();
                concat(&inputs, layer.output, plan.signal, executable.steps_after(i, self.steps))
            }
            Work::Input => unreachable!("`Network::check` lets no layer but the first be the input"),
            Work::Previous => unreachable!("`run_loop` keeps what was emitted in the step before"),
        }
    }

    /// Keeps the membranes of the layer whose `state` it was, if they were recorded.
    pub(super) fn keep(&mut self, shape: Shape, state: CellState) {
        let whole = |data: Vec<f32>| Real { shape, steps: data.len() / shape.len(), data };
        self.membranes = state.charged.map(whole).or(self.membranes.take());
    }

    /// The currents into the neurons of layer `i`, in every step.
    pub(super) fn currents(&mut self, i: usize) -> Real {
        let layer = &self.executable.network.layers[i];
        let mut scratch = std::mem::take(&mut self.scratch);
        let currents = spiking::sum(self.sources(layer.inputs[0]), layer.output, self.steps, &mut scratch);
        self.scratch = scratch;
        currents
    }

    /// The output of layer `i`, or what makes it up if it was deferred.
    fn sources(&self, i: usize) -> Vec<Source<'_>> {
        match self.output_if_any(i) {
            Some(Feature::Real(real)) => vec![Source::Direct(Direct::Real(real))],
            Some(spikes) => spikes.planes().iter().map(|train| Source::Direct(Direct::Spikes(train))).collect(),
            None => self.addends(i),
        }
    }

    /// What makes up the output of layer `i`, in order.
    fn addends(&self, i: usize) -> Vec<Source<'_>> {
        let inputs = &self.executable.network.layers[i].inputs;
        match &self.executable.plans[i].work {
            Work::Spiking(_, rows) => {
                vec![Source::Weighted { rows, planes: self.output(inputs[0]).planes() }]
            }
            Work::SpikingDepthwise(taps, weights) => {
                let planes = self.output(inputs[0]).planes();
                vec![Source::Direct(Direct::Depthwise { taps, weights, planes })]
            }
            Work::SpikingGrouped(taps, weights) => {
                let planes = self.output(inputs[0]).planes();
                vec![Source::Direct(Direct::Grouped { taps, weights, planes })]
            }
            _ => inputs.iter().flat_map(|&input| self.sources(input)).collect(),
        }
    }

    fn output(&self, i: usize) -> &Feature {
        // Only neurons and sums read a deferred layer, and they ask for its sources.
        self.output_if_any(i).expect("layers that are read whole are computed")
    }

    pub(super) fn output_if_any(&self, i: usize) -> Option<&Feature> {
        self.outputs[i - self.first].as_deref()
    }

    fn real(&self, i: usize) -> &Real {
        match self.output(i) {
            Feature::Real(real) => real,
            // The plan chose the kernel by the kind of its input, and `check_input` checked that of the first.
            Feature::Spikes(_) | Feature::Graded(_) => unreachable!("layer {i} emits real values"),
        }
    }
}

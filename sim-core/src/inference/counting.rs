//! Counting of the operations of a layer, see [`Counts`].

use super::executable::{Executable, Work};
use super::taps::Taps;
use super::vector::{Vector, Vectorised, WIDTH, vectorise};
use super::{Convention, Counts, Feature, LayerCounts, Real, SpikeTrain};
use crate::network::{Activation, Operation, Reduction, Signal};

impl Executable {
    /// Counts of layer `i` over `steps`, see [`Counts`]. `inputs` are the layers it reads with their outputs, `output`
    /// its own; a deferred output is none.
    pub(super) fn count(
        &self,
        i: usize,
        inputs: &[(usize, Option<&Feature>)],
        output: Option<&Feature>,
        steps: usize,
    ) -> LayerCounts {
        let [input_events, output_events] =
            [inputs.iter().map(|&(_, feature)| spikes_of(feature)).sum(), spikes_of(output)];
        let mut counted = LayerCounts { layer: i, input_events, output_events, ..LayerCounts::default() };
        match &self.plans[i].work {
            Work::Input | Work::Activation(_) | Work::Flatten | Work::Concat | Work::Previous => {}
            Work::Neuron(_) => self.count_neurons(&mut counted, inputs[0].0, steps, 1),
            Work::Cells(_) => {
                let Operation::Cells(cells) = self.network.layers[i].operation else {
                    unreachable!("a layer of cells")
                };
                self.count_neurons(&mut counted, inputs[0].0, steps, cells.states() as u64);
            }
            Work::Scale(taps, _) if self.is_spikes(inputs[0].0) => self.count_synapses(&mut counted, taps, inputs[0].1),
            Work::Scale(taps, _) => self.count_products(&mut counted, taps, inputs[0].1),
            Work::Spiking(taps, _) | Work::SpikingDepthwise(taps, _) | Work::SpikingGrouped(taps, _) => {
                self.count_synapses(&mut counted, taps, inputs[0].1);
            }
            Work::Dense(taps, _) | Work::DenseGrouped(taps, _) => {
                self.count_products(&mut counted, taps, inputs[0].1);
            }
            Work::Add => self.count_sums(&mut counted, inputs, steps),
            Work::Pool(pool, taps) => count_pool(&mut counted, taps, inputs[0].1, pool.reduction != Reduction::Max),
        }
        self.count_writes(&mut counted, output, steps);
        counted
    }

    /// Values of the output of layer `i` over `steps`, each once if it does not change.
    fn values(&self, i: usize, steps: usize) -> u64 {
        (self.network.layers[i].output.len() * self.steps_after(i, steps)) as u64
    }

    /// Neurons that keep `states` values each from step to step.
    fn count_neurons(&self, counted: &mut LayerCounts, input: usize, steps: usize, states: u64) {
        let updates = self.values(counted.layer, steps);
        let reads = if self.plans[input].stored && !self.is_spikes(input) { updates } else { 0 };
        counted.in_each(|counts| {
            counts.neuron_updates = updates;
            counts.state_accesses = 2 * states * updates;
            counts.activation_reads = reads;
        });
    }

    /// A weighted layer on spikes.
    fn count_synapses(&self, counted: &mut LayerCounts, taps: &Taps, input: Option<&Feature>) {
        let outs = self.channels_reached(counted.layer);
        let (inside, outside) = input.map_or((0, 0), |spikes| (fan_out(taps, spikes), fan_outside(taps, spikes)));
        let events = counted.input_events;
        counted.in_each(|counts| {
            counts.ac = inside * outs;
            counts.weight_reads = counts.ac;
            counts.activation_reads = events;
        });
        counted.with_borders.ac += outside * outs;
        counted.with_borders.weight_reads += outside * outs;
    }

    /// A weighted layer on real values.
    fn count_products(&self, counted: &mut LayerCounts, taps: &Taps, input: Option<&Feature>) {
        let Some(Feature::Real(input)) = input else { return };
        let (i, outs, passes) = (counted.layer, self.channels_reached(counted.layer), input.steps as u64);
        let nonzero = Nonzero::new(input, &taps.fan_out);
        let inside = taps.pairs() * input.shape.channels as u64 * outs * passes;
        let with_borders = self.network.dense_macs(i..i + 1) * passes;
        for (convention, mac) in Convention::ALL.into_iter().zip([inside, with_borders, nonzero.pairs * outs]) {
            let counts = counted.by_mut(convention);
            (counts.mac, counts.weight_reads, counts.activation_reads) = (mac, mac, mac);
        }
        counted.nonzero_inputs = nonzero.values;
        counted.nonzero.map_bits_read = input.data.len() as u64;
    }

    fn count_sums(&self, counted: &mut LayerCounts, inputs: &[(usize, Option<&Feature>)], steps: usize) {
        let i = counted.layer;
        if self.plans[i].signal != Signal::Real {
            // The planes of both trains are kept side by side; who reads the sum adds up both.
            return;
        }
        if inputs.iter().any(|&(input, _)| self.is_spikes(input)) {
            let times = |layer| (self.steps_after(i, steps) / self.steps_after(layer, steps)) as u64;
            let spikes: u64 = inputs.iter().map(|&(layer, feature)| spikes_of(feature) * times(layer)).sum();
            counted.in_each(|counts| (counts.ac, counts.activation_reads) = (spikes, spikes));
            return;
        }
        let sums = self.values(i, steps);
        let operands_stored = inputs.iter().all(|&(input, _)| self.plans[input].stored);
        let reads = |sums| if operands_stored { sums } else { 0 };
        counted.in_each(|counts| (counts.ac, counts.activation_reads) = (sums, reads(sums)));
        if let [(_, Some(Feature::Real(a))), (_, Some(Feature::Real(b)))] = inputs {
            // An operand of a single step is added in every step.
            let pairs = (0..a.steps.max(b.steps)).map(|t| (a.step(t % a.steps), b.step(t % b.steps)));
            let both = |(a, b)| vectorise(BothNonzero(a, b));
            let sums = pairs.map(both).sum();
            counted.nonzero_inputs = nonzeros(&a.data) + nonzeros(&b.data);
            (counted.nonzero.ac, counted.nonzero.activation_reads) = (sums, reads(sums));
            counted.nonzero.map_bits_read = (a.data.len() + b.data.len()) as u64;
        }
    }

    fn count_writes(&self, counted: &mut LayerCounts, output: Option<&Feature>, steps: usize) {
        let (i, plan) = (counted.layer, &self.plans[counted.layer]);
        let written = match plan.work {
            Work::Input | Work::Activation(_) | Work::Flatten | Work::Previous => 0,
            Work::Concat => self.values_of_spikes(i, steps),
            Work::Neuron(_) => counted.output_events,
            Work::Cells(_) if plan.signal != Signal::Real => counted.output_events,
            Work::Pool(..) if plan.signal != Signal::Real => counted.output_events,
            _ if plan.stored && plan.signal == Signal::Real => self.values(i, steps),
            _ => 0,
        };
        counted.in_each(|counts| counts.activation_writes = written);
        let Some(Feature::Real(output)) = output else { return };
        if written > 0 && plan.mapped {
            counted.nonzero.activation_writes = self.nonzeros_written(i, output);
            counted.nonzero.map_bits_written = written;
        }
    }

    /// Values that a concatenation has to write: its inputs lie where they are, but spikes beside real values become values.
    fn values_of_spikes(&self, i: usize, steps: usize) -> u64 {
        let spikes = |&&input: &&usize| self.is_spikes(input) && !self.is_spikes(i);
        let values = |&input: &usize| (self.network.layers[input].output.len() * self.steps_after(i, steps)) as u64;
        self.network.layers[i].inputs.iter().filter(spikes).map(values).sum()
    }

    /// Number of values that are not zero in the `output` of layer `i` as it is written: behind its activation function.
    fn nonzeros_written(&self, i: usize, output: &Real) -> u64 {
        let values = &output.data;
        let [reader] = self.plans[i].readers[..] else { return nonzeros(values) };
        match self.plans[reader].work {
            Work::Activation(Activation::Relu) => vectorise(Hits { values, sign: Sign::Positive }),
            Work::Activation(f) => values.iter().filter(|&&x| f.apply(x) != 0.0).count() as u64,
            _ => nonzeros(values),
        }
    }

    /// Output channels that an input channel of layer `i` reaches.
    fn channels_reached(&self, i: usize) -> u64 {
        (self.network.layers[i].output.channels / self.groups(i)) as u64
    }

    /// Groups of a convolution; of products as many as channels; 1 for any other layer.
    pub(super) fn groups(&self, i: usize) -> usize {
        match self.network.layers[i].operation {
            Operation::Conv2d(conv) | Operation::ConvTranspose2d(conv) => conv.groups,
            Operation::Scale => self.network.layers[i].output.channels,
            _ => 1,
        }
    }
}

impl LayerCounts {
    /// Sets the same in the counts by each convention.
    fn in_each(&mut self, set: impl Fn(&mut Counts)) {
        Convention::ALL.into_iter().for_each(|convention| set(self.by_mut(convention)));
    }

    fn by_mut(&mut self, convention: Convention) -> &mut Counts {
        match convention {
            Convention::Inside => &mut self.counts,
            Convention::WithBorders => &mut self.with_borders,
            Convention::NonZero => &mut self.nonzero,
        }
    }
}

/// A pool, whose operands are `added` up unless it takes their maximum.
fn count_pool(counted: &mut LayerCounts, taps: &Taps, input: Option<&Feature>, added: bool) {
    let Some(input) = input else { return };
    let operands = match input {
        Feature::Real(real) => {
            let values = (real.shape.channels * real.steps) as u64;
            let nonzero = Nonzero::new(real, &taps.fan_out);
            counted.nonzero_inputs = nonzero.values;
            counted.nonzero.map_bits_read = real.data.len() as u64;
            [taps.pairs() * values, (taps.outputs() * taps.kernel) as u64 * values, nonzero.pairs]
        }
        spikes => {
            let inside = fan_out(taps, spikes);
            [inside, inside + fan_outside(taps, spikes), inside]
        }
    };
    for (convention, operands) in Convention::ALL.into_iter().zip(operands) {
        let counts = counted.by_mut(convention);
        counts.ac = if added { operands } else { 0 };
        counts.activation_reads = operands;
    }
}

/// Number of spikes of a feature that is there.
fn spikes_of(feature: Option<&Feature>) -> u64 {
    feature.map_or(0, Feature::spikes)
}

fn nonzeros(values: &[f32]) -> u64 {
    vectorise(Hits { values, sign: Sign::NotZero })
}

/// What is counted.
#[derive(Clone, Copy)]
enum Sign {
    NotZero,
    Positive,
}

impl Sign {
    /// The lanes that are counted, as bits.
    #[inline(always)]
    fn lanes<V: Vector>(self, values: &[f32; WIDTH]) -> u16 {
        let (x, zero) = (V::load(values), V::splat(0.0));
        let (_, at_least) = x.choose(zero, zero, zero);
        let (_, at_most) = zero.choose(x, zero, zero);
        match self {
            Self::NotZero => !(at_least & at_most),
            Self::Positive => at_least & !at_most,
        }
    }

    /// Number of `values` that are counted.
    #[inline(always)]
    fn count<V: Vector>(self, values: &[f32]) -> u64 {
        let (whole, rest) = values.as_chunks();
        let mut sum = 0;
        for values in whole {
            sum += self.lanes::<V>(values).count_ones();
        }
        if !rest.is_empty() {
            let mut padded = [0.0; WIDTH];
            padded[..rest.len()].copy_from_slice(rest);
            sum += self.lanes::<V>(&padded).count_ones();
        }
        sum.into()
    }
}

/// Values with a sign.
struct Hits<'a> {
    values: &'a [f32],
    sign: Sign,
}

impl Vectorised for Hits<'_> {
    type Output = u64;

    #[inline(always)]
    fn run<V: Vector>(self) -> u64 {
        self.sign.count::<V>(self.values)
    }
}

/// Pairs of values that both are not zero.
struct BothNonzero<'a>(&'a [f32], &'a [f32]);

impl Vectorised for BothNonzero<'_> {
    type Output = u64;

    #[inline(always)]
    fn run<V: Vector>(self) -> u64 {
        let ((a, rest_a), (b, rest_b)) = (self.0.as_chunks(), self.1.as_chunks());
        let mut sum = 0;
        for (a, b) in a.iter().zip(b) {
            sum += u64::from((Sign::NotZero.lanes::<V>(a) & Sign::NotZero.lanes::<V>(b)).count_ones());
        }
        for (a, b) in rest_a.iter().zip(rest_b) {
            sum += u64::from(*a != 0.0 && *b != 0.0);
        }
        sum
    }
}

/// Real values that are not zero.
struct Nonzero {
    /// Number of them.
    values: u64,
    /// Number of (value, output position) pairs.
    pairs: u64,
}

impl Nonzero {
    /// `fan_out` are the output positions that each input position reaches.
    fn new(input: &Real, fan_out: &[u64]) -> Self {
        vectorise(CountNonzero { input, fan_out })
    }
}

struct CountNonzero<'a> {
    input: &'a Real,
    fan_out: &'a [u64],
}

impl Vectorised for CountNonzero<'_> {
    type Output = Nonzero;

    #[inline(always)]
    fn run<V: Vector>(self) -> Nonzero {
        let (mut values, mut pairs) = (0, 0);
        for step in 0..self.input.steps {
            for (channels, outputs) in self.input.step(step).chunks_exact(self.input.shape.channels).zip(self.fan_out) {
                let nonzero = Sign::NotZero.count::<V>(channels);
                values += nonzero;
                pairs += nonzero * outputs;
            }
        }
        Nonzero { values, pairs }
    }
}

/// Number of (spike, output position) pairs, a graded spike as often as its number says.
fn fan_out(taps: &Taps, feature: &Feature) -> u64 {
    feature.planes().iter().map(|train| vectorise(Pairs { train, outputs: &taps.fan_out })).sum()
}

/// Number of (spike, kernel element) pairs that land outside the output.
fn fan_outside(taps: &Taps, feature: &Feature) -> u64 {
    let of_step = |train: &SpikeTrain, step: usize| -> u64 {
        let (bits, words) = (train.step(step), train.words());
        let spikes =
            |at: u32| bits[at as usize * words..][..words].iter().map(|word| u64::from(word.count_ones())).sum::<u64>();
        taps.outside.iter().map(|&(position, outside)| spikes(position) * outside).sum()
    };
    let of_train = |train: &SpikeTrain| (0..train.steps()).map(|step| of_step(train, step)).sum::<u64>();
    feature.planes().iter().map(of_train).sum()
}

struct Pairs<'a> {
    train: &'a SpikeTrain,
    /// Output positions that each input position reaches.
    outputs: &'a [u64],
}

impl Vectorised for Pairs<'_> {
    type Output = u64;

    #[inline(always)]
    fn run<V: Vector>(self) -> u64 {
        let (words, mut pairs) = (self.train.words(), 0);
        for step in 0..self.train.steps() {
            let bits = self.train.step(step);
            if words == 1 {
                // Without the loop over words it takes half the time.
                for (word, &outputs) in bits.iter().zip(self.outputs) {
                    pairs += u64::from(word.count_ones()) * outputs;
                }
                continue;
            }
            for (words, &outputs) in bits.chunks_exact(words).zip(self.outputs) {
                for word in words {
                    pairs += u64::from(word.count_ones()) * outputs;
                }
            }
        }
        pairs
    }
}

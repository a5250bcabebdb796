//! Counting of the operations of a layer, see [`Counts`].

use super::executable::{Executable, Work};
use super::taps::Taps;
use super::vector::{Vector, Vectorised, vectorise};
use super::{Counts, Feature, LayerCounts, SpikeTrain};
use crate::network::{Operation, Reduction, Signal};

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
        let plan = &self.plans[i];
        let spikes_of = |feature: Option<&Feature>| feature.map_or(0, Feature::spikes);
        let input_events = inputs.iter().map(|&(_, feature)| spikes_of(feature)).sum();
        let output_events = spikes_of(output);
        let values = |layer: usize| (self.network.layers[layer].output.len() * self.steps_after(layer, steps)) as u64;
        let mut counts = Counts::default();
        match &plan.work {
            Work::Input | Work::Activation(_) | Work::Flatten => {}
            Work::Neuron(_) => {
                counts.neuron_updates = values(i);
                counts.state_accesses = 2 * values(i);
                if self.plans[inputs[0].0].stored && !self.is_spikes(inputs[0].0) {
                    counts.activation_reads = values(i);
                }
            }
            Work::Spiking(taps, _) | Work::SpikingDepthwise(taps, _) | Work::SpikingGrouped(taps, _) => {
                let outs = self.network.layers[i].output.channels / self.groups(i);
                counts.ac = inputs[0].1.map_or(0, |feature| fan_out(taps, feature)) * outs as u64;
                counts.weight_reads = counts.ac;
                counts.activation_reads = input_events;
            }
            Work::Dense(..) | Work::DenseGrouped(..) => {
                let passes = self.steps_after(inputs[0].0, steps) as u64;
                counts.mac = self.network.dense_macs(i..i + 1) * passes;
                counts.weight_reads = counts.mac;
                counts.activation_reads = counts.mac;
            }
            // The planes of both trains are kept side by side; who reads the sum adds up both.
            Work::Add if plan.signal != Signal::Real => {}
            Work::Add if inputs.iter().any(|&(input, _)| self.is_spikes(input)) => {
                let times = |layer| (self.steps_after(i, steps) / self.steps_after(layer, steps)) as u64;
                counts.ac = inputs.iter().map(|&(layer, feature)| spikes_of(feature) * times(layer)).sum();
                counts.activation_reads = counts.ac;
            }
            Work::Add => {
                counts.ac = values(i);
                let operands_stored = inputs.iter().all(|&(input, _)| self.plans[input].stored);
                counts.activation_reads = if operands_stored { counts.ac } else { 0 };
            }
            Work::Pool(pool, taps) => {
                let operands = inputs[0].1.map_or(0, |feature| match feature {
                    Feature::Real(real) => taps.pairs() * (real.shape.channels * real.steps) as u64,
                    spikes => fan_out(taps, spikes),
                });
                counts.ac = if pool.reduction == Reduction::Max { 0 } else { operands };
                counts.activation_reads = operands;
            }
        }
        counts.activation_writes = match plan.work {
            Work::Neuron(_) => output_events,
            Work::Pool(..) if plan.signal != Signal::Real => output_events,
            Work::Input | Work::Activation(_) | Work::Flatten => 0,
            _ if plan.stored && plan.signal == Signal::Real => values(i),
            _ => 0,
        };
        LayerCounts { layer: i, input_events, output_events, counts }
    }

    /// Groups of a convolution; 1 for any other layer.
    pub(super) fn groups(&self, i: usize) -> usize {
        match self.network.layers[i].operation {
            Operation::Conv2d(conv) | Operation::ConvTranspose2d(conv) => conv.groups,
            _ => 1,
        }
    }
}

/// Number of (spike, output position) pairs, a graded spike as often as its number says.
fn fan_out(taps: &Taps, feature: &Feature) -> u64 {
    feature.planes().iter().map(|train| vectorise(Pairs { train, outputs: &taps.fan_out })).sum()
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

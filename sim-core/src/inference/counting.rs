//! How [`Counts`] are taken.

use super::executable::{Executable, Work};
use super::taps::Taps;
use super::{Counts, Feature, LayerCounts, SpikeTrain};

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
            Work::Input | Work::Activation(_) => {}
            Work::Neuron(_) => {
                counts.neuron_updates = values(i);
                counts.state_accesses = 2 * values(i);
                counts.activation_writes = output_events;
                if self.plans[inputs[0].0].stored && !self.is_binary(inputs[0].0) {
                    counts.activation_reads = values(i);
                }
            }
            Work::Spiking(taps, _) => {
                let outs = self.network.layers[i].output.channels as u64;
                if let Some(Feature::Spikes(train)) = inputs[0].1 {
                    counts.ac = fan_out(taps, train) * outs;
                }
                counts.weight_reads = counts.ac;
                counts.activation_reads = input_events;
            }
            Work::Dense(..) => {
                let passes = self.steps_after(inputs[0].0, steps) as u64;
                counts.mac = self.network.dense_macs(i..i + 1) * passes;
                counts.weight_reads = counts.mac;
                counts.activation_reads = counts.mac;
            }
            Work::Add if inputs.iter().any(|&(input, _)| self.is_binary(input)) => {
                counts.ac = input_events;
                counts.activation_reads = input_events;
            }
            Work::Add => {
                counts.ac = values(i);
                let operands_stored = inputs.iter().all(|&(input, _)| self.plans[input].stored);
                counts.activation_reads = if operands_stored { counts.ac } else { 0 };
            }
            Work::GlobalAveragePool => {
                counts.ac = if self.is_binary(inputs[0].0) { input_events } else { values(inputs[0].0) };
                counts.activation_reads = counts.ac;
            }
        }
        if plan.stored && !matches!(plan.work, Work::Neuron(_) | Work::Activation(_)) {
            counts.activation_writes = values(i);
        }
        LayerCounts { layer: i, input_events, output_events, counts }
    }
}

/// Number of (spike, output position) pairs.
fn fan_out(taps: &Taps, train: &SpikeTrain) -> u64 {
    let step = |t| train.step(t).chunks_exact(train.words()).zip(&taps.fan_out);
    let pairs = |words: &[u64], outputs: u64| outputs * words.iter().map(|w| u64::from(w.count_ones())).sum::<u64>();
    (0..train.steps()).flat_map(step).map(|(words, &outputs)| pairs(words, outputs)).sum()
}

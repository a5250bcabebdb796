//! Which layers emit spikes, and how many at once.

use super::{Activation, Cells, Network, Operation, Readout, Reduction};

/// Kind of values that a layer emits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signal {
    /// Real values.
    Real,
    /// Whole numbers of spikes per neuron and step.
    Spikes {
        /// Largest number of spikes: 1 for a neuron, more for a sum of spike trains (*graded* spikes).
        max: u32,
    },
}

impl Signal {
    /// Binary spikes, as a neuron emits them.
    pub const BINARY: Self = Self::Spikes { max: 1 };
}

impl Network {
    /// What each layer emits when the input is `input`: [`Signal::Real`] if the sample itself is fed in, spikes if it is
    /// coded in spikes first.
    ///
    /// Neurons and one-level quantisers emit spikes. A sum of spike trains, a maximum of spikes, and spikes that are
    /// flattened or concatenated are spikes too; average and sum pools are real-valued, so that a weighted layer behind one multiplies.
    pub fn signals(&self, input: Signal) -> Vec<Signal> {
        let mut signals: Vec<Signal> = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            // A layer that reads later ones is refused by `Network::check`, unless these are neurons; it has no meaning here.
            let read = |i: usize| layer.inputs.get(i).and_then(|&input| signals.get(input)).copied();
            let first = read(0).unwrap_or(Signal::Real);
            signals.push(match layer.operation {
                Operation::Input => input,
                Operation::Neuron(_) | Operation::Activation(Activation::Quantise { levels: 1 }) => Signal::BINARY,
                Operation::Cells(cells) => of_cells(&cells),
                Operation::Previous => match layer.inputs.first().map(|&source| self.layers[source].operation) {
                    Some(Operation::Cells(cells)) => of_cells(&cells),
                    _ => Signal::BINARY,
                },
                Operation::Add => sum(first, read(1).unwrap_or(Signal::Real)),
                Operation::Concat => (0..layer.inputs.len()).filter_map(read).reduce(joint).unwrap_or(Signal::Real),
                Operation::Pool(pool) if pool.reduction == Reduction::Max => first,
                Operation::Flatten => first,
                Operation::Pool(_) | Operation::Activation(_) => Signal::Real,
                Operation::Conv2d(_) | Operation::ConvTranspose2d(_) | Operation::Linear | Operation::Scale => {
                    Signal::Real
                }
            });
        }
        signals
    }

    /// How class scores are read out: as [`Network::readout`] says, else the number of spikes of a last layer that emits spikes, and the
    /// mean of any other.
    pub fn effective_readout(&self) -> Readout {
        let usual = || if self.emits_spikes() { Readout::SpikeCount } else { Readout::Mean };
        self.readout.unwrap_or_else(usual)
    }

    /// Whether the last layer emits spikes.
    pub(super) fn emits_spikes(&self) -> bool {
        self.signals(Signal::Real).last().is_some_and(|&signal| signal != Signal::Real)
    }
}

fn of_cells(cells: &Cells) -> Signal {
    if cells.are_spiking() { Signal::BINARY } else { Signal::Real }
}

fn joint(a: Signal, b: Signal) -> Signal {
    match (a, b) {
        (Signal::Spikes { max: a }, Signal::Spikes { max: b }) => Signal::Spikes { max: a.max(b) },
        _ => Signal::Real,
    }
}

fn sum(a: Signal, b: Signal) -> Signal {
    match (a, b) {
        (Signal::Spikes { max: a }, Signal::Spikes { max: b }) => Signal::Spikes { max: a.saturating_add(b) },
        _ => Signal::Real,
    }
}

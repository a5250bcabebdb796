//! Neurons with values of their own, as other frameworks describe them.

/// Which membrane potentials make a neuron fire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fires {
    /// Those from the threshold on, `h >= threshold`: SpikingJelly, sinabs.
    #[default]
    From,
    /// Those above it, `h > threshold`: snnTorch, Norse, the text of NIR.
    Above,
}

/// A layer of neurons, each with values of its own, one per value of the input. One step with input `x`:
///
/// 1. With a synapse, its current decays and is charged, `i = i + (synapse_gain x - synapse_share i)`, and takes the place of `x`.
/// 2. The membrane takes it by its [`Membrane`].
/// 3. The layer emits the membrane, or a spike where it passes the threshold, and then resets it ([`CellOutput`]).
///
/// These are the steps of the forward Euler method for the neurons of NIR (Pedersen et al., Nature Communications 15, 2024).
/// [`super::Neuron`] is the faster form of those whose values are all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cells {
    /// Whether a synaptic current lies between input and membrane.
    pub synapse: bool,
    /// How the membrane takes its input.
    pub membrane: Membrane,
    /// What the layer emits.
    pub output: CellOutput,
}

/// How a membrane `v` takes an input `x`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membrane {
    /// It is the input: `v = x`.
    Direct,
    /// It sums: `v = v + gain x`.
    Integrating,
    /// It also loses a share of what it is above its resting potential: `v = v + (share (rest - v) + gain x)`.
    Leaky,
}

/// What cells emit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellOutput {
    /// The membrane, a real value.
    Membrane,
    /// Spikes.
    Spikes {
        /// Where the membrane passes the threshold.
        fires: Fires,
        /// What is done to it then.
        reset: CellReset,
    },
}

/// Reset of a cell's membrane after a spike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellReset {
    /// To the cell's value `reset`.
    Hard,
    /// By the threshold: `v = v - threshold`.
    Soft,
}

impl Cells {
    /// Names of the values that each cell has, which are the endings of the layer's tensors.
    pub fn values(&self) -> Vec<&'static str> {
        let synapse: &[_] = if self.synapse { &["synapse_share", "synapse_gain"] } else { &[] };
        let membrane: &[_] = match self.membrane {
            Membrane::Direct => &[],
            Membrane::Integrating => &["gain", "initial"],
            Membrane::Leaky => &["gain", "initial", "share", "rest"],
        };
        let output: &[_] = match self.output {
            CellOutput::Membrane => &[],
            CellOutput::Spikes { reset: CellReset::Hard, .. } => &["threshold", "reset"],
            CellOutput::Spikes { reset: CellReset::Soft, .. } => &["threshold"],
        };
        [synapse, membrane, output].concat()
    }

    /// Whether they emit spikes.
    pub fn are_spiking(&self) -> bool {
        matches!(self.output, CellOutput::Spikes { .. })
    }

    /// Number of values that a cell keeps from step to step.
    pub fn states(&self) -> usize {
        usize::from(self.synapse) + usize::from(self.membrane != Membrane::Direct)
    }
}

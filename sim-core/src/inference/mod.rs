//! Executes a part of a network on a sample and counts what it did.
//!
//! Nothing here knows a joule, a second or a link (invariant 10, "counts before prices").
//!
//! An [`Executable`] runs a range of layers for T steps, layer after layer: a layer's spikes of all steps are computed
//! before the next layer's, which is the same because no layer reads a later one. Layers on spikes are event-driven:
//! spikes are bits, and every set bit adds a row of weights; a graded spike adds it as often as its number says. Only depthwise
//! ones, whose rows are single weights, go through all taps instead. Layers on real values are dense. Whatever does not
//! change over time is computed once: all of a float network, and the first layer of a spiking one, whose input is the
//! constant sample. Layers that depend on their own earlier steps are executed together, step by step.

mod cells;
mod coding;
mod concat;
mod convolution;
mod counting;
mod counts;
mod dense;
mod depthwise;
mod executable;
mod execution;
mod feature;
mod gather;
mod graded;
mod grouped;
mod lines;
mod membrane;
mod observation;
#[cfg(feature = "bench")]
pub(crate) mod peak;
mod pool;
mod reach;
mod recurrence;
mod scale;
mod spike_train;
mod spiking;
mod taps;
mod tile;
mod vector;
mod windows;

pub use coding::{Coding, CodingError};
pub use counts::{Convention, Counts, LayerCounts, MeanCounts};
pub use executable::{Executable, InputKind};
pub use execution::Execution;
pub use feature::{Feature, Real, argmax};
pub use graded::GradedTrain;
pub use observation::{LayerObservation, Observation, Tool, ToolCounts, Values};
pub use spike_train::SpikeTrain;

use crate::network::NetworkError;

/// Cause for which a network cannot be executed.
#[derive(Debug, thiserror::Error, PartialEq)]
#[non_exhaustive]
pub enum InferenceError {
    /// The network or its weights are inconsistent.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The range names layers that do not exist, or the input layer, which is not executed.
    #[error("layers {start}..{end} cannot be executed: choose a range within 1..{layers}, the layers after the input")]
    Range {
        /// First layer asked for.
        start: usize,
        /// Index after the last layer asked for.
        end: usize,
        /// Number of layers, the input included.
        layers: usize,
    },
    /// A layer of the tail reads a layer before the cut.
    #[error("the network cannot be cut after `{cut}`: `{layer}` also reads `{reads}`, which comes before")]
    ReachesBack {
        /// The layer.
        layer: String,
        /// The early layer it reads.
        reads: String,
        /// The layer after which the cut was asked for.
        cut: String,
    },
    /// The input is not what the layer before the range emits.
    #[error("layer `{layer}` emits {needed}, but {found} were given")]
    Input {
        /// Name of the layer before the range.
        layer: String,
        /// Kind, shape and steps of its output.
        needed: String,
        /// Kind, shape and steps of the given input.
        found: String,
    },
    /// The cut divides layers that depend on their own earlier steps.
    #[error("the network cannot be cut after `{cut}`: from `{first}` to `{last}` every step depends on the one before")]
    CutsLoop {
        /// The layer after which the cut was asked for.
        cut: String,
        /// First layer of those that depend on their earlier steps.
        first: String,
        /// Last of them.
        last: String,
    },
    /// The number of time steps is zero.
    #[error("0 time steps were asked for: a network is executed for at least 1")]
    NoSteps,
}

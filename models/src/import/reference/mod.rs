//! References: what another framework computed, to be computed again spike for spike.
//!
//! A reference is a NumPy archive (`.npz`) with the network's arrays by their PyTorch names, its input, the spikes of
//! every neuron layer and the class scores:
//!
//! | key | content |
//! |---|---|
//! | `meta` | JSON text, see below |
//! | `input` | `[N, channels, rows, columns]` float images |
//! | `w/NAME` | raw weights and batch normalisation; `w/LIF.w` of a neuron with a learned leak |
//! | `fused/NAME` | weights with batch normalisation folded in; used if `w/` has no convolutions |
//! | `spike_bits/LIF`, `spike_shape/LIF` | `numpy.packbits` of `[T, N, channels, rows, columns]`, and that shape |
//! | `logits_f32_TNC`, `logits_mean_f32` | scores per step, and their mean over the steps; optional |
//!
//! The network is a residual one: `conv`, `bn`, `lif`; blocks of `convK`, `bnK`, `lifK` with an optional shortcut
//! `down.0`, `down.1` (and `lifs`); global average; `fc`. Channels, number of blocks, kernels, groups and classes follow
//! from the weights, strides and padding from the shapes of the recorded spikes.
//!
//! Keys of `meta`: `kind` (`spiking`: residual sum before the block's last neuron; `sew`: behind it), `reset` (`hard` or
//! `soft`), `tau` (null for neurons without leak), `v_th`; and if they are not the default: `v_reset` (0), `decay_input`
//! (true), `neuron` (`lif`, `if`, `plif`; `plif` if there are `w/LIF.w`), `v_init` (`v_reset` or 0), `bn_eps` (1e-5), `T`.

mod architecture;
mod arrays;
mod comparison;
mod meta;

pub use comparison::{Comparison, LayerComparison};

use arrays::Archive;
use cospike_sim_core::inference::{Executable, InferenceError, Real};
use cospike_sim_core::network::{Network, NetworkError, Shape, Weights};
use std::path::Path;

/// A network that another framework ran, and what came out there.
#[derive(Clone, Debug)]
pub struct Reference {
    network: Network,
    weights: Weights,
    executable: Executable,
    steps: usize,
    images: Vec<Real>,
    spikes: Vec<Recorded>,
    scores: Option<Vec<f32>>,
    mean_scores: Option<Vec<f32>>,
}

/// Spikes of one neuron layer.
#[derive(Clone, Debug)]
struct Recorded {
    /// Index of the layer.
    layer: usize,
    /// Bits in the order `[T, N, channel, row, column]`, the first in the highest bit of the first byte.
    bits: Vec<u8>,
}

/// Why a file is no reference that can be run.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// The file cannot be read.
    #[error("{0}")]
    Read(#[from] std::io::Error),
    /// No NumPy archive.
    #[error("not a NumPy archive (.npz): {0}")]
    Archive(std::io::Error),
    /// An array that is needed is not there.
    #[error("array `{name}` is missing")]
    Missing {
        /// Its key.
        name: String,
    },
    /// An array that is not what it should be.
    #[error("array `{name}`: {reason}")]
    Array {
        /// Its key.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// The description that goes with the arrays.
    #[error("`{key}` in `meta` must be {needed}, but is {found}")]
    Meta {
        /// The key.
        key: &'static str,
        /// What it must be.
        needed: &'static str,
        /// What it is.
        found: String,
    },
    /// The network or its weights.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// Its execution.
    #[error(transparent)]
    Inference(#[from] InferenceError),
}

impl Reference {
    /// Reads the reference in the file at `path`.
    ///
    /// # Errors
    /// [`ReferenceError`], naming the array or key that is wrong.
    pub fn read(path: &Path) -> Result<Self, ReferenceError> {
        Self::from_bytes(std::fs::read(path)?)
    }

    /// Reads the reference in the bytes of an archive.
    ///
    /// # Errors
    /// [`ReferenceError`], naming the array or key that is wrong.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, ReferenceError> {
        let mut archive = Archive::open(bytes)?;
        let meta = meta::Meta::read(&archive.text("meta")?)?;
        let (shape, pixels) = archive.floats("input")?;
        let &[count, channels, rows, columns] = shape.as_slice() else {
            return Err(wrong("input", format!("it has shape {shape:?} instead of [N, channels, rows, columns]")));
        };
        let input = Shape::new(channels, rows, columns);
        if count == 0 || input.is_empty() {
            return Err(wrong("input", format!("its shape {shape:?} holds no image")));
        }
        let images = pixels.chunks_exact(input.len()).map(|image| channels_last(image, input)).collect();
        let recorded = arrays::Spikes::read_all(&mut archive, count)?;
        let steps = meta.steps(recorded.values().next().map(|spikes| spikes.steps))?;
        if let Some((name, spikes)) = recorded.iter().find(|(_, spikes)| spikes.steps != steps) {
            let reason = format!("{} steps instead of {steps}", spikes.steps);
            return Err(wrong(&format!("spike_shape/{name}"), reason));
        }
        let (network, weights) = architecture::build(&mut archive, &meta, input, &recorded)?;
        let executable = Executable::new(&network, &weights)?;
        let mut spikes = vec![];
        for (name, recorded) in recorded {
            let layer = network.layers.iter().position(|layer| layer.name == name).ok_or_else(|| {
                wrong(&format!("spike_bits/{name}"), "the network that the other arrays make has no such layer".into())
            })?;
            spikes.push(Recorded { layer, bits: recorded.bits });
        }
        spikes.sort_by_key(|recorded| recorded.layer);
        let classes = network.classes();
        let scores = archive.optional_floats("logits_f32_TNC", &[steps, count, classes])?;
        let mean_scores = archive.optional_floats("logits_mean_f32", &[count, classes])?;
        Ok(Self { network, weights, executable, steps, images, spikes, scores, mean_scores })
    }

    /// The network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Its weights.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// The network, ready to run.
    pub fn executable(&self) -> &Executable {
        &self.executable
    }

    /// Time steps.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// The images.
    pub fn images(&self) -> &[Real] {
        &self.images
    }
}

fn wrong(name: &str, reason: String) -> ReferenceError {
    ReferenceError::Array { name: name.into(), reason }
}

/// An image in the order `[channel][row][column]` as a sample.
fn channels_last(image: &[f32], shape: Shape) -> Real {
    let positions = 0..shape.area();
    let data = positions.flat_map(|p| (0..shape.channels).map(move |c| image[c * shape.area() + p])).collect();
    Real { shape, steps: 1, data }
}

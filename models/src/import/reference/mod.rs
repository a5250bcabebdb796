//! References: networks whose spikes another framework recorded, to be reproduced spike for spike.
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
//! (true), `neuron` (`lif`, `if`, `plif`; `plif` if there are `w/LIF.w`), `v_init` (`v_reset` or 0), `bn_eps` (1e-5), `T`,
//! `fire` (`h >= v_th`, no other) and `connect_f` (`ADD`, no other). Any other key is a record and has no effect; one that looks like a misspelt
//! key of these is refused, and so is a key that is there twice.

mod architecture;
mod arrays;
mod comparison;
mod error;
mod meta;

pub use comparison::{Comparison, LayerComparison};
pub use error::ReferenceError;

use crate::file;
use arrays::Archive;
use cospike_sim_core::inference::{Executable, Real};
use cospike_sim_core::network::{Network, Shape, Weights};
use error::wrong;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

/// A network that another framework executed, with the spikes and scores that it recorded.
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

/// Spikes that were recorded of one neuron layer.
#[derive(Clone, Debug)]
struct Recorded {
    /// Index of the layer in the network.
    layer: usize,
    /// Bits in the order `[T, N, channel, row, column]`, the first in the highest bit of the first byte.
    bits: Vec<u8>,
}

impl Reference {
    /// Reads the reference in the file at `path`.
    ///
    /// # Errors
    /// [`ReferenceError::Read`], or [`ReferenceError::File`] with what is wrong, naming the array or key at fault.
    pub fn read(path: &Path) -> Result<Self, ReferenceError> {
        let file = BufReader::new(file::open(path)?);
        let in_file = |error| ReferenceError::File { path: path.display().to_string(), error: Box::new(error) };
        Self::from_reader(file).map_err(in_file)
    }

    /// Reads the reference in an archive.
    ///
    /// # Errors
    /// [`ReferenceError`], naming the array or key at fault.
    pub fn from_reader(archive: impl Read + Seek) -> Result<Self, ReferenceError> {
        let mut archive = Archive::open(archive)?;
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

    /// Layer graph of the network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Weights of the network, with batch normalisation folded in.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// The network, ready to execute.
    pub fn executable(&self) -> &Executable {
        &self.executable
    }

    /// Number of time steps, T.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Input images, in order.
    pub fn images(&self) -> &[Real] {
        &self.images
    }
}

/// A sample made of an image in the order `[channel][row][column]`.
fn channels_last(image: &[f32], shape: Shape) -> Real {
    let positions = 0..shape.area();
    let data = positions.flat_map(|p| (0..shape.channels).map(move |c| image[c * shape.area() + p])).collect();
    Real { shape, steps: 1, data }
}

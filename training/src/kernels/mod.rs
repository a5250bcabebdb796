//! The kernels in which training spends its time: products, convolutions, normalisation and neurons, forwards and backwards.
//!
//! Feature maps are position by position with the channels of a position side by side ([`Maps`]), so that a row of a
//! convolution's input patches is contiguous and a product can read it in place. Work is cut into [`maps::CHUNKS`]
//! pieces whatever the number of threads, and partial sums are added in the order of the pieces, so results are the same
//! bytes on any number of threads.

mod conv;
mod depthwise;
mod maps;
mod neuron;
mod norm;
mod product;
mod vector;
mod window;

pub(crate) use conv::Geometry;
pub(crate) use depthwise::Depthwise;
pub(crate) use maps::{Maps, Pool};
pub(crate) use neuron::{Function, Term, total};
#[cfg(feature = "tensor-library")]
pub(crate) use neuron::{SURROGATE_WIDTH, Update};
pub(crate) use norm::{Affine, BatchStatistics, ChannelSums, NormGradient};
pub(crate) use window::{Kernel, Window};

#[cfg(test)]
mod tests;

//! One pass over a network forwards, and back again for the gradients: the same graph and tensor names as in inference.
//!
//! It is computed by the kernels of this crate or, on another [`Device`], by a tensor library that differentiates by
//! itself. Both take a model from main memory and return the gradients there, so no other module needs to know which.

mod by_kernels;
#[cfg(feature = "tensor-library")]
mod by_library;
mod definition;
mod device;
mod execution;
#[cfg(all(test, feature = "tensor-library"))]
mod tests;
mod trainable;

pub(crate) use definition::{Dynamics, Gradients, Link, Pass};
pub(crate) use device::{Device, DeviceName};
pub(crate) use trainable::{check, check_passage};

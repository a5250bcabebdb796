//! The loops whose speed limits the kernels, for benchmarks. They need the kernels' SIMD internals, so they live here, but are
//! no part of the API: the module exists only with the feature `bench`, and may change at any time.

pub use crate::inference::peak::{Arithmetic, RowLoop, register_loop};

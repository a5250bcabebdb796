//! Networks of other frameworks. Each format has a submodule of its own.

pub mod nir;
pub mod reference;

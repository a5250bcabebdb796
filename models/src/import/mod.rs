//! Networks that other frameworks wrote. Each format is one submodule.

pub mod reference;

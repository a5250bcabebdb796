//! Networks recorded in other frameworks. Each format has a submodule of its own.

pub mod reference;

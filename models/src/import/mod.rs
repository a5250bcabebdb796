//! Networks of other frameworks. Each format has a submodule of its own; what they have in common is in `imported`, and values that
//! another framework recorded, to compare with, in `recorded`.

mod imported;
pub mod nir;
pub mod onnx;
pub mod pytorch;
mod recorded;
pub mod reference;

pub use imported::{Ending, Imported, NodeReport, Runs};
pub use recorded::{Axes, NodeComparison, Recorded, RecordedComparison, RecordedError};

//! The model zoo: trained networks in weight files, and what their metadata say of them.
//!
//! A file `NAME.safetensors` holds a *backbone*, all weights of an unsplit network, or a *unit*: a bottleneck unit at
//! one split point and the tail that was trained with it, that is the weights of all layers after the split
//! point. The head of a network with a unit has the backbone's weights. The file's metadata say which.

mod choice;
mod collection;
mod error;
mod file;
mod measure;
mod series;

pub use choice::{CodecChoice, NetworkChoice, PLAIN, UnitChoice};
pub use collection::{Zoo, ZooNetwork};
pub use error::ZooError;
pub use file::{Metadata, Unit, WeightFile};
pub use measure::{MeasureError, Measurement};
pub use series::{Branch, Series, Spread, splits};

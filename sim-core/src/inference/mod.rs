//! Executes a part of a network on a sample and counts what it did.
//!
//! Nothing here knows a joule, a second or a link (invariant 10, "counts before prices").

mod counts;
mod feature;

pub use counts::{Counts, LayerCounts};
pub use feature::{Feature, Real, SpikeTrain};

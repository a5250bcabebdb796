//! From scenario files to results.
//!
//! ```text
//! library / file -> diagnostic::Source -> sweep (one scenario per design point) + profiles + zoo
//!     -> study::Study (all checked, nothing run) -> results::Results -> store (Parquet), summary
//!                                                   -> chrome_trace, if asked for
//! ```
//!
//! Every mistake in a file is a [`diagnostic::Diagnostic`] that names file, line and column.

pub mod chrome_trace;
pub mod dataset;
mod decode;
pub mod diagnostic;
pub mod library;
pub mod offline;
pub mod profiles;
pub mod reference;
pub mod results;
pub mod scenario;
pub mod store;
pub mod study;
pub mod summary;
pub mod sweep;
mod traces;
pub mod zoo;

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
mod decode;
pub mod diagnostic;
pub mod library;
pub mod profiles;
pub mod scenario;
pub mod study;
pub mod sweep;
mod traces;

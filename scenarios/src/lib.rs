//! The language of scenario files, and what compiles them.
//!
//! ```text
//! library or file -> diagnostic::Source, and beside it given::Given
//!     -> sweep: one checked scenario per design point
//!     -> compile: profiles, prices, traces, zoo and data set put in -> studies::Plan, plain data
//! ```
//!
//! Every mistake in a file is a [`diagnostic::Diagnostic`] that names file, line and column, and says what to do.

mod changes;
mod compile;
mod declarations;
mod decode;
pub mod diagnostic;
pub mod given;
pub mod library;
mod located;
mod measured;
pub mod profiles;
mod question;
pub mod scenario;
pub mod schema;
mod settings;
mod shape;
pub mod sweep;
pub mod traces;

pub use changes::{Change, changes};
pub use compile::{
    CompileError, Compiled, FileOfUnit, MissingNetwork, Points, compile, compile_given, compile_probes,
    missing_networks,
};
pub use located::Located;

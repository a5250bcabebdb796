//! Results on disk.
//!
//! | module | provides |
//! |---|---|
//! | [`folder`] | the result folder of a study: its place, its tables, its report |
//! | [`entries`] | the content-addressed store of finished pieces |
//! | [`whole_file`] | single files that take their name when they are whole |

mod backend;
#[cfg(feature = "object-store")]
mod bucket;
mod description;
pub mod entries;
mod error;
pub mod folder;
mod local;
mod location;
mod lock;
mod own;
mod place;
mod table;
mod transaction;
mod unique;
pub mod whole_file;
mod writing;

pub use table::catches_panics;

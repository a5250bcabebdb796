//! Studies: a plan as plain data, and what executes it.
//!
//! ```text
//! plan::Plan (design points x replications, networks, prices: data only)
//!     + zoo and data sets -> Study (every network made, every content hash compared)
//!     -> inference: each distinct network once on its samples -> counts, answers, payloads
//!     -> simulation: one event loop per design point and replication -> rows
//! ```
//!
//! A [`Plan`] serialises, so it can be written by `cospike check --plan`, sent elsewhere, or made by a Rust program
//! without any scenario file. The crate reads no file and knows no TOML.

mod census;
pub mod condition;
mod demand;
mod designs;
mod error;
pub mod estimate;
pub mod housekeeping;
mod inference;
mod inventory;
pub mod keys;
mod pieces;
pub mod plan;
mod prices;
pub mod request_log;
mod rows;
mod schedule;
pub mod search;
mod shared;
mod simulation;
mod study;
mod summary;
#[cfg(test)]
mod tests;
pub mod trace;
pub mod trial;
mod unanswered;
mod units;
mod verify;
mod work;

pub use census::Census;
pub use error::{Failure, StoreError, StudyError};
pub use inventory::{Inventory, PointInventory, State};
pub use keys::{Piece, PieceKeys};
pub use pieces::{Found, Pieces, Reuse};
pub use plan::Plan;
pub use shared::{Seen, SeenParts, Shared, SharedSystem};
pub use study::{PointParts, Progress, Study, Watched};
pub use units::{Bundle, Portion, Task, Unit, bundle_size};
pub use verify::{Difference, Verification, Verified};
pub use work::{Finished, Preparation, Prepared};

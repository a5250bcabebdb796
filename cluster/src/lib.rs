//! Studies that many processes work on: shares, claims, and job scripts for schedulers.
//!
//! ```text
//! Study::units (the same division everywhere)
//!     -> packing: shares of about equal cost -> shard: which of them this process has, as its scheduler says
//!     -> work: what is missing of the share, inference before simulation, nothing that a live process has claimed
//!     -> pieces in the store; status and `Study::collect` read them
//! submission, slurm, hyperqueue, kubernetes: job scripts, only for what is missing and not queued
//! ```
//!
//! Who runs what, retries and balancing are the scheduler's. What lies in the store decides what is done: notes (claims, workers,
//! submissions) save time, and no result depends on them.

mod array_job;
mod claims;
mod event;
mod holder;
pub mod hyperqueue;
pub mod kubernetes;
mod networks;
mod packing;
mod progress;
mod shard;
mod shell;
pub mod slurm;
mod status;
mod submission;
mod work;

pub use array_job::{ArrayJob, Resources, ScriptError};
pub use claims::{Claim, Claims, find_claims};
pub use event::{Event, WorkError};
pub use holder::{Holder, Timestamp, unique_name};
pub use networks::execute_networks;
pub use packing::pack;

/// Folders of the notes that processes write about their work: they mean nothing once the processes have ended.
pub const PASSING_NOTES: [&str; 2] = [claims::CLAIMS, progress::WORKERS];

pub use progress::{Progress, WorkerNote, find_workers};
pub use shard::{Environment, SHARDS, Shard, ShardError, find_job, find_shard};
pub use shell::{CommandError, quote_all};
pub use status::{AtWork, NetworkStatus, PointStatus, Stage, Status, StatusError};
pub use submission::{Engine, Submission, SubmissionError, covered, number_of_shares, shares_of_missing};
pub use work::{Outcome, Worker};

//! Causes for which a study could not be prepared or executed as a whole, and those for which a part of it failed.

use crate::plan::PlanError;
use cospike_models::dataset::Unsuitable;
use cospike_models::zoo::ZooError;
use cospike_results::key::{ContentKey, KeyError};
use cospike_results::rows::Results;
use cospike_results::store::entries::EntryError;
use cospike_sim_core::cosim::CosimError;
use cospike_sim_core::split::SplitError;
use std::borrow::Cow;

/// Cause for which a study could not be prepared or executed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StudyError {
    /// The plan itself cannot be executed.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The zoo cannot make a network of the plan.
    #[error(transparent)]
    Zoo(#[from] ZooError),
    /// The zoo's weights are not those that the plan was made for.
    #[error(
        "the weights of `{network}` are not those that the plan was made for: it asks for content {wanted}, the zoo has {found}"
    )]
    OtherWeights {
        /// Names of the weight files.
        network: String,
        /// Hashes in the plan.
        wanted: String,
        /// Hashes of the zoo's files.
        found: String,
    },
    /// No data set with the content that the plan asks for.
    #[error("no data set with the content {blake3} of `{dataset}` was given")]
    NoDataset {
        /// Name of the data set in the plan.
        dataset: String,
        /// Hash in the plan.
        blake3: String,
    },
    /// The data set has fewer samples than the plan asks for.
    #[error("the plan asks for {wanted} samples of `{dataset}`, which has {found}")]
    TooFewSamples {
        /// Name of the data set in the plan.
        dataset: String,
        /// Samples asked for.
        wanted: u32,
        /// Samples that there are.
        found: usize,
    },
    /// A network was made for other samples.
    #[error("the samples of `{dataset}` are not for `{network}`: {error}")]
    Unsuitable {
        /// Name of the data set in the plan.
        dataset: String,
        /// Names of the weight files.
        network: String,
        /// What does not fit.
        error: Unsuitable,
    },
    /// A network that has to be executed cannot be.
    #[error(transparent)]
    Failed(#[from] Failure),
    /// A network that was executed twice gave two different results.
    #[error("{network} gave something else on sample {sample} the second time: no result of it can be trusted")]
    Unrepeatable {
        /// Names of the weight files.
        network: String,
        /// Index of the sample.
        sample: usize,
    },
    /// The plan has no content key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store could not be read or written while only a part of the study was worked on.
    #[error(transparent)]
    Unstored(#[from] StoreError),
    /// The study is finished, but the store could not be read or written.
    #[error("the study is finished, but its store failed: {error}")]
    Store {
        /// All results. What was finished after the failure may be missing in the store.
        results: Box<Results>,
        /// The first failure of the store.
        error: StoreError,
    },
}

/// Cause for which a finished piece could not be stored or found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// An entry cannot be read or written.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// A stored piece is whole, but not of the form that this version of CoSpike writes.
    #[error("the stored piece {key} is of another version of CoSpike: use another store, or remove that piece")]
    Foreign {
        /// Key of the piece.
        key: ContentKey,
    },
    /// A piece has no key.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// Cause for which a network could not be executed or a replication not be simulated. Everything else of the study goes on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// A network cannot be executed on a sample.
    #[error("{network} on sample {sample}: {error}")]
    Inference {
        /// Names of the weight files.
        network: String,
        /// Index of the sample.
        sample: u32,
        /// Cause of the failure.
        error: Box<SplitError>,
    },
    /// The event loop could not be started or finished.
    #[error(transparent)]
    Simulation(#[from] Box<CosimError>),
    /// It failed earlier, and would fail again: the reason was stored in place of a result.
    #[error("{reason}")]
    Earlier {
        /// The failure, as it was said then.
        reason: String,
    },
    /// It is neither stored nor may it be computed now.
    #[error("not computed yet")]
    NotComputed,
    /// A number of the outcome is beyond the largest that a double holds.
    #[error("`{column}` is too large for a number: lower the prices or powers behind it")]
    TooLarge {
        /// Name of its column in the table `replications`.
        column: Cow<'static, str>,
    },
}

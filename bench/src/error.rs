//! Why a measurement could not be taken.

use cospike_models::import::reference::ReferenceError;
use cospike_sim_core::inference::InferenceError;
use cospike_sim_core::network::NetworkError;

/// Cause of a measurement that could not be taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BenchError {
    /// The built-in reference network cannot be read.
    #[error("the built-in reference network cannot be read; this is a fault of the build: {0}")]
    Reference(#[from] ReferenceError),
    /// A network of the benchmark cannot be built.
    #[error("a network of the benchmark cannot be built: {0}")]
    Network(#[from] NetworkError),
    /// A network of the benchmark cannot be run.
    #[error("a network of the benchmark cannot be run: {0}")]
    Inference(#[from] InferenceError),
    /// The system refuses as many threads as it has cores.
    #[error("cannot start {threads} threads: {cause}; raise the limit on processes (`ulimit -u`)")]
    Threads {
        /// Number of threads asked for.
        threads: usize,
        /// What the thread pool reports.
        #[source]
        cause: rayon::ThreadPoolBuildError,
    },
}

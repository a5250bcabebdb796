//! Streaming moments and quantiles, time-weighted averages, confidence intervals and paired comparison.
//!
//! All intervals are 95 % two-sided.

mod intervals;
mod moments;
mod paired;
mod quantiles;
mod time_weighted;

pub use intervals::{Interval, batch_means, mean_interval, wilson};
pub use moments::Moments;
pub use paired::{PairedDifference, paired_difference};
pub use quantiles::Quantiles;
pub use time_weighted::TimeWeighted;

/// Why no statistic can be given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatsError {
    /// An interval over independent values needs at least two.
    #[error("an interval needs at least 2 values, got {found}: add replications")]
    TooFew {
        /// Values given.
        found: usize,
    },
    /// A proportion of nothing.
    #[error("a proportion needs at least one trial")]
    NoTrials,
    /// More successes than trials.
    #[error("{successes} successes in {trials} trials")]
    MoreSuccessesThanTrials {
        /// Successes given.
        successes: u64,
        /// Trials given.
        trials: u64,
    },
    /// Two vectors that should describe the same samples differ in length.
    #[error("a paired comparison needs the same samples on both sides, got {first} and {second}")]
    NotPaired {
        /// Length of the first.
        first: usize,
        /// Length of the second.
        second: usize,
    },
    /// A series that does not divide into batches.
    #[error("{values} values do not divide into {batches} equal batches: leave out the first {} as warm-up", values.checked_rem(*batches).unwrap_or(*values))]
    UnevenBatches {
        /// Length of the series.
        values: usize,
        /// Batches asked for.
        batches: usize,
    },
}

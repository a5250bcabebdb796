//! Streaming moments and quantiles, time-weighted averages, confidence intervals, warm-up and paired comparison.
//!
//! | the question | the answer |
//! |---|---|
//! | mean of independent values, such as one per replication | [`mean_interval`] |
//! | ... and how many replications it takes | [`Sequential`] |
//! | mean of one long run that starts empty | [`SteadyMean`] |
//! | ratio of two means, such as joules per answer | [`ratio_interval`] |
//! | a proportion, such as an accuracy | [`wilson`] |
//! | two designs on the same samples | [`paired_difference`] |
//! | networks that were trained several times | [`CrossedDifference`] |
//! | ... and whether a claim about them holds | [`Claim`] |
//! | designs that saw the same random streams | [`compare_with_control`] |
//! | how probably a design is the best one, or keeps a limit | [`Belief`] |
//! | percentiles | [`Quantiles`] |
//! | mean length of a queue | [`TimeWeighted`] |
//!
//! All intervals are 95 % two-sided, unless they say otherwise. The coverage tests (`cargo test --test coverage -- --ignored`) count how
//! often they hold the truth.

mod batch_means;
mod belief;
mod claim;
mod comparison;
mod crossed;
mod intervals;
mod moments;
mod paired;
mod quantiles;
mod ratio;
mod sequential;
mod steady;
mod time_weighted;
mod warm_up;

pub use batch_means::{batch_means, overlapping_batch_means};
pub use belief::{Belief, share_at_most};
pub use claim::{Claim, ClaimVerdict};
pub use comparison::{Comparison, compare_with_control, holm};
pub use crossed::{CrossedDifference, Resolution};
pub use intervals::{
    Interval, mean_interval, mean_interval_at, normal_quantile, share_interval, share_interval_at, wilson, wilson_at,
};
pub use moments::Moments;
pub use paired::{PairedDifference, paired_difference};
pub use quantiles::Quantiles;
pub use ratio::ratio_interval;
pub use sequential::{PrecisionTarget, Sequential, Verdict};
pub use steady::{SteadyEstimate, SteadyMean};
pub use time_weighted::TimeWeighted;
pub use warm_up::mser;

/// Cause for which a statistic cannot be computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatsError {
    /// An interval over independent values needs at least two.
    #[error("an interval needs at least 2 values, got {found}: add replications")]
    TooFew {
        /// Number of values given.
        found: usize,
    },
    /// A proportion without any trials.
    #[error("a proportion needs at least one trial, got none")]
    NoTrials,
    /// More successes than trials.
    #[error("{successes} successes are more than the {trials} trials: count both over the same samples")]
    MoreSuccessesThanTrials {
        /// Number of successes given.
        successes: u64,
        /// Number of trials given.
        trials: u64,
    },
    /// Two vectors that should describe the same samples differ in length.
    #[error("a paired comparison needs the same samples on both sides, got {first} and {second}")]
    NotPaired {
        /// Length of the first vector.
        first: usize,
        /// Length of the second vector.
        second: usize,
    },
    /// A series that does not divide into batches.
    #[error("{values} values do not divide into {batches} equal batches: leave out the first {} as warm-up", values.checked_rem(*batches).unwrap_or(*values))]
    UnevenBatches {
        /// Length of the series.
        values: usize,
        /// Number of batches asked for.
        batches: usize,
    },
    /// Too few observations for a steady-state mean.
    #[error("a steady-state mean needs at least {needed} observations, got {found}: run longer")]
    RunTooShort {
        /// Number of observations given.
        found: u64,
        /// Smallest number of observations that suffices.
        needed: u64,
    },
    /// The warm-up fills half the run or more.
    #[error("the {observed} observations are still drifting halfway: run at least twice as long, or lower the load")]
    NotSteady {
        /// Number of observations given.
        observed: u64,
    },
}

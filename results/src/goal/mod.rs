//! The design point that is best in one metric, of those that keep some limits, and how sure that is.
//!
//! Candidates saw the same arrivals, samples and losses (common random numbers), so they are compared replication by replication,
//! and differences are known better than means. Probabilities follow Student's t around what was seen ([`Belief`]); they are added up
//! (Bonferroni), which needs no assumption on how the comparisons hang together: a choice is wrong at most as probably as it breaks
//! its limits, plus, for each rival, as that is better *and* keeps them (Branke, Chick and Schmidt, Management Science 53(12), 2007,
//! for selection; Andradottir and Kim, Naval Research Logistics 57(5), 2010, for limits beside it; Chick and Inoue, Management Science
//! 47(8), 2001, for common random numbers). Differences too small to matter do not count: this is the probability of a *good* selection.
//!
//! [`Belief`]: cospike_sim_core::stats::Belief

mod asked;
mod candidate;
mod candidates;
mod outcome;
mod select;

pub use asked::{Aim, GoalUsed, INDIFFERENCE, INDIFFERENCE_OF_SHARES};
pub(crate) use candidates::Candidates;
pub use outcome::{Binding, Chosen, LeftOut, Reason, Rival, Selection, Slack};

//! The two halves of a data set.

/// Subset of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subset {
    /// Samples to train on.
    Training,
    /// Samples to measure accuracy on; no choice of training may depend on them.
    Test,
}

impl Subset {
    /// The word for it in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Training => "training",
            Self::Test => "test",
        }
    }
}

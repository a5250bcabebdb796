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

    /// Names of its files in IDX, in the two CIFARs, in NumPy's format and as images, for messages.
    pub(super) fn names(self) -> [&'static str; 4] {
        match self {
            Self::Training => [
                "train-images-idx3-ubyte and train-labels-idx1-ubyte, or train-images.idx3-ubyte and so on",
                "data_batch_1.bin to data_batch_5.bin, or train.bin",
                "train.npz",
                "train/CLASS/",
            ],
            Self::Test => [
                "t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, or t10k-images.idx3-ubyte and so on",
                "test_batch.bin, or test.bin",
                "test.npz",
                "test/CLASS/",
            ],
        }
    }
}

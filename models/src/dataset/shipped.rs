//! The data set that ships with CoSpike.

use super::{Dataset, DatasetError};

impl Dataset {
    /// The 10,000 test images of Fashion-MNIST (Xiao, Rasul, Vollgraf 2017; MIT licence), which are part of the program.
    ///
    /// # Errors
    /// Only if the embedded files are damaged.
    pub fn fashion_mnist_test() -> Result<Self, DatasetError> {
        Self::from_idx(
            include_bytes!("../../data/fashion-mnist/t10k-images-idx3-ubyte.gz"),
            include_bytes!("../../data/fashion-mnist/t10k-labels-idx1-ubyte.gz"),
        )
    }
}
